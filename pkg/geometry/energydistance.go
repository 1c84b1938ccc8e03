package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// EnergyDistance is the distance of two clouds made of the distances of their rows:
// √(2·E‖x − y‖ − E‖x − x′‖ − E‖y − y′‖), which is 0 just where the distributions are equal. It has
// no bandwidth, and turning or moving both clouds does not change it. Expectations are
// means over all pairs of the rows, each with itself included: it is a metric of samples.
//
// Compare takes clouds of the same columns and at least 2 rows each. In the root of the
// unit of the data (SciPy's convention in one dimension); the package dcor, and the test
// statistic of energy for R over n·m/(n+m), are its square. Time and memory are those of MMD,
// and so are errors, but for the median.
//
// Source: G. Székely and M. Rizzo (2013), Energy statistics: a class of statistics based on
// distances.
type EnergyDistance struct {
	// Exponent is the power of the distances, above 0 and below 2; larger ones weigh far
	// rows more. Default 1. At 2 only means would count.
	Exponent float64

	// Squared leaves out the root.
	Squared bool

	// Unbiased leaves out pairs of a row with itself, and so is Squared: it is 0 in the mean
	// for equal distributions, and below 0 half the time.
	Unbiased bool

	// Permutations is for how many random partings of the rows the score is computed
	// again, for a p-value: 199 can tell 0.005. Default none; at most 10 000. Each costs about
	// (n+m)² operations.
	Permutations int

	// Seed draws permutations. Ignored without them.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const energyMethod = "geometry.EnergyDistance"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (e EnergyDistance) Resolve(n, d int) (EnergyDistance, error) {
	if e.Exponent == 0 {
		e.Exponent = 1
	}
	if !(e.Exponent > 0 && e.Exponent < 2) {
		return e, &mat32.ParamError{Method: energyMethod, Param: "Exponent", Value: e.Exponent, Want: "0 < Exponent < 2, or 0 for 1"}
	}
	e.Squared = e.Squared || e.Unbiased
	if err := resolvePermutations(energyMethod, e.Permutations); err != nil {
		return e, err
	}
	return e, limited(energyMethod, e.MemoryLimit)
}

// Compare returns the energy distance of x and y. The witness of a row, and its unit, are
// those of the squared distance.
func (e EnergyDistance) Compare(ctx context.Context, x, y mat.Matrix) (*TwoSample, error) {
	e, err := e.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	n, m, d, err := checkClouds(ctx, energyMethod, 2, x, y)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(energyMethod, bytesOfClouds(n, m, d)+bytesOfSums(n+m, e.Permutations), e.MemoryLimit, "take fewer rows or permutations"); err != nil {
		return nil, err
	}
	c, err := newClouds(ctx, x, y)
	if err != nil {
		return nil, mat32.Rename(energyMethod, err)
	}
	s, err := c.sums(ctx, e.Seed, e.Permutations, func(row []float64) {
		if e.Exponent == 1 {
			for j, square := range row {
				row[j] = -math.Sqrt(square)
			}
			return
		}
		for j, square := range row {
			row[j] = -math.Pow(square, e.Exponent/2)
		}
	})
	if err != nil {
		return nil, mat32.Rename(energyMethod, err)
	}
	t := c.twoSample(s, 0, e.Unbiased, math.Pow(c.unit, e.Exponent))
	t.Score.Name, t.Score.Rows = "energy distance", c.n+c.m
	form := "all pairs"
	if e.Unbiased {
		form = "pairs of different rows"
	}
	root := "√(2·E|x−y| − E|x−x′| − E|y−y′|)"
	if e.Squared {
		root = "2·E|x−y| − E|x−x′| − E|y−y′|"
	} else {
		t.Score.Value = math.Sqrt(t.Score.Value)
		for p, v := range t.Null {
			t.Null[p] = math.Sqrt(v)
		}
	}
	if e.Exponent != 1 {
		form += fmt.Sprintf(", distances to the power %.4g", e.Exponent)
	}
	t.Score.Convention = fmt.Sprintf("%s, %s; 0 is the same distribution", root, form)
	for _, values := range [][]float64{{t.Score.Value}, t.Null, t.Witness} {
		for _, v := range values {
			if v-v != 0 {
				return nil, outOfRange(energyMethod)
			}
		}
	}
	return t, nil
}

// outOfRange says that float64 cannot hold the answer.
func outOfRange(method string) error {
	return &mat32.DegenerateError{Method: method, Reason: "the answer is beyond the range of float64: rescale the data"}
}
