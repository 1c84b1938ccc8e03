package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// TwoStage makes an index of in[0] and asks it for in[1].
func TwoStage(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	n, d := in[0].Dims()
	index, err := search.TwoStage{Dim: min(o.Int("dim"), d), Candidates: min(o.Int("candidates"), n)}.Index(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	found, err := index.Search(ctx, in[1], o.Int("neighbors"))
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{{Name: "indices", Rows: found.N, Columns: found.K, Values: found.Rows}}}, nil
}
