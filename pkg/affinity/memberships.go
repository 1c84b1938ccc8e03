package affinity

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Memberships writes to dst what one row gives to others at ascending distances, as
// UMAP does it: 1 up to the distance ρ of the row's own connectivity, and
// exp(−(d−ρ)/σ) beyond, with the σ at which all sum to count. It returns ρ and σ; dst
// and distances have the same length and may be the same slice.
//
// ρ is the distance of other number connectivity, of those that are not duplicates,
// counted from 1; between two where connectivity is not whole, below the first where
// it is less than 1, and that of the last where there are fewer. σ is at least a
// thousandth of the mean distance, the row itself at distance 0 among them, or of mean
// where ρ is 0. So where count is no more than the number of those within ρ, σ is that
// bound; and where it is as much as their number or more, all others get 1, and σ is
// the largest float64.
//
// Errors: *mat32.ShapeError for slices that are empty or differ in length,
// *mat32.ParamError for a count or connectivity that is not a number of 0 or more, or
// distances that do not ascend from 0 or more. Newton's iteration on log σ within a
// bracket costs some 5 exponentials a distance.
//
// Source: L. McInnes, J. Healy and J. Melville (2018), UMAP: Uniform manifold
// approximation and projection for dimension reduction, algorithm 3.
func Memberships(dst, distances []float64, count, connectivity, mean float64) (rho, sigma float64, err error) {
	const method = "affinity.Memberships"
	n := len(distances)
	if n == 0 || len(dst) != n {
		return 0, 0, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "dst", Rows: len(dst), Cols: 1,
			Want: fmt.Sprintf("as many memberships as distances, %d, and at least 1", n)})
	}
	for _, p := range []struct {
		name  string
		value float64
	}{{"count", count}, {"connectivity", connectivity}, {"mean", mean}} {
		if !(p.value >= 0) || math.IsInf(p.value, 1) {
			return 0, 0, &mat32.ParamError{Method: method, Param: p.name, Value: p.value, Want: "a finite number of 0 or more"}
		}
	}
	last := 0.
	for i, d := range distances {
		if !(d >= last) || math.IsInf(d, 1) {
			return 0, 0, &mat32.ParamError{Method: method, Param: fmt.Sprintf("distances[%d]", i), Value: d, Want: "a finite distance, no less than those before"}
		}
		last = d
	}
	rho, sigma = memberships(dst, distances, count, connectivity, mean)
	return rho, sigma, nil
}

// leastScale is the smallest σ, in units of the mean distance.
const leastScale = 1e-3

// memberships is Memberships for sound input.
func memberships(dst, distances []float64, count, connectivity, mean float64) (rho, sigma float64) {
	copies := 0
	for copies < len(distances) && distances[copies] == 0 {
		copies++
	}
	rho = ownDistance(distances[copies:], connectivity)
	sum, within := 0., 0
	for i, d := range distances {
		sum += d / float64(len(distances)+1)
		if dst[i] = max(d-rho, 0); dst[i] == 0 {
			within++
		}
	}
	least := leastScale * mean
	if rho > 0 {
		least = leastScale * sum
	}
	beyond := dst[within:]
	switch {
	case count <= float64(within):
		sigma = least
	case count >= float64(len(dst)):
		sigma = math.MaxFloat64
	default:
		sigma = max(spread(beyond, count-float64(within)), least)
	}
	for i := range dst[:within] {
		dst[i] = 1
	}
	for i, e := range beyond {
		beyond[i] = 0
		if sigma > 0 {
			beyond[i] = math.Exp(-e / sigma)
		}
	}
	return rho, sigma
}

// ownDistance returns the distance within which the ascending ones, none of them 0,
// count as nothing.
func ownDistance(distances []float64, connectivity float64) float64 {
	if len(distances) == 0 {
		return 0
	}
	whole := math.Floor(connectivity)
	if whole >= float64(len(distances)) {
		return distances[len(distances)-1]
	}
	rest := connectivity - whole
	if whole == 0 {
		return rest * distances[0]
	}
	k := int(whole)
	return distances[k-1] + rest*(distances[k]-distances[k-1])
}

// spread returns the σ at which exp(−e/σ) sum to target over excesses above 0, more
// than target and at most their number: the sum grows with σ.
func spread(excess []float64, target float64) float64 {
	const tolerance = 1e-11
	unit := excess[len(excess)-1] // so that no scale is too large or too small
	low, high := 0., math.Inf(1)
	x := 0.5
	for range 200 {
		sum, slope := 0., 0. // and its derivative by log σ
		for _, e := range excess {
			z := e / unit / x
			w := math.Exp(-z)
			sum += w
			slope += w * z
		}
		if math.Abs(sum-target) <= tolerance {
			break
		}
		if sum > target {
			high = x
		} else {
			low = x
		}
		next := x * math.Exp(max(min((target-sum)/slope, 3), -3))
		if !(next > low && next < high) {
			switch {
			case math.IsInf(high, 1):
				next = 8 * x
			case low == 0:
				next = x / 8
			default:
				next = math.Sqrt(low * high)
			}
		}
		if next == x || next <= low || next >= high {
			break // neighbouring floats: no better one exists
		}
		x = next
	}
	return x * unit
}
