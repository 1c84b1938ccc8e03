package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Chebyshev is the largest of the differences |a−b|.
type Chebyshev struct{}

// String returns "chebyshev".
func (Chebyshev) String() string { return "chebyshev" }

var chebyshev = measures{
	single: largestDifference[float32, float32],
	double: largestDifference[float64, float64],
	mixed:  largestDifference[float64, float32],
}

func (m Chebyshev) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinChebyshev.space(ctx, x)
	}
	return chebyshev.space(m.String(), x), nil
}

func (Chebyshev) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinChebyshev.bytes(x)
	}
	return directBytes(x)
}

func largestDifference[A, B number](a []A, b []B) float64 {
	b = b[:len(a)]
	var m0, m1, m2, m3 float64
	for len(a) >= 4 && len(b) >= 4 {
		if d := math.Abs(float64(a[0]) - float64(b[0])); d > m0 {
			m0 = d
		}
		if d := math.Abs(float64(a[1]) - float64(b[1])); d > m1 {
			m1 = d
		}
		if d := math.Abs(float64(a[2]) - float64(b[2])); d > m2 {
			m2 = d
		}
		if d := math.Abs(float64(a[3]) - float64(b[3])); d > m3 {
			m3 = d
		}
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		m0 = max(m0, math.Abs(float64(v)-float64(b[i])))
	}
	return max(m0, m1, m2, m3)
}

// thinChebyshev has no proxies: a largest difference is no sum.
var thinChebyshev = &thinForm{
	name:   "chebyshev",
	about:  sumOfSizes,
	common: func(_, _ float64) float64 { return 0 },
	proxy:  func(_, _ *[3]float64, _, _ float64) float64 { return 0 },
	slack:  func(_, _ *[3]float64, _ float64) float64 { return math.Inf(1) },
	loose:  true,
	exact: func(a, b *thinRow, _ int) float64 {
		largest := 0.
		union(a, b, func(v, w float64) float64 {
			largest = max(largest, math.Abs(v-w))
			return 0
		})
		return largest
	},
}
