package hyperbolic_test

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
)

// How far from those of a tree are the shortest ways of a tree, of a ring and of a grid?
func Example() {
	for _, g := range []struct {
		family datasets.GraphFamily
		size   []int
	}{{datasets.BalancedTree, []int{2, 4}}, {datasets.Cycle, []int{16}}, {datasets.Grid, []int{4, 8}}} {
		graph, err := g.family.Graph(g.size...)
		if err != nil {
			fmt.Println(err)
			return
		}
		edges, err := affinity.FromEdges(graph.Nodes, graph.Edges, graph.Weights)
		if err != nil {
			fmt.Println(err)
			return
		}
		h, err := hyperbolic.Delta{}.Compute(context.Background(), edges)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%-20s δ %v, relative %.2f\n", graph.Name, h.Max, h.Relative())
	}
	// Output:
	// balanced tree 2 × 4  δ 0, relative 0.00
	// cycle 16             δ 4, relative 1.00
	// grid 4 × 8           δ 3, relative 0.60
}
