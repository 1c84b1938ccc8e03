package kernel

func dot32(a, b []float32) float32 { return dot32Go(a, b) }

func dot64(a, b []float64) float64 { return dot64Go(a, b) }

func dotMixed(a, b []float32) float64 { return dotMixedGo(a, b) }

func dotNorms64(a, b []float64) (ab, aa, bb float64) { return dotNorms64Go(a, b) }

func dotNormsMixed(a, b []float32) (ab, aa, bb float64) { return dotNormsMixedGo(a, b) }

func squared32(a, b []float32) float32 { return squared32Go(a, b) }

func squared64(a, b []float64) float64 { return squared64Go(a, b) }

func squaredMixed(a, b []float32) float64 { return squaredMixedGo(a, b) }

func manhattan32(a, b []float32) float32 { return manhattan32Go(a, b) }

func manhattan64(a, b []float64) float64 { return manhattan64Go(a, b) }

func manhattanMixed(a, b []float32) float64 { return manhattanMixedGo(a, b) }

func axpy64(alpha float64, x, y []float64) { axpy64Go(alpha, x, y) }

func axpy32(alpha float32, x, y []float32) { axpy32Go(alpha, x, y) }

func dotAxpy64(alpha float64, a, x, y []float64) float64 { return dotAxpy64Go(alpha, a, x, y) }

func scal64(alpha float64, x []float64) { scal64Go(alpha, x) }

func scal32(alpha float32, x []float32) { scal32Go(alpha, x) }

func rot64(x, y []float64, c, s float64) { rot64Go(x, y, c, s) }

func below32(hits []int32, values, dots, norms, limits []float32, norm, limit float32) int {
	return below32Go(hits, values, dots, norms, limits, norm, limit)
}
