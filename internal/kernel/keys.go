package kernel

// HasMasked reports whether key & mask is want for any of the keys.
func HasMasked(keys []uint64, mask, want uint64) bool {
	whole := 0
	if avx2 {
		whole = len(keys) &^ 3
		if hasMaskedAVX2(keys[:whole], mask, want) {
			return true
		}
	}
	return hasMaskedGo(keys[whole:], mask, want)
}

func hasMaskedGo(keys []uint64, mask, want uint64) bool {
	for _, key := range keys {
		if key&mask == want {
			return true
		}
	}
	return false
}
