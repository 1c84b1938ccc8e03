package kernel

// FourPoints32 returns the largest S₁ − S₂ of points A, B, C and each point of a row, whose
// distances from the three are a, b and c, which must be as long: S₁ ≥ S₂ ≥ S₃ are the
// sums ab + c, ac + b and bc + a. It is 0 for an empty row. Both paths have the same bits.
func FourPoints32(a, b, c []float32, ab, ac, bc float32) float32 {
	b, c = b[:len(a)], c[:len(a)]
	if avx2 {
		return fourPoints32AVX2(a, b, c, ab, ac, bc)
	}
	return fourPoints32Go(a, b, c, ab, ac, bc)
}

func fourPoints32Go(a, b, c []float32, ab, ac, bc float32) float32 {
	most := float32(0)
	for i, v := range a {
		x, y, z := ab+c[i], ac+b[i], bc+v
		most = max(most, max(x, y)-max(z, min(x, y)), max(z, min(x, y))-max(x, y))
	}
	return most
}
