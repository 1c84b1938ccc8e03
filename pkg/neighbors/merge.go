package neighbors

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// rowBlock is how many rows a goroutine takes at once where a row costs little.
const rowBlock = 1024

// Merge returns the best of two graphs of the same rows by the same metric: of
// every row the nearest of the neighbours that either knows, as many as the graph
// with more of them has. Merging graphs of two seeds raises the recall. The error
// is a *mat32.ParamError where the rows or metrics differ. Time and memory
// O(n·K).
func (g *Graph) Merge(h *Graph) (*Graph, error) {
	const method = "neighbors.Graph.Merge"
	if err := g.same(method, h); err != nil {
		return nil, err
	}
	k := max(g.K, h.K)
	m := &Graph{N: g.N, K: k, Metric: g.Metric, Rows: g.Rows, Indices: make([]int32, g.N*k), Distances: make([]float64, g.N*k)}
	switch {
	case g.Method == "" && g.K == k || h.Method == "" && h.K == k: // nothing can be nearer
	case g.Method == h.Method:
		m.Method = g.Method
	default:
		m.Method = cmp.Or(g.Method, "exact search") + " and " + cmp.Or(h.Method, "exact search")
	}
	for _, note := range append(slices.Clone(g.Notes), h.Notes...) {
		if !slices.Contains(m.Notes, note) {
			m.Notes = append(m.Notes, note)
		}
	}
	err := par.BlocksWith(context.Background(), m.N, rowBlock, func() *[]near { return new([]near) }, func(found *[]near, lo, hi int) {
		for i := lo; i < hi; i++ {
			*found = (*found)[:0]
			for _, from := range [2]*Graph{g, h} {
				indices, distances := from.Row(i)
				for c, j := range indices {
					*found = append(*found, near{distances[c], j})
				}
			}
			indices, distances := m.Row(i)
			for c, v := range distinctNearest(*found)[:k] {
				indices[c], distances[c] = v.row, v.dist
			}
		}
	})
	return m, err
}

// distinctNearest sorts what was found, and keeps of each row what is nearest.
func distinctNearest(found []near) []near {
	slices.SortFunc(found, func(a, b near) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.dist, b.dist)) })
	found = slices.CompactFunc(found, func(a, b near) bool { return a.row == b.row })
	slices.SortFunc(found, nearer)
	return found
}

// nearer compares by distance, then by index.
func nearer(a, b near) int {
	return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row))
}

// same returns an error unless both graphs are sound, of the same rows and by the
// same metric.
func (g *Graph) same(method string, h *Graph) error {
	if err := g.sound(method); err != nil {
		return err
	}
	if err := h.sound(method); err != nil {
		return err
	}
	fail := func(got, want string) error {
		return &mat32.ParamError{Method: method, Param: "Graph", Value: "one " + got, Want: "one " + want}
	}
	switch {
	case g.N != h.N:
		return fail(fmt.Sprintf("of %d rows", h.N), fmt.Sprintf("of the same %d", g.N))
	case g.Metric != h.Metric:
		return fail(fmt.Sprintf("by the %s distance", h.Metric), fmt.Sprintf("by the %s distance, as the first", g.Metric))
	case g.Rows != h.Rows:
		return fail("of other values", "of the rows of the first")
	}
	return nil
}

// Cut returns the graph of the k nearest neighbours, a copy. The error is a
// *mat32.ParamError unless 1 ≤ k ≤ K.
func (g *Graph) Cut(k int) (*Graph, error) {
	const method = "neighbors.Graph.Cut"
	if err := g.sound(method); err != nil {
		return nil, err
	}
	if k < 1 || k > g.K {
		return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ K = %d", g.K)}
	}
	c := *g
	c.K, c.Notes = k, slices.Clone(g.Notes)
	c.Indices, c.Distances = make([]int32, 0, g.N*k), make([]float64, 0, g.N*k)
	for i := range g.N {
		indices, distances := g.Row(i)
		c.Indices, c.Distances = append(c.Indices, indices[:k]...), append(c.Distances, distances[:k]...)
	}
	return &c, nil
}
