package sketch

import (
	"fmt"
	"math/bits"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// FWHT multiplies x, whose length must be a power of two, by the Walsh–Hadamard
// matrix in its natural order, whose entry (i, j) is −1 to the number of bits that
// i and j share: the fast Walsh–Hadamard transform, in place, without scaling, in
// m·log₂m additions. Twice applied it multiplies by m. The error is a
// *mat32.ShapeError for any other length. Values are not looked at. Source: Fino
// and Algazi (1976), Unified matrix treatment of the fast Walsh-Hadamard
// transform.
func FWHT(x []float32) error {
	m := len(x)
	if bits.OnesCount(uint(m)) != 1 {
		return fmt.Errorf("sketch.FWHT: %w", &mat32.ShapeError{What: "x", Rows: m, Cols: 1, Want: "a power of two"})
	}
	for h := 1; h < min(m, kernel.Lanes); h *= 2 {
		for lo := 0; lo < m; lo += 2 * h {
			for i := lo; i < lo+h; i++ {
				u, v := x[i], x[i+h]
				x[i], x[i+h] = u+v, u-v
			}
		}
	}
	if m > kernel.Lanes {
		kernel.Hadamard32(x)
	}
	return nil
}
