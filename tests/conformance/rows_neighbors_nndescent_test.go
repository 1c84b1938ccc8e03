package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// fewCandidates is NN-descent with so little of everything that what is hard to find
// is not found.
var fewCandidates = neighbors.NNDescent{Neighbors: 1, Trees: 2, LeafSize: 18, MaxCandidates: 6}

var nndescentRow = row{
	method:     "neighbors.NNDescent",
	stochastic: true,
	source:     "2011, Efficient k-nearest neighbor graph construction for generic similarity measures",
	golden:     golden{form: "the exact graph, where the rows are few for so many neighbours", test: "neighbors.TestNNDescentMeasuresAllPairsOfFewRows"},
	claim: claim{
		says: "few candidates and two trees of small leaves are enough for nearly every nearest row of data whose intrinsic dimension is low, however many columns there are",
		on:   func(seed uint64) sample { return sample{x: flat(seed, 1500, 2, 24)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			got, err := fewCandidates.Graph(ctx, s.x)
			if err != nil {
				return 0, err
			}
			want, err := neighbors.Exact{Neighbors: 1}.Graph(ctx, s.x)
			if err != nil {
				return 0, err
			}
			found := 0.
			for i, j := range want.Indices {
				if got.Indices[i] == j {
					found++
				}
			}
			return found / float64(want.N), nil
		},
		from: 0.92, to: 1,
	},
	control: control{
		says: "noise that fills all 24 columns",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 1500, 24)} },
	},
	variants: []variant{
		{name: "15 neighbours", of: always(neighbors.NNDescent{}), least: 2, constant: true, distances: asForRows, long: [2]int{60000, 40}},
		{name: "hardly a candidate", of: always(neighbors.NNDescent{Neighbors: 1, Trees: 2, LeafSize: 18, MaxCandidates: 1, Iterations: 1}), least: 2, constant: true, distances: taken, long: [2]int{200000, 20}},
		{name: "manhattan", of: always(neighbors.NNDescent{Neighbors: 2, LeafSize: 20, Metric: neighbors.Manhattan{}}), least: 3, constant: true, distances: taken, long: [2]int{30000, 30}},
	},
	refused: map[string][]any{
		"Neighbors":     {neighbors.NNDescent{Neighbors: 60}},
		"Trees":         {neighbors.NNDescent{Trees: 1}},
		"LeafSize":      {neighbors.NNDescent{LeafSize: 1}},
		"MaxCandidates": {neighbors.NNDescent{MaxCandidates: 256}},
	},
}
