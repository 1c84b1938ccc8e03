package dynamics

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Delays returns the points that a series is read as in so many dimensions: row i holds the
// values i, i+lag, …, i+(dim−1)·lag, in columns 0, 1, …, so that there are n−(dim−1)·lag rows.
// By Takens' theorem they trace, for enough dimensions, the attractor of the system that made
// the series up to a smooth change of coordinates (F. Takens, 1981, Detecting strange
// attractors in turbulence). Values are copied as they are. Errors: a *mat32.ParamError for a
// dimension or lag below 1, a *mat32.ShapeError for a series that is too short, and a
// *mat32.MemoryError for states that would not fit.
func Delays(series []float64, dim, lag int) (*mat.Dense, error) {
	const method = "dynamics.Delays"
	if dim < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "dim", Value: dim, Want: "1 or more"}
	}
	if lag < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "lag", Value: lag, Want: "1 or more"}
	}
	n := len(series)
	if n == 0 || dim > n || dim > 1 && lag > (n-1)/(dim-1) {
		return nil, mat32.Rename(method, &mat32.ShapeError{
			What: "series", Rows: n, Cols: 1,
			Want: fmt.Sprintf("more than (dim−1)·lag values, for dim = %d and lag = %d", dim, lag),
		})
	}
	rows := n - (dim-1)*lag
	if err := mat32.CheckMemory(method, 8*int64(rows)*int64(dim), 0, "a lower dimension takes less"); err != nil {
		return nil, err
	}
	out := mat.NewDense(rows, dim, nil)
	for i := range rows {
		row := out.RawRowView(i)
		for j := range row {
			row[j] = series[i+j*lag]
		}
	}
	return out, nil
}

// checkOrbit refuses what is no orbit: distances, and values that are not finite.
func checkOrbit(ctx context.Context, method string, x mat.Matrix) error {
	if err := mat32.CheckRows(method, x); err != nil {
		return err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// series returns the values of a column, finite and not all equal.
func series(ctx context.Context, method string, x mat.Matrix, least int) ([]float64, error) {
	if err := checkOrbit(ctx, method, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	if d != 1 || n < least {
		return nil, mat32.Rename(method, &mat32.ShapeError{
			What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("one column: the values of a series, %d or more, in the order of time", least),
		})
	}
	values := mat.Col(nil, 0, x)
	if unitOf(values).size == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the series is constant"}
	}
	return values, nil
}
