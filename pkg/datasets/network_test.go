package datasets_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Networks of every kind learn to read digits that they have not seen, and to draw them.
func TestNetworksLearn(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	for _, g := range []datasets.Network{
		{}, {Seed: 1}, {Residual: true}, {Activation: datasets.Tanh}, {Widths: []int{}}, {Widths: []int{128}},
	} {
		d, err := g.ReadDigits(ctx)
		if err != nil {
			t.Fatal(err)
		}
		first, last := d.Accuracy[0], d.Accuracy[len(d.Accuracy)-1]
		if first > .35 || last < .9 {
			t.Errorf("%v names a share of %.3f before training and %.3f after", d, first, last)
		}
	}
	a, err := datasets.Network{Activation: datasets.Tanh, Rate: .003}.DrawDigits(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// Beyond what ten principal components keep, 74 %.
	if last := a.Loss[len(a.Loss)-1]; last > .26 {
		t.Errorf("%v", a)
	}
	_, held := datasets.HeldDigits()
	layers, err := a.Forward(ctx, held.X)
	if err != nil {
		t.Fatal(err)
	}
	var wrong, all float64
	for i := range len(held.Labels) {
		for j, v := range layers[4].Row(i) {
			wrong += math.Pow(float64(v)-held.X.At(i, j), 2)
			all += math.Pow(held.X.At(i, j)-a.Out.Mean[j], 2)
		}
	}
	if wrong/all > .3 {
		t.Errorf("images that were held out are drawn but for %.3f of their variance", wrong/all)
	}
}

// A small problem: two classes in a ring, which no line parts.
func ring(n int) (x *mat.Dense, labels []int) {
	x, labels = fixture.Normal(1, n, 3), make([]int, n)
	for i := range labels {
		if math.Hypot(x.At(i, 0), x.At(i, 1)) > 1 {
			labels[i] = 1
		}
	}
	return x, labels
}

var little = datasets.Network{Widths: []int{8, 8, 5}, Residual: true, Epochs: 4, Batch: 16}

func TestNetworkSameBitsOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x, labels := ring(120)
	wide := datasets.Network{Widths: []int{140, 140}, Epochs: 1, Residual: true}
	for _, g := range []datasets.Network{little, wide} {
		var want *datasets.TrainedNetwork
		for _, procs := range testenv.Cores() {
			runtime.GOMAXPROCS(procs)
			got, err := g.Classify(watch.With(context.Background(), func(watch.Event) {}), x, labels, x)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%d cores train another network than 1", procs)
			}
		}
	}
}

// Longer training begins with the shorter, and checkpoints change nothing.
func TestNetworkCheckpoints(t *testing.T) {
	ctx := context.Background()
	x, labels := ring(100)
	whole, err := little.Classify(ctx, x, labels, x)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 1, 2, 4}; !slices.Equal(whole.Checkpoints, want) {
		t.Fatalf("checkpoints %v, want %v", whole.Checkpoints, want)
	}
	short := little
	short.Epochs, short.Checkpoints = 2, []int{2}
	part, err := short.Classify(ctx, x, labels, x)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(part.Activations[0], whole.Activations[2]) || part.Loss[0] != whole.Loss[2] {
		t.Error("after 2 of 4 epochs it is not where it is after 2 of 2")
	}
	if whole.Loss[0] != whole.Loss[1] {
		t.Errorf("before training the loss is %v, in the first epoch %v", whole.Loss[0], whole.Loss[1])
	}
}

