package kernel

import "slices"

// Ways are the edges of a graph with their lengths, ready for Shorten.
type Ways struct {
	start   []int
	to      []int32
	lengths []float64
}

// WaysTogether is how many lengths Shorten keeps of every node.
const WaysTogether = 16

// NewWays borrows the edges of a graph: from node i to to[start[i]] … to[start[i+1]−1].
// It panics where these are no nodes, or not as many as there are lengths.
func NewWays(start []int, to []int32, lengths []float64) *Ways {
	n := len(start) - 1
	if n < 0 || start[0] != 0 || start[n] != len(to) || len(lengths) != len(to) || !slices.IsSorted(start) {
		panic("kernel: edges that are not there")
	}
	for _, j := range to {
		if j < 0 || int(j) >= n {
			panic("kernel: no such node")
		}
	}
	return &Ways{start, to, lengths}
}

// Shorten makes one pass over the nodes listed: where an edge from a node leads to
// another from which the way on, with the edge, is shorter than that from the node
// itself, this becomes the way. x holds the lengths of WaysTogether ways of every node,
// one for each goal. It reports whether any fell. Passes until none falls leave the
// shortest ways, the same bits whatever the order of the nodes. No length may be NaN.
func (w *Ways) Shorten(x []float64, order []int32) bool {
	n := len(w.start) - 1
	if len(x) != n*WaysTogether {
		panic("kernel: as many ways as nodes are needed")
	}
	for _, i := range order {
		if i < 0 || int(i) >= n {
			panic("kernel: no such node")
		}
	}
	if avx2 {
		return shorten64AVX2(x, order, w.start, w.to, w.lengths)
	}
	return shorten64Go(x, order, w.start, w.to, w.lengths)
}

func shorten64Go(x []float64, order []int32, start []int, to []int32, lengths []float64) bool {
	changed := false
	for _, i := range order {
		ways := (*[WaysTogether]float64)(x[int(i)*WaysTogether:])
		for k := start[i]; k < start[i+1]; k++ {
			length := lengths[k]
			for l, v := range (*[WaysTogether]float64)(x[int(to[k])*WaysTogether:]) {
				if v += length; v < ways[l] {
					ways[l], changed = v, true
				}
			}
		}
	}
	return changed
}
