package dr

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
)

// Embedding is a map of the rows of a data matrix: a mat.Matrix with one row
// per sample, and what is known of how it was made.
type Embedding struct {
	*mat.Dense

	Method    string   // for example "t-SNE"
	Options   string   // the resolved options, readable
	Rows, Dim int      // shape of the data that were mapped; Dim is 0 where these were distances
	Objective float64  // the value of the method's objective; NaN where it has none
	Loss      string   // the name of the objective, for example "KL divergence"
	Notes     []string // every fallback and every peculiarity of the data that was met
	Partial   bool     // the work was cancelled: this is how far it came
}

// Caption returns one line for a figure: method, shape and objective.
func (e *Embedding) Caption() string {
	_, k := e.Dims()
	from := "distances"
	if e.Dim > 0 {
		from = fmt.Sprint(e.Dim)
	}
	s := fmt.Sprintf("%s · n = %d · %s → %d dimensions", e.Method, e.Rows, from, k)
	if !math.IsNaN(e.Objective) && e.Loss != "" {
		s += fmt.Sprintf(" · %s %.4g", e.Loss, e.Objective)
	}
	if e.Partial {
		s += " · partial"
	}
	return s
}

// String returns a small table: caption, options and notes.
func (e *Embedding) String() string {
	lines := []string{e.Caption()}
	if e.Options != "" {
		lines = append(lines, "  options     "+e.Options)
	}
	for _, n := range e.Notes {
		lines = append(lines, "  note        "+n)
	}
	return strings.Join(lines, "\n")
}

// Dims returns the number of rows and of dimensions of the map; both are 0 for
// an embedding without coordinates, as an ignored error leaves behind.
func (e *Embedding) Dims() (n, k int) {
	if e == nil || e.Dense == nil {
		return 0, 0
	}
	return e.Dense.Dims()
}

// of returns other rows z as the model that made e mapped them.
func (e *Embedding) of(z *mat.Dense) *Embedding {
	n, _ := z.Dims()
	return &Embedding{Dense: z, Method: e.Method, Options: e.Options, Rows: n, Dim: e.Dim, Objective: math.NaN()}
}

const embeddingKind, embeddingVersion = "dr.Embedding", 1

func (e *Embedding) encode(w *saved.Writer) {
	w.Matrix(e.Dense)
	w.Text(e.Method)
	w.Text(e.Options)
	w.Int(e.Rows)
	w.Int(e.Dim)
	w.Float(e.Objective)
	w.Text(e.Loss)
	w.Texts(e.Notes)
	w.Bool(e.Partial)
}

func (e *Embedding) decode(r *saved.Reader) {
	e.described(r)
	if r.OK() && e.Dense == nil {
		r.Fail("the embedding is empty")
	}
}

// described reads an embedding that may have no coordinates.
func (e *Embedding) described(r *saved.Reader) {
	*e = Embedding{Dense: r.Matrix(), Method: r.Text(), Options: r.Text(), Rows: r.Int(), Dim: r.Int(),
		Objective: r.Float(), Loss: r.Text(), Notes: r.Texts(), Partial: r.Bool()}
}

// WriteTo saves the embedding with all that is known of it.
func (e *Embedding) WriteTo(w io.Writer) (int64, error) {
	return write(w, embeddingKind, embeddingVersion, e.encode)
}

// ReadFrom replaces e by a saved embedding, leaving what follows it in r. A
// damaged, foreign or newer file is a *mat32.FileError, and e does not change.
func (e *Embedding) ReadFrom(r io.Reader) (int64, error) {
	return read(r, embeddingKind, embeddingVersion, e, (*Embedding).decode)
}

// MarshalBinary returns what WriteTo writes.
func (e *Embedding) MarshalBinary() ([]byte, error) { return saved.Marshal(e) }

// UnmarshalBinary reads what MarshalBinary returned.
func (e *Embedding) UnmarshalBinary(b []byte) error { return saved.Unmarshal(e, b) }

// MarshalBinaryTo is WriteTo; it keeps the method of the matrix inside, which
// would save the coordinates alone, from being called by mistake.
func (e *Embedding) MarshalBinaryTo(w io.Writer) (int, error) {
	n, err := e.WriteTo(w)
	return int(n), err
}

// UnmarshalBinaryFrom is ReadFrom.
func (e *Embedding) UnmarshalBinaryFrom(r io.Reader) (int, error) {
	n, err := e.ReadFrom(r)
	return int(n), err
}
