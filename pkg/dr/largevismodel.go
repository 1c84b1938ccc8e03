package dr

import (
	"context"
	"io"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// LargeVisModel is fitted by LargeVis. It keeps the rows it was fitted to, for new ones are
// compared with them: 8·n·d bytes, half of that where float32 holds them, or those of a
// *mat32.Dense or *mat32.CSR, which it borrows.
type LargeVisModel struct {
	options   LargeVis
	embedding *Embedding
	degrees   []float64  // sums of the weights of every row
	rows      mat.Matrix // as keep has them; nil where only distances or weights are known
	field     *largevisField
}

// largevisField is what new points of a map meet: made when it is first needed, and kept.
type largevisField struct {
	known
	once       sync.Once
	at         []float32 // the map
	pushers    []int32
	pull, push *layout.Force
}

// Embedding returns the map; its Objective is the negative logarithm of the likelihood of
// an edge with its negative samples.
func (m *LargeVisModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options, without the graph and the weights once saved.
func (m *LargeVisModel) Options() LargeVis { return m.options }

// String returns a small table: shape, likelihood, options and notes.
func (m *LargeVisModel) String() string { return m.embedding.String() }

// Transform returns where new rows lie in the map: each begins at the point of
// the nearest row of the model, and goes on as in Fit for a hundred epochs at a quarter of
// the learning rate, pulled to its neighbours by the weights it gives to them, while the
// points of the model stay where they are. A row of the model lands near its place, not on
// it.
//
// Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.DegenerateError where the model was fitted to distances or given weights,
// *mat32.MemoryError, and one that wraps ctx.Err(). The first call makes an index of the
// rows that the model was fitted to; see neighbors.Auto.
func (m *LargeVisModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const (
		method = "dr.LargeVis"
		batch  = 1 << 12 // rows at a time, which bounds the memory
	)
	if m.rows == nil {
		if err := mat32.CheckRows(method, x); err != nil {
			return nil, err
		}
		if _, _, err := checkData(ctx, method, x, 1); err != nil {
			return nil, err
		}
		return nil, &mat32.DegenerateError{Method: method, Reason: "it cannot map new rows: it was fitted to distances or given weights"}
	}
	count, err := checkColumns(ctx, method, x, m.embedding.Dim)
	if err != nil {
		return nil, err
	}
	k := m.options.Components
	if err := mat32.CheckMemory(method, int64(count)*8*int64(k), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	m.field.once.Do(func() {
		m.field.at, m.field.pushers = narrowed(m.embedding.Dense), pushers(m.degrees)
		m.field.pull, m.field.push = m.options.forces(1)
	})
	z := mat.NewDense(count, k, nil)
	for lo := 0; lo < count; lo += batch {
		hi := min(lo+batch, count)
		rows := make([]int, hi-lo)
		for i := range rows {
			rows[i] = lo + i
		}
		y, err := m.settle(ctx, mat32.Select(x, rows))
		if err != nil {
			return nil, failed(method, err)
		}
		for i, v := range y {
			z.RawMatrix().Data[lo*k+i] = float64(v)
		}
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// settle returns where the rows of x land among the points of the map.
func (m *LargeVisModel) settle(ctx context.Context, x mat.Matrix) ([]float32, error) {
	const (
		slower = 4 // times the learning rate
		epochs = 100
	)
	l := m.options
	count, _ := x.Dims()
	answer, err := m.field.nearest(ctx, m.rows, neighbors.Auto{Metric: l.Metric, Seed: l.Seed, MemoryLimit: l.MemoryLimit}, x, l.Neighbors)
	if err != nil {
		return nil, err
	}
	dim := l.Components
	y := make([]float32, count*dim)
	weights := make([]float64, len(answer.Distances))
	keys := make([]uint64, count)
	wrong := make([]error, count)
	err = par.Blocks(ctx, count, 16, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			near, distances := answer.Row(i)
			w := weights[i*answer.K : (i+1)*answer.K]
			unit := distances[len(distances)-1] // whose square need not be a float64
			for k, d := range distances {
				if unit > 0 {
					w[k] = (d / unit) * (d / unit)
				}
			}
			if _, _, wrong[i] = affinity.Perplexity(w, w, min(l.Perplexity, float64(len(w)))); wrong[i] != nil {
				continue
			}
			copy(y[i*dim:(i+1)*dim], m.field.at[int(near[0])*dim:])
			most := 0.
			for _, v := range w {
				most = max(most, v)
			}
			for k := range w {
				w[k] /= most
			}
			// By its nearest row, so that random numbers do not depend on the rows that
			// come with this one.
			keys[i] = uint64(near[0])
		}
	})
	if err != nil {
		return nil, err
	}
	for _, err := range wrong {
		if err != nil {
			return nil, err
		}
	}
	if l.Samples == None {
		return y, nil
	}
	edges, err := layout.NewEdges(ctx, count, func(i int) ([]int32, []float64) {
		near, _ := answer.Row(i)
		return near, weights[i*answer.K : (i+1)*answer.K]
	}, 1, epochs)
	if err != nil {
		return nil, err
	}
	sgd := &layout.NegativeSampling{Negatives: max(l.NegativeSamples, 0), Rate: l.LearningRate / slower, Epochs: epochs, Seed: l.Seed,
		Purpose: "LargeVis: new rows", Pushers: m.field.pushers, Anchors: m.field.at, Keys: keys, Pull: m.field.pull, Push: m.field.push}
	return y, sgd.Run(ctx, y, dim, edges)
}

const largevisKind, largevisVersion = "dr.LargeVisModel", 1

func (m *LargeVisModel) encode(w *saved.Writer) {
	m.embedding.encode(w)
	w.JSON(m.options)
	w.Text(m.options.Start.String())
	neighbors.WriteMetric(w, "dr.LargeVisModel.WriteTo", m.options.Metric)
	w.Floats(m.degrees)
	w.Bool(m.rows != nil)
	if m.rows != nil {
		neighbors.WriteRows(w, m.rows)
	}
}

func (m *LargeVisModel) decode(r *saved.Reader) {
	m.embedding, m.field = new(Embedding), new(largevisField)
	m.embedding.decode(r)
	r.JSON(&m.options)
	m.options.Start = startBy(r.Text())
	if m.options.Start.String() == (given{}).String() {
		m.options.Start = given{}
	}
	m.options.Metric = neighbors.ReadMetric(r)
	m.degrees = r.Floats()
	if r.Bool() {
		m.rows = neighbors.ReadRows(r)
	}
	if !r.OK() {
		return
	}
	n, k := m.embedding.Dims()
	o := m.options
	fits := k == o.Components && len(m.degrees) == n && o.Perplexity >= 1 && o.Neighbors >= 1 && o.Neighbors < n
	for _, w := range m.degrees {
		fits = fits && w >= 0 && !math.IsInf(w, 0)
	}
	if m.rows != nil {
		rows, d := m.rows.Dims()
		fits = fits && rows == n && d == m.embedding.Dim
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to. The error is
// that of w, or a *mat32.ParamError where the metric is a Func, of which there is only
// code.
func (m *LargeVisModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, largevisKind, largevisVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *LargeVisModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, largevisKind, largevisVersion, m, (*LargeVisModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LargeVisModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LargeVisModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
