package neighbors

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// MST finds the minimum spanning tree of rows: of all sets of n−1 pairs that
// connect them, one of the least total distance. With Core it is that by the mutual
// reachability distance, on which HDBSCAN stands (Campello, Moulavi and Sander,
// 2013, Density-based clustering based on hierarchical density estimates).
//
// The tree is exact. Borůvka's rounds (1926, O jistém problému minimálním) take
// the shortest edge that leaves each part, first from a neighbour graph, as long as
// it proves that no shorter one exists, and then by comparing the rows in doubt with
// all others. Edges of equal length are taken by their rows.
//
// Where x is a mat32.Distances, lengths are the distances it holds.
//
// Time O(n²·d) and usually less than two searches for neighbours take, at worst
// O(n²·d·log n); memory that of Exact with 15 neighbours, or Core, and 4·n·d + 100·n
// bytes.
type MST struct {
	// Core is the number of other rows up to which a row's core distance goes: the
	// length of an edge is its distance, or the core distance of either end where
	// that is larger. Larger values smooth the density over more rows. Default 0:
	// lengths are distances.
	Core int

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric Metric

	// Graph is an exact neighbour graph of x by the metric, with at least Core
	// neighbours, where there is one already. Default nil: one is made. The tree
	// is the same.
	Graph *Graph

	// MemoryLimit in bytes refuses data whose tree would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (m MST) Resolve(n, d int) (MST, error) {
	var err error
	if m.Metric, err = ResolveMetric("neighbors.MST", m.Metric); err != nil {
		return m, err
	}
	if n < 2 {
		return m, fmt.Errorf("neighbors.MST: %w", &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for a spanning tree"})
	}
	if m.Core < 0 || m.Core > n-1 {
		return m, &mat32.ParamError{Method: "neighbors.MST", Param: "Core", Value: m.Core, Want: fmt.Sprintf("0 ≤ Core ≤ n−1 = %d", n-1)}
	}
	if m.MemoryLimit < 0 {
		return m, &mat32.ParamError{Method: "neighbors.MST", Param: "MemoryLimit", Value: m.MemoryLimit, Want: "0 or more bytes"}
	}
	return m, nil
}

// Fit returns the minimum spanning tree of the rows of x (n × d), or of those
// whose distances x holds. Errors: those of mat32.Check and Resolve,
// *mat32.ParamError for a Graph that is not of x or not exact, *DomainError where
// the metric is not defined for a row, *mat32.MemoryError, *mat32.DegenerateError
// where distances exceed float64, and one that wraps ctx.Err().
func (m MST) Fit(ctx context.Context, x mat.Matrix) (*Tree, error) {
	const method = "neighbors.MST"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	m, err := m.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	k := min(max(15, m.Core), n-1)
	need := bytesOf(m.Metric, x) + int64(n)*(int64(k)*12+100+4*int64(d))
	if err := mat32.CheckMemory(method, need, m.MemoryLimit, "use fewer rows"); err != nil {
		return nil, err
	}
	g := m.Graph
	if g != nil {
		if err := g.CheckMetricContext(ctx, method, x, max(1, m.Core), m.Metric); err != nil {
			return nil, err
		}
		if g.Method != "" {
			return nil, &mat32.ParamError{Method: method, Param: "Graph", Value: "a graph by " + g.Method, Want: "an exact one"}
		}
		if err := g.sound(method); err != nil {
			return nil, err
		}
	}
	rows, name, err := spaceOf(ctx, m.Metric, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if g == nil {
		g = &Graph{N: n, K: k, Metric: name, Indices: make([]int32, n*k), Distances: make([]float64, n*k)}
		if g.Rows, err = mat32.FingerprintContext(ctx, x); err == nil {
			err = rows.nearest(ctx, k, g.Indices, g.Distances)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		if i := slices.IndexFunc(g.Distances, infinite); i >= 0 {
			return nil, tooFar(method, fmt.Sprintf("row %d", i/k))
		}
	}
	var core []float64
	if m.Core > 0 {
		core = make([]float64, n)
		for i := range core {
			core[i] = g.Distances[i*g.K+m.Core-1]
		}
	}
	p, err := newSpanner(ctx, rows, newDisjoint(n), g, core)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	edges, err := p.shortest(ctx, method)
	if err != nil {
		return nil, err
	}
	return &Tree{N: n, Metric: name, Core: m.Core, Edges: edges, Rows: g.Rows}, nil
}
