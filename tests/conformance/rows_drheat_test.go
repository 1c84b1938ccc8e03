package conformance

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
)

// alongTree returns rows near a tree in ten columns, and in y the lengths of the ways
// along it.
func alongTree(seed uint64) sample {
	d, err := datasets.Noise{Of: datasets.Tree{Rows: 250, Branches: 5, Dim: 10, Length: 10, Seed: seed}, StdDev: .3, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	far := mat.NewDense(250, 250, nil)
	far.Apply(func(i, j int, _ float64) float64 { return d.Truth.Geodesic(i, j) }, far)
	return sample{x: d.X, y: far}
}

// ofOthers returns s with the ways between other rows.
func ofOthers(s sample) sample {
	n, _ := s.y.Dims()
	p := shuffled(n)
	far := mat.NewDense(n, n, nil)
	far.Apply(func(i, j int, _ float64) float64 { return s.y.At(p[i], p[j]) }, far)
	s.y = far
	return s
}

// keepsWays returns the mean over the rows of the rank correlation between the distances
// in the map of a method and the lengths of the ways.
func keepsWays(method dr.Embedder) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		e, err := method.Embed(ctx, s.x)
		if err != nil {
			return 0, err
		}
		n, k := e.Dims()
		sum := 0.
		for i := range n {
			far := make([]float64, n)
			for j := range n {
				for c := range k {
					far[j] = math.Hypot(far[j], e.At(i, c)-e.At(j, c))
				}
			}
			sum += stat.Correlation(places(far), places(mat.Row(nil, i, s.y)), nil) / float64(n)
		}
		return sum, nil
	}
}

// places returns the rank of every value.
func places(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if values[a] < values[b] {
			return -1
		}
		return 1
	})
	r := make([]float64, len(values))
	for rank, i := range order {
		r[i] = float64(rank)
	}
	return r
}

var drHeatRows = []row{{
	method:     "dr.PHATE",
	stochastic: true,
	source:     "2019, Visualizing structure and transitions in high-dimensional biological data",
	golden:     golden{file: "phate", holds: "wine.time", test: "dr.TestPHATEAgainstPhate"},
	claim: claim{
		says:    "distances in the map of noisy rows have the order of the ways along the tree they are near",
		on:      alongTree,
		measure: keepsWays(dr.PHATE{Seed: 1}),
		from:    .5, to: 1,
	},
	control: control{
		says: "the ways are those between other rows",
		on:   func(seed uint64) sample { return ofOthers(alongTree(seed)) },
	},
	variants: []variant{
		{name: "as phate", of: always(dr.PHATE{}), least: 2, distances: taken, long: [2]int{2500, 200}},
		{name: "30 landmarks, of square roots", of: always(dr.PHATE{Landmarks: 30, Gamma: dr.Zero, Time: 3}), least: 2, distances: taken, long: [2]int{20000, 200}},
		{name: "classical, by four columns", of: always(dr.PHATE{Scaling: dr.ClassicalScaling, Columns: 4, Time: 3}), least: 2, distances: taken, long: [2]int{2500, 200}},
	},
	exact: map[string]any{"Gamma": dr.PHATE{Gamma: dr.Zero}},
	refused: map[string][]any{
		"Neighbors": {dr.PHATE{Neighbors: 60}},
		"Gamma":     {dr.PHATE{Gamma: 1.5}},
		"Scaling":   {dr.PHATE{Scaling: "none"}},
	},
}, {
	method:     "dr.HeatGeodesic",
	stochastic: true,
	source:     "2023, A Heat Diffusion Perspective on Geodesic Preserving Dimensionality Reduction",
	golden:     golden{form: "the heat kernel of a path by cosines", test: "dr.TestHeatGeodesicsOfAPath"},
	claim: claim{
		says:    "distances in the map of noisy rows have the order of the ways along the tree they are near",
		on:      alongTree,
		measure: keepsWays(dr.HeatGeodesic{Seed: 1}),
		from:    .5, to: 1,
	},
	control: control{
		says: "the ways are those between other rows",
		on:   func(seed uint64) sample { return ofOthers(alongTree(seed)) },
	},
	variants: []variant{
		{name: "time found", of: always(dr.HeatGeodesic{}), least: 2, distances: taken, long: [2]int{2500, 200}},
		{name: "time given, weighted", of: always(dr.HeatGeodesic{Time: 10, Volume: .5, Weighting: dr.WeighByHeat}), least: 2, distances: taken, long: [2]int{2500, 200}},
		{name: "like PHATE", of: always(dr.PHATELike(10)), least: 2, distances: taken, long: [2]int{2500, 200}},
	},
	refused: map[string][]any{
		"Neighbors": {dr.HeatGeodesic{Neighbors: 60}},
		"Denoising": {dr.HeatGeodesic{Denoising: 1.5}},
		"Weighting": {dr.HeatGeodesic{Weighting: "none"}},
	},
}, {
	method:     "dr.MAGIC",
	stochastic: true,
	unmoved:    "dr.TestMAGICIsTheWalk: the seed is that of principal components, which few columns do without",
	source:     "2018, Recovering gene interactions from single-cell data using data diffusion",
	golden:     golden{form: "powers of the walk along weights, which are those of graphtools", test: "dr.TestMAGICIsTheWalk"},
	claim: claim{
		says: "of the squared noise around a tree, less than a third is left",
		on: func(seed uint64) sample {
			d, err := datasets.Noise{Of: datasets.Tree{Rows: 250, Branches: 5, Dim: 10, Length: 10, Seed: seed}, StdDev: .5, Seed: seed}.Generate()
			if err != nil {
				panic(err)
			}
			return sample{x: d.X, y: d.Truth.Clean}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.MAGIC{Time: 3}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			var before, after mat.Dense
			before.Sub(s.x, s.y)
			after.Sub(e, s.y)
			return math.Pow(mat.Norm(&after, 2)/mat.Norm(&before, 2), 2), nil
		},
		from: 0, to: .34,
	},
	control: control{
		says: "there is no tree: the rows themselves are what should be kept",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 250, 10)
			y := mat.DenseCopyOf(x)
			y.Apply(func(i, j int, v float64) float64 { return v + .5*fixtureNoise(seed, i, j) }, y)
			return sample{x: y, y: x}
		},
	},
	variants: []variant{
		{name: "time found", of: always(dr.MAGIC{}), least: 2, moves: true, long: [2]int{20000, 200}},
		{name: "three steps, by four components", of: always(dr.MAGIC{Time: 3, Columns: 4, Solver: dr.Approximate}), least: 2, moves: true, long: [2]int{20000, 200}},
	},
	refused: map[string][]any{
		"Neighbors":    {dr.MAGIC{Neighbors: 60}},
		"MaxNeighbors": {dr.MAGIC{MaxNeighbors: 60}},
		"Solver":       {dr.MAGIC{Solver: dr.Randomized}},
	},
}}
