package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

// captured returns the variance of the rows of x along the directions, beside the
// most that any as many directions have.
func captured(ctx context.Context, x mat.Matrix, directions *mat.Dense) (float64, error) {
	k, _ := directions.Dims()
	best, err := dr.PCA{Components: k}.Fit(ctx, x)
	if err != nil {
		return 0, err
	}
	n, d := x.Dims()
	centred := mat.NewDense(n, d, nil)
	mean := best.Mean()
	centred.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, x)
	var z mat.Dense
	z.Mul(centred, directions.T())
	most := 0.
	for _, v := range best.ExplainedVariance() {
		most += v * float64(n-1)
	}
	found := mat.Norm(&z, 2)
	return found * found / most, nil
}

var drStreamRows = []row{{
	method: "dr.IncrementalPCA",
	source: "2008, Incremental learning for robust visual tracking",
	golden: golden{file: "incrementalpca", holds: "data.wine.components", test: "dr.TestIncrementalPCAAgainstScikitLearn"},
	claim: claim{
		says: "of rows in no order, batches of ten show nearly the direction that all rows show",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 400, 10)
			x.Apply(func(_, j int, v float64) float64 { return v / float64(1+j) }, x)
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.IncrementalPCA{Components: 1, Solver: dr.Incremental, Batch: 10}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return captured(ctx, s.x, m.Components())
		},
		from: .98, to: 1,
	},
	control: control{
		says: "the direction is the second of every batch, behind another one each time, and is forgotten",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 400, 10)
			x.Apply(func(i, j int, v float64) float64 {
				switch j {
				case 9:
					return v
				case i / 10 % 9:
					return 2 * v
				}
				return .1 * v
			}, x)
			return sample{x: x}
		},
	},
	variants: []variant{
		{name: "all components", of: always(dr.IncrementalPCA{}), least: 2, long: [2]int{30000, 600}},
		{name: "two components, incremental, whitened", of: always(dr.IncrementalPCA{Components: 2, Solver: dr.Incremental, Batch: 8, Whiten: true}), least: 3, long: [2]int{4000, 300}},
		{name: "more columns than rows", of: always(dr.IncrementalPCA{Solver: dr.Incremental}), least: 2, wide: true, long: [2]int{500, 1000}},
	},
	refused: map[string][]any{
		"Components": {dr.IncrementalPCA{Components: columns + 1}},
		"Batch":      {dr.IncrementalPCA{Components: 3, Batch: 2}},
		"Solver":     {dr.IncrementalPCA{Solver: dr.Randomized}},
	},
}, {
	method:     "dr.RobustPCA",
	stochastic: true,
	unmoved:    "dr.TestRobustPCAOfSoundRowsIsPCA: random blocks begin above 300 rows and columns",
	source:     "2023, Nearly-linear time and streaming algorithms for outlier-robust PCA",
	golden:     golden{form: "PCA itself, of rows without outliers", test: "dr.TestRobustPCAOfSoundRowsIsPCA"},
	claim: claim{
		says: "one row in ten is placed to do most harm, and nearly all of the variance of the others is kept",
		on:   func(seed uint64) sample { return harmed(seed, .1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.RobustPCA{Components: 1}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return captured(ctx, s.y, m.Components())
		},
		from: .97, to: 1,
	},
	control: control{
		says: "four rows in ten are more than it allows for",
		on:   func(seed uint64) sample { return harmed(seed, .4) },
	},
	variants: []variant{
		{name: "all components", of: always(dr.RobustPCA{}), least: 2, long: [2]int{6000, 600}},
		{name: "two components, few outliers", of: always(dr.RobustPCA{Components: 2, Contamination: .02}), least: 3, long: [2]int{20000, 400}},
		{name: "more columns than rows", of: always(dr.RobustPCA{}), least: 2, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components":    {dr.RobustPCA{Components: columns + 1}},
		"Contamination": {dr.RobustPCA{Contamination: .31}},
		"Batch":         {dr.RobustPCA{Components: 3, Batch: 3}},
	},
}}

// harmed returns rows of variance 4 along one axis of twenty and 1 along the
// others, a share of which is moved to a point on another; y has the others alone.
func harmed(seed uint64, share float64) sample {
	const n, d = 1000, 20
	x := fixture.Normal(seed, n, d)
	x.Apply(func(_, j int, v float64) float64 {
		if j == 0 {
			v *= 2
		}
		return v
	}, x)
	outliers := int(share * n)
	y := mat.DenseCopyOf(x.Slice(outliers, n, 0, d))
	for i := range outliers {
		clear(x.RawRowView(i))
		x.Set(i, 1, 12)
	}
	return sample{x: x, y: y}
}
