package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
)

// Euclidean is the distance √Σ(a−b)².
type Euclidean struct{}

// String returns "euclidean".
func (Euclidean) String() string { return "euclidean" }

func (Euclidean) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinEuclidean.space(ctx, x)
	}
	return asTheyAre(ctx, x, scale{})
}

func (Euclidean) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinEuclidean.bytes(x)
	}
	return bytesAsTheyAre(x)
}

// thinEuclidean has proxies a² + b² − 2ab.
var thinEuclidean = &thinForm{
	name: "euclidean",
	about: func(values []float32, _ int) (about [3]float64, _ string) {
		about[0] = kernel.DotMixed(values, values)
		return about, ""
	},
	proxy: func(a, b *[3]float64, sum, _ float64) float64 { return a[0] + b[0] - 2*sum },
	slack: func(a, b *[3]float64, d float64) float64 { return 2 * rounding(d) * (a[0] + b[0]) },
	most:  func(v float64) float64 { return v * v },
	exact: func(a, b *thinRow, _ int) float64 { return math.Sqrt(thinSquared(a, b)) },
}

func thinSquared(a, b *thinRow) float64 {
	sum, _ := union(a, b, func(v, w float64) float64 { return (v - w) * (v - w) })
	return sum
}

// SquaredEuclidean is Σ(a−b)². It orders neighbours as Euclidean does, and breaks
// the triangle inequality.
type SquaredEuclidean struct{}

// String returns "sqeuclidean", as SciPy calls it.
func (SquaredEuclidean) String() string { return "sqeuclidean" }

func (SquaredEuclidean) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinSquaredEuclidean.space(ctx, x)
	}
	return asTheyAre(ctx, x, scale{
		from: func(v float64) float64 { return v * v },
		to:   math.Sqrt,
	})
}

func (SquaredEuclidean) bytes(x mat.Matrix) int64 { return Euclidean{}.bytes(x) }

var thinSquaredEuclidean = &thinForm{
	name:  "sqeuclidean",
	about: thinEuclidean.about,
	proxy: thinEuclidean.proxy,
	slack: thinEuclidean.slack,
	exact: func(a, b *thinRow, _ int) float64 { return thinSquared(a, b) },
}
