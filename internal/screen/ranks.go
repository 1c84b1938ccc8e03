package screen

import (
	"context"
	"math"
	"slices"
	"sort"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Ranks writes to ranks the ranks of the k rows that rows lists for every row, from
// rows[i·k] on, as seen from that row i: 1 + the number of other rows that come
// before, by exact distance and by index at equal distance. No row is listed for
// itself. It reports the stage "ranks", a unit a row. The error is ctx.Err().
//
// Products of blocks bound the distances of all pairs from both sides; where the
// bounds do not tell on which side of a listed row another one is, it is
// measured.
func (r *Rows) Ranks(ctx context.Context, k int, rows, ranks []int32) error {
	stage := watch.Start(ctx, "ranks", r.n)
	size, others := 256, 512
	switch {
	case r.size > 0:
		size, others = r.size, r.size
	case r.n < 4096:
		size, others = 128, 256
	}
	return par.BlocksWith(ctx, r.n, size, func() *ranker { return newRanker(ctx, r, k, size) }, func(w *ranker, lo, hi int) {
		for i := lo; i < hi; i++ {
			w.seen[i-lo].aim(r, w, i, rows[i*k:(i+1)*k])
		}
		var ok bool
		if r.given != nil {
			ok = w.countGiven(lo, hi)
		} else {
			ok = w.count(lo, hi, others)
		}
		if !ok {
			return
		}
		for i := lo; i < hi; i++ {
			w.seen[i-lo].rank(ranks[i*k : (i+1)*k])
		}
		stage.Add(hi - lo)
	})
}

// ranker is the scratch of one goroutine.
type ranker struct {
	ctx    context.Context
	r      *Rows
	ruler  *ruler
	scale  float64 // of the frame of all rows
	loss   float64 // share of their squared lengths by which a product may be off
	seen   []sight
	a, b   panel
	tile   kernel.Tile32
	buf    []float64
	rows   []int32
	dots   []float32
	hits   []int32
	values []float32
}

func newRanker(ctx context.Context, r *Rows, k, size int) *ranker {
	w := &ranker{ctx: ctx, r: r, ruler: newRuler(r, r), scale: r.fit, buf: make([]float64, r.d), seen: make([]sight, min(size, r.n))}
	w.loss = 2.1 * (kernel.DotError32(r.d) + 6*0x1p-24)
	for q := range w.seen {
		w.seen[q].targets = make([]target, k)
		w.seen[q].lo, w.seen[q].hi = make([]float32, k), make([]float32, k)
		w.seen[q].nearer = make([]int32, k+1)
	}
	return w
}

// sight is what one row sees: the listed rows by distance, and how many others
// come before each and after the one before it.
type sight struct {
	targets []target
	lo, hi  []float32 // squared distances below which a row is surely nearer, from which on it is surely farther, of every target
	nearer  []int32
	index   index
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

// count does so by products with the other rows, a block of them at a time.
func (w *ranker) count(lo, hi, size int) bool {
	r := w.r
	f := frame{r.center, r.fit}
	w.a.fill(r, w.span(lo, hi), f, w.buf)
	w.tile.SetA(w.a.data, r.d)
	slack := 2.02 * moved(float64(r.d), r.d) // no value exceeds 1
	for i := lo; i < hi; i++ {
		v := &w.seen[i-lo]
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
	}
	own := slices.Clone(w.rows)
	w.a.rows = own
	for from := 0; from < r.n; from += size {
		if w.ctx.Err() != nil {
			return false
		}
		w.b.fill(r, w.span(from, min(from+size, r.n)), f, w.buf)
		n := len(w.b.rows)
		w.tile.SetB(w.b.data, r.d)
		w.dots, w.hits, w.values = sized(w.dots, len(own)*n), sized(w.hits, n), sized(w.values, n)
		w.tile.Mul(w.dots, n)
		for q := range own {
			w.place(lo+q, from, w.dots[q*n:(q+1)*n])
		}
	}
	return true
}

// place counts the rows from the given one on before the targets of row i.
func (w *ranker) place(i, from int, dots []float32) {
	v := &w.seen[i-int(w.a.rows[0])]
	q := i - int(w.a.rows[0])
	loss, norm := float32(w.loss), w.a.norms[q]
	absolute := float32(2 * underflow(w.r.d))
	found := kernel.Below32(w.hits, w.values, dots, w.b.norms, nil, norm, v.hi[len(v.hi)-1])
	for t, j := range w.hits[:found] {
		row := from + int(j)
		if row == i {
			continue
		}
		value := w.values[t]
		first := 0
		if value > 0 {
			first = v.index.search(v.hi, value)
			// The limit itself shows that the row is farther.
			for first < len(v.hi)-1 && v.hi[first] == value {
				first++
			}
		}
		if most := value + loss*(norm+w.b.norms[j]) + absolute; !(most < v.lo[first]) {
			v.place(first, near{w.ruler.exact(int32(i), int32(row)), int32(row)})
		} else {
			v.nearer[first]++
		}
	}
}

// span lists the rows [lo, hi).
func (w *ranker) span(lo, hi int) []int32 {
	w.rows = w.rows[:0]
	for i := lo; i < hi; i++ {
		w.rows = append(w.rows, int32(i))
	}
	return w.rows
}
