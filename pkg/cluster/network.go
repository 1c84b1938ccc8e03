package cluster

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
)

// network is the graph that a level of Leiden moves the nodes of: rows, or communities of them
// that are one node. Loops are left out, since they gain or lose nothing by a move.
type network struct {
	start  []int // of the arcs of every node, and where the last end
	to     []int32
	weight []float64
	size   []float64 // what the null model counts of every node: the sum of its weights, or its rows
}

// nodes is how many there are.
func (g *network) nodes() int { return len(g.size) }

// arcs returns the neighbours of a node with their weights, each of which is positive.
func (g *network) arcs(v int32) ([]int32, []float64) {
	lo, hi := g.start[v], g.start[v+1]
	return g.to[lo:hi], g.weight[lo:hi]
}

// newNetwork copies weights, in a unit of 2^exponent in which the largest is between ½ and 1, so
// that no sum of them overflows. Sizes are sums of weights for Modularity, and 1 for CPM. Node v is
// row rows[v]: those that are near each other in the graph are so in memory, where
// moves find them sooner.
func newNetwork(ctx context.Context, s *affinity.Sparse, by Quality) (g *network, rows []int32, exponent int, err error) {
	n, _ := s.Dims()
	most := 0.
	for i := range n {
		_, weights := s.Row(i)
		for _, w := range weights {
			most = max(most, w)
		}
	}
	_, exponent = math.Frexp(most)
	rows, node, err := breadthFirst(ctx, s)
	if err != nil {
		return nil, nil, 0, err
	}
	g = &network{start: make([]int, n+1), to: make([]int32, 0, s.NNZ()), weight: make([]float64, 0, s.NNZ()), size: make([]float64, n)}
	for v, i := range rows {
		if v%4096 == 0 && ctx.Err() != nil {
			return nil, nil, 0, ctx.Err()
		}
		columns, weights := s.Row(int(i))
		for k, j := range columns {
			w := math.Ldexp(weights[k], -exponent)
			g.size[v] += w
			if j != i && w > 0 { // next to the largest it may be nothing
				g.to, g.weight = append(g.to, node[j]), append(g.weight, w)
			}
		}
		if by == CPM {
			g.size[v] = 1
		}
		g.start[v+1] = len(g.to)
	}
	return g, rows, exponent, nil
}

// breadthFirst returns the rows in the order in which a search from the first one finds them, and
// the place of each.
func breadthFirst(ctx context.Context, s *affinity.Sparse) (rows, place []int32, err error) {
	n, _ := s.Dims()
	rows, place = make([]int32, 0, n), make([]int32, n) // places from 1 on; 0 is not found
	for i := range n {
		if place[i] > 0 {
			continue
		}
		rows = append(rows, int32(i))
		place[i] = int32(len(rows))
		for next := len(rows) - 1; next < len(rows); next++ {
			if next%4096 == 0 && ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			columns, _ := s.Row(int(rows[next]))
			for _, j := range columns {
				if place[j] == 0 {
					rows = append(rows, j)
					place[j] = int32(len(rows))
				}
			}
		}
	}
	for i := range place {
		place[i]--
	}
	return rows, place, nil
}

// aggregateBlock is how many nodes of the new network are one unit of work.
const aggregateBlock = 256

// aggregate makes every community, which are numbered up to count, a node.
func (g *network) aggregate(ctx context.Context, community []int32, count int) (*network, error) {
	members, first := grouped(community, count)
	type part struct {
		ends   []int // of the arcs of every node
		to     []int32
		weight []float64
	}
	parts := make([]part, (count+aggregateBlock-1)/aggregateBlock)
	up := &network{start: make([]int, count+1), size: make([]float64, count)}
	err := par.BlocksWith(ctx, count, aggregateBlock, func() *tally { return newTally(count) }, func(t *tally, lo, hi int) {
		p := &parts[lo/aggregateBlock]
		for c := lo; c < hi; c++ {
			for _, v := range members[first[c]:first[c+1]] {
				up.size[c] += g.size[v]
				to, weight := g.arcs(v)
				t.add(to, weight, community)
			}
			for _, d := range t.keys {
				if int(d) != c {
					p.to, p.weight = append(p.to, d), append(p.weight, t.sum[d])
				}
			}
			t.clear()
			p.ends = append(p.ends, len(p.to))
		}
	})
	if err != nil {
		return nil, err
	}
	arcs := 0
	for b, p := range parts {
		for k, end := range p.ends {
			up.start[b*aggregateBlock+k+1] = arcs + end
		}
		arcs += len(p.to)
	}
	up.to, up.weight = make([]int32, 0, arcs), make([]float64, 0, arcs)
	for _, p := range parts {
		up.to, up.weight = append(up.to, p.to...), append(up.weight, p.weight...)
	}
	return up, nil
}

// grouped lists nodes by their communities, in ascending order: those of c from first[c] to
// first[c+1].
func grouped(community []int32, count int) (members []int32, first []int) {
	members, first = make([]int32, len(community)), make([]int, count+2)
	for _, c := range community {
		first[c+2]++
	}
	for c := range count {
		first[c+2] += first[c+1]
	}
	for v, c := range community {
		members[first[c+1]] = int32(v)
		first[c+1]++
	}
	return members, first[:count+1]
}

// renumbered numbers communities from 0 by their first nodes, and returns how many there are.
func renumbered(community []int32) (count int) {
	number := make([]int32, len(community)) // less one
	for v, c := range community {
		if number[c] == 0 {
			count++
			number[c] = int32(count)
		}
		community[v] = number[c] - 1
	}
	return count
}

// tally adds up weights by community.
type tally struct {
	sum  []float64
	keys []int32 // of what is not 0, in the order in which it came
	room []int32 // for them, and one more
}

// newTally returns one for communities below most.
func newTally(most int) *tally {
	return &tally{sum: make([]float64, most), room: make([]int32, most+1)}
}

// add adds the weights of neighbours to those of their communities. Whether a community is new is
// as good as random, so that a branch would cost more than to write every key.
func (t *tally) add(to []int32, weight []float64, community []int32) {
	sum, room, used := t.sum, t.room, len(t.keys)
	weight = weight[:len(to)]
	for k, u := range to {
		c := community[u]
		before := sum[c]
		room[used] = c
		sum[c] = before + weight[k]
		if math.Float64bits(before) == 0 {
			used++
		}
	}
	t.keys = room[:used]
}

// one adds a single weight.
func (t *tally) one(c int32, w float64) {
	if t.sum[c] == 0 {
		t.keys = append(t.keys, c)
	}
	t.sum[c] += w
}

func (t *tally) clear() {
	for _, c := range t.keys {
		t.sum[c] = 0
	}
	t.keys = t.room[:0]
}
