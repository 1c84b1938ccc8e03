package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// PCA, principal component analysis, rotates the data so that the first
// coordinate has the largest variance any direction has, the second the largest
// of those at right angles to it, and so on. Columns are centred first, in float64;
// they are not scaled, for which see Standardize. The sign of a component is chosen
// so that its entry of largest magnitude is positive.
//
// The exact solver is the eigendecomposition of the covariance matrix where the
// data have more rows than columns, of the Gram matrix otherwise, whichever is
// smaller, in float64. Where these squares of the data hide directions of small
// variance, the large ones are taken out and the rest is decomposed again, so that
// standard deviations down to max(n, d)·2⁻⁵² of the largest are found. Columns that
// do not vary cost nothing. Time O(n·d·min(n, d)) + O(min(n, d)³), memory about
// 8·(n·k + 6·min(n, d)²) bytes for k components and 16 MB, and 8·n·d more where
// n ≤ d.
//
// The randomised solver multiplies blocks of Components + Oversample vectors with
// the centred rows, 2·Iterations + 1 times, and takes the best of the Krylov space
// that they span: time O(n·d·k·Iterations + (n + d)·(k·Iterations)²), memory a copy
// of the rows and about 16·(n + d)·(k + Oversample)·(Iterations + 1) bytes. Of
// float32 rows its products have about six digits. A *mat32.CSR is not centred in
// memory: time and memory are those of the s values that are not zero, 32·s bytes.
//
// Coordinates of float32 rows of 256 columns or more are products in float32 of the
// rows centred in float64, and have about six digits of the length of a row, unless
// they are whitened.
//
// Sources: K. Pearson (1901), On lines and planes of closest fit to systems of
// points in space; H. Hotelling (1933), Analysis of a complex of statistical
// variables into principal components; M. Tipping and C. Bishop (1999),
// Probabilistic principal component analysis; C. Musco and C. Musco (2015),
// Randomized block Krylov methods for stronger and faster approximate singular
// value decomposition.
type PCA struct {
	// Components is the number of components kept, at most min(n−1, d): no more
	// directions vary. With a Rule it is the most that are kept, and with Missing at
	// most min(n−1, d−1). Default: all of these.
	Components int

	// Rule chooses the number of components by their variances; see Rule. Default:
	// none, Components are kept.
	Rule Rule

	// Share of the variance that the components chosen by ByShare have at least,
	// above 0 and at most 1. Larger values keep more. Default 0.95.
	Share float64

	// Whiten divides every coordinate by its standard deviation, so that all
	// have variance 1 (those of no variance stay 0). Default false.
	Whiten bool

	// Weights of the rows, 0 or more: a row of weight 2 counts as two. Only their
	// ratios matter; a row of weight 0 has no say, but a place on the map. Default:
	// all the same.
	Weights []float64

	// Missing says what is done about values that are NaN; see Missing. Default:
	// they are refused.
	Missing Missing

	// Rounds of expectation and maximisation at most, for Missing. Default 1000.
	Rounds int

	// Tolerance is the rise of the log-likelihood in a round, in nats for every value
	// there is, below which the rounds end, for Missing. Larger values end them
	// sooner. Default 1e-9.
	Tolerance float64

	// Solver is Exact or Randomized. Default Auto: Randomized where min(n, d) is
	// 500 or more and above 20 times Components + Oversample, which the notes of the
	// embedding say; always Exact with a Rule or Missing.
	Solver Solver

	// Oversample is how many more vectors the random blocks have, for Randomized.
	// More of them cost time and help where variances fall slowly; where they fill the
	// smaller side of the matrix, the result is the exact one. Default 10.
	Oversample int

	// Iterations is how often a block is multiplied with the rows and their
	// transpose, for Randomized. More of them cost time and bring the components
	// nearer to the exact ones. Default 3.
	Iterations int

	// Seed of the random blocks, for Randomized, and of ByParallelAnalysis.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p PCA) Resolve(n, d int) (PCA, error) {
	const method = "dr.PCA"
	refuse := func(param string, value any, want string) (PCA, error) {
		return p, &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	_, rows, err := checkWeights(method, p.Weights, n)
	if err != nil {
		return p, err
	}
	most, why := min(rows-1, d), "min(n−1, d)"
	switch p.Missing {
	case "":
	case EM:
		most, why = min(rows-1, d-1), "min(n−1, d−1)"
		if p.Rule != "" {
			return refuse("Missing", string(p.Missing), "no Missing with a Rule, which needs the variances of all components")
		}
		if p.Weights != nil {
			return refuse("Missing", string(p.Missing), "no Missing with Weights")
		}
	default:
		return refuse("Missing", string(p.Missing), fmt.Sprintf("nothing, or %q", EM))
	}
	if p.Components == 0 {
		p.Components = most
	}
	for _, f := range []struct {
		of   *int
		zero int
	}{{&p.Oversample, 10}, {&p.Iterations, 3}, {&p.Rounds, 1000}} {
		if *f.of == 0 {
			*f.of = f.zero
		}
	}
	if p.Share == 0 {
		p.Share = .95
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-9
	}
	if err := checkRange(method, "Components", p.Components, 1, most, why); err != nil {
		return p, err
	}
	if !(p.Share > 0 && p.Share <= 1) {
		return refuse("Share", p.Share, "0 < Share ≤ 1")
	}
	if !(p.Tolerance > 0 && p.Tolerance <= math.MaxFloat64) {
		return refuse("Tolerance", p.Tolerance, "above 0, and finite")
	}
	for _, f := range []struct {
		name        string
		value, most int
	}{{"Oversample", p.Oversample, mostBlocks}, {"Iterations", p.Iterations, mostBlocks}, {"Rounds", p.Rounds, math.MaxInt}} {
		if f.value < 1 || f.value > f.most {
			return refuse(f.name, f.value, fmt.Sprintf("1 ≤ %s ≤ %d", f.name, f.most))
		}
	}
	if p.MemoryLimit < 0 {
		return refuse("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	if err := p.Rule.check(method); err != nil {
		return p, err
	}
	if p.Rule == ByParallelAnalysis && p.Weights != nil {
		return refuse("Rule", string(p.Rule), "a rule for rows without Weights")
	}
	if p.Solver == Auto {
		p.Solver = Exact
		if small := min(n, d); p.Rule == "" && p.Missing == "" && small >= 500 && small > 20*(p.Components+p.Oversample) {
			p.Solver = Randomized
		}
	}
	if p.Solver == Randomized && (p.Rule != "" || p.Missing != "") {
		return refuse("Solver", string(p.Solver), "Exact, which Rule and Missing need")
	}
	return p, checkSolver(method, p.Solver, Exact, Randomized)
}

// randomizedNote tells that Auto chose random blocks.
const randomizedNote = "the randomized solver was chosen: components are close to the exact ones, those of the smallest variance least"

// String returns the options in one line, as captions and tables show them.
func (p PCA) String() string {
	s := fmt.Sprintf("%d components", p.Components)
	if p.Rule != "" {
		s = fmt.Sprintf("at most %d components, by %s", p.Components, p.Rule)
		if p.Rule == ByShare {
			s += fmt.Sprintf(" %g", p.Share)
		}
	}
	if p.Whiten {
		s += ", whitened"
	}
	if p.Weights != nil {
		s += ", weighted rows"
	}
	if p.Missing != "" {
		s += fmt.Sprintf(", missing values by %s", p.Missing)
	}
	if p.Solver == Randomized {
		s += fmt.Sprintf(", randomized, %d iterations, seed %d", p.Iterations, p.Seed)
	}
	return s
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or variances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (p PCA) Fit(ctx context.Context, x mat.Matrix) (*PCAModel, error) {
	const method = "dr.PCA"
	if p.Missing == EM {
		return p.fitMissing(ctx, x)
	}
	n, d, checked, err := shapeOf(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	auto := p.Solver == Auto
	p, err = p.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	weights, rows, err := checkWeights(method, p.Weights, n)
	if err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, p.memory(x, rows), p.MemoryLimit, "reduce Components, rows or columns, or take Randomized"); err != nil {
		return nil, err
	}
	mean, kept, s, err := p.decomposed(ctx, x, weights, rows)
	if err == nil && !checked && (!finite(mean) || s != nil && !(s.total <= math.MaxFloat64)) {
		err = mat32.CheckContext(ctx, x) // which says where
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	switch {
	case s == nil && !finite(mean):
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	case s == nil:
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is no direction of variance"}
	case s.total == 0:
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance is below the smallest float64: rescale the data"}
	case !(s.total <= math.MaxFloat64):
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	p.Weights = slices.Clone(p.Weights)
	m := &PCAModel{options: p, rows: rows, mean: mean, components: s.components,
		variance: s.scatter, total: s.total / float64(rows-1)}
	for i := range m.variance {
		m.variance[i] /= float64(rows - 1)
	}
	var notes []string
	if p.Rule != "" {
		note, err := m.choose(ctx, x)
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	scaleRows(m.components, orientation(m.components))
	m.noise = m.residual()
	to := m.coordinates()
	if kept != nil {
		defer release(kept.kept)
	}
	if kept != nil && kept.roots == nil && slices.Equal(kept.columns, to.columns) {
		to.kept = kept.kept
	}
	z, err := to.apply(ctx, method, x, p.Whiten)
	if err != nil {
		return nil, err
	}
	m.embedding = m.caption(z, n)
	if auto && p.Solver == Randomized {
		notes = append(notes, randomizedNote)
	}
	if flat := m.flat(); flat > 0 {
		notes = append(notes, fmt.Sprintf("the last %d of %d components have no variance: the data do not fill the space", flat, len(m.variance)))
	}
	m.embedding.Notes = notes
	return m, nil
}

// decomposed returns the means of the columns and the components by the solver; no
// components where all rows are equal.
func (p PCA) decomposed(ctx context.Context, x mat.Matrix, weights []float64, rows int) (mean []float64, c *centered, s *directions, err error) {
	if _, d := x.Dims(); !p.whole(rows, d) {
		mean, s, err := p.randomized(ctx, x, weights)
		return mean, nil, s, err
	}
	c, err = newCenteredBy(ctx, x, weights)
	if err != nil {
		return nil, nil, nil, err
	}
	if c.constant || !finite(c.mean) {
		return c.mean, nil, nil, nil
	}
	k := p.Components
	if p.Rule != "" {
		k = min(rows-1, len(c.mean)) // a rule looks at all variances
	}
	s, err = decompose(ctx, c, k)
	return c.mean, c, s, err
}

// whole reports whether the components come from all of the matrix: random blocks may
// fill its smaller side.
func (p PCA) whole(rows, d int) bool {
	return p.Solver != Randomized || p.Components+p.Oversample >= min(rows, d)
}

// memory is the forecast of Fit in bytes, for as many rows that count.
func (p PCA) memory(x mat.Matrix, counted int) int64 {
	n, d := x.Dims()
	rows, columns, k := int64(n), int64(d), int64(p.Components)
	if p.Rule != "" {
		k = int64(min(n, d))
	}
	need := 8 * rows * k
	if !p.whole(counted, d) {
		need += 16*k*columns + 16*(rows+columns)*int64(p.Components+p.Oversample)*int64(p.Iterations+1) + packed(rows*columns)
		switch x := x.(type) {
		case *mat32.CSR:
			return need + 32*int64(x.NNZ())
		case *mat32.Dense:
			return need + 4*rows*columns
		}
		return need + 8*rows*columns
	}
	return need + decomposing(n, d, int(k))
}

// shapeOf is checkRows for methods that meet what is not finite in sums over the
// columns: it looks at the values, which costs a pass over them, only where they
// would not show there, and says whether it did.
func shapeOf(ctx context.Context, method string, x mat.Matrix, least int) (n, d int, checked bool, err error) {
	switch x := x.(type) {
	case *mat32.Dense:
		if x != nil {
			n, d = x.Dims()
		}
	case *mat.Dense:
		if x != nil {
			n, d = x.Dims()
		}
	}
	if n >= least && d > 0 {
		if err := ctx.Err(); err != nil {
			return 0, 0, false, fmt.Errorf("%s: %w", method, err)
		}
		return n, d, false, nil
	}
	n, d, err = checkRows(ctx, method, x, least)
	return n, d, true, err
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (p PCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
