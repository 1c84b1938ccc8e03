package dr

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// pairModel is what the models of PaCMAP and LocalMAP share.
type pairModel struct {
	options   PaCMAP // without the graph
	method    string
	counts    pairCounts
	embedding *Embedding

	// Unless it was fitted to distances: the rows, as they are compared, which are the
	// principal components in units of a tenth of the deviation of the first.
	rows       *mat32.Dense
	mean       []float64
	components *mat.Dense
	unit       float64
	index      *known
}

// PaCMAPModel is fitted by PaCMAP. Unless it was fitted to distances, it keeps the rows by
// their principal components, in float32, and these: 4·n·c + 8·c·d bytes for c of them.
type PaCMAPModel struct{ pairModel }

// Options returns the resolved options, without the graph.
func (m *PaCMAPModel) Options() PaCMAP { return m.options }

// Embedding returns the map of the rows the model was fitted to; its Objective is the sum
// of the losses of near and further pairs by the weights of the third phase.
func (m *pairModel) Embedding() *Embedding { return m.embedding }

// String returns a small table: shape, loss, options and notes.
func (m *pairModel) String() string { return m.embedding.String() }

// compare makes the rows of x what they are compared by, so many principal components.
func (m *pairModel) compare(ctx context.Context, x mat.Matrix, columns int) ([]string, error) {
	n, d := x.Dims()
	pca, err := PCA{Components: columns, Seed: m.options.Seed, MemoryLimit: m.options.MemoryLimit}.Fit(ctx, x)
	if err != nil {
		return nil, mat32.Rename(m.method, err)
	}
	m.mean, m.components, m.unit = pca.mean, pca.components, math.Sqrt(pca.variance[0])/pacmapStart
	if m.rows, err = m.single(ctx, pca.embedding.Dense); err != nil {
		return nil, err
	}
	var notes []string
	if columns < min(n-1, d) {
		notes = append(notes, fmt.Sprintf("rows are compared by %d principal components", columns))
	}
	return notes, nil
}

// single returns principal components in the units of the model, in float32.
func (m *pairModel) single(ctx context.Context, z *mat.Dense) (*mat32.Dense, error) {
	n, c := z.Dims()
	rows := mat32.NewDense(n, c, nil)
	err := overRows(ctx, n, func(i int) {
		to := rows.Row(i)
		for j, v := range z.RawRowView(i) {
			to[j] = float32(v / m.unit)
		}
	})
	if err != nil {
		return nil, failed(m.method, err)
	}
	for _, v := range rows.Data() {
		if math.IsInf(float64(v), 0) {
			return nil, &mat32.DegenerateError{Method: m.method, Reason: "a row is too far from all others for float32: rescale the data"}
		}
	}
	return rows, nil
}

