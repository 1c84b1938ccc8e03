package neighbors

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Cosine is one minus the cosine of the angle between two rows. It is computed as
// half the squared distance between the rows at length 1, which keeps the digits of
// small angles. A row of zeros has no direction: it is at 0 from another one, and
// at 1 from all other rows.
type Cosine struct{}

// String returns "cosine".
func (Cosine) String() string { return "cosine" }

func (m Cosine) image(d int) *image {
	return &image{metric: m.String(), cols: d + 1, scale: halfSquared, put: func(dst []float64, d int) string {
		unit(dst, d)
		return ""
	}}
}

func (m Cosine) space(ctx context.Context, x mat.Matrix) (space, error) {
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Cosine) bytes(x mat.Matrix) int64 {
	_, d := x.Dims()
	return m.image(d).bytes(x)
}

// Correlation is one minus the correlation of the values of two rows: Cosine of
// rows less their own means. A row whose values are all the same is at 0 from
// another such row, and at 1 from all others.
type Correlation struct{}

// String returns "correlation".
func (Correlation) String() string { return "correlation" }

func (m Correlation) image(d int) *image {
	return &image{metric: m.String(), cols: d + 1, scale: halfSquared, put: func(dst []float64, d int) string {
		centre(dst[:d])
		unit(dst, d)
		return ""
	}}
}

func (m Correlation) space(ctx context.Context, x mat.Matrix) (space, error) {
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Correlation) bytes(x mat.Matrix) int64 {
	_, d := x.Dims()
	return m.image(d).bytes(x)
}

// halfSquared makes 1 − cos φ of the chord of an angle φ.
var halfSquared = scale{
	from: func(v float64) float64 { return v * v / 2 },
	to:   func(v float64) float64 { return math.Sqrt(2 * v) },
}

// unit brings the first d values of dst to length 1. Zeros stay, and get a
// direction of their own, the last column, at right angles to all others.
func unit(dst []float64, d int) {
	row := dst[:d]
	temper(row)
	norm := math.Sqrt(kernel.Dot64(row, row))
	dst[d] = 0
	if norm == 0 {
		dst[d] = 1
		return
	}
	kernel.Scal64(1/norm, row)
}

// temper scales a row of very large or very small values by a power of two, so that
// their squares and sums can be had in float64.
func temper(row []float64) {
	largest := max(slices.Max(row), -slices.Min(row))
	if largest == 0 || 0x1p-400 < largest && largest < 0x1p400 {
		return
	}
	_, exp := math.Frexp(largest)
	for i, v := range row {
		row[i] = math.Ldexp(v, -exp)
	}
}

// centre takes the mean of a row from its values.
func centre(row []float64) {
	temper(row)
	mean := 0.
	if row[0] == slices.Max(row) && row[0] == slices.Min(row) {
		mean = row[0] // a sum might round
	} else {
		for _, v := range row {
			mean += v
		}
		mean /= float64(len(row))
	}
	for i := range row {
		row[i] -= mean
	}
}
