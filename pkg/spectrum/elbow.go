package spectrum

import "math"

// Elbow returns where the scree, the curve of the eigenvalues, bends: the k for
// which the first k values and the rest are most likely two normal samples of one
// variance and two means. It is at least 1 and below the number of values, and 1
// for a single one.
//
// Source: M. Zhu and A. Ghodsi (2006), Automatic dimensionality selection from the
// scree plot via the use of profile likelihood.
func Elbow(values []float64) (int, error) {
	l, err := ElbowLikelihood(values)
	if err != nil {
		return 0, err
	}
	best := 0
	for i, x := range l {
		if x > l[best] {
			best = i
		}
	}
	return best + 1, nil
}

// ElbowLikelihood returns the profile log-likelihood of the elbow at k = 1, 2, …,
// one less than there are values (a single zero for one value). It is +Inf where
// both sides are constant.
func ElbowLikelihood(values []float64) ([]float64, error) {
	v, unit, err := relative("spectrum.Elbow", values)
	if err != nil {
		return nil, err
	}
	d := len(v)
	if d == 1 {
		return []float64{0}, nil
	}
	// Squared deviations of every head and tail, updated value by value.
	deviations := func(at func(i int) float64) []float64 {
		s := make([]float64, d+1)
		mean := 0.
		for i := range d {
			x := at(i)
			step := x - mean
			mean += step / float64(i+1)
			s[i+1] = s[i] + step*(x-mean)
		}
		return s
	}
	head := deviations(func(i int) float64 { return v[i] })
	tail := deviations(func(i int) float64 { return v[d-1-i] })
	l := make([]float64, d-1)
	for k := 1; k < d; k++ {
		variance := (head[k] + tail[d-k]) / float64(max(d-2, 1))
		if variance <= 1e-28 {
			l[k-1] = math.Inf(1)
			continue
		}
		scale := math.Log(variance) + 2*math.Log(unit)
		l[k-1] = -float64(d)/2*(math.Log(2*math.Pi)+scale) - (head[k]+tail[d-k])/(2*variance)
	}
	return l, nil
}
