package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// LaplacianEigenmaps finds the spectral embedding; options components and neighbors.
func LaplacianEigenmaps(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	e, err := dr.LaplacianEigenmaps{Components: o.Int("components"), Neighbors: o.Int("neighbors")}.Embed(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}

// DiffusionMaps finds diffusion maps of a bandwidth that is found as well; options components and neighbors.
func DiffusionMaps(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	e, err := dr.DiffusionMaps{Components: o.Int("components"), Neighbors: o.Int("neighbors"), Time: dr.Zero}.Embed(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}
