package linalg

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// ErrNoConvergence says that an eigendecomposition did not converge.
var ErrNoConvergence = errors.New("the eigendecomposition did not converge")

// rowsAtOnce cuts loops whose body costs O(n) a row.
const rowsAtOnce = 32

// EigenSym returns the eigenvalues of a, largest first, and the orthonormal
// eigenvectors as the rows of a matrix in that order. The values of a must be
// finite. Time about 9·n³, memory 32·n² bytes beside a; a cancel is heard within a few
// passes over the matrix. The result has the same bits on any number of cores.
//
// It is Householder's reduction to tridiagonal form followed by the implicit QL
// iteration (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3).
func EigenSym(ctx context.Context, a *mat.SymDense) (values []float64, vectors *mat.Dense, err error) {
	n := a.SymmetricDim()
	// Eigenvalues near the ends of the float64 range would lose their squares.
	scale := 0.
	for i := range n {
		for j := i; j < n; j++ {
			scale = max(scale, math.Abs(a.At(i, j)))
		}
	}
	vectors = mat.NewDense(n, n, nil)
	for i := range n {
		vectors.Set(i, i, 1)
	}
	values = make([]float64, n)
	if scale == 0 {
		return values, vectors, ctx.Err()
	}
	work := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			work.Set(i, j, a.At(i, j)/scale)
		}
	}
	t, err := tridiagonalize(ctx, work)
	if err != nil {
		return nil, nil, err
	}
	if err := t.diagonalize(ctx, vectors); err != nil {
		return nil, nil, err
	}
	if err := t.backTransform(ctx, vectors); err != nil {
		return nil, nil, err
	}
	order := descending(t.diagonal)
	sorted := mat.NewDense(n, n, nil)
	for i, k := range order {
		values[i] = t.diagonal[k] * scale
		copy(sorted.RawRowView(i), vectors.RawRowView(k))
	}
	return values, sorted, nil
}

// tridiagonal is QᵀAQ for the product Q of Householder reflections.
type tridiagonal struct {
	diagonal []float64
	off      []float64  // off[i] couples i and i+1; the last is 0
	reflect  *mat.Dense // row k holds the reflection that cleared column k, in its columns from k+1 on
}

