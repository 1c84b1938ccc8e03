package conformance

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
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
