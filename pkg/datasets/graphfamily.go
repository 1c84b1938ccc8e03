package datasets

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// GraphFamily is a family of graphs that are named by a few sizes, on which much is known
// in closed form:
//
//	g, err := datasets.Cycle.Graph(6)
//	g, err := datasets.Grid.Graph(4, 4)
type GraphFamily int

const (
	// Complete(n) joins every two of n nodes.
	Complete GraphFamily = iota

	// Cycle(n) joins n ≥ 3 nodes in a ring.
	Cycle

	// Path(n) joins n nodes in a line.
	Path

	// Grid(m, n, …) joins the neighbours along each axis of an m × n × … lattice. The last
	// coordinate runs fastest.
	Grid

	// TorusGrid(m, n, …) is Grid with the ends of every axis joined; sizes are 3 or more.
	TorusGrid

	// Hypercube(d) joins the 2ᵈ corners of a cube of d dimensions along its edges.
	Hypercube

	// Petersen() joins the pairs out of five things that have none in common: ten nodes of
	// degree three (J. Petersen, 1898, Sur le théorème de Tait).
	Petersen

	// Star(n) joins node 0 to n others.
	Star

	// CompleteBipartite(m, n) joins each of m nodes to each of n others.
	CompleteBipartite

	// BalancedTree(r, h) is the tree of height h in which every inner node has r ≥ 1
	// children: node 0 is the root, and levels follow each other.
	BalancedTree
)

// family is what there is to know of one.
type family struct {
	name     string
	sizes    int // how many it takes; −1 for one or more
	least    int // of every size
	count    func(size []int) (nodes, edges float64)
	upper    func(size []int, n, i int, add func(j int)) // neighbours after i of n nodes, ascending or not
	distance func(size []int, i, j int) int
}

var families = map[GraphFamily]family{
	Complete: {"complete graph", 1, 1,
		func(s []int) (float64, float64) { n := float64(s[0]); return n, n * (n - 1) / 2 },
		func(s []int, n, i int, add func(int)) {
			for j := i + 1; j < n; j++ {
				add(j)
			}
		},
		func(_ []int, i, j int) int { return min(1, apart(i, j)) }},
	Cycle:     {"cycle", 1, 3, latticeCount(true), latticeUpper(true), latticeDistance(true)},
	Path:      {"path", 1, 1, latticeCount(false), latticeUpper(false), latticeDistance(false)},
	Grid:      {"grid", -1, 1, latticeCount(false), latticeUpper(false), latticeDistance(false)},
	TorusGrid: {"torus grid", -1, 3, latticeCount(true), latticeUpper(true), latticeDistance(true)},
	Hypercube: {"hypercube", 1, 1,
		func(s []int) (float64, float64) { d := float64(s[0]); return math.Exp2(d), d * math.Exp2(d-1) },
		func(s []int, _, i int, add func(int)) {
			for k := range s[0] {
				if i>>k&1 == 0 {
					add(i | 1<<k)
				}
			}
		},
		func(_ []int, i, j int) int { return bits.OnesCount(uint(i ^ j)) }},
	Petersen: {"Petersen graph", 0, 1,
		func([]int) (float64, float64) { return 10, 15 },
		func(_ []int, n, i int, add func(int)) {
			for j := i + 1; j < n; j++ {
				if pairsOfFive[i]&pairsOfFive[j] == 0 {
					add(j)
				}
			}
		},
		func(_ []int, i, j int) int {
			if i != j && pairsOfFive[i]&pairsOfFive[j] == 0 {
				return 1
			}
			return 2 * min(1, apart(i, j))
		}},
	Star: {"star", 1, 1,
		func(s []int) (float64, float64) { return float64(s[0]) + 1, float64(s[0]) },
		func(s []int, n, i int, add func(int)) {
			for j := 1; i == 0 && j < n; j++ {
				add(j)
			}
		},
		func(_ []int, i, j int) int {
			if i == 0 || j == 0 {
				return min(1, apart(i, j))
			}
			return 2 * min(1, apart(i, j))
		}},
	CompleteBipartite: {"complete bipartite graph", 2, 1,
		func(s []int) (float64, float64) { m, n := float64(s[0]), float64(s[1]); return m + n, m * n },
		func(s []int, n, i int, add func(int)) {
			for j := s[0]; i < s[0] && j < n; j++ {
				add(j)
			}
		},
		func(s []int, i, j int) int {
			if (i < s[0]) != (j < s[0]) {
				return 1
			}
			return 2 * min(1, apart(i, j))
		}},
	BalancedTree: {"balanced tree", 2, 1,
		func(s []int) (float64, float64) {
			nodes, level := 1., 1.
			for range min(s[1], 64) {
				level *= float64(s[0])
				nodes += level
			}
			if s[0] == 1 {
				nodes = float64(s[1]) + 1
			}
			return nodes, nodes - 1
		},
		func(s []int, n, i int, add func(int)) {
			for j := i*s[0] + 1; j < min(n, (i+1)*s[0]+1); j++ {
				add(j)
			}
		},
		func(s []int, i, j int) int {
			steps := 0
			for ; i != j; steps++ { // the higher number is not above the other
				if i > j {
					i = (i - 1) / s[0]
				} else {
					j = (j - 1) / s[0]
				}
			}
			return steps
		}},
}

