package dr

import (
	"context"
	"math"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
)

// The gradient is that of half the squared length in the plane, as differences say, by way
// of the covariance and of the Gram matrix.
func TestGradientOfLocalPlanes(t *testing.T) {
	for _, shape := range [][3]int{{40, 3, 1}, {40, 3, 2}, {60, 12, 3}, {9, 30, 2}} {
		n, d, k := shape[0], shape[1], shape[2]
		x := fixture.Normal(1, n, d)
		x.Apply(func(_, j int, v float64) float64 { return v / float64(1+j) }, x)
		p := (&localPlanes{rows: x, k: k, radius: 6}).scratch()
		at, q, g, onto := make([]float64, d), fixture.Normal(2, 1, d).RawRowView(0), make([]float64, d), make([]float64, d)
		at[0], at[1] = .2, -.1
		flow := &geodesicFlow{plane: p, along: make([]float64, k)}
		energy := func() float64 {
			if !p.at(at) {
				t.Fatalf("%v: no plane", shape)
			}
			flow.onto(q, onto)
			return norm(onto) * norm(onto) / 2
		}
		energy()
		p.gradient(q, g)
		const h = 1e-4
		for j := range g {
			was := at[j]
			at[j] = was + h
			high := energy()
			at[j] = was - h
			low := energy()
			at[j] = was
			if want := (high - low) / (2 * h); !(math.Abs(g[j]-want) <= 1e-6*(1+norm(g))) {
				t.Errorf("%v: the derivative along column %d is %v, differences say %v", shape, j, g[j], want)
			}
		}
	}
}

// H is constant along a geodesic, to 1e-3 in every step, and steps of half the length keep it
// at least eight times as well.
func TestGeodesicFlowKeepsEnergy(t *testing.T) {
	x := fixture.Normal(3, 300, 3)
	for i := range 300 {
		row := x.RawRowView(i)
		size := norm(row)
		for j := range row {
			row[j] /= size
		}
	}
	flow := newGeodesicFlow(&localPlanes{rows: x, k: 2, radius: 1.2})
	drift := func(steps int) float64 {
		flow.start(x.RawRowView(0), []float64{1, -2, .5})
		flow.run(context.Background(), 1, steps)
		if flow.outside > 0 {
			t.Fatal("the geodesic left the sphere")
		}
		return flow.drift
	}
	usual := flow.plane.of.stepsFor(2)
	if d := drift(usual); !(d <= driftAllowed) {
		t.Errorf("H drifts by %v of itself", d)
	}
	if coarse, fine := drift(usual), drift(2*usual); !(fine <= coarse/8) {
		t.Errorf("H drifts by %v, and by %v in half steps", coarse, fine)
	}
}
