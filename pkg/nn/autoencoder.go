package nn

import (
	"context"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/frame"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Autoencoder is a multilayer perceptron that gives rows back through a narrow layer, the code:
// Hidden layers, the code, which is not bent, the hidden layers in reverse, and the output. Rows
// are centred, and divided by the root of their mean square, before they come in. With Linear its
// code spans the same space as the first principal components (P. Baldi and K. Hornik, 1989, Neural
// networks and principal component analysis).
//
// Time and memory are those of MLP.
//
// Source: G. Hinton and R. Salakhutdinov (2006), Reducing the dimensionality of data with neural
// networks.
type Autoencoder struct {
	// Code is the number of units of the code, fewer than 16385. Default 2.
	Code int

	// Hidden holds the number of units of the layers before the code. Default 64, a single one;
	// ignored with Linear.
	Hidden []int

	// Linear leaves the hidden layers out: two matrices remain. Default false.
	Linear bool

	// Activation bends the values of hidden layers. Default ReLU.
	Activation Activation

	// Rate is about how far a parameter moves in a step by Adam, at first, at most 100: it falls to zero
	// along half a cosine. Default 0.003.
	Rate float64

	// Epochs is how often all rows are seen. Default 200.
	Epochs int

	// Batch is the number of rows between steps, at most all. Default 200.
	Batch int

	// L2 is the weight of half the sum of squares of the weights, as in MLP. Default 0.
	L2 float64

	// Seed draws the first parameters and the order of the rows.
	Seed uint64

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const autoencoder = "nn.Autoencoder"

// Resolve returns the options with defaults filled in for n rows of d columns, or a
// *mat32.ParamError.
func (a Autoencoder) Resolve(n, d int) (Autoencoder, error) {
	o := options{method: autoencoder}
	check(&o, "Code", &a.Code, 2, 1, widest)
	if a.Hidden == nil {
		a.Hidden = []int{64}
	}
	o.checkHidden(a.Hidden)
	if 2*len(a.Hidden)+1 > deepest {
		o.refuse("Hidden", len(a.Hidden), fmt.Sprintf("at most %d layers", (deepest-1)/2))
	}
	oneOf(&o, "Activation", a.Activation, len(activations), "ReLU, Tanh, GELU or Identity")
	check(&o, "Rate", &a.Rate, .003, Zero, 100)
	check(&o, "Epochs", &a.Epochs, 200, 1, longest)
	check(&o, "Batch", &a.Batch, max(1, min(200, n)), 1, max(1, n))
	check(&o, "L2", &a.L2, Zero, Zero, 1e6)
	if a.MemoryLimit < 0 {
		o.refuse("MemoryLimit", a.MemoryLimit, "0 or more bytes")
	}
	return a, o.err
}

// AutoencoderModel is a trained autoencoder. It is never changed, and safe for concurrent use.
type AutoencoderModel struct {
	Options Autoencoder // resolved

	// Net is the network, on centred and scaled rows. Its Losses are means of squares in
	// their unit: 1 is as bad as to give the mean for every row.
	Net *MLPModel

	Mean []float64 // of the columns
	Unit float64   // the root of the mean square of what is left
}

// Fit trains on the rows of x, n × d. Errors: those of MLP.Fit, *mat32.DegenerateError where all rows
// are equal.
func (a Autoencoder) Fit(ctx context.Context, x mat.Matrix) (*AutoencoderModel, error) {
	fail := func(err error) (*AutoencoderModel, error) { return nil, mat32.Rename(autoencoder, err) }
	if err := checkFinite(ctx, autoencoder, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	a, err := a.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(autoencoder, 12*int64(n)*int64(d)+1, a.MemoryLimit, "take fewer rows"); err != nil {
		return nil, err
	}
	m := &AutoencoderModel{Options: a}
	if m.Mean, m.Unit, err = frame.Of(ctx, autoencoder, "x", x, leastUnit); err != nil {
		return nil, err
	}
	rows, err := m.scaled(ctx, x)
	if err != nil {
		return nil, err
	}
	m.Net, err = a.net(rows).Fit(ctx, rows)
	if err != nil {
		return fail(err)
	}
	return m, nil
}

// net returns the perceptron that gives targets back.
func (a Autoencoder) net(targets mat.Matrix) MLP {
	hidden, activation := []int{a.Code}, Identity
	if !a.Linear {
		activation = a.Activation
		back := slices.Clone(a.Hidden)
		slices.Reverse(back)
		hidden = slices.Concat(a.Hidden, hidden, back)
	}
	return MLP{Hidden: hidden, Activation: activation, straight: len(hidden)/2 + 1, Targets: targets, Rate: a.Rate, Schedule: Cosine,
		Epochs: a.Epochs, Batch: a.Batch, L2: a.L2, Seed: a.Seed, MemoryLimit: a.MemoryLimit}
}

// scaled returns rows as they come in.
func (m *AutoencoderModel) scaled(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	rows, err := frame.Scaled(ctx, x, m.Mean, m.Unit)
	return rows, mat32.Rename(autoencoder, err)
}

// Encode returns the codes of the rows of x, n × Code. Errors are those of MLPModel.Activations.
func (m *AutoencoderModel) Encode(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	list, err := m.activations(ctx, x)
	if err != nil {
		return nil, err
	}
	return list[len(list)/2], nil
}

// Reconstruct returns what the rows of x are given back as, n × d. Errors are those of
// MLPModel.Activations.
func (m *AutoencoderModel) Reconstruct(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	list, err := m.activations(ctx, x)
	if err != nil {
		return nil, err
	}
	y := list[len(list)-1]
	n, _ := y.Dims()
	for i := range n {
		for j, v := range y.Row(i) {
			y.Row(i)[j] = float32(m.Mean[j] + m.Unit*float64(v))
		}
	}
	if err := mat32.CheckContext(ctx, y); err != nil {
		return nil, fmt.Errorf("%s: %w", autoencoder, err)
	}
	return y, nil
}

func (m *AutoencoderModel) activations(ctx context.Context, x mat.Matrix) ([]*mat32.Dense, error) {
	if err := checkFinite(ctx, autoencoder, x); err != nil {
		return nil, err
	}
	if n, d := x.Dims(); d != len(m.Mean) {
		return nil, fmt.Errorf("%s: %w", autoencoder, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("the %d columns trained on", len(m.Mean))})
	}
	rows, err := m.scaled(ctx, x)
	if err != nil {
		return nil, err
	}
	list, err := m.Net.Activations(ctx, rows)
	return list, mat32.Rename(autoencoder, err)
}

// Error returns the mean square of the rows of x less what they are given back as, over that of the
// rows less the mean of those trained on: 0 where nothing is lost. Errors are those of Encode.
func (m *AutoencoderModel) Error(ctx context.Context, x mat.Matrix) (float64, error) {
	list, err := m.activations(ctx, x)
	if err != nil {
		return 0, err
	}
	return lost(autoencoder, list[0], list[len(list)-1])
}

// String returns a small table.
func (m *AutoencoderModel) String() string {
	return fmt.Sprintf("autoencoder  code of %d, rows less their mean over %.4g\n%v", m.Options.Code, m.Unit, m.Net)
}

const (
	autoencoderKind    = "nn.AutoencoderModel"
	autoencoderVersion = 1
)

func (m *AutoencoderModel) encode(s *saved.Writer) {
	s.JSON(m.Options)
	s.Floats(m.Mean)
	s.Float(m.Unit)
	m.Net.encode(s)
}

func (m *AutoencoderModel) decode(s *saved.Reader) {
	s.JSON(&m.Options)
	m.Mean, m.Unit, m.Net = s.Floats(), s.Float(), new(MLPModel)
	if m.Net.decode(s); !s.OK() {
		return
	}
	want := m.Options.net(nil)
	if last := len(m.Net.Sizes) - 1; !slices.Equal(m.Net.Options.Hidden, want.Hidden) || m.Net.Options.straight != want.straight || m.Net.Sizes[0] != len(m.Mean) || m.Net.Sizes[last] != len(m.Mean) || !(m.Unit > 0) {
		s.Fail("its network is not that of its options")
	}
}

// WriteTo saves the model.
func (m *AutoencoderModel) WriteTo(w io.Writer) (int64, error) {
	return saved.Write(w, autoencoderKind, autoencoderVersion, m.encode)
}

// ReadFrom replaces m by a saved model. The error for a damaged or foreign file is a
// *mat32.FileError.
func (m *AutoencoderModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, autoencoderKind, autoencoderVersion, m, (*AutoencoderModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *AutoencoderModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *AutoencoderModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
