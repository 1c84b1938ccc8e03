package nn

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// MLP is a multilayer perceptron: every hidden layer multiplies by a matrix, adds a constant
// and bends the result by Activation, and the output is not bent. It learns Labels or Targets
// by going against the gradient of the mean loss of batches of shuffled rows.
//
// The defaults are those of scikit-learn's MLPClassifier and MLPRegressor, without their
// early stopping: all Epochs are gone through. Rows are taken as they are: columns should be
// about as large as 1.
//
// Time O(Epochs·n·parameters), about a second for 200 epochs of 1500 rows and 10 000
// parameters on two cores; memory 4·n·d bytes for rows that are not a *mat32.Dense, up to 80 a
// parameter, and 4 a parameter and snapshot.
//
// Source: D. Rumelhart, G. Hinton and R. Williams (1986), Learning representations by
// back-propagating errors.
type MLP struct {
	// Hidden holds the number of units of every hidden layer. Default 100, a single one; an
	// empty slice that is not nil, a linear map.
	Hidden []int

	// Activation bends the values of hidden layers. Default ReLU.
	Activation Activation

	// Labels are the classes of the rows, from 0, and −1 for rows that are left out.
	Labels []int

	// Targets, n × k, are what the rows are to give, where there are no Labels.
	Targets mat.Matrix

	// Loss is made small. Default CrossEntropy of Labels and SquaredError of Targets.
	Loss Loss

	// Optimizer moves the parameters. Default Adam.
	Optimizer Optimizer

	// Rate is about how far a parameter moves in a step by Adam, and what SGD multiplies the
	// gradient by; at most 100. Default 0.001.
	Rate float64

	// Schedule changes the rate from step to step. Default Steady.
	Schedule Schedule

	// Momentum is the share of the last step that the next keeps, below 1. Default 0.9, or
	// Zero; ignored by Adam.
	Momentum float64

	// Epochs is how often all rows are seen. Default 200.
	Epochs int

	// Batch is the number of rows between steps, at most all. Default 200. Smaller batches make
	// more steps, and noisier ones.
	Batch int

	// L2 is the weight of half the sum of squares of the weights, over the rows of the batch,
	// beside the loss. Default 0.0001, or Zero.
	L2 float64

	// WeightDecay is the share of the weights, times the rate, that every step takes away beside
	// the gradient (I. Loshchilov and F. Hutter, 2019, Decoupled weight decay regularization).
	// Default 0.
	WeightDecay float64

	// Gain multiplies the first parameters, which are evenly drawn within ±√(6/(in+out)) of a
	// layer (X. Glorot and Y. Bengio, 2010). Below 1 learning is rich: the features are made for
	// the task. Far above 1 it is lazy: they stay as they were drawn. Default 1.
	Gain float64

	// Snapshots holds the steps after which the parameters are kept, in increasing order; 0
	// is before training. Steps that are not reached are left out. Default none.
	Snapshots []int

	// Seed draws the first parameters and the order of the rows.
	Seed uint64

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64

	straight int // the hidden layer, counted from 1, that is not bent; 0 for none
}

const mlp = "nn.MLP"

