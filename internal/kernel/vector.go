package kernel

// Dot32 returns Σab in float32; b must be as long as a.
func Dot32(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		s4 += a[4] * b[4]
		s5 += a[5] * b[5]
		s6 += a[6] * b[6]
		s7 += a[7] * b[7]
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		s0 += v * b[i]
	}
	return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))
}

// Axpy64 adds alpha·x to y; x must be as long as y.
func Axpy64(alpha float64, x, y []float64) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

// Axpy32 adds alpha·x to y; x must be as long as y.
func Axpy32(alpha float32, x, y []float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

// SquaredDistancesTo32 writes to dst the squared distances between q and the rows
// of data listed, each len(q) values long.
func SquaredDistancesTo32(dst, q, data []float32, rows []int32) {
	d := len(q)
	for k, i := range rows {
		dst[k] = SquaredDistance32(q, data[int(i)*d:(int(i)+1)*d])
	}
}
