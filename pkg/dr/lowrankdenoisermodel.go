package dr

import (
	"context"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// LowRankDenoiserModel is a trained LowRankDenoiser. It knows the distribution that it has learnt: a
// mixture, in equal parts, of normal distributions around the origin with the standard deviation
// Scale along every row of a basis.
type LowRankDenoiserModel struct {
	Labels []int        // of every row the subspace that has most of it, numbered from 0 by their first rows
	Bases  []*mat.Dense // Components orthonormal rows of d columns each, those with most of the rows' length first
	Scale  float64      // of the rows
	Loss   float64      // the mean weighted squared error for each of Components: 1 where rows are as the model has them
	Notes  []string

	options string
	dim     int
	bases   *mat.Dense // all of them, one after another
}

// settle numbers subspaces by their first rows, and turns their bases to the principal axes of these.
func (m *LowRankDenoiserModel) settle(ctx context.Context, rows, bases *mat.Dense, k int) error {
	n, d := rows.Dims()
	q := bases.RawMatrix().Rows / k
	z := mat.NewDense(n, k*q, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, rows.RawMatrix(), bases.RawMatrix(), 0, z.RawMatrix()); err != nil {
		return err
	}
	m.Labels = make([]int, n)
	members := make([][]int, k)
	var order []int
	for i := range m.Labels {
		at, most := 0, -1.
		for c := range k {
			own := z.RawRowView(i)[c*q : (c+1)*q]
			if v := kernel.Dot64(own, own); v > most {
				at, most = c, v
			}
		}
		if members[at] == nil {
			order = append(order, at)
		}
		members[at] = append(members[at], i)
	}
	if len(order) < k {
		m.Notes = append(m.Notes, fmt.Sprintf("%d subspaces of %d have no rows", k-len(order), k))
	}
	for c, some := range members {
		if some == nil {
			order = append(order, c)
		}
	}
	m.bases = mat.NewDense(k*q, d, nil)
	for to, c := range order {
		basis := bases.Slice(c*q, (c+1)*q, 0, d).(*mat.Dense)
		if some := members[c]; some != nil {
			own := mat.NewDense(len(some), q, nil)
			for r, i := range some {
				m.Labels[i] = to
				own.SetRow(r, z.RawRowView(i)[c*q:(c+1)*q])
			}
			moments := mat.NewSymDense(q, nil)
			if err := kernel.Syrk64(ctx, blas.Trans, 1, own.RawMatrix(), 0, blas64.General{Rows: q, Cols: q, Stride: q, Data: moments.RawSymmetric().Data}); err != nil {
				return err
			}
			_, axes, err := linalg.EigenSym(ctx, moments)
			if err != nil {
				return err
			}
			var turned mat.Dense
			turned.Mul(axes, basis)
			basis = &turned
		}
		m.bases.Slice(to*q, (to+1)*q, 0, d).(*mat.Dense).Copy(basis)
	}
	scaleRows(m.bases, orientation(m.bases))
	m.view(k)
	return nil
}

// view makes Bases of the rows of bases.
func (m *LowRankDenoiserModel) view(clusters int) {
	q := m.bases.RawMatrix().Rows / clusters
	m.Bases = make([]*mat.Dense, clusters)
	for c := range m.Bases {
		m.Bases[c] = m.bases.Slice(c*q, (c+1)*q, 0, m.dim).(*mat.Dense)
	}
}

// Denoise returns for rows of x (m × d) with normal noise of standard deviation sigma in every column
// the mean of what they may have been. Time O(m·d·p) and memory 16·m·(d+p) bytes for p rows in all
// bases. Errors: those of mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns,
// *mat32.ParamError for a sigma that is not from 10⁻⁹ to 10⁹ times Scale, *mat32.DegenerateError for
// rows too long for float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (m *LowRankDenoiserModel) Denoise(ctx context.Context, x mat.Matrix, sigma float64) (*mat.Dense, error) {
	_, clean, err := m.posterior(ctx, x, sigma, true)
	return clean, err
}

