package cluster

import (
	"context"

	"github.com/flatland-go/flatland/internal/rng"
)

// rounding is what two sums are apart that might be equal, relative to what was added: moves
// that gain less are none, or nodes would go to and fro for ever.
const rounding = 1e-12

// partition says which community every node of a network is in. Numbers are below that of the
// nodes, and may be unused.
type partition struct {
	g         *network
	charge    float64 // what a pair of nodes costs that share a community, by the product of their sizes
	community []int32
	total     []float64 // sizes of each community
	nodes     []int32   // in each
}

func newPartition(g *network, charge float64, community []int32) *partition {
	p := &partition{g, charge, community, make([]float64, g.nodes()), make([]int32, g.nodes())}
	for v, c := range community {
		p.total[c] += g.size[v]
		p.nodes[c]++
	}
	return p
}

// move is the fast local moving of Leiden: every node, in a random order, goes to the community
// of its neighbours, or to one of its own, where it gains most, and those of its neighbours that
// are elsewhere are looked at again when it has gone. It reports whether any has.
func (p *partition) move(ctx context.Context, draw rng.Stream) (moved bool, err error) {
	n := p.g.nodes()
	queue, queued := make([]int32, n), make([]bool, n) // a ring, of which so many are waiting
	for i := range queue {
		queue[i], queued[i] = int32(i), true
	}
	draw.Shuffle(n, func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
	var empty []int32
	for c, k := range p.nodes {
		if k == 0 {
			empty = append(empty, int32(c))
		}
	}
	near := newTally(n)
	head, looked := 0, 0
	for waiting := n; waiting > 0; waiting-- {
		if looked++; looked%4096 == 0 && ctx.Err() != nil {
			return moved, ctx.Err()
		}
		v := queue[head]
		if head++; head == n {
			head = 0
		}
		queued[v] = false
		to, weight := p.g.arcs(v)
		near.add(to, weight, p.community)
		own, cost := p.community[v], p.charge*p.g.size[v]
		at, rest := own, cost*(p.total[own]-p.g.size[v])
		best := near.sum[own] - rest
		best += rounding * (near.sum[own] + rest)
		for _, c := range near.keys {
			if gain := near.sum[c] - cost*p.total[c]; gain > best && c != own {
				at, best = c, gain
			}
		}
		near.clear()
		if best < 0 && p.nodes[own] > 1 { // which means that there is an empty one
			at = empty[len(empty)-1]
		}
		if at == own {
			continue
		}
		moved = true
		if p.nodes[at] == 0 {
			empty = empty[:len(empty)-1]
		}
		p.leave(v, own)
		if p.nodes[own] == 0 {
			empty = append(empty, own)
		}
		p.join(v, at)
		for _, u := range to {
			if p.community[u] != at && !queued[u] {
				queued[u] = true
				tail := head + waiting - 1
				if tail >= n {
					tail -= n
				}
				queue[tail] = u
				waiting++
			}
		}
	}
	return moved, nil
}

func (p *partition) leave(v, c int32) {
	p.total[c] -= p.g.size[v]
	p.nodes[c]--
	if p.nodes[c] == 0 {
		p.total[c] = 0 // rounding left something
	}
}

func (p *partition) join(v, c int32) {
	p.community[v] = c
	p.total[c] += p.g.size[v]
	p.nodes[c]++
}
