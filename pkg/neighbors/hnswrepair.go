package neighbors

import "context"

// repair makes every linked row one that can be reached from the entry along
// links at the ground, and returns how many could not be. The choice of links by
// direction leaves some rows without a link to them; each gets one from the
// nearest reachable row that has a free place, or a link that no other row depends
// on.
func (b *hnswBuilder) repair() (lost int, err error) {
	l := b.links
	if l.entry < 0 {
		return 0, nil
	}
	r := newReach(l)
	if err := r.from(b.ctx, l.entry); err != nil {
		return 0, err
	}
	for i := range r.parent {
		if r.parent[i] < 0 && l.level[i] != absent {
			lost++
		}
	}
	if lost == 0 {
		return 0, nil
	}
	s := newHNSWSearcher(l, b.ctx.Done())
	for i := range int32(len(l.level)) {
		if r.parent[i] >= 0 || l.level[i] == absent {
			continue
		}
		s.begin(b.o.EfConstruction)
		s.seed(b.seen(s, i, r))
		s.seed(s.measure(b.space, i, l.entry))
		if !s.explore(b.space, i, 0) {
			return 0, b.ctx.Err()
		}
		adopted := false
		for _, m := range s.pool {
			if j := m.row(); r.parent[j] >= 0 && r.adopt(j, i) {
				adopted = true
				break
			}
		}
		for j := int32(len(r.parent)) - 1; !adopted; j-- { // far away, then: a tree has leaves
			adopted = r.parent[j] >= 0 && r.adopt(j, i)
		}
		if err := r.from(b.ctx, i); err != nil {
			return 0, err
		}
	}
	return lost, nil
}

// seen returns where the way down to row i ends, or the entry where that is a row
// that cannot be reached at the ground.
func (b *hnswBuilder) seen(s *hnswSearcher, i int32, r *reach) mark {
	at := s.descend(b.space, i, 1)
	if r.parent[at.row()] < 0 {
		at = s.measure(b.space, i, b.links.entry)
	}
	return at
}

// reach is a tree of links at the ground that spans the rows reached.
type reach struct {
	l      *hnswLinks
	parent []int32 // of every row; −1 where it was not reached
	queue  []int32
}

func newReach(l *hnswLinks) *reach {
	r := &reach{l: l, parent: make([]int32, len(l.level))}
	for i := range r.parent {
		r.parent[i] = -1
	}
	r.parent[l.entry] = l.entry
	return r
}

// from adds what can be reached from row i.
func (r *reach) from(ctx context.Context, i int32) error {
	r.queue = append(r.queue[:0], i)
	for k := 0; k < len(r.queue); k++ {
		if k&4095 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at := r.queue[k]
		for _, j := range linked(r.l.of(at, 0)) {
			if r.parent[j] < 0 {
				r.parent[j] = at
				r.queue = append(r.queue, j)
			}
		}
	}
	return nil
}

// adopt links row i from row j, in a free place or in that of a link which is not
// in the tree, and reports whether there was one.
func (r *reach) adopt(j, i int32) bool {
	slots := r.l.of(j, 0)
	for k := range slots {
		if slots[k] < 0 {
			slots[k] = i
			r.parent[i] = j
			return true
		}
	}
	for k := len(slots) - 1; k >= 0; k-- {
		if r.parent[slots[k]] != j {
			slots[k] = i
			r.parent[i] = j
			return true
		}
	}
	return false
}
