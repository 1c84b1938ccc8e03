package dr

import (
	"context"
	"io"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// LLEModel is fitted by LLE. It keeps the rows it was fitted to, which new ones are
// combinations of: 8·n·(d + Components) bytes.
type LLEModel struct {
	options   LLE // without the graph
	embedding *Embedding
	values    []float64
	rows      *mat.Dense // in units of unit
	unit      float64    // a power of two
}

// Embedding returns the map of the rows the model was fitted to.
func (m *LLEModel) Embedding() *Embedding { return m.embedding }

// Eigenvalues returns what every coordinate makes of the form that is smallest, rising.
func (m *LLEModel) Eigenvalues() []float64 { return slices.Clone(m.values) }

// ReconstructionError returns their sum, as scikit-learn gives it: for StandardLLE the sum
// of the squared differences of rows of the map from the combinations of their neighbours.
func (m *LLEModel) ReconstructionError() float64 {
	sum := 0.
	for _, v := range m.values {
		sum += v
	}
	return sum
}

// Transform returns new rows in the coordinates of the map: each the combination of its
// nearest rows, as many as Neighbors, that is nearest to it in the data, whatever the
// variant. One that equals fitted rows gets the mean of their coordinates. Errors: those
// of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.DegenerateError where a row is too far for float64, *mat32.MemoryError, and one
// that wraps ctx.Err(). Time O(n·d) a row, for n rows that the model was fitted to.
func (m *LLEModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.LLE"
	fail := func(err error) (*Embedding, error) { return nil, failed(method, err) }
	n, d := m.rows.Dims()
	rows, err := checkColumns(ctx, method, x, d)
	if err != nil {
		return nil, err
	}
	k := m.options.Components
	if err := mat32.CheckMemory(method, int64(rows)*(8*int64(d+k)+12*int64(m.options.Neighbors))+24*int64(n)*int64(d), m.options.MemoryLimit, "map fewer rows at a time"); err != nil {
		return nil, err
	}
	at := mat.NewDense(rows, d, nil)
	unit := m.unit
	for i := range rows {
		to := at.RawRowView(i)
		for j, v := range mat32.Row(to, i, x) {
			to[j] = v / unit
		}
	}
	if !finite(at.RawMatrix().Data) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "a row is too far from all others for float64: rescale the data"}
	}
	index, err := neighbors.Exact{MemoryLimit: m.options.MemoryLimit}.Index(ctx, m.rows)
	if err != nil {
		return fail(err)
	}
	near, err := index.Query(ctx, at, m.options.Neighbors)
	if err != nil {
		return fail(err)
	}
	z := mat.NewDense(rows, k, nil)
	type scratch struct {
		barycenter
		weights []float64
	}
	err = par.BlocksWith(ctx, rows, 16, func() *scratch { return &scratch{weights: make([]float64, m.options.Neighbors)} }, func(s *scratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := near.Row(i)
			if distances[0] == 0 {
				known := 1
				for known < len(indices) && distances[known] == 0 {
					known++
				}
				indices = indices[:known]
			}
			w := s.weights[:len(indices)]
			s.weigh(w, m.rows, at.RawRowView(i), indices, m.options.Regularization)
			for a, j := range indices {
				kernel.Axpy64(w[a], m.embedding.RawRowView(int(j)), z.RawRowView(i))
			}
		}
	})
	if err != nil {
		return fail(err)
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

// String returns a small table: shape, options, notes and eigenvalues.
func (m *LLEModel) String() string {
	return withEigenvalues(m.embedding, "component", m.values)
}

const (
	lleKind    = "dr.LLEModel"
	lleVersion = 1
)

func (LLE) kind() string { return lleKind }

func (m *LLEModel) encode(w *saved.Writer) {
	m.embedding.encode(w)
	w.JSON(m.options)
	w.Floats(m.values)
	w.Matrix(m.rows)
	w.Float(m.unit)
}

func (m *LLEModel) decode(r *saved.Reader) {
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	r.JSON(&m.options)
	m.values = r.Floats()
	m.rows, m.unit = r.Matrix(), r.Float()
	if !r.OK() {
		return
	}
	if m.rows == nil {
		r.Fail("it has no rows")
		return
	}
	n, k := m.embedding.Dims()
	rows, d := m.rows.Dims()
	if rows != n || d != m.embedding.Dim || k != len(m.values) || k != m.options.Components || m.options.Neighbors < 1 || m.options.Neighbors > n-1 ||
		!(m.options.Regularization > 0) || !(m.unit > 0) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding and the rows it was fitted to.
func (m *LLEModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, lleKind, lleVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *LLEModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, lleKind, lleVersion, m, (*LLEModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LLEModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LLEModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
