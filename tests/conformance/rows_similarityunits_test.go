package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// unitsOf returns normal x of so many units, and y: sums of so many of them, each unit of x
// in some, scaled and moved; with more than one the summands overlap.
func unitsOf(seed uint64, n, d, summands int) sample {
	x, y := fixture.Normal(seed, n, d), mat.NewDense(n, d, nil)
	order := shuffled(d)
	y.Apply(func(i, j int, _ float64) (v float64) {
		for k := range summands {
			v += x.At(i, order[(j+k)%d])
		}
		return float64(j+1)*v + 3
	}, y)
	return sample{x: x, y: y}
}

// rotatedOf returns normal x and the same turned around.
func rotatedOf(seed uint64, n, d int) sample {
	x := fixture.Normal(seed, n, d)
	var qr mat.QR
	qr.Factorize(fixture.Normal(seed+50, d, d))
	var q, y mat.Dense
	qr.QTo(&q)
	y.Mul(x, &q)
	return sample{x: x, y: &y}
}

// dealt returns labels of n rows, i mod k.
func dealt(n, k int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % k
	}
	return labels
}

// halved returns labels of n rows, i/2 mod 2.
func halved(n int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i / 2 % 2
	}
	return labels
}

// box returns rows at the corners of a box: a variable, 0 or 1, on the even ones of four, in
// contexts of two; the variable is turned over in the second where flipped.
func box(seed uint64, flipped bool) sample {
	x := fixture.Normal(seed, 200, 6)
	x.Scale(.1, x)
	for i, c := range halved(200) {
		v := float64(i%2) - .5
		if flipped && c == 1 {
			v = -v
		}
		x.Set(i, 1, x.At(i, 1)+v)
		x.Set(i, 4, x.At(i, 4)+2*float64(c))
	}
	return sample{x: x}
}

