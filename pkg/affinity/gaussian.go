package affinity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Gaussian weighs rows by exp(−d²/(4·Epsilon)), on the pairs of which either has
// the other among its nearest Neighbors: the kernel of diffusion maps. Every row weighs
// itself 1.
//
// Duplicates weigh 1. Rows so far from all others that float64 does not hold the
// weight have none to others. Rows that are all equal have no scale of their own:
// give them an Epsilon.
//
// Time that of the neighbours (see neighbors.Auto) and some 5·n·Neighbors
// exponentials to find Epsilon, memory about 60·n·Neighbors bytes.
//
// Source: T. Berry, D. Giannakis and J. Harlim (2015), Nonparametric forecasting of
// low-dimensional dynamical systems; pydiffmap.
type Gaussian struct {
	// Neighbors is the number of other rows that a row gives weight to. Larger
	// values lose less of the far weights, which are small. Default 64, or n−1 where
	// the data have fewer rows.
	Neighbors int

	// Epsilon is a quarter of the squared distance at which the weight is 1/e, in
	// squared units of distance. Larger values smooth over more. Default: that of
	// Bandwidth.
	Epsilon float64

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

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns; the default of Epsilon is filled in by Weigh.
func (g Gaussian) Resolve(n, d int) (Gaussian, error) {
	const method = "affinity.Gaussian"
	if !(g.Epsilon >= 0) || math.IsInf(g.Epsilon, 0) {
		return g, &mat32.ParamError{Method: method, Param: "Epsilon", Value: g.Epsilon, Want: "a finite number above 0, or 0 for that of Bandwidth"}
	}
	return g, checkNeighbors(method, n, d, &g.Metric, &g.Neighbors, 64, g.MemoryLimit)
}

// String returns the options in one line, as captions and tables show them.
func (g Gaussian) String() string {
	if g.Epsilon == 0 {
		return fmt.Sprintf("Gaussian of %d neighbours, ε of Bandwidth", g.Neighbors)
	}
	return fmt.Sprintf("Gaussian of %d neighbours, ε = %.4g", g.Neighbors, g.Epsilon)
}

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds; Scales are √(2·Epsilon), the standard deviation, for every row. Errors:
// those of mat32.Check, Resolve, Graph.CheckMetric and Bandwidth,
// *mat32.MemoryError, those of the metric, and one that wraps ctx.Err().
func (g Gaussian) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.Gaussian"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	g, err := g.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	graph, err := graphOf(ctx, method, x, g.Graph, g.Neighbors, g.Metric, g.MemoryLimit)
	if err != nil {
		return nil, err
	}
	if g.Epsilon == 0 {
		if g.Epsilon, _, err = bandwidth(ctx, graph, g.Neighbors); err != nil {
			return nil, mat32.Rename(method, err)
		}
	}
	width := 2 * math.Sqrt(g.Epsilon)
	one, err := direct(ctx, n, nearest(graph, g.Neighbors), func(_ int, _ int32, distance float64) float64 {
		return math.Exp(-(distance / width) * (distance / width))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	s, err := one.symmetric(ctx, 1, joins[Union])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return s.finish(graph, g.String(), slices.Repeat([]float64{math.Sqrt(2) * math.Sqrt(g.Epsilon)}, n)), nil
}
