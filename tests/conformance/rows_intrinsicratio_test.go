package conformance

import (
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// Data of dimension 2 in ten columns, on which every estimator must see 2, and
// ten columns of noise, on which none may.
func inPlane(seed uint64) sample { return sample{x: flat(seed, 1000, 2, 10), dim: 2} }
func inNoise(seed uint64) sample { return sample{x: fixture.Normal(seed, 1000, 10), dim: 2} }

var isNoise = control{says: "isotropic noise in ten columns has another dimension", on: inNoise}

var intrinsicRatioRows = []row{{
	method: "intrinsic.MOM",
	source: "2015, Estimating local intrinsic dimensionality",
	golden: golden{form: "what scikit-dimension 0.3.4 returns on three fixtures", test: "intrinsic.TestValuesOfPeers"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 10 %",
		on:   inPlane, measure: dimensionOver[intrinsic.MOM], from: .9, to: 1.1,
	},
	control: isNoise,
	variants: []variant{
		{name: "scikit-dimension", of: always(intrinsic.MOM{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "LDReg", of: always(intrinsic.MOM{Neighbors: 20, Inner: true, Aggregate: intrinsic.GeometricMean}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.MOM{Neighbors: 1}, intrinsic.MOM{Neighbors: 60}},
		"Aggregate": {intrinsic.MOM{Aggregate: intrinsic.GeometricMean + 1}},
	},
}, {
	method: "intrinsic.MADA",
	source: "2007, Manifold-adaptive dimension estimation",
	golden: golden{form: "what scikit-dimension 0.3.4 and Rdimtools return on three fixtures", test: "intrinsic.TestValuesOfPeers"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 12 %",
		on:   inPlane, measure: dimensionOver[intrinsic.MADA], from: .88, to: 1.12,
	},
	control: isNoise,
	variants: []variant{
		{name: "arithmetic mean", of: always(intrinsic.MADA{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "median", of: always(intrinsic.MADA{Neighbors: 11, Aggregate: intrinsic.Median}), least: 12, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.MADA{Neighbors: 1}, intrinsic.MADA{Neighbors: 60}},
		"Aggregate": {intrinsic.MADA{Aggregate: intrinsic.GeometricMean + 1}},
	},
}}
