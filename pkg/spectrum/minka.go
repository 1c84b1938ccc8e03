package spectrum

import (
	"math"
)

// Minka returns the number of components, from 1 to one less than there are
// values, for which probabilistic PCA has the largest evidence, by Laplace's
// approximation. The values are all eigenvalues of the covariance of n rows, n ≥ 2:
// as many as the data have columns. A single value counts as 1.
//
// Source: T. Minka (2000), Automatic choice of dimensionality for PCA.
func Minka(values []float64, n int) (int, error) {
	evidence, err := MinkaEvidence(values, n)
	if err != nil {
		return 0, err
	}
	best := 0
	for i, x := range evidence {
		if x > evidence[best] {
			best = i
		}
	}
	return best + 1, nil
}

// MinkaEvidence returns the logarithm of the evidence for k = 1, 2, … components, one
// less than there are values (a single zero for one value). It is −Inf for
// components that do not vary; noise of no variance counts as 10⁻¹⁵ of the largest
// eigenvalue. Of two eigenvalues that are equal the data do not determine the
// rotation, and the pair is left out of the curvature, in which it would make the
// evidence infinite. Time O(d³).
func MinkaEvidence(values []float64, n int) ([]float64, error) {
	const method = "spectrum.Minka"
	v, unit, err := relative(method, values)
	if err != nil {
		return nil, err
	}
	if err := counted(method, "n", n, 2); err != nil {
		return nil, err
	}
	d, rows := len(v), float64(n)
	if d == 1 {
		return []float64{0}, nil
	}
	const smallest = 1e-15
	evidence := make([]float64, d-1)
	var manifold, kept float64 // of the prior of the directions, and the log of those kept
	for k := 1; k < d; k++ {
		free := float64(d-k+1) / 2
		gamma, _ := math.Lgamma(free)
		manifold += gamma - free*math.Log(math.Pi) - math.Ln2
		if v[k-1] < smallest {
			evidence[k-1] = math.Inf(-1)
			continue
		}
		kept += math.Log(v[k-1])
		noise := max(smallest, sum(v[k:])/float64(d-k))
		m := float64(d*k) - float64(k*(k+1))/2
		curvature := 0.
		for i := range k {
			for j := i + 1; j < d; j++ {
				to := noise
				if j < k {
					to = v[j]
				}
				if c := (v[i] - v[j]) * (1/to - 1/v[i]); v[i]-v[j] > 1e-10*v[i] && c > 0 {
					curvature += math.Log(rows * c)
				}
			}
		}
		evidence[k-1] = manifold - kept*rows/2 - math.Log(noise)*rows*float64(d-k)/2 +
			math.Log(2*math.Pi)*(m+float64(k))/2 - curvature/2 - float64(k)*math.Log(rows)/2 -
			math.Log(unit)*rows*float64(d)/2
	}
	return evidence, nil
}
