// Package front is the front of a search for shortest ways: what was reached, the nearest first.
package front

// Place is a node with the length of a way to it.
type Place struct {
	Distance float64
	Node     int32
}

// Front holds places, the nearest first: a heap of four branches, which is half as deep as one of two. A node that is reached a
// second time, by a shorter way, stands in it twice; the longer way is passed over when its turn comes, which costs less than to
// keep track of where it stands.
type Front []Place

// Push adds a place.
func (f *Front) Push(p Place) {
	h := append(*f, p)
	i := len(h) - 1
	for i > 0 {
		above := (i - 1) / 4
		if h[above].Distance <= p.Distance {
			break
		}
		h[i] = h[above]
		i = above
	}
	h[i] = p
	*f = h
}

// Pop takes the nearest place out of a front that holds any.
func (f *Front) Pop() Place {
	h := *f
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*f = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		below := 4*i + 1
		if below >= len(h) {
			break
		}
		least := below
		for c := below + 1; c < min(below+4, len(h)); c++ {
			if h[c].Distance < h[least].Distance {
				least = c
			}
		}
		if h[least].Distance >= last.Distance {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = last
	return first
}
