package affinity

import (
	"cmp"
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Connectivity gives every row's nearest neighbours the weight 1, however far they
// are: the simple weights of Laplacian eigenmaps. No row weighs itself.
//
// Neighbours at equal distance are taken by index, duplicates first of all, so that
// copies of a row beyond Neighbors reach each other through the first of them.
//
// Time that of the neighbours (see neighbors.Auto), memory about 60·n·Neighbors
// bytes.
//
// Source: M. Belkin and P. Niyogi (2003), Laplacian eigenmaps for dimensionality
// reduction and data representation.
type Connectivity struct {
	// Neighbors is the number of other rows that count as near to a row. Larger
	// values keep a larger scale. Default 15, or n−1 where the data have fewer rows.
	Neighbors int

	// Symmetrization is Union, Mutual or Average, as scikit-learn does it: what two
	// rows weigh of which only one has the other among its nearest. Default Union.
	// With Mutual, rows may be without weights.
	Symmetrization Symmetrization

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric neighbors.Metric

	// Graph, when given, is a graph of the rows of x by Metric, with Neighbors or
	// more neighbours, that is used instead of a new one.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data whose weights would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// joins says what every Symmetrization makes of what two rows give to each other.
var joins = map[Symmetrization]func(forth, back float64) float64{
	Union:   func(forth, back float64) float64 { return max(forth, back) },
	Mutual:  func(forth, back float64) float64 { return min(forth, back) },
	Average: average,
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (c Connectivity) Resolve(n, d int) (Connectivity, error) {
	const method = "affinity.Connectivity"
	c.Symmetrization = cmp.Or(c.Symmetrization, Union)
	if joins[c.Symmetrization] == nil {
		return c, &mat32.ParamError{Method: method, Param: "Symmetrization", Value: string(c.Symmetrization),
			Want: fmt.Sprintf("one of %v", []Symmetrization{Union, Mutual, Average})}
	}
	return c, checkNeighbors(method, n, d, &c.Metric, &c.Neighbors, 15, c.MemoryLimit)
}

// String returns the options in one line, as captions and tables show them.
func (c Connectivity) String() string {
	return fmt.Sprintf("%s of %d neighbours", c.Symmetrization, c.Neighbors)
}

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds. Errors: those of mat32.Check, Resolve and Graph.CheckMetric,
// *mat32.MemoryError, those of the metric, and one that wraps ctx.Err().
func (c Connectivity) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.Connectivity"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	c, err := c.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	g, err := graphOf(ctx, method, x, c.Graph, c.Neighbors, c.Metric, c.MemoryLimit)
	if err != nil {
		return nil, err
	}
	one, err := direct(ctx, n, nearest(g, c.Neighbors), func(int, int32, float64) float64 { return 1 })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	s, err := one.symmetric(ctx, 0, joins[c.Symmetrization])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return s.finish(g, c.String(), nil), nil
}
