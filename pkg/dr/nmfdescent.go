package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// descend minimises the squared error by coordinate descent, W and H in turn. The
// problem of a factor falls apart into one for each of its rows: of p, the row's
// product with the other factor, and the k × k matrix that all share.
func (s *factoring) descend(ctx context.Context) error {
	n, k := s.w.Dims()
	productW, productH := mat.NewDense(n, k, nil), mat.NewDense(s.d, k, nil)
	stage := watch.Start(ctx, "NMF", s.Iterations)
	first := 0.
	for s.iterations < s.Iterations {
		if err := s.data.blocks.Mul(ctx, productW, s.h); err != nil {
			return err
		}
		left, err := s.factor(ctx, s.w, s.h, productW, s.penalties.w1, s.penalties.w2)
		if err != nil {
			return err
		}
		if err := s.data.blocks.MulTrans(ctx, productH, s.w); err != nil {
			return err
		}
		right, err := s.factor(ctx, s.h, s.w, productH, s.penalties.h1, s.penalties.h2)
		if err != nil {
			return err
		}
		s.iterations++
		if s.iterations == 1 {
			first = left + right
		}
		stage.Add(1)
		if !(left+right > s.Tolerance*first) {
			s.converged = true
			return nil
		}
	}
	return nil
}

// rowsOfFactor is how many rows of a factor are one unit of work.
const rowsOfFactor = 64

// enoughMoved is the share of a row's first step below which further sweeps wait
// for the next product. A larger share takes more iterations, a smaller one more
// sweeps for little.
const enoughMoved = .3

// factor goes through the coordinates of m, given the other factor and the
// products of the data with it, and returns by how much the projected gradient
// differed from zero.
func (s *factoring) factor(ctx context.Context, m, other, products *mat.Dense, first, second float64) (violation float64, err error) {
	q, err := shared(ctx, other, second)
	if err != nil {
		return 0, err
	}
	rows, k := m.Dims()
	parts := make([]float64, (rows+rowsOfFactor-1)/rowsOfFactor)
	err = par.BlocksWith(ctx, rows, rowsOfFactor, func() []float64 { return make([]float64, k) }, func(gradient []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			parts[lo/rowsOfFactor] += descendRow(m.RawRowView(i), gradient, products.RawRowView(i), q, first, s.Sweeps, enoughMoved)
		}
	})
	for _, p := range parts {
		violation += p
	}
	return violation, err
}

// shared returns otherᵀ·other with penalty added to its diagonal.
func shared(ctx context.Context, other *mat.Dense, penalty float64) (*mat.Dense, error) {
	_, k := other.Dims()
	q := mat.NewDense(k, k, nil)
	if err := kernel.Syrk64(ctx, blas.Trans, 1, other.RawMatrix(), 0, q.RawMatrix()); err != nil {
		return nil, err
	}
	for t := range k {
		q.Set(t, t, q.At(t, t)+penalty)
	}
	return q, nil
}

// descendRow minimises ½·wᵀ·q·w − (p − penalty)ᵀ·w over w ≥ 0, one coordinate after
// the other, in at most so many sweeps: less when one moves w by less than enough
// times what the first did. It returns the sum of the magnitudes of the projected
// gradient, met in the first.
func descendRow(w, gradient, p []float64, q *mat.Dense, penalty float64, sweeps int, enough float64) (violation float64) {
	for t, v := range p {
		gradient[t] = penalty - v
	}
	for t, v := range w {
		if v != 0 {
			kernel.Axpy64(v, q.RawRowView(t), gradient)
		}
	}
	begun := 0.
	for sweep := range sweeps {
		moved := 0.
		for t, v := range w {
			row := q.RawRowView(t)
			g, curvature := gradient[t], row[t]
			if g >= 0 && v == 0 {
				continue
			}
			if sweep == 0 {
				violation += math.Abs(g)
			}
			if curvature == 0 {
				continue // a component that is nowhere
			}
			next := max(v-g/curvature, 0)
			if step := next - v; step != 0 {
				kernel.Axpy64(step, row, gradient)
				w[t] = next
				moved += step * step
			}
		}
		if sweep == 0 {
			begun = moved
		}
		if !(moved > enough*enough*begun) {
			break
		}
	}
	return violation
}

// squaredError returns half the squared length of x − w·hᵀ.
func (s *factoring) squaredError(ctx context.Context) (float64, error) {
	if x, ok := s.data.blocks.(*linalg.CSR); ok {
		return s.sparseError(ctx, x)
	}
	// Blocks of few rows keep the product in the cache, and on one core.
	block := max(1, min(64, 1<<20/(s.d*s.Components+1)))
	components := mat.DenseCopyOf(s.h.T()).RawMatrix()
	parts := make([]float64, (s.n+block-1)/block)
	err := par.BlocksWith(ctx, s.n, block, func() *nonzeros {
		return &nonzeros{row: make([]float64, s.d), values: make([]float64, block*s.d)}
	}, func(z *nonzeros, lo, hi int) {
		product := mat.NewDense(hi-lo, s.d, z.values[:(hi-lo)*s.d]).RawMatrix()
		// The one error is that of ctx, which par returns.
		_ = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, s.w.Slice(lo, hi, 0, s.Components).(*mat.Dense).RawMatrix(), components, 0, product)
		for i := lo; i < hi; i++ {
			y := product.Data[(i-lo)*s.d : (i-lo+1)*s.d]
			for j, v := range rowOf(z.row, i, s.data) {
				y[j] -= v
			}
			parts[lo/block] += kernel.Dot64(y, y) / 2
		}
	})
	sum := 0.
	for _, p := range parts {
		sum += p
	}
	return sum, err
}

// sparseError is squaredError without the zeros: their part is what remains of
// ½·‖w·hᵀ‖², which the k × k products give.
func (s *factoring) sparseError(ctx context.Context, x *linalg.CSR) (float64, error) {
	a, err := shared(ctx, s.w, 0)
	if err != nil {
		return 0, err
	}
	b, err := shared(ctx, s.h, 0)
	if err != nil {
		return 0, err
	}
	stored, err := par.Sum(ctx, s.n, rowsOfFactor, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			columns, values := x.Row(i)
			w := s.w.RawRowView(i)
			for p, j := range columns {
				sum += values[p] * (values[p]/2 - kernel.Dot64(w, s.h.RawRowView(int(j))))
			}
		}
		return sum
	})
	return stored + kernel.Dot64(a.RawMatrix().Data, b.RawMatrix().Data)/2, err
}
