package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Adam is gradient descent by running means of the gradient, of which a step keeps 0.9,
// and of its squares, of which it keeps 0.999: every coordinate moves by about Rate where
// its gradient keeps its sign, however small it is. As in PaCMAP, 1e-7 is added to the
// root of the mean square before what corrects for its first steps.
//
// Source: D. Kingma and J. Ba (2015), Adam: a method for stochastic optimization.
type Adam struct {
	Rate float64 // learning rate, in units of the map

	mean, square []float32
	step         int
}

// NewAdam returns a descent of so many coordinates, at rest.
func NewAdam(rate float64, coordinates int) *Adam {
	return &Adam{Rate: rate, mean: make([]float32, coordinates), square: make([]float32, coordinates)}
}

// Move moves y one step against the gradient, on every core. It is short, and half a step
// would be no use to anybody: a cancel does not end it.
func (a *Adam) Move(ctx context.Context, y, gradient []float32) {
	rate := a.next()
	_ = par.Blocks(context.WithoutCancel(ctx), len(y), valuesPerBlock, func(lo, hi int) {
		a.move(y, y, gradient[lo:hi], rate, lo)
	})
}

const keepMean, keepSquare = 0.9, 0.999

// next counts a step and returns how far it goes.
func (a *Adam) next() (rate float32) {
	a.step++
	return float32(a.Rate * math.Sqrt(1-math.Pow(keepSquare, float64(a.step))) / (1 - math.Pow(keepMean, float64(a.step))))
}

// move writes to dst where the coordinates of y are, from lo on, after a step against their
// gradient.
func (a *Adam) move(dst, y, gradient []float32, rate float32, lo int) {
	const floor = 1e-7
	hi := lo + len(gradient)
	dst, y, mean, square := dst[lo:hi], y[lo:hi], a.mean[lo:hi], a.square[lo:hi]
	for i, g := range gradient {
		m := mean[i] + (1-keepMean)*(g-mean[i])
		v := square[i] + (1-keepSquare)*(g*g-square[i])
		mean[i], square[i] = m, v
		dst[i] = y[i] - rate*m/(float32(math.Sqrt(float64(v)))+floor)
	}
}
