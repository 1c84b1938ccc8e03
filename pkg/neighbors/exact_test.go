package neighbors_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleExact_Graph() {
	x := mat.NewDense(4, 1, []float64{0, 1, 3, 10})
	g, err := neighbors.Exact{Neighbors: 2}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g)
	for i := range g.N {
		fmt.Println(g.Row(i))
	}
	// Output:
	// graph of 4 rows, 2 nearest neighbours each, euclidean distance
	// [1 2] [1 3]
	// [0 2] [1 2]
	// [1 0] [2 3]
	// [2 1] [7 9]
}

// inputs are matrices on which choosing candidates by float32 distances alone
// would go wrong, beside ordinary ones. The race detector sees fewer rows of all but the ordinary ones.
func inputs() map[string]*mat.Dense {
	part := 1
	if testing.Short() {
		part = 3
	}
	fill := func(n, d int, f func(s *rng.Stream, i, j int) float64) *mat.Dense {
		x := mat.NewDense(n, d, nil)
		for i := range n {
			s := rng.New(5, "neighbors", i)
			for j := range d {
				x.Set(i, j, f(&s, i, j))
			}
		}
		return x
	}
	return map[string]*mat.Dense{
		"normal":     fill(300, 7, func(s *rng.Stream, i, j int) float64 { return s.Normal() }),
		"wide":       fill(60, 500, func(s *rng.Stream, i, j int) float64 { return s.Normal() }),
		"lattice":    fill(400/part, 3, func(s *rng.Stream, i, j int) float64 { return float64(s.IntN(4)) }),
		"duplicates": fill(200/part, 3, func(s *rng.Stream, i, j int) float64 { return float64(i % 5) }),
		"constant":   fill(100, 3, func(s *rng.Stream, i, j int) float64 { return 7 }),
		"cluster far from the rest": fill(300/part, 4, func(s *rng.Stream, i, j int) float64 {
			if i%2 == 0 {
				return 1e9 + float64(i)
			}
			return s.Normal() * 1e-3
		}),
		"tiny differences": fill(200/part, 3, func(s *rng.Stream, i, j int) float64 { return 1 + s.Normal()*1e-12 }),
		"huge":             fill(200/part, 3, func(s *rng.Stream, i, j int) float64 { return s.Normal() * 1e250 }),
		"minute":           fill(200/part, 3, func(s *rng.Stream, i, j int) float64 { return s.Normal() * 1e-250 }),
	}
}

func reference(x *mat.Dense, i, k int) (indices []int32, distances []float64) {
	n, d := x.Dims()
	type near struct {
		dist float64
		row  int32
	}
	var all []near
	for j := range n {
		if j == i {
			continue
		}
		sum := 0.
		for c := range d {
			sum = math.Hypot(sum, x.At(i, c)-x.At(j, c))
		}
		all = append(all, near{sum, int32(j)})
	}
	slices.SortFunc(all, func(a, b near) int { return cmp.Or(cmp.Compare(a.dist, b.dist), cmp.Compare(a.row, b.row)) })
	for _, v := range all[:k] {
		indices, distances = append(indices, v.row), append(distances, v.dist)
	}
	return indices, distances
}

func TestExactAgainstEveryPair(t *testing.T) {
	for name, x := range inputs() {
		t.Run(name, func(t *testing.T) {
			n, _ := x.Dims()
			for _, k := range []int{1, 10, n - 1} {
				g, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), x)
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; i < n; i += 7 {
					gotI, gotD := g.Row(i)
					wantI, wantD := reference(x, i, k)
					for j := range k {
						if math.Abs(gotD[j]-wantD[j]) > 1e-12*wantD[j] {
							t.Fatalf("k=%d row %d: distance %d is %v, want %v", k, i, j, gotD[j], wantD[j])
						}
						// The reference rounds differently: it may order pairs
						// that are equal to 12 digits the other way.
						if gotI[j] != wantI[j] && !(j > 0 && gotD[j]-gotD[j-1] < 1e-12*gotD[j]) && !(j+1 < k && gotD[j+1]-gotD[j] < 1e-12*gotD[j]) &&
							!(j+1 == k) {
							t.Fatalf("k=%d row %d: neighbour %d is %d, want %d", k, i, j, gotI[j], wantI[j])
						}
						if j > 0 && (gotD[j] < gotD[j-1] || gotD[j] == gotD[j-1] && gotI[j] <= gotI[j-1]) {
							t.Fatalf("k=%d row %d is not sorted at %d", k, i, j)
						}
					}
				}
			}
		})
	}
}

