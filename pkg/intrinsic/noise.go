package intrinsic

import "math"

// noisyInverses is inverses for distances that noise has moved.
func (e MLE) noisyInverses(distances []float64, bias float64, f func(k int, v float64)) {
	var logs float64
	for j := 1; j < len(distances); j++ {
		logs += meanLog(distances[j-1] / e.Noise)
		if k := j + 1; k >= e.AverageFrom {
			far := math.Log(distances[j]) - math.Log(e.Noise)
			// Where the noise is larger than the distances, their logarithms
			// may be taken for more than that of the last: no finite dimension
			// has that.
			f(k, max(0, float64(j)*far-logs)/(float64(k)-bias))
		}
	}
}

// meanLog returns the mean of ln z over z > 0 of the normal distribution of mean m
// and variance 1.
func meanLog(m float64) float64 {
	if m > 16 {
		// ln m + E ln(1+ε/m), by its powers; the sixth is the last of weight.
		w := 1 / (m * m)
		return math.Log(m) - w*(1./2+w*(3./4+w*(15./6+w*(105./8+w*(945./10+w*10395./12)))))
	}
	// With ln z = t − e^−t both integrands fall off at both ends faster than any
	// power of e^t, so that the rule of equal steps is right to 12 digits.
	const step, lowest = 1. / 24, -4.
	var mass, logs float64
	for t := math.Log(m + 9.5); t > lowest; t -= step {
		u := math.Exp(-t)
		log := t - u
		z := math.Exp(log)
		w := (1 + u) * z * math.Exp(-(z-m)*(z-m)/2)
		mass += w
		logs += w * log
	}
	return logs / mass
}
