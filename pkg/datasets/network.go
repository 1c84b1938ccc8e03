package datasets

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/frame"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Network is a small feed-forward network, trained in seconds: what comparisons of
// representations and of layers over training are practised on. Every hidden layer
// multiplies by a matrix, adds a constant and bends the result by Activation; the last
// layer is not bent. Rows are centred, and divided by the root of their mean square,
// before they come in.
//
// Training is by Adam on batches of shuffled rows, at a steady rate: training longer
// begins with the shorter training, and Checkpoints change nothing. The same options and
// data give the same bits on any number of cores.
//
// Sources: D. Rumelhart, G. Hinton and R. Williams (1986), Learning representations by
// back-propagating errors; D. Kingma and J. Ba (2015), Adam: a method for stochastic
// optimization; K. He, X. Zhang, S. Ren and J. Sun (2016), Deep residual learning for image
// recognition.
type Network struct {
	// Widths holds the number of units of every hidden layer. Nil means 64, 64, 64; an
	// empty slice that is not nil, a linear map.
	Widths []int

	// Activation bends the values of hidden layers. Zero means Rectifier.
	Activation Activation

	// Residual lets every hidden layer that is as wide as what comes in add to it
	// instead of taking its place.
	Residual bool

	// Gain is the standard deviation of the values that the first weights make of
	// columns of standard deviation 1. Zero means √2 for Rectifier, as half of them are
	// then lost (K. He et al., 2015, Delving deep into rectifiers), and 1 for Tanh. With
	// Residual, smaller ones make layers that add little.
	Gain float64

	// Epochs is how often all rows are seen. Zero means 20.
	Epochs int

	// Checkpoints holds the epochs after which the activations are kept, in increasing
	// order; 0 is before training. Nil means 0, 1, 2, 4, 8, … and Epochs.
	Checkpoints []int

	// Batch is the number of rows between steps, at most all of them. Zero means 50.
	Batch int

	// Rate is about how far a weight moves in a step. Zero means 0.001.
	Rate float64

	// Seed chooses the first weights and the order of the rows.
	Seed uint64
}

// Activation is how a layer bends its values.
type Activation int

// Activations.
const (
	Rectifier Activation = iota // negative values become zero
	Tanh                        // the hyperbolic tangent
)

// String returns the name.
func (a Activation) String() string {
	if a == Tanh {
		return "tanh"
	}
	return "rectifier"
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g Network) Resolve() (Network, error) {
	o := options{generator: "datasets.Network"}
	if g.Widths == nil {
		g.Widths = []int{64, 64, 64}
	}
	for _, w := range g.Widths {
		if w < 1 || w > 1<<14 {
			o.refuse("Widths", w, "1 ≤ each of Widths ≤ 16384")
		}
	}
	gain := math.Sqrt2
	switch g.Activation {
	case Rectifier:
	case Tanh:
		gain = 1
	default:
		o.refuse("Activation", int(g.Activation), "Rectifier or Tanh")
	}
	check(&o, "Gain", &g.Gain, gain, smallest, 1e3)
	check(&o, "Epochs", &g.Epochs, 20, 1, mostRows)
	check(&o, "Batch", &g.Batch, 50, 1, mostRows)
	check(&o, "Rate", &g.Rate, .001, smallest, 1)
	if g.Checkpoints == nil {
		g.Checkpoints = []int{0}
		for e := 1; e < g.Epochs && e <= 1<<30; e *= 2 {
			g.Checkpoints = append(g.Checkpoints, e)
		}
		g.Checkpoints = append(g.Checkpoints, g.Epochs)
	}
	for i, e := range g.Checkpoints {
		if e < 0 || e > g.Epochs || i > 0 && e <= g.Checkpoints[i-1] {
			o.refuse("Checkpoints", g.Checkpoints, fmt.Sprintf("increasing epochs between 0 and Epochs = %d", g.Epochs))
		}
	}
	return g, o.err
}

// layers returns those of a net for rows of in columns, from layer number first on: a map,
// and its activation, are one.
func (g Network) layers(in, first, out int) []nn.Layer {
	shape := nn.Rectified
	if g.Activation == Tanh {
		shape = nn.Tanh
	}
	var list []nn.Layer
	for _, w := range g.Widths[first:] {
		pair := []nn.Layer{nn.Linear{Out: w, Gain: g.Gain}, nn.Bias{Shape: shape}}
		if g.Residual && w == in {
			pair = []nn.Layer{&nn.Residual{Layers: pair}}
		}
		list = append(list, pair...)
		in = w
	}
	return append(list, nn.Linear{Out: out}, nn.Bias{})
}

// ends returns the index, in a net of these layers, of the last part of each layer.
func ends(layers []nn.Layer) (at []int) {
	for i, l := range layers {
		if _, ok := l.(nn.Linear); !ok {
			at = append(at, i)
		}
	}
	return at
}

