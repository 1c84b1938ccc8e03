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

// NNDescent finds approximate nearest neighbours; option neighbors.
func NNDescent(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	g, err := neighbors.NNDescent{Neighbors: o.Int("neighbors"), Seed: seed}.Graph(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return graph(g), nil
}

var documents preparation[*mat32.CSR]

// SparseNNDescent finds approximate nearest neighbours by the cosine distance, of rows that are given by the columns and the
// values that are not zero; options neighbors and words.
func SparseNNDescent(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	x, err := corpus(in, o)
	if err != nil {
		return wire.Result{}, err
	}
	g, err := neighbors.NNDescent{Neighbors: o.Int("neighbors"), Metric: neighbors.Cosine{}, Seed: seed}.Graph(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	return graph(g), nil
}

// sparse returns the matrix whose rows have values, which are followed by zeros, in the columns of indices.
func sparse(indices, values *mat32.Dense, words int) (*mat32.CSR, error) {
	n, _ := values.Dims()
	start := []int{0}
	var columns []int32
	var kept []float32
	for i := range n {
		for k, v := range values.Row(i) {
			if v != 0 {
				columns, kept = append(columns, int32(indices.Row(i)[k])), append(kept, v)
			}
		}
		start = append(start, len(kept))
	}
	return mat32.NewCSR(n, words, start, columns, kept)
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
