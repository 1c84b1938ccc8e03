package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/kernel"
)

// jacobi turns the symmetric matrix a into a diagonal one, and the rows of v, the
// identity at first, into its eigenvectors. Where columns differ only by their
// units, however widely, small eigenvalues of a positive definite matrix keep
// their digits, which no way through a tridiagonal matrix grants (Demmel and
// Veselić, 1992, Jacobi's method is more accurate than QR).
func jacobi(a, v blas64.General) error {
	const polish = 3 // sweeps once only digits of small eigenvalues can change
	n := a.Rows
	settled := 0
	for range sweeps {
		turned := false
		for p := range n {
			for q := p + 1; q < n; q++ {
				turned = annihilate(a, v, p, q) || turned
			}
		}
		if !turned || settled == polish {
			return nil // of singular matrices, noise is left that may never settle
		}
		most, off := 0., 0.
		for i := range n {
			for j, x := range row(a, i) {
				if i == j {
					most = max(most, math.Abs(x))
				} else {
					off = max(off, math.Abs(x))
				}
			}
		}
		if settled > 0 || off <= most*0x1p-53 {
			settled++
		}
	}
	return ErrNoConvergence
}

// annihilate turns the plane of the rows p and q so that they do not couple, and
// says whether they did.
func annihilate(a, v blas64.General, p, q int) bool {
	x, y := row(a, p), row(a, q)
	couple := x[q]
	if math.Abs(couple) <= 0x1p-53*math.Sqrt(math.Abs(x[p]))*math.Sqrt(math.Abs(y[q])) || math.Abs(couple) < 0x1p-900 {
		return false
	}
	theta := (y[q] - x[p]) / (2 * couple)
	t := math.Copysign(1/(math.Abs(theta)+math.Hypot(theta, 1)), theta)
	c := 1 / math.Hypot(t, 1)
	low, high := x[p]-t*couple, y[q]+t*couple
	kernel.Rot64(x, y, c, -t*c)
	kernel.Rot64(row(v, p), row(v, q), c, -t*c)
	x[p], x[q], y[p], y[q] = low, 0, 0, high
	for i := range a.Rows {
		if i != p && i != q {
			a.Data[i*a.Stride+p], a.Data[i*a.Stride+q] = x[i], y[i]
		}
	}
	return true
}
