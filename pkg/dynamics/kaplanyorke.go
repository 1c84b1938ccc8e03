package dynamics

import (
	"cmp"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// KaplanYorke returns the dimension that a spectrum of Lyapunov exponents gives an attractor: j
// + (λ₁ + … + λⱼ)/|λⱼ₊₁|, for the largest j whose sum is not negative; 0 where the first
// exponent is negative, and the number of exponents where their whole sum is not (J. Kaplan and
// J. Yorke, 1979, Chaotic behavior of multidimensional difference equations). Exponents may
// come in any order; the unit does not matter. Errors: mat32.ErrEmpty, and a
// *mat32.NotFiniteError for NaN or +∞.
func KaplanYorke(exponents []float64) (float64, error) {
	const method = "dynamics.KaplanYorke"
	if len(exponents) == 0 {
		return 0, mat32.Rename(method, mat32.ErrEmpty)
	}
	for i, e := range exponents {
		if math.IsNaN(e) || math.IsInf(e, 1) {
			return 0, mat32.Rename(method, &mat32.NotFiniteError{Row: 0, Col: i, Value: e})
		}
	}
	d, _ := kaplanYorke(exponents)
	return d, nil
}

// kaplanYorke says also whether the sum turned negative within the spectrum.
func kaplanYorke(exponents []float64) (d float64, reached bool) {
	sorted := slices.Clone(exponents)
	slices.SortFunc(sorted, func(a, b float64) int { return cmp.Compare(b, a) })
	sum := 0.0
	for j, e := range sorted {
		if sum+e < 0 {
			return float64(j) + sum/-e, true
		}
		sum += e
	}
	return float64(len(sorted)), false
}
