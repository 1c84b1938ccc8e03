package dr

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
)

// SparsePCAModel is fitted by SparsePCA. It keeps k directions of d columns both
// ways, not the rows it was fitted to.
type SparsePCAModel struct {
	options    SparsePCA
	rows       int
	iterations int
	mean       []float64
	components *mat.Dense // k × d, rows of length 1 or 0
	forward    *mat.Dense // k × d: coordinates are (x − mean)·forwardᵀ
	embedding  *Embedding
}

// Components returns a copy of the components, k × d: one a row, of length 1 where
// it is not zero.
func (m *SparsePCAModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// Mean returns a copy of the column means of the data.
func (m *SparsePCAModel) Mean() []float64 { return slices.Clone(m.mean) }

// Iterations returns how many there were.
func (m *SparsePCAModel) Iterations() int { return m.iterations }

// Embedding returns the rows the model was fitted to in the coordinates of the
// components.
func (m *SparsePCAModel) Embedding() *Embedding { return m.embedding }

func (m *SparsePCAModel) linear() linearMap {
	return linearMap{mean: m.mean, forward: m.forward, back: m.components}
}

// Transform returns new rows, n × d, in the coordinates of the components, n × k,
// by ridge regression. Time O(n·d·k).
func (m *SparsePCAModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return m.linear().transform(ctx, "dr.SparsePCA", x, m.embedding)
}

// Inverse returns the points of the data space that have the coordinates z, n × k:
// the mean and the components times the coordinates.
func (m *SparsePCAModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.linear().undo(ctx, "dr.SparsePCA", z)
}

// String returns a small table: the first components with how many columns tell
// them and the variance of their coordinates.
func (m *SparsePCAModel) String() string {
	var b strings.Builder
	k, d := m.components.Dims()
	fmt.Fprintf(&b, "sparse PCA of %d × %d, %s, %d iterations\n", m.rows, d, m.options, m.iterations)
	fmt.Fprintf(&b, "  %9s  %7s  %12s", "component", "columns", "variance")
	numbered(&b, 9, k, func(c int) string {
		some, variance := 0, 0.
		for _, v := range m.components.RawRowView(c) {
			if v != 0 {
				some++
			}
		}
		for i := range m.rows {
			v := m.embedding.At(i, c) // its mean is zero
			variance += v * v / float64(m.rows-1)
		}
		return fmt.Sprintf("  %7d  %12.5g", some, variance)
	})
	return b.String()
}

const sparsePCAKind, sparsePCAVersion = "dr.SparsePCAModel", 1

func (m *SparsePCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Int(m.iterations)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Matrix(m.forward)
	m.embedding.encode(w)
}

func (m *SparsePCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.iterations = r.Int(), r.Int()
	m.mean, m.components, m.forward = r.Floats(), r.Matrix(), r.Matrix()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil || m.forward == nil {
		r.Fail("it has no components")
		return
	}
	k, d := m.components.Dims()
	k2, d2 := m.forward.Dims()
	n, k3 := m.embedding.Dims()
	if k != k2 || k != k3 || d != d2 || d != len(m.mean) || n != m.rows {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *SparsePCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, sparsePCAKind, sparsePCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *SparsePCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, sparsePCAKind, sparsePCAVersion, m, (*SparsePCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *SparsePCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *SparsePCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
