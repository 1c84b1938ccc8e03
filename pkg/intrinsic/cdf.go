package intrinsic

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// CDF estimates the dimension at every row from how the number of neighbours
// grows with the distance. Where the density hardly changes within T_k, the
// distribution function of the distances is F(r) = (r/T_k)^m, whose logarithmic
// derivative m is the local dimension. The estimate is the slope of the logarithm
// of the counts of neighbours against that of the distances, fitted by least
// squares through the last neighbour (Houle, Kashima and Nett, 2012, Generalized
// expansion dimension, for two counts; here for all of them):
//
//	1/mᵢ = Σⱼ xⱼ·ln(T_k/Tⱼ) / Σⱼ xⱼ²,  xⱼ = 1/j + … + 1/(k−1),  j = 1 … k−1.
//
// xⱼ stands for ln(k/j): it is what m·ln(T_k/Tⱼ) is on average, which ln(k/j) is
// only for large j, so that 1/mᵢ has no bias. MADA is the slope from the counts
// k/2 and k alone. The nearest neighbours weigh more here than in MLE: a row in a
// crowded spot stands out more, and chance does, too.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n·k) with a Graph;
// memory about 12·n·d + 24·n·k bytes.
type CDF struct {
	// Neighbors is k, the number of other rows looked at from each. Default
	// 20, or one less than the distinct rows where there are fewer. Larger
	// values give a smaller error at a larger scale, where curvature and edges
	// bias the estimate. 2 ≤ Neighbors ≤ n−1.
	Neighbors int

	// Aggregate is how the estimates at all rows make one. Default Harmonic,
	// which has no bias where the density is uniform.
	Aggregate Aggregate

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one. It does not change the
	// result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (e CDF) Resolve(n, d int) (CDF, error) {
	if e.Aggregate == 0 {
		e.Aggregate = Harmonic
	}
	var err error
	e.Neighbors, e.Aggregate, err = resolveLocal("intrinsic.CDF", e.Neighbors, 20, n, d, e.Aggregate, e.MemoryLimit)
	return e, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds mᵢ: NaN at rows left
// out, +Inf at a row whose neighbours are all equally far. Scale is the mean
// distance to all Neighbors neighbours.
//
// The standard error is that of a mean over rows of 1/mᵢ, from its spread, by
// the delta method, times √(1+s) with s the share of neighbours that are mutual
// (√(π/2+s) for Median). It covers chance, not the bias of edges, curvature and
// few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, or where neighbours are equally far at so
// many rows that the aggregate is infinite; and one that wraps ctx.Err().
func (e CDF) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.CDF"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	// weights holds xⱼ/Σx².
	weights := make([]float64, s.k-1)
	var sum, squares float64
	for j := s.k - 1; j >= 1; j-- {
		sum += 1 / float64(j)
		weights[j-1] = sum
		squares += sum * sum
	}
	for j := range weights {
		weights[j] /= squares
	}
	growth := localLaw{
		inverse: func(r []float64) float64 {
			var slope float64
			for j, w := range weights {
				slope += w * logRatio(r[len(r)-1], r[j])
			}
			return slope
		},
		statistic: func(inverse float64) float64 { return inverse },
		slope:     func(d float64) float64 { return d * d },
	}
	return growth.estimate(ctx, "CDF", s, e.Aggregate, fmt.Sprintf("slope of the counts of k = %d neighbours", s.k),
		fmt.Sprintf("the %d nearest neighbours", s.k))
}
