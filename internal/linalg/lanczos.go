package linalg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// lanczos is block Lanczos with thick restarts and full orthogonalisation, whose
// steps are products with a Chebyshev polynomial of the operator that is large on
// the wanted end of the spectrum and at most 1 on the rest. With a polynomial of
// degree 1, as in its first steps, it is the method of Wu and Simon (2000,
// Thick-restart Lanczos method for large symmetric eigenvalue problems); with
// filters, the block Chebyshev-Davidson method of Zhou (2010, A block
// Chebyshev-Davidson method with inner-outer restart for large eigenvalue problems).
// The projected problem is always that of the operator itself, so that its
// residuals are true ones.
func (s *search) lanczos(ctx context.Context) error {
	x, err := s.start(ctx)
	if err != nil {
		return err
	}
	_, deflated := s.known.Dims()
	room := min(5*s.width, s.n-deflated)
	l := &lanczos{search: s, v: mat.NewDense(s.n, room, nil), w: mat.NewDense(s.n, room, nil), room: room, h: mat.NewDense(room, room, nil), speed: 1}
	if l.deepest, err = s.deepest(ctx); err != nil {
		return err
	}
	if err := l.expand(ctx, x); err != nil {
		return err
	}
	return l.iterate(ctx)
}

type lanczos struct {
	*search
	v, w   *mat.Dense // orthonormal basis, and the operator times it
	h      *mat.Dense // vᵀw
	used   int        // columns of v and w, order of h
	room   int
	values []float64  // of h, smallest first
	turn   *mat.Dense // the columns are eigenvectors of h
	speed  float64    // how much more than usual the filters are to separate

	deepest float64 // the first eigenvalue of the known vectors, or +Inf
}

// deepest returns the smallest eigenvalue of the known vectors. What rounding leaves of
// them in a block grows in a filter as they would.
func (s *search) deepest(ctx context.Context) (float64, error) {
	least := math.Inf(1)
	_, known := s.known.Dims()
	for lo := 0; lo < known; lo += s.width {
		q := columns(s.known, lo, min(lo+s.width, known))
		_, b := q.Dims()
		image := s.workspace.block(s.n, b)
		if err := s.apply(ctx, image, q); err != nil {
			return 0, err
		}
		values := make([]float64, b)
		for i := range s.n {
			from, to := q.RawRowView(i), image.RawRowView(i)
			for j := range values {
				values[j] += from[j] * to[j]
			}
		}
		s.release(image)
		least = min(least, slices.Min(values))
	}
	return least, nil
}

// patience is how many steps without progress end an iteration.
const patience = 12

func (l *lanczos) iterate(ctx context.Context) error {
	_, deflated := l.known.Dims()
	best, since := math.Inf(1), 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := l.diagonalize(ctx); err != nil {
			return err
		}
		shown := min(l.width, l.used)
		ritz, residual, norms, err := l.ritz(ctx, 0, shown)
		if err != nil {
			return err
		}
		if err := l.enclose(ctx); err != nil {
			return err
		}
		done, rest := l.converged(norms)
		progress, worst := 0., 0.
		for _, r := range norms[:l.pairs] {
			worst = max(worst, r)
			progress += math.Log(max(r, l.Tolerance*l.norm, math.SmallestNonzeroFloat64))
		}
		if progress < best-0.05*float64(l.pairs) {
			best, since = progress, 0
		} else if since++; since%(patience/3) == 0 {
			l.speed *= 2
		}
		finished := done == l.pairs || l.used == l.n-deflated
		stalled := since > patience || l.applied > l.MaxProducts
		if finished || stalled {
			l.keep(l.values[:shown], ritz, worst)
		}
		switch {
		case finished:
			return nil
		case stalled:
			return &errStalled{fmt.Sprintf("%d products left a residual of %.2g, the last %d steps without progress", l.applied, rest, since)}
		}
		next, err := l.next(ctx, ritz, residual, norms)
		if err != nil {
			return err
		}
		l.release(ritz, residual)
		if _, more := next.Dims(); l.used+more > l.room && l.used < l.n-deflated-more {
			if err := l.restart(ctx); err != nil {
				return err
			}
		}
		if err := l.expand(ctx, next); err != nil {
			return err
		}
		l.release(next)
	}
}

