package dr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Incremental updates a truncated decomposition by every batch of rows, and
// forgets what it leaves out: a Solver of IncrementalPCA.
const Incremental Solver = "incremental"

// IncrementalPCA is PCA of rows that come in batches and need not fit in memory:
// one pass over them, and no row is kept. Fit takes a matrix, FitRows a stream,
// and Start begins a learner that is given rows as they come.
//
// The exact solver adds every batch to the covariance matrix (T. Chan, G. Golub
// and R. LeVeque, 1983, Algorithms for computing the sample variance), whose
// eigenvectors are the components: those of all rows, whatever the batches. Time
// O(n·d²) + O(d³), memory about 40·d² bytes and two batches. Standard deviations below
// 2⁻²⁶ of the largest are lost in the rounding of squares; PCA, which may read its
// rows again, finds them.
//
// The incremental one keeps Components directions, and decomposes them together
// with every batch. What a batch does not show among its leading directions is
// forgotten, so the result depends on Batch; with all components it is exact too.
// It is the algorithm of scikit-learn, and gives its numbers for batches of the
// same size. Time O(n·d·(k + Batch)) at most, memory about 8·(5·(k + Batch)·d +
// 7·min(k + Batch, d)²) bytes.
//
// Rows are taken together as Batch says however they were given: the result does
// not depend on how many came at a time. The sign of a component is chosen so that
// its entry of largest magnitude is positive.
//
// Source: D. Ross, J. Lim, R.-S. Lin and M.-H. Yang (2008), Incremental learning
// for robust visual tracking.
type IncrementalPCA struct {
	// Components is the number of components kept, at most min(n−1, d): no more
	// directions vary. Default: all of these.
	Components int

	// Batch is how many rows are decomposed at a time by Incremental, at least
	// Components: more of them come nearer to the exact components, and take memory.
	// Exact ignores it. Default 5·d, as in scikit-learn, but at most the larger of
	// 1000 and 2·Components.
	Batch int

	// Solver is Exact or Incremental. Default Auto: Exact up to 2048 columns, where
	// it is faster than batches of 5·d rows as well.
	Solver Solver

	// Whiten divides every coordinate by its standard deviation, so that all
	// have variance 1 (those of no variance stay 0). Default false.
	Whiten bool

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

var incrementalPCA = subspaceKind{"dr.IncrementalPCA", "incremental PCA"}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError. Where n is not known, it is taken as large.
func (p IncrementalPCA) Resolve(n, d int) (IncrementalPCA, error) {
	const method = "dr.IncrementalPCA"
	most := min(n-1, d)
	if p.Components == 0 {
		p.Components = most
	}
	if err := checkRange(method, "Components", p.Components, 1, most, "min(n−1, d)"); err != nil {
		return p, err
	}
	if p.Batch == 0 {
		p.Batch = max(p.Components, min(5*d, max(1000, 2*p.Components)))
	}
	if p.Batch < p.Components || p.Batch > mostBatch {
		return p, &mat32.ParamError{Method: method, Param: "Batch", Value: p.Batch, Want: fmt.Sprintf("Components = %d or more rows, and at most %d", p.Components, mostBatch)}
	}
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	if p.Solver == Auto {
		p.Solver = Exact
		if d > 2048 {
			p.Solver = Incremental
		}
	}
	return p, checkSolver(method, p.Solver, Exact, Incremental)
}

// String returns the options in one line, as captions and tables show them.
func (p IncrementalPCA) String() string {
	s := fmt.Sprintf("%d components, %s", p.Components, p.Solver)
	if p.Solver == Incremental {
		s += fmt.Sprintf(" by %d rows", p.Batch)
	}
	if p.Whiten {
		s += ", whitened"
	}
	return s
}

// memory is the forecast of a learner in bytes, which a model copies that is asked for
// on the way.
func (p IncrementalPCA) memory(d int) int64 {
	columns, k := int64(d), int64(p.Components)
	if p.Solver == Exact {
		return 8*columns*(5*columns+2*int64(exactBatch(d)+1)) + packed(columns*columns)
	}
	stack := k + int64(p.Batch) + 1
	small := min(stack, columns)
	return 8 * (columns*(5*stack+3*k) + 7*small*small)
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows, *mat32.DegenerateError
// where all rows are equal or variances exceed float64, *mat32.MemoryError, and one
// that wraps ctx.Err().
func (p IncrementalPCA) Fit(ctx context.Context, x mat.Matrix) (*IncrementalPCAModel, error) {
	n, d, err := checkRows(ctx, incrementalPCA.method, x, 2)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	l, err := p.Start(d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(incrementalPCA.method, p.memory(d)+8*int64(n)*int64(p.Components), p.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}
	if err := l.learn(ctx, x, watch.Start(ctx, "incremental PCA", n)); err != nil {
		return nil, err
	}
	m, err := l.Model(ctx)
	if err != nil {
		return nil, err
	}
	return m, m.embed(ctx, x)
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (p IncrementalPCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// FitRows learns the components of a stream in one reading. The model has no
// embedding: Transform maps the rows when they are read again. Errors: those of
// Fit, and those that reading gives.
func (p IncrementalPCA) FitRows(ctx context.Context, rows *mat32.Rows) (*IncrementalPCAModel, error) {
	l, err := p.Start(rows.Columns())
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "incremental PCA", 0)
	for batch, err := range rows.Batches(ctx, l.batch) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", incrementalPCA.method, err)
		}
		if err := l.learn(ctx, batch, stage); err != nil {
			return nil, err
		}
	}
	return l.Model(ctx)
}

// Start begins a learner of rows of d columns. Errors: those of Resolve, where the
// number of rows limits nothing, mat32.ErrEmpty without columns, and
// *mat32.MemoryError.
func (p IncrementalPCA) Start(d int) (*IncrementalPCALearner, error) {
	if d < 1 {
		return nil, fmt.Errorf("%s: %w", incrementalPCA.method, mat32.ErrEmpty)
	}
	l := &IncrementalPCALearner{all: p.Components == 0}
	var err error
	if l.options, err = p.Resolve(math.MaxInt, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(incrementalPCA.method, l.options.memory(d), p.MemoryLimit, "reduce Components, Batch or columns"); err != nil {
		return nil, err
	}
	if l.options.Solver == Exact {
		l.batch = exactBatch(d)
		l.scatter = mat.NewSymDense(d, nil)
	} else {
		l.batch = l.options.Batch
	}
	l.moments = newBatchMoments(d)
	l.stack = mat.NewDense(l.above()+l.batch+1, d, nil)
	return l, nil
}

// exactBatch is how many rows are added to a covariance matrix at a time: enough
// for products to be fast, and few enough to stay in a cache where they are short.
func exactBatch(d int) int { return max(128, min(4096, 1<<19/d)) }

// IncrementalPCALearner learns the components of rows as they come. It is not safe
// for concurrent use; the models it gives are.
type IncrementalPCALearner struct {
	options IncrementalPCA
	all     bool // components were not counted by the user
	batch   int  // rows that are learned together
	moments *batchMoments
	err     error // that ended the learning

	// stack holds, from above() on, held rows that are not learned yet, as
	// differences from the first row; the row below them is for the shift of the
	// mean. Above them Incremental has its directions.
	stack *mat.Dense
	held  int

	scatter *mat.SymDense // of Exact: the products of differences from the mean
	lead    *mat.Dense    // of Incremental: unit vectors times singular values
}

// above is how many rows of the stack are kept for the directions.
func (l *IncrementalPCALearner) above() int {
	if l.options.Solver == Exact {
		return 0
	}
	return l.options.Components
}

// Rows returns how many rows were added.
func (l *IncrementalPCALearner) Rows() int { return l.moments.n + l.held }

// Add learns the rows of x, n × d; their values are copied. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError for other columns, and then
// nothing was learned; *mat32.DegenerateError where results exceed float64 and one
// that wraps ctx.Err(), after which the learner returns this error whatever it is
// asked, as some of the rows were learned. Time O(n·d²), or O(n·d·(k + Batch)) by
// Incremental.
func (l *IncrementalPCALearner) Add(ctx context.Context, x mat.Matrix) error {
	if l.err != nil {
		return l.err
	}
	if _, err := checkColumns(ctx, incrementalPCA.method, x, len(l.moments.mean)); err != nil {
		return err
	}
	return l.learn(ctx, x, nil)
}

// learn is Add for rows that are known to be sound.
func (l *IncrementalPCALearner) learn(ctx context.Context, x mat.Matrix, stage *watch.Stage) error {
	n, d := x.Dims()
	for lo := 0; lo < n; {
		take := min(n-lo, l.batch-l.held)
		to := l.stack.Slice(l.above()+l.held, l.above()+l.held+take, 0, d).(*mat.Dense)
		if err := l.moments.differences(ctx, to, x, lo); err != nil {
			return l.fail(err)
		}
		lo += take
		if l.held += take; l.held == l.batch {
			if err := l.update(ctx); err != nil {
				return l.fail(err)
			}
		}
		if stage != nil {
			stage.Add(take)
		}
	}
	return nil
}

func (l *IncrementalPCALearner) fail(err error) error {
	if errors.Is(err, linalg.ErrNotFinite) {
		err = &mat32.DegenerateError{Method: incrementalPCA.method, Reason: "the variance exceeds the largest float64: rescale the data"}
	} else {
		err = fmt.Errorf("%s: %w", incrementalPCA.method, err)
	}
	l.err = err
	return err
}

// update learns the rows that are held.
func (l *IncrementalPCALearner) update(ctx context.Context) error {
	d := len(l.moments.mean)
	below := l.stack.Slice(l.above(), l.above()+l.held+1, 0, d).(*mat.Dense)
	l.held = 0
	if err := l.moments.absorb(ctx, below); err != nil {
		return err
	}
	if l.scatter != nil {
		return addProducts(ctx, l.scatter, blas.Trans, below)
	}
	from := l.above()
	if l.lead != nil {
		k, _ := l.lead.Dims()
		from -= k
		l.stack.Slice(from, l.above(), 0, d).(*mat.Dense).Copy(l.lead)
	}
	n, _ := below.Dims()
	lead, err := leading(ctx, l.stack.Slice(from, l.above()+n, 0, d).(*mat.Dense), l.options.Components)
	l.lead = lead
	return err
}

// leading returns the first k right singular vectors of x, or all there are, times
// their singular values.
func leading(ctx context.Context, x *mat.Dense, k int) (*mat.Dense, error) {
	n, d := x.Dims()
	if !finite(x.RawMatrix().Data[:(n-1)*x.RawMatrix().Stride+d]) {
		return nil, linalg.ErrNotFinite
	}
	var right mat.Matrix // right vectors as rows
	var values []float64
	if n >= d {
		_, s, v, err := linalg.SVD(ctx, x)
		if err != nil {
			return nil, err
		}
		values, right = s, v
	} else {
		u, s, _, err := linalg.SVD(ctx, mat.DenseCopyOf(x.T()))
		if err != nil {
			return nil, err
		}
		values, right = s, u.T()
	}
	k = min(k, n, d)
	lead := mat.NewDense(k, d, nil)
	for c := range k {
		for j := range d {
			lead.Set(c, j, values[c]*right.At(c, j))
		}
	}
	return lead, nil
}

// Model returns the components of the rows added so far; the learner can go on.
// Errors: *mat32.ShapeError below 2 rows, or as few as Components,
// *mat32.DegenerateError where all rows are equal or variances exceed float64, and
// one that wraps ctx.Err().
func (l *IncrementalPCALearner) Model(ctx context.Context) (*IncrementalPCAModel, error) {
	if l.err != nil {
		return nil, l.err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", incrementalPCA.method, err)
	}
	n, d := l.Rows(), len(l.moments.mean)
	options := l.options
	if l.all {
		options.Components = min(options.Components, max(n-1, 1))
	}
	if n <= options.Components || n < 2 {
		return nil, fmt.Errorf("%s: %w", incrementalPCA.method, &mat32.ShapeError{What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("at least %d rows", max(2, options.Components+1))})
	}
	if l.held > 0 { // on a copy: these rows may wait for others
		l = l.clone()
		if err := l.update(ctx); err != nil {
			return nil, l.fail(err)
		}
	}
	if !l.moments.varies {
		return nil, &mat32.DegenerateError{Method: incrementalPCA.method, Reason: "all rows are equal: there is no direction of variance"}
	}
	m := &IncrementalPCAModel{options: options, subspace: subspace{kind: incrementalPCA, options: options, whiten: options.Whiten, direct: options.Solver == Incremental,
		rows: n, mean: l.moments.location(), total: l.moments.squares / float64(n-1)}}
	if err := l.decompose(ctx, m); err != nil {
		if errors.Is(err, linalg.ErrNotFinite) {
			return nil, &mat32.DegenerateError{Method: incrementalPCA.method, Reason: "the variance exceeds the largest float64: rescale the data"}
		}
		return nil, fmt.Errorf("%s: %w", incrementalPCA.method, err)
	}
	return m, m.settle()
}

func (l *IncrementalPCALearner) clone() *IncrementalPCALearner {
	c := *l
	c.moments = l.moments.clone()
	c.stack = mat.DenseCopyOf(l.stack)
	if l.scatter != nil { // both triangles, which CopySym would not
		c.scatter = mat.NewSymDense(len(l.moments.mean), slices.Clone(l.scatter.RawSymmetric().Data))
	}
	return &c
}

// decompose fills in components and variances.
func (l *IncrementalPCALearner) decompose(ctx context.Context, m *IncrementalPCAModel) error {
	k, d := m.options.Components, len(m.mean)
	m.variance = make([]float64, k)
	if l.scatter != nil {
		values, vectors, err := linalg.EigenSymRange(ctx, l.scatter, 0, k)
		if err != nil {
			return err
		}
		m.components = vectors
		for c := range m.variance {
			m.variance[c] = max(values[c], 0) / float64(m.rows-1) // rounding may leave less than nothing
		}
		return nil
	}
	m.components = mat.NewDense(k, d, nil)
	m.components.Copy(l.lead)
	for c := range m.variance {
		length := mat.Norm(m.components.RowView(c), 2)
		m.variance[c] = length * length / float64(m.rows-1)
	}
	return linalg.Orthonormalize(ctx, m.components)
}
