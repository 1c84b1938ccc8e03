package conformance

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/geometry"
)

// inOneOfTwo labels rows in turn.
func inOneOfTwo(x mat.Matrix) []int {
	n, _ := dims(x)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % 2
	}
	return labels
}

// tight returns twelve classes of ten rows in 60 columns, each about a center of its own.
func tight(seed uint64) sample {
	x, centers := fixture.Normal(seed, 120, 60), fixture.Normal(seed+100, 12, 60)
	labels := make([]int, 120)
	for i := range 120 {
		labels[i] = i % 12
		for j := range 60 {
			x.Set(i, j, .005*x.At(i, j)+centers.At(labels[i], j))
		}
	}
	return sample{x: x, labels: labels}
}

// greatArc returns rows along a part of a great circle, which is turned.
func greatArc(seed uint64, share float64) sample {
	const n = 200
	turn := fixture.Normal(seed, 2, 3)
	a, b := turn.RawRowView(0), turn.RawRowView(1)
	unit := func(v []float64) {
		l := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
		for j := range v {
			v[j] /= l
		}
	}
	unit(a)
	dot := a[0]*b[0] + a[1]*b[1] + a[2]*b[2]
	for j := range b {
		b[j] -= dot * a[j]
	}
	unit(b)
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * share * float64(i) / (n - 1))
		x.SetRow(i, []float64{cos*a[0] + sin*b[0], cos*a[1] + sin*b[1], cos*a[2] + sin*b[2]})
	}
	return sample{x: x}
}

// scattered returns rows of a sphere of radius 3 in three columns, or of a normal cloud.
func scattered(seed uint64, sphere bool) sample {
	x := fixture.Normal(seed, 300, 3)
	for i := range 300 {
		if r := x.RawRowView(i); sphere {
			l := math.Sqrt(r[0]*r[0]+r[1]*r[1]+r[2]*r[2]) / 3
			for j := range r {
				r[j] /= l
			}
		}
	}
	return sample{x: x}
}

// everyOther pairs every row with the next.
func everyOther(n int) (pairs [][2]int) {
	for i := 0; i < max(4, n); i += 2 {
		pairs = append(pairs, [2]int{i % max(n, 1), (i + 1) % max(n, 1)})
	}
	return pairs
}

