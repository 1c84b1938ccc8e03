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
	rough:  largestDifference32,
	loose:  func(int) float64 { return 0x1p-24 }, // that of one difference
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

// largestDifference compares sizes as integers, whose order is that of their bits:
// there is no branch to mispredict.
func largestDifference[A, B number](a []A, b []B) float64 {
	b = b[:len(a)]
	var m0, m1, m2, m3 uint64
	i := 0
	for ; i+3 < len(a); i += 4 {
		v, w := a[i:i+4:i+4], b[i:i+4:i+4]
		m0 = max(m0, math.Float64bits(float64(v[0])-float64(w[0]))<<1)
		m1 = max(m1, math.Float64bits(float64(v[1])-float64(w[1]))<<1)
		m2 = max(m2, math.Float64bits(float64(v[2])-float64(w[2]))<<1)
		m3 = max(m3, math.Float64bits(float64(v[3])-float64(w[3]))<<1)
	}
	for ; i < len(a); i++ {
		m0 = max(m0, math.Float64bits(float64(a[i])-float64(b[i]))<<1)
	}
	return math.Float64frombits(max(m0, m1, m2, m3) >> 1)
}

func largestDifference32(a, b []float32) float32 {
	b = b[:len(a)]
	var m0, m1, m2, m3 uint32
	i := 0
	for ; i+3 < len(a); i += 4 {
		v, w := a[i:i+4:i+4], b[i:i+4:i+4]
		m0 = max(m0, math.Float32bits(v[0]-w[0])<<1)
		m1 = max(m1, math.Float32bits(v[1]-w[1])<<1)
		m2 = max(m2, math.Float32bits(v[2]-w[2])<<1)
		m3 = max(m3, math.Float32bits(v[3]-w[3])<<1)
	}
	for ; i < len(a); i++ {
		m0 = max(m0, math.Float32bits(a[i]-b[i])<<1)
	}
	return math.Float32frombits(max(m0, m1, m2, m3) >> 1)
}

func abs32(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

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
