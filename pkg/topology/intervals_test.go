package topology

import (
	"math"
	"slices"
	"testing"
)

// TestIntervals: every bar is there, with its dimension, also after a dimension without any.
func TestIntervals(t *testing.T) {
	inf := math.Inf(1)
	p := &Persistence{Diagrams: []Diagram{{{0, 1}, {0, inf}}, nil, {{2, 3}}}, Filtration: "of a test", Prime: 3}
	dimension, birth, death := p.Intervals()
	if !slices.Equal(dimension, []int{0, 0, 2}) || !slices.Equal(birth, []float64{0, 0, 2}) || !slices.Equal(death, []float64{1, inf, 3}) {
		t.Errorf("%v, %v, %v", dimension, birth, death)
	}
	if dimension, birth, death = (&Persistence{}).Intervals(); len(dimension)+len(birth)+len(death) != 0 {
		t.Error("no bars have intervals")
	}
	if c := p.Caption(); c != "of a test · coefficients modulo 3" {
		t.Errorf("caption %q", c)
	}
}
