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
	"github.com/flatland-go/flatland/pkg/mat32"
)

// PCAModel is fitted by PCA. It keeps k components of d columns, not the rows it
// was fitted to.
type PCAModel struct {
	options    PCA
	rows       int
	mean       []float64
	components *mat.Dense // k × d, orthonormal rows
	variance   []float64  // k, divisor n−1
	total      float64    // of all components
	noise      float64    // mean variance of the directions left out
	embedding  *Embedding
}

// flat returns how many of the last components have no variance but rounding.
func (m *PCAModel) flat() int {
	n := 0
	for _, v := range m.variance {
		if v <= m.rounding() {
			n++
		}
	}
	return n
}

// rounding is the variance that it alone may leave in a direction.
func (m *PCAModel) rounding() float64 {
	share := float64(max(m.rows, len(m.mean))) * 0x1p-52
	return m.variance[0] * share * share
}

// Components returns a copy of the components: k × d, one unit vector a row, by
// falling variance.
func (m *PCAModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// Mean returns a copy of the column means of the data.
func (m *PCAModel) Mean() []float64 { return slices.Clone(m.mean) }

// ExplainedVariance returns the variance along every component (divisor n−1), in
// squared units of the data.
func (m *PCAModel) ExplainedVariance() []float64 { return slices.Clone(m.variance) }

// ExplainedVarianceRatio returns the share of every component in the variance of
// the data.
func (m *PCAModel) ExplainedVarianceRatio() []float64 {
	r := slices.Clone(m.variance)
	for i := range r {
		r[i] /= m.total
	}
	return r
}

// SingularValues returns those of the centred data that belong to the
// components: √((n−1)·variance).
func (m *PCAModel) SingularValues() []float64 {
	s := slices.Clone(m.variance)
	for i, v := range s {
		s[i] = math.Sqrt(float64(m.rows-1) * v)
	}
	return s
}

// NoiseVariance returns the mean variance of the directions left out, which
// probabilistic PCA takes for noise, or 0 where none is (M. Tipping and C.
// Bishop, 1999, Probabilistic principal component analysis). As in scikit-learn
// the directions are counted as min(n, d); with Missing as d.
func (m *PCAModel) NoiseVariance() float64 { return m.noise }

// residual returns the noise variance by the variances.
func (m *PCAModel) residual() float64 {
	left := min(m.rows, len(m.mean)) - len(m.variance)
	if left == 0 {
		return 0
	}
	rest := m.total
	for _, v := range m.variance {
		rest -= v
	}
	return max(rest, 0) / float64(left)
}

// Embedding returns the rows the model was fitted to in the coordinates of the
// components.
func (m *PCAModel) Embedding() *Embedding { return m.embedding }

// Transform returns new rows, n × d, in the coordinates of the components, n × k.
// Of a model with Missing rows may have values that are NaN: they are taken for
// what probabilistic PCA expects of the others. Time O(n·d·k).
func (m *PCAModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	const method = "dr.PCA"
	if m.options.Missing != "" {
		return m.transformMissing(ctx, x)
	}
	n, err := checkColumns(ctx, method, x, len(m.mean))
	if err != nil {
		return nil, err
	}
	z, err := m.coordinates().apply(ctx, method, x, m.options.Whiten)
	if err != nil {
		return nil, err
	}
	return m.caption(z, n), nil
}

func (m *PCAModel) coordinates() *coordinates {
	to := newCoordinates(m.components, m.mean, m.weights())
	to.gather = !m.options.whole(m.rows, len(m.mean))
	return to
}

// caption makes an embedding of the coordinates z of n rows.
func (m *PCAModel) caption(z *mat.Dense, n int) *Embedding {
	return &Embedding{Dense: z, Method: "PCA", Options: m.options.String(), Rows: n, Dim: len(m.mean), Objective: math.NaN()}
}

// weights returns what the coordinates are multiplied by.
func (m *PCAModel) weights() []float64 {
	w := make([]float64, len(m.variance))
	for c, v := range m.variance {
		switch {
		case !m.options.Whiten:
			w[c] = 1
		case v > m.rounding():
			w[c] = 1 / math.Sqrt(v)
		}
	}
	return w
}

// Inverse returns the points of the data space that lie in the span of the
// components and have the coordinates z, n × k. With all components kept it
// undoes Transform.
func (m *PCAModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	const method = "dr.PCA"
	k, d := m.components.Dims()
	n, err := checkColumns(ctx, method, z, k)
	if err != nil {
		return nil, err
	}
	x := mat.NewDense(n, d, nil)
	weights := m.weights()
	err = par.BlocksWith(ctx, n, 64, func() []float64 { return make([]float64, k) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			out := x.RawRowView(i)
			copy(out, m.mean)
			for c, v := range mat32.Row(buf, i, z) {
				if weights[c] == 0 {
					continue
				}
				v /= weights[c]
				for j, u := range m.components.RawRowView(c) {
					out[j] += v * u
				}
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if err := checkFits(method, x); err != nil {
		return nil, err
	}
	return x, nil
}

// String returns a small table: the first components with their variance, its
// share, and the sum of the shares so far.
func (m *PCAModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "PCA of %d × %d, %s\n", m.rows, len(m.mean), m.options)
	variances(&b, m.variance, m.total)
	return b.String()
}

const pcaKind, pcaVersion = "dr.PCAModel", 2

// pcaSaved is what stands for the options in a file. Those of version 1 have no
// noise variance: it was always that of the directions left out.
type pcaSaved struct {
	PCA
	Noise float64
}

func (m *PCAModel) encode(w *saved.Writer) {
	w.JSON(pcaSaved{m.options, m.noise})
	w.Int(m.rows)
	w.Floats(m.mean)
	w.Matrix(m.components)
	w.Floats(m.variance)
	w.Float(m.total)
	m.embedding.encode(w)
}

func (m *PCAModel) decode(r *saved.Reader) {
	state := pcaSaved{Noise: -1}
	r.JSON(&state)
	m.options, m.noise = state.PCA, state.Noise
	m.rows = r.Int()
	m.mean, m.components, m.variance = r.Floats(), r.Matrix(), r.Floats()
	m.total = r.Float()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
	} else if k, d := m.components.Dims(); k != len(m.variance) || d != len(m.mean) {
		r.Fail("its parts differ in size")
	} else if m.noise < 0 {
		m.noise = m.residual()
	}
}

// WriteTo saves the model with its embedding.
func (m *PCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, pcaKind, pcaVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *PCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, pcaKind, pcaVersion, m, (*PCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *PCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *PCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
