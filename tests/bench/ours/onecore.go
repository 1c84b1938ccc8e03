package ours

import (
	"context"
	"runtime"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// OnOneCore returns f on one core: what others gain is how many times as long it takes.
func OnOneCore(f wire.Func) wire.Func {
	return func(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		return f(ctx, in, o, seed)
	}
}
