package neighbors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// link is an edge that may be part of a spanning tree. All links are in one order:
// by weight, by distance, by their rows. Among links of one row this is also the
// order of weight, distance, and the other row.
type link struct {
	weight, dist float64
	a, b         int32 // a < b
}

func (l link) before(m link) bool {
	switch {
	case l.weight != m.weight:
		return l.weight < m.weight
	case l.dist != m.dist:
		return l.dist < m.dist
	case l.a != m.a:
		return l.a < m.a
	}
	return l.b < m.b
}

// noLink comes after every link.
var noLink = link{math.Inf(1), math.Inf(1), math.MaxInt32, math.MaxInt32}

// ruler compares the rows of a space tile by tile.
type ruler struct {
	tile int // rows that stay in the cache meanwhile

	// fast writes numbers that say how far row i is from other rows, which ascend.
	fast func(dst []float32, i int32, to []int32)

	// limit returns a number that none of them exceeds whose row is no farther
	// than dist.
	limit func(i int, dist float64) float32

	exact func(i, j int32) float64
}

// newRuler screens by float32 distances with proven bounds where the space has
// them, and measures every pair where not.
func newRuler(s space, n int) *ruler {
	const tileBytes = 96 << 10
	r := &ruler{exact: s.exact}
	if s, ok := s.(*screened); ok {
		_, d := s.rows.Dims()
		r.tile = min(n, max(64, tileBytes/(4*d)))
		r.fast = func(dst []float32, i int32, to []int32) {
			if first, last := int(to[0]), int(to[len(to)-1]); last-first == len(to)-1 {
				s.rows.Fast(dst[:len(to)], int(i), first) // side by side, which is faster
				return
			}
			s.rows.FastTo(dst, int(i), to)
		}
		r.limit = func(i int, dist float64) float32 {
			if math.IsInf(dist, 1) {
				return math.MaxFloat32
			}
			if s.scale.to != nil { // wide enough for what both functions round
				dist = s.scale.to(dist) * (1 + 0x1p-40)
			}
			_, hi := s.rows.Interval(i, dist)
			return hi
		}
		return r
	}
	r.tile = min(n, 256)
	r.fast = func(dst []float32, i int32, to []int32) {
		for t, j := range to {
			dst[t] = float32(s.exact(i, j))
		}
	}
	r.limit = func(i int, dist float64) float32 {
		return math.Nextafter32(float32(dist), float32(math.Inf(1)))
	}
	return r
}

// spanner joins sets of rows by the shortest links between them until they are
// one (Borůvka, 1926, O jistém problému minimálním). It knows some neighbours of
// each row, and of each row a link that none it does not know of comes before. So
// it can often tell the first link that leaves a set, and else compares the rows in
// doubt with all others; the answer is the same.
type spanner struct {
	*ruler
	n     int
	sets  disjoint
	core  []float64 // core distances, or nil
	lists *Graph    // exact, or nil
	near  []link    // of each row, a link that was found by comparing all
	bound []link    // of each row: what is neither in lists nor near and leaves its set does not come before
	label []int32   // of each row, the number of its set
	all   []int32   // 0 … n−1
	found []Edge
	stage *watch.Stage
}

// newSpanner takes sets that are to be joined. Lists, which may be nil, hold exact
// neighbours, core the core distances or nil.
func newSpanner(ctx context.Context, s space, sets disjoint, lists *Graph, core []float64) (*spanner, error) {
	n := len(sets)
	if s, ok := s.(*screened); ok {
		if err := s.rows.Prepare(ctx); err != nil {
			return nil, err
		}
	}
	p := &spanner{ruler: newRuler(s, n), n: n, sets: sets, lists: lists, core: core, near: make([]link, n), bound: make([]link, n), all: make([]int32, n)}
	for i := range n {
		p.all[i], p.near[i] = int32(i), noLink
		p.bound[i] = link{weight: p.reach(int32(i), int32(i), 0)}
		if lists != nil {
			indices, distances := lists.Row(i)
			last := p.link(int32(i), indices[lists.K-1], distances[lists.K-1])
			last.weight = p.reach(int32(i), int32(i), last.dist) // another row may have the lower core distance
			p.bound[i] = last
			if lists.K == n-1 {
				p.bound[i] = noLink
			}
		}
	}
	_, count := sets.labels()
	p.stage = watch.Start(ctx, "spanning tree", count-1)
	return p, nil
}

