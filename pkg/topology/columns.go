package topology

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
)

// assemble returns the keys of the simplices whose columns are to be reduced, the last first:
// those that were not paired in the dimension below and that no shortcut pairs. A simplex is
// the apparent partner of the coface by the first vertex that lies with it and leaves its
// longest edge the longest, if that vertex comes before the others beside that edge. So
// whether it has a partner shows in the graph before that edge, one edge at a time.
func (h *cohomology) assemble(ctx context.Context, joins []bool) ([]uint64, error) {
	m := len(h.f.ends)
	size := max(256, (m+mostBlocks-1)/mostBlocks)
	parts := make([][]uint64, (m+size-1)/size)
	err := par.BlocksWith(ctx, m, size, func() *assembler { return &assembler{h: h, done: ctx.Done()} }, func(a *assembler, lo, hi int) {
		a.keys = nil
		switch {
		case h.dim == 1:
			a.edges(lo, hi, joins)
		case h.f.n <= mostDense:
			a.dense(lo, hi)
		default:
			a.sparse(lo, hi)
		}
		parts[lo/size] = a.keys
	})
	if err != nil {
		return nil, err
	}
	total := 0
	for _, p := range parts {
		total += len(p)
	}
	keys := make([]uint64, 0, total)
	for b := len(parts) - 1; b >= 0; b-- {
		keys = append(keys, parts[b]...)
	}
	return keys, nil
}

const (
	mostBlocks = 64   // of edges: each copies the graph before it
	mostDense  = 4096 // vertices of a graph that is kept as a square of bits, 2 MiB
)

// assembler is what one goroutine needs.
type assembler struct {
	h      *cohomology
	done   <-chan struct{}
	keys   []uint64
	lists  [][]link
	links  [][]link
	chosen []uint32

	words  int
	joined []uint64   // for every vertex those joined to it by edges before the one at hand
	bits   [][]uint64 // candidates at every level
	pool   [][]uint32 // as lists
}

