package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// FactorAnalysisModel is fitted by FactorAnalysis. It keeps the loadings of k
// factors on d columns, not the rows it was fitted to.
type FactorAnalysisModel struct {
	options    FactorAnalysis
	rows       int
	iterations int
	likelihood float64
	mean       []float64
	noise      []float64
	loadings   *mat.Dense // k × d
	scores     *mat.Dense // k × d: the expected factors of a row are (x − mean)·scoresᵀ
	embedding  *Embedding
}

// invert fills in the scores: (I + L·Ψ⁻¹·Lᵀ)⁻¹·L·Ψ⁻¹ for loadings L and noise Ψ.
func (m *FactorAnalysisModel) invert(ctx context.Context) error {
	k, d := m.loadings.Dims()
	unit := mat.NewDense(k, d, nil)
	m.scores = mat.NewDense(k, d, nil)
	for c := range k {
		for j, v := range m.noise {
			if v > 0 {
				unit.Set(c, j, m.loadings.At(c, j)/math.Sqrt(v))
				m.scores.Set(c, j, unit.At(c, j)/math.Sqrt(v))
			}
		}
	}
	var gram mat.Dense
	gram.Mul(unit, unit.T())
	precision := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			precision.SetSym(a, b, gram.At(a, b))
		}
		precision.SetSym(a, a, 1+gram.At(a, a))
	}
	if !finite(precision.RawSymmetric().Data) || !finite(m.scores.RawMatrix().Data) {
		return &mat32.DegenerateError{Method: "dr.FactorAnalysis", Reason: "the scale of the data is beyond float64: rescale them"}
	}
	factor, err := linalg.NewCholesky(ctx, precision)
	if err != nil {
		return err
	}
	return factor.Solve(ctx, m.scores)
}

// Loadings returns a copy of what every factor adds to the columns, k × d, in units
// of the data: the covariance is Loadingsᵀ·Loadings plus the noise.
func (m *FactorAnalysisModel) Loadings() *mat.Dense { return mat.DenseCopyOf(m.loadings) }

// NoiseVariance returns a copy of the noise variances of the d columns, in squared
// units of the data.
func (m *FactorAnalysisModel) NoiseVariance() []float64 { return slices.Clone(m.noise) }

// Mean returns a copy of the column means of the data.
func (m *FactorAnalysisModel) Mean() []float64 { return slices.Clone(m.mean) }

// LogLikelihood returns that of the data, in nats, summed over the rows.
func (m *FactorAnalysisModel) LogLikelihood() float64 { return m.likelihood }

// Iterations returns how many there were.
func (m *FactorAnalysisModel) Iterations() int { return m.iterations }

// Embedding returns the expected factors of the rows the model was fitted to.
func (m *FactorAnalysisModel) Embedding() *Embedding { return m.embedding }

func (m *FactorAnalysisModel) linear() linearMap {
	return linearMap{mean: m.mean, forward: m.scores, back: m.loadings}
}

// Transform returns the expected factors of new rows, n × d, given what was
// observed, as n × k. Time O(n·d·k).
func (m *FactorAnalysisModel) Transform(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	return m.linear().transform(ctx, "dr.FactorAnalysis", x, m.embedding)
}

// Inverse returns the expected rows, n × d, of the factors z, n × k. It does not undo
// Transform, which draws factors towards 0 by as much as the noise hides them.
func (m *FactorAnalysisModel) Inverse(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return m.linear().undo(ctx, "dr.FactorAnalysis", z)
}

// String returns a small table: the first factors with the sum of their squared
// loadings.
func (m *FactorAnalysisModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "factor analysis of %d × %d, %s, %d iterations\n  log-likelihood %.6g\n  %9s  %12s", m.rows, len(m.mean), m.options, m.iterations, m.likelihood, "factor", "variance")
	k, _ := m.loadings.Dims()
	numbered(&b, 9, k, func(c int) string {
		square := 0.
		for _, v := range m.loadings.RawRowView(c) {
			square += v * v
		}
		return fmt.Sprintf("  %12.5g", square)
	})
	return b.String()
}

const factorAnalysisKind, factorAnalysisVersion = "dr.FactorAnalysisModel", 1

func (m *FactorAnalysisModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Int(m.rows)
	w.Int(m.iterations)
	w.Float(m.likelihood)
	w.Floats(m.mean)
	w.Floats(m.noise)
	w.Matrix(m.loadings)
	w.Matrix(m.scores)
	m.embedding.encode(w)
}

func (m *FactorAnalysisModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.rows, m.iterations, m.likelihood = r.Int(), r.Int(), r.Float()
	m.mean, m.noise, m.loadings, m.scores = r.Floats(), r.Floats(), r.Matrix(), r.Matrix()
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if !r.OK() {
		return
	}
	if m.loadings == nil || m.scores == nil {
		r.Fail("it has no loadings")
		return
	}
	k, d := m.loadings.Dims()
	k2, d2 := m.scores.Dims()
	if k != k2 || d != d2 || d != len(m.mean) || d != len(m.noise) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *FactorAnalysisModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, factorAnalysisKind, factorAnalysisVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *FactorAnalysisModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, factorAnalysisKind, factorAnalysisVersion, m, (*FactorAnalysisModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *FactorAnalysisModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *FactorAnalysisModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
