package nn

import (
	"context"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// Sparse passes on the values of a row that are above zero, at most Most of them, the largest, the
// first of equals; 0 for all. What is passed on is also drawn to zero, by Draw: the gradient
// of Draw times the mean sum of a row.
type Sparse struct {
	Most int
	Draw float64
}

func (p Sparse) shape(in int) (out, parameters int) { return in, 0 }

func (p Sparse) begin([]float32, int, *rng.Stream) {}

func (p Sparse) forward(ctx context.Context, _ []float32, x, y blas32.General) error {
	return par.BlocksWith(ctx, x.Rows, rowsOf(x.Cols), func() []int { return make([]int, 0, p.Most) }, func(kept []int, lo, hi int) {
		for i := lo; i < hi; i++ {
			from, to := x.Data[i*x.Stride:][:x.Cols], y.Data[i*y.Stride:][:x.Cols]
			if p.Most == 0 {
				for j, v := range from {
					to[j] = max(v, 0)
				}
				continue
			}
			clear(to)
			for _, j := range most(from, kept, p.Most) {
				to[j] = from[j]
			}
		}
	})
}

// most returns where the largest values above zero are, count at most, in kept: a heap with
// the least of them first, the last of equals.
func most(values []float32, kept []int, count int) []int {
	less := func(a, b int) bool { return values[a] < values[b] || values[a] == values[b] && a > b }
	kept = kept[:0]
	for j, v := range values {
		if !(v > 0) {
			continue
		}
		if len(kept) < count {
			kept = append(kept, j)
			for c := len(kept) - 1; c > 0 && less(kept[c], kept[(c-1)/2]); c = (c - 1) / 2 {
				kept[c], kept[(c-1)/2] = kept[(c-1)/2], kept[c]
			}
			continue
		}
		if !less(kept[0], j) {
			continue
		}
		kept[0] = j
		for at := 0; ; {
			c := 2*at + 1
			if c+1 < count && less(kept[c+1], kept[c]) {
				c++
			}
			if c >= count || !less(kept[c], kept[at]) {
				break
			}
			kept[at], kept[c] = kept[c], kept[at]
			at = c
		}
	}
	return kept
}

func (p Sparse) backward(ctx context.Context, _, _ []float32, _, y, dy, dx blas32.General) error {
	draw := float32(p.Draw / float64(max(y.Rows, 1)))
	return par.Blocks(ctx, y.Rows, rowsOf(y.Cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g, v := dy.Data[i*dy.Stride:][:y.Cols], y.Data[i*y.Stride:][:y.Cols]
			to := dx.Data[i*dx.Stride:][:y.Cols]
			for j, kept := range v {
				to[j] = 0
				if kept > 0 {
					to[j] = g[j] + draw
				}
			}
		}
	})
}
