package transport

import (
	"context"
	"math"
	"slices"
)

// Plan solves problems of transport between few sources and sinks at any costs, one after
// the other: it keeps its memory.
//
// It is the simplex method for networks: a spanning tree of ways that are used, prices that
// make each of them worth its cost, and ways that cost less than their prices let in one by
// one. Amounts are made such that no way of a tree is ever used up together with another,
// so that every step gains and none is taken twice (the perturbation of G. Dantzig, 1963,
// Linear Programming and Extensions, chapter 14).
type Plan struct {
	cost   []float64
	price  []float64 // of every node: the cost of a way is no less than that of its sink and its source together
	parent []int32   // of the tree; −1 for its root
	flow   []int64   // on the way to the parent
	depth  []int32
	child  []int32 // the first, −1 for none
	next   []int32 // siblings
	prev   []int32
	stack  []int32
	m, k   int
}

// MostUnits is the largest sum of amounts of so many sources: with it, their perturbation
// fits an int64.
func MostUnits(sources int) int64 { return 1 << 61 / int64(sources+1) }

// between is how many steps lie between two looks at the context.
const between = 64

// Least returns the least cost of carrying supply to demand, in all, for len(supply) ×
// len(demand) costs of a unit, row after row. Amounts are positive, and of the same sum,
// at most that of MostUnits. Costs are finite. Errors: ctx.Err().
func (p *Plan) Least(ctx context.Context, supply, demand []int64, cost []float64) (float64, error) {
	p.m, p.k, p.cost = len(supply), len(demand), cost
	if p.m == 0 || p.k == 0 {
		return 0, nil
	}
	if p.m == 1 || p.k == 1 { // there is no choice
		amounts := demand
		if p.k == 1 {
			amounts = supply
		}
		sum := 0.
		for i, a := range amounts {
			sum += float64(a) * cost[i]
		}
		return sum, nil
	}
	p.begin(supply, demand)
	most := 0.
	for _, c := range cost {
		most = max(most, math.Abs(c))
	}
	// Below it a gain is rounding of prices, which are sums of as many costs as the tree is
	// deep: to follow those might lead in a circle.
	least := 1e-15 * most * float64(max(100, p.m+p.k))
	for at, pivots := 0, 1; ; pivots++ {
		if pivots%between == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		i, j, gain := p.cheapest(&at, least)
		if i < 0 {
			break
		}
		p.enter(int32(i), int32(j), gain)
	}
	scale := p.scale()
	sum := 0.
	for a, b := range p.parent {
		if b >= 0 {
			// The perturbation is less than half a unit, up or down.
			sum += float64((p.flow[a]+scale/2)/scale) * p.costOf(int32(a), b)
		}
	}
	return sum, nil
}

// costOf is that of the way between a source and a sink, either way round; sinks are
// numbered after sources.
func (p *Plan) costOf(a, b int32) float64 {
	if int(a) >= p.m {
		a, b = b, a
	}
	return p.cost[int(a)*p.k+int(b)-p.m]
}

// scale is what a unit is while a problem is solved: every source then has one more, and the
// last sink wants as many more.
func (p *Plan) scale() int64 { return 2 * int64(p.m+1) }

// begin makes a first tree: every source in turn serves the cheapest of the sinks that want
// more.
func (p *Plan) begin(supply, demand []int64) {
	n := p.m + p.k
	p.price, p.flow = reuse(p.price, n), reuse(p.flow, n)
	p.parent, p.depth = reuse(p.parent, n), reuse(p.depth, n)
	p.child, p.next, p.prev = reuse(p.child, n), reuse(p.next, n), reuse(p.prev, n)
	for a := range n {
		p.parent[a], p.child[a], p.next[a], p.prev[a] = -1, -1, -1, -1
	}
	scale := p.scale()
	wants := make([]int64, p.k)
	for j, d := range demand {
		wants[j] = d * scale
	}
	wants[p.k-1] += int64(p.m)
	// Each way but the last uses up either its source or its sink, never both: the ways are
	// a tree. What is used up hangs from the other end.
	open := make([]int32, p.k)
	for j := range open {
		open[j] = int32(j)
	}
	for i, s := range supply {
		row := p.cost[i*p.k : (i+1)*p.k]
		for s = s*scale + 1; ; {
			best := 0
			for o, j := range open {
				if row[j] < row[open[best]] {
					best = o
				}
			}
			j := open[best]
			amount := min(s, wants[j])
			s -= amount
			wants[j] -= amount
			if s == 0 {
				p.hang(int32(i), int32(p.m)+j, amount)
				break
			}
			p.hang(int32(p.m)+j, int32(i), amount)
			open = slices.Delete(open, best, best+1)
		}
	}
	p.reprice(p.root(0))
}

