package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
)

// lowRank returns rows in two subspaces of 4 dimensions, so many of each.
func lowRank(rows int) func(seed uint64) sample {
	return func(seed uint64) sample {
		d, err := datasets.LowRankGaussianMixture{Rows: 2 * rows, Rank: 4, Seed: seed}.Generate()
		if err != nil {
			panic(err)
		}
		var y mat.Dense
		y.Stack(d.Truth.Bases[0], d.Truth.Bases[1])
		return sample{x: d.X, y: &y}
	}
}

var drSubspaceRows = []row{{
	method: "dr.KSubspaces", stochastic: true,
	origin: "subspaces go through it",
	source: "2000, k-plane clustering",
	golden: golden{form: "the right singular vectors of one cluster, and what they leave", test: "dr.TestKSubspacesOfOneClusterIsPCA"},
	claim: claim{says: "from three times as many rows as dimensions the subspaces are found: the share of them that the bases hold", on: lowRank(12),
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.KSubspaces{Components: 4, Restarts: 20}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			// The subspaces are orthogonal: each basis lies in one of them, or in part.
			held := 0.
			for k := range 2 {
				best := 0.
				for _, v := range m.Bases {
					if v == nil {
						continue
					}
					var cross mat.Dense
					cross.Mul(s.y.(*mat.Dense).Slice(4*k, 4*k+4, 0, 48), v.T())
					norm := mat.Norm(&cross, 2)
					best = max(best, norm*norm/4)
				}
				held += best / 2
			}
			return held, nil
		},
		from: .999, to: 1.001},
	control: control{says: "half as many rows as dimensions", on: lowRank(2)},
	variants: []variant{
		{name: "2 planes", of: always(dr.KSubspaces{}), least: 1, constant: true, long: [2]int{20000, 100}},
		{name: "wide", of: func(n, d int) any { return dr.KSubspaces{Components: 1, Clusters: min(3, max(n, 1)), Restarts: 2} }, least: 1, constant: true, wide: true, long: [2]int{3000, 300}},
	},
	refused: map[string][]any{"Clusters": {dr.KSubspaces{Clusters: 61}}, "Components": {dr.KSubspaces{Components: 6}}},
}, {
	method: "dr.MLC", stochastic: true,
	origin: "training begins at the mean of rows as float32 has them, and small differences grow",
	source: "2023, Unsupervised manifold linearizing and clustering",
	golden: golden{form: "finite differences of the rate reduction, through the Sinkhorn projection", test: "dr.TestRateReductionFollowsItsGradient"},
	claim: claim{says: "curves that wind around one origin are told apart, better than by planes: the adjusted Rand index beyond that of k-subspaces", on: wound, from: .15, to: 1.1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.MLC{Clusters: 3, Steps: 300}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			planes, err := dr.KSubspaces{Clusters: 3, Components: 2}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return alike(m.Labels(), s) - alike(planes.Labels, s), nil
		}},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(wound(seed)) }},
	variants: []variant{
		{name: "6 steps", of: func(n, d int) any { return dr.MLC{Steps: 6, Batch: min(32, max(n, 1)), Width: 16, Components: 4} }, least: 2, long: [2]int{1000, 50}},
	},
	refused: map[string][]any{"Clusters": {dr.MLC{Clusters: 61}}, "Scale": {dr.MLC{Scale: 1e-9}}},
}}

// wound are three curves in 10 dimensions.
func wound(seed uint64) sample {
	d, err := datasets.UnionOfManifolds{Rows: 300, Dim: 10, Dims: []int{1, 1, 1}, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	return sample{x: d.X, labels: d.Labels}
}
