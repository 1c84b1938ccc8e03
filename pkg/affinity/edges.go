package affinity

import (
	"fmt"
	"math"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// FromEdges returns the symmetric weights of an undirected graph of n nodes by its edges,
// each given once, in any order and either way round. Nil weights are 1 each. What a weight
// is, a nearness or a length, is for its reader to say.
//
// Errors: *mat32.ShapeError where n is less than 1 or weights are given that are not as
// many as the edges, *mat32.ParamError, naming the edge, where it has an end outside the
// nodes, is a loop or is given twice, or its weight is not positive and finite. It costs
// O(n + edges), and what NewSparse costs.
func FromEdges(n int, edges [][2]int, weights []float64) (*Sparse, error) {
	const method = "affinity.FromEdges"
	if n < 1 || n > math.MaxInt32 || weights != nil && len(weights) != len(edges) {
		return nil, &mat32.ShapeError{What: "edges", Rows: n, Cols: len(edges), Want: "1 or more nodes, and as many weights as edges, or none"}
	}
	refuse := func(e int, want string) error {
		return &mat32.ParamError{Method: method, Param: fmt.Sprintf("edges[%d]", e), Value: edges[e], Want: want}
	}
	start := make([]int, n+1)
	for e, edge := range edges {
		i, j := edge[0], edge[1]
		switch {
		case i < 0 || i >= n || j < 0 || j >= n:
			return nil, refuse(e, fmt.Sprintf("two of the %d nodes", n))
		case i == j:
			return nil, refuse(e, "two different nodes")
		case weights != nil && (!(weights[e] > 0) || math.IsInf(weights[e], 0)):
			return nil, &mat32.ParamError{Method: method, Param: fmt.Sprintf("weights[%d]", e), Value: weights[e], Want: "a positive, finite number"}
		}
		start[i+1]++
		start[j+1]++
	}
	for i := range n {
		start[i+1] += start[i]
	}
	// Edges are dealt to their ends twice: in the order of one list, the other end ascends
	// for free, which sorts all lists at once.
	deal := func(order []int32) []int32 { // positions 2·edge + end, by that end
		at := append([]int(nil), start[:n]...)
		out := make([]int32, 2*len(edges))
		for k := range out {
			p := int32(k)
			if order != nil {
				p = order[k] ^ 1 // the list of an end, read by the other
			}
			i := edges[p>>1][p&1]
			out[at[i]] = p
			at[i]++
		}
		return out
	}
	if len(edges) > math.MaxInt32/2 {
		return nil, &mat32.ShapeError{What: "edges", Rows: n, Cols: len(edges), Want: fmt.Sprintf("at most %d edges", math.MaxInt32/2)}
	}
	order := deal(deal(nil))
	indices, values := make([]int32, len(order)), make([]float64, len(order))
	for i := range n {
		for k := start[i]; k < start[i+1]; k++ {
			p := order[k]
			e := int(p >> 1)
			indices[k], values[k] = int32(edges[e][p&1^1]), 1
			if weights != nil {
				values[k] = weights[e]
			}
			if k > start[i] && indices[k] == indices[k-1] {
				return nil, refuse(max(e, int(order[k-1]>>1)), "every edge once")
			}
		}
	}
	return NewSparse(n, start, indices, values)
}
