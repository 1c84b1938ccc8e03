package neighbors

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// NNDescentIndex answers which of its rows are nearest to new ones, by a search
// from neighbour to neighbour that begins in the leaf of a tree where the new row
// belongs. It is safe for concurrent use.
type NNDescentIndex struct {
	o     NNDescent
	d     int
	graph *Graph
	space space
	tree  *forest
	links *hnswLinks // of one level; nil where few rows make it cheaper to measure all
}

// Index makes the graph of the rows of x, as Graph does, and an index of them: of
// every row's neighbours, and the rows whose neighbour it is, links to the nearest,
// and then to each that is nearer to the row than to any chosen so far. It takes
// about as long again, and 8·(K + 6)·n bytes more; x is borrowed. Errors: those of
// Graph, and *mat32.RowsNeededError where x holds distances.
func (o NNDescent) Index(ctx context.Context, x mat.Matrix) (*NNDescentIndex, error) {
	if _, ok := x.(*mat32.Distances); ok {
		return nil, &mat32.RowsNeededError{Method: "neighbors.NNDescent"}
	}
	g, made, err := o.graph(ctx, x, true)
	if err != nil {
		return nil, err
	}
	_, d := x.Dims()
	ix := &NNDescentIndex{o: made.o, d: d, graph: g, space: made.space}
	if made.lists != nil {
		if err := ix.link(ctx, made.lists, made.order); err != nil {
			return nil, fmt.Errorf("neighbors.NNDescent: %w", err)
		}
	}
	return ix, nil
}

// Dims returns how many rows the index holds, and of how many columns.
func (ix *NNDescentIndex) Dims() (n, d int) { return ix.graph.N, ix.d }

// Graph returns the neighbour graph of the rows of the index, which is not to be
// written to.
func (ix *NNDescentIndex) Graph() *Graph { return ix.graph }

// Options returns the options by which the index was made, resolved.
func (ix *NNDescentIndex) Options() NNDescent { return ix.o }

// entryLeaf is the most rows in a leaf where a search begins.
const entryLeaf = 32

// link makes what a search follows, of lists whose numbers stand for the rows of order.
func (ix *NNDescentIndex) link(ctx context.Context, l *nearLists, order []int32) error {
	n := ix.graph.N
	var err error
	if ix.tree, err = grow(ctx, &spaced{space: ix.space, n: n}, ix.o.Trees, 1, entryLeaf, ix.o.Seed); err != nil {
		return err
	}
	d := &descent{nearLists: l, reach: l.width, start: make([]int, n+1), from: make([]uint32, n*l.width)}
	if err := d.invert(ctx); err != nil {
		return err
	}
	links := newHNSWLinks(ix.o.Neighbors + 1)
	links.extend(make([]uint8, n))
	links.entry = 0
	type scratch struct {
		*hnswSearcher
		rows       []int32
		fast       []float32
		candidates []mark
	}
	stage := watch.Start(ctx, "neighbours: links", n)
	err = par.BlocksWith(ctx, n, 64, func() *scratch {
		return &scratch{hnswSearcher: newHNSWSearcher(links, ctx.Done())}
	}, func(s *scratch, lo, hi int) {
		for p := lo; p < hi && ctx.Err() == nil; p++ {
			i := order[p]
			s.rows = s.rows[:0]
			for _, key := range l.of(int32(p)) {
				if key != vacant {
					s.rows = append(s.rows, order[rowOf(key)])
				}
			}
			for _, e := range d.from[d.start[p]:d.start[p+1]] {
				s.rows = append(s.rows, order[e>>1])
			}
			slices.Sort(s.rows)
			s.rows = slices.Compact(s.rows)
			s.fast = grown(s.fast, len(s.rows))
			ix.space.fast(s.fast, i, s.rows)
			s.candidates = s.candidates[:0]
			for k, j := range s.rows {
				s.candidates = append(s.candidates, markOf(s.fast[k], j))
			}
			slices.Sort(s.candidates)
			slots := links.of(i, 0)
			s.choose(ix.space, s.candidates, len(slots), false)
			copy(slots, s.chosen)
		}
		stage.Add(hi - lo)
	})
	ix.links = links
	return err
}

