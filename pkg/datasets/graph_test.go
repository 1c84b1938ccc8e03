package datasets_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// steps returns how many edges the shortest ways from a node have, −1 where there is none.
func steps(g *datasets.Graph, from int) []int {
	next := make([][]int, g.Nodes)
	for _, e := range g.Edges {
		next[e[0]] = append(next[e[0]], e[1])
		next[e[1]] = append(next[e[1]], e[0])
	}
	out := slices.Repeat([]int{-1}, g.Nodes)
	out[from] = 0
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		for _, j := range next[queue[0]] {
			if out[j] < 0 {
				out[j] = out[queue[0]] + 1
				queue = append(queue, j)
			}
		}
	}
	return out
}

// wellFormed fails unless edges ascend without loops between nodes that there are, and
// Geodesic, where there is one, is the number of steps.
func wellFormed(t *testing.T, g *datasets.Graph) {
	t.Helper()
	for k, e := range g.Edges {
		if e[0] < 0 || e[0] >= e[1] || e[1] >= g.Nodes || k > 0 && slices.Compare(g.Edges[k-1][:], e[:]) >= 0 {
			t.Fatalf("%s: edge %d is %v, after %v", g.Name, k, e, g.Edges[max(0, k-1)])
		}
	}
	if _, err := affinity.FromEdges(g.Nodes, g.Edges, g.Weights); err != nil {
		t.Fatal(err)
	}
	for i := 0; g.Truth.Geodesic != nil && i < g.Nodes; i++ {
		for j, want := range steps(g, i) {
			if got := g.Truth.Geodesic(i, j); got != float64(want) {
				t.Fatalf("%s: the way from %d to %d is %v, want %d", g.Name, i, j, got, want)
			}
		}
	}
}

func TestFamiliesOfGraphs(t *testing.T) {
	for _, c := range []struct {
		family       datasets.GraphFamily
		size         []int
		nodes, edges int
		degrees      []int // that occur, in order
	}{
		{datasets.Complete, []int{1}, 1, 0, []int{0}},
		{datasets.Complete, []int{6}, 6, 15, []int{5}},
		{datasets.Cycle, []int{3}, 3, 3, []int{2}},
		{datasets.Cycle, []int{9}, 9, 9, []int{2}},
		{datasets.Path, []int{5}, 5, 4, []int{1, 2}},
		{datasets.Grid, []int{4, 4}, 16, 24, []int{2, 3, 4}},
		{datasets.Grid, []int{2, 3, 4}, 24, 46, []int{3, 4, 5}},
		{datasets.TorusGrid, []int{6, 6}, 36, 72, []int{4}},
		{datasets.TorusGrid, []int{3, 4, 5}, 60, 180, []int{6}},
		{datasets.Hypercube, []int{4}, 16, 32, []int{4}},
		{datasets.Petersen, nil, 10, 15, []int{3}},
		{datasets.Star, []int{5}, 6, 5, []int{1, 5}},
		{datasets.CompleteBipartite, []int{3, 2}, 5, 6, []int{2, 3}},
		{datasets.BalancedTree, []int{2, 3}, 15, 14, []int{1, 2, 3}},
		{datasets.BalancedTree, []int{1, 4}, 5, 4, []int{1, 2}},
		{datasets.BalancedTree, []int{5, 2}, 31, 30, []int{1, 5, 6}},
	} {
		g, err := c.family.Graph(c.size...)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, g)
		degrees := g.Degrees()
		slices.Sort(degrees)
		if g.Nodes != c.nodes || len(g.Edges) != c.edges || !slices.Equal(slices.Compact(degrees), c.degrees) || g.Truth.Geodesic == nil {
			t.Errorf("%v%v has %d nodes, %d edges, the degrees %v", c.family, c.size, g.Nodes, len(g.Edges), g.Degrees())
		}
	}
	// The Petersen graph has no cycle shorter than five: no two nodes have two ways of two steps.
	g, _ := datasets.Petersen.Graph()
	for i := range 10 {
		far := 0
		for j := range 10 {
			if g.Truth.Geodesic(i, j) == 2 {
				far++
			}
		}
		if far != 6 {
			t.Errorf("from node %d of the Petersen graph %d nodes are two steps away", i, far)
		}
	}
}

func TestFamiliesRefuse(t *testing.T) {
	for _, c := range []struct {
		family datasets.GraphFamily
		size   []int
		memory bool
	}{
		{datasets.Cycle, []int{2}, false}, {datasets.Cycle, nil, false}, {datasets.Grid, nil, false}, {datasets.Petersen, []int{1}, false},
		{datasets.Complete, []int{-1}, false}, {datasets.TorusGrid, []int{3, 2}, false}, {99, []int{3}, false}, {-1, nil, false},
		{datasets.Complete, []int{1 << 30}, true}, {datasets.Hypercube, []int{1 << 30}, true}, {datasets.BalancedTree, []int{3, 1 << 30}, true},
		{datasets.Grid, []int{1 << 30, 1 << 30, 1 << 30}, true}, {datasets.CompleteBipartite, []int{1 << 20, 1 << 20}, true},
	} {
		g, err := c.family.Graph(c.size...)
		var param *mat32.ParamError
		var memory *mat32.MemoryError
		if g != nil || (c.memory && !errors.As(err, &memory)) || (!c.memory && !errors.As(err, &param)) {
			t.Errorf("%v%v: %v", c.family, c.size, err)
		}
	}
}

