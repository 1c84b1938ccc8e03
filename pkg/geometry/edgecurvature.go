package geometry

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// EdgeCurvature is the curvature of the edges of a graph.
type EdgeCurvature struct {
	Method string // which curvature, with its options

	// Edges are those of the graph in ascending order, the lower end first; of a directed
	// graph each is an arc, its beginning first. Values holds the curvature of each.
	Edges  [][2]int
	Values []float64

	// Nodes holds the mean of the edges at every node, 0 for nodes without any: the scalar
	// curvature of a node, divided by its degree.
	Nodes []float64

	Notes []string // what a reader should know

	Directed bool // whether edges are arcs, from the first to the second
}

// curved returns the curvature of the edges of w.
func curved(method string, w *network, values []float64, notes ...string) *EdgeCurvature {
	c := &EdgeCurvature{Method: method, Edges: w.edges, Values: values, Notes: append(slices.Clone(w.notes), notes...), Directed: w.directed}
	alone := 0
	if c.Nodes, alone = w.nodeMeans(values); alone > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d nodes have no edges, and curvature 0", alone))
	}
	return c
}

// Mean returns the mean over the edges, 0 where there are none.
func (c *EdgeCurvature) Mean() float64 {
	sum := 0.
	for _, v := range c.Values {
		sum += v
	}
	return sum / float64(max(1, len(c.Values)))
}

// Between returns the curvature of the edge between i and j, in a directed graph of the arc
// from i to j, and whether there is one. It costs O(log(edges)).
func (c *EdgeCurvature) Between(i, j int) (float64, bool) {
	at, ok := slices.BinarySearchFunc(c.Edges, [2]int{i, j}, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	if !ok && i > j && !c.Directed {
		at, ok = slices.BinarySearchFunc(c.Edges, [2]int{j, i}, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	}
	if !ok {
		return 0, false
	}
	return c.Values[at], true
}

// String returns a small table: the mean over the edges and their range.
func (c *EdgeCurvature) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", c.Method)
	line := func(head, format string, args ...any) {
		fmt.Fprintf(&b, "\n  %-9s "+format, append([]any{head}, args...)...)
	}
	line("edges", "%d", len(c.Values))
	if len(c.Values) > 0 {
		line("mean", "%.4f", c.Mean())
		line("range", "%.4f to %.4f", slices.Min(c.Values), slices.Max(c.Values))
		bent := [3]int{}
		for _, v := range c.Values {
			switch {
			case v < -flat:
				bent[0]++
			case v > flat:
				bent[2]++
			default:
				bent[1]++
			}
		}
		line("signs", "%d negative, %d zero, %d positive", bent[0], bent[1], bent[2])
	}
	for _, n := range c.Notes {
		line("note", "%s", n)
	}
	return b.String()
}

// flat is what counts as zero where signs are counted.
const flat = 1e-9

// short prints a value as captions show it.
func short(v float64) string {
	if v == math.E {
		return "e"
	}
	return fmt.Sprintf("%.4g", v)
}
