package screen

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Nearest writes the k nearest other rows of every row i, nearest first and those
// at equal distance by index, to indices[i·k:] and their exact distances to
// distances[i·k:].
//
// Every pair of blocks of rows is multiplied once, along leading directions where
// these tell most pairs apart, or not at all where the blocks are too far from each
// other; twice where k is large. Time at most n²/2 products of rows, or n² of them, memory 4·n·m bytes for m ≤ 128
// columns. It reports the stage "neighbours", a unit a row. The error is
// ctx.Err(). A distance is +Inf where float64 cannot hold it.
func (r *Rows) Nearest(ctx context.Context, k int, indices []int32, distances []float64) error {
	if r.given != nil {
		return r.nearestGiven(ctx, k, indices, distances)
	}
	if r.plenty(k) {
		s, err := r.reservoirs(ctx, k, indices, distances)
		if err != nil {
			return err
		}
		if done, err := s.run(ctx); done || err != nil {
			return err
		}
	}
	s, err := r.among(ctx)
	if err != nil {
		return err
	}
	s.k, s.indices, s.distances = k, indices, distances
	return s.run(ctx)
}

// run lets all blocks of rows among themselves meet.
func (s *search) run(ctx context.Context) error {
	if err := s.diagonal(ctx); err != nil {
		return err
	}
	if err := s.bands(ctx); err != nil {
		return err
	}
	return s.sort(ctx)
}

// among prepares the search of the rows of r among themselves.
func (r *Rows) among(ctx context.Context) (*search, error) {
	s := &search{from: r, among: r, same: true}
	var err error
	if s.near, err = r.Reduced(ctx); err != nil {
		return nil, err
	}
	s.near2 = s.near
	if s.left, err = r.cut(ctx, s.near); err != nil {
		return nil, err
	}
	s.right = s.left
	s.centers = make([]ball, s.left.count())
	s.others = s.centers
	n := s.left.count()
	s.prepare(ctx, frame{r.center, r.fit}, n*(n+1)/2)
	return s, nil
}

// prepare completes a search in the frame that holds all rows, of so many meetings.
func (s *search) prepare(ctx context.Context, f frame, meetings int) {
	n := s.left.count()
	s.global = f
	if s.near != nil {
		s.global = frame{scale: s.near.scale}
	}
	s.tolerances()
	s.tops = make([]float64, s.from.n)
	s.fine = make([]bool, n)
	s.locks = make([]sync.Mutex, n)
	s.report = &progress{stage: watch.Start(ctx, "neighbours", s.from.n), total: meetings, all: s.from.n}
}

// tolerances sets what exact distances may be off.
func (s *search) tolerances() {
	s.rel = s.from.rel64
	s.tiny = math.Sqrt(float64(s.from.d)) * 0x1p-536 // squares that underflow
	if s.from.unit < 1 {
		s.tiny += 0x1p-1073 / s.from.unit
	}
	s.none = s.stretch(0)
}

// mostPoints is how many columns the tree that orders rows looks at.
const mostPoints = 64

