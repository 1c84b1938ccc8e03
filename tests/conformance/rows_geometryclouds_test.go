package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// spheres returns 400 rows of the unit sphere in d dimensions, and below each other as many of
// spheres of radius 0.7 and of radius 1.3.
func spheres(seed uint64, d int) sample {
	const n = 400
	sphere := func(seed uint64, radius float64) *mat.Dense {
		x := fixture.Normal(seed, n, d)
		for i := range n {
			row := x.RawRowView(i)
			length := mat.Norm(mat.NewVecDense(d, row), 2)
			for j := range row {
				row[j] *= radius / length
			}
		}
		return x
	}
	var both mat.Dense
	both.Stack(sphere(seed+100, .7), sphere(seed+200, 1.3))
	return sample{x: sphere(seed, 1), y: &both}
}

// ringed returns normal rows of the plane, and rows of a ring of the same mean and
// covariance.
func ringed(seed uint64) sample {
	x, y := fixture.Normal(seed, 150, 2), fixture.Normal(seed+100, 200, 2)
	for i := range 200 {
		row := y.RawRowView(i)
		length := math.Hypot(row[0], row[1]) / math.Sqrt2
		row[0], row[1] = row[0]/length, row[1]/length
	}
	return sample{x: x, y: y}
}

// drawnTwice returns two clouds of one distribution.
func drawnTwice(seed uint64) sample {
	return sample{x: fixture.Normal(seed, 150, 2), y: fixture.Normal(seed+100, 200, 2)}
}

func twoSampleValue(m interface {
	Compare(ctx context.Context, x, y mat.Matrix) (*geometry.TwoSample, error)
}) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		t, err := m.Compare(ctx, s.x, s.y)
		if err != nil {
			return 0, err
		}
		return t.Score.Value, nil
	}
}

