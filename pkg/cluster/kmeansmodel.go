package cluster

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// KMeansModel holds clusters around centres.
type KMeansModel struct {
	Labels     []int   // the cluster of every row, numbered from 0 by their first rows
	Sizes      []int   // rows of each
	Inertia    float64 // the sum of squared distances of rows to their centres
	Iterations int     // of the start that was kept
	Notes      []string

	centers *mat.Dense
}

// Centers returns a copy of the centres, one a row, in the space of the data.
func (m *KMeansModel) Centers() *mat.Dense { return mat.DenseCopyOf(m.centers) }

// Predict returns the cluster of new rows: that of the nearest centre. Time O(m·d·clusters) for
// m rows. Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// and one that wraps ctx.Err().
func (m *KMeansModel) Predict(ctx context.Context, x mat.Matrix) ([]int, error) {
	if err := mat32.CheckRows(kmeansMethod, x); err != nil {
		return nil, err
	}
	rows, d, err := checked(ctx, kmeansMethod, x, 1)
	if err != nil {
		return nil, err
	}
	clusters, cols := m.centers.Dims()
	if d != cols {
		return nil, fmt.Errorf("%s: %w", kmeansMethod, &mat32.ShapeError{What: "x", Rows: rows, Cols: d, Want: fmt.Sprintf("the %d columns of the centres", cols)})
	}
	if err := mat32.CheckMemory(kmeansMethod, 8*int64(rows)*int64(d), 0, "ask for fewer rows at a time"); err != nil {
		return nil, err
	}
	s, err := newScaled(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kmeansMethod, err)
	}
	centers := make([]float64, clusters*d)
	for c := range clusters {
		at := centers[c*d : (c+1)*d]
		s.in(at, m.centers.RawRowView(c))
		for j, v := range at { // rows lie within ±2: what is farther is nearest to none of them
			at[j] = max(-0x1p500, min(0x1p500, v))
		}
	}
	labels := make([]int, rows)
	if _, err := s.nearest(ctx, labels, centers); err != nil {
		return nil, fmt.Errorf("%s: %w", kmeansMethod, err)
	}
	return labels, nil
}

// String returns a line: clusters, sizes, inertia.
func (m *KMeansModel) String() string {
	return fmt.Sprintf("k-means of %d rows: %d clusters of %v, inertia %.6g after %d iterations", len(m.Labels), len(m.Sizes), m.Sizes, m.Inertia, m.Iterations)
}

const kmeansKind = "cluster.KMeansModel"

// WriteTo writes the model in a form that ReadFrom reads.
func (m *KMeansModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, kmeansKind, func(s *saved.Writer) {
		s.Ints(m.Labels)
		s.Matrix(m.centers)
		s.Float(m.Inertia)
		s.Int(m.Iterations)
		s.Texts(m.Notes)
	})
}

func (m *KMeansModel) decode(s *saved.Reader) {
	m.Labels, m.Sizes = labeled(s)
	m.centers, m.Inertia, m.Iterations, m.Notes = s.Matrix(), s.Float(), s.Int(), notes(s)
	if !s.OK() {
		return
	}
	if m.centers == nil || !(m.Inertia >= 0) || math.IsInf(m.Inertia, 0) {
		s.Fail("it has no centres, or no inertia")
	} else if k, _ := m.centers.Dims(); k != len(m.Sizes) {
		s.Fail("its labels and centres do not fit")
	}
}

// ReadFrom replaces the model by one that WriteTo wrote. The error is a *mat32.FileError, and m
// does not change, where the file is damaged, of another kind or of a newer version.
func (m *KMeansModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, kmeansKind, m, (*KMeansModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *KMeansModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *KMeansModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
