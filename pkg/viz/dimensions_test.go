package viz

import (
	"bytes"
	"errors"
	"image/color"
	"image/png"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// measured are a curve given out of order and two estimates, one of them without an error.
func measured() []measure.Dimension {
	return []measure.Dimension{
		{Method: "TwoNN", Value: 3, StdErr: 0.5, Scale: 2},
		{Method: "Gride", Value: 2, StdErr: 0.1, Scale: 4},
		{Method: "Gride", Value: 4, StdErr: 0.2, Scale: 1},
		{Method: "FisherS", Value: 1.5, StdErr: math.NaN(), Scale: 8},
	}
}

// TestDimensionsBecomeSeries: lines come first and rise in scale, errors are doubled, and one that there is not is none.
func TestDimensionsBecomeSeries(t *testing.T) {
	c := Dimensions(measured()...)
	if c.Err() != nil {
		t.Fatal(c.Err())
	}
	l := c.fig.(*lines)
	if len(l.series) != 3 || !l.bounds.x.Log {
		t.Fatalf("%+v", l)
	}
	for i, want := range []Series{
		{Name: "Gride", X: []float64{1, 4}, Y: []float64{4, 2}, Low: []float64{3.6, 1.8}, High: []float64{4.4, 2.2}},
		{Name: "TwoNN", X: []float64{2}, Y: []float64{3}, Low: []float64{2}, High: []float64{4}, Dots: true},
		{Name: "FisherS", X: []float64{8}, Y: []float64{1.5}, Low: []float64{1.5}, High: []float64{1.5}, Dots: true},
	} {
		got := l.series[i]
		if got.Name != want.Name || got.Dots != want.Dots || !alike(got.X, want.X) || !alike(got.Y, want.Y) || !alike(got.Low, want.Low) || !alike(got.High, want.High) {
			t.Errorf("series %d is %+v, want %+v", i, got, want)
		}
	}
}

func alike(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) < 1e-12 })
}

// TestWhiskersOfDots: a whisker is drawn from the one end of the interval to the other, and nothing beyond.
func TestWhiskersOfDots(t *testing.T) {
	c := Lines(Series{X: []float64{1, 2, 3}, Y: []float64{5, 5, 5}, Low: []float64{5, 3, 5}, High: []float64{5, 9, 5}, Dots: true}).
		Axes(Axis{}, Axis{Min: 1, Max: 11})
	l, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	file, err := c.png()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	f := l.Panels[0].Frame
	at := func(v float64) bool {
		p := place(f, c.fig.(*lines).x, c.fig.(*lines).y, 2, v)
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				c := color.GrayModel.Convert(m.At(int(p[0])+dx, int(p[1])+dy)).(color.Gray)
				if c.Y < 160 { // the lines across the plot are lighter
					return true
				}
			}
		}
		return false
	}
	for v, want := range map[float64]bool{3.1: true, 3.8: true, 7.4: true, 8.9: true, 2.5: false, 9.6: false} {
		if at(v) != want {
			t.Errorf("at %v the whisker is drawn: %v, want %v", v, at(v), want)
		}
	}
}

func TestDimensionsRefuse(t *testing.T) {
	if err := Dimensions().Err(); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no dimensions: %v", err)
	}
	for _, bad := range []measure.Dimension{
		{Method: "m", Value: 1, Scale: 0}, {Method: "m", Value: 1, Scale: math.NaN()}, {Method: "m", Value: math.Inf(1), Scale: 1},
	} {
		var e *mat32.ParamError
		if err := Dimensions(append(measured(), bad)...).Err(); !errors.As(err, &e) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
