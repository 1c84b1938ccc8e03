package linalg

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// ErrNoConvergence says that an eigendecomposition did not converge.
var ErrNoConvergence = errors.New("the eigendecomposition did not converge")

// ErrNotFinite says that a matrix or one of its factors holds NaN or an infinity.
var ErrNotFinite = errors.New("the matrix or a factor of it holds a value that is not finite")

// EigenSym returns the eigenvalues of a, largest first, and the orthonormal
// eigenvectors as the rows of a matrix in that order. Values and vectors are those
// of a matrix that differs from a by about n·2⁻⁵³ of its largest eigenvalue, so
// much smaller eigenvalues have fewer digits. Errors: ErrNotFinite, also where an
// eigenvalue is beyond the range of float64, ErrNoConvergence, and ctx.Err().
// Time about 4·n³ operations, most of them in matrix products, and less where
// eigenvalues repeat; memory 32·n² bytes beside a; a cancel is heard within a few
// passes over the matrix. The result has the same bits on any number of cores.
//
// It is Householder's reduction to tridiagonal form followed by divide and
// conquer, and Jacobi's method up to order 32.
func EigenSym(ctx context.Context, a *mat.SymDense) (values []float64, vectors *mat.Dense, err error) {
	return EigenSymRange(ctx, a, 0, a.SymmetricDim())
}

// EigenSymRange returns all eigenvalues of a, largest first, and the eigenvectors
// from … to−1 of them, where 0 is that of the largest, as rows with the bits that
// EigenSym gives. It panics unless 0 ≤ from ≤ to ≤ n. For few vectors it takes about
// 2·n³ operations.
func EigenSymRange(ctx context.Context, a *mat.SymDense, from, to int) (values []float64, vectors *mat.Dense, err error) {
	n := a.SymmetricDim()
	if from < 0 || from > to || to > n {
		panic("linalg: the range of eigenvectors goes beyond the matrix")
	}
	work, exponent, err := scaled(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	// The vectors end in u, or where they are few, in memory of their own.
	few := to-from < n/2
	fresh := newGeneral
	if few {
		fresh = borrow
	}
	z, u := borrowZero(n, n), fresh(n, n)
	var t *tridiagonal
	var all []float64
	var order []int // of the eigenvalues, smallest first
	if n <= leaf {
		all, order, err = small(work, z)
	} else if t, err = tridiagonalize(ctx, work); err == nil {
		all = t.diagonal
		order, err = divide(ctx, all, t.off, z, work, u, n-to, n-from)
	}
	if err != nil {
		return nil, nil, err
	}
	wanted := part(u, 0, to-from, 0, n)
	if few {
		wanted = newGeneral(to-from, n)
		giveBack(u)
	}
	values = make([]float64, n)
	for i := range values {
		p := order[n-1-i]
		if values[i] = math.Ldexp(all[p], exponent); math.IsInf(values[i], 0) {
			return nil, nil, ErrNotFinite
		}
		if from <= i && i < to {
			copy(row(wanted, i-from), row(z, p))
		}
	}
	if t != nil {
		if err := t.backTransform(ctx, wanted); err != nil {
			return nil, nil, err
		}
		giveBack(t.reflect)
	}
	giveBack(work, z)
	if from == to {
		return values, &mat.Dense{}, nil
	}
	return values, mat.NewDense(to-from, n, wanted.Data[:(to-from)*n]), nil
}

// small decomposes a, which it destroys. The rows of z become the eigenvectors.
func small(a, z blas64.General) (values []float64, order []int, err error) {
	values, order = make([]float64, a.Rows), make([]int, a.Rows)
	for i := range values {
		z.Data[i*z.Stride+i] = 1
	}
	err = jacobi(a, z)
	for i := range values {
		values[i], order[i] = a.Data[i*a.Stride+i], i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(values[i], values[j]), i-j) })
	return values, order, err
}

// EigenvaluesSym returns the eigenvalues of a, largest first. Time about 4n³/3
// operations, memory 16·n² bytes beside a.
func EigenvaluesSym(ctx context.Context, a *mat.SymDense) ([]float64, error) {
	if a.SymmetricDim() <= leaf {
		values, _, err := EigenSym(ctx, a)
		return values, err
	}
	work, exponent, err := scaled(ctx, a)
	if err != nil {
		return nil, err
	}
	t, err := tridiagonalize(ctx, work)
	if err != nil {
		return nil, err
	}
	giveBack(work, t.reflect)
	if err := t.values(ctx); err != nil {
		return nil, err
	}
	values := t.diagonal
	slices.Sort(values)
	slices.Reverse(values)
	for i, v := range values {
		if values[i] = math.Ldexp(v, exponent); math.IsInf(values[i], 0) {
			return nil, ErrNotFinite
		}
	}
	return values, nil
}

// scaled returns a·2^−exponent, whose largest value is between ½ and 1:
// eigenvalues near the ends of the float64 range would lose their squares.
func scaled(ctx context.Context, a *mat.SymDense) (work blas64.General, exponent int, err error) {
	raw := a.RawSymmetric()
	n := raw.N
	largest := make([]float64, n/rowsAtOnce+1)
	err = par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for _, v := range raw.Data[i*raw.Stride+i : i*raw.Stride+n] {
				// max keeps NaN.
				largest[lo/rowsAtOnce] = max(largest[lo/rowsAtOnce], math.Abs(v))
			}
		}
	})
	if err != nil {
		return work, 0, err
	}
	most := slices.Max(largest)
	if math.IsNaN(most) || math.IsInf(most, 0) {
		return work, 0, ErrNotFinite
	}
	_, exponent = math.Frexp(most)
	work = borrow(n, n)
	scale := newPower(-exponent)
	err = par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := row(work, i)[i:]
			for j, v := range raw.Data[i*raw.Stride+i : i*raw.Stride+n] {
				to[j] = scale.times(v)
			}
			if n <= leaf {
				for j := i + 1; j < n; j++ {
					work.Data[j*n+i] = work.Data[i*n+j]
				}
			}
		}
	})
	return work, exponent, err
}
