package similarity

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// product is the matrix of the products of all pairs of centred rows, by the smallest that
// gives it.
type product struct {
	narrow *mat32.Dense // the rows, float32,
	rows   *mat.Dense   // or float64,
	gram   *mat.Dense   // or the matrix itself, where they are wider than n
}

// linearGram returns the linear kernel matrix of the rows of x less their mean, in units that
// keep it within the range of its type.
func linearGram(ctx context.Context, k kerneled, name string, x mat.Matrix) (*gram, error) {
	n, d := x.Dims()
	g := &gram{n: n, linear: new(product)}
	var err error
	if isNarrow(x) && d <= n {
		g.linear.narrow, g.unit, err = centered32(ctx, mat32.Convert(x))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.method, err)
		}
		if g.unit == 0 {
			return nil, allEqual(k.method, name)
		}
	} else {
		g.linear.rows, g.unit, err = centered(ctx, k.method, name, x)
		if err != nil {
			return nil, err
		}
	}
	if k.estimator == Unbiased {
		if err := g.diagonal(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", k.method, err)
		}
	}
	if err := g.narrowed(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", k.method, err)
	}
	g.square, err = g.linear.cross(ctx, g.linear)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.method, err)
	}
	return g, nil
}

// diagonal measures the rows.
func (g *gram) diagonal(ctx context.Context) error {
	p := g.linear
	g.diag = make([]float64, g.n)
	return par.Blocks(ctx, g.n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if p.narrow != nil {
				g.diag[i] = kernel.DotMixed(p.narrow.Row(i), p.narrow.Row(i))
			} else {
				g.diag[i] = kernel.Dot64(p.rows.RawRowView(i), p.rows.RawRowView(i))
			}
		}
	})
}

// narrowed replaces rows wider than n by the matrix of their products.
func (g *gram) narrowed(ctx context.Context) error {
	p := g.linear
	if p.rows == nil || p.rows.RawMatrix().Cols <= g.n {
		return nil
	}
	p.gram = mat.NewDense(g.n, g.n, nil)
	err := kernel.Syrk64(ctx, blas.NoTrans, 1, p.rows.RawMatrix(), 0, p.gram.RawMatrix())
	p.rows = nil
	return err
}

// cross returns the sum of the products of the values of two of these matrices:
// ‖XᵀY‖² where both are kept as rows.
func (p *product) cross(ctx context.Context, q *product) (float64, error) {
	if p.narrow != nil && q.narrow != nil {
		return cross32(ctx, p.narrow, q.narrow)
	}
	p, q = p.precise(), q.precise()
	switch {
	case p.gram != nil && q.gram != nil:
		return inner(ctx, p.gram, q.gram)
	case p.gram != nil:
		p, q = q, p
		fallthrough
	case q.gram != nil: // tr(XᵀLX)
		n, d := p.rows.Dims()
		turned := mat.NewDense(n, d, nil)
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, q.gram.RawMatrix(), p.rows.RawMatrix(), 0, turned.RawMatrix()); err != nil {
			return 0, err
		}
		return inner(ctx, p.rows, turned)
	}
	return cross64(ctx, p.rows, q.rows)
}

// precise is the matrix as float64.
func (p *product) precise() *product {
	if p.narrow == nil {
		return p
	}
	return &product{rows: mat.DenseCopyOf(p.narrow)}
}

// inner returns the sum of the products of the values of a and b.
func inner(ctx context.Context, a, b *mat.Dense) (float64, error) {
	n, _ := a.Dims()
	return par.Sum(ctx, n, 64, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			sum += kernel.Dot64(a.RawRowView(i), b.RawRowView(i))
		}
		return sum
	})
}

// Products of columns are summed over strips of so many of each matrix, so that they take
// no more than 12 MB whatever the widths; those of float32 over so many rows before they
// are added up as float64.
const (
	strip  = 1024
	stacks = 2048
)

// strips calls f for the strips of the products of p columns and q columns and adds up
// weight times what it returns. Of a matrix with itself half the strips are the other half.
func strips(p, q int, same bool, f func(from, to, left, right int) (float64, error)) (float64, error) {
	total := 0.
	for from := 0; from < p; from += strip {
		left := 0
		if same {
			left = from
		}
		for ; left < q; left += strip {
			v, err := f(from, min(from+strip, p), left, min(left+strip, q))
			if err != nil {
				return 0, err
			}
			if same && left > from {
				v *= 2
			}
			total += v
		}
	}
	return total, nil
}

