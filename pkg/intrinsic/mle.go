package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MLE estimates the dimension from the distances T₁ ≤ … ≤ T_k of every row to
// its k nearest neighbours by maximum likelihood (Levina and Bickel, 2004,
// Maximum likelihood estimation of intrinsic dimension). Where the density
// hardly changes within T_k, neighbours arrive as a Poisson process, and the
// estimate at row i is
//
//	mᵢ = (k−1) / Σⱼ ln(T_k/Tⱼ),  j = 1 … k−1.
//
// Aggregate says how the estimates at all rows make one; the default is the one
// MacKay and Ghahramani (2005, Comments on "Maximum likelihood estimation of
// intrinsic dimension" by E. Levina and P. Bickel) showed to be right.
//
// Against TwoNN it looks at a larger scale, with a smaller error, and says how
// the dimension differs from row to row.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n·k) with a Graph;
// memory about 12·n·d + 24·n·k bytes.
type MLE struct {
	// Neighbors is k, the number of other rows looked at from each. Default
	// 20, or one less than the distinct rows where these are fewer. Larger values give
	// a smaller error at a larger scale, where curvature and edges bias the estimate. 2 ≤ Neighbors ≤ n−1, or 3 where
	// Unbiased.
	Neighbors int

	// AverageFrom, when given, makes the estimate the mean of those for
	// k = AverageFrom … Neighbors, as Levina and Bickel propose; Rdimtools
	// does so from 10 to 20. Default Neighbors: one k only.
	AverageFrom int

	// Aggregate is how the estimates at all rows make one. Default Harmonic.
	// GeometricMean gives the average of LDReg.
	Aggregate Aggregate

	// Unbiased puts k−2 for k−1 in the estimate at every row, which makes its
	// expectation right at a single row, as in GeoMLE and LIDL. It suits
	// Mean, which it makes nearly unbiased; Harmonic is right without and low by
	// 1/(k−1) with it.
	Unbiased bool

	// Noise is the standard deviation of Gaussian noise that moves distances, in
	// the unit of the data. Every ln Tⱼ becomes the mean of ln r over the
	// distances r > 0 that the noise may have made Tⱼ (Haro, Randall and Sapiro,
	// 2008, Translated Poisson mixture model for stratification learning), which
	// is less than ln Tⱼ at distances not far above the noise. As in the paper,
	// T_k is left as it is. Larger values lower the estimate. Default 0: none.
	Noise float64

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
func (e MLE) Resolve(n, d int) (MLE, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.MLE", Param: param, Value: value, Want: want}
	}
	if e.Aggregate == 0 {
		e.Aggregate = Harmonic
	}
	switch {
	case !e.Aggregate.known():
		return e, fail("Aggregate", int(e.Aggregate), allAggregates)
	case !(e.Noise >= 0) || math.IsInf(e.Noise, 1):
		return e, fail("Noise", e.Noise, "0 or a finite standard deviation")
	}
	var err error
	if e.Neighbors, err = neighborhood("intrinsic.MLE", e.Neighbors, 20, e.fewest(), n, d, e.MemoryLimit); err != nil {
		return e, err
	}
	if e.AverageFrom == 0 {
		e.AverageFrom = e.Neighbors
	}
	if e.AverageFrom < e.fewest() || e.AverageFrom > e.Neighbors {
		return e, fail("AverageFrom", e.AverageFrom, fmt.Sprintf("%d ≤ AverageFrom ≤ Neighbors = %d", e.fewest(), e.Neighbors))
	}
	return e, nil
}

