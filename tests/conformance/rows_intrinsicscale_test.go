package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/spectrum"
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
}, {
	method: "intrinsic.LocalPCA",
	source: "1971, An algorithm for finding intrinsic dimensionality of data",
	golden: golden{form: "what scikit-dimension 0.3.4 returns on three fixtures, for all rows and for neighbours", test: "intrinsic.TestLocalPCAOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 1 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 300, 2, 10), dim: 2} },
		measure: valueOver[intrinsic.LocalPCA], from: .99, to: 1.01,
	},
	control: noiseInTen,
	variants: []variant{
		{name: "ten neighbours", of: always(intrinsic.LocalPCA{Neighbors: 10}), least: 11, long: [2]int{6000, 100}},
		{name: "global", of: always(intrinsic.LocalPCA{Global: true, Rule: intrinsic.ParticipationRatio}), least: 4, long: [2]int{20000, 200}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.LocalPCA{Neighbors: 1}, intrinsic.LocalPCA{Neighbors: 60}},
		"Rule":      {intrinsic.LocalPCA{Rule: intrinsic.BrokenStick + 1}},
		"Threshold": {intrinsic.LocalPCA{Threshold: 1}},
		"Fan":       {intrinsic.LocalPCA{Fan: spectrum.Fan{Gap: .5}}},
	},
}, {
	method: "intrinsic.FisherS",
	source: "2019, Estimating the effective dimension of large biological datasets using Fisher separability analysis",
	golden: golden{form: "what scikit-dimension 0.3.4 returns on three fixtures", test: "intrinsic.TestFisherSOfPeers"},
	claim: claim{
		says:    "normal data of dimension 5 in ten columns are found to have it, within 12 %",
		on:      func(seed uint64) sample { return sample{x: evenFlat(seed), dim: 5} },
		measure: dimensionOver[intrinsic.FisherS], from: .88, to: 1.12,
	},
	control: control{
		says: "normal data of dimension 3 do not have it",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 600, 3), dim: 5} },
	},
	variants: []variant{
		{name: "default", of: always(intrinsic.FisherS{}), least: 4, long: [2]int{12000, 50}},
	},
	refused: map[string][]any{"Conditional": {intrinsic.FisherS{Conditional: 1}}},
}, {
	method: "intrinsic.Separability",
	source: "2024, Stealth edits to large language models",
	golden: golden{form: "the share of pairs by its definition, and the dimension of balls", test: "intrinsic.TestSeparabilityOfBalls"},
	claim: claim{
		says:    "data uniform in the unit ball of five dimensions have dimension 5, within 5 %",
		on:      func(seed uint64) sample { return sample{x: ball(seed, 800, 5), dim: 5} },
		measure: dimensionOver[intrinsic.Separability], from: .95, to: 1.05,
	},
	control: control{
		says: "normal data in as many columns have not",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 800, 5), dim: 5} },
	},
	variants: []variant{
		{name: "default", of: always(intrinsic.Separability{}), least: 4, long: [2]int{12000, 50}},
	},
	refused: map[string][]any{"Margin": {intrinsic.Separability{Margin: -1}}},
}, {
	method:     "intrinsic.MSTDimension",
	stochastic: true,
	source:     "1988, Growth rates of Euclidean minimal spanning trees with power weighted edges",
	golden:     golden{form: "the slope over the lengths of scipy's trees of the first rows of three fixtures", test: "intrinsic.TestMSTDimensionOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 20 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 1000, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.MSTDimension], from: .8, to: 1.2,
	},
	control: noiseInTen,
	variants: []variant{
		{name: "default", of: always(intrinsic.MSTDimension{}), least: 12, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Alpha": {intrinsic.MSTDimension{Alpha: -1}},
		"From":  {intrinsic.MSTDimension{From: 1}, intrinsic.MSTDimension{From: 60}},
		"To":    {intrinsic.MSTDimension{To: 61}},
		"Sizes": {intrinsic.MSTDimension{Sizes: 1}, intrinsic.MSTDimension{From: 50, To: 53, Sizes: 5}},
	},
}, {
	method:     "intrinsic.KNN",
	stochastic: true,
	source:     "2010, On local intrinsic dimension estimation and its applications",
	golden:     golden{form: "the slope between two sizes by its definition", test: "intrinsic.TestKNNByDefinition"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 20 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 1000, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.KNN], from: .8, to: 1.2,
	},
	control: noiseInTen,
	variants: []variant{
		{name: "slope", of: always(intrinsic.KNN{}), least: 12, distances: asForRows, long: [2]int{5000, 50}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.KNN{Neighbors: 12}},
		"Power":     {intrinsic.KNN{Power: -1}},
		"From":      {intrinsic.KNN{From: 1}, intrinsic.KNN{From: 60}},
		"To":        {intrinsic.KNN{To: 61}},
		"Sizes":     {intrinsic.KNN{Sizes: 1}, intrinsic.KNN{From: 50, To: 53, Sizes: 5}},
		"Repeats":   {intrinsic.KNN{Repeats: -1}},
	},
}, {
	method: "intrinsic.BoxCounting",
	source: "1989, A fast algorithm to determine fractal dimensions by box counting",
	golden: golden{form: "squares, lines and Sierpiński's triangle", test: "intrinsic.TestBoxesOfKnownSets"},
	claim: claim{
		says:    "a square in three columns has dimension 2, within 15 %",
		on:      func(seed uint64) sample { return sample{x: slab(seed, 1000, 2), dim: 2} },
		measure: valueOver[intrinsic.BoxCounting], from: .85, to: 1.15,
	},
	control: control{
		says: "a cube has not",
		on:   func(seed uint64) sample { return sample{x: slab(seed, 1000, 3), dim: 2} },
	},
	variants: []variant{
		{name: "boxes", of: always(intrinsic.BoxCounting{}), least: 4, long: [2]int{60000, 100}},
		{name: "information", of: always(intrinsic.BoxCounting{Order: 1, From: 2, To: 6}), least: 4, long: [2]int{60000, 100}},
	},
	refused: map[string][]any{
		"Order": {intrinsic.BoxCounting{Order: -1}},
		"From":  {intrinsic.BoxCounting{From: 4, To: 4}},
		"To":    {intrinsic.BoxCounting{To: 1}},
	},
}}

