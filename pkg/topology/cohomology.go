package topology

import (
	"context"
	"math"
	"math/bits"
	"slices"
)

// cohomology reduces the coboundary matrices of a flag complex, from dimension 1 upwards. A
// column is never stored: it is the coboundary of a combination of simplices, of which only
// these are kept.
type cohomology struct {
	f     *flag
	prime uint32
	cbits uint // of a coefficient, at the low end of an entry
	inv   []uint32

	cocycles bool // are wanted

	dim    int   // of the columns
	lower  coder // of them
	upper  coder // of their cofaces
	pivots table // of the cofaces that end a class, and the column of each
	clear  table // those of the dimension below: its columns are known to vanish

	starts []int    // of the combinations of the columns, and where the last ends
	sums   []uint64 // simplices with coefficients

	work    sum
	sum     []uint64 // simplices whose coboundaries are in work
	cofaces []uint64
	s       star
	t       star
	lists   [][]link
	pair    []uint32
}

// star is a simplex and what is needed to name its cofaces.
type star struct {
	edge     uint32
	vertices []uint32 // descending
	rest     []uint32 // those beside the longest edge, descending
	lists    [][]link // the links of each vertex
	without  []uint64 // the number of the set of all vertices but one
	high     []uint64 // of the vertices in rest above one that is put in, by how many these are
	low      []uint64 // of those below it
}

// open decodes a column.
func (h *cohomology) open(s *star, c *coder, key uint64) {
	s.edge = c.edge(key)
	s.rest = c.read(s.rest, key)
	e := h.f.ends[s.edge]
	s.vertices = append(s.vertices[:0], s.rest...)
	s.vertices = insert(insert(s.vertices, e.a), e.b)
	s.lists = s.lists[:0]
	for _, v := range s.vertices {
		s.lists = append(s.lists, h.f.near(v))
	}
}

// insert puts v among vertices that descend.
func insert(vertices []uint32, v uint32) []uint32 {
	vertices = append(vertices, v)
	i := len(vertices) - 1
	for ; i > 0 && vertices[i-1] < v; i-- {
		vertices[i] = vertices[i-1]
	}
	vertices[i] = v
	return vertices
}

// parts prepares the numbers of the cofaces of s.
func (h *cohomology) parts(s *star) {
	k, c := len(s.vertices), &h.upper // k−1 vertices are beside the longest edge of a coface
	s.without = s.without[:0]
	for i := range k {
		var code uint64
		for j, v := range s.vertices {
			switch {
			case j < i:
				code += c.part(k-2-j, v)
			case j > i:
				code += c.part(k-1-j, v)
			}
		}
		s.without = append(s.without, code)
	}
	s.high, s.low = s.high[:0], s.low[:0]
	for g := range k - 1 { // k−2 in rest
		var high, low uint64
		for j, v := range s.rest {
			if j < g {
				high += c.part(k-2-j, v)
			} else {
				low += c.part(k-3-j, v)
			}
		}
		s.high, s.low = append(s.high, high), append(s.low, low)
	}
}

// spread appends the coboundary of coef times the simplex in s to h.cofaces.
func (h *cohomology) spread(s *star, coef uint32) {
	h.parts(s)
	c := &h.upper
	lead := 0
	for i, l := range s.lists {
		if len(l) < len(s.lists[lead]) {
			lead = i
		}
	}
	lists := append(h.lists[:0], s.lists...)
	h.lists = lists
	gone := uint32(math.MaxUint32)
	if h.f.gone != nil {
		for _, v := range s.vertices {
			gone = min(gone, h.f.gone[v])
		}
	}
	above := len(s.rest)       // of the rest, how many are above v
	smaller := len(s.vertices) // where those smaller than v begin
	cofaces := h.cofaces
next:
	for _, first := range lists[lead] {
		v, longest, at := first.to, first.edge, lead
		for i, l := range lists {
			if i == lead {
				continue
			}
			for len(l) > 0 && l[0].to < v {
				l = l[1:]
			}
			lists[i] = l
			if len(l) == 0 {
				break next
			}
			if l[0].to != v {
				continue next
			}
			if l[0].edge > longest {
				longest, at = l[0].edge, i
			}
		}
		longest = max(longest, s.edge)
		if h.f.gone != nil && longest >= min(gone, h.f.gone[v]) {
			continue
		}
		var key uint64
		if longest == s.edge {
			for above > 0 && s.rest[above-1] < v {
				above--
			}
			key = uint64(s.edge)<<c.shift | (s.high[above] + c.part(len(s.rest)-above, v) + s.low[above])
		} else {
			key = uint64(longest)<<c.shift | s.without[at]
		}
		if h.cbits == 0 {
			cofaces = append(cofaces, key)
			continue
		}
		for smaller > 0 && s.vertices[smaller-1] < v {
			smaller--
		}
		value := coef
		if (len(s.vertices)-smaller)&1 == 1 {
			value = h.prime - coef
		}
		cofaces = append(cofaces, key<<h.cbits|uint64(value))
	}
	h.cofaces = cofaces
}

