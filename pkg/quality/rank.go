package quality

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Rank compares neighbourhoods: it finds the nearest neighbours of every row in
// the data and in the embedding, and the rank each has in the other space.
//
// Fast float32 distances with a proven bound on their error settle most
// comparisons; pairs they leave in doubt are measured exactly, by direct
// subtraction with float64 sums. The ranks are those of exact distances, and
// adding a constant to a column changes none.
//
// Time O(n²·(d + log K)), half of it for the data and half for the embedding
// where they have as many columns. Memory 16·n·K bytes for the result, float32
// copies of both matrices, and 128·n bytes for each core.
type Rank struct {
	// Neighbors is K, the largest neighbourhood that can be judged afterwards.
	// Default 100, or n−1 where the data have fewer rows. Larger values cost
	// memory and little time.
	Neighbors int

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (r Rank) Resolve(n, d int) (Rank, error) {
	if n < 2 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for ranks"}
	}
	if r.Neighbors == 0 {
		r.Neighbors = min(100, n-1)
	}
	if r.Neighbors < 1 || r.Neighbors > n-1 {
		return r, &mat32.ParamError{Method: "quality.Rank", Param: "Neighbors", Value: r.Neighbors,
			Want: fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1)}
	}
	if r.MemoryLimit < 0 {
		return r, &mat32.ParamError{Method: "quality.Rank", Param: "MemoryLimit", Value: r.MemoryLimit, Want: "0 or more bytes"}
	}
	return r, nil
}

// Ranks holds the K nearest neighbours of every row in two spaces, and their
// ranks in the other. The nearest other row has rank 1; rows at equal distance
// rank by index; a row has no rank for itself. The scores are its methods.
type Ranks struct {
	N, K int // rows, and neighbours of each

	Original      []int32 // N × K: the nearest rows in the data, nearest first
	OriginalRanks []int32 // N × K: their ranks in the embedding
	Embedded      []int32 // N × K: the nearest rows in the embedding, nearest first
	EmbeddedRanks []int32 // N × K: their ranks in the data
}

// String returns one line: rows and neighbours.
func (r *Ranks) String() string {
	return fmt.Sprintf("ranks of the %d nearest neighbours of %d rows in two spaces", r.K, r.N)
}

// Compare ranks the rows of the data x (n × d) and of their embedding y (n rows,
// any number of columns). Either may be a mat32.Distances, whose rows rank by the
// distances it holds. Errors: those of mat32.Check and Resolve, naming x or
// y; *mat32.ShapeError when y has another number of rows; *mat32.MemoryError;
// *mat32.DegenerateError where distances may exceed float64; and one that wraps
// ctx.Err().
func (r Rank) Compare(ctx context.Context, x, y mat.Matrix) (*Ranks, error) {
	const method = "quality.Rank"
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", method, m.name, err)
		}
	}
	n, dx := x.Dims()
	rows, dy := y.Dims()
	if rows != n {
		return nil, &mat32.ShapeError{What: "y", Rows: rows, Cols: dy, Want: fmt.Sprintf("as many rows as x, %d", n)}
	}
	r, err := r.Resolve(n, dx)
	if err != nil {
		return nil, err
	}
	k := r.Neighbors
	scratch := 2 * 4 * queryBlock * int64(runtime.GOMAXPROCS(0))
	need := screen.Bytes(x) + screen.Bytes(y) + int64(n)*(16*int64(k)+scratch)
	if err := mat32.CheckMemory(method, need, r.MemoryLimit, "reduce Neighbors or the number of rows"); err != nil {
		return nil, err
	}
	original, err := screened(ctx, "x", x)
	if err != nil {
		return nil, err
	}
	embedded, err := screened(ctx, "y", y)
	if err != nil {
		return nil, err
	}
	list := func() []int32 { return make([]int32, n*k) }
	ranks := &Ranks{N: n, K: k, Original: list(), OriginalRanks: list(), Embedded: list(), EmbeddedRanks: list()}
	stage := watch.Start(ctx, "ranks", n)
	err = par.BlocksWith(ctx, n, queryBlock,
		func() *comparison {
			return &comparison{ctx: ctx, original: newRanker(original, k), embedded: newRanker(embedded, k)}
		},
		func(c *comparison, lo, hi int) {
			if c.compare(ranks, lo, hi) {
				stage.Add(hi - lo)
			}
		})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return ranks, nil
}

// screened prepares the rows of x, which the error calls by name.
func screened(ctx context.Context, name string, x mat.Matrix) (*screen.Rows, error) {
	rows, err := screen.New(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("quality.Rank: %w", err)
	}
	if !rows.Fit() {
		return nil, &mat32.DegenerateError{Method: "quality.Rank", Reason: name + " spans more than the largest float64: rescale it"}
	}
	return rows, nil
}

const (
	queryBlock = 16       // rows that share one pass over the others
	tileBytes  = 96 << 10 // of rows that stay in the cache meanwhile
)

// comparison is the scratch of one worker.
type comparison struct {
	ctx                context.Context
	original, embedded *ranker
}

