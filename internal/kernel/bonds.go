package kernel

import "math"

// Bonds32 adds to dst, for every one of some points of the plane, scale times the sum of
//
//	(p − q)/(offset + |p − q|²)²,
//
// with near each over √(1 + |p − q|²) too, over the points q that are bound to p. The
// points p are at, two coordinates each; those bound to the first of them are numbered
// others[start[0]:start[1]], and so on, among the points y, a multiple of 8 for each: p
// itself, which adds nothing, fills up. The numbers are not checked.
func Bonds32(dst, at, y []float32, start []int, others []int32, scale, offset float32, near bool) {
	at = at[:len(dst)]
	if len(dst) != 2*(len(start)-1) || len(dst) == 0 {
		panic("kernel: the points and their lists differ in number")
	}
	others = others[:start[len(start)-1]]
	switch {
	case !avx2:
		bonds32Go(dst, at, y, start, others, scale, offset, near)
	case near:
		nearBonds32AVX2(dst, at, y, start, others, scale, offset)
	default:
		bonds32AVX2(dst, at, y, start, others, scale, offset)
	}
}

func bonds32Go(dst, at, y []float32, start []int, others []int32, scale, offset float32, near bool) {
	for p := range len(start) - 1 {
		px, py := at[2*p], at[2*p+1]
		var fx, fy float32
		for _, q := range others[start[p]:start[p+1]] {
			dx, dy := px-y[2*q], py-y[2*q+1]
			square := dx*dx + dy*dy
			s := offset + square
			s *= s
			if near {
				s *= float32(math.Sqrt(float64(1 + square)))
			}
			w := 1 / s
			fx += w * dx
			fy += w * dy
		}
		dst[2*p] += scale * fx
		dst[2*p+1] += scale * fy
	}
}
