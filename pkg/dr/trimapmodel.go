package dr

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// TriMapModel is fitted by TriMap. It keeps the rows it was fitted to as they are compared,
// 4 bytes a value, unless it was fitted to distances; a *mat32.Dense that is compared by
// another metric than Euclidean is borrowed.
type TriMapModel struct {
	options   TriMap
	embedding *Embedding

	rows       *mat32.Dense // as they are compared; nil for distances
	mean       []float64    // nil where rows are compared as they were given
	components *mat.Dense   // that they are compared by; nil for all columns
	unit       float64      // that compared rows are divided by
	scales     []float64    // of every row: what is near to it
	usual      float64      // the scale of rows that have none of their own
	least      float64      // the least difference of similarities

	index *made[*neighbors.ExactIndex] // of rows
	at    []float32                    // the map
}

// prepare fills in the rows of x as they are compared, and returns where their points
// begin, and notes.
func (m *TriMapModel) prepare(ctx context.Context, x mat.Matrix) (y []float32, notes []string, err error) {
	t := m.options
	n, d := x.Dims()
	m.unit = 1
	if _, ok := x.(*mat32.Distances); ok {
		return m.start(ctx, x, nil, 1)
	}
	unit, err := extent(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	lead := func(x mat.Matrix) (*mat.Dense, error) {
		if t.Start != FromPCA {
			return nil, nil
		}
		pca, err := PCA{Components: min(t.Components, d, n-1), Seed: t.Seed, MemoryLimit: t.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return nil, err
		}
		return pca.embedding.Dense, nil
	}
	if t.Metric.String() != (neighbors.Euclidean{}).String() {
		if err := mat32.CheckFloat32(x); err != nil {
			return nil, nil, err
		}
		m.rows = mat32.Convert(x)
		z, err := lead(x)
		if err != nil {
			return nil, nil, err
		}
		return m.start(ctx, x, z, unit)
	}
	m.unit = unit
	if t.Graph == nil && min(n, d) > t.Columns {
		pca, err := PCA{Components: t.Columns, Seed: t.Seed, MemoryLimit: t.MemoryLimit}.Fit(ctx, x)
		if err != nil {
			return nil, nil, err
		}
		m.mean, m.components = pca.mean, pca.components
		z := pca.embedding.Dense
		m.rows = mat32.NewDense(n, t.Columns, nil)
		err = overRows(ctx, n, func(i int) {
			row := m.rows.Row(i)
			for c, v := range z.RawRowView(i) {
				row[c] = float32(v / unit)
			}
		})
		if err != nil {
			return nil, nil, err
		}
		y, notes, err = m.start(ctx, x, z, unit)
		return y, append(notes, fmt.Sprintf("rows are compared by %d principal components", t.Columns)), err
	}
	m.mean = make([]float64, d)
	err = eachColumn(ctx, x, func(j int, nonzero []float64) { m.mean[j], _ = moments(nonzero, n) })
	if err != nil {
		return nil, nil, err
	}
	if m.rows, err = m.centered(ctx, x); err != nil {
		return nil, nil, err
	}
	z, err := lead(m.rows)
	if err != nil {
		return nil, nil, err
	}
	return m.start(ctx, x, z, 1)
}

// extent returns the difference of the largest and the smallest value of x, or the largest
// float64 where that is less.
func extent(ctx context.Context, x mat.Matrix) (float64, error) {
	const block = 256
	n, d := x.Dims()
	type ends struct{ least, most float64 }
	all := make([]ends, (n+block-1)/block)
	err := par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		e := ends{math.Inf(1), math.Inf(-1)}
		for i := lo; i < hi; i++ {
			for _, v := range mat32.Row(buf, i, x) {
				e.least, e.most = min(e.least, v), max(e.most, v)
			}
		}
		all[lo/block] = e
	})
	e := ends{math.Inf(1), math.Inf(-1)}
	for _, b := range all {
		e.least, e.most = min(e.least, b.least), max(e.most, b.most)
	}
	return min(e.most-e.least, math.MaxFloat64), err
}

// centered returns the rows of x less their mean, divided by the unit.
func (m *TriMapModel) centered(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	n, d := x.Dims()
	rows := mat32.NewDense(n, d, nil)
	err := par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := rows.Row(i)
			for j, v := range mat32.Row(buf, i, x) {
				row[j] = float32(v/m.unit - m.mean[j]/m.unit)
			}
		}
	})
	return rows, err
}

