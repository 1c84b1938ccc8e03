package hyperbolic

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// BasePointDelta measures hyperbolicity as seen from one row, w: by the Gromov products
// (x|y) = (d(x,w) + d(y,w) − d(x,y))/2, which in a tree are how long the ways from w to x and
// y go together, the largest of
//
//	max over z of min((x|z), (z|y)), less (x|y)
//
// It is a bound and not δ, which it encloses: BasePointDelta ≤ δ ≤ 2·BasePointDelta (M.
// Gromov, 1987, Hyperbolic groups). Code for representations that have been learnt often
// reports it, for w = 0 and some of the rows, as δ itself; see Delta for that.
//
// x is what Delta takes. Errors: those of Delta.Compute, from 4 rows on, and
// *mat32.ParamError unless base is one of the rows. Time O(n²·d + n³), memory 16·n² bytes.
func BasePointDelta(ctx context.Context, x mat.Matrix, base int) (measure.Score, error) {
	const method = "hyperbolic.BasePointDelta"
	if err := sound(ctx, method, x); err != nil {
		return measure.Score{}, err
	}
	n, _ := x.Dims()
	if base < 0 || base >= n {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "base", Value: base, Want: fmt.Sprintf("one of the %d rows", n)}
	}
	m, err := between(ctx, method, x, 4, 8*int64(n)*int64(n), 0)
	if err != nil {
		return measure.Score{}, err
	}
	value, err := m.gromov(ctx, base)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	return measure.Score{Name: "base-point δ", Value: value, Rows: n,
		Convention: fmt.Sprintf("Gromov products at row %d, %s distances; no more than δ, and no less than half of it", base, m.name)}, nil
}

// gromov returns the δ of a base point.
func (m *metric) gromov(ctx context.Context, base int) (float64, error) {
	const rowsAtOnce = 2
	products := make([]float64, m.n*m.n)
	from := m.row(base)
	err := par.Blocks(ctx, m.n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := products[i*m.n : (i+1)*m.n]
			for j, d := range m.row(i) {
				to[j] = (from[i] + from[j] - d) / 2
			}
		}
	})
	if err != nil {
		return 0, err
	}
	parts := make([]float64, (m.n+rowsAtOnce-1)/rowsAtOnce)
	err = par.Blocks(ctx, m.n, rowsAtOnce, func(lo, hi int) {
		best := 0.
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			a := products[i*m.n : (i+1)*m.n]
			for j := i + 1; j < m.n; j++ {
				if min(from[i], from[j])-a[j] <= best {
					continue
				}
				b := products[j*m.n : (j+1)*m.n][:len(a)]
				most := a[j]
				for k, v := range a {
					if u := b[k]; u < v {
						v = u
					}
					if v > most {
						most = v
					}
				}
				best = max(best, most-a[j])
			}
		}
		parts[lo/rowsAtOnce] = best
	})
	if err != nil {
		return 0, err
	}
	best := 0.
	for _, v := range parts {
		best = max(best, v)
	}
	return best, nil
}