// TrainedNetwork is a network after training, with what its layers made of the rows held
// out on the way. It is never changed, safe for concurrent use, and can be kept whole.
type TrainedNetwork struct {
	Options     Network  // resolved
	Layers      []string // the names of the layers: "input", "layer 1", …, "output"
	Checkpoints []int    // the epochs after which activations were kept

	// Activations holds, by checkpoint and by layer, the values of the units (columns)
	// on the rows held out. The input is the same at all: these rows, as they come in.
	Activations [][]*mat32.Dense

	// Loss holds, by checkpoint, the mean loss of the epoch that ended there, and of the
	// first where that is 0: cross-entropy for Classify, and for Regress the mean square
	// of the error over that of the targets.
	Loss []float64

	// Parameters holds, layer by layer, the matrix (a row for every unit) and then the
	// constants.
	Parameters []float32

	In, Out           Frame // of the rows, and of what the output stands for
	Rows, Dim, Widest int   // rows trained on, their columns, and columns of the output
}

// Frame is how rows were scaled: less Mean, and divided by Unit.
type Frame struct {
	Mean []float64
	Unit float64
}

// Classify trains the network to tell the classes of the rows of x apart: the output has a
// unit for every class, and its exponentials are in proportion to the probabilities of the
// classes. Labels are of the rows, from 0 without gaps; held has the columns of x, and may
// be x. It costs O(Epochs·n·weights), about a tenth of a second for the defaults and 1500
// rows of 64 columns, and 16 bytes a weight beside the activations.
//
// Errors: those of mat32.CheckRows and mat32.Check and of Resolve, *mat32.ShapeError for a
// held or labels that do not fit x, *mat32.ParamError for labels that leave classes empty and
// for a Rate at which weights grow beyond bounds, *mat32.DegenerateError where all rows of
// x are equal, *mat32.MemoryError, and one that wraps ctx.Err().
func (g Network) Classify(ctx context.Context, x mat.Matrix, labels []int, held mat.Matrix) (*TrainedNetwork, error) {
	const method = "datasets.Network"
	t, rows, err := g.start(ctx, x, held)
	if err != nil {
		return nil, err
	}
	if len(labels) != t.Rows {
		return nil, &mat32.ShapeError{What: "labels", Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", t.Rows)}
	}
	present := make([]bool, t.Rows)
	for _, l := range labels {
		if l < 0 || l >= t.Rows {
			return nil, &mat32.ParamError{Method: method, Param: "labels", Value: l, Want: "classes numbered from 0, without gaps"}
		}
		present[l] = true
		t.Widest = max(t.Widest, l+1)
	}
	if slices.Contains(present[:t.Widest], false) {
		return nil, &mat32.ParamError{Method: method, Param: "labels", Value: slices.Index(present, false), Want: "a row of every class up to the last"}
	}
	t.Out = Frame{Mean: make([]float64, t.Widest), Unit: 1}
	batch := make([]int, min(t.Options.Batch, t.Rows))
	return t.train(ctx, method, rows, held, func(some []int, y, by blas32.General) float64 {
		for k, i := range some {
			batch[k] = labels[i]
		}
		return nn.CrossEntropy(y, batch, by)
	})
}

// Regress trains the network to give the rows of targets, whose columns it scales as those
// of x. It is Classify else; an autoencoder is trained with x for targets.
func (g Network) Regress(ctx context.Context, x, targets, held mat.Matrix) (*TrainedNetwork, error) {
	const method = "datasets.Network"
	t, rows, err := g.start(ctx, x, held)
	if err != nil {
		return nil, err
	}
	if err := checkInput(ctx, method, "targets", targets); err != nil {
		return nil, err
	}
	n, d := targets.Dims()
	if n != t.Rows {
		return nil, &mat32.ShapeError{What: "targets", Rows: n, Cols: d, Want: fmt.Sprintf("a row for each of the %d of x", t.Rows)}
	}
	t.Widest = d
	var want *mat32.Dense
	if t.Out, want, err = frameOf(ctx, method, "targets", targets); err != nil {
		return nil, err
	}
	batch := general(mat32.NewDense(min(t.Options.Batch, t.Rows), d, nil))
	return t.train(ctx, method, rows, held, func(some []int, y, by blas32.General) float64 {
		for k, i := range some {
			copy(batch.Data[k*d:], want.Row(i))
		}
		return nn.SquaredError(y, batch, by)
	})
}

func checkInput(ctx context.Context, method, name string, x mat.Matrix) error {
	if err := mat32.CheckRows(method, x); err != nil {
		return err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fmt.Errorf("%s: %s: %w", method, name, err)
	}
	return nil
}

// start checks x and held, and returns x scaled.
func (g Network) start(ctx context.Context, x, held mat.Matrix) (*TrainedNetwork, *mat32.Dense, error) {
	const method = "datasets.Network"
	g, err := g.Resolve()
	if err != nil {
		return nil, nil, err
	}
	if err := checkInput(ctx, method, "x", x); err != nil {
		return nil, nil, err
	}
	if err := checkInput(ctx, method, "held", held); err != nil {
		return nil, nil, err
	}
	t := &TrainedNetwork{Options: g, Checkpoints: slices.Clone(g.Checkpoints)}
	t.Rows, t.Dim = x.Dims()
	if n, d := held.Dims(); d != t.Dim {
		return nil, nil, &mat32.ShapeError{What: "held", Rows: n, Cols: d, Want: fmt.Sprintf("the %d columns of x", t.Dim)}
	}
	var rows *mat32.Dense
	if t.In, rows, err = frameOf(ctx, method, "x", x); err != nil {
		return nil, nil, err
	}
	return t, rows, nil
}

// frameOf returns the frame of x, and x in it.
func frameOf(ctx context.Context, method, name string, x mat.Matrix) (Frame, *mat32.Dense, error) {
	mean, unit, err := frame.Of(ctx, method, name, x, smallest)
	if err != nil {
		return Frame{}, nil, err
	}
	f := Frame{mean, unit}
	rows, err := frame.Scaled(ctx, x, f.Mean, f.Unit)
	if err != nil {
		return f, nil, fmt.Errorf("%s: %w", method, err)
	}
	return f, rows, nil
}

func general(m *mat32.Dense) blas32.General {
	n, d := m.Dims()
	return blas32.General{Rows: n, Cols: d, Stride: d, Data: m.Data()}
}

// train fills in the rest. The function loss compares the images y of some rows with what
// they should be, and writes the gradient.
func (t *TrainedNetwork) train(ctx context.Context, method string, rows *mat32.Dense, held mat.Matrix, loss func(some []int, y, by blas32.General) float64) (*TrainedNetwork, error) {
	fail := func(err error) (*TrainedNetwork, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	g := t.Options
	layers := g.layers(t.Dim, 0, t.Widest)
	batch := min(g.Batch, t.Rows)
	out, _ := held.Dims()
	units := int64(t.Dim + t.Widest)
	for _, w := range g.Widths {
		units += int64(w)
	}
	need := nn.Bytes(t.Dim, batch, layers...) + nn.Bytes(t.Dim, out, layers...) + 4*int64(t.Rows)*int64(t.Dim+t.Widest) +
		4*int64(out)*units*int64(len(t.Checkpoints))
	if err := mat32.CheckMemory(method, need, 0, "reduce rows, Widths or Checkpoints"); err != nil {
		return nil, err
	}
	t.Layers = []string{"input"}
	for i := range g.Widths {
		t.Layers = append(t.Layers, fmt.Sprintf("layer %d", i+1))
	}
	t.Layers = append(t.Layers, "output")
	heldRows, err := frame.Scaled(ctx, held, t.In.Mean, t.In.Unit)
	if err != nil {
		return fail(err)
	}
	net, adam := nn.New(t.Dim, g.Seed, "datasets/network", layers...), new(nn.Adam[float32])
	t.Parameters = net.Values
	keep := func(loss float64) error {
		values, err := t.forward(ctx, 0, heldRows)
		if err != nil {
			return err
		}
		// The output is in the frame of the targets, as those of Forward are.
		t.Activations, t.Loss = append(t.Activations, values), append(t.Loss, loss)
		return nil
	}
	next := 0
	if t.Checkpoints[0] == 0 {
		if err := keep(math.NaN()); err != nil {
			return fail(err)
		}
		next++
	}
	some := blas32.General{Rows: batch, Cols: t.Dim, Stride: t.Dim, Data: make([]float32, batch*t.Dim)}
	order := make([]int, t.Rows)
	for i := range order {
		order[i] = i
	}
	for epoch := 1; epoch <= g.Epochs; epoch++ {
		s := rng.New(g.Seed, "datasets/network/order", epoch)
		s.Shuffle(t.Rows, func(i, j int) { order[i], order[j] = order[j], order[i] })
		each, mean := t.Rows/batch, 0.
		for b := range each {
			picked := order[b*batch : (b+1)*batch]
			for k, i := range picked {
				copy(some.Data[k*t.Dim:], rows.Row(i))
			}
			y, err := net.Forward(ctx, some)
			if err != nil {
				return fail(err)
			}
			mean += loss(picked, y, net.Gradient()) / float64(each)
			if err := net.Backward(ctx); err != nil {
				return fail(err)
			}
			if err := adam.Step(ctx, g.Rate, net.Values, net.Slopes); err != nil {
				return fail(err)
			}
		}
		if math.IsNaN(mean) || math.IsInf(mean, 0) {
			return nil, &mat32.ParamError{Method: method, Param: "Rate", Value: g.Rate, Want: "a smaller one: the weights grew beyond all bounds"}
		}
		if epoch == 1 && len(t.Loss) > 0 {
			t.Loss[0] = mean
		}
		if next < len(t.Checkpoints) && t.Checkpoints[next] == epoch {
			if err := keep(mean); err != nil {
				return fail(err)
			}
			next++
		}
		watch.Report(ctx, watch.Event{Stage: "network: training", Done: epoch, Total: g.Epochs, Loss: mean})
	}
	return t, nil
}

// forward returns what the net makes of rows that come in behind the given layer, layer by
// layer: the rows themselves first.
func (t *TrainedNetwork) forward(ctx context.Context, behind int, rows *mat32.Dense) ([]*mat32.Dense, error) {
	n, in := rows.Dims()
	layers := t.Options.layers(in, behind, t.Widest)
	net := nn.New(in, 0, "datasets/network", layers...)
	copy(net.Values, t.Parameters[len(t.Parameters)-len(net.Values):])
	if _, err := net.Forward(ctx, general(rows)); err != nil {
		return nil, err
	}
	list := []*mat32.Dense{rows}
	for _, at := range ends(layers) {
		y := net.Output(at)
		list = append(list, mat32.NewDense(n, y.Cols, y.Data))
	}
	last := list[len(list)-1]
	for i := range n {
		for j, v := range last.Row(i) {
			last.Row(i)[j] = float32(t.Out.Mean[j] + t.Out.Unit*float64(v))
		}
	}
	return list, nil
}

// Forward returns what the layers of the trained network make of the rows of x, as
// Activations holds it: the rows as they come in, the hidden layers, and the output, in the
// units of the targets. Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError
// for rows of other columns than those trained on, and one that wraps ctx.Err().
func (t *TrainedNetwork) Forward(ctx context.Context, x mat.Matrix) ([]*mat32.Dense, error) {
	const method = "datasets.TrainedNetwork"
	if err := checkInput(ctx, method, "x", x); err != nil {
		return nil, err
	}
	if n, d := x.Dims(); d != t.Dim {
		return nil, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("the %d columns trained on", t.Dim)}
	}
	rows, err := frame.Scaled(ctx, x, t.In.Mean, t.In.Unit)
	if err == nil {
		var list []*mat32.Dense
		if list, err = t.forward(ctx, 0, rows); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", method, err)
}

// Decode returns the output for activations z of the given layer, from 1 to the last hidden
// one: the second half of an autoencoder, which may be given the codes of another. Errors
// are those of Forward, and *mat32.ParamError for a layer that there is not.
func (t *TrainedNetwork) Decode(ctx context.Context, layer int, z mat.Matrix) (*mat32.Dense, error) {
	const method = "datasets.TrainedNetwork"
	if hidden := len(t.Options.Widths); layer < 1 || layer > hidden {
		return nil, &mat32.ParamError{Method: method, Param: "layer", Value: layer, Want: fmt.Sprintf("a hidden layer, 1 ≤ layer ≤ %d", hidden)}
	}
	if err := checkInput(ctx, method, "z", z); err != nil {
		return nil, err
	}
	if n, d := z.Dims(); d != t.Options.Widths[layer-1] {
		return nil, &mat32.ShapeError{What: "z", Rows: n, Cols: d, Want: fmt.Sprintf("the %d units of layer %d", t.Options.Widths[layer-1], layer)}
	}
	list, err := t.forward(ctx, layer, mat32.Convert(z))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return list[len(list)-1], nil
}

// Predicted returns, for every row of an output of Classify, the likeliest class.
func Predicted(output mat.Matrix) []int {
	n, d := output.Dims()
	labels := make([]int, n)
	for i := range n {
		for j := range d {
			if output.At(i, j) > output.At(i, labels[i]) {
				labels[i] = j
			}
		}
	}
	return labels
}

// String returns a small table: shape, options and the loss at every checkpoint.
func (t *TrainedNetwork) String() string {
	var b strings.Builder
	kind := t.Options.Activation.String()
	if t.Options.Residual {
		kind += ", residual"
	}
	fmt.Fprintf(&b, "network  %d → %v → %d, %s\n", t.Dim, t.Options.Widths, t.Widest, kind)
	fmt.Fprintf(&b, "  trained on %d rows, %d epochs in batches of %d, rate %v, seed %d\n", t.Rows, t.Options.Epochs, min(t.Options.Batch, t.Rows), t.Options.Rate, t.Options.Seed)
	for i, e := range t.Checkpoints {
		fmt.Fprintf(&b, "  epoch %-4d loss %.4g\n", e, t.Loss[i])
	}
	return b.String()
}
