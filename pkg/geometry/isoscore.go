package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// IsoScore returns how evenly the rows of x (n × d) fill its d dimensions, from 0 where
// they vary in one to 1 where all directions have the same variance: spectrum.IsoScore of
// all eigenvalues of their covariance, those of zero that want of rows makes included.
// Where k of d directions vary, all alike, it is (k − 1)/(d − 1).
//
// Time O(n·d·m + m³) for m = min(n, d), memory 8·(n·d + 2·m²) bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows or columns,
// *mat32.DegenerateError where all rows are equal, *mat32.MemoryError, and one that wraps
// ctx.Err().
//
// Source: W. Rudman, N. Gillman, T. Rayne and C. Eickhoff (2022), IsoScore: measuring the
// uniformity of embedding space utilization.
func IsoScore(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = "geometry.IsoScore"
	a, _, err := varied(ctx, method, 2, 1, x)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := a.Dims()
	if d < 2 {
		return measure.Score{}, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 columns"})
	}
	values, err := spectrumOf(ctx, a)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	return isoScore(method, n, values)
}

func isoScore(method string, n int, values []float64) (measure.Score, error) {
	v, err := spectrum.IsoScore(values)
	if err != nil {
		return measure.Score{}, mat32.Rename(method, err)
	}
	return measure.Score{Name: "IsoScore", Value: v, Rows: n, Convention: "all eigenvalues of the covariance; 0 is one dimension, 1 isotropic"}, nil
}
