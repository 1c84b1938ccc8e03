package dr

import (
	"io"

	"github.com/flatland-go/flatland/internal/saved"
)

// IncrementalPCAModel is fitted by IncrementalPCA. It keeps k components of d
// columns, not the rows it was fitted to.
type IncrementalPCAModel struct {
	options IncrementalPCA
	subspace
}

const incrementalPCAKind, incrementalPCAVersion = "dr.IncrementalPCAModel", 1

func (m *IncrementalPCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.subspace.encode(w)
}

func (m *IncrementalPCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.subspace = subspace{kind: incrementalPCA, options: m.options, whiten: m.options.Whiten, direct: m.options.Solver == Incremental}
	m.subspace.decode(r)
}

// WriteTo saves the model with its embedding.
func (m *IncrementalPCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, incrementalPCAKind, incrementalPCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *IncrementalPCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, incrementalPCAKind, incrementalPCAVersion, m, (*IncrementalPCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *IncrementalPCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *IncrementalPCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
