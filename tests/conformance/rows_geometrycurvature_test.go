package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// shaken returns 60 rows of three clouds, of which one is three times as dense as the next,
// and the same rows with a little noise.
func shaken(seed uint64) sample {
	x, noise := fixture.Normal(seed, 60, 5), fixture.Normal(seed+100, 60, 5)
	for i := range 60 {
		cloud := min(i/10, 2)
		x.Set(i, cloud, x.At(i, cloud)+8)
	}
	var y mat.Dense
	noise.Scale(.1, noise)
	y.Add(x, noise)
	return sample{x: x, y: &y}
}

var geometryCurvatureRows = []row{{
	method: "geometry.CurvatureAlignment",
	source: "2025, Exploring Geometric Representational Alignment through Ollivier-Ricci Curvature and Ricci Flow",
	golden: golden{form: "closed forms of Ollivier-Ricci curvature, and the published lengths of a flow", test: "geometry.TestCurvatureInClosedForm"},
	claim: claim{
		says: "two views of the same rows bend alike, row by row",
		on:   shaken,
		measure: func(ctx context.Context, s sample) (float64, error) {
			a, err := geometry.CurvatureAlignment{Flow: geometry.RicciFlow{Iterations: 1}}.Compare(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return a.Nodes.Value, nil
		},
		from: .6, to: 1,
	},
	control: control{
		says: "the rows of one are in another order",
		on:   func(seed uint64) sample { return unpaired(shaken(seed)) },
	},
	variants: []variant{
		{name: "2 iterations", of: always(geometry.CurvatureAlignment{Flow: geometry.RicciFlow{Iterations: 2}}), least: 3, distances: asForRows, long: [2]int{5000, 10}},
		{name: "surgery", of: always(geometry.CurvatureAlignment{Neighbors: 4, Flow: geometry.RicciFlow{Iterations: 2, SurgeryEvery: 1, SurgeryLength: 1.5}}),
			least: 5, distances: asForRows, long: [2]int{10_000, 10}},
	},
	refused: map[string][]any{"Neighbors": {geometry.CurvatureAlignment{Neighbors: 60}}},
}}
