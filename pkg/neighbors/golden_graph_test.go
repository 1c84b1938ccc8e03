package neighbors_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

func TestGraphsAgainstSciPy(t *testing.T) {
	var file struct {
		Tree, Reachability []float64
		Graphs             []struct {
			K, Union, Mutual                 int
			ForestEdges                      int     `json:"forest_edges"`
			ForestLength                     float64 `json:"forest_length"`
			Components, Counts               []int
			MutualComponents                 []int `json:"mutual_components"`
			Skewness, RobinHood, Reciprocity float64
		}
	}
	golden.Load(t, "graph", &file)
	ctx := context.Background()
	x := datasets.Wine().X
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*math.Abs(b) }
	for core, want := range map[int][]float64{0: file.Tree, 5: file.Reachability} {
		tree, err := neighbors.MST{Core: core}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(tree.Edges, want, func(e neighbors.Edge, length float64) bool { return near(e.Distance, length) }) || len(want) != tree.N-1 {
			t.Errorf("core %d: the lengths of the tree differ", core)
		}
	}
	for _, want := range file.Graphs {
		g := exact(t, x, want.K)
		forest, err := g.Tree()
		if err != nil || len(forest.Edges) != want.ForestEdges || !near(forest.Length(), want.ForestLength) {
			t.Errorf("k = %d: %v, %v; want %d edges of length %v", want.K, forest, err, want.ForestEdges, want.ForestLength)
		}
		c, err := g.Components()
		if err != nil || !slices.Equal(c.Sizes, want.Components) {
			t.Errorf("k = %d: %v, %v; want %v", want.K, c, err, want.Components)
		}
		union, err := g.Union()
		if err != nil || len(union.Indices) != 2*want.Union {
			t.Errorf("k = %d: %v, %v; want %d edges", want.K, union, err, want.Union)
		}
		mutual, err := g.Mutual()
		if err != nil || len(mutual.Indices) != 2*want.Mutual {
			t.Errorf("k = %d: %v, %v; want %d edges", want.K, mutual, err, want.Mutual)
		}
		if c, err = mutual.Components(); err != nil || !slices.Equal(c.Sizes, want.MutualComponents) {
			t.Errorf("k = %d, mutual: %v, %v; want %v", want.K, c, err, want.MutualComponents)
		}
		h, err := g.Hubness()
		if err != nil || !slices.Equal(h.Counts, want.Counts) || !near(h.Skewness, want.Skewness) || !near(h.RobinHood, want.RobinHood) {
			t.Errorf("k = %d: %v, %v; want skewness %v, Robin Hood %v", want.K, h, err, want.Skewness, want.RobinHood)
		}
		r, err := g.Reciprocity()
		if err != nil || !near(r.Value, want.Reciprocity) {
			t.Errorf("k = %d: reciprocity %v, %v; want %v", want.K, r.Value, err, want.Reciprocity)
		}
	}
	if len(file.Graphs) != 3 {
		t.Errorf("%d graphs", len(file.Graphs))
	}
}
