package linalg

import "math"

// secular is the equation 1/ρ + Σ z²/(d − λ) = 0, whose roots are the
// eigenvalues of diag(d) + ρ·z·zᵀ. The d rise strictly, ρ is positive, and
// between any two d, and after the last, there is one root.
type secular struct {
	d, zz []float64 // zz are the squares of z
	rho   float64
}

// sums are what the terms of the equation and their derivatives add up to at a
// point, counted from a pole.
type sums struct {
	value, slope, half float64 // half the second derivative
	size               float64 // Σ|terms|, which bounds the rounding error of value
}

// at adds up the terms at x, of which the first below have their poles at or
// below it; poles are counted from the same point as x.
func (s *secular) at(x float64, below int, poles []float64) sums {
	zz := s.zz[:len(poles)]
	var low, slope, half, high float64
	for j, p := range poles[:below] {
		inverse := 1 / (p - x)
		t := zz[j] * inverse
		low += t
		t *= inverse
		slope += t
		half += t * inverse
	}
	zz = zz[below:]
	for j, p := range poles[below:] {
		inverse := 1 / (p - x)
		t := zz[j] * inverse
		high += t
		t *= inverse
		slope += t
		half += t * inverse
	}
	return sums{1/s.rho + low + high, slope, half, 1/s.rho + high - low}
}

// root returns root i, and fills gaps with d − λ to full relative accuracy.
//
// Near the root the equation looks like c + s/(p−x) + t/(q−x), where p and q are
// the poles on both sides; the one with its value and first two derivatives has
// its root three times as near (Gragg; see Li, 1993, Solving secular equations
// stably and efficiently). A bracket keeps it from going astray.
func (s *secular) root(i int, gaps []float64) float64 {
	const (
		unit  = 0x1p-53
		tries = 100
	)
	n := len(s.d)
	if n == 1 {
		shift := s.rho * s.zz[0]
		gaps[0] = -shift
		return s.d[0] + shift
	}
	// The poles p and q of the model, and the bracket counted from the pole next
	// to the root, which is what keeps the digits of the gaps.
	p, q := i, i+1
	origin, below := i, i+1
	var lo, hi float64
	if i == n-1 {
		p, q = i-1, i
		total := 0.
		for _, z := range s.zz {
			total += z
		}
		hi = s.rho * total * (1 + 0x1p-40)
	} else {
		hi = s.d[q] - s.d[p]
	}
	for j, d := range s.d {
		gaps[j] = d - s.d[origin]
	}
	x := hi / 2
	f := s.at(x, below, gaps)
	// First, all other poles are taken for the constant they are at the middle.
	c := f.value - s.zz[p]/(gaps[p]-x) - s.zz[q]/(gaps[q]-x)
	switch {
	case f.value > 0:
		hi = x
	case i < n-1:
		origin = q
		lo, hi = x-hi, 0
		for j, d := range s.d {
			gaps[j] = d - s.d[origin]
		}
	default:
		lo = x
	}
	a := c*(gaps[p]+gaps[q]) + s.zz[p] + s.zz[q]
	b := c*gaps[p]*gaps[q] + s.zz[p]*gaps[q] + s.zz[q]*gaps[p]
	x = step(a, b, c, 0, lo, hi)
	for range tries {
		f = s.at(x, below, gaps)
		if math.Abs(f.value) <= unit*(8*f.size+math.Abs(x)*f.slope) {
			break
		}
		if f.value < 0 {
			lo = x
		} else {
			hi = x
		}
		u, v := gaps[p]-x, gaps[q]-x
		a = (u+v)*f.value - u*v*f.slope
		b = u * v * f.value
		c = f.value - (u+v)*f.slope + u*v*f.half
		next := step(a, b, c, x, lo, hi)
		if next == x || next <= lo || next >= hi {
			break // the bracket holds no other number
		}
		x = next
	}
	for j := range gaps {
		gaps[j] -= x
	}
	return s.d[origin] + x
}

// step returns the point x + h between lo and hi for which c·h² − a·h + b = 0,
// x itself where h is lost in it, or one that divides the bracket where there is
// none.
func step(a, b, c, x, lo, hi float64) float64 {
	if disc := a*a - 4*b*c; disc >= 0 {
		half := (a + math.Copysign(math.Sqrt(disc), a)) / 2
		for _, h := range [2]float64{b / half, half / c} {
			if y := x + h; y > lo && y < hi || y == x && h != 0 {
				return y
			}
		}
	}
	// The root may be nearer to the pole at zero by many orders of magnitude.
	near, far := lo, hi
	if math.Abs(near) > math.Abs(far) {
		near, far = far, near
	}
	switch {
	case near == 0:
		return far / 32
	case far/near > 4:
		return math.Copysign(math.Sqrt(near/far), far) * math.Abs(far)
	}
	return (near + far) / 2
}
