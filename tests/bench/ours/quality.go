package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Trustworthiness judges the map in[1] of the data in[0]; option neighbors.
func Trustworthiness(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	k := o.Int("neighbors")
	r, err := quality.Rank{Neighbors: k}.Compare(ctx, in[0], in[1])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{"trustworthiness": r.Trustworthiness(k).Value}}, nil
}

// RankScores judges the map in[1] of the data in[0] by every score of ranks; option neighbors.
func RankScores(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	k := o.Int("neighbors")
	r, err := quality.Rank{Neighbors: k}.Compare(ctx, in[0], in[1])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{
		"trustworthiness": r.Trustworthiness(k).Value, "continuity": r.Continuity(k).Value,
		"false": r.MRREFalse(k).Value, "missing": r.MRREMissing(k).Value, "lcmc": r.LCMC(k).Value,
	}}, nil
}
