package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// RobustPCA is PCA of rows of which a share are outliers, wherever these lie: an
// adversary may place them where they do most harm, and a few are enough to turn
// the components of PCA to where they like.
//
// Its filter begins with all rows. It finds the components of those that are left,
// and compares them along each with Gaussian rows that have the same middle, which
// outliers hardly move. Where there is more variance, or more rows are beyond two and
// a half standard deviations, the outermost rows lose weight, each by its squared
// distance, up to all of it; this goes on until no component has variance or rows to
// explain. Rows without outliers keep their weights, and the result is that of PCA; a
// direction that the outliers do not inflate is none that they can lead to.
//
// It takes outliers to be fewer than Contamination and the others to have no
// heavier tails than Gaussian ones: what is far from most rows, though it be a class
// of its own, is left out. Whole columns of outlying entries, rather than rows, are
// for PrincipalComponentPursuit.
//
// FitRows, and a learner that Start begins, do this in one pass over a stream: every
// batch is filtered by itself, and IncrementalPCA learns the rows that keep more than
// half of their weight. They take outliers to be spread over the stream.
//
// Time O(n·d·min(d, k)) a round, for few components of many columns nearly linear in
// the size of the data; memory about 8·n·(d + 2·k) bytes, for a stream that of a batch
// and of IncrementalPCA.
//
// Source: I. Diakonikolas, D. Kane, A. Pensia and T. Pittas (2023), Nearly-linear
// time and streaming algorithms for outlier-robust PCA. The paper follows random
// directions of a high power of the covariance; here the components themselves are
// followed, all at once, and thresholds are those of a Gaussian.
type RobustPCA struct {
	// Components is the number of components kept, and the number of directions that
	// are watched, at most min(n−1, d). Default: all of these.
	Components int

	// Contamination is the largest share of rows that may be outliers, above 0 and at
	// most 0.3. Larger ones look at fewer of the middle rows, and let more variance
	// pass. Default 0.1.
	Contamination float64

	// MaxRounds bounds the rounds of the filter, of each batch for streams. Default 50.
	MaxRounds int

	// Batch is how many rows of a stream are filtered together: more of them show
	// smaller inflations, and take memory. Fit ignores it. Default the larger of 1000
	// and 5·d.
	Batch int

	// Seed of the random blocks by which few components of more than 300 columns and
	// rows are found.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

var robustPCA = subspaceKind{"dr.RobustPCA", "robust PCA"}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError. Where n is not known, it is taken as large.
func (p RobustPCA) Resolve(n, d int) (RobustPCA, error) {
	most := min(n-1, d)
	if p.Components == 0 {
		p.Components = most
	}
	if p.Contamination == 0 {
		p.Contamination = .1
	}
	if p.MaxRounds == 0 {
		p.MaxRounds = 50
	}
	if p.Batch == 0 {
		p.Batch = max(1000, 5*d)
	}
	if err := checkRange(robustPCA.method, "Components", p.Components, 1, most, "min(n−1, d)"); err != nil {
		return p, err
	}
	refuse := func(name string, value any, want string) (RobustPCA, error) {
		return p, &mat32.ParamError{Method: robustPCA.method, Param: name, Value: value, Want: want}
	}
	switch {
	case !(p.Contamination > 0 && p.Contamination <= .3):
		return refuse("Contamination", p.Contamination, "0 < Contamination ≤ 0.3")
	case p.MaxRounds < 1:
		return refuse("MaxRounds", p.MaxRounds, "1 or more")
	case p.Batch <= p.Components || p.Batch > mostBatch:
		return refuse("Batch", p.Batch, fmt.Sprintf("more than Components = %d rows, and at most %d", p.Components, mostBatch))
	case p.MemoryLimit < 0:
		return refuse("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	return p, nil
}

// String returns the options in one line, as captions and tables show them.
func (p RobustPCA) String() string {
	return fmt.Sprintf("%d components, at most %g%% of the rows outliers", p.Components, 100*p.Contamination)
}

// memory is the forecast for n rows that are filtered together, in bytes.
func (p RobustPCA) memory(n, d int) int64 {
	rows, columns, k := int64(n), int64(d), int64(p.Components)
	need := 8*(rows*(columns+3*k)+columns*(rows/256+4*k+4)) + packed(rows*columns)
	if p.randomized(n, d) {
		return need + 64*(rows+columns)*(k+10)
	}
	small := min(rows, columns)
	return need + 40*small*small
}

// randomized reports whether few of many directions are wanted.
func (p RobustPCA) randomized(n, d int) bool {
	small := min(n, d)
	return small > 300 && small > 4*(p.Components+10)
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows, *mat32.DegenerateError
// where all rows are equal or variances exceed float64, *mat32.MemoryError, and one
// that wraps ctx.Err().
func (p RobustPCA) Fit(ctx context.Context, x mat.Matrix) (*RobustPCAModel, error) {
	n, d, err := checkRows(ctx, robustPCA.method, x, 2)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(robustPCA.method, p.memory(n, d), p.MemoryLimit, "reduce Components, rows or columns, or stream the rows"); err != nil {
		return nil, err
	}
	f, err := p.filter(ctx, x, watch.Start(ctx, "robust PCA: rounds of the filter", p.MaxRounds))
	if err != nil {
		return nil, robustError(err)
	}
	m := &RobustPCAModel{options: p, weights: f.weights, rounds: f.rounds, kept: f.kept, subspace: subspace{kind: robustPCA, options: p, rows: n,
		mean: f.mean, components: f.components, variance: f.variance, total: f.total}}
	divisor := max(f.kept-1, 1)
	m.total /= divisor
	for c := range m.variance {
		m.variance[c] /= divisor
	}
	if err := m.settle(); err != nil {
		return nil, err
	}
	m.embedding.Notes = append(m.embedding.Notes, m.notes(f.stopped)...)
	return m, m.embed(ctx, x)
}

// robustError names the method, and what is wrong with the data.
func robustError(err error) error {
	if errors.Is(err, linalg.ErrNotFinite) {
		return &mat32.DegenerateError{Method: robustPCA.method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	var degenerate *mat32.DegenerateError
	if errors.As(err, &degenerate) {
		return err
	}
	return fmt.Errorf("%s: %w", robustPCA.method, err)
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (p RobustPCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// FitRows learns the components of a stream in one reading. The model has no
// embedding and no weights: Transform maps the rows when they are read again.
// Errors: those of Fit, and those that reading gives.
func (p RobustPCA) FitRows(ctx context.Context, rows *mat32.Rows) (*RobustPCAModel, error) {
	l, err := p.Start(rows.Columns())
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "robust PCA", 0)
	for batch, err := range rows.Batches(ctx, l.options.Batch) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", robustPCA.method, err)
		}
		if err := l.learn(ctx, batch); err != nil {
			return nil, err
		}
		n, _ := batch.Dims()
		stage.Add(n)
	}
	return l.Model(ctx)
}

// Start begins a learner of rows of d columns. Errors: those of Resolve, where the
// number of rows limits nothing, mat32.ErrEmpty without columns, and
// *mat32.MemoryError.
func (p RobustPCA) Start(d int) (*RobustPCALearner, error) {
	if d < 1 {
		return nil, fmt.Errorf("%s: %w", robustPCA.method, mat32.ErrEmpty)
	}
	all := p.Components == 0
	p, err := p.Resolve(math.MaxInt, d)
	if err != nil {
		return nil, err
	}
	inner := IncrementalPCA{Components: p.Components}
	if all {
		inner.Components = 0
	}
	if inner, err = inner.Resolve(math.MaxInt, d); err != nil {
		return nil, err
	}
	need := p.memory(p.Batch, d) + 8*int64(p.Batch)*int64(d) + inner.memory(d)
	if err := mat32.CheckMemory(robustPCA.method, need, p.MemoryLimit, "reduce Components, Batch or columns"); err != nil {
		return nil, err
	}
	l := &RobustPCALearner{options: p, held: mat.NewDense(p.Batch, d, nil)}
	if all {
		inner.Components = 0
	}
	inner.MemoryLimit = math.MaxInt64
	l.inner, err = inner.Start(d)
	return l, err
}

// RobustPCALearner learns the components of rows with outliers as they come. It is
// not safe for concurrent use; the models it gives are.
type RobustPCALearner struct {
	options RobustPCA
	inner   *IncrementalPCALearner // of the rows that pass the filter
	held    *mat.Dense
	n       int // rows held
	rows    int // that were filtered
	rounds  int
	err     error // that ended the learning
}

// Rows returns how many rows were added.
func (l *RobustPCALearner) Rows() int { return l.rows + l.n }

// Add learns the rows of x, n × d; their values are copied. Errors are those of
// IncrementalPCALearner.Add.
func (l *RobustPCALearner) Add(ctx context.Context, x mat.Matrix) error {
	if l.err != nil {
		return l.err
	}
	_, d := l.held.Dims()
	if _, err := checkColumns(ctx, robustPCA.method, x, d); err != nil {
		return err
	}
	return l.learn(ctx, x)
}

// learn is Add for rows that are known to be sound.
func (l *RobustPCALearner) learn(ctx context.Context, x mat.Matrix) error {
	n, _ := x.Dims()
	for i := range n {
		row := l.held.RawRowView(l.n)
		copy(row, mat32.Row(row, i, x))
		if l.n++; l.n == l.options.Batch {
			if err := l.pass(ctx); err != nil {
				l.err = err
				return err
			}
		}
	}
	return nil
}

// pass filters the rows that are held and hands on those that remain.
func (l *RobustPCALearner) pass(ctx context.Context) error {
	_, d := l.held.Dims()
	batch := l.held.Slice(0, l.n, 0, d).(*mat.Dense)
	options := l.options
	options.Components = min(options.Components, l.n-1)
	kept := 0
	var equal *mat32.DegenerateError
	if options.Components > 0 {
		f, err := options.filter(ctx, batch, nil)
		switch {
		case errors.As(err, &equal): // nothing to filter
			kept = l.n
		case err != nil:
			return robustError(err)
		default:
			l.rounds += f.rounds
			for i, w := range f.weights {
				if w > .5 {
					copy(batch.RawRowView(kept), batch.RawRowView(i))
					kept++
				}
			}
		}
	} else {
		kept = l.n
	}
	l.rows += l.n
	l.n = 0
	return mat32.Rename(robustPCA.method, l.inner.learn(ctx, batch.Slice(0, kept, 0, d), nil))
}

// Model returns the components of the rows added so far; the learner can go on.
// Errors are those of IncrementalPCALearner.Model.
func (l *RobustPCALearner) Model(ctx context.Context) (*RobustPCAModel, error) {
	if l.err != nil {
		return nil, l.err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", robustPCA.method, err)
	}
	if l.n > 0 { // on a copy: these rows may wait for others
		last := *l
		last.held = mat.DenseCopyOf(l.held)
		last.inner = l.inner.clone()
		if err := last.pass(ctx); err != nil {
			return nil, err
		}
		l = &last
	}
	inner, err := l.inner.Model(ctx)
	if err != nil {
		return nil, mat32.Rename(robustPCA.method, err)
	}
	options := l.options
	options.Components = inner.options.Components
	m := &RobustPCAModel{options: options, rounds: l.rounds, kept: float64(inner.rows), subspace: inner.subspace}
	m.kind, m.subspace.options, m.rows = robustPCA, options, l.rows
	notes := inner.embedding.Notes
	m.embedding = m.described(nil, m.rows)
	m.embedding.Notes = append(notes, m.notes(false)...)
	return m, nil
}
