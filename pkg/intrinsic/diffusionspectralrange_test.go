package intrinsic_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Data of any size have the scores of the same data in another unit.
func TestScoresHaveNoUnit(t *testing.T) {
	x := fixture.Normal(1, 60, 3)
	labels := make([]int, 60)
	for i := range labels {
		labels[i] = i % 3
	}
	of := func(unit float64) (values [3]float64) {
		var y mat.Dense
		y.Scale(unit, x)
		values[0] = score(t, intrinsic.DiffusionSpectralEntropy{Sigma: unit}, &y).Value
		values[1] = score(t, intrinsic.DiffusionSpectralMI{Labels: labels, Sigma: unit}, &y).Value
		values[2] = score(t, intrinsic.LabelSharpness{Labels: labels}, &y).Value * unit
		return values
	}
	want := of(1)
	for _, unit := range []float64{1e-290, 1e-170, 1e-140, 1e140, 1e170, 1e290} {
		for i, v := range of(unit) {
			near(t, []string{"entropy", "information", "sharpness"}[i], v, want[i], 1e-12*math.Max(1, want[i]))
		}
	}
	far := mat.NewDense(2, 2, []float64{-math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, math.MaxFloat64})
	l := intrinsic.LabelSharpness{Targets: []float64{0, 1e300}}
	near(t, "the ends of float64", score(t, l, far).Value*1e8, 1e300/math.MaxFloat64*1e8/math.Sqrt(8), 1e-12)
}

// A class of one row has no second eigenvalue.
func TestDiffusionSpectralMIOfAClassOfOneRow(t *testing.T) {
	x, labels := fixture.Normal(1, 40, 3), make([]int, 40)
	labels[3] = 1
	m := intrinsic.DiffusionSpectralMI{Labels: labels, Sigma: 1}
	score(t, m, x)
	m.DropFirst = true
	if _, err := m.Estimate(context.Background(), x); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("without the first eigenvalue: %v", err)
	}
}
