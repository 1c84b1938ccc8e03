package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// BrayCurtis is Σ|a−b|/Σ|a+b| (Bray and Curtis, An ordination of the upland forest
// communities of southern Wisconsin, 1957), made for counts: between 0 and 1 where
// values are 0 or more. Two rows of zeros are at 0. It breaks the triangle inequality.
//
// Where two rows are each other's negative, the distance is infinite.
type BrayCurtis struct{}

// String returns "braycurtis", as SciPy calls it.
func (BrayCurtis) String() string { return "braycurtis" }

var brayCurtis = measures{
	single: differencesOverSums[float32, float32],
	double: differencesOverSums[float64, float64],
	mixed:  differencesOverSums[float64, float32],
	// Σ|a+b| is at most Σ|a| + Σ|b|, and just that where nothing is negative.
	rough: kernel.Manhattan32,
	loose: func(d int) float64 { return kernel.Error32(d) + 0x1p-23 },
	join:  func(v float32, a, b float64) float32 { return float32(ratio(float64(v), a+b)) },
}

// sizes returns Σ|v| of every row, and whether any value is negative.
func sizes(x *table[float32]) (sums []float64, signed bool) {
	sums = make([]float64, x.n)
	for i := range sums {
		about, _ := sumOfSizes(x.row(i), x.width)
		sums[i] = about[0]
		signed = signed || about[1] > 0
	}
	return sums, signed
}

func (m BrayCurtis) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinBrayCurtis.space(ctx, x)
	}
	return brayCurtis.space(m.String(), x), nil
}

func (BrayCurtis) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinBrayCurtis.bytes(x)
	}
	return directBytes(x)
}

func differencesOverSums[A, B number](a []A, b []B) float64 {
	b = b[:len(a)]
	var d0, d1, s0, s1 float64
	i := 0
	for ; i+1 < len(a); i += 2 {
		v, w := float64(a[i]), float64(b[i])
		d0 += math.Abs(v - w)
		s0 += math.Abs(v + w)
		v, w = float64(a[i+1]), float64(b[i+1])
		d1 += math.Abs(v - w)
		s1 += math.Abs(v + w)
	}
	for ; i < len(a); i++ {
		v, w := float64(a[i]), float64(b[i])
		d0 += math.Abs(v - w)
		s0 += math.Abs(v + w)
	}
	return ratio(d0+d1, s0+s1)
}

// ratio is a/b, where 0/0 is 0, and +Inf where float64 cannot tell.
func ratio(a, b float64) float64 {
	switch {
	case a == 0:
		return 0
	case b > math.MaxFloat64:
		return math.Inf(1)
	}
	return a / b
}

// thinBrayCurtis has proxies where no value is negative: Σ|a+b| is |a| + |b| then.
var thinBrayCurtis = &thinForm{
	name:   "braycurtis",
	about:  sumOfSizes,
	common: thinManhattan.common,
	proxy: func(a, b *[3]float64, sum, _ float64) float64 {
		return ratio(a[0]+b[0]+sum, a[0]+b[0])
	},
	slack: func(a, b *[3]float64, d float64) float64 {
		if a[1]+b[1] > 0 {
			return math.Inf(1)
		}
		return 4 * rounding(d)
	},
	loose: true,
	exact: func(a, b *thinRow, _ int) float64 {
		differences, _ := union(a, b, func(v, w float64) float64 { return math.Abs(v - w) })
		sums, _ := union(a, b, func(v, w float64) float64 { return math.Abs(v + w) })
		return ratio(differences, sums)
	},
}
