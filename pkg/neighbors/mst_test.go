package neighbors_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleMST_Fit() {
	x := mat.NewDense(5, 1, []float64{0, 10, 1, 11, 3})
	tree, err := neighbors.MST{}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tree)
	fmt.Println(tree.Edges)
	// Output:
	// minimum spanning tree over 5 rows, total length 11, euclidean distance
	// [{0 2 1} {1 3 1} {2 4 2} {1 4 7}]
}

// allPairs returns the minimum spanning tree found among all pairs (Kruskal, 1956),
// by length, then by distance, then by rows.
func allPairs(t *testing.T, x mat.Matrix, core int) []neighbors.Edge {
	t.Helper()
	n, _ := x.Dims()
	g := exact(t, x, n-1)
	type pair struct {
		neighbors.Edge
		dist float64
	}
	var all []pair
	for i := range n {
		indices, distances := g.Row(i)
		for k, j := range indices {
			if int(j) < i {
				continue
			}
			length := distances[k]
			if core > 0 {
				_, theirs := g.Row(int(j))
				length = max(length, distances[core-1], theirs[core-1])
			}
			all = append(all, pair{neighbors.Edge{I: int32(i), J: j, Distance: length}, distances[k]})
		}
	}
	slices.SortFunc(all, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.dist, b.dist), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
	})
	part := make([]int, n)
	for i := range part {
		part[i] = i
	}
	var tree []neighbors.Edge
	for _, e := range all {
		if from, to := part[e.J], part[e.I]; from != to {
			for i := range part {
				if part[i] == from {
					part[i] = to
				}
			}
			tree = append(tree, e.Edge)
		}
	}
	slices.SortFunc(tree, func(a, b neighbors.Edge) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
	})
	return tree
}

// islands are groups so far apart that no neighbour graph connects them.
func islands(groups, each int) *mat.Dense {
	x := fixture.Normal(5, groups*each, 3)
	far := fixture.Normal(6, groups, 3)
	for i := range groups * each {
		for c := range 3 {
			x.Set(i, c, x.At(i, c)+1000*far.At(i/each, c))
		}
	}
	return x
}

func TestMSTAgainstAllPairs(t *testing.T) {
	data := inputs()
	data["few islands"] = islands(8, 40)
	data["uneven"] = islands(3, 20)
	data["uneven"].Apply(func(i, _ int, v float64) float64 { return v * math.Pow(10, float64(i%4)) }, data["uneven"])
	cores := []int{20}
	if !testing.Short() {
		data["many pairs"] = fixture.Normal(7, 900, 3) // too many parts for them to be compared pair by pair
		cores = []int{0, 1, 20}
	}
	for name, x := range data {
		for _, core := range cores {
			want := allPairs(t, x, core)
			tree, err := neighbors.MST{Core: core}.Fit(context.Background(), x)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !slices.Equal(tree.Edges, want) {
				t.Errorf("%s, core %d: the tree is %v long and differs from that of all pairs, %v", name, core, tree, (&neighbors.Tree{Edges: want}).Length())
			}
			// A graph that is at hand gives the same tree.
			again, err := neighbors.MST{Core: core, Graph: exact(t, x, max(core, 1))}.Fit(context.Background(), x)
			if err != nil || !slices.Equal(again.Edges, want) {
				t.Errorf("%s, core %d: by a given graph it is %v, %v", name, core, again, err)
			}
		}
	}
}

