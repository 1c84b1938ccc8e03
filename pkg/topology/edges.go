package topology

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// points are those of which a complex is made.
type points struct {
	x         mat.Matrix
	rows      *screen.Rows
	births    []float64
	threshold float64
	limit     int64
	landmarks []int     // rows that are the points; nil where all are
	inserted  []float64 // how far each was from those before it when it was taken
	sparse    float64   // ε of sparse filtrations, or 0
	notes     []string
}

// row returns the row of x that a point is.
func (p *points) row(i int) int {
	if p.landmarks != nil {
		return p.landmarks[i]
	}
	return i
}

// length returns when the edge between two points appears: as it does, they are there.
func (p *points) length(i, j int) float64 {
	v := p.rows.Exact(p.row(i), p.row(j))
	if p.sparse > 0 {
		v = p.late(i, j, v)
	}
	if p.births != nil {
		v = max(v, p.births[i], p.births[j])
	}
	return v
}

// edgeBytes is what an edge takes: a key to sort by, both ends, a link at each of them, and
// where it was while the links are made.
const edgeBytes = 8 + 8 + 16 + 8

// halves are the edges as they are found: of every vertex those to vertices before it, in
// their order, with lengths rounded to float32.
type halves struct {
	start []int
	parts []half
}

type half struct {
	to      []uint32
	lengths []float32
}

// manyRows is from how many on neighbours are searched for, not met one by one.
const manyRows = 2048

// find finds the edges up to the threshold.
func (p *points) find(ctx context.Context, method string) (*halves, error) {
	n := p.count()
	h := &halves{start: make([]int, n+1)}
	total := 0
	// fill finds the edges of rows lo to hi; near tells which rows one may be joined to.
	fill := func(lo, hi int, near func(i int, dst []uint32) []uint32) error {
		size := rowsAtOnce(n)
		parts := make([]half, (hi-lo+size-1)/size)
		err := par.BlocksWith(ctx, hi-lo, size, func() *[]uint32 { return new([]uint32) }, func(buf *[]uint32, from, to int) {
			part := &parts[from/size]
			for i := lo + from; i < lo+to; i++ {
				*buf = near(i, (*buf)[:0])
				before := len(part.to)
				for _, j := range *buf {
					if v := p.length(i, int(j)); v <= p.threshold && v <= math.MaxFloat64 {
						part.to, part.lengths = append(part.to, j), append(part.lengths, float32(v))
					}
				}
				h.start[i+1] = len(part.to) - before
			}
		})
		for _, part := range parts {
			total += len(part.to)
			h.parts = append(h.parts, half{slices.Clip(part.to), slices.Clip(part.lengths)})
		}
		if err != nil {
			return err
		}
		return mat32.CheckMemory(method, edgeBytes*int64(total), p.limit, "a smaller Threshold has fewer edges")
	}
	_, given := p.x.(*mat32.Distances)
	search := n >= manyRows && p.landmarks == nil && !given && !math.IsInf(p.threshold, 1)
	step := min(n, max(64, 1<<25/n)) // rows between looks at the memory
	if search {
		step = 4096
	}
	for lo := 0; lo < n; lo += step {
		hi := min(lo+step, n)
		near := func(i int, dst []uint32) []uint32 {
			for j := range i {
				dst = append(dst, uint32(j))
			}
			return dst
		}
		if search {
			q, err := p.rows.AskMapped(ctx, &window{p.x, lo, hi - lo})
			if err != nil {
				return nil, err
			}
			all, err := q.Within(ctx, method, p.threshold*(1+1e-9), p.limit)
			if err != nil {
				return nil, err
			}
			near = func(i int, dst []uint32) []uint32 {
				for _, j := range all.Indices[all.Starts[i-lo]:all.Starts[i-lo+1]] {
					if int(j) < i {
						dst = append(dst, uint32(j))
					}
				}
				slices.Sort(dst)
				return dst
			}
		}
		if err := fill(lo, hi, near); err != nil {
			return nil, err
		}
	}
	for i := range n {
		h.start[i+1] += h.start[i]
	}
	return h, nil
}

// rowsAtOnce is how many of n rows are one unit of work, short enough for a cancel.
func rowsAtOnce(n int) int { return min(64, max(1, 1<<19/n)) }

// window is some rows of a matrix.
type window struct {
	x     mat.Matrix
	lo, n int
}

func (w *window) Dims() (n, d int) {
	_, d = w.x.Dims()
	return w.n, d
}

func (w *window) Row(buf []float64, i int) []float64 { return mat32.Row(buf, w.lo+i, w.x) }

