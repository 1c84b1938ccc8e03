package conformance

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
)

// linearFromZero is why rows + 1000 are other data to a sketch.
const linearFromZero = "a sketch is linear: it moves with the rows, in another direction"

// sketched is long enough to be cancelled, for any sketch.
var sketched = [2]int{20000, 500}

// sizes returns rows of very different lengths.
func sizes(seed uint64) *mat.Dense {
	x := fixture.Normal(seed, 80, 300)
	for i := range 80 {
		for j := range 300 {
			x.Set(i, j, x.At(i, j)*float64(1+i%9))
		}
	}
	return x
}

// kept is the claim of every sketch: over ten seeds, squared distances change by
// at most so many times as much, on average, as by a Gaussian matrix, where
// |ratio − 1| has the mean √(4/πk). The control looks for the distances between other rows.
func kept(most float64, apply func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error)) (claim, control) {
	return claim{
			says: fmt.Sprintf("the sketch distorts squared distances by at most %v times what a Gaussian matrix of so many columns does", most),
			on:   func(seed uint64) sample { x := sizes(seed); return sample{x: x, y: x} },
			measure: func(ctx context.Context, s sample) (sum float64, err error) {
				for seed := range uint64(10) {
					z, err := apply(ctx, seed, s.x)
					if err != nil {
						return 0, err
					}
					p, err := sketch.Distortion{}.Compare(ctx, s.y, z)
					if err != nil {
						return 0, err
					}
					_, k := z.Dims()
					sum += p.MeanAbs / math.Sqrt(4/(math.Pi*float64(k))) / 10
				}
				return sum, nil
			},
			from: 0, to: most,
		}, control{
			says: "the distances looked for are those of the rows in another order",
			on:   func(seed uint64) sample { x := sizes(seed); return sample{x: x, y: shuffledRows(x)} },
		}
}

// sketchRow fills in what sketches share.
func sketchRow(r row, most float64, apply func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error)) row {
	r.stochastic, r.origin = true, linearFromZero
	r.claim, r.control = kept(most, apply)
	for i := range r.variants {
		r.variants[i].least, r.variants[i].constant, r.variants[i].long = 1, true, sketched
	}
	return r
}

// kernelError returns the mean squared error of the Gaussian kernel between rows.
func kernelError(ctx context.Context, x mat.Matrix, coupling sketch.Coupling) (sum float64, err error) {
	n, d := x.Dims()
	for seed := range uint64(60) {
		f := sketch.RandomFeatures{Dim: 2 * d, Coupling: coupling, Seed: seed}
		z, err := f.Apply(ctx, x)
		if err != nil {
			return 0, err
		}
		for i := range n {
			for j := range i {
				var square, dot float64
				for c := range d {
					square += (x.At(i, c) - x.At(j, c)) * (x.At(i, c) - x.At(j, c))
				}
				for c := range 2 * d {
					dot += z.At(i, c) * z.At(j, c)
				}
				e := dot - math.Exp(-square/float64(d))
				sum += e * e / float64(60*n*(n-1)/2)
			}
		}
	}
	return sum, nil
}

// smooth returns rows that are random walks from column to column.
func smooth(seed uint64) *mat.Dense {
	x := fixture.Normal(seed, 300, 64)
	for i := range 300 {
		for j := 1; j < 64; j++ {
			x.Set(i, j, x.At(i, j)+x.At(i, j-1))
		}
	}
	return x
}

// falling returns rows whose columns matter less and less.
func falling(seed uint64) *mat.Dense {
	x := fixture.Normal(seed, 300, 32)
	x.Apply(func(_, j int, v float64) float64 { return v * math.Pow(1+float64(j), -1.5) }, x)
	return x
}

// keptNeighbors returns the share of the ten nearest rows that all columns of z
// find.
func keptNeighbors(ctx context.Context, x, z mat.Matrix) (float64, error) {
	_, k := z.Dims()
	c, err := sketch.PrefixCurve{Dims: []int{k}}.Compare(ctx, x, z)
	if err != nil {
		return 0, err
	}
	return c.Recall[0], nil
}

