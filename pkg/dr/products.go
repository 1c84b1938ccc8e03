package dr

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
)

// multiply writes op(a)·op(b) to dst.
func multiply(ctx context.Context, dst, a *mat.Dense, ta blas.Transpose, b *mat.Dense, tb blas.Transpose) error {
	return kernel.Gemm64(ctx, ta, tb, 1, a.RawMatrix(), b.RawMatrix(), 0, dst.RawMatrix())
}

// product returns op(a)·op(b).
func product(ctx context.Context, a *mat.Dense, ta blas.Transpose, b *mat.Dense, tb blas.Transpose) (*mat.Dense, error) {
	n, inner := a.Dims()
	if ta != blas.NoTrans {
		n = inner
	}
	inner, d := b.Dims()
	if tb != blas.NoTrans {
		d = inner
	}
	c := mat.NewDense(n, d, nil)
	return c, multiply(ctx, c, a, ta, b, tb)
}

// addProducts adds the inner products of the rows of x to dst, or with blas.Trans
// those of its columns.
func addProducts(ctx context.Context, dst *mat.SymDense, t blas.Transpose, x *mat.Dense) error {
	raw := dst.RawSymmetric()
	return kernel.Syrk64(ctx, t, 1, x.RawMatrix(), 1, blas64.General{Rows: raw.N, Cols: raw.N, Stride: raw.Stride, Data: raw.Data})
}

// factors returns the singular value decomposition of b: min(n, d) values, and the
// left and the right singular vectors as rows.
func factors(ctx context.Context, b *mat.Dense) (left *mat.Dense, values []float64, right *mat.Dense, err error) {
	n, d := b.Dims()
	if n < d {
		right, values, left, err = factors(ctx, mat.DenseCopyOf(b.T()))
		return left, values, right, err
	}
	u, values, v, err := linalg.SVD(ctx, b)
	if err != nil {
		return nil, nil, nil, err
	}
	return mat.DenseCopyOf(u.T()), values, v, nil
}
