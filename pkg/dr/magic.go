package dr

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// MAGIC, Markov affinity-based graph imputation, takes noise out of the values themselves:
// every row becomes the mean of the rows that a walk of some steps along the weights of
// near rows leads to. What near rows share stays, and what each has for itself, such as
// noise and counts that were missed, goes. The result has the columns of the data.
//
// A row without near ones stays nearly as it is. Rows that are all equal are refused.
// Time that of the neighbours, and O(weights·d) a step, plus O(n·k·min(n, k)) for the k columns
// that rows are compared by where Time is found; memory 24·n·d + 48·n·k bytes beside the
// weights, and another 32·n·k where k is above n.
//
// Source: D. van Dijk, R. Sharma, J. Nainys, K. Yim, P. Kathail, A. Carr, C. Burdziak,
// K. Moon, C. Chaffer, D. Pattabiraman, B. Bierie, L. Mazutis, G. Wolf, S. Krishnaswamy and
// D. Pe'er (2018), Recovering gene interactions from single-cell data using data
// diffusion.
type MAGIC struct {
	// Neighbors is the number of other rows within the reach of a row. Larger values
	// smooth more. Default 5, or n−1 where the data have fewer rows.
	Neighbors int

	// Decay is how fast weights fall beyond the reach; see affinity.AlphaDecay. Default 1.
	Decay float64

	// MaxNeighbors limits how many other rows a row gives weight to. Default three times
	// Neighbors, or n−1 where the data have fewer rows.
	MaxNeighbors int

	// Columns is how many principal components rows are compared by, and smoothed in by
	// the solver Approximate, where both n and d are larger. Default 100.
	Columns int

	// Affinity, when given, holds the weights between the rows of x, and Neighbors, Decay and
	// MaxNeighbors are ignored.
	Affinity *affinity.Sparse `json:"-"`

	// Time is how many steps the walk takes. More of them smooth more. Default: the first
	// after which another changes the data, but for a rotation and their scale, by a share
	// of less than Tolerance.
	Time int

	// Tolerance of the default of Time, between 0 and 1. Larger values smooth less. Ignored
	// where Time is given. Default 1e-3.
	Tolerance float64

	// MaxTime is the longest walk for the default of Time. Default 20.
	MaxTime int

	// Solver is Exact, which smooths all columns, or Approximate, which smooths the
	// principal components and leaves out what these do. Default Exact.
	Solver Solver

	// Seed of the principal components.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Approximate works with the principal components in place of the columns.
const Approximate Solver = "approximate"

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (m MAGIC) Resolve(n, d int) (MAGIC, error) {
	const method = "dr.MAGIC"
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	m.Decay = cmp.Or(m.Decay, 1)
	if m.MaxNeighbors == 0 && m.Neighbors >= 0 && m.Neighbors < n {
		m.MaxNeighbors = min(3*cmp.Or(m.Neighbors, 5), max(n-1, 0))
	}
	graph, err := m.kernel().Resolve(n, d)
	if err != nil {
		return m, mat32.Rename(method, err)
	}
	m.Neighbors = graph.Neighbors
	m.Columns, m.MaxTime, m.Tolerance, m.Solver = cmp.Or(m.Columns, 100), cmp.Or(m.MaxTime, 20), cmp.Or(m.Tolerance, 1e-3), cmp.Or(m.Solver, Exact)
	switch {
	case m.Columns < 1:
		return m, wrong("Columns", m.Columns, "1 or more")
	case m.Time < 0 || m.Time > mostBatch:
		return m, wrong("Time", m.Time, fmt.Sprintf("0 ≤ Time ≤ %d", mostBatch))
	case m.MaxTime < 1 || m.MaxTime > mostBatch:
		return m, wrong("MaxTime", m.MaxTime, fmt.Sprintf("1 ≤ MaxTime ≤ %d", mostBatch))
	case !(m.Tolerance > 0 && m.Tolerance < 1):
		return m, wrong("Tolerance", m.Tolerance, "0 < Tolerance < 1")
	}
	return m, checkSolver(method, m.Solver, Exact, Approximate)
}

func (m MAGIC) kernel() affinity.AlphaDecay {
	return affinity.AlphaDecay{Neighbors: m.Neighbors, Decay: m.Decay, MaxNeighbors: m.MaxNeighbors, MemoryLimit: m.MemoryLimit}
}

// String returns the options in one line, as captions and tables show them.
func (m MAGIC) String() string {
	s := fmt.Sprintf("%d neighbours of at most %d, decay %g", m.Neighbors, m.MaxNeighbors, m.Decay)
	if m.Affinity != nil {
		s = "given weights"
	}
	if m.Time > 0 {
		return s + fmt.Sprintf(", t %d, %s", m.Time, m.Solver)
	}
	return s + fmt.Sprintf(", t by change, %s", m.Solver)
}

// memory is the forecast in bytes for n × d data.
func (m MAGIC) memory(n, d int) int64 {
	columns := d // that are compared
	if min(n, d) > m.Columns {
		columns = m.Columns
	}
	need := int64(n) * (24*int64(d) + 8*int64(columns) + 60*int64(m.MaxNeighbors))
	if m.Time == 0 {
		order := int64(min(n, columns))
		need += 40*int64(n)*int64(columns) + 40*order*order
		if columns > n {
			need += 32 * int64(n) * int64(columns)
		}
	}
	return need
}

// Fit smooths the rows of x (n × d). Errors: those of mat32.CheckRows, mat32.Check and
// Resolve, *mat32.DegenerateError where all rows are equal, *mat32.MemoryError,
// *mat32.ParamError for an Affinity of other rows, and one that wraps ctx.Err().
func (m MAGIC) Fit(ctx context.Context, x mat.Matrix) (*MAGICModel, error) {
	const method = "dr.MAGIC"
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, m.memory(n, d), m.MemoryLimit, "use fewer rows, columns or neighbours"); err != nil {
		return nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	model := &MAGICModel{}
	var notes []string
	var pca *PCAModel
	compared := mat.DenseCopyOf(x)
	if min(n, d) > m.Columns {
		if pca, err = (PCA{Components: m.Columns, Seed: m.Seed, MemoryLimit: m.MemoryLimit}).Fit(ctx, x); err != nil {
			return nil, mat32.Rename(method, err)
		}
		compared = pca.embedding.Dense
		notes = append(notes, fmt.Sprintf("rows are compared by %d principal components", m.Columns))
	}
	s := m.Affinity
	if s != nil {
		err = s.CheckContext(ctx, method, "Affinity", x)
	} else {
		s, err = m.kernel().Weigh(ctx, compared)
	}
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	o, err := affinity.Diffusion{}.Of(ctx, s)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	if m.Time == 0 {
		if m.Time, model.changes, err = m.find(ctx, o, compared); err != nil {
			return nil, mat32.Rename(method, err)
		}
		notes = append(notes, fmt.Sprintf("t = %d: another step changes less than a share of %g", m.Time, m.Tolerance))
		if k := len(model.changes); model.changes[k-1] >= m.Tolerance {
			notes[len(notes)-1] = fmt.Sprintf("t = %d, the longest that was tried: the data still change", m.Time)
		}
	}
	from, to := compared, mat.DenseCopyOf(compared)
	if pca != nil && m.Solver == Exact {
		from = mat.DenseCopyOf(x)
		to = mat.NewDense(n, d, nil)
	}
	if err := o.Power(ctx, to, from, m.Time); err != nil {
		return nil, failed(method, err)
	}
	if pca != nil && m.Solver == Approximate {
		if to, err = pca.Inverse(ctx, to); err != nil {
			return nil, mat32.Rename(method, err)
		}
	}
	if err := checkFits(method, to); err != nil {
		return nil, err
	}
	model.options = m
	model.embedding = &Embedding{Dense: to, Method: "MAGIC", Options: m.String(), Rows: n, Dim: d, Objective: math.NaN(), Notes: append(notes, s.Notes...)}
	return model, nil
}

// Embed returns the smoothed rows of x: Fit(ctx, x) and its embedding.
func (m MAGIC) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	model, err := m.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return model.embedding, nil
}

