package manifold

import (
	"fmt"
	"math"
)

// Hyperboloid is hyperbolic space in the model of Lorentz: points are rows whose first
// number is positive and whose square, less those of the others, is R² = −1/Curvature.
// Its origin is (R, 0, …, 0).
//
// The first number follows from the others, which alone are read (but by Check), of
// vectors too. Distances are computed from the difference of the distances from the
// origin and from the angle between, in sums of positive terms, which keep their digits as
// far out as float64 reaches; the scalar product of Lorentz has none left 19 units out (G.
// Mishne et al., 2023, The numerical stability of hyperbolic representation learning).
// Vectors are good to some 30 units from the origin, where the ambient numbers of a unit
// vector are 1e13.
type Hyperboloid struct {
	// Dimension of the space: points have one number more. Default 2.
	Dimension int

	// Curvature, from −1e60 to −1e-60. Nearer to 0 is flatter. Default −1.
	Curvature float64
}

// String returns "Hyperboloid(2, curvature -1)".
func (h Hyperboloid) String() string {
	k := h.Curvature
	if k == 0 {
		k = -1
	}
	return fmt.Sprintf("Hyperboloid(%d, curvature %s)", h.Dim(), number(k))
}

// Resolve fills in the defaults and checks the ranges; see Manifold.
func (h Hyperboloid) Resolve() (Manifold, error) {
	err := resolveDimension("manifold.Hyperboloid", "Dimension", &h.Dimension, mostDimensions)
	if err == nil {
		err = resolveSize("manifold.Hyperboloid", "Curvature", &h.Curvature, -1)
	}
	return h, err
}

// Dim returns the dimension of the space.
func (h Hyperboloid) Dim() int {
	if h.Dimension == 0 {
		return 2
	}
	return h.Dimension
}

// Ambient returns the dimension + 1.
func (h Hyperboloid) Ambient() int { return h.Dim() + 1 }

func (h Hyperboloid) radius() float64 {
	if h.Curvature == 0 || h.Curvature == -1 {
		return 1
	}
	return 1 / math.Sqrt(-h.Curvature)
}

const (
	// farthest is how far out points may lie, as a sinh: 345 units. Products of two
	// such numbers are finite.
	farthest = 1e150

	// nearest is how far out, in radii, a point has a direction from the origin.
	nearest = 1e-150
)

// Check accepts rows whose first number is the one that follows from the others; see
// Manifold for the errors.
func (h Hyperboloid) Check(x []float64) error {
	if err := check(h, x); err != nil {
		return err
	}
	r := h.radius()
	out := norm(x[1:]) / r
	if out > farthest {
		return &PointError{h.String(), "it is farther out than float64 can measure"}
	}
	if want := r * math.Sqrt(1+out*out); !(math.Abs(x[0]-want) <= off*want) {
		return &PointError{h.String(), fmt.Sprintf("its first number is %v and follows from the others as %v", x[0], want)}
	}
	return nil
}

// Project replaces the first number by the one that follows from the others.
func (h Hyperboloid) Project(x []float64) {
	r := h.radius()
	out := math.Sqrt(dot(x[1:], x[1:])) / r
	x[0] = r * math.Sqrt(1+out*out)
}

// Point goes from (R, 0, …, 0) by z in the other coordinates.
func (h Hyperboloid) Point(dst, z []float64) {
	k := sinhc(norm(z) / h.radius())
	for i := len(z) - 1; i >= 0; i-- { // from the end: dst may be z
		dst[i+1] = k * z[i]
	}
	h.Project(dst)
}

// Ball writes to dst the point of the Poincaré ball, Dim numbers of length below 1, that
// x is. Angles are kept, and the origin is the centre.
func (h Hyperboloid) Ball(dst, x []float64) {
	r := h.radius()
	out := math.Sqrt(dot(x[1:], x[1:])) / r
	k := 1 / (r * (1 + math.Sqrt(1+out*out)))
	for i := range dst {
		dst[i] = k * x[i+1]
	}
}

