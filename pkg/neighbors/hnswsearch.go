package neighbors

import (
	"slices"
)

// A mark is a row with its fast distance: ordered by distance, then by row. The
// lowest bit tells whether the links of the row have been followed.
type mark uint64

func markOf(fast float32, row int32) mark { return mark(code(fast))<<32 | mark(row)<<1 }

func (m mark) row() int32 { return int32(uint32(m) >> 1) }

// code returns that of its distance.
func (m mark) code() uint32 { return uint32(m >> 32) }

// hnswSearcher is the scratch of one worker.
type hnswSearcher struct {
	links   *hnswLinks
	done    <-chan struct{} // closed when the search is no longer wanted
	visited []uint64        // a bit for every row
	log     []int32         // the rows whose bits are set
	pool    []mark          // the nearest rows found, in order
	to      []int32
	fast    []float32

	// For the choice of links.
	merged []int32 // links of a row and those that are to be added
	far    []float32
	nodes  []mark
	alive  []mark
	pruned []mark
	chosen []int32
}

// chooseRows are the candidates for links that are looked at together: few when
// the nearest will do.
const chooseRows = 32

func newHNSWSearcher(links *hnswLinks, done <-chan struct{}) *hnswSearcher {
	return &hnswSearcher{links: links, done: done, visited: make([]uint64, (len(links.level)+63)/64),
		to: make([]int32, max(2*links.m, chooseRows)), fast: make([]float32, max(2*links.m, chooseRows))}
}

// measure returns row j as seen from row i of q.
func (s *hnswSearcher) measure(q asker, i, j int32) mark {
	s.to[0] = j
	q.fast(s.fast[:1], i, s.to[:1])
	return markOf(s.fast[0], j)
}

// descend follows links towards row i of q, from the entry down to the level
// given, and returns where it ends.
func (s *hnswSearcher) descend(q asker, i int32, to int) mark {
	at := s.measure(q, i, s.links.entry)
	for level := s.links.top; level >= to; level-- {
		for moved := true; moved; {
			moved = false
			links := linked(s.links.of(at.row(), level))
			q.fast(s.fast[:len(links)], i, links)
			for k, j := range links {
				if m := markOf(s.fast[k], j); m < at {
					at, moved = m, true
				}
			}
		}
	}
	return at
}

// begin forgets the last search and begins one for the nearest ef rows, or as many
// as there are.
func (s *hnswSearcher) begin(ef int) {
	ef = min(ef, len(s.links.level))
	for _, j := range s.log {
		s.visited[j>>6] = 0
	}
	s.log = s.log[:0]
	if cap(s.pool) < ef {
		s.pool = make([]mark, 0, ef)
	}
	s.pool = s.pool[:0:ef]
}

// seed puts a row into the pool, where it is new.
func (s *hnswSearcher) seed(m mark) {
	j := m.row()
	if s.visited[j>>6]>>(j&63)&1 != 0 {
		return
	}
	s.visited[j>>6] |= 1 << (j & 63)
	s.log = append(s.log, j)
	if len(s.pool) < cap(s.pool) || m < s.pool[len(s.pool)-1] {
		s.insert(m)
	}
}

// insert puts m at its place in the pool, which if it is full loses its last.
func (s *hnswSearcher) insert(m mark) int {
	p := s.pool
	at := 0
	if n := len(p); n > 0 {
		for n > 1 {
			half := n >> 1
			if p[at+half-1] < m {
				at += half
			}
			n -= half
		}
		if p[at] < m {
			at++
		}
	}
	if len(p) < cap(p) {
		p = p[:len(p)+1]
	}
	copy(p[at+1:], p[at:])
	p[at] = m
	s.pool = p
	return at
}

// explore follows the links of the rows in the pool, the nearest first, until the
// pool holds none whose links have not been followed: algorithm 2 of the paper,
// with its two heaps in one sorted array. It returns false when cancelled.
func (s *hnswSearcher) explore(q asker, i int32, level int) bool {
	visited, ef := s.visited, cap(s.pool)
	for at, steps := 0, 0; at < len(s.pool); {
		if s.pool[at]&1 != 0 {
			at++
			continue
		}
		if steps++; steps&31 == 0 {
			select {
			case <-s.done:
				return false
			default:
			}
		}
		s.pool[at] |= 1
		// Links that were seen are written and overwritten: which are new is
		// beyond what a processor can predict.
		to, n := s.to, 0
		for _, j := range s.links.of(s.pool[at].row(), level) {
			if j < 0 {
				break
			}
			word := visited[j>>6]
			bit := uint64(1) << (j & 63)
			to[n] = j
			visited[j>>6] = word | bit
			n += int(^word >> (j & 63) & 1)
		}
		if n == 0 {
			continue
		}
		to = to[:n]
		s.log = append(s.log, to...)
		fast := s.fast[:n]
		q.fast(fast, i, to)
		next := at + 1
		for k, j := range to {
			m := markOf(fast[k], j)
			if len(s.pool) == ef && m > s.pool[ef-1] {
				continue
			}
			next = min(next, s.insert(m))
		}
		at = next
	}
	return true
}

// choose writes to s.chosen up to m of the candidates, which stand in order of
// their distance to some row: the nearest, and then each that is nearer to that
// row than to any chosen so far (algorithm 4 of the paper). With keep, the nearest
// of those turned away take the places that are left.
func (s *hnswSearcher) choose(a asker, candidates []mark, m int, keep bool) {
	s.chosen, s.pruned = s.chosen[:0], s.pruned[:0]
	for lo := 0; lo < len(candidates) && len(s.chosen) < m; lo += chooseRows {
		s.alive = append(s.alive[:0], candidates[lo:min(lo+chooseRows, len(candidates))]...)
		for _, c := range s.chosen {
			s.dismiss(a, c, keep)
		}
		for len(s.alive) > 0 && len(s.chosen) < m {
			c := s.alive[0].row()
			s.alive = append(s.alive[:0], s.alive[1:]...)
			s.chosen = append(s.chosen, c)
			s.dismiss(a, c, keep)
		}
	}
	if keep {
		slices.Sort(s.pruned)
		for _, p := range s.pruned[:min(len(s.pruned), m-len(s.chosen))] {
			s.chosen = append(s.chosen, p.row())
		}
	}
}

// dismiss drops from s.alive what is nearer to row c than to the row for which
// links are chosen.
func (s *hnswSearcher) dismiss(a asker, c int32, keep bool) {
	n := len(s.alive)
	if n == 0 {
		return
	}
	to, fast := s.to[:n], s.fast[:n]
	for k, v := range s.alive {
		to[k] = v.row()
	}
	a.fast(fast, c, to)
	left := s.alive[:0]
	for k, v := range s.alive {
		if code(fast[k]) >= v.code() {
			left = append(left, v)
		} else if keep {
			s.pruned = append(s.pruned, v)
		}
	}
	s.alive = left
}
