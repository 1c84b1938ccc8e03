package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/measure"
)

// UniformityW2 returns how far the rows of x (n × d), brought to length 1, are from evenly
// spread over the sphere: the Wasserstein distance of order 2 of the normal distribution of
// their mean μ and covariance Σ from that of mean 0 and covariance I/d, which is
//
//	√(‖μ‖² + 1 + tr Σ − 2/√d·tr Σ^½)
//
// It is 0 where all directions are used alike, √(2 − 2·√(q/d)) where q of d are, and √2 where
// all rows point one way. Authors who want more for better negate it. Σ is the mean
// of squares, over n and not n−1, so that rows that are given twice change nothing. Of
// few rows the eigenvalues of Σ differ by chance: a uniform sample has about ½·√(d/n).
//
// Rows are seen from the origin; those of zeros are left out.
//
// Time O(n·d·m + m³) for m = min(n, d), memory 8·(n·d + 2·m²) bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where fewer than 2 are not zero, *mat32.MemoryError, and one
// that wraps ctx.Err().
//
// Source: X. Fang, J. Li, Q. Sun and B. Wang (2024), Rethinking the uniformity metric in
// self-supervised learning.
func UniformityW2(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = "geometry.UniformityW2"
	h, err := headingOf(ctx, method, 2, 1, x)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := len(h.at), len(h.total)
	mean := h.total
	kernel.Scal64(1/float64(n), mean)
	rows := mat.NewDense(n, d, nil)
	err = par.BlocksWith(ctx, n, blockRows, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for k := lo; k < hi; k++ {
			row, f := unitOf(buf, h.at[k], x)
			to := rows.RawRowView(k)
			kernel.Axpy64(f, row, to)
			kernel.Axpy64(-1, mean, to)
		}
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	values, err := subspace.Moments(ctx, rows)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	// Each eigenvalue λ gives (√λ − 1/√d)², and so does every one that is zero.
	one, square := 1/math.Sqrt(float64(d)), kernel.Dot64(mean, mean)
	for _, v := range values {
		off := math.Sqrt(v) - one
		square += off * off
	}
	square += float64(d-len(values)) * one * one
	return measure.Score{Name: "uniformity W2", Value: math.Sqrt(square), Rows: n, Notes: leftOut(n, h.given),
		Convention: "Wasserstein distance to N(0, I/d), covariance over n; 0 is uniform, √2 a single direction"}, nil
}
