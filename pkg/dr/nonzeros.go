package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// nonzeros reads what is not zero of the rows of a matrix, sparse or not, in the
// same order.
type nonzeros struct {
	row     []float64
	columns []int32
	values  []float64
}

func newNonzeros(d int) *nonzeros {
	return &nonzeros{row: make([]float64, d), columns: make([]int32, d), values: make([]float64, d)}
}

// of returns the columns and values of row i, which hold until the next call.
func (z *nonzeros) of(i int, x mat.Matrix) (columns []int32, values []float64) {
	n := 0
	put := func(j int32, v float64) {
		if v != 0 {
			z.columns[n], z.values[n] = j, v
			n++
		}
	}
	if sparse, ok := x.(*mat32.CSR); ok {
		c, v := sparse.Row(i)
		for k, j := range c {
			put(j, float64(v[k]))
		}
	} else {
		for j, v := range mat32.Row(z.row, i, x) {
			put(int32(j), v)
		}
	}
	return z.columns[:n], z.values[:n]
}

// eachNonzero calls f for every row of x with what is not zero of it, in blocks of
// rows.
func eachNonzero(ctx context.Context, x mat.Matrix, f func(i int, columns []int32, values []float64)) error {
	n, d := x.Dims()
	return par.BlocksWith(ctx, n, 256, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, values := row.of(i, x)
			f(i, columns, values)
		}
	})
}

// magnitude returns the largest magnitude in x.
func magnitude(ctx context.Context, x mat.Matrix) (float64, error) {
	n, d := x.Dims()
	const block = 256
	parts := make([]float64, (n+block-1)/block)
	err := par.BlocksWith(ctx, n, block, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
		for i := lo; i < hi; i++ {
			_, values := row.of(i, x)
			for _, v := range values {
				parts[lo/block] = max(parts[lo/block], math.Abs(v))
			}
		}
	})
	largest := 0.
	for _, p := range parts {
		largest = max(largest, p)
	}
	return largest, err
}

// binary returns the power of two at or just below v > 0, by which values are
// scaled without rounding.
func binary(v float64) float64 {
	_, e := math.Frexp(v)
	return math.Ldexp(1, max(e-1, -1022))
}

// dense returns x·scale as a matrix of its own.
func dense(ctx context.Context, x mat.Matrix, scale float64) (*mat.Dense, error) {
	n, d := x.Dims()
	y := mat.NewDense(n, d, nil)
	return y, par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := y.RawRowView(i)
			for j, v := range mat32.Row(row, i, x) {
				row[j] = v * scale
			}
		}
	})
}

// sparse returns x·scale with float64 values.
func sparse(ctx context.Context, x *mat32.CSR, scale float64) (*linalg.CSR, error) {
	n, d := x.Dims()
	start := make([]int, n+1)
	indices, values := make([]int32, 0, x.NNZ()), make([]float64, 0, x.NNZ())
	for i := range n {
		if i%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		c, v := x.Row(i)
		indices = append(indices, c...)
		for _, u := range v {
			values = append(values, float64(u)*scale)
		}
		start[i+1] = len(values)
	}
	return linalg.NewCSR(n, d, start, indices, values)
}

// columnMoments returns the means of the columns of x and the sums of their
// squared deviations, zeros included.
func columnMoments(ctx context.Context, x mat.Matrix, scale float64) (mean, squares []float64, err error) {
	n, d := x.Dims()
	block := max(512, (n+63)/64)
	// over adds up what f gives for the values that are not zero.
	over := func(f func(j int32, v float64) float64, counts []float64) ([]float64, error) {
		parts := mat.NewDense((n+block-1)/block, d, nil)
		seen := mat.NewDense((n+block-1)/block, d, nil)
		err := par.BlocksWith(ctx, n, block, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
			part, number := parts.RawRowView(lo/block), seen.RawRowView(lo/block)
			for i := lo; i < hi; i++ {
				columns, values := row.of(i, x)
				for k, j := range columns {
					part[j] += f(j, values[k]*scale)
					number[j]++
				}
			}
		})
		sums := make([]float64, d)
		for b := range (n + block - 1) / block {
			for j, v := range parts.RawRowView(b) {
				sums[j] += v
				counts[j] += seen.At(b, j)
			}
		}
		return sums, err
	}
	rows := float64(n)
	mean, err = over(func(_ int32, v float64) float64 { return v / rows }, make([]float64, d))
	if err != nil {
		return nil, nil, err
	}
	counts := make([]float64, d)
	squares, err = over(func(j int32, v float64) float64 { return (v - mean[j]) * (v - mean[j]) }, counts)
	for j, m := range mean {
		squares[j] += (rows - counts[j]) * m * m
	}
	return mean, squares, err
}
