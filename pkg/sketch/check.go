package sketch

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// most is the largest number of columns of anything here.
const most = 1 << 28

// defaultDim is the number of columns of a sketch for which none is given.
const defaultDim = 128

// checkDim returns Dim, or its default for d columns where it is zero; limit is
// the most that a sketch of them can have.
func checkDim(method string, dim, d, limit int) (int, error) {
	if dim == 0 {
		return max(1, min(defaultDim, d)), nil
	}
	return dim, checkRange(method, "Dim", dim, 1, max(limit, 1))
}

func checkRange(method, param string, value, least, most int) error {
	if value < least || value > most {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: fmt.Sprintf("%d ≤ %s ≤ %d", least, param, most)}
	}
	return nil
}

// checkDensity refuses a share outside (0, 1].
func checkDensity(method string, q float64) error {
	if !(q > 0 && q <= 1) {
		return &mat32.ParamError{Method: method, Param: "Density", Value: q, Want: "0 < Density ≤ 1"}
	}
	return nil
}

// checkShape returns the shape of x, which must hold rows; values are looked at
// where they are read.
func checkShape(ctx context.Context, method string, x mat.Matrix) (n, d int, err error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return 0, 0, err
	}
	switch m := x.(type) {
	case nil:
	case *mat.Dense:
		if m != nil {
			n, d = m.Dims()
		}
	case *mat32.Dense:
		if m != nil {
			n, d = m.Dims()
		}
	case *mat32.CSR:
		if m != nil {
			n, d = m.Dims()
		}
	default:
		n, d = x.Dims()
	}
	switch {
	case n == 0 || d == 0:
		return 0, 0, fmt.Errorf("%s: %w", method, mat32.ErrEmpty)
	case d > most:
		return 0, 0, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at most %d columns", most)})
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	return n, d, nil
}

// checkBack refuses rows y that a sketch of dim columns did not make.
func checkBack(method string, n, columns, dim int) error {
	if columns != dim {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "y", Rows: n, Cols: columns, Want: fmt.Sprintf("%d columns, as the sketch has", dim)})
	}
	return nil
}

// checkMemory refuses results and matrices of more values than fit.
func checkMemory(method string, n, columns int, stored float64) error {
	need := 4*float64(n)*float64(columns) + stored
	return mat32.CheckMemory(method, int64(min(need, math.MaxInt64/2)), 0, "take fewer rows at a time, a smaller Dim, or a sparser sketch")
}

// culprit says why rows [lo, hi) of x have a sketch that is not finite.
func culprit(method string, x mat.Matrix, lo, hi int) error {
	if err := refuse(method, x, lo, hi); err != nil {
		return err
	}
	return &mat32.DegenerateError{Method: method, Reason: "the result exceeds the largest float32: rescale the data"}
}

// refuse returns where rows [lo, hi) of x hold what float32 cannot.
func refuse(method string, x mat.Matrix, lo, hi int) error {
	_, d := x.Dims()
	if sound(x, lo, hi) {
		return nil
	}
	buf := make([]float64, d)
	for i := lo; i < hi; i++ {
		for j, v := range mat32.Row(buf, i, x) {
			if !(math.Abs(v) <= math.MaxFloat32) {
				return fmt.Errorf("%s: %w", method, &mat32.NotFiniteError{Row: i, Col: j, Value: v})
			}
		}
	}
	return nil
}

// sound reports whether rows [lo, hi) of float32 values are finite; of others it
// does not know.
func sound(x mat.Matrix, lo, hi int) bool {
	switch x := x.(type) {
	case *mat32.Dense:
		_, d := x.Dims()
		return finite(x.Data()[lo*d : hi*d])
	case *mat32.CSR:
		for i := lo; i < hi; i++ {
			if _, values := x.Row(i); !finite(values) {
				return false
			}
		}
		return true
	}
	return false
}

// finite reports whether all values are.
func finite(values []float32) bool {
	var a, b, c, d float32 // 0, or NaN for ever
	for ; len(values) >= 4; values = values[4:] {
		a += values[0] - values[0]
		b += values[1] - values[1]
		c += values[2] - values[2]
		d += values[3] - values[3]
	}
	for _, v := range values {
		a += v - v
	}
	return a+b+c+d == 0
}

// fill copies rows [lo, hi) of x to dst as float32.
func fill(dst []float32, buf []float64, x mat.Matrix, lo, hi int) {
	_, d := x.Dims()
	for i := lo; i < hi; i++ {
		to := dst[(i-lo)*d:][:d]
		switch x := x.(type) {
		case *mat32.Dense:
			copy(to, x.Row(i))
		case *mat32.CSR:
			clear(to)
			columns, values := x.Row(i)
			for t, j := range columns {
				to[j] = values[t]
			}
		default:
			for j, v := range mat32.Row(buf, i, x) {
				to[j] = float32(v)
			}
		}
	}
}
