package nn

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Snapshot holds the parameters of a network on its way.
type Snapshot struct {
	Step       int
	Loss       float64 // of the batch before the step; 0 before training
	Parameters []float32
}

// MLPModel is a multilayer perceptron. It is never changed, and safe for concurrent use.
type MLPModel struct {
	Options MLP   // resolved, without Labels and Targets
	Sizes   []int // columns of the input, of every hidden layer and of the output
	Rows    int   // trained on
	Steps   int   // of training

	// Losses holds the mean loss of every epoch of training, as its batches were met: without
	// the part of L2.
	Losses []float64

	// Snapshots are those that were asked for.
	Snapshots []Snapshot

	values    []float32
	optimizer nn.Optimizer
}

// with returns a model of other parameters, which was not trained.
func (m *MLPModel) with(values []float32) *MLPModel {
	return &MLPModel{Options: m.Options, Sizes: m.Sizes, Rows: m.Rows, values: values}
}

// Parameters returns a copy of all parameters: layer by layer, the matrix (a row for every
// unit) and then the constants.
func (m *MLPModel) Parameters() []float64 {
	to := make([]float64, len(m.values))
	for i, v := range m.values {
		to[i] = float64(v)
	}
	return to
}

// LayerParameters returns how many parameters each layer has: the LayerScale of
// intrinsic.ObjectiveLandscape.
func (m *MLPModel) LayerParameters() []int {
	var list []int
	for l := 1; l < len(m.Sizes); l++ {
		list = append(list, sizes(m.Sizes).parameters(l))
	}
	return list
}

// WithParameters returns a network of the same shape with other parameters, in the order of
// Parameters. Errors: *mat32.ShapeError for another number of them, and *mat32.NotFiniteError for
// one that float32 cannot hold.
func (m *MLPModel) WithParameters(parameters []float64) (*MLPModel, error) {
	if len(parameters) != len(m.values) {
		return nil, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "parameters", Rows: 1, Cols: len(parameters), Want: fmt.Sprintf("%d of them", len(m.values))})
	}
	values := make([]float32, len(parameters))
	for i, v := range parameters {
		values[i] = float32(v)
		if f := values[i]; f-f != 0 {
			return nil, fmt.Errorf("%s: %w", mlp, &mat32.NotFiniteError{Col: i, Value: v})
		}
	}
	return m.with(values), nil
}

// At returns the network at a snapshot.
func (m *MLPModel) At(s Snapshot) *MLPModel { return m.with(slices.Clone(s.Parameters)) }

// Layers returns how many layers follow the input: the hidden ones and the output.
func (m *MLPModel) Layers() int { return len(m.Sizes) - 1 }

const rowsAtOnce = 256 // that are mapped by one core

// Activations returns what the layers make of the rows of x: the rows first, then every hidden
// layer as it is bent, and the output. Memory 4 bytes for every value of a layer. Errors: those of
// mat32.CheckRows and mat32.CheckFloat32; *mat32.ShapeError for rows of other columns;
// *mat32.DegenerateError for an output beyond float32; *mat32.MemoryError; and one that wraps
// ctx.Err().
func (m *MLPModel) Activations(ctx context.Context, x mat.Matrix) ([]*mat32.Dense, error) {
	rows, err := checkRows(ctx, mlp, x)
	if err != nil {
		return nil, err
	}
	n, d := rows.Dims()
	if d != m.Sizes[0] {
		return nil, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("the %d columns trained on", m.Sizes[0])})
	}
	_, columns := sizes(m.Sizes).total()
	if err := mat32.CheckMemory(mlp, 4*int64(n)*int64(columns)+16*rowsAtOnce*int64(columns), m.Options.MemoryLimit, "take fewer rows"); err != nil {
		return nil, err
	}
	list := []*mat32.Dense{rows}
	for _, w := range m.Sizes[1:] {
		list = append(list, mat32.NewDense(n, w, nil))
	}
	errs := make([]error, (n+rowsAtOnce-1)/rowsAtOnce)
	inner := par.Alone(ctx)
	err = par.BlocksWith(ctx, n, rowsAtOnce, m.net, func(net *nn.Net, lo, hi int) {
		batch := general(rows)
		batch.Rows, batch.Data = hi-lo, batch.Data[lo*d:hi*d]
		if _, err := net.Forward(inner, batch); err != nil {
			errs[lo/rowsAtOnce] = err
			return
		}
		for l, to := range list[1:] {
			y := net.Output(2*l + 1)
			copy(to.Data()[lo*y.Cols:hi*y.Cols], y.Data[:(hi-lo)*y.Cols])
		}
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", mlp, err)
	}
	if diverged(0, list[len(list)-1].Data()) {
		return nil, &mat32.DegenerateError{Method: mlp, Reason: "the output for these rows is beyond float32: rescale them"}
	}
	return list, nil
}