// facet returns the simplex whose coboundary begins with the coface of this key, and which is
// the last of its faces, and the vertex between: their pair is apparent.
func (h *cohomology) facet(key uint64) (face uint64, apart uint32, ok bool) {
	edge := h.upper.edge(key)
	h.t.rest = h.upper.read(h.t.rest, key)
	rest := h.t.rest
	least := rest[len(rest)-1]
	e := h.f.ends[edge]
	lists := append(h.t.lists[:0], h.f.near(e.a), h.f.near(e.b))
	for _, v := range rest[:len(rest)-1] {
		lists = append(lists, h.f.near(v))
	}
	h.t.lists = lists
	if _, earlier := h.f.meeting(&h.lists, lists, edge, least); earlier {
		return 0, 0, false
	}
	return uint64(edge)<<h.lower.shift | h.lower.set(rest[:len(rest)-1]), least, true
}

// newCohomology prepares coefficients modulo a prime.
func newCohomology(f *flag, prime int) *cohomology {
	h := &cohomology{f: f, prime: uint32(prime)}
	if prime > 2 {
		h.cbits = uint(bits.Len(uint(prime - 1)))
		h.inv = make([]uint32, prime)
		h.inv[1] = 1
		for a := 2; a < prime; a++ {
			h.inv[a] = uint32((prime - prime/a*int(h.inv[prime%a])%prime) % prime)
		}
	}
	h.work.cbits, h.work.prime = h.cbits, h.prime
	return h
}

// fits reports whether entries of dimension dim + 1 fit 64 bits.
func (h *cohomology) fits(dim int) bool {
	_, ok := newCoder(dim+1, h.f.n, len(h.f.ends), 64-h.cbits)
	return ok
}

// diagram returns the bars of dimension dim, and their cocycles. Those of the dimension below were computed
// just before.
func (h *cohomology) diagram(ctx context.Context, dim int, joins []bool) (Diagram, []Cocycle, error) {
	h.dim = dim
	m := len(h.f.ends)
	h.lower, _ = newCoder(dim, h.f.n, m, 64-h.cbits)
	h.upper, _ = newCoder(dim+1, h.f.n, m, 64-h.cbits)
	h.clear, h.pivots = h.pivots, h.clear
	h.pivots.reset()
	h.starts, h.sums = append(h.starts[:0], 0), h.sums[:0]
	columns, err := h.assemble(ctx, joins)
	if err != nil {
		return nil, nil, err
	}
	type class struct {
		Bar
		cocycle Cocycle
	}
	reduce := h.reduce
	if dim == 1 && h.prime == 2 {
		reduce = newSweep(h).reduce
	}
	var classes []class
	for i, key := range columns {
		if i&255 == 255 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		death, ok, err := reduce(ctx, key)
		if err != nil {
			return nil, nil, err
		}
		c := class{Bar: Bar{h.f.value(h.lower.edge(key)), math.Inf(1)}}
		if ok {
			c.Death = h.f.value(h.upper.edge(death))
		}
		if c.Birth == c.Death {
			continue
		}
		if h.cocycles {
			last := len(h.starts) - 2
			if !ok {
				last = int(h.keep(key, 1))
			}
			c.cocycle = h.cocycle(h.sums[h.starts[last]:h.starts[last+1]])
		}
		classes = append(classes, c)
	}
	slices.SortStableFunc(classes, func(x, y class) int { return compareBars(x.Bar, y.Bar) })
	var bars Diagram
	var cocycles []Cocycle
	for _, c := range classes {
		bars = append(bars, c.Bar)
		if h.cocycles {
			cocycles = append(cocycles, c.cocycle)
		}
	}
	return bars, cocycles, nil
}

