package datasets

import (
	"fmt"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// Graph is an undirected graph with what is known about it. It belongs to whoever asked
// for it, as a Dataset does.
//
//	s, err := affinity.FromEdges(g.Nodes, g.Edges, g.Weights)
type Graph struct {
	Name  string
	Nodes int      // they are 0 … Nodes−1
	Edges [][2]int // each once, the lower end first, in ascending order; no loops

	// Weights holds the length of every edge, nil where each is 1.
	Weights []float64

	// Labels holds the class of every node, an index into Names. Both are nil where
	// nodes have no classes.
	Labels []int
	Names  []string

	Source string   // whose graph it is
	Notes  []string // the options that made it

	// Truth holds what the generator knows. Geodesic is the length of the shortest way
	// between two nodes, where it has a closed form, and Latent the places of nodes that
	// have some.
	Truth Truth
}

// Degrees returns the number of edges at every node.
func (g *Graph) Degrees() []int {
	d := make([]int, g.Nodes)
	for _, e := range g.Edges {
		d[e[0]]++
		d[e[1]]++
	}
	return d
}

// String returns a small table: size, classes, truth and source.
func (g *Graph) String() string {
	var b strings.Builder
	line := func(head, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s ", head)
		fmt.Fprintf(&b, format, args...)
		b.WriteByte('\n')
	}
	line(g.Name, "%d nodes, %d edges", g.Nodes, len(g.Edges))
	if len(g.Names) > 0 {
		line("classes", "%s", list(sizes(g.Labels, g.Names)))
	}
	if known := g.Truth.known(); len(known) > 0 {
		line("truth", "%s", strings.Join(known, ", "))
	}
	for _, note := range g.Notes {
		line("note", "%s", note)
	}
	if g.Source != "" {
		line("source", "%s", g.Source)
	}
	return b.String()
}

// checkGraph refuses a graph that would not fit.
func checkGraph(generator string, nodes, edges float64) error {
	const perNode, perEdge = 64, 96
	bytes := min(perNode*nodes+perEdge*edges, 1<<62)
	return mat32.CheckMemory(generator, int64(bytes), 0, "ask for fewer nodes or edges")
}
