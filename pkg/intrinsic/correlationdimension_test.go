package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

var fixtures = [3]func() *mat.Dense{fixture.A, fixture.B, fixture.C}

// matches compares an estimator with values for the fixtures A, B and C.
func matches(t *testing.T, name string, e estimator, want [3]float64) {
	t.Helper()
	for i, x := range fixtures {
		near(t, name+" on "+"ABC"[i:i+1], estimate(t, e, x()).Value, want[i], 5e-9)
	}
}

func TestCorrelationDimensionOfPeers(t *testing.T) {
	testenv.Unraced(t)
	matches(t, "scikit-dimension CorrInt", intrinsic.CorrelationDimension{}, [3]float64{4.39076946, 1.98455389, 2.8964129})
	matches(t, "two-point slope at quantiles", intrinsic.CorrelationDimension{InnerQuantile: .005, OuterQuantile: .05},
		[3]float64{4.325051553, 1.906735709, 2.91233538})
}

// Counted by the definition, for radii of every size, and through many of them.
func TestCorrelationSlopeByDefinition(t *testing.T) {
	x := fixture.Normal(7, 150, 3)
	n, _ := x.Dims()
	for _, radii := range []int{2, 5, 40} {
		e := intrinsic.CorrelationDimension{InnerRadius: .6, OuterRadius: 3, Radii: radii}
		logR, logC := make([]float64, radii), make([]float64, radii)
		for r := range radii {
			radius := .6 * math.Pow(5, float64(r)/float64(radii-1))
			count := 0
			for i := range n {
				for j := range i {
					var square float64
					for c := range 3 {
						square += (x.At(i, c) - x.At(j, c)) * (x.At(i, c) - x.At(j, c))
					}
					if math.Sqrt(square) < radius {
						count++
					}
				}
			}
			logR[r], logC[r] = math.Log(radius), math.Log(float64(count))
		}
		var mean, xy, xx float64
		for _, v := range logR {
			mean += v / float64(radii)
		}
		for r, v := range logR {
			xy += (v - mean) * logC[r]
			xx += (v - mean) * (v - mean)
		}
		near(t, "slope", estimate(t, e, x).Value, xy/xx, 1e-9)
	}
}

// A lattice has few distances: some radii find none, which is said.
func TestCorrelationDimensionOfDegenerateRows(t *testing.T) {
	grid := mat.NewDense(100, 2, nil)
	for i := range 100 {
		grid.SetRow(i, []float64{float64(i / 10), float64(i % 10)})
	}
	for name, c := range map[string]struct {
		e estimator
		x mat.Matrix
		d bool
	}{
		"radii between the distances of a lattice": {intrinsic.CorrelationDimension{InnerRadius: 1.1, OuterRadius: 1.3}, grid, true},
		"radii below all distances":                {intrinsic.CorrelationDimension{InnerRadius: .1, OuterRadius: 2}, grid, true},
		"neighbours equally far":                   {intrinsic.CorrelationDimension{InnerNeighbors: 3, OuterNeighbors: 4}, grid, true},
		"quantiles of a lattice":                   {intrinsic.CorrelationDimension{InnerQuantile: .05, OuterQuantile: .3}, grid, false},
		"quantiles that are one":                   {intrinsic.CorrelationDimension{InnerQuantile: .001, OuterQuantile: .01}, grid, true},
		"rows all equal":                           {intrinsic.CorrelationDimension{InnerQuantile: .01, OuterQuantile: .3}, mat.NewDense(9, 2, nil), true},
	} {
		d, err := c.e.Estimate(context.Background(), c.x)
		if errors.As(err, new(*mat32.DegenerateError)) != c.d || !c.d && !(math.Abs(d.Value-2) < .4) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
}

// honest compares the mean standard error of a method over samples with the spread
// of its estimates.
func honest(t *testing.T, name string, e estimator, samples int, draw func(seed uint64) *mat.Dense, from, to float64) {
	t.Helper()
	testenv.Unraced(t)
	values := make([]float64, samples)
	var mean float64
	for s := range values {
		d := estimate(t, e, draw(uint64(7919*(s+1))))
		values[s] = d.Value
		mean += d.StdErr / float64(samples)
	}
	center, sd := stat.MeanStdDev(values, nil)
	if ratio := mean / sd; !(ratio > from && ratio < to) {
		t.Errorf("%s: standard error over spread is %.2f, want %v to %v; %.3f ± %.3f", name, ratio, from, to, center, sd)
	}
}

func TestErrorOfCorrelationDimension(t *testing.T) {
	square := func(seed uint64) *mat.Dense { return fixture.Uniform(seed, 200, 2) }
	normal := func(seed uint64) *mat.Dense { return fixture.Normal(seed, 200, 5) }
	honest(t, "square", intrinsic.CorrelationDimension{}, 60, square, .75, 1.35)
	honest(t, "normal", intrinsic.CorrelationDimension{}, 60, normal, .75, 1.35)
	honest(t, "square, fixed radii", intrinsic.CorrelationDimension{InnerRadius: .1, OuterRadius: .3, Radii: 4}, 60, square, .8, 1.25)
	honest(t, "normal, quantiles", intrinsic.CorrelationDimension{InnerQuantile: .01, OuterQuantile: .1}, 60, normal, .75, 1.35)
}

func ExampleCorrelationDimension_Estimate() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := intrinsic.CorrelationDimension{}.Estimate(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	// Output:
	// dimension (CorrelationDimension)  1.861 ± 0.030
	//   scale       2.915
	//   rows        1000
	//   convention  two-point slope, radii at the median distances to neighbours 10 and
	//               20, duplicates removed, standard error: spread over rows and pairs for
	//               given radii
}
