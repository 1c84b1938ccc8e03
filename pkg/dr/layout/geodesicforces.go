package layout

import (
	"math"

	"github.com/flatland-go/flatland/pkg/manifold"
)

// quick returns forces for the surfaces of constant curvature, with everything in
// registers, or nil.
//
// What leads there from x to y is, but for what is normal at x, a multiple of y, and sums
// of multiples lose that once for all. The multiple and the distance follow from the
// scalar product of x and y, whose digits are few for near points, which the kernel does
// not see, and far out in hyperbolic space, where there is nothing quick.
func (s *GeodesicStudent) quick(y []float64) func(_, y []float64, lo, hi int) {
	if s.dim != 3 {
		return nil
	}
	switch m := s.space.(type) {
	case manifold.Sphere:
		return func(_, y []float64, lo, hi int) { s.round(m.Radius*m.Radius, y, lo, hi) }
	case manifold.Hyperboloid:
		const farthest = 400 // cosh of the distance from the origin: products are good to 1e-11
		square := -1 / m.Curvature
		for i := 0; i < len(y); i += 3 {
			if !(y[i] <= farthest*math.Sqrt(square)) {
				return nil
			}
		}
		return func(_, y []float64, lo, hi int) { s.saddle(square, y, lo, hi) }
	}
	return nil
}

// round is forces on a sphere; square is that of its radius.
func (s *GeodesicStudent) round(square float64, y []float64, lo, hi int) {
	const tiny = 1e-9 // sines below which antipodes have no direction
	n := s.n
	inverse := 1 / square
	y = y[:3*n]
	for i := lo; i < hi; i++ {
		x0, x1, x2 := y[3*i], y[3*i+1], y[3*i+2]
		var a0, a1, a2, r0, r1, r2, norm float64
		for j, p := range s.p[i*n : (i+1)*n] {
			y0, y1, y2 := y[3*j], y[3*j+1], y[3*j+2]
			cos := (x0*y0 + x1*y1 + x2*y2) * inverse
			c := min(math.Abs(cos), 1)
			q := arcCosine(c)
			far, ratio := q*q*(1-c), 0. // the squared angle, and angle/sin(angle)
			if cos >= 0 {
				ratio = q / math.Sqrt(1+c)
			} else {
				angle := math.Pi - math.Sqrt(far)
				far = angle * angle
				if sin := math.Sqrt((1 - c) * (1 + c)); sin > tiny {
					ratio = angle / sin
				}
			}
			w := 1 / (1 + square*far)
			norm += w
			ratio *= w
			a := float64(p) * ratio
			a0 += a * y0
			a1 += a * y1
			a2 += a * y2
			w *= ratio
			r0 += w * y0
			r1 += w * y1
			r2 += w * y2
		}
		s.norm[i] = norm - 1 // the point itself, at distance 0
		a := (a0*x0 + a1*x1 + a2*x2) * inverse
		r := (r0*x0 + r1*x1 + r2*x2) * inverse
		s.attract[3*i], s.attract[3*i+1], s.attract[3*i+2] = a0-a*x0, a1-a*x1, a2-a*x2
		s.repel[3*i], s.repel[3*i+1], s.repel[3*i+2] = r0-r*x0, r1-r*x1, r2-r*x2
	}
}

// arcCosine returns arccos(c)/√(1−c) for 0 ≤ c ≤ 1, to 1.2e-12 of itself: the polynomial
// that is nearest to it at Chebyshev's points.
func arcCosine(c float64) float64 {
	c2 := c * c
	c4 := c2 * c2
	low := (1.5707963267930551 - 0.2146018359615987*c) + c2*(0.0890485853843051-0.05079196163625787*c)
	middle := (0.03367101567401279 - 0.02429970035474589*c) + c2*(0.018317344343400183-0.013721484519610997*c)
	high := (0.00948042459000241 - 0.005483094630123058*c) + c2*(0.0023684438243196044-0.000656215301186714*c)
	return low + c4*(middle+c4*(high+c4*8.571416887490763e-05))
}

// saddle is forces on a hyperboloid of two dimensions; square is −1/curvature.
func (s *GeodesicStudent) saddle(square float64, y []float64, lo, hi int) {
	const near = 1e-4 // of cosh(d) − 1: below it three terms are enough
	n := s.n
	inverse := 1 / square
	y = y[:3*n]
	for i := lo; i < hi; i++ {
		x0, x1, x2 := y[3*i], y[3*i+1], y[3*i+2]
		var a0, a1, a2, r0, r1, r2, norm float64
		for j, p := range s.p[i*n : (i+1)*n] {
			y0, y1, y2 := y[3*j], y[3*j+1], y[3*j+2]
			m := max((x0*y0-x1*y1-x2*y2)*inverse-1, 0) // cosh(d) − 1
			far := m * (2 - m*(1./3-m*(4./45)))        // d²
			ratio := 1 - m*(1./3-m*(2./15))            // d/sinh(d)
			if m > near {
				sinh := math.Sqrt(m * (m + 2))
				d := math.Log(1 + m + sinh)
				far, ratio = d*d, d/sinh
			}
			w := 1 / (1 + square*far)
			norm += w
			ratio *= w
			a := float64(p) * ratio
			a0 += a * y0
			a1 += a * y1
			a2 += a * y2
			w *= ratio
			r0 += w * y0
			r1 += w * y1
			r2 += w * y2
		}
		s.norm[i] = norm - 1
		a := (a0*x0 - a1*x1 - a2*x2) * inverse
		r := (r0*x0 - r1*x1 - r2*x2) * inverse
		s.attract[3*i], s.attract[3*i+1], s.attract[3*i+2] = a0-a*x0, a1-a*x1, a2-a*x2
		s.repel[3*i], s.repel[3*i+1], s.repel[3*i+2] = r0-r*x0, r1-r*x1, r2-r*x2
	}
}