// compared returns new rows as they are compared.
func (m *TriMapModel) compared(ctx context.Context, x mat.Matrix) (*mat32.Dense, error) {
	switch {
	case m.mean == nil:
		if err := mat32.CheckFloat32(x); err != nil {
			return nil, err
		}
		return mat32.Convert(x), nil
	case m.components == nil:
		rows, err := m.centered(ctx, x)
		if err != nil {
			return nil, err
		}
		return rows, mat32.CheckFloat32(rows)
	}
	z, err := linearMap{mean: m.mean, forward: m.components}.apply(ctx, "dr.TriMap", x)
	if err != nil {
		return nil, err
	}
	z.Apply(func(_, _ int, v float64) float64 { return v / m.unit }, z)
	if err := mat32.CheckFloat32(z); err != nil {
		return nil, err
	}
	return mat32.Convert(z), nil
}

// start returns where the points begin: by the principal coordinates z of the rows in some
// unit, or else as place has it, with notes.
func (m *TriMapModel) start(ctx context.Context, x mat.Matrix, z *mat.Dense, unit float64) ([]float32, []string, error) {
	const (
		purpose = "TriMap/start"
		share   = .01  // of principal components
		chance  = 1e-4 // size of what is random
	)
	t := m.options
	n, _ := x.Dims()
	if t.Start != FromPCA {
		size := share
		if t.Start == FromRandom {
			size = chance
		}
		wide, notes, err := place(ctx, t.Start, x, t.Components, size, t.Seed, purpose, t.MemoryLimit)
		if err != nil {
			return nil, nil, err
		}
		return narrowed(mat.NewDense(n, t.Components, wide)), notes, nil
	}
	y := make([]float32, n*t.Components)
	return y, nil, overRows(ctx, n, func(i int) {
		row := y[i*t.Components:][:t.Components]
		lead := z.RawRowView(i)
		lead = lead[:min(len(lead), len(row))]
		for c, v := range lead {
			row[c] = float32(share * (v / unit))
		}
		// Dimensions that the data do not have would stay empty.
		if rest := row[len(lead):]; len(rest) > 0 {
			r := rng.New(t.Seed, purpose, i)
			for c := range rest {
				rest[c] = float32(chance * r.Normal())
			}
		}
	})
}

// keep makes what is not saved.
func (m *TriMapModel) keep() {
	m.at, m.index = narrowed(m.embedding.Dense), new(made[*neighbors.ExactIndex])
}

