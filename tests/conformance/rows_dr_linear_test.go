package conformance

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/quality"
)

// inTurn returns labels of n rows, one class after the other.
func inTurn(n, classes int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % classes
	}
	return labels
}

// longGroups returns rows in three groups beside each other along a direction in
// which they differ far less than within them along others.
func longGroups(seed uint64, n, d int) sample {
	s := sample{x: fixture.Normal(seed, n, d), labels: inTurn(n, 3)}
	x := s.x.(*mat.Dense)
	for i, label := range s.labels {
		for j := range d - 1 {
			x.Set(i, j, 20*x.At(i, j))
		}
		x.Set(i, d-1, x.At(i, d-1)+8*float64(label))
	}
	var turned mat.Dense
	turned.Mul(x, orthogonal(seed+100, d))
	s.x = &turned
	return s
}

// orthogonal returns a random orthogonal matrix.
func orthogonal(seed uint64, d int) *mat.Dense {
	var qr mat.QR
	qr.Factorize(fixture.Normal(seed, d, d))
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

// unknownHalf returns the labels with −1 for every second group of three rows.
func unknownHalf(labels []int) []int {
	some := make([]int, len(labels))
	for i, label := range labels {
		if some[i] = label; i/3%2 == 1 {
			some[i] = -1
		}
	}
	return some
}

var drLinearRows = []row{{
	method: "dr.LDA",
	source: "1936, The use of multiple measurements in taxonomic problems",
	golden: golden{file: "lda", holds: "data.wine.svd.components", test: "dr.TestLDAAgainstScikitLearn"},
	claim: claim{
		says: "groups that lie beside each other along a direction of little variance are apart in one coordinate, also rows whose label was not given",
		on:   func(seed uint64) sample { return longGroups(seed, 300, 6) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.LDA{Labels: unknownHalf(s.labels), Components: 1}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(e, s.labels), nil
		},
		from: .97, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(longGroups(seed, 300, 6)) },
	},
	variants: []variant{
		{name: "three classes", least: 4, long: [2]int{4000, 600}, of: func(n, _ int) any { return dr.LDA{Labels: inTurn(n, 3)} }},
		{name: "one component of four classes, half without label", least: 7, long: [2]int{4000, 600}, of: func(n, _ int) any {
			return dr.LDA{Labels: unknownHalf(inTurn(n, 4)), Components: 1}
		}},
		{name: "shrinkage of Ledoit and Wolf", least: 3, long: [2]int{4000, 400}, of: func(n, _ int) any { return dr.LDA{Labels: inTurn(n, 2), LedoitWolf: true} }},
		{name: "more columns than rows", least: 4, wide: true, long: [2]int{800, 3000}, of: func(n, _ int) any { return dr.LDA{Labels: inTurn(n, 3)} }},
		{name: "more columns than rows, shrunk", least: 4, wide: true, long: [2]int{300, 600}, of: func(n, _ int) any { return dr.LDA{Labels: inTurn(n, 3), Shrinkage: .2} }},
	},
	refused: map[string][]any{
		"Components": {dr.LDA{Labels: inTurn(60, 3), Components: 3}},
		"Labels":     {dr.LDA{}, dr.LDA{Labels: inTurn(59, 3)}, dr.LDA{Labels: inTurn(60, 1)}},
		"Shrinkage":  {dr.LDA{Labels: inTurn(60, 3), Shrinkage: 1.5}, dr.LDA{Labels: inTurn(60, 3), Shrinkage: .5, LedoitWolf: true}},
		"Tolerance":  {dr.LDA{Labels: inTurn(60, 3), Tolerance: 1}},
	},
}, {
	method:     "dr.CCA",
	stochastic: true,
	unmoved:    "dr.TestCCATellsChance: the seed draws permutations, which p-values alone are made of",
	source:     "1936, Relations between two sets of variates",
	golden:     golden{file: "cca", holds: "wine.nipals.correlations", test: "dr.TestCCAAgainstScikitLearn"},
	claim: claim{
		says: "what two views share is found beneath parts of their own of far more variance, and correlates in rows that were not learned from",
		on: func(seed uint64) sample {
			shared := fixture.Normal(seed, 400, 1)
			return sample{x: sharing(seed+100, shared), y: sharing(seed+200, shared)}
		},
		measure: heldOutCorrelation,
		from:    .8, to: 1,
	},
	control: control{
		says: "the views share nothing",
		on: func(seed uint64) sample {
			return sample{x: sharing(seed+100, fixture.Normal(seed, 400, 1)), y: sharing(seed+200, fixture.Normal(seed+50, 400, 1))}
		},
	},
	variants: []variant{
		{name: "all components", of: always(dr.CCA{}), least: 2, long: [2]int{4000, 600}},
		{name: "one component, ridge, permutations", of: always(dr.CCA{Components: 1, Ridge: .1, Permutations: 3}), least: 2, long: [2]int{4000, 600}},
		{name: "more columns than rows", of: always(dr.CCA{}), least: 2, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{"Components": {dr.CCA{Components: columns + 1}}},
}, {
	method:  "dr.LPP",
	source:  "2003, Locality preserving projections",
	golden:  golden{file: "locality", holds: "wine.lpp.components", test: "dr.TestLPPAgainstSciPy"},
	claim:   stripsApart(dr.LPP{Components: 1, Neighbors: 5}),
	control: mixedStrips,
	variants: []variant{
		{name: "all components", of: always(dr.LPP{}), least: 3, long: [2]int{4000, 300}},
		{name: "two components, five neighbours, simple", of: always(dr.LPP{Components: 2, Neighbors: 5, Simple: true}), least: 6, long: [2]int{4000, 300}},
		{name: "more columns than rows, 90 % of the variance", of: always(dr.LPP{Share: .9}), least: 3, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.LPP{Components: columns + 1}},
		"Neighbors":  {dr.LPP{Neighbors: 60}},
		"Share":      {dr.LPP{Share: 1.5}},
	},
}, {
	method:  "dr.NPE",
	source:  "2005, Neighborhood preserving embedding",
	golden:  golden{file: "locality", holds: "wine.npe.components", test: "dr.TestNPEAgainstScikitLearn"},
	claim:   stripsApart(dr.NPE{Components: 1, Neighbors: 5}),
	control: mixedStrips,
	variants: []variant{
		{name: "all components", of: always(dr.NPE{}), least: 3, long: [2]int{4000, 300}},
		{name: "two components, five neighbours", of: always(dr.NPE{Components: 2, Neighbors: 5, Regularization: .01}), least: 6, long: [2]int{4000, 300}},
		{name: "more columns than rows, 90 % of the variance", of: always(dr.NPE{Share: .9}), least: 3, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components":     {dr.NPE{Components: columns + 1}},
		"Neighbors":      {dr.NPE{Neighbors: 60}},
		"Regularization": {dr.NPE{Regularization: 1e-11}, dr.NPE{Regularization: 2}},
		"Share":          {dr.NPE{Share: 1.5}},
	},
}, {
	method:     "dr.MPAD",
	stochastic: true,
	unmoved:    "dr.TestMPADOfASample: of few rows all are in the sample",
	source:     "2025, MPAD: A new dimension-reduction method for preserving nearest neighbors in high-dimensional vector search",
	golden:     golden{form: "the mean of the smallest differences of all pairs, one by one, and its gradient by finite differences", test: "dr.TestDifferencesWithoutPairs"},
	claim: claim{
		says: "of ten nearest neighbours it keeps a larger share than PCA, where few rows stray far in some of the columns",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 300, 20)
			for i := range 300 {
				for j := range 8 {
					x.Set(i, j, 30*max(x.At(i, j)-1.9, 0))
				}
			}
			return sample{x: x}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			kept := func(method dr.Embedder) (float64, error) {
				e, err := method.Embed(ctx, s.x)
				if err != nil {
					return 0, err
				}
				r, err := quality.Rank{Neighbors: 10}.Compare(ctx, s.x, e)
				if err != nil {
					return 0, err
				}
				return r.QNX(10).Value, nil
			}
			a, errA := kept(dr.MPAD{Components: 12})
			b, errB := kept(dr.PCA{Components: 12})
			return a - b, errors.Join(errA, errB)
		},
		from: .1, to: 1,
	},
	control: control{
		says: "of normal data whose variance falls PCA keeps as many",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 300, 20)
			x.Apply(func(_, j int, v float64) float64 { return v / (1 + .3*float64(j)) }, x)
			return sample{x: x}
		},
	},
	variants: []variant{
		{name: "all components", of: always(dr.MPAD{Iterations: 5}), least: 2, long: [2]int{4000, 100}},
		{name: "two components, half of the pairs", of: always(dr.MPAD{Components: 2, Tail: .5, Penalty: 1, Iterations: 5}), least: 3, long: [2]int{4000, 600}},
		{name: "more columns than rows", of: always(dr.MPAD{Components: 1, Iterations: 5}), least: 2, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.MPAD{Components: columns + 1}},
		"Tail":       {dr.MPAD{Tail: 1.5}},
		"Sample":     {dr.MPAD{Sample: 1}, dr.MPAD{Sample: 61}},
	},
}, {
	method:     "dr.PrincipalSubspaceTest",
	stochastic: true,
	source:     "2022, A geometric framework for asymptotic inference of principal subspaces in PCA",
	golden:     golden{form: "the statistic of Anderson for one axis", test: "dr.TestPrincipalSubspaceTestOfAnderson"},
	claim: claim{
		says: "p-values of a true hypothesis are uniform: the distance of Kolmogorov and Smirnov of 200 tests, below its value at 1 %",
		on: func(seed uint64) sample {
			return sample{x: ellipsoids(seed), y: firstAxes(2, 5)}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			const rows = 200
			var p []float64
			for lo := 0; lo < 200*rows; lo += rows {
				t, err := dr.PrincipalSubspaceTest{Axes: s.y}.Estimate(ctx, s.x.(*mat.Dense).Slice(lo, lo+rows, 0, 5))
				if err != nil {
					return 0, err
				}
				p = append(p, t.P)
			}
			slices.Sort(p)
			far := 0.
			for i, v := range p {
				far = max(far, v-float64(i)/float64(len(p)), float64(i+1)/float64(len(p))-v)
			}
			return far * math.Sqrt(float64(len(p))), nil
		},
		from: 0, to: 1.63,
	},
	control: control{
		says: "the axes of the hypothesis are turned by six degrees",
		on: func(seed uint64) sample {
			y := firstAxes(2, 5)
			y.Set(0, 0, math.Cos(.1))
			y.Set(0, 4, math.Sin(.1))
			return sample{x: ellipsoids(seed), y: y}
		},
	},
	variants: []variant{
		{name: "two axes", least: columns + 1, long: [2]int{20000, 300}, of: func(_, d int) any { return dr.PrincipalSubspaceTest{Axes: firstAxes(min(2, d-1), d)} }},
		{name: "two subspaces, bootstrap", least: columns + 1, long: [2]int{20000, 100}, of: func(_, d int) any {
			return dr.PrincipalSubspaceTest{Axes: firstAxes(3, max(d, 3)), Sizes: []int{1, 2}, Replicates: 9}
		}},
	},
	refused: map[string][]any{
		"Axes":  {dr.PrincipalSubspaceTest{}, dr.PrincipalSubspaceTest{Axes: firstAxes(2, 4)}, dr.PrincipalSubspaceTest{Axes: mat.NewDense(1, 5, nil)}},
		"Sizes": {dr.PrincipalSubspaceTest{Axes: firstAxes(5, 5)}, dr.PrincipalSubspaceTest{Axes: firstAxes(2, 5), Sizes: []int{1}}},
	},
}}

