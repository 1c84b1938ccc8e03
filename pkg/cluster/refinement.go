package cluster

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// refine parts every community, which are numbered up to count, again: from single nodes, each of
// which joins others of its community that it gains by, at random, where both are well connected
// with the rest of it. What it returns is numbered from 0, in parts of the communities that hang
// together.
func (p *partition) refine(ctx context.Context, count int, randomness float64, seed uint64, pass int) (part []int32, parts int, err error) {
	n := p.g.nodes()
	members, first := grouped(p.community, count)
	most, place := 0, make([]int32, n) // of every node among the members
	for c := range count {
		most = max(most, first[c+1]-first[c])
	}
	for k, v := range members {
		place[v] = int32(k)
	}
	part = make([]int32, n)
	err = par.BlocksWith(ctx, count, 1, func() *refiner { return newRefiner(p, randomness, most) }, func(r *refiner, c, _ int) {
		r.draw = rng.New(seed, "leiden/refinement", pass<<32|c)
		own := members[first[c]:first[c+1]]
		r.merge(ctx, own, place, first[c])
		for k, i := range r.part {
			part[own[k]] = own[i]
		}
	})
	if err != nil {
		return nil, 0, err
	}
	return part, renumbered(part), nil
}

// refiner parts one community after the other. It numbers the members of one from 0, and parts by
// the member that each began with.
type refiner struct {
	*partition
	randomness float64
	draw       rng.Stream

	near  *tally
	part  []int32
	order []int32
	total []float64 // sizes of each part
	nodes []int32   // in each
	cut   []float64 // weights between each part and the rest of the community
	all   float64   // size of the community

	open    []int32   // parts that a member may join
	chances []float64 // and how likely that is
}

func newRefiner(p *partition, randomness float64, most int) *refiner {
	return &refiner{
		partition: p, randomness: randomness, near: newTally(most),
		part: make([]int32, most), order: make([]int32, most), nodes: make([]int32, most), total: make([]float64, most), cut: make([]float64, most),
	}
}

// merge joins the members of a community, which begin at place from.
func (r *refiner) merge(ctx context.Context, members, place []int32, from int) {
	m := len(members)
	r.part, r.order, r.all = r.part[:m], r.order[:m], 0
	for i, v := range members {
		if i%4096 == 4095 && ctx.Err() != nil {
			return
		}
		r.part[i], r.order[i], r.nodes[i], r.total[i] = int32(i), int32(i), 1, r.g.size[v]
		r.all += r.g.size[v]
		to, weight := r.g.arcs(v)
		cut := 0.
		for k, u := range to {
			if j := int(place[u]) - from; uint(j) < uint(m) {
				cut += weight[k]
			}
		}
		r.cut[i] = cut
	}
	if m == 1 {
		return
	}
	r.draw.Shuffle(m, func(i, j int) { r.order[i], r.order[j] = r.order[j], r.order[i] })
	for k, i := range r.order {
		if k%4096 == 4095 && ctx.Err() != nil {
			return
		}
		if r.part[i] != i || r.nodes[i] > 1 || !r.connected(i) {
			continue
		}
		v := members[i]
		to, weight := r.g.arcs(v)
		for k, u := range to {
			if j := int(place[u]) - from; uint(j) < uint(m) {
				r.near.one(r.part[j], weight[k])
			}
		}
		if j := r.choose(i, r.g.size[v]); j != i {
			r.part[i] = j
			r.total[j] += r.g.size[v]
			r.nodes[j]++
			r.nodes[i] = 0
			r.cut[j] += r.cut[i] - 2*r.near.sum[j]
		}
		r.near.clear()
	}
}

// connected says whether a part is joined to the rest of its community as its size asks for.
func (r *refiner) connected(i int32) bool {
	rest := r.charge * r.total[i] * (r.all - r.total[i])
	return r.cut[i] >= rest-rounding*(r.cut[i]+rest)
}

// choose draws the part that a member of some size goes to, of those it is near to, or its own.
func (r *refiner) choose(own int32, size float64) int32 {
	cost, most := r.charge*size, 0. // to stay gains nothing
	r.open, r.chances = append(r.open[:0], own), append(r.chances[:0], 0)
	for _, i := range r.near.keys {
		if gain := r.near.sum[i] - cost*r.total[i]; gain >= 0 && r.connected(i) {
			r.open, r.chances = append(r.open, i), append(r.chances, gain)
			most = max(most, gain)
		}
	}
	sum := 0.
	for k, gain := range r.chances {
		r.chances[k] = math.Exp((gain - most) / r.randomness)
		sum += r.chances[k]
	}
	at, last := sum*r.draw.Float64(), own
	for k, chance := range r.chances {
		if chance == 0 {
			continue
		}
		if last = r.open[k]; at < chance {
			break
		}
		at -= chance
	}
	return last
}
