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

// TruncatedSVDModel is fitted by TruncatedSVD. It keeps k components of d columns,
// not the rows it was fitted to.
type TruncatedSVDModel struct {
	options    TruncatedSVD
	rows       int
	components *mat.Dense // k × d, orthonormal rows
	values     []float64  // k singular values
	variance   []float64  // of the coordinates, divisor n−1
	share      []float64  // in the variance of the data
	embedding  *Embedding
}

// zero returns how many of the last singular values are rounding.
func (m *TruncatedSVDModel) zero() (n int) {
	least := m.values[0] * float64(max(m.rows, m.embedding.Dim)) * 0x1p-52
	for _, v := range m.values {
		if v <= least {
			n++
		}
	}
	return n
}

// Components returns a copy of the components, the right singular vectors: k × d,
// one unit vector a row, by falling singular value.
func (m *TruncatedSVDModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// SingularValues returns those of the components, falling.
func (m *TruncatedSVDModel) SingularValues() []float64 { return slices.Clone(m.values) }

// ExplainedVariance returns the variance of every coordinate (divisor n−1), in
// squared units of the data. Coordinates are not centred, so the variances need
// not fall.
func (m *TruncatedSVDModel) ExplainedVariance() []float64 { return slices.Clone(m.variance) }

// ExplainedVarianceRatio returns the share of every coordinate's variance in that
// of the data, 0 where the data have none.
func (m *TruncatedSVDModel) ExplainedVarianceRatio() []float64 { return slices.Clone(m.share) }

// Embedding returns the rows the model was fitted to in the coordinates of the
// components.
func (m *TruncatedSVDModel) Embedding() *Embedding { return m.embedding }

func (m *TruncatedSVDModel) linear() linearMap {
	return linearMap{forward: m.components, back: m.components}
}

// Transform returns new rows, n × d, in the coordinates of the components, n × k.
// Time O(k) for every value that is not zero.
func (m *TruncatedSVDModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return m.linear().transform(ctx, "dr.TruncatedSVD", x, m.embedding)
}

// Inverse returns the points of the data space that lie in the span of the
// components and have the coordinates z, n × k.
func (m *TruncatedSVDModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.linear().undo(ctx, "dr.TruncatedSVD", z)
}

// String returns a small table: the first components with their singular values
// and shares of the variance.
func (m *TruncatedSVDModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "truncated SVD of %d × %d, %s\n", m.rows, m.embedding.Dim, m.options)
	fmt.Fprintf(&b, "  %9s  %14s  %7s", "component", "singular value", "share")
	numbered(&b, 9, len(m.values), func(c int) string { return fmt.Sprintf("  %14.6g  %6.2f%%", m.values[c], 100*m.share[c]) })
	return b.String()
}

const truncatedSVDKind, truncatedSVDVersion = "dr.TruncatedSVDModel", 1

func (m *TruncatedSVDModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Matrix(m.components)
	w.Floats(m.values)
	w.Floats(m.variance)
	w.Floats(m.share)
	m.embedding.encode(w)
}

func (m *TruncatedSVDModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows = r.Int()
	m.components, m.values, m.variance, m.share = r.Matrix(), r.Floats(), r.Floats(), r.Floats()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
	} else if k, d := m.components.Dims(); k != len(m.values) || k != len(m.variance) || k != len(m.share) || d != m.embedding.Dim {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *TruncatedSVDModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, truncatedSVDKind, truncatedSVDVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *TruncatedSVDModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, truncatedSVDKind, truncatedSVDVersion, m, (*TruncatedSVDModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *TruncatedSVDModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *TruncatedSVDModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
