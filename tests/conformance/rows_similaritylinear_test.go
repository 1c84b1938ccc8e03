package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// layers returns 120 rows of six columns, and what by makes of them.
func layers(seed uint64, by func(x *mat.Dense) *mat.Dense) sample {
	x := fixture.Normal(seed, 120, 6)
	return sample{x: x, y: by(x)}
}

// multiplied returns x times a matrix of normal numbers, and noise.
func multiplied(seed uint64, cols int, noise float64) func(x *mat.Dense) *mat.Dense {
	return func(x *mat.Dense) *mat.Dense {
		n, d := x.Dims()
		y, e := new(mat.Dense), fixture.Normal(seed+100, n, cols)
		y.Mul(x, fixture.Normal(seed+200, d, cols))
		e.Scale(noise, e)
		y.Add(y, e)
		return y
	}
}

// turned returns x rotated and scaled.
func turned(x *mat.Dense) *mat.Dense {
	_, d := x.Dims()
	var qr mat.QR
	qr.Factorize(fixture.Normal(77, d, d))
	var q, y mat.Dense
	qr.QTo(&q)
	y.Mul(x, &q)
	y.Scale(3, &y)
	return &y
}

// strangersOf ignores x.
func strangersOf(seed uint64, cols int) func(x *mat.Dense) *mat.Dense {
	return func(x *mat.Dense) *mat.Dense {
		n, _ := x.Dims()
		return fixture.Normal(seed+300, n, cols)
	}
}

func similarityOf(m similarity.Measure) func(ctx context.Context, s sample) (float64, error) {
	return func(ctx context.Context, s sample) (float64, error) {
		v, err := m.Compare(ctx, s.x, s.y)
		return v.Value, err
	}
}

// noisy returns the columns of x that vary most, with ten of small noise that nothing else
// shares.
func noisy(seed uint64) func(x *mat.Dense) *mat.Dense {
	return func(x *mat.Dense) *mat.Dense {
		n, _ := x.Dims()
		y := mat.NewDense(n, 10, nil)
		noise := fixture.Normal(seed+400, n, 10)
		y.Apply(func(i, j int, _ float64) float64 {
			if j < 4 {
				return x.At(i, j)
			}
			return .01 * noise.At(i, j)
		}, y)
		return y
	}
}

const similarityGolden = "section 2.8 of the reference values: 200 × 12 normal numbers and a noisy function of them"

