package linalg

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// SVD returns the thin singular value decomposition x = u·diag(values)·v of the n
// × d matrix x: u is n × d with orthonormal columns, values fall, and the rows of v,
// d × d, are the right singular vectors. It panics unless n ≥ d. Values and vectors
// are those of a matrix that differs from x by about d·2⁻⁵³ of its largest singular
// value, not by its root as they would be from xᵀx. Time about 8·n·d² operations
// and 10·d³; memory 16·n·d bytes. Errors: ErrNotFinite, also where a value is beyond
// the range of float64, ErrNoConvergence, and ctx.Err(). The result has the same
// bits on any number of cores.
//
// The factor r of QR is turned by the eigenvectors of rᵀr, which makes its
// columns nearly orthogonal; what is left is done by the one-sided method of
// Hestenes (1958, Inversion of matrices by biorthogonalization and related
// results).
func SVD(ctx context.Context, x *mat.Dense) (u *mat.Dense, values []float64, v *mat.Dense, err error) {
	n, d := x.Dims()
	q, r, err := tallQR(ctx, x)
	if err != nil {
		return nil, nil, nil, err
	}
	defer giveBack(q)
	left, values, right, err := squareSVD(ctx, r)
	if err != nil {
		return nil, nil, nil, err
	}
	u = mat.NewDense(n, d, newGeneral(n, d).Data)
	err = kernel.Gemm64(ctx, blas.Trans, blas.Trans, 1, q, left, 0, u.RawMatrix())
	return u, values, mat.NewDense(d, d, right.Data), err
}

// squareSVD returns the singular vectors of r as rows.
func squareSVD(ctx context.Context, r blas64.General) (left blas64.General, values []float64, right blas64.General, err error) {
	d := r.Rows
	most := 0.
	for _, x := range r.Data {
		most = max(most, math.Abs(x))
	}
	_, exponent := math.Frexp(most)
	scale := newPower(-exponent)
	for i, x := range r.Data {
		r.Data[i] = scale.times(x)
	}
	gram := newGeneral(d, d)
	if err := kernel.Syrk64(ctx, blas.Trans, 1, r, 0, gram); err != nil {
		return left, nil, right, err
	}
	_, vectors, err := EigenSym(ctx, mat.NewSymDense(d, gram.Data))
	if err != nil {
		return left, nil, right, err
	}
	w, y := vectors.RawMatrix(), newGeneral(d, d)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, w, r, 0, y); err != nil {
		return left, nil, right, err
	}
	if err := orthogonalize(ctx, y, w); err != nil {
		return left, nil, right, err
	}
	lengths, order := make([]float64, d), make([]int, d)
	for i := range d {
		lengths[i], order[i] = math.Sqrt(kernel.Dot64(row(y, i), row(y, i))), i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(lengths[j], lengths[i]) })
	left, right, values = newGeneral(d, d), newGeneral(d, d), make([]float64, d)
	for i, k := range order {
		if values[i] = math.Ldexp(lengths[k], exponent); math.IsInf(values[i], 0) {
			return left, nil, right, ErrNotFinite
		}
		copy(row(right, i), row(w, k))
		if lengths[k] > 0 {
			copy(row(left, i), row(y, k))
			kernel.Scal64(1/lengths[k], row(left, i))
		}
	}
	if d > 0 && lengths[order[d-1]] == 0 {
		err = Orthonormalize(ctx, mat.NewDense(d, d, left.Data)) // which completes it
	}
	return left, values, right, err
}

// orthogonalize turns pairs of rows of y, and of w with them, until all rows of y
// are orthogonal. Rows that are nothing beside the longest become zero: those of a
// matrix of low rank are parallel, and what one turn leaves of them is parallel again,
// smaller by the rounding of a number each time.
func orthogonalize(ctx context.Context, y, w blas64.General) error {
	d := y.Rows
	nothing := 0x1p-900 // squared
	for i := range d {
		nothing = max(nothing, 0x1p-126*kernel.Dot64(row(y, i), row(y, i)))
	}
	tol := 0x1p-53 * math.Sqrt(float64(max(d, 16)))
	// Everybody meets everybody in rounds of pairs, as in a tournament: the first
	// stays and the others move on by one chair.
	players := d + d%2
	for range sweeps {
		var turned atomic.Bool
		for round := range players - 1 {
			chair := func(i int) int {
				if i == 0 {
					return 0
				}
				return 1 + (i-1+round)%(players-1)
			}
			err := par.Blocks(ctx, players/2, 16, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					p, q := chair(i), chair(players-1-i)
					p, q = min(p, q), max(p, q)
					if q == d {
						continue // plays nobody
					}
					a, b := row(y, p), row(y, q)
					ab, aa, bb := kernel.DotNorms64(a, b)
					if aa < nothing {
						clear(a)
						continue
					}
					if bb < nothing {
						clear(b)
						continue
					}
					if math.Abs(ab) <= tol*math.Sqrt(aa)*math.Sqrt(bb) {
						continue
					}
					turned.Store(true)
					theta := (bb - aa) / (2 * ab)
					t := math.Copysign(1/(math.Abs(theta)+math.Hypot(theta, 1)), theta)
					c := 1 / math.Hypot(t, 1)
					kernel.Rot64(a, b, c, -t*c)
					kernel.Rot64(row(w, p), row(w, q), c, -t*c)
				}
			})
			if err != nil {
				return err
			}
		}
		if !turned.Load() {
			return nil
		}
	}
	return ErrNoConvergence
}
