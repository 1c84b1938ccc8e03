package conformance

import (
	"context"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/nn"
)

// asTheyAre is why networks are given other data where columns are moved.
const asTheyAre = "networks take rows as they are, seen from the origin"

var nnRows = []row{{
	method:     "nn.MLP",
	stochastic: true,
	origin:     asTheyAre,
	source:     "1986, Learning representations by back-propagating errors",
	golden:     golden{form: "least squares and ridge regression by normal equations, and gradients by finite differences", test: "nn.TestMLPWithoutHiddenLayersIsLeastSquares"},
	claim: claim{
		says: "hidden units tell long rows from short ones, which no plane does: of 300 others 85 % and more",
		on:   func(seed uint64) sample { return longRows(seed, 900, 4) },
		measure: func(ctx context.Context, s sample) (float64, error) {
			x := mat32.Convert(s.x)
			n, d := x.Dims()
			cut := 2 * n / 3
			train, held := mat32.NewDense(cut, d, x.Data()[:cut*d]), mat32.NewDense(n-cut, d, x.Data()[cut*d:])
			m, err := nn.MLP{Hidden: []int{32}, Labels: s.labels[:cut], Epochs: 60, Rate: .01}.Fit(ctx, train)
			if err != nil {
				return 0, err
			}
			return m.Accuracy(ctx, held, s.labels[cut:])
		},
		from: .85, to: 1,
	},
	control: control{
		says: "the labels are shuffled",
		on:   func(seed uint64) sample { return shuffledLabels(longRows(seed, 900, 4)) },
	},
	variants: []variant{
		{name: "classes", least: 1, constant: true, long: [2]int{20000, 30}, of: func(n, _ int) any {
			return nn.MLP{Hidden: []int{12}, Labels: alternating(n), Epochs: 6}
		}},
		{name: "targets, by momentum", least: 1, constant: true, long: [2]int{20000, 30}, of: func(n, _ int) any {
			return nn.MLP{Hidden: []int{9, 7}, Activation: nn.Tanh, Targets: fixture.Normal(3, max(n, 1), 2), Optimizer: nn.SGD, Epochs: 4, Batch: min(16, max(n, 1)), Schedule: nn.Cosine, Snapshots: []int{0, 3}}
		}},
	},
	exact: map[string]any{
		"L2":       nn.MLP{Labels: alternating(60), Epochs: 5, L2: nn.Zero},
		"Momentum": nn.MLP{Labels: alternating(60), Epochs: 5, Optimizer: nn.SGD, Momentum: nn.Zero},
	},
	refused: map[string][]any{
		"Hidden":      {nn.MLP{Labels: alternating(60), Hidden: []int{0}}},
		"Activation":  {nn.MLP{Labels: alternating(60), Activation: nn.Identity + 1}},
		"Loss":        {nn.MLP{Labels: alternating(60), Loss: nn.SquaredError}},
		"Optimizer":   {nn.MLP{Labels: alternating(60), Optimizer: nn.SGD + 1}},
		"Schedule":    {nn.MLP{Labels: alternating(60), Schedule: nn.Cosine + 1}},
		"Rate":        {nn.MLP{Labels: alternating(60), Rate: 101}},
		"Momentum":    {nn.MLP{Labels: alternating(60), Momentum: 1}},
		"Batch":       {nn.MLP{Labels: alternating(60), Batch: 61}},
		"WeightDecay": {nn.MLP{Labels: alternating(60), WeightDecay: 1001}},
		"Gain":        {nn.MLP{Labels: alternating(60), Gain: 1e-7}},
		"Snapshots":   {nn.MLP{Labels: alternating(60), Snapshots: []int{2, 1}}},
	},
}, {
	method:     "nn.Autoencoder",
	stochastic: true,
	source:     "2006, Reducing the dimensionality of data with neural networks",
	origin:     "columns of float32 hold the last digits of moved rows otherwise, and training carries them on",
	golden:     golden{form: "the linear one against principal components", test: "nn.TestLinearAutoencoderIsPCA"},
	claim: claim{
		says:    "a code of two gives rows of a plane in eight columns back: less than 2 % is lost",
		on:      func(seed uint64) sample { return sample{x: flat(seed, 400, 2, 8)} },
		measure: lostByAutoencoder, from: 0, to: .02,
	},
	control: control{
		says: "isotropic noise in eight columns",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 400, 8)} },
	},
	variants: []variant{
		{name: "deep", least: 2, of: always(nn.Autoencoder{Hidden: []int{8}, Epochs: 5}), long: [2]int{20000, 30}},
		{name: "linear", least: 2, of: always(nn.Autoencoder{Code: 3, Linear: true, Epochs: 5}), long: [2]int{40000, 60}},
	},
	exact: map[string]any{},
	refused: map[string][]any{
		"Code":       {nn.Autoencoder{Code: 1<<14 + 1}},
		"Hidden":     {nn.Autoencoder{Hidden: []int{0}}},
		"Activation": {nn.Autoencoder{Activation: nn.Identity + 1}},
		"Rate":       {nn.Autoencoder{Rate: 101}},
		"Batch":      {nn.Autoencoder{Batch: 61}},
	},
}, {
	method:     "nn.SAE",
	stochastic: true,
	source:     "2025, Attention layers add into low-dimensional residual subspaces",
	origin:     "columns of float32 hold the last digits of moved rows otherwise, and training carries them on",
	golden:     golden{form: "the features that rows are known to be sums of", test: "nn.TestSAEFindsTheDirectionsOfSparseRows"},
	claim: claim{
		says: "rows that are sums of three of sixteen features are given back by three features each: less than 30 % is lost",
		on: func(seed uint64) sample {
			d, err := datasets.LowRankActivations{Rows: 800, Dim: 12, Rank: 12, Features: 16, Seed: seed}.Generate()
			if err != nil {
				panic(err)
			}
			return sample{x: d.X}
		},
		measure: func(ctx context.Context, s sample) (float64, error) {
			m, err := nn.SAE{Features: 48, TopK: 3, Rate: .003}.Fit(ctx, s.x)
			if err != nil {
				return 0, err
			}
			return m.Error(ctx, s.x)
		},
		from: 0, to: .3,
	},
	control: control{
		says: "isotropic noise",
		on:   func(seed uint64) sample { return sample{x: fixture.Normal(seed, 800, 12)} },
	},
	variants: []variant{
		{name: "L1", least: 2, of: always(nn.SAE{Epochs: 5}), long: [2]int{20000, 30}},
		{name: "the two largest", least: 2, of: always(nn.SAE{Features: 9, TopK: 2, Epochs: 5}), long: [2]int{40000, 60}},
	},
	exact: map[string]any{"L1": nn.SAE{Epochs: 3, L1: nn.Zero}},
	refused: map[string][]any{
		"Features": {nn.SAE{Features: 1<<14 + 1}},
		"TopK":     {nn.SAE{TopK: 21}},
		"Rate":     {nn.SAE{Rate: 101}},
		"Batch":    {nn.SAE{Batch: 61}},
	},
}}

// lostByAutoencoder returns the share that an autoencoder of a code of two loses.
func lostByAutoencoder(ctx context.Context, s sample) (float64, error) {
	m, err := nn.Autoencoder{Linear: true, Rate: .02, Epochs: 100, Batch: 40}.Fit(ctx, s.x)
	if err != nil {
		return 0, err
	}
	return m.Error(ctx, s.x)
}

// alternating are labels of n rows, 0 and 1 in turn.
func alternating(n int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % 2
	}
	return labels
}

// longRows returns normal rows, of class 1 where they are longer than about half of them.
func longRows(seed uint64, n, d int) sample {
	x := fixture.Normal(seed, n, d)
	s := sample{x: x, labels: make([]int, n)}
	for i := range n {
		if floats.Norm(mat.Row(nil, i, x), 2) > 1.83 {
			s.labels[i] = 1
		}
	}
	return s
}
