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
// *mat32.MemoryError by method when the neighbours take more than limit bytes, 28
// each while the answer, 12 of these, is made; zero is GOMEMLIMIT, or 4 GiB.
func (r *Rows) Within(ctx context.Context, method string, radius float64, limit int64) (*Ragged, error) {
	a := newAnswer(method, r.n, limit)
	if r.given != nil {
		return a.done(r.withinGiven(ctx, a, radius))
	}
	s, err := r.among(ctx)
	if err != nil {
		return nil, err
	}
	s.found, s.radius, s.room = a.found, radius, a.room
	err = s.run(ctx)
	a.total.Store(s.held.Load())
	return a.done(err)
}

// Within returns for every query the rows at a distance of at most radius, as
// Rows.Within does.
func (q *Queries) Within(ctx context.Context, method string, radius float64, limit int64) (*Ragged, error) {
	a := newAnswer(method, q.own.n, limit)
	if q.own.n < few {
		return a.done(q.one(ctx, func(i int, all func(func(dist float64, row int32))) {
			all(func(dist float64, row int32) {
				if dist <= radius {
					a.add(i, dist, row)
				}
			})
			slices.SortFunc(a.found[i], compare)
		}))
	}
	s, err := q.search(ctx)
	if err != nil {
		return nil, err
	}
	s.found, s.radius, s.room = a.found, radius, a.room
	err = s.answer(ctx)
	a.total.Store(s.held.Load())
	return a.done(err)
}

// answer is a Ragged in the making.
type answer struct {
	method string
	limit  int64
	total  atomic.Int64
	found  [][]near
}

func newAnswer(method string, n int, limit int64) *answer {
	return &answer{method: method, limit: limit, found: make([][]near, n)}
}

// room returns an error when so many pairs take too much memory: lists while they are
// sought, and then the answer.
func (a *answer) room(pairs int64) error {
	return mat32.CheckMemory(a.method, (16+12)*pairs, a.limit, "a smaller radius has fewer neighbours")
}

// add keeps a pair, as long as there is room.
func (a *answer) add(i int, dist float64, row int32) {
	if a.room(a.total.Add(1)) == nil {
		a.found[i] = append(a.found[i], near{dist, row})
	}
}

// done returns the answer, or the error of making it.
func (a *answer) done(err error) (*Ragged, error) {
	if err != nil {
		return nil, err
	}
	total := a.total.Load()
	if err := a.room(total); err != nil {
		return nil, err
	}
	all := &Ragged{Starts: make([]int, 1, len(a.found)+1), Indices: make([]int32, 0, total), Distances: make([]float64, 0, total)}
	for i, f := range a.found {
		for _, v := range f {
			all.Indices, all.Distances = append(all.Indices, v.row), append(all.Distances, v.dist)
		}
		all.Starts = append(all.Starts, len(all.Indices))
		a.found[i] = nil
	}
	return all, nil
}

// withinGiven is Within for given distances.
func (r *Rows) withinGiven(ctx context.Context, a *answer, radius float64) error {
	stage := watch.Start(ctx, "neighbours", r.n)
	return par.Blocks(ctx, r.n, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range r.n {
				if dist := r.given.At(i, j); j != i && dist <= radius {
					a.add(i, dist, int32(j))
				}
			}
			slices.SortFunc(a.found[i], compare)
		}
		stage.Add(hi - lo)
	})
}
