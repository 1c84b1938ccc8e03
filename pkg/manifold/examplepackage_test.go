package manifold_test

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/manifold"
)

// From a pole of the sphere towards a point of its equator, and half of the way.
func Example() {
	s := manifold.Sphere{}
	pole, shore := []float64{0, 0, 1}, []float64{1, 0, 0}
	way := make([]float64, s.Ambient())
	fmt.Printf("%.4f from one to the other, π/2 is %.4f\n", s.Log(way, pole, shore), math.Pi/2)

	for i := range way {
		way[i] /= 2
	}
	half := make([]float64, s.Ambient())
	s.Exp(half, pole, way)
	fmt.Printf("%.3f\n", half)
	// Output:
	// 1.5708 from one to the other, π/2 is 1.5708
	// [0.707 0.000 0.707]
}
