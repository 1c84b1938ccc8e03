package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/quality"
)

// twoSpots returns rows in two groups, the even and the odd ones, so far apart.
func twoSpots(seed uint64, gap float64) *mat.Dense {
	x := fixture.Normal(seed, 150, 2)
	for i := range 150 {
		x.Set(i, 0, x.At(i, 0)+gap*float64(i%2))
	}
	return x
}

var qualityReliabilityRows = []row{{
	method:     "quality.SteadinessCohesiveness",
	stochastic: true,
	source:     "2021, Measuring and explaining the inter-cluster reliability of multidimensional projections",
	golden:     golden{file: "steadiness", holds: "maps", test: "quality.TestSteadinessAgainstItsDefinition"},
	claim: claim{
		says: "a map that tears a cluster in two costs cohesiveness more than steadiness",
		on:   func(seed uint64) sample { return sample{x: twoSpots(seed, 0), y: twoSpots(seed, 30)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			r, err := quality.SteadinessCohesiveness{Iterations: 40}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return r.Steadiness.Value - r.Cohesiveness.Value, nil
		},
		from: .2, to: 1,
	},
	control: control{
		says: "it joins two",
		on:   func(seed uint64) sample { return sample{x: twoSpots(seed, 30), y: twoSpots(seed, 0)} },
	},
	variants: []variant{{name: "20 clusters", of: always(quality.SteadinessCohesiveness{Iterations: 20}), least: 4, distances: asForRows, long: [2]int{3000, 200}}},
	refused:  map[string][]any{"Neighbors": {quality.SteadinessCohesiveness{Neighbors: 60}}},
}}