// FromBall writes to dst the point that b, Dim numbers of length below 1, is in the
// Poincaré ball.
func (h Hyperboloid) FromBall(dst, b []float64) {
	length := norm(b)
	k := 2 * h.radius() / ((1 - length) * (1 + length))
	for i := len(b) - 1; i >= 0; i-- {
		dst[i+1] = k * b[i]
	}
	h.Project(dst)
}

// pair is two points as seen from the origin, in radii. With distances a and b from it,
// and an angle θ between:
//
//	sinh²(d/2) = sinh²((a−b)/2) + sinh a·sinh b·sin²(θ/2)
//
// in which no term is negative.
type pair struct {
	r          float64 // radius
	out, cosh  float64 // of x: sinh and cosh of its distance from the origin
	ahead      float64 // sinh(a−b)
	turned     float64 // sinh a·sinh b·sin²(θ/2)
	half       float64 // sinh²(d/2)
	stretch    float64 // how much farther out x is, as a share of itself
	hasBearing bool    // x is not the origin
}

func (h Hyperboloid) pair(x, y []float64) (p pair) {
	p.r = h.radius()
	x, y = x[1:], y[1:]
	var xx, yy, difference float64
	for i, a := range x {
		b := y[i]
		xx += a * a
		yy += b * b
		difference += (a - b) * (a + b)
	}
	u, v := math.Sqrt(xx)/p.r, math.Sqrt(yy)/p.r
	p.out, p.cosh = u, math.Sqrt(1+u*u)
	cv := math.Sqrt(1 + v*v)
	p.hasBearing = u >= nearest
	if u+v < nearest {
		return p
	}
	difference /= p.r * p.r * (u + v) // u − v
	p.ahead = difference * ((u + v) / (u*cv + v*p.cosh))
	if p.hasBearing {
		p.stretch = difference / u
		if v >= nearest {
			sum := 0.
			for i, a := range x {
				w := y[i] - a + p.stretch*a // y, less x as far out as y is
				sum += w * w
			}
			p.turned = sum / (p.r * p.r) / 4 * (u / v)
		}
	}
	p.half = p.ahead*p.ahead/(2*(1+math.Sqrt(1+p.ahead*p.ahead))) + p.turned
	return p
}

// distance is that of the pair, in radii.
func (p pair) distance() float64 { return 2 * math.Asinh(math.Sqrt(p.half)) }

// toward returns the components of y as seen from x, times sinh of the distance: that away
// from the origin, and what the bearing adds to it in the differences of coordinates.
func (p pair) toward(x, y []float64) (away, along float64) {
	away = -p.ahead - 2*p.cosh/p.out*p.turned
	for i, a := range x[1:] {
		along += (y[i+1] - a + p.stretch*a) * a
	}
	return away, along / (p.out * p.r * p.out * p.r)
}

// Distance returns the length of the geodesic.
func (h Hyperboloid) Distance(x, y []float64) float64 {
	p := h.pair(x, y)
	return p.r * p.distance()
}

// Log points along the geodesic; see Manifold.
func (h Hyperboloid) Log(dst, x, y []float64) float64 {
	p := h.pair(x, y)
	d, k := p.distance(), 1.
	if p.half > 0 {
		k = d / (2 * math.Sqrt(p.half) * math.Sqrt(1+p.half)) // d/sinh(d)
	}
	if !p.hasBearing {
		for i := 1; i < len(dst); i++ {
			dst[i] = k * y[i]
		}
		dst[0] = 0
		return p.r * d
	}
	away, along := p.toward(x, y)
	radial := away*p.cosh/p.out - along
	for i := 1; i < len(dst); i++ {
		dst[i] = k * (y[i] - x[i] + (p.stretch+radial)*x[i])
	}
	dst[0] = k * away * p.out * p.r
	return p.r * d
}