// ellipsoids returns 200 data sets of 200 normal rows, one below the other, whose
// variances fall and repeat.
func ellipsoids(seed uint64) *mat.Dense {
	x := fixture.Normal(seed, 200*200, 5)
	x.Apply(func(_, j int, v float64) float64 { return v * []float64{4, 4, 2, 1, 1}[j] }, x)
	return x
}

// firstAxes returns the first k of d axes.
func firstAxes(k, d int) *mat.Dense {
	if k < 1 || d < 1 {
		return mat.NewDense(1, 1, []float64{1}) // for data without columns
	}
	u := mat.NewDense(k, d, nil)
	for c := range k {
		u.Set(c, c, 1)
	}
	return u
}

// strips returns rows in two groups beside each other, which differ by less across
// than along them.
func strips(seed uint64) sample {
	s := sample{x: fixture.Normal(seed, 200, 15), labels: inTurn(200, 2)}
	for i, label := range s.labels {
		row := s.x.(*mat.Dense).RawRowView(i)
		for j := range row {
			row[j] *= 3
		}
		row[0] = row[0]/6 + 15*float64(label)
		row[1] *= 4
	}
	return s
}

// stripsApart is the claim of linear maps that keep neighbourhoods.
func stripsApart(method dr.Embedder) claim {
	return claim{
		says: "one coordinate keeps neighbours: two groups beside each other stay apart, though their length has the larger variance",
		on:   strips,
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := method.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return sameLabel(e, s.labels), nil
		},
		from: .99, to: 1,
	}
}