var similarityLinearRows = []row{{
	method: "similarity.HSIC",
	source: "2005, Measuring statistical dependence with Hilbert-Schmidt norms",
	golden: golden{form: similarityGolden, test: "similarity.TestPublishedValues"},
	claim: claim{
		says: "an RBF kernel sees a dependence that has no straight part: y is the square of x",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 150, 1)
			y := new(mat.Dense)
			y.MulElem(x, x)
			return sample{x: x, y: y}
		},
		measure: similarityOf(similarity.HSIC{Kernel: similarity.RBF, Estimator: similarity.Unbiased}),
		from:    .01, to: 1,
	},
	control: control{
		says: "y is independent of x",
		on: func(seed uint64) sample {
			return sample{x: fixture.Normal(seed, 150, 1), y: fixture.Normal(seed+500, 150, 1)}
		},
	},
	variants: []variant{
		{name: "linear", of: always(similarity.HSIC{}), least: 2, long: [2]int{20_000, 600}},
		{name: "unbiased", of: always(similarity.HSIC{Estimator: similarity.Unbiased}), least: 4, long: [2]int{20_000, 600}},
		{name: "RBF", of: always(similarity.HSIC{Kernel: similarity.RBF}), least: 2, long: [2]int{6000, 20}},
	},
	refused: map[string][]any{"Kernel": {similarity.HSIC{Kernel: 2}}, "Estimator": {similarity.HSIC{Estimator: 3}}},
}, {
	method: "similarity.CKA",
	source: "2019, Similarity of neural network representations revisited",
	golden: golden{form: similarityGolden, test: "similarity.TestPublishedValues"},
	claim: claim{
		says:    "rotations and scales of a layer change nothing",
		on:      func(seed uint64) sample { return layers(seed, turned) },
		measure: similarityOf(similarity.CKA{Estimator: similarity.Debiased}),
		from:    1 - 1e-12, to: 1,
	},
	control: control{
		says: "other linear maps do",
		on:   func(seed uint64) sample { return layers(seed, multiplied(seed, 6, 0)) },
	},
	variants: []variant{
		{name: "linear", of: always(similarity.CKA{}), least: 2, long: [2]int{20_000, 600}},
		{name: "debiased", of: always(similarity.CKA{Estimator: similarity.Debiased}), least: 4, long: [2]int{20_000, 600}},
		{name: "RBF", of: always(similarity.CKA{Kernel: similarity.RBF}), least: 2, long: [2]int{6000, 20}},
	},
	refused: map[string][]any{"Kernel": {similarity.CKA{Kernel: 2}}, "Estimator": {similarity.CKA{Estimator: 3}}},
}, {
	method: "similarity.CCA",
	source: "1936, Relations between two sets of variates",
	golden: golden{form: similarityGolden, test: "similarity.TestPublishedValues"},
	claim: claim{
		says:    "no invertible affine map changes the correlations",
		on:      func(seed uint64) sample { return layers(seed, multiplied(seed, 6, 0)) },
		measure: similarityOf(similarity.CCA{}),
		from:    1 - 1e-12, to: 1,
	},
	control: control{
		says: "noise does",
		on:   func(seed uint64) sample { return layers(seed, multiplied(seed, 6, .3)) },
	},
	variants: []variant{
		{name: "mean", of: always(similarity.CCA{}), least: 3, long: [2]int{4000, 400}},
		{name: "R², ridge", of: always(similarity.CCA{Aggregate: similarity.MeanSquare, Ridge: .1}), least: 3, long: [2]int{4000, 400}},
	},
	refused: map[string][]any{"Aggregate": {similarity.CCA{Aggregate: 3}}},
}, {
	method: "similarity.SVCCA",
	source: "2017, SVCCA: singular vector canonical correlation analysis for deep learning dynamics and interpretability",
	golden: golden{form: similarityGolden, test: "similarity.TestPublishedValues"},
	claim: claim{
		says: "small noise in many directions says nothing",
		on: func(seed uint64) sample {
			s := layers(seed, noisy(seed))
			s.x = noisy(seed + 50)(s.x.(*mat.Dense))
			return s
		},
		measure: similarityOf(similarity.SVCCA{}),
		from:    .99, to: 1,
	},
	control: control{
		says: "nothing but noise",
		on:   func(seed uint64) sample { return layers(seed, strangersOf(seed, 10)) },
	},
	variants: []variant{
		{name: "99 %", of: always(similarity.SVCCA{}), least: 3, long: [2]int{4000, 400}},
		{name: "half", of: always(similarity.SVCCA{Variance: .5}), least: 3, long: [2]int{4000, 400}},
	},
	refused: map[string][]any{"Variance": {similarity.SVCCA{Variance: 1.5}}},
}, {
	method: "similarity.PWCCA",
	source: "2018, Insights on representational similarity in neural networks with canonical correlation",
	golden: golden{form: similarityGolden, test: "similarity.TestPublishedValues"},
	claim: claim{
		says: "directions in which a layer hardly varies hardly count",
		on: func(seed uint64) sample {
			s := layers(seed, multiplied(seed, 6, .01))
			s.x = noisy(seed)(s.x.(*mat.Dense))
			return s
		},
		measure: similarityOf(similarity.PWCCA{Weighing: similarity.FromX}),
		from:    .9, to: 1,
	},
	control: control{
		says: "all directions vary alike, and some are noise",
		on: func(seed uint64) sample {
			s := layers(seed, multiplied(seed, 6, .01))
			x := noisy(seed)(s.x.(*mat.Dense))
			x.Apply(func(_, j int, v float64) float64 {
				if j < 4 {
					return v
				}
				return 100 * v
			}, x)
			s.x = x
			return s
		},
	},
	variants: []variant{
		{name: "from fewer", of: always(similarity.PWCCA{}), least: 3, long: [2]int{4000, 400}},
		{name: "from y", of: always(similarity.PWCCA{Weighing: similarity.FromY}), least: 3, long: [2]int{4000, 400}},
	},
	refused: map[string][]any{"Weighing": {similarity.PWCCA{Weighing: 3}}},
}, {
	method:     "similarity.LinearRegression",
	stochastic: true,
	source:     "2019, Similarity of neural network representations revisited",
	golden:     golden{form: similarityGolden, test: "similarity.TestPublishedValues"},
	claim: claim{
		says:    "a linear map of x is all explained, on rows left out as well",
		on:      func(seed uint64) sample { return layers(seed, multiplied(seed, 4, .01)) },
		measure: similarityOf(similarity.LinearRegression{Folds: 5}),
		from:    .99, to: 1,
	},
	control: control{
		says: "y has nothing to do with x",
		on:   func(seed uint64) sample { return layers(seed, strangersOf(seed, 4)) },
	},
	variants: []variant{
		{name: "by folds", of: always(similarity.LinearRegression{Folds: 3, Ridge: .01}), least: 6, long: [2]int{4000, 400}},
		{name: "all rows", of: always(similarity.LinearRegression{}), least: 3, long: [2]int{4000, 400}},
		{name: "backward", of: always(similarity.LinearRegression{Backward: true}), least: 3, long: [2]int{4000, 400}},
	},
	refused: map[string][]any{"Folds": {similarity.LinearRegression{Folds: 1}, similarity.LinearRegression{Folds: 31}}},
}}
