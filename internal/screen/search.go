package screen

import (
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/watch"
)

// search finds the nearest among the rows of one matrix for the rows of another, or the
// same, by filter and refine.
//
// Both are cut into blocks. The product of two blocks, float32, gives for every
// pair a number that is proven not to exceed its squared distance; a pair whose
// number shows that it is too far for the heaps of both its rows is done with,
// every other one is measured exactly and offered to the heaps. So the heaps hold
// in the end the nearest rows by exact distance, whatever the order in which
// blocks met: nothing depends on the number of cores.
type search struct {
	from, among *Rows
	left, right *blocks // rows of from, of among
	same        bool    // from and among are one, so that each pair serves both its rows

	tops      []float64 // for the rows in the order of left, how far they look: stretch of the last in the heap
	k         int
	indices   []int32 // heaps of the rows of from
	distances []float64

	// Instead of heaps, all within a radius, up to so many bytes.
	found  [][]near
	radius float64
	room   func(pairs int64) error
	over   atomic.Bool
	held   atomic.Int64 // pairs

	centers, others []ball // of the blocks of left and right; one where they are the same
	fine            []bool // blocks that need a frame of their own
	locks           []sync.Mutex
	global          frame
	near, near2     *Reduced // what to make products of instead of the rows of from and among, or nil

	rel    float64 // twice the relative error of an exact distance
	none   float64 // stretch of zero
	tiny   float64 // what an exact distance may be off beside that, in units of unit
	report *progress

	measured atomic.Int64 // pairs

	hiring     sync.Mutex
	crew, idle []*worker
}

// ball holds the rows of a block.
type ball struct {
	center []float64
	radius float64
	first  int32         // the lowest row
	reach  atomic.Uint64 // bits of how far, in units of unit, its rows looked for neighbours when last looked at
}

// heap returns that of row i of from.
func (s *search) heap(i int32) heap {
	lo, hi := int(i)*s.k, (int(i)+1)*s.k
	return heap{s.indices[lo:hi:hi], s.distances[lo:hi:hi]}
}

// limit returns the number that shows a row to be farther than top, in a frame of
// the given scale where rows may have been moved by slack, and width columns make
// the product.
func limit(top, scale, slack, width float64) float32 {
	t := top*scale + slack
	l := t*t*(1+0x1p-22) + width // more than rounding to float32 takes away
	if !(l < math.MaxFloat32) {
		return float32(math.Inf(1))
	}
	return float32(l)
}

// stretch returns a distance that no two rows can exceed whose exact distance, as
// measured, is dist; in units of unit.
func (s *search) stretch(dist float64) float64 {
	return dist/s.from.unit*(1+s.rel) + s.tiny
}

// candidate is a row that may be among the nearest.
type candidate struct {
	at    int32 // in its block, of the row that looks for neighbours
	row   int32
	value float32
}

// worker is the scratch of one goroutine.
type worker struct {
	s          *search
	ctx        context.Context
	ruler      *ruler
	tile       kernel.Tile32
	a, b       panel
	buf        []float64
	middle     []float64
	dots       []float32
	hits       []int32
	values     []float32
	rowLimits  []float32
	colLimits  []float32
	rows, cols []candidate
}

// worker returns one that no goroutine of this phase uses.
func (s *search) worker(ctx context.Context) *worker {
	s.hiring.Lock()
	defer s.hiring.Unlock()
	if n := len(s.idle); n > 0 {
		w := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return w
	}
	w := s.hire(ctx)
	s.crew = append(s.crew, w)
	return w
}

// rest makes the workers of a phase free for the next.
func (s *search) rest() { s.idle = slices.Clone(s.crew) }

func (s *search) hire(ctx context.Context) *worker {
	return &worker{s: s, ctx: ctx, ruler: newRuler(s.from, s.among), buf: make([]float64, s.from.d), middle: make([]float64, s.from.d)}
}

// width returns the columns that make a product.
func (s *search) width() int {
	if s.near != nil {
		return s.near.M
	}
	return s.from.d
}

// lead makes w.a of a block of left.
func (w *worker) lead(block int, f frame) {
	if w.s.near != nil {
		w.s.near.fill(&w.a, w.s.left.at(block))
	} else {
		w.a.fill(w.s.from, w.s.left.at(block), f, w.buf)
	}
	w.tile.SetA(w.a.data, w.s.width())
}

// follow makes w.b of a block of right.
func (w *worker) follow(block int, f frame) {
	if w.s.near != nil {
		w.s.near2.fill(&w.b, w.s.right.at(block))
	} else {
		w.b.fill(w.s.among, w.s.right.at(block), f, w.buf)
	}
}

// limits returns for the rows of a block of left the numbers that show rows of
// other, the first of which is first, to be too far; open is false when all of
// them are.
func (w *worker) limits(dst []float32, block int, own, other *panel, first int32, scale float64) (limits []float32, open bool) {
	s := w.s
	dst = sized(dst, len(own.rows))
	width := underflow(s.width())
	s.locks[block].Lock()
	defer s.locks[block].Unlock()
	for k, top := range s.tops[block*s.left.size:][:len(own.rows)] {
		if top == s.none && s.found == nil { // all that the row has is at distance zero
			if h := s.heap(own.rows[k]); h.indices[0] < first {
				dst[k] = float32(math.Inf(-1)) // and nothing can come before it
				continue
			}
		}
		dst[k] = limit(top, scale, own.slack[k]+other.most, width)
		open = true
	}
	return dst, open
}

