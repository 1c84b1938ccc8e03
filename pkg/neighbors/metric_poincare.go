package neighbors

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Poincare is the distance in the Poincaré ball, hyperbolic space of curvature −1
// (Nickel and Kiela, Poincaré embeddings for learning hierarchical representations,
// 2017): arcosh(1 + 2·|a−b|²/((1−|a|²)·(1−|b|²))). A row of length 1 or more is
// a *DomainError.
type Poincare struct{}

// String returns "poincare", as umap-learn calls it.
func (Poincare) String() string { return "poincare" }

func (m Poincare) space(ctx context.Context, x mat.Matrix) (space, error) {
	return newPrepared(ctx, m.String(), x, func(ctx context.Context, y mat.Matrix) (*table[float64], error) {
		return inBall(ctx, m.String(), y)
	}, poincare)
}

func (Poincare) bytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	return 8 * int64(n) * int64(d+1)
}

// inBall returns the rows with a last column 1/(1−|a|²).
func inBall(ctx context.Context, metric string, y mat.Matrix) (*table[float64], error) {
	n, d := y.Dims()
	t := newTable[float64](n, d+1)
	var no refused
	err := par.Blocks(ctx, n, max(1, 1<<14/d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := t.row(i)
			copy(row, mat32.Row(row[:d], i, y))
			length := math.Sqrt(kernel.Dot64(row[:d], row[:d]))
			if !(length < 1) {
				no.note(i, fmt.Sprintf("its length is %v, and the ball is open: lengths are below 1", length))
				continue
			}
			row[d] = 1 / ((1 - length) * (1 + length))
		}
	})
	if err != nil {
		return nil, err
	}
	return t, no.err(metric)
}

func poincare(a, b []float64) float64 {
	d := len(a) - 1
	// arcosh(1+2t) = 2·arsinh(√t), which keeps the digits of small t.
	return 2 * math.Asinh(math.Sqrt(kernel.SquaredDistance64(a[:d], b[:d])*(a[d]*b[d])))
}
