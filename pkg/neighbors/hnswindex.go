package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// HNSWIndex holds rows that HNSW has linked. It is safe for concurrent use.
type HNSWIndex struct {
	o     HNSW
	x     mat.Matrix
	space space
	links *hnswLinks
	twins *twins
	lost  int // rows that could not be reached before they were linked again
}

// bytes forecasts the memory of an index of the rows of x.
func (h HNSW) bytes(x mat.Matrix) int64 {
	n, _ := x.Dims()
	return bytesOf(h.Metric, x) + int64(n)*int64(8*h.M+4*h.M/(h.M-1)+5+16)
}

// Dims returns how many rows the index holds, and of how many columns.
func (ix *HNSWIndex) Dims() (n, d int) { return ix.x.Dims() }

// Options returns the options by which the index was made, resolved, without Order.
func (ix *HNSWIndex) Options() HNSW { return ix.o }

// WithEfSearch returns the same index with another width of search, which shares
// everything with it. Query and Neighbors refuse what is less than 1.
func (ix *HNSWIndex) WithEfSearch(ef int) *HNSWIndex {
	view := *ix
	view.o.EfSearch = ef
	return &view
}

// Add returns an index that holds the rows of y (m × d) after those of ix, which
// stays as it is. Its rows are a copy. It links only what is new: time
// O(m·log n) searches and O((n + m)·(d + M)) for the copy. The order and the levels
// of the rows are those that HNSW would have used for all together; it is the
// batches that differ. Errors: those of HNSW.Index, and a *mat32.ShapeError where
// y has another number of columns.
func (ix *HNSWIndex) Add(ctx context.Context, y mat.Matrix) (*HNSWIndex, error) {
	if err := ix.check(ctx, y); err != nil {
		return nil, err
	}
	n, _ := ix.x.Dims()
	m, _ := y.Dims()
	x := stack(ix.x, y)
	if err := mat32.CheckMemory("neighbors.HNSW", ix.o.bytes(x)+ix.o.bytes(ix.x), ix.o.MemoryLimit, "reduce M or the number of rows"); err != nil {
		return nil, err
	}
	order := make([]int32, m)
	for k := range order {
		order[k] = int32(n + k)
	}
	return ix.extend(ctx, x, order)
}

// check refuses rows that cannot be compared with those of the index.
func (ix *HNSWIndex) check(ctx context.Context, y mat.Matrix) error {
	if ix.x == nil {
		return &mat32.ParamError{Method: "neighbors.HNSW", Param: "HNSWIndex", Value: "empty", Want: "one that Index made, or that was read"}
	}
	if err := mat32.CheckContext(ctx, y); err != nil {
		return fmt.Errorf("neighbors.HNSW: %w", err)
	}
	if _, ok := y.(*mat32.Distances); ok {
		return &mat32.RowsNeededError{Method: "neighbors.HNSW"}
	}
	_, d := ix.x.Dims()
	if rows, cols := y.Dims(); cols != d {
		return fmt.Errorf("neighbors.HNSW: %w", &mat32.ShapeError{What: "y", Rows: rows, Cols: cols, Want: fmt.Sprintf("the %d columns of the index", d)})
	}
	return nil
}

// stack returns the rows of x and then those of y.
func stack(x, y mat.Matrix) mat.Matrix {
	n, d := x.Dims()
	m, _ := y.Dims()
	a, single := x.(*mat32.Dense)
	b, both := y.(*mat32.Dense)
	if single && both {
		return mat32.NewDense(n+m, d, slices.Concat(a.Data(), b.Data()))
	}
	if a, b, ok := sparse(x, y); ok {
		return stackSparse(a, b)
	}
	z := mat.NewDense(n+m, d, nil)
	buf := make([]float64, d)
	for i := range n {
		z.SetRow(i, mat32.Row(buf, i, x))
	}
	for i := range m {
		z.SetRow(n+i, mat32.Row(buf, i, y))
	}
	return z
}

func sparse(x, y mat.Matrix) (a, b *mat32.CSR, ok bool) {
	a, first := x.(*mat32.CSR)
	b, second := y.(*mat32.CSR)
	return a, b, first && second
}

func stackSparse(x, y *mat32.CSR) *mat32.CSR {
	n, d := x.Dims()
	m, _ := y.Dims()
	start := make([]int, 1, n+m+1)
	columns := make([]int32, 0, x.NNZ()+y.NNZ())
	values := make([]float32, 0, x.NNZ()+y.NNZ())
	for _, part := range []*mat32.CSR{x, y} {
		rows, _ := part.Dims()
		for i := range rows {
			c, v := part.Row(i)
			columns, values = append(columns, c...), append(values, v...)
			start = append(start, len(columns))
		}
	}
	z, err := mat32.NewCSR(n+m, d, start, columns, values)
	if err != nil {
		panic(err) // both were well formed
	}
	return z
}