// tridiagonalize reduces a, whose both triangles must be filled, and destroys it.
func tridiagonalize(ctx context.Context, a *mat.Dense) (*tridiagonal, error) {
	n, _ := a.Dims()
	t := &tridiagonal{diagonal: make([]float64, n), off: make([]float64, n), reflect: mat.NewDense(n, n, nil)}
	p := make([]float64, n)
	for k := range n {
		t.diagonal[k] = a.At(k, k)
		if k == n-1 {
			break
		}
		v := t.reflect.RawRowView(k)[k+1:]
		copy(v, a.RawRowView(k)[k+1:])
		t.off[k] = householder(v)
		if k == n-2 || v[0] == 0 {
			continue // nothing to clear
		}
		// A ← HAH with H = I − vvᵀ, |v|² = 2: w = Av − ½(vᵀAv)v, A ← A − vwᵀ − wvᵀ.
		w := p[k+1:]
		err := par.Blocks(ctx, len(v), rowsAtOnce, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				w[i] = kernel.Dot64(a.RawRowView(k + 1 + i)[k+1:], v)
			}
		})
		if err != nil {
			return nil, err
		}
		half := kernel.Dot64(v, w) / 2
		for i := range w {
			w[i] -= half * v[i]
		}
		err = par.Blocks(ctx, len(v), rowsAtOnce, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				vi, wi := v[i], w[i]
				for j, x := range a.RawRowView(k + 1 + i)[k+1:] {
					a.RawRowView(k + 1 + i)[k+1+j] = x - (vi*w[j] + wi*v[j])
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}

// householder replaces x by the vector v, |v|² = 2, for which (I − vvᵀ)x has
// only its first entry, and returns that. Where x already has only that, v is 0.
func householder(x []float64) float64 {
	tail := math.Sqrt(kernel.Dot64(x[1:], x[1:]))
	if tail == 0 {
		first := x[0]
		clear(x)
		return first
	}
	norm := math.Hypot(x[0], tail)
	first := -math.Copysign(norm, x[0])
	x[0] -= first
	scale := math.Sqrt2 / math.Hypot(x[0], tail)
	for i := range x {
		x[i] *= scale
	}
	return first
}

// rotation turns the rows row and row+1.
type rotation struct {
	row  int
	c, s float64
}

// diagonalize turns the tridiagonal matrix into its eigenvalues, and the rows of
// z, the identity at first, into its eigenvectors.
func (t *tridiagonal) diagonalize(ctx context.Context, z *mat.Dense) error {
	const sweepsPerValue = 60
	d, e := t.diagonal, t.off
	n := len(d)
	// What couples less than the rounding of the whole matrix does not couple.
	// (Judged against its neighbours alone, the noise that stands for the zero
	// eigenvalues of a matrix of low rank hardly ever falls apart.)
	negligible := 0.
	for i := range n {
		negligible = max(negligible, math.Abs(d[i])+math.Abs(e[i]))
	}
	negligible *= 0x1p-53
	var pending []rotation
	for l := range n {
		for sweep := 0; ; sweep++ {
			m := l
			for m < n-1 && math.Abs(e[m]) > negligible {
				m++
			}
			if m == l {
				break
			}
			if sweep == sweepsPerValue {
				return ErrNoConvergence
			}
			pending = t.sweep(pending, l, m)
			if len(pending) > 4*n {
				if err := turn(ctx, z, pending); err != nil {
					return err
				}
				pending = pending[:0]
			}
		}
	}
	return turn(ctx, z, pending)
}

// sweep does one implicit QL step with Wilkinson's shift on the block l … m and
// appends its rotations.
func (t *tridiagonal) sweep(rotations []rotation, l, m int) []rotation {
	d, e := t.diagonal, t.off
	g := (d[l+1] - d[l]) / (2 * e[l])
	r := math.Hypot(g, 1)
	g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
	s, c, p := 1., 1., 0.
	for i := m - 1; i >= l; i-- {
		f, b := s*e[i], c*e[i]
		r = math.Hypot(f, g)
		e[i+1] = r
		if r == 0 {
			// The block falls apart here.
			d[i+1] -= p
			e[m] = 0
			return rotations
		}
		s, c = f/r, g/r
		g = d[i+1] - p
		r = (d[i]-g)*s + 2*c*b
		p = s * r
		d[i+1] = g + p
		g = c*r - b
		rotations = append(rotations, rotation{i, c, s})
	}
	d[l] -= p
	e[l] = g
	e[m] = 0
	return rotations
}

// turn applies the rotations in order to the rows of z. Every column by itself
// sees the same arithmetic, so bands of columns can be turned at once.
func turn(ctx context.Context, z *mat.Dense, rotations []rotation) error {
	n, _ := z.Dims()
	return par.Blocks(ctx, n, 64, func(lo, hi int) {
		for _, r := range rotations {
			a, b := z.RawRowView(r.row)[lo:hi], z.RawRowView(r.row + 1)[lo:hi]
			for j, x := range a {
				y := b[j]
				b[j] = r.s*x + r.c*y
				a[j] = r.c*x - r.s*y
			}
		}
	})
}

// backTransform turns eigenvectors of the tridiagonal matrix, the rows of z,
// into those of the matrix it came from.
func (t *tridiagonal) backTransform(ctx context.Context, z *mat.Dense) error {
	n, _ := z.Dims()
	return par.Blocks(ctx, n, rowsAtOnce, func(lo, hi int) {
		for k := n - 2; k >= 0; k-- {
			if ctx.Err() != nil {
				return
			}
			v := t.reflect.RawRowView(k)[k+1:]
			if v[0] == 0 {
				continue
			}
			for i := lo; i < hi; i++ {
				row := z.RawRowView(i)[k+1:]
				w := kernel.Dot64(row, v)
				for j, x := range v {
					row[j] -= w * x
				}
			}
		}
	})
}
