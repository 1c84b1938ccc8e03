package mat32

import (
	"context"
	"math"
	"runtime/debug"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// Check returns an error when x is empty (ErrEmpty) or holds NaN or an
// infinity (*NotFiniteError, the first in row order). It costs one pass over
// the values, of a *CSR those stored, of a *Distances each pair once.
func Check(x mat.Matrix) error { return CheckContext(context.Background(), x) }

// CheckContext is Check for large data, on every core: the error is ctx.Err()
// when ctx is done before all is read.
func CheckContext(ctx context.Context, x mat.Matrix) error {
	n, d := shape(x)
	if n == 0 || d == 0 {
		return ErrEmpty
	}
	switch m := x.(type) {
	case *CSR:
		return m.check()
	case *Distances:
		return m.check()
	}
	dense, _ := x.(*Dense)
	size := max(1, 1<<16/d)
	found := make([]*NotFiniteError, (n+size-1)/size)
	err := par.BlocksWith(ctx, n, size, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			if dense != nil && finite(dense.Row(i)) {
				continue
			}
			for j, v := range Row(buf, i, x) {
				if v-v != 0 { // NaN and ±Inf, and nothing else
					found[lo/size] = &NotFiniteError{Row: i, Col: j, Value: v}
					return
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for _, e := range found {
		if e != nil {
			return e
		}
	}
	return nil
}

// finite reports whether no value is NaN or infinite, of which alone zero times is no zero.
func finite(row []float32) bool {
	var a, b, c, d float32
	k := 0
	for ; k+4 <= len(row); k += 4 {
		a += 0 * row[k]
		b += 0 * row[k+1]
		c += 0 * row[k+2]
		d += 0 * row[k+3]
	}
	for ; k < len(row); k++ {
		a += 0 * row[k]
	}
	return a+b+c+d == 0
}

// shape returns the dimensions of x, 0 × 0 where it is nil.
func shape(x mat.Matrix) (n, d int) {
	switch m := x.(type) {
	case nil:
		return 0, 0
	case *mat.Dense:
		if m == nil {
			return 0, 0
		}
	case *Dense:
		if m == nil {
			return 0, 0
		}
	case *CSR:
		if m == nil {
			return 0, 0
		}
	case *Distances:
		if m == nil {
			return 0, 0
		}
	}
	return x.Dims()
}

// CheckFloat32 is Check for methods that work on float32 rows: it also refuses
// finite values whose magnitude float32 cannot hold.
func CheckFloat32(x mat.Matrix) error {
	if err := Check(x); err != nil {
		return err
	}
	switch x.(type) {
	case *Dense, *CSR:
		return nil
	}
	n, d := x.Dims()
	buf := make([]float64, d)
	for i := range n {
		for j, v := range Row(buf, i, x) {
			if math.Abs(v) > math.MaxFloat32 {
				return &NotFiniteError{Row: i, Col: j, Value: v}
			}
		}
	}
	return nil
}

// defaultMemoryLimit holds where GOMEMLIMIT is not set: half a small laptop.
const defaultMemoryLimit = 4 << 30

// CheckMemory returns a *MemoryError when need bytes exceed limit. A limit of
// zero means GOMEMLIMIT, or 4 GiB where that is not set.
func CheckMemory(method string, need, limit int64, advice string) error {
	if limit == 0 {
		limit = debug.SetMemoryLimit(-1)
		if limit == math.MaxInt64 {
			limit = defaultMemoryLimit
		}
	}
	if need < 0 { // more than an int64 holds
		need = math.MaxInt64
	}
	if need > limit {
		return &MemoryError{Method: method, Need: need, Limit: limit, Advice: advice}
	}
	return nil
}
