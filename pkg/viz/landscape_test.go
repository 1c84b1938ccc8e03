package viz

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/pkg/mat32"
	"gonum.org/v1/gonum/mat"
)

// turns are level, scale and value of each.
type turns [][3]float64

func (t turns) Turns() (level []int, scale, value []float64) {
	for _, k := range t {
		level, scale, value = append(level, int(k[0])), append(scale, k[1]), append(value, k[2])
	}
	return level, scale, value
}

type banded struct{ turns }

func (banded) Caption() string { return "mean of 2" }

func (banded) Envelope() (scale, low, high []float64) {
	return []float64{0, 0.5, 1, 2}, []float64{0, 0, 0.5, 0}, []float64{0.5, 1, 1.5, 0.5}
}

type doubt struct{ length, level float64 }

func (m doubt) Margin() (length, level float64) { return m.length, m.level }

func tent() turns {
	return turns{{0, 0, 0}, {0, 1, 1}, {0, 2, 0}, {1, 0.5, 0}, {1, 1, 0.5}, {1, 1.5, 0}}
}

func shapeSamples() map[string]*Chart {
	var deep turns
	for k := range 30 {
		deep = append(deep, turns{{float64(k), 0, 0}, {float64(k), 1, 1 / float64(k+1)}, {float64(k), 2, 0}}...)
	}
	return map[string]*Chart{
		"lines landscape":  Landscape(tent()).Titled("Landscape"),
		"lines levels":     Landscape(deep),
		"lines envelope":   Landscape(banded{tent()[:3]}),
		"lines betti":      Betti(circle()).Titled("Betti"),
		"barcode band":     Barcode(circle(), doubt{0.5, 0.95}).Titled("Barcode"),
		"persistence band": PersistenceDiagram(circle(), doubt{0.5, 0.95}).Titled("Diagram"),
		"persistence wide": PersistenceDiagram(circle(), doubt{99, 0.9}).Axes(Axis{Min: 0.1}, Axis{Max: 3}),
		"network poincare": Poincare(lorentz{mat.NewDense(2, 3, []float64{1, 0, 0, math.Cosh(2), math.Sinh(2), 0})}, Links{}).Titled("Poincaré"),
	}
}

func shapeErrors() map[string]kindError {
	param, shape := &mat32.ParamError{}, &mat32.ShapeError{}
	return map[string]kindError{
		"viz.Landscape: the matrix is empty":                  {Landscape(nil), mat32.ErrEmpty},
		"viz.Landscape: Series \"λ₁\": Y[0] is NaN":           {Landscape(turns{{0, 1, math.NaN()}}), param},
		"Turns: level[0] is -1":                               {Landscape(turns{{-1, 1, 0}}), param},
		"viz.Betti: the matrix is empty":                      {Betti(intervals{}), mat32.ErrEmpty},
		"viz.Barcode: viz.Margin: bands is 2":                 {Barcode(circle(), doubt{1, 0.5}, doubt{1, 0.5}), param},
		"viz.Margin: length, level is [-1 0.5]":               {PersistenceDiagram(circle(), doubt{-1, 0.5}), param},
		"viz.Margin: length, level is [1 1]":                  {Barcode(circle(), doubt{1, 1}), param},
		"viz.Poincare: the matrix is empty":                   {Poincare(nil, Links{}), mat32.ErrEmpty},
		"viz.Poincare: Links: Disk: the radius of row 2 is 2": {Poincare(lattice(3), Links{}), param},
		"row 0 is [2 1 1], want a point of the hyperboloid":   {Poincare(mat.NewDense(1, 3, []float64{2, 1, 1}), Links{}), param},
		"viz.Poincare: y has shape 1 × 4":                     {Poincare(mat.NewDense(1, 4, nil), Links{}), shape},
	}
}

// lorentz are points of the hyperboloid that know their edges and radii.
type lorentz struct{ *mat.Dense }

func (lorentz) Caption() string  { return "on the hyperboloid" }
func (lorentz) Ties() [][2]int   { return [][2]int{{0, 1}} }
func (lorentz) Radii() []float64 { return []float64{0, 2} }

