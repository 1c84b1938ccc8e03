package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/cluster"
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

// heldBy returns the share of those subspaces that bases have, each of the best. They are orthogonal:
// a basis lies in one of them, or in part.
func heldBy(bases []*mat.Dense, s sample) (held float64) {
	for k := range 2 {
		best := 0.
		for _, v := range bases {
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
	return held
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
			return heldBy(m.Bases, s), nil
		},
		from: .999, to: 1.001},
	control: control{says: "half as many rows as dimensions", on: lowRank(2)},
	variants: []variant{
		{name: "2 planes", of: always(dr.KSubspaces{}), least: 1, constant: true, long: [2]int{20000, 100}},
		{name: "wide", of: func(n, d int) any { return dr.KSubspaces{Components: 1, Clusters: min(3, max(n, 1)), Restarts: 2} }, least: 1, constant: true, wide: true, long: [2]int{3000, 300}},
	},
	refused: map[string][]any{"Clusters": {dr.KSubspaces{Clusters: 61}}, "Components": {dr.KSubspaces{Components: 6}}},
}, {
	method: "dr.LowRankDenoiser", stochastic: true,
	origin: "subspaces go through it",
	source: "2024, Diffusion models learn low-dimensional distributions via subspace",
	golden: golden{form: "the loss by its formula and its gradient by finite differences; the right singular vectors of one subspace", test: "dr.TestLowRankDenoiserOfOneSubspaceIsPCA"},
	claim: claim{says: "trained on three times as many rows as dimensions it has the subspaces: the share of them that its bases hold", on: lowRank(12),
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.LowRankDenoiser{Components: 4}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return heldBy(m.Bases, s), nil
		},
		from: .998, to: 1.001},
	control: control{says: "half as many rows as dimensions", on: lowRank(2)},
	variants: []variant{
		{name: "2 planes", of: always(dr.LowRankDenoiser{Steps: 30, Restarts: 3}), least: 1, constant: true, long: [2]int{20000, 100}},
		{name: "wide, in batches", of: func(n, d int) any {
			return dr.LowRankDenoiser{Components: 1, Clusters: min(3, max(n, 1)), Restarts: 1, Batch: min(16, max(n, 1))}
		}, least: 1, constant: true, wide: true, long: [2]int{3000, 300}},
	},
	refused: map[string][]any{"Clusters": {dr.LowRankDenoiser{Clusters: 61}}, "Components": {dr.LowRankDenoiser{Components: 6}}, "Batch": {dr.LowRankDenoiser{Batch: 61}},
		"LeastNoise": {dr.LowRankDenoiser{LeastNoise: 1e4}}, "MostNoise": {dr.LowRankDenoiser{MostNoise: 1e4}}, "LearningRate": {dr.LowRankDenoiser{LearningRate: 1e-4}}},
}, {
	method: "dr.MLC", stochastic: true,
	origin: "training begins at the mean of rows as float32 has them, and small differences grow",
	source: "2023, Unsupervised manifold linearizing and clustering",
	golden: golden{form: "finite differences of the rate reduction, through the Sinkhorn projection", test: "dr.TestRateReductionFollowsItsGradient"},
	claim: claim{says: "curves that each wind through all dimensions are told apart where linear subspaces tell nothing: the adjusted Rand index, the mean of three starts, beyond the best of k-means, k-subspaces of 1 to 6 dimensions and least-squares representation at the best of three weights", on: wound, from: .25, to: 1.1,
		measure: func(ctx context.Context, s sample) (float64, error) {
			mean := 0.
			for start := range uint64(3) { // some starts join two curves and cut another
				m, err := dr.MLC{Clusters: 3, Seed: start}.Fit(ctx, s.x)
				if err != nil {
					return 0, err
				}
				mean += alike(m.Labels(), s) / 3
			}
			best, err := linear(ctx, s)
			return mean - best, err
		}},
	control: control{says: "subspaces that are linear: others part them as well", on: func(seed uint64) sample {
		d, err := datasets.LowRankGaussianMixture{Rows: 450, Classes: 3, Rank: 3, Dim: 10, Seed: seed}.Generate()
		if err != nil {
			panic(err)
		}
		return sample{x: d.X, labels: d.Labels}
	}},
	variants: []variant{
		{name: "6 steps", of: func(n, d int) any { return dr.MLC{Steps: 6, Batch: min(32, max(n, 1)), Width: 16, Components: 4} }, least: 2, long: [2]int{1000, 50}},
	},
	refused: map[string][]any{"Clusters": {dr.MLC{Clusters: 61}}, "Scale": {dr.MLC{Scale: 1e-9}}},
}}

// wound are three curves in 10 dimensions, of which each spans all.
func wound(seed uint64) sample {
	d, err := datasets.UnionOfManifolds{Rows: 1000, Dim: 10, Dims: []int{1, 1, 1}, Harmonics: 5, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	return sample{x: d.X, labels: d.Labels}
}

// linear returns the best agreement with three labels that k-means and linear subspaces reach, with
// the dimension or weight that suits them best.
func linear(ctx context.Context, s sample) (float64, error) {
	round, err := cluster.KMeans{Clusters: 3}.Fit(ctx, s.x)
	if err != nil {
		return 0, err
	}
	best := alike(round.Labels, s)
	for q := 1; q <= 6; q++ {
		m, err := dr.KSubspaces{Clusters: 3, Components: q}.Fit(ctx, s.x)
		if err != nil {
			return 0, err
		}
		best = max(best, alike(m.Labels, s))
	}
	for _, weight := range []float64{.01, .1, 1} {
		w, err := leastSquares(s.x, weight)
		if err != nil {
			return 0, err
		}
		m, err := cluster.Spectral{Clusters: 3, Affinity: w}.Fit(ctx, s.x)
		if err != nil {
			return 0, err
		}
		best = max(best, alike(m.Labels, s))
	}
	return best, nil
}

// leastSquares returns how rows represent each other, X·(XᵀX + λI)⁻¹·Xᵀ by size, with λ a weight
// times n/d (C. Lu, H. Min, Z. Zhao, L. Zhu, D. Huang and S. Yan, 2012, Robust and efficient subspace
// segmentation via least squares regression).
func leastSquares(x mat.Matrix, weight float64) (*affinity.Sparse, error) {
	n, d := x.Dims()
	var gram, inverse, half, c mat.Dense
	gram.Mul(x.T(), x)
	for j := range d {
		gram.Set(j, j, gram.At(j, j)+weight*float64(n)/float64(d))
	}
	if err := inverse.Inverse(&gram); err != nil {
		return nil, err
	}
	half.Mul(x, &inverse)
	c.Mul(&half, x.T())
	start, columns, weights := []int{0}, []int32(nil), []float64(nil)
	for i := range n {
		for j := range n {
			if v := math.Abs(c.At(i, j) + c.At(j, i)); v > 0 && i != j {
				columns, weights = append(columns, int32(j)), append(weights, v)
			}
		}
		start = append(start, len(columns))
	}
	return affinity.NewSparse(n, start, columns, weights)
}
