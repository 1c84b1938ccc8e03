package linalg

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Eigensolver names a way to find a few eigenpairs.
type Eigensolver int

// The ways of Extremal.
const (
	// AutoEigensolver is DenseEigensolver for small matrices, LOBPCG where there
	// is a Preconditioner, else Lanczos.
	AutoEigensolver Eigensolver = iota
	Lanczos
	LOBPCG
	DenseEigensolver
)

// String returns the name.
func (s Eigensolver) String() string {
	return [...]string{"auto", "lanczos", "lobpcg", "dense"}[s]
}

// Extremal finds the eigenpairs at one end of the spectrum of a symmetric
// operator. The zero value finds the smallest one.
//
// An iteration that makes no progress hands over to the next: LOBPCG to Lanczos,
// Lanczos to LOBPCG, and both to the dense decomposition where n allows it; the
// notes of the result say so. Blocks have more vectors than pairs are asked for,
// so that an eigenvalue is found as often as it occurs.
type Extremal struct {
	Pairs   int  // how many eigenpairs; 0 means 1, more than n means n
	Largest bool // the largest eigenvalues instead of the smallest

	Solver Eigensolver // where to begin

	// Tolerance bounds the residuals ‖Av − λv‖ relative to ‖A‖₂; 0 means 1e-8. The
	// error of an eigenvalue is at most its residual, and of the order of its square.
	Tolerance float64

	// MaxProducts is how often the operator may be applied to a block before an
	// iteration gives up; 0 means 20 000.
	MaxProducts int

	// DenseLimit is the largest n that falls back to the dense decomposition, which
	// takes 40·n² bytes; 0 means 2 500.
	DenseLimit int

	// Deflate holds, in its columns, known eigenvectors: pairs orthogonal to them
	// are sought. It need not be orthonormal.
	Deflate *mat.Dense

	// Preconditioner approximates the inverse of the operator, shifted to be
	// positive definite. Only LOBPCG uses it.
	Preconditioner Preconditioner

	// Start holds, in its columns, guesses of the wanted eigenvectors.
	Start *mat.Dense

	// Low and High enclose the spectrum, where it is known: 0 and 2 for a
	// normalised Laplacian. Both zero means unknown; they are then estimated.
	Low, High float64

	Seed uint64

	// Progress, unless nil, hears after each step how many pairs have converged
	// and the largest residual of the others, relative to ‖A‖₂.
	Progress func(converged int, residual float64)
}

// Eigenpairs are eigenvalues with their vectors, from the end of the spectrum
// inwards.
type Eigenpairs struct {
	Values     []float64
	Vectors    *mat.Dense  // n × pairs: orthonormal columns, whose largest entry is positive
	Residuals  []float64   // ‖Av − λv‖, measured anew at the end
	Norm       float64     // the ‖A‖₂ that Tolerance is relative to, as far as the iteration saw it
	Iterations int         // projected problems that were solved
	Products   int         // vectors that the operator was applied to
	Solver     Eigensolver // the one that the pairs are from
	Notes      []string    // every fallback, and why
}

// Resolve returns e with its defaults filled in for an operator of order n.
func (e Extremal) Resolve(n int) (Extremal, error) {
	wrong := func(what, format string, args ...any) (Extremal, error) {
		return e, &InputError{What: "linalg.Extremal: " + what, Reason: fmt.Sprintf(format, args...)}
	}
	if e.Pairs == 0 {
		e.Pairs = 1
	}
	if e.Tolerance == 0 {
		e.Tolerance = 1e-8
	}
	if e.MaxProducts == 0 {
		e.MaxProducts = 20_000
	}
	if e.DenseLimit == 0 {
		e.DenseLimit = 2500
	}
	e.Pairs = min(e.Pairs, n)
	switch {
	case n < 1:
		return wrong("operator", "it has order %d", n)
	case e.Pairs < 1:
		return wrong("Pairs", "%d, want 1 or more", e.Pairs)
	case !(e.Tolerance > 0 && e.Tolerance < 1):
		return wrong("Tolerance", "%v, want a number between 0 and 1", e.Tolerance)
	case e.MaxProducts < 1:
		return wrong("MaxProducts", "%d, want 1 or more", e.MaxProducts)
	case e.DenseLimit < 0:
		return wrong("DenseLimit", "%d, want 0 or more", e.DenseLimit)
	case e.Solver < AutoEigensolver || e.Solver > DenseEigensolver:
		return wrong("Solver", "%d is not one", int(e.Solver))
	case !(e.Low <= e.High) || math.IsInf(e.High-e.Low, 0):
		return wrong("Low and High", "%v and %v do not enclose a spectrum", e.Low, e.High)
	}
	for _, m := range []struct {
		name string
		m    *mat.Dense
	}{{"Deflate", e.Deflate}, {"Start", e.Start}} {
		if m.m == nil || m.m.IsEmpty() {
			continue
		}
		rows, _ := m.m.Dims()
		if rows != n {
			return wrong(m.name, "%d rows for an operator of order %d", rows, n)
		}
		if err := finiteBlock(m.m); err != nil {
			return wrong(m.name, "%v", err)
		}
	}
	return e, nil
}

