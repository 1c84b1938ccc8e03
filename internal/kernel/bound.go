package kernel

// u is the unit roundoff of float32.
const u = 0x1p-24

// Error32 bounds the relative rounding error of SquaredDistance32 and
// Manhattan32 over d terms, overflow and underflow apart: every term is rounded
// in the difference (which counts twice when squared) and the product, and then
// once for each addition of its chain.
func Error32(d int) float64 {
	chain := d/8 + 7 // the first accumulator also takes the up to 7 terms left over
	return 1.01 * u * float64(chain+3+3)
}

// DotError32 bounds the rounding error of a float32 dot product over d terms, of
// Dot32, Tile32 or Gemm32 with alpha 1 and beta 0, as a multiple of Σ|a||b|,
// overflow and underflow apart: every term is rounded in the product and once
// for each addition of its chain, which is longest in a tile: one panel's depth,
// and then the panels. Dot32 has shorter ones, and up to eight more additions.
func DotError32(d int) float64 {
	m := tiler32()
	cut := m.cut(d)
	return 1.01 * u * float64(1+min(d, cut)+(d+cut-1)/cut+8)
}
