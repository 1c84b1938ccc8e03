package kernel

import "math"

// The plain Go of this file is unrolled over independent accumulators: the
// compiler keeps them in registers, and the chains of dependent additions are
// short.

func squared32Go(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		d0 := a[0] - b[0]
		s0 += d0 * d0
		d1 := a[1] - b[1]
		s1 += d1 * d1
		d2 := a[2] - b[2]
		s2 += d2 * d2
		d3 := a[3] - b[3]
		s3 += d3 * d3
		d4 := a[4] - b[4]
		s4 += d4 * d4
		d5 := a[5] - b[5]
		s5 += d5 * d5
		d6 := a[6] - b[6]
		s6 += d6 * d6
		d7 := a[7] - b[7]
		s7 += d7 * d7
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		d := v - b[i]
		s0 += d * d
	}
	return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))
}

func squared64Go(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		d0 := a[0] - b[0]
		s0 += d0 * d0
		d1 := a[1] - b[1]
		s1 += d1 * d1
		d2 := a[2] - b[2]
		s2 += d2 * d2
		d3 := a[3] - b[3]
		s3 += d3 * d3
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		d := v - b[i]
		s0 += d * d
	}
	return (s0 + s2) + (s1 + s3)
}

func squaredMixedGo(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		d0 := float64(a[0]) - float64(b[0])
		s0 += d0 * d0
		d1 := float64(a[1]) - float64(b[1])
		s1 += d1 * d1
		d2 := float64(a[2]) - float64(b[2])
		s2 += d2 * d2
		d3 := float64(a[3]) - float64(b[3])
		s3 += d3 * d3
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		d := float64(v) - float64(b[i])
		s0 += d * d
	}
	return (s0 + s2) + (s1 + s3)
}

func dot32Go(a, b []float32) float32 {
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

func dot64Go(a, b []float64) float64 {
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

func dotMixedGo(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		s0 += float64(a[0]) * float64(b[0])
		s1 += float64(a[1]) * float64(b[1])
		s2 += float64(a[2]) * float64(b[2])
		s3 += float64(a[3]) * float64(b[3])
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += float64(v) * float64(b[i])
	}
	return (s0 + s2) + (s1 + s3)
}

func manhattan32Go(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += abs32(a[0] - b[0])
		s1 += abs32(a[1] - b[1])
		s2 += abs32(a[2] - b[2])
		s3 += abs32(a[3] - b[3])
		s4 += abs32(a[4] - b[4])
		s5 += abs32(a[5] - b[5])
		s6 += abs32(a[6] - b[6])
		s7 += abs32(a[7] - b[7])
		a, b = a[8:], b[8:]
	}
	for i, v := range a {
		s0 += abs32(v - b[i])
	}
	return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))
}

func manhattan64Go(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		s0 += math.Abs(a[0] - b[0])
		s1 += math.Abs(a[1] - b[1])
		s2 += math.Abs(a[2] - b[2])
		s3 += math.Abs(a[3] - b[3])
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += math.Abs(v - b[i])
	}
	return (s0 + s2) + (s1 + s3)
}

func manhattanMixedGo(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(b) >= 4 {
		s0 += math.Abs(float64(a[0]) - float64(b[0]))
		s1 += math.Abs(float64(a[1]) - float64(b[1]))
		s2 += math.Abs(float64(a[2]) - float64(b[2]))
		s3 += math.Abs(float64(a[3]) - float64(b[3]))
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += math.Abs(float64(v) - float64(b[i]))
	}
	return (s0 + s2) + (s1 + s3)
}

func abs32(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

func dotNorms64Go(a, b []float64) (ab, aa, bb float64) {
	return dot64Go(a, b), dot64Go(a, a), dot64Go(b, b)
}

func dotNormsMixedGo(a, b []float32) (ab, aa, bb float64) {
	return dotMixedGo(a, b), dotMixedGo(a, a), dotMixedGo(b, b)
}

func axpy64Go(alpha float64, x, y []float64) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

func axpy32Go(alpha float32, x, y []float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] += alpha * v
	}
}

func difference32Go(dst, a, b []float32) float32 {
	for i, v := range a {
		dst[i] = v - b[i]
	}
	return dot32Go(dst, dst)
}

func dotAxpy64Go(alpha float64, a, x, y []float64) float64 {
	axpy64Go(alpha, a, y)
	return dot64Go(a, x)
}

func scal64Go(alpha float64, x []float64) {
	for i := range x {
		x[i] *= alpha
	}
}

func scal32Go(alpha float32, x []float32) {
	for i := range x {
		x[i] *= alpha
	}
}

func rot64Go(x, y []float64, c, s float64) {
	y = y[:len(x)]
	for i, v := range x {
		w := y[i]
		x[i] = c*v + float64(s*w)
		y[i] = c*w - float64(s*v)
	}
}
