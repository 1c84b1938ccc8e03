package dr

import (
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Equations of a few unknowns, one set for every row: linalg.Cholesky is for one
// large matrix, on all cores, and takes memory of its own.

// factorize replaces the lower triangle of a symmetric matrix of order k, whose
// eigenvalues are at least least, by its Cholesky factor. It reports whether the
// matrix is positive definite, which it is where least is positive.
func factorize(a []float64, k int, least float64) bool {
	definite := true
	for i := range k {
		row := a[i*k : i*k+i+1]
		for j := range i {
			row[j] = (row[j] - kernel.Dot64(row[:j], a[j*k:j*k+j])) / a[j*k+j]
		}
		pivot := max(row[i]-kernel.Dot64(row[:i], row[:i]), least)
		definite = definite && pivot > 0
		row[i] = math.Sqrt(pivot)
	}
	return definite
}

// solveFactor replaces x by the solution of a·y = x for the Cholesky factor of a.
func solveFactor(a []float64, k int, x []float64) {
	for i := range k {
		x[i] = (x[i] - kernel.Dot64(a[i*k:i*k+i], x[:i])) / a[i*k+i]
	}
	for i := k - 1; i >= 0; i-- {
		x[i] /= a[i*k+i]
		kernel.Axpy64(-x[i], a[i*k:i*k+i], x[:i])
	}
}
