package datasets

import (
	"fmt"
	"slices"

	"github.com/flatland-go/flatland/internal/rng"
)

// RandomTree draws a tree, each of the nodesⁿᵒᵈᵉˢ⁻² trees on numbered nodes as likely as
// any other, by the code of H. Prüfer (1918), Neuer Beweis eines Satzes über Permutationen:
// a list of nodes from which leaves are hung up one after the other. Unlike samples of
// rows, a larger tree does not begin with a smaller one.
type RandomTree struct {
	// Nodes is how many there are. Zero means 1000.
	Nodes int

	// Seed chooses the tree.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g RandomTree) Resolve() (RandomTree, error) {
	o := options{generator: "datasets.RandomTree"}
	check(&o, "Nodes", &g.Nodes, standardRows, 1, mostRows)
	return g, o.err
}

// Generate returns the tree, whose Truth holds Geodesic, at O(depth) a call. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(nodes·log(nodes)).
func (g RandomTree) Generate() (*Graph, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	n := g.Nodes
	if err := checkGraph("datasets.RandomTree", float64(n), float64(n)); err != nil {
		return nil, err
	}
	code, free := make([]int, max(0, n-2)), make([]int, n) // how often a node is still to come
	eachRow(len(code), g.Seed, "random tree", func(k int, s *rng.Stream) { code[k] = s.IntN(n) })
	for _, c := range code {
		free[c]++
	}
	// The lowest leaf hangs from the next node of the list. That may become a leaf, lower
	// than those passed, and is then the next.
	parent := make([]int, n)
	for i := range parent {
		parent[i] = n - 1
	}
	leaf, low := 0, -1
	for _, c := range code {
		at := low
		if at < 0 {
			for free[leaf] != 0 {
				leaf++
			}
			at = leaf
			leaf++
		}
		parent[at] = c
		if free[c]--; free[c] == 0 && c < leaf {
			low = c
		} else {
			low = -1
		}
	}
	// Whatever is left hangs from the last node, as does its own parent's line: the last is
	// never a leaf that is taken.
	depth := make([]int, n)
	for i := range depth {
		depth[i] = -1
	}
	depth[n-1] = 0
	var line []int
	for i := range n {
		line = line[:0]
		for at := i; depth[at] < 0; at = parent[at] {
			line = append(line, at)
		}
		for _, at := range slices.Backward(line) {
			depth[at] = depth[parent[at]] + 1
		}
	}
	out := &Graph{Name: "random tree", Nodes: n, Source: "generated; by the code of Prüfer (1918)", Notes: []string{fmt.Sprintf("seed %d", g.Seed)}}
	for i, p := range parent[:n-1] {
		out.Edges = append(out.Edges, [2]int{min(i, p), max(i, p)})
	}
	slices.SortFunc(out.Edges, func(a, b [2]int) int {
		if a[0] != b[0] {
			return a[0] - b[0]
		}
		return a[1] - b[1]
	})
	out.Truth.Geodesic = func(i, j int) float64 {
		steps := 0
		for ; i != j; steps++ {
			if depth[i] >= depth[j] {
				i = parent[i]
			} else {
				j = parent[j]
			}
		}
		return float64(steps)
	}
	return out, nil
}
