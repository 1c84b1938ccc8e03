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
	if x, ok := thin(x); ok {
		return thinCosine.space(ctx, x)
	}
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Cosine) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinCosine.bytes(x)
	}
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
		center(dst[:d])
		unit(dst, d)
		return ""
	}}
}

func (m Correlation) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinCorrelation.space(ctx, x)
	}
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Correlation) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinCorrelation.bytes(x)
	}
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

// center takes the mean of a row from its values.
func center(row []float64) {
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

// thinCosine knows of a row 1 over its length, or 0 where that is 0.
var thinCosine = &thinForm{
	name: "cosine",
	about: func(values []float32, _ int) (about [3]float64, _ string) {
		if norm := kernel.DotMixed(values, values); norm > 0 {
			about[0] = 1 / math.Sqrt(norm)
		}
		return about, ""
	},
	proxy: func(a, b *[3]float64, sum, _ float64) float64 {
		if a[0] == 0 || b[0] == 0 {
			return apart(a[0] == b[0])
		}
		return 1 - sum*a[0]*b[0]
	},
	slack: func(_, _ *[3]float64, d float64) float64 { return 2 * rounding(d) },
	exact: func(a, b *thinRow, _ int) float64 {
		s, t := a.about[0], b.about[0]
		if s == 0 || t == 0 {
			return apart(s == t)
		}
		sum, _ := union(a, b, func(v, w float64) float64 {
			r := v*s - w*t
			return r * r
		})
		return sum / 2
	},
}

// apart is the distance of rows of which one has no direction.
func apart(neither bool) float64 {
	if neither {
		return 0
	}
	return 1
}

// thinCorrelation knows of a row its mean, 1 over its length without the mean, or 0
// where that is 0, and how much longer it is with it.
var thinCorrelation = &thinForm{
	name: "correlation",
	about: func(values []float32, d int) (about [3]float64, _ string) {
		mean, norm := 0., 0.
		for _, v := range values {
			mean += float64(v)
		}
		mean /= float64(d)
		if len(values) == d && slices.Max(values) == slices.Min(values) {
			mean = float64(values[0]) // a sum might round
		}
		for _, v := range values {
			norm += (float64(v) - mean) * (float64(v) - mean)
		}
		norm += float64(d-len(values)) * mean * mean
		about[0] = mean
		if norm > 0 {
			about[1] = 1 / math.Sqrt(norm)
			about[2] = math.Sqrt(kernel.DotMixed(values, values)) * about[1]
		}
		return about, ""
	},
	proxy: func(a, b *[3]float64, sum, d float64) float64 {
		if a[1] == 0 || b[1] == 0 {
			return apart(a[1] == b[1])
		}
		return 1 - (sum-d*a[0]*b[0])*a[1]*b[1]
	},
	slack: func(a, b *[3]float64, d float64) float64 { return 2 * rounding(d) * (1 + 2*a[2]*b[2]) },
	exact: func(a, b *thinRow, d int) float64 {
		m, s, n, t := a.about[0], a.about[1], b.about[0], b.about[1]
		if s == 0 || t == 0 {
			return apart(s == t)
		}
		sum, count := union(a, b, func(v, w float64) float64 {
			r := (v-m)*s - (w-n)*t
			return r * r
		})
		r := m*s - n*t
		return (sum + float64(d-count)*(r*r)) / 2
	},
}