// canceled reports, now and then, whether the context is done.
func (a *assembler) canceled(edge int) bool {
	if edge&63 != 0 {
		return false
	}
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// edges assembles dimension 1.
func (a *assembler) edges(lo, hi int, joins []bool) {
	f := a.h.f
	for edge := hi - 1; edge >= lo; edge-- {
		if a.canceled(edge) {
			return
		}
		if joins[edge] {
			continue
		}
		e := f.ends[edge]
		a.links = append(a.links[:0], f.near(e.a), f.near(e.b))
		if _, apparent := f.meeting(&a.lists, a.links, uint32(edge), math.MaxUint32); !apparent {
			a.keys = append(a.keys, uint64(edge))
		}
	}
}

// meeting returns the least vertex below limit that lies with those whose links are given in
// simplices with no edge after this one.
func (f *flag) meeting(scratch *[][]link, links [][]link, edge, limit uint32) (uint32, bool) {
	lead := 0
	for i, l := range links {
		if len(l) < len(links[lead]) {
			lead = i
		}
	}
	lists := append((*scratch)[:0], links...)
	*scratch = lists
next:
	for _, first := range lists[lead] {
		v := first.to
		if v >= limit {
			break
		}
		if first.edge > edge || !f.stays(v, edge) {
			continue
		}
		for i, l := range lists {
			if i == lead {
				continue
			}
			for len(l) > 0 && l[0].to < v {
				l = l[1:]
			}
			lists[i] = l
			if len(l) == 0 {
				return 0, false
			}
			if l[0].to != v || l[0].edge > edge {
				continue next
			}
		}
		return v, true
	}
	return 0, false
}

// dense assembles a dimension above 1 with sets of bits.
func (a *assembler) dense(lo, hi int) {
	f := a.h.f
	a.words = (f.n + 63) / 64
	if a.joined == nil {
		a.joined = make([]uint64, f.n*a.words)
		for range a.h.dim {
			a.bits = append(a.bits, make([]uint64, a.words))
		}
	}
	clear(a.joined)
	flip := func(v, w uint32) { a.joined[int(v)*a.words+int(w>>6)] ^= 1 << (w & 63) }
	for _, e := range f.ends[:hi] {
		flip(e.a, e.b)
		flip(e.b, e.a)
	}
	for edge := hi - 1; edge >= lo; edge-- {
		if a.canceled(edge) {
			return
		}
		e := f.ends[edge]
		flip(e.a, e.b)
		flip(e.b, e.a)
		both := a.bits[0]
		x, y := a.near(e.a), a.near(e.b)
		for i := range both {
			both[i] = x[i] & y[i]
		}
		for i := 0; f.gone != nil && i < len(both); i++ {
			for rest := both[i]; rest != 0; rest &= rest - 1 {
				if v := i<<6 | bits.TrailingZeros64(rest); !f.stays(uint32(v), uint32(edge)) {
					both[i] &^= rest & -rest
				}
			}
		}
		a.extend(uint32(edge), 0, a.chosen[:0])
	}
}

func (a *assembler) near(v uint32) []uint64 {
	return a.joined[int(v)*a.words : (int(v)+1)*a.words]
}

// extend adds to the edge and the chosen vertices, which descend, one more of those that lie
// with them and are below them.
func (a *assembler) extend(edge uint32, level int, chosen []uint32) {
	candidates := a.bits[level]
	last := level == a.h.dim-2
	low := 0
	for low < len(candidates) && candidates[low] == 0 {
		low++
	}
	for i := len(candidates) - 1; i >= low; i-- {
		for rest := candidates[i]; rest != 0; {
			bit := 63 - bits.LeadingZeros64(rest)
			rest &^= 1 << bit
			if last && i == low && rest == 0 {
				return // without this vertex, the simplex is its apparent partner
			}
			v := uint32(i<<6 | bit)
			near := a.near(v)
			if last {
				if below(candidates[low:i], near[low:i]) || rest&near[i] != 0 {
					continue // with one of these it is
				}
				a.chosen = append(chosen, v)
				a.keep(edge, a.chosen)
				continue
			}
			next := a.bits[level+1]
			clear(next[i:])
			for j, c := range candidates[:i] {
				next[j] = c & near[j]
			}
			next[i] = rest & near[i]
			a.chosen = append(chosen, v)
			a.extend(edge, level+1, a.chosen)
		}
	}
}

// below reports whether two sets meet.
func below(x, y []uint64) bool {
	for i, w := range x {
		if w&y[i] != 0 {
			return true
		}
	}
	return false
}

// keep adds a column unless it is cleared.
func (a *assembler) keep(edge uint32, rest []uint32) {
	c := &a.h.lower
	key := uint64(edge)<<c.shift | c.set(rest)
	if _, cleared := a.h.clear.find(key); !cleared {
		a.keys = append(a.keys, key)
	}
}

// sparse is dense with lists.
func (a *assembler) sparse(lo, hi int) {
	f := a.h.f
	for len(a.pool) < a.h.dim {
		a.pool = append(a.pool, nil)
	}
	for edge := hi - 1; edge >= lo; edge-- {
		if a.canceled(edge) {
			return
		}
		e := f.ends[edge]
		a.pool[0] = common(a.pool[0][:0], f.near(e.a), f.near(e.b), uint32(edge))
		if f.gone != nil {
			a.pool[0] = slices.DeleteFunc(a.pool[0], func(v uint32) bool { return !f.stays(v, uint32(edge)) })
		}
		a.lengthen(uint32(edge), 0, a.chosen[:0])
	}
}

// common appends to dst the vertices that both links lead to by edges before this one.
func common(dst []uint32, x, y []link, edge uint32) []uint32 {
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].to < y[0].to:
			x = x[1:]
		case x[0].to > y[0].to:
			y = y[1:]
		default:
			if x[0].edge < edge && y[0].edge < edge {
				dst = append(dst, x[0].to)
			}
			x, y = x[1:], y[1:]
		}
	}
	return dst
}

// lengthen is extend with lists.
func (a *assembler) lengthen(edge uint32, level int, chosen []uint32) {
	candidates := a.pool[level]
	last := level == a.h.dim-2
	for i := len(candidates) - 1; i >= 0; i-- {
		if last && i == 0 {
			return
		}
		v := candidates[i]
		next := joined(a.pool[level+1][:0], candidates[:i], a.h.f.near(v), edge, last)
		a.pool[level+1] = next
		if last && len(next) > 0 {
			continue
		}
		a.chosen = append(chosen, v)
		if last {
			a.keep(edge, a.chosen)
		} else {
			a.lengthen(edge, level+1, a.chosen)
		}
	}
}

// joined appends to dst those of the candidates that links lead to by edges before this one,
// or the first of them only.
func joined(dst, candidates []uint32, links []link, edge uint32, one bool) []uint32 {
	for _, v := range candidates {
		for len(links) > 0 && links[0].to < v {
			links = links[1:]
		}
		if len(links) == 0 {
			break
		}
		if links[0].to == v && links[0].edge < edge {
			dst = append(dst, v)
			if one {
				break
			}
		}
	}
	return dst
}
