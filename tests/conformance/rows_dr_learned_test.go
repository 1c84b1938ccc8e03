package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drLearnedRows = []row{{
	method:     "dr.TLDR",
	stochastic: true,
	source:     "2022, TLDR: twin learning for dimensionality reduction",
	golden:     golden{form: "the least loss of a linear map of partners: the leading eigenvectors of their correlation", test: "dr.TestTLDRFindsWhatPartnersShare"},
	claim: claim{
		says: "beside nuisance directions of larger variance, the nearest row in the map is of the same group for more rows than with PCA or whitening of the same size",
		on: func(seed uint64) sample {
			const n, k = 400, 40
			x, centers := fixture.Normal(seed, n, 36), fixture.Normal(seed+50, k, 30)
			x.Apply(func(i, j int, v float64) float64 {
				if j < 6 {
					return 2 * v
				}
				return centers.At(i%k, j-6) + .3*v
			}, x)
			labels := make([]int, n)
			for i := range labels {
				labels[i] = i % k
			}
			return sample{x: x, labels: labels}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			recall := func(m dr.Embedder) (float64, error) {
				e, err := m.Embed(ctx, s.x)
				if err != nil {
					return 0, err
				}
				return sameLabel(e, s.labels), nil
			}
			tldr, err := recall(dr.TLDR{Components: 6, ProjectorWidth: 64, Epochs: 50})
			if err != nil {
				return 0, err
			}
			pca, err := recall(dr.PCA{Components: 6})
			if err != nil {
				return 0, err
			}
			white, err := recall(dr.PCA{Components: 6, Whiten: true})
			return tldr - max(pca, white), err
		},
		from: .4, to: 1,
	},
	control: control{
		says: "in isotropic noise there is nothing that neighbours share and strangers do not",
		on: func(seed uint64) sample {
			s := shuffledLabels(groups(seed, 300, 36))
			s.x = fixture.Normal(seed, 300, 36)
			return s
		},
	},
	variants: []variant{
		{name: "linear", of: always(dr.TLDR{Epochs: 3, ProjectorWidth: 16}), least: 2, long: [2]int{3000, 400}},
		{name: "perceptron without projector", of: always(dr.TLDR{Components: 2, EncoderLayers: 1, EncoderWidth: 8, Nonlinear: true, ProjectorLayers: dr.None, Epochs: 3}), least: 2, long: [2]int{3000, 400}},
		{name: "in factors, more columns than rows", of: always(dr.TLDR{Components: 3, EncoderLayers: 1, EncoderWidth: 8, ProjectorLayers: 1, ProjectorWidth: 16, Epochs: 3}), least: 2, wide: true, long: [2]int{1500, 3000}},
	},
	exact: map[string]any{
		"ProjectorLayers": dr.TLDR{Epochs: 3, ProjectorLayers: dr.None},
	},
	refused: map[string][]any{
		"Components":   {dr.TLDR{Components: columns + 1}},
		"Neighbors":    {dr.TLDR{Neighbors: 60}},
		"Nonlinear":    {dr.TLDR{Nonlinear: true}},
		"Lambda":       {dr.TLDR{Lambda: 1.5}},
		"Batch":        {dr.TLDR{Batch: 1}, dr.TLDR{Batch: 61}},
		"LearningRate": {dr.TLDR{LearningRate: 1.5}},
	},
}, {
	method:     "dr.GaussianLinear",
	stochastic: true,
	source:     "2025, Interpretable non-linear dimensionality reduction using gaussian weighted linear transformation",
	golden:     golden{form: "two straight arms at right angles, of which one linear map keeps all distances between neighbours", test: "dr.TestGaussianLinearKeepsStraightArms"},
	claim: claim{
		says: "of a curved sheet the distances are kept better than by PCA: the stress is less by more than 0.01",
		on: func(seed uint64) sample {
			d, err := datasets.SCurve{Rows: 300, Seed: seed}.Generate()
			if err != nil {
				panic(err)
			}
			return sample{x: d.X}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.GaussianLinear{}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			p, err := dr.PCA{Components: 2}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return missed(s.x, p) - missed(s.x, e), nil
		},
		from: .01, to: 1,
	},
	control: control{
		says: "a flat sheet with a little noise is kept by PCA as well as by any map",
		on: func(seed uint64) sample {
			x := flat(seed, 300, 2, 5)
			x.Apply(func(i, j int, v float64) float64 { return v + .05*fixtureNoise(seed, i, j) }, x)
			return sample{x: x}
		},
	},
	variants: []variant{
		{name: "pairs by chance", of: always(dr.GaussianLinear{Iterations: 20, Pairs: 10}), least: 11, long: [2]int{20000, 100}},
		{name: "neighbours, one component", of: always(dr.GaussianLinear{Components: 1, Centers: 3, Neighbors: 1, Pairs: 1, Iterations: 20}), least: 3, long: [2]int{4000, 100}},
		{name: "one center, more columns than rows", of: always(dr.GaussianLinear{Components: 1, Centers: 1, Pairs: 1, Iterations: 20}), least: 2, wide: true, long: [2]int{800, 3000}},
	},
	refused: map[string][]any{
		"Components":   {dr.GaussianLinear{Components: columns + 1}},
		"Centers":      {dr.GaussianLinear{Centers: 61}},
		"Width":        {dr.GaussianLinear{Width: 1e-4}},
		"Neighbors":    {dr.GaussianLinear{Neighbors: 60}},
		"Pairs":        {dr.GaussianLinear{Pairs: 60}},
		"LearningRate": {dr.GaussianLinear{LearningRate: 1.5}},
	},
}}

// missed returns the stress of a map: the root of the sum of the squared errors of
// all distances, over that of their squares.
func missed(x, z mat.Matrix) float64 {
	n, _ := x.Dims()
	between := func(m mat.Matrix, i, j int) (length float64) {
		_, d := m.Dims()
		for c := range d {
			length = math.Hypot(length, m.At(i, c)-m.At(j, c))
		}
		return length
	}
	errors, all := 0., 0.
	for i := range n {
		for j := range i {
			a := between(x, i, j)
			errors += math.Pow(between(z, i, j)-a, 2)
			all += a * a
		}
	}
	return math.Sqrt(errors / all)
}