// reach returns the mutual reachability distance, or the distance where no core
// distances are given.
func (p *spanner) reach(i, j int32, dist float64) float64 {
	if p.core == nil {
		return dist
	}
	return max(dist, p.core[i], p.core[j])
}

func (p *spanner) link(i, j int32, dist float64) link {
	return link{p.reach(i, j, dist), dist, min(i, j), max(i, j)}
}

// pairsMost is how many sets may be left for the shortest links between all pairs
// of them to be kept.
const pairsMost = 256

// span joins all sets. The links found are in p.found.
func (p *spanner) span(ctx context.Context) error {
	for {
		var count int
		if p.label, count = p.sets.labels(); count == 1 {
			return ctx.Err()
		}
		first, err := p.known(ctx)
		if err != nil {
			return err
		}
		best, bound := make([]link, count), make([]link, count)
		for c := range count {
			best[c], bound[c] = noLink, noLink
		}
		for i, c := range p.label {
			if first[i].before(best[c]) {
				best[c] = first[i]
			}
			if p.bound[i].before(bound[c]) {
				bound[c] = p.bound[i]
			}
		}
		sure := 0
		for c := range count {
			if best[c] != noLink && !bound[c].before(best[c]) {
				sure++
			}
		}
		// A round without comparing rows costs next to nothing, but must join
		// enough for rounds to be few.
		switch {
		case sure*8 >= count:
			for c := range count {
				if bound[c].before(best[c]) {
					best[c] = noLink
				}
			}
		case count <= pairsMost:
			best, err = p.pairs(ctx, count)
		default:
			err = p.compare(ctx, best)
		}
		if err != nil {
			return err
		}
		if p.join(best) == 0 {
			return errNaN
		}
	}
}

// errNaN says that a function gave distances that are not numbers.
var errNaN = errors.New("the metric gives distances that are not numbers")

// join adds the links that join sets, in their order, and returns how many.
func (p *spanner) join(links []link) int {
	slices.SortFunc(links, func(a, b link) int {
		switch {
		case a.before(b):
			return -1
		case b.before(a):
			return 1
		}
		return 0
	})
	before := len(p.found)
	for _, l := range links {
		if l != noLink && p.sets.unite(l.a, l.b) {
			p.found = append(p.found, Edge{l.a, l.b, l.weight})
		}
	}
	added := len(p.found) - before
	p.stage.Add(added)
	return added
}

// known returns of each row the first link that leaves its set, among those that
// are known.
func (p *spanner) known(ctx context.Context) ([]link, error) {
	first := make([]link, p.n)
	err := par.Blocks(ctx, p.n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own, best := p.label[i], noLink
			if l := p.near[i]; l != noLink && p.label[l.a] != p.label[l.b] {
				best = l
			}
			if p.lists != nil {
				indices, distances := p.lists.Row(i)
				for k, j := range indices {
					if p.label[j] == own {
						continue
					}
					if l := p.link(int32(i), j, distances[k]); l.before(best) {
						best = l
					}
					if p.core == nil {
						break // the others are farther
					}
				}
			}
			first[i] = best
		}
	})
	return first, err
}

// together is how many rows share one pass over all others.
const together = 16

// compare makes best the first links that leave each set, by comparing the rows
// that may have an earlier one than is known.
func (p *spanner) compare(ctx context.Context, best []link) error {
	var rows []int32
	for i, c := range p.label {
		if p.bound[i].before(best[c]) {
			rows = append(rows, int32(i))
		}
	}
	type scratch struct {
		tile  []float32
		best  [together]link
		limit [together]float32
	}
	err := par.BlocksWith(ctx, len(rows), together, func() *scratch { return &scratch{tile: make([]float32, p.tile)} }, func(s *scratch, lo, hi int) {
		for q, i := range rows[lo:hi] {
			s.best[q] = best[p.label[i]]
			s.limit[q] = p.limit(int(i), s.best[q].weight)
		}
		for to := range slices.Chunk(p.all, p.tile) {
			for q, i := range rows[lo:hi] {
				if ctx.Err() != nil {
					return
				}
				own, limit := p.label[i], s.limit[q]
				p.fast(s.tile, i, to)
				for t, j := range to {
					if s.tile[t] <= limit && p.label[j] != own {
						if l := p.link(i, j, p.exact(i, j)); l.before(s.best[q]) {
							s.best[q] = l
							limit = p.limit(int(i), l.weight)
						}
					}
				}
				s.limit[q] = limit
			}
		}
		for q, i := range rows[lo:hi] {
			// Nothing that leaves the set comes before, known or not.
			p.bound[i] = s.best[q]
			if l := s.best[q]; l.a == i || l.b == i {
				p.near[i] = l
			}
		}
	})
	for _, i := range rows {
		if l, c := p.bound[i], p.label[i]; l.before(best[c]) {
			best[c] = l
		}
	}
	return err
}

