package neighbors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Canberra is Σ|a−b|/(|a|+|b|), where 0/0 counts 0 (Lance and Williams, Computer
// programs for hierarchical polythetic classification, 1966).
type Canberra struct{}

// String returns "canberra".
func (Canberra) String() string { return "canberra" }

var canberra = measures{
	single: relativeDifferences[float32, float32],
	double: relativeDifferences[float64, float64],
	mixed:  relativeDifferences[float64, float32],
}

func (m Canberra) space(ctx context.Context, x mat.Matrix) (space, error) {
	if x, ok := thin(x); ok {
		return thinCanberra.space(ctx, x)
	}
	return canberra.space(m.String(), x), nil
}

func (Canberra) bytes(x mat.Matrix) int64 {
	if x, ok := thin(x); ok {
		return thinCanberra.bytes(x)
	}
	return directBytes(x)
}

func relativeDifferences[A, B number](a []A, b []B) float64 {
	b = b[:len(a)]
	sum := 0.
	for i, v := range a {
		sum += relativeDifference(float64(v), float64(b[i]))
	}
	return sum
}

func relativeDifference(v, w float64) float64 {
	size := math.Abs(v) + math.Abs(w)
	switch {
	case size == 0:
		return 0
	case size > math.MaxFloat64:
		return math.Abs(v/2-w/2) / (math.Abs(v)/2 + math.Abs(w)/2)
	}
	return math.Abs(v-w) / size
}

// thinCanberra counts 1 for every column that one of the rows has.
var thinCanberra = &thinForm{
	name:   "canberra",
	about:  numberOfValues,
	common: func(v, w float64) float64 { return relativeDifference(v, w) - 2 },
	proxy:  func(a, b *[3]float64, sum, _ float64) float64 { return a[0] + b[0] + sum },
	slack:  func(a, b *[3]float64, d float64) float64 { return 3 * rounding(d) * (a[0] + b[0]) },
	exact: func(a, b *thinRow, _ int) float64 {
		sum, _ := union(a, b, relativeDifference)
		return sum
	},
}

func numberOfValues(values []float32, _ int) (about [3]float64, _ string) {
	about[0] = float64(len(values))
	return about, ""
}
