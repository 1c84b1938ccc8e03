package dr

import (
	"io"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// UMAPModel is fitted by UMAP. It keeps the rows it was fitted to, for new ones are
// compared with them: 8·n·d bytes, half of that where float32 holds them, or those of a *mat32.Dense or *mat32.CSR, which it
// borrows.
type UMAPModel struct {
	options   UMAP
	embedding *Embedding
	a, b      float64    // of the curve 1/(1+a·d^(2b))
	rows      mat.Matrix // float32 where that is what they are, or sparse, or float64; nil where only distances or weights are known
	field     umapField
	radii     [2][]float64 // of the rows and of the map, where these are kept alike
}

// Embedding returns the map of the rows the model was fitted to.
func (m *UMAPModel) Embedding() *Embedding { return m.embedding }

// Options returns the resolved options, without the graph and the weights once saved.
func (m *UMAPModel) Options() UMAP { return m.options }

// Curve returns a and b: points at distance d of the map are joined by 1/(1+a·d^(2b)).
func (m *UMAPModel) Curve() (a, b float64) { return m.a, m.b }

// String returns a small table: shape, cross entropy, options and notes.
func (m *UMAPModel) String() string { return m.embedding.String() }

const umapKind, umapVersion = "dr.UMAPModel", 1

func (m *UMAPModel) encode(w *saved.Writer) {
	m.embedding.encode(w)
	w.JSON(m.options)
	w.Text(m.options.Start.String())
	w.Text(m.options.OutputSpace.String())
	neighbors.WriteMetric(w, "dr.UMAPModel.WriteTo", m.options.Metric)
	w.Float(m.a)
	w.Float(m.b)
	w.Bool(m.rows != nil)
	if m.rows != nil {
		neighbors.WriteRows(w, m.rows)
	}
	w.Floats(m.radii[0])
	w.Floats(m.radii[1])
}

func (m *UMAPModel) decode(r *saved.Reader) {
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	r.JSON(&m.options)
	m.options.Start = startBy(r.Text())
	if m.options.Start.String() == (given{}).String() {
		m.options.Start = given{}
	}
	space, err := manifold.Parse(r.Text())
	if err != nil {
		r.Fail(err.Error())
		return
	}
	m.options.OutputSpace = space
	m.options.Metric = neighbors.ReadMetric(r)
	m.a, m.b = r.Float(), r.Float()
	if r.Bool() {
		m.rows = neighbors.ReadRows(r)
	}
	m.radii = [2][]float64{r.Floats(), r.Floats()}
	if !r.OK() {
		return
	}
	n, k := m.embedding.Dims()
	fits := space.Dim() == m.options.Components && k == space.Ambient() && m.a > 0 && m.b > 0 && m.options.Neighbors >= 2 && m.options.Neighbors <= n
	if m.rows != nil {
		rows, d := m.rows.Dims()
		fits = fits && rows == n && d == m.embedding.Dim
	}
	for _, radii := range m.radii {
		fits = fits && (len(radii) == 0 || len(radii) == n)
	}
	if !fits {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to. The error is
// that of w, or a *mat32.ParamError where the metric is a Func, of which there is only
// code.
func (m *UMAPModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, umapKind, umapVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *UMAPModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, umapKind, umapVersion, m, (*UMAPModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *UMAPModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *UMAPModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