// By any metric the tree is that of all pairs by it, whether rows are screened or
// measured one by one.
func TestMSTByOtherMetrics(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(7, 300, 3)
	x.Apply(func(_, _ int, v float64) float64 { return math.Round(8 * v) }, x) // with ties
	x.Apply(func(i, j int, v float64) float64 { return v + float64((j+1)%2*20) }, x)
	for _, m := range []neighbors.Metric{neighbors.SquaredEuclidean{}, neighbors.Cosine{}, neighbors.Manhattan{}, neighbors.Hamming{},
		neighbors.Func("taxi", func(a, b []float64) float64 { return math.Abs(a[0]-b[0]) + math.Abs(a[1]-b[1]) })} {
		d, err := mat32.DistancesFrom(distancesBy(t, m, x))
		if err != nil {
			t.Fatal(err)
		}
		for _, core := range []int{0, 3} {
			want := allPairs(t, d, core)
			tree, err := neighbors.MST{Core: core, Metric: m}.Fit(context.Background(), x)
			if err != nil {
				t.Fatalf("%v: %v", m, err)
			}
			if tree.Metric != m.String() || !slices.Equal(tree.Edges, want) {
				t.Errorf("%v, core %d: the tree is %v and differs from that of all pairs, %v", m, core, tree, (&neighbors.Tree{Edges: want}).Length())
			}
			g, err := neighbors.Exact{Neighbors: max(1, core), Metric: m}.Graph(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			again, err := neighbors.MST{Core: core, Metric: m, Graph: g}.Fit(context.Background(), x)
			if err != nil || !slices.Equal(again.Edges, want) {
				t.Errorf("%v, core %d: by a given graph it is %v, %v", m, core, again, err)
			}
		}
	}
}

func TestMSTOfDistances(t *testing.T) {
	for name, x := range inputs() {
		want, err := neighbors.MST{Core: 2}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := neighbors.MST{Core: 2}.Fit(context.Background(), apart.Rows(t, x))
		if err != nil || !slices.Equal(tree.Edges, want.Edges) || tree.Metric != neighbors.Precomputed {
			t.Errorf("%s: distances give %v, %v, and their rows %v", name, tree, err, want)
		}
	}
}

func TestMSTIsTheSameOnAnyCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	data := inputs()
	data["islands"] = islands(8, 40)
	for name, x := range data {
		var want *neighbors.Tree
		for _, cores := range testenv.Cores() {
			runtime.GOMAXPROCS(cores)
			tree, err := neighbors.MST{Core: 4}.Fit(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = tree
			}
			if !slices.Equal(tree.Edges, want.Edges) {
				t.Errorf("%s: another tree on %d cores", name, cores)
			}
		}
	}
}

func TestMSTRefuses(t *testing.T) {
	good := inputs()["normal"]
	nan := mat.DenseCopyOf(good)
	nan.Set(3, 2, math.NaN())
	g := exact(t, good, 5)
	guess := *g
	guess.Method = "guessing"
	for name, c := range map[string]struct {
		x    mat.Matrix
		m    neighbors.MST
		want any
	}{
		"NaN":               {nan, neighbors.MST{}, new(*mat32.NotFiniteError)},
		"one row":           {mat.NewDense(1, 2, nil), neighbors.MST{}, new(*mat32.ShapeError)},
		"core too large":    {good, neighbors.MST{Core: 300}, new(*mat32.ParamError)},
		"negative core":     {good, neighbors.MST{Core: -1}, new(*mat32.ParamError)},
		"memory":            {good, neighbors.MST{MemoryLimit: 1000}, new(*mat32.MemoryError)},
		"negative memory":   {good, neighbors.MST{MemoryLimit: -1}, new(*mat32.ParamError)},
		"beyond float64":    {mat.NewDense(3, 1, []float64{-math.MaxFloat64, 0, math.MaxFloat64}), neighbors.MST{Core: 2}, new(*mat32.DegenerateError)},
		"rows out of reach": {mat.NewDense(5, 1, []float64{0, math.MaxFloat64, -math.MaxFloat64, 1e150, 3}), neighbors.MST{}, new(*mat32.DegenerateError)},
		"graph of others":   {inputs()["wide"], neighbors.MST{Graph: g}, new(*mat32.ParamError)},
		"graph too small":   {good, neighbors.MST{Graph: g, Core: 6}, new(*mat32.ParamError)},
		"approximate graph": {good, neighbors.MST{Graph: &guess}, new(*mat32.ParamError)},
		"broken graph":      {good, neighbors.MST{Graph: broken(g)["index too large"]}, new(*mat32.ParamError)},
	} {
		tree, err := c.m.Fit(context.Background(), c.x)
		if tree != nil || err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v", name, tree, err)
		}
	}
	if _, err := (neighbors.MST{}).Fit(context.Background(), &mat.Dense{}); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	two, err := neighbors.MST{Core: 1}.Fit(context.Background(), mat.NewDense(2, 1, []float64{3, 5}))
	if err != nil || !slices.Equal(two.Edges, []neighbors.Edge{{I: 0, J: 1, Distance: 2}}) {
		t.Errorf("two rows: %v, %v", two, err)
	}
}