// pairsOfFive holds each pair out of five as two bits.
var pairsOfFive = [10]uint8{0b00011, 0b00101, 0b01001, 0b10001, 0b00110, 0b01010, 0b10010, 0b01100, 0b10100, 0b11000}

func apart(i, j int) int { return max(i-j, j-i) }

func latticeCount(ring bool) func([]int) (float64, float64) {
	return func(size []int) (nodes, edges float64) {
		nodes = 1
		for _, s := range size {
			nodes *= float64(s)
		}
		for _, s := range size {
			if ring {
				edges += nodes
			} else {
				edges += nodes / float64(s) * float64(s-1)
			}
		}
		return nodes, edges
	}
}

func latticeUpper(ring bool) func([]int, int, int, func(int)) {
	return func(size []int, _, i int, add func(int)) {
		for step, k := 1, len(size)-1; k >= 0; k-- {
			at := i / step % size[k]
			if at+1 < size[k] {
				add(i + step)
			}
			if ring && at == 0 {
				add(i + (size[k]-1)*step)
			}
			step *= size[k]
		}
	}
}

func latticeDistance(ring bool) func([]int, int, int) int {
	return func(size []int, i, j int) int {
		sum := 0
		for _, s := range slices.Backward(size) {
			d := apart(i%s, j%s)
			if ring {
				d = min(d, s-d)
			}
			sum += d
			i, j = i/s, j/s
		}
		return sum
	}
}

// String returns the name of the family.
func (f GraphFamily) String() string {
	if k, ok := families[f]; ok {
		return k.name
	}
	return fmt.Sprintf("GraphFamily(%d)", int(f))
}

// Graph returns the graph of the sizes, whose Truth holds Geodesic. Errors:
// *mat32.ParamError where there are more or fewer sizes than the family takes, or one is
// too small, and *mat32.MemoryError. It costs O(nodes + edges), and O(edges·log(degree))
// to put them in order.
func (f GraphFamily) Graph(size ...int) (*Graph, error) {
	const generator = "datasets.GraphFamily.Graph"
	k, ok := families[f]
	if !ok {
		return nil, &mat32.ParamError{Method: generator, Param: "GraphFamily", Value: int(f), Want: "one of the constants"}
	}
	if len(size) != k.sizes && (k.sizes >= 0 || len(size) == 0) {
		want := fmt.Sprintf("%d", k.sizes)
		if k.sizes < 0 {
			want = "one or more"
		}
		return nil, &mat32.ParamError{Method: generator, Param: "size", Value: fmt.Sprintf("%d sizes of a %v", len(size), f), Want: want}
	}
	size = slices.Clone(size)
	var words []string
	for _, s := range size {
		if s < k.least || s > mostRows {
			return nil, &mat32.ParamError{Method: generator, Param: "size", Value: s, Want: fmt.Sprintf("%d ≤ size ≤ %d for a %v", k.least, mostRows, f)}
		}
		words = append(words, fmt.Sprint(s))
	}
	nodes, edges := k.count(size)
	if err := checkGraph(generator, nodes, edges); err != nil {
		return nil, err
	}
	if nodes > mostRows {
		return nil, &mat32.ParamError{Method: generator, Param: "size", Value: strings.Join(words, " × "), Want: fmt.Sprintf("at most %d nodes", mostRows)}
	}
	g := &Graph{Name: strings.TrimSpace(k.name + " " + strings.Join(words, " × ")), Nodes: int(nodes), Source: "generated"}
	g.Edges = make([][2]int, 0, int(edges))
	for i := range g.Nodes {
		from := len(g.Edges)
		k.upper(size, g.Nodes, i, func(j int) { g.Edges = append(g.Edges, [2]int{i, j}) })
		slices.SortFunc(g.Edges[from:], func(a, b [2]int) int { return a[1] - b[1] })
	}
	n := g.Nodes
	g.Truth.Geodesic = func(i, j int) float64 {
		if uint(i) >= uint(n) || uint(j) >= uint(n) {
			panic(fmt.Sprintf("datasets: nodes %d and %d of %d", i, j, n))
		}
		return float64(k.distance(size, i, j))
	}
	return g, nil
}
