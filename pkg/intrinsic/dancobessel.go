package intrinsic

import "math"

// bessel returns the modified Bessel functions I₀ and I₁ at x ≥ 0, times e^−x,
// which the functions themselves would soon exceed float64 without.
func bessel(x float64) (i0, i1 float64) {
	const far = 40 // where the eighth term of the series in 1/x is below 1e-15
	if x > far {
		// Hankel's asymptotic series, with µ = 0 and 4.
		series := func(mu float64) float64 {
			sum, term := 1., 1.
			for k := 1.; k < 12; k++ {
				odd := 2*k - 1
				term *= -(mu - odd*odd) / (k * 8 * x)
				sum += term
			}
			return sum / math.Sqrt(2*math.Pi*x)
		}
		return series(0), series(4)
	}
	// Σ (x/2)^2m/(m!)² and Σ (x/2)^(2m+1)/(m!·(m+1)!), all terms above zero.
	half := x / 2
	first, second := math.Exp(-x), math.Exp(-x)*half
	for m := 1.; ; m++ {
		i0 += first
		i1 += second
		first *= half * half / (m * m)
		second *= half * half / (m * (m + 1))
		if !(first+second >= 1e-17*(i0+i1)) { // also of NaN
			return i0, i1
		}
	}
}
