package search

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/nn"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Matryoshka learns vectors whose prefixes are vectors themselves, coarse to fine: a small
// network makes a row into a vector, a linear head for each prefix tells the row's class by
// that prefix alone, and what training makes small is the sum of their cross-entropies.
// Adaptive and Funnel search such vectors.
//
// Rows are taken less their mean, in units of their root mean square. The network has one layer
// of Hidden rectified units, and is trained by Adam on batches of shuffled rows. With a single
// length in Dims it is an ordinary classifier, to compare with.
//
// Time O(Epochs·n·parameters), about a second for 1200 rows of 64 columns; memory 16 bytes for
// each of d·Hidden + Hidden·D + classes·(the sum of Dims) parameters, D the longest, and 4·n·d
// for rows that are not a *mat32.Dense.
//
// Source: A. Kusupati and others (2022), Matryoshka representation learning.
type Matryoshka struct {
	// Dims holds the lengths of the prefixes, in increasing order: the last is that of the
	// vectors. Default 8, 16, 32 and 64.
	Dims []int

	// Labels are the classes of the rows, from 0, and −1 for rows that are left out.
	Labels []int

	// Hidden is the number of hidden units. Default 128.
	Hidden int

	// Epochs is how often all rows are seen. Default 60.
	Epochs int

	// Batch is the number of rows between steps, at most all. Default 64. Smaller batches make
	// more steps, and noisier ones.
	Batch int

	// Rate is about how far a parameter moves in a step, at most 1. Default 0.002. It falls to
	// zero along half a cosine.
	Rate float64

	// Seed draws the first parameters and the order of the rows.
	Seed uint64

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// MatryoshkaModel makes vectors. It is never changed, and safe for concurrent use.
type MatryoshkaModel struct {
	Options Matryoshka // resolved, without Labels
	Rows    int        // trained on
	Classes int

	// Losses holds the mean sum of cross-entropies of every epoch, as its batches were met.
	Losses []float64

	// Mean and Unit are what is taken from rows, and what they are divided by.
	Mean []float64
	Unit float64

	values []float32 // of the network: first layer, second, heads
}

const (
	matryoshka = "search.Matryoshka"
	widest     = 1 << 14 // units, columns of a vector, classes
)

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for n rows.
func (m Matryoshka) Resolve(n, _ int) (Matryoshka, error) {
	fail := func(param string, value any, want string) (Matryoshka, error) {
		return m, &mat32.ParamError{Method: matryoshka, Param: param, Value: value, Want: want}
	}
	if m.Dims == nil {
		m.Dims = []int{8, 16, 32, 64}
	}
	if len(m.Dims) == 0 {
		return fail("Dims", "empty", "a length or more")
	}
	for i, d := range m.Dims {
		if d < 1 || d > widest || i > 0 && d <= m.Dims[i-1] {
			return fail("Dims", d, fmt.Sprintf("lengths from 1 to %d, in increasing order", widest))
		}
	}
	for _, f := range []struct {
		name           string
		of             *int
		standard, most int
	}{{"Hidden", &m.Hidden, 128, widest}, {"Epochs", &m.Epochs, 60, 1 << 20}, {"Batch", &m.Batch, max(1, min(64, n)), max(1, n)}} {
		if *f.of == 0 {
			*f.of = f.standard
		}
		if *f.of < 1 || *f.of > f.most {
			return fail(f.name, *f.of, fmt.Sprintf("1 ≤ %s ≤ %d", f.name, f.most))
		}
	}
	if m.Rate == 0 {
		m.Rate = .002
	}
	if !(m.Rate > 0 && m.Rate <= 1) {
		return fail("Rate", m.Rate, "0 < Rate ≤ 1")
	}
	if m.MemoryLimit < 0 {
		return fail("MemoryLimit", m.MemoryLimit, "0 or more bytes")
	}
	if m.Labels == nil {
		return fail("Labels", "missing", "a class for every row")
	}
	if len(m.Labels) != n {
		return m, mat32.Rename(matryoshka, &mat32.ShapeError{What: "Labels", Rows: len(m.Labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows", n)})
	}
	return m, nil
}

// layers returns those of the network; the fourth gives the vectors.
func (m *MatryoshkaModel) layers() []nn.Layer {
	dims := m.Options.Dims
	return []nn.Layer{
		nn.Linear{Out: m.Options.Hidden, Gain: math.Sqrt2}, nn.Bias{Shape: nn.Rectified}, // half of the units are at rest
		nn.Linear{Out: dims[len(dims)-1]}, nn.Bias{},
		nn.Heads{Dims: dims, Out: m.Classes}, nn.Bias{},
	}
}

// parameters returns how many there are, and the columns of all layers.
func (m *MatryoshkaModel) parameters() (count, columns int) {
	d, h, most, sum := len(m.Mean), m.Options.Hidden, 0, 0
	for _, k := range m.Options.Dims {
		most, sum = k, sum+k
	}
	heads := len(m.Options.Dims) * m.Classes
	return (d+1)*h + (h+1)*most + sum*m.Classes + heads, 2 * (h + most + heads)
}

// Fit trains on the rows of x (n × d). Errors: those of mat32.Check and Resolve, a
// *mat32.ParamError for labels below −1 or beyond 16383, without a known one, and for a Rate at
// which the parameters grow beyond bounds, a *mat32.MemoryError, and one that wraps ctx.Err().
func (m Matryoshka) Fit(ctx context.Context, x mat.Matrix) (*MatryoshkaModel, error) {
	rows, err := table(ctx, matryoshka, "x", x)
	if err != nil {
		return nil, err
	}
	n, d := rows.Rows, rows.Cols
	if m, err = m.Resolve(n, d); err != nil {
		return nil, err
	}
	out := &MatryoshkaModel{Options: m, Mean: make([]float64, d)}
	out.Options.Labels, out.Options.Dims = nil, slices.Clone(m.Dims)
	var known []int
	for i, c := range m.Labels {
		if c < -1 || c >= widest {
			return nil, &mat32.ParamError{Method: matryoshka, Param: "Labels", Value: c, Want: fmt.Sprintf("classes from 0 to %d, or −1 for rows that are left out", widest-1)}
		}
		if c >= 0 {
			known = append(known, i)
		}
		out.Classes = max(out.Classes, c+1)
	}
	if known == nil {
		return nil, &mat32.ParamError{Method: matryoshka, Param: "Labels", Value: -1, Want: "a label of at least one row"}
	}
	out.Rows = len(known)
	batch := min(m.Batch, len(known))
	count, columns := out.parameters()
	if err := mat32.CheckMemory(matryoshka, 16*int64(count)+int64(batch)*4*int64(d+2*columns), m.MemoryLimit, "reduce Dims, Hidden or Batch"); err != nil {
		return nil, err
	}
	out.measure(rows, known)
	net := nn.New(d, m.Seed, "search.Matryoshka/start", out.layers()...)
	optimizer := new(nn.Adam[float32])
	some := blas32.General{Cols: d, Stride: d, Data: make([]float32, batch*d)}
	labels := make([]int, batch)
	each := (len(known) + batch - 1) / batch
	stage := watch.Start(ctx, matryoshka, m.Epochs)
	for epoch := range m.Epochs {
		s := rng.New(m.Seed, "search.Matryoshka/order", epoch)
		order := slices.Clone(known)
		s.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		mean := 0.
		for b := range each {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("%s: %w", matryoshka, err)
			}
			own := order[b*batch : min((b+1)*batch, len(order))]
			some.Rows = len(own)
			for k, i := range own {
				out.take(rows.Data[i*rows.Stride:][:d], some.Data[k*d:(k+1)*d])
				labels[k] = m.Labels[i]
			}
			loss, err := out.slopes(ctx, net, some, labels[:len(own)])
			if err == nil {
				err = optimizer.Step(ctx, m.Rate*nn.Cosine(epoch*each+b, 0, m.Epochs*each), net.Values, net.Slopes)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", matryoshka, err)
			}
			mean += loss * float64(len(own)) / float64(len(known))
		}
		if math.IsNaN(mean) || math.IsInf(mean, 0) || !finite(net.Values) {
			return nil, &mat32.ParamError{Method: matryoshka, Param: "Rate", Value: m.Rate, Want: "a smaller one: the parameters grew beyond all bounds"}
		}
		out.Losses = append(out.Losses, mean)
		stage.Add(1)
	}
	out.values = net.Values
	return out, nil
}

// measure finds the mean of the rows, and the root mean square about it.
func (m *MatryoshkaModel) measure(rows blas32.General, known []int) {
	for _, i := range known {
		for j, v := range rows.Data[i*rows.Stride:][:rows.Cols] {
			m.Mean[j] += float64(v) / float64(len(known))
		}
	}
	sum := 0.
	for _, i := range known {
		for j, v := range rows.Data[i*rows.Stride:][:rows.Cols] {
			sum += (float64(v) - m.Mean[j]) * (float64(v) - m.Mean[j])
		}
	}
	if m.Unit = math.Sqrt(sum / float64(len(known)*rows.Cols)); m.Unit == 0 {
		m.Unit = 1
	}
}

// take writes a row as the network sees it.
func (m *MatryoshkaModel) take(row, to []float32) {
	for j, v := range row {
		to[j] = float32((float64(v) - m.Mean[j]) / m.Unit)
	}
}

// slopes adds the gradient of the loss of a batch to the slopes of the net, and returns the
// loss.
func (m *MatryoshkaModel) slopes(ctx context.Context, net *nn.Net, rows blas32.General, labels []int) (loss float64, err error) {
	y, err := net.Forward(ctx, rows)
	if err != nil {
		return 0, err
	}
	by := net.Gradient()
	for head := range m.Options.Dims {
		at, to := y, by
		at.Cols, at.Data = m.Classes, y.Data[head*m.Classes:]
		to.Cols, to.Data = m.Classes, by.Data[head*m.Classes:]
		loss += nn.CrossEntropy(at, labels, to)
	}
	return loss, net.Backward(ctx)
}

// Vectors returns what the network makes of the rows of x (n × d): n × the last of Dims.
// Errors: those of mat32.Check, a *mat32.ShapeError for rows of other columns, a
// *mat32.DegenerateError for vectors beyond float32, a *mat32.MemoryError, and one that wraps
// ctx.Err().
func (m *MatryoshkaModel) Vectors(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	return m.apply(ctx, x, 3)
}

// apply returns what a layer gives.
func (m *MatryoshkaModel) apply(ctx context.Context, x mat.Matrix, layer int) (*mat32.Dense, error) {
	rows, err := table(ctx, matryoshka, "x", x)
	if err != nil {
		return nil, err
	}
	n, d := rows.Rows, len(m.Mean)
	if rows.Cols != d {
		return nil, mat32.Rename(matryoshka, &mat32.ShapeError{What: "x", Rows: n, Cols: rows.Cols, Want: fmt.Sprintf("the %d columns trained on", d)})
	}
	width := m.Options.Dims[len(m.Options.Dims)-1]
	if layer > 3 {
		width = len(m.Options.Dims) * m.Classes
	}
	const together = 256
	_, columns := m.parameters()
	if err := mat32.CheckMemory(matryoshka, 4*int64(n)*int64(width)+16*together*int64(d+columns), m.Options.MemoryLimit, "take fewer rows"); err != nil {
		return nil, err
	}
	out := mat32.NewDense(n, width, make([]float32, n*width))
	errs := make([]error, (n+together-1)/together)
	inner := par.Alone(ctx)
	type worker struct {
		net  *nn.Net
		some []float32
	}
	err = par.BlocksWith(ctx, n, together, func() worker {
		return worker{nn.Of(d, m.values, m.layers()...), make([]float32, min(n, together)*d)}
	}, func(w worker, lo, hi int) {
		for i := lo; i < hi; i++ {
			m.take(rows.Data[i*rows.Stride:][:d], w.some[(i-lo)*d:][:d])
		}
		if _, err := w.net.Forward(inner, blas32.General{Rows: hi - lo, Cols: d, Stride: d, Data: w.some[:(hi-lo)*d]}); err != nil {
			errs[lo/together] = err
			return
		}
		copy(out.Data()[lo*width:hi*width], w.net.Output(layer).Data[:(hi-lo)*width])
	})
	for _, e := range errs {
		if err == nil {
			err = e
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", matryoshka, err)
	}
	if !finite(out.Data()) {
		return nil, &mat32.DegenerateError{Method: matryoshka, Reason: "vectors of these rows are beyond float32: they are too far from those trained on"}
	}
	return out, nil
}

// Predict returns the likeliest class of every row of x by the head of a prefix, one of Dims;
// the first of equals. Errors are those of Vectors, and a *mat32.ParamError for a prefix
// without a head.
func (m *MatryoshkaModel) Predict(ctx context.Context, x mat.Matrix, prefix int) ([]int, error) {
	head := slices.Index(m.Options.Dims, prefix)
	if head < 0 {
		return nil, &mat32.ParamError{Method: matryoshka, Param: "prefix", Value: prefix, Want: fmt.Sprintf("one of %v", m.Options.Dims)}
	}
	y, err := m.apply(ctx, x, 5)
	if err != nil {
		return nil, err
	}
	n, _ := y.Dims()
	labels := make([]int, n)
	for i := range n {
		row := y.Row(i)[head*m.Classes:][:m.Classes]
		for c, v := range row {
			if v > row[labels[i]] {
				labels[i] = c
			}
		}
	}
	return labels, nil
}

// Accuracy returns the share of the rows of x whose label Predict names; rows of label −1 do
// not count. Errors are those of Predict, and a *mat32.ShapeError for another number of labels,
// or none that is known.
func (m *MatryoshkaModel) Accuracy(ctx context.Context, x mat.Matrix, labels []int, prefix int) (float64, error) {
	got, err := m.Predict(ctx, x, prefix)
	if err != nil {
		return 0, err
	}
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
		return 0, mat32.Rename(matryoshka, &mat32.ShapeError{What: "labels", Rows: len(labels), Cols: 1, Want: fmt.Sprintf("one for each of the %d rows, and one that is known", len(got))})
	}
	return float64(hits) / float64(known), nil
}

// String returns a small table.
func (m *MatryoshkaModel) String() string {
	var b strings.Builder
	o := m.Options
	fmt.Fprintf(&b, "Matryoshka  %d → %d rectified → prefixes %v of vectors, %d classes\n  trained     %d rows, %d epochs in batches of %d, rate %.4g, seed %d\n  loss        %.4g, %.4g in the first epoch",
		len(m.Mean), o.Hidden, o.Dims, m.Classes, m.Rows, len(m.Losses), o.Batch, o.Rate, o.Seed, m.Losses[len(m.Losses)-1], m.Losses[0])
	return b.String()
}

const (
	matryoshkaKind    = "search.MatryoshkaModel"
	matryoshkaVersion = 1
)

func (m *MatryoshkaModel) encode(s *saved.Writer) {
	s.JSON(m.Options)
	s.Int(m.Rows)
	s.Int(m.Classes)
	s.Floats(m.Losses)
	s.Floats(m.Mean)
	s.Float(m.Unit)
	s.Float32s(m.values)
}

func (m *MatryoshkaModel) decode(s *saved.Reader) {
	s.JSON(&m.Options)
	m.Rows, m.Classes, m.Losses, m.Mean, m.Unit, m.values = s.Int(), s.Int(), s.Floats(), s.Floats(), s.Float(), s.Float32s()
	if !s.OK() {
		return
	}
	o := m.Options
	o.Labels, o.Batch = []int{0}, 1 // which are not of the model
	if _, err := o.Resolve(1, 1); err != nil || m.Options.Dims == nil || m.Options.Hidden < 1 || m.Classes < 1 || m.Classes > widest || len(m.Losses) == 0 ||
		len(m.Mean) == 0 || !(m.Unit > 0) || !finite(m.Mean) || !finite(m.values) {
		s.Fail("its shape is none of a network")
		return
	}
	if count, _ := m.parameters(); count != len(m.values) {
		s.Fail("it has another number of parameters than its shape")
	}
}

// WriteTo saves the model.
func (m *MatryoshkaModel) WriteTo(w io.Writer) (int64, error) {
	return saved.Write(w, matryoshkaKind, matryoshkaVersion, m.encode)
}

// ReadFrom replaces m by a saved model. The error for a damaged or foreign file is a
// *mat32.FileError.
func (m *MatryoshkaModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, matryoshkaKind, matryoshkaVersion, m, (*MatryoshkaModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *MatryoshkaModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *MatryoshkaModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
