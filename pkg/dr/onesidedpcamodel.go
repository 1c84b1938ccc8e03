package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
)

// OneSidedPCAModel is fitted by OneSidedPCA. It keeps k directions of d columns, not
// the rows it was fitted to.
type OneSidedPCAModel struct {
	options    OneSidedPCA
	rows       int
	iterations int
	components *mat.Dense // k × d, orthonormal rows
	moments    []float64  // k mean squares along them
	noise      float64    // mean square of a column beside them
	embedding  *Embedding
}

// Components returns a copy of the directions, the right singular vectors: k × d,
// one unit vector a row, by falling singular value.
func (m *OneSidedPCAModel) Components() *mat.Dense { return mat.DenseCopyOf(m.components) }

// SingularValues returns what those of the rows would be, had they been observed
// whole: the roots of n times the mean squares along the components.
func (m *OneSidedPCAModel) SingularValues() []float64 {
	s := slices.Clone(m.moments)
	for c, v := range s {
		s[c] = math.Sqrt(v) * math.Sqrt(float64(m.rows))
	}
	return s
}

// Covariance returns the mean products of columns that the components explain, d × d.
func (m *OneSidedPCAModel) Covariance() *mat.SymDense {
	_, d := m.components.Dims()
	s := mat.NewSymDense(d, nil)
	for c, v := range m.moments {
		s.SymRankOne(s, v, m.components.RowView(c))
	}
	return s
}

// NoiseVariance returns the mean square of a column that the components do not
// explain, on average.
func (m *OneSidedPCAModel) NoiseVariance() float64 { return m.noise }

// Iterations returns how many the fit took.
func (m *OneSidedPCAModel) Iterations() int { return m.iterations }

// Embedding returns the expected coordinates of the rows the model was fitted to.
func (m *OneSidedPCAModel) Embedding() *Embedding { return m.embedding }

// Transform returns the expected coordinates of new rows, n × d, along the components,
// n × k, given the entries that are not zero; those of a row without any are 0. Time
// O(e·k·min(e, k)) for a row of e entries.
func (m *OneSidedPCAModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	k, d := m.components.Dims()
	n, err := checkColumns(ctx, oneSidedMethod, x, d)
	if err != nil {
		return nil, err
	}
	z := mat.NewDense(n, k, nil)
	scale := make([]float64, k)
	for c, v := range m.moments {
		scale[c] = math.Sqrt(v)
	}
	// What rounding leaves of the products keeps systems solvable without noise.
	floor := max(m.noise, m.moments[0]*float64(d)*0x1p-48)
	err = par.BlocksWith(ctx, n, 16, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, values := row.of(i, x)
			m.expect(z.RawRowView(i), columns, values, scale, floor)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", oneSidedMethod, err)
	}
	if err := checkFits(oneSidedMethod, z); err != nil {
		return nil, err
	}
	return &Embedding{Dense: z, Method: "one-sided PCA", Options: m.options.String(), Rows: n, Dim: d, Objective: math.NaN()}, nil
}

// expect writes the coordinates expected of a row with these entries.
func (m *OneSidedPCAModel) expect(z []float64, columns []int32, values, scale []float64, floor float64) {
	k, d := m.components.Dims()
	if len(columns) == d { // whole rows are projected, and drawn in by the noise
		for c := range z {
			z[c] = kernel.Dot64(m.components.RawRowView(c), values)
			if m.noise > 0 {
				z[c] *= m.moments[c] / (m.moments[c] + m.noise)
			}
		}
		return
	}
	if len(columns) == 0 {
		return
	}
	// b holds the components, in units of their standard deviations, at the entries.
	b := mat.NewDense(len(columns), k, nil)
	for e, j := range columns {
		for c, s := range scale {
			b.Set(e, c, s*m.components.At(c, int(j)))
		}
	}
	seen := mat.NewVecDense(len(values), values)
	out := mat.NewVecDense(k, nil)
	small := min(len(columns), k)
	products := mat.NewSymDense(small, nil)
	if len(columns) <= k {
		products.SymOuterK(1, b)
	} else {
		products.SymOuterK(1, b.T())
	}
	for e := range small {
		products.SetSym(e, e, products.At(e, e)+floor)
	}
	var factor mat.Cholesky
	if !factor.Factorize(products) {
		return // entries that tell nothing
	}
	if len(columns) <= k {
		var inner mat.VecDense
		if factor.SolveVecTo(&inner, seen) != nil && !finite(inner.RawVector().Data) {
			return
		}
		out.MulVec(b.T(), &inner)
	} else {
		var inner mat.VecDense
		inner.MulVec(b.T(), seen)
		if factor.SolveVecTo(out, &inner) != nil && !finite(out.RawVector().Data) {
			return
		}
	}
	for c, s := range scale {
		z[c] = s * out.AtVec(c)
	}
}

// Inverse returns the rows in the span of the components that have the coordinates z,
// n × k: with Transform it fills in what was not observed.
func (m *OneSidedPCAModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return linearMap{forward: m.components, back: m.components}.undo(ctx, oneSidedMethod, z)
}

// String returns a small table: the first components with their mean squares.
func (m *OneSidedPCAModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "one-sided PCA of %d × %d, %s, %d iterations\n  noise       %.4g\n  mean square", m.rows, m.embedding.Dim, m.options, m.iterations, m.noise)
	inLine(&b, " %.4g", m.moments)
	return b.String()
}

const oneSidedPCAKind, oneSidedPCAVersion = "dr.OneSidedPCAModel", 1

func (m *OneSidedPCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Int(m.iterations)
	w.Matrix(m.components)
	w.Floats(m.moments)
	w.Float(m.noise)
	m.embedding.encode(w)
}

func (m *OneSidedPCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.iterations, m.components, m.moments, m.noise = r.Int(), r.Int(), r.Matrix(), r.Floats(), r.Float()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.components == nil {
		r.Fail("it has no components")
	} else if k, d := m.components.Dims(); k != len(m.moments) || d != m.embedding.Dim {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *OneSidedPCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, oneSidedPCAKind, oneSidedPCAVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *OneSidedPCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, oneSidedPCAKind, oneSidedPCAVersion, m, (*OneSidedPCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *OneSidedPCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *OneSidedPCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
