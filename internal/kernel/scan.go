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

// Distances32 writes the squared distances that Below32 scans to dst, as long as dots or
// longer.
func Distances32(dst, dots, norms []float32, norm float32) {
	n := len(dots)
	dst, norms = dst[:n], norms[:n]
	whole := 0
	if avx2 {
		whole = n &^ 7
		distances32AVX2(dst[:whole], dots[:whole], norms, norm)
	}
	distances32Go(dst[whole:], dots[whole:], norms[whole:], norm)
}

func distances32Go(dst, dots, norms []float32, norm float32) {
	for j, dot := range dots {
		dst[j] = (norm + norms[j]) - float32(2*dot)
	}
}

// LimitsAtOnce divides the number of limits that CountEach32 is fast for.
const LimitsAtOnce = 6

// CountEach32 adds to each of counts how many values are below the limit at its place. It
// takes about a sixth of an instruction for a value and a limit.
func CountEach32(counts []int32, values, limits []float32) {
	counts = counts[:len(limits)]
	from, some := 0, 0
	if avx2 {
		from, some = len(values)&^7, len(limits)/LimitsAtOnce*LimitsAtOnce
		countEach32AVX2(counts[:some], values[:from], limits[:some])
	}
	countEach32Go(counts[:some], values[from:], limits[:some])
	countEach32Go(counts[some:], values, limits[some:])
}

func countEach32Go(counts []int32, values, limits []float32) {
	for t, limit := range limits {
		for _, v := range values {
			if v < limit {
				counts[t]++
			}
		}
	}
}

// Between32 writes to hits, as long as values or longer, the places in order of those for
// which low ≤ v < high, and returns how many there are.
func Between32(hits []int32, values []float32, low, high float32) int {
	n := len(values)
	whole, found := 0, 0
	if avx2 {
		whole = n &^ 15
		found = between32AVX2(hits[:n], values[:whole], low, high)
	}
	return between32Go(hits, values, low, high, whole, found)
}

// between32Go looks from the value given on, with so many found before.
func between32Go(hits []int32, values []float32, low, high float32, from, found int) int {
	for j := from; j < len(values); j++ {
		if v := values[j]; low <= v && v < high {
			hits[found] = int32(j)
			found++
		}
	}
	return found
}
