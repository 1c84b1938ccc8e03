package kernel

import "math"

// Push32 computes how masses push a point away under the kernel
//
//	w = (1 + d²/freedom)^(−freedom),
//
// with u = w^(1/freedom): the force Σ mass·w·u·(here − point), for each of the
// len(here) coordinates, 1 to 3, and after it the weight Σ mass·w, go to dst.
// Coordinate c of the points begins at points[c·stride]; there are as many as masses,
// a multiple of 8: masses of 0 fill up. Sums of more than some thousands lose digits.
func Push32(dst, here, points []float32, stride int, masses []float32, freedom float32) {
	dim, n := len(here), len(masses)
	dst = dst[:dim+1]
	if n%8 != 0 || dim < 1 || dim > 3 || stride < n || len(points) < (dim-1)*stride+n {
		panic("kernel: points and masses differ")
	}
	if !avx2 || n == 0 {
		push32Go(dst, here, points, stride, masses, freedom)
		return
	}
	rate := 1 / freedom
	if freedom == 1 {
		[...]func([]float32, []float32, []float32, int, []float32, float32){push1AVX2, push2AVX2, push3AVX2}[dim-1](dst, here, points, stride, masses, rate)
	} else {
		[...]func([]float32, []float32, []float32, int, []float32, float32, float32){push1PowerAVX2, push2PowerAVX2, push3PowerAVX2}[dim-1](dst, here, points, stride, masses, rate, -freedom)
	}
}

func push32Go(dst, here, points []float32, stride int, masses []float32, freedom float32) {
	clear(dst)
	rate, dim := 1/freedom, len(here)
	var apart [3]float32
	for k, mass := range masses {
		far := float32(0)
		for c, v := range here {
			apart[c] = v - points[c*stride+k]
			far += apart[c] * apart[c]
		}
		base := 1 + far*rate
		u := 1 / base
		w := u
		if freedom != 1 {
			w = float32(math.Exp2(-float64(freedom) * math.Log2(float64(base))))
		}
		w *= mass
		dst[dim] += w
		w *= u
		for c := range here {
			dst[c] += w * apart[c]
		}
	}
}

// Attract32 computes how neighbours attract a point: Σ values[k]·u·(here − point) to
// dst, with u = 1/(1 + d²·rate), over the rows listed of points, whose coordinates lie
// beside each other, len(here) a row. There are as many rows as values, a multiple of 8:
// values of 0 fill up. Rows are not checked.
func Attract32(dst, here, points []float32, rows []int32, values []float32, rate float32) {
	dst, values = dst[:len(here)], values[:len(rows)]
	if avx2 && len(here) == 2 && len(rows) > 0 && len(rows)%8 == 0 {
		attract2AVX2(dst, here, points, rows, values, rate)
		return
	}
	attract32Go(dst, here, points, rows, values, rate)
}

func attract32Go(dst, here, points []float32, rows []int32, values []float32, rate float32) {
	clear(dst)
	if len(here) == 2 {
		x, y := here[0], here[1]
		var sx, sy float32
		for k, r := range rows {
			dx, dy := x-points[2*r], y-points[2*r+1]
			w := values[k] / (1 + (dx*dx+dy*dy)*rate)
			sx += w * dx
			sy += w * dy
		}
		dst[0], dst[1] = sx, sy
		return
	}
	dim := len(here)
	var apart [3]float32
	for k, r := range rows {
		at, far := points[int(r)*dim:], float32(0)
		for c, v := range here {
			apart[c] = v - at[c]
			far += apart[c] * apart[c]
		}
		w := values[k] / (1 + far*rate)
		for c := range here {
			dst[c] += w * apart[c]
		}
	}
}
