package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// RegularizedMFModel is fitted by RegularizedMF. It keeps the factors of the
// columns, not the rows it was fitted to.
type RegularizedMFModel struct {
	options    RegularizedMF
	rows       int
	directions *mat.Dense // k × d, singular vectors
	values     []float64  // singular values
	loss       float64
	linearMap             // by A and B, with the scale
	embedding  *Embedding // of the rows, X·A
}

// kept returns which share of a singular value the product A·Bᵀ keeps.
func (m *RegularizedMFModel) kept(s float64) float64 {
	switch {
	case s == 0:
		return 0
	case m.options.Penalty == PenalizeFactors:
		return max(0, 1-m.options.Lambda/s)
	}
	return 1 / (1 + m.options.Lambda/s/s)
}

// lengths returns the entries of A and B, which are these times a singular vector,
// where every scale is 1.
func (m *RegularizedMFModel) lengths(s float64) (a, b float64) {
	root := math.Sqrt(m.kept(s))
	if root == 0 || m.options.Penalty == PenalizeProduct {
		return root, root
	}
	return root / math.Sqrt(s), root * math.Sqrt(s)
}

// objective returns the loss, given the sum of squares of every row.
func (m *RegularizedMFModel) objective(squares []float64) float64 {
	left, rest := 0., 0.
	for _, v := range squares {
		left += v
	}
	for _, s := range m.values {
		g := m.kept(s)
		left -= s * s
		rest += s * (1 - g) * (s * (1 - g))
		if m.options.Penalty == PenalizeFactors {
			rest += m.options.Lambda * (2 * s * g)
		} else {
			rest += m.options.Lambda * (g * g)
		}
	}
	return max(left, 0) + rest
}

// scaled returns A and B for a diagonal of D; nil is all 1.
func (m *RegularizedMFModel) scaled(scale []float64) (linearMap, error) {
	l := linearMap{forward: mat.DenseCopyOf(m.directions), back: mat.DenseCopyOf(m.directions)}
	for i, s := range m.values {
		a, b := m.lengths(s)
		if scale != nil {
			a, b = a*scale[i], b/scale[i]
		}
		kernel.Scal64(a, l.forward.RawRowView(i))
		kernel.Scal64(b, l.back.RawRowView(i))
	}
	if !finite(l.forward.RawMatrix().Data) || !finite(l.back.RawMatrix().Data) {
		return l, &mat32.DegenerateError{Method: regularizedMFName, Reason: "a factor exceeds the largest float64: rescale the data"}
	}
	return l, nil
}

// Rescaled returns the model with another diagonal of D: of the same loss and the
// same predictions, with other embeddings and other cosines. Errors:
// *mat32.ParamError with PenalizeFactors, which leaves no choice, or for numbers
// that are not positive; *mat32.DegenerateError beyond float64.
func (m *RegularizedMFModel) Rescaled(scale []float64) (*RegularizedMFModel, error) {
	r := *m
	if m.options.Penalty == PenalizeFactors && scale == nil {
		scale = []float64{}
	}
	if err := m.options.checkScale(scale); err != nil {
		return nil, err
	}
	r.options.Rescale = append([]float64(nil), scale...)
	var err error
	if r.linearMap, err = m.scaled(scale); err != nil {
		return nil, err
	}
	by := make([]float64, len(scale))
	for i, s := range scale {
		by[i] = s / m.options.Rescale[i]
	}
	z := mat.DenseCopyOf(m.embedding)
	if err := scaleColumns(context.Background(), z, by); err != nil {
		return nil, err
	}
	if err := checkFits(regularizedMFName, z); err != nil {
		return nil, err
	}
	r.embedding = r.about(z)
	r.embedding.Objective, r.embedding.Loss, r.embedding.Notes = m.embedding.Objective, m.embedding.Loss, m.embedding.Notes
	return &r, nil
}

