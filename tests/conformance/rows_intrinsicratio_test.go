package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

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
}, {
	method: "intrinsic.CDF",
	source: "2012, Generalized expansion dimension",
	golden: golden{form: "the definition, by NumPy on three fixtures", test: "intrinsic.TestValuesOfPeers"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 10 %",
		on:   inPlane, measure: dimensionOver[intrinsic.CDF], from: .9, to: 1.1,
	},
	control: isNoise,
	variants: []variant{
		{name: "harmonic mean", of: always(intrinsic.CDF{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "geometric mean", of: always(intrinsic.CDF{Neighbors: 10, Aggregate: intrinsic.GeometricMean}), least: 11, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.CDF{Neighbors: 1}, intrinsic.CDF{Neighbors: 60}},
		"Aggregate": {intrinsic.CDF{Aggregate: intrinsic.GeometricMean + 1}},
	},
}, {
	method: "intrinsic.MiND",
	source: "2011, Minimum neighbor distance estimators of intrinsic dimension",
	golden: golden{form: "the maximum of the likelihood on three fixtures, and what scikit-dimension 0.3.4 returns for whole numbers", test: "intrinsic.TestValuesOfPeers"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 10 %",
		on:   inPlane, measure: dimensionOver[intrinsic.MiND], from: .9, to: 1.1,
	},
	control: isNoise,
	variants: []variant{
		{name: "any number", of: always(intrinsic.MiND{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "whole numbers", of: always(intrinsic.MiND{Neighbors: 10, Integer: true}), least: 12, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{"Neighbors": {intrinsic.MiND{Neighbors: 59}}},
}, {
	method: "intrinsic.Gride",
	source: "2022, The generalized ratios intrinsic dimension estimator",
	golden: golden{form: "what DADApy returns at six scales of three fixtures", test: "intrinsic.TestCurveOfDADApy"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 15 %",
		on:   inPlane, measure: dimensionOver[intrinsic.Gride], from: .85, to: 1.15,
	},
	control: isNoise,
	variants: []variant{
		{name: "nearest two", of: always(intrinsic.Gride{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "8 and 16", of: always(intrinsic.Gride{Near: 8, Overlap: true}), least: 17, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Near":    {intrinsic.Gride{Near: 59}},
		"Far":     {intrinsic.Gride{Far: 1}, intrinsic.Gride{Far: 60}},
		"Largest": {intrinsic.Gride{Largest: 1}, intrinsic.Gride{Largest: 60}},
	},
}, {
	method: "intrinsic.BIDE",
	source: "2023, Intrinsic dimension estimation for discrete metrics",
	golden: golden{form: "what DADApy returns on three fixtures", test: "intrinsic.TestBinomialOfDADApy"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 10 %",
		on:   inPlane, measure: dimensionOver[intrinsic.BIDE], from: .9, to: 1.1,
	},
	control: isNoise,
	variants: []variant{
		{name: "likelihood", of: always(intrinsic.BIDE{Neighbors: 10}), least: 11, distances: asForRows, long: [2]int{30000, 6}},
		{name: "posterior", of: always(intrinsic.BIDE{Posterior: true, Overlap: true}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "radius", of: always(intrinsic.BIDE{Radius: 1e5, Ratio: .1, Posterior: true}), least: 2, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.BIDE{Neighbors: 1}, intrinsic.BIDE{Neighbors: 60}},
		"Ratio":     {intrinsic.BIDE{Ratio: 1}},
	},
}, {
	method: "intrinsic.ABIDE",
	source: "2024, Beyond the noise: intrinsic dimension estimation with optimal",
	golden: golden{form: "what DADApy returns on three fixtures", test: "intrinsic.TestBinomialOfDADApy"},
	claim: claim{
		says: "data of dimension 2 in ten columns are found to have it, within 10 %",
		on:   inPlane, measure: dimensionOver[intrinsic.ABIDE], from: .9, to: 1.1,
	},
	control: isNoise,
	variants: []variant{
		{name: "adaptive ratio", of: always(intrinsic.ABIDE{Neighbors: 20}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
		{name: "one ratio", of: always(intrinsic.ABIDE{Neighbors: 20, Ratio: .8, Iterations: 2, Overlap: true}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors":    {intrinsic.ABIDE{Neighbors: 3}, intrinsic.ABIDE{Neighbors: 60}},
		"Ratio":        {intrinsic.ABIDE{Ratio: 1}},
		"Significance": {intrinsic.ABIDE{Significance: 1}},
	},
}, {
	method:     "intrinsic.MiNDKL",
	stochastic: true,
	source:     "2011, Minimum neighbor distance estimators of intrinsic dimension: MiND_KL",
	golden:     golden{form: "cubes whose edges MiND takes for a lower dimension, and the spread of samples", test: "intrinsic.TestMiNDKLBeatsMiNDInHighDimension"},
	claim: claim{
		says:    "a cube of dimension 8 in 12 columns is found to have it from 300 rows, within 25 %",
		on:      func(seed uint64) sample { return sample{x: padded(fixture.Uniform(seed, 300, 8), 12), dim: 8} },
		measure: dimensionOver[intrinsic.MiNDKL], from: .75, to: 1.25,
	},
	control: control{
		says: "a cube of dimension 4 has another dimension",
		on:   func(seed uint64) sample { return sample{x: padded(fixture.Uniform(seed, 300, 4), 12), dim: 8} },
	},
	variants: []variant{
		{name: "parabola", of: always(intrinsic.MiNDKL{Neighbors: 5, Draws: 1, MaxDimension: 8}), least: 7, distances: taken, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors":    {intrinsic.MiNDKL{Neighbors: 59}},
		"MaxDimension": {intrinsic.MiNDKL{MaxDimension: -1}},
		"Draws":        {intrinsic.MiNDKL{Draws: 101}},
	},
}, {
	method: "intrinsic.I3D",
	source: "2023, Intrinsic dimension estimation for discrete metrics",
	golden: golden{form: "what DADApy returns on three lattices, with and without a period", test: "intrinsic.TestI3DOfDADApy"},
	claim: claim{
		says:    "points of a lattice of dimension 2 are found to have it, within 2 %",
		on:      func(seed uint64) sample { return sample{x: lattice(seed, 2), dim: 2} },
		measure: latticeDimension, from: .98, to: 1.02,
	},
	control: control{
		says: "a lattice of dimension 3 has another dimension",
		on:   func(seed uint64) sample { return sample{x: lattice(seed, 3), dim: 2} },
	},
	variants: []variant{
		{name: "radius of the data", of: always(intrinsic.I3D{Spacing: .1}), least: 3, long: [2]int{20000, 30}},
		{name: "periodic", of: always(intrinsic.I3D{Radius: 20, Inner: 14, Period: 64, Overlap: true}), least: 5, long: [2]int{20000, 30}},
		{name: "posterior", of: always(intrinsic.I3D{Radius: 20, Period: 64, Posterior: true}), least: 2, constant: true, long: [2]int{20000, 30}},
	},
	refused: map[string][]any{
		"Inner":  {intrinsic.I3D{Inner: -2}, intrinsic.I3D{Radius: 5, Inner: 5}},
		"Period": {intrinsic.I3D{Radius: 5, Period: 10}},
	},
	exact: map[string]any{"Inner": intrinsic.I3D{Spacing: 4, Inner: intrinsic.LatticePoint}},
}}

// lattice returns 2000 points of {0 … 39}^d.
func lattice(seed uint64, d int) *mat.Dense {
	x := fixture.Uniform(seed, 2000, d)
	x.Apply(func(_, _ int, v float64) float64 { return math.Floor(40 * v) }, x)
	return x
}

func latticeDimension(ctx context.Context, s sample) (float64, error) {
	d, err := intrinsic.I3D{Period: 40}.Estimate(ctx, s.x)
	if !(d.StdErr > 0) {
		return math.NaN(), err
	}
	return d.Value / s.dim, err
}
