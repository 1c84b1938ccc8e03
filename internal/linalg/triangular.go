package linalg

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

const (
	unblocked = 32  // the order up to which triangles are solved row by row
	together  = 128 // the order up to which one goroutine solves a strip alone
	strip     = 96  // columns of so many rows that stay in its cache
)

// half is where a triangle of order n is cut in two.
func half(n int) int { return (n/2 + unblocked - 1) / unblocked * unblocked }

// solveUpper replaces b by the solution x of U·x = b, and solveUpperTrans by that
// of Uᵀ·x = b; they read the upper triangle of u. Halves of the triangle are
// solved after each other, and all between them is a matrix product.
func solveUpper(ctx context.Context, u, b blas64.General) error {
	n := u.Rows
	switch {
	case n <= together && b.Cols > strip:
		return inStrips(ctx, u, b, solveUpper)
	case n <= unblocked:
		for k := n - 1; k >= 0; k-- {
			x := row(b, k)
			divideBy(row(u, k)[k], x)
			for i := range k {
				kernel.Axpy64(-row(u, i)[k], x, row(b, i))
			}
		}
		return ctx.Err()
	}
	h := half(n)
	top, bottom := part(b, 0, h, 0, b.Cols), part(b, h, n, 0, b.Cols)
	if err := solveUpper(ctx, part(u, h, n, h, n), bottom); err != nil {
		return err
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, part(u, 0, h, h, n), bottom, 1, top); err != nil {
		return err
	}
	return solveUpper(ctx, part(u, 0, h, 0, h), top)
}

func solveUpperTrans(ctx context.Context, u, b blas64.General) error {
	n := u.Rows
	switch {
	case n <= together && b.Cols > strip:
		return inStrips(ctx, u, b, solveUpperTrans)
	case n <= unblocked:
		for k := range n {
			x, own := row(b, k), row(u, k)
			divideBy(own[k], x)
			for i := k + 1; i < n; i++ {
				kernel.Axpy64(-own[i], x, row(b, i))
			}
		}
		return ctx.Err()
	}
	h := half(n)
	top, bottom := part(b, 0, h, 0, b.Cols), part(b, h, n, 0, b.Cols)
	if err := solveUpperTrans(ctx, part(u, 0, h, 0, h), top); err != nil {
		return err
	}
	if err := kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, -1, part(u, 0, h, h, n), top, 1, bottom); err != nil {
		return err
	}
	return solveUpperTrans(ctx, part(u, h, n, h, n), bottom)
}

// inStrips solves strips of columns side by side, in which products are too small
// to wake anybody.
func inStrips(ctx context.Context, u, b blas64.General, solve func(ctx context.Context, u, b blas64.General) error) error {
	return par.Blocks(ctx, b.Cols, strip, func(lo, hi int) {
		_ = solve(ctx, u, part(b, 0, b.Rows, lo, hi)) // whose one error is that of ctx
	})
}

// divideBy divides x by d, whose inverse may be beyond the range of numbers.
func divideBy(d float64, x []float64) {
	if inverse := 1 / d; inverse < 0x1p1000 && inverse > -0x1p1000 && (d < 0x1p1000 && d > -0x1p1000) {
		kernel.Scal64(inverse, x)
		return
	}
	for i := range x {
		x[i] /= d
	}
}
