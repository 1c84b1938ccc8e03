package hyperbolic_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
)

// graph returns n nodes and the edges between those that are joined, each of length 1.
func graph(t testing.TB, n int, joined func(i, j int) bool) *affinity.Sparse {
	t.Helper()
	var edges [][2]int
	for i := range n {
		for j := i + 1; j < n; j++ {
			if joined(i, j) {
				edges = append(edges, [2]int{i, j})
			}
		}
	}
	return fromEdges(t, n, edges, nil)
}

func fromEdges(t testing.TB, n int, edges [][2]int, lengths []float64) *affinity.Sparse {
	t.Helper()
	g, err := affinity.FromEdges(n, edges, lengths)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func cycle(t testing.TB, n int) *affinity.Sparse {
	return graph(t, n, func(i, j int) bool { return j-i == 1 || i == 0 && j == n-1 })
}

func grid(t testing.TB, side int) *affinity.Sparse {
	return graph(t, side*side, func(i, j int) bool { return j-i == 1 && j%side > 0 || j-i == side })
}

func cube(t testing.TB, d int) *affinity.Sparse {
	return graph(t, 1<<d, func(i, j int) bool { return (i^j)&((i^j)-1) == 0 })
}

// petersen has two cycles of five, the inner one by steps of two.
func petersen(t testing.TB) *affinity.Sparse {
	return graph(t, 10, func(i, j int) bool {
		switch {
		case j < 5:
			return j-i == 1 || j-i == 4
		case i >= 5:
			return j-i == 2 || j-i == 3
		}
		return j == i+5
	})
}

// binary is the complete binary tree of n nodes.
func binary(t testing.TB, n int) *affinity.Sparse {
	return graph(t, n, func(i, j int) bool { return (j-1)/2 == i })
}

func karate(t testing.TB) *affinity.Sparse {
	g := datasets.Karate()
	return fromEdges(t, g.Nodes, g.Edges, nil)
}

func first(x *mat.Dense, n int) mat.Matrix {
	_, d := x.Dims()
	return x.Slice(0, n, 0, d)
}

// near is agreement to the nine digits of published values.
func near(got, want float64) bool { return math.Abs(got-want) <= 6e-10+5e-9*math.Abs(want) }

func TestDeltaOfClosedForms(t *testing.T) {
	for name, c := range map[string]struct {
		x                   mat.Matrix
		max, mean, diameter float64
	}{
		"C4": {cycle(t, 4), 1, 1, 2}, "C5": {cycle(t, 5), .5, .5, 2}, "C6": {cycle(t, 6), 1, .6, 3}, "C7": {cycle(t, 7), 1, .5, 3},
		"C8": {cycle(t, 8), 2, .571428571, 4}, "C12": {cycle(t, 12), 3, .636363636, 6},
		"path": {graph(t, 9, func(i, j int) bool { return j == i+1 }), 0, 0, 8}, "tree": {binary(t, 31), 0, 0, 8}, "K7": {graph(t, 7, func(int, int) bool { return true }), 0, 0, 1},
		"4 × 4 grid": {grid(t, 4), 3, .398901099, 6}, "5 × 5 grid": {grid(t, 5), 4, .444743083, 8},
		"Petersen": {petersen(t), .5, .285714286, 2}, "Q3": {cube(t, 3), 1, .514285714, 3}, "Q4": {cube(t, 4), 2, .483516484, 4},
		"karate": {karate(t), 1, .160417026, 5},
		"A":      {first(fixture.A(), 50), .389495962, .0848248137, 1.61037315},
		"D":      {fixture.Normal(4, 50, 10), 1.70780466, .339857329, 7.26430175},
	} {
		h, err := hyperbolic.Delta{}.Compute(context.Background(), c.x)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !near(h.Max, c.max) || !near(h.Mean, c.mean) || !near(h.Diameter, c.diameter) || h.StdErr != 0 {
			t.Errorf("%s: got %v | %v | %v, want %v | %v | %v", name, h.Max, h.Mean, h.Diameter, c.max, c.mean, c.diameter)
		}
		if want := 2 * c.max / c.diameter; !near(h.Relative(), want) {
			t.Errorf("%s: relative %v, want %v", name, h.Relative(), want)
		}
	}
}

// However far out points of hyperbolic space are, δ is below ln 2, and comes near it.
func TestDeltaOfHyperbolicSpace(t *testing.T) {
	for _, d := range []int{2, 3} {
		for _, radius := range []float64{2, 6, 14} {
			h, err := hyperbolic.Delta{}.Compute(context.Background(), &hyperbolic.Embedding{Dense: hyperbolicPoints(60, d, radius), Dim: d})
			if err != nil || h.Max > math.Ln2+1e-9 || radius > 10 && h.Max < .9*math.Ln2 {
				t.Errorf("dimension %d, radius %v: %v, %v", d, radius, h, err)
			}
		}
	}
}

func TestBasePointDelta(t *testing.T) {
	for name, c := range map[string]struct {
		x    mat.Matrix
		want float64
	}{"A": {first(fixture.A(), 50), .355188881}, "D": {fixture.Normal(4, 50, 10), 1.63294629}, "tree": {binary(t, 31), 0}} {
		s, err := hyperbolic.BasePointDelta(context.Background(), c.x, 0)
		if err != nil || !near(s.Value, c.want) {
			t.Errorf("%s: got %v and %v, want %v", name, s.Value, err, c.want)
		}
	}
}