// Query returns the k rows of the index that are nearest to every row of y (m × d),
// or all where it holds fewer. Which are found is approximate; their distances are
// exact. Time O(EfSearch·K) distances for a row, and n where the search finds too few,
// as where clumps hold fewer rows than are sought. Errors: those of mat32.Check, a
// *mat32.ShapeError where y has other columns, a *mat32.ParamError for k below 1,
// *DomainError, *mat32.DegenerateError where distances exceed float64, and one that
// wraps ctx.Err().
func (ix *NNDescentIndex) Query(ctx context.Context, y mat.Matrix, k int) (*Answer, error) {
	a, err := ix.query(ctx, y, k)
	if err != nil {
		return nil, fmt.Errorf("neighbors.NNDescent: %w", err)
	}
	return a, nil
}

func (ix *NNDescentIndex) query(ctx context.Context, y mat.Matrix, k int) (*Answer, error) {
	if err := mat32.CheckContext(ctx, y); err != nil {
		return nil, err
	}
	if _, ok := y.(*mat32.Distances); ok {
		return nil, &mat32.RowsNeededError{Method: "neighbors.NNDescent"}
	}
	m, d := y.Dims()
	if d != ix.d {
		return nil, &mat32.ShapeError{What: "y", Rows: m, Cols: d, Want: fmt.Sprintf("the %d columns of the index", ix.d)}
	}
	if k < 1 {
		return nil, ix.o.refuse("k", k, "1 or more rows")
	}
	n := ix.graph.N
	k = min(k, n)
	q, err := ix.space.ask(ctx, y)
	if err != nil {
		return nil, err
	}
	a := &Answer{N: m, K: k, Metric: ix.graph.Metric, Indices: make([]int32, m*k), Distances: make([]float64, m*k)}
	keep := k + max(8, k/4)
	ef := max(ix.o.EfSearch, keep)
	if ix.links == nil || 4*ef > n {
		if err := q.nearest(ctx, k, a.Indices, a.Distances); err != nil {
			return nil, err
		}
		return a, fitting(a)
	}
	type scratch struct {
		*hnswSearcher
		fast  [entryLeaf]float32
		found []near
	}
	stage := watch.Start(ctx, "neighbours: queries", m)
	err = par.BlocksWith(ctx, m, 16, func() *scratch {
		return &scratch{hnswSearcher: newHNSWSearcher(ix.links, ctx.Done())}
	}, func(s *scratch, lo, hi int) {
		for i := int32(lo); i < int32(hi); i++ {
			s.begin(ef)
			entries := ix.tree.find(0, func(a, b int32) float32 {
				q.fast(s.fast[:2], i, []int32{a, b})
				return s.fast[0] - s.fast[1]
			})
			q.fast(s.fast[:len(entries)], i, entries)
			for t, j := range entries {
				s.seed(markOf(s.fast[t], j))
			}
			if !s.explore(q, i, 0) {
				return
			}
			s.found = s.found[:0]
			for _, v := range s.pool[:min(len(s.pool), keep)] {
				s.found = append(s.found, near{q.exact(i, v.row()), v.row()})
			}
			if len(s.found) < k {
				s.found = s.found[:0]
				for j := range int32(n) {
					if j%patience == 0 && ctx.Err() != nil {
						return
					}
					s.found = append(s.found, near{q.exact(i, j), j})
				}
			}
			slices.SortFunc(s.found, nearer)
			indices, distances := a.Row(int(i))
			for t, v := range s.found[:k] {
				indices[t], distances[t] = v.row, v.dist
			}
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	return a, fitting(a)
}

// fitting returns an error where a distance exceeds float64.
func fitting(a *Answer) error {
	if i := slices.IndexFunc(a.Distances, infinite); i >= 0 {
		return tooFar("neighbors.NNDescent", fmt.Sprintf("row %d of the query", i/a.K))
	}
	return nil
}

// String returns one line: size, metric and what steers the search.
func (ix *NNDescentIndex) String() string {
	return fmt.Sprintf("index of %d rows of %d columns, %s distance, %s", ix.graph.N, ix.d, ix.graph.Metric, ix.o)
}
