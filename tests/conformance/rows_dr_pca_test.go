package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drPCARows = []row{{
	method: "dr.BayesianPCA",
	source: "1999, Bayesian PCA",
	golden: golden{form: "the rounds of the paper in matrices, and the quadratic that every axis in use satisfies", test: "dr.TestBayesianPCAIsBishopsFixedPoint"},
	claim: claim{
		says: "the axes in use are as many as the data have directions beside noise, whether there are two, four or eight times as many at first",
		on: func(seed uint64) sample {
			var x mat.Dense
			x.Mul(fixture.Normal(seed, 300, 4), fixture.Normal(seed+100, 4, 40))
			noise := fixture.Normal(seed+200, 300, 40)
			x.Apply(func(i, j int, v float64) float64 { return v + noise.At(i, j) }, &x)
			return sample{x: &x, dim: 4}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			most := 0.
			for _, axes := range []int{8, 16, 32} {
				m, err := dr.BayesianPCA{Components: axes}.Fit(ctx, s.x)
				if err != nil {
					return 0, err
				}
				most = max(most, math.Abs(float64(m.Dimension())-s.dim))
			}
			return most, nil
		},
		from: 0, to: 0,
	},
	control: control{
		says: "noise alone has no such directions",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 300, 40), dim: 4} },
	},
	variants: []variant{
		{name: "all axes", of: always(dr.BayesianPCA{}), least: 2, long: [2]int{4000, 600}},
		{name: "two axes, in few rounds", of: always(dr.BayesianPCA{Components: 2, Rounds: 5}), least: 3, long: [2]int{4000, 600}},
		{name: "more columns than rows", of: always(dr.BayesianPCA{}), least: 2, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.BayesianPCA{Components: columns}},
		"Tolerance":  {dr.BayesianPCA{Tolerance: 1}},
	},
}}