// mixedStrips is its control.
var mixedStrips = control{
	says: "the groups are apart as clearly along one axis, but by less than neighbours are from each other: they are of either group",
	on: func(seed uint64) sample {
		s := strips(seed)
		for i, label := range s.labels {
			row := s.x.(*mat.Dense).RawRowView(i)
			row[0] -= 12 * float64(label)
		}
		return s
	},
}

// sharing returns a view of six columns, turned, in one of which is what is shared.
func sharing(seed uint64, shared *mat.Dense) *mat.Dense {
	n, _ := shared.Dims()
	x := fixture.Normal(seed, n, 6)
	for i := range n {
		for j := 1; j < 6; j++ {
			x.Set(i, j, 10*x.At(i, j))
		}
		x.Set(i, 0, shared.At(i, 0)+.2*x.At(i, 0))
	}
	var turned mat.Dense
	turned.Mul(x, orthogonal(seed+7, 6))
	return &turned
}

// heldOutCorrelation fits the first pair to the first half of the rows of both
// views, and returns the correlation in the second half.
func heldOutCorrelation(ctx context.Context, s sample) (float64, error) {
	half := func(x mat.Matrix, second int) mat.Matrix {
		n, d := x.Dims()
		return x.(*mat.Dense).Slice(second*n/2, (second+1)*n/2, 0, d)
	}
	m, err := dr.CCA{Components: 1}.FitPair(ctx, half(s.x, 0), half(s.y, 0))
	if err != nil {
		return 0, err
	}
	a, errA := m.Transform(ctx, half(s.x, 1))
	b, errB := m.TransformY(ctx, half(s.y, 1))
	if err := errors.Join(errA, errB); err != nil {
		return 0, err
	}
	return stat.Correlation(mat.Col(nil, 0, a), mat.Col(nil, 0, b), nil), nil
}
