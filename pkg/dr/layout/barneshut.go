package layout

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// BarnesHut is the Repulsion of a tree of points: halves, quarters or eighths of the
// map, and of these, down to some points each. A cell that is small as seen from where
// it pushes counts as all its points at their mean. Time O(n·log n), memory about
// 60·n bytes.
//
// The points are sorted along Morton's curve. Those of a small part of the tree go
// through it together, so that a cell counts as one for all of them or for none, and
// what they meet is a list that the processor takes eight at a time. Sums of a list are
// of float32.
//
// Sources: J. Barnes and P. Hut (1986), A hierarchical O(N log N) force-calculation
// algorithm; L. van der Maaten (2014), Accelerating t-SNE using tree-based algorithms;
// for lists of groups J. Barnes (1990), A modified tree code: don't laugh; it runs.
type BarnesHut struct {
	n, dim   int
	freedom  float32
	angle    float32 // squared
	together int     // most points of a group

	middle      [3]float64 // of the map
	low         [3]float64 // corner of the grid of the curve
	scale       float64    // cells of the grid a unit
	keys, spare []uint64   // place on the curve, and the point there
	ordered     bool       // keys are those of the points that come next
	points      []float32  // coordinate c of the k-th point on the curve, less the middle, is points[c·n+k]
	tree        []cell     // those of several parts; each part is a cell of no points, whose first is the part's number
	parts       []branch
	groups      []group
	norms       []float64 // of groups
}

// cell is a part of the tree, before those within it.
type cell struct {
	center       [3]float32
	extent       float32 // longest side of the box of its points
	first, count int32
	next         int32 // the cell after those within it is as many further on
	leaf         bool
}

// group is a run of points on the curve that go through the tree together.
type group struct {
	first, count int32
	low, high    [3]float32
}

// branch is a subtree that is built by itself.
type branch struct {
	tree   []cell
	groups []group
	box    box
}

// box is what a cell knows of its points while it is built.
type box struct {
	sum       [3]float64
	low, high [3]float32
}

const (
	leafPoints = 8   // most points of a cell that is not divided
	leastMass  = 64  // a cell of the finest grid with more points is one mass, if it is small
	listLength = 768 // what groups meet is summed in float32 as far as this
	smallCell  = .01 // where the kernel is even
)

// NewBarnesHut returns the repulsion of n points in dim dimensions, 1 to 3, by a tree
// whose cells count as one where the longest side of the box of their points is less
// than angle times the distance: smaller ones are more exact and take longer, 0 counts
// all pairs, and 0.5 errs by about a hundredth.
func NewBarnesHut(n, dim int, freedom, angle float64) *BarnesHut {
	// Larger groups go through the tree less often and meet more of it, which pays where
	// it is deep.
	parts, together := 1, 16
	if n >= 4096 {
		parts, together = 64, 64
	}
	return &BarnesHut{n: n, dim: dim, together: together, freedom: float32(freedom), angle: float32(angle * angle),
		keys: make([]uint64, n), spare: make([]uint64, n), points: make([]float32, n*dim), parts: make([]branch, parts)}
}

// Forces is that of Repulsion.
func (b *BarnesHut) Forces(ctx context.Context, dst, y []float64) (float64, error) {
	if err := b.Plant(ctx, y); err != nil {
		return 0, err
	}
	b.norms = resized(b.norms, len(b.groups))
	err := par.BlocksWith(ctx, len(b.groups), 4, func() *Walk { return NewWalk(b.dim) }, func(w *Walk, lo, hi int) {
		for g := lo; g < hi; g++ {
			b.norms[g] = b.push(w, &b.groups[g], dst)
		}
	})
	z := 0.
	for _, v := range b.norms {
		z += v
	}
	return z, err
}

