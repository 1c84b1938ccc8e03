package datasets

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

// RandomGeometricGraph draws nodes uniformly from the unit cube and joins those that are
// near each other.
//
// Source: E. Gilbert (1961), Random plane networks; M. Penrose (2003), Random Geometric
// Graphs.
type RandomGeometricGraph struct {
	// Nodes is how many there are. Zero means 1000.
	Nodes int

	// Dim is the dimension of the cube. Zero means 2.
	Dim int

	// Radius is the largest distance of nodes that are joined, in units of the side of
	// the cube. Zero means that at which a node away from the faces has about 12 neighbours.
	Radius float64

	// Lengths makes every edge as long as its ends are apart, instead of 1.
	Lengths bool

	// Seed chooses the sample.
	Seed uint64
}

// Resolve returns the options with the defaults filled in, or a *mat32.ParamError for the
// first that is out of its range.
func (g RandomGeometricGraph) Resolve() (RandomGeometricGraph, error) {
	o := options{generator: "datasets.RandomGeometricGraph"}
	check(&o, "Nodes", &g.Nodes, standardRows, 1, mostRows)
	check(&o, "Dim", &g.Dim, 2, 1, mostDims)
	if o.err != nil {
		return g, o.err
	}
	// The volume of the unit ball, by its logarithm.
	gamma, _ := math.Lgamma(float64(g.Dim)/2 + 1)
	ball := float64(g.Dim)/2*math.Log(math.Pi) - gamma
	check(&o, "Radius", &g.Radius, math.Exp((math.Log(12/float64(g.Nodes))-ball)/float64(g.Dim)), smallest, largest)
	return g, o.err
}

// Generate returns the graph, whose Truth holds Dimension and the places of nodes, Latent.
// The error is a *mat32.ParamError or *mat32.MemoryError. It costs O(nodes²·Radius·Dim).
func (g RandomGeometricGraph) Generate() (*Graph, error) {
	const generator = "datasets.RandomGeometricGraph"
	g, err := g.Resolve()
	if err != nil {
		return nil, err
	}
	if err := checkMemory(generator, g.Nodes, 2*g.Dim+16); err != nil {
		return nil, err
	}
	x := mat.NewDense(g.Nodes, g.Dim, nil)
	eachRow(g.Nodes, g.Seed, "random geometric graph", func(i int, s *rng.Stream) {
		row := x.RawRowView(i)
		for j := range row {
			row[j] = s.Float64()
		}
	})
	// Nodes in the order of their first coordinate: neighbours are not far in it.
	order := make([]int, g.Nodes)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch u, v := x.At(a, 0), x.At(b, 0); {
		case u < v:
			return -1
		case u > v:
			return 1
		}
		return a - b
	})
	ahead := func(p int, visit func(j int, distance float64)) {
		from := x.RawRowView(order[p])
		for _, j := range order[p+1:] {
			to := x.RawRowView(j)
			if to[0]-from[0] > g.Radius {
				return
			}
			if d := floats.Distance(from, to, 2); d <= g.Radius {
				visit(j, d)
			}
		}
	}
	// Counted first, so that a radius that joins too many is refused.
	count := make([]int, g.Nodes)
	eachRow(g.Nodes, g.Seed, "", func(p int, _ *rng.Stream) {
		ahead(p, func(int, float64) { count[p]++ })
	})
	edges := 0
	for _, c := range count {
		edges += c
	}
	if err := checkGraph(generator, float64(g.Nodes), float64(edges)); err != nil {
		return nil, err
	}
	type edge struct {
		ends   [2]int
		length float64
	}
	found := make([]edge, 0, edges)
	for p, i := range order {
		ahead(p, func(j int, d float64) { found = append(found, edge{[2]int{min(i, j), max(i, j)}, d}) })
	}
	slices.SortFunc(found, func(a, b edge) int {
		if a.ends[0] != b.ends[0] {
			return a.ends[0] - b.ends[0]
		}
		return a.ends[1] - b.ends[1]
	})
	out := &Graph{Name: "random geometric graph", Nodes: g.Nodes, Edges: make([][2]int, edges),
		Source: "generated; after Gilbert (1961)",
		Notes:  []string{fmt.Sprintf("joined up to the distance %.4g in %d dimensions, seed %d", g.Radius, g.Dim, g.Seed)},
		Truth:  Truth{Dimension: g.Dim, Latent: x, Coordinates: axes(g.Dim)}}
	if g.Lengths {
		out.Weights = make([]float64, edges)
	}
	for e, f := range found {
		out.Edges[e] = f.ends
		if g.Lengths {
			out.Weights[e] = max(f.length, math.SmallestNonzeroFloat64) // a length is positive
		}
	}
	return out, nil
}