// meet looks at all pairs of block I of left, which w.a holds in the frame, and block J
// of right. It returns false when cancelled.
func (w *worker) meet(I, J int, f frame) bool {
	s := w.s
	if s.over.Load() {
		return false
	}
	width := s.width()
	own := s.same && I == J
	b := &w.a
	if !own {
		b = &w.b
		w.follow(J, f)
	}
	var rowsOpen, colsOpen bool
	w.rowLimits, rowsOpen = w.limits(w.rowLimits, I, &w.a, b, s.others[J].first, f.scale)
	var colLimits []float32
	if s.same && !own {
		w.colLimits, colsOpen = w.limits(w.colLimits, J, b, &w.a, s.centers[I].first, f.scale)
		colLimits = w.colLimits
	}
	if !rowsOpen && !colsOpen {
		return true
	}
	n := len(b.rows)
	w.dots, w.hits, w.values = sized(w.dots, len(w.a.rows)*n), sized(w.hits, n), sized(w.values, n)
	w.tile.SetB(b.data, width)
	w.tile.Mul(w.dots, n)
	w.rows, w.cols = w.rows[:0], w.cols[:0]
	for i := range w.a.rows {
		limit := w.rowLimits[i]
		found := kernel.Below32(w.hits, w.values, w.dots[i*n:(i+1)*n], b.norms, colLimits, w.a.norms[i], limit)
		for t, j := range w.hits[:found] {
			v := w.values[t]
			if v < limit && !(own && i == int(j)) {
				w.rows = append(w.rows, candidate{int32(i), b.rows[j], v})
			}
			if colLimits != nil && v < colLimits[j] {
				w.cols = append(w.cols, candidate{j, w.a.rows[i], v})
			}
		}
		if math.IsInf(float64(limit), 1) { // they are all there, and are done with at once
			if !w.refine(I, &w.a, b, w.rows, w.rowLimits, f.scale) {
				return false
			}
			w.rows = w.rows[:0]
		}
	}
	if !w.refine(I, &w.a, b, w.rows, w.rowLimits, f.scale) {
		return false
	}
	s.look(I)
	if colLimits == nil {
		return true
	}
	if !w.refine(J, b, &w.a, w.cols, w.colLimits, f.scale) {
		return false
	}
	s.look(J)
	return true
}

// refine measures candidates of the rows of a block of left and offers them to their
// heaps. It returns false when cancelled.
func (w *worker) refine(block int, own, other *panel, all []candidate, limits []float32, scale float64) bool {
	if len(all) == 0 {
		return true
	}
	s := w.s
	width := underflow(s.width())
	tops := s.tops[block*s.left.size:]
	measured, kept := int64(0), int64(0)
	s.locks[block].Lock()
	defer s.locks[block].Unlock()
	for len(all) > 0 {
		at := all[0].at
		n := 1
		for n < len(all) && all[n].at == at {
			n++
		}
		group := all[:n]
		all = all[n:]
		if w.ctx.Err() != nil {
			return false
		}
		i := own.rows[at]
		if s.found != nil {
			for _, c := range group {
				if w.farther(i, c.row, tops[at]) {
					continue
				}
				measured++
				if dist := w.ruler.exact(i, c.row); dist <= s.radius {
					s.found[i] = append(s.found[i], near{dist, c.row})
					kept++
				}
			}
			continue
		}
		h := s.heap(i)
		if math.IsInf(h.distances[0], 1) && n > s.k {
			lowest(group, s.k) // they leave little to measure of the others
		}
		for _, c := range group {
			if c.value >= limits[at] || h.distances[0] == 0 && c.row > h.indices[0] {
				continue
			}
			if w.farther(i, c.row, tops[at]) {
				continue
			}
			measured++
			if h.offer(w.ruler.exact(i, c.row), c.row) {
				tops[at] = s.stretch(h.distances[0])
				limits[at] = limit(tops[at], scale, own.slack[at]+other.most, width)
			}
		}
	}
	s.measured.Add(measured)
	if s.found != nil && s.room(s.held.Add(kept)) != nil {
		s.over.Store(true)
		return false
	}
	return true
}

// farther reports whether rows i and j are surely farther from each other than top, as far
// as float32 can tell: what few columns let through is mostly that.
func (w *worker) farther(i, j int32, top float64) bool {
	s := w.s
	if s.near == nil || !s.from.borrows() || !s.among.borrows() {
		return false
	}
	d := s.from.d
	fast := kernel.SquaredDistance32(s.from.x32[int(i)*d:][:d], s.among.x32[int(j)*d:][:d])
	return float64(fast) > top*top*(1+2*kernel.Error32(d))+float64(d)*0x1p-149
}

// lowest moves the n candidates of lowest value, equal ones by index, to the front.
func lowest(c []candidate, n int) {
	before := func(a, b candidate) bool { return a.value < b.value || a.value == b.value && a.row < b.row }
	// A heap of the n lowest so far, the highest on top.
	down := func(i int) {
		for {
			child := 2*i + 1
			if child >= n {
				return
			}
			if child+1 < n && before(c[child], c[child+1]) {
				child++
			}
			if !before(c[i], c[child]) {
				return
			}
			c[i], c[child] = c[child], c[i]
			i = child
		}
	}
	for i := n/2 - 1; i >= 0; i-- {
		down(i)
	}
	for t := n; t < len(c); t++ {
		if before(c[t], c[0]) {
			c[t], c[0] = c[0], c[t]
			down(0)
		}
	}
}

// progress turns pairs of blocks into rows of a stage.
type progress struct {
	stage       *watch.Stage
	mu          sync.Mutex
	done, total int // pairs
	rows, all   int
}

func (p *progress) add(pairs int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += pairs
	if rows := int(float64(p.all) * float64(p.done) / float64(p.total)); rows > p.rows || p.done == p.total {
		if p.done == p.total {
			rows = p.all
		}
		p.stage.Add(rows - p.rows)
		p.rows = rows
	}
}
