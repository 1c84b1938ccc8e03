package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dynamics"
)

// seriesOf gives a method of a series the first column.
func seriesOf(_ string, x mat.Matrix) []any {
	n, d := x.Dims()
	if n == 0 || d < 2 {
		return []any{x}
	}
	return []any{mat.NewVecDense(n, mat.Col(nil, 0, x))}
}

// noSeries is what is no series of values in the order of time.
func noSeries(string) map[string][]any {
	holed := fixture.Normal(1, 60, 1)
	holed.Set(17, 0, math.NaN())
	return map[string][]any{
		"a hole": {holed}, "a constant": {mat.NewVecDense(60, nil)}, "nothing": {new(mat.Dense)}, "three values": {fixture.Normal(1, 3, 1)},
	}
}

// orbitOf gives n states of a system from a start that depends on the seed.
func orbitOf(system dynamics.System, n int) func(seed uint64) sample {
	return func(seed uint64) sample {
		orbit, err := dynamics.Simulate{Transient: 100 + 7.3*float64(seed)}.Run(context.Background(), system, n)
		if err != nil {
			panic(err)
		}
		return sample{x: orbit.X}
	}
}

// firstOf gives the first variable alone.
func firstOf(on func(seed uint64) sample) func(seed uint64) sample {
	return func(seed uint64) sample {
		x := on(seed).x
		n, _ := x.Dims()
		return sample{x: mat.NewVecDense(n, mat.Col(nil, 0, x))}
	}
}

// white is noise in one column.
func white(n int) func(seed uint64) sample {
	return func(seed uint64) sample { return sample{x: fixture.Normal(seed, n, 1)} }
}

