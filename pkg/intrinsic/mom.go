package intrinsic

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MOM estimates the dimension from the mean of the distances T₁ ≤ … ≤ T_k of
// every row to its k nearest neighbours, by the method of moments (Amsaleg,
// Chelly, Furon, Girard, Houle, Kawarabayashi and Nett, 2015, Estimating local
// intrinsic dimensionality). Where the density hardly changes within T_k, the
// mean distance within it is T_k·d/(d+1), so that with m the mean of T₁ … T_k
//
//	mᵢ = m / (T_k − m).
//
// The zero value does as scikit-dimension: T_k is one of the k distances of the
// mean, which overestimates by about (d+1)/(k−1); Inner leaves it out, as LDReg
// does. The mean hardly feels the nearest distances, which noise moves most;
// MLE rests on them.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n·k) with a Graph;
// memory about 12·n·d + 24·n·k bytes.
type MOM struct {
	// Neighbors is k, the number of other rows looked at from each. Default
	// 100, or one less than the distinct rows where there are fewer. Larger values give a smaller
	// error at a larger scale, where curvature and edges bias the estimate.
	// 2 ≤ Neighbors ≤ n−1.
	Neighbors int

	// Inner takes the mean over T₁ … T_k₋₁ only, which removes most of the
	// bias. LDReg trains with Inner, 20 neighbours and GeometricMean.
	Inner bool

	// Aggregate is how the estimates at all rows make one. Default Mean.
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
func (e MOM) Resolve(n, d int) (MOM, error) {
	var err error
	e.Neighbors, e.Aggregate, err = resolveLocal("intrinsic.MOM", e.Neighbors, 100, n, d, e.Aggregate, e.MemoryLimit)
	return e, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds mᵢ: NaN at rows left
// out, +Inf at a row whose neighbours are all equally far. Scale is the mean
// distance to all Neighbors neighbours.
//
// The standard error is that of a mean over rows of m/T_k, from its spread, by
// the delta method, times √(1+s) with s the share of neighbours that are mutual
// (√(π/2+s) for Median). It covers chance, not the bias of edges, curvature and
// few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, or where neighbours are equally far at so many
// rows that the aggregate is infinite; and one that wraps ctx.Err().
func (e MOM) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.MOM"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	averaged, which := s.k, fmt.Sprintf("k = %d", s.k)
	if e.Inner {
		averaged, which = averaged-1, which+", the farthest left out of the mean"
	}
	// What is near one row is T_k/m − 1 = 1/mᵢ, but the mean over rows that is
	// closest to a sum over pairs is that of the share m/T_k = mᵢ/(1+mᵢ).
	moment := localLaw{
		inverse: func(r []float64) float64 {
			far := r[len(r)-1]
			var share, rest float64
			for _, v := range r[:averaged] {
				share += v / far
				rest += (far - v) / far
			}
			return rest / share
		},
		statistic: func(inverse float64) float64 { return 1 / (1 + inverse) },
		slope:     func(d float64) float64 { return (1 + d) * (1 + d) },
	}
	return moment.estimate(ctx, "MOM", s, e.Aggregate, which, fmt.Sprintf("the %d nearest neighbours", s.k))
}
