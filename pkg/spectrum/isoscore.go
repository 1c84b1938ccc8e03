package spectrum

import "math"

// IsoScore returns how evenly the variances fill the dimensions, from 0 where all of it
// is in one to 1 where all are equal: with v the eigenvalues of the covariance brought
// to length √d and δ = ‖v − 1‖/√(2(d−√d)), it is (d·φ − 1)/(d − 1) for
// φ = (d − δ²(d−√d))²/d², the share of dimensions that are used. Give all d
// eigenvalues, those of zero as well, and two at least.
//
// Source: W. Rudman, N. Gillman, T. Rayne and C. Eickhoff (2022), IsoScore: measuring the
// uniformity of embedding space utilization.
func IsoScore(values []float64) (float64, error) {
	const method = "spectrum.IsoScore"
	v, _, err := relative(method, values)
	if err != nil {
		return 0, err
	}
	if err := counted(method, "values", len(v), 2); err != nil {
		return 0, err
	}
	squares, d := 0., float64(len(v))
	for _, x := range v {
		squares += x * x
	}
	// δ²(d−√d) = ‖v − 1‖²/2 = d − Σv, since both have the length √d.
	used := sum(v) * math.Sqrt(d/squares)
	phi := used * used / (d * d)
	return min(max((d*phi-1)/(d-1), 0), 1), nil
}