// Resolve returns the options with defaults filled in for n rows of d columns, or a
// *mat32.ParamError or *mat32.ShapeError for the first that does not fit.
func (m MLP) Resolve(n, d int) (MLP, error) {
	o := options{method: mlp}
	if m.Hidden == nil {
		m.Hidden = []int{100}
	}
	o.checkHidden(m.Hidden)
	oneOf(&o, "Activation", m.Activation, len(activations), "ReLU, Tanh, GELU or Identity")
	oneOf(&o, "Optimizer", m.Optimizer, len(optimizers), "Adam or SGD")
	oneOf(&o, "Schedule", m.Schedule, len(schedules), "Steady or Cosine")
	oneOf(&o, "Loss", m.Loss, len(losses), "AutoLoss, CrossEntropy, SquaredError or BinaryCrossEntropy")
	switch {
	case m.Labels != nil && m.Targets != nil:
		o.refuse("Targets", "given", "Labels or Targets, not both")
	case m.Labels == nil && m.Targets == nil:
		o.refuse("Labels", "missing", "Labels or Targets: there is nothing to learn")
	case m.Labels != nil && m.Loss != AutoLoss && m.Loss != CrossEntropy:
		o.refuse("Loss", m.Loss, "CrossEntropy, for Labels; give them as Targets for others")
	case m.Targets != nil && m.Loss == CrossEntropy:
		o.refuse("Loss", m.Loss, "SquaredError or BinaryCrossEntropy, for Targets")
	case m.Labels != nil:
		m.Loss = CrossEntropy
	case m.Loss == AutoLoss:
		m.Loss = SquaredError
	}
	check(&o, "Rate", &m.Rate, .001, Zero, 100)
	check(&o, "Momentum", &m.Momentum, .9, Zero, 1-0x1p-20)
	check(&o, "Epochs", &m.Epochs, 200, 1, longest)
	check(&o, "Batch", &m.Batch, max(1, min(200, n)), 1, max(1, n))
	check(&o, "L2", &m.L2, 1e-4, Zero, 1e6)
	check(&o, "WeightDecay", &m.WeightDecay, 0, 0, 1/m.Rate)
	check(&o, "Gain", &m.Gain, 1, 1e-6, 1e6)
	for i, s := range m.Snapshots {
		if s < 0 || i > 0 && s <= m.Snapshots[i-1] {
			o.refuse("Snapshots", s, "steps of 0 or more, in increasing order")
		}
	}
	if m.MemoryLimit < 0 {
		o.refuse("MemoryLimit", m.MemoryLimit, "0 or more bytes")
	}
	if o.err == nil && m.Labels != nil && len(m.Labels) != n {
		return m, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "Labels", Rows: len(m.Labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)})
	}
	if o.err == nil && m.Targets != nil {
		if rows, k := m.Targets.Dims(); rows != n || k < 1 || k > widest {
			return m, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "Targets", Rows: rows, Cols: k, Want: fmt.Sprintf("a row for each of the %d rows, and 1 to %d columns", n, widest)})
		}
	}
	return m, o.err
}

// String returns the options in one line.
func (m MLP) String() string {
	s := fmt.Sprintf("hidden %v, %s, %s, %s at %.4g (%s), %d epochs in batches of %d, L2 %.4g, seed %d",
		m.Hidden, m.Activation, m.Loss, m.Optimizer, m.Rate, m.Schedule, m.Epochs, m.Batch, exactly(m.L2), m.Seed)
	if m.Gain != 1 {
		s += fmt.Sprintf(", gain %.4g", m.Gain)
	}
	if m.WeightDecay > 0 {
		s += fmt.Sprintf(", weight decay %.4g", m.WeightDecay)
	}
	return s
}

// layers returns those of a net that gives so many columns.
func (m MLP) layers(out int) []nn.Layer {
	var list []nn.Layer
	for i, w := range m.Hidden {
		bend := nn.Bias{Shape: activations[m.Activation].shape}
		if i+1 == m.straight {
			bend.Shape = nn.Straight
		}
		list = append(list, nn.Linear{Out: w}, bend)
	}
	return append(list, nn.Linear{Out: out}, nn.Bias{})
}

// sizes are the widths of an MLP's layers, the input first.
type sizes []int

// parameters returns how many layer l has, its constants included.
func (s sizes) parameters(l int) int { return (s[l-1] + 1) * s[l] }

// total returns how many there are, and how many columns the layers give.
func (s sizes) total() (parameters, columns int) {
	for l := 1; l < len(s); l++ {
		parameters += s.parameters(l)
		columns += s[l]
	}
	return parameters, columns
}

// weights returns the spans of the weights, without the constants.
func (s sizes) weights() (list []span) {
	at := 0
	for l := 1; l < len(s); l++ {
		list = append(list, span{at, at + s[l-1]*s[l]})
		at += s.parameters(l)
	}
	return list
}

// lesson is what an MLP is to learn: its options, the rows, and their loss.
type lesson struct {
	MLP
	rows  *mat32.Dense
	known []int // rows with a label
	sizes sizes
	loss  lossOf
}

