package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// inverseRoot returns w, r × d, with w·yᵀ·y·wᵀ = I for the n × d matrix y of centred
// rows, by falling share in yᵀ·y, and the singular values of y that its rows
// belong to; directions in which the rows do not vary, but for rounding, are left
// out. It solves generalised eigenproblems A·v = λ·yᵀ·y·v: the eigenvectors u of
// w·A·wᵀ give v = wᵀ·u, and where yᵀ·y is singular those orthogonal to its kernel.
func inverseRoot(ctx context.Context, y *mat.Dense) (w *mat.Dense, values []float64, err error) {
	n, d := y.Dims()
	s, err := decompose(ctx, asCentered(y), max(min(n-1, d), 1))
	if err != nil {
		return nil, nil, err
	}
	share := float64(max(n, d)) * 0x1p-52
	for _, v := range s.scatter {
		if v > s.scatter[0]*share*share {
			values = append(values, math.Sqrt(v))
		}
	}
	w = mat.DenseCopyOf(s.components.Slice(0, len(values), 0, d))
	for c, v := range values {
		kernel.Scal64(1/v, w.RawRowView(c))
	}
	return w, values, nil
}