// complex sorts the edges that were found and links their ends. Lengths are compared as
// float32 and, where these are the same, as they are.
func (p *points) complex(ctx context.Context, h *halves) (*flag, error) {
	n := len(h.start) - 1
	m := h.start[n]
	f := &flag{n: n, birth: p.births, measure: p.length}
	keys, to := make([]uint64, 0, m), make([]uint32, 0, m)
	for i, part := range h.parts {
		for k, v := range part.lengths {
			keys = append(keys, uint64(ordered(v))<<32|uint64(len(keys)))
			to = append(to, part.to[k])
		}
		h.parts[i] = half{}
	}
	if err := sortKeys(ctx, keys); err != nil {
		return nil, err
	}
	from := func(key uint64) ends {
		id := int(uint32(key))
		a, _ := slices.BinarySearch(h.start, id+1)
		return ends{uint32(a - 1), to[id]}
	}
	f.ends = make([]ends, m)
	err := par.Blocks(ctx, m, 4096, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			f.ends[r] = from(keys[r])
		}
	})
	if err != nil {
		return nil, err
	}
	if err := p.settle(ctx, keys, f.ends, h.start, to); err != nil {
		return nil, err
	}
	rank := make([]uint32, m)
	for r, key := range keys {
		rank[uint32(key)] = uint32(r)
	}
	keys = nil
	f.start = make([]int, n+1)
	for i := range n {
		f.start[i+1] += h.start[i+1] - h.start[i]
	}
	for _, j := range to {
		f.start[j+1]++
	}
	for i := range n {
		f.start[i+1] += f.start[i]
	}
	f.links = make([]link, 2*m)
	next := slices.Clone(f.start[:n])
	for i := range n { // so links ascend: those to vertices before come before
		for id := h.start[i]; id < h.start[i+1]; id++ {
			j := to[id]
			f.links[next[i]] = link{j, rank[id]}
			f.links[next[j]] = link{uint32(i), rank[id]}
			next[i]++
			next[j]++
		}
	}
	if p.sparse > 0 {
		p.retire(f)
	}
	return f, ctx.Err()
}

// ordered returns a number that grows with v.
func ordered(v float32) uint32 {
	bits := math.Float32bits(v + 0) // of 0 too, if it is −0
	if bits>>31 == 1 {
		return ^bits
	}
	return bits | 1<<31
}

// settle orders edges by length whose rounded lengths are the same.
func (p *points) settle(ctx context.Context, keys []uint64, all []ends, start []int, to []uint32) error {
	type exact struct {
		span
		key uint64
	}
	var run []exact
	for lo := 0; lo < len(keys); {
		hi := lo + 1
		for hi < len(keys) && keys[hi]>>32 == keys[lo]>>32 {
			hi++
		}
		if hi-lo > 1 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			first, differ := p.length(int(all[lo].a), int(all[lo].b)), false
			for r := lo + 1; r < hi && !differ; r++ {
				differ = p.length(int(all[r].a), int(all[r].b)) != first
			}
			if differ {
				run = run[:0]
				for r := lo; r < hi; r++ {
					run = append(run, exact{span{p.length(int(all[r].a), int(all[r].b)), all[r]}, keys[r]})
				}
				slices.SortFunc(run, func(x, y exact) int { return compareSpans(x.span, y.span) })
				for i, x := range run {
					keys[lo+i], all[lo+i] = x.key, x.ends
				}
			}
		}
		lo = hi
	}
	return nil
}

// sortKeys sorts on every core.
func sortKeys(ctx context.Context, keys []uint64) error {
	const size = 1 << 16
	if err := par.Blocks(ctx, len(keys), size, func(lo, hi int) { slices.Sort(keys[lo:hi]) }); err != nil {
		return err
	}
	if len(keys) <= size {
		return nil
	}
	from, to := keys, make([]uint64, len(keys))
	for width := size; width < len(keys); width *= 2 {
		err := par.Blocks(ctx, len(keys), 2*width, func(lo, hi int) {
			middle := min(lo+width, hi)
			mergeKeys(to[lo:hi], from[lo:middle], from[middle:hi])
		})
		if err != nil {
			return err
		}
		from, to = to, from
	}
	if &from[0] != &keys[0] {
		copy(keys, from)
	}
	return nil
}

// mergeKeys writes to dst, in order, two lists that are.
func mergeKeys(dst, x, y []uint64) {
	k := 0
	for len(x) > 0 && len(y) > 0 {
		if x[0] <= y[0] {
			dst[k], x = x[0], x[1:]
		} else {
			dst[k], y = y[0], y[1:]
		}
		k++
	}
	k += copy(dst[k:], x)
	copy(dst[k:], y)
}

// enclosing returns the least scale at which one of the points is joined to all others: from
// there on their complex is a cone, whose homology is that of a point.
func (p *points) enclosing(ctx context.Context) (float64, error) {
	n := p.count()
	if n == 1 {
		return 0, nil
	}
	size := rowsAtOnce(n)
	radii := make([]float64, (n+size-1)/size)
	err := par.Blocks(ctx, n, size, func(lo, hi int) {
		radius := math.Inf(1)
		for i := lo; i < hi; i++ {
			radius = min(radius, farthest(n, i, radius, p.length))
		}
		radii[lo/size] = radius
	})
	if err != nil {
		return 0, err
	}
	return slices.Min(radii), nil
}

// farthest returns the largest length of an edge of i, or one beyond enough.
func farthest(n, i int, enough float64, length func(i, j int) float64) float64 {
	far := math.Inf(-1)
	for j := range n {
		if j != i {
			if far = max(far, length(i, j)); far > enough {
				break
			}
		}
	}
	return far
}
