package neighbors_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGraph_Tree() {
	g := &neighbors.Graph{N: 5, K: 1, Metric: neighbors.Euclidean{}.String(), // rows on a line at 0, 10, 1, 11 and 3
		Indices: []int32{2, 3, 0, 1, 2}, Distances: []float64{1, 1, 1, 1, 2}}
	forest, err := g.Tree()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(forest)
	fmt.Println(forest.Edges)
	// Output:
	// minimum spanning forest of 2 trees over 5 rows, total length 4, euclidean distance
	// [{0 2 1} {1 3 1} {2 4 2}]
}

// A graph of all pairs has the tree of the rows; one of fewer has a tree for each
// component, of which none can be shorter.
func TestTreeOfGraph(t *testing.T) {
	data := inputs()
	data["islands"] = islands(8, 20)
	for name, x := range data {
		n, _ := x.Dims()
		want, err := neighbors.MST{}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		all, err := exact(t, x, n-1).Tree()
		if err != nil || !slices.Equal(all.Edges, want.Edges) || all.Rows != want.Rows {
			t.Errorf("%s: the tree of all pairs is %v, that of the rows %v (%v)", name, all, want, err)
		}
		g := exact(t, x, 5)
		h, err := g.Union()
		if err != nil {
			t.Fatal(err)
		}
		forest, err := g.Tree()
		if err != nil {
			t.Fatal(err)
		}
		undirected, err := h.Tree()
		if err != nil || !slices.Equal(forest.Edges, undirected.Edges) {
			t.Errorf("%s: the forest of the graph is %v, and of its union %v (%v)", name, forest, undirected, err)
		}
		c, err := g.Components()
		if err != nil || n-len(forest.Edges) != c.Count {
			t.Errorf("%s: a forest of %d trees for %v", name, n-len(forest.Edges), c)
		}
		if c.Count == 1 && forest.Length() < want.Length() {
			t.Errorf("%s: a tree of fewer edges is shorter: %v and %v", name, forest, want)
		}
	}
}