// Transform returns where new rows lie in the map. Each begins where a row with its
// principal components would have, or at the origin where the start was another, and is
// attracted by its nearest rows of the model, as many as near pairs, while these stand
// still, in as many iterations as the fit had; nothing repels it. A row of the model lands
// near its place, not on it. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ShapeError for other columns, *mat32.DegenerateError where the model was fitted to
// distances or a row is too far, *mat32.MemoryError, and one that wraps ctx.Err(). The first
// call makes an index of the rows of the model; see neighbors.Auto. Time that of a query and
// O(Neighbors) an iteration.
func (m *pairModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	if m.rows == nil {
		if err := mat32.CheckRows(m.method, x); err != nil {
			return nil, err
		}
		if _, _, err := checkData(ctx, m.method, x, 1); err != nil {
			return nil, err
		}
		return nil, &mat32.DegenerateError{Method: m.method, Reason: "it cannot map new rows: it was fitted to distances"}
	}
	n, err := checkColumns(ctx, m.method, x, len(m.mean))
	if err != nil {
		return nil, err
	}
	known, c := m.rows.Dims()
	dim := m.options.Components
	if err := mat32.CheckMemory(m.method, int64(n)*int64(12*c+12*m.counts.near+24*dim)+8*int64(known)*int64(c), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	scale := make([]float64, c)
	for j := range scale {
		scale[j] = 1
	}
	z, err := newCoordinates(m.components, m.mean, scale).apply(ctx, m.method, x, false)
	if err != nil {
		return nil, err
	}
	rows, err := m.single(ctx, z)
	if err != nil {
		return nil, err
	}
	near, err := m.index.nearest(ctx, m.rows, neighbors.Auto{Seed: m.options.Seed, MemoryLimit: m.options.MemoryLimit}, rows, m.counts.near)
	if err != nil {
		return nil, mat32.Rename(m.method, err)
	}
	y := make([]float32, n*dim)
	if m.options.Start == FromPCA {
		for i := range n {
			for j := range min(dim, c) {
				y[i*dim+j] = rows.Row(i)[j]
			}
		}
	}
	if err := m.attract(ctx, y, near); err != nil {
		return nil, failed(m.method, err)
	}
	to := widened(y, dim)
	return m.embedding.of(to), checkFits(m.method, to)
}

// attract moves the points y to the rows that are near to each.
func (m *pairModel) attract(ctx context.Context, y []float32, near *neighbors.Answer) error {
	dim, n := m.options.Components, near.N
	var ends [3]int
	total := 0
	for phase, iterations := range m.options.Iterations {
		total += max(iterations, 0)
		ends[phase] = total
	}
	gradient := make([]float32, len(y))
	adam := layout.NewAdam(m.options.LearningRate, len(y))
	for it := range total {
		weight, _ := phaseWeights(it, ends)
		err := overRows(ctx, n, func(i int) {
			at, sum := y[i*dim:(i+1)*dim], gradient[i*dim:(i+1)*dim]
			clear(sum)
			rows, _ := near.Row(i)
			for _, j := range rows {
				place := m.embedding.RawRowView(int(j))
				d := float32(1)
				for c, v := range place {
					d += (at[c] - float32(v)) * (at[c] - float32(v))
				}
				w := float32(weight) * 20 / ((10 + d) * (10 + d))
				for c, v := range place {
					sum[c] += w * (at[c] - float32(v))
				}
			}
		})
		if err != nil {
			return err
		}
		adam.Move(ctx, y, gradient)
	}
	return nil
}

func (m *pairModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Text(m.options.Start.String())
	m.embedding.encode(w)
	w.Ints([]int{m.counts.near, m.counts.midNear, m.counts.further})
	w.Bool(m.rows != nil)
	if m.rows != nil {
		w.Float32s(m.rows.Data())
		w.Floats(m.mean)
		w.Matrix(m.components)
		w.Float(m.unit)
	}
}

func (m *pairModel) decode(r *saved.Reader, method string) {
	m.method, m.index = method, new(known)
	r.JSON(&m.options)
	switch s := r.Text(); s {
	case FromPCA.String(), FromRandom.String():
		m.options.Start = startBy(s)
	case given{}.String():
		m.options.Start = given{}
	default:
		r.Fail("it has no such start")
	}
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	counts := r.Ints()
	var values []float32
	whole := r.Bool()
	if whole {
		values, m.mean, m.components, m.unit = r.Float32s(), r.Floats(), r.Matrix(), r.Float()
	}
	if !r.OK() {
		return
	}
	n, dim := m.embedding.Dims()
	fits := len(counts) == 3 && dim == m.options.Components
	if fits {
		m.counts = pairCounts{counts[0], counts[1], counts[2]}
		fits = m.counts.near >= 1 && m.counts.near < n
	}
	if whole && fits {
		fits = m.components != nil && m.unit > 0
		if fits {
			c, d := m.components.Dims()
			if fits = d == len(m.mean) && d == m.embedding.Dim && len(values) == n*c; fits {
				m.rows = mat32.NewDense(n, c, values)
			}
		}
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

const pacmapKind, pacmapVersion = "dr.PaCMAPModel", 1

func (m *PaCMAPModel) decode(r *saved.Reader) { m.pairModel.decode(r, "dr.PaCMAP") }

// WriteTo saves the model with its embedding and the rows it was fitted to.
func (m *PaCMAPModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, pacmapKind, pacmapVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *PaCMAPModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, pacmapKind, pacmapVersion, m, (*PaCMAPModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *PaCMAPModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *PaCMAPModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
