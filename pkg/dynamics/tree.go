package dynamics

import (
	"context"
	"math"
	"slices"
)

// tree finds the nearest of points in few dimensions that are not also near in time: a k-d tree
// (J. Bentley, 1975, Multidimensional binary search trees used for associative searching). Ties
// go to the earlier point, so that what is found does not depend on the order of search.
type tree struct {
	points []float64 // row after row
	dim    int
	metric metric
	order  []int32 // the points, those of a node side by side
	nodes  []node
}

type node struct {
	lo, hi int32 // of order
	axis   int32 // −1 for a leaf
	right  int32 // of its two halves; the left one is the next node
	split  float64
}

// metric is how distances are measured; those of Euclid are squared until the end.
type metric int

const (
	chebyshev metric = iota // the largest difference of a coordinate
	euclidean
)

const leafPoints = 12

// newTree builds the tree of rows of dim values. Time O(n·log n·dim). Where ctx is done it is left
// unfinished: it is not to be searched then.
func newTree(ctx context.Context, points []float64, dim int, m metric) *tree {
	n := len(points) / dim
	t := &tree{
		points: points, dim: dim, metric: m,
		order: make([]int32, n), nodes: make([]node, 0, 4*n/leafPoints+1),
	}
	for i := range t.order {
		t.order[i] = int32(i)
	}
	t.build(ctx, 0, n)
	return t
}

func (t *tree) build(ctx context.Context, lo, hi int) int32 {
	at := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{lo: int32(lo), hi: int32(hi), axis: -1})
	if hi-lo <= leafPoints || hi-lo > 1<<12 && ctx.Err() != nil {
		return at
	}
	axis, width := 0, -1.0
	for a := range t.dim {
		if hi-lo > 1<<12 && ctx.Err() != nil {
			return at
		}
		least, most := math.Inf(1), math.Inf(-1)
		for _, i := range t.order[lo:hi] {
			v := t.points[int(i)*t.dim+a]
			least, most = math.Min(least, v), math.Max(most, v)
		}
		if most-least > width {
			axis, width = a, most-least
		}
	}
	if !(width > 0) {
		slices.Sort(t.order[lo:hi]) // all points are one
		return at
	}
	mid := (lo + hi) / 2
	t.nth(lo, hi, mid, axis)
	t.nodes[at].axis, t.nodes[at].split = int32(axis), t.points[int(t.order[mid])*t.dim+axis]
	t.build(ctx, lo, mid)
	t.nodes[at].right = t.build(ctx, mid, hi)
	return at
}

// nth orders points so that the one that sorting would put at mid along an axis stands there,
// with none beyond it before it.
func (t *tree) nth(lo, hi, mid, axis int) {
	key := func(i int32) float64 { return t.points[int(i)*t.dim+axis] }
	for hi-lo > 16 {
		a, b, c := key(t.order[lo]), key(t.order[(lo+hi)/2]), key(t.order[hi-1])
		pivot := math.Max(math.Min(a, b), math.Min(math.Max(a, b), c))
		i, j := lo, hi-1
		for i <= j {
			for key(t.order[i]) < pivot {
				i++
			}
			for key(t.order[j]) > pivot {
				j--
			}
			if i <= j {
				t.order[i], t.order[j] = t.order[j], t.order[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case mid <= j:
			hi = j + 1
		case mid >= i:
			lo = i
		default:
			return
		}
	}
	slices.SortFunc(t.order[lo:hi], func(a, b int32) int {
		switch ka, kb := key(a), key(b); {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return int(a - b)
	})
}

// found is a point and how far it is: the square of it for euclidean.
type found struct {
	point    int32
	distance float64
}

// search is one search of a tree, whose memory serves the next.
type search struct {
	ctx      context.Context // where it is done a search finds less
	tree     *tree
	at       []float64
	time     int // points within theiler of it are none
	theiler  int
	distinct bool // points at no distance are none
	most     int  // how many are kept; 0 for all within the radius
	radius   float64
	visited  int
	found    []found // the nearest first, or in no order where all within a radius are wanted
}

// nearest returns the most nearest points to row i of the tree, the nearest first, ties by
// their time.
func (s *search) nearest(i, most int) []found {
	return s.near(s.tree.points[i*s.tree.dim:][:s.tree.dim], i, most, math.Inf(1))
}

// near returns what is nearest to a place, of at most that many points nearer than the radius
// or as near; most 0 is for all of them.
func (s *search) near(at []float64, time, most int, radius float64) []found {
	s.at, s.time, s.most, s.radius, s.found = at, time, most, radius, s.found[:0]
	s.visit(0)
	return s.found
}

func (s *search) visit(n int32) {
	t := s.tree
	d := &t.nodes[n]
	if d.axis < 0 {
		if s.visited++; s.visited&63 == 0 && s.ctx.Err() != nil {
			s.radius = -1 // no other node is as near
			return
		}
		if d.hi-d.lo > leafPoints {
			s.same(t.order[d.lo:d.hi])
			return
		}
		for _, i := range t.order[d.lo:d.hi] {
			s.offer(i)
		}
		return
	}
	gap := s.at[d.axis] - d.split
	nearer, farther := n+1, d.right
	if gap > 0 {
		nearer, farther = farther, nearer
	}
	s.visit(nearer)
	bound := math.Abs(gap)
	if t.metric == euclidean {
		bound *= bound
	}
	if bound <= s.radius {
		s.visit(farther)
	}
}

// same looks at points that are at one place, in the order of time: the first that are far
// enough in time stand for all.
func (s *search) same(points []int32) {
	if s.distinct && slices.Equal(s.at, s.tree.points[int(points[0])*s.tree.dim:][:s.tree.dim]) {
		return
	}
	offered := 0
	for _, i := range points {
		if s.soon(i) {
			continue
		}
		s.offer(i)
		if offered++; offered == s.most {
			return
		}
	}
}

// soon says whether a point is too near in time.
func (s *search) soon(i int32) bool {
	gap := int(i) - s.time
	return gap <= s.theiler && gap >= -s.theiler
}

func (s *search) offer(i int32) {
	if s.soon(i) {
		return
	}
	t, distance := s.tree, 0.0
	p := t.points[int(i)*t.dim:][:len(s.at)]
	if t.metric == chebyshev {
		for j, v := range s.at {
			distance = math.Max(distance, math.Abs(v-p[j]))
		}
	} else {
		for j, v := range s.at {
			distance += (v - p[j]) * (v - p[j])
		}
	}
	if distance > s.radius || s.distinct && distance == 0 {
		return
	}
	if s.most == 0 {
		s.found = append(s.found, found{i, distance})
		return
	}
	place := len(s.found)
	for ; place > 0; place-- {
		if f := s.found[place-1]; f.distance < distance || f.distance == distance && f.point < i {
			break
		}
	}
	if place == s.most {
		return
	}
	if len(s.found) < s.most {
		s.found = append(s.found, found{})
	}
	copy(s.found[place+1:], s.found[place:])
	s.found[place] = found{i, distance}
	if len(s.found) == s.most {
		s.radius = s.found[s.most-1].distance
	}
}