// errStalled ends an iteration that makes no progress.
type errStalled struct{ reason string }

func (e *errStalled) Error() string { return e.reason }

// Solve finds the pairs. Where no way reaches the tolerance, the best pairs come
// with a *ConvergenceError. Other errors: *InputError, those of the operator, and
// ctx.Err(). An iteration takes about 16·n·m bytes, where m, the columns of its
// bases, is about five times the pairs plus 20; the result has the same bits on
// any number of cores.
func (e Extremal) Solve(ctx context.Context, a Operator) (*Eigenpairs, error) {
	n := a.Dim()
	e, err := e.Resolve(n)
	if err != nil {
		return nil, err
	}
	s, err := newSearch(ctx, e, a)
	if err != nil {
		return nil, err
	}
	if s.pairs == 0 {
		return &Eigenpairs{Vectors: &mat.Dense{}}, nil
	}
	solvers := s.order()
	for i, solver := range solvers {
		s.solver = solver
		err := s.run(ctx)
		var stalled *errStalled
		if err != nil && !errors.As(err, &stalled) {
			return nil, err
		}
		if err == nil {
			break
		}
		if i+1 < len(solvers) {
			s.note("%v gave way to %v: %v", solver, solvers[i+1], stalled.reason)
			continue
		}
		s.note("%v, the last resort: %v", solver, stalled.reason)
	}
	return s.result(ctx)
}

// search is what the solvers of one Solve share. The smallest pairs of op are
// sought, which is −A for the largest of A.
type search struct {
	Extremal
	op     Operator
	n      int
	pairs  int // that can be found beside the deflated ones
	width  int
	known  *mat.Dense // orthonormal; empty for none
	solver Eigensolver

	low, high float64 // encloses the spectrum of op, as far as known
	proven    bool    // by the caller or by Gershgorin
	norm      float64

	// The best pairs so far.
	values   []float64
	vectors  *mat.Dense // n × up to block
	residual float64    // the largest of the wanted ones
	from     Eigensolver

	workspace
	iterations, products, applied int
	notes                         []string
}

func newSearch(ctx context.Context, e Extremal, a Operator) (*search, error) {
	s := &search{Extremal: e, op: a, n: a.Dim(), known: &mat.Dense{}, residual: math.Inf(1), low: math.Inf(-1), high: math.Inf(1)}
	if e.Deflate != nil && !e.Deflate.IsEmpty() {
		known := mat.DenseCopyOf(e.Deflate)
		rank, err := orthonormalizeAgainst(ctx, &s.workspace, known)
		if err != nil {
			return nil, err
		}
		s.known = columns(known, 0, rank)
	}
	_, deflated := s.known.Dims()
	s.pairs = min(e.Pairs, s.n-deflated)
	// Whole groups of eight columns cost the sparse product least.
	s.width = min((s.pairs+max(4, s.pairs/4)+7)/8*8, s.n-deflated)
	if b, ok := a.(bounded); ok {
		s.low, s.high = b.bounds()
	}
	if e.Low != 0 || e.High != 0 {
		s.low, s.high = max(s.low, e.Low), min(s.high, e.High)
	}
	s.proven = !math.IsInf(s.low, 0) && !math.IsInf(s.high, 0)
	if e.Largest {
		s.op = negated(a)
		s.low, s.high = -s.high, -s.low
	}
	return s, nil
}

// order returns the solvers in the order they are tried.
func (s *search) order() []Eigensolver {
	fits := s.n <= s.DenseLimit
	first := s.Solver
	if first == AutoEigensolver {
		_, deflated := s.known.Dims()
		switch {
		case s.n <= 200 || s.n-deflated < 3*s.width:
			first = DenseEigensolver
		case s.Preconditioner != nil:
			first = LOBPCG
		default:
			first = Lanczos
		}
	}
	order := []Eigensolver{first}
	switch first {
	case LOBPCG:
		order = append(order, Lanczos)
	case Lanczos:
		if !fits {
			order = append(order, LOBPCG)
		}
	}
	if fits && first != DenseEigensolver {
		order = append(order, DenseEigensolver)
	}
	return order
}

