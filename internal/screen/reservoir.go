package screen

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Where many neighbours are asked for, heaps cost more than products: a row meets
// some k·ln(n/k) others that are among the nearest so far, each of which is measured
// and sifted. A reservoir takes them by their fast values, as they come, and loses
// all but the lowest when it is full; exactly measured are those k that stay, and
// what rounding cannot tell from them.
//
// Every block of rows meets all others by itself, so that each pair is multiplied
// twice, and reservoirs are the scratch of one goroutine. Nothing depends on what is
// dropped being far: when a row's neighbours are measured, the last shows whether
// they are proven nearer than all that was dropped, or the row is unsettled.
const (
	reservoirNeighbors = 64 // from which on it pays
	mostNeighbors      = 1024
	reservoirRows      = 2048
	leastColumns       = 8   // fewer, and most blocks are apart
	manyColumns        = 128 // more, and multiplying twice does not pay
)

// plenty reports whether reservoirs suit k neighbours of each row.
func (r *Rows) plenty(k int) bool {
	return k >= reservoirNeighbors && k <= mostNeighbors && r.n >= max(reservoirRows, 8*k) && r.d >= leastColumns && r.d <= manyColumns && r.fits
}

// reservoirs is a search by them.
type reservoirs struct {
	*search
	panels []panel // of all blocks, in the global frame

	// What products of any two rows may be off, and how far two rows may have been
	// moved, in the frame.
	blur, slack float64

	unsettled atomic.Int64
	mu        sync.Mutex
	rows      []int32 // unsettled
}

// reservoirs prepares a search for k neighbours of each row.
func (r *Rows) reservoirs(ctx context.Context, k int, indices []int32, distances []float64) (*reservoirs, error) {
	s := &reservoirs{search: &search{from: r, among: r, k: k, indices: indices, distances: distances}}
	var err error
	if s.left, err = r.cut(ctx, nil); err != nil {
		return nil, err
	}
	s.right = s.left
	n := s.left.count()
	s.panels, s.centers = make([]panel, n), make([]ball, n)
	s.others = s.centers
	s.global = frame{r.center, r.fit}
	s.tolerances()
	err = par.BlocksWith(ctx, n, 1, func() []float64 { return make([]float64, r.d) }, func(buf []float64, I, _ int) {
		s.centers[I].enclose(r, nil, s.left.at(I), buf)
		s.panels[I].fill(r, s.left.at(I), s.global, buf)
	})
	s.tell()
	return s, err
}

// run finds all neighbours. It gives up, with false, where rounding leaves too many rows
// unsettled.
func (s *reservoirs) run(ctx context.Context) (done bool, err error) {
	n := s.left.count()
	hire := func() *filler {
		return &filler{worker: s.hire(ctx), rows: make([]reservoir, s.left.size), gaps: make([]gap, n)}
	}
	s.report = &progress{stage: watch.Start(ctx, "neighbours", s.from.n), total: n, all: s.from.n}
	few := int64(max(16, s.from.n/128)) // that cost less to measure than to search anew
	err = par.BlocksWith(ctx, n, 1, hire, func(w *filler, I, _ int) {
		if s.unsettled.Load() <= few && s.serve(w, I) {
			s.report.add(1)
		}
	})
	if err != nil || s.unsettled.Load() > few {
		return false, err
	}
	err = par.BlocksWith(ctx, len(s.rows), 1, func() *worker { return s.hire(ctx) }, func(w *worker, t, _ int) {
		s.measureAll(w, s.rows[t])
	})
	return err == nil, err
}

// measureAll finds the neighbours of an unsettled row among all others.
func (s *reservoirs) measureAll(w *worker, i int32) {
	h := s.heap(i)
	h.reset()
	for j := range int32(s.from.n) {
		if j%4096 == 0 && w.ctx.Err() != nil {
			return
		}
		if j != i {
			h.offer(w.ruler.exact(i, j), j)
		}
	}
	h.sort()
}

