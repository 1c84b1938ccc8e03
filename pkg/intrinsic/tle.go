package intrinsic

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// TLE estimates the dimension at every row from all distances within its
// neighbourhood, those between neighbours included (Amsaleg, Chelly, Houle,
// Kawarabayashi, Radovanović and Treeratanajaru, 2019, Intrinsic dimensionality
// estimation within tight localities). Every neighbour j, and its mirror image
// behind the row, is seen from every neighbour i as if that were the centre of
// the ball: on the sphere that touches the ball of radius r = T_k inside,
// passes through j and has its centre on the ray towards i. With the distances
// u to the row and v between neighbours,
//
//	s = r·(√(a² + 4v²(r²−uᵢ²)) − a) / 2(r²−uᵢ²),  a = uᵢ² + v² − uⱼ²,
//
// and t is s of the mirror image, for which v² is 2uᵢ² + 2uⱼ² − v². The estimate
// is
//
//	−2·#(measurements) / (Σln(s/r) + Σln(t/r) + 2·Σln(u/r)),
//
// which uses k² measurements where MLE uses k. Its error is that of a larger
// neighbourhood while the neighbourhood stays tight.
//
// The dimension is the mean over rows. Where peers leave out measurements below
// an absolute limit, which makes the result depend on the unit of the data,
// Epsilon is relative to T_k. Where a neighbour is nearer than that,
// scikit-dimension leaves the distances to all neighbours out of the sum; here
// only that neighbour's is.
//
// The cost is that of the neighbours and O(n·k²·d), or O(n·k²) for distances;
// memory that of MLE.
type TLE struct {
	// Neighbors is k, the number of other rows looked at from each. Default
	// 20, or one less than the distinct rows where these are fewer. Larger values give a smaller
	// error at a larger scale. 2 ≤ Neighbors ≤ n−1.
	Neighbors int

	// Epsilon is the limit, as a share of T_k, below which s, t and u are left
	// out, s and t together: the logarithm of a distance near zero tells of
	// rounding more than of dimension. Default 1e-4. Larger values leave more
	// out, which biases the estimate upwards. 0 < Epsilon < 1; 1e-300 leaves out only
	// what is zero.
	Epsilon float64

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
func (e TLE) Resolve(n, d int) (TLE, error) {
	if e.Epsilon == 0 {
		e.Epsilon = 1e-4
	}
	if !(e.Epsilon > 0 && e.Epsilon < 1) {
		return e, &mat32.ParamError{Method: "intrinsic.TLE", Param: "Epsilon", Value: e.Epsilon, Want: "0 < Epsilon < 1"}
	}
	var err error
	e.Neighbors, err = neighborhood("intrinsic.TLE", e.Neighbors, 20, 2, n, d, e.MemoryLimit)
	return e, err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds the estimate at every
// row: NaN at rows left out and at those whose neighbours are all equally far
// and tell nothing. Scale is the mean distance to all neighbours.
//
// The standard error is that of a mean of local estimates, whose deviations are
// taken for as dependent as their neighbourhoods have rows in common, or where most
// of them have most rows in common, an upper bound. It covers chance, not the bias of edges, curvature and few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, or where no row has neighbours that tell
// anything; and one that wraps ctx.Err().
func (e TLE) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.TLE"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, 2, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	return s.byPatches(ctx, "TLE", "tight localities", x, byRows, func(p *patch, i int) float64 {
		p.fromRow(ctx, i)
		return tight(p.gram, p.k, e.Epsilon)
	}, fmt.Sprintf("mean over rows, k = %d, measurements below %.2g of the distance to the last neighbour left out, duplicates removed, %s",
		s.k, e.Epsilon, byRowsError))
}

// tight returns the estimate of one neighbourhood, given the products of the
// vectors to its k neighbours in units of T_k. Where nothing is left to tell, it
// is not finite.
func tight(gram []float64, k int, epsilon float64) float64 {
	const (
		small = 1e-150 // products of more factors might come to zero
		equal = 1e-12  // a mean logarithm that rounding makes of equal distances
	)
	var sum float64 // of ln s + ln t + ln u
	product := 1.
	times := func(f float64) {
		if f < small {
			sum += math.Log(f)
			return
		}
		if product *= f; product < small {
			sum += math.Log(product)
			product = 1
		}
	}
	count := 0 // of pairs and neighbours measured
	for i := range k {
		ui := gram[i*k+i]
		rest := 1 - ui
		if i == k-1 {
			rest = 0 // the last is at distance r, whatever the rounding
		}
		for j := range k {
			if i == j {
				continue
			}
			uj, v := gram[j*k+j], 2*gram[i*k+j]
			s := touching(ui, uj, ui+uj-v, rest)
			t := touching(ui, uj, ui+uj+v, rest)
			if s < epsilon || t < epsilon {
				continue
			}
			times(s)
			times(t)
			count++
		}
	}
	// The k neighbours count as often as the pairs of one with another, and the
	// sum of their logarithms twice.
	for j := range k - 1 {
		if u := math.Sqrt(gram[j*k+j]); u >= epsilon {
			times(u * u)
			count++
		}
	}
	count++ // the last, whose logarithm is 0
	sum += math.Log(product)
	if -sum < equal*float64(count) {
		return math.Inf(1)
	}
	return -2 * float64(count) / sum
}

// touching returns s in units of r, given the squares of uᵢ, uⱼ and v and
// 1 − uᵢ². Of the two forms of the root it takes the one that cancels nothing.
func touching(ui, uj, v, rest float64) float64 {
	if v <= 0 {
		return 0
	}
	a := ui + v - uj
	root := math.Sqrt(a*a + 4*v*max(rest, 0))
	if a > 0 {
		return 2 * v / (root + a)
	}
	if rest <= 0 { // rounding: a neighbour at distance r sees none with a < 0
		return 0
	}
	return (root - a) / (2 * rest)
}
