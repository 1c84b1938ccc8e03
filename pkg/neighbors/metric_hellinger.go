package neighbors

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
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
	return &image{metric: m.String(), cols: d + 1, kept: true,
		scale: scale{
			from: func(v float64) float64 { return v / math.Sqrt2 },
			to:   func(v float64) float64 { return v * math.Sqrt2 },
		},
		put: func(dst []float64, d int) string {
			if refusal := distribution(dst[:d]); refusal != "" {
				return refusal
			}
			for i, v := range dst[:d] {
				dst[i] = math.Sqrt(v)
			}
			unit(dst, d)
			return ""
		}}
}

func (m Hellinger) space(ctx context.Context, x mat.Matrix) (space, error) {
	_, d := x.Dims()
	return m.image(d).space(ctx, x)
}

func (m Hellinger) bytes(x mat.Matrix) int64 {
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