func (s *search) run(ctx context.Context) error {
	s.applied = 0
	switch s.solver {
	case LOBPCG:
		return s.lobpcg(ctx)
	case Lanczos:
		return s.lanczos(ctx)
	}
	return s.dense(ctx)
}

func (s *search) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// apply writes the product of the operator and x to dst.
func (s *search) apply(ctx context.Context, dst, x *mat.Dense) error {
	_, b := x.Dims()
	s.products += b
	s.applied++
	return s.op.Apply(ctx, dst, x)
}

// start returns an orthonormal block to begin with: the best vectors so far, or
// the guesses of the caller, filled up with random ones.
func (s *search) start(ctx context.Context) (*mat.Dense, error) {
	x := mat.NewDense(s.n, s.width, nil)
	if err := fillNormal(ctx, x, s.Seed, "linalg/extremal"); err != nil {
		return nil, err
	}
	guess := s.vectors
	if guess == nil {
		guess = s.Start
	}
	if guess != nil && !guess.IsEmpty() {
		_, have := guess.Dims()
		have = min(have, s.width)
		columns(x, 0, have).Copy(columns(guess, 0, have))
	}
	return s.complete(ctx, x)
}

// complete makes x orthonormal and orthogonal to the known vectors; columns that
// depend on others are replaced by random ones.
func (s *search) complete(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	_, b := x.Dims()
	rank, err := orthonormalizeAgainst(ctx, &s.workspace, x, s.known)
	for try := 0; err == nil && rank < b; try++ {
		if try == 10 {
			return nil, &errStalled{"no independent vectors to begin with"}
		}
		fresh := columns(x, rank, b)
		if err := fillNormal(ctx, fresh, s.Seed, fmt.Sprint("linalg/extremal/", try)); err != nil {
			return nil, err
		}
		var more int
		more, err = orthonormalizeAgainst(ctx, &s.workspace, fresh, s.known, columns(x, 0, rank))
		rank += more
	}
	return x, err
}

// keep remembers pairs when they are better than the best so far.
func (s *search) keep(values []float64, vectors *mat.Dense, residual float64) {
	if s.vectors != nil && !(residual < s.residual) {
		return
	}
	_, b := vectors.Dims()
	s.values = append(s.values[:0], values[:b]...)
	s.vectors, s.residual, s.from = mat.DenseCopyOf(vectors), residual, s.solver
}

// converged counts the leading pairs within the tolerance and returns the largest
// relative residual of the others.
func (s *search) converged(residuals []float64) (count int, rest float64) {
	for count < s.pairs && residuals[count] <= s.Tolerance*s.norm {
		count++
	}
	for _, r := range residuals[count:s.pairs] {
		rest = max(rest, r)
	}
	if s.norm > 0 {
		rest /= s.norm
	}
	if s.Progress != nil {
		s.Progress(count, rest)
	}
	return count, rest
}

// dense decomposes the whole matrix.
func (s *search) dense(ctx context.Context) error {
	_, deflated := s.known.Dims()
	const width = 64
	whole := mat.NewDense(s.n, s.n, nil)
	for lo := 0; lo < s.n; lo += width {
		hi := min(lo+width, s.n)
		unit := mat.NewDense(s.n, hi-lo, nil)
		for j := lo; j < hi; j++ {
			unit.Set(j, j-lo, 1)
		}
		if err := s.apply(ctx, columns(whole, lo, hi), unit); err != nil {
			return err
		}
	}
	if deflated > 0 {
		// On the complement of the known vectors: (I − QQᵀ)A(I − QQᵀ), and the known
		// ones far above all others.
		if err := s.lift(ctx, whole); err != nil {
			return err
		}
	}
	values, vectors, err := eigenAscending(ctx, whole, s.width)
	if errors.Is(err, ErrNoConvergence) {
		return &errStalled{err.Error()}
	}
	if err != nil {
		return err
	}
	s.iterations++
	s.residual = math.Inf(1) // nothing is better than this
	s.keep(values[:s.width], vectors, 0)
	s.norm = max(s.norm, math.Abs(values[0]), math.Abs(values[len(values)-1-deflated]))
	return nil
}

