package layout_test

import (
	"context"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/manifold"
)

// On every manifold the gradient is that of the divergence, by differences along
// geodesics, and small steps against it lower the divergence.
func TestGeodesicGradientAgainstDifferences(t *testing.T) {
	const (
		n = 12
		h = 1e-5
	)
	ctx := context.Background()
	p := make([]float32, n*n)
	sum := float32(0)
	for i := range n {
		s := rng.New(1, "similarities", i)
		for j := range i {
			p[i*n+j] = float32(s.Float64())
			p[j*n+i] = p[i*n+j]
			sum += 2 * p[i*n+j]
		}
	}
	for k := range p {
		p[k] /= sum
	}
	for _, m := range []manifold.Manifold{
		manifold.Euclidean{}, manifold.Sphere{}, manifold.Sphere{Dimension: 3, Radius: 4}, manifold.Hyperboloid{},
		manifold.Hyperboloid{Dimension: 3, Curvature: -.1}, manifold.Torus{}, manifold.SPD{},
	} {
		dim := m.Ambient()
		y := make([]float64, n*dim)
		for i := range n {
			s := rng.New(2, "points", i)
			z := make([]float64, m.Dim())
			for c := range z {
				z[c] = s.Normal()
			}
			m.Point(y[i*dim:(i+1)*dim], z)
		}
		o, err := layout.NewGeodesicStudent(ctx, p, n, m)
		if err != nil {
			t.Fatal(err)
		}
		gradient := make([]float64, n*dim)
		if err := o.Gradient(ctx, gradient, y, 1); err != nil {
			t.Fatal(err)
		}
		loss := func() float64 {
			v, err := o.Divergence(ctx, y)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		for i := range n {
			at, g := y[i*dim:(i+1)*dim], gradient[i*dim:(i+1)*dim]
			s := rng.New(3, "directions", i)
			u, x := make([]float64, dim), append([]float64(nil), at...)
			for c := range u {
				u[c] = s.Normal()
			}
			m.Gradient(u, x, u)
			var ends [2]float64
			for e, step := range []float64{-h, h} {
				v := make([]float64, dim)
				for c := range v {
					v[c] = step * u[c]
				}
				m.Exp(at, x, v)
				ends[e] = loss()
			}
			copy(at, x)
			want, got := (ends[1]-ends[0])/(2*h), 4*m.Inner(x, g, u)
			if math.Abs(got-want) > 1e-6*(1+math.Sqrt(m.Inner(x, u, u))) {
				t.Errorf("%v: point %d goes down by %v, want %v", m, i, got, want)
			}
		}
		before := loss()
		d := layout.NewGeodesicDescent(n, m)
		d.Rate, d.Momentum, d.MaxStep = .5, .5, 1
		for range 50 {
			if err := o.Gradient(ctx, gradient, y, 1); err != nil {
				t.Fatal(err)
			}
			d.Move(t.Context(), y, gradient)
		}
		if after := loss(); !(after < before) {
			t.Errorf("%v: the divergence went from %v to %v", m, before, after)
		}
		for i := range n {
			if err := m.Check(y[i*dim : (i+1)*dim]); err != nil {
				t.Errorf("%v: a point left it: %v", m, err)
			}
		}
	}
}

// No step of a point is longer than the longest.
func TestGeodesicDescentHasALongestStep(t *testing.T) {
	m := manifold.Sphere{}
	y, g := []float64{1, 0, 0}, []float64{0, 100, 0}
	d := layout.NewGeodesicDescent(1, m)
	d.Rate, d.MaxStep = 1, .25
	d.Move(t.Context(), y, g)
	if got := m.Distance([]float64{1, 0, 0}, y); math.Abs(got-.25) > 1e-15 || y[1] >= 0 {
		t.Errorf("it went %v, to %v", got, y)
	}
}

// behind hides what a manifold is, so that nothing quick is known of it.
type behind struct{ manifold.Manifold }

func (b behind) Resolve() (manifold.Manifold, error) { return b, nil }

// What is quick on a surface is what its logarithms say, for near points, far points and
// points about as far as there are.
func TestQuickForcesAreThoseOfLogarithms(t *testing.T) {
	const n = 40
	ctx := context.Background()
	p := make([]float32, n*n)
	for i := range n {
		for j := range n {
			if i != j {
				p[i*n+j] = 1. / (n * (n - 1))
			}
		}
	}
	for _, m := range []manifold.Manifold{manifold.Sphere{}, manifold.Sphere{Radius: 7}, manifold.Hyperboloid{}, manifold.Hyperboloid{Curvature: -.04}} {
		for _, reach := range []float64{1e-5, 1, 4} {
			y := make([]float64, 3*n)
			for i := range n {
				s := rng.New(5, "quick", i)
				m.Point(y[3*i:3*i+3], []float64{reach * s.Normal(), reach * s.Normal()})
			}
			var got [2][]float64
			for k, space := range []manifold.Manifold{m, behind{m}} {
				o, err := layout.NewGeodesicStudent(ctx, p, n, space)
				if err != nil {
					t.Fatal(err)
				}
				got[k] = make([]float64, 3*n)
				if err := o.Gradient(ctx, got[k], y, 2); err != nil {
					t.Fatal(err)
				}
			}
			largest := 0.
			for _, v := range got[1] {
				largest = max(largest, math.Abs(v))
			}
			for i, v := range got[0] {
				if math.Abs(v-got[1][i]) > 1e-8*largest {
					t.Fatalf("%v, %v around the origin: number %d is %v, want %v", m, reach, i, v, got[1][i])
				}
			}
		}
	}
}
