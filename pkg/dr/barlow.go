package dr

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// barlow is the loss of J. Zbontar, L. Jing, I. Misra, Y. LeCun and S. Deny (2021),
// Barlow twins: self-supervised learning via redundancy reduction: of the
// correlations C between the columns of two views of the same rows it is
// Σ(1 − C_ii)² + λ·Σ_{i≠j} C_ij².
type barlow struct {
	lambda float64
	c      blas32.General
}

// of returns the loss of z, whose upper and lower half are the two views, each with
// columns of mean 0 and variance 1, and sets dz to the gradient.
func (l *barlow) of(ctx context.Context, z, dz blas32.General) (float64, error) {
	a, b := halves(z)
	da, db := halves(dz)
	k, n := a.Cols, a.Rows
	if l.c.Rows != k {
		l.c = blas32.General{Rows: k, Cols: k, Stride: k, Data: make([]float32, k*k)}
	}
	each := 1 / float32(n)
	if err := kernel.Gemm32(ctx, blas.Trans, blas.NoTrans, each, a, b, 0, l.c); err != nil {
		return 0, err
	}
	// C becomes the gradient by C.
	loss, err := par.Sum(ctx, k, 16, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			row := l.c.Data[i*k : (i+1)*k]
			for j, v := range row {
				v := float64(v)
				if i == j {
					sum += (1 - v) * (1 - v)
					row[j] = float32(-2 * (1 - v))
				} else {
					sum += l.lambda * v * v
					row[j] = float32(2 * l.lambda * v)
				}
			}
		}
		return sum
	})
	if err != nil {
		return 0, err
	}
	if err := kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, each, b, l.c, 0, da); err != nil {
		return 0, err
	}
	return loss, kernel.Gemm32(ctx, blas.NoTrans, blas.NoTrans, each, a, l.c, 0, db)
}

func halves(x blas32.General) (upper, lower blas32.General) {
	upper, lower = x, x
	upper.Rows, lower.Rows = x.Rows/2, x.Rows/2
	lower.Data = x.Data[x.Rows/2*x.Stride:]
	return upper, lower
}
