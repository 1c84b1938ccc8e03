// Package subspace compares the spaces that the columns of matrices span: it centres
// rows, and finds principal angles and the rotation that fits best.
package subspace

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Centered returns the rows of x less their mean, divided by unit: a power of two near the
// largest deviation, so that the division loses nothing and no sum of squares overflows.
// Values lie within ±8. Where all rows are equal a is zero, and so is unit. A constant added
// to a column changes a by no more than its rounding of x. It fails only with ctx.Err().
func Centered(ctx context.Context, x mat.Matrix) (a *mat.Dense, unit float64, err error) {
	n, d := x.Dims()
	a = mat.NewDense(n, d, nil)
	err = par.Blocks(ctx, n, 64, func(lo, hi int) {
		buffer := make([]float64, d)
		for i := lo; i < hi; i++ {
			copy(a.RawRowView(i), mat32.Row(buffer, i, x))
		}
	})
	if err != nil {
		return nil, 0, err
	}
	// Values near the first row's, and halved, so that neither an offset costs digits
	// nor a difference overflows.
	first := make([]float64, d)
	copy(first, a.RawRowView(0))
	mean, most := make([]float64, d), make([]float64, d)
	const strip = 32 // columns: a mean is summed row after row
	err = par.Blocks(ctx, d, strip, func(from, to int) {
		first, mean, most := first[from:to], mean[from:to], most[from:to]
		for i := range n {
			if i%1024 == 0 && ctx.Err() != nil {
				return
			}
			row := a.RawRowView(i)[from:to]
			for j, f := range first {
				v := row[j]/2 - f/2
				row[j] = v
				mean[j] += v / float64(n)
				most[j] = max(most[j], math.Abs(v))
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	half := 0.
	for j, m := range most {
		half = max(half, m)
		if m == 0 {
			mean[j] = 0
		}
	}
	if half == 0 {
		return a, 0, nil
	}
	_, e := math.Frexp(half)
	unit = math.Ldexp(1, e-1)
	// Twice, for the values were halved; in two steps where a power of two is beyond float64.
	scale, again := math.Ldexp(1, 2-e), 1.
	if 2-e > 1000 {
		scale, again = 0x1p1000, math.Ldexp(1, 2-e-1000)
	}
	err = par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := a.RawRowView(i)
			for j, m := range mean {
				row[j] = (row[j] - m) * scale * again
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	return a, unit, nil
}
