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

// PrincipalComponentPursuitModel is fitted by PrincipalComponentPursuit. It keeps
// both parts of the data: k directions with coordinates of the rows, and the entries
// that are not zero.
type PrincipalComponentPursuitModel struct {
	options    PrincipalComponentPursuit
	iterations int
	components *mat.Dense // k × d, orthonormal rows
	values     []float64  // k singular values of the matrix of low rank
	outliers   entries
	embedding  *Embedding
}

// entries are the places of a matrix that are not zero, row after row.
type entries struct {
	start   []int
	columns []int32
	values  []float64
}

func newEntries(x *mat.Dense, unit float64) entries {
	n, _ := x.Dims()
	count := 0 // so that nothing is written twice
	for _, v := range x.RawMatrix().Data {
		if v != 0 {
			count++
		}
	}
	e := entries{start: make([]int, n+1), columns: make([]int32, 0, count), values: make([]float64, 0, count)}
	for i := range n {
		for j, v := range x.RawRowView(i) {
			if v != 0 {
				e.columns, e.values = append(e.columns, int32(j)), append(e.values, v*unit)
			}
		}
		e.start[i+1] = len(e.values)
	}
	return e
}

// sound reports whether e may be the entries of an n × d matrix.
func (e entries) sound(n, d int) bool {
	if len(e.start) != n+1 || e.start[0] != 0 || e.start[n] != len(e.values) || len(e.columns) != len(e.values) || !slices.IsSorted(e.start) {
		return false
	}
	for _, j := range e.columns {
		if j < 0 || int(j) >= d {
			return false
		}
	}
	return true
}

// Components returns a copy of the directions of the matrix of low rank, its right
// singular vectors: k × d, one unit vector a row, by falling singular value.
func (m *PrincipalComponentPursuitModel) Components() *mat.Dense {
	return mat.DenseCopyOf(m.components)
}

// SingularValues returns those of the matrix of low rank, falling.
func (m *PrincipalComponentPursuitModel) SingularValues() []float64 { return slices.Clone(m.values) }

// Rank returns the rank of the matrix of low rank; where it is 0, there is one
// direction nevertheless, with nothing along it.
func (m *PrincipalComponentPursuitModel) Rank() (rank int) {
	for _, v := range m.values {
		if v > 0 {
			rank++
		}
	}
	return rank
}

// LowRank returns the matrix of low rank, n × d.
func (m *PrincipalComponentPursuitModel) LowRank() *mat.Dense {
	var x mat.Dense
	x.Mul(m.embedding.Dense, m.components)
	return &x
}

// Sparse returns the sparse matrix, n × d.
func (m *PrincipalComponentPursuitModel) Sparse() *mat.Dense {
	x := mat.NewDense(m.embedding.Rows, m.embedding.Dim, nil)
	for i := range m.embedding.Rows {
		row := x.RawRowView(i)
		for e := m.outliers.start[i]; e < m.outliers.start[i+1]; e++ {
			row[m.outliers.columns[e]] = m.outliers.values[e]
		}
	}
	return x
}

// Entries returns how many entries of the sparse matrix are not zero.
func (m *PrincipalComponentPursuitModel) Entries() int { return len(m.outliers.values) }

// Iterations returns how many there were.
func (m *PrincipalComponentPursuitModel) Iterations() int { return m.iterations }

// Embedding returns the rows of the matrix of low rank in the coordinates of its
// directions.
func (m *PrincipalComponentPursuitModel) Embedding() *Embedding { return m.embedding }

// Inverse returns the points of the data space that lie in the span of the
// directions and have the coordinates z, n × k.
func (m *PrincipalComponentPursuitModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return linearMap{forward: m.components, back: m.components}.undo(ctx, pursuitMethod, z)
}

// String returns a small table: both parts, and the first singular values.
func (m *PrincipalComponentPursuitModel) String() string {
	var b strings.Builder
	n, d := m.embedding.Rows, m.embedding.Dim
	fmt.Fprintf(&b, "principal component pursuit of %d × %d, %s, %d iterations\n", n, d, m.options, m.iterations)
	fmt.Fprintf(&b, "  low rank        %d\n  sparse entries  %d (%.2f%%)\n  singular values", m.Rank(), m.Entries(), 100*float64(m.Entries())/float64(n)/float64(d))
	inLine(&b, " %.4g", m.values)
	return b.String()
}

const pursuitKind, pursuitVersion = "dr.PrincipalComponentPursuitModel", 1

func (m *PrincipalComponentPursuitModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.iterations)
	w.Matrix(m.components)
	w.Floats(m.values)
	w.Ints(m.outliers.start)
	w.Int32s(m.outliers.columns)
	w.Floats(m.outliers.values)
	m.embedding.encode(w)
}

func (m *PrincipalComponentPursuitModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.iterations, m.components, m.values = r.Int(), r.Matrix(), r.Floats()
	m.outliers = entries{r.Ints(), r.Int32s(), r.Floats()}
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
		return
	}
	k, d := m.components.Dims()
	n, columns := m.embedding.Dims()
	if k != len(m.values) || k != columns || n != m.embedding.Rows || d != m.embedding.Dim || !m.outliers.sound(n, d) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *PrincipalComponentPursuitModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, pursuitKind, pursuitVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *PrincipalComponentPursuitModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, pursuitKind, pursuitVersion, m, (*PrincipalComponentPursuitModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *PrincipalComponentPursuitModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *PrincipalComponentPursuitModel) UnmarshalBinary(b []byte) error {
	return saved.Unmarshal(m, b)
}
