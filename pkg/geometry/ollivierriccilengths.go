package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/flatland-go/flatland/internal/front"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/transport"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// tableSize is how many distances are kept at a time, 32 MB, unless a single edge takes more.
const tableSize = 1 << 22

// byLengths measures edges of any lengths. Edges that lie near each other are taken
// together, as many as a table of the distances between what their ends have around them
// holds: each of these is then the beginning of one search, which ends as soon as it has
// gone as far as it must. In a small graph that is one search from every node.
func (o OllivierRicci) byLengths(ctx context.Context, method string, w *network, values, distances []float64) (notes []string, err error) {
	need := float64(workers())*(40*float64(w.n)+24*w.pairs()) + 8*math.Max(tableSize, w.pairs()) + 40*float64(w.n)
	if err := mat32.CheckMemory(method, int64(min(need, 1<<62)), o.MemoryLimit, "two ends of an edge have very many neighbours"); err != nil {
		return nil, err
	}
	longest := slices.Max(w.lengths)
	if far := math.Pow(longest, o.exponent()) * math.Log(o.Base); math.IsInf(far, 1) || math.IsInf(longest*float64(w.n), 1) {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("edges are up to %.3g long, whose powers overflow: rescale the lengths", longest)}
	}
	stage := watch.Start(ctx, "Ollivier-Ricci curvature: edges", len(values))
	t := newTable(w)
	unsettled := make([]int, 0)
	searchers := shelf[*searcher]{make: func() *searcher { return newSearcher(w) }}
	carriers := shelf[*carrier]{make: func() *carrier { return newCarrier(o, w, t) }}
	for order := w.nearby(); len(order) > 0; {
		order = t.fill(order)
		searchers.taken, carriers.taken = 0, 0
		err := par.BlocksWith(ctx, len(t.from), 4, searchers.take, func(s *searcher, lo, hi int) {
			for i := lo; i < hi; i++ {
				s.search(ctx, t, i)
			}
		})
		if err == nil {
			unsettled = slices.Grow(unsettled[:0], len(t.edges))[:len(t.edges)]
			clear(unsettled)
			err = par.BlocksWith(ctx, len(t.edges), edgeBlock, carriers.take, func(c *carrier, lo, hi int) {
				for k := lo; k < hi; k++ {
					e := t.edges[k]
					distances[e.edge] = c.row(int32(e.x))[c.column[e.y]-1]
					cost, settled := c.carry(ctx, e, distances[e.edge])
					values[e.edge] = 1 - cost/distances[e.edge]
					if !settled {
						unsettled[k] = 1
					}
				}
				stage.Add(hi - lo)
			})
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		for _, u := range unsettled {
			t.unsettled += u
		}
	}
	if t.unsettled > 0 {
		notes = append(notes, fmt.Sprintf("the entropic plans of %d edges did not settle", t.unsettled))
	}
	return notes, nil
}

// shelf keeps the scratch memory of goroutines from one loop to the next.
type shelf[S any] struct {
	make  func() S
	lock  sync.Mutex
	all   []S
	taken int
}

func (s *shelf[S]) take() S {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.taken == len(s.all) {
		s.all = append(s.all, s.make())
	}
	s.taken++
	return s.all[s.taken-1]
}

// way is an edge as it is measured: from the end with fewer neighbours, where it has no
// direction.
type way struct {
	x, y int
	edge int
}

// nearby lists the edges so that those that follow each other lie near each other: in the
// order in which a walk in rings comes to where they begin.
func (w *network) nearby() []way {
	place := make([]int32, w.n) // of a node in the walk, from 1
	var queue []int32
	for i := range w.n {
		if place[i] != 0 {
			continue
		}
		from := len(queue)
		queue = append(queue, int32(i))
		place[i] = int32(len(queue))
		for q := from; q < len(queue); q++ {
			for _, l := range [...]incident{w.out, w.in} {
				to, _ := l.row(int(queue[q]))
				for _, j := range to {
					if place[j] == 0 {
						queue = append(queue, j)
						place[j] = int32(len(queue))
					}
				}
			}
		}
	}
	ways := make([]way, len(w.edges))
	for k, e := range w.edges {
		ways[k] = way{e[0], e[1], k}
		if !w.directed && w.out.degree(e[1]) < w.out.degree(e[0]) {
			ways[k] = way{e[1], e[0], k}
		}
	}
	slices.SortFunc(ways, func(a, b way) int {
		if a.x != b.x {
			return int(place[a.x] - place[b.x])
		}
		return a.edge - b.edge
	})
	return ways
}

// table holds the distances from some nodes to others.
type table struct {
	*network
	edges           []way
	from, to        []int32   // the nodes
	fromRow, column []int32   // of every node, from 1; 0 for none
	reach           []float64 // how far it is from each of from to all that its edges need
	distances       []float64 // len(from) × len(to)
	unsettled       int
}

func newTable(w *network) *table {
	return &table{network: w, fromRow: make([]int32, w.n), column: make([]int32, w.n)}
}

