package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/measure"
)

var intrinsicRows = []row{{
	method: "intrinsic.TwoNN",
	source: "2017, Estimating the intrinsic dimension of datasets by a minimal neighborhood information",
	golden: golden{form: "what scikit-dimension 0.3.4, DADApy and Rdimtools return on three fixtures", test: "intrinsic.TestValuesOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 15 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 1000, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.TwoNN], from: .85, to: 1.15,
	},
	control: control{
		says: "isotropic noise in ten columns has another dimension",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 1000, 10), dim: 2} },
	},
	variants: []variant{
		{name: "least squares", of: always(intrinsic.TwoNN{}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
		{name: "maximum likelihood", of: always(intrinsic.TwoNN{Fit: intrinsic.MaximumLikelihood, Discard: .2}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
		{name: "trimmed likelihood", of: always(intrinsic.TwoNN{Fit: intrinsic.TrimmedLikelihood}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
		{name: "posterior", of: always(intrinsic.TwoNN{Fit: intrinsic.Bayes}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
	},
	exact: map[string]any{"Discard": intrinsic.TwoNN{Discard: intrinsic.Zero}},
	refused: map[string][]any{
		"Fit":     {intrinsic.TwoNN{Fit: intrinsic.Bayes + 1}},
		"Discard": {intrinsic.TwoNN{Discard: 1}, intrinsic.TwoNN{Discard: .99}},
	},
}, {
	method: "intrinsic.MLE",
	source: "2004, Maximum likelihood estimation of intrinsic dimension",
	golden: golden{form: "what scikit-dimension 0.3.4 and Rdimtools return on three fixtures", test: "intrinsic.TestValuesOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 10 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 1000, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.MLE], from: .9, to: 1.1,
	},
	control: control{
		says: "isotropic noise in ten columns has another dimension",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 1000, 10), dim: 2} },
	},
	variants: []variant{
		{name: "harmonic mean", of: always(intrinsic.MLE{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "arithmetic mean, unbiased", of: always(intrinsic.MLE{Neighbors: 10, Aggregate: intrinsic.Mean, Unbiased: true}), least: 11, distances: asForRows, long: [2]int{6000, 100}},
		{name: "median over k = 5 … 10", of: always(intrinsic.MLE{Neighbors: 10, AverageFrom: 5, Aggregate: intrinsic.Median}), least: 11, distances: asForRows, long: [2]int{6000, 100}},
		{name: "noise", of: always(intrinsic.MLE{Noise: .01}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "geometric mean", of: always(intrinsic.MLE{Neighbors: 10, Aggregate: intrinsic.GeometricMean}), least: 11, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors":   {intrinsic.MLE{Neighbors: 1}, intrinsic.MLE{Neighbors: 60}, intrinsic.MLE{Neighbors: 2, Unbiased: true}},
		"Noise":       {intrinsic.MLE{Noise: -1}},
		"AverageFrom": {intrinsic.MLE{AverageFrom: 1}, intrinsic.MLE{AverageFrom: 21}},
		"Aggregate":   {intrinsic.MLE{Aggregate: intrinsic.GeometricMean + 1}},
	},
}}

// estimator is a method that measures a dimension.
type estimator interface {
	Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error)
}

// dimensionOver returns the dimension that the default of a method finds, over
// the true one. An estimate without a standard error is none.
func dimensionOver[E estimator](ctx context.Context, s sample) (float64, error) {
	var e E
	d, err := e.Estimate(ctx, s.x)
	if !(d.StdErr > 0) {
		return math.NaN(), err
	}
	return d.Value / s.dim, err
}
