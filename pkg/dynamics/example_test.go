package dynamics_test

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

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

func ExampleCao() {
	cao, err := dynamics.Cao{MaxDim: 4}.Estimate(context.Background(), vector(series(dynamics.Henon(), 3000)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cao)
	// Output:
	// minimum embedding dimension (Cao)  2
	//   lag  1
	//   d        1      2      3      4
	//   E1   0.000  0.959  0.973  0.993
	//   E2   0.024  1.421  1.431  1.405
}

func ExampleFalseNeighbors() {
	f, err := dynamics.FalseNeighbors{MaxDim: 4}.Estimate(context.Background(), vector(series(dynamics.Henon(), 3000)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	// Output:
	// embedding dimension (false neighbours)  2
	//   lag    1
	//   d            1      2      3      4
	//   false    0.724  0.000  0.000  0.000
}

func ExampleLargestLyapunov() {
	l, err := dynamics.LargestLyapunov{}.Estimate(context.Background(), vector(series(dynamics.Henon(), 3000)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f, by a line of %d points\n", l.Exponent, l.To-l.From+1)
	// Output: 0.42, by a line of 11 points
}

func ExampleCorrelationDimension() {
	orbit, err := dynamics.Simulate{}.Run(context.Background(), dynamics.Lorenz(), 10000)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := dynamics.CorrelationDimension{}.Estimate(context.Background(), orbit.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f ± %.2f\n", d.Value, d.StdErr)
	// Output: 2.05 ± 0.02
}

// A recurrence plot is a matrix: viz.Heatmap(plot, viz.Cells{Name: "share that recurs"}) shows it.
func ExampleRecurrence() {
	ctx := context.Background()
	orbit, err := dynamics.Simulate{}.Run(ctx, dynamics.Rossler(), 2000)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := dynamics.Recurrence{}.Of(ctx, orbit.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	plot, err := r.Plot(ctx, 400)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, columns := plot.Dims()
	fmt.Printf("determinism %.2f, a plot of %d × %d\n", r.Determinism, rows, columns)
	// Output: determinism 0.99, a plot of 400 × 400
}

func ExampleSurrogate() {
	values := series(dynamics.Henon(), 500)
	s, err := dynamics.Surrogate(context.Background(), values, dynamics.IAAFT, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	before, _ := dynamics.Autocorrelation(values, 1)
	after, _ := dynamics.Autocorrelation(s, 1)
	fmt.Printf("correlation of neighbours %.2f and %.2f, ", before[1], after[1])
	for _, v := range [][]float64{values, s} {
		e, err := dynamics.ForecastError(context.Background(), v, 2, 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("error of forecasts %.2f ", e)
	}
	fmt.Println()
	// Output: correlation of neighbours -0.23 and -0.22, error of forecasts 0.03 error of forecasts 1.19
}

func ExampleLag() {
	ctx := context.Background()
	values := series(dynamics.Lorenz(), 5000)
	for _, rule := range []dynamics.LagRule{dynamics.FirstMinimum, dynamics.FirstZero, dynamics.OneOverE} {
		lag, found, err := dynamics.Lag(ctx, values, rule, 0)
		fmt.Println(rule, lag, found, err)
	}
	// Output:
	// first minimum of the mutual information 9 true <nil>
	// first zero of the autocorrelation 66 true <nil>
	// autocorrelation below 1/e 15 true <nil>
}

func ExampleDelays() {
	states, err := dynamics.Delays([]float64{1, 2, 3, 4, 5, 6}, 3, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mat.Formatted(states))
	// Output:
	// ⎡1  3  5⎤
	// ⎣2  4  6⎦
}

func ExamplePeriod() {
	ctx := context.Background()
	period, err := dynamics.Period(ctx, dynamics.Rossler())
	if err != nil {
		fmt.Println(err)
		return
	}
	// Fifty states a period, of this system as of any other.
	orbit, err := dynamics.Simulate{Step: period / 50}.Run(ctx, dynamics.Rossler(), 500)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("period %.1f, %d turns\n", period, int(orbit.Times[499]/period+0.5))
	// Output: period 5.9, 10 turns
}

func ExampleFind() {
	s, err := dynamics.Find("rossler")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Name, s.Known.Lyapunov)
	// Output: Rössler [0.0714 0 -5.3943]
}

func ExampleSMAPE() {
	e, err := dynamics.SMAPE([]float64{100, 200}, []float64{110, 180})
	fmt.Printf("%.1f %% %v\n", e, err)
	// Output: 10.0 % <nil>
}

func vector(values []float64) mat.Matrix { return mat.NewVecDense(len(values), values) }
