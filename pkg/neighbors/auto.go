package neighbors

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Auto finds nearest neighbours by the method that is the fastest one at no loss
// that matters, and says in Graph.Notes which it picked and why. It picks by the
// number of rows and the metric alone, so that the same data have the same graph on
// every machine.
//
// Exact compares all pairs, as products of matrices where the metric is Euclidean
// or that of mapped rows (squared Euclidean, cosine, correlation, Spearman,
// Hellinger, Mahalanobis, haversine): up to 50 000 rows an approximate search is
// hardly faster than that. Other metrics measure pairs one by one, and are exact up
// to 5 000 rows. Beyond, Graph takes NNDescent, which makes a graph of all rows at
// once, and Index takes HNSW, which answers queries soonest. Distances that are given
// are always searched exactly: the time is that of reading them.
//
// Time and memory are those of the method picked.
type Auto struct {
	// Neighbors is the number of other rows to find for each row. Default 15, or
	// n−1 where the data have fewer rows. It is ignored by Index.
	Neighbors int

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric Metric

	// Seed draws what an approximate search draws. It is ignored by an exact one.
	Seed uint64

	// MemoryLimit in bytes refuses data whose graph, or index, would not fit.
	// Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// The most rows that are searched exactly, by metrics that are products of matrices
// and by others. On two cores, the pairs of 70 000 × 784 (digits), 100 000 × 20
// (uniform) and 100 000 × 50 (mixture) took 1.8, 2.1 and 2.4 times as long as
// NN-descent, and grow with n²: the two meet at about 40 000 rows.
const (
	exactByProducts = 50_000
	exactByPairs    = 5_000
)

// Index answers which rows of a matrix are nearest to new ones.
type Index interface {
	// Dims returns how many rows the index holds, and of how many columns.
	Dims() (n, d int)

	// Query returns the k nearest rows of the index, or all where there are
	// fewer, for every row of y.
	Query(ctx context.Context, y mat.Matrix, k int) (*Answer, error)
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// for a matrix of n rows and d columns.
func (a Auto) Resolve(n, d int) (Auto, error) {
	e, err := a.exact().Resolve(n, d)
	a.Neighbors, a.Metric = e.Neighbors, e.Metric
	return a, mat32.Rename("neighbors.Auto", err)
}

func (a Auto) exact() Exact {
	return Exact{Neighbors: a.Neighbors, Metric: a.Metric, MemoryLimit: a.MemoryLimit}
}

// pick reports whether x is searched exactly, and why. The metric is a value.
func (a Auto) pick(x mat.Matrix) (exactly bool, why string) {
	n, _ := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		return true, "exact search was picked: distances are given"
	}
	most, how := exactByPairs, "measured pair by pair"
	metric := a.Metric
	if m, ok := metric.(Minkowski); ok {
		metric = m.plain()
	}
	switch metric.(type) {
	case Euclidean, SquaredEuclidean, Cosine, Correlation, Spearman, Hellinger, Mahalanobis, Haversine:
		most, how = exactByProducts, "compared by products of matrices"
	}
	if n <= most {
		return true, fmt.Sprintf("exact search was picked: %d rows, %s, are no more than %d", n, how, most)
	}
	return false, fmt.Sprintf("NN-descent was picked: %d rows, %s, are more than %d", n, how, most)
}

// Graph returns the neighbour graph of the rows of x (n × d), or of the rows whose
// distances x holds. Errors: those of mat32.Check and Resolve, *DomainError where the
// metric is not defined for a row, *mat32.MemoryError, *mat32.DegenerateError where
// distances exceed float64, and one that wraps ctx.Err().
func (a Auto) Graph(ctx context.Context, x mat.Matrix) (*Graph, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, mat32.Rename("neighbors.Auto", err)
	}
	a, err := a.Resolve(x.Dims())
	if err != nil {
		return nil, err
	}
	exactly, why := a.pick(x)
	var g *Graph
	if exactly {
		g, err = a.exact().Graph(ctx, x)
	} else {
		g, err = NNDescent{Neighbors: a.Neighbors, Metric: a.Metric, Seed: a.Seed, MemoryLimit: a.MemoryLimit}.Graph(ctx, x)
	}
	if err != nil {
		return nil, mat32.Rename("neighbors.Auto", err)
	}
	g.Notes = append([]string{why}, g.Notes...)
	return g, nil
}

// Index returns the rows of x (n × d) ready to be compared with new ones: an
// *ExactIndex, or an *HNSWIndex of more rows than Graph would search exactly. Errors:
// those of Graph, and *mat32.RowsNeededError for a mat32.Distances.
func (a Auto) Index(ctx context.Context, x mat.Matrix) (Index, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, mat32.Rename("neighbors.Auto", err)
	}
	if err := mat32.CheckRows("neighbors.Auto", x); err != nil {
		return nil, err
	}
	var err error
	if a.Metric, err = ResolveMetric("neighbors.Auto", a.Metric); err != nil {
		return nil, err
	}
	if exactly, _ := a.pick(x); exactly {
		ix, err := a.exact().Index(ctx, x)
		if err != nil {
			return nil, mat32.Rename("neighbors.Auto", err)
		}
		return ix, nil
	}
	ix, err := HNSW{Metric: a.Metric, Seed: a.Seed, MemoryLimit: a.MemoryLimit}.Index(ctx, x)
	if err != nil {
		return nil, mat32.Rename("neighbors.Auto", err)
	}
	return ix, nil
}
