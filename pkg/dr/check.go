package dr

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// checkRows returns the shape of x when it holds rows, not distances, is finite,
// has at least least rows and ctx is not done; the error names the method.
func checkRows(ctx context.Context, method string, x mat.Matrix, least int) (n, d int, err error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return 0, 0, err
	}
	return checkData(ctx, method, x, least)
}

// checkData is checkRows for methods that also take distances; d is 0 for these,
// which have no columns.
func checkData(ctx context.Context, method string, x mat.Matrix, least int) (n, d int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	n, d = x.Dims()
	if n < least {
		return n, d, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("at least %d rows", least)})
	}
	if _, ok := x.(*mat32.Distances); ok {
		d = 0
	}
	return n, d, nil
}

// checkColumns is checkRows for new rows, which must have the columns the model
// was fitted to.
func checkColumns(ctx context.Context, method string, x mat.Matrix, columns int) (n int, err error) {
	n, d, err := checkRows(ctx, method, x, 1)
	if err == nil && d != columns {
		err = fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("the %d columns the model was fitted to", columns)})
	}
	return n, err
}

// checkRange refuses a parameter outside [least, most].
func checkRange(method, param string, value, least, most int, why string) error {
	if value < least || value > most {
		return &mat32.ParamError{Method: method, Param: param, Value: value,
			Want: fmt.Sprintf("%d ≤ %s ≤ %s = %d", least, param, why, most)}
	}
	return nil
}

// What is beyond these is no use, and products of it would leave int64.
const (
	mostBatch  = 1<<31 - 1 // rows, or permutations
	mostBlocks = 1 << 20   // random vectors more than components, and times they are multiplied
)

// checkFits refuses a result beyond float64, which rows far from those that a
// model was fitted to may have.
func checkFits(method string, z *mat.Dense) error {
	if !finite(z.RawMatrix().Data) {
		return &mat32.DegenerateError{Method: method, Reason: "the result exceeds the largest float64: rescale the data"}
	}
	return nil
}

// failed names the method that an error stopped. A decomposition fails where the
// values themselves leave it without an answer.
func failed(method string, err error) error {
	if errors.Is(err, linalg.ErrNotFinite) || errors.Is(err, linalg.ErrNoConvergence) {
		return &mat32.DegenerateError{Method: method, Reason: "the scales of the columns, or of a column within it, are too far apart: rescale them"}
	}
	return mat32.Rename(method, err)
}

func finite(v []float64) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}
