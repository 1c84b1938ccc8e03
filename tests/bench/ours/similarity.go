package ours

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/similarity"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// CKA compares in[0] with in[1].
func CKA(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	s, err := similarity.CKA{}.Compare(ctx, in[0], in[1])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{"cka": s.Value}}, nil
}

// CKALayers compares all pairs of in.
func CKALayers(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	layers := make([]mat.Matrix, len(in))
	for i, x := range in {
		layers[i] = x
	}
	p, err := similarity.Matrix{}.Among(ctx, layers...)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{"mean": mat.Sum(p) / float64(len(in)*len(in))}}, nil
}