var geometryCloudRows = []row{{
	method: "geometry.PRDC",
	source: "2023, Emergent asymmetry of precision and recall for measuring fidelity and diversity of generative models in high dimensions",
	golden: golden{form: "balls counted one by one, and the published values of spheres", test: "geometry.TestBallsAreCounted"},
	claim: claim{
		says: "in 64 dimensions precision is high inside a sphere and low outside, the symmetric one equally low",
		on:   func(seed uint64) sample { return spheres(seed, 64) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			y := s.y.(*mat.Dense)
			inner, err := geometry.PRDC{}.Compare(ctx, s.x, y.Slice(0, 400, 0, y.RawMatrix().Cols))
			if err != nil {
				return 0, err
			}
			outer, err := geometry.PRDC{}.Compare(ctx, s.x, y.Slice(400, 800, 0, y.RawMatrix().Cols))
			if err != nil {
				return 0, err
			}
			return inner.Precision.Value - outer.Precision.Value - math.Abs(inner.SymmetricPrecision.Value-outer.SymmetricPrecision.Value), nil
		},
		from: .85, to: 1,
	},
	control: control{says: "in 2 dimensions both are far", on: func(seed uint64) sample { return spheres(seed, 2) }},
	variants: []variant{
		{name: "k = 5", of: always(geometry.PRDC{}), least: 6, constant: true, clouds: true, long: [2]int{20000, 40}},
		{name: "k = 2, wide", of: always(geometry.PRDC{Neighbors: 2}), least: 3, constant: true, clouds: true, wide: true, long: [2]int{900, 5}},
	},
	refused: map[string][]any{"Neighbors": {geometry.PRDC{Neighbors: 60}}},
}, {
	method:     "geometry.MMD",
	stochastic: true,
	source:     "2012, A kernel two-sample test",
	golden:     golden{form: "pairs added one by one", test: "geometry.TestMMDOfPairs"},
	claim: claim{
		says: "a ring is told from a normal distribution of the same mean and covariance",
		on:   ringed, measure: twoSampleValue(geometry.MMD{Bandwidths: []float64{.3}}), from: .01, to: .2,
	},
	control: control{says: "both are of one distribution", on: drawnTwice},
	variants: []variant{
		{name: "unbiased", of: always(geometry.MMD{}), least: 2, constant: true, clouds: true, long: [2]int{12000, 20}},
		{name: "biased, three bandwidths, permuted", of: always(geometry.MMD{Biased: true, Bandwidths: []float64{.5, 1, 2}, Permutations: 19}), least: 2, constant: true, clouds: true, long: [2]int{8000, 5}},
		{name: "Laplace, wide", of: always(geometry.MMD{Kernel: geometry.Laplace, Bandwidths: []float64{3}, Absolute: true}), least: 2, constant: true, clouds: true, wide: true, long: [2]int{900, 5}},
	},
	refused: map[string][]any{
		"Kernel":       {geometry.MMD{Kernel: 3}},
		"Bandwidths":   {geometry.MMD{Bandwidths: []float64{1, 0}}, geometry.MMD{Bandwidths: []float64{math.NaN()}}, geometry.MMD{Bandwidths: make([]float64, 101)}},
		"Permutations": {geometry.MMD{Permutations: 10001}},
	},
}, {
	method:     "geometry.EnergyDistance",
	stochastic: true,
	source:     "2013, Energy statistics: a class of statistics based on distances",
	golden:     golden{form: "pairs added one by one, and SciPy's values on a line", test: "geometry.TestEnergyDistanceOnALine"},
	claim: claim{
		says: "a ring is told from a normal distribution of the same mean and covariance",
		on:   ringed, measure: twoSampleValue(geometry.EnergyDistance{Unbiased: true}), from: .024, to: .2,
	},
	control: control{says: "both are of one distribution", on: drawnTwice},
	variants: []variant{
		{name: "root", of: always(geometry.EnergyDistance{}), least: 2, constant: true, clouds: true, long: [2]int{12000, 20}},
		{name: "unbiased, permuted", of: always(geometry.EnergyDistance{Unbiased: true, Exponent: 1.5, Permutations: 19}), least: 2, constant: true, clouds: true, long: [2]int{8000, 5}},
		{name: "wide", of: always(geometry.EnergyDistance{}), least: 2, constant: true, clouds: true, wide: true, long: [2]int{900, 5}},
	},
	refused: map[string][]any{
		"Exponent":     {geometry.EnergyDistance{Exponent: 2}},
		"Permutations": {geometry.EnergyDistance{Permutations: 10001}},
	},
}, {
	method: "geometry.FrechetDistance",
	source: "1982, The Fréchet distance between multivariate normal distributions",
	golden: golden{form: "axes of known means and lengths", test: "geometry.TestFrechetDistanceOfAxes"},
	claim: claim{
		says: "normal clouds of three columns, one twice as wide, are 3 apart",
		on: func(seed uint64) sample {
			var y mat.Dense
			y.Scale(2, fixture.Normal(seed+100, 800, 3))
			return sample{x: fixture.Normal(seed, 800, 3), y: &y}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := geometry.FrechetDistance{}.Compare(ctx, s.x, s.y)
			return d.Value, err
		},
		from: 2.6, to: 3.4,
	},
	control: control{says: "both are of one distribution", on: func(seed uint64) sample {
		return sample{x: fixture.Normal(seed, 800, 3), y: fixture.Normal(seed+100, 800, 3)}
	}},
	variants: []variant{
		{name: "more rows", of: always(geometry.FrechetDistance{}), least: 2, constant: true, clouds: true, long: [2]int{8000, 300}},
		{name: "more columns", of: always(geometry.FrechetDistance{}), least: 2, constant: true, clouds: true, wide: true, long: [2]int{600, 5}},
	},
}, {
	method:     "geometry.C2ST",
	stochastic: true,
	source:     "2017, Revisiting classifier two-sample tests",
	golden:     golden{form: "votes counted one by one", test: "geometry.TestVotesAreCounted"},
	claim: claim{
		says: "a ring is told from a normal distribution of the same mean and covariance",
		on:   ringed, measure: twoSampleValue(geometry.C2ST{}), from: .6, to: 1,
	},
	control: control{says: "both are of one distribution", on: drawnTwice},
	variants: []variant{
		{name: "199 permutations", of: always(geometry.C2ST{}), least: 2, constant: true, clouds: true, long: [2]int{12000, 20}},
		{name: "k = 1, wide", of: always(geometry.C2ST{Neighbors: 1, Permutations: 9}), least: 2, constant: true, clouds: true, wide: true, long: [2]int{900, 5}},
	},
	refused: map[string][]any{"Neighbors": {geometry.C2ST{Neighbors: 60}}, "Permutations": {geometry.C2ST{Permutations: 10001}}},
}}
