package ours

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Ceiling is arithmetic in registers, in blocks that share nothing: no program gains more from more cores than it does. Option
// blocks, of some milliseconds each.
func Ceiling(ctx context.Context, _ []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	const steps = 2_000_000
	sum, err := par.Sum(ctx, o.Int("blocks"), 1, func(lo, _ int) float64 {
		x := float64(lo)
		for range steps {
			x = math.FMA(x, 0.5, 1)
		}
		return x
	})
	return wire.Result{Values: map[string]float64{"sum": sum}}, err
}
