package kernel

// u is the unit roundoff of float32.
const u = 0x1p-24

// Error32 bounds the relative rounding error of SquaredDistance32 and
// Manhattan32 over d terms, overflow and underflow apart. Every term is rounded
// in the difference, which counts twice when squared, and as often as its sum
// is added to, its own square included (rounded with the addition or before it);
// then the sums are added.
func Error32(d int) float64 {
	if avx2 {
		return 1.01 * u * float64(2+(d/32+1)+5)
	}
	return 1.01 * u * float64(2+(1+d/8+7)+3) // the first sum also takes the up to 7 terms left over
}

// DotError32 bounds the rounding error of a float32 dot product over d terms, of
// Dot32, Tile32 or Gemm32 with alpha 1 and beta 0, as a multiple of Σ|a||b|,
// overflow and underflow apart. Tiles round a term as often as its piece of the
// sum is added to, and then once a piece.
func DotError32(d int) float64 {
	cut := tiler32().cut(d)
	tile := 1 + min(d, cut) + (d+cut-1)/cut
	row := 1 + d/8 + 7 + 3
	if avx2 {
		row = d/32 + 1 + 5
	}
	return 1.01 * u * float64(max(tile, row))
}
