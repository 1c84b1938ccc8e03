package geometry

import (
	"context"
	"fmt"
	"slices"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// network is a graph as curvature reads it: by its edges, and by the edges at every node.
type network struct {
	n        int
	directed bool
	edges    [][2]int
	lengths  []float64 // of edges
	out, in  incident  // the same where it is not directed
	notes    []string
}

// incident lists the edges that leave, or enter, every node, by their other ends, ascending.
type incident struct {
	start []int
	to    []int32
	edge  []int32
}

func (l incident) row(i int) (to, edge []int32) {
	lo, hi := l.start[i], l.start[i+1]
	return l.to[lo:hi], l.edge[lo:hi]
}

func (l incident) degree(i int) int { return l.start[i+1] - l.start[i] }

// newNetwork reads the weights of g as lengths. Loops are left out.
func newNetwork(ctx context.Context, method string, g *affinity.Sparse) (*network, error) {
	if g == nil {
		return nil, &mat32.ParamError{Method: method, Param: "g", Value: "nil", Want: "a graph"}
	}
	n, _ := g.Dims()
	if n == 0 {
		return nil, &mat32.ParamError{Method: method, Param: "g", Value: "the zero value", Want: "a graph"}
	}
	w := &network{n: n, directed: !g.Symmetric()}
	loops := 0
	w.out.start = make([]int, n+1)
	for i := range n {
		if i%edgeLook == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		columns, lengths := g.Row(i)
		for k, j := range columns {
			switch {
			case int(j) == i:
				loops++
				continue
			case w.directed || int(j) > i:
				w.out.edge = append(w.out.edge, int32(len(w.edges)))
				w.edges = append(w.edges, [2]int{i, int(j)})
				w.lengths = append(w.lengths, lengths[k])
			default: // the way back of an edge that is known
				to, edges := w.out.row(int(j))
				at, _ := slices.BinarySearch(to, int32(i))
				w.out.edge = append(w.out.edge, edges[at])
			}
			w.out.to = append(w.out.to, j)
		}
		w.out.start[i+1] = len(w.out.to)
	}
	w.in = w.out
	if w.directed {
		w.in = w.entering()
		w.notes = append(w.notes, "the graph is directed: its weights depend on the way")
	}
	if loops > 0 {
		w.notes = append(w.notes, fmt.Sprintf("%d loops were left out", loops))
	}
	return w, nil
}

// edgeLook is how many nodes or edges lie between two looks at a context where each is cheap.
const edgeLook = 4096

func (w *network) entering() incident {
	l := incident{start: make([]int, w.n+1), to: make([]int32, len(w.edges)), edge: make([]int32, len(w.edges))}
	for _, e := range w.edges {
		l.start[e[1]+1]++
	}
	for i := range w.n {
		l.start[i+1] += l.start[i]
	}
	at := slices.Clone(l.start)
	for k, e := range w.edges { // in the order of where they leave
		p := &at[e[1]]
		l.to[*p], l.edge[*p] = int32(e[0]), int32(k)
		*p++
	}
	return l
}

// equal reports whether all edges have one length.
func (w *network) equal() bool {
	for _, l := range w.lengths {
		if l != w.lengths[0] {
			return false
		}
	}
	return true
}

// nodeMeans returns for every node the mean over the edges that leave or enter it, 0 where
// there is none, and how many such nodes there are.
func (w *network) nodeMeans(values []float64) (means []float64, alone int) {
	means = make([]float64, w.n)
	count := make([]float64, w.n)
	for k, e := range w.edges {
		for _, i := range e {
			means[i] += values[k]
			count[i]++
		}
	}
	for i, c := range count {
		if c > 0 {
			means[i] /= c
		} else {
			alone++
		}
	}
	return means, alone
}
