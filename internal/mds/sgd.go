package mds

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/watch"
)

// SGD lowers the stress Σ w·(d − δ)² by going from pair to pair and moving both
// points, by a step that falls from pass to pass (J. Zheng, S. Pawar and D. Goodman
// (2019), Graph drawing by stochastic gradient descent).
//
// A pass goes over all pairs in the rounds of a tournament between the points, drawn
// anew for each: who meets at the same time shares no point, so that all cores work and
// the result does not depend on how many. Time O(n²·k) a pass, memory O(n·k).
type SGD struct {
	Dim        int
	Iterations int     // passes; 0 means 30
	Epsilon    float64 // the last step, relative to one that places a pair exactly; 0 means 0.01

	Weights []float64  // condensed, 0 or more; nil for 1
	Start   *mat.Dense // n × Dim; nil for the classical layout
	Seed    uint64
}

// Place returns the layout of n points. A cancel during the passes returns the layout
// so far with the error of the context. Other errors: ErrNotFinite, ErrUnconnected.
func (s SGD) Place(ctx context.Context, n int, dissimilarities []float64) (*Layout, error) {
	if s.Iterations == 0 {
		s.Iterations = 30
	}
	if s.Epsilon == 0 {
		s.Epsilon = 0.01
	}
	low, high := 1., 1.
	if s.Weights != nil {
		if !connected(n, s.Weights) {
			return nil, ErrUnconnected
		}
		low, high = math.Inf(1), 0
		for _, w := range s.Weights {
			if w > 0 {
				low, high = min(low, w), max(high, w)
			}
		}
	}
	x, notes, err := begin(ctx, n, s.Dim, dissimilarities, s.Start, s.Seed)
	if err != nil {
		return nil, err
	}
	m := &match{n: n, k: s.Dim, targets: dissimilarities, weights: s.Weights, points: x.dense().RawMatrix().Data,
		order: make([]int, n), standing: make([]float64, n*s.Dim)}
	p := newPass(n, s.Dim, dissimilarities, s.Weights)
	l := &Layout{Stress: math.NaN(), Squares: math.NaN(), Notes: notes}
	end := func(err error) (*Layout, error) {
		x = columnsOf(mat.NewDense(n, s.Dim, m.points))
		if !x.finite() {
			return nil, ErrNotFinite
		}
		x.center()
		l.Points = x.dense()
		return l, err
	}
	// From steps that place even the lightest pair exactly to those that move the
	// heaviest by epsilon.
	first, last := 1/low, s.Epsilon/high
	rate := 0.
	if s.Iterations > 1 {
		rate = math.Log(first/last) / float64(s.Iterations-1)
	}
	for it := range s.Iterations {
		if err := m.pass(ctx, s.Seed, it, first*math.Exp(-rate*float64(it))); err != nil {
			return end(err)
		}
		l.Iterations = it + 1
		if watch.Watched(ctx) {
			x := columnsOf(mat.NewDense(n, s.Dim, m.points))
			t, err := p.run(ctx, x, nil)
			if err != nil {
				return end(err)
			}
			watch.Report(ctx, watch.Event{Stage: "SGD", Done: it + 1, Total: s.Iterations, Loss: normalized(t.stress, t.squares), Layout: x.dense})
		}
	}
	l.Converged = true
	if _, err := end(nil); err != nil {
		return nil, err
	}
	l.Stress, l.Squares, err = Stress(ctx, dissimilarities, s.Weights, l.Points)
	if err == nil && l.Stress-l.Stress != 0 {
		return nil, ErrNotFinite
	}
	return l, err
}

// match is what meets in a tournament.
type match struct {
	n, k             int
	targets, weights []float64
	points           []float64 // n × k
	order            []int     // the points as they stand in a pass
	standing         []float64 // n × k, in that order: those of a part stand together
}

