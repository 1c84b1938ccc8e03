package topology

import (
	"cmp"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// ScaleSpaceKernel compares diagrams by the heat that their bars spread over the plane,
// with as much cold at their mirror images below the diagonal, so that what is short does
// not count: the inner product of both after the time sigma,
// Σ (exp(−|p−q|²/8σ) − exp(−|p−q̄|²/8σ))/8πσ over all pairs of finite bars (J. Reininghaus,
// S. Huber, U. Bauer and R. Kwitt, 2015, A stable multi-scale kernel for topological
// machine learning). Time O(n·m).
//
// Errors: *mat32.ParamError where sigma, in squared scales, is not positive and finite, and
// those of Bottleneck for bars.
func ScaleSpaceKernel(p, q Diagram, sigma float64) (float64, error) {
	const method = "topology.ScaleSpaceKernel"
	if !(sigma > 0 && sigma <= math.MaxFloat64) {
		return 0, &mat32.ParamError{Method: method, Param: "sigma", Value: sigma, Want: "0 < sigma < ∞"}
	}
	if err := cmp.Or(p.check(method, "p"), q.check(method, "q")); err != nil {
		return 0, err
	}
	a, b := part(p).points, part(q).points
	sum := 0.
	for _, p := range a {
		for _, q := range b {
			x, y := p.x-q.x, p.y-q.y
			u, v := p.x-q.y, p.y-q.x
			sum += math.Exp(-(x*x+y*y)/(8*sigma)) - math.Exp(-(u*u+v*v)/(8*sigma))
		}
	}
	return sum / (8 * math.Pi * sigma), nil
}
