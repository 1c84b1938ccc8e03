package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
)

// The phases of PaCMAP, and few of their iterations.
var fewPhases = [3]int{5, 5, 15}

var drPaCMAPRows = []row{{
	method:     "dr.PaCMAP",
	stochastic: true,
	source:     "2021, Understanding how dimension reduction tools work",
	golden:     golden{file: "pacmap", holds: "gradients.values", test: "dr.TestPaCMAPAgainstPacmap"},
	claim: claim{
		says: "it keeps the global form, and neighbourhoods with it: of two rows on a bent band the farther one from a third is farther in the map, too, as the share of such triplets",
		on: func(seed uint64) sample {
			x := mat.NewDense(150, 3, nil)
			for i := range 150 {
				r := rng.New(seed, "form", i)
				u := 3 * r.Float64()
				x.SetRow(i, []float64{4 * u, math.Sin(u) + .1*r.Normal(), 2 * r.Float64()})
			}
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.PaCMAP{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameOrder(s.x, e), nil
		},
		from: .85, to: 1,
	},
	control: control{
		says: "the data fill fifty dimensions alike, of which a map shows two",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 150, 50)} },
	},
	variants: []variant{
		{name: "short", of: always(dr.PaCMAP{Iterations: fewPhases}), least: 4, distances: taken, long: [2]int{20000, 200}},
		{name: "random start, three dimensions", of: func(n, _ int) any {
			return dr.PaCMAP{Components: min(3, max(1, n-1)), Neighbors: min(4, max(1, n-2)), Start: dr.FromRandom, Seed: 3, Iterations: fewPhases}
		}, least: 4, distances: taken, long: [2]int{20000, 200}},
	},
	exact: map[string]any{"MidNearRatio": dr.PaCMAP{MidNearRatio: dr.Zero, Iterations: fewPhases}},
	refused: map[string][]any{
		"Components":   {dr.PaCMAP{Components: 60}},
		"Neighbors":    {dr.PaCMAP{Neighbors: 59}},
		"MidNearRatio": {dr.PaCMAP{MidNearRatio: 1e4}},
		"FurtherRatio": {dr.PaCMAP{FurtherRatio: 1e4}},
		"LearningRate": {dr.PaCMAP{LearningRate: 1e7}},
		"Iterations":   {dr.PaCMAP{Iterations: [3]int{1, 1, -2}}, dr.PaCMAP{Iterations: [3]int{1, 2e9, 1}}},
		"Start":        {dr.PaCMAP{Start: dr.FromClassical}},
	},
}, {
	method:     "dr.LocalMAP",
	stochastic: true,
	source:     "2025, Dimension reduction with locally adjusted graphs",
	golden:     golden{file: "pacmap", holds: "local", test: "dr.TestPaCMAPAgainstPacmap"},
	claim: claim{
		says: "groups part along the gaps that the data have: the nearest point in the map is of the same group",
		on:   func(seed uint64) sample { return groups(seed, 120, 8) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.LocalMAP{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(e, s.labels), nil
		},
		from: .99, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(groups(seed, 120, 8)) },
	},
	variants: []variant{
		{name: "short", of: always(dr.LocalMAP{Iterations: fewPhases}), least: 4, distances: taken, long: [2]int{20000, 200}},
	},
	exact: map[string]any{"MidNearRatio": dr.LocalMAP{MidNearRatio: dr.Zero, Iterations: fewPhases}},
	refused: map[string][]any{
		"Components":   {dr.LocalMAP{Components: 60}},
		"Neighbors":    {dr.LocalMAP{Neighbors: 59}},
		"Reach":        {dr.LocalMAP{Reach: 1e7}},
		"MidNearRatio": {dr.LocalMAP{MidNearRatio: 1e4}},
		"Iterations":   {dr.LocalMAP{Iterations: [3]int{1, 1, -2}}},
	},
}}

// sameOrder returns the share of triplets of rows whose two distances from the first are in
// the same order in y.
func sameOrder(x, y mat.Matrix) float64 {
	n, _ := x.Dims()
	closer := func(z mat.Matrix, i, j, k int) bool {
		_, d := z.Dims()
		sum := 0.
		for c := range d {
			a, b := z.At(i, c)-z.At(j, c), z.At(i, c)-z.At(k, c)
			sum += a*a - b*b
		}
		return sum < 0
	}
	same, all := 0., 0.
	for i := range n {
		for step := 1; step < n/2; step += 5 {
			j, k := (i+step)%n, (i+n-step-1)%n
			all++
			if closer(x, i, j, k) == closer(y, i, j, k) {
				same++
			}
		}
	}
	return same / all
}