// ScoreFunction returns the gradient of the logarithm of the density of such rows: what Denoise takes from
// them, over sigma². Time, memory and errors are those of Denoise.
func (m *LowRankDenoiserModel) ScoreFunction(ctx context.Context, x mat.Matrix, sigma float64) (*mat.Dense, error) {
	_, clean, err := m.posterior(ctx, x, sigma, true)
	if err != nil {
		return nil, err
	}
	clean.Sub(clean, x)
	clean.Apply(func(_, _ int, v float64) float64 { return v / sigma / sigma }, clean)
	return clean, checkFits(lowRankDenoiser, clean)
}

// Posterior returns the probabilities with which such rows are of each subspace (m × Clusters). Time,
// memory and errors are those of Denoise.
func (m *LowRankDenoiserModel) Posterior(ctx context.Context, x mat.Matrix, sigma float64) (*mat.Dense, error) {
	weights, _, err := m.posterior(ctx, x, sigma, false)
	return weights, err
}

func (m *LowRankDenoiserModel) posterior(ctx context.Context, x mat.Matrix, sigma float64, denoise bool) (weights, clean *mat.Dense, err error) {
	n, err := checkColumns(ctx, lowRankDenoiser, x, m.dim)
	if err != nil {
		return nil, nil, err
	}
	s := sigma / m.Scale
	if !(s >= 1e-9 && s <= 1e9) {
		return nil, nil, &mat32.ParamError{Method: lowRankDenoiser, Param: "sigma", Value: sigma, Want: fmt.Sprintf("10⁻⁹ to 10⁹ times the scale of the rows, %.4g", m.Scale)}
	}
	if err := mat32.CheckMemory(lowRankDenoiser, 16*int64(n)*(int64(m.dim)+int64(m.bases.RawMatrix().Rows)), 0, "ask for fewer rows at a time"); err != nil {
		return nil, nil, err
	}
	clean = mat.DenseCopyOf(x)
	data := clean.RawMatrix().Data
	for i, v := range data {
		data[i] = v / m.Scale
	}
	weights, err = m.denoise(ctx, clean, s, denoise)
	if err != nil {
		return nil, nil, failed(lowRankDenoiser, err)
	}
	for i := range data {
		data[i] *= m.Scale
	}
	if err := checkFits(lowRankDenoiser, weights); err != nil {
		return nil, nil, err
	}
	return weights, clean, checkFits(lowRankDenoiser, clean)
}

// denoise returns the weights of rows in units of Scale, and replaces the rows by what they may have been.
func (m *LowRankDenoiserModel) denoise(ctx context.Context, rows *mat.Dense, sigma float64, replace bool) (weights *mat.Dense, err error) {
	n, _ := rows.Dims()
	v := sigma * sigma
	z := mat.NewDense(n, m.bases.RawMatrix().Rows, nil)
	weights = mat.NewDense(n, len(m.Bases), nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, rows.RawMatrix(), m.bases.RawMatrix(), 0, z.RawMatrix()); err != nil {
		return nil, err
	}
	q := z.RawMatrix().Cols / len(m.Bases)
	err = overRows(ctx, n, func(i int) {
		w, row := weights.RawRowView(i), z.RawRowView(i)
		responsibilities(w, row, v)
		for j := range row {
			row[j] *= w[j/q]
		}
	})
	if err == nil && replace {
		err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1/(1+v), z.RawMatrix(), m.bases.RawMatrix(), 0, rows.RawMatrix())
	}
	return weights, err
}

