package manifold_test

import (
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/manifold"
)

// Whatever the numbers, no call hangs or panics; of points that Check accepts, brought
// to the manifold, distances are numbers of 0 or more, and Log is as long as they.
func FuzzManifolds(f *testing.F) {
	f.Add(1., 2., 3., 4., 5., 6., 1.)
	f.Add(1., 0., 0., -1., 0., 0., 1.)
	f.Add(1., 1e-9, 0., 1., 0., 1e-170, 2.)
	f.Add(1e75, 1e75, 0., 1e75, -1e75, 1., 1e30)
	f.Add(0., 0., 0., math.NaN(), math.Inf(1), -1e308, -1.)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, size float64) {
		for _, m := range []manifold.Manifold{
			manifold.Euclidean{Dimension: 3}, manifold.Sphere{Radius: size}, manifold.Hyperboloid{Curvature: -size},
			manifold.Torus{Periods: []float64{size, 1, 2}}, manifold.SPD{},
		} {
			if _, err := m.Resolve(); err != nil {
				continue
			}
			x, y := []float64{a, b, c}, []float64{d, e, g}
			if m.Ambient() == 4 {
				x, y = []float64{a, b, b, c}, []float64{d, e, e, g}
			}
			fits := true
			for _, p := range [][]float64{x, y} {
				for _, v := range p {
					// What is far beyond the data that anybody has may lose its digits.
					fits = fits && math.Abs(v) <= 1e60 && (v == 0 || math.Abs(v) >= 1e-60)
				}
				m.Project(p)
				fits = fits && m.Check(p) == nil
			}
			v := make([]float64, m.Ambient())
			distance := m.Log(v, x, y)
			m.Exp(v, x, v)
			m.Transport(v, x, y, v)
			m.Gradient(v, x, v)
			volume := m.LogVolume(x, y)
			if !fits {
				continue
			}
			if !(distance >= 0) || math.IsInf(distance, 1) || math.IsNaN(volume) || math.IsInf(volume, 0) {
				t.Fatalf("%v: from %v to %v it is %v, u₀ exp(%v)", m, x, y, distance, volume)
			}
			if other := m.Distance(x, y); math.Abs(distance-other) > 1e-9*other {
				t.Fatalf("%v: from %v to %v it is %v or %v", m, x, y, distance, other)
			}
		}
	})
}
