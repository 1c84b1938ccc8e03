package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drPartsRows = []row{{
	method:     "dr.NMF",
	stochastic: true,
	origin:     "nothing may be below zero, where there is nothing of a part",
	source:     "1999, Learning the parts of objects by non-negative matrix factorization",
	golden:     golden{file: "nmf", holds: "runs.h", test: "dr.TestNMFAgainstScikitLearn"},
	claim: claim{
		says: "parts that rows are sums of are found: how much of each there is in a row correlates with a component",
		on: func(seed uint64) sample {
			amounts := fixture.Normal(seed, 300, 3)
			amounts.Apply(func(_, _ int, v float64) float64 { return max(v, 0) }, amounts)
			return sums(seed, amounts)
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.NMF{Components: 3, Iterations: 1000, Tolerance: 1e-6}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return recovered(s.y, e), nil
		},
		from: .97, to: 1,
	},
	control: control{
		says: "of parts that all rows have much of, parts of parts do as well",
		on: func(seed uint64) sample {
			amounts := fixture.Normal(seed, 300, 3)
			amounts.Apply(func(_, _ int, v float64) float64 { return 5 + v }, amounts)
			return sums(seed, amounts)
		},
	},
	variants: []variant{
		{name: "all components", of: always(dr.NMF{}), least: 1, constant: true, positive: true, long: [2]int{3000, 300}},
		{name: "two components, random, Kullback–Leibler", of: always(dr.NMF{Components: 2, Loss: dr.KullbackLeibler, Start: dr.FromRandomFactors}), least: 2, constant: true, positive: true, long: [2]int{4000, 300}},
		{name: "two components, penalties", of: always(dr.NMF{Components: 2, Start: dr.FromNNDSVDAR, PenaltyW: .01, PenaltyH: .02, L1Ratio: .5}), least: 2, constant: true, positive: true, long: [2]int{20000, 600}},
		{name: "more columns than rows", of: always(dr.NMF{Iterations: 20}), least: 1, constant: true, positive: true, wide: true, long: [2]int{300, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.NMF{Components: columns + 1}},
		"Loss":       {dr.NMF{Loss: "cosine"}},
		"Start":      {dr.NMF{Start: "PCA"}, dr.NMF{Start: dr.FromNNDSVD, Loss: dr.KullbackLeibler}},
		"L1Ratio":    {dr.NMF{L1Ratio: 1.5}},
		"Tolerance":  {dr.NMF{Tolerance: 1}},
	},
}}

// sums returns rows of twelve columns that are sums of non-negative parts, in these
// amounts.
func sums(seed uint64, amounts *mat.Dense) sample {
	_, k := amounts.Dims()
	components := fixture.Normal(seed+100, k, 12)
	components.Apply(func(_, _ int, v float64) float64 { return max(v, 0) }, components)
	var x mat.Dense
	x.Mul(amounts, components)
	x.Apply(func(i, j int, v float64) float64 { return max(v, 0) + .01*math.Abs(fixtureNoise(seed, i, j)) }, &x)
	return sample{x: &x, y: amounts}
}
