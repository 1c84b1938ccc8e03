package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
)

// TLDRModel is fitted by TLDR. It keeps the map, not the rows it was fitted to.
type TLDRModel struct {
	options   TLDR
	rows      int
	mean      []float64
	layers    []affine // of centred rows; what all but the last give is rectified
	embedding *Embedding
}

// affine takes rows x to x·weightsᵀ + shift; a nil shift is zero.
type affine struct {
	weights *mat.Dense
	shift   []float64
}

// Options returns the resolved options, without the Graph.
func (m *TLDRModel) Options() TLDR { return m.options }

// Components returns a copy of the linear map, k × d: images are
// (x − mean)·componentsᵀ. It is nil where the map is not linear.
func (m *TLDRModel) Components() *mat.Dense {
	if m.options.Nonlinear {
		return nil
	}
	return mat.DenseCopyOf(m.layers[0].weights)
}

// Mean returns a copy of the column means of the data.
func (m *TLDRModel) Mean() []float64 { return slices.Clone(m.mean) }

// Embedding returns the images of the rows the model was fitted to; its Objective
// is the mean loss of the last epoch.
func (m *TLDRModel) Embedding() *Embedding { return m.embedding }

// Transform maps new rows, n × d, to n × k. Time O(n·d·k) for a linear map.
func (m *TLDRModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	z, err := m.apply(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding.of(z), nil
}

func (m *TLDRModel) apply(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	const method = "dr.TLDR"
	z, err := linearMap{mean: m.mean, forward: m.layers[0].weights}.apply(ctx, method, x)
	for i, l := range m.layers {
		if err == nil && i > 0 {
			z, err = linearMap{forward: l.weights}.apply(ctx, method, z)
		}
		if err != nil {
			return nil, err
		}
		if l.shift == nil {
			continue
		}
		least := math.Inf(-1)
		if i < len(m.layers)-1 {
			least = 0
		}
		n, _ := z.Dims()
		if err := par.Blocks(ctx, n, 64, func(lo, hi int) {
			for r := lo; r < hi; r++ {
				row := z.RawRowView(r)
				for j, v := range row {
					row[j] = max(v+l.shift[j], least)
				}
			}
		}); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	return z, nil
}

// String returns a small table: shape, loss, options, and the variance of the first
// components.
func (m *TLDRModel) String() string {
	n, k := m.embedding.Dims()
	var b strings.Builder
	fmt.Fprintf(&b, "TLDR of %d × %d, loss %.4g\n  %s\n  variance   ", m.rows, len(m.mean), m.embedding.Objective, m.options)
	variances := make([]float64, k)
	for c := range min(k, shown) {
		for i := range n {
			variances[c] += m.embedding.At(i, c) * m.embedding.At(i, c) / float64(n)
		}
	}
	inLine(&b, "  %.3g", variances)
	for _, note := range m.embedding.Notes {
		b.WriteString("\n  note         " + note)
	}
	return b.String()
}

const tldrKind, tldrVersion = "dr.TLDRModel", 1

func (m *TLDRModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Floats(m.mean)
	w.Int(len(m.layers))
	for _, l := range m.layers {
		w.Matrix(l.weights)
		w.Floats(l.shift)
	}
	m.embedding.encode(w)
}

func (m *TLDRModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.mean = r.Int(), r.Floats()
	for n := r.Int(); n > 0 && r.OK(); n-- {
		m.layers = append(m.layers, affine{r.Matrix(), r.Floats()})
	}
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	width, hidden := len(m.mean), 0
	if m.options.Nonlinear {
		hidden = m.options.EncoderLayers
	}
	if len(m.layers) != hidden+1 {
		r.Fail("it has another number of layers than its options say")
		return
	}
	for _, l := range m.layers {
		if l.weights == nil {
			r.Fail("a layer has no weights")
			return
		}
		out, in := l.weights.Dims()
		if in != width || l.shift != nil && len(l.shift) != out {
			r.Fail("its layers do not fit each other")
			return
		}
		width = out
	}
	if n, k := m.embedding.Dims(); n != m.rows || k != width {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *TLDRModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, tldrKind, tldrVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *TLDRModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, tldrKind, tldrVersion, m, (*TLDRModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *TLDRModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *TLDRModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