// Exp goes along the geodesic of v.
func (h Hyperboloid) Exp(dst, x, v []float64) {
	r := h.radius()
	u := math.Sqrt(dot(x[1:], x[1:])) / r
	if u < nearest {
		k := sinhc(math.Sqrt(dot(v[1:], v[1:])) / r)
		for i := 1; i < len(dst); i++ {
			dst[i] = k * v[i]
		}
		h.Project(dst)
		return
	}
	c := math.Sqrt(1 + u*u)
	along, across := h.split(x, v, v, u*r)
	away, aside := along/c/r, math.Sqrt(across)/r
	t := math.Hypot(away, aside)
	if t == 0 {
		copy(dst, x)
		return
	}
	k := math.Sinh(t) / t
	// How far out it arrives: cosh t·u + sinh t·cos φ·c, which would cancel on the way in.
	out := math.Cosh(t)*u + k*away*c
	if away < 0 {
		cos := away / t
		out = math.Sinh(math.Asinh(u)-t) + math.Sinh(t)*c*(aside/t)*(aside/t)/(1-cos)
	}
	m := out/u - k*along/(u*r)
	for i := 1; i < len(dst); i++ {
		dst[i] = m*x[i] + k*v[i]
	}
	h.Project(dst)
}

// split returns, of the numbers of the vector v but the first, the component away from the
// origin, and the product of what it and w have across it; out is the length of x's.
func (Hyperboloid) split(x, v, w []float64, out float64) (along, across float64) {
	x, v, w = x[1:], v[1:], w[1:]
	var other float64
	for i, a := range x {
		a /= out
		along += a * v[i]
		other += a * w[i]
	}
	for i, a := range x {
		a /= out
		across += (v[i] - along*a) * (w[i] - other*a)
	}
	return along, across
}

// Inner returns Lorentz's product of the vectors.
func (h Hyperboloid) Inner(x, u, v []float64) float64 {
	r := h.radius()
	out := math.Sqrt(dot(x[1:], x[1:])) / r
	if out < nearest {
		return dot(u[1:], v[1:])
	}
	along, across := h.split(x, u, v, out*r)
	other := dot(x[1:], v[1:]) / (out * r)
	return along*other/(1+out*out) + across
}

// Transport takes v along the geodesic.
func (h Hyperboloid) Transport(dst, x, y, v []float64) {
	p := h.pair(x, y)
	// The product of v and of what leads to y, which is that of v and y.
	product := 0.
	if p.hasBearing {
		away, along := p.toward(x, y)
		speed := dot(x[1:], v[1:]) / (p.out * p.r)
		product = p.r * away * speed / p.cosh
		for i, a := range x[1:] {
			product += (y[i+1] - a + (p.stretch-along)*a) * (v[i+1] - speed*a/(p.out*p.r))
		}
	} else {
		product = dot(y[1:], v[1:])
	}
	k := product / (p.r * p.r * 2 * (1 + p.half))
	var first, square float64
	for i := 1; i < len(dst); i++ {
		b := y[i]
		dst[i] = v[i] + k*(x[i]+b)
		first += b * dst[i]
		square += b * b
	}
	dst[0] = first / math.Sqrt(p.r*p.r+square)
}

// Gradient turns g by Lorentz's metric, and takes from it what is normal.
func (h Hyperboloid) Gradient(dst, x, g []float64) {
	r := h.radius()
	k := dot(x, g) / r / r
	first := k*x[0] - g[0]
	for i := 1; i < len(dst); i++ {
		dst[i] = g[i] + k*x[i]
	}
	dst[0] = first
}

// LogVolume returns (Dim−1)/2·log(t/sinh t) for a distance of t radii.
func (h Hyperboloid) LogVolume(x, y []float64) float64 {
	return -float64(h.Dim()-1) / 2 * logSinhc(h.pair(x, y).distance())
}