// find returns after how many steps the rows settle, and by how much every step changed
// them.
func (m MAGIC) find(ctx context.Context, o *affinity.DiffusionOperator, x *mat.Dense) (int, []float64, error) {
	stage := watch.Start(ctx, "steps", m.MaxTime)
	n, d := x.Dims()
	last, now := mat.DenseCopyOf(x), mat.NewDense(n, d, nil)
	var changes []float64
	shape, err := standard(ctx, last)
	if err != nil {
		return 0, nil, err
	}
	for t := 1; t <= m.MaxTime; t++ {
		if err := o.Apply(ctx, now, last); err != nil {
			return 0, nil, err
		}
		next, err := standard(ctx, now)
		if err != nil {
			return 0, nil, err
		}
		change, err := disparity(ctx, shape, next)
		if err != nil {
			return 0, nil, err
		}
		changes = append(changes, change)
		stage.Add(1)
		if change < m.Tolerance {
			return t, changes, nil
		}
		last, now, shape = now, last, next
	}
	return m.MaxTime, changes, nil
}

// standard returns the rows of x around their mean, of Frobenius norm 1, or 0 where they
// are all equal.
func standard(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	const rowsAtOnce = 256
	n, d := x.Dims()
	y := mat.NewDense(n, d, nil)
	first := x.RawRowView(0)
	err := overRows(ctx, n, func(i int) {
		to := y.RawRowView(i)
		for j, v := range x.RawRowView(i) {
			to[j] = v/2 - first[j]/2
		}
	})
	if err != nil {
		return nil, err
	}
	mean, err := weightedSum(ctx, y, slices.Repeat([]float64{1 / float64(n)}, n))
	if err != nil {
		return nil, err
	}
	if err := lessRow(ctx, y, mean); err != nil {
		return nil, err
	}
	most, err := magnitude(ctx, y)
	if err != nil || most == 0 {
		return y, err
	}
	_, exponent := math.Frexp(most) // so that squares are in range
	squares, err := par.Sum(ctx, n, rowsAtOnce, func(lo, hi int) float64 {
		sum := 0.
		for i := lo; i < hi; i++ {
			row := y.RawRowView(i)
			for j, v := range row {
				row[j] = math.Ldexp(v, -exponent)
			}
			sum += kernel.Dot64(row, row)
		}
		return sum
	})
	if err != nil {
		return nil, err
	}
	return y, overRows(ctx, n, func(i int) { kernel.Scal64(1/math.Sqrt(squares), y.RawRowView(i)) })
}

