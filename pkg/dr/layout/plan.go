package layout

import (
	"context"
	"math/bits"

	"github.com/flatland-go/flatland/internal/par"
)

// plan is the order in which a descent goes through edges: round after round, of which the
// units have no point in common that they move, so that they run side by side. It is
// chosen by the number of points alone.
type plan struct {
	visits []visit
	rounds [][]unit

	// Points are in blocks, every blocks-th point in one, so that each has its share of the
	// edges. The points of a block lie next to each other; the first longer blocks have one
	// more than size.
	blocks, size, longer int
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
func (p *plan) ends(block int) (lo, hi int) {
	at := func(b int) int { return b*p.size + min(b, p.longer) }
	return at(block), at(block + 1)
}

// slot returns where a point lies, and point who lies there.
func (p *plan) slot(point int) int {
	block := point % p.blocks
	return block*p.size + min(block, p.longer) + point/p.blocks
}

func (p *plan) point(slot int) int {
	if end := p.longer * (p.size + 1); slot >= end {
		return (slot-end)%p.size*p.blocks + p.longer + (slot-end)/p.size
	}
	return slot%(p.size+1)*p.blocks + slot/(p.size+1)
}

// headByHead returns the plan of heads that are moved each by its own edges alone.
func headByHead(edges *Edges) *plan {
	const smallest = 32 // heads of a unit
	n := edges.Heads()
	p := &plan{visits: make([]visit, 0, edges.Len()), blocks: 1, size: n}
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

// tournament returns the plan of edges of which both ends are moved. Blocks meet like
// players, each once a round: in round r a block meets the one whose number differs from
// its own by the bits of r, in the first itself. So for half of the rounds either half of
// the blocks keeps to itself, and stays in the cache of who moved it last.
func tournament(ctx context.Context, edges *Edges) (*plan, error) {
	const (
		most     = 32 // blocks, half as many pairs of which meet at once
		smallest = 64 // points of a block
	)
	n := edges.Heads()
	b := 1 << (bits.Len(uint(min(most, max(1, n/smallest)))) - 1)
	p := &plan{visits: make([]visit, edges.Len()), blocks: b, size: n / b, longer: n % b}
	counts := make([]int, b*b) // of edges by the blocks of head and tail, then where the next goes
	err := par.Blocks(ctx, b, 1, func(block, _ int) {
		for i := block; i < n; i += b {
			for _, e := range edges.Row(i) {
				counts[block*b+int(e.Tail)%b]++
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
		for i := block; i < n; i += b {
			for _, e := range edges.Row(i) {
				next := &counts[block*b+int(e.Tail)%b]
				p.visits[*next] = visit{int32(p.slot(i)), int32(p.slot(int(e.Tail))), e.Rate, uint32(*next)}
				*next++
			}
		}
	})
	return p, err
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
