package manifold_test

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/manifold"
)

// Distances whose digits the textbook formulas lose.
func TestDistancesKeepTheirDigits(t *testing.T) {
	s := manifold.Sphere{}
	for _, a := range []float64{1e-150, 1e-12, 1e-7, .5, 1, 2, 3, math.Pi - 1e-7, math.Pi - 1e-12} {
		y := []float64{math.Cos(a), math.Sin(a), 0}
		if a > 3 {
			y = []float64{-math.Cos(math.Pi - a), math.Sin(math.Pi - a), 0}
		}
		x := []float64{1, 0, 0}
		// The angle to the antipode is what keeps its digits there.
		if got := s.Distance(x, y); math.Abs(got-a) > 4e-16*a {
			t.Errorf("sphere: an angle of %v is %v", a, got)
		}
		v := make([]float64, 3)
		s.Log(v, x, y)
		if math.Abs(v[1]-a) > 1e-15*a || math.Abs(v[0]) > 1e-9*a { // y itself is rounded
			t.Errorf("sphere: the logarithm of an angle of %v is %v", a, v)
		}
	}
	// The antipode itself: some shortest way, that arrives.
	x, y, v := []float64{.6, 0, .8}, []float64{-.6, 0, -.8}, make([]float64, 3)
	if d := s.Log(v, x, y); d != math.Pi || math.Abs(norm(v)-math.Pi) > 1e-15 {
		t.Errorf("sphere: the antipode is %v, by %v", d, v)
	}
	s.Transport(v, x, y, v)
	back := make([]float64, 3)
	s.Log(back, y, x)
	s.Exp(back, x, func() []float64 { u := make([]float64, 3); s.Log(u, x, y); return u }())
	if s.Distance(back, y) > 1e-15 || math.IsNaN(v[0]) || math.IsInf(s.LogVolume(x, y), 0) {
		t.Errorf("sphere: the way to the antipode ends at %v", back)
	}

	// Points on a geodesic through the origin, however far out, and beside it.
	h := manifold.Hyperboloid{}
	at := func(r, angle float64) []float64 {
		return []float64{math.Cosh(r), math.Sinh(r) * math.Cos(angle), math.Sinh(r) * math.Sin(angle)}
	}
	for _, r := range []float64{0, 1e-200, 1e-9, 1, 15, 30, 300} {
		for _, gap := range []float64{1e-6, .1, 3, 40} {
			if got := h.Distance(at(r, 0), at(r+gap, 0)); math.Abs(got-gap) > 1e-13*(r+gap)+1e-15*(1+r)/min(gap, 1) {
				t.Errorf("hyperboloid: %v farther out than %v is %v", gap, r, got)
			}
		}
		// Far out, the way between two directions leads by the origin: 2r + 2·log sin(θ/2).
		if got, want := h.Distance(at(r, 0), at(r, 1)), 2*r+2*math.Log(math.Sin(.5)); r > 14 && math.Abs(got-want) > 1e-13*r {
			t.Errorf("hyperboloid: %v out, a right way of %v is %v", r, want, got)
		}
	}
	// Exp and Log far from the origin, out, in and across.
	for _, r := range []float64{1, 5, 10, 14} {
		x := at(r, .3)
		for _, y := range [][]float64{at(r+1, .3), at(r-.9, .3), at(r, .3+math.Exp(-r)), at(0, 0), at(2, 2)} {
			v, back := make([]float64, 3), make([]float64, 3)
			d := h.Log(v, x, y)
			if got := math.Sqrt(h.Inner(x, v, v)); math.Abs(got-d) > 1e-8*d {
				t.Errorf("hyperboloid: %v out, a vector of length %v has %v", r, d, got)
			}
			h.Exp(back, x, v)
			if off := h.Distance(back, y); off > 1e-3*math.Exp(r-14)+1e-9 {
				t.Errorf("hyperboloid: from %v out, Exp misses by %v after %v", r, off, d)
			}
		}
	}
}

func norm(v []float64) (sum float64) {
	for _, x := range v {
		sum = math.Hypot(sum, x)
	}
	return sum
}

