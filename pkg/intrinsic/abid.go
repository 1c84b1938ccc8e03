package intrinsic

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// ABID estimates the dimension at every row from the angles at which it sees its
// neighbours (Thordsen and Schubert, 2020, ABID: Angle Based Intrinsic
// Dimensionality). The square of the cosine between two random directions has
// the mean 1/d in dimension d, so the estimate is
//
//	1 / mean of cos²(angle between neighbours i and j),  i, j = 1 … k.
//
// With the pairs i = j, whose cosine is 1, it cannot exceed k, nor the number
// of columns; Raw leaves them out. The dimension is the mean over rows.
//
// It needs no density and no distance to be uniform, only directions: rows at
// the edge of the data are not taken for rows of a lower dimension to first
// order. Curvature within the neighbourhood counts for dimensions.
//
// The cost is that of the neighbours and O(n·k·d·min(k, d)), or O(n·k²) for
// distances; memory that of MLE.
type ABID struct {
	// Neighbors is k, the number of other rows looked at from each. Default
	// 100, or one less than the distinct rows where these are fewer. Larger values give a smaller
	// error, and less bias without Raw, at a larger scale. 2 ≤ Neighbors ≤ n−1.
	Neighbors int

	// Raw leaves out the pairs of a neighbour with itself, which bias the
	// estimate downwards: by a twentieth in dimension 5 with 100 neighbours. It
	// is RABID of the paper. An estimate may then exceed the number of
	// neighbours.
	Raw bool

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
func (e ABID) Resolve(n, d int) (ABID, error) {
	var err error
	e.Neighbors, err = neighborhood("intrinsic.ABID", e.Neighbors, 100, fewestAngles, n, d, e.MemoryLimit)
	return e, err
}

// fewestAngles is how many neighbours have an angle.
const fewestAngles = 2

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Local holds the estimate at every
// row: NaN at rows left out and, if Raw, at those whose neighbours are all at
// right angles. Scale is the mean distance to all neighbours.
//
// The standard error is that of a mean of local estimates, taken for as dependent
// as their neighbourhoods have pairs of rows in common. It is an upper bound: one
// to four times the spread from sample to sample on spheres and normal data, and up to
// eight times on curves, whose bends make the rows differ. It covers chance, not the bias of edges and curvature.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where no more than
// the Neighbors asked for are distinct, or where no row tells anything; and one that
// wraps ctx.Err().
func (e ABID) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.ABID"
	asked := e.Neighbors
	e, err := begin(ctx, method, e, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := findStandard(ctx, method, x, asked, e.Neighbors, fewestAngles, e.Graph, e.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	pairs := "pairs of a neighbour with itself included"
	if e.Raw {
		pairs = "raw: no pairs of a neighbour with itself"
	}
	return s.byPatches(ctx, "ABID", "angles", x, byPairs, func(p *patch, i int) float64 {
		p.fromRow(ctx, i)
		return e.dimension(p.gram, p.k)
	}, fmt.Sprintf("mean over rows of 1/mean cos², k = %d, %s, duplicates removed, %s", s.k, pairs, byPairsError))
}

// dimension returns the estimate of one neighbourhood, given the products of the
// vectors to its k neighbours.
func (e ABID) dimension(gram []float64, k int) float64 {
	var sum float64 // of cos² over pairs
	for j := range k {
		var line float64
		for l := range j {
			g := gram[j*k+l]
			line += g * g / gram[l*k+l]
		}
		sum += line / gram[j*k+j]
	}
	size := float64(k)
	if e.Raw {
		return size * (size - 1) / (2 * sum)
	}
	return size * size / (size + 2*sum)
}
