package spectrum

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const blockRows = 64

// copied returns the rows of x over the largest magnitude among them, unit, so that
// no square leaves the range of float64. copies is how many matrices of its size
// the method takes.
func copied(ctx context.Context, method string, x mat.Matrix, copies int64) (rows *mat.Dense, unit float64, err error) {
	if err := mat32.CheckRows(method, x); err != nil {
		return nil, 0, err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	m := int64(min(n, d))
	if err := mat32.CheckMemory(method, 8*copies*(int64(n)*int64(d)+2*m*m), 0, "take fewer rows or columns"); err != nil {
		return nil, 0, err
	}
	rows = mat.NewDense(n, d, nil)
	largest := make([]float64, (n+blockRows-1)/blockRows)
	err = par.BlocksWith(ctx, n, blockRows, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			to := rows.RawRowView(i)
			copy(to, mat32.Row(buf, i, x))
			for _, v := range to {
				largest[lo/blockRows] = max(largest[lo/blockRows], math.Abs(v))
			}
		}
	})
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", method, err)
	}
	if unit = slices.Max(largest); unit == 0 {
		return nil, 0, &mat32.DegenerateError{Method: method, Reason: "all values are zero"}
	}
	data := rows.RawMatrix().Data
	err = par.Blocks(ctx, n, blockRows, func(lo, hi int) {
		for i := lo * d; i < hi*d; i++ {
			data[i] /= unit
		}
	})
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", method, err)
	}
	return rows, unit, nil
}

// directions are the rows of a matrix at length 1.
type directions struct {
	rows   *mat.Dense // those that have a direction
	at     []int      // which rows they are
	length []float64  // what they were divided by
	given  int
}

// notes says what was left out.
func (z *directions) notes() []string {
	if out := z.given - len(z.at); out > 0 {
		return []string{fmt.Sprintf("%d rows have no direction and were left out", out)}
	}
	return nil
}

// directionsOf returns the directions of the rows of x, as seen from their mean
// where centered, else from the origin.
func directionsOf(ctx context.Context, method string, x mat.Matrix, centered bool, copies int64) (*directions, error) {
	rows, unit, err := copied(ctx, method, x, copies)
	if err != nil {
		return nil, err
	}
	n, d := rows.Dims()
	rounding := 0.
	if centered {
		if err := center(ctx, rows); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		// What is left of a row at the mean.
		rounding = 16 * 0x1p-52 * math.Sqrt(float64(d))
	}
	length := make([]float64, n)
	err = par.Blocks(ctx, n, blockRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := rows.RawRowView(i)
			largest := 0.
			for _, v := range row {
				largest = max(largest, math.Abs(v))
			}
			if largest <= rounding {
				continue
			}
			for j := range row {
				row[j] /= largest
			}
			l := math.Sqrt(kernel.Dot64(row, row))
			for j := range row {
				row[j] /= l
			}
			length[i] = l * largest
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	z := &directions{given: n}
	for i, l := range length {
		if l == 0 {
			continue
		}
		if k := len(z.at); k < i {
			copy(rows.RawRowView(k), rows.RawRowView(i))
		}
		z.at, z.length = append(z.at, i), append(z.length, l*unit)
	}
	if len(z.at) == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: none has a direction"}
	}
	z.rows = rows.Slice(0, len(z.at), 0, d).(*mat.Dense)
	return z, nil
}

// center takes the mean off the rows.
func center(ctx context.Context, rows *mat.Dense) error {
	n, d := rows.Dims()
	part := make([][]float64, (n+blockRows-1)/blockRows)
	err := par.Blocks(ctx, n, blockRows, func(lo, hi int) {
		s := make([]float64, d)
		for i := lo; i < hi; i++ {
			kernel.Axpy64(1, rows.RawRowView(i), s)
		}
		part[lo/blockRows] = s
	})
	if err != nil {
		return err
	}
	mean := make([]float64, d)
	for _, s := range part {
		kernel.Axpy64(1/float64(n), s, mean)
	}
	return par.Blocks(ctx, n, blockRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.Axpy64(-1, mean, rows.RawRowView(i))
		}
	})
}

// singular returns z = left·diag(values)·right for the m values of the smaller side of
// z, which fall: left has their vectors as columns, right as rows.
func singular(ctx context.Context, z *mat.Dense) (left *mat.Dense, values []float64, right *mat.Dense, err error) {
	if n, d := z.Dims(); n >= d {
		return linalg.SVD(ctx, z)
	}
	u, values, v, err := linalg.SVD(ctx, mat.DenseCopyOf(z.T()))
	if err != nil {
		return nil, nil, nil, err
	}
	return mat.DenseCopyOf(v.T()), values, mat.DenseCopyOf(u.T()), nil
}
