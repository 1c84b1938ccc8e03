package datasets

import (
	"fmt"
	"math"
	"slices"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// StochasticBlockModel draws a graph with communities: nodes of one block are joined with
// one probability, nodes of different blocks with another, each pair by itself. Blocks
// follow each other. With both probabilities equal it is the random graph of Gilbert
// (and of Erdős and Rényi), in which there is nothing to find.
//
// The default is the benchmark of M. Girvan and M. Newman (2002), Community structure in
// social and biological networks: 4 blocks of 32, 14 edges of a node within its block and 2
// to others on average.
//
// Source: P. Holland, K. Laskey and S. Leinhardt (1983), Stochastic blockmodels: first
// steps.
type StochasticBlockModel struct {
	// Sizes holds the number of nodes of every block. Nil means 32, 32, 32, 32.
	Sizes []int

	// Within is the probability of an edge within a block. Zero means 14/31.
	Within float64

	// Between is that of an edge between blocks. Zero means 2/96; 1e-300 is never drawn.
	Between float64

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g StochasticBlockModel) Resolve() (StochasticBlockModel, error) {
	const generator = "datasets.StochasticBlockModel"
	o := options{generator: generator}
	check(&o, "Within", &g.Within, 14./31, 0, 1)
	check(&o, "Between", &g.Between, 2./96, 0, 1)
	if g.Sizes == nil {
		g.Sizes = []int{32, 32, 32, 32}
	}
	g.Sizes = slices.Clone(g.Sizes)
	nodes := 0
	for k, s := range g.Sizes {
		if s < 1 || s > mostRows-nodes {
			o.refuse(fmt.Sprintf("Sizes[%d]", k), s, fmt.Sprintf("1 or more, and at most %d nodes in all", mostRows))
			break
		}
		nodes += s
	}
	if nodes == 0 && o.err == nil {
		o.err = &mat32.ParamError{Method: generator, Param: "Sizes", Value: "no blocks", Want: "at least one"}
	}
	return g, o.err
}

// Generate returns the graph, with the block of every node as label. The error is a
// *mat32.ParamError or *mat32.MemoryError. It costs O(nodes·blocks + edges).
func (g StochasticBlockModel) Generate() (*Graph, error) {
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	var nodes, edges float64
	for _, s := range g.Sizes {
		size := float64(s)
		edges += g.Within*size*(size-1)/2 + g.Between*size*nodes
		nodes += size
	}
	if err := checkGraph("datasets.StochasticBlockModel", nodes, edges); err != nil {
		return nil, err
	}
	ends := make([]int, len(g.Sizes))
	labels := make([]int, 0, int(nodes))
	for k, s := range g.Sizes {
		labels = append(labels, slices.Repeat([]int{k}, s)...)
		ends[k] = len(labels)
	}
	upper := make([][]int, len(labels))
	eachRow(len(labels), g.Seed, "stochastic block model", func(i int, s *rng.Stream) {
		for k, end := range ends {
			p := g.Between
			if k == labels[i] {
				p = g.Within
			}
			// From one edge to the next, a number of pairs are passed over that has the
			// geometric distribution.
			for j := max(i, end-g.Sizes[k]-1); ; {
				skip := 0.
				if p < 1 {
					skip = math.Floor(math.Log(1-s.Float64()) / math.Log1p(-p))
				}
				if !(float64(j)+1+skip < float64(end)) {
					break
				}
				j += 1 + int(skip)
				upper[i] = append(upper[i], j)
			}
		}
	})
	return &Graph{
		Name: "stochastic block model", Nodes: len(labels), Edges: edgesOf(upper), Labels: labels, Names: numbered(len(g.Sizes)),
		Source: "generated; after Holland, Laskey and Leinhardt (1983)",
		Notes:  []string{fmt.Sprintf("an edge with probability %.4g within a block and %.4g between, seed %d", g.Within, g.Between, g.Seed)},
	}, nil
}

// edgesOf lists the edges to the higher neighbours of every node.
func edgesOf(upper [][]int) [][2]int {
	count := 0
	for _, u := range upper {
		count += len(u)
	}
	edges := make([][2]int, 0, count)
	for i, u := range upper {
		for _, j := range u {
			edges = append(edges, [2]int{i, j})
		}
	}
	return edges
}