// projectionRow fills in what transforms share: their claim is to keep nearly as
// many neighbours as principal components do where columns are smooth.
func projectionRow(r row, least float64, apply func(ctx context.Context, x mat.Matrix, k int) (*mat32.Dense, error)) row {
	const k = 12
	r.origin = linearFromZero
	r.claim = claim{
		says: fmt.Sprintf("where columns follow each other smoothly, the lowest frequencies find %v times the neighbours that principal components do", least),
		on:   func(seed uint64) sample { return sample{x: smooth(seed)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			z, err := apply(ctx, s.x, k)
			if err != nil {
				return 0, err
			}
			low, err := keptNeighbors(ctx, s.x, z)
			if err != nil {
				return 0, err
			}
			p, err := dr.PCA{Components: k}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			best, err := keptNeighbors(ctx, s.x, p)
			return low / best, err
		},
		from: least, to: 1.05,
	}
	r.control = control{
		says: "the same columns in another order",
		on: func(seed uint64) sample {
			x := smooth(seed)
			n, d := x.Dims()
			y := mat.NewDense(n, d, nil)
			for j, from := range shuffled(d) {
				y.SetCol(j, mat.Col(nil, from, x))
			}
			return sample{x: y}
		},
	}
	for i := range r.variants {
		r.variants[i].least, r.variants[i].constant, r.variants[i].long = 1, true, sketched
	}
	return r
}

var sketchRows = []row{
	sketchRow(row{
		method: "sketch.Gaussian",
		source: "2003, An elementary proof of a theorem of Johnson and Lindenstrauss",
		golden: golden{file: "sketch", holds: "min_dim.dim", test: "sketch.TestMinDimAgainstScikitLearn"},
		variants: []variant{
			{name: "default", of: always(sketch.Gaussian{})},
			{name: "3 columns", of: always(sketch.Gaussian{Dim: 3, Seed: 1})},
		},
	}, 1.1, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.Gaussian{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	sketchRow(row{
		method: "sketch.Sparse",
		source: "2003, Database-friendly random projections",
		golden: golden{form: "the mean of ‖Sx‖² over seeds is ‖x‖²", test: "sketch.TestSketchesAreUnbiased"},
		variants: []variant{
			{name: "a third", of: always(sketch.Sparse{Dim: 20})},
			{name: "a tenth", of: always(sketch.Sparse{Dim: 64, Density: .1})},
		},
		refused: map[string][]any{"Density": {sketch.Sparse{Density: 1.5}}},
	}, 1.1, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.Sparse{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	sketchRow(row{
		method: "sketch.FJLT",
		source: "2022, The fast Johnson-Lindenstrauss transform is even faster",
		golden: golden{form: "the distortion of the classical density, at a third of its entries", test: "sketch.TestTheSparserFJLTKeepsItsDistortion"},
		variants: []variant{
			{name: "default", of: always(sketch.FJLT{})},
			{name: "sparse", of: always(sketch.FJLT{Dim: 32, Points: 3})},
			{name: "independent", of: always(sketch.FJLT{Dim: 16, Independent: true, Density: .5})},
			{name: "classical", of: always(sketch.FJLT{Dim: 12, Classical: true})},
		},
		refused: map[string][]any{"Density": {sketch.FJLT{Density: 1.5}}, "Points": {sketch.FJLT{Points: 1}}},
	}, 1.1, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.FJLT{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	sketchRow(row{
		method: "sketch.SRHT",
		source: "2011, Improved analysis of the subsampled randomized Hadamard transform",
		golden: golden{form: "every length at Dim = m", test: "sketch.TestSRHTOfAllColumnsIsAnIsometry"},
		variants: []variant{
			{name: "default", of: always(sketch.SRHT{})},
			{name: "3 columns", of: always(sketch.SRHT{Dim: 3})},
		},
		refused: map[string][]any{"Dim": {sketch.SRHT{Dim: 9}}},
	}, 1.1, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.SRHT{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	sketchRow(row{
		method:   "sketch.CountSketch",
		source:   "2002, Finding frequent items in data streams",
		golden:   golden{form: "one entry of ±1 in every column", test: "sketch.TestColumnsOfSparseSketches"},
		variants: []variant{{name: "default", of: always(sketch.CountSketch{})}},
	}, 1.1, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.CountSketch{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	sketchRow(row{
		method: "sketch.OSNAP",
		source: "2013, OSNAP: Faster numerical linear algebra algorithms via sparser subspace embeddings",
		golden: golden{form: "one entry of ±1/√Nonzeros in every stretch of every column", test: "sketch.TestColumnsOfSparseSketches"},
		variants: []variant{
			{name: "default", of: always(sketch.OSNAP{})},
			{name: "2 entries", of: always(sketch.OSNAP{Dim: 7, Nonzeros: 2})},
		},
		refused: map[string][]any{"Nonzeros": {sketch.OSNAP{Dim: 4, Nonzeros: 5}}},
	}, 1.1, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.OSNAP{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	sketchRow(row{
		method: "sketch.Fastfood",
		source: "2013, Fastfood: approximating kernel expansions in loglinear time",
		golden: golden{form: "the mean of ‖Sx‖² over seeds is ‖x‖², and ⟨Sx, y⟩ = ⟨x, Sᵀy⟩", test: "sketch.TestApplyTIsTheAdjoint"},
		variants: []variant{
			{name: "default", of: always(sketch.Fastfood{})},
			{name: "3 blocks", of: always(sketch.Fastfood{Dim: 20})},
		},
	}, 1.3, func(ctx context.Context, seed uint64, x mat.Matrix) (*mat32.Dense, error) {
		return sketch.Fastfood{Dim: 64, Seed: seed}.Apply(ctx, x)
	}),
	{
		method: "sketch.RandomFeatures", stochastic: true,
		origin: "features are waves or powers from zero: rows + 1000 have other ones, and only inner products are compared",
		source: "2007, Random features for large-scale kernel machines",
		golden: golden{form: "mean and variance of the kernel for all couplings, from joint moments of two projections",
			test: "sketch.TestRandomFeaturesHaveTheVarianceOfTheClosedForm"},
		claim: claim{
			says: "the squared error of the kernel with orthogonal directions is at most half of that with independent ones, for rows near each other",
			on: func(seed uint64) sample {
				x := fixture.Normal(seed, 40, 16)
				x.Scale(.55, x)
				return sample{x: x}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				coupled, err := kernelError(ctx, s.x, sketch.Orthogonal)
				if err != nil {
					return 0, err
				}
				single, err := kernelError(ctx, s.x, sketch.IID)
				return coupled / single, err
			},
			from: 0, to: .5,
		},
		control: control{
			says: "rows are so far apart that phases are lost whatever the directions",
			on: func(seed uint64) sample {
				x := fixture.Normal(seed, 40, 16)
				x.Scale(5, x)
				return sample{x: x}
			},
		},
		variants: []variant{
			{name: "default", of: always(sketch.RandomFeatures{}), least: 1, constant: true, long: sketched},
			{name: "orthogonal", of: always(sketch.RandomFeatures{Dim: 26, Coupling: sketch.Orthogonal}), least: 1, constant: true, long: sketched},
			{name: "simplex, positive", of: always(sketch.RandomFeatures{Dim: 7, Coupling: sketch.Simplex, Positive: true, Gamma: .01}), least: 1, constant: true, long: sketched},
		},
		refused: map[string][]any{
			"Dim":      {sketch.RandomFeatures{Dim: 7}},
			"Coupling": {sketch.RandomFeatures{Coupling: "pairs"}},
		},
	},
	projectionRow(row{
		method: "sketch.FFTReduce",
		source: "1965, An algorithm for the machine calculation of complex Fourier series",
		golden: golden{form: "the sums of the discrete Fourier transform, written out", test: "sketch.TestFFTReduceIsTheFourierTransform"},
		variants: []variant{
			{name: "default", of: always(sketch.FFTReduce{})},
			{name: "2 columns", of: always(sketch.FFTReduce{Dim: 2})},
			{name: "magnitudes", of: always(sketch.FFTReduce{Dim: 3, Magnitudes: true})},
		},
		refused: map[string][]any{"Dim": {sketch.FFTReduce{Dim: 6}, sketch.FFTReduce{Dim: 4, Magnitudes: true}}},
	}, .9, func(ctx context.Context, x mat.Matrix, k int) (*mat32.Dense, error) {
		return sketch.FFTReduce{Dim: k}.Apply(ctx, x)
	}),
	projectionRow(row{
		method:   "sketch.DCT",
		source:   "1974, Discrete cosine transform",
		golden:   golden{form: "the sums of the discrete cosine transform, written out", test: "sketch.TestDCTIsTheCosineTransform"},
		variants: []variant{{name: "default", of: always(sketch.DCT{})}, {name: "2 columns", of: always(sketch.DCT{Dim: 2})}},
		refused:  map[string][]any{"Dim": {sketch.DCT{Dim: 6}}},
	}, .95, func(ctx context.Context, x mat.Matrix, k int) (*mat32.Dense, error) {
		return sketch.DCT{Dim: k}.Apply(ctx, x)
	}),
	{
		method: "sketch.TruncatePrefix",
		origin: linearFromZero,
		source: "2022, Matryoshka representation learning",
		golden: golden{form: "the first columns", test: "sketch.TestTruncatePrefixKeepsTheFirstColumns"},
		claim: claim{
			says: "where columns go from coarse to fine, a quarter of them finds most of the ten nearest rows",
			on:   func(seed uint64) sample { return sample{x: falling(seed)} },
			measure: func(ctx context.Context, s sample) (float64, error) {
				z, err := sketch.TruncatePrefix{Dim: 8}.Apply(ctx, s.x)
				if err != nil {
					return 0, err
				}
				return keptNeighbors(ctx, s.x, z)
			},
			from: .8, to: 1,
		},
		control: control{
			says: "the same rows, turned, so that all columns matter alike",
			on: func(seed uint64) sample {
				x := falling(seed)
				_, d := x.Dims()
				var qr mat.QR
				qr.Factorize(fixture.Normal(seed+7, d, d))
				var q, turned mat.Dense
				qr.QTo(&q)
				turned.Mul(x, &q)
				return sample{x: &turned}
			},
		},
		variants: []variant{
			{name: "default", of: always(sketch.TruncatePrefix{}), least: 1, constant: true, long: [2]int{40000, 1000}},
			{name: "2 columns of length one", of: always(sketch.TruncatePrefix{Dim: 2, Normalize: true}), least: 1, constant: true, long: [2]int{40000, 1000}},
		},
		refused: map[string][]any{"Dim": {sketch.TruncatePrefix{Dim: 6}}},
	},
	{
		method:     "sketch.PrefixCurve",
		stochastic: true,
		source:     "2022, Matryoshka representation learning",
		golden:     golden{form: "neighbours by brute force", test: "sketch.TestPrefixCurveByBruteForce"},
		claim: claim{
			says: "a prefix of 16 of 32 falling columns finds more than 0.9 of the neighbours that all find",
			on:   func(seed uint64) sample { x := falling(seed); return sample{x: x, y: x} },
			measure: func(ctx context.Context, s sample) (float64, error) {
				c, err := sketch.PrefixCurve{}.Compare(ctx, s.x, s.y)
				if err != nil {
					return 0, err
				}
				return c.Recall[slices.Index(c.Dims, 16)], nil
			},
			from: .9, to: 1,
		},
		control: control{
			says: "the rows come in another order",
			on:   func(seed uint64) sample { x := falling(seed); return sample{x: x, y: shuffledRows(x)} },
		},
		variants: []variant{
			{name: "default", of: always(sketch.PrefixCurve{}), least: 2, long: [2]int{8000, 500}},
			{name: "3 neighbours", of: always(sketch.PrefixCurve{Neighbors: 3, Dims: []int{1, 2}, Queries: 20}), least: 4, long: [2]int{20000, 500}},
		},
	},
	{
		method:     "sketch.Distortion",
		stochastic: true,
		unmoved:    "sketch.TestDistortionDrawsPairs: few rows are compared in all their pairs",
		source:     "1984, Extensions of Lipschitz mappings into a Hilbert space",
		golden:     golden{form: "profiles worked out by hand", test: "sketch.TestDistortionByHand"},
		claim: claim{
			says: "a map that doubles every length multiplies every squared distance by four",
			on: func(seed uint64) sample {
				x := sizes(seed)
				var y mat.Dense
				y.Scale(2, x)
				return sample{x: x, y: &y}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				p, err := sketch.Distortion{Seed: 1}.Compare(ctx, s.x, s.y)
				if err != nil {
					return 0, err
				}
				return p.Mean + p.StdDev, nil
			},
			from: 4 - 1e-9, to: 4 + 1e-9,
		},
		control: control{
			says: "the rows come in another order",
			on:   func(seed uint64) sample { x := sizes(seed); return sample{x: x, y: shuffledRows(x)} },
		},
		variants: []variant{{name: "default", of: always(sketch.Distortion{}), least: 2, long: [2]int{8000, 500}}},
	},
}
