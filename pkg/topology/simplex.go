package topology

import (
	"math"
	"math/bits"
)

// A simplex of a flag complex is known by its longest edge, the last of its edges to
// appear, and by its other vertices. Its key is the number of that edge, by order of
// appearance, and below it a number for the set of the others. So keys ascend with the
// filtration, and those with the same longest edge, whose cofaces are where the shortcuts of
// persistence look, are neighbours.

// coder writes and reads the keys of simplices of one dimension.
type coder struct {
	rest  int        // how many vertices there are beside the longest edge
	width uint       // bits of a vertex, where each has its own
	shift uint       // bits of the set of vertices
	table [][]uint64 // binomial coefficients, (v choose i+1) at [i][v], where they have not
}

// newCoder returns the coder of simplices of dimension dim on n vertices and m edges, in at
// most room bits, and whether there are enough.
func newCoder(dim, n, m int, room uint) (c coder, ok bool) {
	c.rest, c.width = dim-1, uint(bits.Len(uint(max(n-1, 1))))
	c.shift = uint(c.rest) * c.width
	free := room - uint(bits.Len(uint(m)))
	if c.shift <= free {
		return c, true
	}
	// The number of a set in the combinatorial number system is the least there is.
	sets, fits := choose(n, c.rest)
	c.shift = uint(bits.Len64(sets))
	if !fits || c.shift > free {
		return c, false
	}
	c.table = make([][]uint64, c.rest)
	for i := range c.table {
		c.table[i] = make([]uint64, n)
		for v := range c.table[i] {
			c.table[i][v], _ = choose(v, i+1)
		}
	}
	return c, true
}

// choose returns n choose k, and whether it is below 2⁶³.
func choose(n, k int) (uint64, bool) {
	if k > n {
		return 0, true
	}
	all := uint64(1)
	for i := 1; i <= k; i++ {
		hi, lo := bits.Mul64(all, uint64(n-k+i))
		if hi >= uint64(i) {
			return 0, false
		}
		all, _ = bits.Div64(hi, lo, uint64(i))
		if all > math.MaxInt64 {
			return 0, false
		}
	}
	return all, true
}

// part returns what vertex v adds to the number of a set in which i are smaller.
func (c *coder) part(i int, v uint32) uint64 {
	if c.table == nil {
		return uint64(v) << (uint(i) * c.width)
	}
	return c.table[i][v]
}

// set returns the number of a set of vertices, which descend.
func (c *coder) set(vertices []uint32) (code uint64) {
	for i, v := range vertices {
		code += c.part(len(vertices)-1-i, v)
	}
	return code
}

// edge returns the longest edge of the simplex with a key.
func (c *coder) edge(key uint64) uint32 { return uint32(key >> c.shift) }

// read writes the vertices beside the longest edge to dst, in descending order.
func (c *coder) read(dst []uint32, key uint64) []uint32 {
	code := key & (1<<c.shift - 1)
	dst = dst[:0]
	if c.table == nil {
		for i := c.rest - 1; i >= 0; i-- {
			dst = append(dst, uint32(code>>(uint(i)*c.width))&(1<<c.width-1))
		}
		return dst
	}
	for i := c.rest - 1; i >= 0; i-- {
		t := c.table[i]
		lo, hi := i, len(t) // the largest v with t[v] ≤ code is in [lo, hi)
		for hi-lo > 1 {
			if mid := int(uint(lo+hi) / 2); t[mid] <= code {
				lo = mid
			} else {
				hi = mid
			}
		}
		code -= t[lo]
		dst = append(dst, uint32(lo))
	}
	return dst
}
