package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// plane returns rows of a plane in six columns; noise is how far they stray from it in
// all columns.
func plane(noise float64) func(seed uint64) sample {
	return func(seed uint64) sample {
		x := flat(seed, 80, 2, 6)
		x.Apply(func(i, j int, v float64) float64 { return v + noise*fixtureNoise(seed, i, j) }, x)
		return sample{x: x}
	}
}

// keeps measures how far the distances of the map of a method are from those of the data,
// at most, relative to the largest of these.
func keeps(method dr.Embedder) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) { return farOff(ctx, method, s.x, s.x) }
}

// farOff is the same of the map of x, compared with truth.
func farOff(ctx context.Context, method dr.Embedder, x, truth mat.Matrix) (float64, error) {
	e, err := method.Embed(ctx, x)
	if err != nil {
		return 0, err
	}
	off, most := 0., 0.
	n, _ := e.Dims()
	for i := range n {
		for j := range i {
			d := apart(truth, i, j)
			most, off = max(most, d), max(off, math.Abs(apart(e, i, j)-d))
		}
	}
	return off / most, nil
}

// apart returns the distance between rows i and j of x, which may hold distances.
func apart(x mat.Matrix, i, j int) float64 {
	if given, ok := x.(*mat32.Distances); ok {
		return given.At(i, j)
	}
	_, d := x.Dims()
	sum := 0.
	for c := range d {
		sum += (x.At(i, c) - x.At(j, c)) * (x.At(i, c) - x.At(j, c))
	}
	return math.Sqrt(sum)
}

// pairWeights are weights of 1 to 3 for the pairs of n rows.
func pairWeights(n int) mat.Symmetric {
	w := mat.NewSymDense(max(n, 1), nil)
	for i := range n {
		for j := range i {
			w.SetSym(i, j, float64(1+(i+j)%3))
		}
	}
	return w
}

// sammonStress is that of a map of x.
func sammonStress(x, z mat.Matrix) float64 {
	n, _ := x.Dims()
	stress, sum := 0., 0.
	for i := range n {
		for j := range i {
			d := apart(x, i, j)
			stress += math.Pow(apart(z, i, j)-d, 2) / d
			sum += d
		}
	}
	return stress / sum
}

// bent returns the cubes of the distances between the rows of x.
func bent(x mat.Matrix) *mat32.Distances {
	n, _ := x.Dims()
	var pairs []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, math.Pow(apart(x, i, j), 3))
		}
	}
	d, err := mat32.NewDistances(n, pairs)
	if err != nil {
		panic(err)
	}
	return d
}

