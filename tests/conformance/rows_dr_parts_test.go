package conformance

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/dr"
)

var drPartsRows = []row{{
	method:     "dr.NMF",
	stochastic: true,
	origin:     "nothing may be below zero, where there is nothing of a part",
	source:     "1999, Learning the parts of objects by non-negative matrix factorization",
	golden:     golden{file: "nmf", holds: "runs.h", test: "dr.TestNMFAgainstScikitLearn"},
	claim: claim{
		says: "parts that rows are sums of are found: how much of each there is in a row correlates with a component",
		on: func(seed uint64) sample {
			amounts := fixture.Normal(seed, 300, 3)
			amounts.Apply(func(_, _ int, v float64) float64 { return max(v, 0) }, amounts)
			return sums(seed, amounts)
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.NMF{Components: 3, Iterations: 1000, Tolerance: 1e-6}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return recovered(s.y, e), nil
		},
		from: .97, to: 1,
	},
	control: control{
		says: "of parts that all rows have much of, parts of parts do as well",
		on: func(seed uint64) sample {
			amounts := fixture.Normal(seed, 300, 3)
			amounts.Apply(func(_, _ int, v float64) float64 { return 5 + v }, amounts)
			return sums(seed, amounts)
		},
	},
	variants: []variant{
		{name: "all components", of: always(dr.NMF{}), least: 1, constant: true, positive: true, long: [2]int{3000, 300}},
		{name: "two components, random, Kullback–Leibler", of: always(dr.NMF{Components: 2, Loss: dr.KullbackLeibler, Start: dr.FromRandomFactors}), least: 2, constant: true, positive: true, long: [2]int{4000, 300}},
		{name: "two components, penalties", of: always(dr.NMF{Components: 2, Start: dr.FromNNDSVDAR, PenaltyW: .01, PenaltyH: .02, L1Ratio: .5}), least: 2, constant: true, positive: true, long: [2]int{20000, 600}},
		{name: "more columns than rows", of: always(dr.NMF{Components: 4, Iterations: 4}), least: 4, constant: true, positive: true, wide: true, long: [2]int{300, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.NMF{Components: columns + 1}},
		"Loss":       {dr.NMF{Loss: "cosine"}},
		"Start":      {dr.NMF{Start: "PCA"}, dr.NMF{Start: dr.FromNNDSVD, Loss: dr.KullbackLeibler}},
		"L1Ratio":    {dr.NMF{L1Ratio: 1.5}},
		"Tolerance":  {dr.NMF{Tolerance: 1}},
	},
}, {
	method:     "dr.KernelPCA",
	stochastic: true,
	origin:     "scalar products are about the origin; dr.TestKernelPCAOfMovedRows moves rows where only differences matter",
	source:     "1998, Nonlinear component analysis as a kernel eigenvalue problem",
	golden:     golden{file: "kernelpca", holds: "runs.eigenvalues", test: "dr.TestKernelPCAAgainstScikitLearn"},
	claim: claim{
		says: "a component tells a ring from what it surrounds",
		on:   func(seed uint64) sample { return rings(seed, func(i int) float64 { return 1 + 3*float64(i%2) }) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			e, err := dr.KernelPCA{Components: 3, Gamma: .1}.Embed(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return recovered(s.y, e), nil
		},
		from: .9, to: 1,
	},
	control: control{
		says: "groups that are side by side on one ring have no component of their own",
		on: func(seed uint64) sample {
			s := rings(seed, func(int) float64 { return 4 })
			y := mat.NewDense(200, 1, nil)
			y.Apply(func(i, _ int, _ float64) float64 { return float64(i / 10 % 2) }, y)
			s.y = y
			return s
		},
	},
	variants: []variant{
		{name: "two components", of: always(dr.KernelPCA{}), least: 1, constant: true, long: [2]int{3000, 300}},
		{name: "polynomial, Lanczos", of: always(dr.KernelPCA{Components: 1, Kernel: dr.PolynomialKernel, Gamma: .1, Solver: dr.Lanczos}), least: 1, constant: true, long: [2]int{4000, 300}},
		{name: "cosine, randomised", of: always(dr.KernelPCA{Components: 1, Kernel: dr.CosineKernel, Solver: dr.Randomized}), least: 1, constant: true, long: [2]int{4000, 300}},
		{name: "sigmoid", of: always(dr.KernelPCA{Components: 1, Kernel: dr.SigmoidKernel, Gamma: .01, Ridge: 10}), least: 1, constant: true, long: [2]int{2000, 300}},
		{name: "linear, more columns than rows", of: always(dr.KernelPCA{Kernel: dr.LinearKernel}), least: 1, constant: true, wide: true, long: [2]int{1000, 3000}},
	},
	exact: map[string]any{"Offset": dr.KernelPCA{Kernel: dr.PolynomialKernel, Offset: dr.Zero}},
	refused: map[string][]any{
		"Components": {dr.KernelPCA{Components: 61}},
		"Kernel":     {dr.KernelPCA{Kernel: "laplacian"}},
		"Solver":     {dr.KernelPCA{Solver: "dense"}},
	},
}, {
	method: "dr.SparsePCA",
	source: "2010, Structured sparse principal component analysis",
	golden: golden{file: "sparsepca", holds: "runs.rows", test: "dr.TestSparsePCAAgainstScikitLearn"},
	claim: claim{
		says: "components are told by the few columns that move together: the share of entries that are rightly zero or not",
		on:   func(seed uint64) sample { return bundles(seed, 2) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := dr.SparsePCA{Components: 2, Penalty: 5}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			right := 0.
			for c := range 2 {
				row := m.Components().RawRowView(c)
				first := 0
				for j, v := range row {
					if math.Abs(v) > math.Abs(row[first]) {
						first = j
					}
				}
				for j, v := range row {
					if (v != 0) == (first < 8 && j/4 == first/4) {
						right += 1. / 24
					}
				}
			}
			return right, nil
		},
		from: .95, to: 1,
	},
	control: control{
		says: "columns that all move with both have no few that tell a component",
		on:   func(seed uint64) sample { return bundles(seed, 12) },
	},
	variants: []variant{
		{name: "all components", of: always(dr.SparsePCA{Iterations: 50}), least: 2, long: [2]int{3000, 500}},
		{name: "two components", of: always(dr.SparsePCA{Components: 2, Penalty: 3}), least: 3, long: [2]int{6000, 800}},
		{name: "more columns than rows", of: always(dr.SparsePCA{Iterations: 5}), least: 2, wide: true, long: [2]int{400, 3000}},
	},
	refused: map[string][]any{
		"Components": {dr.SparsePCA{Components: columns + 1}},
		"Tolerance":  {dr.SparsePCA{Tolerance: 1}},
	},
}}

// bundles returns rows of twelve columns, the first four of which move with one
// factor and the next four with another; with 12, all move with both.
func bundles(seed uint64, with int) sample {
	factors, weights := fixture.Normal(seed, 300, 2), fixture.Normal(seed+50, 2, 12)
	x := mat.NewDense(300, 12, nil)
	x.Apply(func(i, j int, _ float64) float64 {
		noise := .2 * fixtureNoise(seed, i, j)
		switch {
		case with == 12:
			return weights.At(0, j)*factors.At(i, 0) + weights.At(1, j)*factors.At(i, 1) + noise
		case j < 4:
			return 1.2*factors.At(i, 0) + noise
		case j < 8:
			return factors.At(i, 1) + noise
		}
		return noise
	}, x)
	return sample{x: x}
}

// rings returns 200 noisy points around rings of these radii, and the radii.
func rings(seed uint64, radius func(i int) float64) sample {
	x, y := mat.NewDense(200, 2, nil), mat.NewDense(200, 1, nil)
	for i := range 200 {
		r, angle := radius(i), float64(i)/100*math.Pi
		x.SetRow(i, []float64{r*math.Cos(angle) + .1*fixtureNoise(seed, i, 0), r*math.Sin(angle) + .1*fixtureNoise(seed, i, 1)})
		y.Set(i, 0, r)
	}
	return sample{x: x, y: y}
}

// sums returns rows of twelve columns that are sums of non-negative parts, in these
// amounts.
func sums(seed uint64, amounts *mat.Dense) sample {
	_, k := amounts.Dims()
	components := fixture.Normal(seed+100, k, 12)
	components.Apply(func(_, _ int, v float64) float64 { return max(v, 0) }, components)
	var x mat.Dense
	x.Mul(amounts, components)
	x.Apply(func(i, j int, v float64) float64 { return max(v, 0) + .01*math.Abs(fixtureNoise(seed, i, j)) }, &x)
	return sample{x: &x, y: amounts}
}
