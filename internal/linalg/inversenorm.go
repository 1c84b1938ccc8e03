package linalg

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// InverseNorm estimates the largest column sum of |A⁻¹| of a symmetric matrix of order n
// by what solve, which replaces b by A⁻¹·b, makes of some vectors. It is never too large,
// and rarely less than a third (Higham, 1988, FORTRAN codes for estimating the one-norm of
// a real or complex matrix, with applications to condition estimation).
func InverseNorm(ctx context.Context, n int, solve func(ctx context.Context, b *mat.Dense) error) (float64, error) {
	const steps = 5
	x := make([]float64, n)
	for i := range x {
		x[i] = 1 / float64(n)
	}
	estimate := 0.
	for range steps {
		y := mat.NewDense(n, 1, append([]float64(nil), x...))
		if err := solve(ctx, y); err != nil {
			return 0, err
		}
		values, sum := y.RawMatrix().Data, 0.
		for i, v := range values {
			sum += math.Abs(v)
			values[i] = math.Copysign(1, v)
		}
		if !(sum > estimate) {
			break
		}
		estimate = sum
		if err := solve(ctx, y); err != nil {
			return 0, err
		}
		best, along := 0, 0.
		for i, v := range values {
			along += v * x[i]
			if math.Abs(v) > math.Abs(values[best]) {
				best = i
			}
		}
		if !(math.Abs(values[best]) > along) {
			break
		}
		clear(x)
		x[best] = 1
	}
	// What signs that alternate find where the steps above are caught.
	y := mat.NewDense(n, 1, nil)
	for i := range n {
		v := 1 + float64(i)/float64(max(n-1, 1))
		if i%2 == 1 {
			v = -v
		}
		y.Set(i, 0, v)
	}
	if err := solve(ctx, y); err != nil {
		return 0, err
	}
	sum := 0.
	for _, v := range y.RawMatrix().Data {
		sum += math.Abs(v)
	}
	return max(estimate, 2*sum/float64(3*n)), nil
}
