package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/watch"
)

func flow(t testing.TB, f geometry.RicciFlow, g *affinity.Sparse) *geometry.RicciMetric {
	t.Helper()
	m, err := f.Compute(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// GraphRicciCurvature's own tests, of Zachary's club.
func TestFlowOfTheKarateClub(t *testing.T) {
	m := flow(t, geometry.RicciFlow{Iterations: 3}, karate(t))
	if want := []float64{.584642, 1.222957, .828566, 1.893597, 2.179315}; !agree(m.Lengths[:5], want, 1e-6) {
		t.Errorf("after 3 iterations the first lengths are %v, want %v", m.Lengths[:5], want)
	}
	m = flow(t, geometry.RicciFlow{}, karate(t))
	if want := []float64{.06399135316908759, .234535, .155905, 3.129581, 3.153806}; !agree(m.Lengths[:5], want, 1e-6) || math.Abs(m.Curvature[0]-.18608249978652802) > 1e-6 {
		t.Errorf("after 10 iterations the first lengths are %v, want %v", m.Lengths[:5], want)
	}
	m = flow(t, geometry.RicciFlow{Curvature: geometry.OllivierRicci{Exponent: 1}}, karate(t))
	if c := m.CutAt(1.2613588421005884); c.Count != 5 {
		t.Errorf("cut at 1.26 there are %v", c)
	}
}

// communities draws a block model, lets it flow, and compares what it finds with the blocks.
func communities(t testing.TB, within, between float64, seed uint64) (index float64, c *geometry.Communities) {
	t.Helper()
	g, err := datasets.StochasticBlockModel{Sizes: []int{25, 25, 25}, Within: within, Between: between, Seed: seed}.Generate()
	c = flow(t, geometry.RicciFlow{}, weighed(t, g, err)).Communities()
	r, err := quality.AdjustedRand(g.Labels, c.Labels)
	if err != nil {
		t.Fatal(err)
	}
	return r.Value, c
}

func TestFlowFindsBlocks(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(3) {
		if index, c := communities(t, .5, .03, seed); index < .95 {
			t.Errorf("seed %d: the index is %v, of %v", seed, index, c)
		}
		// Where there are no blocks, none are found: the same test fails.
		if index, c := communities(t, .2, .2, seed); index > .1 {
			t.Errorf("seed %d: without blocks the index is %v, of %v", seed, index, c)
		}
	}
}

// Modularity is that of the definition, and no cut has more.
func TestCommunitiesHaveTheLargestModularity(t *testing.T) {
	g, err := datasets.StochasticBlockModel{Sizes: []int{12, 9, 14}, Within: .5, Between: .08, Seed: 2}.Generate()
	m := flow(t, geometry.RicciFlow{SurgeryEvery: 2, SurgeryLength: 2.5, Iterations: 6}, weighed(t, g, err))
	if !slices.Contains(m.Cut, true) {
		t.Fatal("surgery has cut nothing")
	}
	best := m.Communities()
	most := math.Inf(-1)
	for _, l := range append(slices.Clone(m.Lengths), 0) {
		c := m.CutAt(l)
		q, edges := 0., float64(len(m.Edges))
		degree := g.Degrees()
		for i := range g.Nodes {
			for j := range g.Nodes {
				if c.Labels[i] == c.Labels[j] {
					q -= float64(degree[i]*degree[j]) / (4 * edges * edges)
				}
			}
		}
		joined, err := affinity.FromEdges(g.Nodes, kept(m, l), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := joined.Components(); want.Count != c.Count || !slices.Equal(want.Labels, c.Labels) {
			t.Fatalf("cut at %v there are %v, want %v", l, c.Labels, want.Labels)
		}
		for _, e := range m.Edges {
			if c.Labels[e[0]] == c.Labels[e[1]] {
				q += 1 / edges
			}
		}
		if math.Abs(q-c.Modularity) > 1e-12 {
			t.Fatalf("cut at %v the modularity is %v, want %v", l, c.Modularity, q)
		}
		most = max(most, q)
	}
	if math.Abs(best.Modularity-most) > 1e-12 {
		t.Errorf("the best has %v, want %v", best.Modularity, most)
	}
}

func kept(m *geometry.RicciMetric, length float64) (edges [][2]int) {
	for k, e := range m.Edges {
		if !m.Cut[k] && m.Lengths[k] <= length {
			edges = append(edges, e)
		}
	}
	return edges
}

// Edges of one curvature keep their lengths, and lengths keep their mean.
func TestFlowKeepsItsMean(t *testing.T) {
	m := flow(t, geometry.RicciFlow{}, family(t, datasets.Petersen))
	if m.Iterations != 1 || slices.Min(m.Lengths) != 1 || slices.Max(m.Lengths) != 1 {
		t.Errorf("%v", m)
	}
	m = flow(t, geometry.RicciFlow{Step: .5, Tolerance: geometry.Zero, Iterations: 4}, karate(t))
	sum := 0.
	for _, l := range m.Lengths {
		sum += l
	}
	if math.Abs(sum-78) > 1e-9 || m.Iterations != 4 || len(m.Spread) != 4 || m.Spread[3] >= m.Spread[0] {
		t.Errorf("%v, lengths add up to %v", m.Spread, sum)
	}
	if first := flow(t, geometry.RicciFlow{}, karate(t)); !slices.Equal(first.Initial, curvature(t, geometry.OllivierRicci{}, karate(t)).Values) {
		t.Error("the flow begins with another curvature")
	}
}

func TestFlowHasTheSameBitsOnAnyCores(t *testing.T) {
	g, err := datasets.RandomGeometricGraph{Nodes: 40, Lengths: true}.Generate()
	s := weighed(t, g, err)
	var want []float64
	for _, procs := range testenv.Cores() {
		before := runtime.GOMAXPROCS(procs)
		got := flow(t, geometry.RicciFlow{Iterations: 2, SurgeryEvery: 1}, s).Lengths
		runtime.GOMAXPROCS(before)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) {
			t.Fatalf("other bits on %d cores", procs)
		}
	}
}

func TestFlowOfOddGraphs(t *testing.T) {
	ctx := context.Background()
	two, err := affinity.FromEdges(6, [][2]int{{0, 1}, {2, 3}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := flow(t, geometry.RicciFlow{}, two); m.Iterations != 0 || len(m.Notes) != 1 || m.Communities().Count != 4 {
		t.Errorf("two edges: %v", m)
	}
	mixed, err := affinity.FromEdges(6, [][2]int{{0, 1}, {2, 3}, {3, 4}, {4, 5}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := flow(t, geometry.RicciFlow{}, mixed); slices.Min(m.Lengths) <= 0 || math.IsNaN(slices.Max(m.Curvature)) {
		t.Errorf("an edge and a path: %v", m.Lengths)
	}
	none, err := affinity.FromEdges(2, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := flow(t, geometry.RicciFlow{}, none); m.Communities().Count != 2 || m.String() == "" {
		t.Errorf("no edges: %v", m)
	}
	var param *mat32.ParamError
	for _, f := range []geometry.RicciFlow{{Iterations: -1}, {Step: 2}, {Step: math.NaN()}, {Tolerance: -1}, {SurgeryEvery: -1}, {SurgeryLength: 1}, {Curvature: geometry.OllivierRicci{Alpha: 2}}} {
		if _, err := f.Compute(ctx, two); !errors.As(err, &param) || param.Method != "geometry.RicciFlow" {
			t.Errorf("%+v: %v", f, err)
		}
	}
	arcs, err := affinity.NewSparse(2, []int{0, 1, 1}, []int32{1}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (geometry.RicciFlow{}).Compute(ctx, arcs); !errors.As(err, &param) {
		t.Errorf("of a directed graph: %v", err)
	}
}

// A flow that is cancelled returns what it has.
func TestFlowIsCanceled(t *testing.T) {
	stopped, stop := context.WithCancel(context.Background())
	defer stop()
	watched := watch.With(stopped, func(e watch.Event) {
		if e.Stage == "Ricci flow" && e.Done == 2 {
			stop()
		}
	})
	m, err := geometry.RicciFlow{}.Compute(watched, karate(t))
	if !errors.Is(err, context.Canceled) || m == nil || !m.Partial || m.Iterations != 2 {
		t.Fatalf("%v, %v", m, err)
	}
	if want := flow(t, geometry.RicciFlow{Iterations: 2}, karate(t)); !slices.Equal(m.Lengths, want.Lengths) {
		t.Error("the lengths so far are none that the flow had")
	}
	stop()
	if m, err := (geometry.RicciFlow{}).Compute(stopped, karate(t)); m != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", m, err)
	}
}

func ExampleRicciFlow_Compute() {
	g := datasets.Karate()
	s, _ := affinity.FromEdges(g.Nodes, g.Edges, g.Weights)
	m, _ := geometry.RicciFlow{}.Compute(context.Background(), s)
	c := m.Communities()
	fmt.Println(c)
	same, _ := quality.AdjustedRand(g.Labels, c.Labels)
	fmt.Printf("as the club split: %.2f\n", same.Value)
	// Output:
	// 4 of edges up to 1.357, modularity 0.4050
	// as the club split: 0.38
}
