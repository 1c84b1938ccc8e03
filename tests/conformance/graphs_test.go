package conformance

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/topology"
)

// graphOf joins every row with the next three, of many rows with the next 30, by edges as long
// as rows are apart, or of length 1 where they are equal or beyond float64.
func graphOf(_ string, x mat.Matrix) []any {
	n, d := dims(x)
	reach := 3
	if n > 1000 { // in which a cancel has time, so that lengths must cost little
		reach, d = 30, min(d, 2)
	}
	var edges [][2]int
	var lengths []float64
	for i := range n {
		for k := 1; k <= reach && 2*k < n; k++ {
			j, l := (i+k)%n, 0.
			for c := range d {
				l = math.Hypot(l, x.At(i, c)-x.At(j, c))
			}
			if !(l > 0) || math.IsInf(l, 0) {
				l = 1
			}
			edges, lengths = append(edges, [2]int{i, j}), append(lengths, l)
		}
	}
	g, err := affinity.FromEdges(n, edges, lengths)
	if err != nil {
		panic(err)
	}
	return []any{g}
}

// oneWay leads from each of five nodes to the next.
func oneWay() *affinity.Sparse {
	g, err := affinity.NewSparse(5, []int{0, 1, 2, 3, 4, 4}, []int32{1, 2, 3, 4}, []float64{1, 1, 1, 1})
	if err != nil {
		panic(err)
	}
	return g
}

// noGraph is no graph at all.
func noGraph(string) map[string][]any {
	return map[string][]any{"no graph": {(*affinity.Sparse)(nil)}, "the zero graph": {new(affinity.Sparse)}}
}

// noWayBack is that, and a graph that leads one way.
func noWayBack(verb string) map[string][]any {
	bad := noGraph(verb)
	bad["a directed graph"] = []any{oneWay()}
	return bad
}

// blocks draws a graph of three groups of nodes, which are the labels, with an edge between two
// nodes of a group with one probability, and between others with another.
func blocks(seed uint64, within, between float64) sample {
	g, err := datasets.StochasticBlockModel{Sizes: []int{20, 20, 20}, Within: within, Between: between, Seed: seed}.Generate()
	if err != nil {
		panic(err)
	}
	s := linked(g.Nodes, g.Edges)
	s.labels = g.Labels
	return s
}

// diagramsOf makes a bar of every row, those of even rows in one diagram and those of odd ones
// in another.
func diagramsOf(_ string, x mat.Matrix) []any {
	n, d := dims(x)
	var of [2]topology.Diagram
	for i := range n {
		birth := math.Abs(x.At(i, 0)) / 4
		of[i%2] = append(of[i%2], topology.Bar{Birth: birth, Death: birth + math.Abs(x.At(i, min(1, d-1)))/4})
	}
	return []any{of[0], of[1]}
}

// landscapesOf makes one of the bars of every two rows.
func landscapesOf(_ string, x mat.Matrix) []any {
	n, d := dims(x)
	var of []*topology.Landscape
	for i := 0; i < n; i += 2 {
		var bars topology.Diagram
		for j := i; j < min(i+2, n); j++ {
			birth := math.Abs(x.At(j, 0)) / 4
			bars = append(bars, topology.Bar{Birth: birth, Death: birth + math.Abs(x.At(j, min(1, d-1)))/4})
		}
		l, err := topology.NewLandscape(bars, 0)
		if err != nil {
			panic(err)
		}
		of = append(of, l)
	}
	return []any{of}
}