var geometryRichRows = []row{{
	method: "geometry.MagnitudeFunction",
	source: "2013, On the asymptotic magnitude of subsets of Euclidean space",
	golden: golden{form: "its two ends, and the spread, which is never above it", test: "geometry.TestMagnitudeFunctionGrows"},
	claim: claim{
		says: "of rows on a line it is 1 + Σ tanh(t·gap/2)",
		on:   func(seed uint64) sample { return sample{x: fixture.Uniform(seed, 60, 1)} },
		measure: func(ctx context.Context, s sample) (off float64, err error) {
			c, err := geometry.MagnitudeFunction{Points: 8}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			at := mat.Col(nil, 0, s.x)
			slices.Sort(at)
			for k, t := range c.Scales {
				want := 1.
				for i := 1; i < len(at); i++ {
					want += math.Tanh(t * (at[i] - at[i-1]) / 2)
				}
				off = max(off, math.Abs(c.Magnitudes[k]/want-1))
			}
			return off, nil
		},
		to: 1e-8,
	},
	control: control{says: "the rows are in a square", on: func(seed uint64) sample { return sample{x: fixture.Uniform(seed, 60, 2)} }},
	variants: []variant{
		{name: "default", of: always(geometry.MagnitudeFunction{}), least: 1, constant: true, distances: asForRows, long: [2]int{3000, 20}},
		{name: "given scales", of: always(geometry.MagnitudeFunction{Scales: []float64{4, .5, 1, 2}}), least: 1, constant: true, distances: asForRows, long: [2]int{5000, 20}},
	},
	refused: map[string][]any{
		"Scales": {geometry.MagnitudeFunction{Scales: []float64{1, -1}}, geometry.MagnitudeFunction{Scales: []float64{math.NaN()}}},
		"Points": {geometry.MagnitudeFunction{Points: 1}},
	},
}, {
	method: "geometry.ApproxHull",
	source: "2019, Approximating the convex hull via metric space magnitude",
	golden: golden{form: "removals add up to what is lost", test: "geometry.TestApproxHull"},
	claim: claim{
		says: "of a disk it keeps rows that are farther out than those it removes, by a quarter",
		on:   func(seed uint64) sample { return disk(seed, 100) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			h, err := geometry.ApproxHull{Keep: 15}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			out := func(rows []int) (mean float64) {
				for _, i := range rows {
					mean += math.Hypot(s.x.At(i, 0), s.x.At(i, 1)) / float64(len(rows))
				}
				return mean
			}
			return out(h.Rows) / out(h.Removed), nil
		},
		from: 1.25, to: math.Inf(1),
	},
	control: control{says: "all rows are at the rim", on: func(seed uint64) sample {
		s := disk(seed, 100)
		x := s.x.(*mat.Dense)
		for i := range 100 {
			r := x.RawRowView(i)
			l := math.Hypot(r[0], r[1])
			r[0], r[1] = r[0]/l, r[1]/l
		}
		return s
	}},
	variants: []variant{
		{name: "default", of: always(geometry.ApproxHull{}), least: 1, constant: true, long: [2]int{2000, 20}},
		{name: "a tenth may be lost", of: always(geometry.ApproxHull{Tolerance: .1}), least: 1, constant: true, long: [2]int{2000, 20}},
	},
	refused: map[string][]any{
		"Tolerance": {geometry.ApproxHull{Tolerance: 1}},
		"Keep":      {geometry.ApproxHull{Keep: 61}},
	},
}, {
	method: "geometry.PrincipalCurvatures",
	source: "2023, Data representations' study of latent image manifolds",
	golden: golden{form: "the bends of surfaces of degree 2", test: "geometry.TestCurvaturesOfQuadraticSurfaces"},
	claim: claim{
		says: "a sphere of radius 3 bends by 1/3 in all directions",
		on:   func(seed uint64) sample { return scattered(seed, true) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			c, err := geometry.PrincipalCurvatures{}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return c.MAPC().Value, nil
		},
		from: .31, to: .36,
	},
	control: control{says: "the rows are a normal cloud", on: func(seed uint64) sample { return scattered(seed, false) }},
	variants: []variant{
		{name: "hypersurface", of: always(geometry.PrincipalCurvatures{}), least: 16, long: [2]int{8000, 10}},
		{name: "surface", of: always(geometry.PrincipalCurvatures{Dimension: 2, Neighbors: 8, Normals: 2}), least: 9, long: [2]int{8000, 30}},
	},
	refused: map[string][]any{
		"Dimension": {geometry.PrincipalCurvatures{Dimension: 5}},
		"Neighbors": {geometry.PrincipalCurvatures{Neighbors: 14}, geometry.PrincipalCurvatures{Neighbors: 60}},
		"Normals":   {geometry.PrincipalCurvatures{Dimension: 2, Normals: 4}},
	},
}, {
	method:     "geometry.ManifoldCapacity",
	stochastic: true,
	source:     "2018, Classification and geometry of general perceptual manifolds",
	golden:     golden{form: "rays, segments and orthants", test: "geometry.TestCapacityOfKnownCones"},
	claim: claim{
		says: "classes that are nearly points have a capacity of 2, as T. Cover found",
		on:   tight,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := geometry.ManifoldCapacity{Draws: 1000}.Compute(ctx, s.x, s.labels)
			if err != nil {
				return 0, err
			}
			return m.Capacity.Value, nil
		},
		from: 1.85, to: 2.15,
	},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(tight(seed)) }},
	variants: []variant{
		{name: "two classes", of: always(geometry.ManifoldCapacity{Draws: 20}), least: 2, long: [2]int{2000, 100},
			given: func(_ string, x mat.Matrix) []any { return []any{x, inOneOfTwo(x)} }},
	},
	refused: map[string][]any{"Draws": {geometry.ManifoldCapacity{Draws: 1}}},
}, {
	method:     "geometry.Enveloping",
	origin:     "rows are directions from the origin",
	stochastic: true,
	source:     "2025, Improve representation for imbalanced regression through geometric constraints",
	golden:     golden{form: "a great circle has the sine of the angle", test: "geometry.TestEnvelopingOfAGreatCircle"},
	claim: claim{
		says: "a great circle comes within 0.2 of a share of sin 0.2 of the sphere",
		on:   func(seed uint64) sample { return greatArc(seed, 1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(geometry.Enveloping{Angle: .2}.Score(ctx, s.x))
		},
		from: math.Sin(.2) - .02, to: math.Sin(.2) + .02,
	},
	control: control{says: "half of the circle", on: func(seed uint64) sample { return greatArc(seed, .5) }},
	variants: []variant{
		{name: "wide", of: always(geometry.Enveloping{Angle: .5, Samples: 2000}), least: 2, constant: true, long: [2]int{10000, 50}},
	},
	refused: map[string][]any{
		"Angle":   {geometry.Enveloping{Angle: 1.6}},
		"Samples": {geometry.Enveloping{Samples: 1}},
	},
}, {
	method:     "geometry.MSTUniformity",
	origin:     "rows are directions from the origin",
	stochastic: true,
	source:     "2025, T-REGS: minimum spanning tree regularization for self-supervised learning",
	golden:     golden{form: "even rows, one direction, and fewer and fewer live columns", test: "geometry.TestMSTUniformityFallsUnderCollapse"},
	claim: claim{
		says: "even rows have a tree as long as even rows have",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 150, 16)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(geometry.MSTUniformity{}.Score(ctx, s.x))
		},
		from: .95, to: 1.05,
	},
	control: control{says: "the rows vary in two directions", on: func(seed uint64) sample { return sample{x: flat(seed, 150, 2, 16)} }},
	variants: []variant{
		{name: "4 draws", of: always(geometry.MSTUniformity{}), least: 2, constant: true, long: [2]int{4000, 100}},
	},
	refused: map[string][]any{"Draws": {geometry.MSTUniformity{Draws: 1<<20 + 1}}},
}, {
	method: "geometry.ConceptDirection",
	source: "2024, The linear representation hypothesis and the geometry of large language models",
	golden: golden{form: "the direction that was planted", test: "geometry.TestConceptDirections"},
	claim: claim{
		says: "pairs that differ in a concept agree on its direction, each with the others",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 120, 12)
			for i := range 60 {
				r := x.RawRowView(2*i + 1)
				for j, v := range x.RawRowView(2 * i) {
					r[j] = v + .2*r[j]
				}
				r[3]++
			}
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := geometry.ConceptDirection{Pairs: everyOther(120)}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return d.LeaveOneOut.Value, nil
		},
		from: .7, to: 1,
	},
	control: control{says: "pairs at random", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 120, 12)} }},
	variants: []variant{{name: "every row with the next", least: 2, long: [2]int{100_000, 20},
		of: func(n, d int) any { return geometry.ConceptDirection{Pairs: everyOther(n)} }}},
	refused: map[string][]any{"Pairs": {geometry.ConceptDirection{}, geometry.ConceptDirection{Pairs: [][2]int{{0, 1}}}, geometry.ConceptDirection{Pairs: [][2]int{{0, 1}, {0, 60}}}}},
}, {
	method: "geometry.ActiveSubspace",
	source: "2025, Attention layers add into low-dimensional residual subspaces",
	golden: golden{form: "rows of low rank", test: "geometry.TestActiveSubspace"},
	claim: claim{
		says: "rows of rank 3 in eight columns have three active directions",
		on:   func(seed uint64) sample { return sample{x: flat(seed, 100, 3, 8)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			a, err := geometry.ActiveSubspace{Share: .99999}.Compute(ctx, s.x)
			if err != nil {
				return 0, err
			}
			k, _ := a.Directions.Dims()
			return float64(k), nil
		},
		from: 3, to: 3,
	},
	control: control{says: "noise has eight", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 100, 8)} }},
	variants: []variant{
		{name: "default", of: always(geometry.ActiveSubspace{}), least: 2, long: [2]int{4000, 400}},
		{name: "more columns", of: always(geometry.ActiveSubspace{Share: .5}), least: 2, wide: true, long: [2]int{1000, 5}},
	},
	refused: map[string][]any{"Share": {geometry.ActiveSubspace{Share: 1.1}}},
}}