var drMDSRows = []row{{
	method:     "dr.ClassicalMDS",
	stochastic: true,
	unmoved:    "dr.TestClassicalMDSSolversAgree: small matrices are decomposed whole, and of larger ones Lanczos finds the same whatever it begins with",
	source:     "1952, Multidimensional scaling: I. Theory and method",
	golden:     golden{file: "mds", holds: "classical.embedding", test: "dr.TestClassicalMDSAgainstScikitLearn"},
	claim: claim{
		says:    "the distances between points of a plane give the points: the largest error of a distance",
		on:      plane(0),
		measure: keeps(dr.ClassicalMDS{}),
		from:    0, to: 1e-9,
	},
	control: control{says: "the rows stray from the plane", on: plane(.1)},
	variants: []variant{
		{name: "two components", of: always(dr.ClassicalMDS{}), least: 2, distances: asForRows, long: [2]int{1500, 40}},
		{name: "one component, Lanczos", of: always(dr.ClassicalMDS{Components: 1, Solver: dr.Lanczos}), least: 2, distances: asForRows, long: [2]int{4000, 60}},
	},
	refused: map[string][]any{
		"Components": {dr.ClassicalMDS{Components: 60}},
		"Solver":     {dr.ClassicalMDS{Solver: dr.Randomized}},
	},
}, {
	method:     "dr.LandmarkMDS",
	stochastic: true,
	source:     "2004, Sparse multidimensional scaling using landmark points",
	golden:     golden{form: "classical scaling, where all rows are landmarks or the data have as few dimensions", test: "dr.TestLandmarkMDSIsClassicalMDS"},
	claim: claim{
		says:    "three landmarks in a plane place all others: the largest error of a distance",
		on:      plane(0),
		measure: keeps(dr.LandmarkMDS{Landmarks: 3}),
		from:    0, to: 1e-8,
	},
	control: control{says: "the rows stray from the plane", on: plane(.1)},
	variants: []variant{
		{name: "all rows, for there are few", of: always(dr.LandmarkMDS{}), least: 2, distances: asForRows, long: [2]int{60000, 100}},
		{name: "one landmark more than components, at random", of: always(dr.LandmarkMDS{Components: 1, Landmarks: 2, Choice: dr.AtRandom, Seed: 4}), least: 2, distances: asForRows, long: [2]int{600000, 20}},
		{name: "a few, spread", of: func(n, _ int) any { return dr.LandmarkMDS{Landmarks: max(3, n/9)} }, least: 3, distances: asForRows, long: [2]int{8000, 60}},
	},
	refused: map[string][]any{
		"Components": {dr.LandmarkMDS{Components: 60}},
		"Landmarks":  {dr.LandmarkMDS{Landmarks: 61}, dr.LandmarkMDS{Landmarks: 2}},
		"Choice":     {dr.LandmarkMDS{Choice: "first"}},
	},
}, {
	method:     "dr.MetricMDS",
	stochastic: true,
	source:     "1977, Applications of convex analysis to multidimensional scaling",
	golden:     golden{file: "mds", holds: "metric.embedding", test: "dr.TestMetricMDSAgainstScikitLearn"},
	claim: claim{
		says: "pairs of weight 0 count for nothing: where every fifth distance between points of a plane is told wrong, and has none, the points come out: the largest error of a distance",
		on:   plane(0),
		measure: func(ctx context.Context, s sample) (float64, error) {
			n, _ := s.x.Dims()
			told, weights := mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
			for i := range n {
				for j := range i {
					d, w := apart(s.x, i, j), 1.
					if (3*i+j)%5 == 0 {
						d, w = 1.2*d, 0
					}
					told.SetSym(i, j, d)
					weights.SetSym(i, j, w)
				}
			}
			x, err := mat32.DistancesFrom(told)
			if err != nil {
				return 0, err
			}
			return farOff(ctx, dr.MetricMDS{Weights: weights, Tolerance: 1e-13, Iterations: 3000}, x, s.x)
		},
		from: 0, to: 1e-3,
	},
	control: control{says: "the rows stray from the plane", on: plane(.1)},
	variants: []variant{
		{name: "SMACOF", of: always(dr.MetricMDS{Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "random start", of: always(dr.MetricMDS{Start: dr.FromRandom, Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "weighted, given start", least: 2, distances: asForRows, long: [2]int{2000, 30}, of: func(n, _ int) any {
			return dr.MetricMDS{Components: 1, Weights: pairWeights(n), Start: dr.From(fixture.Normal(5, max(n, 1), 1)), Iterations: 20}
		}},
		{name: "SGD", of: always(dr.MetricMDS{Optimizer: dr.SGD, Iterations: 5}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "SGD, weighted", of: func(n, _ int) any { return dr.MetricMDS{Optimizer: dr.SGD, Iterations: 5, Weights: pairWeights(n)} }, least: 2, distances: asForRows, long: [2]int{2000, 30}},
	},
	exact: map[string]any{"Tolerance": dr.MetricMDS{Tolerance: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.MetricMDS{Components: 60}},
		"Optimizer":  {dr.MetricMDS{Optimizer: "Newton"}},
		"Start":      {dr.MetricMDS{Start: dr.FromPCA}},
		"LastStep":   {dr.MetricMDS{LastStep: 1.5}},
		"Tolerance":  {dr.MetricMDS{Tolerance: 1}},
		"Weights":    {dr.MetricMDS{Weights: mat.NewSymDense(3, nil)}},
	},
}, {
	method:     "dr.NonMetricMDS",
	stochastic: true,
	source:     "1964, Nonmetric multidimensional scaling: a numerical method",
	golden:     golden{file: "mds", holds: "nonmetric.stress1", test: "dr.TestNonMetricMDSAgainstScikitLearn"},
	claim: claim{
		says: "the order of the distances of a plane is enough: of their cubes the stress-1 nearly vanishes",
		on:   func(seed uint64) sample { return sample{x: bent(plane(0)(seed).x)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.NonMetricMDS{Tolerance: 1e-9, Iterations: 1000}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return e.Objective, nil
		},
		from: 0, to: .02,
	},
	control: control{
		says: "the order is that of rows in six dimensions, which no plane has",
		on:   func(seed uint64) sample { return sample{x: bent(fixture.Normal(seed, 80, 6))} },
	},
	variants: []variant{
		{name: "classical start", of: always(dr.NonMetricMDS{Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "random start, one component", of: always(dr.NonMetricMDS{Components: 1, Start: dr.FromRandom, Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
	},
	exact: map[string]any{"Tolerance": dr.NonMetricMDS{Tolerance: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.NonMetricMDS{Components: 60}},
		"Start":      {dr.NonMetricMDS{Start: dr.FromPCA}},
		"Tolerance":  {dr.NonMetricMDS{Tolerance: 1}},
	},
}, {
	method:     "dr.Sammon",
	stochastic: true,
	source:     "1969, A nonlinear mapping for data structure analysis",
	golden:     golden{file: "mds", holds: "sammon.stress", test: "dr.TestSammonFindsTheMinimum"},
	claim: claim{
		says: "small distances are kept better than by metric scaling, within groups that are far apart: Sammon's stress of its map, over that of the other",
		on:   func(seed uint64) sample { return groups(seed, 90, 6) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			sammon, err := dr.Sammon{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			metric, err := dr.MetricMDS{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sammonStress(s.x, sammon) / sammonStress(s.x, metric), nil
		},
		from: 0, to: .98,
	},
	control: control{
		says: "all distances are nearly equal: what is relative to them is not",
		on: func(seed uint64) sample {
			var pairs []float64
			for i := range 80 * 79 / 2 {
				pairs = append(pairs, 1+1e-4*fixtureNoise(seed, i, 0))
			}
			d, err := mat32.NewDistances(80, pairs)
			if err != nil {
				panic(err)
			}
			return sample{x: d}
		},
	},
	variants: []variant{
		{name: "classical start", of: always(dr.Sammon{Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "random start, one component", of: always(dr.Sammon{Components: 1, Start: dr.FromRandom, Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
	},
	exact: map[string]any{"Tolerance": dr.Sammon{Tolerance: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.Sammon{Components: 60}},
		"Start":      {dr.Sammon{Start: dr.FromPCA}},
		"Tolerance":  {dr.Sammon{Tolerance: 1}},
	},
}}
