package search

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// moments returns XᵀX/n, of rows in units near their largest value, or nil where all are zero.
// Of float32 rows the products are float32, of rows less about their mean, which is put back in
// float64: a common offset costs no digits of how rows differ.
func moments(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	n, d := x.Dims()
	var row func(i int, own []float32) []float32
	var largest float32
	switch m := x.(type) {
	case *mat32.Dense:
		row = func(i int, _ []float32) []float32 { return m.Row(i) }
		largest = largestOf(blas32.General{Rows: n, Cols: d, Stride: d, Data: m.Data()})
	case *mat32.CSR:
		row = func(i int, own []float32) []float32 {
			clear(own)
			columns, values := m.Row(i)
			for at, j := range columns {
				own[j] = values[at]
			}
			return own
		}
		for i := range n {
			_, values := m.Row(i)
			largest = max(largest, most(values))
		}
	default:
		return moments64(ctx, x)
	}
	if largest == 0 {
		return nil, nil
	}
	y := centeredBy(n, d, unitOf(largest), row)
	out, rest := mat.NewDense(d, d, nil), make([]float64, d)
	sums := out.RawMatrix().Data
	some, products := make([]float32, min(rowBlock, n)*d), make([]float32, d*d)
	const strip = 64 // rows whose float32 values are added in float32
	parts := make([]float32, (min(rowBlock, n)+strip-1)/strip*d)
	for first := 0; first < n; first += rowBlock {
		last := min(first+rowBlock, n)
		err := par.Blocks(ctx, last-first, strip, func(lo, hi int) {
			y.fill(first+lo, first+hi, some[lo*d:hi*d])
			part := parts[lo/strip*d:][:d]
			copy(part, some[lo*d:])
			for i := lo + 1; i < hi; i++ {
				kernel.Axpy32(1, some[i*d:][:d], part)
			}
		})
		if err == nil {
			err = kernel.Syrk32(ctx, blas.Trans, 1, blas32.General{Rows: last - first, Cols: d, Stride: d, Data: some[:(last-first)*d]}, 0,
				blas32.General{Rows: d, Cols: d, Stride: d, Data: products})
		}
		if err == nil {
			err = par.Blocks(ctx, len(sums), 1<<14, func(lo, hi int) { add(sums[lo:hi], products[lo:hi]) })
		}
		if err != nil {
			return nil, err
		}
		for lo := 0; lo < last-first; lo += strip {
			add(rest, parts[lo/strip*d:][:d])
		}
	}
	// Of rows m + y the products are those of y, m and the sum of y in both orders, and n times
	// those of m.
	return out, par.Blocks(ctx, d, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own, at := sums[i*d:(i+1)*d], float64(y.middle[i])
			for j := range own {
				other := float64(y.middle[j])
				own[j] = (own[j] + (at*rest[j] + rest[i]*other) + float64(n)*at*other) / float64(n)
			}
		}
	})
}

// add adds float32 values to float64 ones.
func add(to []float64, values []float32) {
	to = to[:len(values)]
	for i, v := range values {
		to[i] += float64(v)
	}
}

// moments64 is moments in float64.
func moments64(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	n, d := x.Dims()
	const block = 64
	buffer := func() []float64 { return make([]float64, d) }
	most := make([]float64, (n+block-1)/block)
	err := par.BlocksWith(ctx, n, block, buffer, func(row []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for _, v := range mat32.Row(row, i, x) {
				if v = math.Abs(v); v > most[lo/block] {
					most[lo/block] = v
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	scale := 0.0
	for _, v := range most {
		scale = max(scale, v)
	}
	if scale == 0 {
		return nil, nil
	}
	const rows = 1024
	out, some := mat.NewDense(d, d, nil), make([]float64, min(rows, n)*d)
	for first := 0; first < n; first += rows {
		last := min(first+rows, n)
		err := par.BlocksWith(ctx, last-first, block, buffer, func(row []float64, lo, hi int) {
			for i := lo; i < hi; i++ {
				dst := some[i*d:][:d]
				for j, v := range mat32.Row(row, first+i, x) {
					dst[j] = v / scale
				}
			}
		})
		if err == nil {
			err = kernel.Syrk64(ctx, blas.Trans, 1/float64(n), blas64.General{Rows: last - first, Cols: d, Stride: d, Data: some[:(last-first)*d]}, 1, out.RawMatrix())
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