// cut orders the rows and cuts them into blocks: along their reduced columns, or along
// all where they are few.
func (r *Rows) cut(ctx context.Context, near *Reduced) (*blocks, error) {
	size := r.size
	switch {
	case size > 0:
	case near == nil && r.d >= 256:
		size = 512 // what a block costs to load is shared by more
	case r.n < 4096 || r.d < 8:
		size = 128 // few blocks for many cores, or blocks of which most are apart
	default:
		size = 256
	}
	if near != nil {
		return arrange(ctx, near.Data, near.M, size)
	}
	if r.d > mostPoints || r.n <= size {
		return inOrder(r.n, size), nil
	}
	points := make([]float32, r.n*r.d)
	err := r.each(ctx, func(buf []float64, _, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, v := range r.row(buf, i) {
				points[i*r.d+j] = float32((v - r.center[j]) * r.fit)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return arrange(ctx, points, r.d, size)
}

// diagonal lets the rows of every block meet.
func (s *search) diagonal(ctx context.Context) error {
	return par.BlocksWith(ctx, s.left.count(), 1, func() *worker { return s.worker(ctx) }, func(w *worker, I, _ int) {
		c := &s.centers[I]
		s.open(I)
		c.enclose(s.from, s.near, s.left.at(I), w.buf)
		f := s.global
		if s.near == nil {
			f = fitting(c.center, c.radius)
		}
		w.lead(I, f)
		if !w.meet(I, I, f) {
			return
		}
		s.fine[I] = s.needs(I)
		s.report.add(1)
	})
}

// open makes the rows of block I look for neighbours, wherever they are.
func (s *search) open(I int) {
	for k, i := range s.left.at(I) {
		top := s.stretch(s.radius)
		if s.found == nil {
			s.heap(i).reset()
			top = math.Inf(1)
		}
		s.tops[I*s.left.size+k] = top
	}
}

// enclose finds the ball of rows, of r or where they are reduced of those.
func (b *ball) enclose(r *Rows, near *Reduced, rows []int32, buf []float64) {
	d, row := r.d, func(i int32) []float64 { return r.row(buf, int(i)) }
	if near != nil {
		d, row = near.M, func(i int32) []float64 {
			for j, v := range near.Data[int(i)*near.M:][:near.M] {
				buf[j] = float64(v)
			}
			return buf[:near.M]
		}
	}
	b.first = slices.Min(rows)
	b.center = make([]float64, d)
	for _, i := range rows {
		for j, v := range row(i) {
			b.center[j] += v
		}
	}
	for j := range b.center {
		b.center[j] /= float64(len(rows))
	}
	most := 0.
	for _, i := range rows {
		most = max(most, kernel.SquaredDistance64(row(i), b.center))
	}
	b.radius = math.Sqrt(most)*(1+r.rel64) + math.Sqrt(float64(d))*0x1p-536
	if near != nil { // in units of distance, with room for rounding
		slack := 0.
		for _, i := range rows {
			slack = max(slack, near.slack[i])
		}
		b.radius += slack
	}
}

// look notes how far the rows of block I look for neighbours.
func (s *search) look(I int) {
	s.locks[I].Lock()
	defer s.locks[I].Unlock()
	tops := s.tops[I*s.left.size:][:len(s.left.at(I))]
	s.centers[I].reach.Store(math.Float64bits(slices.Max(tops)))
}

// typical returns how far the middle one of the rows of block I looks, of those
// that have any row apart from them.
func (s *search) typical(I int) float64 {
	tops := slices.Clone(s.tops[I*s.left.size:][:len(s.left.at(I))])
	slices.Sort(tops)
	same, _ := slices.BinarySearch(tops, math.Nextafter(s.none, 1))
	if same == len(tops) {
		return math.Inf(1)
	}
	return tops[(same+len(tops))/2]
}

// needs reports whether rounding in the global frame would blur distances as
// small as those at which the rows of block I find neighbours.
func (s *search) needs(I int) bool {
	if s.near != nil {
		return false
	}
	b := &s.centers[I]
	norm := math.Sqrt(kernel.SquaredDistance64(b.center, s.global.center)) + b.radius
	rounding := 4 * norm * norm * (kernel.DotError32(s.from.d) + 9*0x1p-24)
	typical := s.typical(I)
	return typical*typical*0.05 < rounding
}

// gap returns how far all rows of block I of left and block J of right are apart
// at least, in units of unit.
func (s *search) gap(I, J int) float64 {
	a, b := &s.centers[I], &s.others[J]
	gap := math.Sqrt(kernel.SquaredDistance64(a.center, b.center))*(1-s.rel) - a.radius - b.radius
	if s.near != nil {
		gap /= s.near.scale * (1 + s.rel)
	}
	return gap
}

// apart reports whether no row of block I and no row of block J look as far as the other
// block.
func (s *search) apart(I, J int) bool {
	gap := s.gap(I, J)
	return gap > math.Float64frombits(s.centers[I].reach.Load()) && gap > math.Float64frombits(s.others[J].reach.Load())
}

// between returns the frame for block I of left and block J of right.
func (s *search) between(middle []float64, I, J int) frame {
	a, b := &s.centers[I], &s.others[J]
	for j, v := range a.center {
		middle[j] = v/2 + b.center[j]/2
	}
	return fitting(middle, math.Sqrt(kernel.SquaredDistance64(a.center, b.center))+max(a.radius, b.radius))
}

// bands lets blocks meet, those that are next to each other first.
func (s *search) bands(ctx context.Context) error {
	s.rest()
	const width = 8 // blocks that one task compares with another
	n := s.left.count()
	type task struct{ I, lo, hi int }
	var tasks []task
	for lo := 1; lo < n; lo += width {
		for I := range n - lo {
			tasks = append(tasks, task{I, I + lo, min(I+lo+width, n)})
		}
	}
	return par.BlocksWith(ctx, len(tasks), 1, func() *worker { return s.worker(ctx) }, func(w *worker, t, _ int) {
		I := tasks[t].I
		loaded := false // w.a holds block I in the global frame
		for J := tasks[t].lo; J < tasks[t].hi; J++ {
			if ctx.Err() != nil {
				return
			}
			if s.apart(I, J) {
				continue
			}
			f := s.global
			own := s.fine[I] || s.fine[J]
			if own {
				f = s.between(w.middle, I, J)
				loaded = false
			}
			if !loaded {
				w.lead(I, f)
				loaded = !own
			}
			if !w.meet(I, J, f) {
				return
			}
		}
		s.report.add(tasks[t].hi - tasks[t].lo)
	})
}

// sort puts the heaps in order.
func (s *search) sort(ctx context.Context) error {
	return par.Blocks(ctx, s.from.n, 1024, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			if s.found != nil {
				slices.SortFunc(s.found[i], compare)
			} else {
				s.heap(int32(i)).sort()
			}
		}
	})
}
