package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Exact finds the exact nearest neighbours; option neighbors.
func Exact(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	g, err := neighbors.Exact{Neighbors: o.Int("neighbors")}.Graph(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return graph(g), nil
}

// HNSW builds an index of the first input and finds the neighbours of the rows of the second; options neighbors, links,
// construction and search.
func HNSW(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	index, err := neighbors.HNSW{M: o.Int("links"), EfConstruction: o.Int("construction"), EfSearch: o.Int("search"), Seed: seed}.Index(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	a, err := index.Query(ctx, in[1], o.Int("neighbors"))
	if err != nil {
		return wire.Result{}, err
	}
	return found(a.N, a.K, a.Indices, a.Distances), nil
}

func graph(g *neighbors.Graph) wire.Result { return found(g.N, g.K, g.Indices, g.Distances) }

func found(n, k int, indices []int32, distances []float64) wire.Result {
	return wire.Result{Arrays: []wire.Output{
		{Name: "indices", Rows: n, Columns: k, Values: indices},
		{Name: "distances", Rows: n, Columns: k, Values: distances},
	}}
}
