package cluster_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/cluster"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

func weighed(t *testing.T, nodes int, edges [][2]int, weights []float64) *affinity.Sparse {
	t.Helper()
	s, err := affinity.FromEdges(nodes, edges, weights)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func communities(t *testing.T, l cluster.Leiden, s *affinity.Sparse) *cluster.LeidenModel {
	t.Helper()
	m, err := l.Of(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// runs are what leidenalg found by ten seeds.
type runs struct {
	Quality     cluster.Quality
	Resolution  float64
	Values      []float64
	Communities int
}

// compare runs as many seeds until they are stable: their median and best are no worse than the
// peer's but for a thousandth, or by the constant Potts model, whose values step, the median but for
// five.
func (r runs) compare(t *testing.T, name string, s *affinity.Sparse) *cluster.LeidenModel {
	t.Helper()
	var all []*cluster.LeidenModel
	for seed := range uint64(10) {
		all = append(all, communities(t, cluster.Leiden{Quality: r.Quality, Resolution: r.Resolution, Iterations: cluster.UntilStable, Seed: seed}, s))
	}
	slices.SortFunc(all, func(a, b *cluster.LeidenModel) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	})
	best, want, step := all[9], r.Values[9], .001
	if r.Quality == cluster.CPM {
		step = .005
	}
	t.Logf("%s, %s at %v: %.6g to %.6g, median %.6g; the peer %.6g to %.6g, median %.6g",
		name, r.Quality, r.Resolution, all[0].Value, best.Value, all[5].Value, r.Values[0], want, r.Values[5])
	if all[5].Value < r.Values[5]-step*want || best.Value < want-.001*want {
		t.Errorf("%s, %s at %v: median %v and best %v, those of the peer are %v and %v", name, r.Quality, r.Resolution, all[5].Value, best.Value, r.Values[5], want)
	}
	if r.Quality == cluster.Modularity && math.Abs(best.Value-want) < 1e-9*want && len(best.Sizes) != r.Communities {
		t.Errorf("%s, %s at %v: %d communities, want %d", name, r.Quality, r.Resolution, len(best.Sizes), r.Communities)
	}
	return best
}

func TestLeidenAgainstLeidenalg(t *testing.T) {
	testenv.Unraced(t)
	var g struct {
		Karate []runs
		Blocks struct {
			Edges, Truth []int
			Runs         []runs
		}
		Digits []runs
	}
	golden.Load(t, "leiden", &g)
	karate := datasets.Karate()
	club := weighed(t, karate.Nodes, karate.Edges, nil)
	for _, r := range g.Karate {
		best := r.compare(t, "karate", club)
		// Both find the optimum, which is known for modularity: 0.4198.
		if want := r.Values[9]; math.Abs(best.Value-want) > 1e-12*want {
			t.Errorf("karate, %s at %v: %v, want %v", r.Quality, r.Resolution, best.Value, want)
		}
	}
	var edges [][2]int
	for k := 0; k < len(g.Blocks.Edges); k += 2 {
		edges = append(edges, [2]int{g.Blocks.Edges[k], g.Blocks.Edges[k+1]})
	}
	blocks := weighed(t, len(g.Blocks.Truth), edges, nil)
	for k, r := range g.Blocks.Runs {
		best := r.compare(t, "blocks", blocks)
		if got := rand(best.Labels, g.Blocks.Truth); k == 0 && got != 1 {
			t.Errorf("blocks: labels agree to %v", got)
		}
	}
	digits := datasets.Digits()
	near, err := affinity.Connectivity{Neighbors: 15, Symmetrization: affinity.Average}.Weigh(context.Background(), digits.X)
	if err != nil {
		t.Fatal(err)
	}
	for k, r := range g.Digits {
		best := r.compare(t, "digits", near)
		if got := rand(best.Labels, digits.Labels); k == 0 && got < .8 {
			t.Errorf("digits: labels agree to %v", got)
		}
	}
}

// pieces returns how many of the communities do not hang together.
func pieces(s *affinity.Sparse, labels []int) (torn int) {
	n, _ := s.Dims()
	seen, found := make([]bool, n), map[int]int{}
	for i := range n {
		if seen[i] {
			continue
		}
		if found[labels[i]]++; found[labels[i]] == 2 {
			torn++
		}
		seen[i] = true
		for todo := []int{i}; len(todo) > 0; {
			v := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			columns, _ := s.Row(v)
			for _, u := range columns {
				if !seen[u] && labels[u] == labels[v] {
					seen[u] = true
					todo = append(todo, int(u))
				}
			}
		}
	}
	return torn
}

// sparse draws a graph of few edges, of which some hold much together.
func sparse(t *testing.T, seed uint64, nodes, edges int) *affinity.Sparse {
	t.Helper()
	draw := rng.New(seed, "cluster/sparse", 0)
	weight := map[[2]int]float64{}
	for range edges {
		a, b := draw.IntN(nodes), draw.IntN(nodes)
		if a != b {
			weight[[2]int{min(a, b), max(a, b)}] = float64(1 + draw.IntN(3))
		}
	}
	var list [][2]int
	var weights []float64
	for a := range nodes {
		for b := range nodes {
			if w := weight[[2]int{a, b}]; w > 0 {
				list, weights = append(list, [2]int{a, b}), append(weights, w)
			}
		}
	}
	return weighed(t, nodes, list, weights)
}

// Every community is connected, after any iteration, by any quality, however random.
func TestCommunitiesAreConnected(t *testing.T) {
	testenv.Unraced(t)
	found := 0
	for seed := range uint64(60) {
		s := sparse(t, seed, 40+int(seed), 60+2*int(seed))
		for _, l := range []cluster.Leiden{
			{Iterations: 1}, {}, {Iterations: 7, Resolution: .3}, {Resolution: 3},
			{Randomness: 100}, {Randomness: math.SmallestNonzeroFloat64, Iterations: cluster.UntilStable},
			{Quality: cluster.CPM}, {Quality: cluster.CPM, Resolution: .3, Iterations: 1},
		} {
			l.Seed = seed
			m := communities(t, l, s)
			if torn := pieces(s, m.Labels); torn > 0 {
				t.Fatalf("seed %d: %d communities are torn: %v", seed, torn, m)
			}
			if len(m.Sizes) < len(m.Labels) {
				found += len(m.Sizes)
			}
		}
	}
	if found < 5000 {
		t.Errorf("only %d communities were looked at", found)
	}
}

// After many iterations no set of rows of a community gains by going to another one, or to one of
// its own: all of them are tried.
func TestSubsetsAreOptimal(t *testing.T) {
	testenv.Unraced(t)
	karate := datasets.Karate()
	tried := 0
	for _, l := range []cluster.Leiden{{Iterations: 100}, {Iterations: 100, Resolution: 2}, {Iterations: 100, Quality: cluster.CPM, Resolution: .1}} {
		s := weighed(t, karate.Nodes, karate.Edges, nil)
		m := communities(t, l, s)
		size, charge := s.Degrees(), m.Resolution/156
		if l.Quality == cluster.CPM {
			size, charge = slices.Repeat([]float64{1}, 34), m.Resolution
		}
		for c := range m.Sizes {
			var members []int
			for i, k := range m.Labels {
				if k == c {
					members = append(members, i)
				}
			}
			for set := 1; set < 1<<len(members); set++ {
				var to, total [35]float64 // of every community, and the set itself in the last
				in := [34]bool{}
				for k, i := range members {
					in[i] = set>>k&1 == 1
				}
				for i, k := range m.Labels {
					if in[i] {
						total[34] += size[i]
						columns, weights := s.Row(i)
						for e, j := range columns {
							if !in[j] {
								to[m.Labels[j]] += weights[e]
							}
						}
					} else {
						total[k] += size[i]
					}
				}
				stays := to[c] - charge*total[34]*total[c]
				for other := range len(m.Sizes) + 1 { // the last has nobody
					if gain := to[other] - charge*total[34]*total[other]; other != c && gain > stays+1e-9 {
						t.Fatalf("%v: of %v, those by %b gain %v in community %d", m, members, set, gain-stays, other)
					}
					tried++
				}
			}
		}
	}
	if tried < 50_000 {
		t.Errorf("only %d moves were tried", tried)
	}
}

func TestBlocksAreFound(t *testing.T) {
	for seed := range uint64(5) {
		g, err := datasets.StochasticBlockModel{Sizes: []int{50, 80, 120}, Within: .3, Between: .03, Seed: seed}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		s := weighed(t, g.Nodes, g.Edges, nil)
		for _, l := range []cluster.Leiden{{Seed: seed}, {Seed: seed, Quality: cluster.CPM}} {
			m := communities(t, l, s)
			if got := rand(m.Labels, g.Labels); got < .95 {
				t.Errorf("seed %d, %s: labels agree to %v", seed, m.Quality, got)
			}
		}
	}
	// Modularity joins neighbouring cliques of a long ring, and the constant Potts model does not: what
	// is found in one part of a graph does not depend on the rest.
	var edges [][2]int
	for c := range 40 {
		for i := range 4 {
			for j := range i {
				edges = append(edges, [2]int{4*c + j, 4*c + i})
			}
		}
		edges = append(edges, [2]int{4*c + 3, 4 * ((c + 1) % 40)})
	}
	ring := weighed(t, 160, edges, nil)
	if m := communities(t, cluster.Leiden{Iterations: cluster.UntilStable}, ring); len(m.Sizes) >= 30 {
		t.Errorf("modularity: %v", m)
	}
	if m := communities(t, cluster.Leiden{Quality: cluster.CPM, Resolution: .5, Iterations: cluster.UntilStable}, ring); len(m.Sizes) != 40 {
		t.Errorf("the constant Potts model: %v", m)
	}
}

func TestLeidenModelOfNothing(t *testing.T) {
	if got := new(cluster.LeidenModel).String(); got != "Leiden of no rows" {
		t.Error(got)
	}
}

func TestLeidenOfRows(t *testing.T) {
	ctx := context.Background()
	x := datasets.Digits().X
	kernel := affinity.FuzzySet{}
	weights, err := kernel.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	a, err1 := cluster.Leiden{Affinity: weights}.Fit(ctx, x)
	b, err2 := cluster.Leiden{}.Of(ctx, weights)
	c, err3 := cluster.Leiden{Seed: 3}.Fit(ctx, x)
	d, err4 := cluster.Leiden{Seed: 3, Resolution: 4}.Fit(ctx, x)
	before := runtime.GOMAXPROCS(1)
	e, err5 := cluster.Leiden{Seed: 3, Resolution: 4}.Fit(ctx, x)
	runtime.GOMAXPROCS(before)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Labels, b.Labels) || a.Value != b.Value {
		t.Errorf("%v by rows, %v by their weights", a, b)
	}
	if !slices.Equal(d.Labels, e.Labels) || d.Value != e.Value {
		t.Errorf("%v on all cores, %v on one", d, e)
	}
	if len(d.Sizes) < 2*len(c.Sizes) {
		t.Errorf("%d communities at resolution 4, %d at 1", len(d.Sizes), len(c.Sizes))
	}
}

// The unit of weights does not matter, up to the largest numbers; only the constant Potts model's
// resolution and value have one.
func TestUnitOfWeights(t *testing.T) {
	draw := rng.New(1, "cluster/units", 0)
	g, err := datasets.StochasticBlockModel{Seed: 4}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	weights := make([]float64, len(g.Edges))
	for e := range weights {
		weights[e] = .5 + draw.Float64()
	}
	for _, quality := range []cluster.Quality{cluster.Modularity, cluster.CPM} {
		want := communities(t, cluster.Leiden{Quality: quality}, weighed(t, g.Nodes, g.Edges, weights))
		for _, unit := range []float64{0x1p-900, 0x1p1000} {
			scaled := slices.Clone(weights)
			for e := range scaled {
				scaled[e] *= unit
			}
			m := communities(t, cluster.Leiden{Quality: quality}, weighed(t, g.Nodes, g.Edges, scaled))
			value := want.Value
			if quality == cluster.CPM {
				value *= unit
			}
			if !slices.Equal(m.Labels, want.Labels) || math.Abs(m.Value-value) > 1e-9*value {
				t.Errorf("%s in units of %g: %v, want %v", quality, unit, m, want)
			}
		}
	}
	for e := range weights {
		weights[e] = math.MaxFloat64
	}
	var degenerate *mat32.DegenerateError
	huge := weighed(t, g.Nodes, g.Edges, weights)
	if m := communities(t, cluster.Leiden{}, huge); rand(m.Labels, g.Labels) < .9 {
		t.Errorf("of the largest weights: %v", m)
	}
	if _, err := (cluster.Leiden{Quality: cluster.CPM}).Of(context.Background(), huge); !errors.As(err, &degenerate) {
		t.Errorf("a value that is no float64: %v", err)
	}
}

func TestGraphsWithoutMuch(t *testing.T) {
	if m := communities(t, cluster.Leiden{}, weighed(t, 1, nil, nil)); len(m.Sizes) != 1 || m.Value != 0 || !m.Stable {
		t.Errorf("one node: %v", m)
	}
	if m := communities(t, cluster.Leiden{Quality: cluster.CPM}, weighed(t, 4, nil, nil)); len(m.Sizes) != 4 || m.Value != 0 {
		t.Errorf("no edges: %v", m)
	}
	if m := communities(t, cluster.Leiden{}, weighed(t, 5, [][2]int{{1, 3}}, nil)); !slices.Equal(m.Labels, []int{0, 1, 2, 1, 3}) || m.Value != 0 {
		t.Errorf("one edge: %v %v", m, m.Labels)
	}
	for _, quality := range []cluster.Quality{cluster.Modularity, cluster.CPM} { // nobody is with anybody
		s := sparse(t, 1, 60, 200)
		if m := communities(t, cluster.Leiden{Quality: quality, Resolution: math.MaxFloat64}, s); len(m.Sizes) != 60 {
			t.Errorf("%s: %v", quality, m)
		}
		if m := communities(t, cluster.Leiden{Quality: quality, Resolution: math.SmallestNonzeroFloat64}, s); len(m.Sizes) != s.Components().Count {
			t.Errorf("%s: %v, %d components", quality, m, s.Components().Count)
		}
	}
	loops, err := affinity.NewSparse(3, []int{0, 2, 4, 5}, []int32{0, 1, 0, 1, 2}, []float64{2, 1, 1, 2, 6})
	if err != nil {
		t.Fatal(err)
	}
	if m := communities(t, cluster.Leiden{}, loops); !slices.Equal(m.Labels, []int{0, 0, 1}) || m.Value != .5 {
		t.Errorf("loops: %v %v", m, m.Labels)
	}
}

// With next to no randomness parting takes what gains most, however small the number for it is.
func TestLeidenWithoutRandomness(t *testing.T) {
	graph := sparse(t, 3, 300, 900)
	edges, weights := [][2]int{{300, 301}}, []float64{1000} // beside which the others weigh little
	for i := range 300 {
		columns, row := graph.Row(i)
		for k, j := range columns {
			if int(j) > i {
				edges, weights = append(edges, [2]int{i, int(j)}), append(weights, row[k])
			}
		}
	}
	s := weighed(t, 302, edges, weights)
	want := communities(t, cluster.Leiden{Randomness: 1e-300}, s)
	if got := communities(t, cluster.Leiden{Randomness: math.SmallestNonzeroFloat64}, s); !slices.Equal(got.Labels, want.Labels) {
		t.Errorf("communities of modularity %v, want %v", got.Value, want.Value)
	}
}

func TestLeidenRefuses(t *testing.T) {
	ctx := context.Background()
	arc, err := affinity.NewSparse(2, []int{0, 1, 1}, []int32{1}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	s := sparse(t, 2, 30, 60)
	for param, f := range map[string]func() (*cluster.LeidenModel, error){
		"weights":    func() (*cluster.LeidenModel, error) { return cluster.Leiden{}.Of(ctx, arc) },
		"Quality":    func() (*cluster.LeidenModel, error) { return cluster.Leiden{Quality: "surprise"}.Of(ctx, s) },
		"Iterations": func() (*cluster.LeidenModel, error) { return cluster.Leiden{Iterations: -2}.Of(ctx, s) },
		"Resolution": func() (*cluster.LeidenModel, error) { return cluster.Leiden{Resolution: math.NaN()}.Of(ctx, s) },
		"Randomness": func() (*cluster.LeidenModel, error) { return cluster.Leiden{Randomness: -1}.Of(ctx, s) },
		"Affinity": func() (*cluster.LeidenModel, error) {
			return cluster.Leiden{Affinity: s}.Fit(ctx, fixture.Normal(1, 31, 3))
		},
	} {
		var refused *mat32.ParamError
		if _, err := f(); !errors.As(err, &refused) || refused.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
	var refused *mat32.ParamError
	if _, err := (cluster.Leiden{}).Of(ctx, nil); !errors.As(err, &refused) {
		t.Errorf("no weights: %v", err)
	}
	if _, err := (cluster.Leiden{}).Of(ctx, new(affinity.Sparse)); !errors.As(err, &refused) {
		t.Errorf("the zero value: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (cluster.Leiden{MemoryLimit: 1000}).Of(ctx, s); !errors.As(err, &memory) {
		t.Errorf("little memory: %v", err)
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (cluster.Leiden{}).Of(done, s); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
