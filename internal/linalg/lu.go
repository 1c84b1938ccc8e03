package linalg

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// LU is a square matrix P·A = L·U with a permutation P, a lower triangular L of unit
// diagonal and an upper triangular U: Gaussian elimination with partial pivoting, for
// matrices that are not definite. It never changes and is safe for concurrent use.
type LU struct {
	w      blas64.General // U, and L below the diagonal
	pivots []int          // the row that was exchanged with each
}

// SingularError says that a matrix is singular: elimination finds no pivot in Column.
type SingularError struct{ Column int }

// Error returns the message.
func (e *SingularError) Error() string {
	return fmt.Sprintf("the matrix is singular: column %d depends on those before", e.Column)
}

// LUInPlace factors a, in its memory. The error is a *SingularError, also where values
// are not finite, or that of the context. Time 2·n³/3 operations, nearly all in matrix
// products. The result has the same bits on any number of cores.
func LUInPlace(ctx context.Context, a *mat.Dense) (*LU, error) {
	raw := a.RawMatrix()
	if raw.Rows != raw.Cols {
		panic("linalg: the matrix is not square")
	}
	f := &LU{raw, make([]int, raw.Rows)}
	return f, f.factor(ctx, 0, raw.Rows)
}

// factor eliminates the columns lo … hi−1.
func (f *LU) factor(ctx context.Context, lo, hi int) error {
	const narrow = 16
	n := f.w.Rows
	if hi-lo > narrow {
		mid := lo + (hi-lo)/2
		if err := f.factor(ctx, lo, mid); err != nil {
			return err
		}
		side := part(f.w, lo, mid, mid, hi)
		if err := solveUnitLower(ctx, part(f.w, lo, mid, lo, mid), side); err != nil {
			return err
		}
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, part(f.w, mid, n, lo, mid), side, 1, part(f.w, mid, n, mid, hi)); err != nil {
			return err
		}
		return f.factor(ctx, mid, hi)
	}
	for k := lo; k < hi; k++ {
		best, most := k, 0.
		for i := k; i < n; i++ {
			if v := math.Abs(f.w.Data[i*f.w.Stride+k]); !(v <= most) {
				best, most = i, v
			}
		}
		if !(most > 0) || math.IsInf(most, 0) {
			return &SingularError{k}
		}
		f.pivots[k] = best
		own := row(f.w, k)
		exchange(own, row(f.w, best))
		for i := k + 1; i < n; i++ {
			below := row(f.w, i)
			v := below[k] / own[k]
			below[k] = v
			for j := k + 1; j < hi; j++ {
				below[j] -= v * own[j]
			}
		}
	}
	return ctx.Err()
}

func exchange(a, b []float64) {
	if &a[0] == &b[0] {
		return
	}
	for j, v := range a {
		a[j], b[j] = b[j], v
	}
}

// Solve replaces b by the solution x of A·x = b. Time 2·n² operations a column.
func (f *LU) Solve(ctx context.Context, b *mat.Dense) error {
	raw := b.RawMatrix()
	if raw.Rows != f.w.Rows {
		panic("linalg: the right-hand sides do not have as many rows as the matrix")
	}
	for k, p := range f.pivots {
		exchange(row(raw, k), row(raw, p))
	}
	if err := solveUnitLower(ctx, f.w, raw); err != nil {
		return err
	}
	return solveUpper(ctx, f.w, raw)
}

// solveUnitLower replaces b by the solution x of L·x = b, where L is what is below the
// diagonal of l, and ones on it.
func solveUnitLower(ctx context.Context, l, b blas64.General) error {
	n := l.Rows
	switch {
	case n <= together && b.Cols > strip:
		return inStrips(ctx, l, b, solveUnitLower)
	case n <= unblocked:
		for i := range n {
			x, own := row(b, i), row(l, i)
			for k := range i {
				kernel.Axpy64(-own[k], row(b, k), x)
			}
		}
		return ctx.Err()
	}
	h := half(n)
	top, bottom := part(b, 0, h, 0, b.Cols), part(b, h, n, 0, b.Cols)
	if err := solveUnitLower(ctx, part(l, 0, h, 0, h), top); err != nil {
		return err
	}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, part(l, h, n, 0, h), top, 1, bottom); err != nil {
		return err
	}
	return solveUnitLower(ctx, part(l, h, n, h, n), bottom)
}
