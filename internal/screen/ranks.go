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
	values []float32 // squared distances of two blocks
	turned []float32
	hits   []int32
	counts []int32 // below every limit of a sight
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
		if k > fewTargets {
			all[q].buckets = new(buckets)
		} else {
			all[q].limits = make([]float32, 0, 2*k+kernel.LimitsAtOnce)
			all[q].before = make([]int32, k)
		}
	}
	return all
}

// sightBytes returns the memory of one on k others.
func sightBytes(k int) int {
	if k > fewTargets {
		return 8*parts + 256 + 36*k
	}
	return 320 + 48*k
}

// sight returns that of row i, which is in sight.
func (w *ranker) sight(i int) *sight { return &w.seen[i-w.band[0]*w.all.size] }

// fewTargets are compared with every distance one by one, which takes as long as to look
// where it falls among so many.
const fewTargets = 64

// sight is what one row sees: the listed rows by distance, and how many others come before
// each.
type sight struct {
	targets []target
	lo, hi  []float32 // squared distances below which a row is surely nearer, from which on it is surely farther, of every target

	// How many rows come before each of few targets, and the squared distances, as products
	// tell them, below which a row surely does, of every target, then those from which on it
	// surely does not.
	before []int32
	limits []float32

	// How many rows come before a target, but not before the one in front of it; to be added
	// to the above.
	nearer []int32

	*buckets // of many targets
}

// buckets count rows by where their distances fall: mostly, that says between which targets
// they are. Those that it does not say are doubtful, and no row is counted there.
type buckets struct {
	index
	parts [parts]uint32
}

const doubtful = 1 << 31

// sort tells which parts are doubtful: those that hold a limit, and those from which
// on a row may be as far as the next target, when its distance may be off by blur.
func (v *sight) sort(blur float32) {
	v.build(v.hi)
	for p := range v.parts {
		first := int(v.start[p])
		v.parts[p] = doubtful
		if first == int(v.start[p+1]) && first < len(v.lo) && v.scale > 0 {
			if end := float32(p+1) / v.scale * (1 + 0x1p-20); end+blur < v.lo[first] {
				v.parts[p] = 0
			}
		}
	}
}

// collect adds the rows that were counted by parts.
func (v *sight) collect() {
	if v.buckets == nil {
		return
	}
	for p, count := range v.parts {
		if count < doubtful {
			v.nearer[v.start[p]] += int32(count)
		}
	}
}

// limit sets the limits of few targets, when a distance may be off by blur.
func (v *sight) limit(blur float32) {
	v.limits = v.limits[:0]
	for _, lo := range v.lo {
		v.limits = append(v.limits, math.Nextafter32(float32(float64(lo)-float64(blur)), float32(math.Inf(-1))))
	}
	v.limits = append(v.limits, v.hi...)
	for len(v.limits)%kernel.LimitsAtOnce != 0 {
		v.limits = append(v.limits, float32(math.Inf(-1)))
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
	clear(v.before)
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
		if v.before != nil {
			dst[target.slot] += v.before[t]
		}
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
	blur := float32(w.loss)*(norm+w.all.most)*(1+0x1p-20) + float32(2*underflow(r.d))
	if v.buckets == nil {
		v.limit(blur)
	} else {
		v.sort(blur)
	}
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
		w.values, w.hits = sized(w.values, rows*n), sized(w.hits, max(rows, n))
		w.tile.Mul(w.values, n)
		for q := range rows {
			v := w.values[q*n:][:n]
			kernel.Distances32(v, v, b.norms, w.a.norms[q])
			if J == I {
				v[q] = float32(math.Inf(1)) // no row comes before itself
			}
		}
		w.place(I, lo, hi, w.a.norms, from, b.norms, w.values)
		if J > I && J < w.band[1] {
			w.turned = sized(w.turned, rows*n)
			turn(w.turned, w.values, rows, n)
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

// place counts the rows from the given one on, at squared distances as products tell them,
// before the targets of the rows [lo, hi), which are block I.
func (w *ranker) place(I, lo, hi int, norms []float32, from int, others, values []float32) {
	lock := &w.locks[I-w.band[0]]
	lock.Lock()
	defer lock.Unlock()
	for i := lo; i < hi; i++ {
		s := seer{w: w, v: w.sight(i), row: int32(i), norm: norms[i-lo], from: from, norms: others, values: values[(i-lo)*len(others):][:len(others)]}
		if s.v.buckets == nil {
			s.compare()
		} else {
			s.sortIn()
		}
	}
}

// seer is a row that looks at some others.
type seer struct {
	w      *ranker
	v      *sight
	row    int32
	norm   float32
	from   int       // the first of the others
	norms  []float32 // of the others
	values []float32 // squared distances to them
}

// most returns how far the j-th of the others may be.
func (s *seer) most(j int32) float32 {
	return s.values[j] + float32(s.w.loss)*(s.norm+s.norms[j]) + float32(2*underflow(s.w.r.d))
}

// exact returns the j-th of the others at its exact distance.
func (s *seer) exact(j int32) near {
	other := int32(s.from) + j
	return near{s.w.ruler.exact(s.row, other), other}
}

// compare counts the others before each of few targets: all by their limits, and those
// between the limits of a target by what is exact.
func (s *seer) compare() {
	w, v := s.w, s.v
	k := len(v.targets)
	w.counts = sized(w.counts, len(v.limits))
	clear(w.counts)
	kernel.CountEach32(w.counts, s.values, v.limits)
	nearer, notFarther := w.counts[:k], w.counts[k:2*k]
	for t, count := range nearer {
		v.before[t] += count
	}
	sure := v.limits[:k]
	for t := 0; t < k; t++ {
		if notFarther[t] == nearer[t] {
			continue
		}
		first := t
		for t+1 < k && sure[t+1] < v.hi[t] {
			t++
		}
		for _, j := range w.hits[:kernel.Between32(w.hits, s.values, sure[first], v.hi[t])] {
			value, most, n := s.values[j], s.most(j), near{row: -1}
			for u := first; u <= t; u++ {
				switch {
				case value < sure[u] || value >= v.hi[u]:
				case most < v.lo[u]:
					v.before[u]++
				default:
					if n.row < 0 {
						n = s.exact(j)
					}
					if n.before(v.targets[u].near) {
						v.before[u]++
					}
				}
			}
		}
	}
}

// sortIn counts the others between many targets: by where their distances fall, and by what
// is exact where that does not tell.
func (s *seer) sortIn() {
	w, v := s.w, s.v
	scale, counts := v.scale, &v.parts
	for _, j := range w.hits[:kernel.Between32(w.hits, s.values, float32(math.Inf(-1)), v.hi[len(v.hi)-1])] {
		value := s.values[j]
		if p := uint(int(max(value, 0) * scale)); p < parts {
			if c := counts[p]; c < doubtful {
				counts[p] = c + 1
				continue
			}
		}
		first := 0
		if value > 0 {
			first = v.search(v.hi, value)
			// The limit itself shows that the row is farther.
			for first < len(v.hi)-1 && v.hi[first] == value {
				first++
			}
		}
		if s.most(j) < v.lo[first] {
			v.nearer[first]++
		} else {
			v.place(first, s.exact(j))
		}
	}
}
