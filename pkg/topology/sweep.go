package topology

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// sweep reduces the columns of dimension 1 modulo 2 without their cofaces: a column is a set
// of edges, and its coboundary is looked at where it may begin, at one longest edge after the
// other. At each of them the first triangle, an apparent pair's, tells whether the edge
// belongs to the set, and the others whether the class ends there.
type sweep struct {
	h       *cohomology
	in      bitset   // the edges of the set
	changed []uint32 // edges that were put in or taken out, some more than once
	due     bitTree  // longest edges of triangles that hold one of these
}

func newSweep(h *cohomology) *sweep {
	m := len(h.f.ends)
	return &sweep{h: h, in: make(bitset, (m+63)/64), due: newBitTree(m)}
}

// reduce is cohomology.reduce for the edge of a column.
func (s *sweep) reduce(ctx context.Context, key uint64) (pivot uint64, ok bool, err error) {
	h := s.h
	defer s.clear()
	s.toggle(uint32(key), 0)
	for steps := 0; ; steps++ {
		if steps&1023 == 1023 && ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		edge, more := s.due.first()
		if !more {
			h.sum = s.edges(h.sum[:0])
			return 0, false, nil
		}
		belongs, ends, at := s.look(edge)
		if belongs != s.in.has(edge) {
			s.toggle(edge, edge)
		}
		if !ends {
			s.due.remove(edge)
			continue
		}
		pivot := uint64(edge)<<h.upper.shift | uint64(at)
		if column, taken := h.pivots.find(pivot); taken {
			for _, e := range h.sums[h.starts[column]:h.starts[column+1]] {
				s.toggle(uint32(e), edge)
			}
			continue // the column may begin there still, later
		}
		h.sum = s.edges(h.sum[:0])
		h.pivots.put(pivot, h.keep(key, 1))
		return pivot, true, nil
	}
}

// look goes through the triangles of which this is the longest edge: whether it belongs to
// the set if the coboundary is to vanish at the first of them, and the first other at which
// it then does not. An edge with no triangle stays as it is.
func (s *sweep) look(edge uint32) (belongs, ends bool, at uint32) {
	e := s.h.f.ends[edge]
	x, y := s.h.f.near(e.a), s.h.f.near(e.b)
	var sought bool
	i, j := 0, 0
	first := true
	for i < len(x) && j < len(y) {
		p, q := x[i], y[j]
		if p.to < q.to {
			i++
			continue
		}
		if p.to > q.to {
			j++
			continue
		}
		i++
		j++
		if p.edge > edge || q.edge > edge || !s.h.f.stays(p.to, edge) {
			continue
		}
		is := s.in.has(p.edge) != s.in.has(q.edge)
		if first {
			first, sought = false, is
		} else if is != sought {
			return sought, true, p.to
		}
	}
	if first {
		return s.in.has(edge), false, 0
	}
	return sought, false, 0
}

// toggle puts an edge into the set or takes it out. What is before an edge is done with.
func (s *sweep) toggle(edge, from uint32) {
	s.in.flip(edge)
	s.changed = append(s.changed, edge)
	e := s.h.f.ends[edge]
	x, y := s.h.f.near(e.a), s.h.f.near(e.b)
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		p, q := x[i], y[j]
		if p.to < q.to {
			i++
			continue
		}
		if p.to > q.to {
			j++
			continue
		}
		i++
		j++
		longest := max(p.edge, q.edge, edge)
		if longest >= from && s.h.f.stays(p.to, longest) && s.h.f.stays(e.a, longest) && s.h.f.stays(e.b, longest) {
			s.due.add(longest)
		}
	}
}

// edges appends those of the set to dst, in ascending order.
func (s *sweep) edges(dst []uint64) []uint64 {
	slices.Sort(s.changed)
	s.changed = slices.Compact(s.changed)
	for _, e := range s.changed {
		if s.in.has(e) {
			dst = append(dst, uint64(e))
		}
	}
	return dst
}

func (s *sweep) clear() {
	for _, e := range s.changed {
		s.in.drop(e)
	}
	s.changed = s.changed[:0]
	for {
		e, more := s.due.first()
		if !more {
			return
		}
		s.due.remove(e)
	}
}

// bitset is a set of small numbers.
type bitset []uint64

func (b bitset) has(i uint32) bool { return b[i>>6]>>(i&63)&1 == 1 }
func (b bitset) flip(i uint32)     { b[i>>6] ^= 1 << (i & 63) }
func (b bitset) drop(i uint32)     { b[i>>6] &^= 1 << (i & 63) }

// bitTree is a set of small numbers whose least is found at once: of every level, the next
// says which words are not zero.
type bitTree [][]uint64

func newBitTree(n int) bitTree {
	var t bitTree
	for {
		n = (n + 63) / 64
		t = append(t, make([]uint64, max(n, 1)))
		if n <= 1 {
			return t
		}
	}
}

func (t bitTree) add(i uint32) {
	for _, level := range t {
		before := level[i>>6]
		level[i>>6] = before | 1<<(i&63)
		if before != 0 {
			return
		}
		i >>= 6
	}
}

func (t bitTree) remove(i uint32) {
	for _, level := range t {
		if level[i>>6] &^= 1 << (i & 63); level[i>>6] != 0 {
			return
		}
		i >>= 6
	}
}

// first returns the least number, and whether there is any.
func (t bitTree) first() (uint32, bool) {
	if t[len(t)-1][0] == 0 {
		return math.MaxUint32, false
	}
	var i uint32
	for k := len(t) - 1; k >= 0; k-- {
		i = i<<6 | uint32(bits.TrailingZeros64(t[k][i]))
	}
	return i, true
}
