package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MADA estimates the dimension from the distances T_k and T_⌊k/2⌋ of every row
// to two of its neighbours (Farahmand, Szepesvári and Audibert, 2007,
// Manifold-adaptive dimension estimation). Where the density hardly changes
// within T_k, twice the neighbours need twice the volume:
//
//	mᵢ = ln 2 / ln(T_k/T_⌊k/2⌋).
//
// The rate at which it converges depends on the dimension of the data and not
// on the number of columns. As the mean over rows of scikit-dimension it is too
// high by a few per cent for 20 neighbours; Farahmand rounds k/2 up, which is
// the same where k is even. A single row's estimate varies more than that of
// MLE, which reads the distances between T_k/2 and T_k as well.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n) with a Graph;
// memory about 12·n·d + 24·n·k bytes.
type MADA struct {
	// Neighbors is k, the number of other rows looked at from each. Default
	// 20, or one less than the distinct rows where there are fewer. Larger values give a smaller
	// error at a larger scale, where curvature and edges bias the estimate.
	// 2 ≤ Neighbors ≤ n−1.
	Neighbors int

	// Aggregate is how the estimates at all rows make one. Default Mean.
	// Median gives less weight to rows whose two distances happen to be close.
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
func (e MADA) Resolve(n, d int) (MADA, error) {
	var err error
	e.Neighbors, e.Aggregate, err = resolveLocal("intrinsic.MADA", e.Neighbors, 20, n, d, e.Aggregate, e.MemoryLimit)
	return e, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds mᵢ: NaN at rows left
// out, +Inf at a row that has T_k = T_⌊k/2⌋. Scale is the mean distance to all
// Neighbors neighbours.
//
// The standard error is that of a mean over rows of 1/mᵢ, from its spread, by
// the delta method, times √(1+s) with s the share of neighbours that are mutual
// (√(π/2+s) for Median). It covers chance, not the bias of edges, curvature and
// few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, or where T_k = T_⌊k/2⌋ at so many rows that the
// aggregate is infinite, as it does on lattices; and one that wraps ctx.Err().
func (e MADA) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.MADA"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	half := s.k / 2
	twice := localLaw{
		inverse:   func(r []float64) float64 { return logRatio(r[len(r)-1], r[half-1]) / math.Ln2 },
		statistic: func(inverse float64) float64 { return inverse },
		slope:     func(d float64) float64 { return d * d },
	}
	return twice.estimate(ctx, "MADA", s, e.Aggregate, fmt.Sprintf("k = %d against %d", s.k, half),
		fmt.Sprintf("neighbours %d to %d", half, s.k))
}
