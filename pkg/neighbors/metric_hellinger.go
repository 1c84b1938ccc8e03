package neighbors

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Hellinger compares rows as distributions (Hellinger, Neue Begründung der Theorie
// quadratischer Formen von unendlichvielen Veränderlichen, 1909): √(½Σ(√p−√q)²),
// where p and q are the rows over their sums. It is between 0 and 1. A row of zeros
// is at 0 from another one, and at 1 from all other rows. A negative value is a
// *DomainError.
type Hellinger struct{}

// String returns "hellinger".
func (Hellinger) String() string { return "hellinger" }

func (m Hellinger) image(d int) *image {
	return &image{metric: m.String(), cols: d + 1, put: func(dst []float64, d int) string {
		if refusal := distribution(dst[:d]); refusal != "" {
			return refusal
		}
		for i, v := range dst[:d] {
			dst[i] = math.Sqrt(v)
		}
		unit(dst, d)
		// Halving squares here, not distances later, keeps different distances
		// apart: a root of 2 less, some would round to one.
		kernel.Scal64(math.Sqrt2/2, dst)
		return ""
	}}
}

func (m Hellinger) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinHellinger.space(ctx, x)
	}
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Hellinger) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinHellinger.bytes(x)
	}
	_, d := x.Dims()
	return m.image(d).bytes(x)
}

// distribution brings the sum of a row to 1, unless it is a row of zeros, or says
// why it cannot.
func distribution(row []float64) (refusal string) {
	for j, v := range row {
		if v < 0 {
			return fmt.Sprintf("its value in column %d is %v, and shares are 0 or more", j, v)
		}
	}
	temper(row)
	sum := 0.
	for _, v := range row {
		sum += v
	}
	if sum == 0 {
		return ""
	}
	for j := range row {
		row[j] /= sum
	}
	return ""
}

// thinHellinger knows of a row its sum.
var thinHellinger = &thinForm{
	name:  "hellinger",
	about: sumOfShares,
	value: func(v float64, about [3]float64) float64 { return math.Sqrt(v / about[0]) },
	proxy: func(a, b *[3]float64, sum, _ float64) float64 {
		if a[0] == 0 || b[0] == 0 {
			return apart(a[0] == b[0])
		}
		return 1 - sum
	},
	// Both roots are rounded to float32.
	slack: func(_, _ *[3]float64, d float64) float64 { return 0x1p-22 + 2*rounding(d) },
	most:  func(v float64) float64 { return v * v },
	exact: func(a, b *thinRow, _ int) float64 {
		s, t := a.about[0], b.about[0]
		if s == 0 || t == 0 {
			return apart(s == t)
		}
		sum, _ := union(a, b, func(v, w float64) float64 {
			r := math.Sqrt(v/s) - math.Sqrt(w/t)
			return r * r
		})
		return math.Sqrt(sum / 2)
	},
}

// sumOfShares returns the sum of a row without negative values.
func sumOfShares(values []float32, _ int) (about [3]float64, refusal string) {
	for _, v := range values {
		if v < 0 {
			return about, fmt.Sprintf("it has a value of %v, and shares are 0 or more", v)
		}
		about[0] += float64(v)
	}
	return about, ""
}
