package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
)

// Bottleneck returns the bottleneck distance of two diagrams and a matching that attains
// it: every bar is matched with a bar of the other diagram or with the diagonal, and the
// largest distance by L∞ of any pair is as small as it can be. Moving a function, or the
// points, by at most ε moves the diagram by at most ε, or 2·ε (D. Cohen-Steiner, H.
// Edelsbrunner and J. Harer, 2007, Stability of persistence diagrams).
//
// Essential bars are matched among themselves, by their births in order. Where one diagram
// has more of them the distance is +Inf; libraries that drop them return a number.
//
// The distance is exact: one of the differences between bars. Bars that are long beside a
// scale must have a partner within it, and a matching that covers those of both diagrams
// exists where one exists for each diagram alone (N. Mendelsohn and A. Dulmage, 1958, Some
// generalizations of the problem of distinct representatives). For each the scale grows,
// from the largest that some bar needs, to the next at which Hall's condition may hold, and
// searches for augmenting paths find partners in a k-d tree (A. Efrat, A. Itai and M. Katz,
// 2001, Geometry helps in bottleneck matching and related problems). Time O(n²·log n) at
// worst, and far less where bars are sparse; memory 200 bytes a bar.
//
// Errors: *mat32.NotFiniteError for a birth that is not finite or a death that is NaN,
// *mat32.ParamError for a bar that dies before it is born, and one that wraps ctx.Err().
func Bottleneck(ctx context.Context, p, q Diagram) (*Matching, error) {
	const method = "topology.Bottleneck"
	if err := cmp.Or(p.check(method, "p"), q.check(method, "q")); err != nil {
		return nil, err
	}
	m := &Matching{Name: "bottleneck distance"}
	a, b := part(p), part(q)
	if !m.endless(p, q, a, b) {
		return m, nil
	}
	planes := [2]*plane{newPlane(ctx, a.points), newPlane(ctx, b.points)}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", method, ctx.Err())
	}
	left, err := newCover(ctx, a.points, planes[1], 0)
	if err == nil {
		err = left.grow(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	right, err := newCover(ctx, b.points, planes[0], left.scale)
	if err == nil {
		err = right.grow(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	m.ending(a, b, left.joined(right))
	for _, pair := range m.Pairs {
		m.Distance = max(m.Distance, pair.Distance)
	}
	return m, nil
}

// cover finds the least scale at which every point that is farther than this from the
// diagonal has a partner of its own within it.
type cover struct {
	points   []point
	half     []float64 // their distances from the diagonal
	partners *plane
	scale    float64
	mate     []int32 // the partner of every point, −1 for none
	back     []int32 // and the other way
	via      []int32 // the point from which a search came to a partner

	free   *members // partners of none, or of a point that needs none
	unseen *members // partners that this phase has not come to
	seen   []int32  // points that it has
	path   []int32
}

// look is how many points lie between two looks at a context.
const look = 1024

func newCover(ctx context.Context, points []point, partners *plane, least float64) (*cover, error) {
	c := &cover{points: points, partners: partners, scale: least, half: make([]float64, len(points)),
		mate: make([]int32, len(points)), back: make([]int32, len(partners.points)), via: make([]int32, len(partners.points)),
		free: partners.none(), unseen: partners.none()}
	c.unseen.fill()
	for i, p := range points {
		if i%look == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c.mate[i], c.half[i] = -1, Largest.diagonal(p)
		if c.half[i] > c.scale { // else its partner cannot matter
			_, nearest := c.unseen.nearest(p)
			c.scale = max(c.scale, min(nearest, c.half[i]))
		}
	}
	for j := range c.back {
		c.back[j] = -1
	}
	return c, nil
}

// needs reports whether the point must have a partner.
func (c *cover) needs(i int32) bool { return c.half[i] > c.scale }

// isFree reports whether the partner can be given away.
func (c *cover) isFree(j int32) bool { return c.back[j] < 0 || !c.needs(c.back[j]) }

// grow searches in phases, of which each comes to a partner at most once. Where a phase
// finds no path, the points it has seen prove that the scale is too small.
func (c *cover) grow(ctx context.Context) error {
	for {
		for j := range int32(len(c.back)) {
			c.free.set(j, c.isFree(j))
		}
		for found := true; found; {
			if err := ctx.Err(); err != nil {
				return err
			}
			found = false
			c.unseen.fill()
			c.seen = c.seen[:0]
			alone := 0
			for i := range int32(len(c.points)) {
				if i%look == 0 && ctx.Err() != nil {
					return ctx.Err()
				}
				if c.mate[i] < 0 && c.needs(i) {
					if c.augment(i) {
						found = true
					} else {
						alone++
					}
				}
			}
			if alone == 0 {
				return nil
			}
		}
		if err := c.widen(ctx); err != nil {
			return err
		}
	}
}

// augment seeks a path from the point to a free partner, in depth.
func (c *cover) augment(root int32) bool {
	c.path = append(c.path[:0], root)
	c.seen = append(c.seen, root)
	for len(c.path) > 0 {
		i := c.path[len(c.path)-1]
		if j := c.free.within(c.points[i], c.scale); j >= 0 {
			c.free.set(j, false)
			c.via[j] = i
			c.give(j)
			return true
		}
		j := c.unseen.within(c.points[i], c.scale)
		if j < 0 {
			c.path = c.path[:len(c.path)-1]
			continue
		}
		c.unseen.set(j, false)
		c.via[j] = i
		c.path = append(c.path, c.back[j])
		c.seen = append(c.seen, c.back[j])
	}
	return false
}

// give takes the partner from whoever has it, and moves the pairs along the path to it.
func (c *cover) give(j int32) {
	if i := c.back[j]; i >= 0 {
		c.mate[i] = -1
	}
	for j >= 0 {
		i := c.via[j]
		j, c.mate[i], c.back[j] = c.mate[i], j, i
	}
}

// release leaves a point to the diagonal, and its partner to the path that came to it.
func (c *cover) release(i int32) {
	j := c.mate[i]
	c.mate[i] = -1
	if j >= 0 {
		c.back[j] = -1
		c.give(j)
	}
}

// widen raises the scale to the least at which a path exists from the points seen: they
// reach one partner after the other, always the nearest, until one of these is free, or a
// point needs none.
func (c *cover) widen(ctx context.Context) error {
	var q queue
	reach := func(i int32) {
		if j, d := c.unseen.nearest(c.points[i]); j >= 0 && d < c.half[i] {
			q.push(step{d, i, j})
		} else {
			q.push(step{c.half[i], i, -1})
		}
	}
	for _, i := range c.seen {
		reach(i)
	}
	for steps := 0; ; steps++ {
		if steps%256 == 255 && ctx.Err() != nil {
			return ctx.Err()
		}
		s := q.pop()
		if s.to >= 0 && !c.unseen.has(s.to) {
			reach(s.from)
			continue
		}
		c.scale = max(c.scale, s.length)
		if s.to < 0 {
			c.release(s.from)
			return nil
		}
		c.unseen.set(s.to, false)
		c.via[s.to] = s.from
		if c.isFree(s.to) {
			c.give(s.to)
			return nil
		}
		reach(s.from)
		reach(c.back[s.to])
	}
}

// joined returns the partners of the points in a matching that covers what c does, and
// all that other does, for which points and partners change roles. Only partners that
// other does not need lose theirs.
func (c *cover) joined(other *cover) []int32 {
	scale := max(c.scale, other.scale)
	for start := range other.points {
		if c.back[start] >= 0 || other.half[start] <= scale {
			continue
		}
		for j := int32(start); ; {
			i := other.mate[j]
			next := c.mate[i]
			c.mate[i], c.back[j] = j, i
			if next < 0 {
				break
			}
			if c.back[next] = -1; other.mate[next] < 0 {
				break
			}
			j = next
		}
	}
	// Far points that neither needs, and the other way, are no nearer than the diagonal.
	for i, j := range c.mate {
		if j >= 0 && c.half[i] <= scale && other.half[j] <= scale && c.points[i].from(other.points[j]) > max(c.half[i], other.half[j]) {
			c.mate[i], c.back[j] = -1, -1
		}
	}
	return c.mate
}

// step is a way from a point to a partner, or to the diagonal.
type step struct {
	length   float64
	from, to int32
}

// queue is a heap of steps, the shortest first.
type queue []step

func (s step) before(t step) bool {
	return s.length < t.length || s.length == t.length && (s.from < t.from || s.from == t.from && s.to < t.to)
}

func (q *queue) push(s step) {
	h := append(*q, s)
	at := len(h) - 1
	for at > 0 {
		up := (at - 1) / 2
		if !s.before(h[up]) {
			break
		}
		h[at] = h[up]
		at = up
	}
	h[at] = s
	*q = h
}

func (q *queue) pop() step {
	h := *q
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	at := 0
	for {
		next := 2*at + 1
		if next >= len(h) {
			break
		}
		if next+1 < len(h) && h[next+1].before(h[next]) {
			next++
		}
		if !h[next].before(last) {
			break
		}
		h[at] = h[next]
		at = next
	}
	if len(h) > 0 {
		h[at] = last
	}
	*q = h
	return top
}

// top returns the least length, +Inf of an empty queue.
func (q queue) top() float64 {
	if len(q) == 0 {
		return math.Inf(1)
	}
	return q[0].length
}
