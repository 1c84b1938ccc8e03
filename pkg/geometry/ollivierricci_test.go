package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// weighed returns the weights of a graph that was just drawn.
func weighed(t testing.TB, g *datasets.Graph, err error) *affinity.Sparse {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	s, err := affinity.FromEdges(g.Nodes, g.Edges, g.Weights)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func family(t testing.TB, f datasets.GraphFamily, size ...int) *affinity.Sparse {
	g, err := f.Graph(size...)
	return weighed(t, g, err)
}

func karate(t testing.TB) *affinity.Sparse { return weighed(t, datasets.Karate(), nil) }

// lengthened gives the edges of a symmetric graph lengths between lo and hi.
func lengthened(t testing.TB, g *affinity.Sparse, lo, hi float64, seed uint64) *affinity.Sparse {
	t.Helper()
	n, _ := g.Dims()
	var edges [][2]int
	var lengths []float64
	for i := range n {
		columns, _ := g.Row(i)
		for _, j := range columns {
			if i < int(j) {
				s := rng.New(seed, "lengths", len(edges))
				edges, lengths = append(edges, [2]int{i, int(j)}), append(lengths, lo+(hi-lo)*s.Float64())
			}
		}
	}
	s, err := affinity.FromEdges(n, edges, lengths)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func curvature(t testing.TB, o geometry.OllivierRicci, g *affinity.Sparse) *geometry.EdgeCurvature {
	t.Helper()
	c, err := o.Edges(context.Background(), g)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// distinct returns the values that occur, ascending, each once but for rounding.
func distinct(values []float64) []float64 {
	s := slices.Sorted(slices.Values(values))
	return slices.CompactFunc(s, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })
}

// agree reports whether lists are the same but for rounding.
func agree(got, want []float64, off float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= off })
}

// The closed forms, at Alpha 0 and ½, and in the limit.
func TestCurvatureInClosedForm(t *testing.T) {
	for _, c := range []struct {
		family           datasets.GraphFamily
		size             []int
		none, half, some []float64 // nil some is not checked: the limit is twice that at ½
	}{
		{datasets.Complete, []int{3}, []float64{.5}, []float64{.75}, []float64{1.5}},
		{datasets.Complete, []int{5}, []float64{.75}, []float64{.625}, []float64{1.25}},
		{datasets.Cycle, []int{4}, []float64{0}, []float64{.5}, []float64{1}},
		{datasets.Cycle, []int{5}, []float64{0}, []float64{.25}, []float64{.5}},
		{datasets.Cycle, []int{6}, []float64{0}, []float64{0}, []float64{0}},
		{datasets.Cycle, []int{7}, []float64{0}, []float64{0}, []float64{0}},
		{datasets.Cycle, []int{12}, []float64{0}, []float64{0}, []float64{0}},
		{datasets.Path, []int{4}, []float64{0}, []float64{0, .5}, []float64{0, 1}},
		{datasets.Star, []int{5}, []float64{0}, []float64{.2}, []float64{.4}},
		{datasets.Hypercube, []int{3}, []float64{0}, []float64{1. / 3}, []float64{2. / 3}},
		{datasets.Hypercube, []int{4}, []float64{0}, []float64{.25}, []float64{.5}},
		{datasets.Petersen, nil, []float64{-1. / 3}, []float64{0}, []float64{0}},
		{datasets.CompleteBipartite, []int{3, 3}, []float64{0}, []float64{1. / 3}, []float64{2. / 3}},
		{datasets.TorusGrid, []int{6, 6}, []float64{0}, []float64{0}, []float64{0}},
		{datasets.Grid, []int{4, 4}, []float64{0}, []float64{0, 1. / 12, 1. / 6}, []float64{0, 1. / 6, 1. / 3}},
		{datasets.BalancedTree, []int{2, 3}, []float64{-2. / 3, -1. / 3, 0}, []float64{-1. / 3, -1. / 6, 1. / 3}, []float64{-2. / 3, -1. / 3, 2. / 3}},
	} {
		g := family(t, c.family, c.size...)
		for _, v := range []struct {
			o    geometry.OllivierRicci
			want []float64
		}{{geometry.OllivierRicci{Alpha: geometry.Zero}, c.none}, {geometry.OllivierRicci{}, c.half}, {geometry.OllivierRicci{Limit: true}, c.some}} {
			got := distinct(curvature(t, v.o, g).Values)
			// Amounts and steps are whole numbers: nothing is rounded but the quotient.
			if !agree(got, v.want, 1e-16) {
				t.Errorf("%v%v, %v: %v, want %v", c.family, c.size, v.o.String(), got, v.want)
			}
		}
	}
}