// What is kept is what the trained network makes of the rows, by halves as in one go, and
// of every row by itself; and it comes back whole from gob.
func TestTrainedNetwork(t *testing.T) {
	ctx := context.Background()
	x, _ := ring(60)
	a, err := little.Regress(ctx, x, x, x)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	b := new(datasets.TrainedNetwork)
	if err := errors.Join(gob.NewEncoder(&file).Encode(a), gob.NewDecoder(&file).Decode(b)); err != nil || !reflect.DeepEqual(a, b) {
		t.Fatalf("read back from gob it is another: %v", err)
	}
	layers, err := b.Forward(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if kept := a.Activations[len(a.Activations)-1]; !reflect.DeepEqual(layers, kept) || len(layers) != len(a.Layers) {
		t.Error("Forward gives other activations than those kept")
	}
	for l := 1; l <= 3; l++ {
		y, err := a.Decode(ctx, l, layers[l])
		if err != nil || !reflect.DeepEqual(y, layers[4]) {
			t.Errorf("decoded from layer %d the output is another: %v", l, err)
		}
	}
	one, err := a.Forward(ctx, x.Slice(7, 8, 0, 3))
	if err != nil {
		t.Fatal(err)
	}
	for l := range layers {
		if !slices.Equal(one[l].Row(0), layers[l].Row(7)) {
			t.Errorf("%s of a row depends on the rows that come with it", a.Layers[l])
		}
	}
}

// Rows in other units, and far from zero, train the same network.
func TestNetworkSeesNoUnits(t *testing.T) {
	ctx := context.Background()
	x, labels := ring(60)
	a, err := little.Classify(ctx, x, labels, x)
	if err != nil {
		t.Fatal(err)
	}
	far := mat.DenseCopyOf(x)
	far.Apply(func(_, _ int, v float64) float64 { return 1e6*v + 1e9 }, far)
	b, err := little.Classify(ctx, far, labels, far)
	if err != nil {
		t.Fatal(err)
	}
	if d := math.Abs(a.Loss[3] - b.Loss[3]); d > 1e-5 {
		t.Errorf("losses %v and %v", a.Loss, b.Loss)
	}
}

func TestNetworkRefuses(t *testing.T) {
	ctx := context.Background()
	x, labels := ring(30)
	var param *mat32.ParamError
	for _, g := range []datasets.Network{
		{Widths: []int{0}}, {Widths: []int{1 << 20}}, {Activation: 7}, {Gain: -1}, {Gain: math.NaN()}, {Epochs: -1}, {Batch: -1},
		{Rate: 2}, {Rate: math.NaN()}, {Checkpoints: []int{1, 1}}, {Checkpoints: []int{21}}, {Checkpoints: []int{-1}},
	} {
		if _, err := g.Classify(ctx, x, labels, x); !errors.As(err, &param) {
			t.Errorf("%+v: got %v", g, err)
		}
	}
	for _, l := range [][]int{append(slices.Repeat([]int{0}, 29), -1), append(slices.Repeat([]int{0}, 29), 2), append(slices.Repeat([]int{0}, 29), 30)} {
		if _, err := little.Classify(ctx, x, l, x); !errors.As(err, &param) {
			t.Errorf("labels %v: got %v", l, err)
		}
	}
	var shape *mat32.ShapeError
	var memory *mat32.MemoryError
	var degenerate *mat32.DegenerateError
	var notFinite *mat32.NotFiniteError
	bad := mat.DenseCopyOf(x)
	bad.Set(3, 1, math.NaN())
	huge := mat.DenseCopyOf(x)
	huge.Scale(1e60, huge)
	for name, c := range map[string]struct {
		call func() error
		as   any
	}{
		"few labels":    {func() error { _, err := little.Classify(ctx, x, labels[:3], x); return err }, &shape},
		"few targets":   {func() error { _, err := little.Regress(ctx, x, x.Slice(0, 3, 0, 3), x); return err }, &shape},
		"held of fewer": {func() error { _, err := little.Classify(ctx, x, labels, x.Slice(0, 3, 0, 2)); return err }, &shape},
		"NaN":           {func() error { _, err := little.Classify(ctx, bad, labels, x); return err }, &notFinite},
		"NaN held":      {func() error { _, err := little.Classify(ctx, x, labels, bad); return err }, &notFinite},
		"huge held":     {func() error { _, err := little.Classify(ctx, x, labels, huge); return err }, &notFinite},
		"NaN targets":   {func() error { _, err := little.Regress(ctx, x, bad, x); return err }, &notFinite},
		"equal rows": {func() error {
			_, err := little.Classify(ctx, mat.NewDense(30, 2, nil), labels, mat.NewDense(1, 2, nil))
			return err
		}, &degenerate},
		"equal targets": {func() error { _, err := little.Regress(ctx, x, mat.NewDense(30, 2, nil), x); return err }, &degenerate},
		"beyond memory": {func() error {
			_, err := (datasets.Network{Widths: []int{16384, 16384}}).Classify(ctx, x, labels, x)
			return err
		}, &memory},
		"other columns":  {func() error { return forward(ctx, x, mat.NewDense(2, 2, nil)) }, &shape},
		"NaN afterwards": {func() error { return forward(ctx, x, bad) }, &notFinite},
		"no such layer":  {func() error { return decode(ctx, x, 4, 5) }, &param},
		"other code":     {func() error { return decode(ctx, x, 3, 6) }, &shape},
		"rate too large": {func() error {
			_, err := (datasets.Network{Rate: 1, Gain: 1e3, Epochs: 30, Widths: []int{50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50}}).Regress(ctx, x, x, x)
			return err
		}, &param},
	} {
		if err := c.call(); !errors.As(err, c.as) {
			t.Errorf("%s: got %v, want a %T", name, err, c.as)
		}
	}
	if _, err := little.Classify(ctx, nil, nil, x); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("nil: got %v", err)
	}
}

func forward(ctx context.Context, x, more mat.Matrix) error {
	a, err := little.Regress(ctx, x, x, x)
	if err == nil {
		_, err = a.Forward(ctx, more)
	}
	return err
}

func decode(ctx context.Context, x mat.Matrix, layer, columns int) error {
	a, err := little.Regress(ctx, x, x, x)
	if err == nil {
		_, err = a.Decode(ctx, layer, mat.NewDense(2, columns, nil))
	}
	return err
}

func TestNetworkIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	x, labels := ring(300)
	time.AfterFunc(30*time.Millisecond, cancel)
	var late time.Time
	_, err := datasets.Network{Epochs: 1e6}.Classify(watch.With(ctx, func(watch.Event) {
		if ctx.Err() != nil {
			late = time.Now()
		}
	}), x, labels, x)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if !late.IsZero() && time.Since(late) > 250*time.Millisecond {
		t.Errorf("it worked on for %v", time.Since(late))
	}
}

func ExampleNetwork_ReadDigits() {
	d, err := datasets.Network{Widths: []int{64, 32}, Epochs: 4, Checkpoints: []int{0, 4}}.ReadDigits(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Layers)
	n, units := d.Activations[1][2].Dims() // after training, layer 2
	fmt.Println(n, units, d.Accuracy[0] < .3, d.Accuracy[1] > .8)
	// Output:
	// [input layer 1 layer 2 output]
	// 299 32 true true
}

func ExampleNetwork_DrawDigits() {
	ctx := context.Background()
	a, err := datasets.Network{Widths: []int{8}, Epochs: 2, Activation: datasets.Tanh}.DrawDigits(ctx)
	if err != nil {
		panic(err)
	}
	_, held := datasets.HeldDigits()
	layers, err := a.Forward(ctx, held.X)
	if err != nil {
		panic(err)
	}
	drawn, err := a.Decode(ctx, 1, layers[1])
	if err != nil {
		panic(err)
	}
	fmt.Println(drawn.Dims())
	// Output: 299 64
}