// Plant builds the tree of the points y.
func (b *BarnesHut) Plant(ctx context.Context, y []float64) error {
	if !b.ordered {
		b.Order(y)
	}
	b.ordered = false
	n, dim := b.n, b.dim
	if err := par.Blocks(ctx, n, movedPoints, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			i := int(uint32(b.keys[k])) * dim
			for c := range dim {
				b.points[c*n+k] = float32(y[i+c] - b.middle[c])
			}
		}
	}); err != nil {
		return err
	}
	shift := 32 + b.bits()*dim // of the part of a key
	for p := len(b.parts); p > 1; p /= 2 {
		shift--
	}
	start := make([]int, len(b.parts)+1)
	for k, key := range b.keys {
		start[(key>>shift)+1] = k + 1
	}
	for p := range b.parts {
		start[p+1] = max(start[p+1], start[p])
	}
	err := par.Blocks(ctx, len(b.parts), 1, func(lo, _ int) {
		part := &b.parts[lo]
		part.tree, part.groups = part.tree[:0], part.groups[:0]
		if start[lo+1] > start[lo] {
			part.box = b.grow(part, start[lo], start[lo+1], shift, true)
		}
	})
	if err != nil {
		return err
	}
	b.tree, b.groups = b.tree[:0], b.groups[:0]
	b.join(0, len(b.parts), start)
	for p := range b.parts {
		b.groups = append(b.groups, b.parts[p].groups...)
	}
	return nil
}

// bits is how many of a key are of one coordinate.
func (b *BarnesHut) bits() int { return [...]int{30, 16, 10}[b.dim-1] }

// frame chooses the grid of the curve by some of the points, so that a few who are far
// off, who then belong to its outer cells, do not make it coarse.
func (b *BarnesHut) frame(y []float64) {
	const some = 1024
	dim := b.dim
	step := (b.n + some - 1) / some
	values := make([]float64, 0, some)
	side := 0.
	for c := range dim {
		values = values[:0]
		for i := 0; i < b.n; i += step {
			values = append(values, y[i*dim+c])
		}
		slices.Sort(values)
		last := len(values) - 1
		b.middle[c] = values[last/2]
		low, high := values[last/20], values[last-last/20]
		b.low[c] = max(values[0], low-2*(high-low))
		side = max(side, min(values[last], high+2*(high-low))-b.low[c])
	}
	b.scale = 0
	if side > 0 && !math.IsInf(side, 1) {
		b.scale = float64(uint64(1)<<b.bits()) / side
	}
}

// Order sorts the points y along the curve, those at one place by number, for the next
// Forces or Plant, of the same points, which else do it themselves. It is what cannot be cut
// into parts: who has something else for the other cores calls it beside that.
func (b *BarnesHut) Order(y []float64) {
	dim, bits := b.dim, b.bits()
	b.frame(y)
	last := float64(uint64(1)<<bits - 1)
	for i := range b.n {
		key := uint64(0)
		for c, v := range y[i*dim : i*dim+dim] {
			cell := uint64(0) // also of NaN, which must not leave the grid
			if at := (v - b.low[c]) * b.scale; at > 0 {
				cell = uint64(min(at, last))
			}
			key |= spread(cell, dim) << c
		}
		b.keys[i] = key<<32 | uint64(i)
	}
	b.keys, b.spare = radix(b.keys, b.spare, 32, 32+bits*dim)
	b.ordered = true
}

// spread puts dim−1 zeros between the bits.
func spread(v uint64, dim int) uint64 {
	switch dim {
	case 2:
		v = (v | v<<8) & 0x00ff00ff
		v = (v | v<<4) & 0x0f0f0f0f
		v = (v | v<<2) & 0x33333333
		v = (v | v<<1) & 0x55555555
	case 3:
		v = (v | v<<16) & 0x030000ff
		v = (v | v<<8) & 0x0300f00f
		v = (v | v<<4) & 0x030c30c3
		v = (v | v<<2) & 0x09249249
	}
	return v
}

