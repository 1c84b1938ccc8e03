package nn

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/frame"
	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// SAE is a sparse autoencoder: rows are given back as sums of few of many directions of length 1.
// The code of a row is max(0, E·x + c), and the row Dᵀ·code + b, where rows were centred and
// divided by the root of their mean square. Codes are kept sparse by the weight of their sum in
// the loss, or by keeping the TopK largest values of each.
//
// Features that no row ever needs are dead: geometry.DeadFeatures of the codes counts them. Where
// rows fill few of their dimensions, as the outputs of attention layers do, features that begin
// anywhere mostly die, and hardly any that begin in the space of the rows: see Basis.
//
// Time O(Epochs·n·d·Features), memory 40·d·Features + 12·n·d bytes and what a batch takes.
//
// Sources: T. Bricken and others (2023), Towards monosemanticity: decomposing language models with
// dictionary learning; L. Gao and others (2024), Scaling and evaluating sparse autoencoders (TopK); J.
// Wang, X. Ge, W. Shu, Z. He and X. Qiu (2025), Attention layers add into low-dimensional
// residual subspaces (Basis).
type SAE struct {
	// Features is the number of directions, at most 16384. Default 4·d.
	Features int

	// TopK, when above 0, is how many values of a code are kept, the largest. Default 0: codes are
	// kept sparse by L1.
	TopK int

	// L1 is the weight of the sum of a code over √d, beside the mean square of what is lost. Larger
	// ones make sparser codes, and lose more. Default 0.2, or Zero; ignored with TopK.
	L1 float64

	// Basis holds directions as rows, of d columns, in whose span features begin, such as
	// geometry.Active.Directions. Default nil: they begin anywhere.
	Basis mat.Matrix

	// Rate is about how far a parameter moves in a step by Adam, at first, at most 100: it falls to zero
	// along half a cosine. Default 0.001.
	Rate float64

	// Epochs is how often all rows are seen. Default 50.
	Epochs int

	// Batch is the number of rows between steps, at most all. Default 200.
	Batch int

	// Seed draws the first directions and the order of the rows.
	Seed uint64

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const sae = "nn.SAE"

// Resolve returns the options with defaults filled in for n rows of d columns, or a
// *mat32.ParamError.
func (a SAE) Resolve(n, d int) (SAE, error) {
	o := options{method: sae}
	check(&o, "Features", &a.Features, max(1, min(4*d, widest)), 1, widest)
	if a.TopK < 0 || a.TopK > a.Features {
		o.refuse("TopK", a.TopK, fmt.Sprintf("0 ≤ TopK ≤ Features = %d", a.Features))
	}
	check(&o, "L1", &a.L1, .2, Zero, 1e6)
	check(&o, "Rate", &a.Rate, .001, Zero, 100)
	check(&o, "Epochs", &a.Epochs, 50, 1, longest)
	check(&o, "Batch", &a.Batch, max(1, min(200, n)), 1, max(1, n))
	if a.MemoryLimit < 0 {
		o.refuse("MemoryLimit", a.MemoryLimit, "0 or more bytes")
	}
	return a, o.err
}

// SAEModel is a trained sparse autoencoder. It is never changed, and safe for concurrent use.
type SAEModel struct {
	Options SAE       // resolved, without Basis
	Mean    []float64 // of the columns
	Unit    float64   // the root of the mean square of what is left

	// Losses holds for every epoch the mean of squares of what was lost, in Unit: 1 is as bad as to give
	// the mean for every row.
	Losses []float64

	sizes  sizes
	values []float32
}

func (a SAE) layers(d int) []nn.Layer {
	draw := exactly(a.L1) / math.Sqrt(float64(d))
	if a.TopK > 0 {
		draw = 0
	}
	return []nn.Layer{nn.Linear{Out: a.Features}, nn.Bias{}, nn.Sparse{Most: a.TopK, Draw: draw}, nn.Linear{Out: d}, nn.Bias{}}
}

// Fit learns from the rows of x, n × d. Errors: those of mat32.CheckRows, mat32.Check and Resolve;
// *mat32.ShapeError and *mat32.NotFiniteError for a Basis of other columns or values, *mat32.ParamError
// for a Rate at which the parameters grow beyond bounds, *mat32.DegenerateError where all rows are
// equal or the Basis is zero; *mat32.MemoryError; and one that wraps ctx.Err().
func (a SAE) Fit(ctx context.Context, x mat.Matrix) (*SAEModel, error) {
	fail := func(err error) (*SAEModel, error) { return nil, fmt.Errorf("%s: %w", sae, err) }
	if err := checkFinite(ctx, sae, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	a, err := a.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	m := &SAEModel{Options: a, sizes: sizes{d, a.Features, d}}
	parameters, columns := m.sizes.total()
	need := 24*int64(parameters) + gradientBytes(parameters, d, 2*(columns+a.Features), a.Batch) + 12*int64(n)*int64(d)
	if err := mat32.CheckMemory(sae, need, a.MemoryLimit, "reduce Features, Batch or rows"); err != nil {
		return nil, err
	}
	if m.Mean, m.Unit, err = frame.Of(ctx, sae, "x", x, leastUnit); err != nil {
		return nil, err
	}
	rows, err := frame.Scaled(ctx, x, m.Mean, m.Unit)
	if err != nil {
		return nil, mat32.Rename(sae, err)
	}
	if err := m.begin(d); err != nil {
		return nil, err
	}
	m.Options.Basis = nil // an input, which the model does not keep
	net := nn.Of(d, m.values, a.layers(d)...)
	count, size := parts(a.Batch)
	size = max(size, min(a.Batch, 2*partRows))
	own := make([]blas32.General, count)
	for p := range own {
		own[p] = blas32.General{Rows: size, Cols: d, Stride: d, Data: make([]float32, size*d)}
	}
	loss := func(part int, some []int, y, by blas32.General) float64 {
		for k, i := range some {
			copy(own[part].Data[k*d:(k+1)*d], rows.Row(i))
		}
		return nn.SquaredError(y, own[part], by)
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	t := &training{gradients: newGradients(net, rows, a.Batch, loss), optimizer: new(nn.Adam[float32]), schedule: Cosine, rate: a.Rate,
		order: "nn.SAE/order", seed: a.Seed, after: m.normalize}
	bad := false
	err = t.run(ctx, order, a.Batch, 0, a.Epochs, func(int, float64) bool { return true }, func(epoch int, loss float64) bool {
		if bad = diverged(loss, nil); bad {
			return false
		}
		m.Losses = append(m.Losses, loss)
		watch.Report(ctx, watch.Event{Stage: "sparse autoencoder: training", Done: epoch, Total: a.Epochs, Loss: loss})
		return true
	})
	if err != nil {
		return fail(err)
	}
	if bad || diverged(0, m.values) {
		return nil, &mat32.ParamError{Method: sae, Param: "Rate", Value: a.Rate, Want: "a smaller one: the parameters grew beyond all bounds"}
	}
	return m, nil
}

// begin draws directions of length 1, in the span of the Basis, and lets the encoder be a multiple of
// their transpose.
func (m *SAEModel) begin(d int) error {
	a := m.Options
	rank := d
	if a.Basis != nil {
		if err := mat32.Check(a.Basis); err != nil {
			return fmt.Errorf("%s: Basis: %w", sae, err)
		}
		r, columns := a.Basis.Dims()
		if columns != d {
			return fmt.Errorf("%s: %w", sae, &mat32.ShapeError{What: "Basis", Rows: r, Cols: columns, Want: fmt.Sprintf("the %d columns of x", d)})
		}
		rank = r
	}
	parameters, _ := m.sizes.total()
	m.values = make([]float32, parameters)
	encoder, decoder := m.matrices()
	// Half of all features answer to a row, and their sum is then about the row itself.
	scale := 1.
	if a.TopK == 0 {
		scale = min(1, 2*float64(rank)/float64(a.Features))
	}
	way, row := make([]float64, d), make([]float64, d)
	for f := range a.Features {
		s := rng.New(a.Seed, "nn.SAE/start", f)
		clear(way)
		for r := range rank {
			v := s.Normal()
			if a.Basis == nil {
				way[r] = v
				continue
			}
			for j, b := range mat32.Row(row, r, a.Basis) {
				way[j] += v * b
			}
		}
		length := 0.
		for _, v := range way {
			length = math.Hypot(length, v)
		}
		if !(length > 0 && length <= math.MaxFloat64) {
			return &mat32.DegenerateError{Method: sae, Reason: "the directions of the Basis are zero, or beyond float64"}
		}
		for j, v := range way {
			encoder[f*d+j], decoder[j*a.Features+f] = float32(scale*v/length), float32(v/length)
		}
	}
	return nil
}

// matrices returns the encoder, a row for every feature, and the decoder, a column for each.
func (m *SAEModel) matrices() (encoder, decoder []float32) {
	d, k := m.sizes[0], m.sizes[1]
	return m.values[:k*d], m.values[k*(d+1) : k*(d+1)+k*d]
}

// normalize gives the directions length 1 again.
func (m *SAEModel) normalize([]float32) {
	_, decoder := m.matrices()
	k := m.sizes[1]
	squares := make([]float64, k)
	for at := 0; at < len(decoder); at += k {
		for f, v := range decoder[at : at+k] {
			squares[f] += float64(v) * float64(v)
		}
	}
	for f, s := range squares {
		squares[f] = 1 / math.Sqrt(max(s, 1e-30))
	}
	for at := 0; at < len(decoder); at += k {
		row := decoder[at : at+k]
		for f := range row {
			row[f] *= float32(squares[f])
		}
	}
}

// Directions returns those of the features, Features × d, of length 1.
func (m *SAEModel) Directions() *mat32.Dense {
	_, decoder := m.matrices()
	d, k := m.sizes[0], m.sizes[1]
	to := mat32.NewDense(k, d, nil)
	for f := range k {
		for j := range d {
			to.Row(f)[j] = decoder[j*k+f]
		}
	}
	return to
}

// Encode returns the codes of the rows of x, n × Features, in Unit: rows are the mean plus Unit
// times the sum of directions by code. Errors: those of mat32.CheckRows and mat32.Check;
// *mat32.ShapeError for rows of other columns; *mat32.MemoryError; and one that wraps ctx.Err().
func (m *SAEModel) Encode(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	_, codes, _, err := m.forward(ctx, x)
	return codes, err
}

// Reconstruct returns what the rows of x are given back as, n × d. Errors are those of Encode.
func (m *SAEModel) Reconstruct(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	_, _, y, err := m.forward(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := y.Dims()
	for i := range n {
		for j, v := range y.Row(i) {
			y.Row(i)[j] = float32(m.Mean[j] + m.Unit*float64(v))
		}
	}
	if err := mat32.CheckContext(ctx, y); err != nil {
		return nil, fmt.Errorf("%s: %w", sae, err)
	}
	return y, nil
}

// Error returns the mean square of the rows of x less what they are given back as, over that of the
// rows less the mean of those trained on: 0 where nothing is lost. Errors are those of Encode, and
// *mat32.DegenerateError where all rows are the mean.
func (m *SAEModel) Error(ctx context.Context, x mat.Matrix) (float64, error) {
	rows, _, y, err := m.forward(ctx, x)
	if err != nil {
		return 0, err
	}
	return lost(sae, rows, y)
}

// lost returns the square of rows less y over that of rows.
func lost(method string, rows, y *mat32.Dense) (float64, error) {
	var missed, all float64
	for i, v := range y.Data() {
		w := float64(rows.Data()[i])
		missed += (w - float64(v)) * (w - float64(v))
		all += w * w
	}
	if all == 0 {
		return 0, &mat32.DegenerateError{Method: method, Reason: "all rows are the mean: nothing can be lost"}
	}
	return missed / all, nil
}

// forward returns the rows as they come in, their codes, and what is made of these.
func (m *SAEModel) forward(ctx context.Context, x mat.Matrix) (rows, codes, back *mat32.Dense, err error) {
	if err := checkFinite(ctx, sae, x); err != nil {
		return nil, nil, nil, err
	}
	n, d := x.Dims()
	k := m.sizes[1]
	if d != m.sizes[0] {
		return nil, nil, nil, fmt.Errorf("%s: %w", sae, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("the %d columns trained on", m.sizes[0])})
	}
	if err := mat32.CheckMemory(sae, 4*int64(n)*int64(2*d+k)+16*rowsAtOnce*int64(k+d), m.Options.MemoryLimit, "take fewer rows"); err != nil {
		return nil, nil, nil, err
	}
	if rows, err = frame.Scaled(ctx, x, m.Mean, m.Unit); err != nil {
		return nil, nil, nil, mat32.Rename(sae, err)
	}
	codes, back = mat32.NewDense(n, k, nil), mat32.NewDense(n, d, nil)
	errs := make([]error, (n+rowsAtOnce-1)/rowsAtOnce)
	inner := par.Alone(ctx)
	err = par.BlocksWith(ctx, n, rowsAtOnce, func() *nn.Net { return nn.Of(d, m.values, m.Options.layers(d)...) }, func(net *nn.Net, lo, hi int) {
		batch := general(rows)
		batch.Rows, batch.Data = hi-lo, batch.Data[lo*d:hi*d]
		y, err := net.Forward(inner, batch)
		if errs[lo/rowsAtOnce] = err; err == nil {
			copy(codes.Data()[lo*k:hi*k], net.Output(2).Data)
			copy(back.Data()[lo*d:hi*d], y.Data)
		}
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", sae, err)
	}
	if diverged(0, codes.Data()) || diverged(0, back.Data()) {
		return nil, nil, nil, &mat32.DegenerateError{Method: sae, Reason: "the codes of these rows are beyond float32: rescale them"}
	}
	return rows, codes, back, nil
}

// String returns a small table.
func (m *SAEModel) String() string {
	a, kept := m.Options, fmt.Sprintf("L1 %.4g", exactly(m.Options.L1))
	if a.TopK > 0 {
		kept = fmt.Sprintf("the %d largest kept", a.TopK)
	}
	return fmt.Sprintf("sparse autoencoder  %d features of %d columns, %s\n  %d epochs in batches of %d, rate %.4g, seed %d\n  lost of rows of mean square 1  %.4g\n",
		a.Features, m.sizes[0], kept, a.Epochs, a.Batch, a.Rate, a.Seed, m.Losses[len(m.Losses)-1])
}

const (
	saeKind    = "nn.SAEModel"
	saeVersion = 1
)

func (m *SAEModel) encode(s *saved.Writer) {
	s.JSON(m.Options)
	s.Floats(m.Mean)
	s.Float(m.Unit)
	s.Floats(m.Losses)
	s.Float32s(m.values)
}

func (m *SAEModel) decode(s *saved.Reader) {
	s.JSON(&m.Options)
	m.Mean, m.Unit, m.Losses, m.values = s.Floats(), s.Float(), s.Floats(), s.Float32s()
	if !s.OK() {
		return
	}
	d, k := len(m.Mean), m.Options.Features
	m.sizes = sizes{d, k, d}
	if d < 1 || k < 1 || k > widest || m.Options.TopK < 0 || m.Options.TopK > k || !(m.Unit > 0) || len(m.Losses) == 0 ||
		slices.Contains(m.Mean, math.Inf(1)) || len(m.values) != d*k+k+d*k+d {
		s.Fail("its shape is none of a sparse autoencoder")
	}
}

// WriteTo saves the model.
func (m *SAEModel) WriteTo(w io.Writer) (int64, error) {
	return saved.Write(w, saeKind, saeVersion, m.encode)
}

// ReadFrom replaces m by a saved model. The error for a damaged or foreign file is a
// *mat32.FileError.
func (m *SAEModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, saeKind, saeVersion, m, (*SAEModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *SAEModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *SAEModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
