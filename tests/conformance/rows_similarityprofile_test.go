package conformance

import (
	"context"

	"github.com/flatland-go/flatland/pkg/similarity"
)

// onePValue is that of the first measure.
func onePValue(m similarity.Profile) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		c, err := m.Compare(ctx, s.x, s.y)
		if err != nil {
			return 0, err
		}
		return c.All[0].P, nil
	}
}

var someMeasures = []similarity.Measure{similarity.CKA{Estimator: similarity.Debiased}, similarity.SVCCA{}, similarity.Procrustes{}}

var similarityProfileRows = []row{{
	method: "similarity.Profile", stochastic: true,
	source: "1937, Significance tests which may be applied to samples from any populations",
	golden: golden{form: "the value of each measure alone, and P = 1/(Permutations+1) where no shuffle is as alike", test: "similarity.TestProfile"},
	claim: claim{
		says: "no shuffled rows are as alike as a copy turned, scaled and moved",
		on:   turnedCopy, measure: onePValue(similarity.Profile{Measures: someMeasures, Permutations: 19}), from: .05, to: .05,
	},
	control: control{says: "the rows of the copy are shuffled already", on: shuffledCopy},
	variants: []variant{
		{name: "some measures", of: always(similarity.Profile{Measures: someMeasures, Permutations: 5, Seed: 1}), least: 4, long: [2]int{20000, 300}},
		{name: "all measures, no shuffles", of: always(similarity.Profile{Permutations: -1}), least: 4, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{"Measures": {similarity.Profile{Measures: []similarity.Measure{nil}}}},
}}
