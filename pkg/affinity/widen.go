package affinity

import (
	"cmp"
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// widen returns for every row its neighbours at no more than its own radius, or the
// nearest most of them, and perhaps further ones: those of the graph, as long as it
// reaches so far, else all of an exact search. A row whose radius is 0 keeps those of
// the graph.
//
// As long as most rows have enough, the others ask for more neighbours; what is left
// is searched for all within the radius, in groups of like radius, so that hardly more
// is found than is kept.
func widen(ctx context.Context, method string, x mat.Matrix, g *neighbors.Graph, radius []float64, most int, metric neighbors.Metric, limit int64) (func(i int) ([]int32, []float64), error) {
	most = max(most, 1)
	var short []int // rows that the graph does not tell enough of
	if g.K < most {
		for i, r := range radius {
			if _, distances := g.Row(i); r > 0 && distances[g.K-1] <= r {
				short = append(short, i)
			}
		}
	}
	k := min(g.K, most)
	if len(short) == 0 {
		return nearest(g, k), nil
	}
	w := &widened{method: method, limit: limit, most: most, total: int64(g.N) * int64(k), found: make([]near, g.N)}
	var err error
	if given, ok := x.(*mat32.Distances); ok {
		err = w.read(ctx, given, short, radius)
	} else {
		err = w.search(ctx, x, short, k, radius, metric)
	}
	if err != nil {
		return nil, err
	}
	return func(i int) ([]int32, []float64) {
		if w.found[i].indices != nil {
			return w.found[i].indices, w.found[i].distances
		}
		return nearest(g, k)(i)
	}, nil
}

// widened are the lists of rows that were searched again.
type widened struct {
	method string
	limit  int64
	most   int
	total  int64 // neighbours in all
	found  []near
}

// near are the neighbours of a row, nearest first.
type near struct {
	indices   []int32
	distances []float64
}

// keep takes the neighbours of row i, sorted, perhaps the row itself among them, as
// long as there is room.
func (w *widened) keep(i int, indices []int32, distances []float64, radius float64) error {
	w.found[i] = w.nearest(i, indices, distances, radius)
	w.total += int64(len(w.found[i].indices))
	return w.room(w.total)
}

// nearest copies what keep takes.
func (w *widened) nearest(i int, indices []int32, distances []float64, radius float64) near {
	var own near
	end, _ := slices.BinarySearchFunc(distances, radius, func(d, r float64) int {
		if d <= r {
			return -1
		}
		return 1
	})
	room := min(end, w.most)
	own.indices, own.distances = make([]int32, 0, room), make([]float64, 0, room)
	for k, j := range indices[:end] {
		if int(j) != i && len(own.indices) < w.most {
			own.indices, own.distances = append(own.indices, j), append(own.distances, distances[k])
		}
	}
	return own
}

func (w *widened) room(pairs int64) error {
	return mat32.CheckMemory(w.method, pairBytes*pairs, w.limit, "raise Threshold or Decay, or set MaxNeighbors")
}

// alike is by how much the radii of a group may differ, and together how many rows it
// has at most.
const (
	alike    = 1.1
	together = 4096
)

// deeper is how many times as many neighbours rows ask for that have too few.
const deeper = 4

// search looks for the neighbours of rows of which k are not enough.
func (w *widened) search(ctx context.Context, x mat.Matrix, rows []int, k int, radius []float64, metric neighbors.Metric) error {
	index, err := neighbors.Exact{Metric: metric, MemoryLimit: w.limit}.Index(ctx, x)
	if err != nil {
		return err
	}
	n := len(radius)
	for many := n / 2; len(rows) > 0 && len(rows) <= many && deeper*k < n/8; many = len(rows) / 2 {
		k *= deeper
		if rows, err = w.ask(ctx, index, x, rows, k, radius); err != nil {
			return err
		}
	}
	return w.within(ctx, index, x, rows, radius)
}

// ask looks for the k nearest neighbours of the rows, and returns those for which
// they are not enough.
func (w *widened) ask(ctx context.Context, index *neighbors.ExactIndex, x mat.Matrix, rows []int, k int, radius []float64) (short []int, err error) {
	if err := w.room(w.total + int64(len(rows))*int64(k)); err != nil {
		return rows, nil // fewer may fit
	}
	found, err := index.Query(ctx, mat32.Select(x, rows), k+1) // the row itself among them
	if err != nil {
		return nil, err
	}
	for t, i := range rows {
		indices, distances := found.Row(t)
		if distances[k] <= radius[i] && k < w.most {
			short = append(short, i)
		} else if err := w.keep(i, indices, distances, radius[i]); err != nil {
			return nil, err
		}
	}
	return short, nil
}

// within looks for the neighbours of the rows at their radii, group by group.
func (w *widened) within(ctx context.Context, index *neighbors.ExactIndex, x mat.Matrix, rows []int, radius []float64) error {
	slices.SortFunc(rows, func(a, b int) int { return cmp.Or(cmp.Compare(radius[a], radius[b]), cmp.Compare(a, b)) })
	for len(rows) > 0 {
		size := 1
		for size < min(len(rows), together) && radius[rows[size]] <= alike*radius[rows[0]] {
			size++
		}
		group := slices.Clone(rows[:size])
		rows = rows[size:]
		widest := radius[group[size-1]]
		slices.Sort(group)
		found, err := index.Within(ctx, mat32.Select(x, group), widest)
		if err != nil {
			return err
		}
		for t, i := range group {
			indices, distances := found.Row(t)
			if err := w.keep(i, indices, distances, radius[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// read looks through given distances.
func (w *widened) read(ctx context.Context, x *mat32.Distances, rows []int, radius []float64) error {
	n, _ := x.Dims()
	type pair struct {
		distance float64
		row      int32
	}
	// Counted first, so that the answer to whether all fits is always the same.
	counts := make([]int, len(rows))
	err := par.Blocks(ctx, len(rows), 16, func(lo, hi int) {
		for t, i := range rows[lo:hi] {
			for j := range n {
				if j != i && x.At(i, j) <= radius[i] {
					counts[lo+t]++
				}
			}
		}
	})
	if err != nil {
		return err
	}
	total := w.total
	for _, c := range counts {
		total += int64(min(c, w.most))
	}
	if err := w.room(total); err != nil {
		return err
	}
	return par.BlocksWith(ctx, len(rows), 16, func() *[]pair { return new([]pair) }, func(all *[]pair, lo, hi int) {
		for _, i := range rows[lo:hi] {
			*all = (*all)[:0]
			for j := range n {
				if d := x.At(i, j); j != i && d <= radius[i] {
					*all = append(*all, pair{d, int32(j)})
				}
			}
			slices.SortFunc(*all, func(a, b pair) int { return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.row, b.row)) })
			indices, distances := make([]int32, len(*all)), make([]float64, len(*all))
			for k, p := range *all {
				indices[k], distances[k] = p.row, p.distance
			}
			w.found[i] = w.nearest(i, indices, distances, radius[i])
		}
	})
}