// taught returns a hidden layer of a network that computes two features of rows that it has
// not seen, and the features: an easy one and the parity of some inputs.
func taught(seed uint64, hard int) sample {
	d, err := datasets.FeaturePair{Rows: 900, Hard: hard, Noise: 4, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	part := func(x *mat.Dense, from, to int) mat.Matrix {
		_, cols := x.Dims()
		return x.Slice(from, to, 0, cols)
	}
	net, err := datasets.Network{Widths: []int{64, 32}, Checkpoints: []int{20}, Rate: .003, Seed: seed}.Regress(context.Background(),
		part(d.X, 0, 600), part(d.Truth.Latent, 0, 600), part(d.X, 600, 900))
	if err != nil {
		panic(err)
	}
	s := sample{x: net.Activations[0][2], y: part(d.Truth.Latent, 600, 900), dim: 1}
	for k := range 2 { // the worse accuracy of the two
		hits := 0.
		for i := range 300 {
			if net.Activations[0][3].At(i, k)*s.y.At(i, k) > 0 {
				hits++
			}
		}
		s.dim = min(s.dim, hits/300)
	}
	return s
}

var similarityUnitsRows = []row{{
	method: "similarity.MatchUnits",
	source: "2016, Convergent learning: do different neural networks learn the same representations?",
	golden: golden{form: "a permuted copy is recovered, and the best of all assignments is found", test: "similarity.TestMatchingCopies"},
	claim: claim{
		says: "units that are permuted and scaled are the same units",
		on:   func(seed uint64) sample { return unitsOf(seed, 120, 12, 1) }, measure: compared(similarity.MatchUnits{}), from: 1 - 1e-9, to: 1,
	},
	control: control{says: "they are rotated, and span the same space", on: func(seed uint64) sample { return rotatedOf(seed, 120, 12) }},
	variants: []variant{
		{name: "correlation", of: always(similarity.MatchUnits{}), least: 2, long: [2]int{2000, 1500}},
		{name: "mutual information", of: always(similarity.MatchUnits{Dependence: similarity.MutualInformation}), least: 2, long: [2]int{20000, 100}},
	},
	refused: map[string][]any{"Dependence": {similarity.MatchUnits{Dependence: 3}}, "Bins": {similarity.MatchUnits{Bins: 61}, similarity.MatchUnits{Bins: 1}}},
}, {
	method: "similarity.SemiMatch",
	source: "2016, Convergent learning: do different neural networks learn the same representations?",
	golden: golden{form: "correlations and mutual information of small tables", test: "similarity.TestDependence"},
	claim: claim{
		says: "units of which many are copies of one are all found in it",
		on: func(seed uint64) sample {
			s := unitsOf(seed, 120, 6, 1)
			var x mat.Dense
			x.Augment(s.x, s.x)
			return sample{x: &x, y: s.y}
		}, measure: compared(similarity.SemiMatch{}), from: 1 - 1e-9, to: 1,
	},
	control:  control{says: "they are rotated", on: func(seed uint64) sample { return rotatedOf(seed, 120, 12) }},
	variants: []variant{{name: "correlation", of: always(similarity.SemiMatch{}), least: 2, long: [2]int{20000, 700}}},
	refused:  map[string][]any{"Dependence": {similarity.SemiMatch{Dependence: 3}}, "Bins": {similarity.SemiMatch{Bins: 61}}},
}, {
	method: "similarity.SparseMap",
	source: "2016, Convergent learning: do different neural networks learn the same representations?",
	golden: golden{form: "soft thresholds for orthogonal units, and the conditions of a least value", test: "similarity.TestSparseMapIsTheLeast"},
	claim: claim{
		says: "sums of two units are nearly explained by a few",
		on:   func(seed uint64) sample { return unitsOf(seed, 200, 30, 2) }, measure: compared(similarity.SparseMap{}), from: .95, to: 1,
	},
	control:  control{says: "they are rotated: every unit is a sum of all", on: func(seed uint64) sample { return rotatedOf(seed, 200, 30) }},
	variants: []variant{{name: "default", of: always(similarity.SparseMap{}), least: 2, long: [2]int{20000, 700}}},
	refused:  map[string][]any{"Lambda": {similarity.SparseMap{Lambda: 1.5}}, "Rounds": {similarity.SparseMap{Rounds: -1}}},
}, {
	method: "similarity.LinearityScore",
	source: "2024, Your transformer is secretly linear",
	golden: golden{form: "the published R² of linear regression, and the difference by hand", test: "similarity.TestLinearityScore"},
	claim: claim{
		says: "a layer that adds a little to what comes in is nearly linear",
		on:   func(seed uint64) sample { return bentOf(seed, true) }, measure: compared(similarity.LinearityScore{}), from: .97, to: 1,
	},
	control:  control{says: "the layer takes the place of what comes in", on: func(seed uint64) sample { return bentOf(seed, false) }},
	variants: []variant{{name: "default", of: always(similarity.LinearityScore{}), least: 2, long: [2]int{6000, 500}}},
}, {
	method: "similarity.VarianceExplained",
	source: "2024, Learned feature representations are biased by complexity, learning order, position, and more",
	golden: golden{form: "shares of orthogonal features", test: "similarity.TestFeatureShares"},
	claim: claim{
		says: "of two features that a network computes alike, the easy one has several times the variance",
		on:   func(seed uint64) sample { return taught(seed, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			if s.dim < .95 { // the accuracies must be equal
				return math.Inf(-1), nil
			}
			v, err := similarity.VarianceExplained(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			return v.Shares[0] / v.Shares[1], nil
		},
		from: 2.5, to: math.Inf(1),
	},
	control: control{says: "the other is as easy", on: func(seed uint64) sample { return taught(seed, 1) }},
	variants: []variant{{name: "three features", least: 2, long: [2]int{20000, 700}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
		n, _ := dims(x)
		return similarity.VarianceExplained(ctx, x, fixture.Normal(9, max(n, 1), 3))
	}}},
}, {
	method: "similarity.UnitSelectivity",
	source: "2024, Learned feature representations are biased by complexity, learning order, position, and more",
	golden: golden{form: "squared correlations of orthogonal features", test: "similarity.TestFeatureShares"},
	claim: claim{
		says: "where units are features, each follows its own alone",
		on:   func(seed uint64) sample { return unitsOf(seed, 120, 12, 1) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			v, err := similarity.UnitSelectivity(ctx, s.x, s.y)
			if err != nil {
				return 0, err
			}
			least := 1.
			for i, k := range v.Preferred {
				least = min(least, v.Shares.At(i, k))
			}
			return least, nil
		},
		from: .999, to: 1,
	},
	control: control{says: "they are rotated", on: func(seed uint64) sample { return rotatedOf(seed, 120, 12) }},
	variants: []variant{{name: "three features", least: 2, long: [2]int{20000, 700}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
		n, _ := dims(x)
		return similarity.UnitSelectivity(ctx, x, fixture.Normal(9, max(n, 1), 3))
	}}},
}, {
	method: "similarity.KernelAlignment",
	source: "2012, Algorithms for learning kernels based on centered alignment",
	golden: golden{form: "CKA with a column for every label", test: "similarity.TestKernelAlignment"},
	claim: claim{
		says: "rows of groups far apart have the geometry of their labels",
		on:   func(seed uint64) sample { return groups(seed, 150, 3) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			v, err := similarity.KernelAlignment(ctx, s.x, s.labels)
			return v.Value, err
		},
		from: .95, to: 1,
	},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(groups(seed, 150, 3)) }},
	variants: []variant{{name: "three labels", least: 2, long: [2]int{8000, 900}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
		n, _ := dims(x)
		return similarity.KernelAlignment(ctx, x, dealt(n, 3))
	}}},
}, {
	method: "similarity.ParallelismScore",
	source: "2020, The geometry of abstraction in the hippocampus and prefrontal cortex",
	golden: golden{form: "directions that are parallel, orthogonal or turned over", test: "similarity.TestAbstraction"},
	claim: claim{
		says: "a variable along one axis of a box is coded alike in all contexts",
		on:   func(seed uint64) sample { return box(seed, false) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			v, err := similarity.ParallelismScore(ctx, s.x, dealt(200, 2), halved(200))
			return v.Value, err
		},
		from: .98, to: 1,
	},
	control: control{says: "in one of two contexts it is turned over", on: func(seed uint64) sample { return box(seed, true) }},
	variants: []variant{{name: "two contexts", least: 4, long: [2]int{20000, 700}, call: func(ctx context.Context, x mat.Matrix) (any, error) {
		n, _ := dims(x)
		return similarity.ParallelismScore(ctx, x, dealt(n, 2), halved(n))
	}}},
}, {
	method: "similarity.CCGP",
	source: "2020, The geometry of abstraction in the hippocampus and prefrontal cortex",
	golden: golden{form: "contexts that are parallel, or turned over", test: "similarity.TestAbstraction"},
	claim: claim{
		says: "a variable along one axis of a box is read in a context by what was learnt in the other",
		on:   func(seed uint64) sample { return box(seed, false) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			return value(similarity.CCGP{}.Score(ctx, s.x, dealt(200, 2), halved(200)))
		},
		from: .95, to: 1 + 1e-9,
	},
	control: control{says: "in one of two contexts it is turned over", on: func(seed uint64) sample { return box(seed, true) }},
	variants: []variant{{name: "two contexts", of: always(similarity.CCGP{}), least: 4, long: [2]int{20000, 400},
		given: func(_ string, x mat.Matrix) []any {
			n, _ := dims(x)
			return []any{x, dealt(n, 2), halved(n)}
		}}},
	refused: map[string][]any{"Shrinkage": {similarity.CCGP{Shrinkage: 1.1}}},
}}

// bentOf returns normal rows and what a layer makes of them: random sums, negative ones cut
// off, added to a rest of the rows or by themselves.
func bentOf(seed uint64, residual bool) sample {
	x := fixture.Normal(seed, 250, 16)
	var y mat.Dense
	y.Mul(x, fixture.Normal(seed+50, 16, 16))
	y.Apply(func(i, j int, v float64) float64 {
		v = max(v, 0) / 4
		if residual {
			v = .3*v + x.At(i, j)
		}
		return v
	}, &y)
	return sample{x: x, y: &y}
}
