package linalg

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// lobpcg is the locally optimal block preconditioned conjugate gradient method
// (Knyazev, 2001, Toward the optimal preconditioned eigensolver) with soft locking:
// pairs that have converged stay in the basis and get no new directions. The basis
// [X P Z] of vectors, former directions and preconditioned residuals is kept
// orthonormal, the directions by the small problem alone (Hetmaniuk and Lehoucq,
// 2006, Basis selection in LOBPCG; Duersch, Shao, Yang and Gu, 2018, A robust and
// efficient implementation of LOBPCG).
func (s *search) lobpcg(ctx context.Context) error {
	x, err := s.start(ctx)
	if err != nil {
		return err
	}
	_, deflated := s.known.Dims()
	room := min(3*s.width, s.n-deflated)
	l := &lobpcg{search: s, s: mat.NewDense(s.n, room, nil), as: mat.NewDense(s.n, room, nil)}
	columns(l.s, 0, s.width).Copy(x)
	if err := l.apply(ctx, columns(l.as, 0, s.width), columns(l.s, 0, s.width)); err != nil {
		return err
	}
	l.used = s.width
	return l.iterate(ctx)
}

type lobpcg struct {
	*search
	s, as *mat.Dense // the basis [X P Z], orthonormal, and the operator times it
	used  int        // columns of both
}

func (l *lobpcg) iterate(ctx context.Context) error {
	const window = 3 * patience
	best, since := math.Inf(1), 0
	active := make([]int, l.width) // columns of X that get directions
	for j := range active {
		active[j] = j
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		values, err := l.rotate(ctx, active)
		if err != nil {
			return err
		}
		x, ax := columns(l.s, 0, l.width), columns(l.as, 0, l.width)
		residual := l.workspace.block(l.n, l.width)
		residual.Copy(ax)
		norms, err := residualNorms(ctx, residual, x, values)
		if err != nil {
			return err
		}
		done, rest := l.converged(norms)
		progress, worst := 0., 0.
		for _, r := range norms[:l.pairs] {
			worst = max(worst, r)
			progress += math.Log(max(r, l.Tolerance*l.norm, math.SmallestNonzeroFloat64))
		}
		if since++; progress < best-0.05*float64(l.pairs) {
			best, since = progress, 0
		}
		finished := done == l.pairs
		stalled := since > window || l.applied > l.MaxProducts
		if !finished && !stalled {
			active = active[:0]
			for j, r := range norms {
				if r > l.Tolerance*l.norm {
					active = append(active, j)
				}
			}
			more, err := l.expand(ctx, residual, active)
			l.release(residual)
			if err != nil {
				return err
			}
			stalled = !more
		}
		if finished || stalled {
			l.keep(values, x, worst)
		}
		switch {
		case finished:
			return nil
		case stalled:
			return &errStalled{fmt.Sprintf("%d products left a residual of %.2g, the last %d steps without progress", l.applied, rest, since)}
		}
	}
}

// rotate solves the projected problem and makes the basis [X P] of its first
// eigenvectors, and of what the active ones of them gained beside the former X.
func (l *lobpcg) rotate(ctx context.Context, active []int) ([]float64, error) {
	l.iterations++
	basis, product := columns(l.s, 0, l.used), columns(l.as, 0, l.used)
	h, err := inner(ctx, basis, product)
	if err != nil {
		return nil, err
	}
	values, turn, err := eigenAscending(ctx, h, l.width)
	if errors.Is(err, ErrNoConvergence) {
		return nil, &errStalled{err.Error()}
	}
	if err != nil {
		return nil, err
	}
	l.norm = max(l.norm, math.Abs(values[0]), math.Abs(values[l.used-1]))
	keep := turn
	if l.used > l.width {
		// The directions: the active columns without their share of the former X.
		p := mat.NewDense(l.used, len(active), nil)
		for i := l.width; i < l.used; i++ {
			for k, j := range active {
				p.Set(i, k, turn.At(i, j))
			}
		}
		rank, err := orthonormalizeAgainst(ctx, &l.workspace, p, turn)
		if err != nil {
			return nil, err
		}
		if rank > 0 {
			keep = mat.NewDense(l.used, l.width+rank, nil)
			columns(keep, 0, l.width).Copy(turn)
			columns(keep, l.width, l.width+rank).Copy(p)
		}
	}
	_, kept := keep.Dims()
	for _, m := range []*mat.Dense{l.s, l.as} {
		turned := l.workspace.block(l.n, kept)
		if err := combine(ctx, turned, 1, columns(m, 0, l.used), keep, 0); err != nil {
			return nil, err
		}
		columns(m, 0, kept).Copy(turned)
		l.release(turned)
	}
	l.used = kept
	return values[:l.width], nil
}

// expand appends the preconditioned residuals of the active pairs to the basis; it
// returns false when they add nothing.
func (l *lobpcg) expand(ctx context.Context, residual *mat.Dense, active []int) (bool, error) {
	_, room := l.s.Dims()
	active = active[:min(len(active), room-l.used)]
	if len(active) == 0 {
		return false, nil
	}
	z := l.workspace.block(l.n, len(active))
	err := par.Blocks(ctx, l.n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from, to := residual.RawRowView(i), z.RawRowView(i)
			for k, j := range active {
				to[k] = from[j]
			}
		}
	})
	if err != nil {
		return false, err
	}
	if l.Preconditioner != nil {
		r := z
		z = l.workspace.block(l.n, len(active))
		defer l.release(r)
		if err := l.Preconditioner.Precondition(ctx, z, r); err != nil {
			return false, err
		}
	}
	defer l.release(z)
	rank, err := orthonormalizeAgainst(ctx, &l.workspace, z, l.known, columns(l.s, 0, l.used))
	if err != nil || rank == 0 {
		return false, err
	}
	to := columns(l.s, l.used, l.used+rank)
	to.Copy(columns(z, 0, rank))
	if err := l.apply(ctx, columns(l.as, l.used, l.used+rank), to); err != nil {
		return false, err
	}
	l.used += rank
	return true, nil
}
