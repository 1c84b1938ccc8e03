package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// LLE makes a locally linear map; options components and neighbors.
func LLE(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	m, err := dr.LLE{Components: o.Int("components"), Neighbors: o.Int("neighbors")}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", m.Embedding().Dense)}, Values: map[string]float64{"error": m.ReconstructionError()}}, nil
}

// Isomap makes a map of geodesic distances; options components and neighbors.
func Isomap(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	m, err := dr.Isomap{Components: o.Int("components"), Neighbors: o.Int("neighbors")}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", m.Embedding().Dense)}, Values: map[string]float64{"error": m.ReconstructionError()}}, nil
}
