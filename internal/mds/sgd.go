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
// A pass goes over all pairs in the rounds of a tournament between blocks of points,
// drawn anew for each: blocks that meet share no point with those that meet at the
// same time, so that all cores work and every pair is still met in one order. Time
// O(n²·k) a pass, memory O(n·k).
type SGD struct {
	Dim        int
	Iterations int     // passes; 0 means 30
	Epsilon    float64 // the last step, relative to one that places a pair exactly; 0 means 0.01

	Weights []float64  // condensed, 0 or more; nil for 1
	Start   *mat.Dense // n × Dim; nil for the classical layout
	Seed    uint64
}

// blockPoints is how many points a block of the tournament has.
const blockPoints = 32

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
	m := &match{n: n, k: s.Dim, targets: dissimilarities, weights: s.Weights, points: x.dense().RawMatrix().Data, order: make([]int, n)}
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

// match is a tournament between blocks of points.
type match struct {
	n, k             int
	targets, weights []float64
	points           []float64 // n × k
	order            []int     // the points in the order of the blocks
}

// pass lets every pair meet once.
func (m *match) pass(ctx context.Context, seed uint64, iteration int, step float64) error {
	for i := range m.order {
		m.order[i] = i
	}
	r := rng.New(seed, "mds/sgd", iteration)
	r.Shuffle(m.n, func(i, j int) { m.order[i], m.order[j] = m.order[j], m.order[i] })
	return tournament(ctx, m.order, func(a, b []int) {
		if b == nil {
			for q, i := range a {
				for _, j := range a[q+1:] {
					m.meet(i, j, step)
				}
			}
			return
		}
		for shift := range blockPoints {
			for q, i := range a {
				if p := (q + shift) % blockPoints; p < len(b) {
					m.meet(i, b[p], step)
				}
			}
		}
	})
}

// tournament cuts the points into blocks and calls f for every two of them, and for
// every one with nil. Calls at the same time share no block.
func tournament(ctx context.Context, points []int, f func(a, b []int)) error {
	blocks := (len(points) + blockPoints - 1) / blockPoints
	block := func(b int) []int { return points[b*blockPoints : min((b+1)*blockPoints, len(points))] }
	if err := par.Blocks(ctx, blocks, 1, func(b, _ int) { f(block(b), nil) }); err != nil {
		return err
	}
	// By the circle method one stays and the others go round; where their number is
	// odd, who meets the one too many rests.
	teams := blocks + blocks%2
	for round := range teams - 1 {
		err := par.Blocks(ctx, teams/2, 1, func(t, _ int) {
			one, other := teams-1, round
			if t > 0 {
				one, other = (round+t)%(teams-1), (round-t+teams-1)%(teams-1)
			}
			if one < blocks && other < blocks {
				f(block(one), block(other))
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// meet moves two points along the line between them, by step times the weight of
// what is too much or too little, at most to where it is nothing.
func (m *match) meet(i, j int, step float64) {
	if i > j {
		i, j = j, i
	}
	pair := after(m.n, i) + j - i - 1
	if m.weights != nil {
		step *= m.weights[pair]
	}
	step = min(step, 1)
	if m.k == 2 {
		a, b := m.points[2*i:2*i+2:2*i+2], m.points[2*j:2*j+2:2*j+2]
		x, y := a[0]-b[0], a[1]-b[1]
		if s := x*x + y*y; s > 0 {
			r := step * (1 - m.targets[pair]/math.Sqrt(s)) / 2
			a[0] -= r * x
			a[1] -= r * y
			b[0] += r * x
			b[1] += r * y
		}
		return
	}
	a, b := m.points[m.k*i:m.k*(i+1)], m.points[m.k*j:m.k*(j+1)]
	s := 0.
	for c, v := range a {
		d := v - b[c]
		s += d * d
	}
	if s == 0 {
		return // no line to move along
	}
	r := step * (1 - m.targets[pair]/math.Sqrt(s)) / 2
	for c, v := range a {
		d := r * (v - b[c])
		a[c] -= d
		b[c] += d
	}
}
