package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// failed names the method that an error stopped. A decomposition fails where the
// values themselves leave it without an answer.
func failed(method string, err error) error {
	if errors.Is(err, linalg.ErrNotFinite) || errors.Is(err, linalg.ErrNoConvergence) {
		return &mat32.DegenerateError{Method: method, Reason: "the scales of the columns, or of a column within it, are too far apart: rescale them"}
	}
	return fmt.Errorf("%s: %w", method, err)
}

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

// factors returns the singular value decomposition of b: min(n, d) values, and the
// left and the right singular vectors as rows.
func factors(ctx context.Context, b *mat.Dense) (left *mat.Dense, values []float64, right *mat.Dense, err error) {
	n, d := b.Dims()
	if n < d {
		right, values, left, err = factors(ctx, mat.DenseCopyOf(b.T()))
		return left, values, right, err
	}
	u, values, v, err := linalg.SVD(ctx, b)
	if err != nil {
		return nil, nil, nil, err
	}
	return mat.DenseCopyOf(u.T()), values, v, nil
}

// product returns a·b, or a·bᵀ.
func product(ctx context.Context, a, b *mat.Dense, trans bool) (*mat.Dense, error) {
	n, _ := a.Dims()
	k, d := b.Dims()
	t := blas.NoTrans
	if trans {
		d, t = k, blas.Trans
	}
	c := mat.NewDense(n, d, nil)
	return c, kernel.Gemm64(ctx, blas.NoTrans, t, 1, a.RawMatrix(), b.RawMatrix(), 0, c.RawMatrix())
}

// standing holds rows in the form in which scatter matrices are made of them:
// copied, divided by a power of two where squares would leave the range of
// float64, and centred.
type standing struct {
	rows *mat.Dense
	mean []float64 // of the columns, in units of the data
	unit float64   // what rows are divided by
}

// stand returns the given rows of x, all where list is nil, with the mean of every
// column subtracted. Rows that are all equal are an error.
func stand(ctx context.Context, method string, x mat.Matrix, list []int) (*standing, error) {
	n, d := x.Dims()
	at := func(i int) int { return i }
	if list != nil {
		n, at = len(list), func(i int) int { return list[i] }
	}
	fail := func(err error) (*standing, error) { return nil, failed(method, err) }
	largest, err := magnitude(ctx, x)
	if err != nil {
		return fail(err)
	}
	s := &standing{rows: mat.NewDense(n, d, nil), mean: make([]float64, d), unit: 1}
	if largest != 0 && (largest < 0x1p-60 || largest > 0x1p60) {
		s.unit = binary(largest)
	}
	// Means are taken of differences from the first row, so that a large common
	// offset costs no digits.
	first := append([]float64(nil), mat32.Row(make([]float64, d), at(0), x)...)
	err = overRows(ctx, n, func(i int) {
		row := s.rows.RawRowView(i)
		for j, v := range mat32.Row(row, at(i), x) {
			row[j] = v/s.unit - first[j]/s.unit
		}
	})
	if err != nil {
		return fail(err)
	}
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1 / float64(n)
	}
	mean, err := weightedSum(ctx, s.rows, weights)
	if err != nil {
		return fail(err)
	}
	varies := false
	for j, m := range mean {
		s.mean[j] = first[j] + m*s.unit
		for i := 0; i < n && !varies; i++ {
			varies = s.rows.At(i, j) != 0
		}
	}
	if !varies {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: nothing varies"}
	}
	err = overRows(ctx, n, func(i int) { kernel.Axpy64(-1, mean, s.rows.RawRowView(i)) })
	if err != nil {
		return fail(err)
	}
	return s, nil
}
