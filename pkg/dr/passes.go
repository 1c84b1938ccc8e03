package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// overRows calls f for 0 … n−1 on all cores.
func overRows(ctx context.Context, n int, f func(i int)) error {
	return par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i)
		}
	})
}

// byColumns is how many columns a goroutine sums up at once: whole cache lines of
// every row.
const byColumns = 64

// downColumns calls f for every row of n, in order, with the columns lo … hi−1 of d
// that are its own.
func downColumns(ctx context.Context, n, d int, f func(i, lo, hi int)) error {
	return par.Blocks(ctx, d, byColumns, func(lo, hi int) {
		for i := range n {
			if i%4096 == 0 && ctx.Err() != nil {
				return
			}
			f(i, lo, hi)
		}
	})
}

// weightedSum returns the sum of the rows of y, each times its weight.
func weightedSum(ctx context.Context, y *mat.Dense, weights []float64) ([]float64, error) {
	n, d := y.Dims()
	sum := make([]float64, d)
	return sum, downColumns(ctx, n, d, func(i, lo, hi int) {
		kernel.Axpy64(weights[i], y.RawRowView(i)[lo:hi], sum[lo:hi])
	})
}

// largestOfColumns returns the largest magnitude in every column of y.
func largestOfColumns(ctx context.Context, y *mat.Dense) ([]float64, error) {
	n, d := y.Dims()
	largest := make([]float64, d)
	return largest, downColumns(ctx, n, d, func(i, lo, hi int) {
		for j, v := range y.RawRowView(i)[lo:hi] {
			largest[lo+j] = max(largest[lo+j], math.Abs(v))
		}
	})
}

// levelColumns divides every column of y by its length, which it returns; a column
// of zeros has the length 1.
func levelColumns(ctx context.Context, y *mat.Dense) ([]float64, error) {
	n, d := y.Dims()
	lengths := make([]float64, d)
	largest, err := largestOfColumns(ctx, y)
	if err != nil {
		return nil, err
	}
	err = downColumns(ctx, n, d, func(i, lo, hi int) {
		for j, v := range y.RawRowView(i)[lo:hi] {
			if m := largest[lo+j]; m > 0 {
				lengths[lo+j] += (v / m) * (v / m) // which stays in range
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for j, s := range lengths {
		if lengths[j] = largest[j] * math.Sqrt(s); s == 0 {
			lengths[j] = 1
		}
	}
	return lengths, overRows(ctx, n, func(i int) {
		row := y.RawRowView(i)
		for j := range row {
			row[j] /= lengths[j]
		}
	})
}