// fill takes as many of the ways as the table holds, one at least, and returns the others.
func (t *table) fill(ways []way) (rest []way) {
	for _, v := range t.from {
		t.fromRow[v] = 0
	}
	for _, v := range t.to {
		t.column[v] = 0
	}
	t.from, t.to, t.reach, t.edges = t.from[:0], t.to[:0], t.reach[:0], t.edges[:0]
	for len(ways) > 0 {
		e := ways[0]
		before, first := t.in.row(e.x)
		after, last := t.out.row(e.y)
		sources, sinks := len(t.from), len(t.to)
		end := 0.
		for k, v := range after {
			t.list(&t.to, t.column, v)
			end = max(end, t.lengths[last[k]])
		}
		t.list(&t.to, t.column, int32(e.y))
		end += t.lengths[e.edge]
		for k, v := range before {
			t.begin(v, t.lengths[first[k]]+end)
		}
		t.begin(int32(e.x), end)
		if len(t.edges) > 0 && len(t.from)*len(t.to) > tableSize {
			// It did not fit; that some reach is now further than it must be changes nothing.
			for _, v := range t.from[sources:] {
				t.fromRow[v] = 0
			}
			for _, v := range t.to[sinks:] {
				t.column[v] = 0
			}
			t.from, t.reach, t.to = t.from[:sources], t.reach[:sources], t.to[:sinks]
			break
		}
		t.edges, ways = append(t.edges, e), ways[1:]
	}
	t.distances = slices.Grow(t.distances[:0], len(t.from)*len(t.to))[:len(t.from)*len(t.to)]
	return ways
}

func (t *table) list(nodes *[]int32, place []int32, v int32) {
	if place[v] == 0 {
		*nodes = append(*nodes, v)
		place[v] = int32(len(*nodes))
	}
}

func (t *table) begin(v int32, reach float64) {
	if t.list(&t.from, t.fromRow, v); len(t.reach) < len(t.from) {
		t.reach = append(t.reach, 0)
	}
	at := &t.reach[t.fromRow[v]-1]
	*at = max(*at, reach)
}

// row returns the distances from a node that searches begin from.
func (t *table) row(v int32) []float64 {
	i := int(t.fromRow[v]) - 1
	return t.distances[i*len(t.to) : (i+1)*len(t.to)]
}

// searcher looks for shortest ways, as E. Dijkstra (1959), A note on two problems in
// connexion with graphs.
type searcher struct {
	*network
	distance []float64 // of nodes that were reached, else +Inf
	reached  []int32
	front    front.Front
}

func newSearcher(w *network) *searcher {
	s := &searcher{network: w, distance: make([]float64, w.n)}
	for i := range s.distance {
		s.distance[i] = math.Inf(1)
	}
	return s
}

// search fills row i of the table as far as it is needed.
func (s *searcher) search(ctx context.Context, t *table, i int) {
	row := t.distances[i*len(t.to) : (i+1)*len(t.to)]
	for j := range row {
		row[j] = math.Inf(1)
	}
	// A way of which one knows is at most as long as the reach, but for rounding.
	reach := t.reach[i] * (1 + 1e-12)
	s.reach(t.from[i], 0)
	for steps := 1; len(s.front) > 0; steps++ {
		if steps%edgeLook == 0 && ctx.Err() != nil {
			break
		}
		at := s.front.Pop()
		if at.Distance > s.distance[at.Node] { // a shorter way was found since
			continue
		}
		if c := t.column[at.Node]; c > 0 {
			row[c-1] = at.Distance
		}
		to, edges := s.out.row(int(at.Node))
		for k, v := range to {
			if d := at.Distance + s.lengths[edges[k]]; d < s.distance[v] && d <= reach {
				s.reach(v, d)
			}
		}
	}
	for _, v := range s.reached {
		s.distance[v] = math.Inf(1)
	}
	s.reached, s.front = s.reached[:0], s.front[:0]
}

func (s *searcher) reach(v int32, d float64) {
	if math.IsInf(s.distance[v], 1) {
		s.reached = append(s.reached, v)
	}
	s.distance[v] = d
	s.front.Push(front.Place{Distance: d, Node: v})
}

// carrier measures the curvature of edges by the distances of a table.
type carrier struct {
	OllivierRicci
	*table
	plan     transport.Plan
	entropic transport.Entropic

	amount, other    []int64 // at every node, what x has beyond y; and at places in lists
	sources, sinks   []int32
	supply, demand   []int64
	parts            []float64
	shares, received []float64
	cost             []float64
}

func newCarrier(o OllivierRicci, w *network, t *table) *carrier {
	return &carrier{OllivierRicci: o, table: t, amount: make([]int64, w.n),
		entropic: transport.Entropic{Scale: o.Regularization, Sweeps: 1000, Tolerance: 1e-9}}
}

// carry returns what it costs to carry what surrounds x to what surrounds y, the ends of an
// edge at a distance, and whether an entropic plan settled; after ctx is done it may be
// anything.
func (c *carrier) carry(ctx context.Context, e way, distance float64) (cost float64, settled bool) {
	switch c.Plan {
	case EntropicPlan:
		return c.byEntropy(ctx, e)
	case ProductPlan:
		return c.byProduct(e, distance), true
	}
	return c.atLeast(ctx, e), true
}

