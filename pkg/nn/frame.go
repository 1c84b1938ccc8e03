package nn

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// checkFinite is checkRows for methods that scale rows first.
func checkFinite(ctx context.Context, method string, x mat.Matrix) error {
	if err := mat32.CheckRows(method, x); err != nil {
		return err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// frame returns the means of the columns of x, and the root of the mean square of what is left.
func frame(ctx context.Context, method string, x mat.Matrix) (mean []float64, unit float64, err error) {
	n, d := x.Dims()
	mean = make([]float64, d)
	buffer := make([]float64, d)
	first := slices.Clone(mat32.Row(buffer, 0, x)) // near which nothing is lost to an offset
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, 0, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		for j, v := range mat32.Row(buffer, i, x) {
			mean[j] += (v - first[j]) / float64(n)
		}
	}
	for j, v := range first {
		mean[j] += v
	}
	square := 0.
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, 0, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		for j, v := range mat32.Row(buffer, i, x) {
			square += (v - mean[j]) * (v - mean[j])
		}
	}
	unit = math.Sqrt(square / (float64(n) * float64(d)))
	switch {
	case unit == 0 && !slices.ContainsFunc(mean, func(v float64) bool { return v-v != 0 }):
		return nil, 0, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is nothing to learn"}
	case !(unit >= 1e-100 && unit <= 1e100):
		return nil, 0, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("deviations from the mean are around %.3g: rescale the data", unit)}
	}
	return mean, unit, nil
}

// scaledBy returns the rows of x, less the mean and over the unit.
func scaledBy(ctx context.Context, method string, x mat.Matrix, mean []float64, unit float64) (*mat32.Dense, error) {
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
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return to, nil
}
