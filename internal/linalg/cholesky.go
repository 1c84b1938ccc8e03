package linalg

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Cholesky is a positive definite matrix A = UᵀU with an upper triangular U. It
// never changes and is safe for concurrent use.
type Cholesky struct {
	u blas64.General // the lower triangle is 0
}

// NotPositiveError says where a matrix is not positive definite: its first
// Column rows and columns are, to rounding, and with the next they are not.
type NotPositiveError struct {
	Column int     // counted from 0
	Pivot  float64 // what the column adds to the diagonal of U, squared; NaN where values are not finite
}

// Error returns the message.
func (e *NotPositiveError) Error() string {
	return fmt.Sprintf("the matrix is not positive definite: column %d has the pivot %v", e.Column, e.Pivot)
}

// NewCholesky factors a. The error is a *NotPositiveError or that of the context.
// Time n³/3 operations, nearly all in matrix products; memory 8·n² bytes. The
// result has the same bits on any number of cores.
func NewCholesky(ctx context.Context, a *mat.SymDense) (*Cholesky, error) {
	raw := a.RawSymmetric()
	u := newGeneral(raw.N, raw.N)
	exponent := exponentOf(raw)
	scale := newPower(-exponent)
	err := par.Blocks(ctx, raw.N, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := row(u, i)[i:]
			for j, v := range raw.Data[i*raw.Stride+i : i*raw.Stride+raw.N] {
				to[j] = scale.times(v)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return completed(ctx, u, exponent)
}

// CholeskyInPlace is NewCholesky in the memory of a, whose values are lost, also
// where there is an error.
func CholeskyInPlace(ctx context.Context, a *mat.SymDense) (*Cholesky, error) {
	raw := a.RawSymmetric()
	u := blas64.General{Rows: raw.N, Cols: raw.N, Stride: raw.Stride, Data: raw.Data}
	exponent := exponentOf(raw)
	if exponent != 0 {
		scale := newPower(-exponent)
		err := par.Blocks(ctx, raw.N, rowsAtOnce, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				own := row(u, i)[i:]
				for j, v := range own {
					own[j] = scale.times(v)
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return completed(ctx, u, exponent)
}

// exponentOf returns the even power of two that is about the largest value of a
// definite matrix.
func exponentOf(a blas64.Symmetric) int {
	most := 0.
	for i := range a.N {
		most = max(most, a.Data[i*a.Stride+i]) // no value of a definite matrix is larger
	}
	if math.IsInf(most, 0) || math.IsNaN(most) {
		return 0
	}
	_, exponent := math.Frexp(most)
	return exponent &^ 1 // its root scales U
}

// completed factors u, which is 2^−exponent of the matrix.
func completed(ctx context.Context, u blas64.General, exponent int) (*Cholesky, error) {
	if err := factor(ctx, u, 0); err != nil {
		if e, ok := err.(*NotPositiveError); ok {
			e.Pivot = math.Ldexp(e.Pivot, exponent)
		}
		return nil, err
	}
	scale := newPower(exponent / 2)
	return &Cholesky{u}, par.Blocks(ctx, u.Rows, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own := row(u, i)
			clear(own[:i]) // what products left there
			if exponent != 0 {
				for j, v := range own[i:] {
					own[i+j] = scale.times(v)
				}
			}
		}
	})
}

// factor replaces the upper triangle of a, whose first column is column first of
// the whole, by U; what is below it is destroyed.
func factor(ctx context.Context, a blas64.General, first int) error {
	n := a.Rows
	if n > unblocked {
		h := half(n)
		corner, side, rest := part(a, 0, h, 0, h), part(a, 0, h, h, n), part(a, h, n, h, n)
		if err := factor(ctx, corner, first); err != nil {
			return err
		}
		if err := solveUpperTrans(ctx, corner, side); err != nil {
			return err
		}
		if err := kernel.SyrkUpper64(ctx, blas.Trans, -1, side, 1, rest); err != nil {
			return err
		}
		return factor(ctx, rest, first+h)
	}
	for k := range n {
		own := row(a, k)
		pivot := own[k]
		if !(pivot > 0) || math.IsInf(pivot, 1) {
			return &NotPositiveError{first + k, pivot}
		}
		own[k] = math.Sqrt(pivot)
		divideBy(own[k], own[k+1:])
		for i := k + 1; i < n; i++ {
			kernel.Axpy64(-own[i], own[i:], row(a, i)[i:])
		}
	}
	return ctx.Err()
}

// U returns a copy of the factor.
func (c *Cholesky) U() *mat.TriDense {
	n := c.u.Rows
	copied := newGeneral(n, n)
	for i := range n {
		copy(row(copied, i)[i:], row(c.u, i)[i:])
	}
	return mat.NewTriDense(n, mat.Upper, copied.Data)
}

// LogDet returns the natural logarithm of the determinant.
func (c *Cholesky) LogDet() float64 {
	sum := 0.
	for i := range c.u.Rows {
		sum += math.Log(row(c.u, i)[i])
	}
	return 2 * sum
}

// Solve replaces b by the solution x of A·x = b. Time 2·n² operations a column.
func (c *Cholesky) Solve(ctx context.Context, b *mat.Dense) error {
	if err := c.SolveUpperTrans(ctx, b); err != nil {
		return err
	}
	return c.SolveUpper(ctx, b)
}

// SolveVector replaces x by the solution of A·x = x as it was, in one pass over U forth
// and one back. Time 2·n² operations, on one core: memory is what it waits for.
func (c *Cholesky) SolveVector(ctx context.Context, x []float64) error {
	n := c.u.Rows
	if len(x) != n {
		panic("linalg: the right-hand side does not have as many values as the matrix has rows")
	}
	for k := range n {
		if k%512 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		own := row(c.u, k)[k:]
		x[k] /= own[0]
		kernel.Axpy64(-x[k], own[1:], x[k+1:])
	}
	for k := n - 1; k >= 0; k-- {
		if k%512 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		own := row(c.u, k)[k:]
		x[k] = (x[k] - kernel.Dot64(own[1:], x[k+1:])) / own[0]
	}
	return nil
}

// SolveUpper replaces b by the solution x of U·x = b. Time n² operations a column.
func (c *Cholesky) SolveUpper(ctx context.Context, b *mat.Dense) error {
	return solveUpper(ctx, c.u, c.sides(b))
}

// SolveUpperTrans replaces b by the solution x of Uᵀ·x = b.
func (c *Cholesky) SolveUpperTrans(ctx context.Context, b *mat.Dense) error {
	return solveUpperTrans(ctx, c.u, c.sides(b))
}

func (c *Cholesky) sides(b *mat.Dense) blas64.General {
	if raw := b.RawMatrix(); raw.Rows == c.u.Rows {
		return raw
	}
	panic("linalg: the right-hand sides do not have as many rows as the matrix")
}

// Inverse returns the inverse of A. Time 2·n³ operations; to apply it, Solve is
// faster and loses fewer digits.
func (c *Cholesky) Inverse(ctx context.Context) (*mat.SymDense, error) {
	n := c.u.Rows
	w := borrowZero(n, n)
	defer giveBack(w)
	for i := range n {
		w.Data[i*n+i] = 1
	}
	if err := solveUpperTrans(ctx, c.u, w); err != nil {
		return nil, err
	}
	inverse := newGeneral(n, n)
	if err := kernel.Syrk64(ctx, blas.Trans, 1, w, 0, inverse); err != nil {
		return nil, err
	}
	return mat.NewSymDense(n, inverse.Data), nil
}

// InverseDiagonal returns the diagonal of the inverse of A. Time n³/3 operations and
// memory for 1 kB a row.
func (c *Cholesky) InverseDiagonal(ctx context.Context) ([]float64, error) {
	const wide = 128
	n := c.u.Rows
	diagonal := make([]float64, n)
	for from := 0; from < n; from += wide {
		// Columns of the inverse of Uᵀ, which are zero above the diagonal.
		to := min(from+wide, n)
		w := borrowZero(n-from, to-from)
		for i := range to - from {
			row(w, i)[i] = 1
		}
		if err := solveUpperTrans(ctx, part(c.u, from, n, from, n), w); err != nil {
			return nil, err
		}
		own := diagonal[from:to]
		for i := range w.Rows {
			for j, v := range row(w, i) {
				own[j] += v * v
			}
		}
		giveBack(w)
	}
	return diagonal, ctx.Err()
}

// LeastPivot returns the least square of a value on the diagonal of U: what a column has
// that those before it have not. The condition of A is at least its largest value over it.
func (c *Cholesky) LeastPivot() float64 {
	least := math.Inf(1)
	for i := range c.u.Rows {
		v := row(c.u, i)[i]
		least = min(least, v*v)
	}
	return least
}
