// Package line fits straight lines.
package line

// Weights returns what every value weighs in the slope by least squares of values at
// the places: the slope is Σ weight·value. It has no number where all places are one.
func Weights(places []float64) []float64 {
	var center, squares float64
	for _, v := range places {
		center += v / float64(len(places))
	}
	for _, v := range places {
		squares += (v - center) * (v - center)
	}
	weights := make([]float64, len(places))
	for i, v := range places {
		weights[i] = (v - center) / squares
	}
	return weights
}
