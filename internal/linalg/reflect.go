package linalg

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/kernel"
)

// householder replaces x by the vector v, |v|² = 2, for which (I − vvᵀ)x has
// only its first entry, and returns that. Where x already has only that, but for
// what is negligible beside 1, v is 0.
func householder(x []float64) float64 {
	const negligible = 0x1p-400 // far from where squares lose digits
	tail := math.Sqrt(kernel.Dot64(x[1:], x[1:]))
	if tail <= negligible {
		first := x[0]
		clear(x)
		return first
	}
	norm := math.Hypot(x[0], tail)
	first := -math.Copysign(norm, x[0])
	x[0] -= first
	kernel.Scal64(math.Sqrt2/math.Hypot(x[0], tail), x)
	return first
}

// reflectRows replaces every row z by (Qz)ᵀ, or (Qᵀz)ᵀ for the inverse, where Q =
// H₀H₁… is the product of the reflections H = I − vvᵀ for the rows v of v. It is
// two matrix products, for Q = I − VᵀTV with a triangular T (Schreiber and Van
// Loan, 1989, A storage-efficient WY representation for products of Householder
// transformations).
func reflectRows(ctx context.Context, v, z blas64.General, inverse bool) error {
	p := v.Rows
	gram, t := newGeneral(p, p), newGeneral(p, p)
	if err := kernel.Syrk64(ctx, blas.NoTrans, 1, v, 0, gram); err != nil {
		return err
	}
	// Row i of tt is column i of T.
	for i := range p {
		own := row(t, i)
		for j := range i {
			kernel.Axpy64(-gram.Data[i*p+j], row(t, j)[:j+1], own[:j+1])
		}
		own[i] = 1
	}
	tv, zv := borrow(p, v.Cols), borrow(z.Rows, p)
	defer giveBack(tv, zv)
	side := blas.NoTrans
	if inverse {
		side = blas.Trans
	}
	if err := kernel.Gemm64(ctx, side, blas.NoTrans, 1, t, v, 0, tv); err != nil {
		return err
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, z, v, 0, zv); err != nil {
		return err
	}
	return kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, zv, tv, 1, z)
}