// pass lets every pair meet once, in an order drawn anew.
func (m *match) pass(ctx context.Context, seed uint64, iteration int, step float64) error {
	r := rng.New(seed, "mds/sgd", iteration)
	for i := range m.order {
		m.order[i] = i
	}
	r.Shuffle(m.n, func(i, j int) { m.order[i], m.order[j] = m.order[j], m.order[i] })
	for t, i := range m.order {
		copy(m.standing[t*m.k:(t+1)*m.k], m.points[i*m.k:(i+1)*m.k])
	}
	err := tournament(ctx, m.n, &r, func(a, b, count int) { m.meet(a, b, count, step) })
	for t, i := range m.order {
		copy(m.points[i*m.k:(i+1)*m.k], m.standing[t*m.k:(t+1)*m.k])
	}
	return err
}

// pairsAtATime is how many pairs of a round are one part of it.
const pairsAtATime = 256

// tournament calls f for the rounds of a tournament in which every two of n meet once:
// a with b, a+1 with b−1, and so on, as many as count says; all of a, a+1, … and all of
// b, b−1, … are consecutive. Calls at the same time share nobody. Rounds are in random
// order: one after the other they would let neighbours meet the same others, one behind
// the other, and be pulled in the same ways.
func tournament(ctx context.Context, n int, r *rng.Stream, f func(a, b, count int)) error {
	// By the circle method one stays and the others go round; where their number is
	// odd, who meets the one too many rests.
	ring := n - 1 + n%2
	rounds := make([]int, ring)
	for i := range rounds {
		rounds[i] = i
	}
	r.Shuffle(ring, func(i, j int) { rounds[i], rounds[j] = rounds[j], rounds[i] })
	pairs := (ring - 1) / 2
	size := max(pairsAtATime, (pairs+par.MaxParts-1)/par.MaxParts)
	crew := par.NewCrew(par.MaxParts)
	defer crew.Dismiss()
	for _, round := range rounds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		crew.Run((pairs+size-1)/size, func(p int) {
			// Pairs round+t and round−t, for t from 1, until either end of the ring.
			for t, end := 1+p*size, min(1+(p+1)*size, pairs+1); t < end; {
				a, b := round+t, round-t
				if a >= ring {
					a -= ring
				}
				if b < 0 {
					b += ring
				}
				count := min(end-t, ring-a, b+1)
				f(a, b, count)
				t += count
			}
		})
		if n%2 == 0 && n > 1 {
			f(ring, round, 1)
		}
	}
	return nil
}

// meet moves the two points of count pairs, a and b, a+1 and b−1, and so on, along the
// line between them, by step times the weight of what is too much or too little, at most
// to where it is nothing.
func (m *match) meet(a, b, count int, step float64) {
	for t := range count {
		p, q := a+t, b-t
		i, j := m.order[p], m.order[q]
		if i > j {
			i, j = j, i
		}
		pair := after(m.n, i) + j - i - 1
		step := step
		if m.weights != nil {
			step *= m.weights[pair]
		}
		step = min(step, 1)
		if m.k == 2 {
			one, other := m.standing[2*p:2*p+2:2*p+2], m.standing[2*q:2*q+2:2*q+2]
			x, y := one[0]-other[0], one[1]-other[1]
			if s := x*x + y*y; s > 0 {
				r := step * (1 - m.targets[pair]/math.Sqrt(s)) / 2
				one[0] -= r * x
				one[1] -= r * y
				other[0] += r * x
				other[1] += r * y
			}
			continue
		}
		one, other := m.standing[m.k*p:m.k*(p+1)], m.standing[m.k*q:m.k*(q+1)]
		other = other[:len(one)]
		s := 0.
		for c, v := range one {
			d := v - other[c]
			s += d * d
		}
		if s == 0 {
			continue // no line to move along
		}
		r := step * (1 - m.targets[pair]/math.Sqrt(s)) / 2
		for c, v := range one {
			d := r * (v - other[c])
			one[c] -= d
			other[c] += d
		}
	}
}
