package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drTriMapRows = []row{{
	method:     "dr.TriMap",
	stochastic: true,
	source:     "2019, TriMap: large-scale dimensionality reduction using triplets",
	golden:     golden{file: "trimap", holds: "weights", test: "dr.TestTriMapWeightsAgainstTrimap"},
	claim: claim{
		says: "groups that are far apart stay apart: the nearest point in the map is of the same group",
		on:   func(seed uint64) sample { return groups(seed, 120, 8) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.TriMap{Iterations: 150}.Embed(ctx, s.x)
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
		{name: "short", of: always(dr.TriMap{Iterations: 10}), least: 3, distances: taken, long: [2]int{20000, 30}},
		{name: "three dimensions, by two columns", of: always(dr.TriMap{Components: 3, Columns: 2, Random: dr.None, Iterations: 3}), least: 4, distances: taken, long: [2]int{20000, 30}},
		{name: "a given start", least: 3, distances: taken, long: [2]int{20000, 30}, of: func(n, _ int) any {
			return dr.TriMap{Inliers: 1, Iterations: 3, Start: dr.From(fixture.Normal(5, max(n, 1), 2))}
		}},
	},
	exact: map[string]any{
		"Random":            dr.TriMap{Iterations: 3, Random: dr.None},
		"Iterations":        dr.TriMap{Iterations: dr.None},
		"WeightTemperature": dr.TriMap{Iterations: 3, WeightTemperature: dr.Zero},
	},
	refused: map[string][]any{
		"Components":        {dr.TriMap{Components: 60}},
		"Inliers":           {dr.TriMap{Inliers: 59}},
		"Random":            {dr.TriMap{Random: -2}},
		"WeightTemperature": {dr.TriMap{WeightTemperature: 3}},
		"Iterations":        {dr.TriMap{Iterations: -2}},
	},
}}
