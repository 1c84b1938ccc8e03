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
	return below32(hits[:n], values[:n], dots, norms[:n], limits, norm, limit)
}
