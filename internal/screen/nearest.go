package screen

import (
	"cmp"
	"context"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Nearest writes the k nearest other rows of every row i, nearest first and those
// at equal distance by index, to indices[i·k:] and their exact distances to
// distances[i·k:]. It reports the stage "neighbours", a unit a row. The error is
// ctx.Err(). A distance is +Inf where float64 cannot hold it.
func (r *Rows) Nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	stage := watch.Start(ctx, "neighbours", r.n)
	return par.BlocksWith(ctx, r.n, 16, func() *plain { return &plain{fast: make([]float32, r.n)} }, func(p *plain, lo, hi int) {
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			p.nearest(r, i, k, indices[i*k:(i+1)*k], distances[i*k:(i+1)*k])
		}
		stage.Add(hi - lo)
	})
}

type plain struct {
	fast   []float32
	lowest []float32
	found  []near
}

// near is a neighbour: exact distance and row.
type near struct {
	dist float64
	row  int32
}

// compare orders by distance, then by index.
func compare(a, b near) int {
	return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row))
}

func (p *plain) nearest(r *Rows, i, k int, indices []int32, distances []float64) {
	r.Fast(p.fast, i, 0)
	p.lowest = append(append(p.lowest[:0], p.fast[:i]...), p.fast[i+1:]...)
	slices.Sort(p.lowest)
	cut := p.lowest[k-1]
	farthest := 0.
	for j, f := range p.fast {
		if f <= cut && j != i {
			farthest = max(farthest, r.Exact(i, j))
		}
	}
	_, limit := r.Interval(i, farthest)
	p.found = p.found[:0]
	for j, f := range p.fast {
		if f <= limit && j != i {
			p.found = append(p.found, near{r.Exact(i, j), int32(j)})
		}
	}
	slices.SortFunc(p.found, compare)
	for t, v := range p.found[:k] {
		indices[t], distances[t] = v.row, v.dist
	}
}
