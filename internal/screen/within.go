package screen

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Ragged holds for every row those near it, as many as there are.
type Ragged struct {
	Starts    []int     // of the neighbours of each row, and where the last end
	Indices   []int32   // sorted by distance, those at equal distance by index
	Distances []float64 // exact
}

// Within returns for every row the others at a distance of at most radius. It
// reports the stage "neighbours", a unit a row. The error is ctx.Err(), or a
// *mat32.MemoryError by method when the answer takes more than limit bytes, 12
// each; zero is GOMEMLIMIT, or 4 GiB.
func (r *Rows) Within(ctx context.Context, method string, radius float64, limit int64) (*Ragged, error) {
	return within(ctx, method, r.n, r.n, radius, limit, func(i, j int) (float64, bool) { return r.Exact(i, j), i != j })
}

// Within returns for every query the rows at a distance of at most radius, as
// Rows.Within does.
func (q *Queries) Within(ctx context.Context, method string, radius float64, limit int64) (*Ragged, error) {
	return within(ctx, method, q.own.n, q.rows.n, radius, limit, func(i, j int) (float64, bool) { return q.Exact(i, j), true })
}

func within(ctx context.Context, method string, n, m int, radius float64, limit int64, exact func(i, j int) (float64, bool)) (*Ragged, error) {
	const block = 16
	stage := watch.Start(ctx, "neighbours", n)
	found := make([][]near, n)
	var total atomic.Int64
	var over atomic.Bool
	check := func() error {
		return mat32.CheckMemory(method, 12*total.Load(), limit, "a smaller radius has fewer neighbours")
	}
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil && !over.Load(); i++ {
			for j := range m {
				if d, other := exact(i, j); other && d <= radius {
					found[i] = append(found[i], near{d, int32(j)})
				}
			}
			slices.SortFunc(found[i], compare)
			total.Add(int64(len(found[i])))
			over.Store(check() != nil)
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	if err := check(); err != nil {
		return nil, err
	}
	all := &Ragged{Starts: make([]int, 1, n+1)}
	for _, f := range found {
		for _, v := range f {
			all.Indices, all.Distances = append(all.Indices, v.row), append(all.Distances, v.dist)
		}
		all.Starts = append(all.Starts, len(all.Indices))
	}
	return all, nil
}
