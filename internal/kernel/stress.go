package kernel

import "math"

// What a pass over pairs of points needs for the stress of their distances and the pull
// that lowers it.

// AddSquares64 adds to dst the squares of here − x, which must be as long.
func AddSquares64(dst, x []float64, here float64) {
	x = x[:len(dst)]
	if avx2 {
		addSquares64AVX2(dst, x, here)
		return
	}
	addSquares64Go(dst, x, here)
}

// Ratios64 replaces squared distances by targets over distances, or 0 where these are
// 0. It returns Σ (distance − target)² and the sum of the squared distances. Both slices
// must be as long.
func Ratios64(values, targets []float64) (stress, squares float64) {
	targets = targets[:len(values)]
	if avx2 {
		return ratios64AVX2(values, targets)
	}
	return ratios64Go(values, targets)
}

// Pull64 takes ratios·(here − x) from dst and returns their sum; all must be as long.
func Pull64(dst, ratios, x []float64, here float64) float64 {
	ratios, x = ratios[:len(dst)], x[:len(dst)]
	if avx2 {
		return pull64AVX2(dst, ratios, x, here)
	}
	return pull64Go(dst, ratios, x, here)
}

func addSquares64Go(dst, x []float64, here float64) {
	for i, v := range x {
		d := here - v
		dst[i] += d * d
	}
}

func ratios64Go(values, targets []float64) (stress, squares float64) {
	// Two sums each, so that an addition need not wait for the one before.
	var missed, all [2]float64
	for i, target := range targets {
		s := values[i]
		d := math.Sqrt(s)
		e := d - target
		all[i&1] += s
		missed[i&1] += e * e
		if s != 0 {
			values[i] = target / d
		}
	}
	return missed[0] + missed[1], all[0] + all[1]
}

func pull64Go(dst, ratios, x []float64, here float64) float64 {
	sum := 0.
	for i, r := range ratios {
		v := r * (here - x[i])
		dst[i] -= v
		sum += v
	}
	return sum
}
