package neighbors

// meetings remembers which rows were compared with each other in leaves: of every
// row the leaves where it was, those of as many trees as a word has room for. What a
// pair could find in lists, it found there.
type meetings struct {
	lane   int // bits of the number of a leaf
	lows   uint64
	trees  int
	leaves []uint64 // by row
}

func newMeetings(n, trees, depth int) meetings {
	m := meetings{lane: 8, trees: trees, leaves: make([]uint64, n)}
	for m.lane < depth {
		m.lane *= 2
	}
	for at := 0; at < 64; at += m.lane {
		m.lows |= 1 << at
	}
	return m
}

// room returns how many trees are remembered.
func (m *meetings) room() int { return 64 / m.lane }

// attend writes down that row i was in a leaf of a tree, and was compared there with
// enough digits. One that was not gets a number of its own, which hardly any other has.
func (m *meetings) attend(i int32, tree, leaf int, sure bool) {
	if tree >= m.room() {
		return
	}
	if !sure {
		leaf = int(uint32(i) * 0x9E3779B1 >> (32 - min(m.lane, 32)))
	}
	m.leaves[i] |= uint64(leaf) << (tree * m.lane)
}

// before covers the trees from the given one on, which have not met.
func (m *meetings) before(tree int) (cover uint64) {
	if tree < m.room() {
		cover = ^uint64(0) << (tree * m.lane)
	}
	return cover
}

// met reports whether two rows, by what is remembered of them, were in one leaf of a
// tree that is not covered: whether any number in a ^ b is zero.
func (m *meetings) met(a, b, cover uint64) bool {
	z := a ^ b | cover
	return (z-m.lows)&^z&(m.lows<<(m.lane-1)) != 0
}