// reservoir holds the rows that may be among the nearest of one, by fast value.
type reservoir struct {
	items []keyed
	limit float32 // of values: those at or above it were dropped
	lost  bool    // too many could not be told apart
}

// keep drops all but the n lowest values, and those within margin of them.
func (v *reservoir) keep(n int, margin func(value float32) float32) {
	divide(v.items, n)
	highest := v.items[0].key
	for _, c := range v.items[1:n] {
		highest = max(highest, c.key)
	}
	v.limit = min(v.limit, highest+margin(highest))
	kept := n
	for _, c := range v.items[n:] {
		if c.key < v.limit {
			v.items[kept] = c
			kept++
		}
	}
	v.items = v.items[:kept]
}

// thin drops values, but not the n lowest, with those that fall into the same bins of
// their range; it costs less than keep. It drops none where bins are narrower than the
// margin.
func (v *reservoir) thin(n int, margin func(value float32) float32) {
	const bins = 128
	low, high := v.items[0].key, v.items[0].key
	for _, c := range v.items[1:] {
		low, high = min(low, c.key), max(high, c.key)
	}
	scale := (bins - 1) / (high - low)
	if !(scale > 0 && scale*margin(high) < 1) {
		return
	}
	var count [bins]int32
	for _, c := range v.items {
		count[uint32((c.key-low)*scale)%bins]++
	}
	last, sum := 0, int(count[0])
	for sum < n {
		last++
		sum += int(count[last])
	}
	last++ // with room for what rounding hides
	kept, dropped := 0, v.limit
	for _, c := range v.items {
		v.items[kept] = c
		if int((c.key-low)*scale) <= last {
			kept++
		} else {
			dropped = min(dropped, c.key)
		}
	}
	v.items, v.limit = v.items[:kept], dropped
}

// sorter puts rows in order: into bins by distance first, as these are of one scale.
type sorter struct {
	binned []near
	start  []int32
}

func (w *sorter) sort(all []near) {
	low, high := all[0].dist, all[0].dist
	for _, c := range all[1:] {
		low, high = min(low, c.dist), max(high, c.dist)
	}
	bins := len(all)
	scale := float64(bins-1) / (high - low)
	if !(scale > 0 && scale <= math.MaxFloat64) {
		slices.SortFunc(all, compare)
		return
	}
	w.binned, w.start = sized(w.binned, bins), sized(w.start, bins+1)
	clear(w.start)
	for _, c := range all {
		w.start[int((c.dist-low)*scale)+1]++
	}
	for t := range bins {
		w.start[t+1] += w.start[t]
	}
	for _, c := range all {
		at := &w.start[int((c.dist-low)*scale)]
		w.binned[*at] = c
		*at++
	}
	copy(all, w.binned)
	for t := 1; t < bins; t++ {
		c, at := all[t], t
		for ; at > 0 && c.before(all[at-1]); at-- {
			all[at] = all[at-1]
		}
		all[at] = c
	}
}

// gap is how far a block is at least.
type gap struct {
	apart float64
	block int
}

// filler is a worker with reservoirs for the rows of a block.
type filler struct {
	*worker
	rows []reservoir
	gaps []gap
	near []near
	sorter
}

