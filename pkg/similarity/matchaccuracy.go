package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// MatchAccuracy is the share of rows of x (n × d) that find their own row of y (n × d) among
// the so many rows of y, within, that are most alike by the cosine: retrieval, at 1 the
// accuracy of matching. It is a similarity, 1 where all do and within/n by chance. A row at
// the same angle as others stands in the middle of them. x and y must be of one space: it
// is what alignments are judged by, as in S. Hadgi et al., 2025, Escaping Plato's Cave:
// Towards the Alignment of 3D and Text Latent Spaces.
//
// Errors: those of mat32.CheckRows and mat32.Check, naming x or y; *mat32.ShapeError where
// shapes differ or there are fewer than 2 rows; *mat32.ParamError unless 1 ≤ within ≤ n;
// *mat32.DegenerateError where all rows of one are equal; and one that wraps ctx.Err(). Time
// O(n²·d), memory 8·n·(2·d + 256).
func MatchAccuracy(ctx context.Context, x, y mat.Matrix, within int) (measure.Score, error) {
	const method = "similarity.MatchAccuracy"
	n, p, q, err := checkBoth(ctx, method, 2, x, y)
	switch {
	case err != nil:
		return measure.Score{}, err
	case p != q:
		return measure.Score{}, &mat32.ShapeError{What: "y", Rows: n, Cols: q, Want: fmt.Sprintf("as many columns as x, %d, for %s", p, method)}
	case within < 1 || within > n:
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "within", Value: within, Want: fmt.Sprintf("1 ≤ within ≤ n = %d", n)}
	}
	var units [2]*mat.Dense
	for i, m := range []mat.Matrix{x, y} {
		if err := distinct(method, []string{"x", "y"}[i], m); err != nil {
			return measure.Score{}, err
		}
		if units[i], err = unitLengths(ctx, m); err != nil {
			return measure.Score{}, fmt.Errorf("%s: %w", method, err)
		}
	}
	ranks, err := retrieved(ctx, units[0], units[1])
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	s := measure.Score{Name: "match accuracy", Rows: n, PerRow: hits(ranks, within),
		Convention: fmt.Sprintf("share of rows of x whose own row of y is among the %d most alike, by the cosine; similarity, 1 is same", within)}
	s.Value = mean(s.PerRow)
	return s, nil
}

// hits returns 1 for ranks of at most within and 0 for others.
func hits(ranks []float64, within int) []float64 {
	h := make([]float64, len(ranks))
	for i, r := range ranks {
		if r <= float64(within) {
			h[i] = 1
		}
	}
	return h
}

// retrieved returns the rank of row i of b among all rows of b by its product with row i of
// a: 1 and the rows with a larger product and half those with the same. Rows are of length
// 1, or 0.
func retrieved(ctx context.Context, a, b *mat.Dense) ([]float64, error) {
	n, d := a.Dims()
	ranks := make([]float64, n)
	for from := 0; from < n; from += rowsAtOnce {
		to := min(from+rowsAtOnce, n)
		products := mat.NewDense(to-from, n, nil)
		part := a.Slice(from, to, 0, d).(*mat.Dense)
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, part.RawMatrix(), b.RawMatrix(), 0, products.RawMatrix()); err != nil {
			return nil, err
		}
		err := par.Blocks(ctx, to-from, 16, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := products.RawRowView(i)
				own, rank := row[from+i], 1.
				for j, v := range row {
					switch {
					case j == from+i:
					case math.Abs(v-own) <= 1e-14: // the same, but for rounding
						rank += .5
					case v > own:
						rank++
					}
				}
				ranks[from+i] = rank
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return ranks, nil
}
