package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

var affinityRows = []row{{
	method: "affinity.AlphaDecay",
	source: "2019, Visualizing structure and transitions in high-dimensional biological data",
	golden: golden{file: "affinity", holds: "wine.decay.rows", test: "affinity.TestAlphaDecayAgainstGraphtools"},
	claim: claim{
		says:    "nearly all weight is between rows of one group, of groups whose densities differ a hundredfold",
		on:      unlike,
		measure: withinGroups(affinity.AlphaDecay{}),
		from:    .98, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(unlike(seed)) },
	},
	variants: []variant{
		{name: "decay 40", of: always(affinity.AlphaDecay{}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
		{name: "decay 2, which reaches far", of: always(affinity.AlphaDecay{Decay: 2}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{
		"Neighbors":    {affinity.AlphaDecay{Neighbors: 60}},
		"MaxNeighbors": {affinity.AlphaDecay{MaxNeighbors: 4}, affinity.AlphaDecay{MaxNeighbors: 60}},
		"Threshold":    {affinity.AlphaDecay{Threshold: 1}},
	},
}, {
	method: "affinity.AdaptiveGaussian",
	source: "2004, Self-tuning spectral clustering",
	golden: golden{form: "exp(−d²/(σᵢ·σⱼ)) of all pairs, one by one", test: "affinity.TestKernelsAreTheirDefinitions"},
	claim: claim{
		says:    "nearly all weight is between rows of one group, of groups whose densities differ a hundredfold",
		on:      unlike,
		measure: withinGroups(affinity.AdaptiveGaussian{}),
		from:    .98, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(unlike(seed)) },
	},
	variants: []variant{
		{name: "15 neighbours", of: always(affinity.AdaptiveGaussian{}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{"Local": {affinity.AdaptiveGaussian{Local: 16}}, "Neighbors": {affinity.AdaptiveGaussian{Neighbors: 60}}},
}, {
	method: "affinity.Gaussian",
	source: "2015, Nonparametric forecasting of low-dimensional dynamical systems",
	golden: golden{file: "affinity", holds: "wine.gaussian.epsilon", test: "affinity.TestGaussianAgainstPydiffmap"},
	claim: claim{
		says: "at the bandwidth it finds, heat on a circle decays at rates of 1, 1, 4, 4",
		on: func(seed uint64) sample {
			x := mat.NewDense(300, 2, nil)
			for i := range 300 {
				r := rng.New(seed, "circle", i)
				angle := 2 * math.Pi * (float64(i) + r.Float64()) / 300
				x.SetRow(i, []float64{math.Cos(angle), math.Sin(angle)})
			}
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			w, err := affinity.Gaussian{}.Weigh(ctx, s.x)
			if err != nil {
				return 0, err
			}
			o, err := affinity.Diffusion{Alpha: 1}.Of(ctx, w)
			if err != nil {
				return 0, err
			}
			p, err := o.Eigen(ctx, 4)
			if err != nil {
				return 0, err
			}
			return math.Log(p.Values[3]) / math.Log(p.Values[1]), nil
		},
		from: 3.6, to: 4.4,
	},
	control: control{
		says: "the rows fill a square, in which heat decays at rates of 1, 1, 2",
		on: func(seed uint64) sample {
			x := mat.NewDense(300, 2, nil)
			for i := range 300 {
				r := rng.New(seed, "square", i)
				x.SetRow(i, []float64{r.Float64(), r.Float64()})
			}
			return sample{x: x}
		},
	},
	variants: []variant{
		{name: "64 neighbours, ε found", of: always(affinity.Gaussian{}), least: 2, distances: asForRows, long: [2]int{8000, 200}},
		{name: "ε given", of: always(affinity.Gaussian{Neighbors: 10, Epsilon: 1}), least: 11, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{"Neighbors": {affinity.Gaussian{Neighbors: 60}}},
}, {
	method: "affinity.Connectivity",
	source: "2003, Laplacian eigenmaps for dimensionality reduction and data representation",
	golden: golden{file: "affinity", holds: "wine.connectivity.symmetric", test: "affinity.TestConnectivityAgainstScikitLearn"},
	claim: claim{
		says: "three groups that are far apart are three components",
		on:   func(seed uint64) sample { return groups(seed, 120, 5) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			w, err := affinity.Connectivity{}.Weigh(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return float64(w.Components().Count), nil
		},
		from: 3, to: 3,
	},
	control: control{
		says: "all rows are in one group",
		on:   func(seed uint64) sample { return sample{x: flat(seed, 120, 5, 5)} },
	},
	variants: []variant{
		{name: "union", of: always(affinity.Connectivity{}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{"Neighbors": {affinity.Connectivity{Neighbors: 60}}, "Symmetrization": {affinity.Connectivity{Symmetrization: "fuzzy"}}},
}, {
	method: "affinity.Ball",
	source: "2007, A tutorial on spectral clustering",
	golden: golden{form: "all pairs within the radius, one by one", test: "affinity.TestKernelsAreTheirDefinitions"},
	claim: claim{
		says: "its radius is the smallest at which all rows are connected: a smaller one leaves two parts",
		on:   func(seed uint64) sample { return sample{x: flat(seed, 120, 3, 5)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			tree, err := neighbors.MST{}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			longest := tree.Edges[len(tree.Edges)-1].Distance
			connected, err := affinity.Ball{}.Weigh(ctx, s.x)
			if err != nil {
				return 0, err
			}
			parted, err := affinity.Ball{Radius: longest * (1 - 1e-9)}.Weigh(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return float64(parted.Components().Count - connected.Components().Count), nil
		},
		from: 1, to: 1,
	},
	control: control{
		says: "the rows are those of a lattice, which falls apart altogether",
		on: func(uint64) sample {
			x := mat.NewDense(100, 2, nil)
			for i := range 100 {
				x.SetRow(i, []float64{float64(i % 10), float64(i / 10)})
			}
			return sample{x: x}
		},
	},
	variants: []variant{
		{name: "connected", of: always(affinity.Ball{}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
		{name: "radius 2", of: always(affinity.Ball{Radius: 2}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
}, {
	method: "affinity.Entropic",
	source: "2008, Visualizing data using t-SNE",
	golden: golden{file: "affinity", holds: "wine.entropic.row", test: "affinity.TestEntropicAgainstScikitLearn"},
	claim: claim{
		says:    "nearly all weight is between rows of one group, of groups whose densities differ a hundredfold",
		on:      unlike,
		measure: withinGroups(affinity.Entropic{Perplexity: 10}),
		from:    .98, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(unlike(seed)) },
	},
	variants: []variant{
		{name: "perplexity 30", of: always(affinity.Entropic{}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{"Perplexity": {affinity.Entropic{Perplexity: 60}, affinity.Entropic{Perplexity: .5}}, "Neighbors": {affinity.Entropic{Neighbors: 5}, affinity.Entropic{Neighbors: 60}}},
}, {
	method:     "affinity.FuzzySet",
	stochastic: true,
	unmoved:    "affinity.TestFuzzySetDrawsApproximateNeighbors: few rows are searched exactly",
	source:     "2018, UMAP: Uniform manifold approximation and projection for dimension reduction",
	golden:     golden{file: "umap", holds: "weights.weights", test: "affinity.TestFuzzySetAgainstUmapLearn"},
	claim: claim{
		says:    "nearly all weight is between rows of one group, of groups whose densities differ a hundredfold",
		on:      unlike,
		measure: withinGroups(affinity.FuzzySet{}),
		from:    .98, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(unlike(seed)) },
	},
	variants: []variant{
		{name: "15 neighbours", of: always(affinity.FuzzySet{}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
		{name: "mixed, less connected", of: always(affinity.FuzzySet{Mix: .4, LocalConnectivity: .5}), least: 2, constant: true, distances: asForRows, long: [2]int{8000, 200}},
	},
	exact: map[string]any{"Mix": affinity.FuzzySet{Mix: dr.Zero}, "LocalConnectivity": affinity.FuzzySet{LocalConnectivity: dr.Zero}},
	refused: map[string][]any{
		"Neighbors":         {affinity.FuzzySet{Neighbors: 1}, affinity.FuzzySet{Neighbors: 61}},
		"Mix":               {affinity.FuzzySet{Mix: 1.5}},
		"LocalConnectivity": {affinity.FuzzySet{LocalConnectivity: 15}},
	},
}}

// unlike returns groups of which one is five times as wide as the next: in three
// columns, a hundred times less dense.
func unlike(seed uint64) sample {
	s := groups(seed, 150, 3)
	x := mat.DenseCopyOf(s.x)
	for i, l := range s.labels {
		row := x.RawRowView(i)
		for j := range row {
			row[j] *= math.Pow(5, float64(l))
		}
	}
	s.x = x
	return s
}

// withinGroups returns what share of the weight of a kernel is between rows of one
// label.
func withinGroups(kernel interface {
	Weigh(ctx context.Context, x mat.Matrix) (*affinity.Sparse, error)
}) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		w, err := kernel.Weigh(ctx, s.x)
		if err != nil {
			return 0, err
		}
		within, all := 0., 0.
		for i, l := range s.labels {
			columns, weights := w.Row(i)
			for k, j := range columns {
				if int(j) == i {
					continue
				}
				all += weights[k]
				if s.labels[j] == l {
					within += weights[k]
				}
			}
		}
		return within / all, nil
	}
}