// What is kept of a result is found by resolved options: two ways to say Euclidean are one.
func TestResolveFillsInTheMetric(t *testing.T) {
	exact, err1 := neighbors.Exact{}.Resolve(9, 2)
	within, err2 := neighbors.Within{}.Resolve(9, 2)
	tree, err3 := neighbors.MST{}.Resolve(9, 2)
	join, err4 := neighbors.Join{}.Resolve(9, 2)
	auto, err5 := neighbors.Auto{}.Resolve(9, 2)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	for i, m := range []neighbors.Metric{exact.Metric, within.Metric, tree.Metric, join.Metric, auto.Metric} {
		if m != (neighbors.Euclidean{}) {
			t.Errorf("method %d: the metric is %v", i, m)
		}
	}
}

// Errors say whose they are, once.
func TestErrorsNameTheirMethodOnce(t *testing.T) {
	ctx := context.Background()
	x, one := inputs()["normal"], mat.NewDense(1, 2, nil)
	nan := mat.DenseCopyOf(x)
	nan.Set(3, 2, math.NaN())
	far := mat.NewDense(3, 1, []float64{-math.MaxFloat64, 0, math.MaxFloat64})
	graph := map[string]func(x mat.Matrix, k int, limit int64) error{
		"neighbors.Exact": func(x mat.Matrix, k int, limit int64) error {
			return second(neighbors.Exact{Neighbors: k, MemoryLimit: limit}.Graph(ctx, x))
		},
		"neighbors.NNDescent": func(x mat.Matrix, k int, limit int64) error {
			return second(neighbors.NNDescent{Neighbors: k, MemoryLimit: limit}.Graph(ctx, x))
		},
		"neighbors.HNSW": func(x mat.Matrix, k int, limit int64) error {
			return second(neighbors.HNSW{Neighbors: k, MemoryLimit: limit}.Graph(ctx, x))
		},
		"neighbors.Within": func(x mat.Matrix, k int, limit int64) error {
			return second(neighbors.Within{Radius: float64(-k), MemoryLimit: limit}.Neighborhoods(ctx, x))
		},
		"neighbors.MST": func(x mat.Matrix, k int, limit int64) error {
			return second(neighbors.MST{Core: k, MemoryLimit: limit}.Fit(ctx, x))
		},
	}
	for name, f := range graph {
		for what, err := range map[string]error{
			"one row": f(one, 0, 0), "NaN": f(nan, 0, 0), "too many": f(x, 300, 0), "memory": f(x, 0, 1), "too far": f(far, 0, 0), "empty": f(&mat.Dense{}, 0, 0),
		} {
			if what == "too far" && name == "neighbors.Within" {
				continue // nobody is near
			}
			if err == nil || !strings.HasPrefix(err.Error(), name) || strings.Count(err.Error(), "neighbors.") != 1 && what != "memory" {
				t.Errorf("%s, %s: got %v", name, what, err)
			}
		}
	}
}

func TestTiesGoToTheLowerIndex(t *testing.T) {
	x := inputs()["constant"]
	g, err := neighbors.Exact{Neighbors: 3}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range map[int][]int32{0: {1, 2, 3}, 1: {0, 2, 3}, 50: {0, 1, 2}} {
		if got, _ := g.Row(i); !slices.Equal(got, want) {
			t.Errorf("row %d: %v, want %v", i, got, want)
		}
	}
}

