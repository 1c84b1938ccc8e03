package ours

import (
	"cmp"
	"context"
	"slices"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// KMeans parts rows around centres; options clusters and restarts.
func KMeans(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	m, err := cluster.KMeans{Clusters: o.Int("clusters"), Restarts: o.Int("restarts"), Seed: seed}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{labeled(m.Labels)}}, nil
}

// Ward joins rows by Ward's linkage.
func Ward(ctx context.Context, in []*mat32.Dense, _ wire.Options, _ uint64) (wire.Result, error) {
	h, err := cluster.Agglomerative{}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	sum := 0.
	for _, m := range h.Merges {
		sum += m.Height
	}
	return wire.Result{Values: map[string]float64{"heights": sum}}, nil
}

// HDBSCAN finds clusters that are dense; options size and core.
func HDBSCAN(ctx context.Context, in []*mat32.Dense, o wire.Options, _ uint64) (wire.Result, error) {
	m, err := cluster.HDBSCAN{MinSize: o.Int("size"), Core: o.Int("core")}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Values: map[string]float64{"clusters": float64(len(m.Sizes)), "noise": float64(m.Noise)}}, nil
}

// SpectralClusters cuts a graph of neighbours; options clusters and neighbors.
func SpectralClusters(ctx context.Context, in []*mat32.Dense, o wire.Options, seed uint64) (wire.Result, error) {
	m, err := cluster.Spectral{Clusters: o.Int("clusters"), Neighbors: o.Int("neighbors"), Seed: seed}.Fit(ctx, in[0])
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{labeled(m.Labels)}}, nil
}

var averaged preparation[*affinity.Sparse]

// Leiden finds the communities of a graph of neighbours, which are given by the numbers of their rows.
func Leiden(ctx context.Context, in []*mat32.Dense, _ wire.Options, seed uint64) (wire.Result, error) {
	s, err := averaged.of(in[0], func() (*affinity.Sparse, error) { return Averaged(in[0]) })
	if err != nil {
		return wire.Result{}, err
	}
	m, err := cluster.Leiden{Seed: seed}.Of(ctx, s)
	if err != nil {
		return wire.Result{}, err
	}
	return wire.Result{Arrays: []wire.Output{labeled(m.Labels)}, Values: map[string]float64{"communities": float64(len(m.Sizes))}}, nil
}

// Averaged weighs rows by their neighbours: ½ where one of two is near to the other, 1 where both are. Of a few rows for a start,
// neighbours that are not among them are left out.
func Averaged(near *mat32.Dense) (*affinity.Sparse, error) {
	n, _ := near.Dims()
	var pairs [][2]int
	for i := range n {
		for _, v := range near.Row(i) {
			if int(v) >= n {
				continue
			}
			pairs = append(pairs, [2]int{min(i, int(v)), max(i, int(v))})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return cmp.Or(a[0]-b[0], a[1]-b[1]) })
	var edges [][2]int
	var weights []float64
	for k, p := range pairs {
		if k > 0 && p == pairs[k-1] {
			weights[len(weights)-1] = 1
			continue
		}
		edges, weights = append(edges, p), append(weights, .5)
	}
	return affinity.FromEdges(n, edges, weights)
}

// labeled returns labels as an output.
func labeled(labels []int) wire.Output {
	values := make([]int32, len(labels))
	for i, l := range labels {
		values[i] = int32(l)
	}
	return wire.Output{Name: "labels", Rows: len(labels), Columns: 1, Values: values}
}