// reduce adds earlier columns to that of a simplex until its first coface is no other
// column's, and returns that coface, or that nothing is left.
func (h *cohomology) reduce(ctx context.Context, key uint64) (pivot uint64, ok bool, err error) {
	h.work.reset()
	h.sum = h.sum[:0]
	h.open(&h.s, &h.lower, key)
	if v, found := h.f.meeting(&h.lists, h.s.lists, h.s.edge, math.MaxUint32); found {
		h.pair = insert(append(h.pair[:0], h.s.rest...), v)
		coface := uint64(h.s.edge)<<h.upper.shift | h.upper.set(h.pair)
		if _, taken := h.pivots.find(coface); !taken {
			if _, _, apparent := h.facet(coface); !apparent {
				h.pivots.put(coface, h.keep(key, h.inverse(h.orient(h.s.vertices, v))))
				return coface, true, nil
			}
		}
	}
	h.add(key, 1)
	for steps := 0; ; steps++ {
		if steps&255 == 255 && ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		pivot, coef, ok := h.work.leader()
		if !ok {
			return 0, false, nil
		}
		if column, taken := h.pivots.find(pivot); taken {
			// The leading coefficient of a stored column is 1.
			for _, e := range h.sums[h.starts[column]:h.starts[column+1]] {
				h.add(e>>h.cbits, h.times(h.coef(e), h.minus(coef)))
			}
			continue
		}
		if face, least, apparent := h.facet(pivot); apparent {
			h.open(&h.t, &h.lower, face)
			h.add(face, h.times(h.minus(coef), h.inverse(h.orient(h.t.vertices, least))))
			continue
		}
		h.pivots.put(pivot, h.keep(key, h.inverse(coef)))
		return pivot, true, nil
	}
}

// add adds coef times the coboundary of a simplex.
func (h *cohomology) add(key uint64, coef uint32) {
	h.open(&h.s, &h.lower, key)
	h.cofaces = h.cofaces[:0]
	h.spread(&h.s, coef)
	h.work.add(h.cofaces)
	if h.cbits == 0 {
		h.sum = append(h.sum, key)
	} else {
		h.sum = append(h.sum, key<<h.cbits|uint64(coef))
	}
}

// orient returns the coefficient, in the coboundary of a simplex, of the coface with
// vertex v.
func (h *cohomology) orient(vertices []uint32, v uint32) uint32 {
	sign := uint32(1)
	for _, w := range vertices {
		if w < v {
			sign = h.prime - sign
		}
	}
	return sign
}

// keep stores the combination of simplices whose coboundary was reduced, times coef, and
// returns its number.
func (h *cohomology) keep(key uint64, coef uint32) int32 {
	if len(h.sum) == 0 {
		h.sum = append(h.sum, key<<h.cbits|uint64(min(h.cbits, 1)))
	}
	slices.Sort(h.sum)
	for i := 0; i < len(h.sum); {
		e := h.sum[i] >> h.cbits
		var total uint32
		for ; i < len(h.sum) && h.sum[i]>>h.cbits == e; i++ {
			total = (total + h.coef(h.sum[i])) % h.prime
		}
		if total = h.times(total, coef); total == 0 {
			continue
		}
		if h.cbits == 0 {
			h.sums = append(h.sums, e)
		} else {
			h.sums = append(h.sums, e<<h.cbits|uint64(total))
		}
	}
	h.starts = append(h.starts, len(h.sums))
	return int32(len(h.starts) - 2)
}

// coef returns the coefficient of an entry.
func (h *cohomology) coef(e uint64) uint32 {
	if h.cbits == 0 {
		return 1
	}
	return uint32(e & (1<<h.cbits - 1))
}

func (h *cohomology) times(x, y uint32) uint32 {
	return uint32(uint64(x) * uint64(y) % uint64(h.prime))
}

func (h *cohomology) minus(x uint32) uint32 { return (h.prime - x) % h.prime }

func (h *cohomology) inverse(x uint32) uint32 {
	if h.prime == 2 {
		return x
	}
	return h.inv[x]
}
