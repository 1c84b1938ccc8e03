package dr

import (
	"fmt"
	"io"
	"slices"

	"github.com/flatland-go/flatland/internal/saved"
)

// RobustPCAModel is fitted by RobustPCA. It keeps k components of d columns, and the
// weights of the rows it was fitted to, not the rows.
type RobustPCAModel struct {
	options RobustPCA
	weights []float64
	kept    float64
	rounds  int
	subspace
}

// Weights returns the weights that the rows kept, from 0 for outliers to 1; nil
// where they came by a stream.
func (m *RobustPCAModel) Weights() []float64 { return slices.Clone(m.weights) }

// Kept returns the sum of the weights of all rows, or the number of rows of a stream
// that passed.
func (m *RobustPCAModel) Kept() float64 { return m.kept }

// Rounds returns how often rows lost weight, in all batches together.
func (m *RobustPCAModel) Rounds() int { return m.rounds }

// notes tells what the filter did.
func (m *RobustPCAModel) notes(stopped bool) (notes []string) {
	if m.rounds > 0 {
		notes = append(notes, fmt.Sprintf("rows with the weight of %.1f of %d were left out as outliers", float64(m.rows)-m.kept, m.rows))
	}
	if stopped {
		notes = append(notes, "the filter ended before the variance was explained: there are more outliers than Contamination, or the rows have heavier tails than Gaussian ones")
	}
	return notes
}

const robustPCAKind, robustPCAVersion = "dr.RobustPCAModel", 1

func (m *RobustPCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.weights)
	w.Float(m.kept)
	w.Int(m.rounds)
	m.subspace.encode(w)
}

func (m *RobustPCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.weights, m.kept, m.rounds = r.Floats(), r.Float(), r.Int()
	m.subspace = subspace{kind: robustPCA, options: m.options}
	m.subspace.decode(r)
	if r.OK() && m.weights != nil && len(m.weights) != m.rows {
		r.Fail("its weights are not those of its rows")
	}
}

// WriteTo saves the model with its embedding.
func (m *RobustPCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, robustPCAKind, robustPCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *RobustPCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, robustPCAKind, robustPCAVersion, m, (*RobustPCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *RobustPCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *RobustPCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
