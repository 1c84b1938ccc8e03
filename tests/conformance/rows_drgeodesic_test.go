package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

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

// holedRibbon returns rows of a square sheet that is rolled up, with a square hole.
func holedRibbon(seed uint64) sample {
	const across = 32
	var x, y []float64
	s := rng.New(seed, "holed ribbon", 0)
	for i := range across * across {
		u, v := (float64(i%across)+.4*s.Float64())/across, (float64(i/across)+.4*s.Float64())/across
		if math.Abs(u-.5) < .17 && math.Abs(v-.5) < .17 {
			continue
		}
		// A circle that grows by 1 a turn, from 1 to 2, nearly: see ribbon.
		turn := math.Sqrt(1 + 3*u)
		x = append(x, turn*math.Cos(2*math.Pi*turn), turn*math.Sin(2*math.Pi*turn), 9*v)
		y = append(y, math.Pi*turn*turn, 9*v)
	}
	return sample{x: mat.NewDense(len(x)/3, 3, x), y: mat.NewDense(len(y)/2, 2, y)}
}

// affineFit measures how well an affine map takes the map to what lies flat: the least
// correlation of a coordinate with its fit.
func affineFit(method dr.Embedder) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		z, err := method.Embed(ctx, s.x)
		if err != nil {
			return 0, err
		}
		n, k := z.Dims()
		a := mat.NewDense(n, k+1, nil)
		for i := range n {
			a.SetRow(i, append([]float64{1}, z.RawRowView(i)...))
		}
		var turn, fit mat.Dense
		if err := turn.Solve(a, s.y); err != nil {
			return 0, err
		}
		fit.Mul(a, &turn)
		least := 1.
		for c := range 2 {
			least = min(least, stat.Correlation(mat.Col(nil, c, &fit), mat.Col(nil, c, s.y), nil))
		}
		return least, nil
	}
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
}, {
	method: "dr.LLE",
	source: "2003, Hessian eigenmaps: locally linear embedding techniques for high-dimensional data",
	golden: golden{file: "lle", holds: "maps.embedding", test: "dr.TestLLEAgainstScikitLearn"},
	claim: claim{
		says:    "by second derivatives a sheet with a hole that is rolled up is laid out flat: the least correlation of a coordinate with what an affine map makes of the map",
		on:      holedRibbon,
		measure: affineFit(dr.LLE{Variant: dr.HessianLLE, Neighbors: 8}),
		from:    .99, to: 1,
	},
	control: control{says: "noise fills the space between the sheets", on: crumpled},
	variants: []variant{
		{name: "five neighbours", of: always(dr.LLE{}), least: 3, long: [2]int{6000, 60}},
		{name: "modified", of: always(dr.LLE{Variant: dr.ModifiedLLE}), least: 3, long: [2]int{6000, 60}},
		{name: "Hessian", of: always(dr.LLE{Variant: dr.HessianLLE}), least: 4, long: [2]int{6000, 60}},
		{name: "tangent spaces", of: always(dr.LLE{Variant: dr.LTSA}), least: 3, long: [2]int{6000, 60}},
	},
	refused: map[string][]any{
		"Components": {dr.LLE{Components: 60}, dr.LLE{Components: 6}},
		"Neighbors":  {dr.LLE{Neighbors: 60}, dr.LLE{Variant: dr.HessianLLE, Neighbors: 5}},
		"Variant":    {dr.LLE{Variant: "other"}},
	},
}}
