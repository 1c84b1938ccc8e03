package ours

import (
	"context"

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
