package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// novelty weighs rows of y against all points: (1 − zᵀw)/(1 − zᵀZ⁻¹z), with their
// similarities z to the points.
func (p *points) novelty(ctx context.Context, method string, y mat.Matrix) ([]float64, error) {
	z, giveBack := linalg.Symmetric(p.n)
	defer giveBack()
	s, err := p.factor(ctx, method, p.options.Scale, z)
	if err != nil {
		return nil, err
	}
	w, err := s.weights(ctx)
	if err != nil {
		return nil, err
	}
	ix, err := neighbors.Exact{Metric: p.options.Metric, MemoryLimit: p.options.MemoryLimit}.Index(ctx, p.x)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	all := make([]int32, p.n)
	for j := range all {
		all[j] = int32(j)
	}
	const together = 128
	m, _ := y.Dims()
	scores := make([]float64, m)
	for lo := 0; lo < m; lo += together {
		hi := min(lo+together, m)
		rows, to := make([]int, hi-lo), make([]int32, 0, (hi-lo)*p.n)
		for i := range rows {
			rows[i] = lo + i
			to = append(to, all...)
		}
		far, err := ix.Distances(ctx, mat32.Select(y, rows), to)
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
		similar, b := mat.NewDense(hi-lo, p.n, far), mat.NewDense(p.n, hi-lo, nil)
		same := make([]int, hi-lo) // the point that a row equals, +1
		err = par.Blocks(ctx, hi-lo, 8, func(from, to int) {
			for i := from; i < to; i++ {
				own := similar.RawRowView(i)
				for j, v := range own {
					if v == 0 {
						same[i] = j + 1
					}
				}
				decayDistances(own, p.options.Scale)
			}
		})
		if err != nil {
			return nil, err
		}
		b.Copy(similar.T())
		if err := s.solve(ctx, b); err != nil {
			return nil, err
		}
		rest := make([]float64, hi-lo)
		for i := range rest {
			rest[i] = 1
		}
		for j := range p.n {
			for i, v := range b.RawRowView(j) {
				rest[i] -= v * similar.At(i, j)
			}
		}
		for i := range rest {
			switch {
			case same[i] > 0:
				scores[lo+i] = w[same[i]-1] / 2
			case s.definite != nil && !(rest[i] > thin):
				return nil, p.indistinct(method, lo+i)
			default:
				scores[lo+i] = (1 - dot(similar.RawRowView(i), w)) / rest[i]
			}
		}
	}
	return scores, nil
}

// noveltyNearby weighs rows of y against their nearest points.
func (p *points) noveltyNearby(ctx context.Context, method string, y mat.Matrix) ([]float64, error) {
	ix, err := neighbors.Exact{Metric: p.options.Metric, MemoryLimit: p.options.MemoryLimit}.Index(ctx, p.x)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	a, err := ix.Query(ctx, y, p.options.Neighbors)
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	const together = 64
	scores, errs := make([]float64, a.N), make([]error, (a.N+together-1)/together)
	err = par.BlocksWith(ctx, a.N, together, func() *nearby { return newNearby(p, p.options.Scale, a.K) }, func(b *nearby, lo, hi int) {
		for i := lo; i < hi; i++ {
			rows, far := a.Row(i)
			if err := b.factor(ctx, rows); err != nil {
				errs[lo/together] = err
				return
			}
			z := b.z[:0]
			for t, at := 0, 0; t < len(rows) && at < len(b.rows); t++ {
				if rows[t] == b.rows[at] {
					z = append(z, far[t])
					at++
				}
			}
			decayDistances(z, p.options.Scale)
			b.take(z)
			switch {
			case far[0] == 0: // the point itself, among its neighbours but the farthest
				if err := b.look(ctx, int(rows[0]), rows[1:]); err != nil {
					errs[lo/together] = err
					return
				}
				scores[i] = b.gain / b.rest / 2
			case b.rest > thin:
				scores[i] = b.gain / b.rest
			default:
				errs[lo/together] = p.indistinct(method, i)
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, err := range errs {
		if err != nil {
			return nil, mat32.Rename(method, err)
		}
	}
	return scores, nil
}

// indistinct says that a row of y is too near to points of x.
func (p *points) indistinct(method string, i int) error {
	return &mat32.DegenerateError{Method: method,
		Reason: fmt.Sprintf("row %d of y cannot be told from rows of x at scale %.6g: take a larger one", i, p.options.Scale)}
}
