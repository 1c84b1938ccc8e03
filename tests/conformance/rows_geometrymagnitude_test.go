package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// disk returns uniform rows of a disk, those at its rim with label 1.
func disk(seed uint64, n int) sample {
	u := fixture.Uniform(seed, n, 2)
	x, rim := mat.NewDense(n, 2, nil), make([]int, n)
	for i := range n {
		r := math.Sqrt(u.At(i, 0))
		x.SetRow(i, []float64{r * math.Cos(2*math.Pi*u.At(i, 1)), r * math.Sin(2*math.Pi*u.At(i, 1))})
		if r > .95 {
			rim[i] = 1
		}
	}
	return sample{x: x, labels: rim}
}

var geometryMagnitudeRows = []row{{
	method: "geometry.Magnitude",
	source: "2021, Weighting vectors for machine learning: numerical harmonic analysis applied to boundary detection",
	golden: golden{form: "two points, complete graphs, a line, five nodes, K(3,2), and published values of two fixtures", test: "geometry.TestMagnitudeOfFixtures"},
	claim: claim{
		says: "rows at the rim of a disk weigh several times what those inside do",
		on:   func(seed uint64) sample { return disk(seed, 400) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			w, err := geometry.Magnitude{Scale: 5}.Weights(ctx, s.x)
			if err != nil {
				return 0, err
			}
			var sums, counts [2]float64
			for i, l := range s.labels {
				sums[l] += w.Values[i]
				counts[l]++
			}
			return sums[1] / counts[1] / (sums[0] / counts[0]), nil
		},
		from: 4, to: math.Inf(1),
	},
	control: control{says: "the rim is shuffled", on: func(seed uint64) sample { return shuffledLabels(disk(seed, 400)) }},
	variants: []variant{
		{name: "exact", of: always(geometry.Magnitude{}), least: 1, constant: true, distances: asForRows, long: [2]int{5000, 20}},
		{name: "conjugate gradients", of: always(geometry.Magnitude{Scale: .5, Solver: geometry.ConjugateGradients}), least: 1, constant: true, distances: asForRows, long: [2]int{6000, 40}},
		{name: "nearest neighbours", of: always(geometry.Magnitude{Solver: geometry.NearestNeighbors}), least: 1, constant: true, distances: asForRows, long: [2]int{20000, 20}},
	},
	refused: map[string][]any{
		"Solver":    {geometry.Magnitude{Solver: 3}},
		"Neighbors": {geometry.Magnitude{Neighbors: 60}},
		"Tolerance": {geometry.Magnitude{Tolerance: 1}},
	},
}, {
	method: "geometry.MagnitudeDimension",
	source: "2015, Magnitude, diversity, capacities, and dimensions of metric spaces",
	golden: golden{form: "the largest slopes of cubes of dimension 1, 2 and 3, and derivatives against differences", test: "geometry.TestMagnitudeDimension"},
	claim: claim{
		says: "uniform rows of a square have a largest slope of 1.5 to 1.75: 2, less what the boundary takes",
		on:   func(seed uint64) sample { return sample{x: fixture.Uniform(seed, 500, 2), dim: 2} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := geometry.MagnitudeDimension{Points: 12}.Estimate(ctx, s.x)
			return d.Value, err
		},
		from: 1.5, to: 1.75,
	},
	control: control{says: "isotropic noise in ten columns has a larger one", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 500, 10), dim: 2} }},
	variants: []variant{
		{name: "default", of: always(geometry.MagnitudeDimension{}), least: 3, distances: asForRows, long: [2]int{3000, 20}},
		{name: "given scales", of: always(geometry.MagnitudeDimension{Scales: []float64{4, .5, 1, 2}}), least: 3, distances: asForRows, long: [2]int{5000, 20}},
	},
	refused: map[string][]any{
		"Scales": {geometry.MagnitudeDimension{Scales: []float64{1, -1}}, geometry.MagnitudeDimension{Scales: []float64{math.NaN()}}},
		"Points": {geometry.MagnitudeDimension{Points: 1}},
	},
}}
