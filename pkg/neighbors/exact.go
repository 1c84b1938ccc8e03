package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Exact finds the exact nearest neighbours of every row by Euclidean distance,
// comparing every pair.
//
// Fast float32 distances only choose candidates; these are measured again by
// direct subtraction with float64 sums. A bound on the error of the fast
// distances proves for every row that no neighbour was missed; where it cannot
// (many ties, duplicates), all rows in doubt are measured exactly. So the graph
// is that of exact arithmetic up to float64 rounding, and adding a constant to a
// column does not change it.
//
// Where x is a mat32.Distances, neighbours are sought by the distances it holds.
//
// Time O(n²·d), memory 4·n·d + 12·n·K bytes; O(n²) and 12·n·K bytes for
// distances.
type Exact struct {
	// Neighbors is the number of other rows to find for each row. Default 15,
	// or n−1 where the data have fewer rows.
	Neighbors int

	// MemoryLimit in bytes refuses data whose graph would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (e Exact) Resolve(n, d int) (Exact, error) {
	if e.Neighbors == 0 {
		e.Neighbors = min(15, n-1)
	}
	if n < 2 {
		return e, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"}
	}
	if e.Neighbors < 1 || e.Neighbors > n-1 {
		return e, &mat32.ParamError{Method: "neighbors.Exact", Param: "Neighbors", Value: e.Neighbors,
			Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if e.MemoryLimit < 0 {
		return e, &mat32.ParamError{Method: "neighbors.Exact", Param: "MemoryLimit", Value: e.MemoryLimit, Want: "0 or more bytes"}
	}
	return e, nil
}

// Graph returns the neighbour graph of the rows of x (n × d), or of the rows whose
// distances x holds. Errors: those of
// mat32.Check and Resolve, *mat32.MemoryError, *mat32.DegenerateError where
// distances exceed float64, and one that wraps ctx.Err().
func (e Exact) Graph(ctx context.Context, x mat.Matrix) (*Graph, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	n, d := x.Dims()
	e, err := e.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	k := e.Neighbors
	need := screen.Bytes(x) + int64(n)*int64(k)*12
	if err := mat32.CheckMemory("neighbors.Exact", need, e.MemoryLimit, "reduce Neighbors or the number of rows"); err != nil {
		return nil, err
	}
	fingerprint, err := mat32.FingerprintContext(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	g := &Graph{N: n, K: k, Metric: metric(x), Indices: make([]int32, n*k), Distances: make([]float64, n*k),
		Rows: fingerprint}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	stage := watch.Start(ctx, "neighbours", n)
	err = par.BlocksWith(ctx, n, queryBlock,
		func() *finder { return newFinder(ctx, rows, k) },
		func(f *finder, lo, hi int) {
			if f.find(g, lo, hi) {
				stage.Add(hi - lo)
			}
		})
	if err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	if i := slices.IndexFunc(g.Distances, func(d float64) bool { return math.IsInf(d, 0) }); i >= 0 {
		return nil, &mat32.DegenerateError{Method: "neighbors.Exact",
			Reason: fmt.Sprintf("distances from row %d exceed the largest float64: rescale the data", i/k)}
	}
	return g, nil
}

const (
	queryBlock = 16       // rows that share one pass over the others
	tileBytes  = 96 << 10 // of rows that stay in the cache meanwhile
)

// pair is a candidate: fast squared distance and row.
type pair struct {
	fast float32
	row  int32
}

// near is a neighbour: exact distance and row.
type near struct {
	dist float64
	row  int32
}

// finder is the scratch of one worker.
type finder struct {
	ctx   context.Context
	rows  *screen.Rows
	k     int
	tile  []float32 // fast distances of one query to one tile
	heaps [queryBlock]heap
	found []near
}

func newFinder(ctx context.Context, rows *screen.Rows, k int) *finder {
	n, d := rows.Dims()
	f := &finder{ctx: ctx, rows: rows, k: k}
	f.tile = make([]float32, min(n, max(16, tileBytes/(4*d))))
	keep := min(n-1, k+max(8, k/4))
	for q := range f.heaps {
		f.heaps[q] = make(heap, 0, keep)
	}
	return f
}

// find fills in the rows [lo, hi) of g; it returns false when cancelled.
func (f *finder) find(g *Graph, lo, hi int) bool {
	n, _ := f.rows.Dims()
	for q := range hi - lo {
		f.heaps[q] = f.heaps[q][:0]
	}
	for from := 0; from < n; from += len(f.tile) {
		if f.ctx.Err() != nil {
			return false
		}
		tile := f.tile[:min(len(f.tile), n-from)]
		for q := range hi - lo {
			f.rows.Fast(tile, lo+q, from)
			f.heaps[q].offer(tile, from, lo+q)
		}
	}
	for q := range hi - lo {
		i := lo + q
		f.measure(i, f.heaps[q])
		// The heap's worst candidate is no farther, by fast distance, than
		// any row that was turned away.
		if h := f.heaps[q]; len(h) < n-1 && f.found[f.k-1].dist >= f.rows.AtLeast(i, h[0].fast) {
			if !f.settle(i) {
				return false
			}
		}
		indices, distances := g.Row(i)
		for j, v := range f.found[:f.k] {
			indices[j], distances[j] = v.row, v.dist
		}
	}
	return true
}

// measure puts the exact neighbours among the candidates of row i into f.found.
func (f *finder) measure(i int, candidates heap) {
	f.found = f.found[:0]
	for _, c := range candidates {
		f.found = append(f.found, near{f.rows.Exact(i, int(c.row)), c.row})
	}
	f.sort()
}

// settle measures every row that may be among the nearest k of row i, given
// that k rows are known to be no farther than the k-th in f.found.
func (f *finder) settle(i int) bool {
	n, _ := f.rows.Dims()
	_, limit := f.rows.Interval(i, f.found[f.k-1].dist)
	f.found = f.found[:0]
	for from := 0; from < n; from += len(f.tile) {
		if f.ctx.Err() != nil {
			return false
		}
		tile := f.tile[:min(len(f.tile), n-from)]
		f.rows.Fast(tile, i, from)
		for t, fast := range tile {
			if j := from + t; fast <= limit && j != i {
				f.found = append(f.found, near{f.rows.Exact(i, j), int32(j)})
			}
		}
	}
	f.sort()
	return true
}

func (f *finder) sort() {
	slices.SortFunc(f.found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row))
	})
}

// heap keeps the nearest candidates by fast distance, the farthest on top. It
// never grows beyond its capacity.
type heap []pair

// offer shows the heap the fast distances of the rows from on, without row self.
func (h *heap) offer(tile []float32, from, self int) {
	s := *h
	t := 0
	for ; t < len(tile) && len(s) < cap(s); t++ {
		if from+t != self {
			s = append(s, pair{tile[t], int32(from + t)})
			s.up(len(s) - 1)
		}
	}
	*h = s
	if t == len(tile) {
		return
	}
	top := s[0].fast
	for ; t < len(tile); t++ {
		if fast := tile[t]; fast < top && from+t != self {
			s[0] = pair{fast, int32(from + t)}
			s.down()
			top = s[0].fast
		}
	}
}

func (h heap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].fast >= h[i].fast {
			return
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
}

func (h heap) down() {
	i, n := 0, len(h)
	for {
		child := 2*i + 1
		if child >= n {
			return
		}
		if child+1 < n && h[child+1].fast > h[child].fast {
			child++
		}
		if h[i].fast >= h[child].fast {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
