package kernel

import "math/bits"

// Gather64 computes dst ← alpha·Σ values[k]·x[rows[k]·stride:] + beta·dst: one
// row of the product of a sparse matrix and a block of len(dst) columns, whose row
// i begins at x[i·stride]. With beta 0 the former values of dst are not read. The
// sums run in the order of rows. It panics where a row of x is not there; values
// must be as long as rows.
func Gather64(alpha float64, values []float64, rows []int32, x []float64, stride int, beta float64, dst []float64) {
	values = values[:len(rows)]
	if !avx2 {
		gather64Go(alpha, values, rows, x, stride, beta, dst)
		return
	}
	highest := uint32(0)
	for _, r := range rows {
		highest = max(highest, uint32(r)) // negative ones become the highest
	}
	if len(rows) > 0 && len(dst) > 0 {
		// A product of row and stride might overflow.
		if high, end := bits.Mul64(uint64(highest), uint64(stride)); high != 0 || stride < 0 || len(dst) > len(x) || end > uint64(len(x)-len(dst)) {
			panic("kernel: no such row")
		}
	}
	gather64AVX2(alpha, values, rows, x, stride, beta, dst)
}

func gather64Go(alpha float64, values []float64, rows []int32, x []float64, stride int, beta float64, dst []float64) {
	j := 0
	for ; j+8 <= len(dst); j += 8 {
		var s0, s1, s2, s3, s4, s5, s6, s7 float64
		for k, r := range rows {
			v, p := values[k], x[int(r)*stride+j:]
			p = p[:8]
			s0 += v * p[0]
			s1 += v * p[1]
			s2 += v * p[2]
			s3 += v * p[3]
			s4 += v * p[4]
			s5 += v * p[5]
			s6 += v * p[6]
			s7 += v * p[7]
		}
		for i, s := range [8]float64{s0, s1, s2, s3, s4, s5, s6, s7} {
			gathered(&dst[j+i], alpha*s, beta)
		}
	}
	for ; j < len(dst); j++ {
		s := 0.
		for k, r := range rows {
			s += values[k] * x[int(r)*stride+j]
		}
		gathered(&dst[j], alpha*s, beta)
	}
}

func gathered(dst *float64, sum, beta float64) {
	if beta != 0 {
		sum += beta * *dst
	}
	*dst = sum
}
