package kernel

import "math"

// Decay64 replaces values, 0 or more or +Inf, by exp(−rate·value), for a rate above 0: 0
// where that is below exp(−708).
func Decay64(values []float64, rate float64) {
	if avx2 {
		decay64AVX2(values, rate)
		return
	}
	decay64Go(values, rate)
}

// DecayRoots64 replaces values, 0 or more or +Inf, by exp(−rate·√value), as Decay64.
func DecayRoots64(values []float64, rate float64) {
	if avx2 {
		decayRoots64AVX2(values, rate)
		return
	}
	decayRoots64Go(values, rate)
}

func decay64Go(values []float64, rate float64) {
	for i, v := range values {
		values[i] = decayed(rate * v)
	}
}

func decayRoots64Go(values []float64, rate float64) {
	for i, v := range values {
		values[i] = decayed(rate * math.Sqrt(v))
	}
}

func decayed(x float64) float64 {
	if x > 708 {
		return 0
	}
	return math.Exp(-x)
}
