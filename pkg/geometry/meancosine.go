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
// Time O(n·d), memory 8·n·d bytes. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ShapeError below 2 rows, *mat32.DegenerateError where fewer than 2 are not zero,
// *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: K. Ethayarajh (2019), How contextual are contextualized word representations?
func MeanCosine(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = "geometry.MeanCosine"
	z, err := directionsOf(ctx, method, 2, 1, x)
	if err != nil {
		return measure.Score{}, err
	}
	s, err := meanCosine(ctx, z)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	return s, nil
}

func meanCosine(ctx context.Context, z *directions) (measure.Score, error) {
	total, err := sumRows(ctx, z.rows)
	if err != nil {
		return measure.Score{}, err
	}
	n, _ := z.rows.Dims()
	others := float64(n - 1)
	own := make([]float64, n)
	all, err := par.Sum(ctx, n, blockRows, func(lo, hi int) (s float64) {
		for i := lo; i < hi; i++ {
			row := z.rows.RawRowView(i)
			own[i] = min(max((kernel.Dot64(row, total)-kernel.Dot64(row, row))/others, -1), 1)
			s += own[i]
		}
		return s
	})
	return measure.Score{Name: "mean cosine", Value: all / float64(n), Rows: n, PerRow: z.perRow(own), Notes: z.notes(),
		Convention: "all pairs of different rows, not centred; 0 is isotropic, 1 a single direction"}, err
}
