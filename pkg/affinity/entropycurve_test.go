package affinity_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func ExampleEntropyCurve() {
	// Two values that stay, and two that fade.
	curve, err := affinity.EntropyCurve([]float64{1, 1, .5, -.5}, 8)
	if err != nil {
		fmt.Println(err)
		return
	}
	knee, err := affinity.Knee(curve)
	fmt.Printf("%.3f bends at index %d %v\n", curve, knee, err)
	// Output: [1.330 1.194 1.042 0.917 0.829 0.773 0.739 0.719] bends at index 3 <nil>
}

func TestEntropyCurveIsThatOfPowers(t *testing.T) {
	for name, values := range map[string][]float64{
		"one":         {-3},
		"even":        {.2, .2, .2},
		"mixed":       {1, .9, -.8, .3, 0, 1e-5},
		"far smaller": {1e300, 1e-300, 1e-300},
		"tiny":        {5e-324, 5e-324},
	} {
		curve := must[[]float64](t)(affinity.EntropyCurve(values, 60))
		for p, got := range curve {
			most, sum, want := 0., 0., 0.
			for _, v := range values {
				most = max(most, math.Abs(v))
			}
			powers := make([]float64, len(values))
			for i, v := range values {
				powers[i] = math.Pow(math.Abs(v)/most, float64(p+1))
				sum += powers[i]
			}
			for _, v := range powers {
				if v > 0 {
					want -= v / sum * math.Log(v/sum)
				}
			}
			if math.Abs(got-want) > 1e-12 || got < 0 || p > 0 && got > curve[p-1]+1e-12 {
				t.Errorf("%s: power %d has the entropy %v, want %v", name, p+1, got, want)
			}
		}
	}
}

func TestKneeOfTwoLines(t *testing.T) {
	for _, bend := range []int{1, 2, 17, 47, 48} {
		for _, size := range []float64{1, 1e-310, 1e307} {
			curve := make([]float64, 50)
			for i := range curve {
				curve[i] = size * (9 - .1*float64(min(i, bend)) - .001*float64(i))
			}
			if got, err := affinity.Knee(curve); err != nil || got != bend {
				t.Errorf("lines that meet at %d, of size %g, bend at %d (%v)", bend, size, got, err)
			}
		}
	}
}

func TestEntropyCurveAndKneeBadInput(t *testing.T) {
	var pe *mat32.ParamError
	var se *mat32.ShapeError
	var de *mat32.DegenerateError
	for name, c := range map[string]struct {
		values  []float64
		longest int
		want    any
	}{
		"no values": {nil, 3, &se}, "no powers": {[]float64{1}, 0, &pe}, "NaN": {[]float64{1, math.NaN()}, 3, &pe},
		"infinity": {[]float64{math.Inf(-1)}, 3, &pe}, "zeros": {[]float64{0, 0}, 3, &de},
	} {
		if _, err := affinity.EntropyCurve(c.values, c.longest); !errors.As(err, c.want) {
			t.Errorf("curve of %s: %v", name, err)
		}
	}
	if _, err := affinity.Knee([]float64{1, 2}); !errors.As(err, &se) {
		t.Errorf("knee of two points: %v", err)
	}
	if _, err := affinity.Knee([]float64{1, math.NaN(), 2}); !errors.As(err, &pe) {
		t.Errorf("knee of NaN: %v", err)
	}
}