// disparity returns what is left of the squares of a when b is turned and scaled to lie on
// it (Procrustes' problem): 1 − (Σ σ)² for the singular values of aᵀ·b.
func disparity(ctx context.Context, a, b *mat.Dense) (float64, error) {
	n, d := a.Dims()
	left, right := blas.Trans, blas.NoTrans
	if n < d { // those of R·Sᵀ, for aᵀ = Q·R and bᵀ = P·S: no matrix of all columns by all
		triangle := func(x *mat.Dense) (*mat.Dense, error) {
			_, r, err := linalg.QR(ctx, mat.DenseCopyOf(x.T()))
			if err != nil {
				return nil, err
			}
			return mat.DenseCopyOf(r), nil
		}
		var err error
		if a, err = triangle(a); err != nil {
			return 0, err
		}
		if b, err = triangle(b); err != nil {
			return 0, err
		}
		left, right = right, left
	}
	order := min(n, d)
	c := mat.NewDense(order, order, nil)
	if err := kernel.Gemm64(ctx, left, right, 1, a.RawMatrix(), b.RawMatrix(), 0, c.RawMatrix()); err != nil {
		return 0, err
	}
	_, values, _, err := linalg.SVD(ctx, c)
	if err != nil {
		return 0, err
	}
	sum := 0.
	for _, v := range values {
		sum += v
	}
	return max(0, 1-sum*sum), nil
}

// MAGICModel is fitted by MAGIC. It is the smoothed rows that it was given.
type MAGICModel struct {
	options   MAGIC
	embedding *Embedding
	changes   []float64
}

// Embedding returns the smoothed rows, n × d.
func (m *MAGICModel) Embedding() *Embedding { return m.embedding }

// Time returns how many steps the walk took.
func (m *MAGICModel) Time() int { return m.options.Time }

// Changes returns by what share of its square every step changed the data, or nil where
// Time was given.
func (m *MAGICModel) Changes() []float64 { return slices.Clone(m.changes) }

// String returns a small table: shape, options and notes.
func (m *MAGICModel) String() string {
	return m.embedding.String() + fmt.Sprintf("\n  steps       %d", m.options.Time)
}

const magicKind, magicVersion = "dr.MAGICModel", 1

func (m *MAGICModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	m.embedding.encode(w)
	w.Floats(m.changes)
}

func (m *MAGICModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.embedding = new(Embedding)
	m.embedding.decode(r)
	if m.changes = r.Floats(); len(m.changes) == 0 {
		m.changes = nil
	}
}

// WriteTo saves the model with its embedding.
func (m *MAGICModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, magicKind, magicVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *MAGICModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, magicKind, magicVersion, m, (*MAGICModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *MAGICModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *MAGICModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
