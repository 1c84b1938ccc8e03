package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// NMF finds non-negative factors; option components.
func NMF(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	m, err := dr.NMF{Components: o.Int("components"), Seed: seed}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("components", m.Components()), dense("map", m.Embedding().Dense)}}, nil
}

// FastICA finds independent sources; option components.
func FastICA(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	e, err := dr.FastICA{Components: o.Int("components"), Seed: seed}.Embed(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}

// SparseTruncatedSVD finds the leading components of rows that are given by the columns and the values that are not zero; options
// components and words.
func SparseTruncatedSVD(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	x, err := corpus(in, o)
	if err != nil {
		return wire.Result{}, err
	}
	m, err := dr.TruncatedSVD{Components: o.Int("components"), Seed: seed}.Fit(ctx, x)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("components", m.Components()), dense("map", m.Embedding().Dense)}}, nil
}

// KernelPCA finds the leading components of images by the kernel exp(−gamma·‖a − b‖²); options components, and squares, which is
// 1/gamma.
func KernelPCA(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	e, err := dr.KernelPCA{Components: o.Int("components"), Gamma: 1 / float64(o.Int("squares")), Seed: seed}.Embed(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{dense("map", e.Dense)}}, nil
}
