package dr

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// KSubspacesModel holds subspaces, and which of them every row lies nearest to.
type KSubspacesModel struct {
	Labels     []int        // the subspace of every row, numbered from 0 by their first rows
	Bases      []*mat.Dense // orthonormal rows of d columns, those with most of the rows' length first; nil for the origin alone
	Loss       float64      // the sum of squared distances of rows from their subspaces
	Iterations int          // of the start that was kept
	Notes      []string

	dim int
}

// Project returns for new rows the nearest point of any subspace, and which it is of. Time
// O(m·d·Clusters·Components) for m rows. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ShapeError for other columns, *mat32.DegenerateError where squares of values exceed
// float64, and one that wraps ctx.Err().
func (m *KSubspacesModel) Project(ctx context.Context, x mat.Matrix) (points *mat.Dense, labels []int, err error) {
	n, err := checkColumns(ctx, ksubspaces, x, m.dim)
	if err != nil {
		return nil, nil, err
	}
	if err := mat32.CheckMemory(ksubspaces, 16*int64(n)*int64(m.dim), 0, "ask for fewer rows at a time"); err != nil {
		return nil, nil, err
	}
	rows := mat.DenseCopyOf(x)
	points, labels = mat.NewDense(n, m.dim, nil), make([]int, n)
	err = overRows(ctx, n, func(i int) {
		row, to := rows.RawRowView(i), points.RawRowView(i)
		best := math.Inf(-1)
		at := make([]float64, m.dim)
		for c, basis := range m.Bases {
			clear(at)
			length := 0.
			for k := 0; basis != nil && k < basis.RawMatrix().Rows; k++ {
				v, z := basis.RawRowView(k), 0.
				for j, w := range v {
					z += w * row[j]
				}
				length += z * z
				for j, w := range v {
					at[j] += z * w
				}
			}
			if length > best {
				best, labels[i] = length, c
				copy(to, at)
			}
		}
		if math.IsInf(best, 0) || math.IsNaN(best) {
			labels[i] = -1
		}
	})
	if err != nil {
		return nil, nil, failed(ksubspaces, err)
	}
	for i, l := range labels {
		if l < 0 {
			return nil, nil, &mat32.DegenerateError{Method: ksubspaces, Reason: fmt.Sprintf("the squared length of row %d exceeds the largest float64: rescale the data", i)}
		}
	}
	return points, labels, nil
}

// String returns a line: clusters, dimensions, loss.
func (m *KSubspacesModel) String() string {
	sizes, dims := make([]int, len(m.Bases)), make([]int, len(m.Bases))
	for _, l := range m.Labels {
		sizes[l]++
	}
	for k, b := range m.Bases {
		if b != nil {
			dims[k] = b.RawMatrix().Rows
		}
	}
	return fmt.Sprintf("k-subspaces of %d rows: %d clusters of %v in dimensions %v, loss %.4g after %d iterations", len(m.Labels), len(sizes), sizes, dims, m.Loss, m.Iterations)
}

const ksubspacesKind, ksubspacesVersion = "dr.KSubspacesModel", 1

func (m *KSubspacesModel) encode(s *saved.Writer) {
	s.Int(m.dim)
	s.Ints(m.Labels)
	s.Int(len(m.Bases))
	for _, b := range m.Bases {
		s.Matrix(b)
	}
	s.Float(m.Loss)
	s.Int(m.Iterations)
	s.Texts(m.Notes)
}

func (m *KSubspacesModel) decode(s *saved.Reader) {
	m.dim, m.Labels = s.Int(), s.Ints()
	clusters := s.Int()
	if s.OK() && (len(m.Labels) == 0 || clusters < 1 || clusters > len(m.Labels) || m.dim < 1) {
		s.Fail("its numbers of rows, columns and clusters do not fit")
	}
	for c := 0; c < clusters && s.OK(); c++ {
		b := s.Matrix()
		if s.OK() && b != nil && b.RawMatrix().Cols != m.dim {
			s.Fail("its bases differ in size")
		}
		m.Bases = append(m.Bases, b)
	}
	for _, l := range m.Labels {
		if s.OK() && (l < 0 || l >= clusters) {
			s.Fail("a label has no cluster")
		}
	}
	m.Loss, m.Iterations, m.Notes = s.Float(), s.Int(), s.Texts()
	if len(m.Notes) == 0 {
		m.Notes = nil
	}
}

// WriteTo saves the model.
func (m *KSubspacesModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, ksubspacesKind, ksubspacesVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *KSubspacesModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, ksubspacesKind, ksubspacesVersion, m, (*KSubspacesModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *KSubspacesModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *KSubspacesModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
