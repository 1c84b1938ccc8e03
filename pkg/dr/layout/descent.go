package layout

import "math"

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

// Move moves y, n × dim row after row, one step against the gradient, and
// centres it.
func (d *Descent) Move(y, gradient []float64) {
	const floor = 0.01
	for i, g := range gradient {
		if g*d.step[i] <= 0 { // the step goes, or will go, downhill
			d.gain[i] += 0.2
		} else {
			d.gain[i] = max(0.8*d.gain[i], floor)
		}
		d.step[i] = d.Momentum*d.step[i] - d.Rate*d.gain[i]*g
	}
	for lo := 0; lo < len(y); lo += d.dim {
		step := d.step[lo : lo+d.dim]
		if d.MaxStep > 0 {
			length := 0.
			for _, s := range step {
				length = math.Hypot(length, s)
			}
			if length > d.MaxStep {
				for c := range step {
					step[c] *= d.MaxStep / length
				}
			}
		}
		for c, s := range step {
			y[lo+c] += s
		}
	}
	center(y, d.dim)
}

func center(y []float64, dim int) {
	for c := range dim {
		mean := 0.
		for i := c; i < len(y); i += dim {
			mean += y[i]
		}
		mean /= float64(len(y) / dim)
		for i := c; i < len(y); i += dim {
			y[i] -= mean
		}
	}
}
