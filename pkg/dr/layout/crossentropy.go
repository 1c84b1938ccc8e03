package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// CrossEntropy is what UMAP lowers: between how much rows are joined, by symmetric
// weights w over the largest of them, and how much points of the map are, by
// v = 1/(1+a·d^(2b)),
//
//	Σ w·log(w/v) + (1−w)·log((1−w)/(1−v)) over all pairs,
//
// here for each point: over their number. Distances whose square is below 0.001 count as
// such, as the push of UMAPForces has it.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction, definition 10.
type CrossEntropy struct {
	A, B float64
	Row  func(i int) (columns []int32, weights []float64) // symmetric weights
	Most float64                                          // the largest weight

	// Samples is how many other points each is compared with, at random, where they are
	// fewer than all: the value is then an estimate. Default 0: all.
	Samples int

	// Seed draws the samples.
	Seed uint64

	// Space is where the points lie; see NegativeSampling.
	Space Space
}

// Of returns the cross entropy of the n points y, dim coordinates row after row, within
// a ten-thousandth of it where all are compared. The error is ctx.Err(). Time
// O(weights + n²), or O(weights + n·Samples).
func (c CrossEntropy) Of(ctx context.Context, y []float32, dim int) (float64, error) {
	const block = 64
	n := len(y) / dim
	apart := newCurve(func(s float64) float64 { return math.Log1p(1 / (c.A * math.Pow(max(s, umapCore), c.B))) }) // −log(1−v)
	joined := newCurve(func(s float64) float64 { return math.Log1p(c.A * math.Pow(max(s, umapCore), c.B)) })      // −log v
	squared := func(diff []float32, i, j int) float32 {
		if c.Space != nil {
			return c.Space.Difference(diff, y[i*dim:(i+1)*dim], y[j*dim:(j+1)*dim])
		}
		sum := float32(0)
		for k, v := range y[i*dim : (i+1)*dim] {
			d := v - y[j*dim+k]
			sum += d * d
		}
		return sum
	}
	sum, err := par.Sum(ctx, n, block, func(lo, hi int) (sum float64) {
		diff := make([]float32, dim)
		for i := lo; i < hi; i++ {
			push, share := 0., 1.
			if c.Samples > 0 && c.Samples < n-1 {
				share = float64(n-1) / float64(c.Samples)
				r := rng.New(c.Seed, "layout/cross entropy", i)
				for range c.Samples {
					push += float64(apart.at(squared(diff, i, (i+1+r.IntN(n-1))%n)))
				}
			} else {
				for j := range n {
					if j != i {
						push += float64(apart.at(squared(diff, i, j)))
					}
				}
			}
			sum += share * push
			columns, weights := c.Row(i)
			for k, j := range columns {
				if int(j) == i {
					continue
				}
				w, s := weights[k]/c.Most, squared(diff, i, int(j))
				sum += w * (float64(joined.at(s)) - float64(apart.at(s)))
				if w > 0 { // which may be too small for its share of Most
					sum += w * math.Log(w)
				}
				if w < 1 {
					sum += (1 - w) * math.Log1p(-w)
				}
			}
		}
		return sum
	})
	return sum / 2 / float64(n), err // every pair was met twice
}
