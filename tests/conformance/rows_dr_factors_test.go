package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

// leftOver returns the share of the squared values that model and Inverse lose.
func leftOver(ctx context.Context, x mat.Matrix, m interface {
	dr.Model
	dr.Inverter
}) (float64, error) {
	back, err := m.Inverse(ctx, m.Embedding())
	if err != nil {
		return 0, err
	}
	var left mat.Dense
	left.Sub(x, back)
	return math.Pow(mat.Norm(&left, 2)/mat.Norm(x, 2), 2), nil
}

var drFactorsRows = []row{{
	method:     "dr.TruncatedSVD",
	stochastic: true,
	unmoved:    "dr.TestTruncatedSVDOfSparseRows: random blocks that fill a small matrix give the exact result",
	origin:     "columns are not centred, so the origin is one of the points; dr.TestTruncatedSVDAgainstScikitLearn has data far from it",
	source:     "1936, The approximation of one matrix by another of lower rank",
	golden:     golden{file: "truncatedsvd", holds: "data.wine.components", test: "dr.TestTruncatedSVDAgainstScikitLearn"},
	claim: claim{
		says: "of rows near a plane through the origin nothing but noise is left over by two components, however far they lie from it",
		on: func(seed uint64) sample {
			s := fixture.Normal(seed, 200, 2)
			s.Apply(func(_, j int, v float64) float64 { return v + float64(5*(1-j)) }, s)
			var x mat.Dense
			x.Mul(s, fixture.Normal(seed+100, 2, 10))
			x.Apply(func(i, j int, v float64) float64 { return v + .05*fixtureNoise(seed, i, j) }, &x)
			return sample{x: &x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.TruncatedSVD{Components: 2}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return leftOver(ctx, s.x, m)
		},
		from: 0, to: .002,
	},
	control: control{
		says: "a plane that misses the origin needs a third component, which PCA would not",
		on: func(seed uint64) sample {
			x := flat(seed, 200, 2, 10)
			x.Apply(func(i, j int, v float64) float64 { return v + 3*float64(1+j%3) + .05*fixtureNoise(seed, i, j) }, x)
			return sample{x: x}
		},
	},
	variants: []variant{
		{name: "all components", of: always(dr.TruncatedSVD{}), least: 1, constant: true, long: [2]int{4000, 600}},
		{name: "two components, randomised", of: always(dr.TruncatedSVD{Components: 2, Solver: dr.Randomized, Iterations: 30}), least: 2, constant: true, long: [2]int{8000, 600}},
		{name: "more columns than rows", of: always(dr.TruncatedSVD{}), least: 1, constant: true, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.TruncatedSVD{Components: columns + 1}},
		"Solver":     {dr.TruncatedSVD{Solver: "lanczos"}},
	},
}, {
	method:     "dr.FastICA",
	stochastic: true,
	source:     "1999, Fast and robust fixed-point algorithms for independent component analysis",
	golden:     golden{file: "fastica", holds: "runs.mixing", test: "dr.TestFastICAAgainstScikitLearn"},
	claim: claim{
		says: "uniform sources come out of their mixture: each correlates with a component",
		on: func(seed uint64) sample {
			return mixture(seed, fixture.Uniform(seed, 1000, 3))
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.FastICA{Components: 3, Seed: 1}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return recovered(s.y, e), nil
		},
		from: .98, to: 1,
	},
	control: control{
		says: "Gaussian sources look the same in every direction",
		on: func(seed uint64) sample {
			return mixture(seed, fixture.Normal(seed, 1000, 3))
		},
	},
	variants: []variant{
		// Random rows have no sources: what many iterations make of them hangs on rounding.
		{name: "all components, in few iterations", of: always(dr.FastICA{Iterations: 5}), least: 2, long: [2]int{20000, 200}},
		{name: "two components by deflation, exp", of: always(dr.FastICA{Components: 2, Deflation: true, Contrast: dr.Exp, Iterations: 5}), least: 3, long: [2]int{20000, 200}},
		{name: "more columns than rows, cube", of: always(dr.FastICA{Contrast: dr.Cube, Iterations: 5}), least: 2, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.FastICA{Components: columns + 1}},
		"Contrast":   {dr.FastICA{Contrast: "skew"}},
		"Alpha":      {dr.FastICA{Alpha: .5}, dr.FastICA{Alpha: 2.5}},
		"Tolerance":  {dr.FastICA{Tolerance: 1}},
	},
}, {
	method: "dr.FactorAnalysis",
	source: "1967, Some contributions to maximum likelihood factor analysis",
	golden: golden{file: "factoranalysis", holds: "data.wine.loadings", test: "dr.TestFactorAnalysisAgainstScikitLearn"},
	claim: claim{
		says: "one factor is found though one of its columns has noise of far more variance",
		on: func(seed uint64) sample {
			return oneFactor(seed, func(j int) float64 { return map[bool]float64{true: 20, false: .5}[j == 0] })
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.FactorAnalysis{Components: 1}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return recovered(s.y, e), nil
		},
		from: .95, to: 1,
	},
	control: control{
		says: "every column is noise",
		on: func(seed uint64) sample {
			s := oneFactor(seed, func(int) float64 { return .5 })
			s.x = fixture.Normal(seed+9, 500, 6)
			return s
		},
	},
	variants: []variant{
		{name: "all factors", of: always(dr.FactorAnalysis{Iterations: 20}), least: 2, long: [2]int{4000, 300}},
		{name: "two factors, varimax", of: always(dr.FactorAnalysis{Components: 2, Rotation: dr.Varimax}), least: 3, long: [2]int{4000, 300}},
		{name: "more columns than rows", of: always(dr.FactorAnalysis{Components: 1, Iterations: 20}), least: 2, wide: true, long: [2]int{200, 500}},
	},
	refused: map[string][]any{
		"Components": {dr.FactorAnalysis{Components: columns + 1}},
		"Rotation":   {dr.FactorAnalysis{Rotation: "oblimin"}},
	},
}}

// oneFactor returns six columns that one factor moves, with noise, and the factor.
func oneFactor(seed uint64, noise func(j int) float64) sample {
	factor, e := fixture.Normal(seed, 500, 1), fixture.Normal(seed+50, 500, 6)
	x := mat.NewDense(500, 6, nil)
	x.Apply(func(i, j int, _ float64) float64 { return factor.At(i, 0) + noise(j)*e.At(i, j) }, x)
	return sample{x: x, y: factor}
}

// mixture returns the sources mixed into six columns.
func mixture(seed uint64, sources *mat.Dense) sample {
	_, k := sources.Dims()
	var x mat.Dense
	x.Mul(sources, fixture.Normal(seed+100, k, 6))
	return sample{x: &x, y: sources}
}

// recovered returns the correlation of the source that has the least with its
// nearest component.
func recovered(sources, components mat.Matrix) float64 {
	n, k := sources.Dims()
	_, m := components.Dims()
	worst := 1.
	for c := range k {
		best := 0.
		for j := range m {
			best = max(best, math.Abs(stat.Correlation(mat.Col(make([]float64, n), c, sources), mat.Col(make([]float64, n), j, components), nil)))
		}
		worst = min(worst, best)
	}
	return worst
}