// radix sorts keys by their bits from low to high, those with the same in the order
// they come in; it returns them, and the other slice.
func radix(keys, spare []uint64, low, high int) (sorted, other []uint64) {
	const digit = 11
	for ; low < high; low += digit {
		var counts [1 << digit]int32
		for _, k := range keys {
			counts[k>>low&(1<<digit-1)]++
		}
		at := int32(0)
		for d, c := range counts {
			counts[d] = at
			at += c
		}
		for _, k := range keys {
			d := k >> low & (1<<digit - 1)
			spare[counts[d]] = k
			counts[d]++
		}
		keys, spare = spare, keys
	}
	return keys, spare
}

// grow appends the cell of the points from first to end, whose keys are the same from
// bit shift on, and those within. Where apart, it is not part of a group.
func (b *BarnesHut) grow(to *branch, first, end, shift int, apart bool) box {
	n, dim := b.n, b.dim
	at := len(to.tree)
	to.tree = append(to.tree, cell{first: int32(first), count: int32(end - first), next: 1})
	grouped := apart && end-first <= b.together
	var e box
	if end-first <= leafPoints || shift == 32 {
		for c := range dim {
			x := b.points[c*n+first : c*n+end]
			low, high, sum := x[0], x[0], 0.
			for _, v := range x {
				low, high = min(low, v), max(high, v)
				sum += float64(v)
			}
			e.low[c], e.high[c], e.sum[c] = low, high, sum
		}
		to.tree[at].leaf = true
	} else {
		shift -= dim
		for lo := first; lo < end; {
			child := b.keys[lo] >> shift
			hi := lo + 1
			for hi < end && b.keys[hi]>>shift == child {
				hi++
			}
			if hi-lo == end-first { // nothing is divided: look closer
				to.tree = to.tree[:at]
				return b.grow(to, first, end, shift, apart)
			}
			e.include(b.grow(to, lo, hi, shift, apart && !grouped), lo == first)
			lo = hi
		}
		to.tree[at].next = int32(len(to.tree) - at)
	}
	e.set(&to.tree[at])
	// At the end of the finest grid a group may have any number of points.
	if grouped || apart && to.tree[at].leaf {
		to.groups = append(to.groups, group{int32(first), int32(end - first), e.low, e.high})
	}
	return e
}

// include widens e by another, which is its first.
func (e *box) include(o box, first bool) {
	if first {
		*e = o
		return
	}
	for c := range e.sum {
		e.sum[c] += o.sum[c]
		e.low[c], e.high[c] = min(e.low[c], o.low[c]), max(e.high[c], o.high[c])
	}
}

func (e *box) set(c *cell) {
	for a, s := range e.sum {
		c.center[a] = float32(s / float64(c.count))
		c.extent = max(c.extent, e.high[a]-e.low[a])
	}
}

// join appends the tree of some parts, a power of two of them.
func (b *BarnesHut) join(part, count int, start []int) (e box) {
	first, end := start[part], start[part+count]
	if count == 1 { // stays where the core that built it wrote it
		b.tree = append(b.tree, cell{first: int32(part), next: 1})
		return b.parts[part].box
	}
	at := len(b.tree)
	b.tree = append(b.tree, cell{first: int32(first), count: int32(end - first)})
	empty := true
	size := max(1, count>>b.dim)
	for p := part; p < part+count; p += size {
		if start[p+size] > start[p] {
			e.include(b.join(p, size, start), empty)
			empty = false
		}
	}
	b.tree[at].next = int32(len(b.tree) - at)
	e.set(&b.tree[at])
	return e
}

// Walk is the scratch memory of who goes through a tree.
type Walk struct {
	points, masses []float32
	count          int
	out            [4]float32
	here           [3]float32
	sums           []float64
}

// NewWalk returns scratch memory for a tree in dim dimensions.
func NewWalk(dim int) *Walk {
	return &Walk{points: make([]float32, dim*listLength), masses: make([]float32, listLength)}
}

