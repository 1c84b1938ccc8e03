package linalg

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// QR returns the thin factors of the n × d matrix x: q, n × d with orthonormal
// columns, and the upper triangular r, whose diagonal is not negative, with x =
// q·r. The columns of q are orthonormal to rounding whatever the rank of x. It
// panics unless n ≥ d. Time about 4·n·d² operations, in matrix products; memory
// 16·n·d bytes. Errors: ErrNotFinite, also where r is beyond the range of float64, and
// ctx.Err(). The result has the same bits on any number of cores.
//
// Up to a condition of about 10⁶, when columns are first given the same length,
// it is Cholesky QR, twice (Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, 2015,
// Roundoff error analysis of the CholeskyQR2 algorithm), and beyond it
// Householder's method.
func QR(ctx context.Context, x *mat.Dense) (q *mat.Dense, r *mat.TriDense, err error) {
	v, rr, err := tallQR(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	n, d := x.Dims()
	q = mat.NewDense(n, d, newGeneral(n, d).Data)
	defer giveBack(v)
	return q, mat.NewTriDense(d, mat.Upper, rr.Data), transpose(ctx, q.RawMatrix(), v)
}

// tallQR returns the columns of q as rows of a borrowed matrix.
func tallQR(ctx context.Context, x *mat.Dense) (q, r blas64.General, err error) {
	n, d := x.Dims()
	if n < d {
		panic("linalg: QR of a matrix with fewer rows than columns")
	}
	q = borrow(d, n)
	if err := transpose(ctx, q, x.RawMatrix()); err != nil {
		return q, r, err
	}
	// Columns of like size lose no digits to each other, and squares stay in range.
	exponents, err := levelRows(ctx, q)
	if err != nil {
		return q, r, err
	}
	r, err = factorRows(ctx, q)
	if err != nil {
		return q, r, err
	}
	for j, e := range exponents {
		scale := newPower(e)
		for i := range j + 1 {
			v := scale.times(r.Data[i*d+j])
			if math.IsInf(v, 0) {
				return q, r, ErrNotFinite
			}
			r.Data[i*d+j] = v
		}
	}
	return q, r, nil
}

// levelRows multiplies every row by 2^−exponent, so that its largest value is
// between ½ and 1.
func levelRows(ctx context.Context, v blas64.General) (exponents []int, err error) {
	exponents = make([]int, v.Rows)
	finite := make([]bool, v.Rows)
	err = par.Blocks(ctx, v.Rows, 1, func(i, _ int) {
		most := 0.
		for _, x := range row(v, i) {
			most = max(most, math.Abs(x))
		}
		finite[i] = most <= math.MaxFloat64
		if most == 0 || !finite[i] {
			return
		}
		_, exponents[i] = math.Frexp(most)
		scale := newPower(-exponents[i])
		for j, x := range row(v, i) {
			v.Data[i*v.Stride+j] = scale.times(x)
		}
	})
	for _, f := range finite {
		if err == nil && !f {
			err = ErrNotFinite
		}
	}
	return exponents, err
}

// factorRows makes the rows of v orthonormal and returns the upper triangular r
// with vᵀ = qᵀ·r, where q is what v becomes.
func factorRows(ctx context.Context, v blas64.General) (r blas64.General, err error) {
	r, ok, err := choleskyRows(ctx, v, independent)
	if err != nil {
		return r, err
	}
	if !ok {
		return householderRows(ctx, v)
	}
	// The rows are now orthonormal but for rounding times the squared condition.
	again, ok, err := choleskyRows(ctx, v, nearlyOrthonormal)
	if err != nil {
		return r, err
	}
	if !ok {
		if again, err = householderRows(ctx, v); err != nil {
			return r, err
		}
	}
	product := newGeneral(r.Rows, r.Rows)
	err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, again, r, 0, product)
	for i := range r.Rows {
		clear(row(product, i)[:i])
	}
	return product, err
}

// The least shares of choleskyRows with which it makes sense the first time, and
// the second time.
const (
	independent       = 1e-12
	nearlyOrthonormal = 0.25
)

// choleskyRows makes the rows of v about orthonormal by the Cholesky factor r of
// their inner products. It leaves v as it is, and says so, where one of them keeps
// less than share of its squared length beside those before it.
func choleskyRows(ctx context.Context, v blas64.General, share float64) (r blas64.General, ok bool, err error) {
	d := v.Rows
	r = newGeneral(d, d)
	if err := kernel.Syrk64(ctx, blas.NoTrans, 1, v, 0, r); err != nil {
		return r, false, err
	}
	lengths := make([]float64, d)
	for i := range d {
		lengths[i] = row(r, i)[i]
	}
	if err := factor(ctx, r, 0); err != nil {
		if _, singular := err.(*NotPositiveError); singular {
			return r, false, nil
		}
		return r, false, err
	}
	for i := range d {
		own := row(r, i)
		if !(own[i]*own[i] > share*lengths[i]) {
			return r, false, nil
		}
		clear(own[:i])
	}
	return r, true, solveUpperTrans(ctx, r, v)
}

// householderRows does what factorRows says by reflections, for rows of any rank,
// whose values are not far from 1 in size.
func householderRows(ctx context.Context, v blas64.General) (r blas64.General, err error) {
	d, n := v.Rows, v.Cols
	r = newGeneral(d, d)
	for lo := 0; lo < d; lo += panel {
		hi := min(lo+panel, d)
		for k := lo; k < hi; k++ {
			x := row(v, k)
			for i := range k {
				r.Data[i*d+k] = x[i]
			}
			r.Data[k*d+k] = householder(x[k:])
			clear(x[:k])
			err := par.Blocks(ctx, hi-k-1, 2, func(a, b int) {
				for i := k + 1 + a; i < k+1+b; i++ {
					y := row(v, i)[k:]
					kernel.Axpy64(-kernel.Dot64(x[k:], y), x[k:], y)
				}
			})
			if err != nil {
				return r, err
			}
		}
		if err := reflectRows(ctx, part(v, lo, hi, lo, n), part(v, hi, d, lo, n), true); err != nil {
			return r, err
		}
	}
	q := borrowZero(d, n)
	defer giveBack(q)
	for i := range d {
		q.Data[i*n+i] = math.Copysign(1, r.Data[i*d+i])
	}
	for lo := (d - 1) / panel * panel; lo >= 0; lo -= panel {
		if err := reflectRows(ctx, part(v, lo, min(lo+panel, d), lo, n), part(q, lo, d, lo, n), false); err != nil {
			return r, err
		}
	}
	for i := range d {
		copy(row(v, i), row(q, i))
		if r.Data[i*d+i] < 0 {
			kernel.Scal64(-1, row(r, i)[i:])
		}
	}
	return r, nil
}

// transpose writes the transpose of src to dst.
func transpose(ctx context.Context, dst, src blas64.General) error {
	const tile = 16 // values of a tile lie in few enough cache lines
	return par.Blocks(ctx, max(src.Rows, src.Cols), 8*tile, func(lo, hi int) {
		top, bottom, left, right := lo, hi, 0, src.Cols
		if src.Cols > src.Rows {
			top, bottom, left, right = 0, src.Rows, lo, hi
		}
		for i := top; i < bottom; i += tile {
			for j := left; j < right; j += tile {
				for c := j; c < min(j+tile, right); c++ {
					for r := i; r < min(i+tile, bottom); r++ {
						dst.Data[c*dst.Stride+r] = src.Data[r*src.Stride+c]
					}
				}
			}
		}
	})
}
