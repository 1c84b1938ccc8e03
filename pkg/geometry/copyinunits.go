package geometry

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// copyInUnits returns a copy of the rows of x divided by unit, a power of two, so that all values
// lie within ±2 and lose nothing; unit is 0 where all of them are.
func copyInUnits(ctx context.Context, x mat.Matrix) (rows *mat.Dense, unit float64, err error) {
	const size = 64
	n, d := x.Dims()
	rows = mat.NewDense(n, d, nil)
	largest := make([]float64, (n+size-1)/size)
	err = par.BlocksWith(ctx, n, size, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			to := rows.RawRowView(i)
			copy(to, mat32.Row(buf, i, x))
			for _, v := range to {
				largest[lo/size] = max(largest[lo/size], math.Abs(v))
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	most := slices.Max(largest)
	if most == 0 {
		return rows, 0, nil
	}
	_, e := math.Frexp(most)
	return rows, math.Ldexp(1, e-1), par.Blocks(ctx, n, size, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := rows.RawRowView(i)
			for j, v := range row {
				row[j] = math.Ldexp(v, 1-e)
			}
		}
	})
}
