package manifold_test

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// spaces are all manifolds, some of them bent, and how far from the origin points are
// drawn.
var spaces = []struct {
	m     manifold.Manifold
	reach float64
}{
	{manifold.Euclidean{}, 3}, {manifold.Euclidean{Dimension: 5}, 3},
	{manifold.Sphere{}, 1.5}, {manifold.Sphere{Dimension: 1}, 1.5}, {manifold.Sphere{Dimension: 10, Radius: 3}, 3},
	{manifold.Hyperboloid{}, 2}, {manifold.Hyperboloid{Dimension: 1}, 2}, {manifold.Hyperboloid{Dimension: 4, Curvature: -.25}, 4},
	{manifold.Torus{}, 3}, {manifold.Torus{Periods: []float64{1, 2, 30}}, 5},
	{manifold.SPD{}, 1}, {manifold.SPD{Order: 1}, 1}, {manifold.SPD{Order: 3}, 1}, {manifold.SPD{Order: onStack + 1}, 1},
}

const onStack = 6

// point draws a point.
func point(m manifold.Manifold, reach float64, row int) []float64 {
	s := rng.New(3, "point", row)
	z, x := make([]float64, m.Dim()), make([]float64, m.Ambient())
	for i := range z {
		z[i] = reach * s.Normal() / math.Sqrt(float64(m.Dim()))
	}
	m.Point(x, z)
	return x
}

// vector draws a tangent vector at x.
func vector(m manifold.Manifold, x []float64, row int) []float64 {
	s := rng.New(4, "vector", row)
	g := make([]float64, m.Ambient())
	for i := range g {
		g[i] = s.Normal()
	}
	m.Gradient(g, x, g)
	return g
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance*(1+math.Abs(b)) }

func allNear(a, b []float64, tolerance float64) bool {
	for i, v := range a {
		if !near(v, b[i], tolerance) {
			return false
		}
	}
	return len(a) == len(b)
}

// What any Riemannian manifold has, for points and vectors of each.
func TestLawsOfGeometry(t *testing.T) {
	const tolerance = 1e-9
	for _, s := range spaces {
		m := s.m
		fail := func(format string, args ...any) {
			t.Helper()
			t.Errorf("%v: "+format, append([]any{m}, args...)...)
		}
		for row := range 30 {
			x, y, z := point(m, s.reach, 3*row), point(m, s.reach, 3*row+1), point(m, s.reach, 3*row+2)
			if err := m.Check(x); err != nil {
				t.Fatal(err)
			}
			xy, yx := m.Distance(x, y), m.Distance(y, x)
			if !near(xy, yx, tolerance) || xy < 0 || m.Distance(x, x) > 1e-12 {
				fail("distances %v and %v, and %v to itself", xy, yx, m.Distance(x, x))
			}
			if xz, zy := m.Distance(x, z), m.Distance(z, y); xy > xz+zy+tolerance {
				fail("the way by a third point is shorter: %v > %v + %v", xy, xz, zy)
			}
			v := make([]float64, m.Ambient())
			if d := m.Log(v, x, y); !near(d, xy, tolerance) || !near(math.Sqrt(m.Inner(x, v, v)), xy, tolerance) {
				fail("the logarithm is %v long, says %v, and the distance is %v", math.Sqrt(m.Inner(x, v, v)), d, xy)
			}
			back := make([]float64, m.Ambient())
			m.Exp(back, x, v)
			if d := m.Distance(back, y); d > 1e-8 {
				fail("Exp of Log arrives %v away", d)
			}
			if err := m.Check(back); err != nil {
				fail("Exp leaves the manifold: %v", err)
			}
			// Transport is an isometry, takes the velocity along, and returns.
			u, w := vector(m, x, 2*row), vector(m, x, 2*row+1)
			tu, tw := make([]float64, m.Ambient()), make([]float64, m.Ambient())
			m.Transport(tu, x, y, u)
			m.Transport(tw, x, y, w)
			size := 1 + math.Sqrt(m.Inner(x, u, u)*m.Inner(x, w, w))
			if a, b := m.Inner(x, u, w), m.Inner(y, tu, tw); math.Abs(a-b) > 1e-8*size {
				fail("transport turns a product of %v into %v", a, b)
			}
			m.Transport(back, y, x, tu)
			if !allNear(back, u, 1e-7) {
				fail("there and back, %v is %v", u, back)
			}
			m.Log(back, y, x)
			m.Transport(tu, x, y, v)
			for i := range back {
				back[i] = -back[i]
			}
			if !allNear(tu, back, 1e-7) {
				fail("the velocity arrives as %v, want %v", tu, back)
			}
			// u₀ is symmetric, and 0 at the point itself.
			if a, b := m.LogVolume(x, y), m.LogVolume(y, x); !near(a, b, tolerance) || math.Abs(m.LogVolume(x, x)) > 1e-12 {
				fail("volume terms %v and %v", a, b)
			}
			// A dst may be any argument.
			for name, call := range map[string]func(dst, a, b []float64){
				"Exp":       func(dst, a, b []float64) { m.Exp(dst, a, b) },
				"Log":       func(dst, a, b []float64) { m.Log(dst, a, b) },
				"Transport": func(dst, a, b []float64) { m.Transport(dst, a, y, b) },
				"Gradient":  func(dst, a, b []float64) { m.Gradient(dst, a, b) },
			} {
				second := u
				if name == "Log" {
					second = y
				}
				want := make([]float64, m.Ambient())
				call(want, x, second)
				one, two := append([]float64(nil), x...), append([]float64(nil), second...)
				call(one, one, second)
				call(two, x, two)
				if !reflect.DeepEqual(one, want) || !reflect.DeepEqual(two, want) {
					fail("%s in place gives %v and %v, want %v", name, one, two, want)
				}
			}
		}
	}
}