// Sample draws rows of the distribution that the model has learnt, n × d: pure noise, which is taken away along
// the score. It follows the probability flow from noise of 40 times Scale to 0.002 of it, in 64 steps of Heun's
// method, by half of which each is denoised further (T. Karras, M. Aittala, T. Aila and S. Laine, 2022, Elucidating
// the design space of diffusion-based generative models). Time O(128·n·d·p) and memory 32·n·d + 8·n·p bytes for p
// rows in all bases. Errors: *mat32.ParamError for an n below 1, *mat32.DegenerateError for
// rows too long for float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (m *LowRankDenoiserModel) Sample(ctx context.Context, n int, seed uint64) (*mat.Dense, error) {
	const most, least, steps = 40., .002, 64
	if n < 1 || n > mostBatch {
		return nil, &mat32.ParamError{Method: lowRankDenoiser, Param: "n", Value: n, Want: "1 ≤ n < 2³¹"}
	}
	need := (32*float64(m.dim) + 8*float64(m.bases.RawMatrix().Rows)) * float64(n)
	if err := mat32.CheckMemory(lowRankDenoiser, int64(min(need, 1<<62)), 0, "ask for fewer rows at a time"); err != nil {
		return nil, err
	}
	rows := mat.NewDense(n, m.dim, nil)
	err := overRows(ctx, n, func(i int) {
		s := rng.New(seed, "low-rank denoiser/sample", i)
		row := rows.RawRowView(i)
		for j := range row {
			row[j] = most * s.Normal()
		}
	})
	// flow returns how rows move as the noise grows, for each unit of the logarithm of its scale.
	flow := func(from *mat.Dense, sigma float64) *mat.Dense {
		to := mat.DenseCopyOf(from)
		if err == nil {
			_, err = m.denoise(ctx, to, sigma, true)
		}
		to.Sub(from, to)
		return to
	}
	ratio := math.Log(least/most) / steps
	for step := range steps {
		if err != nil {
			break
		}
		at := func(step int) float64 { return most * math.Exp(ratio*float64(step)) }
		before := flow(rows, at(step))
		var next mat.Dense
		next.Scale(ratio, before)
		next.Add(rows, &next)
		after := flow(&next, at(step+1))
		after.Add(after, before)
		after.Scale(ratio/2, after)
		rows.Add(rows, after)
	}
	if err == nil {
		_, err = m.denoise(ctx, rows, least, true)
	}
	if err != nil {
		return nil, failed(lowRankDenoiser, err)
	}
	rows.Scale(m.Scale, rows)
	return rows, checkFits(lowRankDenoiser, rows)
}

// String returns a line: subspaces, dimensions, scale and loss.
func (m *LowRankDenoiserModel) String() string {
	sizes := make([]int, len(m.Bases))
	for _, l := range m.Labels {
		sizes[l]++
	}
	return fmt.Sprintf("low-rank denoiser of %d rows: %d subspaces of %d dimensions with %v rows, scale %.4g, loss %.4g", len(m.Labels), len(sizes), m.bases.RawMatrix().Rows/len(sizes), sizes, m.Scale, m.Loss)
}

const lowRankDenoiserKind, lowRankDenoiserVersion = "dr.LowRankDenoiserModel", 1

func (m *LowRankDenoiserModel) encode(s *saved.Writer) {
	s.Int(m.dim)
	s.Ints(m.Labels)
	s.Int(len(m.Bases))
	s.Matrix(m.bases)
	s.Float(m.Scale)
	s.Float(m.Loss)
	s.Texts(m.Notes)
	s.Text(m.options)
}

func (m *LowRankDenoiserModel) decode(s *saved.Reader) {
	m.dim, m.Labels = s.Int(), s.Ints()
	clusters := s.Int()
	m.bases = s.Matrix()
	if s.OK() && (m.bases == nil || clusters < 1 || m.bases.RawMatrix().Cols != m.dim || m.bases.RawMatrix().Rows == 0 || m.bases.RawMatrix().Rows%clusters != 0 || len(m.Labels) < clusters) {
		s.Fail("its numbers of rows, columns and subspaces do not fit")
	}
	for _, l := range m.Labels {
		if s.OK() && (l < 0 || l >= clusters) {
			s.Fail("a label has no subspace")
		}
	}
	m.Scale, m.Loss, m.Notes, m.options = s.Float(), s.Float(), s.Texts(), s.Text()
	if s.OK() && !(m.Scale > 0 && m.Scale <= math.MaxFloat64) {
		s.Fail("it has no scale")
	}
	if len(m.Notes) == 0 {
		m.Notes = nil
	}
	if s.OK() {
		m.view(clusters)
	}
}

// WriteTo saves the model.
func (m *LowRankDenoiserModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, lowRankDenoiserKind, lowRankDenoiserVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *LowRankDenoiserModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, lowRankDenoiserKind, lowRankDenoiserVersion, m, (*LowRankDenoiserModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LowRankDenoiserModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LowRankDenoiserModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