// extend returns the index of x, whose first rows are those of ix and whose other
// rows order lists.
func (ix *HNSWIndex) extend(ctx context.Context, x mat.Matrix, order []int32) (*HNSWIndex, error) {
	fail := func(err error) (*HNSWIndex, error) { return nil, fmt.Errorf("neighbors.HNSW: %w", err) }
	n, _ := x.Dims()
	space, err := ix.o.Metric.space(ctx, x)
	if err != nil {
		return fail(err)
	}
	t, err := newTwins(ctx, x)
	if err != nil {
		return fail(err)
	}
	old := ix.links
	first := len(old.level) // of the new rows
	levels := make([]uint8, n-first)
	for k := range levels {
		levels[k] = absent
	}
	// Of equal rows one is linked: that which is, or else the first in order.
	taken := map[int32]bool{}
	if t != nil {
		for i, level := range old.level {
			if level != absent && t.group[i] >= 0 {
				taken[t.group[i]] = true
			}
		}
	}
	fresh := make([]int32, 0, len(order))
	for _, i := range order {
		if t != nil && t.group[i] >= 0 {
			if taken[t.group[i]] {
				continue
			}
			taken[t.group[i]] = true
		}
		levels[int(i)-first] = hnswLevel(ix.o.Seed, int(i), ix.o.M)
		fresh = append(fresh, i)
	}
	links := *old
	links.extend(levels)
	b := newHNSWBuilder(ctx, ix.o, space, &links, len(fresh))
	if err := b.insert(fresh); err != nil {
		return fail(err)
	}
	lost, err := b.repair()
	if err != nil {
		return fail(err)
	}
	links.each(func(_ int32, _ int, slots []int32) { slices.Sort(linked(slots)) })
	o := ix.o
	o.Order = nil // it has done what it is for
	return &HNSWIndex{o: o, x: x, space: space, links: &links, twins: t, lost: ix.lost + lost}, nil
}

const askRows = 64 // rows that one worker answers at a time

// Query returns the nearest k rows of the index, or all where there are fewer, for
// every row of y (m × d). Time O(m·log n·EfSearch·M) distances, memory 4·m·d + 12·m·k
// bytes. Errors: those of mat32.Check, *mat32.ParamError, *mat32.ShapeError where y
// has another number of columns, those of the metric, *mat32.DegenerateError where
// distances exceed float64, and one that wraps ctx.Err().
func (ix *HNSWIndex) Query(ctx context.Context, y mat.Matrix, k int) (*Answer, error) {
	if err := ix.check(ctx, y); err != nil {
		return nil, err
	}
	n, _ := ix.x.Dims()
	k, err := ix.width(k, n)
	if err != nil {
		return nil, err
	}
	q, err := ix.space.ask(ctx, y)
	if err != nil {
		return nil, fmt.Errorf("neighbors.HNSW: %w", err)
	}
	m, _ := y.Dims()
	a := &Answer{N: m, K: k, Metric: ix.o.Metric.String(), Indices: make([]int32, m*k), Distances: make([]float64, m*k)}
	stage := watch.Start(ctx, "HNSW: queries", m)
	err = par.BlocksWith(ctx, m, askRows,
		func() *hnswFinder { return ix.finder(ctx, k) },
		func(f *hnswFinder, lo, hi int) {
			for i := int32(lo); i < int32(hi); i++ {
				if !f.find(q, i, f.descend(q, i, 1)) {
					return
				}
				indices, distances := a.Row(int(i))
				f.write(indices, distances, -1)
			}
			stage.Add(hi - lo)
		})
	if err != nil {
		return nil, fmt.Errorf("neighbors.HNSW: %w", err)
	}
	if err := fits("row %d of the query", a.Distances, k); err != nil {
		return nil, err
	}
	return a, nil
}