// The gradient of half the squared distance is minus the logarithm, and the gradient of a
// function of the ambient numbers is its slope along geodesics.
func TestGradientsAgainstDifferences(t *testing.T) {
	const h = 1e-5
	for _, s := range spaces {
		m := s.m
		for row := range 10 {
			x, y := point(m, s.reach, 2*row), point(m, s.reach, 2*row+1)
			u, v, there, g := vector(m, x, row), make([]float64, m.Ambient()), make([]float64, m.Ambient()), make([]float64, m.Ambient())
			m.Log(v, x, y)
			slope := func(f func(at []float64) float64) float64 {
				var ends [2]float64
				for e, step := range []float64{-h, h} {
					for i := range there {
						there[i] = step * u[i]
					}
					m.Exp(there, x, there)
					ends[e] = f(there)
				}
				return (ends[1] - ends[0]) / (2 * h)
			}
			size := 1 + math.Sqrt(m.Inner(x, u, u))
			got, want := -m.Inner(x, v, u), slope(func(at []float64) float64 { d := m.Distance(at, y); return d * d / 2 })
			if math.Abs(got-want) > 1e-5*size*(1+m.Distance(x, y)) {
				t.Errorf("%v: the distance grows by %v, its gradient says %v", m, want, got)
			}
			if _, torus := m.(manifold.Torus); torus {
				continue // ambient numbers jump where the torus closes
			}
			for i := range g {
				g[i] = math.Cos(float64(3 * i))
			}
			if _, spd := m.(manifold.SPD); spd { // of symmetric matrices, only that part counts
				n := int(math.Sqrt(float64(len(g))))
				for i := range n {
					for j := range i {
						g[i*n+j] = g[j*n+i]
					}
				}
			}
			want = slope(func(at []float64) (sum float64) {
				for i, a := range at {
					sum += g[i] * (a - x[i])
				}
				return sum
			})
			r := make([]float64, m.Ambient())
			m.Gradient(r, x, g)
			if got := m.Inner(x, r, u); math.Abs(got-want) > 1e-5*size*size*(1+math.Abs(want)) {
				t.Errorf("%v: a linear function grows by %v, its gradient says %v", m, want, got)
			}
		}
	}
}

// u₀ is the root of how densely geodesics fall: of the inverse determinant of the
// differential of Exp, by differences.
func TestVolumeIsThatOfExp(t *testing.T) {
	const h = 1e-5
	for _, s := range spaces {
		m := s.m
		d := m.Dim()
		if d > 6 {
			continue
		}
		origin, x := make([]float64, m.Ambient()), make([]float64, m.Ambient())
		m.Point(origin, make([]float64, d))
		for row := range 4 {
			r := rng.New(5, "volume", row)
			z := make([]float64, d)
			for i := range z {
				z[i] = s.reach * .5 * r.Normal() / math.Sqrt(float64(d))
			}
			m.Point(x, z)
			// The velocities at x at which the ends of the moved vectors lie.
			columns := make([][]float64, d)
			for c := range columns {
				a, b := make([]float64, m.Ambient()), make([]float64, m.Ambient())
				z[c] += h
				m.Point(a, z)
				z[c] -= 2 * h
				m.Point(b, z)
				z[c] += h
				m.Log(a, x, a)
				m.Log(b, x, b)
				for i := range a {
					a[i] = (a[i] - b[i]) / (2 * h)
				}
				columns[c] = a
			}
			gram := make([]float64, d*d)
			for i, a := range columns {
				for j, b := range columns {
					gram[i*d+j] = m.Inner(x, a, b)
				}
			}
			// det of the Gram matrix is the square of that of the differential; u₀ is its −¼.
			if want, got := -logDet(gram, d)/4, m.LogVolume(origin, x); math.Abs(want-got) > 1e-4 {
				t.Errorf("%v at %v: u₀ is exp(%v), want exp(%v)", m, z, got, want)
			}
		}
	}
}

