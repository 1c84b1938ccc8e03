package dr

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// subspace is what models have in common that are a point and orthonormal
// directions from it: what the forms of principal component analysis learn that
// are not PCA itself.
type subspace struct {
	kind       subspaceKind
	options    fmt.Stringer
	rows       int
	mean       []float64
	components *mat.Dense // k × d, orthonormal rows
	variance   []float64  // k, divisor n−1
	total      float64    // of all directions
	whiten     bool
	direct     bool // decomposed by themselves, not by their squares
	embedding  *Embedding
}

// subspaceKind is how a form of principal component analysis is called: by its
// errors, and by its embeddings.
type subspaceKind struct{ method, title string }

// Components returns a copy of the components: k × d, one unit vector a row, by
// falling variance.
func (m *subspace) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// Mean returns a copy of the point that the components pass through: the column
// means of the rows that count.
func (m *subspace) Mean() []float64 { return slices.Clone(m.mean) }

// ExplainedVariance returns the variance along every component (divisor n−1), in
// squared units of the data.
func (m *subspace) ExplainedVariance() []float64 { return slices.Clone(m.variance) }

// ExplainedVarianceRatio returns the share of every component in the variance of
// the data.
func (m *subspace) ExplainedVarianceRatio() []float64 {
	r := slices.Clone(m.variance)
	for i := range r {
		r[i] /= m.total
	}
	return r
}

// Rows returns how many rows the model was learned from.
func (m *subspace) Rows() int { return m.rows }

// Embedding returns the rows the model was fitted to in the coordinates of the
// components. Rows that came by a stream are gone: then it has none.
func (m *subspace) Embedding() *Embedding { return m.embedding }

// settle orients the components, refuses what float64 cannot hold, and tells of
// directions without variance. It makes the embedding of a stream, which has no
// rows.
func (m *subspace) settle() error {
	if math.IsNaN(m.total) || math.IsInf(m.total, 0) || !finite(m.variance) || !finite(m.mean) {
		return &mat32.DegenerateError{Method: m.kind.method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	if m.total == 0 || m.variance[0] == 0 {
		return &mat32.DegenerateError{Method: m.kind.method, Reason: "the variance is below the smallest float64: rescale the data"}
	}
	scaleRows(m.components, orientation(m.components))
	m.embedding = m.described(nil, m.rows)
	if flat := m.flat(); flat > 0 {
		m.embedding.Notes = append(m.embedding.Notes,
			fmt.Sprintf("the last %d of %d components have no variance: the data do not fill the space", flat, len(m.variance)))
	}
	return nil
}

// embed maps the rows the model was fitted to.
func (m *subspace) embed(ctx context.Context, x mat.Matrix) error {
	e, err := m.Transform(ctx, x)
	if err != nil {
		return err
	}
	m.embedding.Dense = e.Dense
	return nil
}

func (m *subspace) described(z *mat.Dense, rows int) *Embedding {
	return &Embedding{Dense: z, Method: m.kind.title, Options: m.options.String(), Rows: rows, Dim: len(m.mean), Objective: math.NaN()}
}

// noise is the variance that rounding may leave in a direction: a share of the squares
// where these are added up, and the square of a share where the rows themselves are
// decomposed.
func (m *subspace) noise() float64 {
	if m.direct {
		share := float64(max(m.rows, len(m.mean))) * 0x1p-52
		return m.variance[0] * share * share
	}
	return m.variance[0] * float64(len(m.mean)) * 0x1p-50
}

// flat returns how many of the last components have no variance but rounding.
func (m *subspace) flat() (n int) {
	for _, v := range m.variance {
		if v <= m.noise() {
			n++
		}
	}
	return n
}

func (m *subspace) linear() linearMap {
	l := linearMap{mean: m.mean, forward: m.components, back: m.components}
	if m.whiten {
		to, from := make([]float64, len(m.variance)), make([]float64, len(m.variance))
		for c, v := range m.variance {
			if v > m.noise() {
				to[c], from[c] = 1/math.Sqrt(v), math.Sqrt(v)
			}
		}
		l.forward, l.back = mat.DenseCopyOf(l.forward), mat.DenseCopyOf(l.back)
		scaleRows(l.forward, to)
		scaleRows(l.back, from)
	}
	return l
}

// Transform returns new rows, n × d, in the coordinates of the components, n × k.
// Time O(n·d·k).
func (m *subspace) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	z, err := m.linear().apply(ctx, m.kind.method, x)
	if err != nil {
		return nil, err
	}
	n, _ := z.Dims()
	return m.described(z, n), nil
}

// Inverse returns the points of the data space that lie in the span of the
// components and have the coordinates z, n × k.
func (m *subspace) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.linear().undo(ctx, m.kind.method, z)
}

// String returns a small table: the first components with their variance, its
// share, and the sum of the shares so far.
func (m *subspace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %d × %d, %s\n", m.kind.title, m.rows, len(m.mean), m.options)
	variances(&b, m.variance, m.total)
	return b.String()
}

func (m *subspace) encode(w *saved.Writer) {
	w.Int(m.rows)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Floats(m.variance)
	w.Float(m.total)
	w.Texts(m.embedding.Notes)
	w.Matrix(m.embedding.Dense)
}

// decode reads what encode wrote; kind, options and whiten are set before.
func (m *subspace) decode(r *saved.Reader) {
	m.rows, m.mean, m.components, m.variance, m.total = r.Int(), r.Floats(), r.Matrix(), r.Floats(), r.Float()
	notes, rows := r.Texts(), r.Matrix()
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
		return
	}
	k, d := m.components.Dims()
	if k != len(m.variance) || d != len(m.mean) {
		r.Fail("its parts differ in size")
		return
	}
	if rows != nil {
		if n, columns := rows.Dims(); n != m.rows || columns != k {
			r.Fail("its map has another shape than the data")
		}
	}
	m.embedding = m.described(rows, m.rows)
	m.embedding.Notes = notes
}
