package geometry

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// FormanCells says of what a graph is made for Forman's curvature.
type FormanCells string

const (
	// Triangles counts every three nodes that are joined as a face.
	Triangles FormanCells = "triangles"

	// EdgesOnly has nodes and edges, and no faces.
	EdgesOnly FormanCells = "edges only"
)

// Forman measures how edges spread: what Forman's curvature of cell complexes is for the
// edges of a graph, with nodes and faces of weight 1 and edges e, of ends u and v, of the
// weights of the graph,
//
//	F(e) = 2 + w²·t − √w·( Σ 1/√w(e′) ),
//
// where t is the number of triangles at e, 0 with EdgesOnly, and the sum is over the other
// edges at u and at v that are in no triangle with e. Where weights are 1 it is
// 4 − deg u − deg v + 3t, a whole number: negative at edges between hubs, and far below the
// Ollivier-Ricci curvature, at a hundredth of the cost.
//
// A weight scales what an edge counts: it is a nearness or a length as its reader likes. The
// graph must be symmetric; loops are left out. Time O(d) an edge of degrees about d, memory 16
// bytes an edge.
//
// Sources: R. Forman (2003), Bochner's method for cell complexes and combinatorial Ricci
// curvature; R. Sreejith, K. Mohanraj, J. Jost, E. Saucan and A. Samal (2016), Forman
// curvature for complex networks, for edges only; A. Samal, R. Sreejith, J. Gu, S. Liu, E.
// Saucan and J. Jost (2018), Comparative analysis of two discretizations of Ricci curvature
// for complex networks, for triangles.
type Forman struct {
	// Cells is Triangles or EdgesOnly. Default Triangles, the augmented curvature.
	Cells FormanCells
}

const forman = "geometry.Forman"

// Resolve returns the options with the default filled in, or a *mat32.ParamError, for a graph
// of any size.
func (f Forman) Resolve(nodes, edges int) (Forman, error) {
	f.Cells = cmp.Or(f.Cells, Triangles)
	if f.Cells != Triangles && f.Cells != EdgesOnly {
		return f, &mat32.ParamError{Method: forman, Param: "Cells", Value: string(f.Cells), Want: fmt.Sprintf("one of %v", []FormanCells{Triangles, EdgesOnly})}
	}
	return f, nil
}

// String returns the options in one line.
func (f Forman) String() string { return fmt.Sprintf("Forman curvature, %s", f.Cells) }

// Edges returns the curvature of every edge of g, and of every node the mean of its edges.
// Errors: *mat32.ParamError for Cells, and where g is nil, empty or not symmetric;
// *mat32.DegenerateError where weights are so different that their ratios overflow; and one
// that wraps ctx.Err().
func (f Forman) Edges(ctx context.Context, g *affinity.Sparse) (*EdgeCurvature, error) {
	w, err := newUndirected(ctx, forman, g)
	if err != nil {
		return nil, err
	}
	if f, err = f.Resolve(w.n, len(w.edges)); err != nil {
		return nil, err
	}
	values := make([]float64, len(w.edges))
	err = w.eachEdge(ctx, forman, values, func(k int) float64 {
		e := w.edges[k]
		l, faces, spread := w.lengths[k], 0., 0.
		w.around(e[0], e[1], func(_ int32, at, too int32) {
			switch {
			case at >= 0 && too >= 0 && f.Cells == Triangles:
				faces++
			default:
				for _, other := range [...]int32{at, too} {
					if other >= 0 {
						spread += 1 / math.Sqrt(l*w.lengths[other])
					}
				}
			}
		})
		return 2 + l*(faces*l-spread)
	})
	if err != nil {
		return nil, err
	}
	for k, v := range values {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil, &mat32.DegenerateError{Method: forman, Reason: fmt.Sprintf("the curvature of edge %v overflows: its weights differ too much", w.edges[k])}
		}
	}
	return curved(f.String(), w, values), nil
}

// newUndirected is newNetwork for what has no directed form.
func newUndirected(ctx context.Context, method string, g *affinity.Sparse) (*network, error) {
	w, err := newNetwork(ctx, method, g)
	if err == nil && w.directed {
		return nil, &mat32.ParamError{Method: method, Param: "g", Value: "weights that depend on the way", Want: "symmetric ones"}
	}
	return w, err
}

// eachEdge sets values to what f returns for every edge.
func (w *network) eachEdge(ctx context.Context, method string, values []float64, f func(k int) float64) error {
	err := par.Blocks(ctx, len(values), edgeBlock, func(lo, hi int) {
		for k := lo; k < hi; k++ {
			values[k] = f(k)
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// around calls visit for every node but u and v that is joined to one of them, in ascending
// order, with the edges to u and to v, −1 where there is none.
func (w *network) around(u, v int, visit func(node, toU, toV int32)) {
	a, ea := w.out.row(u)
	b, eb := w.out.row(v)
	for i, j := 0, 0; i < len(a) || j < len(b); {
		node, toU, toV := int32(math.MaxInt32), int32(-1), int32(-1)
		if i < len(a) {
			node = a[i]
		}
		if j < len(b) {
			node = min(node, b[j])
		}
		if i < len(a) && a[i] == node {
			toU = ea[i]
			i++
		}
		if j < len(b) && b[j] == node {
			toV = eb[j]
			j++
		}
		if int(node) != u && int(node) != v {
			visit(node, toU, toV)
		}
	}
}
