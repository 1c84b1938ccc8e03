package subspace

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
)

// Gram returns aᵀa or a·aᵀ over the number of rows, whichever is the smaller; their
// eigenvalues are the same but for zeros.
func Gram(ctx context.Context, a *mat.Dense) (*mat.SymDense, error) {
	n, d := a.Dims()
	m, t := d, blas.Trans
	if n < d {
		m, t = n, blas.NoTrans
	}
	g := mat.NewSymDense(m, nil)
	raw := g.RawSymmetric()
	return g, kernel.Syrk64(ctx, t, 1/float64(n), a.RawMatrix(), 0, blas64.General{Rows: m, Cols: m, Stride: raw.Stride, Data: raw.Data})
}

// Moments returns the eigenvalues of the Gram of a, largest first, none below zero.
func Moments(ctx context.Context, a *mat.Dense) ([]float64, error) {
	g, err := Gram(ctx, a)
	if err != nil {
		return nil, err
	}
	values, err := linalg.EigenvaluesSym(ctx, g)
	for i, v := range values {
		values[i] = max(v, 0)
	}
	return values, err
}
