package linalg

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// ConjugateGradients solves A·X = B for a symmetric positive definite operator
// and many right-hand sides at once: each has an iteration of its own, and they
// share the products (Hestenes and Stiefel, 1952, Methods of conjugate gradients for
// solving linear systems). A semidefinite operator is solved on the complement of
// its null vectors, which Null holds.
type ConjugateGradients struct {
	// Tolerance bounds ‖b − Ax‖ relative to ‖b‖; 0 means 1e-10.
	Tolerance float64

	// MaxIterations is where it gives up; 0 means 10·n + 100.
	MaxIterations int

	// Preconditioner approximates A⁻¹; nil means none. It must be positive definite.
	Preconditioner Preconditioner

	// Null holds, in its columns, vectors that span the null space of A: the
	// indicators of the connected components for a Laplacian. It need not be
	// orthonormal. The solution is orthogonal to it.
	Null *mat.Dense

	// Start is a guess of the solution; nil means 0.
	Start *mat.Dense

	// Progress, unless nil, hears after each step how many right-hand sides are
	// solved and the largest relative residual of the others.
	Progress func(solved int, residual float64)
}

// Solution is what ConjugateGradients found.
type Solution struct {
	X          *mat.Dense // as many columns as B
	Residuals  []float64  // ‖b − Ax‖ of each column, measured anew at the end
	Removed    []float64  // the length of what each b has along the null vectors: no x removes it
	Iterations int        // of the column that took most
	Products   int        // vectors that the operator was applied to
}

// CurvatureError says that an operator or preconditioner is not positive definite.
type CurvatureError struct {
	Column    int     // of the right-hand side
	Iteration int     // at which it showed
	Curvature float64 // pᵀAp of a direction p, or rᵀM⁻¹r of a residual r
	Of        string  // "operator" or "preconditioner"
}

// Error returns the message.
func (e *CurvatureError) Error() string {
	return fmt.Sprintf("conjugate gradients: the %s is not positive definite: curvature %.3g for column %d in iteration %d", e.Of, e.Curvature, e.Column, e.Iteration)
}

// Resolve returns c with its defaults filled in for an operator of order n.
func (c ConjugateGradients) Resolve(n int) (ConjugateGradients, error) {
	if c.Tolerance == 0 {
		c.Tolerance = 1e-10
	}
	if c.MaxIterations == 0 {
		c.MaxIterations = 10*n + 100
	}
	wrong := func(what, format string, args ...any) (ConjugateGradients, error) {
		return c, &InputError{What: "linalg.ConjugateGradients: " + what, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case !(c.Tolerance > 0 && c.Tolerance < 1):
		return wrong("Tolerance", "%v, want a number between 0 and 1", c.Tolerance)
	case c.MaxIterations < 1:
		return wrong("MaxIterations", "%d, want 1 or more", c.MaxIterations)
	}
	for _, block := range []struct {
		name string
		m    *mat.Dense
	}{{"Null", c.Null}, {"Start", c.Start}} {
		if block.m == nil || block.m.IsEmpty() {
			continue
		}
		if rows, _ := block.m.Dims(); rows != n {
			return wrong(block.name, "%d rows for an operator of order %d", rows, n)
		}
		if err := finiteBlock(block.m); err != nil {
			return wrong(block.name, "%v", err)
		}
	}
	return c, nil
}

// finiteBlock returns an error that names the first value which is not finite.
func finiteBlock(m *mat.Dense) error {
	n, _ := m.Dims()
	for i := range n {
		for j, v := range m.RawRowView(i) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("value at row %d, column %d is %v", i, j, v)
			}
		}
	}
	return nil
}

// Solve solves for the columns of b, n × k. Where a column does not reach the
// tolerance, what was found comes with a *ConvergenceError, and what was found
// before a *CurvatureError with that. Other errors: *InputError, those of the
// operator and preconditioner, and ctx.Err(). It takes 40·n·k bytes; the result
// has the same bits on any number of cores.
func (c ConjugateGradients) Solve(ctx context.Context, a Operator, b *mat.Dense) (*Solution, error) {
	n := a.Dim()
	c, err := c.Resolve(n)
	if err != nil {
		return nil, err
	}
	rows, k := b.Dims()
	if rows != n || k == 0 {
		return nil, &InputError{What: "linalg.ConjugateGradients: b", Reason: fmt.Sprintf("%d × %d, want %d rows and one column or more", rows, k, n)}
	}
	if err := finiteBlock(b); err != nil {
		return nil, &InputError{What: "linalg.ConjugateGradients: b", Reason: err.Error()}
	}
	if c.Start != nil {
		if _, cols := c.Start.Dims(); cols != k {
			return nil, &InputError{What: "linalg.ConjugateGradients: Start", Reason: fmt.Sprintf("%d columns, want the %d of b", cols, k)}
		}
	}
	s := &conjugate{ConjugateGradients: c, op: a, b: b, n: n, k: k}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	stop := s.iterate(ctx)
	switch stop.(type) {
	case nil, *ConvergenceError, *CurvatureError:
	default:
		return nil, stop
	}
	return s.end(ctx, stop)
}

