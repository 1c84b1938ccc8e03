// Package frame is where networks see rows from: less the means of the columns, and over the root of the mean square of what is left.
package frame

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Of returns the means of the columns of x, whose values are finite and which a message calls name, and the root of the mean square
// of what is left. Nothing is lost to an offset. It costs two passes. Errors: a *mat32.DegenerateError where all rows are equal, or
// the unit is not from least to 1e100; what wraps ctx.Err().
func Of(ctx context.Context, method, name string, x mat.Matrix, least float64) (mean []float64, unit float64, err error) {
	n, d := x.Dims()
	mean = make([]float64, d)
	buffer := make([]float64, d)
	each := func(do func(row []float64)) error {
		for i := range n {
			if i%1024 == 0 && ctx.Err() != nil {
				return fmt.Errorf("%s: %w", method, ctx.Err())
			}
			do(mat32.Row(buffer, i, x))
		}
		return nil
	}
	first := slices.Clone(mat32.Row(buffer, 0, x)) // near which the sums stay small
	err = each(func(row []float64) {
		for j, v := range row {
			mean[j] += (v - first[j]) / float64(n)
		}
	})
	if err != nil {
		return nil, 0, err
	}
	for j, v := range first {
		mean[j] += v
	}
	square := 0.
	err = each(func(row []float64) {
		for j, v := range row {
			square += (v - mean[j]) * (v - mean[j])
		}
	})
	if err != nil {
		return nil, 0, err
	}
	unit = math.Sqrt(square / (float64(n) * float64(d)))
	switch {
	case unit == 0 && !slices.ContainsFunc(mean, func(v float64) bool { return v-v != 0 }):
		return nil, 0, &mat32.DegenerateError{Method: method, Reason: "all rows of " + name + " are equal: there is nothing to learn"}
	case !(unit >= least && unit <= 1e100):
		return nil, 0, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the deviations of %s from its mean are around %.3g: rescale the data", name, unit)}
	}
	return mean, unit, nil
}

// Scaled returns the rows of x as float32, less the mean and over the unit. Errors: a *mat32.NotFiniteError for a value that
// float32 cannot hold there, or ctx.Err().
func Scaled(ctx context.Context, x mat.Matrix, mean []float64, unit float64) (*mat32.Dense, error) {
	n, d := x.Dims()
	to := mat32.NewDense(n, d, nil)
	err := par.BlocksWith(ctx, n, 256, func() []float64 { return make([]float64, d) }, func(buffer []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := to.Row(i)
			for j, v := range mat32.Row(buffer, i, x) {
				row[j] = float32((v - mean[j]) / unit)
			}
		}
	})
	if err == nil {
		err = mat32.CheckContext(ctx, to)
	}
	if err != nil {
		return nil, err
	}
	return to, nil
}
