package conformance

import (
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

var intrinsicScaleRows = []row{{
	method: "intrinsic.CorrelationDimension",
	source: "1983, Measuring the strangeness of strange attractors",
	golden: golden{form: "what scikit-dimension 0.3.4 returns on three fixtures, and the two-point slope by its definition", test: "intrinsic.TestCorrelationDimensionOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 12 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 1000, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.CorrelationDimension], from: .88, to: 1.12,
	},
	control: noiseInTen,
	variants: []variant{
		{name: "by neighbours", of: always(intrinsic.CorrelationDimension{}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
		{name: "by quantiles", of: always(intrinsic.CorrelationDimension{InnerQuantile: .05, OuterQuantile: .5, Radii: 5}), least: 4, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"InnerNeighbors": {intrinsic.CorrelationDimension{InnerNeighbors: 20, OuterNeighbors: 20}},
		"OuterNeighbors": {intrinsic.CorrelationDimension{OuterNeighbors: 60}},
		"InnerQuantile":  {intrinsic.CorrelationDimension{InnerQuantile: .5, OuterQuantile: .5}, intrinsic.CorrelationDimension{OuterQuantile: .5}},
		"OuterQuantile":  {intrinsic.CorrelationDimension{InnerQuantile: .5}, intrinsic.CorrelationDimension{InnerQuantile: .5, OuterQuantile: 1.5}},
		"InnerRadius":    {intrinsic.CorrelationDimension{InnerRadius: 2, OuterRadius: 1}, intrinsic.CorrelationDimension{OuterRadius: 1}},
		"OuterRadius":    {intrinsic.CorrelationDimension{InnerRadius: 2}},
		"Radii":          {intrinsic.CorrelationDimension{Radii: 1}, intrinsic.CorrelationDimension{Radii: 1001}},
	},
}}

var noiseInTen = control{
	says: "isotropic noise in ten columns has another dimension",
	on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 1000, 10), dim: 2} },
}