// spread returns the shares of the neighbours at the end of an edge, which add up to 1.
func (c *carrier) spread(to []float64, edges []int32) []float64 {
	to = to[:0]
	nearest := math.Inf(1)
	for _, e := range edges {
		nearest = min(nearest, c.lengths[e])
	}
	power, base := c.exponent(), math.Log(c.Base)
	most, sum := math.Pow(nearest, power)*base, 0.
	for _, e := range edges {
		v := math.Exp(most - math.Pow(c.lengths[e], power)*base)
		to = append(to, v)
		sum += v
	}
	for i := range to {
		to[i] /= sum
	}
	return to
}

// place adds amounts that come to total, at a node and its neighbours, or takes them away.
func (c *carrier) place(at int, to, edges []int32, total, sign int64) {
	if len(to) == 0 {
		c.amount[at] += sign * total
		return
	}
	stays := int64(math.Round(c.OllivierRicci.share() * float64(total)))
	c.amount[at] += sign * stays
	c.shares = c.spread(c.shares, edges)
	moves, left, largest := float64(total-stays), total-stays, 0
	c.other = c.other[:0]
	for i, s := range c.shares {
		amount := int64(moves * s)
		c.other = append(c.other, amount)
		left -= amount
		if s > c.shares[largest] {
			largest = i
		}
	}
	c.other[largest] += left // what rounding left, less than a unit a neighbour
	for i, v := range to {
		c.amount[v] += sign * c.other[i]
	}
}

// atLeast returns the least cost of carrying what surrounds x to what surrounds y.
func (c *carrier) atLeast(ctx context.Context, e way) float64 {
	before, first := c.in.row(e.x)
	after, last := c.out.row(e.y)
	total := min(1<<52, transport.MostUnits(len(before)+len(after)+2))
	c.place(e.x, before, first, total, 1)
	c.place(e.y, after, last, total, -1)
	c.sources, c.sinks, c.supply, c.demand = c.sources[:0], c.sinks[:0], c.supply[:0], c.demand[:0]
	take := func(v int32) {
		switch a := c.amount[v]; {
		case a > 0:
			c.sources, c.supply = append(c.sources, v), append(c.supply, a)
		case a < 0:
			c.sinks, c.demand = append(c.sinks, v), append(c.demand, -a)
		}
		c.amount[v] = 0
	}
	take(int32(e.x))
	take(int32(e.y))
	for _, v := range before {
		take(v)
	}
	for _, v := range after {
		take(v)
	}
	c.gather()
	cost, _ := c.plan.Least(ctx, c.supply, c.demand, c.cost) // who asks looks at ctx
	return cost / float64(total)
}

// gather collects the costs from sources to sinks.
func (c *carrier) gather() {
	c.cost = c.cost[:0]
	for _, u := range c.sources {
		row := c.row(u)
		for _, v := range c.sinks {
			c.cost = append(c.cost, row[c.column[v]-1])
		}
	}
}

// whole lists what surrounds a node, all of it.
func (c *carrier) whole(at int, to, edges []int32, nodes []int32, shares []float64) ([]int32, []float64) {
	nodes, shares = nodes[:0], shares[:0]
	if len(to) == 0 {
		return append(nodes, int32(at)), append(shares, 1)
	}
	stays := c.OllivierRicci.share()
	c.parts = c.spread(c.parts, edges)
	for i, s := range c.parts {
		if s *= 1 - stays; s > 0 {
			nodes, shares = append(nodes, to[i]), append(shares, s)
		}
	}
	if stays > 0 {
		nodes, shares = append(nodes, int32(at)), append(shares, stays)
	}
	return nodes, shares
}

func (c *carrier) byEntropy(ctx context.Context, e way) (cost float64, settled bool) {
	before, first := c.in.row(e.x)
	after, last := c.out.row(e.y)
	c.sources, c.shares = c.whole(e.x, before, first, c.sources, c.shares)
	c.sinks, c.received = c.whole(e.y, after, last, c.sinks, c.received)
	c.gather()
	cost, settled, _ = c.entropic.Cost(ctx, c.shares, c.received, c.cost) // who asks looks at ctx
	return cost, settled
}

// byProduct returns the cost of a plan in which what stays at x goes to y, and what is at
// the neighbours of one to those of the other in proportion.
func (c *carrier) byProduct(e way, d float64) float64 {
	before, first := c.in.row(e.x)
	after, last := c.out.row(e.y)
	c.shares, c.received = c.spread(c.shares, first), c.spread(c.received, last)
	c.sources, c.sinks = append(c.sources[:0], before...), append(c.sinks[:0], after...)
	if len(before) == 0 {
		c.sources, c.shares = append(c.sources, int32(e.x)), append(c.shares, 1)
	}
	if len(after) == 0 {
		c.sinks, c.received = append(c.sinks, int32(e.y)), append(c.received, 1)
	}
	c.gather()
	sum := 0.
	for i, s := range c.shares {
		for j, r := range c.received {
			sum += s * r * c.cost[i*len(c.sinks)+j]
		}
	}
	stays := c.OllivierRicci.share()
	return stays*d + (1-stays)*sum
}
