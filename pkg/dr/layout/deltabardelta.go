package layout

import (
	"context"

	"github.com/flatland-go/flatland/internal/par"
)

// DeltaBarDelta is Descent for gradients that are taken ahead of the points, where
// momentum alone would carry them (Y. Nesterov, 1983, A method for solving the convex
// programming problem with convergence rate O(1/k²)): in float32, on every core, without
// a longest step, and without centring.
type DeltaBarDelta struct {
	Rate     float32 // learning rate
	Momentum float32 // share of the last step that is kept

	step, gain []float32
}

// NewDeltaBarDelta returns a descent for values of n points in dim dimensions, at rest.
func NewDeltaBarDelta(n, dim int) *DeltaBarDelta {
	d := &DeltaBarDelta{step: make([]float32, n*dim), gain: make([]float32, n*dim)}
	for i := range d.gain {
		d.gain[i] = 1
	}
	return d
}

// valuesPerBlock cuts loops that do little for each of many values.
const valuesPerBlock = 1 << 10

// Ahead writes to dst where momentum alone would carry y. The error is that of ctx.
func (d *DeltaBarDelta) Ahead(ctx context.Context, dst, y []float32) error {
	return par.Blocks(ctx, len(y), valuesPerBlock, func(lo, hi int) {
		dst, step := dst[lo:hi], d.step[lo:hi]
		for i, v := range y[lo:hi] {
			dst[i] = v + d.Momentum*step[i]
		}
	})
}

// Move moves y, n × dim row after row, one step against the gradient. The error is that
// of ctx, and then some of the points may have moved.
func (d *DeltaBarDelta) Move(ctx context.Context, y, gradient []float32) error {
	return par.Blocks(ctx, len(y), valuesPerBlock, func(lo, hi int) {
		d.move(y[lo:hi], gradient[lo:hi], d.step[lo:hi], d.gain[lo:hi])
	})
}

func (d *DeltaBarDelta) move(y, gradient, step, gain []float32) {
	for i, g := range gradient {
		gain[i] = nextGain(gain[i], g, step[i])
		step[i] = d.Momentum*step[i] - d.Rate*gain[i]*g
		y[i] += step[i]
	}
}

// nextGain returns what a rate is multiplied by in the next step, which grows while steps go
// one way.
func nextGain[T float32 | float64](gain, gradient, step T) T {
	const floor = 0.01
	if gradient*step <= 0 { // the step goes, or will go, downhill
		return gain + 0.2
	}
	return max(0.8*gain, floor)
}
