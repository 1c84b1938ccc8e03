package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// StreamRule is how StreamingPCA learns from a few new rows.
type StreamRule string

const (
	// History decomposes the components so far, as long as the rows before made them,
	// together with the new rows: no step to choose.
	History StreamRule = "history"

	// Oja turns the components towards the new rows, by steps that shorten as the
	// gradients seen add up: less work, and many more rows to converge.
	Oja StreamRule = "oja"
)

// StreamingPCA is PCA of a stream that may never end, in the memory of its
// components: one pass, rows learned a few at a time. Where the directions change as
// time goes on, HalfLife has it forget what is long past, which neither PCA nor
// IncrementalPCA does.
//
// What rows have beyond the components is lost after a few rows, so variances come out
// somewhat low where Components are fewer than the directions that matter: give some
// more than are wanted. Where all rows lie in the space of the components nothing is
// lost, and the result of History is that of PCA, but for standard deviations below
// 2⁻²⁶ of the largest.
//
// Rows are learned in blocks of twice Components, and 16 at least, however many are
// added at a time: the result does not depend on that. Time O(d·k) a row, memory about
// 8·(2·d·(3·k + 16) + 3·d·k) + 32·min(3·k + 16, d)² bytes whatever the number of rows.
//
// Sources: P. Yang, C.-J. Hsieh and J.-L. Wang (2018), History PCA: a new algorithm for
// streaming PCA; for Oja E. Oja and J. Karhunen (1985), On stochastic approximation of
// the eigenvectors and eigenvalues of the expectation of a random matrix, with the steps
// of A. Henriksen and R. Ward (2019), AdaOja: adaptive learning rates for streaming PCA.
type StreamingPCA struct {
	// Components is the number of components kept, at most min(n−1, d). Default: all of
	// these.
	Components int

	// Rule is History or Oja. Default History.
	Rule StreamRule

	// HalfLife is after how many rows a row counts half. Smaller ones follow changes
	// sooner, with less certain directions. Default 0: all rows count alike.
	HalfLife float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

var streamingPCA = subspaceKind{"dr.StreamingPCA", "streaming PCA"}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError. Where n is not known, it is taken as large.
func (p StreamingPCA) Resolve(n, d int) (StreamingPCA, error) {
	most := min(n-1, d)
	if p.Components == 0 {
		p.Components = most
	}
	if p.Rule == "" {
		p.Rule = History
	}
	if err := checkRange(streamingPCA.method, "Components", p.Components, 1, most, "min(n−1, d)"); err != nil {
		return p, err
	}
	refuse := func(name string, value any, want string) (StreamingPCA, error) {
		return p, &mat32.ParamError{Method: streamingPCA.method, Param: name, Value: value, Want: want}
	}
	switch {
	case p.Rule != History && p.Rule != Oja:
		return refuse("Rule", string(p.Rule), "History or Oja")
	case !(p.HalfLife >= 0 && p.HalfLife <= math.MaxFloat64):
		return refuse("HalfLife", p.HalfLife, "a number of rows, or 0")
	case p.MemoryLimit < 0:
		return refuse("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	return p, nil
}

// String returns the options in one line, as captions and tables show them.
func (p StreamingPCA) String() string {
	s := fmt.Sprintf("%d components, %s", p.Components, p.Rule)
	if p.HalfLife > 0 {
		s += fmt.Sprintf(", half-life of %g rows", p.HalfLife)
	}
	return s
}

// block is how many rows are learned together.
func (p StreamingPCA) block() int { return max(16, 2*p.Components) }

// memory is the forecast of a learner in bytes: what is stacked and what is led by it,
// once more for a model that is asked for on the way, and a decomposition.
func (p StreamingPCA) memory(d int) int64 {
	columns, k := int64(d), int64(p.Components)
	stack := k + int64(p.block()) + 1
	small := min(stack, columns)
	return 8*(columns*(2*stack+3*k)+4*small*small) + packed(4*stack*columns)
}

// Fit learns the components of x (n × d), its rows in order. Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or variances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (p StreamingPCA) Fit(ctx context.Context, x mat.Matrix) (*StreamingPCAModel, error) {
	n, d, err := checkRows(ctx, streamingPCA.method, x, 2)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(streamingPCA.method, p.memory(d)+8*int64(n)*int64(p.Components), p.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}
	l, err := p.Start(d)
	if err != nil {
		return nil, err
	}
	if err := l.learn(ctx, x, watch.Start(ctx, "streaming PCA", n)); err != nil {
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
func (p StreamingPCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// FitRows learns the components of a stream in one reading. The model has no
// embedding: Transform maps the rows when they are read again. Errors: those of
// Fit, and those that reading gives.
func (p StreamingPCA) FitRows(ctx context.Context, rows *mat32.Rows) (*StreamingPCAModel, error) {
	l, err := p.Start(rows.Columns())
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "streaming PCA", 0)
	for batch, err := range rows.Batches(ctx, l.options.block()) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", streamingPCA.method, err)
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
func (p StreamingPCA) Start(d int) (*StreamingPCALearner, error) {
	if d < 1 {
		return nil, fmt.Errorf("%s: %w", streamingPCA.method, mat32.ErrEmpty)
	}
	all := p.Components == 0
	p, err := p.Resolve(math.MaxInt, d)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(streamingPCA.method, p.memory(d), p.MemoryLimit, "reduce Components or columns"); err != nil {
		return nil, err
	}
	return &StreamingPCALearner{options: p, all: all, moments: newBatchMoments(d), stack: mat.NewDense(p.Components+p.block()+1, d, nil)}, nil
}

// StreamingPCALearner learns the components of rows as they come. It is not safe for
// concurrent use; the models it gives are.
type StreamingPCALearner struct {
	options StreamingPCA
	all     bool // components were not counted by the user
	moments *batchMoments
	err     error // that ended the learning

	// stack has room for the components, then held rows that are not learned yet, as
	// differences from the first row; the row below them is for the shift of the mean.
	stack *mat.Dense
	held  int

	lead  *mat.Dense // the components, as long as the root of the sum of squares along them
	steps []float64  // of Oja: the sum of squared gradients of every component
}

// Rows returns how many rows were added.
func (l *StreamingPCALearner) Rows() int { return l.moments.n + l.held }

// Add learns the rows of x, n × d; their values are copied. Errors are those of
// IncrementalPCALearner.Add. Time O(n·d·k).
func (l *StreamingPCALearner) Add(ctx context.Context, x mat.Matrix) error {
	if l.err != nil {
		return l.err
	}
	if _, err := checkColumns(ctx, streamingPCA.method, x, len(l.moments.mean)); err != nil {
		return err
	}
	return l.learn(ctx, x, nil)
}

// learn is Add for rows that are known to be sound.
func (l *StreamingPCALearner) learn(ctx context.Context, x mat.Matrix, stage *watch.Stage) error {
	n, d := x.Dims()
	k, block := l.options.Components, l.options.block()
	for lo := 0; lo < n; {
		take := min(n-lo, block-l.held)
		err := l.moments.differences(ctx, l.stack.Slice(k+l.held, k+l.held+take, 0, d).(*mat.Dense), x, lo)
		lo += take
		if l.held += take; err == nil && l.held == block {
			err = l.update(ctx)
		}
		if err != nil {
			l.err = streamingError(err)
			return l.err
		}
		if stage != nil {
			stage.Add(take)
		}
	}
	return nil
}

func streamingError(err error) error {
	if errors.Is(err, linalg.ErrNotFinite) {
		return &mat32.DegenerateError{Method: streamingPCA.method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	return fmt.Errorf("%s: %w", streamingPCA.method, err)
}

// update learns the rows that are held.
func (l *StreamingPCALearner) update(ctx context.Context) error {
	d, k := len(l.moments.mean), l.options.Components
	below := l.stack.Slice(k, k+l.held+1, 0, d).(*mat.Dense)
	n := l.held
	l.held = 0
	root := 1.
	if l.options.HalfLife > 0 {
		fade := math.Exp2(-float64(n) / l.options.HalfLife)
		l.moments.fade(fade)
		root = math.Sqrt(fade)
	}
	if err := l.moments.absorb(ctx, below); err != nil {
		return err
	}
	from := k
	if l.lead != nil {
		if have, _ := l.lead.Dims(); l.options.Rule == Oja && have == k {
			return l.turn(ctx, below, root)
		}
		have, _ := l.lead.Dims()
		from -= have
		past := l.stack.Slice(from, k, 0, d).(*mat.Dense)
		past.Scale(root, l.lead)
	}
	lead, err := squeezed(ctx, l.stack.Slice(from, k+n+1, 0, d).(*mat.Dense), k)
	l.lead = lead
	return err
}

// squeezed is leading by way of the smaller product of x with itself: sooner done, and
// blind to singular values below 2⁻²⁶ of the largest.
func squeezed(ctx context.Context, x *mat.Dense, k int) (*mat.Dense, error) {
	n, d := x.Dims()
	transpose, small := blas.Trans, d
	if n < d {
		transpose, small = blas.NoTrans, n
	}
	products := mat.NewSymDense(small, nil)
	if err := addProducts(ctx, products, transpose, x); err != nil {
		return nil, err
	}
	if !finite(products.RawSymmetric().Data) {
		return nil, linalg.ErrNotFinite
	}
	k = min(k, small)
	values, vectors, err := linalg.EigenSymRange(ctx, products, 0, k)
	if err != nil {
		return nil, err
	}
	if n < d {
		lead := mat.NewDense(k, d, nil)
		return lead, multiply(ctx, lead, vectors, blas.NoTrans, x, blas.NoTrans)
	}
	lengths := make([]float64, k)
	for c := range lengths {
		lengths[c] = math.Sqrt(max(values[c], 0))
	}
	scaleRows(vectors, lengths)
	return vectors, nil
}

// turn takes a step of Oja's rule by new rows, and adds up the squares along the
// components that it arrives at.
func (l *StreamingPCALearner) turn(ctx context.Context, rows *mat.Dense, root float64) error {
	k, d := l.lead.Dims()
	n, _ := rows.Dims()
	if !finite(rows.RawMatrix().Data[:n*d]) {
		return linalg.ErrNotFinite
	}
	squares := make([]float64, k)
	for c := range squares {
		row := l.lead.RawRowView(c)
		squares[c] = kernel.Dot64(row, row) * root * root
	}
	if err := linalg.Orthonormalize(ctx, l.lead); err != nil {
		return err
	}
	scores, gradient := mat.NewDense(k, n, nil), mat.NewDense(k, d, nil)
	along := func() error {
		return multiply(ctx, scores, l.lead, blas.NoTrans, rows, blas.Trans)
	}
	if err := along(); err != nil {
		return err
	}
	err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1/float64(n-1), scores.RawMatrix(), rows.RawMatrix(), 0, gradient.RawMatrix())
	if err != nil {
		return err
	}
	steps := make([]float64, k) // a new slice: a model may be asked for on the way
	for c := range steps {
		g := gradient.RawRowView(c)
		steps[c] = kernel.Dot64(g, g)
		if l.steps != nil {
			steps[c] += l.steps[c] * root * root
		}
		if steps[c] > 0 {
			kernel.Axpy64(1/math.Sqrt(steps[c]), g, l.lead.RawRowView(c))
		}
	}
	l.steps = steps
	if !finite(l.lead.RawMatrix().Data) || !finite(steps) {
		return linalg.ErrNotFinite
	}
	if err := linalg.Orthonormalize(ctx, l.lead); err != nil {
		return err
	}
	if err := along(); err != nil {
		return err
	}
	for c := range squares {
		squares[c] = math.Sqrt(squares[c] + kernel.Dot64(scores.RawRowView(c), scores.RawRowView(c)))
	}
	scaleRows(l.lead, squares)
	return nil
}

// Model returns the components of the rows added so far; the learner can go on.
// Errors: *mat32.ShapeError below 2 rows, or as few as Components,
// *mat32.DegenerateError where all rows are equal or variances exceed float64, and
// one that wraps ctx.Err().
func (l *StreamingPCALearner) Model(ctx context.Context) (*StreamingPCAModel, error) {
	if l.err != nil {
		return nil, l.err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", streamingPCA.method, err)
	}
	n, d := l.Rows(), len(l.moments.mean)
	options := l.options
	if l.all {
		options.Components = min(options.Components, max(n-1, 1))
	}
	k := options.Components
	if n <= k || n < 2 {
		return nil, fmt.Errorf("%s: %w", streamingPCA.method, &mat32.ShapeError{What: "x", Rows: n, Cols: d,
			Want: fmt.Sprintf("at least %d rows", max(2, k+1))})
	}
	if l.held > 0 { // on a copy: these rows may wait for others
		last := *l
		last.moments, last.stack = l.moments.clone(), mat.DenseCopyOf(l.stack)
		if l.lead != nil {
			last.lead = mat.DenseCopyOf(l.lead)
		}
		if err := last.update(ctx); err != nil {
			return nil, streamingError(err)
		}
		l = &last
	}
	if !l.moments.varies {
		return nil, &mat32.DegenerateError{Method: streamingPCA.method, Reason: "all rows are equal: there is no direction of variance"}
	}
	divisor := l.moments.weight * float64(n-1) / float64(n) // n − 1 where none is forgotten
	m := &StreamingPCAModel{options: options, subspace: subspace{kind: streamingPCA, options: options, rows: n,
		mean: l.moments.location(), total: l.moments.squares / divisor, variance: make([]float64, k), components: mat.NewDense(k, d, nil)}}
	m.components.Copy(l.lead)
	for c := range m.variance {
		length := mat.Norm(m.components.RowView(c), 2)
		m.variance[c] = length * length / divisor
	}
	if !finite(m.components.RawMatrix().Data) {
		return nil, streamingError(linalg.ErrNotFinite)
	}
	if err := linalg.Orthonormalize(ctx, m.components); err != nil {
		return nil, streamingError(err)
	}
	m.byVariance()
	return m, m.settle()
}