var dynamicsRows = []row{{
	method: "dynamics.Cao",
	source: "1997, Practical method for determining the minimum embedding dimension of a scalar time series",
	golden: golden{form: "its definition, pair by pair, on a short series", test: "dynamics.TestCaoByDefinition"},
	claim: claim{
		says: "two values of Hénon's map make a state",
		on:   firstOf(orbitOf(dynamics.Henon(), 2000)),
		measure: func(ctx context.Context, s sample) (float64, error) {
			found, err := dynamics.Cao{}.Estimate(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return float64(found.Dim), nil
		}, from: 2, to: 2,
	},
	control: control{says: "noise, which no number of values foretells", on: white(2000)},
	variants: []variant{
		{name: "default", of: always(dynamics.Cao{}), given: seriesOf, spoiled: noSeries, least: 20, long: [2]int{60000, 2}},
		{name: "lag 2", of: always(dynamics.Cao{Lag: 2, MaxDim: 3, Theiler: 2}), given: seriesOf, spoiled: noSeries, least: 20, long: [2]int{60000, 2}},
	},
	refused: map[string][]any{
		"Lag":       {dynamics.Cao{Lag: 1000}},
		"MaxDim":    {dynamics.Cao{MaxDim: 1000}},
		"Tolerance": {dynamics.Cao{Tolerance: 1}},
		"Noise":     {dynamics.Cao{Noise: 1}},
		"Theiler":   {dynamics.Cao{Theiler: 1000}},
	},
}, {
	method: "dynamics.FalseNeighbors",
	source: "1992, Determining embedding dimension for phase-space reconstruction using a geometrical construction",
	golden: golden{form: "its definition, pair by pair, on a short series", test: "dynamics.TestFalseNeighborsByDefinition"},
	claim: claim{
		says: "two values of Hénon's map leave no false neighbours, one does",
		on:   firstOf(orbitOf(dynamics.Henon(), 2000)),
		measure: func(ctx context.Context, s sample) (float64, error) {
			found, err := dynamics.FalseNeighbors{}.Estimate(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return float64(found.Dim), nil
		}, from: 2, to: 2,
	},
	control: control{says: "noise, whose neighbours are false in any dimension", on: white(2000)},
	variants: []variant{
		{name: "default", of: always(dynamics.FalseNeighbors{}), given: seriesOf, spoiled: noSeries, least: 20, long: [2]int{60000, 2}},
		{name: "strict", of: always(dynamics.FalseNeighbors{Lag: 1, MaxDim: 2, Ratio: 5, Size: 1, Share: .1, Theiler: 1}), given: seriesOf, spoiled: noSeries, least: 20, long: [2]int{60000, 2}},
	},
	refused: map[string][]any{
		"Lag":     {dynamics.FalseNeighbors{Lag: 1000}},
		"MaxDim":  {dynamics.FalseNeighbors{MaxDim: 1000}},
		"Share":   {dynamics.FalseNeighbors{Share: 1}},
		"Theiler": {dynamics.FalseNeighbors{Theiler: 1000}},
	},
}, {
	method: "dynamics.LargestLyapunov",
	source: "1993, A practical method for calculating largest Lyapunov exponents from small data sets",
	golden: golden{form: "the exponents of maps and flows that are published", test: "dynamics.TestLargestLyapunovOfSeries"},
	claim: claim{
		says: "the exponent of Hénon's map is 0.419, by one of its variables, within 5 %",
		on:   firstOf(orbitOf(dynamics.Henon(), 4000)),
		measure: func(ctx context.Context, s sample) (float64, error) {
			found, err := dynamics.LargestLyapunov{}.Estimate(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return found.Exponent, nil
		}, from: .95 * .419, to: 1.05 * .419,
	},
	control: control{says: "noise, whose neighbours part in one step", on: white(2000)},
	variants: []variant{
		{name: "Rosenstein", of: always(dynamics.LargestLyapunov{}), least: 40, distances: refused, long: [2]int{20000, 6}},
		{name: "Kantz", of: always(dynamics.LargestLyapunov{By: dynamics.Kantz, Radius: 1}), least: 40, long: [2]int{20000, 6}},
		{name: "of a series", of: always(dynamics.LargestLyapunov{Dim: 2, Lag: 1, Theiler: 1, Horizon: 5}), given: seriesOf, spoiled: noSeries, least: 40, long: [2]int{60000, 2}},
	},
	refused: map[string][]any{
		"By":      {dynamics.LargestLyapunov{By: dynamics.Kantz + 1}},
		"Dim":     {dynamics.LargestLyapunov{Dim: 101}},
		"Lag":     {dynamics.LargestLyapunov{Lag: 1000}},
		"Theiler": {dynamics.LargestLyapunov{Theiler: 1000}},
		"Horizon": {dynamics.LargestLyapunov{Horizon: 1}, dynamics.LargestLyapunov{Horizon: 1000}},
		"From":    {dynamics.LargestLyapunov{From: 1000}},
		"To":      {dynamics.LargestLyapunov{From: 5, To: 4}, dynamics.LargestLyapunov{To: 1000}},
		"Radius":  {dynamics.LargestLyapunov{By: dynamics.Kantz, Radius: 10}},
	},
}, {
	method: "dynamics.CorrelationDimension",
	source: "1983, Measuring the strangeness of strange attractors",
	golden: golden{form: "the correlation sum pair by pair, and published dimensions", test: "dynamics.TestCorrelationDimension"},
	claim: claim{
		says: "the dimension of Hénon's attractor is 1.22, within 4 %",
		on:   orbitOf(dynamics.Henon(), 4000),
		measure: func(ctx context.Context, s sample) (float64, error) {
			found, err := dynamics.CorrelationDimension{}.Estimate(ctx, s.x)
			return found.Value, err
		}, from: .96 * 1.22, to: 1.04 * 1.22,
	},
	control: control{says: "noise in the plane", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 4000, 2)} }},
	variants: []variant{
		{name: "default", of: always(dynamics.CorrelationDimension{}), least: 40, long: [2]int{20000, 6}},
		{name: "wide", of: always(dynamics.CorrelationDimension{Theiler: 3, From: .1, To: .9}), least: 40, long: [2]int{20000, 6}},
	},
	refused: map[string][]any{
		"Theiler": {dynamics.CorrelationDimension{Theiler: 1000}},
		"From":    {dynamics.CorrelationDimension{From: .5, To: .5}},
		"To":      {dynamics.CorrelationDimension{To: 1}},
	},
}}