// slab returns n rows in the unit cube of dim of three columns.
func slab(seed uint64, n, dim int) *mat.Dense {
	x := mat.NewDense(n, 3, nil)
	x.Slice(0, n, 0, dim).(*mat.Dense).Copy(fixture.Uniform(seed, n, dim))
	return x
}

// ball returns n rows uniform in the unit ball of d dimensions.
func ball(seed uint64, n, d int) *mat.Dense {
	x := fixture.Normal(seed, n, d)
	for i, u := range fixture.Uniform(seed+100, n, 1).RawMatrix().Data {
		row := mat.NewVecDense(d, x.RawRowView(i))
		row.ScaleVec(math.Pow(u, 1/float64(d))/mat.Norm(row, 2), row)
	}
	return x
}

// evenFlat returns rows that vary alike along five directions of ten columns.
func evenFlat(seed uint64) *mat.Dense {
	x := mat.NewDense(600, 10, nil)
	x.Slice(0, 600, 0, 5).(*mat.Dense).Copy(fixture.Normal(seed, 600, 5))
	return x
}

// valueOver is dimensionOver for methods that are sure of whole numbers.
func valueOver[E estimator](ctx context.Context, s sample) (float64, error) {
	var e E
	d, err := e.Estimate(ctx, s.x)
	return d.Value / s.dim, err
}

var noiseInTen = control{
	says: "isotropic noise in ten columns has another dimension",
	on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 1000, 10), dim: 2} },
}
