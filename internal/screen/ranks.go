package screen

import (
	"context"
	"math"
	"slices"
	"sort"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Ranks writes to ranks the ranks of the k rows that rows lists for every row, from
// rows[i·k] on, as seen from that row i: 1 + the number of other rows that come
// before, by exact distance and by index at equal distance. No row is listed for
// itself. It reports the stage "ranks", a unit a row. The error is ctx.Err().
//
// Products of blocks, once a pair, bound the distances of all pairs from both sides; where
// the bounds do not tell on which side of a listed row another one is, it is
// measured. Beside the answer it takes 4·n·d bytes for the rows, packed, where these
// are not too large, and else packs them anew for every block, and for the rows in sight,
// some 4 KiB each, at most 128 MiB.
func (r *Rows) Ranks(ctx context.Context, k int, rows, ranks []int32) error {
	stage := watch.Start(ctx, "ranks", r.n)
	size := 256
	switch {
	case r.size > 0:
		size = r.size
	case r.n < 4096:
		size = 128
	}
	if r.given != nil {
		return par.BlocksWith(ctx, r.n, size, func() *ranker { return newRanker(ctx, r, k, size) }, func(w *ranker, lo, hi int) {
			for i := lo; i < hi; i++ {
				w.seen[i-lo].aim(r, w, i, rows[i*k:(i+1)*k])
			}
			if !w.countGiven(lo, hi) {
				return
			}
			for i := lo; i < hi; i++ {
				w.seen[i-lo].rank(ranks[i*k : (i+1)*k])
			}
			stage.Add(hi - lo)
		})
	}
	all, err := r.pack(ctx, size)
	if err != nil {
		return err
	}
	// A band of rows is in sight at a time; where all are, every pair is multiplied
	// once.
	blocks := len(all.blocks)
	band := min(blocks, max(1, mostSights/(size*sightBytes(k))))
	if r.band > 0 {
		band = min(blocks, r.band)
	}
	seen := newSights(min(band*size, r.n), k)
	locks := make([]sync.Mutex, band)
	hire := func() *ranker {
		w := newRanker(ctx, r, 0, 0)
		w.all, w.seen, w.locks = all, seen, locks
		return w
	}
	for first := 0; first < blocks; first += band {
		last := min(first+band, blocks)
		each := func(f func(w *ranker, I, lo, hi int)) error {
			return par.BlocksWith(ctx, last-first, 1, hire, func(w *ranker, t, _ int) {
				w.band = [2]int{first, last}
				f(w, first+t, (first+t)*size, min((first+t+1)*size, r.n))
			})
		}
		err := each(func(w *ranker, I, lo, hi int) {
			w.all.fill(&w.a, lo, hi, w.buf)
			for i := lo; i < hi && ctx.Err() == nil; i++ {
				v := w.sight(i)
				v.aim(r, w, i, rows[i*k:(i+1)*k])
				w.limits(v, w.a.norms[i-lo])
			}
		})
		if err != nil {
			return err
		}
		err = each(func(w *ranker, I, lo, hi int) {
			if w.count(I, lo, hi) {
				stage.Add(hi - lo)
			}
		})
		if err != nil {
			return err
		}
		err = each(func(w *ranker, I, lo, hi int) {
			for i := lo; i < hi; i++ {
				v := w.sight(i)
				v.collect()
				v.rank(ranks[i*k : (i+1)*k])
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const mostSights = 1 << 27 // bytes of the rows in sight

// ranker is the scratch of one goroutine.
type ranker struct {
	ctx    context.Context
	r      *Rows
	all    *packed
	ruler  *ruler
	scale  float64 // of the frame of all rows
	loss   float64 // share of their squared lengths by which a product may be off
	seen   []sight
	locks  []sync.Mutex // of the blocks in sight
	band   [2]int       // of blocks in sight
	a      panel
	b      block
	tile   kernel.Tile32
	buf    []float64
	dots   []float32
	turned []float32
	hits   []int32
	values []float32
}

func newRanker(ctx context.Context, r *Rows, k, size int) *ranker {
	w := &ranker{ctx: ctx, r: r, ruler: newRuler(r, r), scale: r.fit, buf: make([]float64, r.d)}
	if size > 0 {
		w.seen = newSights(min(size, r.n), k)
	}
	w.loss = 2.1 * (kernel.DotError32(r.d) + 6*0x1p-24)
	return w
}

// newSights returns those of n rows on k others each.
func newSights(n, k int) []sight {
	all := make([]sight, n)
	for q := range all {
		all[q].targets = make([]target, k)
		all[q].lo, all[q].hi = make([]float32, k), make([]float32, k)
		all[q].nearer = make([]int32, k+1)
	}
	return all
}

// sightBytes returns the memory of one on k others.
func sightBytes(k int) int { return 8*parts + 256 + 36*k }

// sight returns that of row i, which is in sight.
func (w *ranker) sight(i int) *sight { return &w.seen[i-w.band[0]*w.all.size] }

// sight is what one row sees: the listed rows by distance, and how many others
// come before each and after the one before it.
type sight struct {
	targets []target
	lo, hi  []float32 // squared distances below which a row is surely nearer, from which on it is surely farther, of every target
	nearer  []int32
	index   index

	// How many rows fall into each part of the index, so many at a time: mostly, where
	// they fall says between which targets they are. Those that it does not say are
	// doubtful, and no row is counted there.
	parts [parts]uint32
}

const doubtful = 1 << 31

// sort tells which parts are doubtful: those that hold a limit, and those from which
// on a row may be as far as the next target, when its distance may be off by blur.
func (v *sight) sort(blur float32) {
	for p := range v.parts {
		first := int(v.index.start[p])
		v.parts[p] = doubtful
		if first == int(v.index.start[p+1]) && first < len(v.lo) && v.index.scale > 0 {
			if end := float32(p+1) / v.index.scale * (1 + 0x1p-20); end+blur < v.lo[first] {
				v.parts[p] = 0
			}
		}
	}
}

// collect adds the rows that were counted by parts.
func (v *sight) collect() {
	for p, count := range v.parts {
		if count < doubtful {
			v.nearer[v.index.start[p]] += int32(count)
		}
	}
}

// target is a row whose rank is sought.
type target struct {
	near
	slot int // where its rank goes
}

// aim makes v the view of row i on the rows listed.
func (v *sight) aim(r *Rows, w *ranker, i int, rows []int32) {
	for t, row := range rows {
		dist := 0.
		if r.given != nil {
			dist = r.given.At(i, int(row))
		} else {
			dist = w.ruler.exact(int32(i), row)
		}
		v.targets[t] = target{near{dist, row}, t}
	}
	slices.SortFunc(v.targets, func(a, b target) int { return compare(a.near, b.near) })
	clear(v.nearer)
}

// place counts a row at an exact distance, which no target before first is farther
// than. Mostly the next one or two tell.
func (v *sight) place(first int, n near) {
	for range 4 {
		if first == len(v.targets) || n.before(v.targets[first].near) {
			v.nearer[first]++
			return
		}
		first++
	}
	first += sort.Search(len(v.targets)-first, func(t int) bool { return n.before(v.targets[first+t].near) })
	v.nearer[first]++
}

// rank writes the ranks of the targets.
func (v *sight) rank(dst []int32) {
	rank := int32(1)
	for t, target := range v.targets {
		rank += v.nearer[t]
		dst[target.slot] = rank
	}
}

// countGiven counts what stands before the targets of the rows [lo, hi) by given
// distances.
func (w *ranker) countGiven(lo, hi int) bool {
	for i := lo; i < hi; i++ {
		if w.ctx.Err() != nil {
			return false
		}
		v := &w.seen[i-lo]
		for j := range w.r.n {
			if j != i {
				v.place(0, near{w.r.given.At(i, j), int32(j)})
			}
		}
	}
	return true
}

// packed are all rows in blocks, ready to be multiplied.
type packed struct {
	r       *Rows
	size    int
	frame   frame
	columns []int32 // that vary
	most    float32 // the largest squared length
	blocks  []*block
}

// block is a block of packed rows.
type block struct {
	panel
	tile kernel.Tile32
}

const mostPacked = 1 << 28 // bytes of packed rows that are kept

// RanksBytes returns the memory that Ranks takes for packed rows of x.
func RanksBytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	size := 4 * int64(n) * int64(d)
	if _, given := x.(*mat32.Distances); given || size > mostPacked {
		return 0
	}
	return size
}

// pack packs the rows, and keeps them unless they are too large.
func (r *Rows) pack(ctx context.Context, size int) (*packed, error) {
	all := &packed{r: r, size: size, frame: frame{r.center, r.fit}, columns: r.varying, blocks: make([]*block, (r.n+size-1)/size)}
	if len(all.columns) == 0 { // no row is apart from another
		all.columns = []int32{0}
	}
	most := make([]float32, len(all.blocks))
	keep := r.band == 0 && 4*int64(r.n)*int64(len(all.columns)) <= mostPacked
	err := par.BlocksWith(ctx, len(all.blocks), 1, func() []float64 { return make([]float64, r.d) }, func(buf []float64, J, _ int) {
		b := &block{}
		all.fill(&b.panel, J*size, min((J+1)*size, r.n), buf)
		most[J] = slices.Max(b.norms)
		if keep {
			b.tile.SetB(b.data, len(all.columns))
			b.data = nil
			all.blocks[J] = b
		}
	})
	if err != nil {
		return nil, err
	}
	all.most = slices.Max(most)
	return all, nil
}

// fill makes p of the columns that vary of the rows [lo, hi).
func (a *packed) fill(p *panel, lo, hi int, buf []float64) {
	m := len(a.columns)
	p.data, p.norms = sized(p.data, (hi-lo)*m), sized(p.norms, hi-lo)
	for i := lo; i < hi; i++ {
		dst := p.data[(i-lo)*m:][:m]
		if x := a.r.row(buf, i); m == len(x) {
			for j, c := range a.frame.center[:len(dst)] {
				dst[j] = float32((x[j] - c) * a.frame.scale)
			}
		} else {
			for t, j := range a.columns {
				dst[t] = float32((x[j] - a.frame.center[j]) * a.frame.scale)
			}
		}
		p.norms[i-lo] = lowered(kernel.DotMixed(dst, dst), a.r.d)
	}
}

// limits sets the limits of v, whose row has the lowered squared length norm.
func (w *ranker) limits(v *sight, norm float32) {
	r := w.r
	slack := 2.02 * moved(float64(r.d), r.d) // no value exceeds 1
	for t, target := range v.targets {
		near := target.dist / r.unit * w.scale
		room := near*r.rel64 + slack + math.Sqrt(float64(r.d))*0x1p-536*w.scale
		if r.unit < 1 {
			room += 0x1p-1073 / r.unit * w.scale
		}
		v.lo[t] = float32(max(near-room, 0) * max(near-room, 0) * (1 - 0x1p-20))
		v.hi[t] = limit(near+room, 1, 0, underflow(r.d))
		if !(w.loss < 0.05) { // products this long tell nothing
			v.lo[t], v.hi[t] = 0, float32(math.Inf(1))
		}
	}
	v.index.build(v.hi)
	v.sort(float32(w.loss)*(norm+w.all.most)*(1+0x1p-20) + float32(2*underflow(r.d)))
}

// count counts what stands before the targets of the rows [lo, hi) of block I, by
// products with all blocks; for a later block in sight, these tell of its rows, too.
func (w *ranker) count(I, lo, hi int) bool {
	m, size := len(w.all.columns), w.all.size
	w.all.fill(&w.a, lo, hi, w.buf)
	w.tile.SetA(w.a.data, m)
	rows := hi - lo
	for J, b := range w.all.blocks {
		if w.ctx.Err() != nil {
			return false
		}
		if J >= w.band[0] && J < I { // it has told of this one
			continue
		}
		from, to := J*size, min((J+1)*size, w.r.n)
		if b == nil {
			b = &w.b
			w.all.fill(&b.panel, from, to, w.buf)
			b.tile.SetB(b.data, m)
		}
		n := to - from
		w.tile.ShareB(&b.tile)
		w.dots, w.hits, w.values = sized(w.dots, rows*n), sized(w.hits, max(rows, n)), sized(w.values, max(rows, n))
		w.tile.Mul(w.dots, n)
		if J == I {
			for q := range rows {
				w.dots[q*n+q] = float32(math.Inf(-1)) // no row comes before itself
			}
		}
		w.place(I, lo, hi, w.a.norms, from, b.norms, w.dots)
		if J > I && J < w.band[1] {
			w.turned = sized(w.turned, rows*n)
			turn(w.turned, w.dots, rows, n)
			w.place(J, from, to, b.norms, lo, w.a.norms, w.turned)
		}
	}
	return true
}

// turn writes the transpose of a, rows × columns, to dst.
func turn(dst, a []float32, rows, columns int) {
	const side = 16
	for i := 0; i < rows; i += side {
		for j := range columns {
			column := dst[j*rows+i : j*rows+min(i+side, rows)]
			for t := range column {
				column[t] = a[(i+t)*columns+j]
			}
		}
	}
}

// place counts the rows from the given one on before the targets of the rows [lo, hi), which
// are block I.
func (w *ranker) place(I, lo, hi int, norms []float32, from int, others, dots []float32) {
	lock := &w.locks[I-w.band[0]]
	lock.Lock()
	defer lock.Unlock()
	for i := lo; i < hi; i++ {
		w.placeRow(i, norms[i-lo], from, others, dots[(i-lo)*len(others):][:len(others)])
	}
}

// placeRow does so for row i.
func (w *ranker) placeRow(i int, norm float32, from int, norms, dots []float32) {
	v := w.sight(i)
	loss := float32(w.loss)
	absolute := float32(2 * underflow(w.r.d))
	found := kernel.Below32(w.hits, w.values, dots, norms, nil, norm, v.hi[len(v.hi)-1])
	scale, counts := v.index.scale, &v.parts
	for t, value := range w.values[:found] {
		if p := uint(int(max(value, 0) * scale)); p < parts {
			if c := counts[p]; c < doubtful {
				counts[p] = c + 1
				continue
			}
		}
		row := from + int(w.hits[t])
		first := 0
		if value > 0 {
			first = v.index.search(v.hi, value)
			// The limit itself shows that the row is farther.
			for first < len(v.hi)-1 && v.hi[first] == value {
				first++
			}
		}
		if most := value + loss*(norm+norms[w.hits[t]]) + absolute; !(most < v.lo[first]) {
			v.place(first, near{w.ruler.exact(int32(i), int32(row)), int32(row)})
		} else {
			v.nearer[first]++
		}
	}
}
