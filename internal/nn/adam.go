package nn

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Adam moves parameters against their gradient, each by a step of about the
// rate, whatever the size of its gradient (D. Kingma and J. Ba, 2015, Adam: a
// method for stochastic optimization). The zero value has the decay rates and the
// epsilon of the paper: 0.9, 0.999 and 1e-8.
type Adam[T float32 | float64] struct {
	steps         int
	first, second []T // running means of the gradient and of its square
}

const adamFirst, adamSecond, adamEpsilon = 0.9, 0.999, 1e-8

// Step moves values and clears slopes.
func (a *Adam[T]) Step(ctx context.Context, rate float64, values, slopes []T) error {
	if a.first == nil {
		a.first, a.second = make([]T, len(values)), make([]T, len(values))
	}
	a.steps++
	// Both means start at zero and are short by these factors.
	one, two := 1-math.Pow(adamFirst, float64(a.steps)), 1-math.Pow(adamSecond, float64(a.steps))
	step := T(rate / one * math.Sqrt(two))
	least := T(adamEpsilon * math.Sqrt(two))
	return par.Blocks(ctx, len(values), 1<<13, func(lo, hi int) {
		m, v, x := a.first[lo:hi], a.second[lo:hi], values[lo:hi]
		s := slopes[lo:hi]
		for i, g := range s[:len(m)] {
			m[i] += (1 - adamFirst) * (g - m[i])
			v[i] += (1 - adamSecond) * (g*g - v[i])
			x[i] -= step * m[i] / (T(math.Sqrt(float64(v[i]))) + least)
		}
		clear(s)
	})
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
