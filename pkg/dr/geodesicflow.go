package dr

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/kernel"
)

// geodesicFlow follows geodesics of the sub-Riemannian metric that measures vectors
// within the planes of a field, and allows no others: the solutions of Hamilton's
// equations for H(x, p) = ½·|P(x)·p|², by the classical Runge–Kutta method of order
// four. H is constant along a geodesic; a step that changes it by more than a share of
// driftAllowed is cut into halves. Where the field has no plane, geodesics go on
// straight.
type geodesicFlow struct {
	plane *plane

	x, p    []float64 // where it is
	found   bool      // the field has a plane there
	outside int       // steps that ended where it has none
	energy  float64   // 2·H at the start
	drift   float64   // the largest |H/H₀ − 1| after a step of this geodesic

	dx, dp [4][]float64
	y, q   []float64 // stages
	along  []float64 // k
	before struct{ x, p, frame, dx, dp []float64 }
}

const (
	// stepInBandwidths is the length of a step. Drift of H falls with its fourth power.
	stepInBandwidths = 1. / 3

	// driftAllowed is how much of H a step may gain or lose.
	driftAllowed = 1e-3

	// halvings is how often a step is cut into halves before it is taken along the
	// plane, without regard for how it turns.
	halvings = 4

	// longestGeodesic, in bandwidths: what is asked to go farther goes round and round,
	// or far beyond all rows.
	longestGeodesic = 1e4
)

func newGeodesicFlow(f *localPlanes) *geodesicFlow {
	g := &geodesicFlow{plane: f.scratch()}
	_, d := f.rows.Dims()
	for _, v := range []*[]float64{&g.x, &g.p, &g.y, &g.q, &g.before.x, &g.before.p, &g.before.dx, &g.before.dp} {
		*v = make([]float64, d)
	}
	for s := range g.dx {
		g.dx[s], g.dp[s] = make([]float64, d), make([]float64, d)
	}
	g.along = make([]float64, f.k)
	g.before.frame = make([]float64, f.k*d)
	return g
}

// stepsFor returns how many steps a geodesic of this length takes.
func (f *localPlanes) stepsFor(length float64) int {
	return max(1, int(math.Ceil(length*supportInBandwidths/(stepInBandwidths*f.radius))))
}

// start stands at x with covector p, on the plane that is there.
func (g *geodesicFlow) start(x, p []float64) {
	copy(g.x, x)
	copy(g.p, p)
	g.outside, g.drift = 0, 0
	g.plane.forget()
	g.found = g.slopes(g.x, g.p, g.dx[0], g.dp[0])
	g.energy = kernel.Dot64(g.dx[0], g.dx[0])
}

// slopes are the right sides of Hamilton's equations. It reports whether there is a plane.
func (g *geodesicFlow) slopes(x, p, dx, dp []float64) bool {
	found := g.plane.at(x)
	g.onto(p, dx)
	if !found {
		clear(dp)
		return false
	}
	g.plane.gradient(p, dp)
	kernel.Scal64(-1, dp)
	return true
}

// onto projects p on the plane.
func (g *geodesicFlow) onto(p, to []float64) {
	d := len(p)
	clear(to)
	for a := range g.along {
		u := g.plane.frame[a*d : (a+1)*d]
		g.along[a] = kernel.Dot64(p, u)
		kernel.Axpy64(g.along[a], u, to)
	}
}

// run goes on for a time, in so many steps. It ends early where ctx is done.
func (g *geodesicFlow) run(ctx context.Context, time float64, steps int) {
	for range steps {
		if ctx.Err() != nil {
			return
		}
		g.step(time/float64(steps), halvings)
		if !g.found {
			g.outside++
		}
	}
}

// step goes on for a time of dt; dx[0] and dp[0] are the slopes where it begins, and
// where it ends.
func (g *geodesicFlow) step(dt float64, cuts int) {
	if g.energy == 0 {
		return // it stands still
	}
	d := len(g.x)
	b := &g.before
	copy(b.x, g.x)
	copy(b.p, g.p)
	copy(b.dx, g.dx[0])
	copy(b.dp, g.dp[0])
	copy(b.frame, g.plane.frame)
	found := g.found
	for s := 1; s < 4; s++ {
		h := dt
		if s < 3 {
			h = dt / 2
		}
		for j := range d {
			g.y[j] = g.x[j] + h*g.dx[s-1][j]
			g.q[j] = g.p[j] + h*g.dp[s-1][j]
		}
		g.slopes(g.y, g.q, g.dx[s], g.dp[s])
	}
	for j := range d {
		g.x[j] += dt / 6 * (g.dx[0][j] + 2*g.dx[1][j] + 2*g.dx[2][j] + g.dx[3][j])
		g.p[j] += dt / 6 * (g.dp[0][j] + 2*g.dp[1][j] + 2*g.dp[2][j] + g.dp[3][j])
	}
	g.found = g.slopes(g.x, g.p, g.dx[0], g.dp[0])
	now := kernel.Dot64(g.dx[0], g.dx[0])
	if math.Abs(now/kernel.Dot64(b.dx, b.dx)-1) <= driftAllowed {
		g.drift = max(g.drift, math.Abs(now/g.energy-1))
		return
	}
	// Back to where the step began.
	copy(g.x, b.x)
	copy(g.p, b.p)
	copy(g.dx[0], b.dx)
	copy(g.dp[0], b.dp)
	copy(g.plane.frame, b.frame)
	g.found = found
	if cuts > 0 {
		g.step(dt/2, cuts-1)
		g.step(dt/2, cuts-1)
		return
	}
	// The planes turn faster than steps can follow, or the point left them: along the
	// plane it has, with what part of the covector lies in the next.
	kernel.Axpy64(dt, g.dx[0], g.x)
	g.found = g.plane.at(g.x)
	g.onto(b.p, g.p)
	size := math.Sqrt(kernel.Dot64(g.p, g.p) / g.energy)
	if !(size > 1e-6) || math.IsInf(size, 1) { // it is across the plane: go on as before
		copy(g.plane.frame, b.frame)
		g.onto(b.p, g.p)
		size = math.Sqrt(kernel.Dot64(g.p, g.p) / g.energy)
	}
	kernel.Scal64(1/size, g.p)
	copy(g.dx[0], g.p)
	g.found = g.found && g.slopes(g.x, g.p, g.dx[0], g.dp[0])
	if !g.found {
		clear(g.dp[0])
	}
}