// net returns a net of the model's parameters.
func (m *MLPModel) net() *nn.Net {
	return nn.Of(m.Sizes[0], m.values, m.Options.layers(m.Sizes[len(m.Sizes)-1])...)
}

// Output returns what the network gives for the rows of x, n × outputs: targets, or the
// logarithms of probabilities up to a constant. Errors are those of Activations.
func (m *MLPModel) Output(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	list, err := m.Activations(ctx, x)
	if err != nil {
		return nil, err
	}
	return list[len(list)-1], nil
}

// Predict returns the likeliest class of every row of x, the first of equals: the column with the largest
// output. Errors are those of Activations.
func (m *MLPModel) Predict(ctx context.Context, x mat.Matrix) ([]int, error) {
	y, err := m.Output(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := y.Dims()
	labels := make([]int, n)
	for i := range n {
		labels[i] = largest(y.Row(i))
	}
	return labels, nil
}

// largest returns the place of the largest value, the first of equals.
func largest(row []float32) (at int) {
	for j, v := range row {
		if v > row[at] {
			at = j
		}
	}
	return at
}

// Probabilities returns those of the classes, for every row of x, which add up to 1; of
// BinaryCrossEntropy that of every column. Errors are those of Activations, and *mat32.ParamError
// for a network trained on SquaredError, which gives none.
func (m *MLPModel) Probabilities(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	if m.Options.Loss == SquaredError {
		return nil, &mat32.ParamError{Method: mlp, Param: "Loss", Value: m.Options.Loss, Want: "CrossEntropy or BinaryCrossEntropy, for probabilities"}
	}
	y, err := m.Output(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := y.Dims()
	for i := range n {
		row := y.Row(i)
		if m.Options.Loss == BinaryCrossEntropy {
			for j, v := range row {
				row[j] = float32(1 / (1 + math.Exp(-float64(v))))
			}
			continue
		}
		most, sum := row[largest(row)], 0.
		for _, v := range row {
			sum += math.Exp(float64(v - most))
		}
		for j, v := range row {
			row[j] = float32(math.Exp(float64(v-most)) / sum)
		}
	}
	return y, nil
}

// Accuracy returns the share of the rows of x whose label Predict names; rows of label −1 do
// not count. Errors are those of Activations, and *mat32.ShapeError for another number of labels,
// or none that is known.
func (m *MLPModel) Accuracy(ctx context.Context, x mat.Matrix, labels []int) (float64, error) {
	got, err := m.Predict(ctx, x)
	if err != nil {
		return 0, err
	}
	return accuracy(got, labels)
}

func accuracy(got, labels []int) (float64, error) {
	hits, known := 0, 0
	if len(got) == len(labels) {
		for i, l := range labels {
			if l >= 0 {
				known++
				if got[i] == l {
					hits++
				}
			}
		}
	}
	if known == 0 {
		return 0, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "labels", Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows, and one that is known", len(got))})
	}
	return float64(hits) / float64(known), nil
}

// Continue returns the network after further training by the options of MLP, whose Hidden,
// Activation, Optimizer and first parameters do not count: those of the model do, and so does
// what its optimiser remembers. With a Steady rate, 5 epochs and then 7 of the same rows and Batch
// are 12. Snapshots count all steps. Errors are those of Fit, and *mat32.ShapeError for rows or
// targets of other columns than the network has.
func (m *MLPModel) Continue(ctx context.Context, x mat.Matrix, by MLP) (*MLPModel, error) {
	by.Hidden, by.Activation, by.Optimizer, by.straight = m.Options.Hidden, m.Options.Activation, m.Options.Optimizer, m.Options.straight
	l, err := by.prepare(ctx, x, false)
	if err != nil {
		return nil, err
	}
	out := len(m.Sizes) - 1
	if l.Labels != nil && l.sizes[out] < m.Sizes[out] {
		l.sizes[out] = m.Sizes[out] // classes that these rows do not have
	}
	if !slices.Equal(l.sizes, m.Sizes) {
		return nil, fmt.Errorf("%s: %w", mlp, &mat32.ShapeError{What: "x and Labels or Targets", Rows: l.sizes[0], Cols: l.sizes[out], Want: fmt.Sprintf("the %d columns and %d outputs of the network", m.Sizes[0], m.Sizes[out])})
	}
	next := l.begin()
	next.values, next.Steps = slices.Clone(m.values), m.Steps
	next.Losses, next.Snapshots = slices.Clone(m.Losses), slices.Clone(m.Snapshots)
	next.optimizer = l.Optimizer.optimizer(exactly(l.Momentum))
	if m.optimizer != nil {
		copyState(next.optimizer, m.optimizer, len(m.values))
	}
	return l.train(ctx, next, nil)
}

// copyState makes an optimiser remember what another does.
func copyState(to, from nn.Optimizer, parameters int) {
	steps, vectors := to.State(parameters)
	were, given := from.State(parameters)
	*steps = *were
	for i := range vectors {
		copy(vectors[i], given[i])
	}
}

// String returns a small table: shape, options and losses.
func (m *MLPModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "multilayer perceptron  %d", m.Sizes[0])
	for _, w := range m.Sizes[1:] {
		fmt.Fprintf(&b, " → %d", w)
	}
	fmt.Fprintf(&b, ", %s, %d parameters\n  %s\n", m.Options.Activation, len(m.values), m.Options)
	fmt.Fprintf(&b, "  %d rows, %d steps\n", m.Rows, m.Steps)
	for e := 1; e <= len(m.Losses); e *= 2 {
		fmt.Fprintf(&b, "  epoch %-5d loss %.4g\n", e, m.Losses[e-1])
	}
	if last := len(m.Losses); last > 0 && last&(last-1) != 0 {
		fmt.Fprintf(&b, "  epoch %-5d loss %.4g\n", last, m.Losses[last-1])
	}
	return b.String()
}

const (
	mlpKind    = "nn.MLPModel"
	mlpVersion = 1
)

func (m *MLPModel) encode(s *saved.Writer) {
	s.JSON(m.Options)
	s.Int(m.Options.straight)
	s.Ints(m.Sizes)
	s.Int(m.Rows)
	s.Int(m.Steps)
	s.Floats(m.Losses)
	s.Int(len(m.Snapshots))
	for _, p := range m.Snapshots {
		s.Int(p.Step)
		s.Float(p.Loss)
		s.Float32s(p.Parameters)
	}
	s.Float32s(m.values)
	s.Bool(m.optimizer != nil)
	if m.optimizer != nil {
		steps, vectors := m.optimizer.State(len(m.values))
		s.Int(*steps)
		for _, v := range vectors {
			s.Float32s(v)
		}
	}
}

func (m *MLPModel) decode(s *saved.Reader) {
	s.JSON(&m.Options)
	m.Options.straight = s.Int()
	m.Sizes, m.Rows, m.Steps, m.Losses = s.Ints(), s.Int(), s.Int(), s.Floats()
	for range s.Int() {
		if !s.OK() {
			return
		}
		m.Snapshots = append(m.Snapshots, Snapshot{s.Int(), s.Float(), s.Float32s()})
	}
	m.values = s.Float32s()
	if !s.OK() {
		return
	}
	o := options{method: mlp}
	o.checkHidden(m.Options.Hidden)
	oneOf(&o, "Activation", m.Options.Activation, len(activations), "")
	oneOf(&o, "Optimizer", m.Options.Optimizer, len(optimizers), "")
	if o.err != nil || len(m.Sizes) != len(m.Options.Hidden)+2 || !slices.Equal(m.Sizes[1:len(m.Sizes)-1], m.Options.Hidden) ||
		slices.Min(m.Sizes) < 1 || m.Sizes[0] > longest>>20 || m.Sizes[len(m.Sizes)-1] > widest {
		s.Fail("its shape is none of a network")
		return
	}
	parameters, _ := sizes(m.Sizes).total()
	fits := len(m.values) == parameters
	for _, p := range m.Snapshots {
		fits = fits && len(p.Parameters) == parameters
	}
	if !fits {
		s.Fail("it has another number of parameters than its shape")
		return
	}
	if !s.Bool() {
		return
	}
	m.optimizer = m.Options.Optimizer.optimizer(exactly(m.Options.Momentum))
	steps, vectors := m.optimizer.State(parameters)
	*steps = s.Int()
	for i := range vectors {
		if v := s.Float32s(); len(v) == parameters {
			copy(vectors[i], v)
		} else {
			s.Fail("its optimiser remembers another number of parameters")
		}
	}
}

// WriteTo saves the model.
func (m *MLPModel) WriteTo(w io.Writer) (int64, error) {
	return saved.Write(w, mlpKind, mlpVersion, m.encode)
}

// ReadFrom replaces m by a saved model. The error for a damaged or foreign file is a
// *mat32.FileError.
func (m *MLPModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, mlpKind, mlpVersion, m, (*MLPModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *MLPModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *MLPModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
