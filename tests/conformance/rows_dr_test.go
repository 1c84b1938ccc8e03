package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// short t-SNE is long enough for both phases, and short enough for the map of
// shifted data to be the same: t-SNE amplifies differences as it goes on.
var short = dr.TSNE{EarlyIterations: 10, Iterations: 10}

// standardizeAndProject is a chain whose models map new rows.
var standardizeAndProject = dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{Components: 2})}

var drRows = []row{{
	method: "dr.Standardize",
	source: "none: as old as units of measurement",
	golden: golden{file: "standardize", holds: "data.wine.robust.transformed", test: "dr.TestStandardizeAgainstScikitLearn"},
	claim: claim{
		says: "the units of the columns do not matter: the largest difference is rounding",
		on: func(seed uint64) sample {
			x := flat(seed, 100, 4, 4)
			var y mat.Dense
			y.Apply(func(_, j int, v float64) float64 { return v*math.Pow(10, float64(3*j)) - float64(7*j) }, x)
			return sample{x: x, y: &y}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			a, err := dr.Standardize{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			b, err := dr.Standardize{}.Embed(ctx, s.y)
			if err != nil {
				return 0, err
			}
			var difference mat.Dense
			difference.Sub(a, b)
			return mat.Norm(&difference, math.Inf(1)), nil
		},
		from: 0, to: 1e-9,
	},
	control: control{
		says: "the columns are mixed, which is no change of units",
		on: func(seed uint64) sample {
			x := flat(seed, 100, 4, 4)
			var y mat.Dense
			y.Mul(x, fixture.Normal(seed+7, 4, 4))
			return sample{x: x, y: &y}
		},
	},
	variants: []variant{
		{name: "mean and standard deviation", of: always(dr.Standardize{}), least: 1, constant: true, long: [2]int{20000, 200}},
		{name: "robust", of: always(dr.Standardize{Robust: true}), least: 1, constant: true, long: [2]int{20000, 200}},
		{name: "scale alone", of: always(dr.Standardize{KeepScale: true}), least: 1, constant: true, long: [2]int{20000, 200}},
		{name: "median absolute deviation", of: always(dr.Standardize{Robust: true, MAD: true}), least: 1, constant: true, long: [2]int{20000, 200}},
	},
}, {
	method:     "dr.PCA",
	stochastic: true,
	unmoved:    "dr.TestPCASolversAgree: random blocks that fill a small matrix give the exact result",
	source:     "1901, On lines and planes of closest fit to systems of points in space",
	golden:     golden{file: "pca", holds: "data.iris.components", test: "dr.TestPCAAgainstScikitLearn"},
	claim: claim{
		says: "the plane that two components span is that of closest fit: of a plane with noise, the noise alone is left over",
		on: func(seed uint64) sample {
			x := flat(seed, 200, 2, 10)
			x.Apply(func(i, j int, v float64) float64 { return v + 0.05*fixtureNoise(seed, i, j) }, x)
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.PCA{Components: 2}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			back, err := m.Inverse(ctx, m.Embedding())
			if err != nil {
				return 0, err
			}
			var left, all mat.Dense
			left.Sub(s.x, back)
			mean := m.Mean()
			all.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, s.x)
			return math.Pow(mat.Norm(&left, 2)/mat.Norm(&all, 2), 2), nil
		},
		from: 0, to: .01,
	},
	control: control{
		says: "isotropic noise in ten columns lies near no plane",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 200, 10)} },
	},
	variants: []variant{
		{name: "all components", of: always(dr.PCA{}), least: 2, long: [2]int{4000, 600}},
		{name: "two components, whitened", of: always(dr.PCA{Components: 2, Whiten: true}), least: 3, long: [2]int{4000, 600}},
		{name: "more columns than rows", of: always(dr.PCA{}), least: 2, wide: true, long: [2]int{800, 3000}},
		{name: "two components, randomized", of: always(dr.PCA{Components: 2, Solver: dr.Randomized, Iterations: 30}), least: 3, long: [2]int{8000, 600}},
		{name: "components by their share, weighted rows", of: func(n, _ int) any {
			w := make([]float64, max(n, 2))
			for i := range w {
				w[i] = float64(1 + i%3)
			}
			return dr.PCA{Rule: dr.ByShare, Weights: w}
		}, least: 2, long: [2]int{4000, 600}},
	},
	refused: map[string][]any{
		"Components": {dr.PCA{Components: columns + 1}, dr.PCA{Components: columns, Missing: dr.EM}},
		"Solver":     {dr.PCA{Solver: "lanczos"}, dr.PCA{Solver: dr.Randomized, Rule: dr.ByMinka}},
		"Rule":       {dr.PCA{Rule: "scree"}},
		"Share":      {dr.PCA{Share: 1.5}},
		"Missing":    {dr.PCA{Missing: "zero"}},
		"Weights":    {dr.PCA{Weights: []float64{1, 2, 3}}},
	},
}, {
	method:     "dr.TSNE",
	stochastic: true,
	source:     "2008, Visualizing data using t-SNE",
	golden:     golden{file: "tsne", holds: "runs.kl", test: "dr.TestTSNEReachesTheDivergenceOfScikitLearn"},
	claim: claim{
		says: "groups that are far apart stay apart: the nearest point in the map is of the same group",
		on:   func(seed uint64) sample { return groups(seed, 120, 8) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.TSNE{Perplexity: 10, EarlyIterations: 100, Iterations: 200}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(e, s.labels), nil
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 120, 8)) },
	},
	variants: []variant{
		{name: "short", of: always(short), least: 4, distances: taken, long: [2]int{3000, 30}},
		{name: "random start, three dimensions", of: always(dr.TSNE{Components: 3, Start: dr.FromRandom, Seed: 3, EarlyIterations: 10, Iterations: 10}), least: 4, distances: asForRows, long: [2]int{3000, 30}},
		{name: "a given start", least: 4, distances: asForRows, long: [2]int{3000, 30}, of: func(n, _ int) any {
			t := short
			t.Start = dr.From(fixture.Normal(5, max(n, 1), 2))
			return t
		}},
		{name: "a tree, heavy tails, several perplexities", of: always(dr.TSNE{Repulsion: dr.BarnesHut, DegreesOfFreedom: .5, Perplexities: []float64{1, 1.5}, LateExaggeration: 2, EarlyIterations: 10, Iterations: 10}),
			least: 4, distances: taken, long: [2]int{3000, 30}},
		{name: "a bandwidth, Manhattan distance", of: always(dr.TSNE{Repulsion: dr.BarnesHut, Bandwidth: 2, Metric: neighbors.Manhattan{}, EarlyIterations: 10, Iterations: 10}),
			least: 4, distances: taken, long: [2]int{3000, 30}},
	},
	exact: map[string]any{
		"EarlyIterations": dr.TSNE{EarlyIterations: dr.None},
		"Iterations":      dr.TSNE{Iterations: dr.None},
		"EarlyMomentum":   dr.TSNE{EarlyMomentum: dr.Zero, EarlyIterations: 10, Iterations: 10},
		"Momentum":        dr.TSNE{Momentum: dr.Zero, EarlyIterations: 10, Iterations: 10},
		"Angle":           dr.TSNE{Angle: dr.Zero, Repulsion: dr.BarnesHut, Perplexity: 2, EarlyIterations: 50, Iterations: 100},
	},
	refused: map[string][]any{
		"Components":       {dr.TSNE{Components: 4}},
		"Perplexity":       {dr.TSNE{Perplexity: .5}, dr.TSNE{Perplexity: 59}},
		"Exaggeration":     {dr.TSNE{Exaggeration: .5}},
		"EarlyIterations":  {dr.TSNE{EarlyIterations: -2}},
		"Perplexities":     {dr.TSNE{Perplexities: []float64{5, 59}}},
		"Bandwidth":        {dr.TSNE{Bandwidth: -1}},
		"DegreesOfFreedom": {dr.TSNE{DegreesOfFreedom: -1}},
		"LateExaggeration": {dr.TSNE{LateExaggeration: .5}},
		"EarlyMomentum":    {dr.TSNE{EarlyMomentum: 1}},
		"Momentum":         {dr.TSNE{Momentum: -.5}},
		"MaxStep":          {dr.TSNE{MaxStep: -1}},
		"Repulsion":        {dr.TSNE{Repulsion: "magnets"}},
		"Angle":            {dr.TSNE{Angle: 3}},
	},
}, {
	method: "dr.Chain",
	source: "none: it is the methods in it",
	golden: golden{form: "its methods one after another, by hand", test: "dr.TestChainIsItsMethodsInOrder"},
	claim: claim{
		says: "standardised first, principal components show groups beside a column of noise in a minute unit",
		on: func(seed uint64) sample {
			s := groups(seed, 150, 6)
			x := mat.DenseCopyOf(s.x)
			noise := fixture.Normal(seed+50, 150, 1)
			for i := range 150 {
				x.Set(i, 5, 1e6*noise.At(i, 0))
			}
			s.x = x
			return s
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := standardizeAndProject.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(e, s.labels), nil
		},
		from: .95, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 6)) },
	},
	variants: []variant{
		{name: "standardize → PCA", of: always(standardizeAndProject), least: 3, long: [2]int{4000, 600}},
		{name: "standardize → PCA → metric MDS", of: always(dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{}), dr.Any(dr.MetricMDS{})}), least: 2, cannot: true, long: [2]int{3000, 100}},
	},
}}

// fixtureNoise is a standard normal number of its own for every place.
func fixtureNoise(seed uint64, i, j int) float64 {
	return fixture.Normal(seed*1_000_003+uint64(i*1009+j), 1, 1).At(0, 0)
}
