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
}

func (m Manhattan) space(_ context.Context, x mat.Matrix) (space, error) {
	return manhattan.space(m.String(), x), nil
}

func (Manhattan) bytes(x mat.Matrix) int64 { return directBytes(x) }
