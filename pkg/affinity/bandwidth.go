package affinity

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Bandwidth returns the ε at which the weights exp(−d²/(4ε)) of the neighbours in g
// tell the most of their distances, and the dimension that the data have at that
// scale: the power of two at which the sum of all weights, those of rows to themselves
// included, grows fastest with ε on a log-log scale, and twice the slope there.
//
// Errors: *mat32.ParamError for a graph that no search makes, *mat32.DegenerateError
// where all distances are zero or ε is beyond float64, and one that wraps ctx.Err().
// Time some 5·n·K exponentials.
//
// Source: T. Berry, D. Giannakis and J. Harlim (2015), Nonparametric forecasting of
// low-dimensional dynamical systems.
func Bandwidth(ctx context.Context, g *neighbors.Graph) (epsilon, dimension float64, err error) {
	const method = "affinity.Bandwidth"
	if g == nil {
		return 0, 0, &mat32.ParamError{Method: method, Param: "Graph", Value: "nil", Want: "a graph"}
	}
	if _, err := g.Neighborhoods(); err != nil { // which looks at every neighbour
		return 0, 0, mat32.Rename(method, err)
	}
	if epsilon, dimension, err = bandwidth(ctx, g, g.K); err != nil {
		return 0, 0, mat32.Rename(method, err)
	}
	return epsilon, dimension, nil
}

// bandwidth is Bandwidth for the k nearest neighbours of a sound graph.
//
// With the unit u = 2^e, the sums for all ε = 2^p·u² are made side by side: of a pair,
// x = d²/(4ε) halves from one ε to the next, and its weight is the root of the last.
// Every fourth is an exponential, and the three before it its powers, which lose
// three bits.
func bandwidth(ctx context.Context, g *neighbors.Graph, k int) (epsilon, dimension float64, err error) {
	const method = "affinity.Bandwidth"
	list := nearest(g, k)
	least, most := math.Inf(1), 0.
	for i := range g.N {
		_, distances := list(i)
		for _, d := range distances {
			if d > 0 {
				least = min(least, d)
				break
			}
		}
		most = max(most, distances[k-1])
	}
	if most == 0 {
		return 0, 0, &mat32.DegenerateError{Method: method, Reason: "all rows are at distance 0 from their neighbours, which gives no scale"}
	}
	_, unit := math.Frexp(most)                       // distances are below 2^unit
	span := 2 * (unit - int(math.Floor(log2(least)))) // their squares, relative to it, are at least 2^−span
	// Sums grow from n to twice that and more, at a slope of 1/range somewhere: not where
	// x is smaller than that for all pairs, nor where it is so large that no weight shows
	// beside those of rows to themselves.
	const step = 4
	low, high := -span-9, bits.Len(uint(span+40))
	high += (step - (high-low+1)%step) % step
	width := high - low + 1
	parts := make([][]float64, (g.N+rowBlock-1)/rowBlock)
	err = par.Blocks(ctx, g.N, rowBlock, func(lo, hi int) {
		sums := make([]float64, width)
		for i := lo; i < hi; i++ {
			_, distances := list(i)
			for _, d := range distances {
				d = math.Ldexp(d, -unit)
				addWeights(sums, d*d/4, low, step)
			}
		}
		for p := range sums {
			sums[p] += float64(hi - lo) // of rows to themselves
		}
		parts[lo/rowBlock] = sums
	})
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", method, err)
	}
	sums := make([]float64, width)
	for _, part := range parts {
		for p, v := range part {
			sums[p] += v
		}
	}
	best, steepest := 0, -1.
	for p := range width - 1 {
		if slope := math.Log2(sums[p+1]) - math.Log2(sums[p]); slope > steepest {
			best, steepest = p, slope
		}
	}
	epsilon = math.Ldexp(1, low+best+2*unit)
	if epsilon == 0 || math.IsInf(epsilon, 0) {
		return 0, 0, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the squares of distances up to %.3g are beyond float64: rescale the data", most)}
	}
	return epsilon, 2 * steepest, nil
}

func log2(v float64) float64 {
	fraction, exponent := math.Frexp(v)
	return math.Log2(fraction) + float64(exponent)
}

// negligible is x of a weight, e^−x, that does not show beside 1, however many
// neighbours a row has.
const negligible = 75

// addWeights adds exp(−square/2^p) to sums[p−low], for all p.
func addWeights(sums []float64, square float64, low, step int) {
	for top := len(sums) - 1; top >= 0; top -= step {
		x := math.Ldexp(square, -(low + top))
		if x > negligible {
			return // and so are all that follow
		}
		w := math.Exp(-x)
		for p := top; p > top-step; p-- {
			sums[p] += w
			w *= w
		}
	}
}
