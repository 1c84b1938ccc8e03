package layout

import (
	"context"
	"math"
	"math/bits"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
)

// plan is the order in which a descent goes through edges: round after round, of which the
// units have no point in common that they move, so that they run side by side. It is
// chosen by the number of points alone.
type plan struct {
	visits []visit
	rounds [][]unit

	// Points are in blocks, as many in each. Those of a block have slots next to each other.
	starts        []int   // of blocks, and where the last one ends
	slots, points []int32 // the slot of every point, and who lies there; nil where it is its own
}

// visit is an edge, its ends by their slots.
type visit struct {
	head, tail int32
	rate       uint32 // how often it fires an epoch, in units of 2^−32
	number     uint32 // of the edge, by which random numbers are chosen
}

// unit is a range of visits, of points in two blocks, or in one twice.
type unit struct {
	lo, hi int
	blocks [2]int
}

// ends returns where a block lies.
func (p *plan) ends(block int) (lo, hi int) { return p.starts[block], p.starts[block+1] }

// slot returns where a point lies, and point who lies there.
func (p *plan) slot(point int) int {
	if p.slots == nil {
		return point
	}
	return int(p.slots[point])
}

func (p *plan) point(slot int) int {
	if p.points == nil {
		return slot
	}
	return int(p.points[slot])
}

// headByHead returns the plan of heads that are moved each by its own edges alone.
func headByHead(edges *Edges) *plan {
	const smallest = 32 // heads of a unit
	n := edges.Heads()
	p := &plan{visits: make([]visit, 0, edges.Len()), starts: []int{0, n}}
	units := make([]unit, max(1, min(par.MaxParts, n/smallest)))
	for u := range units {
		units[u].lo = len(p.visits)
		for i := u * n / len(units); i < (u+1)*n/len(units); i++ {
			for k, e := range edges.Row(i) {
				p.visits = append(p.visits, visit{int32(i), e.Tail, e.Rate, uint32(k)})
			}
		}
		units[u].hi = len(p.visits)
	}
	p.rounds = [][]unit{units}
	return p
}

// tournament returns the plan of edges of which both ends are moved, dim coordinates of
// each point in y. Blocks meet like players, each once a round: in round r a block meets the
// one whose number differs from its own by the bits of r, in the first itself. Points that
// lie together are in one block, as mostly those are that they are joined to: so most edges
// are gone through in the first round, all those of a point one after the other. Maps are a
// little worse where the edges of a point are more apart, so blocks are few.
func tournament(ctx context.Context, edges *Edges, y []float32, dim int) (*plan, error) {
	const (
		most     = 8  // blocks, half as many pairs of which meet at once
		smallest = 64 // points of a block
	)
	n := edges.Heads()
	b := 1 << (bits.Len(uint(min(most, max(1, n/smallest)))) - 1)
	p := &plan{visits: make([]visit, edges.Len()), starts: make([]int, b+1), slots: make([]int32, n), points: make([]int32, n)}
	for block := range p.starts {
		p.starts[block] = block * n / b
	}
	for i := range p.points {
		p.points[i] = int32(i)
	}
	p.divide(y, dim, 0, b)
	home := make([]uint8, n) // the block of every point
	err := par.Blocks(ctx, b, 1, func(block, _ int) {
		lo, hi := p.ends(block)
		slices.Sort(p.points[lo:hi])
		for k, i := range p.points[lo:hi] {
			p.slots[i], home[i] = int32(lo+k), uint8(block)
		}
	})
	if err != nil {
		return nil, err
	}
	counts := make([]int, b*b) // of edges by the blocks of head and tail, then where the next goes
	err = par.Blocks(ctx, b, 1, func(block, _ int) {
		lo, hi := p.ends(block)
		for _, i := range p.points[lo:hi] {
			for _, e := range edges.Row(int(i)) {
				counts[block*b+int(home[e.Tail])]++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	at := 0
	claim := func(head, tail int) {
		c := &counts[head*b+tail]
		at, *c = at+*c, at
	}
	for round := range b {
		var units []unit
		for one := range b {
			other := one ^ round
			if other < one {
				continue
			}
			u := unit{lo: at, blocks: [2]int{one, other}}
			claim(one, other)
			if other != one {
				claim(other, one)
			}
			u.hi = at
			units = append(units, u)
		}
		p.rounds = append(p.rounds, units)
	}
	err = par.Blocks(ctx, b, 1, func(block, _ int) {
		lo, hi := p.ends(block)
		for slot := lo; slot < hi; slot++ {
			for _, e := range edges.Row(int(p.points[slot])) {
				next := &counts[block*b+int(home[e.Tail])]
				p.visits[*next] = visit{int32(slot), p.slots[e.Tail], e.Rate, uint32(*next)}
				*next++
			}
		}
	})
	return p, err
}

// divide deals the points of the blocks [lo, hi) out to them: by halves, at the middle of
// their longest side, those at one place by number.
func (p *plan) divide(y []float32, dim, lo, hi int) {
	if hi-lo < 2 {
		return
	}
	points := p.points[p.starts[lo]:p.starts[hi]]
	axis, longest := 0, float32(-1)
	for c := range dim {
		low, high := float32(math.Inf(1)), float32(math.Inf(-1))
		for _, i := range points {
			v := y[int(i)*dim+c]
			low, high = min(low, v), max(high, v)
		}
		if high-low > longest {
			axis, longest = c, high-low
		}
	}
	middle := (lo + hi) / 2
	first(p.starts[middle]-p.starts[lo], points, func(i, j int32) bool {
		a, b := y[int(i)*dim+axis], y[int(j)*dim+axis]
		return a < b || a == b && i < j
	})
	p.divide(y, dim, lo, middle)
	p.divide(y, dim, middle, hi)
}

// first puts the k of some points that come before all others at their beginning: by
// quickselect (C. Hoare, 1961, Algorithm 65: Find), whose pivot is the middle of three.
func first(k int, points []int32, before func(i, j int32) bool) {
	for len(points) > 1 && k > 0 && k < len(points) {
		last := len(points) - 1
		a, b := 0, last/2
		if before(points[b], points[a]) {
			a, b = b, a
		}
		if before(points[last], points[b]) {
			b = last
			if before(points[b], points[a]) {
				b = a
			}
		}
		points[b], points[last] = points[last], points[b]
		at := 0
		for i, p := range points[:last] {
			if before(p, points[last]) {
				points[i], points[at] = points[at], p
				at++
			}
		}
		points[at], points[last] = points[last], points[at]
		if at < k {
			points, k = points[at+1:], k-at-1
		} else {
			points = points[:at]
		}
	}
}

// glance is how many edges are looked at at once.
const glance = 512

// early is added to the time of every edge, so that rates that are rounded down are not
// an epoch late.
const early = 1 << 20

// fire writes to dst, which has room for one more, which of some edges fire in an epoch,
// by their place among them, and returns how many. Of an edge that fires r times an epoch
// those are the epochs from 1 in which r·epoch passes a whole number, where every edge
// begins ahead of the one before by stagger, in units of 2^−32.
func fire(dst []int32, edges []visit, epoch, stagger uint32) int {
	dst = dst[:len(edges)+1]
	count := 0
	for k := range edges {
		rate := edges[k].rate
		dst[count] = int32(k)
		// The sum has passed 2³² where it is less than what was added; no branch, for
		// there is no telling which way it would go.
		count += int((uint64(epoch*rate+early+edges[k].number*stagger) - uint64(rate)) >> 63)
	}
	return count
}
