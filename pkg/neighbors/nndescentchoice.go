package neighbors

import "math"

// choice draws the candidates of one row after the other.
type choice struct {
	salt         uint64
	row          uint32
	slots        []uint32 // a hash table of the rows added, each plus one
	fresh, stale []uint32
	keys         []uint64
}

// begin begins with row i, for which at most n rows will be added.
func (c *choice) begin(i int32, n int) {
	c.row, c.fresh, c.stale = uint32(i), c.fresh[:0], c.stale[:0]
	size := 64
	for size < 2*n {
		size *= 2
	}
	c.slots = grown(c.slots, size)
	clear(c.slots)
}

// add takes a row and, in the lowest bit of e, whether it is new, unless it was
// taken before.
func (c *choice) add(e uint32) {
	j, mask := e>>1, uint32(len(c.slots)-1)
	slot := j * 0x9E3779B1 >> 8 & mask
	for c.slots[slot] != 0 {
		if c.slots[slot] == j+1 {
			return
		}
		slot = (slot + 1) & mask
	}
	c.slots[slot] = j + 1
	if e&1 != 0 {
		c.fresh = append(c.fresh, j)
	} else {
		c.stale = append(c.stale, j)
	}
}

// rank is the place of row j among the candidates: a random number, the same for
// both rows of a pair.
func (c *choice) rank(j uint32) uint64 {
	z := c.salt ^ (uint64(min(c.row, j))<<32 | uint64(max(c.row, j)))
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9 // the finaliser of SplitMix64, as in internal/rng
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return (z^z>>31)>>32<<32 | uint64(j)
}

// draw writes the first of rows by rank to dst, as many as it holds, and returns how
// many these are and the rank of the last, or the largest number where all rows are drawn.
func (c *choice) draw(dst []int32, rows []uint32) (n int, limit uint64) {
	if len(rows) <= len(dst) {
		for k, j := range rows {
			dst[k] = int32(j)
		}
		return len(rows), math.MaxUint64
	}
	c.keys = c.keys[:0]
	for _, j := range rows {
		c.keys = append(c.keys, c.rank(j))
	}
	lowest(c.keys, len(dst))
	for k, key := range c.keys[:len(dst)] {
		dst[k] = int32(uint32(key))
		limit = max(limit, key)
	}
	return len(dst), limit
}
