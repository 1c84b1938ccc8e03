package nn_test

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/nn"
)

// digits are those that networks are trained on, and held out, with values from 0 to 1.
func digits() (x *mat.Dense, labels []int, held *mat.Dense, names []int) {
	train, test := datasets.HeldDigits()
	train.X.Scale(1./16, train.X)
	test.X.Scale(1./16, test.X)
	return train.X, train.Labels, test.X, test.Labels
}

func BenchmarkMLPDigits(b *testing.B) {
	x, labels, held, names := digits()
	for b.Loop() {
		m, err := nn.MLP{Hidden: []int{128}, Labels: labels}.Fit(context.Background(), x)
		if err != nil {
			b.Fatal(err)
		}
		share, err := m.Accuracy(context.Background(), held, names)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(share, "accuracy")
	}
}