// cross64 returns ‖aᵀb‖².
func cross64(ctx context.Context, a, b *mat.Dense) (float64, error) {
	n, p := a.Dims()
	_, q := b.Dims()
	buffer := make([]float64, min(p, strip)*min(q, strip))
	part := func(m *mat.Dense, from, to int) blas64.General {
		r := m.RawMatrix()
		return blas64.General{Rows: n, Cols: to - from, Stride: r.Stride, Data: r.Data[from : (n-1)*r.Stride+to]}
	}
	return strips(p, q, a == b, func(from, to, left, right int) (float64, error) {
		c := blas64.General{Rows: to - from, Cols: right - left, Stride: right - left, Data: buffer[:(to-from)*(right-left)]}
		var err error
		if a == b && from == left {
			err = kernel.Syrk64(ctx, blas.Trans, 1, part(a, from, to), 0, c)
		} else {
			err = kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, part(a, from, to), part(b, left, right), 0, c)
		}
		if err != nil {
			return 0, err
		}
		return frobenius(ctx, c.Data)
	})
}

// cross32 is cross64 with products in float32, of which sums of few rows are float32 as
// well: errors of those are independent, and thin out in the sum of all squares.
func cross32(ctx context.Context, a, b *mat32.Dense) (float64, error) {
	n, p := a.Dims()
	_, q := b.Dims()
	size := min(p, strip) * min(q, strip)
	buffer, totals := make([]float32, size), make([]float64, size)
	part := func(m *mat32.Dense, top, bottom, from, to int) blas32.General {
		_, d := m.Dims()
		return blas32.General{Rows: bottom - top, Cols: to - from, Stride: d, Data: m.Data()[top*d+from : (bottom-1)*d+to]}
	}
	return strips(p, q, a == b, func(from, to, left, right int) (float64, error) {
		c := blas32.General{Rows: to - from, Cols: right - left, Stride: right - left, Data: buffer[:(to-from)*(right-left)]}
		sums := totals[:len(c.Data)]
		for top := 0; top < n; top += stacks {
			bottom := min(top+stacks, n)
			var err error
			if a == b && from == left {
				err = kernel.Syrk32(ctx, blas.Trans, 1, part(a, top, bottom, from, to), 0, c)
			} else {
				err = kernel.Gemm32(ctx, blas.Trans, blas.NoTrans, 1, part(a, top, bottom, from, to), part(b, top, bottom, left, right), 0, c)
			}
			if err == nil {
				err = par.Blocks(ctx, len(sums), 1<<14, func(lo, hi int) {
					to := sums[lo:hi]
					if top == 0 {
						clear(to)
					}
					for i, v := range c.Data[lo:hi] {
						to[i] += float64(v)
					}
				})
			}
			if err != nil {
				return 0, err
			}
		}
		return frobenius(ctx, sums)
	})
}

// frobenius returns the sum of the squares of v.
func frobenius(ctx context.Context, v []float64) (float64, error) {
	return par.Sum(ctx, len(v), 1<<14, func(lo, hi int) float64 { return kernel.Dot64(v[lo:hi], v[lo:hi]) })
}

// centered32 is subspace.Centered in float32.
func centered32(ctx context.Context, x *mat32.Dense) (*mat32.Dense, float64, error) {
	c, err := originOf(ctx, x)
	if err != nil {
		return nil, 0, err
	}
	if c.mean == nil {
		return rescaled32(ctx, x)
	}
	n, d := x.Dims()
	a := mat32.NewDense(n, d, nil)
	return a, 1, par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			c.move(a.Row(i), x.Row(i))
		}
	})
}

// rescaled32 is centered32 for values whose squares might be beyond the range of float32.
func rescaled32(ctx context.Context, x *mat32.Dense) (*mat32.Dense, float64, error) {
	a, unit, err := subspace.Centered(ctx, x)
	if err != nil || unit == 0 {
		return nil, 0, err
	}
	return mat32.Convert(a), unit, nil
}
