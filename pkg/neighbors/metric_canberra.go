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

func (m Canberra) space(_ context.Context, x mat.Matrix) (space, error) {
	return canberra.space(m.String(), x), nil
}

func (Canberra) bytes(x mat.Matrix) int64 { return directBytes(x) }

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
