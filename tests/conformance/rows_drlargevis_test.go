package conformance

import (
	"context"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drLargeVisRows = []row{{
	method:     "dr.LargeVis",
	stochastic: true,
	source:     "2016, Visualizing large-scale and high-dimensional data",
	golden:     golden{form: "the likelihood of edges and negative samples, and its gradients", test: "dr.TestLargeVisLikelihood"},
	claim: claim{
		says: "groups that are far apart stay apart: the nearest point in the map is of the same group",
		on:   func(seed uint64) sample { return groups(seed, 120, 8) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.LargeVis{Samples: 2000}.Embed(ctx, s.x)
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
		{name: "short", of: always(dr.LargeVis{Samples: 100}), least: 4, distances: taken, long: [2]int{20000, 30}},
		{name: "three dimensions", of: always(dr.LargeVis{Components: 3, Samples: 100, NegativeSamples: dr.None}), least: 4, distances: taken, long: [2]int{20000, 30}},
		{name: "a given start", least: 4, distances: taken, long: [2]int{20000, 30}, of: func(n, _ int) any {
			return dr.LargeVis{Samples: 100, Start: dr.From(fixture.Normal(5, max(n, 1), 2))}
		}},
	},
	exact: map[string]any{
		"Samples":           dr.LargeVis{Samples: dr.None},
		"NegativeSamples":   dr.LargeVis{Samples: 100, NegativeSamples: dr.None},
		"RepulsionStrength": dr.LargeVis{Samples: 100, RepulsionStrength: dr.Zero},
	},
	refused: map[string][]any{
		"Components":      {dr.LargeVis{Components: 101}},
		"Perplexity":      {dr.LargeVis{Perplexity: .5}, dr.LargeVis{Perplexity: 60}},
		"Neighbors":       {dr.LargeVis{Neighbors: 60}},
		"Samples":         {dr.LargeVis{Samples: -2}},
		"NegativeSamples": {dr.LargeVis{NegativeSamples: -2}},
	},
}}
