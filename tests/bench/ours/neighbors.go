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
	return wire.Result{Arrays: []wire.Output{
		{Name: "indices", Rows: g.N, Columns: g.K, Values: g.Indices},
		{Name: "distances", Rows: g.N, Columns: g.K, Values: g.Distances},
	}}, nil
}
