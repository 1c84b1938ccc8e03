package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

// jolted returns rows, and the same rows each moved by half of so much: no distance changes
// by more.
func jolted(noise float64) func(seed uint64) sample {
	return func(seed uint64) sample {
		x, by := fixture.Normal(seed, 60, 3), fixture.Normal(seed+100, 60, 3)
		y := mat.DenseCopyOf(x)
		y.Apply(func(i, j int, v float64) float64 { return v + noise/2*by.At(i, j)/mat.Norm(by.RowView(i), 2) }, y)
		return sample{x: x, y: y}
	}
}

var drFunctorialRow = row{
	method:     "dr.FunctorialMDS",
	stochastic: true,
	source:     "2021, Functorial manifold learning",
	golden:     golden{form: "by maximal linkage it is metric MDS, and three rows on a line make an isosceles triangle", test: "dr.TestFunctorialMDSInClosedForm"},
	claim: claim{
		says: "noise moves the attained loss within the bound that interleaving gives: the root of the stress, by the bound for noise of 0.01",
		on:   jolted(.01),
		measure: func(ctx context.Context, s sample) (float64, error) {
			a, err := dr.FunctorialMDS{}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			b, err := dr.FunctorialMDS{Start: dr.From(a.Embedding())}.Fit(ctx, s.y)
			if err != nil {
				return 0, err
			}
			back, err := dr.FunctorialMDS{Start: dr.From(b.Embedding())}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return math.Abs(math.Sqrt(b.Stress())-math.Sqrt(min(a.Stress(), back.Stress()))) / a.StressBound(.01), nil
		},
		from: 0, to: 1,
	},
	control: control{says: "the noise is a thousand times as large", on: jolted(10)},
	variants: []variant{
		{name: "single linkage", of: always(dr.FunctorialMDS{Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "robust linkage, random start", of: always(dr.FunctorialMDS{Linkage: dr.RobustLinkage, Start: dr.FromRandom, Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
		{name: "maximal linkage, one component", of: always(dr.FunctorialMDS{Linkage: dr.MaximalLinkage, Components: 1, Iterations: 20}), least: 2, distances: asForRows, long: [2]int{2000, 30}},
	},
	exact: map[string]any{"Tolerance": dr.FunctorialMDS{Tolerance: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.FunctorialMDS{Components: 60}},
		"Linkage":    {dr.FunctorialMDS{Linkage: "average"}},
		"Neighbors":  {dr.FunctorialMDS{Linkage: dr.RobustLinkage, Neighbors: 60}},
		"Start":      {dr.FunctorialMDS{Start: dr.FromPCA}},
		"Tolerance":  {dr.FunctorialMDS{Tolerance: 1}},
	},
}
