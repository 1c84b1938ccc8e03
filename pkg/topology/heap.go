package topology

// heap is a column in the making: entries, keys above coefficients, of which the least is
// at hand. Entries of one key are summed when they come up.
type heap []uint64

func (h *heap) push(e uint64) {
	s := append(*h, e)
	*h = s
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if s[up] <= e {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = e
}

// pop removes the least entry. What is put in its place comes from the bottom and goes back
// there, so it is let down all the way and then lifted.
func (h *heap) pop() uint64 {
	s := *h
	least, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return least
	}
	i := 0
	for 2*i+2 < len(s) {
		down := 2*i + 1
		if s[down+1] < s[down] {
			down++
		}
		s[i] = s[down]
		i = down
	}
	if 2*i+1 < len(s) {
		s[i] = s[2*i+1]
		i = 2*i + 1
	}
	for i > 0 {
		up := (i - 1) / 2
		if s[up] <= last {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = last
	return least
}

// leader removes what cancels and returns the least key that is left, and its coefficient;
// it stays in the heap.
func (h *heap) leader(cbits uint, prime uint32) (key uint64, coef uint32, ok bool) {
	for len(*h) > 0 {
		e := h.pop()
		if cbits == 0 {
			if len(*h) > 0 && (*h)[0] == e {
				h.pop()
				continue
			}
			h.push(e)
			return e, 1, true
		}
		mask := uint64(1)<<cbits - 1
		key, coef = e>>cbits, uint32(e&mask)
		for len(*h) > 0 && (*h)[0]>>cbits == key {
			coef = (coef + uint32(h.pop()&mask)) % prime
		}
		if coef != 0 {
			h.push(key<<cbits | uint64(coef))
			return key, coef, true
		}
	}
	return 0, 0, false
}