// conjugate is one solution under way. Columns that are solved stay in the
// blocks with steps of zero.
type conjugate struct {
	ConjugateGradients
	op          Operator
	b           *mat.Dense // without null vectors, columns scaled to length 1
	n, k        int
	null        *mat.Dense
	x, r, p, ap *mat.Dense
	z           *mat.Dense // r itself without a preconditioner
	size        []float64  // that each column had; 1 for zeros
	zero        []bool
	removed     []float64
	iterations  int
	products    int
}

func (s *conjugate) begin(ctx context.Context) (err error) {
	if s.Null != nil && !s.Null.IsEmpty() {
		null := mat.DenseCopyOf(s.Null)
		rank, err := orthonormalizeAgainst(ctx, &workspace{}, null)
		if err != nil {
			return err
		}
		s.null = columns(null, 0, rank)
	}
	given := s.b
	s.b = mat.DenseCopyOf(given)
	s.removed, s.zero = make([]float64, s.k), make([]bool, s.k)
	if s.null != nil && !s.null.IsEmpty() {
		share, err := inner(ctx, s.null, given)
		if err != nil {
			return err
		}
		if s.removed, err = columnNorms(ctx, share); err != nil {
			return err
		}
		if err := s.orthogonal(ctx, s.b); err != nil {
			return err
		}
	}
	if s.size, err = columnNorms(ctx, s.b); err != nil {
		return err
	}
	for j, v := range s.removed {
		if math.IsInf(s.size[j], 0) {
			return &InputError{What: "linalg.ConjugateGradients: b", Reason: fmt.Sprintf("the length of column %d is beyond the range of float64", j)}
		}
		// What is left beside the null vectors may be rounding.
		if s.zero[j] = s.size[j] <= 0x1p-46*v; s.zero[j] {
			s.size[j] = 1
		}
	}
	if err := s.rows(ctx, func(i int) {
		row := s.b.RawRowView(i)
		for j, v := range s.size {
			row[j] /= v
			if s.zero[j] {
				row[j] = 0
			}
		}
	}); err != nil {
		return err
	}
	s.p, s.ap = mat.NewDense(s.n, s.k, nil), mat.NewDense(s.n, s.k, nil)
	if s.Start == nil {
		s.x, s.r = mat.NewDense(s.n, s.k, nil), mat.DenseCopyOf(s.b)
	} else {
		s.x, s.r = mat.DenseCopyOf(s.Start), mat.NewDense(s.n, s.k, nil)
		if err := s.orthogonal(ctx, s.x); err != nil {
			return err
		}
		if err := s.rows(ctx, func(i int) {
			row := s.x.RawRowView(i)
			for j, v := range s.size {
				row[j] /= v
				if s.zero[j] {
					row[j] = 0
				}
			}
		}); err != nil {
			return err
		}
		if err := s.residual(ctx); err != nil {
			return err
		}
	}
	s.z = s.r
	if s.Preconditioner != nil {
		s.z = mat.NewDense(s.n, s.k, nil)
	}
	return nil
}

// orthogonal removes the null vectors from the columns of m.
func (s *conjugate) orthogonal(ctx context.Context, m *mat.Dense) error {
	if s.null == nil || s.null.IsEmpty() {
		return nil
	}
	_, err := project(ctx, m, s.null)
	return err
}

// residual computes r = b − Ax, without null vectors.
func (s *conjugate) residual(ctx context.Context) error {
	s.products += s.k
	if err := s.op.Apply(ctx, s.r, s.x); err != nil {
		return err
	}
	s.r.Sub(s.b, s.r)
	return s.orthogonal(ctx, s.r)
}