// batch returns the most rows of a step.
func (l *lesson) batch() int { return min(l.Batch, len(l.known)) }

// prepare checks x and the options. Batch is the most rows of a step: 0 for that of the options.
func (m MLP) prepare(ctx context.Context, x mat.Matrix, whole bool) (*lesson, error) {
	rows, err := checkRows(ctx, mlp, x)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	if m, err = m.Resolve(n, d); err != nil {
		return nil, err
	}
	l := &lesson{MLP: m, sizes: append(append(sizes{d}, m.Hidden...), 0)}
	out := &l.sizes[len(l.sizes)-1]
	if m.Labels != nil {
		for i, c := range m.Labels {
			if c < -1 || c >= widest {
				return nil, &mat32.ParamError{Method: mlp, Param: "Labels", Value: c, Want: fmt.Sprintf("classes from 0 to %d, or −1 for rows that are left out", widest-1)}
			}
			if c >= 0 {
				l.known = append(l.known, i)
			}
			*out = max(*out, c+1)
		}
		if *out == 0 {
			return nil, &mat32.ParamError{Method: mlp, Param: "Labels", Value: -1, Want: "a label of at least one row"}
		}
	} else {
		_, *out = m.Targets.Dims()
		for i := range n {
			l.known = append(l.known, i)
		}
	}
	batch := l.batch()
	if whole {
		batch = len(l.known)
	}
	parameters, columns := l.sizes.total()
	need := 24*int64(parameters) + gradientBytes(parameters, d, 2*columns, batch) + 4*int64(parameters)*int64(len(m.Snapshots)) + 4*int64(n)*int64(d+*out) + 16*int64(n)
	if err := mat32.CheckMemory(mlp, need, m.MemoryLimit, "reduce Hidden, Batch, Snapshots or rows"); err != nil {
		return nil, err
	}
	count, size := parts(batch)
	size = max(size, min(batch, 2*partRows))
	if m.Labels != nil {
		own := make([][]int, count)
		for p := range own {
			own[p] = make([]int, size)
		}
		l.loss = func(part int, rows []int, y, by blas32.General) float64 {
			for k, i := range rows {
				own[part][k] = m.Labels[i]
			}
			return nn.CrossEntropy(y, own[part], by)
		}
	} else {
		if err := mat32.CheckContext(ctx, m.Targets); err != nil {
			return nil, fmt.Errorf("%s: Targets: %w", mlp, err)
		}
		if err := mat32.CheckFloat32(m.Targets); err != nil {
			return nil, fmt.Errorf("%s: Targets: %w", mlp, err)
		}
		targets := mat32.Convert(m.Targets)
		own := make([]blas32.General, count)
		for p := range own {
			own[p] = blas32.General{Rows: size, Cols: *out, Stride: *out, Data: make([]float32, size**out)}
		}
		of := nn.SquaredError
		if m.Loss == BinaryCrossEntropy {
			of = nn.BinaryCrossEntropy
			for _, v := range targets.Data() {
				if !(v >= 0 && v <= 1) {
					return nil, &mat32.ParamError{Method: mlp, Param: "Targets", Value: v, Want: "values from 0 to 1, for BinaryCrossEntropy"}
				}
			}
		}
		l.loss = func(part int, rows []int, y, by blas32.General) float64 {
			for k, i := range rows {
				copy(own[part].Data[k**out:(k+1)**out], targets.Row(i))
			}
			return of(y, own[part], by)
		}
	}
	l.rows = rows
	return l, nil
}

// leastUnit is how small deviations from the mean may be that rows are divided by.
const leastUnit = 1e-100