// expand appends x, made orthonormal, to the basis.
func (l *lanczos) expand(ctx context.Context, x *mat.Dense) error {
	var basis *mat.Dense
	if l.used > 0 {
		basis = columns(l.v, 0, l.used)
	}
	if _, more := x.Dims(); l.used+more > l.room {
		x = columns(x, 0, l.room-l.used)
	}
	rank, err := orthonormalizeAgainst(ctx, &l.workspace, x, l.known, basis)
	if err != nil {
		return err
	}
	for try := 0; rank == 0; try++ {
		// The basis is invariant, and yet does not hold enough pairs.
		if try == 10 {
			return &errStalled{"no vector is left beside the basis"}
		}
		if err := fillNormal(ctx, x, l.Seed, fmt.Sprint("linalg/lanczos/", l.iterations, try)); err != nil {
			return err
		}
		if rank, err = orthonormalizeAgainst(ctx, &l.workspace, x, l.known, basis); err != nil {
			return err
		}
	}
	lo, hi := l.used, l.used+rank
	v, w := columns(l.v, lo, hi), columns(l.w, lo, hi)
	v.Copy(columns(x, 0, rank))
	if err := l.apply(ctx, w, v); err != nil {
		return err
	}
	part, err := inner(ctx, columns(l.v, 0, hi), w)
	if err != nil {
		return err
	}
	for i := range hi {
		for j := lo; j < hi; j++ {
			x := part.At(i, j-lo)
			if i >= lo {
				x = (x + part.At(j, i-lo)) / 2
			}
			l.h.Set(i, j, x)
			l.h.Set(j, i, x)
		}
	}
	l.used = hi
	return nil
}

// diagonalize solves the projected problem.
func (l *lanczos) diagonalize(ctx context.Context) (err error) {
	l.iterations++
	small := l.h.Slice(0, l.used, 0, l.used).(*mat.Dense)
	l.values, l.turn, err = eigenAscending(ctx, small, l.used)
	if errors.Is(err, ErrNoConvergence) {
		return &errStalled{err.Error()}
	}
	return err
}

// ritz returns the Ritz vectors lo … hi−1, their residuals and the lengths of those.
func (l *lanczos) ritz(ctx context.Context, lo, hi int) (vectors, residual *mat.Dense, norms []float64, err error) {
	vectors, residual = l.workspace.block(l.n, hi-lo), l.workspace.block(l.n, hi-lo)
	turn := columns(l.turn, lo, hi)
	if err := combine(ctx, vectors, 1, columns(l.v, 0, l.used), turn, 0); err != nil {
		return nil, nil, nil, err
	}
	if err := combine(ctx, residual, 1, columns(l.w, 0, l.used), turn, 0); err != nil {
		return nil, nil, nil, err
	}
	norms, err = residualNorms(ctx, residual, vectors, l.values[lo:hi])
	return vectors, residual, norms, err
}

// enclose keeps the bound above the spectrum. Where none is known, the largest
// Ritz value and the length of its residual are one in practice (Zhou and Li, 2011,
// Bounding the spectrum of large Hermitian matrices); what a filter with too small
// a bound lets grow shows up as a larger Ritz value.
func (l *lanczos) enclose(ctx context.Context) error {
	top := l.values[l.used-1]
	l.norm = max(l.norm, math.Abs(l.values[0]), math.Abs(top))
	if l.proven || top <= l.high && !math.IsInf(l.high, 0) && l.used > 4*l.width {
		return nil
	}
	vector, residual, norms, err := l.ritz(ctx, l.used-1, l.used)
	if err != nil {
		return err
	}
	l.release(vector, residual)
	l.high = top + norms[0]
	return nil
}

