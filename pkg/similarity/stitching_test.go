package similarity

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// As Moschella and others say, a decoder of relative coordinates of one autoencoder's codes
// reads those of another, which started elsewhere and was trained apart, about as well as
// its own. A decoder of the codes themselves does not: it is worse than the mean image.
func TestDecodersReadRelativeCodesOfOthers(t *testing.T) {
	testenv.Unraced(t)
	ctx := t.Context()
	train, held := datasets.HeldDigits()
	// codes returns a network with its codes of both parts.
	codes := func(seed uint64) (a *datasets.TrainedNetwork, ofTrain, ofHeld *mat32.Dense) {
		a, err := datasets.Network{Widths: []int{64, 10, 64}, Activation: datasets.Tanh, Rate: .003, Seed: seed, Checkpoints: []int{20}}.DrawDigits(ctx)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := a.Forward(ctx, train.X)
		if err != nil {
			t.Fatal(err)
		}
		return a, layers[2], a.Activations[0][2]
	}
	one, oneTrain, oneHeld := codes(1)
	_, twoTrain, twoHeld := codes(2)
	// missed returns the share of the variance of the images held out that is not drawn.
	missed := func(drawn mat.Matrix) float64 {
		wrong, all := 0., 0.
		for i := range len(held.Labels) {
			for j, v := range held.X.RawRowView(i) {
				wrong += math.Pow(drawn.At(i, j)-v, 2)
				all += math.Pow(one.Out.Mean[j]-v, 2)
			}
		}
		return wrong / all
	}
	absolute := func(code mat.Matrix) float64 {
		drawn, err := one.Decode(ctx, 2, code)
		if err != nil {
			t.Fatal(err)
		}
		return missed(drawn)
	}
	// Anchors are the same digits for both: every sixth of those trained on.
	relative := func(ofTrain, code *mat32.Dense) *mat.Dense {
		_, d := ofTrain.Dims()
		var anchors []float64
		for i := 0; i < len(train.Labels); i += 6 {
			for _, v := range ofTrain.Row(i) {
				anchors = append(anchors, float64(v))
			}
		}
		r, err := Relative{}.Of(ctx, code, mat.NewDense(len(anchors)/d, d, anchors))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	decoder, err := datasets.Network{Widths: []int{64}, Seed: 1, Checkpoints: []int{20}}.Regress(ctx, relative(oneTrain, oneTrain), train.X, relative(oneTrain, oneHeld))
	if err != nil {
		t.Fatal(err)
	}
	read := func(coordinates mat.Matrix) float64 {
		layers, err := decoder.Forward(ctx, coordinates)
		if err != nil {
			t.Fatal(err)
		}
		return missed(layers[2])
	}
	own, others := read(relative(oneTrain, oneHeld)), read(relative(twoTrain, twoHeld))
	ownAbsolute, othersAbsolute := absolute(oneHeld), absolute(twoHeld)
	t.Logf("missed of its own %.3f, of the other's %.3f; by the codes themselves %.3f and %.3f", own, others, ownAbsolute, othersAbsolute)
	if own > .4 || others > .6 {
		t.Errorf("by relative coordinates it misses %.3f of its own images and %.3f of the other's", own, others)
	}
	if ownAbsolute > .35 || othersAbsolute < 1 {
		t.Errorf("by codes it misses %.3f of its own images and %.3f of the other's: the claim says nothing", ownAbsolute, othersAbsolute)
	}
}