func (s *conjugate) iterate(ctx context.Context) error {
	rz, direction := make([]float64, s.k), make([]float64, s.k)
	steps, back := make([]float64, s.k), make([]float64, s.k)
	for iteration := 0; ; iteration++ {
		norms, err := columnNorms(ctx, s.r)
		if err != nil {
			return err
		}
		solved, rest := 0, 0.
		open := make([]bool, s.k)
		for j, v := range norms {
			if v <= s.Tolerance {
				solved++
				continue
			}
			open[j] = true
			rest = max(rest, v)
		}
		if s.Progress != nil {
			s.Progress(solved, rest)
		}
		if solved == s.k {
			return nil
		}
		if iteration >= s.MaxIterations {
			return &ConvergenceError{Method: "conjugate gradients", Iterations: iteration, Residual: rest, Tolerance: s.Tolerance, Reason: "the iterations are used up"}
		}
		s.iterations = iteration + 1
		if s.Preconditioner != nil {
			if err := s.Preconditioner.Precondition(ctx, s.z, s.r); err != nil {
				return err
			}
			if err := s.orthogonal(ctx, s.z); err != nil {
				return err
			}
		}
		now, err := columnDots(ctx, s.r, s.z)
		if err != nil {
			return err
		}
		for j, v := range now {
			direction[j] = 0
			if !open[j] {
				continue
			}
			if !(v > 0) {
				return &CurvatureError{Column: j, Iteration: iteration, Curvature: v, Of: "preconditioner"}
			}
			if rz[j] > 0 {
				direction[j] = v / rz[j]
			}
		}
		copy(rz, now)
		// p ← z + βp
		if err := s.rows(ctx, func(i int) {
			p, z := s.p.RawRowView(i), s.z.RawRowView(i)
			for j, f := range direction {
				p[j] = z[j] + f*p[j]
			}
		}); err != nil {
			return err
		}
		s.products += s.k
		if err := s.op.Apply(ctx, s.ap, s.p); err != nil {
			return err
		}
		curvature, err := columnDots(ctx, s.p, s.ap)
		if err != nil {
			return err
		}
		for j, v := range curvature {
			steps[j], back[j] = 0, 0
			if !open[j] {
				continue
			}
			if !(v > 0) || math.IsInf(rz[j]/v, 0) {
				return &CurvatureError{Column: j, Iteration: iteration, Curvature: v, Of: "operator"}
			}
			steps[j], back[j] = rz[j]/v, -rz[j]/v
		}
		if err := s.rows(ctx, func(i int) {
			x, r, p, ap := s.x.RawRowView(i), s.r.RawRowView(i), s.p.RawRowView(i), s.ap.RawRowView(i)
			for j, f := range steps {
				x[j] += f * p[j]
				r[j] += back[j] * ap[j]
			}
		}); err != nil {
			return err
		}
		// Rounding brings null vectors back, slowly.
		if err := s.orthogonal(ctx, s.r); err != nil {
			return err
		}
	}
}

// rows calls f for every row.
func (s *conjugate) rows(ctx context.Context, f func(i int)) error {
	return par.Blocks(ctx, s.n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i)
		}
	})
}

// end measures what was found.
func (s *conjugate) end(ctx context.Context, stop error) (*Solution, error) {
	if err := s.orthogonal(ctx, s.x); err != nil {
		return nil, err
	}
	if err := s.residual(ctx); err != nil {
		return nil, err
	}
	norms, err := columnNorms(ctx, s.r)
	if err != nil {
		return nil, err
	}
	for j, v := range norms {
		// The recurrence may say less than is true where the matrix is ill
		// conditioned: then the residual that was measured decides.
		if stop == nil && !(v <= 10*s.Tolerance) {
			stop = &ConvergenceError{Method: "conjugate gradients", Iterations: s.iterations, Residual: v, Tolerance: s.Tolerance, Reason: "rounding keeps the residual above the tolerance"}
		}
		norms[j] = v * s.size[j]
	}
	var beyond atomic.Bool
	err = s.rows(ctx, func(i int) {
		row := s.x.RawRowView(i)
		for j, v := range s.size {
			if row[j] *= v; math.IsInf(row[j], 0) {
				beyond.Store(true)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if stop == nil && beyond.Load() {
		stop = &ConvergenceError{Method: "conjugate gradients", Iterations: s.iterations, Residual: math.Inf(1), Tolerance: s.Tolerance, Reason: "the solution is beyond the range of float64"}
	}
	return &Solution{X: s.x, Residuals: norms, Removed: s.removed, Iterations: s.iterations, Products: s.products}, stop
}