// next returns the block to expand the basis with: the pairs that have not
// converged, with a few more beside the wanted ones, filtered.
func (l *lanczos) next(ctx context.Context, ritz, residual *mat.Dense, norms []float64) (*mat.Dense, error) {
	var active []int
	open := 0 // wanted ones among them
	for j, r := range norms {
		if r <= l.Tolerance*l.norm {
			continue
		}
		if j < l.pairs {
			open++
		} else if len(active) >= (open+4+7)/8*8 {
			break
		}
		active = append(active, j)
	}
	degree, edge := l.degree(norms)
	x := ritz
	if degree == 1 {
		x = residual // spans, with the basis, what products with the vectors would
	}
	block := l.workspace.block(l.n, len(active))
	err := par.Blocks(ctx, l.n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from, to := x.RawRowView(i), block.RawRowView(i)
			for k, j := range active {
				to[k] = from[j]
			}
		}
	})
	if err != nil || degree == 1 {
		return block, err
	}
	return l.chebyshev(ctx, block, degree, edge)
}

// degree chooses the polynomial: its degree, and the lower end of the interval on
// which it is at most 1.
func (l *lanczos) degree(norms []float64) (degree int, edge float64) {
	const (
		plain   = 2    // steps of degree 1 to begin with, which show where the spectrum lies
		usual   = 9.   // the logarithm of what a step is to separate
		most    = 18.  // of how much the first pair, or a known one, may outgrow the last one
		longest = 4000 // degree
	)
	if l.used < (plain+1)*l.width || l.used <= l.width {
		return 1, 0
	}
	last := l.pairs - 1
	// The edge lies beyond the block, and beyond the cluster of the last pair.
	k := l.width
	for k < l.used-1 && l.values[k]-l.values[last] <= l.Tolerance*l.norm {
		k++
	}
	edge = l.values[k]
	center, half := (l.high+edge)/2, (l.high-edge)/2
	if !(half > 0) {
		return 1, 0
	}
	growth := func(value float64) float64 { return math.Acosh(max(1, (center-value)/half)) }
	g, first := growth(l.values[last]), growth(min(l.values[0], l.deepest))
	if !(g > 0) {
		return 1, 0
	}
	worst := 0.
	for _, r := range norms[:l.pairs] {
		worst = max(worst, r)
	}
	want := min(usual*l.speed, 1+math.Log(worst/(l.Tolerance*l.norm)))
	d := want / g
	if first > g {
		d = min(d, most/(first-g))
	}
	d = min(d, 300/first, longest)
	return max(1, int(math.Ceil(d))), edge
}

// chebyshev applies the Chebyshev polynomial of the degree, mapped from [−1, 1] to
// [edge, high], to x, whose memory it takes.
func (l *lanczos) chebyshev(ctx context.Context, x *mat.Dense, degree int, edge float64) (*mat.Dense, error) {
	_, b := x.Dims()
	center, half := (l.high+edge)/2, (l.high-edge)/2
	y := l.workspace.block(l.n, b)
	var work *mat.Dense
	if _, ok := l.op.(affine); !ok {
		work = l.workspace.block(l.n, b)
		defer l.release(work)
	}
	step := func(dst, x *mat.Dense, twice, gamma float64) error {
		l.products += b
		l.applied++
		return applyAffine(ctx, l.op, dst, x, work, twice/half, -twice*center/half, gamma)
	}
	if err := step(y, x, 1, 0); err != nil {
		return nil, err
	}
	for range degree - 1 {
		if err := step(x, y, 2, -1); err != nil {
			return nil, err
		}
		x, y = y, x
	}
	l.release(x)
	return y, nil
}

// restart shortens the basis to its first Ritz vectors.
func (l *lanczos) restart(ctx context.Context) error {
	keep := min(2*l.width, l.used)
	turn := columns(l.turn, 0, keep)
	for _, basis := range []*mat.Dense{l.v, l.w} {
		short := l.workspace.block(l.n, keep)
		if err := combine(ctx, short, 1, columns(basis, 0, l.used), turn, 0); err != nil {
			return err
		}
		columns(basis, 0, keep).Copy(short)
		l.release(short)
	}
	l.h.Zero()
	for j := range keep {
		l.h.Set(j, j, l.values[j])
	}
	l.used = keep
	return nil
}
