package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Magnitude weighs the rows exactly at scale 1.
func Magnitude(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	w, err := geometry.Magnitude{}.Weights(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{
		Values: map[string]float64{"magnitude": w.Score().Value},
		Arrays: []wire.Output{{Name: "weights", Rows: 1, Columns: len(w.Values), Values: w.Values}},
	}, nil
}