// fewest returns how many neighbours the estimate at a row needs.
func (e MLE) fewest() int {
	if e.Unbiased {
		return 3
	}
	return 2
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds mᵢ (its mean over all k, where there are
// several): NaN at rows left out, +Inf at a row whose neighbours are all equally
// far, or whose distances Noise alone explains. Scale is the mean distance to all Neighbors neighbours.
//
// The standard error is that of a mean over rows of d²/mᵢ, from their spread,
// times √(1+s) with s the share of neighbours that are mutual, because two such
// rows see one distance (√(π/2+s) for Median). On samples of known dimension it
// is within a fifth of the true spread, and up to a half above it for Mean on
// curves. It covers chance, not the bias of edges, curvature and few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, or where neighbours are equally far at so many
// rows that the aggregate is infinite; and one that wraps ctx.Err().
func (e MLE) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.MLE"
	asked := e
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked.Neighbors, e.Neighbors, max(e.fewest(), asked.AverageFrom), e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	e.Neighbors, e.AverageFrom = s.k, min(e.AverageFrom, s.k)
	from, sizes := e.AverageFrom, e.Neighbors-e.AverageFrom+1
	// inverse[c] holds 1/mᵢ for k = from+c, which, unlike mᵢ, is always finite.
	inverse := make([][]float64, sizes)
	for c := range inverse {
		inverse[c] = make([]float64, s.n)
	}
	err = par.Blocks(ctx, s.n, 1024, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			e.inverses(s.row(i), func(k int, v float64) { inverse[k-from][i] = v })
		}
	})
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}

	local, influence := make([]float64, s.n), make([]float64, s.n)
	var value float64
	for c, inverse := range inverse {
		one, err := e.Aggregate.of(method, inverse, s.rows, fmt.Sprintf("the %d nearest neighbours", from+c))
		if err != nil {
			return measure.Dimension{}, err
		}
		value += one / float64(sizes)
		// To first order every aggregate moves by −d² times the change of
		// the mean inverse, with d as the harmonic mean has it.
		d := harmonic(inverse)
		for i, v := range inverse {
			local[i] += 1 / v / float64(sizes)
			influence[i] += d * (d*v - 1) / float64(sizes)
		}
		if ctx.Err() != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", method, ctx.Err())
		}
	}
	variance := spread(influence) * (aggregates[e.Aggregate].variance + s.mutual(s.k)) / float64(s.n)

	return s.dimension("MLE", value, math.Sqrt(variance), local, e.convention()), nil
}

// inverses calls f with 1/m for every k asked for, given the distances of a
// row. Σⱼ ln(T_k/Tⱼ) = Σⱼ j·ln(Tⱼ₊₁/Tⱼ), which grows by one term from k to k+1.
func (e MLE) inverses(distances []float64, f func(k int, v float64)) {
	bias := 1.
	if e.Unbiased {
		bias = 2
	}
	if e.Noise > 0 {
		e.noisyInverses(distances, bias, f)
		return
	}
	var sum float64
	for j := 1; j < len(distances); j++ {
		sum += float64(j) * logRatio(distances[j], distances[j-1])
		if k := j + 1; k >= e.AverageFrom {
			f(k, sum/(float64(k)-bias))
		}
	}
}

// proposers holds who made an aggregate part of the method.
var proposers = map[Aggregate]string{
	Harmonic: " (MacKay and Ghahramani)",
	Mean:     " (Levina and Bickel)",
}

func (e MLE) convention() string {
	size := fmt.Sprintf("k = %d", e.Neighbors)
	if e.AverageFrom < e.Neighbors {
		size = fmt.Sprintf("mean over k = %d … %d", e.AverageFrom, e.Neighbors)
	}
	factor := "k−1"
	if e.Unbiased {
		factor = "k−2"
	}
	if e.Noise > 0 {
		factor += fmt.Sprintf(", Gaussian noise of %.4g (Haro)", e.Noise)
	}
	return fmt.Sprintf("%s%s, %s, factor %s, duplicates removed, standard error: spread over rows, mutual neighbours counted once",
		e.Aggregate, proposers[e.Aggregate], size, factor)
}

// spread returns the variance of values.
func spread(values []float64) float64 {
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	center := sum / float64(len(values))
	for _, v := range values {
		squares += (v - center) * (v - center)
	}
	return squares / float64(len(values)-1)
}
