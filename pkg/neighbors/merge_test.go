package neighbors_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGraph_Merge() {
	// Two searches that each missed something: rows on a line at 0, 1, 3 and 10.
	a := &neighbors.Graph{N: 4, K: 1, Metric: neighbors.Euclidean{}.String(), Method: "guessing, seed 1",
		Indices: []int32{1, 2, 0, 2}, Distances: []float64{1, 2, 3, 7}}
	b := &neighbors.Graph{N: 4, K: 1, Metric: neighbors.Euclidean{}.String(), Method: "guessing, seed 2",
		Indices: []int32{2, 0, 1, 1}, Distances: []float64{3, 1, 2, 9}}
	m, err := a.Merge(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m)
	fmt.Println(m.Indices, m.Distances)
	// Output:
	// graph of 4 rows, 1 nearest neighbours each, euclidean distance, by guessing, seed 1 and guessing, seed 2
	// [1 0 1 2] [1 1 2 7]
}

// exact returns the exact graph of the rows of x.
func exact(t testing.TB, x mat.Matrix, k int) *neighbors.Graph {
	t.Helper()
	g, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// torn returns a graph that lists of every row the neighbours at the ranks for
// which keep holds, k in all, as a search does that missed the others.
func torn(g *neighbors.Graph, k int, keep func(i, rank int) bool) *neighbors.Graph {
	c := &neighbors.Graph{N: g.N, K: k, Metric: g.Metric, Rows: g.Rows, Method: "missing some"}
	for i := range g.N {
		indices, distances := g.Row(i)
		for rank, left := 0, k; left > 0; rank++ {
			if keep(i, rank) || g.K-rank <= left {
				c.Indices, c.Distances = append(c.Indices, indices[rank]), append(c.Distances, distances[rank])
				left--
			}
		}
	}
	return c
}

func TestMergeFindsWhatEitherFound(t *testing.T) {
	for name, x := range inputs() {
		full := exact(t, x, 20)
		a := torn(full, 8, func(i, rank int) bool { return (i+rank)%2 == 0 })
		b := torn(full, 10, func(i, rank int) bool { return (i+rank)%2 == 1 })
		m, err := a.Merge(b)
		if err != nil {
			t.Fatal(err)
		}
		back, err := b.Merge(a)
		if err != nil {
			t.Fatal(err)
		}
		want, err := full.Cut(10)
		if err != nil {
			t.Fatal(err)
		}
		if m.K != 10 || !slices.Equal(m.Indices, want.Indices) || !slices.Equal(m.Distances, want.Distances) {
			t.Errorf("%s: the halves of a graph do not merge to it", name)
		}
		if !slices.Equal(m.Indices, back.Indices) || m.Fingerprint() != back.Fingerprint() {
			t.Errorf("%s: the order of the two matters", name)
		}
		if again, err := want.Merge(a); err != nil || !slices.Equal(again.Indices, want.Indices) || again.Method != "" {
			t.Errorf("%s: an exact graph is made another by one that knows less: %v, %v", name, again, err)
		}
	}
}

func TestCut(t *testing.T) {
	x := inputs()["lattice"]
	g := exact(t, x, 12)
	g.Notes = []string{"a note"}
	for _, k := range []int{1, 5, 12} {
		c, err := g.Cut(k)
		if err != nil {
			t.Fatal(err)
		}
		want := exact(t, x, k)
		if !slices.Equal(c.Indices, want.Indices) || !slices.Equal(c.Distances, want.Distances) || c.Rows != want.Rows || c.Notes[0] != "a note" {
			t.Errorf("cut to %d it is another graph", k)
		}
		c.Indices[0], c.Distances[0] = -1, -1
		if g.Indices[0] < 0 || g.Distances[0] < 0 {
			t.Error("the cut graph shares memory")
		}
	}
}

// broken returns graphs that no search makes.
func broken(g *neighbors.Graph) map[string]*neighbors.Graph {
	change := func(f func(c *neighbors.Graph)) *neighbors.Graph {
		c := *g
		c.Indices, c.Distances = slices.Clone(g.Indices), slices.Clone(g.Distances)
		f(&c)
		return &c
	}
	return map[string]*neighbors.Graph{
		"empty":             {},
		"fewer indices":     change(func(c *neighbors.Graph) { c.Indices = c.Indices[1:] }),
		"fewer distances":   change(func(c *neighbors.Graph) { c.Distances = c.Distances[1:] }),
		"more neighbours":   change(func(c *neighbors.Graph) { c.N, c.K = c.K, c.N }),
		"negative":          change(func(c *neighbors.Graph) { c.N, c.K = -c.N, -c.K }),
		"index too large":   change(func(c *neighbors.Graph) { c.Indices[3] = int32(c.N) }),
		"negative index":    change(func(c *neighbors.Graph) { c.Indices[3] = -1 }),
		"row itself":        change(func(c *neighbors.Graph) { c.Indices[0] = 0 }),
		"a row twice":       change(func(c *neighbors.Graph) { c.Indices[2] = c.Indices[0] }),
		"not sorted":        change(func(c *neighbors.Graph) { c.Distances[0] = c.Distances[1] + 1 }),
		"ties not by index": change(func(c *neighbors.Graph) { c.Indices[0], c.Indices[1], c.Distances[0] = 7, 6, c.Distances[1] }),
		"NaN":               change(func(c *neighbors.Graph) { c.Distances[4] = math.NaN() }),
		"infinite":          change(func(c *neighbors.Graph) { c.Distances[c.K-1] = math.Inf(1) }),
		"negative distance": change(func(c *neighbors.Graph) { c.Distances[0] = -1 }),
	}
}

func TestOperationsRefuseBrokenGraphs(t *testing.T) {
	good := exact(t, inputs()["normal"], 5)
	all := broken(good)
	all["nil"] = nil
	for name, g := range all {
		for operation, err := range map[string]error{
			"Merge":         second(g.Merge(good)),
			"Merge, second": second(good.Merge(g)),
			"Cut":           second(g.Cut(1)),
			"Subset":        second(g.Subset([]int{0, 1})),
			"Union":         second(g.Union()),
			"Mutual":        second(g.Mutual()),
			"Components":    second(g.Components()),
			"Recall":        second(g.Recall(good, 1)),
			"Recall, truth": second(good.Recall(g, 1)),
			"Hubness":       second(g.Hubness()),
			"Reciprocity":   second(g.Reciprocity()),
			"MeanDistances": second(g.MeanDistances()),
			"Neighborhoods": second(g.Neighborhoods()),
			"Check":         g.Check("m", mat.NewDense(1, 1, nil), 1),
		} {
			var pe *mat32.ParamError
			if !errors.As(err, &pe) || pe.Param != "Graph" {
				t.Errorf("%s, %s: got %v", name, operation, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestOperationsRefuseWhatDoesNotFit(t *testing.T) {
	x := inputs()["normal"]
	g := exact(t, x, 5)
	other := *g
	other.Rows = "others"
	metric := *g
	metric.Metric = "cosine"
	for name, c := range map[string]struct {
		err   error
		param string
	}{
		"rows":           {second(g.Merge(exact(t, x.Slice(0, 200, 0, 7), 5))), "Graph"},
		"values":         {second(g.Merge(&other)), "Graph"},
		"metric":         {second(g.Recall(&metric, 5)), "Graph"},
		"cut to more":    {second(g.Cut(6)), "k"},
		"cut to nothing": {second(g.Cut(0)), "k"},
		"recall of more": {second(g.Recall(g, 6)), "k"},
		"recall of none": {second(g.Recall(g, 0)), "k"},
		"no rows":        {second(g.Subset(nil)), "rows"},
		"a row twice":    {second(g.Subset([]int{1, 1})), "rows"},
		"descending":     {second(g.Subset([]int{5, 1})), "rows"},
		"beyond the end": {second(g.Subset([]int{5, 300})), "rows"},
		"negative":       {second(g.Subset([]int{-1, 5})), "rows"},
	} {
		var pe *mat32.ParamError
		if !errors.As(c.err, &pe) || pe.Param != c.param {
			t.Errorf("%s: got %v", name, c.err)
		}
	}
}