// lift projects a, a full matrix, off the known vectors, and gives those an
// eigenvalue above all others.
func (s *search) lift(ctx context.Context, a *mat.Dense) error {
	rows, cols := mat.NewDense(s.n, s.n, nil), mat.NewDense(s.n, s.n, nil)
	largest := 0.
	for range 2 {
		if _, err := project(ctx, a, s.known); err != nil {
			return err
		}
		cols.Copy(a.T())
		a.Copy(cols)
	}
	for i := range s.n {
		for j := range s.n {
			rows.Set(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	for i := range s.n {
		sum := 0.
		for _, v := range rows.RawRowView(i) {
			sum += math.Abs(v)
		}
		largest = max(largest, sum)
	}
	a.Copy(rows)
	q := mat.DenseCopyOf(s.known.T())
	return combine(ctx, a, 2*largest+math.SmallestNonzeroFloat64, s.known, q, 1)
}

// eigenAscending decomposes a full symmetric matrix and returns all eigenvalues,
// smallest first, and the vectors of the first count as columns.
func eigenAscending(ctx context.Context, a *mat.Dense, count int) ([]float64, *mat.Dense, error) {
	n, _ := a.Dims()
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			sym.SetSym(i, j, -(a.At(i, j)+a.At(j, i))/2)
		}
	}
	values, rows, err := EigenSym(ctx, sym)
	if err != nil {
		return nil, nil, err
	}
	for i := range values {
		values[i] = -values[i]
	}
	return values, mat.DenseCopyOf(rows.Slice(0, count, 0, n).T()), nil
}

// result measures the residuals of the best pairs and hands them out.
func (s *search) result(ctx context.Context) (*Eigenpairs, error) {
	if s.vectors == nil {
		return nil, &ConvergenceError{Method: "linalg.Extremal", Iterations: s.iterations, Residual: math.Inf(1), Tolerance: s.Tolerance, Reason: "no pair was found"}
	}
	v := mat.DenseCopyOf(columns(s.vectors, 0, s.pairs))
	product := mat.NewDense(s.n, s.pairs, nil)
	if err := s.apply(ctx, product, v); err != nil {
		return nil, err
	}
	values := s.values[:s.pairs]
	residuals, err := residualNorms(ctx, product, v, values)
	if err != nil {
		return nil, err
	}
	r := &Eigenpairs{Values: make([]float64, s.pairs), Vectors: v, Residuals: residuals, Norm: s.norm,
		Iterations: s.iterations, Products: s.products, Solver: s.from, Notes: s.notes}
	for j, l := range values {
		r.Values[j] = l
		if s.Largest {
			r.Values[j] = -l
		}
	}
	pointColumns(v)
	largest := 0.
	for _, x := range residuals {
		largest = max(largest, x)
	}
	// The dense decomposition is as good as rounding allows, which may be more than
	// the tolerance.
	if s.norm > 0 && !(largest <= 2*max(s.Tolerance, float64(s.n)*0x1p-52)*s.norm) {
		reason := "no way is left"
		if len(s.notes) > 0 {
			reason = s.notes[len(s.notes)-1]
		}
		return r, &ConvergenceError{Method: "linalg.Extremal", Iterations: s.iterations, Residual: largest / s.norm, Tolerance: s.Tolerance, Reason: reason}
	}
	return r, nil
}

// residualNorms turns product = Av into Av − vΛ and returns the lengths of its columns.
func residualNorms(ctx context.Context, product, v *mat.Dense, values []float64) ([]float64, error) {
	n, _ := v.Dims()
	for i := range n {
		p, row := product.RawRowView(i), v.RawRowView(i)
		for j, l := range values {
			p[j] -= l * row[j]
		}
	}
	return columnNorms(ctx, product)
}

// pointColumns makes the entry of largest magnitude of each column positive.
func pointColumns(v *mat.Dense) {
	n, _ := v.Dims()
	negative := downward(v)
	for i := range n {
		row := v.RawRowView(i)
		for j, turn := range negative {
			if turn {
				row[j] = -row[j]
			}
		}
	}
}

// downward says of which columns the entry of largest magnitude is negative.
func downward(v *mat.Dense) []bool {
	n, b := v.Dims()
	peak, negative := make([]float64, b), make([]bool, b)
	for i := range n {
		for j, x := range v.RawRowView(i) {
			if math.Abs(x) > math.Abs(peak[j]) {
				peak[j], negative[j] = x, x < 0
			}
		}
	}
	return negative
}
