package manifold

import (
	"fmt"
	"math"
)

// Sphere is the surface of a ball around 0 in one dimension more than its own: points are
// rows of length Radius, geodesics great circles, and the cut locus of a point is its
// antipode, where Log chooses one of the directions that all lead there. Its origin is
// (Radius, 0, …, 0).
//
// Angles are 2·atan2(|x−y|, |x+y|), and near the antipode all is computed from x + y: arc
// cosines of scalar products lose half the digits of small angles and of those near π.
type Sphere struct {
	// Dimension of the surface: points have one number more. Default 2.
	Dimension int

	// Radius of the ball, from 1e-60 to 1e60. Larger spheres are flatter, and have more
	// room. Default 1.
	Radius float64
}

// String returns "Sphere(2, radius 1)".
func (s Sphere) String() string {
	return fmt.Sprintf("Sphere(%d, radius %s)", s.Dim(), number(s.radius()))
}

// Resolve fills in the defaults and checks the ranges; see Manifold.
func (s Sphere) Resolve() (Manifold, error) {
	err := resolveDimension("manifold.Sphere", "Dimension", &s.Dimension, mostDimensions)
	if err == nil {
		err = resolveSize("manifold.Sphere", "Radius", &s.Radius, 1)
	}
	return s, err
}

// Dim returns the dimension of the surface.
func (s Sphere) Dim() int {
	if s.Dimension == 0 {
		return 2
	}
	return s.Dimension
}

// Ambient returns the dimension + 1.
func (s Sphere) Ambient() int { return s.Dim() + 1 }

func (s Sphere) radius() float64 {
	if s.Radius == 0 {
		return 1
	}
	return s.Radius
}

// Check accepts rows whose length is the radius; see Manifold for the errors.
func (s Sphere) Check(x []float64) error {
	if err := check(s, x); err != nil {
		return err
	}
	if length := norm(x); !(math.Abs(length-s.radius()) <= off*s.radius()) {
		return &PointError{s.String(), fmt.Sprintf("its length is %v", length)}
	}
	return nil
}

// norm is the length of x, whatever the size of its squares.
func norm(x []float64) float64 {
	largest := 0.
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 || math.IsInf(largest, 1) {
		return largest
	}
	sum := 0.
	for _, v := range x {
		sum += v / largest * (v / largest)
	}
	return largest * math.Sqrt(sum)
}

// Project scales x to the radius; 0 goes to the origin of the sphere.
func (s Sphere) Project(x []float64) {
	length := norm(x)
	if length == 0 {
		x[0] = s.radius()
		return
	}
	for i, v := range x {
		x[i] = v / length * s.radius()
	}
}

// Point goes from (Radius, 0, …, 0) by z in the other coordinates.
func (s Sphere) Point(dst, z []float64) {
	r := s.radius()
	t := norm(z) / r
	k := sinc(t)
	for i := len(z) - 1; i >= 0; i-- { // from the end: dst may be z
		dst[i+1] = k * z[i]
	}
	dst[0] = r * math.Cos(t)
}

// chords returns |x−y|² and |x+y|².
func chords(x, y []float64) (minus, plus float64) {
	for i, v := range x {
		minus += (v - y[i]) * (v - y[i])
		plus += (v + y[i]) * (v + y[i])
	}
	return minus, plus
}

// Distance returns the length of the great arc.
func (s Sphere) Distance(x, y []float64) float64 {
	minus, plus := chords(x, y)
	return 2 * s.radius() * math.Atan2(math.Sqrt(minus), math.Sqrt(plus))
}

// Exp goes along the great circle of v, and returns to the radius exactly.
func (s Sphere) Exp(dst, x, v []float64) {
	r := s.radius()
	t := math.Sqrt(dot(v, v)) / r
	c, k := math.Cos(t), sinc(t)
	sum := 0.
	for i := range dst {
		dst[i] = c*x[i] + k*v[i]
		sum += dst[i] * dst[i]
	}
	k = r / math.Sqrt(sum)
	for i := range dst {
		dst[i] *= k
	}
}

// Log points along the great arc; see Manifold.
func (s Sphere) Log(dst, x, y []float64) float64 {
	r := s.radius()
	minus, plus := chords(x, y)
	if minus == 0 {
		clear(dst)
		return 0
	}
	if plus == 0 { // the antipode
		axis, along := around(x, r)
		for i := range dst {
			dst[i] = -x[i] * along
		}
		dst[axis]++
		k := math.Pi * r / math.Sqrt(dot(dst, dst))
		for i := range dst {
			dst[i] *= k
		}
		return math.Pi * r
	}
	both := minus + plus
	angle := 2 * math.Atan2(math.Sqrt(minus), math.Sqrt(plus))
	k := angle * both / (2 * math.Sqrt(minus*plus)) // angle/sin(angle)
	// y − cos·x, from the difference that is not cancelled.
	if minus < plus {
		c := 2 * minus / both
		for i := range dst {
			dst[i] = k * (y[i] - x[i] + c*x[i])
		}
	} else {
		c := 2 * plus / both
		for i := range dst {
			dst[i] = k * (y[i] + x[i] - c*x[i])
		}
	}
	return r * angle
}

// around returns the coordinate in which x is smallest, and its share of x: the axis
// less that much of x is tangent at x.
func around(x []float64, r float64) (axis int, along float64) {
	for i, v := range x {
		if math.Abs(v) < math.Abs(x[axis]) {
			axis = i
		}
	}
	return axis, x[axis] / r / r
}

// Inner returns the sum of products.
func (Sphere) Inner(_, u, v []float64) float64 { return dot(u, v) }

// Transport turns v with the great arc: it is the reflection that takes x to −y, of which
// tangent vectors see no more.
func (s Sphere) Transport(dst, x, y, v []float64) {
	var product, plus float64
	for i, a := range x {
		b := a + y[i]
		product += b * v[i]
		plus += b * b
	}
	if plus == 0 { // the antipode, along the direction of Log
		r := s.radius()
		axis, along := around(x, r)
		square := 1 - along*x[axis] // of the direction's length
		product := v[axis] - along*dot(x, v)
		for i := range dst {
			e := -x[i] * along
			if i == axis {
				e++
			}
			dst[i] = v[i] - 2*product/square*e
		}
		return
	}
	k := 2 * product / plus
	for i := range dst {
		dst[i] = v[i] - k*(x[i]+y[i])
	}
}

// Gradient takes from g what is normal to the sphere.
func (s Sphere) Gradient(dst, x, g []float64) {
	k := dot(x, g) / s.radius() / s.radius()
	for i := range dst {
		dst[i] = g[i] - k*x[i]
	}
}

// farthestVolume is the angle from which LogVolume is held. The leading term grows beyond
// all bounds towards the antipode, where the heat kernel, to which all directions
// contribute, does not.
const farthestVolume = math.Pi * 7 / 8

// LogVolume returns (Dim−1)/2·log(θ/sin θ) for an angle θ below 7π/8, and beyond it
// what it is there.
func (s Sphere) LogVolume(x, y []float64) float64 {
	angle := min(s.Distance(x, y)/s.radius(), farthestVolume)
	return -float64(s.Dim()-1) / 2 * math.Log(sinc(angle))
}
