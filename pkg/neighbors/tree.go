package neighbors

import (
	"cmp"
	"fmt"
	"slices"
)

// Edge joins two rows, I < J.
type Edge struct {
	I, J     int32
	Distance float64
}

// shorter compares edges by length, then by their rows.
func shorter(a, b Edge) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
}

// Tree is a minimum spanning tree: of all sets of edges that connect the rows, one
// of the least total length. Of a graph that is not connected it is a forest: a
// tree of every component.
type Tree struct {
	N      int    // rows
	Metric string // as of a Graph
	Core   int    // 0, or k where lengths are mutual reachability distances with core distances to the k-th neighbour
	Edges  []Edge // sorted by length, those of equal length by I and J
	Rows   string // mat32.Fingerprint of the matrix
}

// Length returns the sum of the lengths of the edges.
func (t *Tree) Length() float64 {
	sum := 0.
	for _, e := range t.Edges {
		sum += e.Distance
	}
	return sum
}

// String returns one line: size, metric and total length.
func (t *Tree) String() string {
	what := "tree"
	if trees := t.N - len(t.Edges); trees > 1 {
		what = fmt.Sprintf("forest of %d trees", trees)
	}
	by := t.Metric + " distance"
	if t.Core > 0 {
		by = fmt.Sprintf("mutual reachability by the %s distance and %d neighbours", t.Metric, t.Core)
	}
	return fmt.Sprintf("minimum spanning %s over %d rows, total length %.6g, %s", what, t.N, t.Length(), by)
}

// Tree returns the minimum spanning tree of the graph, the direction of
// neighbourhood ignored, or a forest where it is not connected (Kruskal, 1956, On
// the shortest spanning subtree of a graph). It is not that of the rows, which may
// need edges that the graph lacks: for that there is MST. Time O(n·K·log(n·K)).
func (g *Graph) Tree() (*Tree, error) {
	h, err := g.ragged("neighbors.Graph.Tree")
	if err != nil {
		return nil, err
	}
	return h.tree(), nil
}

// Tree returns the minimum spanning tree of the neighbourhoods, as Graph.Tree does
// of a graph.
func (h *Neighborhoods) Tree() (*Tree, error) {
	if err := h.sound("neighbors.Neighborhoods.Tree"); err != nil {
		return nil, err
	}
	return h.tree(), nil
}

func (h *Neighborhoods) tree() *Tree {
	edges := make([]Edge, 0, len(h.Indices))
	for i := range int32(h.N) {
		indices, distances := h.Row(int(i))
		for k, j := range indices {
			// What both rows list at one distance is one edge.
			if theirs, at := h.Row(int(j)); i > j {
				if k2 := slices.Index(theirs, i); k2 >= 0 && at[k2] <= distances[k] {
					continue
				}
			}
			edges = append(edges, Edge{min(i, j), max(i, j), distances[k]})
		}
	}
	return &Tree{N: h.N, Metric: h.Metric, Edges: kruskal(newDisjoint(h.N), edges), Rows: h.Rows}
}

// kruskal returns those of the edges, shortest first, that join sets. It sorts
// edges and keeps its answer there.
func kruskal(sets disjoint, edges []Edge) []Edge {
	slices.SortFunc(edges, shorter)
	tree := edges[:0]
	for _, e := range edges {
		if sets.unite(e.I, e.J) {
			tree = append(tree, e)
		}
	}
	return tree
}
