package nn

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Optimizer moves parameters against their gradient.
type Optimizer interface {
	// Begin begins a step of so many parameters, at a rate.
	Begin(rate float64, parameters int)

	// Move takes the step of parameters lo on, as many as there are values, and clears
	// slopes. Parts of the parameters may be moved at the same time.
	Move(lo int, values, slopes []float32)

	// State returns what is kept from step to step: the number of steps, and vectors as
	// long as the parameters. They may be written to: so a training is taken up again.
	State(parameters int) (steps *int, vectors [][]float32)
}

// Adam moves parameters against their gradient, each by a step of about the
// rate, whatever the size of its gradient (D. Kingma and J. Ba, 2015, Adam: a
// method for stochastic optimization). The zero value has the decay rates and the
// epsilon of the paper: 0.9, 0.999 and 1e-8.
type Adam[T float32 | float64] struct {
	steps         int
	first, second []T // running means of the gradient and of its square
	step, least   T
}

const adamFirst, adamSecond, adamEpsilon = 0.9, 0.999, 1e-8

// Step moves values and clears slopes.
func (a *Adam[T]) Step(ctx context.Context, rate float64, values, slopes []T) error {
	a.Begin(rate, len(values))
	return par.Blocks(ctx, len(values), 1<<13, func(lo, hi int) { a.Move(lo, values[lo:hi], slopes[lo:hi]) })
}

// Begin begins a step.
func (a *Adam[T]) Begin(rate float64, parameters int) {
	if a.first == nil {
		a.first, a.second = make([]T, parameters), make([]T, parameters)
	}
	a.steps++
	// Both means start at zero and are short by these factors.
	one, two := 1-math.Pow(adamFirst, float64(a.steps)), 1-math.Pow(adamSecond, float64(a.steps))
	a.step = T(rate / one * math.Sqrt(two))
	a.least = T(adamEpsilon * math.Sqrt(two))
}

// Move takes the step of parameters lo on.
func (a *Adam[T]) Move(lo int, values, slopes []T) {
	m, v := a.first[lo:][:len(values)], a.second[lo:][:len(values)]
	for i, g := range slopes[:len(m)] {
		m[i] += (1 - adamFirst) * (g - m[i])
		v[i] += (1 - adamSecond) * (g*g - v[i])
		values[i] -= a.step * m[i] / (T(math.Sqrt(float64(v[i]))) + a.least)
	}
	clear(slopes)
}

// State returns the number of steps and both running means.
func (a *Adam[T]) State(parameters int) (steps *int, vectors [][]T) {
	if a.first == nil {
		a.first, a.second = make([]T, parameters), make([]T, parameters)
	}
	return &a.steps, [][]T{a.first, a.second}
}

// Cosine returns the share of the rate at a step of total: it rises in a line over
// the first warm steps and falls to zero along half a cosine (I. Loshchilov and
// F. Hutter, 2017, SGDR: stochastic gradient descent with warm restarts).
func Cosine(step, warm, total int) float64 {
	if step < warm {
		return float64(step+1) / float64(warm)
	}
	return (1 + math.Cos(math.Pi*float64(step-warm)/float64(max(total-warm, 1)))) / 2
}
