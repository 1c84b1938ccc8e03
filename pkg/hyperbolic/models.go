package hyperbolic

import (
	"fmt"
	"math"
)

// Model is a way to write points of hyperbolic space of curvature −1 as numbers.
type Model int

// The models. Angles are right in PoincareBall and HalfSpace; lines are straight in KleinBall; and
// Lorentz, pkg/manifold's Hyperboloid, has coordinates that grow, where those of balls crowd
// at 1.
const (
	PoincareBall Model = iota // |x| < 1; the origin is the centre
	Lorentz                   // x₀² − x₁² − … = 1, x₀ > 0; the origin is (1, 0, …)
	KleinBall                 // |x| < 1; the origin is the centre
	HalfSpace                 // the last number is above 0; the origin is (0, …, 0, 1)
)

var models = [...]string{"Poincaré ball", "Lorentz hyperboloid", "Klein ball", "half-space"}

// String returns its name.
func (m Model) String() string {
	if m < 0 || int(m) >= len(models) {
		return fmt.Sprintf("Model(%d)", int(m))
	}
	return models[m]
}

// Capacity returns how far from the origin float64 coordinates of the model reach: the last
// distance, in steps of 0.01, up to which a point along an axis, once its coordinates are
// rounded, is off by less than ½; for Lorentz, the last up to which x₁ and the x₀ that follows
// from it, rounded, fulfil x₀² − x₁² = 1 to less than ½. For trees it is the number of edges times
// their length that fits between root and leaf. It is 37.92 for PoincareBall, 18.36 for
// Lorentz, and more where coordinates may be as small as float64 has them, in HalfSpace.
//
// Distances of this package and of manifold.Hyperboloid read the other coordinates of Lorentz
// alone and are not held to its limit.
//
// Source: G. Mishne, Z. Wan, Y. Wang and S. Yang (2023), The numerical stability of
// hyperbolic representation learning.
func Capacity(m Model) float64 {
	const step, off = .01, .5
	fails := func(r float64) bool {
		switch m {
		case PoincareBall:
			x := []float64{math.Tanh(r / 2)}
			return !(math.Abs(Poincare{}.FromCenter(x)-r) < off)
		case KleinBall:
			k, x := []float64{math.Tanh(r)}, []float64{0}
			FromKlein(x, k)
			return !(math.Abs(Poincare{}.FromCenter(x)-r) < off)
		case Lorentz:
			b := math.Sinh(r)
			a := math.Sqrt(1 + b*b)
			return !(math.Abs(a*a-b*b-1) < off)
		}
		return !(math.Abs(HalfSpaceDistance([]float64{1}, []float64{math.Exp(-r)})-r) < off)
	}
	if m < 0 || int(m) >= len(models) {
		return 0
	}
	reached := 0
	for k := 1; k < 1<<17 && !fails(float64(k)*step); k++ {
		reached = k
	}
	return float64(reached) * step
}

// ToLorentz writes to dst, one longer than x, the point of the hyperboloid of curvature −1 that
// x is in Poincaré's ball.
func ToLorentz(dst, x []float64) {
	g := gap(x)
	for i := len(x) - 1; i >= 0; i-- { // from the end: dst may begin with x
		dst[i+1] = 2 * x[i] / g
	}
	dst[0] = (2 - g) / g
}

// FromLorentz writes to dst, one shorter than x, the point of Poincaré's ball that x is on the
// hyperboloid of curvature −1, by the numbers of x but the first. What rounds to the sphere is
// moved to just inside.
func FromLorentz(dst, x []float64) {
	k := 1 / (1 + math.Hypot(1, norm(x[1:])))
	for i := range dst {
		dst[i] = k * x[i+1]
	}
	inside(dst)
}

// ToKlein writes to dst the point of Klein's ball, where lines are straight, that x is in
// Poincaré's.
func ToKlein(dst, x []float64) {
	scale(dst, x, 2/(2-gap(x)))
	inside(dst)
}

// FromKlein writes to dst the point of Poincaré's ball that x is in Klein's.
func FromKlein(dst, x []float64) {
	scale(dst, x, 1/(1+math.Sqrt(gap(x))))
	inside(dst)
}

// ToHalfSpace writes to dst the point of the half-space, whose last number is above 0, that x
// is in Poincaré's ball. The centre becomes (0, …, 0, 1), and (0, …, 0, −1) the plane's origin.
func ToHalfSpace(dst, x []float64) {
	// An inversion about (0, …, 0, 1) with radius √2.
	last, g, square := len(x)-1, gap(x), 0.
	for i, v := range x {
		if i == last {
			v = 1 - v
		}
		square += v * v
	}
	for i, v := range x[:last] {
		dst[i] = 2 * v / square
	}
	dst[last] = g / square
}

// FromHalfSpace writes to dst the point of Poincaré's ball that x is in the half-space.
func FromHalfSpace(dst, x []float64) {
	last, square := len(x)-1, 0.
	for i, v := range x {
		if i == last {
			v++
		}
		square += v * v
	}
	height := x[last]
	for i, v := range x[:last] {
		dst[i] = 2 * v / square
	}
	dst[last] = 1 - 2*(1+height)/square
	inside(dst)
}

// HalfSpaceDistance returns the distance of two points of the half-space, of curvature −1.
// Heights may be as small as float64 has them.
func HalfSpaceDistance(x, y []float64) float64 {
	last, difference := len(x)-1, make([]float64, len(x))
	for i, v := range x {
		difference[i] = v - y[i]
	}
	return 2 * math.Asinh(norm(difference)/2/math.Sqrt(x[last])/math.Sqrt(y[last]))
}
