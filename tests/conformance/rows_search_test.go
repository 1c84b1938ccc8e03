package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/search"
)

var searchRows = []row{{
	method: "search.LeanVec",
	origin: "inner products are about the origin",
	source: "2024, LeanVec: searching vectors faster by making them fit",
	golden: golden{form: "the principal directions of the rows, and gradients by finite differences", test: "search.TestLeanVecAgainstFiniteDifferences"},
	claim: claim{
		says: "where queries ask about other directions than rows vary along, two maps lose less than half of what principal directions do",
		on: func(seed uint64) sample {
			return sample{x: decaying(seed, 300, false), y: decaying(seed+100, 200, true)}
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
		return sample{x: decaying(seed, 300, false), y: decaying(seed+100, 200, false)}
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
}}

// decaying returns normal rows of 16 columns whose sizes fall, or rise.
func decaying(seed uint64, n int, rising bool) *mat.Dense {
	x := fixture.Normal(seed, n, 16)
	x.Apply(func(_, j int, v float64) float64 {
		if rising {
			j = 15 - j
		}
		return v * math.Pow(.8, float64(j))
	}, x)
	return x
}
