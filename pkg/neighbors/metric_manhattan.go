package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Manhattan is the distance Σ|a−b|.
type Manhattan struct{}

// String returns "manhattan".
func (Manhattan) String() string { return "manhattan" }

var manhattan = measures{
	single: kernel.ManhattanMixed,
	double: kernel.Manhattan64,
	mixed: func(a []float64, b []float32) float64 {
		sum := 0.
		for i, v := range a {
			sum += math.Abs(v - float64(b[i]))
		}
		return sum
	},
	rough: kernel.Manhattan32,
	loose: kernel.Error32,
}

func (m Manhattan) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinManhattan.space(ctx, x)
	}
	return manhattan.space(m.String(), x), nil
}

func (Manhattan) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinManhattan.bytes(x)
	}
	return directBytes(x)
}

// thinManhattan has proxies |a| + |b| + Σ(|a−b| − |a| − |b|).
var thinManhattan = &thinForm{
	name:   "manhattan",
	about:  sumOfSizes,
	common: func(v, w float64) float64 { return math.Abs(v-w) - math.Abs(v) - math.Abs(w) },
	proxy:  func(a, b *[3]float64, sum, _ float64) float64 { return a[0] + b[0] + sum },
	slack:  func(a, b *[3]float64, d float64) float64 { return 3 * rounding(d) * (a[0] + b[0]) },
	exact: func(a, b *thinRow, _ int) float64 {
		sum, _ := union(a, b, func(v, w float64) float64 { return math.Abs(v - w) })
		return sum
	},
}

// sumOfSizes returns Σ|v|, and 1 where there is a negative value.
func sumOfSizes(values []float32, _ int) (about [3]float64, _ string) {
	for _, v := range values {
		about[0] += math.Abs(float64(v))
		if v < 0 {
			about[1] = 1
		}
	}
	return about, ""
}
