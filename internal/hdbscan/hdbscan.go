// Package hdbscan finds clusters of rows by density, given their distances: HDBSCAN*
// (Campello, Moulavi and Sander, 2013, Density-based clustering based on hierarchical
// density estimates), as the Python library hdbscan has it.
//
// Rows are joined by mutual reachability. Wherever the hierarchy parts into several
// clusters of at least MinSize rows these are its branches; what is smaller falls out of
// its branch. Of every branch either it or what its own branches become is chosen, by
// which has the larger excess of mass: the sum over its rows of the density, one over the
// distance, at which they leave it, less that at which it began.
//
// Joins at equal distances are one, so that neither the order of the rows nor that of the
// joins matters. Peers make one after the other, in the order of an unstable sort.
package hdbscan

import (
	"context"
	"math"
	"slices"
)

// Noise is the label of rows in no cluster.
const Noise = -1

// Options steer the clustering.
type Options struct {
	MinSize int // the fewest rows of a cluster, 2 or more
	Core    int // the number of other rows up to which a core distance goes, 1 or more; at most all

	// Single also lets all rows be one cluster. As in the peers, only those of its rows
	// that stay to the end are labelled then.
	Single bool
}

// least is the distance below which all count as equal, so that densities and their sums
// are finite.
const least = 1e-100

// Labels returns the cluster of each of m rows, numbered by their first rows, or Noise.
// The function row writes the distances of row i to all rows. It is called twice a row;
// time O(m²) beside that, memory O(m). The error is ctx.Err().
func (o Options) Labels(ctx context.Context, m int, row func(i int, dst []float64)) ([]int32, error) {
	if m < 2 {
		return slices.Repeat([]int32{Noise}, m), nil
	}
	edges, err := o.spanning(ctx, m, row)
	if err != nil {
		return nil, err
	}
	labels, _ := o.label(joins(m, edges))
	return labels, nil
}

// Edge joins two rows of a spanning tree.
type Edge struct {
	I, J   int32
	Length float64
}

// LabelsOf returns the cluster of each of m rows, as Labels does, from their spanning tree,
// whose edges are sorted by length, and how strongly each belongs to it: the density at which
// it leaves, as a share of that at which the last of the cluster do, 0 for noise.
func (o Options) LabelsOf(m int, edges []Edge) (labels []int32, strength []float64) {
	if m < 2 {
		return slices.Repeat([]int32{Noise}, m), make([]float64, m)
	}
	return o.label(joins(m, edges))
}

// spanning returns the edges of the minimum spanning tree by mutual reachability, shortest
// first (Prim, 1957, Shortest connection networks and some generalizations).
func (o Options) spanning(ctx context.Context, m int, row func(i int, dst []float64)) ([]Edge, error) {
	d, core := make([]float64, m), make([]float64, m)
	nearest := make([]float64, 0, o.Core+1)
	for i := range m {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row(i, d)
		nearest = nearest[:0]
		for j, v := range d {
			if j == i || len(nearest) == o.Core && v >= nearest[o.Core-1] {
				continue
			}
			at, _ := slices.BinarySearch(nearest, v)
			nearest = slices.Insert(nearest, at, v)
			nearest = nearest[:min(len(nearest), o.Core)]
		}
		core[i] = nearest[len(nearest)-1]
	}
	out := make([]int32, m-1) // rows that are not in the tree
	by := make([]Edge, m)     // the shortest to each
	for j := range out {
		out[j] = int32(j + 1)
		by[j+1].Length = math.Inf(1)
	}
	edges := make([]Edge, 0, m-1)
	for i := int32(0); len(out) > 0; {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row(int(i), d)
		at := 0
		for p, j := range out {
			if v := max(d[j], core[i], core[j]); v < by[j].Length {
				by[j] = Edge{i, j, v}
			}
			if by[j].Length < by[out[at]].Length {
				at = p
			}
		}
		i = out[at]
		edges = append(edges, by[i])
		out[at] = out[len(out)-1]
		out = out[:len(out)-1]
	}
	slices.SortStableFunc(edges, func(a, b Edge) int {
		switch {
		case a.Length < b.Length:
			return -1
		case a.Length > b.Length:
			return 1
		}
		return 0
	})
	return edges, nil
}

