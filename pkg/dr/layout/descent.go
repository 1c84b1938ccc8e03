package layout

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
)

// Descent is gradient descent with momentum and a gain for every coordinate, as
// t-SNE uses it (Jacobs, 1988, Increased rates of convergence through learning
// rate adaptation): a gain grows by 0.2 while its coordinate keeps its
// direction, shrinks by a fifth when it turns, and never falls below 0.01.
type Descent struct {
	Rate     float64 // learning rate
	Momentum float64 // share of the last step that is kept
	MaxStep  float64 // longest step of one point in one iteration; 0 for no limit

	dim        int
	step, gain []float64
}

// NewDescent returns a descent for n points in dim dimensions, at rest.
func NewDescent(n, dim int) *Descent {
	d := &Descent{dim: dim, step: make([]float64, n*dim), gain: make([]float64, n*dim)}
	for i := range d.gain {
		d.gain[i] = 1
	}
	return d
}

// State returns the last step and the gain of every coordinate: the memory itself.
func (d *Descent) State() (step, gain []float64) { return d.step, d.gain }

// ResumeDescent returns a descent that goes on from the state of another, of points in
// dim dimensions. It borrows both slices, which must be of the same length.
func ResumeDescent(dim int, step, gain []float64) *Descent {
	return &Descent{dim: dim, step: step, gain: gain[:len(step)]}
}

// movedPoints is how many points are one unit of work.
const movedPoints = 512

// Move moves y, n × dim row after row, one step against the gradient, and
// centres it. It is short, and half a step would be no use to anybody: a cancel does not
// end it.
func (d *Descent) Move(ctx context.Context, y, gradient []float64) {
	d.move(ctx, y, gradient, func(int, int) {})
}

// move is Move, and calls compute for parts of the gradient before it looks at them.
func (d *Descent) move(ctx context.Context, y, gradient []float64, compute func(lo, hi int)) {
	ctx = context.WithoutCancel(ctx)
	dim := d.dim
	n := len(y) / dim
	sums := make([]float64, (n+movedPoints-1)/movedPoints*dim)
	blocks := func(f func(lo, hi int, sums []float64)) {
		_ = par.Blocks(ctx, n, movedPoints, func(lo, hi int) {
			f(lo*dim, hi*dim, sums[lo/movedPoints*dim:][:dim])
		})
	}
	blocks(func(lo, hi int, sums []float64) {
		compute(lo, hi)
		for i := lo; i < hi; i += dim {
			length := 0.
			for c := i; c < i+dim; c++ {
				g := gradient[c]
				d.gain[c] = nextGain(d.gain[c], g, d.step[c])
				s := d.Momentum*d.step[c] - d.Rate*d.gain[c]*g
				d.step[c] = s
				length += s * s
			}
			if d.MaxStep > 0 && length > d.MaxStep*d.MaxStep {
				length = 0 // steps beyond the root of the largest float64 count as well
				for _, s := range d.step[i : i+dim] {
					length = math.Hypot(length, s)
				}
				for c := range dim {
					d.step[i+c] *= d.MaxStep / length
				}
			}
			for c := range dim {
				y[i+c] += d.step[i+c]
				sums[c] += y[i+c]
			}
		}
	})
	for at := dim; at < len(sums); at++ {
		sums[at%dim] += sums[at]
	}
	mean := slices.Clone(sums[:dim])
	for c := range mean {
		mean[c] /= float64(n)
	}
	blocks(func(lo, hi int, _ []float64) {
		for i := lo; i < hi; i += dim {
			for c, m := range mean {
				y[i+c] -= m
			}
		}
	})
}
