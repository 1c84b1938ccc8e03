package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

var spectrumRows = []row{{
	method:     "spectrum.ParallelAnalysis",
	stochastic: true,
	source:     "1965, A rationale and test for the number of factors in factor analysis",
	golden:     golden{form: "the number of factors that were planted, tall and wide, and that eigenvalues of a correlation matrix sum to d", test: "spectrum.TestParallelAnalysisFindsWhatWasPlanted"},
	claim: claim{
		says: "three factors in twenty noisy columns are counted, and no more",
		on: func(seed uint64) sample {
			x := flat(seed, 200, 3, 20)
			x.Add(x, fixture.Normal(seed+500, 200, 20))
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			p, err := spectrum.ParallelAnalysis{Runs: 30}.Estimate(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return float64(p.Count), nil
		},
		from: 3, to: 3,
	},
	control: control{
		says: "every column is shuffled by itself: the same distributions, and nothing in common",
		on: func(seed uint64) sample {
			x := flat(seed, 200, 3, 20)
			x.Add(x, fixture.Normal(seed+500, 200, 20))
			y := mat.NewDense(200, 20, nil)
			order := shuffled(200)
			for j := range 20 {
				for i := range 200 {
					y.Set(order[(i+7*j)%200], j, x.At(order[(i*(2*j+3)+j)%200], j))
				}
			}
			return sample{x: y}
		},
	},
	variants: []variant{
		{name: "Gaussian null", of: always(spectrum.ParallelAnalysis{Runs: 20}), least: 2, long: [2]int{20000, 60}},
		{name: "permuted columns, covariance", of: always(spectrum.ParallelAnalysis{Runs: 20, Null: spectrum.Permuted, Covariance: true}), least: 2, long: [2]int{20000, 60}},
		{name: "more columns than rows, mean", of: always(spectrum.ParallelAnalysis{Runs: 10, Mean: true}), least: 2, wide: true, long: [2]int{600, 1200}},
	},
	refused: map[string][]any{
		"Null":     {spectrum.ParallelAnalysis{Null: "uniform"}},
		"Quantile": {spectrum.ParallelAnalysis{Quantile: 1.5}},
	},
}}
