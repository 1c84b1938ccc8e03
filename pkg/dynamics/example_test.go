package dynamics_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/dynamics"
)

func Example() {
	ctx := context.Background()
	orbit, err := dynamics.Simulate{}.Run(ctx, dynamics.Henon(), 3000)
	if err != nil {
		fmt.Println(err)
		return
	}
	// One variable is all that was recorded.
	series := orbit.Series(0)
	cao, err := dynamics.Cao{}.Estimate(ctx, series)
	if err != nil {
		fmt.Println(err)
		return
	}
	largest, err := dynamics.LargestLyapunov{}.Estimate(ctx, series)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d values make a state; neighbours part by e in %.1f steps\n", cao.Dim, 1/largest.Exponent)
	// Output: 2 values make a state; neighbours part by e in 2.4 steps
}

func ExampleSystem() {
	fmt.Println(dynamics.Lorenz())
	// Output:
	// Lorenz
	//   dx/dt = σy − σx
	//   dy/dt = ρx − xz − y
	//   dz/dt = xy − βz
	//   σ = 10, ρ = 28, β = 2.66667
}

func ExampleLyapunovSpectrum() {
	s, err := dynamics.LyapunovSpectrum{Steps: 200000}.Of(context.Background(), dynamics.Henon())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f, dimension %.2f\n", s.Exponents, s.KaplanYorke())
	// Output: [0.42 -1.62], dimension 1.26
}

func ExampleSimulate() {
	decay := dynamics.System{Name: "decay", Variables: "x", Equations: []string{"−kx"}, Start: []float64{1},
		Parameters: []dynamics.Parameter{{Name: "k", Value: 2}}}
	orbit, err := dynamics.Simulate{Step: 0.5, Transient: dynamics.Zero}.Run(context.Background(), decay, 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, t := range orbit.Times {
		fmt.Printf("%.1f %.4f\n", t, orbit.X.At(i, 0))
	}
	// Output:
	// 0.0 1.0000
	// 0.5 0.3679
	// 1.0 0.1353
}

func ExampleKaplanYorke() {
	d, err := dynamics.KaplanYorke([]float64{0.9056, 0, -14.5723})
	fmt.Printf("%.4f %v\n", d, err)
	// Output: 2.0621 <nil>
}

func series(of dynamics.System, n int) []float64 {
	orbit, err := dynamics.Simulate{}.Run(context.Background(), of, n)
	if err != nil {
		panic(err)
	}
	return orbit.Series(0).RawVector().Data
}

func ExampleSimplex() {
	f, err := dynamics.Simplex{Dim: 2}.Of(context.Background(), series(dynamics.Henon(), 500))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("skill %.2f\n", f.Skill())
	// Output: skill 1.00
}

func ExampleSMap() {
	values := series(dynamics.Logistic(), 600)
	for _, theta := range []float64{dynamics.Zero, 4} {
		f, err := dynamics.SMap{Dim: 1, Theta: theta}.After(context.Background(), values[:500], values[500:])
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.1f ", f.RMSE())
	}
	fmt.Println("beside one linear map, local ones know what the logistic map does next")
	// Output: 0.4 0.0 beside one linear map, local ones know what the logistic map does next
}

func ExampleSurrogateTest() {
	r, err := dynamics.SurrogateTest{Count: 39}.Of(context.Background(), series(dynamics.Henon(), 300))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("p = %.2f\n", r.P)
	// Output: p = 0.05
}
