package geometry

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// solution is the weights of points.
type solution struct {
	weights    []float64
	notes      []string
	iterations int
}

// solve finds the weights of points.
func (m Magnitude) solve(ctx context.Context, method string, p *points) (*solution, error) {
	switch {
	case p.n == 1:
		return &solution{weights: []float64{1}}, ctx.Err()
	case m.Solver == ConjugateGradients:
		return m.iterate(ctx, method, p)
	case m.Solver == NearestNeighbors:
		return m.locally(ctx, method, p)
	}
	z, giveBack := linalg.Symmetric(p.n)
	defer giveBack()
	s, err := p.factor(ctx, method, m.Scale, z)
	if err != nil {
		return nil, err
	}
	w, err := s.weights(ctx)
	return &solution{weights: w, notes: s.notes}, err
}

// system is Z, factored.
type system struct {
	n        int
	definite *linalg.Cholesky // or else
	general  *linalg.LU
	notes    []string
}

// factor fills z with similarities and factors it.
func (p *points) factor(ctx context.Context, method string, scale float64, z *mat.SymDense) (*system, error) {
	digits := float64(p.n) * 0x1p-50 // what rounding leaves of a pivot, or of one over a condition, that is 0
	if err := p.upper(ctx, z, scale); err != nil {
		return nil, mat32.Rename(method, err)
	}
	watch.Note(ctx, "magnitude: factoring", fmt.Sprintf("%d × %d similarities", p.n, p.n))
	s := &system{n: p.n}
	var err error
	if s.definite, err = linalg.CholeskyInPlace(ctx, z); err == nil && s.definite.LeastPivot() > digits {
		return s, nil
	}
	var not *linalg.NotPositiveError
	if err != nil && !errors.As(err, &not) {
		return nil, err
	}
	s.definite = nil
	singular := &mat32.DegenerateError{Method: method,
		Reason: fmt.Sprintf("the similarities at scale %.6g are singular to rounding: there is no magnitude, try another scale", scale)}
	if err := p.upper(ctx, z, scale); err != nil {
		return nil, mat32.Rename(method, err)
	}
	raw := z.RawSymmetric()
	norm := 0.
	for i := range p.n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for j := range i {
			raw.Data[i*raw.Stride+j] = raw.Data[j*raw.Stride+i]
		}
	}
	for i := range p.n {
		norm = max(norm, total(raw.Data[i*raw.Stride:i*raw.Stride+p.n]))
	}
	var none *linalg.SingularError
	switch s.general, err = linalg.LUInPlace(ctx, mat.NewDense(p.n, p.n, raw.Data)); {
	case errors.As(err, &none):
		return nil, singular
	case err != nil:
		return nil, err
	}
	inverse, err := linalg.InverseNorm(ctx, p.n, s.general.Solve)
	if err != nil {
		return nil, err
	}
	if !(norm*inverse*digits < 1) {
		return nil, singular
	}
	s.notes = append(s.notes, fmt.Sprintf("the similarities at scale %.6g are not positive definite: solved by elimination with pivots, and the magnitude need not lie between 1 and n", scale))
	return s, nil
}

// weights solves for a right-hand side of ones.
func (s *system) weights(ctx context.Context) ([]float64, error) {
	w := make([]float64, s.n)
	for i := range w {
		w[i] = 1
	}
	if s.definite != nil {
		return w, s.definite.SolveVector(ctx, w)
	}
	return w, s.general.Solve(ctx, mat.NewDense(s.n, 1, w))
}

// solve replaces b by Z⁻¹·b.
func (s *system) solve(ctx context.Context, b *mat.Dense) error {
	if s.definite != nil {
		return s.definite.Solve(ctx, b)
	}
	return s.general.Solve(ctx, b)
}

// inverseDiagonal returns the diagonal of Z⁻¹.
func (s *system) inverseDiagonal(ctx context.Context) ([]float64, error) {
	if s.definite != nil {
		return s.definite.InverseDiagonal(ctx)
	}
	const wide = 128
	diagonal := make([]float64, s.n)
	for from := 0; from < s.n; from += wide {
		b := mat.NewDense(s.n, min(wide, s.n-from), nil)
		_, cols := b.Dims()
		for j := range cols {
			b.Set(from+j, j, 1)
		}
		if err := s.general.Solve(ctx, b); err != nil {
			return nil, err
		}
		for j := range cols {
			diagonal[from+j] = b.At(from+j, j)
		}
	}
	return diagonal, nil
}

