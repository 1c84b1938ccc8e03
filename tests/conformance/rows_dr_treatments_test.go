package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr"
)

// agreement returns the largest difference of the map of s.x and that of s.y.
func agreement(ctx context.Context, m dr.Embedder, s sample) (float64, error) {
	a, err := m.Embed(ctx, s.x)
	if err != nil {
		return 0, err
	}
	b, err := m.Embed(ctx, s.y)
	if err != nil {
		return 0, err
	}
	var difference mat.Dense
	difference.Sub(a, b)
	return mat.Norm(&difference, math.Inf(1)), nil
}

// scaledRows returns x and a copy whose row i is multiplied by factor(i, j) at
// column j.
func scaledRows(x *mat.Dense, factor func(i, j int) float64) sample {
	var y mat.Dense
	y.Apply(func(i, j int, v float64) float64 { return v * factor(i, j) }, x)
	return sample{x: x, y: &y}
}

// holed returns x with a seventh of its values missing, and x.
func holed(seed uint64, x *mat.Dense) sample {
	y := mat.DenseCopyOf(x)
	n, d := x.Dims()
	for i := range n {
		s := rng.New(seed, "holed", i)
		if j := s.IntN(7); j < d {
			y.Set(i, j, math.NaN())
		}
	}
	return sample{x: y, y: x}
}

var drTreatmentRows = []row{{
	method: "dr.LogNormalize",
	origin: "counts are counted from zero; dr.TestLogNormalizeAgainstScikitLearn has data far from it",
	source: "2018, SCANPY: large-scale single-cell gene expression data analysis",
	golden: golden{file: "treatments", holds: "data.digits.log.rows", test: "dr.TestLogNormalizeAgainstScikitLearn"},
	claim: claim{
		says: "how deep a row was counted does not matter: the largest difference is rounding",
		on: func(seed uint64) sample {
			return scaledRows(fixture.Uniform(seed, 80, 6), func(i, _ int) float64 { return float64(1 + i%9) })
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			return agreement(ctx, dr.LogNormalize{Target: 1000}, s)
		},
		from: 0, to: 1e-11,
	},
	control: control{
		says: "every value is scaled by itself",
		on: func(seed uint64) sample {
			return scaledRows(fixture.Uniform(seed, 80, 6), func(i, j int) float64 { return float64(1 + (i+j)%9) })
		},
	},
	variants: []variant{
		{name: "median total", of: always(dr.LogNormalize{}), least: 1, constant: true, positive: true, long: [2]int{20000, 200}},
		{name: "total 10000", of: always(dr.LogNormalize{Target: 10000}), least: 1, constant: true, positive: true, long: [2]int{20000, 200}},
	},
}, {
	method: "dr.RowNormalize",
	origin: "rows are seen from the origin; dr.TestRowNormalizeAgainstScikitLearn has data far from it",
	source: "none: as old as the unit circle",
	golden: golden{file: "treatments", holds: "data.digits.normalize.l2", test: "dr.TestRowNormalizeAgainstScikitLearn"},
	claim: claim{
		says: "the length of a row does not matter: the largest difference is rounding",
		on: func(seed uint64) sample {
			return scaledRows(fixture.Normal(seed, 80, 6), func(i, _ int) float64 { return math.Pow(10, float64(i%7-3)) })
		},
		measure: func(ctx context.Context, s sample) (float64, error) { return agreement(ctx, dr.RowNormalize{}, s) },
		from:    0, to: 1e-13,
	},
	control: control{
		says: "the units of the columns do",
		on: func(seed uint64) sample {
			return scaledRows(fixture.Normal(seed, 80, 6), func(_, j int) float64 { return math.Pow(10, float64(j-3)) })
		},
	},
	variants: []variant{
		{name: "L2", of: always(dr.RowNormalize{}), least: 1, constant: true, long: [2]int{20000, 200}},
		{name: "L1", of: always(dr.RowNormalize{Norm: dr.L1}), least: 1, constant: true, long: [2]int{20000, 200}},
		{name: "largest", of: always(dr.RowNormalize{Norm: dr.Max}), least: 1, constant: true, long: [2]int{20000, 200}},
	},
	refused: map[string][]any{"Norm": {dr.RowNormalize{Norm: "l3"}}},
}, {
	method: "dr.Impute",
	source: "2001, Missing value estimation methods for DNA microarrays",
	golden: golden{file: "treatments", holds: "impute.wine.nearest.values", test: "dr.TestImputeAgainstScikitLearn"},
	claim: claim{
		says: "where columns depend on each other, the nearest rows tell a missing value with less than half of the error of the mean",
		on:   func(seed uint64) sample { return holed(seed, flat(seed, 400, 2, 7)) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			apart := func(m dr.Impute) (float64, error) {
				e, err := m.Embed(ctx, s.x)
				if err != nil {
					return 0, err
				}
				var difference mat.Dense
				difference.Sub(e, s.y)
				return mat.Norm(&difference, 2), nil
			}
			near, err := apart(dr.Impute{Missing: dr.FillNearest})
			if err != nil {
				return 0, err
			}
			mean, err := apart(dr.Impute{})
			return near / mean, err
		},
		from: 0, to: .5,
	},
	control: control{
		says: "independent columns tell nothing of each other",
		on:   func(seed uint64) sample { return holed(seed, fixture.Normal(seed, 400, 7)) },
	},
	variants: []variant{
		{name: "mean", of: always(dr.Impute{}), least: 1, constant: true, moves: true, gaps: true, long: [2]int{20000, 200}},
		{name: "median", of: always(dr.Impute{Missing: dr.FillMedian}), least: 1, constant: true, moves: true, gaps: true, long: [2]int{20000, 200}},
		{name: "most frequent", of: always(dr.Impute{Missing: dr.FillMostFrequent}), least: 1, constant: true, moves: true, gaps: true, long: [2]int{20000, 200}},
		{name: "a constant", of: always(dr.Impute{Missing: dr.FillConstant, Value: 3}), least: 1, constant: true, moves: true, gaps: true, long: [2]int{20000, 200}},
		{name: "nearest rows", of: always(dr.Impute{Missing: dr.FillNearest}), least: 1, constant: true, moves: true, gaps: true, long: [2]int{20000, 200}},
		{name: "nearest rows, by distance", of: always(dr.Impute{Missing: dr.FillNearest, Neighbors: 3, ByDistance: true}), least: 1, constant: true, moves: true, gaps: true, long: [2]int{20000, 200}},
	},
	refused:   map[string][]any{"Missing": {dr.Impute{Missing: "mode"}}, "Value": {dr.Impute{Value: math.NaN()}, dr.Impute{Value: math.Inf(1)}}},
	anyNumber: map[string]string{"Value": "a constant may be any finite number"},
}}
