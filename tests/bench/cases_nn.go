package bench

import (
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/bench/ours"
	"github.com/flatland-go/flatland/tests/bench/wire"
)

// nnCases train networks.
func nnCases() []Case {
	return []Case{{
		Name: "mlp-digits", What: "multilayer perceptron, 128 hidden units, 200 epochs in batches of 200 by Adam: digits, 1438 × 64, judged on 359 others",
		Data: splitDigits, Options: wire.Options{"hidden": 128, "epochs": 200}, Seeds: 5,
		Ours: ours.MLP,
		Peer: Peer{
			Package: "scikit-learn", Script: "bench_nn.py", Function: "mlp", Seeds: 5,
			Settings: []Setting{
				{Name: "MLPClassifier of float32, without early stopping", Options: wire.Options{"double": 0}},
				{Name: "MLPClassifier of float64, without early stopping", Options: wire.Options{"double": 1}},
			},
		},
		Quality: []Measure{number("accuracy", "accuracy on the others (1 is best)", "%.4f"), number("loss", "loss at the end", "%.4f")},
	}}
}

// splitDigits returns four fifths of the digits, shuffled, with grey levels from 0 to 1, their labels as a column, and
// the same of the others.
func splitDigits(int) ([]*mat32.Dense, error) {
	all := datasets.Digits()
	n, d := all.X.Dims()
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	s := rng.New(1, "bench/split", 0)
	s.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	cut := n - n/5
	var parts []*mat32.Dense
	for _, rows := range [][]int{order[:cut], order[cut:]} {
		x, labels := mat32.NewDense(len(rows), d, nil), mat32.NewDense(len(rows), 1, nil)
		for k, i := range rows {
			for j, v := range all.X.RawRowView(i) {
				x.Row(k)[j] = float32(v / 16)
			}
			labels.Row(k)[0] = float32(all.Labels[i])
		}
		parts = append(parts, x, labels)
	}
	return parts, nil
}
