package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// crystals returns 40 parallelograms of rows below each other, in 12 columns, all of one side, hidden by
// a distractor along one direction; y is that direction.
func crystals(seed uint64) sample {
	const quads, d = 40, 12
	x, side, distractor := mat.NewDense(4*quads, d, nil), fixture.Normal(seed+100, 1, d), fixture.Normal(seed+200, 1, d)
	base, other, noise := fixture.Normal(seed, quads, d), fixture.Normal(seed+300, quads, d), fixture.Normal(seed+400, 4*quads, d+1)
	for i := range 4 * quads {
		for j := range d {
			v := base.At(i/4, j) + .05*noise.At(i, j) + 4*noise.At(i, d)*distractor.At(0, j)
			if i%2 == 1 {
				v += side.At(0, j)
			}
			if i%4 > 1 {
				v += other.At(i/4, j)
			}
			x.Set(i, j, v)
		}
	}
	return sample{x: x, y: distractor}
}

// fours cuts n rows into quads.
func fours(n int) (quads [][4]int) {
	for i := range max(1, n/4) {
		quads = append(quads, [4]int{4 * i % n, (4*i + 1) % n, (4*i + 2) % n, (4*i + 3) % n})
	}
	return quads
}

// binaryConcepts returns a vocabulary of rows in which four concepts are there or not, each along a
// direction of its own, one below the other in y: no two at right angles. Where they
// depend, concepts come in pairs.
func binaryConcepts(seed uint64, depend bool) sample {
	const n = 3000
	along := fixture.Normal(seed, 4, 6)
	for j := range 6 {
		for i := 1; i < 4; i++ {
			along.Set(i, j, along.At(i, j)+2*along.At(0, j))
		}
	}
	has := fixture.Normal(seed+100, n, 4)
	noise := fixture.Normal(seed+200, n, 6)
	x := mat.NewDense(n, 6, nil)
	for i := range n {
		for c := range 4 {
			if depend && c%2 == 1 && i%5 > 0 {
				has.Set(i, c, has.At(i, c-1))
			}
			if has.At(i, c) > 0 {
				for j := range 6 {
					x.Set(i, j, x.At(i, j)+along.At(c, j))
				}
			}
		}
		for j := range 6 {
			x.Set(i, j, x.At(i, j)+.01*noise.At(i, j))
		}
	}
	return sample{x: x, y: along}
}

// anotherDirection returns s with some direction for the distractor.
func anotherDirection(seed uint64) sample {
	s := crystals(seed)
	s.y = fixture.Normal(seed+500, 1, 12)
	return s
}

