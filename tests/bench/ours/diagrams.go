package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// Bottleneck compares the diagrams in[0] and in[1].
func Bottleneck(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	return distanceOf(topology.Bottleneck(ctx, bars(in[0]), bars(in[1])))
}

// Wasserstein compares them by all their bars.
func Wasserstein(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	w := topology.Wasserstein{Order: float64(o.Int("order"))}
	return distanceOf(w.Match(ctx, bars(in[0]), bars(in[1])))
}

func distanceOf(m *topology.Matching, err error) (wire.Result, error) {
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{"distance": m.Distance}}, nil
}

func bars(x *mat32.Dense) topology.Diagram {
	n, _ := x.Dims()
	d := make(topology.Diagram, n)
	for i := range d {
		d[i] = topology.Bar{Birth: x.At(i, 0), Death: x.At(i, 1)}
	}
	return d
}
