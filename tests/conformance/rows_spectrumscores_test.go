package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// rowsAreDirections is why a constant added to every column changes what looks at
// directions from the origin.
const rowsAreDirections = "rows are seen from the origin, as the author sees representations"

// scored is a function of rows with a score.
type scored = func(ctx context.Context, x mat.Matrix) (measure.Score, error)

// spectrumScore returns the row of a function whose claim is its value on 300 rows of
// three dimensions in ten columns, and its control isotropic noise.
func spectrumScore(method string, f scored, source, form, test, says string, from, to float64, v variant) row {
	v.name, v.call = "its only way", func(ctx context.Context, x mat.Matrix) (any, error) { return f(ctx, x) }
	return row{
		method: method, source: source, golden: golden{form: form, test: test},
		claim: claim{
			says: says, on: func(seed uint64) sample { return sample{x: flat(seed, 300, 3, 10)} },
			measure: func(ctx context.Context, s sample) (float64, error) {
				score, err := f(ctx, s.x)
				return score.Value, err
			}, from: from, to: to,
		},
		control:  control{says: "isotropic noise fills all ten columns", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 300, 10)} }},
		variants: []variant{v},
	}
}

var spectrumScoreRows = []row{
	fromOrigin(spectrumScore("spectrum.RankMe", spectrum.RankMe, "2023, RankMe: assessing the downstream performance of pretrained self-supervised representations by their rank",
		"the definition on three fixtures", "spectrum.TestSpectraOfFixtures", "three dimensions have a rank of three at most", 1, 3.01,
		variant{least: 1, constant: true, long: [2]int{3000, 200}})),
	spectrumScore("spectrum.NuclearNorm", spectrum.NuclearNorm, "2001, A rank minimization heuristic with application to minimum order system approximation",
		"√(k/n) for the two ways of k axes", "spectrum.TestVonNeumannEntropyIsExact", "three dimensions have a norm of √(3/300) at most", .04, .1001,
		variant{least: 2, long: [2]int{3000, 200}}),
	{
		method: "spectrum.MatrixNuclearNorm", source: "2024, Large language model evaluation via matrix nuclear-norm",
		golden: golden{form: "that of full rank across the axes, near the nuclear norm along them", test: "spectrum.TestMatrixNuclearNormMissesLowRank"},
		claim: claim{
			says: "three of ten columns have a norm of √(3/300) at most",
			on: func(seed uint64) sample {
				x := mat.NewDense(300, 10, nil)
				x.Slice(0, 300, 0, 3).(*mat.Dense).Copy(fixture.Normal(seed, 300, 3))
				return sample{x: x}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				score, err := spectrum.MatrixNuclearNorm(ctx, s.x)
				return score.Value, err
			},
			from: .04, to: .1001,
		},
		control: control{says: "the same rank across the axes looks larger", on: func(seed uint64) sample { return sample{x: flat(seed, 300, 3, 10)} }},
		variants: []variant{{name: "its only way", least: 2, long: [2]int{20000, 100},
			call: func(ctx context.Context, x mat.Matrix) (any, error) { return spectrum.MatrixNuclearNorm(ctx, x) }}},
	},
	fromOrigin(spectrumScore("spectrum.VonNeumannEntropy", spectrum.VonNeumannEntropy, "2023, VNE: an effective method for improving deep representation by manipulating eigenvalue distribution",
		"log k on k orthonormal directions", "spectrum.TestVonNeumannEntropyIsExact", "three dimensions have an entropy of log 3 at most", .3, 1.0987,
		variant{least: 1, constant: true, long: [2]int{3000, 400}})),
	spectrumScore("spectrum.MatrixEntropy", spectrum.MatrixEntropy, "2024, Large language model evaluation via matrix entropy",
		"log k/log d on the two ways of k axes", "spectrum.TestVonNeumannEntropyIsExact", "three of ten dimensions have an entropy of log 3/log 10 at most", .1, .4772,
		variant{least: 2, long: [2]int{3000, 400}}),
	{
		method: "spectrum.VonNeumannGradient", source: "2023, VNE: an effective method for improving deep representation by manipulating eigenvalue distribution",
		origin: rowsAreDirections,
		golden: golden{form: "differences of the entropy", test: "spectrum.TestVonNeumannGradientIsThatOfDifferences"},
		claim: claim{
			says: "rows that point one way more than others have a slope along which the entropy rises",
			on: func(seed uint64) sample {
				x := fixture.Normal(seed, 60, 4)
				for i := range 60 {
					x.Set(i, 0, 4*x.At(i, 0))
				}
				return sample{x: x}
			},
			measure: func(ctx context.Context, s sample) (float64, error) {
				g, err := spectrum.VonNeumannGradient(ctx, s.x)
				if err != nil {
					return 0, err
				}
				var y mat.Dense
				y.Add(s.x, g)
				before, err := spectrum.VonNeumannEntropy(ctx, s.x)
				if err != nil {
					return 0, err
				}
				after, err := spectrum.VonNeumannEntropy(ctx, &y)
				return after.Value - before.Value, err
			},
			from: .002, to: .5,
		},
		control: control{
			says: "where all axes are taken equally often the entropy is at its top",
			on: func(seed uint64) sample {
				x := mat.NewDense(60, 4, nil)
				for i := range 60 {
					x.Set(i, i%4, float64(seed))
				}
				return sample{x: x}
			},
		},
		variants: []variant{{name: "its only way", least: 1, constant: true, long: [2]int{3000, 200},
			call: func(ctx context.Context, x mat.Matrix) (any, error) { return spectrum.VonNeumannGradient(ctx, x) }}},
	},
}

// fromOrigin marks what looks at rows from the origin.
func fromOrigin(r row) row {
	r.origin = rowsAreDirections
	return r
}
