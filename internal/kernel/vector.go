package kernel

// Dot32 returns Σab in float32; b must be as long as a. Its error is at most
// DotError32(len(a)) times Σ|a||b|.
func Dot32(a, b []float32) float32 { return dot32(a, b[:len(a)]) }

// Dot64 returns Σab; b must be as long as a.
func Dot64(a, b []float64) float64 { return dot64(a, b[:len(a)]) }

// DotMixed returns Σab of float32 values, every sum in float64, where products
// of float32 values are exact; b must be as long as a.
func DotMixed(a, b []float32) float64 { return dotMixed(a, b[:len(a)]) }

// DotNorms64 returns Σab, Σa² and Σb² in one pass: the parts of a cosine. Each
// has the bits that Dot64 gives; b must be as long as a.
func DotNorms64(a, b []float64) (ab, aa, bb float64) { return dotNorms64(a, b[:len(a)]) }

// DotNormsMixed is DotNorms64 for float32 values, with the bits of DotMixed.
func DotNormsMixed(a, b []float32) (ab, aa, bb float64) { return dotNormsMixed(a, b[:len(a)]) }

// Axpy64 adds alpha·x to y; x must be as long as y.
func Axpy64(alpha float64, x, y []float64) { axpy64(alpha, x[:len(y)], y) }

// Axpy32 adds alpha·x to y; x must be as long as y.
func Axpy32(alpha float32, x, y []float32) { axpy32(alpha, x[:len(y)], y) }

// DotAxpy64 adds alpha·a to y and returns Σax, reading a once: one row's share
// of a symmetric matrix times a vector. The sum has the bits of Dot64 and y
// those of Axpy64; x and y must be as long as a and share no memory with it.
func DotAxpy64(alpha float64, a, x, y []float64) float64 {
	return dotAxpy64(alpha, a, x[:len(a)], y[:len(a)])
}

// Difference32 writes a − b to dst and returns its squared length, with the bits of
// Dot32; a and b must be as long as dst.
func Difference32(dst, a, b []float32) float32 {
	return difference32(dst, a[:len(dst)], b[:len(dst)])
}

// Scal64 multiplies x by alpha.
func Scal64(alpha float64, x []float64) { scal64(alpha, x) }

// Scal32 multiplies x by alpha.
func Scal32(alpha float32, x []float32) { scal32(alpha, x) }

// Rot64 turns the plane of x and y: x ← c·x + s·y, y ← c·y − s·x. y must be as
// long as x.
func Rot64(x, y []float64, c, s float64) { rot64(x, y[:len(x)], c, s) }
