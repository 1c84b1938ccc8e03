package neighbors

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Exact finds the exact nearest neighbours of every row, comparing every pair.
//
// Where the metric is Euclidean, or is that of mapped rows (cosine, correlation,
// Spearman, Hellinger, Mahalanobis, haversine), fast float32 distances only
// choose candidates; these are measured again by direct subtraction with float64
// sums. A bound on the error of the fast distances proves for every row that no
// neighbour was missed; where it cannot (many ties, duplicates), all rows in doubt
// are measured exactly. By the other metrics every pair is measured in float64,
// once. So the graph is that of exact arithmetic up to float64 rounding, and adding
// a constant to a column does not change it where it does not change the metric.
//
// Where x is a mat32.Distances, neighbours are sought by the distances it holds.
//
// Time O(n²·d), memory 12·n·K bytes and at most 12·n·d for the rows, by the metric
// and the type of x; O(n²) and 12·n·K bytes for distances.
type Exact struct {
	// Neighbors is the number of other rows to find for each row. Default 15,
	// or n−1 where the data have fewer rows.
	Neighbors int

	// Metric says how rows are compared. Default Euclidean. It is ignored where x
	// is a mat32.Distances.
	Metric Metric

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
	var err error
	if e.Metric, err = ResolveMetric("neighbors.Exact", e.Metric); err != nil {
		return e, err
	}
	if n < 2 {
		return e, fmt.Errorf("neighbors.Exact: %w", &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows for neighbours"})
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
// distances exceed float64, those of the metric (*DomainError, *mat32.ParamError,
// *mat32.ShapeError, *mat32.DistanceError), and one that wraps ctx.Err().
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
	need := bytesOf(e.Metric, x) + int64(n)*int64(k)*12
	if err := mat32.CheckMemory("neighbors.Exact", need, e.MemoryLimit, "reduce Neighbors or the number of rows"); err != nil {
		return nil, err
	}
	fingerprint, err := mat32.FingerprintContext(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	rows, name, err := spaceOf(ctx, e.Metric, x)
	if err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	g := &Graph{N: n, K: k, Metric: name, Indices: make([]int32, n*k), Distances: make([]float64, n*k), Rows: fingerprint}
	if err := rows.nearest(ctx, k, g.Indices, g.Distances); err != nil {
		return nil, fmt.Errorf("neighbors.Exact: %w", err)
	}
	if i := slices.IndexFunc(g.Distances, infinite); i >= 0 {
		return nil, tooFar("neighbors.Exact", fmt.Sprintf("row %d", i/k))
	}
	return g, nil
}
