package intrinsic

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/kernel"
)

// descend minimises f from start by L-BFGS with a backtracking search, and returns the
// lowest place and the value there. It ends where the slope vanishes, or no step along it
// leads down, or after so many iterations.
func descend(ctx context.Context, f func(gradient, x []float64) float64, start []float64, iterations int) (x []float64, value float64, err error) {
	const memory = 20
	type pair struct {
		s, y []float64
		rho  float64
	}
	n := len(start)
	x = slices.Clone(start)
	g := make([]float64, n)
	value = f(g, x)
	var pairs []pair
	next, slope, weights := make([]float64, n), make([]float64, n), make([]float64, memory)
	for range iterations {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		steep := kernel.Dot64(g, g)
		if !(steep > 0) || math.IsInf(steep, 1) {
			break
		}
		way := slices.Clone(g)
		for i, p := range slices.Backward(pairs) {
			weights[i] = p.rho * kernel.Dot64(p.s, way)
			kernel.Axpy64(-weights[i], p.y, way)
		}
		scale := 1 / math.Sqrt(steep)
		if len(pairs) > 0 {
			last := pairs[len(pairs)-1]
			scale = 1 / (last.rho * kernel.Dot64(last.y, last.y))
		}
		kernel.Scal64(-scale, way)
		for i, p := range pairs {
			kernel.Axpy64(-weights[i]-p.rho*kernel.Dot64(p.y, way), p.s, way)
		}
		down := kernel.Dot64(g, way)
		if !(down < 0) { // rounding has spoiled what was learnt
			if len(pairs) == 0 {
				break
			}
			pairs = nil
			continue
		}
		length, found := 1., false
		var there float64
		for range 40 {
			copy(next, x)
			kernel.Axpy64(length, way, next)
			there = f(slope, next)
			if err := ctx.Err(); err != nil {
				return nil, 0, err
			}
			if there <= value+1e-4*length*down {
				found = true
				break
			}
			// The lowest place of the parabola through what is known, within limits.
			best := -down * length * length / 2 / (there - value - down*length)
			if !(best > .1*length) {
				best = .1 * length
			}
			length = min(best, .5*length)
		}
		if !found {
			if len(pairs) == 0 {
				break
			}
			pairs = nil
			continue
		}
		p := pair{s: make([]float64, n), y: make([]float64, n)}
		for j := range n {
			p.s[j], p.y[j] = next[j]-x[j], slope[j]-g[j]
		}
		if curve := kernel.Dot64(p.s, p.y); curve > 1e-12*kernel.Dot64(p.y, p.y) {
			p.rho = 1 / curve
			if pairs = append(pairs, p); len(pairs) > memory {
				pairs = pairs[1:]
			}
		}
		x, next, g, slope = next, x, slope, g
		gain := value - there
		value = there
		if gain <= 1e-15*math.Abs(value) {
			break
		}
	}
	return x, value, nil
}