// serve finds the neighbours of the rows of block I. It returns false when cancelled.
func (s *reservoirs) serve(w *filler, I int) bool {
	rows := s.panels[I].rows
	w.tile.SetA(s.panels[I].data, s.from.d)
	for J := range w.gaps {
		w.gaps[J] = gap{s.gap(I, J), J}
	}
	w.gaps[I].apart = math.Inf(-1)
	slices.SortFunc(w.gaps, func(a, b gap) int {
		switch {
		case a.apart < b.apart:
			return -1
		case a.apart > b.apart:
			return 1
		}
		return a.block - b.block
	})
	own := w.rows[:len(rows)]
	for i := range own {
		own[i] = reservoir{items: own[i].items[:0], limit: float32(math.Inf(1))}
	}
	full := 2*s.k + 64
	reach, skipped := math.Inf(1), math.Inf(1)
	for _, next := range w.gaps {
		if w.ctx.Err() != nil {
			return false
		}
		if next.apart > reach {
			skipped = next.apart
			break
		}
		if !s.pour(w, own, I, next.block) {
			continue
		}
		most := float32(0)
		for i := range own {
			v := &own[i]
			if len(v.items) >= full && !v.lost {
				v.thin(s.k, s.margin)
				if len(v.items) > 2*full/3 {
					v.keep(s.k, s.margin)
				}
				if len(v.items) > 2*full/3 {
					v.lost, v.limit = true, float32(math.Inf(-1))
				}
			}
			most = max(most, v.limit)
		}
		reach = math.Sqrt(float64(most))*(1+0x1p-20)/s.global.scale + 2*s.slack/s.global.scale
	}
	for i := range own {
		if !own[i].lost && s.settle(w, &own[i], rows[i], skipped) {
			continue
		}
		s.unsettled.Add(1)
		s.mu.Lock()
		s.rows = append(s.rows, rows[i])
		s.mu.Unlock()
	}
	return true
}

// tell sets what rounding may hide.
func (s *reservoirs) tell() {
	most := 0.
	for J := range s.centers {
		c := &s.centers[J]
		most = max(most, (math.Sqrt(kernel.SquaredDistance64(c.center, s.global.center))+c.radius)*s.global.scale)
	}
	loss := kernel.DotError32(s.from.d) + 9*0x1p-24
	s.blur = 8*loss*most*most + underflow(s.from.d)
	s.slack = 2 * moved(most*most, s.from.d)
}

// margin returns by how much the value of a row may exceed the given one though it is as
// near.
func (s *reservoirs) margin(value float32) float32 {
	v := max(float64(value), 0) + s.blur
	return float32(s.blur + 4*s.slack*math.Sqrt(v) + 4*s.slack*s.slack + v*0x1p-20)
}

// pour lets the rows of block I, which w.tile holds, meet those of block J. It returns
// false where nothing came of it.
func (s *reservoirs) pour(w *filler, own []reservoir, I, J int) bool {
	a, b := &s.panels[I], &s.panels[J]
	n := len(b.rows)
	w.dots, w.hits, w.values = sized(w.dots, len(own)*n), sized(w.hits, n), sized(w.values, n)
	w.tile.SetB(b.data, s.from.d)
	w.tile.Mul(w.dots, n)
	any := false
	for i := range own {
		v := &own[i]
		found := kernel.Below32(w.hits, w.values, w.dots[i*n:(i+1)*n], b.norms, nil, a.norms[i], v.limit)
		for t, j := range w.hits[:found] {
			if J != I || int(j) != i {
				v.items = append(v.items, keyed{w.values[t], b.rows[j]})
			}
		}
		any = any || found > 0
	}
	return any
}

// settle measures what is left for a row, and reports whether it is proven to
// hold the nearest: all that was dropped has a value of limit or more, or is at least
// skipped apart.
func (s *reservoirs) settle(w *filler, v *reservoir, row int32, skipped float64) bool {
	if v.thin(s.k, s.margin); len(v.items) > s.k+s.k/2 {
		v.keep(s.k, s.margin)
	}
	w.near = w.near[:0]
	for _, c := range v.items {
		w.near = append(w.near, near{w.ruler.exact(row, c.row), c.row})
	}
	w.sort(w.near)
	top := s.stretch(w.near[s.k-1].dist)
	if !(top < skipped) || !(limit(top, s.global.scale, s.slack, underflow(s.from.d)) <= v.limit) {
		return false
	}
	h := s.heap(row)
	for t, c := range w.near[:s.k] {
		h.indices[t], h.distances[t] = c.row, c.dist
	}
	return true
}