// tree is the hierarchy of single linkage. Nodes below m are rows, the others joins, in
// the order of their density λ, the largest first.
type tree struct {
	m      int
	lambda []float64
	parts  [][2]int32
	size   []int
}

func joins(m int, edges []Edge) *tree {
	t := &tree{m, make([]float64, 2*m-1), make([][2]int32, 2*m-1), make([]int, 2*m-1)}
	above := make([]int32, 2*m-1)
	for i := range above {
		above[i] = int32(i)
		t.size[i] = 1
		t.lambda[i] = math.Inf(1)
	}
	top := func(i int32) int32 {
		for above[i] != i {
			above[i] = above[above[i]]
			i = above[i]
		}
		return i
	}
	for e, edge := range edges {
		a, b, c := top(edge.I), top(edge.J), int32(m+e)
		above[a], above[b] = c, c
		t.parts[c], t.size[c] = [2]int32{a, b}, t.size[a]+t.size[b]
		t.lambda[c] = 1 / max(edge.Length, least)
	}
	return t
}

// under calls f for the nodes below a join that are not of it: other than those joined at
// the same density, or all rows.
func (t *tree) under(node int32, rows bool, f func(node int32)) {
	for todo := []int32{node}; len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if int(i) < t.m || !rows && t.lambda[i] != t.lambda[node] {
			f(i)
			continue
		}
		todo = append(todo, t.parts[i][0], t.parts[i][1])
	}
}

// branch is a cluster of the condensed hierarchy.
type branch struct {
	parent        int
	body          int32   // the join it began with
	birth, last   float64 // densities at which it began and at which the last of its rows left
	mass, beneath float64 // excess of mass, and the most that what is chosen below it has
	chosen        bool
	top           int // the branch chosen that it belongs to, or −1
}

// label condenses the tree, chooses its clusters, and says how strongly rows belong to them.
func (o Options) label(t *tree) ([]int32, []float64) {
	branches := []branch{{parent: -1, body: int32(2*t.m - 2)}}
	owner, leave := make([]int32, t.m), make([]float64, t.m) // of each row: the branch it leaves last
	var large []int32
	for c := 0; c < len(branches); c++ {
		b := branches[c]
		for node := b.body; ; node = large[0] {
			b.last = t.lambda[node]
			large = large[:0]
			t.under(node, false, func(part int32) {
				if t.size[part] >= o.MinSize {
					large = append(large, part)
					return
				}
				t.under(part, true, func(row int32) { owner[row], leave[row] = int32(c), b.last })
				b.mass += (b.last - b.birth) * float64(t.size[part])
			})
			if len(large) != 1 {
				break
			}
		}
		for _, part := range large {
			b.mass += (b.last - b.birth) * float64(t.size[part])
			branches = append(branches, branch{parent: c, body: part, birth: b.last})
		}
		branches[c] = b
	}
	for c := len(branches) - 1; c >= 0; c-- {
		b := &branches[c]
		if b.chosen = b.mass >= b.beneath && (c > 0 || o.Single); !b.chosen {
			b.mass = b.beneath
		}
		if c > 0 {
			branches[b.parent].beneath += b.mass
		}
	}
	for c := range branches {
		b := &branches[c]
		b.top = -1
		if c > 0 {
			b.top = branches[b.parent].top
		}
		if b.top < 0 && b.chosen {
			b.top = c
		}
	}
	labels, number, strength := make([]int32, t.m), map[int]int32{}, make([]float64, t.m)
	for i := range labels {
		top := branches[owner[i]].top
		if top < 0 || top == 0 && leave[i] < branches[0].last {
			labels[i] = Noise
			continue
		}
		label, known := number[top]
		if !known {
			label = int32(len(number))
			number[top] = label
		}
		labels[i], strength[i] = label, min(leave[i]/branches[top].last, 1)
	}
	return labels, strength
}