var geometryLinearRows = []row{{
	method: "geometry.FeatureDimensionality",
	origin: "features are directions from the origin",
	source: "2022, Toy models of superposition",
	golden: golden{form: "the polytopes of the source", test: "geometry.TestDimensionalityOfPolytopes"},
	claim: claim{
		says: "features of a pentagon have 2/5 of a dimension each",
		on: func(seed uint64) sample {
			x, turn := mat.NewDense(5, 2, nil), fixture.Normal(seed, 1, 1).At(0, 0)
			for i := range 5 {
				x.SetRow(i, []float64{3 * math.Cos(turn+2*math.Pi*float64(i)/5), 3 * math.Sin(turn+2*math.Pi*float64(i)/5)})
			}
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (off float64, err error) {
			score, err := geometry.FeatureDimensionality(ctx, s.x)
			for _, v := range score.PerRow {
				off = max(off, math.Abs(v-.4))
			}
			return off, err
		},
		to: 1e-12,
	},
	control: control{says: "features at random", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 5, 2)} }},
	variants: []variant{
		{name: "more features", call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.FeatureDimensionality(ctx, x) }, least: 1, constant: true, long: [2]int{3000, 600}},
		{name: "more dimensions", call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.FeatureDimensionality(ctx, x) }, least: 1, constant: true, wide: true, long: [2]int{1500, 5}},
	},
}, {
	method: "geometry.ParallelogramScore",
	source: "2024, The geometry of concepts: sparse autoencoder feature structure",
	golden: golden{form: "squares and what they become", test: "geometry.TestParallelograms"},
	claim: claim{
		says: "planted parallelograms show once the distractor is taken out",
		on:   crystals, measure: errorAfter(1), to: .2,
	},
	control: control{says: "another direction is taken out", on: anotherDirection},
	variants: []variant{{name: "quads of rows in order", least: 2, long: [2]int{20000, 100},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			n, _ := dims(x)
			return geometry.ParallelogramScore(ctx, x, fours(max(n, 1)))
		}}},
}, {
	method: "geometry.ProjectOut",
	origin: "directions are those from the origin",
	source: "none: the projection on the complement of a span is as old as projections",
	golden: golden{form: "what is left has no part along the directions", test: "geometry.TestProjectOut"},
	claim: claim{
		says: "without a planted distractor the error of parallelograms falls to a fifth",
		on:   crystals,
		measure: func(ctx context.Context, s sample) (float64, error) {
			n, _ := s.x.Dims()
			before, err := geometry.ParallelogramScore(ctx, s.x, fours(n))
			if err != nil {
				return 0, err
			}
			return errorAfter(before.Value)(ctx, s)
		},
		to: .2,
	},
	control: control{says: "another direction is taken out", on: anotherDirection},
	variants: []variant{{name: "half as many directions as columns", least: 1, constant: true, long: [2]int{3000, 600},
		call: func(ctx context.Context, x mat.Matrix) (any, error) {
			_, d := dims(x)
			return geometry.ProjectOut(ctx, x, random(max(1, d/2), max(1, d), 0))
		}}},
}, {
	method: "geometry.CausalInner",
	source: "2024, The linear representation hypothesis and the geometry of large language models",
	golden: golden{form: "rows are white under it", test: "geometry.TestCausalInnerWhitens"},
	claim: claim{
		says: "concepts that vary freely are at right angles under it, which they are not in space",
		on:   func(seed uint64) sample { return binaryConcepts(seed, false) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			p, err := geometry.CausalInner(ctx, s.x)
			if err != nil {
				return 0, err
			}
			cosines, err := p.Cosines(ctx, s.y)
			if err != nil {
				return 0, err
			}
			most := 0.
			for i := range 4 {
				for j := range i {
					most = max(most, math.Abs(cosines.At(i, j)))
				}
			}
			return most, nil
		},
		to: .1,
	},
	control: control{says: "concepts come in pairs", on: func(seed uint64) sample { return binaryConcepts(seed, true) }},
	variants: []variant{
		{name: "more rows", call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.CausalInner(ctx, x) }, least: 2, long: [2]int{3000, 400}},
		{name: "more columns", call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.CausalInner(ctx, x) }, least: 2, wide: true, long: [2]int{800, 5}},
	},
}, {
	method: "geometry.DeadFeatures",
	origin: "activations are seen from zero",
	source: "2025, Attention layers add into low-dimensional residual subspaces",
	golden: golden{form: "columns counted", test: "geometry.TestDeadFeatures"},
	claim: claim{
		says: "of codes in which two of five columns are never used, two fifths are dead",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 50, 5)
			x.Slice(0, 50, 1, 3).(*mat.Dense).Zero()
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := geometry.DeadFeatures(ctx, s.x, 0)
			return d.Value, err
		},
		from: .4 - 1e-12, to: .4 + 1e-12,
	},
	control: control{says: "all are used", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 50, 5)} }},
	variants: []variant{{name: "above 0.5", least: 1, constant: true, long: [2]int{20000, 100},
		call: func(ctx context.Context, x mat.Matrix) (any, error) { return geometry.DeadFeatures(ctx, x, .5) }}},
}}

// errorAfter returns a measure of the parallelogram error of x without the directions y, as
// a share of before.
func errorAfter(before float64) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		left, err := geometry.ProjectOut(ctx, s.x, s.y)
		if err != nil {
			return 0, err
		}
		n, _ := s.x.Dims()
		after, err := geometry.ParallelogramScore(ctx, left, fours(n))
		return after.Value / before, err
	}
}
