package dynamics

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Delays returns the points that a series is read as in so many dimensions: row i holds the
// values i, i+lag, …, i+(dim−1)·lag, in columns 0, 1, …, so that there are n−(dim−1)·lag rows.
// By Takens' theorem they trace, for enough dimensions, the attractor of the system that made
// the series up to a smooth change of coordinates (F. Takens, 1981, Detecting strange
// attractors in turbulence). Errors: a *mat32.ParamError for a dimension or lag below 1, or a
// series that is too short.
func Delays(series []float64, dim, lag int) (*mat.Dense, error) {
	const method = "dynamics.Delays"
	if dim < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "dim", Value: dim, Want: "1 or more"}
	}
	if lag < 1 {
		return nil, &mat32.ParamError{Method: method, Param: "lag", Value: lag, Want: "1 or more"}
	}
	n := len(series)
	if (dim-1)/max(n, 1) >= 1 || (n-1)/max(dim-1, 1) < lag && dim > 1 || n == 0 {
		return nil, &mat32.ParamError{Method: method, Param: "series", Value: fmt.Sprintf("%d values", n), Want: fmt.Sprintf("more than (dim−1)·lag = %d", (dim-1)*lag)}
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
	if d != 1 {
		return nil, mat32.Rename(method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "one column: the values of a series, in the order of time"})
	}
	if n < least {
		return nil, mat32.Rename(method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("%d values or more", least)})
	}
	values := mat.Col(nil, 0, x)
	if spread(values) == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the series is constant"}
	}
	return values, nil
}

// standard returns a series in standard deviations from its first value: squares of such
// neither overflow nor vanish.
func standard(values []float64) []float64 {
	size, out := spread(values), make([]float64, len(values))
	for i, v := range values {
		out[i] = v/size - values[0]/size
	}
	return out
}

// spread returns the standard deviation, with values halved first where squares would overflow.
func spread(values []float64) float64 {
	scale := 0.0
	for _, v := range values {
		scale = math.Max(scale, math.Abs(v))
	}
	if scale == 0 {
		return 0
	}
	mean := 0.0
	for _, v := range values {
		mean += v / scale
	}
	mean /= float64(len(values))
	squares := 0.0
	for _, v := range values {
		squares += (v/scale - mean) * (v/scale - mean)
	}
	// What rounding leaves of the mean of equal values is none of theirs.
	if s := math.Sqrt(squares / float64(len(values))); s > 1e-14 {
		return s * scale
	}
	return 0
}
