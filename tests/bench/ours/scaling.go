package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// MetricMDS scales the distances between rows by SMACOF, from the classical layout; option iterations.
func MetricMDS(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	e, err := dr.MetricMDS{Iterations: o.Int("iterations"), Seed: seed}.Embed(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}
