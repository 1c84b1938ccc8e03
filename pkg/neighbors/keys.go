package neighbors

import "math"

// Keys are integers that hold a fast distance in their upper half, so that ordering
// them orders by distance, and below it, a row.

// code returns what orders fast distances as they are ordered, below 0 as well.
func code(fast float32) uint32 {
	b := math.Float32bits(fast)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// valueOf returns the number that code orders by c.
func valueOf(c uint32) float32 {
	return math.Float32frombits(c ^ (uint32(^int32(c)>>31) | 1<<31))
}

// lowest moves the n lowest keys to the front (Hoare, 1961, Algorithm 65: find).
func lowest(keys []uint64, n int) {
	lo, hi := 0, len(keys)
	for hi-lo > 1 {
		a, b, c := keys[lo], keys[lo+(hi-lo)/2], keys[hi-1]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi-1
		for i <= j {
			for keys[i] < pivot {
				i++
			}
			for keys[j] > pivot {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i++
				j--
			}
		}
		switch { // keys up to j are at most the pivot, and those from i on at least
		case n <= j:
			hi = j + 1
		case n >= i:
			lo = i
		default:
			return
		}
	}
}

// grown returns s with n values, whatever they are.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}
