package topology

import "slices"

// sum is a column in the making: entries, keys above coefficients, in runs that ascend, each
// more than twice as long as the next. As runs are merged what cancels disappears, so that a
// column that grows from many keeps the length of what is left of them.
type sum struct {
	runs  [][]uint64 // what is left of them
	whole [][]uint64 // their memory
	spare [][]uint64
	cbits uint
	prime uint32
}

// reset makes the sum zero.
func (s *sum) reset() {
	s.spare = append(s.spare, s.whole...)
	s.runs, s.whole = s.runs[:0], s.whole[:0]
}

// memory returns some for n entries.
func (s *sum) memory(n int) []uint64 {
	for i := len(s.spare) - 1; i >= 0; i-- {
		if cap(s.spare[i]) >= n {
			m := s.spare[i]
			s.spare = slices.Delete(s.spare, i, i+1)
			return m[:0]
		}
	}
	if k := len(s.spare); k > 8 { // all too small
		s.spare = s.spare[:0]
	}
	return make([]uint64, 0, max(256, n+n/2))
}

// add adds entries, which it sorts; no two have one key.
func (s *sum) add(entries []uint64) {
	if len(entries) == 0 {
		return
	}
	slices.Sort(entries)
	run := append(s.memory(len(entries)), entries...)
	s.runs, s.whole = append(s.runs, run), append(s.whole, run)
	for k := len(s.runs) - 1; k > 0 && len(s.runs[k-1]) <= 2*len(s.runs[k]); k-- {
		x, y := s.runs[k-1], s.runs[k]
		merged := s.memory(len(x) + len(y))
		if s.cbits == 0 {
			merged = mergeOdd(merged, x, y)
		} else {
			merged = s.merge(merged, x, y)
		}
		s.spare = append(s.spare, s.whole[k-1], s.whole[k])
		s.runs[k-1], s.whole[k-1] = merged, merged
		s.runs, s.whole = s.runs[:k], s.whole[:k]
	}
}

// mergeOdd appends to dst what is in one of two runs.
func mergeOdd(dst, x, y []uint64) []uint64 {
	dst = dst[:len(x)+len(y)]
	i, j, k := 0, 0, 0
	for i < len(x) && j < len(y) {
		a, b := x[i], y[j]
		switch {
		case a < b:
			dst[k] = a
			i++
			k++
		case b < a:
			dst[k] = b
			j++
			k++
		default:
			i++
			j++
		}
	}
	k += copy(dst[k:], x[i:])
	k += copy(dst[k:], y[j:])
	return dst[:k]
}

// merge appends to dst the sum of two runs.
func (s *sum) merge(dst, x, y []uint64) []uint64 {
	for len(x) > 0 && len(y) > 0 {
		a, b := x[0]>>s.cbits, y[0]>>s.cbits
		switch {
		case a < b:
			dst, x = append(dst, x[0]), x[1:]
		case b < a:
			dst, y = append(dst, y[0]), y[1:]
		default:
			if c := s.plus(x[0], y[0]); c != 0 {
				dst = append(dst, a<<s.cbits|c)
			}
			x, y = x[1:], y[1:]
		}
	}
	return append(append(dst, x...), y...)
}

// plus returns the sum of the coefficients of two entries.
func (s *sum) plus(x, y uint64) uint64 {
	mask := uint64(1)<<s.cbits - 1
	return (x&mask + y&mask) % uint64(s.prime)
}

// leader returns the least key whose coefficient is not zero, and that.
func (s *sum) leader() (key uint64, coef uint32, ok bool) {
	for {
		least := -1
		for k, run := range s.runs {
			if len(run) == 0 {
				continue
			}
			if least < 0 || run[0]>>s.cbits < key {
				least, key = k, run[0]>>s.cbits
			}
		}
		if least < 0 {
			return 0, 0, false
		}
		odd, total := true, s.runs[least][0]&(1<<s.cbits-1)
		for k := least + 1; k < len(s.runs); k++ {
			if run := s.runs[k]; len(run) > 0 && run[0]>>s.cbits == key {
				odd, total = !odd, s.plus(total, run[0])
				s.runs[k] = run[1:]
			}
		}
		switch {
		case s.cbits == 0 && odd:
			return key, 1, true
		case s.cbits > 0 && total != 0:
			s.runs[least][0] = key<<s.cbits | total
			return key, uint32(total), true
		}
		s.runs[least] = s.runs[least][1:]
	}
}
