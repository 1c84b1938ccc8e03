package ours

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// UMAP makes a map of the fuzzy sets of neighbours; options components and neighbors, which count the row itself.
func UMAP(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	return embedded(ctx, dr.UMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Seed: seed}, in[0])
}

func embedded(ctx context.Context, method dr.Embedder, x mat.Matrix) (wire.Result, error) {
	e, err := method.Embed(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}

var fuzzySets preparation[*affinity.Sparse]

// UMAPLayout is UMAP from a fuzzy set that is given, and from points at random: the optimiser alone; options components and neighbors, which count the row itself.
func UMAPLayout(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	w, err := fuzzySets.of(in[0], func() (*affinity.Sparse, error) {
		return affinity.FuzzySet{Neighbors: o.Int("neighbors")}.Weigh(ctx, in[0])
	})
	if err != nil {
		return wire.Result{}, err
	}
	return embedded(ctx, dr.UMAP{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Affinity: w, Start: dr.FromRandom, Seed: seed}, in[0])
}