// push writes the forces on the points of a group and returns the sum of their weights,
// without those of the points themselves.
func (b *BarnesHut) push(w *Walk, g *group, dst []float64) float64 {
	n, dim := b.n, b.dim
	first, count := int(g.first), int(g.count)
	w.sums = resized(w.sums, count*(dim+1))
	clear(w.sums)
	b.meet(w, g, func() {
		masses := w.padded(dim)
		for i := range count {
			for c := range dim {
				w.here[c] = b.points[c*n+first+i]
			}
			kernel.Push32(w.out[:dim+1], w.here[:dim], w.points, listLength, masses, b.freedom)
			for c, v := range w.out[:dim+1] {
				w.sums[i*(dim+1)+c] += float64(v)
			}
		}
	})
	z := 0.
	for i := range count {
		to := int(uint32(b.keys[first+i])) * dim
		s := w.sums[i*(dim+1):]
		copy(dst[to:to+dim], s)
		z += s[dim] - 1 // a point weighs itself 1
	}
	return z
}

// At writes to dst how the points of the tree push one more, at y, and returns its sum
// of weights. Many may ask at the same time, with a Walk each.
func (b *BarnesHut) At(w *Walk, dst, y []float64) float64 {
	dim := b.dim
	var g group
	for c, v := range y {
		w.here[c] = float32(v - b.middle[c])
		g.low[c], g.high[c] = w.here[c], w.here[c]
	}
	clear(dst)
	z := 0.
	b.meet(w, &g, func() {
		kernel.Push32(w.out[:dim+1], w.here[:dim], w.points, listLength, w.padded(dim), b.freedom)
		for c := range dst {
			dst[c] += float64(w.out[c])
		}
		z += float64(w.out[dim])
	})
	return z
}

// padded fills the list up to a multiple of 8 and returns its masses.
func (w *Walk) padded(dim int) []float32 {
	k := w.count
	for ; k%8 != 0; k++ {
		w.masses[k] = 0
		for c := range dim {
			w.points[c*listLength+k] = 0
		}
	}
	return w.masses[:k]
}

// meet collects what the points of a group meet in the tree; flush is called whenever
// the list is full, and at the end.
func (b *BarnesHut) meet(w *Walk, g *group, flush func()) {
	w.count = 0
	b.walk(w, g, b.tree, func() {
		flush()
		w.count = 0
	})
	flush()
	w.count = 0
}

// walk goes through a tree; full is called whenever the list is full.
func (b *BarnesHut) walk(w *Walk, g *group, tree []cell, full func()) {
	n, dim, angle := b.n, b.dim, b.angle
	for k := 0; k < len(tree); {
		c := &tree[k]
		if c.count == 0 {
			b.walk(w, g, b.parts[c.first].tree, full)
			k++
			continue
		}
		far := float32(0)
		for a := range dim {
			d := max(g.low[a]-c.center[a], c.center[a]-g.high[a], 0)
			far += d * d
		}
		one := c.extent*c.extent < angle*far
		if c.leaf && !one {
			one = c.count > leastMass && c.extent < smallCell && angle > 0
		}
		switch {
		case one:
			if w.count == listLength {
				full()
			}
			for a := range dim {
				w.points[a*listLength+w.count] = c.center[a]
			}
			w.masses[w.count] = float32(c.count)
			w.count++
			k += int(c.next)
		case c.leaf:
			for first, left := int(c.first), int(c.count); left > 0; {
				if w.count == listLength {
					full()
				}
				some := min(left, listLength-w.count)
				for a := range dim {
					copy(w.points[a*listLength+w.count:], b.points[a*n+first:a*n+first+some])
				}
				for i := range some {
					w.masses[w.count+i] = 1
				}
				w.count, first, left = w.count+some, first+some, left-some
			}
			k++
		default:
			k++
		}
	}
}

func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