// checkFinite is checkRows for methods that scale rows first.
func checkFinite(ctx context.Context, method string, x mat.Matrix) error {
	if err := mat32.CheckRows(method, x); err != nil {
		return err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// checkRows returns x in float32, with the bits of a *mat32.Dense borrowed.
func checkRows(ctx context.Context, method string, x mat.Matrix) (*mat32.Dense, error) {
	if err := checkFinite(ctx, method, x); err != nil {
		return nil, err
	}
	if err := mat32.CheckFloat32(x); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return mat32.Convert(x), nil
}

// begin returns a model of the first parameters.
func (l *lesson) begin() *MLPModel {
	options := l.MLP
	options.Labels, options.Targets = nil, nil // inputs, which the model does not keep
	options.Hidden, options.Snapshots = slices.Clone(l.Hidden), slices.Clone(l.Snapshots)
	parameters, _ := l.sizes.total()
	m := &MLPModel{Options: options, Rows: len(l.known), Sizes: l.sizes, values: make([]float32, parameters)}
	at := 0
	for i := 1; i < len(l.sizes); i++ {
		s := rng.New(l.Seed, "nn.MLP/start", i)
		end := at + l.sizes.parameters(i)
		glorot(m.values[at:end], l.sizes[i-1], l.sizes[i], l.Gain, &s)
		at = end
	}
	return m
}

// Fit trains on the rows of x, n × d. Errors: those of mat32.CheckRows, mat32.CheckFloat32 and
// Resolve; *mat32.ParamError for labels below −1 or beyond 16383, and for a Rate at which the
// parameters grow beyond bounds; *mat32.MemoryError; and one that wraps ctx.Err().
func (m MLP) Fit(ctx context.Context, x mat.Matrix) (*MLPModel, error) { return m.Train(ctx, x, nil) }

// Step is a moment of a training.
type Step struct {
	Number     int       // of steps so far, from 1
	Epoch      int       // of epochs that are complete
	Loss       float64   // of the batch, before the step
	Parameters []float32 // after the step: to be read until the visit ends

	of *MLPModel
}

// Model returns the network of the moment, with a copy of its parameters.
func (s Step) Model() *MLPModel { return s.of.with(slices.Clone(s.Parameters)) }

// Train is Fit that shows every step to visit, which ends the training by false. Errors are
// those of Fit.
func (m MLP) Train(ctx context.Context, x mat.Matrix, visit func(Step) bool) (*MLPModel, error) {
	l, err := m.prepare(ctx, x, false)
	if err != nil {
		return nil, err
	}
	model := l.begin()
	if len(l.Snapshots) > 0 && l.Snapshots[0] == 0 {
		model.Snapshots = append(model.Snapshots, Snapshot{Parameters: slices.Clone(model.values)})
	}
	model.optimizer = l.Optimizer.optimizer(exactly(l.Momentum))
	return l.train(ctx, model, visit)
}

// train trains a model of l on, which it returns.
func (l *lesson) train(ctx context.Context, model *MLPModel, visit func(Step) bool) (*MLPModel, error) {
	net := model.net()
	before, wanted := len(model.Losses), l.Snapshots
	for len(wanted) > 0 && wanted[0] <= model.Steps {
		wanted = wanted[1:]
	}
	t := &training{
		gradients: newGradients(net, l.rows, l.batch(), l.loss), optimizer: model.optimizer, schedule: l.Schedule,
		rate: l.Rate, l2: exactly(l.L2), decay: l.WeightDecay, weights: l.sizes.weights(), order: "nn.MLP/order", seed: l.Seed,
	}
	bad := false
	err := t.run(ctx, l.known, l.batch(), before, l.Epochs, func(number int, loss float64) bool {
		model.Steps = number
		if len(wanted) > 0 && wanted[0] == number {
			model.Snapshots = append(model.Snapshots, Snapshot{Step: number, Loss: loss, Parameters: slices.Clone(net.Values)})
			wanted = wanted[1:]
		}
		return visit == nil || visit(Step{Number: number, Epoch: len(model.Losses), Loss: loss, Parameters: net.Values, of: model})
	}, func(epoch int, loss float64) bool {
		if bad = diverged(loss, nil); bad {
			return false
		}
		model.Losses = append(model.Losses, loss)
		watch.Report(ctx, watch.Event{Stage: "network: training", Done: epoch - before, Total: l.Epochs, Loss: loss})
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", mlp, err)
	}
	if bad || diverged(0, net.Values) {
		return nil, &mat32.ParamError{Method: mlp, Param: "Rate", Value: l.Rate, Want: "a smaller one, or rescaled rows or Targets: the parameters grew beyond all bounds"}
	}
	return model, nil
}
