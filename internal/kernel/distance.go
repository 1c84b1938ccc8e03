// Package kernel holds the innermost loops.
//
// Every function adds in a fixed order, so results do not depend on how the
// rows around them are blocked. The plain Go of this package is unrolled over
// eight accumulators: the compiler keeps them in registers, and the chains of
// dependent additions are short.
package kernel

// SquaredDistance32 returns Σ(a−b)² in float32; b must be as long as a.
// Its relative error is at most Error32(len(a)).
func SquaredDistance32(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		d0, d1, d2, d3 := a[0]-b[0], a[1]-b[1], a[2]-b[2], a[3]-b[3]
		d4, d5, d6, d7 := a[4]-b[4], a[5]-b[5], a[6]-b[6], a[7]-b[7]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		s4 += d4 * d4
		s5 += d5 * d5
		s6 += d6 * d6
		s7 += d7 * d7
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		d := v - b[i]
		s0 += d * d
	}
	return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))
}

// Error32 bounds the relative rounding error of SquaredDistance32 over d
// terms, overflow and underflow apart: every term is rounded in the difference
// (which counts twice) and the product, and then once for each addition of its
// chain.
func Error32(d int) float64 {
	const u = 0x1p-24
	chain := d/8 + 7 // the first accumulator also takes the up to 7 terms left over
	return 1.01 * u * float64(chain+3+3)
}

// SquaredDistances32 writes to dst the squared distances between q and the
// consecutive rows, each len(q) values long, that rows holds.
func SquaredDistances32(dst, q, rows []float32) {
	d := len(q)
	for i := range dst {
		dst[i] = SquaredDistance32(q, rows[i*d:(i+1)*d])
	}
}

// SquaredDistance64 returns Σ(a−b)²; b must be as long as a.
func SquaredDistance64(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		d0, d1, d2, d3 := a[0]-b[0], a[1]-b[1], a[2]-b[2], a[3]-b[3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		d := v - b[i]
		s0 += d * d
	}
	return (s0 + s2) + (s1 + s3)
}

// SquaredDistanceMixed returns Σ(a−b)² of float32 values, every difference and
// sum in float64; b must be as long as a.
func SquaredDistanceMixed(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		d0, d1 := float64(a[0])-float64(b[0]), float64(a[1])-float64(b[1])
		d2, d3 := float64(a[2])-float64(b[2]), float64(a[3])-float64(b[3])
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		d := float64(v) - float64(b[i])
		s0 += d * d
	}
	return (s0 + s2) + (s1 + s3)
}

// Dot64 returns Σab; b must be as long as a.
func Dot64(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return (s0 + s2) + (s1 + s3)
}
