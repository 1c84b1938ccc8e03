package kernel

// Below32 scans the squared distances v_j = (norm + norms[j]) − 2·dots[j] between
// one row and others, made of their dot products and squared lengths. It writes
// those j, in order, to hits and their v_j to values for which v_j < limit or
// v_j < limits[j], and returns how many there are. Limits may be nil; norms and
// limits that are not must be as long as dots, and hits and values at least so.
// A NaN is below nothing.
//
// Both operations are rounded, and doubling is exact: v_j is within
// u·(|norm + norms[j]|·(1+u) + |v_j|) of the exact value, u = 2⁻²⁴, beside what the
// dot product and the lengths are off. All kernel paths give the same bits.
func Below32(hits []int32, values []float32, dots, norms, limits []float32, norm, limit float32) int {
	n := len(dots)
	if limits != nil {
		limits = limits[:n]
	}
	norms = norms[:n]
	if avx2 {
		whole := n &^ 15
		found := 0
		if limits == nil {
			found = belowRow32AVX2(hits[:n], values[:n], dots[:whole], norms, norm, limit)
		} else {
			found = below32AVX2(hits[:n], values[:n], dots[:whole], norms, limits, norm, limit)
		}
		return below32Go(hits, values, dots, norms, limits, norm, limit, whole, found)
	}
	return below32Go(hits, values, dots, norms, limits, norm, limit, 0, 0)
}

// below32Go scans the dot products from the one given on, with so many found
// before.
func below32Go(hits []int32, values, dots, norms, limits []float32, norm, limit float32, from, found int) int {
	for j := from; j < len(dots); j++ {
		v := (norm + norms[j]) - float32(2*dots[j])
		if v < limit || limits != nil && v < limits[j] {
			hits[found], values[found] = int32(j), v
			found++
		}
	}
	return found
}

// CountBelow32 returns how many Below32 would find that have no limits of their own.
func CountBelow32(dots, norms []float32, norm, limit float32) int {
	n := len(dots)
	norms = norms[:n]
	whole, found := 0, 0
	if avx2 {
		whole = n &^ 15
		found = countBelow32AVX2(dots[:whole], norms, norm, limit)
	}
	return found + countBelow32Go(dots[whole:], norms[whole:], norm, limit)
}

func countBelow32Go(dots, norms []float32, norm, limit float32) (found int) {
	for j, dot := range dots {
		if (norm+norms[j])-float32(2*dot) < limit {
			found++
		}
	}
	return found
}
