package manifold_test

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/manifold"
)

func ExampleSphere() {
	earth := manifold.Sphere{Radius: 6371} // kilometres
	place := func(latitude, longitude float64) []float64 {
		a, b := latitude*math.Pi/180, longitude*math.Pi/180
		return []float64{6371 * math.Cos(a) * math.Cos(b), 6371 * math.Cos(a) * math.Sin(b), 6371 * math.Sin(a)}
	}
	reykjavik, copenhagen := place(64.15, -21.94), place(55.68, 12.57)
	fmt.Printf("%.0f km\n", earth.Distance(reykjavik, copenhagen))
	// Output: 2107 km
}

// Half way from one covariance to another.
func ExampleSPD() {
	m := manifold.SPD{}
	x, y := []float64{1, 0, 0, 1}, []float64{4, 0, 0, 9}
	v := make([]float64, m.Ambient())
	m.Log(v, x, y)
	for i := range v {
		v[i] /= 2
	}
	m.Exp(v, x, v)
	fmt.Printf("%.3f\n", v)
	// Output: [2.000 0.000 0.000 3.000]
}

func ExampleHyperboloid_Ball() {
	h := manifold.Hyperboloid{}
	x, b := make([]float64, 3), make([]float64, 2)
	h.Point(x, []float64{3, 0}) // three units from the origin
	h.Ball(b, x)
	fmt.Printf("%.4f\n", b)
	// Output: [0.9051 0.0000]
}
