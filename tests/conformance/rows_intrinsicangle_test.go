package conformance

import (
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

var intrinsicAngleRows = []row{{
	method: "intrinsic.TLE",
	source: "2019, Intrinsic dimensionality estimation within tight localities",
	golden: golden{form: "what scikit-dimension 0.3.4 returns on three fixtures", test: "intrinsic.TestAnglesOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 15 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 500, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.TLE], from: .85, to: 1.15,
	},
	control: control{
		says: "isotropic noise in ten columns has another dimension",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 500, 10), dim: 2} },
	},
	variants: []variant{
		{name: "20 neighbours", of: always(intrinsic.TLE{}), least: 3, distances: asForRows, long: [2]int{6000, 100}},
		{name: "nothing left out", of: always(intrinsic.TLE{Neighbors: 10, Epsilon: 1e-300}), least: 11, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.TLE{Neighbors: 1}, intrinsic.TLE{Neighbors: 60}},
		"Epsilon":   {intrinsic.TLE{Epsilon: 1}},
	},
}, {
	method:     "intrinsic.ESS",
	stochastic: true,
	source:     "2015, Low bias local intrinsic dimension estimation from expected simplex skewness",
	golden:     golden{form: "what scikit-dimension 0.3.4 returns on three fixtures", test: "intrinsic.TestAnglesOfPeers"},
	claim: claim{
		says:    "data of dimension 20 are found to have it from 400 rows, within 10 %",
		on:      func(seed uint64) sample { return sample{x: fixture.Normal(seed, 400, 20), dim: 20} },
		measure: dimensionOver[intrinsic.ESS], from: .9, to: 1.1,
	},
	control: control{
		says: "isotropic noise in 25 columns has another dimension",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 400, 25), dim: 20} },
	},
	variants: []variant{
		{name: "version a", of: always(intrinsic.ESS{Neighbors: 20}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
		{name: "version b", of: always(intrinsic.ESS{Version: intrinsic.Projection, Neighbors: 20}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
		{name: "order 4", of: always(intrinsic.ESS{Order: 4, Neighbors: 20}), least: 21, distances: asForRows, long: [2]int{1000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.ESS{Neighbors: 2}, intrinsic.ESS{Neighbors: 60}},
		"Order":     {intrinsic.ESS{Order: 11}, intrinsic.ESS{Order: 2, Version: intrinsic.Projection}},
		"Version":   {intrinsic.ESS{Version: intrinsic.Projection + 1}},
	},
}, {
	method: "intrinsic.ABID",
	source: "2020, ABID: Angle Based Intrinsic Dimensionality",
	golden: golden{form: "what the definition gives on three fixtures", test: "intrinsic.TestAnglesOfPeers"},
	claim: claim{
		says:    "data of dimension 2 in ten columns are found to have it, within 15 %",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 500, 2, 10), dim: 2} },
		measure: dimensionOver[intrinsic.ABID], from: .85, to: 1.15,
	},
	control: control{
		says: "isotropic noise in ten columns has another dimension",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 500, 10), dim: 2} },
	},
	variants: []variant{
		{name: "pairs with itself", of: always(intrinsic.ABID{Neighbors: 20}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
		{name: "raw", of: always(intrinsic.ABID{Neighbors: 20, Raw: true}), least: 21, distances: asForRows, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.ABID{Neighbors: 1}, intrinsic.ABID{Neighbors: 60}},
	},
}, {
	method:     "intrinsic.DANCo",
	stochastic: true,
	source:     "2014, DANCo: An intrinsic dimensionality estimator exploiting angle and norm concentration",
	golden:     golden{form: "the statistics that scikit-dimension 0.3.4 compares, on three fixtures", test: "intrinsic.TestStatisticsOfPeers"},
	claim: claim{
		says:    "a cube of dimension 10 in 14 columns is found to have it from 300 rows, within 10 %, where distances alone fall short by more",
		on:      func(seed uint64) sample { return sample{x: padded(fixture.Uniform(seed, 300, 10), 14), dim: 10} },
		measure: dimensionOver[intrinsic.DANCo], from: .9, to: 1.1,
	},
	control: control{
		says: "a cube of dimension 14 has another dimension",
		on:   func(seed uint64) sample { return sample{x: padded(fixture.Uniform(seed, 300, 14), 20), dim: 10} },
	},
	variants: []variant{
		{name: "parabola", of: always(intrinsic.DANCo{Neighbors: 5, Draws: 1, MaxDimension: 8}), least: 7, long: [2]int{6000, 100}},
		{name: "whole", of: always(intrinsic.DANCo{Neighbors: 5, Draws: 2, MaxDimension: 8, Integer: true}), least: 7, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors":    {intrinsic.DANCo{Neighbors: 1}, intrinsic.DANCo{Neighbors: 31}},
		"MaxDimension": {intrinsic.DANCo{MaxDimension: -1}},
		"Draws":        {intrinsic.DANCo{Draws: 101}},
	},
}, {
	method:     "intrinsic.GeoMLE",
	stochastic: true,
	source:     "2019, Geometry-aware maximum likelihood estimation of intrinsic dimension",
	golden:     golden{form: "the authors' means over samples of 1000 rows", test: "intrinsic.TestGeoMLEAgainstItsAuthors"},
	claim: claim{
		says:    "a cube of dimension 30 in 35 columns is found to have it from 500 rows, within 15 %, where MLE finds 20",
		on:      func(seed uint64) sample { return sample{x: padded(fixture.Uniform(seed, 500, 30), 35), dim: 30} },
		measure: dimensionOver[intrinsic.GeoMLE], from: .85, to: 1.15,
	},
	control: control{
		says: "a cube of dimension 20 has another dimension",
		on:   func(seed uint64) sample { return sample{x: padded(fixture.Uniform(seed, 500, 20), 35), dim: 30} },
	},
	variants: []variant{
		{name: "20 resamples", of: always(intrinsic.GeoMLE{}), least: 11, distances: taken, long: [2]int{6000, 100}},
		{name: "66 resamples", of: always(intrinsic.GeoMLE{Neighbors: 8, From: 4, Resamples: 66}), least: 15, distances: taken, long: [2]int{6000, 100}},
	},
	refused: map[string][]any{
		"Neighbors": {intrinsic.GeoMLE{Neighbors: 4}, intrinsic.GeoMLE{Neighbors: 36}},
		"From":      {intrinsic.GeoMLE{From: 2}, intrinsic.GeoMLE{From: 28}},
		"Resamples": {intrinsic.GeoMLE{Resamples: 1}},
		"Penalty":   {intrinsic.GeoMLE{Penalty: -1}},
		"Unit":      {intrinsic.GeoMLE{Unit: -1}},
	},
}}

// padded returns x with columns of zeros up to d.
func padded(x *mat.Dense, d int) *mat.Dense {
	n, columns := x.Dims()
	y := mat.NewDense(n, d, nil)
	y.Slice(0, n, 0, columns).(*mat.Dense).Copy(x)
	return y
}
