package topology

import (
	"context"
	"math"
	"slices"

	"github.com/flatland-go/flatland/pkg/watch"
)

// never is when an edge appears that is not needed.
const never = math.MaxUint32

// collapse returns a flag complex of far fewer edges with the same persistent homology, each
// of them there as early as before or later.
//
// An edge is dominated while one of the vertices joined to both its ends is joined to all
// others of them too. As long as it is, the complexes with and without it have the same
// homotopy type, so it may come as late as it is not, or never (J.-D. Boissonnat and
// S. Pritam, 2020, Edge collapse and persistence of flag complexes; M. Glisse and S. Pritam,
// 2022, Swap, shift and trim to edge collapse a filtration). From the last edge to the first
// each is put off as far as it goes. Time O(m·k²) at worst for m edges and k neighbours, and
// usually O(m·k).
func (f *flag) collapse(ctx context.Context) (*flag, error) {
	c := &collapser{n: f.n, start: f.start, end: slices.Clone(f.start[1:]), links: slices.Clone(f.links),
		lune: make([]uint32, f.n), seen: make([]uint32, f.n)}
	// Edges of one length appear together: what happens between them is not seen.
	time := make([]uint32, len(f.ends))
	before := math.Inf(-1)
	for r := range time {
		if v := f.value(uint32(r)); v > before {
			before, time[r] = v, uint32(r)
		} else {
			time[r] = time[r-1]
		}
	}
	for i, l := range c.links {
		c.links[i].edge = time[l.edge]
	}
	if f.n <= mostSquare {
		c.square = make([]uint32, f.n*f.n)
		for i := range c.square {
			c.square[i] = never
		}
		for v := range uint32(f.n) {
			for _, l := range c.near(v) {
				c.square[int(v)*f.n+int(l.to)] = l.edge
			}
		}
	}
	for v := range c.lune {
		c.lune[v] = never
	}
	const block = 64
	stage := watch.Start(ctx, "edge collapse", len(f.ends))
	left := 0
	for r := len(f.ends) - 1; r >= 0; r-- {
		if r%block == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			stage.Add(min(block, len(f.ends)-r))
		}
		if c.put(f.ends[r], time[r], c.latest(f.ends[r], time[r])) {
			left++
		}
	}
	spans := make([]span, 0, left)
	for v := range uint32(f.n) {
		for _, l := range c.near(v) {
			if l.to < v {
				spans = append(spans, span{f.value(l.edge), ends{v, l.to}})
			}
		}
	}
	return newFlag(f.n, f.birth, spans), nil
}

// collapses reports whether it is worth while for dimensions up to most. Rings need no
// collapse, as the shortcuts leave hardly any columns; nor do cavities where most pairs are
// joined, as few edges go away.
func (f *flag) collapses(most int) bool {
	return most > 2 || most == 2 && len(f.links) < f.n*f.n/4
}

// mostSquare is up to how many vertices a square of times is kept: 16 MiB.
const mostSquare = 2048

// collapser is a flag complex whose edges are put off. The edge of a link is its time.
type collapser struct {
	n          int
	start, end []int
	links      []link
	square     []uint32 // time of every pair, where there are few

	near2 []uint32 // the vertices joined to both ends of an edge
	lune  []uint32 // when these are; never for others
	apart uint32   // who was not joined to the last one tried, and may not be to the next
	seen  []uint32
	mark  uint32
}

func (c *collapser) near(v uint32) []link { return c.links[c.start[v]:c.end[v]] }

// latest returns how far an edge that is there from a time on can be put off.
func (c *collapser) latest(e ends, time uint32) uint32 {
	both, lune := c.near2[:0], c.lune
	x, y := c.near(e.a), c.near(e.b)
	first, earliest := uint32(never), uint32(never) // of both, that joined first of all
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].to < y[0].to:
			x = x[1:]
		case x[0].to > y[0].to:
			y = y[1:]
		default:
			v, t := x[0].to, max(x[0].edge, y[0].edge)
			if t < earliest {
				first, earliest = v, t
			}
			both = append(both, v)
			lune[v] = max(t, time)
			x, y = x[1:], y[1:]
		}
	}
	c.near2 = both
	if earliest <= time {
		if c.dominates(first, time) {
			time = c.until(first, time)
		}
	search:
		for time != never {
			for i, w := range both {
				if lune[w] <= time && c.dominates(w, time) {
					time = c.until(w, time)
					copy(both[1:i+1], both[:i]) // who dominated once is a good guess
					both[0] = w
					continue search
				}
			}
			break
		}
	}
	for _, v := range both {
		lune[v] = never
	}
	return time
}

// dominates reports whether w is joined, at a time, to all others that lie with the edge.
func (c *collapser) dominates(w, time uint32) bool {
	lune := c.lune
	if c.square != nil {
		row := c.square[int(w)*c.n : (int(w)+1)*c.n]
		if v := c.apart; lune[v] <= time && row[v] > time && v != w {
			return false
		}
		for _, v := range c.near2 {
			if lune[v] <= time && row[v] > time && v != w {
				c.apart = v
				return false
			}
		}
		return true
	}
	joined := 0
	for _, l := range c.near(w) {
		if lune[l.to] <= time && l.edge <= time {
			joined++
		}
	}
	for _, v := range c.near2 {
		if lune[v] <= time {
			joined--
		}
	}
	return joined == -1
}

// until returns when the first vertex after a time comes to lie with the edge that w is not
// joined to by then.
func (c *collapser) until(w, time uint32) uint32 {
	first, lune := uint32(never), c.lune
	if c.square != nil {
		row := c.square[int(w)*c.n : (int(w)+1)*c.n]
		for _, v := range c.near2 {
			if t := lune[v]; time < t && t < first && row[v] > t && v != w {
				first = t
			}
		}
		return first
	}
	c.mark++
	for _, l := range c.near(w) {
		if l.edge <= lune[l.to] {
			c.seen[l.to] = c.mark
		}
	}
	for _, v := range c.near2 {
		if t := lune[v]; time < t && t < first && c.seen[v] != c.mark && v != w {
			first = t
		}
	}
	return first
}

// put changes the time of an edge, and reports whether it is still there.
func (c *collapser) put(e ends, before, time uint32) bool {
	if time == before {
		return true
	}
	for _, e := range [2]ends{e, {e.b, e.a}} {
		near := c.near(e.a)
		i, _ := slices.BinarySearchFunc(near, e.b, func(l link, v uint32) int { return int(l.to) - int(v) })
		if c.square != nil {
			c.square[int(e.a)*c.n+int(e.b)] = time
		}
		if time != never {
			near[i].edge = time
			continue
		}
		copy(near[i:], near[i+1:])
		c.end[e.a]--
	}
	return time != never
}
