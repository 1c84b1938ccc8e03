package linalg

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Orthonormalize makes the rows of v orthonormal, in order, by Gram-Schmidt with
// reorthogonalisation. A row that depends on those before it is replaced by a
// unit vector orthogonal to them, made from coordinate axes. v must not have
// more rows than columns.
func Orthonormalize(v *mat.Dense) {
	k, d := v.Dims()
	axis := 0
	for i := range k {
		row := v.RawRowView(i)
		for !orthonormalize(v, i) {
			clear(row)
			row[axis%d] = 1
			axis++
		}
	}
}

// orthonormalize makes row i orthogonal to those before it, with length 1; it
// returns false when too little of the row is left for that.
func orthonormalize(v *mat.Dense, i int) bool {
	row := v.RawRowView(i)
	largest := 0.
	for _, x := range row {
		largest = max(largest, math.Abs(x))
	}
	if largest == 0 {
		return false
	}
	for j := range row {
		row[j] /= largest // so that squares stay in range
	}
	before := math.Sqrt(kernel.Dot64(row, row))
	for range 2 {
		for p := range i {
			other := v.RawRowView(p)
			w := kernel.Dot64(row, other)
			for j, x := range other {
				row[j] -= w * x
			}
		}
	}
	after := math.Sqrt(kernel.Dot64(row, row))
	if after < 1e-8*before {
		return false
	}
	for j := range row {
		row[j] /= after
	}
	return true
}
