package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Anisotropy returns the share of the variance of the rows of x (n × d) that lies in one
// direction: σ₁²/Σσ² of the singular values of the rows less their mean. It is 1/d where all
// directions vary alike, and 1 where the rows lie on a line.
//
// Rows are centred, since a mean that is far from the origin would be all that it sees; that
// offset is what MeanCosine measures. The squares of the singular values are the eigenvalues
// of the smaller of the two products of the rows.
//
// Time O(n·d·m + m³) for m = min(n, d), memory 8·(n·d + 2·m²) bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal, *mat32.MemoryError, and one that wraps
// ctx.Err().
//
// Source: A. Razzhigaev, M. Mikhalchuk, E. Goncharova, I. Oseledets, D. Dimitrov and
// A. Kuznetsov (2024), The shape of learning: anisotropy and intrinsic dimensions in
// transformer-based models.
func Anisotropy(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = "geometry.Anisotropy"
	a, _, err := varied(ctx, method, 2, 1, x)
	if err != nil {
		return measure.Score{}, err
	}
	values, err := subspace.Moments(ctx, a)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	n, d := a.Dims()
	return anisotropy(n, d, values), nil
}

func anisotropy(n, d int, values []float64) measure.Score {
	return measure.Score{Name: "anisotropy", Value: values[0] / totalOf(values), Rows: n,
		Convention: fmt.Sprintf("largest share of the variance, rows centred; 1/%d is isotropic, 1 a line", d)}
}
