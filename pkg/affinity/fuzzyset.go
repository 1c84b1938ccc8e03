package affinity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// FuzzySet weighs rows as UMAP does: how true it is that two rows are joined. A row
// gives 1 to its nearest other row, and to others exp(−(d−ρ)/σ) for their distance d,
// where ρ is that of the nearest one and σ such that all it gives sums to
// log₂(Neighbors); see Memberships. Two rows that give each other a and b weigh the
// union a + b − a·b. No row weighs itself.
//
// By metrics with a largest distance (cosine and correlation 2; Hellinger, Jaccard and
// Dice 1), rows that far apart have nothing in common, and are not joined; rows that
// have nothing in common with any are alone, which the notes tell.
//
// Rows of which more neighbours tie at the smallest distance than log₂(Neighbors) give
// these 1, and others next to nothing. Duplicates weigh 1.
//
// Time that of the neighbours (see neighbors.Auto) and some 6 exponentials a
// neighbour, memory about 60·n·Neighbors bytes.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction. Defaults are those of
// umap-learn.
type FuzzySet struct {
	// Neighbors is the number of rows near to a row, which counts itself, as umap-learn
	// does: 15 are 14 others. At least 2. Larger values keep a larger scale. Default 15,
	// or n where the data have fewer rows.
	Neighbors int

	// LocalConnectivity is how many of its nearest other rows, duplicates left out, a
	// row gives 1: see Memberships. Larger values fill gaps where dimensions are many.
	// The constant dr.Zero stands for 0. At most Neighbors − 1. Default 1.
	LocalConnectivity float64

	// Mix is between the union of what two rows give to each other, 1, and the
	// intersection a·b, for which the constant dr.Zero stands: smaller values weigh pairs
	// less of which only one is near to the other. Default 1.
	Mix float64

	// Metric says how rows are compared. Default Euclidean. It is ignored where x is a
	// mat32.Distances.
	Metric neighbors.Metric

	// Graph, when given, is a graph of the rows of x by Metric, with Neighbors − 1 or
	// more neighbours, that is used instead of a new one.
	Graph *neighbors.Graph

	// Seed draws what an approximate search for neighbours draws, beyond 50 000 rows.
	Seed uint64

	// MemoryLimit in bytes refuses data whose weights would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a
// matrix of n rows and d columns.
func (f FuzzySet) Resolve(n, d int) (FuzzySet, error) {
	const method = "affinity.FuzzySet"
	if n >= 2 {
		f.Neighbors = cmp.Or(f.Neighbors, min(15, n))
		if f.Neighbors < 2 || f.Neighbors > n {
			return f, &mat32.ParamError{Method: method, Param: "Neighbors", Value: f.Neighbors, Want: fmt.Sprintf("2 ≤ Neighbors ≤ n = %d, the row itself among them", n)}
		}
	}
	others := f.Neighbors - 1
	if err := checkNeighbors(method, n, d, &f.Metric, &others, 0, f.MemoryLimit); err != nil {
		return f, err
	}
	f.LocalConnectivity, f.Mix = cmp.Or(f.LocalConnectivity, 1), cmp.Or(f.Mix, 1)
	switch {
	case !(f.LocalConnectivity >= 0 && f.LocalConnectivity <= float64(others)):
		return f, &mat32.ParamError{Method: method, Param: "LocalConnectivity", Value: f.LocalConnectivity, Want: fmt.Sprintf("0 ≤ LocalConnectivity ≤ Neighbors − 1 = %d", others)}
	case !(f.Mix >= 0 && f.Mix <= 1):
		return f, &mat32.ParamError{Method: method, Param: "Mix", Value: f.Mix, Want: "0 ≤ Mix ≤ 1"}
	}
	return f, nil
}

// String returns the options in one line, as captions and tables show them.
func (f FuzzySet) String() string {
	s := fmt.Sprintf("fuzzy set of %d neighbours", f.Neighbors)
	if f.LocalConnectivity != 1 {
		s += fmt.Sprintf(", local connectivity %.4g", f.LocalConnectivity)
	}
	if f.Mix != 1 {
		s += fmt.Sprintf(", mix %.4g", f.Mix)
	}
	return s
}

// Disconnection returns the largest distance of a bounded metric, at which rows have
// nothing in common, or +Inf.
func Disconnection(m neighbors.Metric) float64 {
	switch m.(type) {
	case neighbors.Cosine, neighbors.Correlation:
		return 2
	case neighbors.Hellinger, neighbors.Jaccard, neighbors.Dice:
		return 1
	}
	return math.Inf(1)
}

// Weigh returns the weights of the rows of x (n × d), or of the rows whose distances
// x holds; Scales are σ. Errors: those of mat32.Check, Resolve and Graph.CheckMetric,
// *mat32.MemoryError, those of the metric, and one that wraps ctx.Err().
func (f FuzzySet) Weigh(ctx context.Context, x mat.Matrix) (*Sparse, error) {
	const method = "affinity.FuzzySet"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	f, err := f.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	g, err := graphSeeded(ctx, method, x, f.Graph, f.Neighbors-1, f.Metric, f.Seed, f.MemoryLimit)
	if err != nil {
		return nil, err
	}
	far := math.Inf(1)
	if g.Metric != neighbors.Precomputed {
		far = Disconnection(f.Metric)
	}
	near := nearest(g, f.Neighbors-1)
	cut := make([]bool, n)
	list := func(i int) ([]int32, []float64) {
		indices, distances := near(i)
		if m := len(distances); distances[m-1] >= far {
			m = sort.SearchFloat64s(distances, far)
			return indices[:m], distances[:m]
		}
		return indices, distances
	}
	mean, err := par.Sum(ctx, n, rowBlock, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			_, all := near(i)
			_, distances := list(i)
			cut[i] = len(distances) < len(all)
			for _, v := range distances {
				sum += v / (float64(n) * float64(f.Neighbors))
			}
		}
		return sum
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	scales := make([]float64, n)
	count := math.Log2(float64(f.Neighbors))
	one, err := directRows(ctx, n, list, func(dst []float64, i int, _ []int32, distances []float64) {
		if len(distances) > 0 {
			_, scales[i] = memberships(dst, distances, count, f.LocalConnectivity, mean)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	mix := f.Mix
	if mix == math.SmallestNonzeroFloat64 {
		mix = 0
	}
	s, err := one.symmetric(ctx, 0, func(forth, back float64) float64 {
		both := forth * back
		return mix*(forth+back-both) + (1-mix)*both
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	var notes []string
	short := 0
	for _, c := range cut {
		if c {
			short++
		}
	}
	if short > 0 {
		notes = append(notes, fmt.Sprintf("%d rows have fewer than %d neighbours nearer than %g, the largest %s distance: those that far are not joined", short, f.Neighbors-1, far, g.Metric))
	}
	return s.finish(g, f.String(), scales, notes...), nil
}
