package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// EdgesOf reads a graph whose edges are the rows of x.
func EdgesOf(x *mat32.Dense) (nodes int, edges [][2]int) {
	n, _ := x.Dims()
	edges = make([][2]int, n)
	for k := range edges {
		for end := range edges[k] {
			edges[k][end] = int(x.Row(k)[end])
			nodes = max(nodes, edges[k][end]+1)
		}
	}
	return nodes, edges
}

// OllivierRicci measures the curvature of the graph whose edges are the rows of in[0].
func OllivierRicci(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	nodes, edges := EdgesOf(in[0])
	g, err := affinity.FromEdges(nodes, edges, nil)
	if err != nil {
		return wire.Result{}, err
	}
	c, err := geometry.OllivierRicci{}.Edges(ctx, g)
	if err != nil {
		return wire.Result{}, err
	}
	values := make([]float64, len(edges))
	for k, e := range edges {
		values[k], _ = c.Between(e[0], e[1])
	}
	return wire.Result{Arrays: []wire.Output{{Name: "curvature", Rows: len(edges), Columns: 1, Values: values}}, Values: map[string]float64{"mean": c.Mean()}}, nil
}
