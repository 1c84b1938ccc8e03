package conformance

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/intrinsic"
)

// turns gives n rows k classes in turn.
func turns(n, k int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % k
	}
	return labels
}

// classesApart returns four classes of rows that lie apart.
func classesApart(seed uint64) sample {
	x := fixture.Normal(seed, 160, 5)
	for i := range 160 {
		x.Set(i, i%4, x.At(i, i%4)+8)
	}
	return sample{x: x, labels: turns(160, 4)}
}

var intrinsicScoreRows = []row{{
	method: "intrinsic.DiffusionSpectralEntropy",
	source: "2023, Assessing neural network representations during training using noise-resilient diffusion spectral entropy",
	golden: golden{form: "the definition on three fixtures", test: "intrinsic.TestDiffusionSpectralEntropyOfFixtures"},
	claim: claim{
		says: "noise of a tenth in ten columns changes the entropy of one dimension by less than a tenth of a bit",
		on: func(seed uint64) sample {
			x, noise := mat.NewDense(200, 10, nil), fixture.Normal(seed+50, 200, 10)
			x.Slice(0, 200, 0, 1).(*mat.Dense).Scale(4, fixture.Uniform(seed, 200, 1))
			noise.Scale(.1, noise)
			return sample{x: x, y: noise}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			e := intrinsic.DiffusionSpectralEntropy{Sigma: 1.5, Power: 2}
			var blurred mat.Dense
			blurred.Add(s.x, s.y)
			before, err := e.Estimate(ctx, s.x)
			if err != nil {
				return 0, err
			}
			after, err := e.Estimate(ctx, &blurred)
			return after.Value - before.Value, err
		},
		from: -.1, to: .1,
	},
	control: control{
		says: "noise of the size of the data",
		on: func(seed uint64) sample {
			x := mat.NewDense(200, 10, nil)
			x.Slice(0, 200, 0, 1).(*mat.Dense).Scale(4, fixture.Uniform(seed, 200, 1))
			return sample{x: x, y: fixture.Normal(seed+50, 200, 10)}
		},
	},
	variants: []variant{
		{name: "as published", of: always(intrinsic.DiffusionSpectralEntropy{}), least: 1, constant: true, distances: asForRows, long: [2]int{1500, 5}},
		{name: "without the first, two steps", of: always(intrinsic.DiffusionSpectralEntropy{Sigma: 2, Power: 2, DropFirst: true}), least: 2, distances: asForRows, long: [2]int{1500, 5}},
	},
	refused: map[string][]any{
		"Sigma": {intrinsic.DiffusionSpectralEntropy{Sigma: -1}},
		"Power": {intrinsic.DiffusionSpectralEntropy{Power: -1}},
	},
}, {
	method: "intrinsic.DiffusionSpectralMI", stochastic: true,
	source: "2023, Assessing neural network representations during training using noise-resilient diffusion spectral entropy",
	golden: golden{form: "exactly 0 of one class, near 0 of labels of nothing", test: "intrinsic.TestDiffusionSpectralMIFallsAsLabelsAreCorrupted"},
	claim: claim{
		says: "four classes apart tell nine tenths of a bit or more, of two",
		on:   classesApart,
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := intrinsic.DiffusionSpectralMI{Labels: s.labels, Sigma: 3}.Estimate(ctx, s.x)
			return m.Value, err
		},
		from: .9, to: 2,
	},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(classesApart(seed)) }},
	variants: []variant{
		{name: "three classes", of: func(n, d int) any { return intrinsic.DiffusionSpectralMI{Labels: turns(n, 3), Sigma: 2} }, least: 1, constant: true, distances: asForRows, long: [2]int{1500, 5}},
	},
	refused: map[string][]any{
		"Labels":  {intrinsic.DiffusionSpectralMI{}, intrinsic.DiffusionSpectralMI{Labels: turns(59, 2)}},
		"Sigma":   {intrinsic.DiffusionSpectralMI{Labels: turns(60, 2), Sigma: -1}},
		"Power":   {intrinsic.DiffusionSpectralMI{Labels: turns(60, 2), Power: -1}},
		"Repeats": {intrinsic.DiffusionSpectralMI{Labels: turns(60, 2), Repeats: -1}},
	},
}, {
	method: "intrinsic.BinnedEntropy",
	source: "1948, A mathematical theory of communication",
	golden: golden{form: "three of four rows in one cell", test: "intrinsic.TestBinnedEntropyOfThreeInOneCell"},
	claim: claim{
		says: "rows in ten noisy columns have a cell each, whatever their dimension: log₂ 256 is 8",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 256, 10)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			b, err := intrinsic.BinnedEntropy{}.Estimate(ctx, s.x)
			return b.Value, err
		},
		from: 8, to: 8,
	},
	control:  control{says: "one column, where cells are shared", on: func(seed uint64) sample { return sample{x: fixture.Normal(seed, 256, 1)} }},
	variants: []variant{{name: "thirty bins", of: always(intrinsic.BinnedEntropy{}), least: 1, constant: true, long: [2]int{60000, 20}}},
	refused:  map[string][]any{"Bins": {intrinsic.BinnedEntropy{Bins: -1}, intrinsic.BinnedEntropy{Bins: 1 << 17}}},
}, {
	method: "intrinsic.LabelSharpness", stochastic: true,
	unmoved: "60 rows are all compared, a sample of more is not: intrinsic.TestLabelSharpnessIsTheSteepestPair",
	source:  "2024, The effect of intrinsic dataset properties on generalization: unraveling learning differences between natural and medical images",
	golden:  golden{form: "the largest over all pairs", test: "intrinsic.TestLabelSharpnessIsTheSteepestPair"},
	claim: claim{
		says: "classes that lie apart, by less than ten and more than one and two thirds, have a sharpness of 0.1 to 0.6",
		on:   classesApart,
		measure: func(ctx context.Context, s sample) (float64, error) {
			l, err := intrinsic.LabelSharpness{Labels: s.labels}.Estimate(ctx, s.x)
			return l.Value, err
		},
		from: .1, to: .6,
	},
	control: control{says: "the labels are shuffled", on: func(seed uint64) sample { return shuffledLabels(classesApart(seed)) }},
	variants: []variant{
		{name: "every fourth row of another class", of: func(n, d int) any {
			labels := turns(n, 4)
			for i := range labels {
				labels[i] /= 3
			}
			return intrinsic.LabelSharpness{Labels: labels}
		}, least: 2, distances: asForRows, long: [2]int{20000, 100}},
	},
	refused: map[string][]any{
		"Labels":  {intrinsic.LabelSharpness{}, intrinsic.LabelSharpness{Labels: turns(59, 2)}},
		"Targets": {intrinsic.LabelSharpness{Targets: make([]float64, 59)}},
		"Sample":  {intrinsic.LabelSharpness{Labels: turns(60, 2), Sample: 1}},
	},
}, {
	method: "intrinsic.Hidalgo", stochastic: true,
	source: "2020, Data segmentation based on the local intrinsic dimension",
	golden: golden{form: "the Gamma posterior of one component, and two planted dimensions", test: "intrinsic.TestHidalgoFindsPlantedDimensions"},
	claim: claim{
		says: "rows of dimension 1 and of dimension 4 are told apart, 95 of 100",
		on: func(seed uint64) sample {
			x := mat.NewDense(400, 6, nil)
			thread, cloud := fixture.Normal(seed, 200, 1), fixture.Normal(seed+100, 200, 4)
			for i := range 200 {
				for j := range 6 {
					x.Set(i, j, thread.At(i, 0)*float64(j-2)/2)
				}
				for j := range 4 {
					x.Set(200+i, j, cloud.At(i, j))
				}
				x.Set(200+i, 5, 9)
			}
			return sample{x: x, labels: sides(400)}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := intrinsic.Hidalgo{Sweeps: 150, Warmup: 150}.Mixture(ctx, s.x)
			if err != nil {
				return 0, err
			}
			right := 0.
			for i, l := range m.Labels {
				if l == s.labels[i] {
					right++
				}
			}
			if len(m.Components) < 2 || m.Components[1].Value-m.Components[0].Value < 2 {
				return 0, nil // one dimension in two places
			}
			return right / float64(len(m.Labels)), nil
		},
		from: .95, to: 1,
	},
	control: control{
		says: "both halves have dimension 4",
		on: func(seed uint64) sample {
			x := fixture.Normal(seed, 400, 4)
			for i := range 200 {
				x.Set(i, 0, x.At(i, 0)+20)
			}
			return sample{x: x, labels: sides(400)}
		},
	},
	variants: []variant{
		{name: "short", of: always(intrinsic.Hidalgo{Sweeps: 20, Warmup: 10}), least: 4, distances: asForRows, long: [2]int{3000, 5}},
		{name: "three components", of: always(intrinsic.Hidalgo{Components: 3, Concentration: .1, Homogeneity: .6, Neighbors: 2, Sweeps: 20, Warmup: 10, Chains: 1}), least: 4, distances: asForRows, long: [2]int{3000, 5}},
	},
	refused: map[string][]any{
		"Neighbors":     {intrinsic.Hidalgo{Neighbors: 60}},
		"Homogeneity":   {intrinsic.Hidalgo{Homogeneity: .4}, intrinsic.Hidalgo{Homogeneity: 1}},
		"Components":    {intrinsic.Hidalgo{Components: 256}},
		"Sweeps":        {intrinsic.Hidalgo{Sweeps: 1}},
		"Warmup":        {intrinsic.Hidalgo{Warmup: -1}},
		"Chains":        {intrinsic.Hidalgo{Chains: 1001}},
		"Concentration": {intrinsic.Hidalgo{Concentration: -1}},
	},
}, {
	method: "intrinsic.ScoreID", stochastic: true,
	unmoved: "60 rows are all looked at, a sample of more is not: intrinsic.TestSeedOfScoreID",
	source:  "2024, On gauge freedom, conservativity and intrinsic dimensionality estimation in diffusion models",
	golden:  golden{form: "exact counts on the circle and the sphere, exact scores of normal rows", test: "intrinsic.TestScoreIDIsExactOnSpheres"},
	claim: claim{
		says: "a circle in ten columns has dimension 1 at every row",
		on:   func(seed uint64) sample { return sample{x: sphere(seed, 1)} },
		measure: func(ctx context.Context, s sample) (float64, error) {
			d, err := intrinsic.ScoreID{Sigma: .2, Sample: 50}.Estimate(ctx, s.x)
			return d.Value + d.StdErr, err // which is 0 where all say the same
		},
		from: 1, to: 1,
	},
	control: control{says: "a sphere has dimension 2", on: func(seed uint64) sample { return sample{x: sphere(seed, 2)} }},
	variants: []variant{
		{name: "count", of: always(intrinsic.ScoreID{Sample: 2000}), least: 21, long: [2]int{30000, 5}},
		{name: "trace", of: always(intrinsic.ScoreID{Sigma: 2, Trace: true, Sample: 1000}), least: 3, constant: true, long: [2]int{2000, 20}},
	},
	refused: map[string][]any{
		"Sigma":  {intrinsic.ScoreID{Sigma: -1}, intrinsic.ScoreID{Score: intrinsic.ScoreFunc(func(dst, x []float64) {})}},
		"Sample": {intrinsic.ScoreID{Sample: 1}},
	},
}}

// sphere returns 300 rows on the unit sphere of a dimension, in ten columns.
func sphere(seed uint64, dim int) *mat.Dense {
	x, u := mat.NewDense(300, 10, nil), fixture.Normal(seed, 300, dim+1)
	for i := range 300 {
		r := mat.Norm(u.RowView(i), 2)
		for j := range dim + 1 {
			x.Set(i, j, u.At(i, j)/r)
		}
	}
	return x
}

// sides gives the first half of n rows the class 0 and the second 1.
func sides(n int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = 2 * i / n
	}
	return labels
}
