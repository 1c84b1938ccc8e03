package dr

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

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