func TestPoincareBall(t *testing.T) {
	h := manifold.Hyperboloid{Curvature: -4}
	a, b := []float64{.3, -.2}, []float64{-.5, .6}
	x, y, back := make([]float64, 3), make([]float64, 3), make([]float64, 2)
	h.FromBall(x, a)
	h.FromBall(y, b)
	h.Ball(back, x)
	if !allNear(back, a, 1e-15) || h.Check(x) != nil {
		t.Errorf("%v is %v in the ball, want %v", x, back, a)
	}
	square := func(v ...float64) (s float64) {
		for _, e := range v {
			s += e * e
		}
		return s
	}
	want := math.Acosh(1+2*square(.8, -.8)/((1-square(a...))*(1-square(b...)))) / 2
	if got := h.Distance(x, y); math.Abs(got-want) > 1e-14 {
		t.Errorf("distance %v, want %v", got, want)
	}
}

func TestTorusClosesAndSPDHasClosedForms(t *testing.T) {
	ring := manifold.Torus{Periods: []float64{10, 24}}
	x, y, v := []float64{9, 23}, []float64{2 + 1000, 1 - 24*7}, make([]float64, 2)
	if d := ring.Log(v, x, y); v[0] != 3 || v[1] != 2 || d != math.Sqrt(13) {
		t.Errorf("torus: the shortest way is %v", v)
	}
	ring.Exp(v, x, v)
	if v[0] != 2 || v[1] != 1 {
		t.Errorf("torus: it arrives at %v", v)
	}
	z := []float64{-1e-30, 30}
	ring.Project(z)
	if z[0] != 0 || z[1] != 6 {
		t.Errorf("torus: projected to %v", z)
	}
	// Diagonal matrices: logarithms of ratios. And any change of basis keeps distances.
	m := manifold.SPD{}
	a, b := []float64{2, 0, 0, 3}, []float64{2e-8, 0, 0, 3e5}
	want := math.Hypot(math.Log(1e-8), math.Log(1e5))
	if got := m.Distance(a, b); math.Abs(got-want) > 1e-13*want {
		t.Errorf("SPD: distance %v, want %v", got, want)
	}
	turn := func(x []float64) []float64 { // G·x·Gᵀ for G of rows (1, 2), (0, 3)
		p, q, s := x[0], x[1], x[3]
		return []float64{p + 4*q + 4*s, 3*q + 6*s, 3*q + 6*s, 9 * s}
	}
	c := []float64{2, .5, .5, 1}
	if got, want := m.Distance(turn(a), turn(c)), m.Distance(a, c); math.Abs(got-want) > 1e-13 {
		t.Errorf("SPD: in another basis %v, want %v", got, want)
	}
}

// The heat kernel of the sphere in four dimensions is a sum over harmonics, that of
// hyperbolic space in three is known in closed form: the leading term is near the first
// for short times, and the second up to a factor of time.
func TestHeatKernels(t *testing.T) {
	const time = .1
	s := manifold.Sphere{Dimension: 3}
	x := []float64{1, 0, 0, 0}
	leading := func(m manifold.Manifold, x, y []float64) float64 {
		d := m.Distance(x, y)
		return math.Exp(m.LogVolume(x, y)-d*d/(2*time)) * math.Pow(2*math.Pi*time, -1.5)
	}
	for _, a := range []float64{1e-3, .3, .8, 1.2} {
		sum := 0.
		for k := 200; k >= 0; k-- { // generator ½Δ: eigenvalues k(k+2)/2
			e := float64(k)
			sum += (e + 1) * math.Sin((e+1)*a) / math.Sin(a) * math.Exp(-e*(e+2)*time/2) / (2 * math.Pi * math.Pi)
		}
		got := leading(s, x, []float64{math.Cos(a), math.Sin(a), 0, 0}) * math.Exp(time/2)
		if math.Abs(got/sum-1) > 1e-9 {
			t.Errorf("sphere: heat at %v is %v, want %v", a, got, sum)
		}
	}
	h := manifold.Hyperboloid{Dimension: 3}
	for _, r := range []float64{1e-3, 1, 5, 30} {
		want := math.Exp(-r*r/(2*time)) * math.Pow(2*math.Pi*time, -1.5) * r / math.Sinh(r)
		if got := leading(h, x, []float64{math.Cosh(r), math.Sinh(r), 0, 0}); math.Abs(got-want) > 1e-9*want {
			t.Errorf("hyperboloid: heat at %v is %v, want %v", r, got, want)
		}
	}
}