func TestKarate(t *testing.T) {
	g := datasets.Karate()
	wellFormed(t, g)
	degrees, split := g.Degrees(), 0
	for _, e := range g.Edges {
		if g.Labels[e[0]] != g.Labels[e[1]] {
			split++
		}
	}
	// As published: 78 friendships, 16 of the instructor and 17 of the president, 45 triangles.
	if len(g.Edges) != 78 || degrees[0] != 16 || degrees[33] != 17 || slices.Min(degrees) != 1 || g.Labels[0] != 0 || g.Labels[33] != 1 || split != 11 {
		t.Errorf("%v edges, degrees %v, %d between the sides", len(g.Edges), degrees, split)
	}
	triangles := 0
	is := map[[2]int]bool{}
	for _, e := range g.Edges {
		is[e] = true
	}
	for _, e := range g.Edges {
		for k := e[1] + 1; k < g.Nodes; k++ {
			if is[[2]int{e[0], k}] && is[[2]int{e[1], k}] {
				triangles++
			}
		}
	}
	if triangles != 45 {
		t.Errorf("%d triangles, want 45", triangles)
	}
}

func TestStochasticBlockModel(t *testing.T) {
	sizes := []int{60, 100, 40}
	var within, between [2]float64 // edges, expected
	for seed := range uint64(20) {
		m := datasets.StochasticBlockModel{Sizes: sizes, Within: 0.3, Between: 0.05, Seed: seed}
		g, err := m.Generate()
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, g)
		for _, e := range g.Edges {
			if g.Labels[e[0]] == g.Labels[e[1]] {
				within[0]++
			} else {
				between[0]++
			}
		}
		within[1] += 0.3 * (60*59 + 100*99 + 40*39) / 2
		between[1] += 0.05 * (60*100 + 60*40 + 100*40)
	}
	for _, c := range [][2]float64{within, between} {
		if math.Abs(c[0]-c[1]) > 5*math.Sqrt(c[1]) {
			t.Errorf("%v edges, want about %v", c[0], c[1])
		}
	}
	// Certain and impossible edges.
	g, err := datasets.StochasticBlockModel{Sizes: []int{4, 5}, Within: 1, Between: 1e-300}.Generate()
	if err != nil || len(g.Edges) != 6+10 {
		t.Errorf("two cliques have %d edges: %v", len(g.Edges), err)
	}
	for _, m := range []datasets.StochasticBlockModel{{Within: 2}, {Between: -1}, {Within: math.NaN()}, {Sizes: []int{3, 0}}, {Sizes: []int{}}} {
		var param *mat32.ParamError
		if _, err := m.Generate(); !errors.As(err, &param) {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func TestRandomGeometricGraph(t *testing.T) {
	for _, m := range []datasets.RandomGeometricGraph{{Nodes: 200, Lengths: true}, {Nodes: 100, Dim: 5, Radius: 0.5}, {Nodes: 60, Dim: 1, Radius: 0.1, Seed: 3}} {
		g, err := m.Generate()
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, g)
		r, err := m.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		at := 0
		for i := range g.Nodes {
			for j := i + 1; j < g.Nodes; j++ {
				d := floats.Distance(g.Truth.Latent.RawRowView(i), g.Truth.Latent.RawRowView(j), 2)
				if d > r.Radius {
					continue
				}
				if at >= len(g.Edges) || g.Edges[at] != [2]int{i, j} || m.Lengths && g.Weights[at] != d {
					t.Fatalf("%+v lacks the edge %d–%d of length %v", m, i, j, d)
				}
				at++
			}
		}
		if at != len(g.Edges) {
			t.Errorf("%d edges, want %d", len(g.Edges), at)
		}
	}
	var memory *mat32.MemoryError
	if _, err := (datasets.RandomGeometricGraph{Nodes: 10_000, Radius: 2}).Generate(); !errors.As(err, &memory) {
		t.Errorf("a complete graph of 10 000 nodes: %v", err)
	}
}

func TestRandomGeometricGraphHasItsDegree(t *testing.T) {
	testenv.Unraced(t)
	const n = 3000
	g, err := datasets.RandomGeometricGraph{Nodes: n}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if mean := 2 * float64(len(g.Edges)) / n; mean < 11 || mean > 12.5 { // 12, but less at the sides
		t.Errorf("%v neighbours on average, want 12 away from the sides", mean)
	}
}

// All trees on four nodes are equally likely.
func TestRandomTree(t *testing.T) {
	const draws = 3200
	count := map[string]int{}
	for seed := range uint64(draws) {
		g, err := datasets.RandomTree{Nodes: 4, Seed: seed}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		count[fmt.Sprint(g.Edges)]++
	}
	chi := 0.
	for _, c := range count {
		chi += math.Pow(float64(c)-draws/16, 2) / (draws / 16)
	}
	if len(count) != 16 || chi > 40 { // of 15 degrees of freedom
		t.Errorf("%d trees of 16, chi square %v", len(count), chi)
	}
	for _, n := range []int{1, 2, 3, 150} {
		g, err := datasets.RandomTree{Nodes: n, Seed: 5}.Generate()
		if err != nil || len(g.Edges) != n-1 || slices.Contains(steps(g, 0), -1) {
			t.Fatalf("%d nodes: %v, %v", n, g, err)
		}
		wellFormed(t, g)
	}
}

func ExampleGraphFamily() {
	g, _ := datasets.Cycle.Graph(6)
	fmt.Print(g)
	fmt.Println(g.Edges, g.Truth.Geodesic(0, 4))
	// Output:
	// cycle 6    6 nodes, 6 edges
	// truth      geodesics
	// source     generated
	// [[0 1] [0 5] [1 2] [2 3] [3 4] [4 5]] 2
}

func ExampleKarate() {
	g := datasets.Karate()
	fmt.Print(g)
	// Output:
	// karate club 34 nodes, 78 edges
	// classes    instructor (17), officers (17)
	// source     Zachary (1977)
}
