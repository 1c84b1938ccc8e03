package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// linearMap takes rows x to (x − mean)·forwardᵀ and points z to mean + z·back. A
// nil mean is zero, and then only what is not zero of a row is looked at.
type linearMap struct {
	mean          []float64
	forward, back *mat.Dense // k × d
}

// apply maps the rows of x, n × d.
func (l linearMap) apply(ctx context.Context, method string, x mat.Matrix) (*mat.Dense, error) {
	k, d := l.forward.Dims()
	n, err := checkColumns(ctx, method, x, d)
	if err != nil {
		return nil, err
	}
	z := mat.NewDense(n, k, nil)
	if l.mean == nil {
		turned := mat.DenseCopyOf(l.forward.T()).RawMatrix()
		err = par.BlocksWith(ctx, n, 64, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
			for i := lo; i < hi; i++ {
				columns, values := row.of(i, x)
				kernel.Gather64(1, values, columns, turned.Data, turned.Stride, 0, z.RawRowView(i))
			}
		})
	} else {
		err = par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(row []float64, lo, hi int) {
			for i := lo; i < hi; i++ {
				for j, v := range mat32.Row(row, i, x) {
					row[j] = v - l.mean[j]
				}
				out := z.RawRowView(i)
				for c := range out {
					out[c] = kernel.Dot64(row, l.forward.RawRowView(c))
				}
			}
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return z, checkFits(method, z)
}

// transform maps the rows of x as those of fitted were.
func (l linearMap) transform(ctx context.Context, method string, x mat.Matrix, fitted *Embedding) (*Embedding, error) {
	z, err := l.apply(ctx, method, x)
	if err != nil {
		return nil, err
	}
	return fitted.of(z), nil
}

// undo maps the points z, n × k, to the space of the data.
func (l linearMap) undo(ctx context.Context, method string, z mat.Matrix) (*mat.Dense, error) {
	k, d := l.back.Dims()
	n, err := checkColumns(ctx, method, z, k)
	if err != nil {
		return nil, err
	}
	x := mat.NewDense(n, d, nil)
	err = par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, k) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			out := x.RawRowView(i)
			copy(out, l.mean)
			for c, v := range mat32.Row(buf, i, z) {
				kernel.Axpy64(v, l.back.RawRowView(c), out)
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return x, checkFits(method, x)
}

// orientation returns, for every row of m, the sign that makes its entry of
// largest magnitude positive (the first such entry, up to rounding).
func orientation(m *mat.Dense) []float64 {
	k, _ := m.Dims()
	signs := make([]float64, k)
	for r := range k {
		row := m.RawRowView(r)
		largest := 0.
		for _, v := range row {
			largest = max(largest, math.Abs(v))
		}
		signs[r] = 1
		for _, v := range row {
			if math.Abs(v) >= largest*(1-1e-9) {
				signs[r] = math.Copysign(1, v)
				break
			}
		}
	}
	return signs
}

// scaleRows multiplies every row of m by its number.
func scaleRows(m *mat.Dense, by []float64) {
	for r, s := range by {
		kernel.Scal64(s, m.RawRowView(r))
	}
}

// scaleColumns multiplies every column of m by its number.
func scaleColumns(ctx context.Context, m *mat.Dense, by []float64) error {
	n, _ := m.Dims()
	return overRows(ctx, n, func(i int) {
		row := m.RawRowView(i)
		for j, v := range row {
			row[j] = v * by[j]
		}
	})
}
