package dr

import (
	"cmp"
	"io"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
)

// StreamingPCAModel is fitted by StreamingPCA. It keeps k components of d
// columns, not the rows it was fitted to.
type StreamingPCAModel struct {
	options StreamingPCA
	subspace
}

const streamingPCAKind, streamingPCAVersion = "dr.StreamingPCAModel", 1

func (m *StreamingPCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.subspace.encode(w)
}

func (m *StreamingPCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.subspace = subspace{kind: streamingPCA, options: m.options}
	m.subspace.decode(r)
}

// WriteTo saves the model with its embedding.
func (m *StreamingPCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, streamingPCAKind, streamingPCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *StreamingPCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, streamingPCAKind, streamingPCAVersion, m, (*StreamingPCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *StreamingPCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *StreamingPCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }

// byVariance sorts the components, which Oja's rule may leave in another order.
func (m *StreamingPCAModel) byVariance() {
	order := make([]int, len(m.variance))
	for c := range order {
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(m.variance[b], m.variance[a]) })
	components, variance := mat.DenseCopyOf(m.components), slices.Clone(m.variance)
	for to, from := range order {
		m.variance[to] = variance[from]
		m.components.SetRow(to, components.RawRowView(from))
	}
}
