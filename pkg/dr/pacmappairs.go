package dr

import (
	"cmp"
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// pairs chooses and draws the pairs of the rows of x, which are compared as m has them.
func (p PaCMAP) pairs(ctx context.Context, method string, x mat.Matrix, m *pairModel, counts pairCounts) (*pairSets, []string, error) {
	fail := func(err error) (*pairSets, []string, error) { return nil, nil, failed(method, err) }
	n, _ := x.Dims()
	var compared mat.Matrix = m.rows
	if m.rows == nil {
		compared = x
	}
	g, notes := p.Graph, []string(nil)
	if g == nil {
		var err error
		g, err = neighbors.Auto{Neighbors: nearCandidates(n, counts.near), Seed: p.Seed, MemoryLimit: p.MemoryLimit}.Graph(ctx, compared)
		if err != nil {
			return nil, nil, mat32.Rename(method, err)
		}
		notes = g.Notes
	} else if err := g.CheckContext(ctx, method, x, counts.near); err != nil {
		return nil, nil, err
	}
	stage := watch.Start(ctx, "pairs", 3)
	near, err := nearPairs(ctx, g, counts.near)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	rows, err := screen.New(ctx, compared)
	if err != nil {
		return fail(err)
	}
	midNear, err := midNearPairs(ctx, n, counts.midNear, p.Seed, rows.Exact)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	further, err := furtherPairs(ctx, n, counts.further, p.Seed, near)
	if err != nil {
		return fail(err)
	}
	s := &pairSets{neighbors: near, apart: further}
	for _, set := range []struct {
		pairs **layout.Pairs
		to    []int32
	}{{&s.near, near}, {&s.midNear, midNear}, {&s.further, further}} {
		if *set.pairs, err = layout.NewPairs(ctx, n, set.to); err != nil {
			return fail(err)
		}
	}
	stage.Add(1)
	return s, notes, nil
}

// nearPairs returns, of the neighbours of every row in g, the k of least distance once it
// is measured by how far the neighbours of both its rows are.
func nearPairs(ctx context.Context, g *neighbors.Graph, k int) ([]int32, error) {
	const first, last = 3, 6 // of the neighbours whose mean distance is the scale of a row
	width := min(g.K, nearCandidates(g.N, k))
	scale := make([]float64, g.N)
	largest := 0.
	for i := range scale {
		_, distances := g.Row(i)
		of := distances[min(first, width-1):min(last, width)]
		for _, d := range of {
			scale[i] += d / float64(len(of))
		}
		largest = max(largest, scale[i])
	}
	for i := range scale {
		scale[i] = max(scale[i], 1e-10*largest) // among duplicates it would be 0
	}
	if largest == 0 { // all are duplicates of others: none is nearer
		for i := range scale {
			scale[i] = 1
		}
	}
	type candidate struct {
		row  int32
		rank float64
	}
	to := make([]int32, g.N*k)
	err := par.BlocksWith(ctx, g.N, 64, func() []candidate { return make([]candidate, width) }, func(all []candidate, lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, distances := g.Row(i)
			for c := range all {
				j, d := indices[c], distances[c]
				all[c] = candidate{j, d / scale[i] * (d / scale[j])}
			}
			slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
			for c, chosen := range all[:k] {
				to[i*k+c] = chosen.row
			}
		}
	})
	return to, err
}

// midNearPairs returns for every row m others, each the second nearest of six that are
// drawn, or of as many as there are.
func midNearPairs(ctx context.Context, n, m int, seed uint64, distance func(i, j int) float64) ([]int32, error) {
	const drawn = 6
	to := make([]int32, n*m)
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		var six [drawn]int32
		for i := lo; i < hi; i++ {
			r := rng.New(seed, "PaCMAP/mid-near", i)
			list := to[i*m : i*m : (i+1)*m]
			for pick := range m {
				some := six[:0]
				nearest, second := int32(-1), int32(-1)
				var d1, d2 float64
				for len(some) < min(drawn, n-1-pick) {
					j := stranger(&r, n, int32(i), some, list)
					some = append(some, j)
					switch d := distance(i, int(j)); {
					case nearest < 0 || d < d1:
						nearest, second, d1, d2 = j, nearest, d, d1
					case second < 0 || d < d2:
						second, d2 = j, d
					}
				}
				if second < 0 {
					second = nearest
				}
				list = append(list, second)
			}
		}
	})
	return to, err
}

// furtherPairs returns for every row m others that are not among its near ones.
func furtherPairs(ctx context.Context, n, m int, seed uint64, near []int32) ([]int32, error) {
	k := len(near) / n
	to := make([]int32, n*m)
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r := rng.New(seed, "PaCMAP/further", i)
			list := to[i*m : i*m : (i+1)*m]
			for range m {
				list = append(list, stranger(&r, n, int32(i), list, near[i*k:(i+1)*k]))
			}
		}
	})
	return to, err
}

// stranger draws a row other than i and those listed, of which there must be one. Where it
// takes long to meet one, the next there is will do.
func stranger(r *rng.Stream, n int, i int32, a, b []int32) int32 {
	const patience = 64
	j := int32(r.IntN(n))
	for try := 0; j == i || slices.Contains(a, j) || slices.Contains(b, j); try++ {
		if try < patience {
			j = int32(r.IntN(n))
		} else {
			j = (j + 1) % int32(n)
		}
	}
	return j
}

// redraw replaces further pairs by others that are within reach in the map, as LocalMAP
// does, where some are met among a hundred rows drawn.
func (s *pairSets) redraw(ctx context.Context, y []float32, dim int, reach float64, seed uint64, iteration int) error {
	const tries = 100
	n := len(y) / dim
	k, m := len(s.neighbors)/n, len(s.apart)/n
	within := float32(reach * reach)
	fresh := make([]int32, len(s.apart))
	err := par.Blocks(ctx, n, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r := rng.New(seed+uint64(iteration)<<32, "LocalMAP/further", i)
			list := fresh[i*m : i*m : (i+1)*m]
			near, before := s.neighbors[i*k:(i+1)*k], s.apart[i*m:(i+1)*m]
			at := y[i*dim : (i+1)*dim]
			for slot := range m {
				next := before[slot]
				for range tries {
					j := r.IntN(n)
					square := float32(0)
					for c, v := range y[j*dim : j*dim+dim] {
						d := at[c] - v
						square += d * d
					}
					if square <= within && j != i && !slices.Contains(list, int32(j)) && !slices.Contains(near, int32(j)) {
						next = int32(j)
						break
					}
				}
				list = append(list, next)
			}
		}
	})
	if err != nil {
		return err
	}
	s.apart = fresh
	s.further, err = layout.NewPairs(ctx, n, fresh)
	return err
}
