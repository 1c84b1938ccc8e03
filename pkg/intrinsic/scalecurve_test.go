package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// A thick circle is a plane within its width, and a line beyond.
func TestCurveShowsThickness(t *testing.T) {
	testenv.Unraced(t)
	x := mat.NewDense(900, 2, nil)
	u, e := fixture.Uniform(3, 900, 1).RawMatrix().Data, fixture.Uniform(4, 900, 1).RawMatrix().Data
	for i := range u {
		r := 1 + .02*e[i]
		x.SetRow(i, []float64{r * math.Cos(2*math.Pi*u[i]), r * math.Sin(2*math.Pi*u[i])})
	}
	c, err := intrinsic.CorrelationDimension{InnerRadius: .003, OuterRadius: .8}.Curve(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if first, last := c.Dimensions[0], c.Dimensions[len(c.Dimensions)-3]; !(first > 1.6 && math.Abs(last-1) < .15) {
		t.Errorf("dimension %.2f near and %.2f far:\n%v", first, last, c)
	}
	p, err := c.Plateau()
	if err != nil || math.Abs(p.Value-1) > .1 || !(p.From > .01 && p.To > p.From) || !(p.StdErr > 0) {
		t.Errorf("plateau %+v, %v", p, err)
	}
	for i := range c.Scales {
		if !(c.Low()[i] <= c.Dimensions[i] && c.High()[i] >= c.Dimensions[i]) || i > 0 && c.Scales[i] <= c.Scales[i-1] {
			t.Errorf("scale %d: %v, %v to %v", i, c.Scales[i], c.Low()[i], c.High()[i])
		}
	}
}

func TestPlateau(t *testing.T) {
	rising := &intrinsic.ScaleCurve{Method: "m", Scales: []float64{1, 2, 4, 8, 16}, Dimensions: []float64{1, 2, 3, 4, 5}, StdErr: make([]float64, 5)}
	if _, err := rising.Plateau(); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("a rising curve: %v", err)
	}
	level := &intrinsic.ScaleCurve{Method: "m", Scales: []float64{1, 2, 4, 8, 16, 32}, Dimensions: []float64{5, 3, 2, 2, 2, 1}, StdErr: make([]float64, 6)}
	if p, err := level.Plateau(); err != nil || p.From != 4 || p.To != 16 || p.Value != 2 || p.Scale != 8 {
		t.Errorf("%+v, %v", p, err)
	}
	unknown := &intrinsic.ScaleCurve{Method: "m", Scales: []float64{1, 2, 4}, Dimensions: []float64{2, 2, 2}, StdErr: []float64{1, 1, 1}}
	if _, err := unknown.Plateau(); err == nil {
		t.Error("a plateau of values that nobody knows")
	}
}

func TestBoxCurve(t *testing.T) {
	testenv.Unraced(t)
	c, err := intrinsic.BoxCounting{Order: 1, To: 16}.Curve(context.Background(), fixture.Uniform(1, 3000, 2))
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Plateau()
	if err != nil || math.Abs(p.Value-2) > .1 {
		t.Errorf("%v, %+v, %v", c, p, err)
	}
}

// Beyond five units, the turns of the roll see each other.
func ExampleCorrelationDimension_Curve() {
	roll, err := datasets.SwissRoll{}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := intrinsic.CorrelationDimension{InnerRadius: 1, OuterRadius: 12, Radii: 8}.Curve(context.Background(), roll.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c)
	// Output:
	// dimension against scale (CorrelationDimension)
	//   scale       dimension
	//   1.426       1.97 ± 0.042
	//   2.034       1.93 ± 0.03
	//   2.901       1.89 ± 0.025
	//   4.137       1.87 ± 0.018
	//   5.9         2.25 ± 0.022
	//   8.414       2.44 ± 0.019
}