func (p *Plan) root(a int32) int32 {
	for p.parent[a] >= 0 {
		a = p.parent[a]
	}
	return a
}

// hang makes a a child of b.
func (p *Plan) hang(a, b int32, flow int64) {
	p.parent[a], p.flow[a] = b, flow
	p.prev[a], p.next[a] = -1, p.child[b]
	if p.child[b] >= 0 {
		p.prev[p.child[b]] = a
	}
	p.child[b] = a
}

// cut takes a from its parent.
func (p *Plan) cut(a int32) {
	if p.prev[a] >= 0 {
		p.next[p.prev[a]] = p.next[a]
	} else {
		p.child[p.parent[a]] = p.next[a]
	}
	if p.next[a] >= 0 {
		p.prev[p.next[a]] = p.prev[a]
	}
	p.parent[a] = -1
}

// reprice sets depths and prices below a from its own.
func (p *Plan) reprice(a int32) {
	p.stack = append(p.stack[:0], a)
	for len(p.stack) > 0 {
		a := p.stack[len(p.stack)-1]
		p.stack = p.stack[:len(p.stack)-1]
		for c := p.child[a]; c >= 0; c = p.next[c] {
			p.depth[c] = p.depth[a] + 1
			p.price[c] = p.costOf(c, a) - p.price[a]
			p.stack = append(p.stack, c)
		}
	}
}

// cheapest returns the way that costs least beside its prices, by more than least, of the
// first rows from at on in which there is one, and by how much; −1 where there is none.
func (p *Plan) cheapest(at *int, least float64) (source, sink int, gain float64) {
	block := max(1, 512/p.k) // rows
	source, sink, gain = -1, -1, least
	for looked := 0; looked < p.m; {
		for range block {
			i := *at
			base := p.price[i]
			for j, c := range p.cost[i*p.k : (i+1)*p.k] {
				if g := base + p.price[p.m+j] - c; g > gain {
					source, sink, gain = i, j, g
				}
			}
			if *at++; *at == p.m {
				*at = 0
			}
			if looked++; looked == p.m {
				break
			}
		}
		if source >= 0 {
			return source, sink + p.m, gain
		}
	}
	return -1, -1, 0
}

// enter lets the way from a source to a sink into the tree, and the one out that is used up
// first when it is used.
func (p *Plan) enter(i, j int32, gain float64) {
	// On the cycle that it closes, goods that come by the new way are taken off the ways
	// that lead up from a source on the source's side, and from a sink on the sink's.
	amount, out, outSource := int64(math.MaxInt64), int32(-1), false
	a, b := i, j
	for a != b {
		if p.depth[a] >= p.depth[b] {
			if int(a) < p.m && p.flow[a] < amount {
				amount, out, outSource = p.flow[a], a, true
			}
			a = p.parent[a]
		} else {
			if int(b) >= p.m && p.flow[b] < amount {
				amount, out, outSource = p.flow[b], b, false
			}
			b = p.parent[b]
		}
	}
	for c := i; c != a; c = p.parent[c] {
		if int(c) < p.m {
			p.flow[c] -= amount
		} else {
			p.flow[c] += amount
		}
	}
	for c := j; c != a; c = p.parent[c] {
		if int(c) >= p.m {
			p.flow[c] -= amount
		} else {
			p.flow[c] += amount
		}
	}
	// What hung below the way that goes hangs from the new one, by the end on its side.
	from, to := i, j
	if !outSource {
		from, to = j, i
	}
	above, flow := to, amount
	for c := from; ; {
		up, was := p.parent[c], p.flow[c]
		p.cut(c)
		p.hang(c, above, flow)
		if c == out {
			break
		}
		above, flow, c = c, was, up
	}
	p.depth[from] = p.depth[to] + 1
	p.price[from] = p.costOf(from, to) - p.price[to]
	p.reprice(from)
}