// pairs returns the first links between all pairs of sets.
func (p *spanner) pairs(ctx context.Context, count int) ([]link, error) {
	at := func(c, e int32) int { // of two sets
		c, e = max(c, e), min(c, e)
		return int(c)*(int(c)-1)/2 + int(e)
	}
	start := make([]link, count*(count-1)/2)
	for k := range start {
		start[k] = noLink
	}
	offer := func(l link) {
		if c, e := p.label[l.a], p.label[l.b]; c != e {
			if k := at(c, e); l.before(start[k]) {
				start[k] = l
			}
		}
	}
	for i := range p.n {
		if l := p.near[i]; l != noLink {
			offer(l)
		}
		if p.lists != nil {
			indices, distances := p.lists.Row(i)
			for k, j := range indices {
				offer(p.link(int32(i), j, distances[k]))
			}
		}
	}
	// A link is news only where the bounds of both its rows allow it.
	var rows []int32
	for i, c := range p.label {
		for e := range int32(count) {
			if e != c && p.bound[i].before(start[at(c, e)]) {
				rows = append(rows, int32(i))
				break
			}
		}
	}
	type scratch struct {
		best  []link
		tile  []float32
		limit [together][]float32
	}
	var mu sync.Mutex
	var all []*scratch
	err := par.BlocksWith(ctx, len(rows), together, func() *scratch {
		s := &scratch{best: slices.Clone(start), tile: make([]float32, p.tile)}
		for q := range s.limit {
			s.limit[q] = make([]float32, count)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, s)
		return s
	}, func(s *scratch, lo, hi int) {
		limit := func(i, c int32) float32 {
			l := s.best[at(p.label[i], c)]
			if l.before(p.bound[i]) || p.core != nil && p.core[i] > l.weight {
				return -1
			}
			return p.limit(int(i), l.weight)
		}
		for q, i := range rows[lo:hi] {
			for c := range int32(count) {
				s.limit[q][c] = -1
				if c != p.label[i] {
					s.limit[q][c] = limit(i, c)
				}
			}
		}
		for to := range slices.Chunk(rows[lo+1:], p.tile) {
			for q, i := range rows[lo:hi] {
				if ctx.Err() != nil {
					return
				}
				limits := s.limit[q]
				p.fast(s.tile, i, to)
				for t, j := range to {
					c := p.label[j]
					if s.tile[t] > limits[c] {
						continue
					}
					l := p.link(i, j, p.exact(i, j))
					if k := at(p.label[i], c); l.before(s.best[k]) {
						s.best[k] = l
						limits[c] = limit(i, c)
					}
				}
			}
		}
	})
	for _, s := range all {
		for k, l := range s.best {
			if l.before(start[k]) {
				start[k] = l
			}
		}
	}
	return start, err
}

// shortest spans, and returns the edges found, sorted. The error is a
// *mat32.DegenerateError by method where one is too long for float64.
func (p *spanner) shortest(ctx context.Context, method string) ([]Edge, error) {
	if err := p.span(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	slices.SortFunc(p.found, shorter)
	return p.found, finite(method, p.found)
}

// finite returns an error where the last of sorted edges is too long for float64.
func finite(method string, edges []Edge) error {
	if last := len(edges) - 1; last >= 0 && math.IsInf(edges[last].Distance, 1) {
		return &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("the distance from row %d to row %d exceeds the largest float64: rescale the data", edges[last].I, edges[last].J)}
	}
	return nil
}
