package neighbors

import (
	"context"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// HNSW finds approximate nearest neighbours by walking a hierarchical navigable
// small world: every row is linked to some that are near to it in different
// directions, and a few rows, drawn at random, stand on higher levels as well,
// where links are longer. A search begins on the top level and goes down.
//
// Unlike the original, rows are linked in batches, each of which looks for its
// links in the world without it; the links back are then added together (Manohar
// et al., 2024, ParlayANN: scalable and deterministic parallel graph-based
// approximate nearest neighbor search algorithms). So all cores work and give the
// same world, however many they are. Rows that equal another are not linked but
// kept beside it, and every row can be reached in the end: what the choice of
// links cuts off is linked again, and counted (HNSWStats.Lost).
//
// Which rows are found is approximate; their distances are exact. Time about
// O(n·log n·(EfConstruction + EfSearch)·M) distances; memory
// n·(4·d + 8·M + 4·M/(M−1) + 13) bytes beside x, with a metric that compares float32
// rows, 16·n more while it builds, and 12·n·K for a graph.
//
// Source: Malkov and Yashunin (2018), Efficient and robust approximate nearest
// neighbor search using hierarchical navigable small world graphs.
type HNSW struct {
	// Neighbors is the number of other rows that Graph finds for each row. Default
	// 15, or n−1 where the data have fewer rows. It is ignored by Index.
	Neighbors int

	// M is the number of links that a row chooses on every level; it keeps up to M
	// of them, and at the ground 2·M. Default 16. Larger values find more, and take
	// more memory and time.
	M int

	// EfConstruction is how many of the nearest rows found so far a search for
	// links goes on from (efConstruction of the paper). Default 200. Larger values
	// make better links and take longer to build.
	EfConstruction int

	// EfSearch is the same when neighbours are sought (ef of the paper). Default
	// 100. Larger values find more true neighbours and take longer. It is at least
	// K + max(8, K/4), K the number of neighbours sought, for so many are measured
	// exactly.
	EfSearch int

	// KeepPruned fills places for links that are left with the nearest rows that
	// were turned away (keepPrunedConnections of the paper): more links, which cost
	// time and pay for small M.
	KeepPruned bool

	// Metric says how rows are compared. Default Euclidean.
	Metric Metric

	// Order is the permutation of the rows in which they are linked. Default as
	// given. What comes first moves what is found: rows in order of falling local
	// dimension are found more often than in order of rising (Elliott and Clark,
	// 2024, The impacts of data, ordering, and intrinsic dimensionality on recall
	// in hierarchical navigable small worlds).
	Order []int

	// Seed draws the levels of the rows.
	Seed uint64

	// MemoryLimit in bytes refuses data whose index, or graph, would not fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (h HNSW) Resolve(n, d int) (HNSW, error) {
	h, err := h.resolve(n, d)
	if err != nil {
		return h, err
	}
	if h.Neighbors == 0 {
		h.Neighbors = min(15, n-1)
	}
	if n < 2 {
		return h, fmt.Errorf("neighbors.HNSW: %w", &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"})
	}
	if h.Neighbors < 1 || h.Neighbors > n-1 {
		return h, h.refuse("Neighbors", h.Neighbors, fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1))
	}
	return h, nil
}

// resolve is Resolve but for Neighbors, which an index does not need.
func (h HNSW) resolve(n, d int) (HNSW, error) {
	if h.M == 0 {
		h.M = 16
	}
	if h.EfConstruction == 0 {
		h.EfConstruction = 200
	}
	if h.EfSearch == 0 {
		h.EfSearch = 100
	}
	var err error
	if h.Metric, err = ResolveMetric("neighbors.HNSW", h.Metric); err != nil {
		return h, err
	}
	switch {
	case h.M < 2 || h.M > 512:
		return h, h.refuse("M", h.M, "2 ≤ M ≤ 512")
	case h.EfConstruction < 1:
		return h, h.refuse("EfConstruction", h.EfConstruction, "1 or more rows")
	case h.EfSearch < 1:
		return h, h.refuse("EfSearch", h.EfSearch, "1 or more rows")
	case h.MemoryLimit < 0:
		return h, h.refuse("MemoryLimit", h.MemoryLimit, "0 or more bytes")
	}
	return h, h.checkOrder(n)
}

func (h HNSW) refuse(param string, value any, want string) error {
	return &mat32.ParamError{Method: "neighbors.HNSW", Param: param, Value: value, Want: want}
}

// checkOrder returns an error unless Order is nil or a permutation of n rows.
func (h HNSW) checkOrder(n int) error {
	if h.Order == nil {
		return nil
	}
	if len(h.Order) != n {
		return h.refuse("Order", fmt.Sprintf("of %d rows", len(h.Order)), fmt.Sprintf("a permutation of the %d rows", n))
	}
	seen := make([]bool, n)
	for k, i := range h.Order {
		if i < 0 || i >= n || seen[i] {
			return h.refuse("Order", fmt.Sprintf("%d at %d", i, k), fmt.Sprintf("a permutation: each of 0 … %d once", n-1))
		}
		seen[i] = true
	}
	return nil
}

// String names what steers the search.
func (h HNSW) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "M %d, efConstruction %d, efSearch %d, seed %d", h.M, h.EfConstruction, h.EfSearch, h.Seed)
	if h.KeepPruned {
		b.WriteString(", pruned links kept")
	}
	if h.Order != nil {
		b.WriteString(", rows in an order of their own")
	}
	return b.String()
}

// Graph returns the neighbour graph of the rows of x (n × d): those that a search
// finds which begins at the row itself. Errors: those of mat32.Check and Resolve,
// *mat32.RowsNeededError for distances, which Exact reads no slower,
// *mat32.MemoryError, *mat32.DegenerateError where distances exceed float64, those
// of the metric, and one that wraps ctx.Err().
func (h HNSW) Graph(ctx context.Context, x mat.Matrix) (*Graph, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("neighbors.HNSW: %w", err)
	}
	n, d := x.Dims()
	resolved, err := h.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	ix, err := resolved.index(ctx, x, int64(n)*int64(resolved.Neighbors)*12)
	if err != nil {
		return nil, err
	}
	return ix.Neighbors(ctx, resolved.Neighbors)
}

// Index links the rows of x (n × d, one row is enough) for queries. It borrows x,
// which must not change while the index is in use. Errors: those of Graph.
func (h HNSW) Index(ctx context.Context, x mat.Matrix) (*HNSWIndex, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("neighbors.HNSW: %w", err)
	}
	h, err := h.resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	return h.index(ctx, x, 0)
}

// index makes an index of checked rows by resolved options, where it fits into
// memory beside what else is needed.
func (h HNSW) index(ctx context.Context, x mat.Matrix, beside int64) (*HNSWIndex, error) {
	if _, ok := x.(*mat32.Distances); ok {
		return nil, &mat32.RowsNeededError{Method: "neighbors.HNSW"}
	}
	n, _ := x.Dims()
	if err := mat32.CheckMemory("neighbors.HNSW", h.bytes(x)+beside, h.MemoryLimit, "reduce M, Neighbors or the number of rows"); err != nil {
		return nil, err
	}
	order := make([]int32, n)
	for k := range order {
		order[k] = int32(k)
		if h.Order != nil {
			order[k] = int32(h.Order[k])
		}
	}
	return (&HNSWIndex{o: h, links: newHNSWLinks(h.M)}).extend(ctx, x, order)
}
