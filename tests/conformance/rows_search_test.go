package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/search"
)

var searchRows = []row{{
	method: "search.Exhaustive",
	origin: "inner products are about the origin",
	source: "none: it compares every query with every row",
	golden: golden{form: "float64 products, sorted", test: "search.TestExhaustiveAgainstSortedProducts"},
	claim: claim{
		says: "rows of length one are what they themselves ask for",
		on:   func(seed uint64) sample { return sample{x: unitRows(fixture.Normal(seed, 80, 6))} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			f, err := search.Exhaustive(ctx, s.x, s.x, 1)
			if err != nil {
				return 0, err
			}
			hits := 0.
			for i, r := range f.Rows {
				if int(r) == i {
					hits++
				}
			}
			return hits / float64(len(f.Rows)), nil
		},
		from: 1, to: 1,
	},
	control: control{says: "rows of any length", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 80, 6)} }},
	variants: []variant{
		{name: "the best", least: 1, constant: true, long: [2]int{200_000, 50}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
			_, d := dims(x)
			return search.Exhaustive(ctx, x, fixture.Normal(7, 5, max(1, d)), 1)
		}},
		{name: "for queries", least: 1, constant: true, long: [2]int{200_000, 50}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
			_, d := dims(x)
			return search.Exhaustive(ctx, fixture.Normal(7, 5, max(1, d)), x, 3)
		}},
	},
}, {
	method: "search.LeanVec",
	origin: "inner products are about the origin",
	source: "2024, LeanVec: searching vectors faster by making them fit",
	golden: golden{form: "the principal directions of the rows, and gradients by finite differences", test: "search.TestLeanVecAgainstFiniteDifferences"},
	claim: claim{
		says: "where queries ask about other directions than rows vary along, two maps lose less than half of what principal directions do",
		on: func(seed uint64) sample {
			return sample{x: decaying(seed, 300, 0, .95), y: decaying(seed+100, 200, 8, .4)}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := search.LeanVec{Dim: 4, Queries: s.y}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return m.Loss[len(m.Loss)-1] / m.Loss[0], nil
		},
		from: 0, to: .5,
	},
	control: control{says: "queries are like rows", on: func(seed uint64) sample {
		return sample{x: decaying(seed, 300, 0, .95), y: decaying(seed+100, 200, 0, .95)}
	}},
	variants: []variant{
		{name: "principal directions", of: always(search.LeanVec{}), least: 1, constant: true, long: [2]int{3000, 500}},
		{name: "Frank–Wolfe", least: 1, constant: true, long: [2]int{1000, 300}, of: func(_, d int) any {
			return search.LeanVec{Dim: min(2, max(1, d)), Queries: fixture.Normal(7, 40, max(1, d)), Iterations: 20}
		}},
		{name: "mixture", least: 1, constant: true, long: [2]int{1000, 300}, of: func(_, d int) any {
			return search.LeanVec{Dim: min(2, max(1, d)), Queries: fixture.Normal(7, 40, max(1, d)), By: search.Mixture}
		}},
	},
	refused: map[string][]any{
		"Dim":        {search.LeanVec{Dim: 6}},
		"By":         {search.LeanVec{By: search.Mixture + 1}},
		"Iterations": {search.LeanVec{Iterations: 1_000_001}},
		"Tolerance":  {search.LeanVec{Tolerance: 1}},
	},
}, {
	method: "search.LVQ",
	origin: "rows of float32 hold the last digits of moved rows otherwise, and codes are cut by them",
	source: "2023, Similarity search in the blink of an eye with compressed indices: locally-adaptive vector quantization",
	golden: golden{form: "every value is given back within half a step of its row", test: "search.TestLVQErrsByHalfAStep"},
	claim: claim{
		says: "8 bits keep all but 1/10 000 of the variance of normal rows",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 200, 30)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := search.LVQ{}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			n, d := s.x.Dims()
			lost, whole, back := 0., 0., m.Decoded()
			for i := range n {
				for j := 1; j < d; j++ {
					lost += math.Pow(back.At(i, j)-s.x.At(i, j), 2)
					whole += math.Pow(s.x.At(i, j), 2)
				}
			}
			return lost / whole, nil
		},
		from: 0, to: 1e-4,
	},
	control: control{says: "a first value that is a thousand times as large takes the steps", on: func(seed uint64) sample {
		x := fixture.Normal(seed, 200, 30)
		for i := range 200 {
			x.Set(i, 0, 1000*x.At(i, 0))
		}
		return sample{x: x}
	}},
	variants: []variant{
		{name: "8 bits", of: always(search.LVQ{}), least: 1, constant: true, long: [2]int{300_000, 50}},
		{name: "4 bits", of: always(search.LVQ{Bits: 4}), least: 1, constant: true, long: [2]int{300_000, 50}},
	},
	refused: map[string][]any{"Bits": {search.LVQ{Bits: 5}}},
}, {
	method:     "search.Matryoshka",
	stochastic: true,
	origin:     "columns of float32 hold the last digits of moved rows otherwise, and training carries them on",
	source:     "2022, Matryoshka representation learning",
	golden:     golden{form: "the gradient of the sum of cross-entropies by finite differences", test: "search.TestMatryoshkaFollowsItsGradient"},
	claim: claim{
		says: "of three groups in twenty columns the first two columns of vectors tell the nearest row of the same group",
		on:   func(seed uint64) sample { return groups(seed, 150, 20) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := search.Matryoshka{Dims: []int{2, 8}, Labels: s.labels, Epochs: 20}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			z, err := m.Vectors(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(mat.DenseCopyOf(z).Slice(0, 150, 0, 2), s.labels), nil
		},
		from: .95, to: 1,
	},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 20)) }},
	variants: []variant{
		{name: "two prefixes", least: 1, constant: true, long: [2]int{20_000, 30}, of: func(n, _ int) any {
			return search.Matryoshka{Dims: []int{2, 5}, Labels: alternating(n), Hidden: 9, Epochs: 5}
		}},
		{name: "one length", least: 1, constant: true, long: [2]int{20_000, 30}, of: func(n, _ int) any {
			return search.Matryoshka{Dims: []int{3}, Labels: alternating(n), Batch: min(16, max(1, n)), Epochs: 3}
		}},
	},
	refused: map[string][]any{
		"Dims":   {search.Matryoshka{Labels: alternating(60), Dims: []int{4, 4}}, search.Matryoshka{Labels: alternating(60), Dims: []int{}}},
		"Hidden": {search.Matryoshka{Labels: alternating(60), Hidden: 1<<14 + 1}},
		"Epochs": {search.Matryoshka{Labels: alternating(60), Epochs: 1<<20 + 1}},
		"Batch":  {search.Matryoshka{Labels: alternating(60), Batch: 61}},
		"Rate":   {search.Matryoshka{Labels: alternating(60), Rate: 1.5}},
		"Labels": {search.Matryoshka{}},
	},
}}

// decaying returns normal rows of 16 columns whose sizes fall on both sides of one.
func decaying(seed uint64, n, most int, fall float64) *mat.Dense {
	x := fixture.Normal(seed, n, 16)
	x.Apply(func(_, j int, v float64) float64 { return v * math.Pow(fall, math.Abs(float64(j-most))) }, x)
	return x
}

// unitRows divides the rows of x by their lengths.
func unitRows(x *mat.Dense) *mat.Dense {
	n, _ := x.Dims()
	for i := range n {
		floats.Scale(1/floats.Norm(x.RawRowView(i), 2), x.RawRowView(i))
	}
	return x
}