// Orthogonal returns the diagonal of D that makes the embedding of the columns the
// singular vectors themselves. Where Components is the number of columns these are
// at right angles: every cosine between two columns is 0, whatever the data say. A
// factor that is 0 has 1.
func (m *RegularizedMFModel) Orthogonal() []float64 {
	scale := make([]float64, len(m.values))
	for i, s := range m.values {
		if _, scale[i] = m.lengths(s); scale[i] == 0 {
			scale[i] = 1
		}
	}
	return scale
}

// Loss returns the squared error with the penalty.
func (m *RegularizedMFModel) Loss() float64 { return m.loss }

// SingularValues returns those of the data that belong to the factors.
func (m *RegularizedMFModel) SingularValues() []float64 { return append([]float64(nil), m.values...) }

// Kept returns the share of every singular value that predictions keep.
func (m *RegularizedMFModel) Kept() []float64 {
	kept := make([]float64, len(m.values))
	for i, s := range m.values {
		kept[i] = m.kept(s)
	}
	return kept
}

// Encoder returns A, d × k, with its scale: rows times A are their embedding.
func (m *RegularizedMFModel) Encoder() *mat.Dense { return mat.DenseCopyOf(m.forward.T()) }

// Items returns B, d × k, with its scale: the embedding of the columns.
func (m *RegularizedMFModel) Items() *mat.Dense { return mat.DenseCopyOf(m.back.T()) }

// Embedding returns the embedding of the rows the model was fitted to.
func (m *RegularizedMFModel) Embedding() *Embedding { return m.embedding }

func (m *RegularizedMFModel) about(z *mat.Dense) *Embedding {
	n, _ := z.Dims()
	_, d := m.forward.Dims()
	return &Embedding{Dense: z, Method: "regularised factorisation", Options: m.options.String(), Rows: n, Dim: d, Objective: math.NaN()}
}

// Transform embeds new rows, n × d.
func (m *RegularizedMFModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	z, err := m.apply(ctx, regularizedMFName, x)
	if err != nil {
		return nil, err
	}
	return m.about(z), nil
}

// Inverse returns the predictions for embedded rows: z·Bᵀ.
func (m *RegularizedMFModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.undo(ctx, regularizedMFName, z)
}

// String returns a small table: the first factors, and what predictions keep of them.
func (m *RegularizedMFModel) String() string {
	var b strings.Builder
	_, d := m.forward.Dims()
	fmt.Fprintf(&b, "regularised factorisation of %d × %d, %s\n  loss      %.6g\n  %6s  %14s  %7s", m.rows, d, m.options, m.loss, "factor", "singular value", "kept")
	numbered(&b, 6, len(m.values), func(i int) string { return fmt.Sprintf("  %14.5g  %6.2f%%", m.values[i], 100*m.kept(m.values[i])) })
	return b.String()
}

const regularizedMFKind, regularizedMFVersion = "dr.RegularizedMFModel", 1

func (m *RegularizedMFModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Matrix(m.directions)
	w.Floats(m.values)
	w.Float(m.loss)
	w.Matrix(m.forward)
	w.Matrix(m.back)
	m.embedding.encode(w)
}

func (m *RegularizedMFModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.directions, m.values, m.loss = r.Int(), r.Matrix(), r.Floats(), r.Float()
	m.forward, m.back = r.Matrix(), r.Matrix()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.directions == nil || m.forward == nil || m.back == nil {
		r.Fail("it has no factors")
		return
	}
	k, d := m.directions.Dims()
	for _, part := range []*mat.Dense{m.forward, m.back} {
		if k2, d2 := part.Dims(); k2 != k || d2 != d {
			r.Fail("its parts differ in size")
		}
	}
	if k != len(m.values) || k != m.options.Components || m.options.checkScale(m.options.Rescale) != nil {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *RegularizedMFModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, regularizedMFKind, regularizedMFVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *RegularizedMFModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, regularizedMFKind, regularizedMFVersion, m, (*RegularizedMFModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *RegularizedMFModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *RegularizedMFModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
