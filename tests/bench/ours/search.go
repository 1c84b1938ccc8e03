package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/search"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// TwoStage makes an index of in[0] and asks it for in[1].
func TwoStage(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	index, err := twoStage(ctx, in[0], o)
	if err != nil {
		return wire.Result{}, err
	}
	return asked(index.Search(ctx, in[1], o.Int("neighbors")))
}

var indices preparation[*search.TwoStageIndex]

// TwoStageReady asks an index of in[0], which was made before, for in[1].
func TwoStageReady(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	index, err := indices.of(in[0], func() (*search.TwoStageIndex, error) { return twoStage(ctx, in[0], o) })
	if err != nil {
		return wire.Result{}, err
	}
	return asked(index.Search(ctx, in[1], o.Int("neighbors")))
}

// Exhaustive compares in[1] with all rows of in[0].
func Exhaustive(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	return asked(search.Exhaustive(ctx, in[0], in[1], o.Int("neighbors")))
}

func twoStage(ctx context.Context, x *mat32.Dense, o wire.Options) (*search.TwoStageIndex, error) {
	n, d := x.Dims()
	return search.TwoStage{Dim: min(o.Int("dim"), d), Candidates: min(o.Int("candidates"), n)}.Index(ctx, x)
}

func asked(found *search.Found, err error) (wire.Result, error) {
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{{Name: "indices", Rows: found.N, Columns: found.K, Values: found.Rows}}}, nil
}
