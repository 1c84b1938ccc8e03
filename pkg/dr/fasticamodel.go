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

// FastICAModel is fitted by FastICA. It keeps k directions of d columns both ways,
// not the rows it was fitted to.
type FastICAModel struct {
	options    FastICA
	rows       int
	iterations int
	mean       []float64
	components *mat.Dense // k × d: sources are (x − mean)·componentsᵀ
	mixing     *mat.Dense // k × d: the data are mean + sources·mixing
	embedding  *Embedding
}

// Components returns a copy of what unmixes the data, k × d: sources are
// (x − mean)·componentsᵀ.
func (m *FastICAModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// Mixing returns a copy of what every source adds to the data, k × d: the data are
// mean + sources·mixing. The matrix of the literature is its transpose.
func (m *FastICAModel) Mixing() *mat.Dense { return mat.DenseCopyOf(m.mixing) }

// Mean returns a copy of the column means of the data.
func (m *FastICAModel) Mean() []float64 { return slices.Clone(m.mean) }

// Iterations returns how many there were, with Deflation for the source that took
// most.
func (m *FastICAModel) Iterations() int { return m.iterations }

// Embedding returns the sources of the rows the model was fitted to.
func (m *FastICAModel) Embedding() *Embedding { return m.embedding }

func (m *FastICAModel) linear() linearMap {
	return linearMap{mean: m.mean, forward: m.components, back: m.mixing}
}

// Transform returns the sources of new rows, n × d, as n × k. Time O(n·d·k).
func (m *FastICAModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return m.linear().transform(ctx, "dr.FastICA", x, m.embedding)
}

// Inverse mixes the sources z, n × k, to points of the data space. With all
// components kept it undoes Transform.
func (m *FastICAModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.linear().undo(ctx, "dr.FastICA", z)
}

// String returns a small table: the first sources with the variance of their part
// in the data and their kurtosis.
func (m *FastICAModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "FastICA of %d × %d, %s, %d iterations\n", m.rows, len(m.mean), m.options, m.iterations)
	fmt.Fprintf(&b, "  %9s  %12s  %15s", "component", "variance", "excess kurtosis")
	k, _ := m.mixing.Dims()
	numbered(&b, 9, k, func(c int) string {
		variance, fourth := 0., 0.
		for _, v := range m.mixing.RawRowView(c) {
			variance += v * v
		}
		for i := range m.rows {
			v := m.embedding.At(i, c)
			fourth += v * v * v * v / float64(m.rows)
		}
		return fmt.Sprintf("  %12.5g  %15.3f", variance, fourth-3)
	})
	return b.String()
}

const fastICAKind, fastICAVersion = "dr.FastICAModel", 1

func (m *FastICAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Int(m.iterations)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Matrix(m.mixing)
	m.embedding.encode(w)
}

func (m *FastICAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.iterations = r.Int(), r.Int()
	m.mean, m.components, m.mixing = r.Floats(), r.Matrix(), r.Matrix()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil || m.mixing == nil {
		r.Fail("it has no components")
		return
	}
	k, d := m.components.Dims()
	k2, d2 := m.mixing.Dims()
	n, k3 := m.embedding.Dims()
	if k != k2 || k != k3 || d != d2 || d != len(m.mean) || n != m.rows {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *FastICAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, fastICAKind, fastICAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *FastICAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, fastICAKind, fastICAVersion, m, (*FastICAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *FastICAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *FastICAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
