package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/dynamics"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Lyapunov measures the exponents of Lorenz's flow, which takes no data; option
// steps.
func Lyapunov(ctx context.Context, _ []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	s, err := dynamics.LyapunovSpectrum{Steps: o.Int("steps"), Step: 0.01}.Of(ctx, dynamics.Lorenz())
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{
		"first": s.Exponents[0], "second": s.Exponents[1], "third": s.Exponents[2],
	}}, nil
}