// Embedding returns the map; its Objective is the loss of a triplet on average, between 0
// and the mean weight.
func (m *TriMapModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options.
func (m *TriMapModel) Options() TriMap { return m.options }

// String returns a small table: shape, loss, options and notes.
func (m *TriMapModel) String() string { return m.embedding.String() }

// Transform returns where new rows lie in the map: each by triplets of its own, with near
// and far rows of those the model was fitted to, whose points stay where they are. It
// begins at the one of its near rows where its loss is least, and descends as Fit does.
// trimap has no such thing; that new rows be placed one by one against a map that does
// not move is of P. Poličar, M. Stražar and B. Zupan (2023), Embedding to reference t-SNE
// space addresses batch effects in single-cell classification. A row of the model lands
// near its place, not on it.
//
// Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.DegenerateError where the model was fitted to distances, *mat32.MemoryError, and
// one that wraps ctx.Err(). Time O(n·d) a row, for n rows that the model was fitted to.
func (m *TriMapModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const (
		method = "dr.TriMap"
		batch  = 1 << 12 // rows at a time, which bounds the memory
	)
	if m.rows == nil {
		if err := mat32.CheckRows(method, x); err != nil {
			return nil, err
		}
		if _, _, err := checkData(ctx, method, x, 1); err != nil {
			return nil, err
		}
		return nil, &mat32.DegenerateError{Method: method, Reason: "it cannot map new rows: it was fitted to distances"}
	}
	count, err := checkColumns(ctx, method, x, m.embedding.Dim)
	if err != nil {
		return nil, err
	}
	rows, err := m.compared(ctx, x)
	if err != nil {
		return nil, failed(method, err)
	}
	index, err := m.index.ask(ctx, func() (*neighbors.ExactIndex, error) {
		return neighbors.Exact{Metric: m.options.Metric, MemoryLimit: m.options.MemoryLimit}.Index(ctx, m.rows)
	})
	if err != nil {
		return nil, failed(method, err)
	}
	_, cols := rows.Dims()
	z := mat.NewDense(count, m.options.Components, nil)
	for lo := 0; lo < count; lo += batch {
		hi := min(lo+batch, count)
		part := mat32.NewDense(hi-lo, cols, rows.Data()[lo*cols:hi*cols])
		if err := m.settle(ctx, index, part, z.Slice(lo, hi, 0, m.options.Components).(*mat.Dense)); err != nil {
			return nil, failed(method, err)
		}
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// settle writes to z where rows lie, as they are compared.
func (m *TriMapModel) settle(ctx context.Context, index *neighbors.ExactIndex, rows *mat32.Dense, z *mat.Dense) error {
	t := m.options
	n, _ := m.rows.Dims()
	count, _ := rows.Dims()
	answer, err := index.Query(ctx, rows, min(t.Inliers+candidates, n))
	if err != nil {
		return err
	}
	scales, _ := tripletScales(&neighbors.Graph{N: answer.N, K: answer.K, Indices: answer.Indices, Distances: answer.Distances})
	fill(scales, m.usual)
	pick := t.picker(n)
	near := pick.triplets(count, t.Inliers, t.Outliers)
	both := pick.triplets(count, max(t.Random, 0), 1)
	similar := make([]float64, count*t.Inliers)
	err = par.BlocksWith(ctx, count, 16, pick.scratch, func(s *pickScratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			js, far := answer.Row(i)
			// By the nearest row of the model, so that rows drawn do not depend on the
			// rows that come with this one.
			s.row = rng.New(t.Seed, "TriMap/new", int(js[0]))
			pick.inliers(s, similar[i*t.Inliers:(i+1)*t.Inliers], js, far, scales[i], m.scales)
			pick.groups(s, near.Of(i).Rows, -1)
			pick.random(s, both.Of(i).Rows, -1)
		}
	})
	if err != nil {
		return err
	}
	outside, err := measureTo(ctx, index, rows, near, true)
	if err != nil {
		return err
	}
	inside, err := measureTo(ctx, index, rows, both, false)
	if err != nil {
		return err
	}
	return par.Blocks(ctx, count, 1, func(i, _ int) {
		near, both := near.Of(i), both.Of(i)
		raw := make([]float64, max(near.Count(), both.Count()))
		t.differences(raw, near.Rows, outside[i*near.Count():], similar[i*t.Inliers:], scales[i], m.scales)
		for k := range near.Weights {
			near.Weights[k] = t.weight(raw[k], m.least)
		}
		t.pairs(raw, both.Rows, inside[2*i*both.Groups:], scales[i], m.scales)
		for k := range both.Weights {
			both.Weights[k] = t.weight(raw[k], m.least)
		}
		for c, v := range layout.Settle(m.at, t.Components, float32(t.LearningRate), max(t.Iterations, 0), t.momentum, near, both) {
			z.Set(i, c, float64(v))
		}
	})
}

const trimapKind, trimapVersion = "dr.TriMapModel", 2

func (m *TriMapModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Text(m.options.Start.String())
	neighbors.WriteMetric(w, "dr.TriMapModel.WriteTo", m.options.Metric)
	m.embedding.encode(w)
	w.Bool(m.rows != nil)
	if m.rows == nil {
		return
	}
	neighbors.WriteRows(w, m.rows)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Float(m.unit)
	w.Floats(m.scales)
	w.Float(m.usual)
	w.Float(m.least)
}

func (m *TriMapModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.options.Start = startBy(r.Text())
	if m.options.Start.String() == (given{}).String() {
		m.options.Start = given{}
	}
	m.options.Metric = neighbors.ReadMetric(r)
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	count, k := m.embedding.Dims()
	fits := k == m.options.Components
	if r.Bool() {
		rows, _ := neighbors.ReadRows(r).(*mat32.Dense)
		m.mean, m.components, m.unit = r.Floats(), r.Matrix(), r.Float()
		m.scales, m.usual, m.least = r.Floats(), r.Float(), r.Float()
		if !r.OK() {
			return
		}
		if rows == nil {
			r.Fail("its rows are of another form")
			return
		}
		n, d := rows.Dims()
		if len(m.mean) == 0 {
			m.mean = nil
		}
		fits = fits && n == count && len(m.scales) == n && m.unit > 0 && m.usual > 0 && !math.IsInf(m.usual, 0) &&
			m.options.Inliers >= 1 && m.options.Inliers <= n-2 && m.options.Outliers >= 1
		switch {
		case m.components != nil:
			lead, cols := m.components.Dims()
			fits = fits && lead == d && cols == len(m.mean) && cols == m.embedding.Dim
		case m.mean != nil:
			fits = fits && d == len(m.mean) && d == m.embedding.Dim
		default:
			fits = fits && d == m.embedding.Dim
		}
		for _, s := range m.scales {
			fits = fits && s > 0 && !math.IsInf(s, 0)
		}
		m.rows = rows
	}
	if !fits {
		r.Fail("its parts differ in size")
		return
	}
	m.keep()
}

// WriteTo saves the model with its embedding and the rows it was fitted to. The error is a
// *mat32.ParamError where Metric is a function, or that of w.
func (m *TriMapModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, trimapKind, trimapVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *TriMapModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, trimapKind, trimapVersion, m, (*TriMapModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *TriMapModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *TriMapModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
