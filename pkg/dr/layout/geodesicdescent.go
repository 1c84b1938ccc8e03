package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/manifold"
)

// GeodesicDescent is Descent for points of a manifold: they go along geodesics, and the
// last step, of which momentum keeps a share, is carried along by parallel transport. A
// manifold has no coordinates that all its points share, so that a gain is that of a point:
// it grows by 0.2 while the gradient points backwards along its step, shrinks by a fifth
// when it does not, and never falls below 0.01.
type GeodesicDescent struct {
	Rate     float64 // learning rate
	Momentum float64 // share of the last step that is kept
	MaxStep  float64 // longest step of one point in one iteration; 0 for no limit

	space      manifold.Manifold
	step, gain []float64
}

// NewGeodesicDescent returns a descent for n points of space, at rest.
func NewGeodesicDescent(n int, space manifold.Manifold) *GeodesicDescent {
	d := &GeodesicDescent{space: space, step: make([]float64, n*space.Ambient()), gain: make([]float64, n)}
	for i := range d.gain {
		d.gain[i] = 1
	}
	return d
}

// Move moves y, one point a row, one step against the Riemannian gradient, on every core. A
// cancel does not end it, as it does not end that of Descent.
func (d *GeodesicDescent) Move(ctx context.Context, y, gradient []float64) {
	dim := d.space.Ambient()
	_ = par.BlocksWith(context.WithoutCancel(ctx), len(d.gain), movedPoints, func() []float64 { return make([]float64, dim) }, func(from []float64, lo, hi int) {
		d.move(y, gradient, from, lo, hi)
	})
}

func (d *GeodesicDescent) move(y, gradient, from []float64, lo, hi int) {
	const floor = 0.01
	dim := len(from)
	for i := lo; i < hi; i++ {
		at, g, step := y[i*dim:(i+1)*dim], gradient[i*dim:(i+1)*dim], d.step[i*dim:(i+1)*dim]
		if d.space.Inner(at, g, step) <= 0 { // the step goes, or will go, downhill
			d.gain[i] += 0.2
		} else {
			d.gain[i] = max(0.8*d.gain[i], floor)
		}
		for c, v := range g {
			step[c] = d.Momentum*step[c] - d.Rate*d.gain[i]*v
		}
		if length := math.Sqrt(max(d.space.Inner(at, step, step), 0)); d.MaxStep > 0 && length > d.MaxStep {
			for c := range step {
				step[c] *= d.MaxStep / length
			}
		}
		copy(from, at)
		d.space.Exp(at, at, step)
		d.space.Transport(step, from, at, step)
	}
}
