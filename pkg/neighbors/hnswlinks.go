package neighbors

import "slices"

const (
	hnswTop = 60  // the highest level: a row in 2⁶⁰ would stand higher
	absent  = 255 // the level of a row that is not linked: one that equals another
)

// hnswLinks is the small world: on every level links between the rows that stand
// there. All rows stand at the ground, level 0.
type hnswLinks struct {
	m     int     // most links of a row on the levels above the ground, and half of that at it
	level []uint8 // of every row, or absent
	base  []int32 // n × 2m: the links at the ground, −1 behind the last
	upper []int32 // blocks of m: those on level 1, 2, … of one row after the other
	at    []int32 // of every row above the ground: the number of its first block
	entry int32   // where searches begin: a row of the top level; −1 where there are no rows
	top   int     // its level
}

func newHNSWLinks(m int) *hnswLinks { return &hnswLinks{m: m, entry: -1} }

// extend makes room for rows of the levels given, without links, in memory of its
// own.
func (l *hnswLinks) extend(levels []uint8) {
	blocks := len(l.upper) / l.m
	l.at = slices.Grow(slices.Clone(l.at), len(levels))
	for _, v := range levels {
		l.at = append(l.at, int32(blocks))
		if v != absent {
			blocks += int(v)
		}
	}
	l.level = slices.Concat(l.level, levels)
	l.base = lengthen(l.base, len(l.level)*2*l.m)
	l.upper = lengthen(l.upper, blocks*l.m)
}

// append makes room for one more row.
func (l *hnswLinks) append(level uint8) {
	l.at = append(l.at, int32(len(l.upper)/l.m))
	l.level = append(l.level, level)
	for range 2 * l.m {
		l.base = append(l.base, -1)
	}
	if level != absent {
		for range int(level) * l.m {
			l.upper = append(l.upper, -1)
		}
	}
}

// lengthen returns a copy of s of length n, −1 behind its end.
func lengthen(s []int32, n int) []int32 {
	to := make([]int32, n)
	for i := copy(to, s); i < n; i++ {
		to[i] = -1
	}
	return to
}

// of returns the slots of row i on a level on which it stands.
func (l *hnswLinks) of(i int32, level int) []int32 {
	if level == 0 {
		at := int(i) * 2 * l.m
		return l.base[at : at+2*l.m : at+2*l.m]
	}
	at := (int(l.at[i]) + level - 1) * l.m
	return l.upper[at : at+l.m : at+l.m]
}

// linked returns the links among slots: those before the first free one.
func linked(slots []int32) []int32 {
	n := len(slots)
	for n > 0 && slots[n-1] < 0 {
		n--
	}
	return slots[:n]
}

// each calls f for the slots of every row on every level.
func (l *hnswLinks) each(f func(row int32, level int, slots []int32)) {
	for i, top := range l.level {
		if top == absent {
			continue
		}
		for level := range int(top) + 1 {
			f(int32(i), level, l.of(int32(i), level))
		}
	}
}

// count returns how many rows are linked.
func (l *hnswLinks) count() int {
	n := 0
	for _, v := range l.level {
		if v != absent {
			n++
		}
	}
	return n
}
