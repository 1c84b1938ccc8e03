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
	centered := mat.NewDense(n, d, nil)
	mean := best.Mean()
	centered.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, x)
	var z mat.Dense
	z.Mul(centered, directions.T())
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
}, {
	method: "dr.PrincipalComponentPursuit",
	source: "2011, Robust principal component analysis?",
	origin: "columns are not centered: an offset is one more rank; dr.TestPursuitIsOptimal has data away from the origin",
	golden: golden{form: "the matrices that the data were made of; of other data dr.TestPursuitIsOptimal has a bound that the dual problem proves", test: "dr.TestPursuitFindsBothParts"},
	claim: claim{
		says: "a tenth of the entries is wrong by as much as the data are large, and the matrix of low rank is found all the same: its error",
		on:   func(seed uint64) sample { return wronged(seed, .1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.PrincipalComponentPursuit{}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			var e mat.Dense
			e.Sub(m.LowRank(), s.y)
			return mat.Norm(&e, 2) / mat.Norm(s.y, 2), nil
		},
		from: 0, to: 1e-5,
	},
	control: control{
		says: "every entry is wrong by some noise",
		on:   func(seed uint64) sample { return wronged(seed, 1) },
	},
	variants: []variant{
		{name: "as it is published", of: always(dr.PrincipalComponentPursuit{}), least: 1, constant: true, long: [2]int{3000, 600}},
		{name: "with less in the sparse matrix", of: always(dr.PrincipalComponentPursuit{Sparsity: .5, Tolerance: 1e-5}), least: 1, constant: true, long: [2]int{3000, 600}},
		{name: "more columns than rows", of: always(dr.PrincipalComponentPursuit{}), least: 1, constant: true, wide: true, long: [2]int{500, 3000}},
	},
	refused: map[string][]any{"Tolerance": {dr.PrincipalComponentPursuit{Tolerance: 1}}},
}, {
	method: "dr.StreamingPCA",
	source: "2018, History PCA: a new algorithm for streaming PCA",
	golden: golden{form: "PCA itself, of rows in the space of the components", test: "dr.TestStreamingPCAOfFullComponentsIsPCA"},
	claim: claim{
		says: "what rows had before they turned to another direction is forgotten: of new rows like the last nearly all variance is found",
		on:   func(seed uint64) sample { return turning(seed, 1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.StreamingPCA{Components: 1, HalfLife: 60}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return captured(ctx, s.y, m.Components())
		},
		from: .95, to: 1,
	},
	control: control{
		says: "the new rows are like the first, which are forgotten",
		on:   func(seed uint64) sample { return turning(seed, 0) },
	},
	variants: []variant{
		{name: "all components", of: always(dr.StreamingPCA{}), least: 2, long: [2]int{8000, 600}},
		{name: "two components with a half-life", of: always(dr.StreamingPCA{Components: 2, HalfLife: 30}), least: 3, long: [2]int{30000, 400}},
		{name: "two components by Oja's rule", of: always(dr.StreamingPCA{Components: 2, Rule: dr.Oja}), least: 3, long: [2]int{30000, 600}},
		{name: "more columns than rows", of: always(dr.StreamingPCA{}), least: 2, wide: true, long: [2]int{300, 2000}},
	},
	refused: map[string][]any{
		"Components": {dr.StreamingPCA{Components: columns + 1}},
		"Rule":       {dr.StreamingPCA{Rule: "sanger"}},
	},
}, {
	method: "dr.OneSidedPCA",
	source: "2023, One-sided matrix completion from two observations per row",
	origin: "a zero is an entry that was not observed; dr.TestOneSidedPCAFromTwoEntriesPerRow has nothing but zeros and two entries a row",
	golden: golden{form: "the truncated SVD, of rows observed whole", test: "dr.TestOneSidedPCAOfWholeRowsIsTruncatedSVD"},
	claim: claim{
		says: "two entries of every row show the space that the rows lie in, where there are many more rows than k²·d·log d",
		on:   func(seed uint64) sample { return twoEntries(seed, 8000) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.OneSidedPCA{Components: 2}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return captured(ctx, s.y, m.Components())
		},
		from: .95, to: 1,
	},
	control: control{
		says: "there are fewer rows than that",
		on:   func(seed uint64) sample { return twoEntries(seed, 100) },
	},
	variants: []variant{
		{name: "all components", of: always(dr.OneSidedPCA{}), least: 1, constant: true, long: [2]int{3000, 800}},
		{name: "two components", of: always(dr.OneSidedPCA{Components: 2, Iterations: 5}), least: 2, constant: true, long: [2]int{3000, 800}},
		{name: "more columns than rows", of: always(dr.OneSidedPCA{}), least: 1, constant: true, wide: true, long: [2]int{600, 1500}},
	},
	refused: map[string][]any{
		"Components": {dr.OneSidedPCA{Components: columns + 1}},
		"Tolerance":  {dr.OneSidedPCA{Tolerance: 1}},
	},
}}

// twoEntries returns rows of two dimensions in twenty columns as y, and as x the same
// with all but two entries of each, in places drawn at random, zero.
func twoEntries(seed uint64, n int) sample {
	y := flat(seed, n, 2, 20)
	place := fixture.Uniform(seed+400, n, 2)
	x := mat.NewDense(n, 20, nil)
	for i := range n {
		a := int(20 * place.At(i, 0))
		b := (a + 1 + int(19*place.At(i, 1))) % 20
		x.Set(i, a, y.At(i, a))
		x.Set(i, b, y.At(i, b))
	}
	return sample{x: x, y: y}
}

// turning returns rows whose direction turns from one axis to another, and as y new
// rows along the given one.
func turning(seed uint64, like int) sample {
	x, y := fixture.Normal(seed, 900, 10), fixture.Normal(seed+500, 300, 10)
	x.Apply(func(i, j int, v float64) float64 {
		if j == i/600 {
			v *= 5
		}
		return v
	}, x)
	y.Apply(func(_, j int, v float64) float64 {
		if j == like {
			v *= 5
		}
		return v
	}, y)
	return sample{x: x, y: y}
}

// wronged returns a matrix of rank 4 as y, and as x the same with a share of the
// entries moved by noise.
func wronged(seed uint64, share float64) sample {
	y := flat(seed, 80, 4, 80)
	x := mat.DenseCopyOf(y)
	hit := fixture.Uniform(seed+200, 80, 80)
	noise := fixture.Normal(seed+300, 80, 80)
	x.Apply(func(i, j int, v float64) float64 {
		if hit.At(i, j) < share {
			v += 2 * noise.At(i, j)
		}
		return v
	}, x)
	return sample{x: x, y: y}
}

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
