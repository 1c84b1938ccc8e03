package spectrum

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

const (
	vonNeumannEntropy  = "spectrum.VonNeumannEntropy"
	vonNeumannGradient = "spectrum.VonNeumannGradient"
	matrixEntropy      = "spectrum.MatrixEntropy"
)

// VonNeumannEntropy returns −tr(ρ·ln ρ) in nats, where ρ = zᵀz/n is the
// autocorrelation of the rows z of x (n × d), each at length 1 and not centred: log d
// where they point everywhere alike, log k on k orthonormal directions taken equally
// often, 0 on a line through the origin. Larger values are more isotropic.
//
// Time O(n·d·m + m³) for m = min(n, d), memory about 8·n·d + 32·m² bytes. Rows of
// zero have no direction: they are left out, and noted. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.DegenerateError where all values are zero,
// *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: J. Kim, S. Kang, D. Hwang, J. Shin and W. Rhee (2023), VNE: an effective method
// for improving deep representation by manipulating eigenvalue distribution.
func VonNeumannEntropy(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	return entropyOf(ctx, vonNeumannEntropy, x, measure.Score{Name: "von Neumann entropy",
		Convention: "nats, autocorrelation of rows of length 1, not centred"}, false)
}

// MatrixEntropy returns the entropy of the covariance of directions, over log d: the
// rows of x (n × d, d ≥ 2) less their mean are brought to length 1, and −tr(Σ·ln Σ)/ln d
// of Σ = zᵀz/n is returned, from 0 on a line to 1 where they point everywhere alike.
//
// Time, memory and errors as of VonNeumannEntropy, for rows at the mean instead of at
// zero; *mat32.ShapeError for one column.
//
// Source: L. Wei, Z. Tan, C. Li, J. Wang and W. Huang (2024), Large language model
// evaluation via matrix entropy.
func MatrixEntropy(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	s, err := entropyOf(ctx, matrixEntropy, x, measure.Score{Name: "matrix entropy",
		Convention: "over log d, covariance of rows of length 1, centred"}, true)
	if err != nil {
		return s, err
	}
	n, d := x.Dims()
	if d < 2 {
		return measure.Score{}, fmt.Errorf("%s: %w", matrixEntropy, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 columns"})
	}
	s.Value /= math.Log(float64(d))
	return s, nil
}

func entropyOf(ctx context.Context, method string, x mat.Matrix, s measure.Score, centered bool) (measure.Score, error) {
	z, err := directionsOf(ctx, method, x, centered, 1)
	if err != nil {
		return measure.Score{}, err
	}
	values, err := subspace.Moments(ctx, z.rows)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	if s.Value, err = renyi(method, values, 1); err != nil {
		return measure.Score{}, err
	}
	s.Rows, s.Notes = len(z.at), z.notes()
	return s, nil
}

// VonNeumannGradient returns the derivatives of VonNeumannEntropy by the values of x,
// n × d. It is that within the span of the rows: the entropy rises infinitely fast as
// a row leaves a span smaller than the space, which has no derivative and counts as
// none, as do rows of zero.
//
// Time O(n·d·m) for m = min(n, d) with m³ for a decomposition, memory about 40·n·d
// bytes. Errors as of VonNeumannEntropy, and *mat32.DegenerateError where the
// derivatives by minute values exceed float64.
//
// Source: J. Kim, S. Kang, D. Hwang, J. Shin and W. Rhee (2023), VNE: an effective method
// for improving deep representation by manipulating eigenvalue distribution.
func VonNeumannGradient(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	z, err := directionsOf(ctx, vonNeumannGradient, x, false, 5)
	if err != nil {
		return nil, err
	}
	u, values, v, err := singular(ctx, z.rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", vonNeumannGradient, err)
	}
	n, d := z.rows.Dims()
	// ∂S/∂z = −(2/n)·z·(ln ρ + 1); the part along z, with that of the 1, turns no
	// direction and goes with the rest of what changes the length alone.
	for c, s := range values {
		weight := 0.
		if s > 0 { // s·ln s vanishes with s
			weight = -2 / float64(n) * s * math.Log(s*s/float64(n))
		}
		for i := range n {
			u.Set(i, c, u.At(i, c)*weight)
		}
	}
	to := mat.NewDense(n, d, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, u.RawMatrix(), v.RawMatrix(), 0, to.RawMatrix()); err != nil {
		return nil, fmt.Errorf("%s: %w", vonNeumannGradient, err)
	}
	gradient := mat.NewDense(z.given, d, nil)
	for k, i := range z.at {
		row, at := to.RawRowView(k), z.rows.RawRowView(k)
		kernel.Axpy64(-kernel.Dot64(row, at), at, row)
		for j, g := range row {
			g /= z.length[k]
			if math.IsInf(g, 0) {
				return nil, &mat32.DegenerateError{Method: vonNeumannGradient, Reason: fmt.Sprintf("row %d is so short that its derivatives exceed float64: rescale the data", i)}
			}
			gradient.Set(i, j, g)
		}
	}
	return gradient, nil
}
