package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// least stands for products that are zero, by which values are divided.
const least = 0x1p-400

// multiply minimises the other divergences by multiplicative updates, W and H in
// turn: H by the columns of the data as W by its rows.
func (s *factoring) multiply(ctx context.Context) error {
	columns, err := s.data.rows.Transposed(ctx)
	if err != nil {
		return err
	}
	const between = 10 // iterations between looks at the loss
	before, err := s.loss(ctx)
	if err != nil {
		return err
	}
	start, last := math.Sqrt(2*max(before, 0)), math.Sqrt(2*max(before, 0))
	stage := watch.Start(ctx, "NMF", s.Iterations)
	for s.iterations < s.Iterations {
		if err := s.updates(ctx, s.data.rows, s.w, s.h, s.penalties.w1, s.penalties.w2); err != nil {
			return err
		}
		if err := s.updates(ctx, columns, s.h, s.w, s.penalties.h1, s.penalties.h2); err != nil {
			return err
		}
		s.iterations++
		stage.Add(1)
		if s.iterations%between == 0 {
			now, err := s.loss(ctx)
			if err != nil {
				return err
			}
			root := math.Sqrt(2 * max(now, 0))
			if !(last-root >= s.Tolerance*start) {
				s.converged = true
				return nil
			}
			last = root
		}
	}
	return nil
}

// updates multiplies the rows of m once, given the other factor.
func (s *factoring) updates(ctx context.Context, x *linalg.CSR, m, other *mat.Dense, first, second float64) error {
	rows, k := m.Dims()
	u, err := newUpdate(ctx, s.Loss, other, first, second)
	if err != nil {
		return err
	}
	longest := 0
	for i := range rows {
		columns, _ := x.Row(i)
		longest = max(longest, len(columns))
	}
	return par.BlocksWith(ctx, rows, rowsOfFactor/4, func() *ratios { return newRatios(longest, k) }, func(r *ratios, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, values := x.Row(i)
			u.row(r, m.RawRowView(i), columns, values)
		}
	})
}

// update is what multiplicative updates of all rows of a factor share.
type update struct {
	loss          Divergence
	other         *mat.Dense
	sums          []float64 // of the columns of other
	first, second float64
}

func newUpdate(ctx context.Context, loss Divergence, other *mat.Dense, first, second float64) (*update, error) {
	sums, err := columnSums(ctx, other)
	return &update{loss, other, sums, first, second}, err
}

// ratios is the scratch of an update.
type ratios struct{ up, down, numerator, denominator []float64 }

func newRatios(values, k int) *ratios {
	return &ratios{make([]float64, values), make([]float64, values), make([]float64, k), make([]float64, k)}
}

// row multiplies w by what brings w·otherᵀ nearer to the values in these columns.
func (u *update) row(r *ratios, w []float64, columns []int32, values []float64) {
	up, down := r.up[:len(values)], r.down[:len(values)]
	for p, j := range columns {
		product := max(kernel.Dot64(w, u.other.RawRowView(int(j))), least)
		up[p] = values[p] / product
		if u.loss == ItakuraSaito {
			up[p] /= product
			down[p] = 1 / product
		}
	}
	raw := u.other.RawMatrix()
	kernel.Gather64(1, up, columns, raw.Data, raw.Stride, 0, r.numerator)
	denominator := u.sums
	if u.loss == ItakuraSaito {
		kernel.Gather64(1, down, columns, raw.Data, raw.Stride, 0, r.denominator)
		denominator = r.denominator
	}
	for t, v := range w {
		ratio := r.numerator[t] / max(denominator[t]+u.first+u.second*v, least)
		if u.loss == ItakuraSaito {
			ratio = math.Sqrt(ratio)
		}
		if v *= ratio; v < 0x1p-900 {
			v = 0
		}
		w[t] = v
	}
}

// columnSums returns the sums of the columns of m.
func columnSums(ctx context.Context, m *mat.Dense) ([]float64, error) {
	n, k := m.Dims()
	const block = 256
	parts := mat.NewDense((n+block-1)/block, k, nil)
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.Axpy64(1, m.RawRowView(i), parts.RawRowView(lo/block))
		}
	})
	sums := make([]float64, k)
	for b := range (n + block - 1) / block {
		kernel.Axpy64(1, parts.RawRowView(b), sums)
	}
	return sums, err
}

// loss returns the divergence of w·hᵀ from the data, penalties left out.
func (s *factoring) loss(ctx context.Context) (float64, error) {
	if s.Loss == SquaredError {
		return s.squaredError(ctx)
	}
	stored, err := par.Sum(ctx, s.n, rowsOfFactor, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			columns, values := s.data.rows.Row(i)
			w := s.w.RawRowView(i)
			for p, j := range columns {
				ratio := values[p] / max(kernel.Dot64(w, s.h.RawRowView(int(j))), least)
				if s.Loss == ItakuraSaito {
					sum += ratio - math.Log(ratio) - 1
				} else {
					sum += values[p] * (math.Log(ratio) - 1)
				}
			}
		}
		return sum
	})
	if err != nil || s.Loss == ItakuraSaito {
		return stored, err
	}
	a, err := columnSums(ctx, s.w)
	if err != nil {
		return 0, err
	}
	b, err := columnSums(ctx, s.h)
	return stored + kernel.Dot64(a, b), err
}

// rowOf returns row i of the data in their unit.
func rowOf(buf []float64, i int, y nonNegative) []float64 {
	row := mat32.Row(buf, i, y.x)
	if y.scale == 1 {
		return row
	}
	for j, v := range row {
		buf[j] = v * y.scale
	}
	return buf
}
