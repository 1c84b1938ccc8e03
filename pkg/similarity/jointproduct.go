package similarity

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// joint returns the linear kernel matrices of x and y by one product of their columns side
// by side, a stack of rows at a time, so that neither is copied; or nothing where that is
// not the way: for values that are not float32, wide ones, and such as need a unit.
// What they give is what linearGram gives, but for rounding.
func (k kerneled) joint(ctx context.Context, x, y mat.Matrix) (g, h *gram, err error) {
	n, p := x.Dims()
	_, q := y.Dims()
	if !isNarrow(x) || !isNarrow(y) || k.kernel != Linear || p > n || q > n || p+q > strip {
		return nil, nil, nil
	}
	a, b := mat32.Convert(x), mat32.Convert(y)
	left, err := originOf(ctx, a)
	if err != nil || left.mean == nil {
		return nil, nil, err
	}
	right, err := originOf(ctx, b)
	if err != nil || right.mean == nil {
		return nil, nil, err
	}
	g, h = &gram{n: n, unit: 1}, &gram{n: n, unit: 1}
	if k.estimator == Unbiased {
		g.diag, h.diag = make([]float64, n), make([]float64, n)
	}
	w := p + q
	rows, products := make([]float32, min(n, stacks)*w), make([]float32, w*w)
	xx, yy, xy := make([]float64, p*p), make([]float64, q*q), make([]float64, p*q)
	for top := 0; top < n; top += stacks {
		bottom := min(top+stacks, n)
		err := par.Blocks(ctx, bottom-top, 64, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := rows[i*w : (i+1)*w]
				left.move(row[:p], a.Row(top+i))
				right.move(row[p:], b.Row(top+i))
				if g.diag != nil {
					g.diag[top+i] = kernel.DotMixed(row[:p], row[:p])
					h.diag[top+i] = kernel.DotMixed(row[p:], row[p:])
				}
			}
		})
		if err == nil {
			err = kernel.Syrk32(ctx, blas.Trans, 1, blas32.General{Rows: bottom - top, Cols: w, Stride: w, Data: rows[:(bottom-top)*w]}, 0,
				blas32.General{Rows: w, Cols: w, Stride: w, Data: products})
		}
		if err == nil {
			err = par.Blocks(ctx, w, 16, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					row := products[i*w : (i+1)*w]
					if i >= p {
						add(yy[(i-p)*q:(i-p+1)*q], row[p:])
						continue
					}
					add(xx[i*p:(i+1)*p], row[:p])
					add(xy[i*q:(i+1)*q], row[p:])
				}
			})
		}
		if err != nil {
			return nil, nil, err
		}
	}
	g.beside = h
	for _, s := range []struct {
		to  *float64
		sum []float64
	}{{&g.square, xx}, {&h.square, yy}, {&g.with, xy}} {
		if *s.to, err = frobenius(ctx, s.sum); err != nil {
			return nil, nil, err
		}
	}
	return g, h, nil
}

// add adds float32 values to float64 ones.
func add(to []float64, values []float32) {
	to = to[:len(values)]
	for i, v := range values {
		to[i] += float64(v)
	}
}

// origin is where the mean of rows lies, as float32.
type origin struct {
	first []float32 // a row,
	mean  []float32 // and the mean less that; nil where float32 will not do
}

// originOf returns the origin of the rows of x: differences from the first, which an offset
// costs no digits, are summed in float32 over few rows and then in float64. There is none
// where their squares might be beyond the range of float32.
func originOf(ctx context.Context, x *mat32.Dense) (origin, error) {
	n, d := x.Dims()
	c := origin{first: x.Row(0)}
	const size = 64
	blocks := (n + size - 1) / size
	sums, most := mat32.NewDense(blocks, d, nil), make([]float32, blocks)
	err := par.BlocksWith(ctx, blocks, 4, func() []float32 { return make([]float32, d) }, func(row []float32, from, to int) {
		for b := from; b < to; b++ {
			for i := b * size; i < min((b+1)*size, n); i++ {
				most[b] = max(most[b], kernel.Difference32(row, x.Row(i), c.first))
				kernel.Axpy32(1, row, sums.Row(b))
			}
		}
	})
	longest := float64(slices.Max(most)) // squared
	if err != nil || !(longest > 0x1p-60 && longest < 0x1p60) {
		return c, err
	}
	mean := make([]float64, d)
	for b := range blocks {
		for j, v := range sums.Row(b) {
			mean[j] += float64(v) / float64(n)
		}
	}
	c.mean = make([]float32, d)
	for j, m := range mean {
		c.mean[j] = float32(m)
	}
	return c, nil
}

// move writes to dst a row less the mean.
func (c origin) move(dst, row []float32) {
	kernel.Difference32(dst, row, c.first)
	kernel.Axpy32(-1, c.mean, dst)
}