// compare fills in the rows [lo, hi) of ranks; it returns false when cancelled.
func (c *comparison) compare(ranks *Ranks, lo, hi int) bool {
	if !c.original.measure(c.ctx, lo, hi) || !c.embedded.measure(c.ctx, lo, hi) {
		return false
	}
	for i := lo; i < hi; i++ {
		if c.ctx.Err() != nil {
			return false
		}
		at, end := i*ranks.K, (i+1)*ranks.K
		c.original.nearest(i, i-lo, ranks.Original[at:end])
		c.embedded.nearest(i, i-lo, ranks.Embedded[at:end])
		c.original.rank(i, i-lo, ranks.Embedded[at:end], ranks.EmbeddedRanks[at:end])
		c.embedded.rank(i, i-lo, ranks.Original[at:end], ranks.OriginalRanks[at:end])
	}
	return true
}

// ranker ranks the rows of one space as seen from a block of them.
type ranker struct {
	rows    *screen.Rows
	fast    [queryBlock][]float32 // fast distances from each row of the block to all
	lowest  []float32             // a heap
	found   []near
	targets []target
	lo, hi  []float32 // of every target, in their order
	nearer  []int32
	index   index
}

// near is a row at an exact distance.
type near struct {
	dist float64
	row  int32
}

// before orders by distance, then by index.
func (a near) before(b near) bool {
	return a.dist < b.dist || a.dist == b.dist && a.row < b.row
}

func compareNear(a, b near) int {
	return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row))
}

// target is a row whose rank is sought.
type target struct {
	near
	slot int // where its rank goes
}

func newRanker(rows *screen.Rows, k int) *ranker {
	n, _ := rows.Dims()
	r := &ranker{rows: rows, lowest: make([]float32, 0, k), targets: make([]target, k),
		lo: make([]float32, k), hi: make([]float32, k), nearer: make([]int32, k+1)}
	for q := range r.fast {
		r.fast[q] = make([]float32, n)
	}
	return r
}

// measure fills in the fast distances from the rows [lo, hi), a tile of the
// others at a time; it returns false when cancelled.
func (r *ranker) measure(ctx context.Context, lo, hi int) bool {
	n, d := r.rows.Dims()
	tile := max(16, tileBytes/(4*d))
	for from := 0; from < n; from += tile {
		if ctx.Err() != nil {
			return false
		}
		to := min(from+tile, n)
		for q := range hi - lo {
			r.rows.Fast(r.fast[q][from:to], lo+q, from)
		}
	}
	return true
}

// nearest writes to dst the rows nearest to row i, the q-th of the block.
func (r *ranker) nearest(i, q int, dst []int32) {
	fast := r.fast[q]
	// As many rows as are wanted have a fast distance of at most cut. None of
	// them is farther than the farthest of them, so the nearest are no
	// farther either.
	cut := r.smallest(len(dst), fast, i)
	r.found = r.found[:0]
	var farthest float64
	for j, f := range fast {
		if f <= cut && j != i {
			v := near{r.rows.Exact(i, j), int32(j)}
			farthest = max(farthest, v.dist)
			r.found = append(r.found, v)
		}
	}
	_, limit := r.rows.Interval(i, farthest)
	for j, f := range fast {
		if f > cut && f <= limit && j != i {
			r.found = append(r.found, near{r.rows.Exact(i, j), int32(j)})
		}
	}
	slices.SortFunc(r.found, compareNear)
	for t := range dst {
		dst[t] = r.found[t].row
	}
}

// smallest returns the k-th smallest of the values, without that at index self.
func (r *ranker) smallest(k int, values []float32, self int) float32 {
	h := r.lowest[:0]
	for j, v := range values {
		if j == self {
			continue
		}
		if len(h) < k {
			h = append(h, v)
			if len(h) == k {
				for i := k/2 - 1; i >= 0; i-- {
					sift(h, i)
				}
			}
		} else if v < h[0] {
			h[0] = v
			sift(h, 0)
		}
	}
	return h[0]
}

// sift restores the heap, the largest value on top, below index i.
func sift(h []float32, i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1] > h[child] {
			child++
		}
		if h[i] >= h[child] {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// rank writes to dst the ranks of the given rows as seen from row i, the q-th
// of the block: 1 + the number of rows that come before.
//
// The targets are sorted by exact distance, and so are the bounds on their fast
// distances: rows below lo are surely nearer than the target, above hi surely
// farther. Every other row comes before all targets from some place on. Where
// its fast distance does not tell the place, the row is measured exactly.
func (r *ranker) rank(i, q int, rows, dst []int32) {
	targets, lo, hi := r.targets[:len(rows)], r.lo[:len(rows)], r.hi[:len(rows)]
	for t, row := range rows {
		targets[t] = target{near{r.rows.Exact(i, int(row)), row}, t}
	}
	slices.SortFunc(targets, func(a, b target) int { return compareNear(a.near, b.near) })
	for t, target := range targets {
		lo[t], hi[t] = r.rows.Interval(i, target.dist)
	}
	nearer := r.nearer[:len(targets)+1] // how many rows come before every target from here on
	clear(nearer)
	last := hi[len(hi)-1]
	r.index.build(hi)
	for j, f := range r.fast[q] {
		if f > last || j == i {
			continue
		}
		// Targets before first are surely nearer than the row. When the next
		// one is in doubt, the row has to be measured.
		first := r.index.search(hi, f)
		if lo[first] <= f {
			v := near{r.rows.Exact(i, j), int32(j)}
			first += sort.Search(len(targets)-first, func(t int) bool { return v.before(targets[first+t].near) })
		}
		nearer[first]++
	}
	rank := int32(1)
	for t, target := range targets {
		rank += nearer[t]
		dst[target.slot] = rank
	}
}
