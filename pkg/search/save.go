package search

import (
	"io"
	"slices"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// read replaces *v by a saved value when all of it could be read.
func read[T any](r io.Reader, kind string, version int, v *T, decode func(*T, *saved.Reader)) (int64, error) {
	return saved.Read(r, kind, version, fileError, v, decode)
}

func fileError(kind, reason string) error { return &mat32.FileError{Kind: kind, Reason: reason} }

// finite says that no value is NaN or infinite.
func finite[T float32 | float64](values []T) bool {
	return !slices.ContainsFunc(values, func(v T) bool { return v-v != 0 })
}

const (
	leanVecKind    = "search.LeanVecModel"
	leanVecVersion = 1
)

func (m *LeanVecModel) encode(s *saved.Writer) {
	s.JSON(m.Options)
	s.Int(m.Asked)
	s.Matrix(m.ForQueries)
	s.Matrix(m.ForRows)
	s.Floats(m.Loss)
	s.Float(m.Orthogonality)
}

func (m *LeanVecModel) decode(s *saved.Reader) {
	s.JSON(&m.Options)
	m.Asked, m.ForQueries, m.ForRows, m.Loss, m.Orthogonality = s.Int(), s.Matrix(), s.Matrix(), s.Floats(), s.Float()
	if !s.OK() {
		return
	}
	if m.ForQueries == nil || m.ForRows == nil || len(m.Loss) == 0 || m.Asked < 0 {
		s.Fail("a map or its loss is missing")
		return
	}
	a, b := m.ForQueries.RawMatrix(), m.ForRows.RawMatrix()
	if a.Rows != b.Rows || a.Cols != b.Cols || a.Rows != m.Options.Dim || a.Rows > a.Cols || !finite(a.Data) || !finite(b.Data) {
		s.Fail("its maps do not fit")
	}
}

// WriteTo saves the model.
func (m *LeanVecModel) WriteTo(w io.Writer) (int64, error) {
	return saved.Write(w, leanVecKind, leanVecVersion, m.encode)
}

// ReadFrom replaces m by a saved model. The error for a damaged or foreign file is a
// *mat32.FileError.
func (m *LeanVecModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, leanVecKind, leanVecVersion, m, (*LeanVecModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LeanVecModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LeanVecModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }

const (
	lvqKind    = "search.LVQModel"
	lvqVersion = 1
)

func (m *LVQModel) encode(s *saved.Writer) {
	s.JSON(m.Options)
	s.Float32s(m.Mean)
	s.Float32s(m.Least)
	s.Float32s(m.Step)
	s.Blob(m.Codes)
}

func (m *LVQModel) decodeFrom(s *saved.Reader) {
	s.JSON(&m.Options)
	m.Mean, m.Least, m.Step, m.Codes = s.Float32s(), s.Float32s(), s.Float32s(), s.Blob()
	if !s.OK() {
		return
	}
	m.n, m.d = len(m.Least), len(m.Mean)
	m.stride = (m.d*m.Options.Bits + 7) / 8
	if m.Options.Bits != 4 && m.Options.Bits != 8 || m.n < 1 || m.d < 1 || len(m.Step) != m.n || len(m.Codes) != m.n*m.stride ||
		!finite(m.Mean) || !finite(m.Least) || !finite(m.Step) {
		s.Fail("its codes do not fit its rows")
	}
}

// WriteTo saves the model.
func (m *LVQModel) WriteTo(w io.Writer) (int64, error) {
	return saved.Write(w, lvqKind, lvqVersion, m.encode)
}

// ReadFrom replaces m by a saved model. The error for a damaged or foreign file is a
// *mat32.FileError.
func (m *LVQModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, lvqKind, lvqVersion, m, (*LVQModel).decodeFrom)
}

// MarshalBinary returns what WriteTo writes.
func (m *LVQModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LVQModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
