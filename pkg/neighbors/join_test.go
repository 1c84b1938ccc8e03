package neighbors_test

import (
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
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleJoin_Connect() {
	ctx := context.Background()
	x := mat.NewDense(5, 1, []float64{0, 10, 1, 11, 3})
	g, err := neighbors.Exact{Neighbors: 1}.Graph(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := g.Union()
	if err != nil {
		fmt.Println(err)
		return
	}
	joined, err := neighbors.Join{}.Connect(ctx, x, h)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(joined)
	fmt.Println(joined.Added)
	fmt.Println(joined.Graph.Row(4))
	// Output:
	// 2 components of 3, 2 rows, joined by 1 edges of at most 7
	// [{1 4 7}]
	// [2 1] [2 7]
}

func TestJoinTakesTheShortestEdges(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	data := inputs()
	data["islands"] = islands(8, 20)
	procs := []int{7}
	if !testing.Short() {
		data["many pairs"] = fixture.Normal(7, 900, 3) // hundreds of components of two or three rows
		procs = []int{1, 2, 7}
	}
	for name, x := range data {
		n, _ := x.Dims()
		h, err := exact(t, x, min(15, 1+n%10)).Mutual()
		if name == "many pairs" {
			h, err = exact(t, x, 1).Union()
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.Components()
		if err != nil {
			t.Fatal(err)
		}
		// Kruskal among all pairs, the edges within components first.
		all := exact(t, x, n-1)
		part := slices.Clone(c.Labels)
		var pairs, want []neighbors.Edge
		for i := range n {
			indices, distances := all.Row(i)
			for k, j := range indices {
				if int(j) > i {
					pairs = append(pairs, neighbors.Edge{I: int32(i), J: j, Distance: distances[k]})
				}
			}
		}
		slices.SortStableFunc(pairs, func(a, b neighbors.Edge) int {
			switch {
			case a.Distance < b.Distance:
				return -1
			case a.Distance > b.Distance:
				return 1
			case a.I != b.I:
				return int(a.I - b.I)
			}
			return int(a.J - b.J)
		})
		for _, e := range pairs {
			if from, to := part[e.J], part[e.I]; from != to {
				for i := range part {
					if part[i] == from {
						part[i] = to
					}
				}
				want = append(want, e)
			}
		}
		for _, cores := range procs {
			runtime.GOMAXPROCS(cores)
			joined, err := neighbors.Join{}.Connect(context.Background(), x, h)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !slices.Equal(joined.Added, want) {
				t.Errorf("%s, %d cores: %v were joined by %v, want %v", name, cores, c, joined.Added, want)
			}
			after, err := joined.Graph.Components()
			if err != nil || after.Count != 1 || len(joined.Graph.Indices) != len(h.Indices)+2*len(want) {
				t.Errorf("%s: joined, there are %v, %v", name, after, err)
			}
		}
	}
}

func TestJoinByCentroids(t *testing.T) {
	x := islands(8, 20)
	h, err := exact(t, x, 5).Union()
	if err != nil {
		t.Fatal(err)
	}
	exactly, err := neighbors.Join{}.Connect(context.Background(), x, h)
	if err != nil {
		t.Fatal(err)
	}
	joined, err := neighbors.Join{Centroids: true}.Connect(context.Background(), x, h)
	if err != nil {
		t.Fatal(err)
	}
	after, err := joined.Graph.Components()
	if err != nil || after.Count != 1 || len(joined.Added) != 7 {
		t.Fatalf("%v, after which there are %v, %v", joined, after, err)
	}
	// Groups of size 1 that are 1000 apart are joined between the same groups, by
	// edges that are no shorter and little longer.
	for k, e := range joined.Added {
		best := exactly.Added[k]
		if e.I/20 != best.I/20 || e.J/20 != best.J/20 || e.Distance < best.Distance || e.Distance > best.Distance+8 {
			t.Errorf("edge %v, the shortest is %v", e, best)
		}
	}
}

// What a ball holds of the rows of an index is no graph of the rows asked about, even
// where the numbers would do.
func TestBallsOfAnIndexAreNoGraph(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(3, 1, []float64{0, 5, 9})
	ix, err := neighbors.Exact{}.Index(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	h, err := ix.Within(ctx, mat.NewDense(3, 1, []float64{5, 9, 0}), 1) // nobody's own row
	if err != nil || h.Of != 3 {
		t.Fatalf("of %d rows, %v", h.Of, err)
	}
	for operation, err := range map[string]error{
		"Components": second(h.Components()), "Tree": second(h.Tree()), "Nearest": second(h.Nearest(1)),
		"Connect": second(neighbors.Join{}.Connect(ctx, x, h)), "Connect, nil": second(neighbors.Join{}.Connect(ctx, x, nil)),
	} {
		var pe *mat32.ParamError
		if !errors.As(err, &pe) || pe.Param != "Neighborhoods" {
			t.Errorf("%s: got %v", operation, err)
		}
	}
}

func TestJoinRefuses(t *testing.T) {
	x := inputs()["normal"]
	ctx := context.Background()
	h, err := exact(t, x, 1).Union()
	if err != nil {
		t.Fatal(err)
	}
	far := mat.NewDense(4, 1, []float64{-math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, math.MaxFloat64})
	twoPairs := &neighbors.Neighborhoods{N: 4, Metric: "euclidean", Start: []int{0, 1, 2, 3, 4}, Indices: []int32{1, 0, 3, 2}, Distances: make([]float64, 4)}
	d := apart.Rows(t, x)
	ofDistances, err := exact(t, d, 1).Union()
	if err != nil {
		t.Fatal(err)
	}
	other := mat.DenseCopyOf(x)
	other.Set(0, 0, 99)
	nan := mat.DenseCopyOf(x)
	nan.Set(3, 2, math.NaN())
	for name, c := range map[string]struct {
		j    neighbors.Join
		x    mat.Matrix
		h    *neighbors.Neighborhoods
		want any
	}{
		"NaN":                    {neighbors.Join{}, nan, h, new(*mat32.NotFiniteError)},
		"other values":           {neighbors.Join{}, other, h, new(*mat32.ParamError)},
		"fewer rows":             {neighbors.Join{}, x.Slice(0, 20, 0, 7), h, new(*mat32.ParamError)},
		"another metric":         {neighbors.Join{}, x, ofDistances, new(*mat32.ParamError)},
		"torn":                   {neighbors.Join{}, x, &neighbors.Neighborhoods{N: 300}, new(*mat32.ParamError)},
		"memory":                 {neighbors.Join{MemoryLimit: 1000}, x, h, new(*mat32.MemoryError)},
		"negative memory":        {neighbors.Join{MemoryLimit: -1}, x, h, new(*mat32.ParamError)},
		"beyond float64":         {neighbors.Join{}, far, twoPairs, new(*mat32.DegenerateError)},
		"centroids of distances": {neighbors.Join{Centroids: true}, d, ofDistances, new(*mat32.RowsNeededError)},
	} {
		joined, err := c.j.Connect(ctx, c.x, c.h)
		if joined != nil || err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v", name, joined, err)
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (neighbors.Join{}).Connect(gone, x, h); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	whole, err := exact(t, x, 15).Union()
	if err != nil {
		t.Fatal(err)
	}
	if joined, err := (neighbors.Join{}).Connect(ctx, x, whole); err != nil || len(joined.Added) != 0 || joined.Graph != whole {
		t.Errorf("one component: %v, %v", joined, err)
	}
}
