package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func spread(t testing.TB, f geometry.Forman, g *affinity.Sparse) *geometry.EdgeCurvature {
	t.Helper()
	c, err := f.Edges(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// GraphRicciCurvature's own tests, and its values for Zachary's club.
func TestFormanOfPublishedGraphs(t *testing.T) {
	// It numbers nodes from 1.
	g, err := affinity.FromEdges(5, [][2]int{{0, 1}, {1, 2}, {2, 3}, {1, 3}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		cells        geometry.FormanCells
		edges, nodes []float64 // 12, 23, 24, 34
	}{
		{geometry.EdgesOnly, []float64{0, -1, -1, 0}, []float64{0, -2. / 3, -.5, -.5, 0}},
		{geometry.Triangles, []float64{0, 2, 2, 3}, []float64{0, 4. / 3, 2.5, 2.5, 0}},
	} {
		got := spread(t, geometry.Forman{Cells: c.cells}, g)
		if !slices.Equal(got.Values, c.edges) || !agree(got.Nodes, c.nodes, 1e-15) {
			t.Errorf("%v: %v, %v", c.cells, got.Values, got.Nodes)
		}
	}
	for _, c := range []struct {
		cells           geometry.FormanCells
		mean, low, high float64
		first           []float64
	}{
		{geometry.EdgesOnly, -11.5384615385, -25, -2, []float64{-21, -22, -18, -15, -16}},
		{geometry.Triangles, -6.34615384615, -18, 5, []float64{0, -7, -3, -9, -10}},
	} {
		got := spread(t, geometry.Forman{Cells: c.cells}, karate(t))
		if math.Abs(got.Mean()-c.mean) > 1e-10 || slices.Min(got.Values) != c.low || slices.Max(got.Values) != c.high || !slices.Equal(got.Values[:5], c.first) {
			t.Errorf("%v: %v, %v", c.cells, got, got.Values[:5])
		}
	}
}

// The general form, with weights: a triangle with a tail.
func TestFormanOfWeights(t *testing.T) {
	w := []float64{2, 3, 5, 7} // 01, 02, 12, 23
	g, err := affinity.FromEdges(4, [][2]int{{0, 1}, {0, 2}, {1, 2}, {2, 3}}, w)
	if err != nil {
		t.Fatal(err)
	}
	root := func(a, b float64) float64 { return math.Sqrt(a / b) }
	plain := []float64{2 - root(2, 3) - root(2, 5), 2 - root(3, 2) - root(3, 5) - root(3, 7), 2 - root(5, 2) - root(5, 3) - root(5, 7), 2 - root(7, 3) - root(7, 5)}
	filled := []float64{2 + 4, 2 + 9 - root(3, 7), 2 + 25 - root(5, 7), plain[3]}
	if got := spread(t, geometry.Forman{Cells: geometry.EdgesOnly}, g).Values; !agree(got, plain, 1e-14) {
		t.Errorf("edges only: %v, want %v", got, plain)
	}
	if got := spread(t, geometry.Forman{}, g).Values; !agree(got, filled, 1e-13) {
		t.Errorf("triangles: %v, want %v", got, filled)
	}
}

func balanced(t testing.TB, g *affinity.Sparse) *geometry.EdgeCurvature {
	t.Helper()
	c, err := geometry.BalancedForman(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The table of the paper.
func TestBalancedFormanInClosedForm(t *testing.T) {
	for _, c := range []struct {
		family datasets.GraphFamily
		size   []int
		want   []float64
	}{
		{datasets.Cycle, []int{3}, []float64{1.5}}, {datasets.Cycle, []int{4}, []float64{1}}, {datasets.Cycle, []int{5}, []float64{0}},
		{datasets.Cycle, []int{9}, []float64{0}}, {datasets.Complete, []int{7}, []float64{7. / 6}}, {datasets.TorusGrid, []int{6, 7}, []float64{0}},
		{datasets.BalancedTree, []int{3, 4}, []float64{4./4 - 2, 2./4 + 2./3 - 2, 0}}, // within; at the root, of 3; of leaves
	} {
		if got := distinct(balanced(t, family(t, c.family, c.size...)).Values); !agree(got, distinct(c.want), 1e-14) {
			t.Errorf("%v%v: %v, want %v", c.family, c.size, got, c.want)
		}
	}
}

// It is never above the Ollivier-Ricci curvature in the limit, and is the definition.
func TestBalancedFormanIsABound(t *testing.T) {
	g, err := datasets.StochasticBlockModel{Sizes: []int{20, 15}, Within: .4, Between: .15, Seed: 4}.Generate()
	for name, s := range map[string]*affinity.Sparse{"karate": karate(t), "blocks": weighed(t, g, err), "Petersen": family(t, datasets.Petersen), "cube": family(t, datasets.Hypercube, 4)} {
		c, limit := balanced(t, s), curvature(t, geometry.OllivierRicci{Limit: true}, s)
		for k, v := range c.Values {
			if v > limit.Values[k]+1e-12 {
				t.Errorf("%s: edge %v has %v, above %v", name, c.Edges[k], v, limit.Values[k])
			}
			if want := byDefinition(s, c.Edges[k][0], c.Edges[k][1]); math.Abs(v-want) > 1e-14 {
				t.Errorf("%s: edge %v has %v, want %v", name, c.Edges[k], v, want)
			}
		}
	}
}

// byDefinition counts as Topping et al. (2022) write it.
func byDefinition(g *affinity.Sparse, i, j int) float64 {
	n, _ := g.Dims()
	joined := func(a, b int) bool { return g.At(a, b) > 0 }
	degree := func(a int) (d float64) {
		for b := range n {
			if joined(a, b) {
				d++
			}
		}
		return d
	}
	a, b, triangles, through, most := degree(i), degree(j), 0., 0., 0.
	if min(a, b) == 1 {
		return 0
	}
	for k := range n {
		if joined(i, k) && joined(j, k) {
			triangles++
		}
		for _, e := range [][2]int{{i, j}, {j, i}} {
			if k == e[1] || !joined(e[0], k) || joined(e[1], k) {
				continue
			}
			cycles := 0.
			for w := range n {
				if w != e[0] && joined(k, w) && joined(w, e[1]) && !joined(w, e[0]) {
					cycles++
				}
			}
			if cycles > 0 {
				through++
			}
			most = max(most, cycles)
		}
	}
	c := 2/a + 2/b - 2 + 2*triangles/max(a, b) + triangles/min(a, b)
	if most > 0 {
		c += through / (most * max(a, b))
	}
	return c
}

func TestFormanRefuses(t *testing.T) {
	ctx := context.Background()
	arcs, err := affinity.NewSparse(2, []int{0, 1, 1}, []int32{1}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	var param *mat32.ParamError
	for _, g := range []*affinity.Sparse{nil, {}, arcs} {
		if _, err := (geometry.Forman{}).Edges(ctx, g); !errors.As(err, &param) {
			t.Error(err)
		}
		if _, err := geometry.BalancedForman(ctx, g); !errors.As(err, &param) {
			t.Error(err)
		}
	}
	if _, err := (geometry.Forman{Cells: "squares"}).Edges(ctx, karate(t)); !errors.As(err, &param) {
		t.Error(err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.Forman{}).Edges(ctx, lengthened(t, karate(t), 1e200, 2e200, 1)); !errors.As(err, &degenerate) {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := (geometry.Forman{}).Edges(stopped, karate(t)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := geometry.BalancedForman(stopped, karate(t)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func ExampleForman_Edges() {
	g, _ := datasets.Grid.Graph(3, 3)
	s, _ := affinity.FromEdges(g.Nodes, g.Edges, g.Weights)
	c, _ := geometry.Forman{}.Edges(context.Background(), s)
	fmt.Println(c)
	// Output:
	// Forman curvature, triangles
	//   edges     12
	//   mean      -1.6667
	//   range     -3.0000 to -1.0000
	//   signs     12 negative, 0 zero, 0 positive
}

func ExampleBalancedForman() {
	// Two triangles, and a bridge.
	s, _ := affinity.FromEdges(6, [][2]int{{0, 1}, {0, 2}, {1, 2}, {2, 3}, {3, 4}, {3, 5}, {4, 5}}, nil)
	c, _ := geometry.BalancedForman(context.Background(), s)
	bridge, _ := c.Between(2, 3)
	fmt.Printf("%.3f, the bridge %.3f\n", c.Values[0], bridge)
	// Output: 1.500, the bridge -0.667
}
