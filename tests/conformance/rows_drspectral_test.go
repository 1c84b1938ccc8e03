package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drSpectralRows = []row{{
	method: "dr.LaplacianEigenmaps",
	source: "2003, Laplacian eigenmaps for dimensionality reduction and data representation",
	golden: golden{file: "laplacianeigenmaps", holds: "runs.map", test: "dr.TestLaplacianEigenmapsAgainstScikitLearn"},
	claim: claim{
		says: "the first coordinate unrolls a rolled-up curve: it is the slowest wave along it",
		on:   func(seed uint64) sample { return spiral(seed, func(i int) int { return i }) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.LaplacianEigenmaps{Components: 1, Neighbors: 10}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return recovered(s.y, e), nil
		},
		from: .98, to: 1,
	},
	control: control{
		says: "where rows are along the curve is told of others",
		on: func(seed uint64) sample {
			order := shuffled(200)
			return spiral(seed, func(i int) int { return order[i] })
		},
	},
	variants: []variant{
		{name: "simple weights", of: always(dr.LaplacianEigenmaps{}), least: 2, distances: asForRows, long: [2]int{8000, 200}},
		{name: "heat kernel, union", of: func(n, d int) any { return dr.LaplacianEigenmaps{Neighbors: max(1, min(8, n-1)), Heat: true, Width: 3} }, least: 2, distances: asForRows, long: [2]int{8000, 200}},
		{name: "mutual neighbours", of: func(n, d int) any {
			return dr.LaplacianEigenmaps{Components: 1, Neighbors: max(1, min(5, n-1)), Symmetrization: affinity.Mutual}
		}, least: 2, distances: asForRows, long: [2]int{8000, 200}},
	},
	refused: map[string][]any{
		"Components":     {dr.LaplacianEigenmaps{Components: 60}},
		"Neighbors":      {dr.LaplacianEigenmaps{Neighbors: 60}},
		"Symmetrization": {dr.LaplacianEigenmaps{Symmetrization: "fuzzy"}},
	},
}, {
	method: "dr.DiffusionMaps",
	source: "2006, Diffusion maps",
	golden: golden{file: "diffusionmaps", holds: "runs.vectors", test: "dr.TestDiffusionMapsAgainstPydiffmap"},
	claim: claim{
		says: "a circle stays round, however unevenly rows are spread over it: the spread of the radii, in units of their mean",
		on:   func(seed uint64) sample { return arc(seed, 2*math.Pi) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.DiffusionMaps{Neighbors: 40}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			n, _ := e.Dims()
			radii := make([]float64, n)
			for i := range radii {
				radii[i] = math.Hypot(e.At(i, 0), e.At(i, 1))
			}
			mean, deviation := stat.MeanStdDev(radii, nil)
			return deviation / mean, nil
		},
		from: 0, to: .1,
	},
	control: control{
		says: "the curve is half a circle, whose ends do not meet",
		on:   func(seed uint64) sample { return arc(seed, math.Pi) },
	},
	variants: []variant{
		{name: "α 1, one step", of: always(dr.DiffusionMaps{}), least: 2, distances: asForRows, long: [2]int{8000, 200}},
		{name: "α ½, ε given, time by entropy", of: func(n, d int) any {
			return dr.DiffusionMaps{Components: 1, Neighbors: max(1, min(10, n-1)), Epsilon: .5, Alpha: .5, AutoTime: true}
		}, least: 2, distances: asForRows, long: [2]int{8000, 200}},
	},
	exact: map[string]any{"Alpha": dr.DiffusionMaps{Alpha: dr.Zero}, "Time": dr.DiffusionMaps{Time: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.DiffusionMaps{Components: 60}},
		"Neighbors":  {dr.DiffusionMaps{Neighbors: 60}},
		"Alpha":      {dr.DiffusionMaps{Alpha: 1.5}},
		"Time":       {dr.DiffusionMaps{Time: 1e10}},
	},
}, {
	method: "dr.VectorDiffusionMaps",
	source: "2012, Vector diffusion maps and the connection Laplacian",
	golden: golden{form: "the spectrum of the connection Laplacian of the sphere, l(l+1) − 1 of 2(2l+1) fields each", test: "dr.TestVectorDiffusionMapsOfTheSphere"},
	claim: claim{
		says: "a Möbius band cannot be oriented: its frustration, which is 0 where it can be",
		on:   func(seed uint64) sample { return twisted(seed, 1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.VectorDiffusionMaps{Dim: 2}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return m.Frustration(), nil
		},
		from: .1, to: .6,
	},
	control: control{
		says: "the band is a cylinder",
		on:   func(seed uint64) sample { return twisted(seed, 0) },
	},
	variants: []variant{
		{name: "dimension found", of: always(dr.VectorDiffusionMaps{}), least: 2, long: [2]int{6000, 100}},
		{name: "one dimension, α ½, ε given", of: func(n, d int) any {
			return dr.VectorDiffusionMaps{Components: 1, Vectors: max(1, min(3, n)), Dim: 1, Neighbors: max(1, min(10, n-1)), Epsilon: 1, Alpha: .5}
		}, least: 2, long: [2]int{6000, 100}},
	},
	exact: map[string]any{"Alpha": dr.VectorDiffusionMaps{Alpha: dr.Zero}, "Time": dr.VectorDiffusionMaps{Time: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.VectorDiffusionMaps{Components: 56}},
		"Vectors":    {dr.VectorDiffusionMaps{Vectors: 61}},
		"Dim":        {dr.VectorDiffusionMaps{Dim: columns + 1}},
		"Neighbors":  {dr.VectorDiffusionMaps{Neighbors: 60}},
		"Alpha":      {dr.VectorDiffusionMaps{Alpha: 1.5}},
	},
}}

// twisted returns 300 rows on a band around a circle, turned over so many times, in
// halves, before its ends meet.
func twisted(seed uint64, halves float64) sample {
	x := mat.NewDense(300, 3, nil)
	for i := range 300 {
		r := rng.New(seed, "band", i)
		angle, across := 2*math.Pi*(float64(i)+r.Float64())/300, .6*(r.Float64()-.5)
		radius := 1 + across*math.Cos(halves*angle/2)
		x.SetRow(i, []float64{radius * math.Cos(angle), radius * math.Sin(angle), across * math.Sin(halves*angle/2)})
	}
	return sample{x: x}
}

// spiral returns 200 rows near a spiral, in three columns, with the slowest wave along
// it at the place that of says, for every row.
func spiral(seed uint64, of func(i int) int) sample {
	x, y := mat.NewDense(200, 3, nil), mat.NewDense(200, 1, nil)
	for i := range 200 {
		r := rng.New(seed, "spiral", i)
		angle := math.Sqrt(20 + float64(i)) // evenly along it
		x.SetRow(i, []float64{angle*math.Cos(angle) + .1*r.Normal(), angle*math.Sin(angle) + .1*r.Normal(), .1 * r.Normal()})
		y.Set(i, 0, math.Cos(math.Pi*(float64(of(i))+.5)/200))
	}
	return sample{x: x, y: y}
}

// arc returns 200 rows on an arc of so many radians, three times as many on one side as
// on the other.
func arc(seed uint64, radians float64) sample {
	x := mat.NewDense(200, 2, nil)
	for i := range 200 {
		r := rng.New(seed, "arc", i)
		u := (float64(i) + r.Float64()) / 200
		angle := radians * (u + math.Sin(2*math.Pi*u)/4/math.Pi)
		x.SetRow(i, []float64{math.Cos(angle), math.Sin(angle)})
	}
	return sample{x: x}
}