func TestShiftChangesNothing(t *testing.T) {
	for _, name := range []string{"lattice", "duplicates"} { // exact after the shift, too
		x := inputs()[name]
		var y mat.Dense
		y.Apply(func(i, j int, v float64) float64 { return v + 1000 }, x)
		a, err := neighbors.Exact{}.Graph(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := neighbors.Exact{}.Graph(context.Background(), &y)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.Indices, b.Indices) || !slices.Equal(a.Distances, b.Distances) {
			t.Errorf("%s: adding 1000 to every column changed the graph", name)
		}
	}
}

func TestTypesOfInputAgree(t *testing.T) {
	x := inputs()["lattice"]
	want, err := neighbors.Exact{}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []mat.Matrix{mat32.Convert(x), mat.DenseCopyOf(x.T()).T()} {
		got, err := neighbors.Exact{}.Graph(context.Background(), m)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) || got.Rows != want.Rows {
			t.Errorf("%T gives another graph", m)
		}
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	x := inputs()["normal"]
	var want *neighbors.Graph
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got, err := neighbors.Exact{Neighbors: 20}.Graph(context.Background(), x)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) {
			t.Errorf("%d cores give another graph", procs)
		}
	}
}

func TestBadInput(t *testing.T) {
	good := inputs()["normal"]
	nan := mat.DenseCopyOf(good)
	nan.Set(3, 2, math.NaN())
	far := mat.NewDense(3, 1, []float64{-math.MaxFloat64, 0, math.MaxFloat64})
	for name, c := range map[string]struct {
		x    mat.Matrix
		e    neighbors.Exact
		want any
	}{
		"NaN":             {nan, neighbors.Exact{}, new(*mat32.NotFiniteError)},
		"one row":         {mat.NewDense(1, 2, nil), neighbors.Exact{}, new(*mat32.ShapeError)},
		"too many":        {good, neighbors.Exact{Neighbors: 300}, new(*mat32.ParamError)},
		"negative":        {good, neighbors.Exact{Neighbors: -1}, new(*mat32.ParamError)},
		"memory":          {good, neighbors.Exact{MemoryLimit: 1000}, new(*mat32.MemoryError)},
		"beyond float64":  {far, neighbors.Exact{Neighbors: 2}, new(*mat32.DegenerateError)},
		"negative memory": {good, neighbors.Exact{MemoryLimit: -1}, new(*mat32.ParamError)},
	} {
		g, err := c.e.Graph(context.Background(), c.x)
		if g != nil || err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v", name, g, err)
		}
	}
	if _, err := (neighbors.Exact{}).Graph(context.Background(), &mat.Dense{}); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
}

func TestCancel(t *testing.T) {
	x := mat.NewDense(4000, 300, nil)
	for i := range 4000 {
		s := rng.New(1, "cancel", i)
		for j := range 300 {
			x.Set(i, j, s.Float64())
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var at time.Time
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Done > 0 && at.IsZero() {
			at = time.Now()
			cancel()
		}
	})
	before := runtime.NumGoroutine()
	_, err := neighbors.Exact{}.Graph(ctx, x)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if late := time.Since(at); late > 250*time.Millisecond {
		t.Errorf("returned %v after the cancel", late)
	}
	for range 100 { // goroutines that are done take a moment to end
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

func TestGraphCheck(t *testing.T) {
	x := inputs()["normal"]
	g, err := neighbors.Exact{Neighbors: 10}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Check("m", mat.DenseCopyOf(x), 10); err != nil {
		t.Errorf("its own rows: %v", err)
	}
	other := mat.DenseCopyOf(x)
	other.Set(0, 0, 99)
	metric := *g
	metric.Metric = "cosine"
	torn := *g
	torn.Indices = torn.Indices[:5]
	for name, err := range map[string]error{
		"more neighbours": g.Check("m", x, 11),
		"fewer rows":      g.Check("m", x.Slice(0, 20, 0, 7), 10),
		"other values":    g.Check("m", other, 10),
		"another metric":  metric.Check("m", x, 10),
		"torn":            torn.Check("m", x, 10),
	} {
		var pe *mat32.ParamError
		if !errors.As(err, &pe) || pe.Param != "Graph" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
