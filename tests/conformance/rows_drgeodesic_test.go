package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
)

// ribbon returns rows of a strip that is rolled up by so many turns, and where they lie
// on the strip when it is laid out flat. Sheets of it are 1 apart.
func ribbon(turns float64) func(seed uint64) sample {
	return func(seed uint64) sample {
		const n = 400
		x, y := mat.NewDense(n, 3, nil), mat.NewDense(n, 2, nil)
		for i := range n {
			s := rng.New(seed, "ribbon", i)
			// A circle grows by 1 a turn, so that along it steps of equal length are
			// those of equal square of the turns.
			begins, ends := 1., 1+turns
			turn := math.Sqrt(begins*begins + (ends*ends-begins*begins)*(float64(i)+.5)/n)
			angle, across := 2*math.Pi*turn, 2*s.Float64()
			x.SetRow(i, []float64{turn * math.Cos(angle), turn * math.Sin(angle), across})
			y.SetRow(i, []float64{math.Pi * turn * turn, across})
		}
		return sample{x: x, y: y}
	}
}

// crumpled returns points of a plane to which noise as large as the ribbon is wide was
// added: there is no surface to walk on.
func crumpled(seed uint64) sample {
	s := ribbon(1)(seed)
	n, _ := s.x.Dims()
	strewn := fixture.Normal(seed, n, 3)
	var x mat.Dense
	x.Add(s.x, strewn)
	return sample{x: &x, y: s.y}
}

// laidOut measures how far distances in the map are from those on the strip.
func laidOut(method dr.Embedder) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) { return farOff(ctx, method, s.x, s.y) }
}

var drGeodesicRows = []row{{
	method:     "dr.Isomap",
	stochastic: true,
	source:     "2000, A global geometric framework for nonlinear dimensionality reduction",
	golden:     golden{file: "isomap", holds: "isomap.embedding", test: "dr.TestIsomapAgainstScikitLearn"},
	claim: claim{
		says:    "a strip that is rolled up is laid out flat: the largest error of a distance, relative to the longest",
		on:      ribbon(1),
		measure: laidOut(dr.Isomap{Neighbors: 6}),
		from:    0, to: .3,
	},
	control: control{says: "noise fills the space between the sheets, and ways cross it", on: crumpled},
	variants: []variant{
		{name: "five neighbours", of: always(dr.Isomap{}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
		{name: "a ball, one component", of: always(dr.Isomap{Radius: 1.5, Components: 1}), least: 2, distances: asForRows, long: [2]int{6000, 60}},
		{name: "landmarks", least: 3, distances: asForRows, long: [2]int{20000, 60}, of: func(n, _ int) any { return dr.Isomap{Landmarks: max(3, n/3)} }},
	},
	refused: map[string][]any{
		"Components": {dr.Isomap{Components: 60}},
		"Neighbors":  {dr.Isomap{Neighbors: 60}},
		"Landmarks":  {dr.Isomap{Landmarks: 61}, dr.Isomap{Landmarks: 2}},
	},
}}
