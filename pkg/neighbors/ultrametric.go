package neighbors

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Ultrametric returns, for every pair of rows, the longest edge on the way from one to the
// other along the tree: the scale at which single linkage puts both into one cluster, which
// among all chains of rows between them is the least that the longest step can be. Of a
// tree with Core it is that of robust single linkage.
//
// It changes by no more than the distances do: where those of two sets of rows differ by at
// most ε, so do their ultrametrics (Carlsson and Mémoli, 2010, Characterization, stability
// and convergence of hierarchical clustering methods).
//
// Errors: *mat32.DegenerateError of a forest, whose trees nothing connects,
// *mat32.MemoryError beyond limit bytes (0: GOMEMLIMIT, or 4 GiB), and one that wraps
// ctx.Err(). Time O(n²); memory 4·n² bytes.
func (t *Tree) Ultrametric(ctx context.Context, limit int64) (*mat32.Distances, error) {
	const method = "neighbors.Tree.Ultrametric"
	n := t.N
	if len(t.Edges) != n-1 {
		return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("%d trees are not connected: their rows are at no distance", n-len(t.Edges))}
	}
	if err := mat32.CheckMemory(method, 4*int64(n)*int64(n)+24*int64(n), limit, "it holds all pairs: use fewer rows"); err != nil {
		return nil, err
	}
	// The rows of a cluster follow each other in a list, from the one that stands for it.
	next, last := make([]int32, n), make([]int32, n)
	for i := range next {
		next[i], last[i] = -1, int32(i)
	}
	sets := newDisjoint(n)
	pairs := make([]float64, n*(n-1)/2)
	for _, e := range t.Edges {
		a, b := sets.find(e.I), sets.find(e.J)
		if a == b {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the edge of rows %d and %d closes a ring: it is no tree", e.I, e.J)}
		}
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		for i := a; i >= 0; i = next[i] {
			for j := b; j >= 0; j = next[j] {
				lo, hi := int(min(i, j)), int(max(i, j))
				pairs[lo*(2*n-lo-1)/2+hi-lo-1] = e.Distance
			}
		}
		sets.unite(a, b)
		root, other := min(a, b), max(a, b)
		next[last[root]] = other
		last[root] = last[other]
	}
	return mat32.NewDistances(n, pairs)
}