// GraphRicciCurvature's own tests, of Zachary's club.
func TestCurvatureOfTheKarateClub(t *testing.T) {
	first := []float64{.111111, -.143750, .041667, -.114583, -.281250, -.281250, .062500, -.200000, -.114583, .062500,
		0, .062500, .062500, -.031250, .062500, -.427083, .044444, .166667, .194444, .244444}
	c := curvature(t, geometry.OllivierRicci{}, karate(t))
	if !agree(c.Values[:20], first, 5e-7) || !agree(c.Values[75:], []float64{-.166667, -.122549, .267157}, 5e-7) {
		t.Errorf("%v, want %v …", c.Values, first)
	}
	if math.Abs(c.Mean()-.070855853) > 5e-10 || math.Abs(slices.Min(c.Values)+.427083333) > 5e-10 || slices.Max(c.Values) != .5 {
		t.Errorf("%v", c)
	}
	product := curvature(t, geometry.OllivierRicci{Plan: geometry.ProductPlan}, karate(t))
	if !agree(product.Values[:5], []float64{-.343750, -.437500, -.265625, -.250000, -.390625}, 1e-12) {
		t.Errorf("of the product plan: %v", product.Values[:5])
	}
	// 0→1, 1→2, 1→3, 2→3, 3→1.
	arcs, err := affinity.NewSparse(4, []int{0, 1, 3, 4, 5}, []int32{1, 2, 3, 3, 1}, []float64{1, 1, 1, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []geometry.OllivierRicci{{}, {Exponent: geometry.Zero}} {
		d := curvature(t, o, arcs)
		if !agree(d.Values, []float64{-.5, 0, .5, .5, .75}, 1e-15) || len(d.Notes) != 1 {
			t.Errorf("of a directed graph: %v, %v", d.Values, d.Edges)
		}
		if v, ok := d.Between(1, 0); ok {
			t.Errorf("there is no arc from 1 to 0, and it has curvature %v", v)
		}
		if v, ok := d.Between(3, 1); !ok || v != d.Values[4] {
			t.Errorf("from 3 to 1: %v, %v", v, ok)
		}
	}
}

// Both ways of measuring come to the same where edges have one length, whatever it is.
func TestStepsAndLengthsAgree(t *testing.T) {
	g, err := datasets.StochasticBlockModel{Sizes: []int{20, 25}, Within: .4, Between: .1}.Generate()
	random := weighed(t, g, err)
	for name, g := range map[string]*affinity.Sparse{"karate": karate(t), "blocks": random, "tree": family(t, datasets.BalancedTree, 3, 3), "complete": family(t, datasets.Complete, 9)} {
		for _, alpha := range []float64{geometry.Zero, .1, .5, .9} {
			o := geometry.OllivierRicci{Alpha: alpha, Exponent: geometry.Zero}
			steps := curvature(t, o, g)
			// A last digit that differs is a length that differs.
			lengths := curvature(t, o, lengthened(t, g, 1, 1+1e-14, 1))
			if !agree(steps.Values, lengths.Values, 1e-12) {
				t.Errorf("%s, alpha %v: %v by steps, %v by lengths", name, alpha, steps.Values, lengths.Values)
			}
			if seven := curvature(t, o, lengthened(t, g, 7, 7, 1)); !slices.Equal(seven.Values, steps.Values) {
				t.Errorf("%s: edges of length 7 have another curvature", name)
			}
		}
	}
}

// The unit of length does not matter where shares are equal, and an edge that is no shortest
// way is measured against the distance of its ends.
func TestLengthsOfEdges(t *testing.T) {
	g := lengthened(t, karate(t), .5, 2, 3)
	o := geometry.OllivierRicci{Exponent: geometry.Zero}
	a, b := curvature(t, o, g), curvature(t, o, lengthened(t, karate(t), 500, 2000, 3))
	if !agree(a.Values, b.Values, 1e-12) {
		t.Error("a thousand times as long, edges have another curvature")
	}
	// A triangle with a side of 10, around which it is 2. With equal shares μ0 − μ2 is ¼ at
	// 0 and −¼ at 2.
	triangle, err := affinity.FromEdges(3, [][2]int{{0, 1}, {1, 2}, {0, 2}}, []float64{1, 1, 10})
	if err != nil {
		t.Fatal(err)
	}
	c := curvature(t, o, triangle)
	if v, ok := c.Between(2, 0); !ok || math.Abs(v-.75) > 1e-15 {
		t.Errorf("the long side has curvature %v, want ¾", v)
	}
	if _, ok := c.Between(1, 1); ok {
		t.Error("there is no edge from a node to itself")
	}
	// Shares: from node 0 of a path 1–0–2 with edges 1 and 2 as e⁻¹ to e⁻⁴. μ1 is ½ at 1 and
	// 0, so that ½ − ½·p moves from 1 to 0 or on, and ½(1−p) of it further to 2.
	path, err := affinity.FromEdges(3, [][2]int{{0, 1}, {0, 2}}, []float64{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	p := 1 / (1 + math.Exp(-3))
	want := 1 - ((1-p)/2)*(1+2)
	if v, _ := curvature(t, geometry.OllivierRicci{}, path).Between(0, 1); math.Abs(v-want) > 1e-14 {
		t.Errorf("curvature %v, want %v", v, want)
	}
}

// With little entropy the plan is the optimal one, with much the product of what there is:
// curvature falls on the way.
func TestEntropicPlan(t *testing.T) {
	testenv.Unraced(t)
	g := karate(t)
	before := curvature(t, geometry.OllivierRicci{}, g)
	for _, scale := range []float64{.05, 1, 100} {
		c := curvature(t, geometry.OllivierRicci{Plan: geometry.EntropicPlan, Regularization: scale}, g)
		for k, v := range c.Values {
			if v > before.Values[k]+1e-4 { // what plans that did not settle leave
				t.Fatalf("at %v edge %v has curvature %v, above %v", scale, c.Edges[k], v, before.Values[k])
			}
		}
		if scale == .05 && before.Mean()-c.Mean() > 2e-3 {
			t.Errorf("at %v the mean is %v, far from %v", scale, c.Mean(), before.Mean())
		}
		before = c
	}
}

func TestCurvatureHasTheSameBitsOnAnyCores(t *testing.T) {
	g, err := datasets.RandomGeometricGraph{Nodes: 40, Lengths: true}.Generate()
	long := weighed(t, g, err)
	for _, o := range []geometry.OllivierRicci{{}, {Plan: geometry.EntropicPlan, Regularization: 1}, {Plan: geometry.ProductPlan}} {
		for _, g := range []*affinity.Sparse{karate(t), long} {
			var want []float64
			for _, procs := range testenv.Cores() {
				before := runtime.GOMAXPROCS(procs)
				got := curvature(t, o, g).Values
				runtime.GOMAXPROCS(before)
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%v: other bits on %d cores", o, procs)
				}
			}
		}
	}
}

func TestCurvatureOfOddGraphs(t *testing.T) {
	alone, err := affinity.FromEdges(3, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := curvature(t, geometry.OllivierRicci{}, alone); len(c.Values) != 0 || !slices.Equal(c.Nodes, make([]float64, 3)) || len(c.Notes) != 1 || c.Mean() != 0 {
		t.Errorf("three lone nodes: %v", c)
	}
	// Two components, one an edge: its ends see the same.
	two, err := affinity.FromEdges(5, [][2]int{{0, 1}, {2, 3}, {3, 4}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := curvature(t, geometry.OllivierRicci{}, two); !agree(c.Values, []float64{1, .5, .5}, 0) || !agree(c.Nodes, []float64{1, 1, .5, .5, .5}, 0) {
		t.Errorf("%v, %v", c.Values, c.Nodes)
	}
	loop, err := affinity.NewSparse(2, []int{0, 2, 3}, []int32{0, 1, 0}, []float64{5, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if c := curvature(t, geometry.OllivierRicci{}, loop); !agree(c.Values, []float64{1}, 0) || len(c.Notes) != 1 {
		t.Errorf("%v", c)
	}
}

func TestCurvatureRefuses(t *testing.T) {
	ctx := context.Background()
	g := karate(t)
	var param *mat32.ParamError
	for _, o := range []geometry.OllivierRicci{{Alpha: -1}, {Alpha: 1}, {Alpha: math.NaN()}, {Plan: "best"}, {Base: 1}, {Exponent: -1},
		{Regularization: -1}, {MemoryLimit: -1}, {Limit: true, Plan: geometry.EntropicPlan}} {
		if _, err := o.Edges(ctx, g); !errors.As(err, &param) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, g := range []*affinity.Sparse{nil, {}} {
		if _, err := (geometry.OllivierRicci{}).Edges(ctx, g); !errors.As(err, &param) {
			t.Errorf("%v: %v", g, err)
		}
	}
	var memory *mat32.MemoryError
	if _, err := (geometry.OllivierRicci{MemoryLimit: 1000}).Edges(ctx, g); !errors.As(err, &memory) {
		t.Error(err)
	}
	if _, err := (geometry.OllivierRicci{MemoryLimit: 1 << 20}).Edges(ctx, lengthened(t, g, 1, 2, 1)); !errors.As(err, &memory) {
		t.Error(err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.OllivierRicci{}).Edges(ctx, lengthened(t, g, 1e200, 2e200, 1)); !errors.As(err, &degenerate) {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	for _, g := range []*affinity.Sparse{g, lengthened(t, g, 1, 2, 1)} {
		if _, err := (geometry.OllivierRicci{}).Edges(stopped, g); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

// Inner edges of trees are negative, edges of complete graphs positive; a random graph has
// both, whose sum the mean tells.
func TestSignsOfCurvature(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(3) {
		g, err := datasets.RandomTree{Nodes: 200, Seed: seed}.Generate()
		s := weighed(t, g, err)
		degrees := g.Degrees()
		for _, alpha := range []float64{geometry.Zero, .5} {
			c := curvature(t, geometry.OllivierRicci{Alpha: alpha}, s)
			for k, e := range c.Edges {
				// Of a tree, κ at ½ is 1/a + 1/b − 1 for degrees a, b of 2 or more, and
				// at 0 −2(1 − 1/a − 1/b) where that is negative (Jost and Liu, 2014).
				a, b := float64(degrees[e[0]]), float64(degrees[e[1]])
				want := -2 * max(0, 1-1/a-1/b)
				if alpha == .5 {
					want = 1/a + 1/b - 1
				}
				if math.Abs(c.Values[k]-want) > 1e-12 {
					t.Fatalf("alpha %v, degrees %v and %v: curvature %v, want %v", alpha, a, b, c.Values[k], want)
				}
				if inner := min(a, b) >= 2 && max(a, b) >= 3; inner && c.Values[k] >= 0 {
					t.Errorf("inner edge %v has curvature %v", e, c.Values[k])
				}
			}
		}
	}
	for n := 3; n < 30; n++ {
		c := curvature(t, geometry.OllivierRicci{Limit: true}, family(t, datasets.Complete, n))
		if want := float64(n) / float64(n-1); math.Abs(slices.Min(c.Values)-want) > 1e-12 || math.Abs(slices.Max(c.Values)-want) > 1e-12 {
			t.Errorf("complete graph of %d: %v, want %v", n, c.Values[0], want)
		}
	}
}

func ExampleOllivierRicci_Edges() {
	g := datasets.Karate()
	s, _ := affinity.FromEdges(g.Nodes, g.Edges, g.Weights)
	c, _ := geometry.OllivierRicci{}.Edges(context.Background(), s)
	fmt.Println(c)
	bridge, _ := c.Between(0, 31)
	friends, _ := c.Between(1, 3)
	fmt.Printf("from side to side %.4f, within a side %.4f\n", bridge, friends)
	// Output:
	// Ollivier-Ricci curvature, alpha 0.5
	//   edges     78
	//   mean      0.0709
	//   range     -0.4271 to 0.5000
	//   signs     26 negative, 1 zero, 51 positive
	// from side to side -0.4271, within a side 0.1667
}
