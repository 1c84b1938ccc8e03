package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
)

// eigenSmall finds the eigenvalues of the symmetric matrix a, falling, and its
// eigenvectors as the rows of v, which is zero at first. It destroys a, and reports whether
// there is a result. Jacobi's method on the spot, for matrices of which there is one or
// more for every row, up to order 16; then one by reflections, and above order 64
// linalg.EigenSym, which takes more memory and pays for large ones.
func eigenSmall(a, v, values []float64) bool {
	n := len(values)
	switch {
	case n > 64:
		all, vectors, err := linalg.EigenSym(context.Background(), mat.NewSymDense(n, a))
		if err != nil {
			return false
		}
		copy(values, all)
		copy(v, vectors.RawMatrix().Data)
		return true
	case n > 16:
		var e mat.EigenSym
		if !finite(a[:n*n]) || !e.Factorize(mat.NewSymDense(n, a[:n*n]), true) {
			return false
		}
		var vectors mat.Dense
		e.VectorsTo(&vectors)
		for i, rising := range e.Values(nil) {
			values[n-1-i] = rising
			mat.Col(v[(n-1-i)*n:(n-i)*n], i, &vectors)
		}
		return true
	}
	for i := range n {
		v[i*n+i] = 1
	}
	for range 40 {
		turned := false
		for p := range n {
			for q := p + 1; q < n; q++ {
				couple := a[p*n+q]
				x, y := a[p*n+p], a[q*n+q]
				if !(math.Abs(couple) > 0x1p-56*(math.Abs(x)+math.Abs(y))) {
					continue
				}
				turned = true
				theta := (y - x) / (2 * couple)
				t := 1 / (math.Abs(theta) + math.Sqrt(theta*theta+1))
				if theta < 0 {
					t = -t
				}
				c := 1 / math.Sqrt(t*t+1)
				s := t * c
				for j := range n {
					e, f := a[p*n+j], a[q*n+j]
					e, f = c*e-s*f, s*e+c*f
					a[p*n+j], a[j*n+p], a[q*n+j], a[j*n+q] = e, e, f, f
					e, f = v[p*n+j], v[q*n+j]
					v[p*n+j], v[q*n+j] = c*e-s*f, s*e+c*f
				}
				a[p*n+p], a[q*n+q], a[p*n+q], a[q*n+p] = x-t*couple, y+t*couple, 0, 0
			}
		}
		if !turned {
			break
		}
	}
	for i := range n {
		values[i] = a[i*n+i]
	}
	for i := range n {
		best := i
		for j := i + 1; j < n; j++ {
			if values[j] > values[best] {
				best = j
			}
		}
		if best != i {
			values[i], values[best] = values[best], values[i]
			for j := range n {
				v[i*n+j], v[best*n+j] = v[best*n+j], v[i*n+j]
			}
		}
	}
	return finite(values)
}

// mirror copies the lower triangle of a matrix to the upper.
func mirror(a []float64, n int) {
	for i := range n {
		for j := range i {
			a[j*n+i] = a[i*n+j]
		}
	}
}