// Neighbors returns the graph of the k nearest other rows of every row of the
// index, those that a search finds which begins at the row itself. Errors: those of
// HNSW.Graph.
func (ix *HNSWIndex) Neighbors(ctx context.Context, k int) (*Graph, error) {
	n, d := ix.x.Dims()
	if n < 2 {
		return nil, fmt.Errorf("neighbors.HNSW: %w", &mat32.ShapeError{What: "the index", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"})
	}
	if k > n-1 {
		return nil, ix.o.refuse("k", k, fmt.Sprintf("1 ≤ k ≤ n−1 = %d", n-1))
	}
	if _, err := ix.width(k, n); err != nil {
		return nil, err
	}
	fingerprint, err := mat32.FingerprintContext(ctx, ix.x)
	if err != nil {
		return nil, fmt.Errorf("neighbors.HNSW: %w", err)
	}
	g := &Graph{N: n, K: k, Metric: ix.o.Metric.String(), Indices: make([]int32, n*k), Distances: make([]float64, n*k),
		Rows: fingerprint, Method: "HNSW, " + ix.o.String(), Notes: ix.notes()}
	rows := ix.space.during(ctx)
	stage := watch.Start(ctx, "HNSW: neighbours", n)
	err = par.BlocksWith(ctx, n, askRows,
		func() *hnswFinder { return ix.finder(ctx, k+1) },
		func(f *hnswFinder, lo, hi int) {
			for i := int32(lo); i < int32(hi); i++ {
				if ix.links.level[i] == absent {
					continue // its twin answers
				}
				if !f.find(rows, i, f.measure(rows, i, i)) {
					return
				}
				same := ix.twins.of(i)
				if same == nil {
					same = []int32{i}
				}
				for _, j := range same {
					indices, distances := g.Row(int(j))
					f.write(indices, distances, j)
				}
			}
			stage.Add(hi - lo)
		})
	if err != nil {
		return nil, fmt.Errorf("neighbors.HNSW: %w", err)
	}
	if err := fits("row %d", g.Distances, k); err != nil {
		return nil, err
	}
	return g, nil
}

// width checks the number of rows sought, and returns how many are found.
func (ix *HNSWIndex) width(k, n int) (int, error) {
	if k < 1 {
		return 0, ix.o.refuse("k", k, "1 or more rows")
	}
	if ix.o.EfSearch < 1 {
		return 0, ix.o.refuse("EfSearch", ix.o.EfSearch, "1 or more rows")
	}
	return min(k, n), nil
}

// fits returns an error where distances exceed float64.
func fits(what string, distances []float64, k int) error {
	for p, d := range distances {
		if math.IsInf(d, 0) {
			return &mat32.DegenerateError{Method: "neighbors.HNSW",
				Reason: fmt.Sprintf("distances from "+what+" exceed the largest float64: rescale the data", p/k)}
		}
	}
	return nil
}

// hnswFinder finds the nearest rows: a searcher that measures them exactly.
type hnswFinder struct {
	*hnswSearcher
	ix    *HNSWIndex
	k     int // rows sought, the row itself among them where it is in the index
	keep  int // candidates that are measured
	found []near
}

func (ix *HNSWIndex) finder(ctx context.Context, k int) *hnswFinder {
	return &hnswFinder{hnswSearcher: newHNSWSearcher(ix.links, ctx.Done()), ix: ix, k: k, keep: k + max(8, k/4)}
}

// find puts at least k of the nearest rows to row i of q into f.found, in order; at
// is where the search begins at the ground. It returns false when cancelled.
func (f *hnswFinder) find(q asker, i int32, at mark) bool {
	f.begin(max(f.ix.o.EfSearch, f.keep))
	f.seed(at)
	if !f.explore(q, i, 0) {
		return false
	}
	if len(f.pool) < min(f.keep, len(f.links.level)) { // every row can be reached from the entry
		f.seed(f.measure(q, i, f.links.entry))
		if !f.explore(q, i, 0) {
			return false
		}
	}
	f.found = f.found[:0]
	for _, m := range f.pool[:min(len(f.pool), f.keep)] {
		j := m.row()
		dist := q.exact(i, j)
		f.found = append(f.found, near{dist, j})
		if same := f.ix.twins.of(j); same != nil {
			f.found = f.found[:len(f.found)-1]
			for _, t := range same[:min(len(same), f.k)] {
				f.found = append(f.found, near{dist, t})
			}
		}
	}
	slices.SortFunc(f.found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row))
	})
	return true
}

// write copies the nearest rows found, without row self.
func (f *hnswFinder) write(indices []int32, distances []float64, self int32) {
	k := 0
	for _, v := range f.found {
		if k == len(indices) {
			return
		}
		if v.row != self {
			indices[k], distances[k] = v.row, v.dist
			k++
		}
	}
}

// notes returns what a reader of a graph should know.
func (ix *HNSWIndex) notes() (notes []string) {
	if n := len(ix.links.level) - ix.links.count(); n > 0 {
		notes = append(notes, fmt.Sprintf("rows kept beside one that they equal: %d", n))
	}
	if ix.lost > 0 {
		notes = append(notes, fmt.Sprintf("rows that could not be reached and were linked again: %d", ix.lost))
	}
	return notes
}

// String returns a small table: size, options, and how many rows stand on each
// level.
func (ix *HNSWIndex) String() string {
	n, d := ix.Dims()
	s := ix.Stats()
	var b strings.Builder
	fmt.Fprintf(&b, "HNSW of %d × %d, %s distance, %s", n, d, ix.o.Metric, ix.o)
	fmt.Fprintf(&b, "\n  %5s  %8s  %10s", "level", "rows", "mean links")
	for level := len(s.Levels) - 1; level >= 0; level-- {
		fmt.Fprintf(&b, "\n  %5d  %8d  %10.1f", level, s.Levels[level], s.MeanLinks[level])
	}
	for _, note := range ix.notes() {
		b.WriteString("\n  " + note)
	}
	return b.String()
}
