package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
)

// BayesianPCAModel is fitted by BayesianPCA. It keeps the axes in use, not the rows
// it was fitted to.
type BayesianPCAModel struct {
	options    BayesianPCA
	rows       int
	mean       []float64
	components *mat.Dense // those in use, and at least one, × d: orthonormal rows
	axes       []float64  // squared lengths of all axes; 0 where not in use
	noise      float64
	embedding  *Embedding
}

// Dimension returns how many axes the data need, 0 where nothing stands out of the
// noise.
func (m *BayesianPCAModel) Dimension() int {
	k := 0
	for _, u := range m.axes {
		if u > 0 {
			k++
		}
	}
	return k
}

// Components returns a copy of the directions of the axes in use: one unit vector a
// row. Where none is, it is the first principal component.
func (m *BayesianPCAModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// Mean returns a copy of the column means of the data.
func (m *BayesianPCAModel) Mean() []float64 { return slices.Clone(m.mean) }

// SignalVariance returns the squared length of every axis, falling: what its
// coordinate adds to the variance of the data, in their squared units. Those of axes
// that are not in use are 0.
func (m *BayesianPCAModel) SignalVariance() []float64 { return slices.Clone(m.axes) }

// Precisions returns the precision of every axis, d over its squared length: +Inf
// where it is not in use.
func (m *BayesianPCAModel) Precisions() []float64 {
	a := slices.Clone(m.axes)
	for i, u := range a {
		a[i] = float64(len(m.mean)) / u
	}
	return a
}

// NoiseVariance returns the variance of the noise in every direction, in squared
// units of the data.
func (m *BayesianPCAModel) NoiseVariance() float64 { return m.noise }

// Embedding returns the rows the model was fitted to in the latent space.
func (m *BayesianPCAModel) Embedding() *Embedding { return m.embedding }

// linear takes rows to the means of their latent coordinates, of variance 1 in the
// model, and these back.
func (m *BayesianPCAModel) linear() linearMap {
	l := linearMap{mean: m.mean, forward: mat.DenseCopyOf(m.components), back: mat.DenseCopyOf(m.components)}
	k, _ := m.components.Dims()
	there, back := make([]float64, k), make([]float64, k)
	for i := range k {
		if u := m.axes[i]; u > 0 {
			back[i] = math.Sqrt(u)
			there[i] = back[i] / (u + m.noise)
		}
	}
	scaleRows(l.forward, there)
	scaleRows(l.back, back)
	return l
}

// Transform returns the latent coordinates of new rows, n × d, that are expected of
// them: n × Dimension, or one column of zeros where that is 0. Time O(n·d·k).
func (m *BayesianPCAModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	z, err := m.linear().apply(ctx, "dr.BayesianPCA", x)
	if err != nil {
		return nil, err
	}
	n, d := x.Dims()
	return &Embedding{Dense: z, Method: "Bayesian PCA", Options: m.options.String(), Rows: n, Dim: d, Objective: math.NaN()}, nil
}

// Inverse returns the rows that are expected of the latent coordinates z.
func (m *BayesianPCAModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.linear().undo(ctx, "dr.BayesianPCA", z)
}

// String returns a small table: the axes in use with the variance they add, and the
// noise.
func (m *BayesianPCAModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Bayesian PCA of %d × %d: %d of %d axes in use\n", m.rows, len(m.mean), m.Dimension(), len(m.axes))
	fmt.Fprintf(&b, "  %5s  %12s  %12s", "axis", "variance", "precision")
	precisions := m.Precisions()
	numbered(&b, 5, m.Dimension(), func(i int) string { return fmt.Sprintf("  %12.5g  %12.5g", m.axes[i], precisions[i]) })
	fmt.Fprintf(&b, "\n  noise  %12.5g", m.noise)
	return b.String()
}

const bayesianPCAKind, bayesianPCAVersion = "dr.BayesianPCAModel", 1

func (m *BayesianPCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Floats(m.axes)
	w.Float(m.noise)
	m.embedding.encode(w)
}

func (m *BayesianPCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows = r.Int()
	m.mean, m.components, m.axes, m.noise = r.Floats(), r.Matrix(), r.Floats(), r.Float()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
	} else if k, d := m.components.Dims(); k > len(m.axes) || d != len(m.mean) || k != max(m.Dimension(), 1) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *BayesianPCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, bayesianPCAKind, bayesianPCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *BayesianPCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, bayesianPCAKind, bayesianPCAVersion, m, (*BayesianPCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *BayesianPCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *BayesianPCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
