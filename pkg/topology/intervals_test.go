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

// TestEdgesOfACocycle: coefficients modulo a prime lie around 0, and only edges are edges.
func TestEdgesOfACocycle(t *testing.T) {
	c := Cocycle{Simplices: [][]int{{0, 3}, {1, 2}, {1, 4}}, Coefficients: []int{1, 2, 4}}
	for prime, want := range map[int][]float64{2: {1}, 3: {1, -1}, 5: {1, 2, -1}} {
		part := Cocycle{Simplices: c.Simplices[:len(want)], Coefficients: c.Coefficients[:len(want)]}
		edges, values := part.Edges(prime)
		if !slices.Equal(values, want) || !slices.Equal(edges, [][2]int{{0, 3}, {1, 2}, {1, 4}}[:len(want)]) {
			t.Errorf("modulo %d: %v, %v", prime, edges, values)
		}
	}
	if edges, values := (Cocycle{Simplices: [][]int{{0, 1, 2}}, Coefficients: []int{1}}).Edges(2); edges != nil || values != nil {
		t.Errorf("a triangle has edges %v, %v", edges, values)
	}
}
