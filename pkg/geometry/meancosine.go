package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/measure"
)

// MeanCosine returns the mean cosine of all pairs of different rows of x (n × d): 0 where
// rows point everywhere alike, 1 where all point one way, and no less than −1/(n−1), which
// the corners of a simplex have. Embeddings that lie in a narrow cone have a large one.
//
// All n·(n−1) cosines add up to the square of the length of the sum of the unit rows less
// n, so that it is exact in O(n·d), where peers sample pairs. PerRow is the mean cosine of
// a row with the others. Rows are seen from the origin, not from their mean: an offset of
// all rows is what this measures. Rows of zeros are left out.
//
// Time O(n·d), memory 8·(n + d·n/512) bytes. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ShapeError below 2 rows, *mat32.DegenerateError where fewer than 2 are not zero, and one
// that wraps ctx.Err().
//
// Source: K. Ethayarajh (2019), How contextual are contextualized word representations?
func MeanCosine(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = "geometry.MeanCosine"
	h, err := headingOf(ctx, method, 2, 0, x)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := len(h.at), len(h.total)
	own := make([]float64, n)
	err = par.BlocksWith(ctx, n, blockRows, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for k := lo; k < hi; k++ {
			row, f := unitOf(buf, h.at[k], x)
			own[k] = min(max((f*kernel.Dot64(row, h.total)-1)/float64(n-1), -1), 1)
		}
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	return measure.Score{Name: "mean cosine", Value: totalOf(own) / float64(n), Rows: n, PerRow: perRow(own, h.at, h.given), Notes: leftOut(n, h.given),
		Convention: "all pairs of different rows, not centred; 0 is isotropic, 1 a single direction"}, nil
}
