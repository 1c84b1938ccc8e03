package affinity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// AdaptiveGaussian weighs rows by exp(−d²/(σᵢ·σⱼ)), where σ is how far a row is from
// its neighbour number Local: dense and sparse regions are seen at their own scales.
// Pairs of which either has the other among its nearest Neighbors are weighed, and no
// row weighs itself.
//
// Where neighbour number Local is a duplicate, σ is the distance of the first
// neighbour that is not. A row whose neighbours are all duplicates has σ = 0: it
// weighs these 1 and others nothing.
//
// Time that of the neighbours (see neighbors.Auto), memory about 60·n·Neighbors
// bytes.
//
// Source: L. Zelnik-Manor and P. Perona (2004), Self-tuning spectral clustering.
type AdaptiveGaussian struct {
	// Neighbors is the number of other rows that a row gives weight to. Larger
	// values lose less of the far weights, which are small. Default 15, or n−1 where the data
	// have fewer rows.
	Neighbors int

	// Local is the neighbour whose distance is the scale of a row, counted from 1.
	// Larger values smooth the scales, and raise all weights. Default 7, or
	// Neighbors where that is less.
	Local int

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
// for a matrix of n rows and d columns.
func (a AdaptiveGaussian) Resolve(n, d int) (AdaptiveGaussian, error) {
	const method = "affinity.AdaptiveGaussian"
	if err := checkNeighbors(method, n, d, &a.Metric, &a.Neighbors, 15, a.MemoryLimit); err != nil {
		return a, err
	}
	a.Local = cmp.Or(a.Local, min(7, a.Neighbors))
	if a.Local < 1 || a.Local > a.Neighbors {
		return a, &mat32.ParamError{Method: method, Param: "Local", Value: a.Local, Want: fmt.Sprintf("1 ≤ Local ≤ Neighbors = %d", a.Neighbors)}
	}
	return a, nil
}

// String returns the options in one line, as captions and tables show them.
func (a AdaptiveGaussian) String() string {
	return fmt.Sprintf("adaptive Gaussian of %d neighbours, scaled by number %d", a.Neighbors, a.Local)
}

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds; Scales are σ. Errors: those of mat32.Check, Resolve and
// Graph.CheckMetric, *mat32.MemoryError, those of the metric, and one that wraps
// ctx.Err().
func (a AdaptiveGaussian) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.AdaptiveGaussian"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	a, err := a.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	g, err := graphOf(ctx, method, x, a.Graph, a.Neighbors, a.Metric, a.MemoryLimit)
	if err != nil {
		return nil, err
	}
	scales := make([]float64, n)
	list := nearest(g, a.Neighbors)
	copies := 0
	for i := range n {
		_, distances := list(i)
		for _, v := range distances[a.Local-1:] {
			if scales[i] = v; v > 0 {
				break
			}
		}
		if scales[i] == 0 {
			copies++
		}
	}
	one, err := direct(ctx, n, list, func(i int, j int32, distance float64) float64 {
		if distance == 0 {
			return 1
		}
		narrow, wide := min(scales[i], scales[j]), max(scales[i], scales[j]) // the same bits both ways
		return math.Exp(-(distance / narrow) * (distance / wide))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	s, err := one.symmetric(ctx, 0, joins[Union])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	var notes []string
	if copies > 0 {
		notes = append(notes, fmt.Sprintf("%d rows have duplicates alone among their neighbours, and no scale", copies))
	}
	return s.finish(g, a.String(), scales, notes...), nil
}
