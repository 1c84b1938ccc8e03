package ours

import (
	"context"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/nn"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// MLP trains on in[0] with the labels in[1], and names in[2], whose labels are in[3]; options hidden and epochs.
func MLP(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	m, err := nn.MLP{Hidden: []int{o.Int("hidden")}, Labels: column(in[1]), Epochs: o.Int("epochs"), Seed: seed}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	share, err := m.Accuracy(ctx, in[2], column(in[3]))
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{"accuracy": share, "loss": m.Losses[len(m.Losses)-1]}}, nil
}

// column returns the only one of x.
func column(x *mat32.Dense) []int {
	labels := make([]int, len(x.Data()))
	for i, v := range x.Data() {
		labels[i] = int(v)
	}
	return labels
}
