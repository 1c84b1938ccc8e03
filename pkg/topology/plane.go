package topology

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// point is a finite bar in the plane of births and deaths.
type point struct{ x, y float64 }

func pointOf(b Bar) point { return point{b.Birth, b.Death} }

// from is the distance of points by the larger of both differences.
func (a point) from(b point) float64 { return max(math.Abs(a.x-b.x), math.Abs(a.y-b.y)) }

// box is the least rectangle around points.
type box struct{ low, high point }

// gaps returns how far the box is from a point along each axis.
func (b *box) gaps(p point) (x, y float64) {
	return max(b.low.x-p.x, p.x-b.high.x, 0), max(b.low.y-p.y, p.y-b.high.y, 0)
}

// plane holds points such that those near a place are soon found: a k-d tree, cut at the
// median of the longer side, whose nodes lie in one list, a node's children behind it.
// (J. Bentley, 1975, Multidimensional binary search trees used for associative searching.)
type plane struct {
	points []point // in the order of the leaves
	which  []int32 // the number of each, as they were given
	place  []int32 // where the point of a number stands
	nodes  []node
	leaf   []int32 // the node of each point
}

type node struct {
	box
	lo, hi int32
}

const leafPoints = 8

// newPlane returns the plane of points, which is not whole where ctx is done.
func newPlane(ctx context.Context, points []point) *plane {
	n := len(points)
	t := &plane{points: make([]point, n), which: make([]int32, n), place: make([]int32, n), leaf: make([]int32, n)}
	leaves := 1
	for n > leaves*leafPoints {
		leaves *= 2
	}
	t.nodes = make([]node, 2*leaves-1)
	for i := range t.which {
		t.which[i] = int32(i)
	}
	t.build(ctx, points, 0, 0, int32(n))
	for i, id := range t.which {
		t.points[i], t.place[id] = points[id], int32(i)
	}
	return t
}

func (t *plane) build(ctx context.Context, points []point, at, lo, hi int32) {
	if ctx.Err() != nil {
		return
	}
	inf := math.Inf(1)
	n := node{box{point{inf, inf}, point{-inf, -inf}}, lo, hi}
	ids := t.which[lo:hi]
	for _, id := range ids {
		p := points[id]
		n.low = point{min(n.low.x, p.x), min(n.low.y, p.y)}
		n.high = point{max(n.high.x, p.x), max(n.high.y, p.y)}
	}
	t.nodes[at] = n
	if int(2*at+1) >= len(t.nodes) {
		for i := lo; i < hi; i++ {
			t.leaf[i] = at
		}
		return
	}
	if n.high.x-n.low.x >= n.high.y-n.low.y {
		slices.SortFunc(ids, func(a, b int32) int { return cmp.Or(cmp.Compare(points[a].x, points[b].x), cmp.Compare(a, b)) })
	} else {
		slices.SortFunc(ids, func(a, b int32) int { return cmp.Or(cmp.Compare(points[a].y, points[b].y), cmp.Compare(a, b)) })
	}
	mid := (lo + hi) / 2
	t.build(ctx, points, 2*at+1, lo, mid)
	t.build(ctx, points, 2*at+2, mid, hi)
}

// members is a set of points of a plane.
type members struct {
	*plane
	in    []bool
	count []int32 // of the members under every node
}

func (t *plane) none() *members {
	return &members{plane: t, in: make([]bool, len(t.points)), count: make([]int32, len(t.nodes))}
}

// fill makes every point a member.
func (m *members) fill() {
	for i := range m.in {
		m.in[i] = true
	}
	for i, n := range m.nodes {
		m.count[i] = n.hi - n.lo
	}
}

func (m *members) has(id int32) bool { return m.in[m.place[id]] }

// set makes the point a member, or none.
func (m *members) set(id int32, in bool) {
	i := m.place[id]
	if m.in[i] == in {
		return
	}
	m.in[i] = in
	step := int32(1)
	if !in {
		step = -1
	}
	for at := m.leaf[i]; ; at = (at - 1) / 2 {
		m.count[at] += step
		if at == 0 {
			return
		}
	}
}

// within returns a member no farther than r from p, or −1.
func (m *members) within(p point, r float64) int32 { return m.seek(0, p, r) }

func (m *members) seek(at int32, p point, r float64) int32 {
	if m.count[at] == 0 {
		return -1
	}
	n := &m.nodes[at]
	if x, y := n.gaps(p); x > r || y > r {
		return -1
	}
	if left := 2*at + 1; int(left) < len(m.nodes) {
		if id := m.seek(left, p, r); id >= 0 {
			return id
		}
		return m.seek(left+1, p, r)
	}
	for i := n.lo; i < n.hi; i++ {
		if m.in[i] && m.points[i].from(p) <= r {
			return m.which[i]
		}
	}
	return -1
}

// nearest returns the member that is nearest to p and its distance, −1 and +Inf where
// there are none.
func (m *members) nearest(p point) (id int32, distance float64) {
	id, distance = -1, math.Inf(1)
	m.approach(0, p, &id, &distance)
	return id, distance
}

func (m *members) approach(at int32, p point, id *int32, distance *float64) {
	n := &m.nodes[at]
	left := 2*at + 1
	if int(left) >= len(m.nodes) {
		for i := n.lo; i < n.hi; i++ {
			if d := m.points[i].from(p); m.in[i] && d < *distance {
				*id, *distance = m.which[i], d
			}
		}
		return
	}
	first, second := left, left+1
	a, b := m.least(first, p), m.least(second, p)
	if b < a {
		first, second, a, b = second, first, b, a
	}
	if a < *distance {
		m.approach(first, p, id, distance)
	}
	if b < *distance {
		m.approach(second, p, id, distance)
	}
}

// least bounds the distance of p from the members under a node.
func (m *members) least(at int32, p point) float64 {
	if m.count[at] == 0 {
		return math.Inf(1)
	}
	return max(m.nodes[at].gaps(p))
}

// several returns the k members nearest to p, or all where there are fewer.
func (m *members) several(p point, k int) []int32 {
	var h near
	h.ids, h.at = make([]int32, 0, k), make([]float64, 0, k)
	m.gather(0, p, k, &h)
	return h.ids
}

// near is a list of points by their distances.
type near struct {
	ids []int32
	at  []float64
}

func (m *members) gather(at int32, p point, k int, h *near) {
	n := &m.nodes[at]
	left := 2*at + 1
	worst := func() float64 {
		if len(h.at) < k {
			return math.Inf(1)
		}
		return h.at[k-1]
	}
	if int(left) >= len(m.nodes) {
		for i := n.lo; i < n.hi; i++ {
			d := m.points[i].from(p)
			if !m.in[i] || d >= worst() {
				continue
			}
			if len(h.at) < k {
				h.ids, h.at = append(h.ids, 0), append(h.at, 0)
			}
			place := len(h.at) - 1
			for ; place > 0 && h.at[place-1] > d; place-- {
				h.at[place], h.ids[place] = h.at[place-1], h.ids[place-1]
			}
			h.at[place], h.ids[place] = d, m.which[i]
		}
		return
	}
	first, second := left, left+1
	a, b := m.least(first, p), m.least(second, p)
	if b < a {
		first, second, a, b = second, first, b, a
	}
	if a < worst() {
		m.gather(first, p, k, h)
	}
	if b < worst() {
		m.gather(second, p, k, h)
	}
}
