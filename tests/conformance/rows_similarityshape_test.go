package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// turnedCopy returns rows and what is made of them by a rotation, a scale, a shift and a
// little noise; independentRows, rows of which one tells nothing of the other.
func turnedCopy(seed uint64) sample {
	x := fixture.Normal(seed, 80, 4)
	var qr mat.QR
	qr.Factorize(fixture.Normal(seed+100, 4, 4))
	var q, y mat.Dense
	qr.QTo(&q)
	y.Mul(x, &q)
	noise := fixture.Normal(seed+200, 80, 4)
	y.Apply(func(i, j int, v float64) float64 { return 3*(v+1e-3*noise.At(i, j)) + 7 }, &y)
	return sample{x: x, y: &y}
}

func shuffledCopy(seed uint64) sample {
	s := turnedCopy(seed)
	s.y = shuffledRows(s.y.(*mat.Dense))
	return s
}

var similarityShapeRows = []row{{
	method: "similarity.Procrustes",
	source: "1966, A generalized solution of the orthogonal Procrustes problem",
	golden: golden{form: "the published values of 200 rows", test: "similarity.TestPublishedValues"},
	claim: claim{
		says: "a copy turned, scaled and moved has nearly the same shape",
		on:   turnedCopy, measure: compared(similarity.Procrustes{}), from: 1e-4, to: .003,
	},
	control: control{says: "the rows of the copy are shuffled", on: shuffledCopy},
	variants: []variant{
		{name: "angular", of: always(similarity.Procrustes{}), least: 2, long: [2]int{8000, 300}},
		{name: "proper, Euclidean, wide", of: always(similarity.Procrustes{Form: similarity.Euclidean, Proper: true}), least: 2, wide: true, long: [2]int{800, 5}},
	},
	refused: map[string][]any{"Form": {similarity.Procrustes{Form: 6}}},
}, {
	method: "similarity.ShapeDistance",
	source: "2021, Generalized shape metrics on neural representations",
	golden: golden{form: "the published values of 200 rows", test: "similarity.TestPublishedValues"},
	claim: claim{
		says: "whitened, a copy under any linear map has nearly the same shape",
		on: func(seed uint64) sample {
			s := turnedCopy(seed)
			var y mat.Dense
			y.Mul(s.y, mat.NewDense(4, 4, []float64{1, 2, 0, 0, 0, 1, 3, 0, 0, 0, 1, 2, 0, 0, 0, .5}))
			return sample{x: s.x, y: &y}
		},
		measure: compared(similarity.ShapeDistance{Whitening: 1}), from: 1e-4, to: .01,
	},
	control: control{says: "the rows of the copy are shuffled", on: shuffledCopy},
	variants: []variant{
		{name: "angular", of: always(similarity.ShapeDistance{}), least: 2, long: [2]int{8000, 300}},
		{name: "half whitened, Euclidean, wide", of: always(similarity.ShapeDistance{Whitening: .5, Form: similarity.Euclidean}), least: 2, wide: true, long: [2]int{800, 5}},
		{name: "permutation", of: always(similarity.ShapeDistance{Group: similarity.Permutation}), least: 2, long: [2]int{8000, 300}},
	},
	refused: map[string][]any{
		"Whitening": {similarity.ShapeDistance{Whitening: 1.5}, similarity.ShapeDistance{Whitening: .5, Group: similarity.Permutation}},
		"Form":      {similarity.ShapeDistance{Form: similarity.Disparity}},
		"Group":     {similarity.ShapeDistance{Group: 2}},
	},
}, {
	method:     "similarity.ShapeMoments",
	stochastic: true,
	source:     "2023, Estimating shape distances on neural representations with limited samples",
	golden:     golden{form: "cycles counted one by one, and the best polynomial of degree 1", test: "similarity.TestCyclesAreThoseOfDistinctRows"},
	claim: claim{
		says: "of independent representations, as wide as they have rows, the similarity is nearly 0, as is not that of the rows",
		on: func(seed uint64) sample {
			return sample{x: fixture.Normal(2*seed, 40, 40), y: fixture.Normal(2*seed+1, 40, 40)}
		},
		measure: compared(similarity.ShapeMoments{}), from: -.35, to: .35,
	},
	control: control{
		says: "one is the other, turned",
		on:   turnedCopy,
	},
	variants: []variant{
		{name: "5 moments", of: func(n, d int) any { return similarity.ShapeMoments{Seed: 1} }, least: 8, long: [2]int{1200, 60}},
		{name: "2 moments", of: always(similarity.ShapeMoments{Moments: 2, BiasWeight: 10}), least: 8, long: [2]int{1200, 60}},
	},
	refused: map[string][]any{"Moments": {similarity.ShapeMoments{Moments: 16}}},
}, {
	method:     "similarity.StochasticShape",
	stochastic: true,
	unmoved:    "similarity.TestStochasticShapesAreMetrics: the search finds the same optimum from all starts",
	source:     "2023, Representational dissimilarity metric spaces for stochastic neural networks",
	golden:     golden{form: "equal means, and noise along the same directions", test: "similarity.TestNoiseHasAShape"},
	claim: claim{
		says: "of equal means, three times the noise is another shape",
		on:   func(seed uint64) sample { return noisier(seed, 3) }, measure: noisyDistance, from: .5, to: 10,
	},
	control:  control{says: "the noise is the same", on: func(seed uint64) sample { return noisier(seed, 1) }},
	variants: noisyVariants(func(of []int) any { return similarity.StochasticShape{Conditions: of, Restarts: 2} }, func(of []int) any { return similarity.StochasticShape{Conditions: of, NoiseWeight: 3} }),
	refused: map[string][]any{
		"Conditions": {similarity.StochasticShape{}, similarity.StochasticShape{Conditions: make([]int, 59)}},
		"Restarts":   {similarity.StochasticShape{Conditions: make([]int, 60), Restarts: 1001}},
	},
}, {
	method:     "similarity.EnergyShape",
	stochastic: true,
	unmoved:    "similarity.TestStochasticShapesAreMetrics: the search finds the same optimum from all starts",
	source:     "2023, Representational dissimilarity metric spaces for stochastic neural networks",
	golden:     golden{form: "two conditions on a line", test: "similarity.TestEnergyShapeOnALine"},
	claim: claim{
		says: "of equal means, three times the noise is another shape",
		on:   func(seed uint64) sample { return noisier(seed, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := similarity.EnergyShape{Conditions: s.labels}.Compare(ctx, s.x, s.y)
			return d.Value, err
		},
		from: .3, to: 10,
	},
	control:  control{says: "the noise is the same", on: func(seed uint64) sample { return noisier(seed, 1) }},
	variants: noisyVariants(func(of []int) any { return similarity.EnergyShape{Conditions: of, Restarts: 2} }, func(of []int) any { return similarity.EnergyShape{Conditions: of, Seed: 2} }),
	refused: map[string][]any{
		"Conditions": {similarity.EnergyShape{}, similarity.EnergyShape{Conditions: make([]int, 59)}},
		"Restarts":   {similarity.EnergyShape{Conditions: make([]int, 60), Restarts: 1001}},
	},
}}

// noisyVariants are two variants of a method whose rows are trials of n/6 conditions.
func noisyVariants(first, second func(of []int) any) []variant {
	in := func(method func(of []int) any) func(n, d int) any {
		return func(n, d int) any {
			of := make([]int, n)
			for i := range of {
				of[i] = i % max(1, n/6)
			}
			return method(of)
		}
	}
	return []variant{
		{name: "two starts", of: in(first), least: 2, long: [2]int{1200, 60}},
		{name: "five starts, wide", of: in(second), least: 2, wide: true, long: [2]int{90, 5}},
	}
}

// noisier returns six trials of ten conditions, and trials of the same means with the noise
// multiplied.
func noisier(seed uint64, by float64) sample {
	means, x := fixture.Normal(seed, 10, 3), fixture.Normal(seed+50, 60, 3)
	of := make([]int, 60)
	for i := range of {
		of[i] = i % 10
	}
	sums := mat.NewDense(10, 3, nil)
	for i, c := range of {
		for j := range 3 {
			sums.Set(c, j, sums.At(c, j)+x.At(i, j)/6)
		}
	}
	with := func(noise float64) *mat.Dense {
		rows := mat.NewDense(60, 3, nil)
		rows.Apply(func(i, j int, _ float64) float64 { return means.At(of[i], j) + noise*(x.At(i, j)-sums.At(of[i], j)) }, rows)
		return rows
	}
	return sample{x: with(.5), y: with(.5 * by), labels: of}
}

func noisyDistance(ctx context.Context, s sample) (float64, error) {
	d, err := similarity.StochasticShape{Conditions: s.labels}.Compare(ctx, s.x, s.y)
	return d.Value, err
}
