package geometry

import (
	"context"
	"fmt"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
)

// BalancedForman returns the balanced Forman curvature of the edges of g, which counts
// triangles and cycles of four against the degrees a ≤ b of the ends:
//
//	2/a + 2/b − 2 + 2t/b + t/a + s/(γ·b),
//
// with t triangles at the edge, s neighbours of either end through which a cycle of four
// without diagonals goes, and γ the most such cycles at one of them; 0 where an end is a
// leaf. It is 3/2 for a triangle, 1 for a cycle of four, 0 for longer ones and lattices, n/(n−1)
// for the complete graph of n and 4/(r+1) − 2 within a tree of r branches, and never above
// the Ollivier-Ricci curvature in the limit of Lin, Lu and Yau. Edges where it is near −2 are
// those through which messages of a graph network are squashed.
//
// Weights are ignored, and loops left out; the graph must be symmetric. Time O(d²) an edge of
// degrees about d, memory 16 bytes an edge and 12·n bytes for every core. Errors:
// *mat32.ParamError where g is nil, empty or not symmetric, and one that wraps ctx.Err().
//
// Source: J. Topping, F. Di Giovanni, B. Chamberlain, X. Dong and M. Bronstein (2022),
// Understanding over-squashing and bottlenecks on graphs via curvature, definition 1.
func BalancedForman(ctx context.Context, g *affinity.Sparse) (*EdgeCurvature, error) {
	const method = "geometry.BalancedForman"
	w, err := newUndirected(ctx, method, g)
	if err != nil {
		return nil, err
	}
	values := make([]float64, len(w.edges))
	err = par.BlocksWith(ctx, len(values), edgeBlock, func() *squares { return &squares{w, make([]uint8, w.n), make([]int32, w.n)} }, func(s *squares, lo, hi int) {
		for k := lo; k < hi; k++ {
			values[k] = s.curvature(w.edges[k][0], w.edges[k][1])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return curved("balanced Forman curvature", w, values), nil
}

// squares counts cycles of four at edges, one edge after the other.
type squares struct {
	*network
	beside []uint8 // of every node: 1 for neighbours of u, 2 for those of v, 3 for those of both
	count  []int32 // of neighbours of v alone, the cycles through them
}

func (s *squares) curvature(u, v int) float64 {
	a, b := s.out.degree(u), s.out.degree(v)
	if min(a, b) == 1 {
		return 0
	}
	ofU, _ := s.out.row(u)
	ofV, _ := s.out.row(v)
	for _, i := range ofU {
		s.beside[i] |= 1
	}
	for _, i := range ofV {
		s.beside[i] |= 2
	}
	s.beside[u], s.beside[v] = 0, 0
	triangles, through, most := 0, 0, int32(0)
	for _, i := range ofU {
		switch s.beside[i] {
		case 3:
			triangles++
		case 1:
			cycles := int32(0)
			next, _ := s.out.row(int(i))
			for _, j := range next {
				if s.beside[j] == 2 {
					if s.count[j]++; s.count[j] == 1 {
						through++
					}
					cycles++
				}
			}
			if cycles > 0 {
				through++
			}
			most = max(most, cycles)
		}
	}
	for _, j := range ofV {
		most = max(most, s.count[j])
		s.count[j], s.beside[j] = 0, 0
	}
	for _, i := range ofU {
		s.beside[i] = 0
	}
	few, many, t := float64(min(a, b)), float64(max(a, b)), float64(triangles)
	c := 2/few + 2/many - 2 + 2*t/many + t/few
	if most > 0 {
		c += float64(through) / (float64(most) * many)
	}
	return c
}
