package neighbors

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Components are the connected parts of a graph: rows between which one can walk
// from neighbour to neighbour, forth or back.
type Components struct {
	Count  int
	Labels []int // of every row the number of its component; they are numbered by their lowest rows
	Sizes  []int // of every component, in rows
}

// Components returns the connected components of the graph, the direction of
// neighbourhood ignored. Time O(n·K), memory O(n).
func (g *Graph) Components() (*Components, error) {
	h, err := g.ragged("neighbors.Graph.Components")
	if err != nil {
		return nil, err
	}
	return h.components(), nil
}

// Components returns the connected components, the direction of neighbourhood
// ignored. Time O(neighbours), memory O(n).
func (h *Neighborhoods) Components() (*Components, error) {
	return h.ComponentsContext(context.Background())
}

// ComponentsContext is Components for large graphs: where ctx is done before all
// neighbours are united, the error wraps ctx.Err().
func (h *Neighborhoods) ComponentsContext(ctx context.Context) (*Components, error) {
	const method = "neighbors.Neighborhoods.Components"
	if err := h.sound(method); err != nil {
		return nil, err
	}
	s := newDisjoint(h.N)
	for i := range h.N {
		if i%unitedAtOnce == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		h.unite(s, i)
	}
	return s.components(), nil
}

// unitedAtOnce is how many rows are united with their neighbours between two looks at ctx.
const unitedAtOnce = 1 << 14

func (h *Neighborhoods) components() *Components { return h.sets().components() }

func (s disjoint) components() *Components {
	labels, count := s.labels()
	c := &Components{Count: count, Labels: make([]int, len(labels)), Sizes: make([]int, count)}
	for i, l := range labels {
		c.Labels[i] = int(l)
		c.Sizes[l]++
	}
	return c
}

// sets unites neighbours.
func (h *Neighborhoods) sets() disjoint {
	s := newDisjoint(h.N)
	for i := range h.N {
		h.unite(s, i)
	}
	return s
}

// unite unites row i with its neighbours.
func (h *Neighborhoods) unite(s disjoint, i int) {
	indices, _ := h.Row(i)
	for _, j := range indices {
		s.unite(int32(i), j)
	}
}

// String returns one line: how many there are, and the sizes of the largest.
func (c *Components) String() string {
	if c.Count == 1 {
		return fmt.Sprintf("1 component of %d rows", len(c.Labels))
	}
	const most = 8
	sizes := slices.Clone(c.Sizes)
	slices.Sort(sizes)
	slices.Reverse(sizes)
	var b strings.Builder
	fmt.Fprintf(&b, "%d components of", c.Count)
	for i, size := range sizes[:min(most, len(sizes))] {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %d", size)
	}
	if len(sizes) > most {
		b.WriteString(", …")
	}
	b.WriteString(" rows")
	return b.String()
}
