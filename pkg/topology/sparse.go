package topology

import (
	"fmt"
	"math"
	"sort"
)

// A sparse filtration (N. J. Cavanna, M. Jahanseir and D. R. Sheehy, 2015, A geometric
// perspective on sparse filtrations) lets the ball of a point grow only until the points
// taken before it cover what it covers, by a factor of 1+ε, and takes it away soon after.
// Points are taken by greedy permutation: λ is how far one was from all before it. Its ball
// stops growing at the radius λ·(1+ε)/ε and is gone beyond λ·(1+ε)²/ε.

// reach returns the radius at which the ball of a point stops growing.
func (p *points) reach(i int) float64 { return p.inserted[i] * (1 + p.sparse) / p.sparse }

// late returns the scale, twice the radius, at which the balls of two points meet whose
// distance is d; +Inf where they never do.
func (p *points) late(i, j int, d float64) float64 {
	a, b := p.reach(i), p.reach(j)
	if a > b {
		a, b = b, a
	}
	switch {
	case d <= 2*a:
		return d
	case d <= a+b && d-a <= a*(1+p.sparse):
		return 2 * (d - a)
	}
	return math.Inf(1)
}

// retire finds the edges from which on points are gone.
func (p *points) retire(f *flag) {
	f.gone = make([]uint32, f.n)
	for i := range f.gone {
		last := 2 * p.reach(i) * (1 + p.sparse)
		f.gone[i] = uint32(sort.Search(len(f.ends), func(r int) bool { return f.value(uint32(r)) > last }))
	}
}

// factor says what the scales of a sparse filtration are worth.
func (p *points) factor() string {
	return fmt.Sprintf("a sparse filtration: scales are off by a factor of at most %.4g", 1+p.sparse)
}