// TestLandscape: a level is a line through its turns, without markers; a band stands around the mean at the turns of both.
func TestLandscape(t *testing.T) {
	l := Landscape(tent()).fig.(*lines)
	if len(l.series) != 2 || l.series[0].Name != "λ₁" || !slices.Equal(l.series[1].Y, []float64{0, 0.5, 0}) || l.series[0].marked() {
		t.Errorf("series %+v", l.series)
	}
	m := Landscape(banded{tent()[:3]}).fig.(*lines)
	s := m.series[0]
	if !slices.Equal(s.X, []float64{0, 0.5, 1, 2}) || !slices.Equal(s.Y, []float64{0, 0.5, 1, 0}) || !slices.Equal(s.Low, []float64{0, 0, 0.5, 0}) || !slices.Equal(s.High, []float64{0.5, 1, 1.5, 0.5}) {
		t.Errorf("the mean and its band: %+v", s)
	}
	if m.caption() != "mean of 2" {
		t.Errorf("caption %q", m.caption())
	}
	if c := shapeSamples()["lines levels"].fig.(*lines); len(c.series) != mostLevels || c.caption() != "the 8 highest of 30 levels" {
		t.Errorf("%d series, caption %q", len(c.series), c.caption())
	}
}

// TestBetti counts the classes alive at every scale.
func TestBetti(t *testing.T) {
	l := Betti(circle()).fig.(*lines)
	if len(l.series) != 2 || l.series[0].Name != "H₀" {
		t.Fatalf("series %+v", l.series)
	}
	for _, s := range l.series {
		of := circle()
		for _, scale := range []float64{0.01, 0.11, 0.25, 0.35, 0.45, 0.6, 1.69, 1.75} {
			want := 0.0
			for _, v := range of {
				if ("H"+subscript(int(v[0]))) == s.Name && v[1] <= scale && scale < v[2] {
					want++
				}
			}
			if got := linear(s.X, s.Y, scale); got != want {
				t.Errorf("%s at %g is %g, want %g", s.Name, scale, got, want)
			}
		}
	}
}

// TestBand: what a band lets go to the diagonal is grey, what lives longer or for ever is not, and the band reaches as far.
func TestConfidenceBand(t *testing.T) {
	for _, c := range []*Chart{Barcode(circle(), doubt{0.5, 0.95}), PersistenceDiagram(circle(), doubt{0.5, 0.95})} {
		gray, shown := 0, 0
		for _, g := range c.fig.(interface{ groups(rect) []group }).groups(unit) {
			if g.mute {
				continue
			}
			for _, title := range g.titles {
				if strings.Contains(title, "band") != (g.tint == noClass) {
					t.Errorf("%s: a class called %q has tint %d", c.fig.kind(), title, g.tint)
				}
			}
			shown += len(g.at)
			if g.tint == noClass {
				gray += len(g.at)
			}
		}
		if shown != 13 || gray != 11 { // all pieces but one, and the short ring
			t.Errorf("%s: %d of %d are grey", c.fig.kind(), gray, shown)
		}
		if got := c.fig.caption(); got != "grey: no longer than 0.5, at 95 % confidence" {
			t.Errorf("caption %q", got)
		}
	}
	p := PersistenceDiagram(circle(), doubt{0.5, 0.95}).fig.(*persistenceDiagram)
	b := p.below(unit)
	for _, corner := range p.shade(b) {
		birth := p.x.low + (p.x.high-p.x.low)*(corner[0]-b.X)/b.W
		death := p.y.low + (p.y.high-p.y.low)*(b.bottom()-corner[1])/b.H
		if death-birth < -1e-9 || death-birth > 0.5+1e-9 {
			t.Errorf("the band has a corner at birth %g, death %g", birth, death)
		}
	}
}

// TestPoincare: the hyperboloid is projected, and a result's edges and radii are taken unless others are given.
func TestPoincare(t *testing.T) {
	y := lorentz{mat.NewDense(2, 3, []float64{1, 0, 0, math.Cosh(2), math.Sinh(2), 0})}
	n := Poincare(y, Links{}).fig.(*network)
	if r := n.rows.At(1, 0); math.Abs(r-math.Tanh(1)) > 1e-12 || n.rows.At(1, 1) != 0 {
		t.Errorf("a point at distance 2 is at %g, want tanh 1", r)
	}
	if len(n.links.Edges) != 1 || !slices.Equal(n.values, []float64{0, 2}) || n.caption() != "on the hyperboloid · n = 2 · 1 edges" {
		t.Errorf("edges %v, values %v, caption %q", n.links.Edges, n.values, n.caption())
	}
	n = Poincare(y, Links{Edges: [][2]int{}, Nodes: Points{Labels: []int{0, 1}}}).fig.(*network)
	if len(n.links.Edges) != 0 || n.values != nil {
		t.Errorf("edges %v, values %v, where others are given", n.links.Edges, n.values)
	}
}
