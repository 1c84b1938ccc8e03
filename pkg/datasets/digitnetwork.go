package datasets

import (
	"context"

	"gonum.org/v1/gonum/mat"
)

// HeldDigits returns Digits in two parts, which are the same for every network: every
// sixth image is held out, 299 of 1797.
func HeldDigits() (train, held *Dataset) {
	all := Digits()
	part := func(name string, in func(i int) bool) *Dataset {
		d := *all
		d.Name, d.X, d.Labels = name, nil, nil
		n, cols := all.X.Dims()
		var values []float64
		for i := range n {
			if in(i) {
				values = append(values, all.X.RawRowView(i)...)
				d.Labels = append(d.Labels, all.Labels[i])
			}
		}
		d.X = mat.NewDense(len(d.Labels), cols, values)
		d.Features, d.Names, d.Notes = append([]string(nil), all.Features...), append([]string(nil), all.Names...), append([]string(nil), all.Notes...)
		return &d
	}
	return part("digits, all but every sixth", func(i int) bool { return i%6 != 5 }),
		part("digits, every sixth", func(i int) bool { return i%6 == 5 })
}

// DigitNetwork is a network that was trained on the 1498 digits that HeldDigits returns
// first, with its activations on the 299 others.
type DigitNetwork struct {
	TrainedNetwork
	Labels   []int     // of the digits held out
	Accuracy []float64 // by checkpoint, the share of them that the network names
}

// ReadDigits trains the network to read digits. With its defaults it names 96 of 100 after
// 20 epochs and takes about a tenth of a second. Errors are those of Classify.
func (g Network) ReadDigits(ctx context.Context) (*DigitNetwork, error) {
	train, held := HeldDigits()
	t, err := g.Classify(ctx, train.X, train.Labels, held.X)
	if err != nil {
		return nil, err
	}
	d := &DigitNetwork{TrainedNetwork: *t, Labels: held.Labels}
	for _, layers := range t.Activations {
		hits := 0.
		for i, l := range Predicted(layers[len(layers)-1]) {
			if l == held.Labels[i] {
				hits++
			}
		}
		d.Accuracy = append(d.Accuracy, hits/float64(len(held.Labels)))
	}
	return d, nil
}

// DrawDigits trains the network as an autoencoder: to give back the digits that come in
// through hidden layers of which one, the code, is narrow. Nil Widths mean 64, 10, 64, whose
// code is layer 2. Errors are those of Regress.
func (g Network) DrawDigits(ctx context.Context) (*TrainedNetwork, error) {
	if g.Widths == nil {
		g.Widths = []int{64, 10, 64}
	}
	train, held := HeldDigits()
	return g.Regress(ctx, train.X, train.X, held.X)
}
