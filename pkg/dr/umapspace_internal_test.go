package dr

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/manifold"
)

// The differences that the optimiser takes are the gradients of half the squared distance,
// and its steps along them are those of the manifold.
func TestUMAPSpacesFollowTheirManifolds(t *testing.T) {
	for _, space := range []manifold.Manifold{manifold.Sphere{Dimension: 2, Radius: 1}, manifold.Sphere{Dimension: 3, Radius: 5},
		manifold.Hyperboloid{Dimension: 2, Curvature: -1}, manifold.Hyperboloid{Dimension: 4, Curvature: -.25}} {
		fast := UMAP{OutputSpace: space}.curved()
		dim := space.Ambient()
		point := func(key int) ([]float32, []float64) {
			r := rng.New(1, "spaces", key)
			z, p := make([]float64, space.Dim()), make([]float64, dim)
			for c := range z {
				z[c] = 1.2 * r.Normal()
			}
			space.Point(p, z)
			narrow := make([]float32, dim)
			for c, v := range p {
				narrow[c] = float32(v)
				p[c] = float64(narrow[c])
			}
			space.Project(p)
			return narrow, p
		}
		for trial := range 50 {
			a, at := point(2 * trial)
			b, other := point(2*trial + 1)
			away := make([]float32, dim)
			want := space.Distance(at, other)
			if got := math.Sqrt(float64(fast.Difference(away, a, b))); math.Abs(got-want) > 2e-6*(1+want) {
				t.Fatalf("%v: distance %v, want %v", space, got, want)
			}
			// A step of length h along v changes half the squared distance by h·(away, v).
			const h = .01
			v := make([]float32, dim)
			r := rng.New(2, "directions", trial)
			inner := 0.
			for c := range v {
				v[c] = float32(r.Normal())
			}
			if _, ok := space.(manifold.Sphere); ok { // tangent at a
				along := 0.
				for c := range v {
					along += float64(v[c]) * at[c]
				}
				for c := range v {
					s := space.(manifold.Sphere).Radius
					v[c] -= float32(along * at[c] / (s * s))
				}
			} else {
				v[0] = 0
			}
			norm := 0.
			for _, x := range v {
				norm += float64(x) * float64(x)
			}
			for c := range v {
				v[c] *= float32(h / math.Sqrt(norm))
				inner += float64(v[c]) * float64(away[c])
			}
			half := func(sign float32) (float64, float64) {
				to, step := append([]float32(nil), a...), append([]float32(nil), v...)
				for c := range step {
					step[c] *= sign
				}
				fast.Move(to, step)
				wide := make([]float64, dim)
				for c, x := range to {
					wide[c] = float64(x)
				}
				if err := space.Check(wide); err != nil {
					t.Fatalf("%v: a step leads to %v: %v", space, to, err)
				}
				space.Project(wide)
				d := space.Distance(wide, other)
				return d * d / 2, space.Distance(wide, at)
			}
			forth, far := half(1)
			back, _ := half(-1)
			if math.Abs(far-h) > 3e-5 {
				t.Errorf("%v: a step of %v is %v long", space, h, far)
			}
			if got := (forth - back) / 2; math.Abs(got-inner) > 3e-3*h*(1+want) {
				t.Errorf("%v: half the squared distance changes by %v, want %v", space, got, inner)
			}
		}
	}
}

// Points at one place, antipodes and steps without bounds give numbers, on the space.
func TestUMAPSpacesAtTheirEnds(t *testing.T) {
	for _, space := range []manifold.Manifold{manifold.Sphere{Dimension: 2, Radius: 1}, manifold.Hyperboloid{Dimension: 2, Curvature: -1}} {
		fast := UMAP{OutputSpace: space}.curved()
		a, away := []float32{1, 0, 0}, make([]float32, 3)
		if s := fast.Difference(away, a, a); s != 0 || away[0] != 0 || away[1] != 0 || away[2] != 0 {
			t.Errorf("%v: a point is %v from itself, %v", space, s, away)
		}
		if _, ok := space.(manifold.Sphere); ok {
			s := float64(fast.Difference(away, a, []float32{-1, 0, 0}))
			if math.Abs(s-math.Pi*math.Pi) > 1e-5 || away[0] != 0 || away[1] != 0 || away[2] != 0 {
				t.Errorf("antipodes: %v, %v", s, away)
			}
		}
		for range 300 {
			fast.Move(a, []float32{0, 100, 50})
		}
		wide := []float64{float64(a[0]), float64(a[1]), float64(a[2])}
		if err := space.Check(wide); err != nil {
			t.Errorf("%v: after large steps a point is at %v: %v", space, a, err)
		}
		if _, ok := space.(manifold.Hyperboloid); ok {
			if d := space.Distance(wide, []float64{1, 0, 0}); math.Abs(d-farthestOut) > 1e-3 {
				t.Errorf("it is %v from the origin", d)
			}
		}
	}
}