// iterate finds the weights by conjugate gradients, of points in a random order.
func (m Magnitude) iterate(ctx context.Context, method string, p *points) (*solution, error) {
	order := make([]int, p.n)
	for i := range order {
		order[i] = i
	}
	shuffle := rng.New(0, "geometry.Magnitude", 0)
	shuffle.Shuffle(p.n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	q := *p
	q.x = mat32.Select(p.x, order)
	if err := q.measure(ctx, method); err != nil {
		return nil, err
	}
	v, err := newVecchia(ctx, &q, m.Scale)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	stage := watch.Start(ctx, "magnitude: steps of conjugate gradients", 0)
	ones := mat.NewDense(p.n, 1, nil)
	for i := range p.n {
		ones.Set(i, 0, 1)
	}
	s, err := linalg.ConjugateGradients{Tolerance: m.Tolerance, Preconditioner: v, Progress: func(int, float64) { stage.Add(1) }}.
		Solve(ctx, similarityOperator{&q, m.Scale}, ones)
	var curved *linalg.CurvatureError
	switch {
	case errors.As(err, &curved):
		return nil, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("the similarities at scale %.6g are not positive definite, which conjugate gradients need: use Direct", m.Scale)}
	case errors.Is(err, linalg.ErrNoConvergence):
		return nil, &mat32.DegenerateError{Method: method, Reason: err.Error() + "; use Direct, or a larger Tolerance"}
	case err != nil:
		return nil, mat32.Rename(method, err)
	}
	w := make([]float64, p.n)
	for i, k := range order {
		w[k] = s.X.At(i, 0)
	}
	return &solution{weights: w, iterations: s.Iterations}, nil
}

// similarityOperator is Z, which is never stored.
type similarityOperator struct {
	p     *points
	scale float64
}

// Dim returns the number of points.
func (z similarityOperator) Dim() int { return z.p.n }

// Apply writes Z·x to dst.
func (z similarityOperator) Apply(ctx context.Context, dst, x *mat.Dense) error {
	_, cols := x.Dims()
	columns := make([][]float64, cols)
	for c := range columns {
		columns[c] = mat.Col(nil, c, x)
	}
	dst.Zero()
	return z.p.similarities(ctx, z.scale, func(i, from int, some []float64) {
		own := dst.RawRowView(i)
		for c, column := range columns {
			own[c] += dot(some, column[from:])
		}
	})
}

// locally finds the weight of every point among its nearest.
func (m Magnitude) locally(ctx context.Context, method string, p *points) (*solution, error) {
	k := p.options.Neighbors
	g, err := neighbors.Auto{Neighbors: k, Metric: m.Metric, MemoryLimit: m.MemoryLimit}.Graph(ctx, p.x)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	w := make([]float64, p.n)
	stage := watch.Start(ctx, "magnitude: neighbourhoods", p.n)
	const together = 64
	errs := make([]error, (p.n+together-1)/together)
	err = par.BlocksWith(ctx, p.n, together, func() *nearby { return newNearby(p, m.Scale, k) }, func(b *nearby, lo, hi int) {
		for i := lo; i < hi; i++ {
			rows, _ := g.Row(i)
			if err := b.look(ctx, i, rows); err != nil {
				errs[lo/together] = err
				return
			}
			if !(b.rest > thin) {
				errs[lo/together] = &mat32.DegenerateError{Method: method,
					Reason: fmt.Sprintf("row %d cannot be told from its neighbours at scale %.6g: take a larger one", p.first[i], m.Scale)}
				return
			}
			w[i] = b.gain / b.rest
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
	}
	s := &solution{weights: w}
	if k < p.n-1 {
		s.notes = []string{fmt.Sprintf("the weight of each row is that among its %d nearest", k)}
	}
	return s, nil
}
