package nn_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/nn"
	"github.com/flatland-go/flatland/pkg/similarity"
)

// Layers of a network on normal rows let fewer dimensions pass when it has learnt a target that
// needs two (Patel and Shwartz-Ziv, 2024).
func TestLocalRankFallsInTraining(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n, d = 500, 10
	x := fixture.Normal(1, n, d)
	var y mat.Dense
	y.Mul(x, fixture.Normal(2, d, 2))
	y.Scale(.5, &y)
	m, err := nn.MLP{Hidden: []int{32, 32, 32}, Activation: nn.Tanh, Targets: &y, Epochs: 150, Batch: 50, Rate: .003, L2: .03, Snapshots: []int{0}}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	some := x.Slice(0, 40, 0, d)
	before, err := intrinsic.LocalRank{}.Measure(ctx, m.At(m.Snapshots[0]), some)
	if err != nil {
		t.Fatal(err)
	}
	after, err := intrinsic.LocalRank{}.Measure(ctx, m, some)
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range []int{1, 2} { // behind the first, which sees the rows themselves
		if a, b := before[layer].Value, after[layer].Value; !(a > 6 && b < a-2) {
			t.Errorf("layer %d: local rank %.2f before and %.2f after", layer+1, a, b)
		}
	}
	if v := after[3].Value; math.Abs(v-2) > 1e-9 {
		t.Errorf("two outputs have local rank %.2f", v)
	}
}

// Of two features that a network tells equally well, the easy one takes several times the
// variance of the hard one (Lampinen and others, 2024).
func TestEasyFeaturesTakeMoreVariance(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	d, err := datasets.FeaturePair{Rows: 2000, Noise: 4}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	target := mat.DenseCopyOf(d.Truth.Latent)
	target.Apply(func(_, _ int, v float64) float64 { return (v + 1) / 2 }, target)
	const cut = 1500
	_, columns := d.X.Dims()
	m, err := nn.MLP{Hidden: []int{64, 64}, Targets: target.Slice(0, cut, 0, 2), Loss: nn.BinaryCrossEntropy, Gain: .3, Rate: .003, Epochs: 40, Batch: 50}.Fit(ctx, d.X.Slice(0, cut, 0, columns))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := m.Activations(ctx, d.X.Slice(cut, 2000, 0, columns))
	if err != nil {
		t.Fatal(err)
	}
	held := target.Slice(cut, 2000, 0, 2)
	for f, name := range []string{"easy", "hard"} {
		hits := 0
		for i := range 500 {
			if (layers[3].At(i, f) > 0) == (held.At(i, f) > .5) {
				hits++
			}
		}
		if hits < 490 {
			t.Errorf("the %s feature is told for %d of 500", name, hits)
		}
	}
	s, err := similarity.VarianceExplained(ctx, layers[2], held)
	if err != nil || s.Shares[0] < 2.5*s.Shares[1] || s.Shares[1] < .01 {
		t.Errorf("shares of the variance: easy %.3f, hard %.3f, %v", s.Shares[0], s.Shares[1], err)
	}
}

// In networks that begin small, hidden units that are bent by tanh take the geometry of the label and
// rectified ones keep more of that of the rows, over the tasks whose rows do not show the label
// already: beyond them the two geometries are nearly one (Alleman, Lindsey and Fusi, 2024).
func TestTanhAlignsToTargetsAndReLUToInputs(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for _, alignment := range []float64{.05, .2, 1. / 3} {
		d, err := datasets.AlignedTask{Rows: 200, Alignment: alignment}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(2) {
			var label, input [2]float64
			for k, activation := range []nn.Activation{nn.Tanh, nn.ReLU} {
				m, err := nn.MLP{Hidden: []int{100}, Activation: activation, Targets: d.Truth.Latent.Slice(0, 200, 0, 1), Epochs: 200, Batch: 50, Gain: .1, Rate: .005, L2: nn.Zero, Seed: seed}.Fit(ctx, d.X)
				if err != nil {
					t.Fatal(err)
				}
				layers, err := m.Activations(ctx, d.X)
				if err != nil {
					t.Fatal(err)
				}
				to, err := similarity.KernelAlignment(ctx, layers[1], d.Labels)
				if err != nil {
					t.Fatal(err)
				}
				from, err := similarity.CKA{}.Compare(ctx, layers[1], d.X)
				if err != nil {
					t.Fatal(err)
				}
				label[k], input[k] = to.Value, from.Value
			}
			if label[0] < label[1]+.01 || input[1] < input[0]+.05 {
				t.Errorf("alignment %.2f, seed %d: to the label tanh %.3f, ReLU %.3f; to rows tanh %.3f, ReLU %.3f", alignment, seed, label[0], label[1], input[0], input[1])
			}
		}
	}
}

// Networks of different widths learn to read digits in subspaces of about the same dimension (Li
// and others, 2018), far fewer than they have parameters.
func TestObjectiveDimensionHardlyDependsOnTheWidth(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, labels, _, _ := digits()
	var dims, parameters []int
	for _, width := range []int{16, 48} {
		o, err := nn.MLP{Hidden: []int{width}, Activation: nn.Tanh, Labels: labels[:300]}.Objective(ctx, x.Slice(0, 300, 0, 64))
		if err != nil {
			t.Fatal(err)
		}
		l, err := intrinsic.ObjectiveLandscape{Subspace: intrinsic.SparseSubspace, Dims: []int{8, 16, 24, 32, 40, 48, 64, 96}, Iterations: 60}.Measure(ctx, o, o.Start())
		if err != nil {
			t.Fatal(err)
		}
		dims, parameters = append(dims, l.Dimension), append(parameters, l.Parameters)
	}
	if dims[0] == 0 || dims[1] == 0 || float64(max(dims[0], dims[1])) > 1.6*float64(min(dims[0], dims[1])) || parameters[0] < 10*dims[0] || parameters[1] < 2*parameters[0] {
		t.Errorf("dimensions %v of %v parameters", dims, parameters)
	}
}
