package kernel

// Every function below takes the form of the path. Slices that belong together
// are of the same length.

func dot32(a, b []float32) float32 {
	if avx2 {
		return dot32AVX2(a, b)
	}
	return dot32Go(a, b)
}

func dot64(a, b []float64) float64 {
	if avx2 {
		return dot64AVX2(a, b)
	}
	return dot64Go(a, b)
}

func dotMixed(a, b []float32) float64 {
	if avx2 {
		return dotMixedAVX2(a, b)
	}
	return dotMixedGo(a, b)
}

func dotNorms64(a, b []float64) (ab, aa, bb float64) {
	if avx2 {
		return dotNorms64AVX2(a, b)
	}
	return dotNorms64Go(a, b)
}

func dotNormsMixed(a, b []float32) (ab, aa, bb float64) {
	if avx2 {
		return dotNormsMixedAVX2(a, b)
	}
	return dotNormsMixedGo(a, b)
}

func squared32(a, b []float32) float32 {
	if avx2 {
		return squared32AVX2(a, b)
	}
	return squared32Go(a, b)
}

func squared64(a, b []float64) float64 {
	if avx2 {
		return squared64AVX2(a, b)
	}
	return squared64Go(a, b)
}

func squaredMixed(a, b []float32) float64 {
	if avx2 {
		return squaredMixedAVX2(a, b)
	}
	return squaredMixedGo(a, b)
}

func manhattan32(a, b []float32) float32 {
	if avx2 {
		return manhattan32AVX2(a, b)
	}
	return manhattan32Go(a, b)
}

func manhattan64(a, b []float64) float64 {
	if avx2 {
		return manhattan64AVX2(a, b)
	}
	return manhattan64Go(a, b)
}

func manhattanMixed(a, b []float32) float64 {
	if avx2 {
		return manhattanMixedAVX2(a, b)
	}
	return manhattanMixedGo(a, b)
}

func axpy64(alpha float64, x, y []float64) {
	if avx2 {
		axpy64AVX2(alpha, x, y)
		return
	}
	axpy64Go(alpha, x, y)
}

func axpy32(alpha float32, x, y []float32) {
	if avx2 {
		axpy32AVX2(alpha, x, y)
		return
	}
	axpy32Go(alpha, x, y)
}

func dotAxpy64(alpha float64, a, x, y []float64) float64 {
	if avx2 {
		return dotAxpy64AVX2(alpha, a, x, y)
	}
	return dotAxpy64Go(alpha, a, x, y)
}

func difference32(dst, a, b []float32) float32 {
	if avx2 {
		return difference32AVX2(dst, a, b)
	}
	return difference32Go(dst, a, b)
}

func scal64(alpha float64, x []float64) {
	if avx2 {
		scal64AVX2(alpha, x)
		return
	}
	scal64Go(alpha, x)
}

func scal32(alpha float32, x []float32) {
	if avx2 {
		scal32AVX2(alpha, x)
		return
	}
	scal32Go(alpha, x)
}

func rot64(x, y []float64, c, s float64) {
	if avx2 {
		rot64AVX2(x, y, c, s)
		return
	}
	rot64Go(x, y, c, s)
}
