package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// PHATE makes a map of the potentials of where a walk ends; option components.
func PHATE(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	m, err := dr.PHATE{Components: o.Int("components"), Seed: seed}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", m.Embedding().Dense)}, Values: map[string]float64{"time": float64(m.Time())}}, nil
}

// HeatGeodesic makes a map of the ways that heat takes; option components.
func HeatGeodesic(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	e, err := dr.HeatGeodesic{Components: o.Int("components"), Seed: seed}.Embed(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}