// logDet returns that of a positive definite matrix, by elimination.
func logDet(a []float64, n int) (sum float64) {
	for p := range n {
		sum += math.Log(a[p*n+p])
		for i := p + 1; i < n; i++ {
			f := a[i*n+p] / a[p*n+p]
			for j := p; j < n; j++ {
				a[i*n+j] -= f * a[p*n+j]
			}
		}
	}
	return sum
}

func TestTypedErrors(t *testing.T) {
	for _, s := range spaces {
		m := s.m
		var shape *mat32.ShapeError
		if err := m.Check(make([]float64, m.Ambient()+1)); !errors.As(err, &shape) {
			t.Errorf("%v takes a longer row: %v", m, err)
		}
		var off *manifold.PointError
		for _, v := range []float64{math.NaN(), math.Inf(1)} {
			x := point(m, s.reach, 1)
			x[len(x)-1] = v
			if err := m.Check(x); !errors.As(err, &off) || off.Manifold != m.String() || off.Error() == "" {
				t.Errorf("%v takes %v: %v", m, v, err)
			}
		}
		back, err := manifold.Parse(m.String())
		whole, _ := m.Resolve()
		if err != nil || !reflect.DeepEqual(back, whole) || back.String() != m.String() {
			t.Errorf("%v is read as %v, %v", m, back, err)
		}
	}
	var off *manifold.PointError
	for name, c := range map[string]struct {
		m manifold.Manifold
		x []float64
	}{
		"inside the sphere":       {manifold.Sphere{}, []float64{.9, 0, 0}},
		"0 on the sphere":         {manifold.Sphere{}, []float64{0, 0, 0}},
		"the other sheet":         {manifold.Hyperboloid{}, []float64{-1, 0, 0}},
		"off the hyperboloid":     {manifold.Hyperboloid{}, []float64{1, 1, 0}},
		"beyond the hyperboloid":  {manifold.Hyperboloid{}, []float64{1e200, 1e200, 0}},
		"no symmetry":             {manifold.SPD{}, []float64{2, 1, .9, 2}},
		"a negative eigenvalue":   {manifold.SPD{}, []float64{1, 2, 2, 1}},
		"a negative diagonal":     {manifold.SPD{}, []float64{-1, 0, 0, 1}},
		"the matrix of all zeros": {manifold.SPD{}, make([]float64, 4)},
	} {
		if err := c.m.Check(c.x); !errors.As(err, &off) {
			t.Errorf("%s: %v", name, err)
		}
		c.m.Project(c.x)
		if err := c.m.Check(c.x); err != nil && name != "beyond the hyperboloid" {
			t.Errorf("%s, projected: %v", name, err)
		}
	}
	var param *mat32.ParamError
	for _, m := range []manifold.Manifold{
		manifold.Euclidean{Dimension: -1}, manifold.Sphere{Radius: -1}, manifold.Sphere{Radius: math.NaN()}, manifold.Sphere{Dimension: 1 << 30},
		manifold.Hyperboloid{Curvature: 1}, manifold.Hyperboloid{Curvature: math.Inf(-1)}, manifold.Torus{Periods: []float64{1, 0}}, manifold.SPD{Order: -3},
	} {
		if _, err := m.Resolve(); !errors.As(err, &param) {
			t.Errorf("%v is accepted: %v", m, err)
		}
		if err := m.Check(nil); !errors.As(err, &param) {
			t.Errorf("%v checks points: %v", m, err)
		}
	}
	for _, s := range []string{"", "Sphere", "Sphere(2)", "Sphere(2, radius 1) ", "Sphere(2, radius 01)", "Plane(2)", "SPD(1e9)", "Torus(-1)", "Torus()", "Euclidean(2.5)", "Euclidean(NaN)", "Hyperboloid(2, curvature 1)"} {
		if m, err := manifold.Parse(s); !errors.As(err, &param) {
			t.Errorf("%q is read as %v, %v", s, m, err)
		}
	}
}

func TestCallsDoNotAllocate(t *testing.T) {
	for _, s := range spaces {
		m := s.m
		if m.String() == (manifold.SPD{Order: onStack + 1}).String() {
			continue
		}
		x, y := point(m, s.reach, 1), point(m, s.reach, 2)
		v, w := make([]float64, m.Ambient()), make([]float64, m.Ambient())
		if n := testing.AllocsPerRun(10, func() {
			m.Log(v, x, y)
			m.Exp(w, x, v)
			m.Transport(v, x, y, v)
			m.Gradient(w, x, v)
			m.Project(w)
			w[0] = m.Distance(x, y) + m.Inner(x, v, v) + m.LogVolume(x, y)
		}); n > 0 {
			t.Errorf("%v allocates %v times", m, n)
		}
	}
}
