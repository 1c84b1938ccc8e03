package linalg

import (
	"context"
	"math"
)

// sweeps bounds the steps of the QL iteration for one eigenvalue; two are usual.
const sweeps = 60

// negligible is what couples less than the rounding of the whole matrix. (Judged
// against its neighbours alone, the noise that stands for the zero eigenvalues of
// a matrix of low rank hardly ever falls apart.)
func (t *tridiagonal) negligible() float64 {
	most := 0.
	for i, d := range t.diagonal {
		most = max(most, math.Abs(d)+math.Abs(t.off[i]))
	}
	return most * 0x1p-53
}

// diagonalize replaces the diagonal by the eigenvalues and calls rotate for every
// rotation: applied to the rows i and i+1 of the identity, they turn it into the
// eigenvectors. It is the implicit QL iteration with Wilkinson's shift (Golub and
// Van Loan, Matrix Computations, section 8.3.3).
func (t *tridiagonal) diagonalize(rotate func(i int, c, s float64)) error {
	e, n := t.off, len(t.diagonal)
	small := t.negligible()
	for l := range n {
		for tries := 0; ; tries++ {
			m := l
			for m < n-1 && math.Abs(e[m]) > small {
				m++
			}
			if m == l {
				break
			}
			if tries == sweeps {
				return ErrNoConvergence
			}
			t.sweep(l, m, rotate)
		}
	}
	return nil
}

// sweep does one step on the block l … m.
func (t *tridiagonal) sweep(l, m int, rotate func(i int, c, s float64)) {
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
			return
		}
		s, c = f/r, g/r
		g = d[i+1] - p
		r = (d[i]-g)*s + 2*c*b
		p = s * r
		d[i+1] = g + p
		g = c*r - b
		rotate(i, c, s)
	}
	d[l] -= p
	e[l] = g
	e[m] = 0
}

// values replaces the diagonal by the eigenvalues. It is the QL iteration without
// square roots or vectors (Reinsch, 1973, A stable, rational QL algorithm for the
// computation of the eigenvalues of an Hermitian, tridiagonal matrix).
func (t *tridiagonal) values(ctx context.Context) error {
	d, n := t.diagonal, len(t.diagonal)
	small := t.negligible()
	small *= small
	squares := make([]float64, n)
	for i, e := range t.off {
		squares[i] = e * e
	}
	for l := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		for tries := 0; ; tries++ {
			m := l
			for m < n-1 && squares[m] > small {
				m++
			}
			if m == l {
				break
			}
			if tries == sweeps {
				return ErrNoConvergence
			}
			e := math.Sqrt(squares[l])
			g := (d[l+1] - d[l]) / (2 * e)
			shift := d[l] - e/(g+math.Copysign(math.Hypot(g, 1), g))
			c, s := 1., 0.
			gamma := d[m] - shift
			p := gamma * gamma
			for i := m - 1; i >= l; i-- {
				square := squares[i]
				r := p + square
				squares[i+1] = s * r
				before := c
				c, s = p/r, square/r
				old := gamma
				gamma = c*(d[i]-shift) - s*old
				d[i+1] = old + (d[i] - gamma)
				if c != 0 {
					p = gamma * gamma / c
				} else {
					p = before * square
				}
			}
			squares[l] = s * p
			squares[m] = 0
			d[l] = shift + gamma
		}
	}
	return nil
}
