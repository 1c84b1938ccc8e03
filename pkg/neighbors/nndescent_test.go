package neighbors_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

var _ neighbors.Index = (*neighbors.NNDescentIndex)(nil)

// graphs returns what NN-descent finds, and what there is.
func graphs(t *testing.T, o neighbors.NNDescent, x mat.Matrix) (found, true_ *neighbors.Graph) {
	t.Helper()
	found, err := o.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	true_, err = neighbors.Exact{Neighbors: o.Neighbors, Metric: o.Metric}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return found, true_
}

// share returns the share of true neighbours found, those at equal distance counted
// as equal.
func share(found, true_ *neighbors.Graph) float64 {
	hits := 0
	for i := range true_.N {
		_, far := true_.Row(i)
		_, distances := found.Row(i)
		limit := far[true_.K-1]
		for _, d := range distances[:true_.K] {
			if d <= limit {
				hits++
			}
		}
	}
	return float64(hits) / float64(true_.N*true_.K)
}

func clumps(seed uint64, n, d, groups int, spread float64) *mat.Dense {
	x := fixture.Normal(seed, n, d)
	for i := range n {
		for j := range d {
			s := rng.New(seed, "test/clumps", (i%groups)*d+j)
			x.Set(i, j, x.At(i, j)+spread*s.Normal())
		}
	}
	return x
}

// correlated returns rows of d columns, most of whose variance lies in a few directions.
func correlated(seed uint64, n, d, few int) *mat.Dense {
	var x mat.Dense
	x.Mul(fixture.Normal(seed, n, few), fixture.Normal(seed+1, few, d))
	noise := fixture.Normal(seed+2, n, d)
	noise.Scale(0.05, noise)
	x.Add(&x, noise)
	return &x
}

func TestNNDescentFindsWhatExactFinds(t *testing.T) {
	seeds, part := uint64(5), 1
	if testing.Short() {
		seeds, part = 1, 5
	}
	for _, c := range []struct {
		name string
		n    int
		x    func(seed uint64, n int) mat.Matrix
		o    neighbors.NNDescent
		from float64
	}{
		{"uniform in 8 dimensions", 3000, func(s uint64, n int) mat.Matrix { return fixture.Uniform(s, n, 8) }, neighbors.NNDescent{}, 0.99},
		{"one dimension", 2000, func(s uint64, n int) mat.Matrix { return fixture.Uniform(s, n, 1) }, neighbors.NNDescent{}, 0.99},
		{"far clumps", 3000, func(s uint64, n int) mat.Matrix { return clumps(s, n, 5, 40, 1000) }, neighbors.NNDescent{}, 0.99},
		{"float32, far from zero", 2000, func(s uint64, n int) mat.Matrix {
			x := fixture.Uniform(s, n, 6)
			x.Apply(func(_, _ int, v float64) float64 { return v + 1000 }, x)
			return mat32.Convert(x)
		}, neighbors.NNDescent{}, 0.99},
		{"many columns, few directions", 4500, func(s uint64, n int) mat.Matrix { return correlated(s, n, 96, 6) }, neighbors.NNDescent{}, 0.985},
		{"normal, 50 neighbours", 2500, func(s uint64, n int) mat.Matrix { return fixture.Normal(s, n, 10) }, neighbors.NNDescent{Neighbors: 50}, 0.97},
		{"one neighbour", 2000, func(s uint64, n int) mat.Matrix { return fixture.Normal(s, n, 6) }, neighbors.NNDescent{Neighbors: 1}, 0.98},
		{"small leaves", 2000, func(s uint64, n int) mat.Matrix { return fixture.Normal(s, n, 6) }, neighbors.NNDescent{LeafSize: 8, Delta: 0.001}, 0.99},
		{"cosine", 2000, func(s uint64, n int) mat.Matrix { return fixture.Normal(s, n, 8) }, neighbors.NNDescent{Metric: neighbors.Cosine{}}, 0.99},
		{"manhattan", 1200, func(s uint64, n int) mat.Matrix { return fixture.Normal(s, n, 8) }, neighbors.NNDescent{Metric: neighbors.Manhattan{}}, 0.99},
		{"chebyshev", 1200, func(s uint64, n int) mat.Matrix { return fixture.Normal(s, n, 5) }, neighbors.NNDescent{Metric: neighbors.Chebyshev{}}, 0.99},
	} {
		t.Run(c.name, func(t *testing.T) {
			for seed := range seeds {
				c.o.Seed = seed
				found, true_ := graphs(t, c.o, c.x(seed+1, c.n/part))
				if s := share(found, true_); s < c.from {
					t.Errorf("seed %d: %.4f of the neighbours found, want %v", seed, s, c.from)
				}
				if len(found.Notes) > 0 {
					t.Errorf("it did not descend: %v", found.Notes)
				}
			}
		})
	}
}

// Without the descent the leaves alone find much less: what the test above asserts
// is not what any forest gives.
func TestNNDescentNeedsItsIterations(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Uniform(1, 4000, 12)
	few := neighbors.NNDescent{Trees: 2, LeafSize: 48, Iterations: 1, MaxCandidates: 4}
	found, true_ := graphs(t, few, x)
	low := share(found, true_)
	few.Iterations, few.Delta, few.MaxCandidates = 12, 0.001, 30
	found, _ = graphs(t, few, x)
	if high := share(found, true_); low > 0.8 || high < 0.97 {
		t.Errorf("%.3f found by one iteration with few candidates, %.3f by many with many", low, high)
	}
}

func TestNNDescentDistancesAreExact(t *testing.T) {
	n := 4500 // enough to be compared along few directions
	if testing.Short() {
		n = 400
	}
	x := correlated(3, n, 96, 6)
	g, err := neighbors.NNDescent{}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < g.N; i += 37 {
		indices, distances := g.Row(i)
		for k, j := range indices {
			sum := 0.
			for c := range 96 {
				v := x.At(i, c) - x.At(int(j), c)
				sum += v * v
			}
			if want := math.Sqrt(sum); int(j) == i || math.Abs(distances[k]-want) > 1e-12*want {
				t.Fatalf("row %d: neighbour %d at %v, want %v", i, j, distances[k], want)
			}
			if k > 0 && (distances[k] < distances[k-1] || distances[k] == distances[k-1] && j <= indices[k-1]) {
				t.Fatalf("row %d is not in order: %v at %v", i, indices, distances)
			}
		}
	}
}

func TestNNDescentWithDuplicates(t *testing.T) {
	x := fixture.Normal(1, 1500, 4)
	for i := 500; i < 1000; i++ { // one row, 500 times
		x.SetRow(i, x.RawRowView(500))
	}
	for i := 1000; i < 1500; i++ { // every row twice
		x.SetRow(i, x.RawRowView(i-1000))
	}
	found, true_ := graphs(t, neighbors.NNDescent{Neighbors: 10}, x)
	if s := share(found, true_); s < 0.99 {
		t.Errorf("%.4f of the neighbours found", s)
	}
	for i := range 500 {
		if indices, distances := found.Row(i); indices[0] != int32(i+1000) || distances[0] != 0 {
			t.Errorf("row %d does not find its copy: %v at %v", i, indices, distances)
		}
	}
	for i := 500; i < 1000; i++ {
		if _, distances := found.Row(i); distances[9] != 0 {
			t.Errorf("row %d has copies, but neighbours at %v", i, distances)
		}
	}

	same := mat.NewDense(1000, 3, nil)
	for i := range 1000 {
		same.SetRow(i, []float64{1, 2, 3})
	}
	g, err := neighbors.NNDescent{}.Graph(context.Background(), same)
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.N {
		indices, distances := g.Row(i)
		for k, j := range indices {
			if distances[k] != 0 || int(j) == i || k > 0 && j <= indices[k-1] {
				t.Fatalf("row %d of equal rows: %v at %v", i, indices, distances)
			}
		}
	}
}

func TestNNDescentMeasuresAllPairsOfFewRows(t *testing.T) {
	for _, c := range []struct{ n, d, k int }{{2, 1, 0}, {3, 2, 2}, {60, 5, 15}, {92, 3, 15}, {300, 4, 299}, {700, 3, 200}} {
		if c.n > 300 && testing.Short() {
			continue
		}
		x := fixture.Normal(uint64(c.n), c.n, c.d)
		found, true_ := graphs(t, neighbors.NNDescent{Neighbors: c.k}, x)
		if len(found.Notes) != 1 || !reflect.DeepEqual(found.Indices, true_.Indices) || !reflect.DeepEqual(found.Distances, true_.Distances) {
			t.Errorf("%d rows and %d neighbours: not the graph of Exact (%v)", c.n, c.k, found.Notes)
		}
	}
}

func TestNNDescentOfDistances(t *testing.T) {
	x := fixture.Normal(5, 600, 4)
	var condensed []float64
	for i := range 600 {
		for j := i + 1; j < 600; j++ {
			condensed = append(condensed, math.Sqrt(squared(x.RawRowView(i), x.RawRowView(j))))
		}
	}
	given, err := mat32.NewDistances(600, condensed)
	if err != nil {
		t.Fatal(err)
	}
	found, true_ := graphs(t, neighbors.NNDescent{Neighbors: 10, LeafSize: 50}, given)
	if s := share(found, true_); s < 0.99 || found.Metric != neighbors.Precomputed {
		t.Errorf("%.4f of the neighbours found, by the %s distance", s, found.Metric)
	}
	if _, err := (neighbors.NNDescent{}).Index(context.Background(), given); !errors.As(err, new(*mat32.RowsNeededError)) {
		t.Errorf("an index of distances: %v", err)
	}
}

func squared(a, b []float64) (sum float64) {
	for k, v := range a {
		sum += (v - b[k]) * (v - b[k])
	}
	return sum
}

// topical returns a matrix of counts, most of which are zero.
func topical(seed uint64, n, d, words int) *mat32.CSR {
	var triplets []mat32.Triplet
	for i := range n {
		s := rng.New(seed, "test/sparse", i)
		topic := s.IntN(8) * d / 8
		for range words {
			triplets = append(triplets, mat32.Triplet{Row: i, Col: (topic + s.IntN(d/4)) % d, Value: 1})
		}
	}
	x, err := mat32.FromTriplets(n, d, triplets)
	if err != nil {
		panic(err)
	}
	return x
}

func TestNNDescentOfSparseRows(t *testing.T) {
	n := 1200
	if testing.Short() {
		n = 400
	}
	for _, m := range []neighbors.Metric{nil, neighbors.Cosine{}, neighbors.Manhattan{}} {
		o := neighbors.NNDescent{Neighbors: 10, Metric: m, Delta: 0.01, Trees: 12}
		found, true_ := graphs(t, o, topical(1, n, n/10, 25))
		if s := share(found, true_); s < 0.97 {
			t.Errorf("%v: %.4f of the neighbours found", m, s)
		}
	}
}

func TestNNDescentSameBitsOnAnyCores(t *testing.T) {
	type result struct {
		Graph  *neighbors.Graph
		Answer *neighbors.Answer
	}
	n := 3000
	if testing.Short() {
		n = 500
	}
	for name, c := range map[string]struct {
		o neighbors.NNDescent
		x mat.Matrix
	}{
		"products":                          {neighbors.NNDescent{LeafSize: 64}, fixture.Uniform(2, n, 8)},
		"many columns, which are not moved": {neighbors.NNDescent{LeafSize: 64}, fixture.Uniform(2, n/3, 300)},
		"one by one":                        {neighbors.NNDescent{LeafSize: 64, Metric: neighbors.Manhattan{}}, fixture.Uniform(2, n, 8)},
		"reduced to few directions":         {neighbors.NNDescent{}, inFewDirections(4200, 6, 64)},
	} {
		rows, d := c.x.Dims()
		if rows > n && testing.Short() {
			continue
		}
		y := fixture.Uniform(9, 40, d)
		var first result
		for run, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			ix, err := c.o.Index(context.Background(), c.x)
			if err != nil {
				t.Fatal(err)
			}
			a, err := ix.Query(context.Background(), y, 5)
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			got := result{ix.Graph(), a}
			if run == 0 {
				first = got
			} else if !reflect.DeepEqual(got, first) {
				t.Errorf("%s: other bits on %d cores", name, procs)
			}
		}
		c.o.Seed++
		if g, err := c.o.Graph(context.Background(), c.x); err != nil || reflect.DeepEqual(g.Method, first.Graph.Method) {
			t.Errorf("%s: another seed goes by the same name: %v", name, err)
		}
	}
}

// inFewDirections returns n rows of d columns that vary along k directions, and by noise.
func inFewDirections(n, k, d int) *mat.Dense {
	x := fixture.Normal(5, n, d)
	x.Scale(.01, x)
	var y mat.Dense
	y.Mul(fixture.Normal(6, n, k), fixture.Normal(7, k, d))
	x.Add(x, &y)
	return x
}

// Distances that are no numbers, or not finite, end in the same graph or error on any
// number of cores.
func TestNNDescentOfDistancesThatAreNone(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	x := fixture.Normal(3, 300, 2)
	for name, f := range map[string]func(a, b []float64) float64{
		"never a number": func(a, b []float64) float64 { return math.NaN() },
		"two groups without a way": func(a, b []float64) float64 {
			if (a[0] > 1.5) != (b[0] > 1.5) {
				return math.Inf(1)
			}
			return math.Abs(a[1] - b[1])
		},
	} {
		var before string
		for _, cores := range testenv.Cores() {
			runtime.GOMAXPROCS(cores)
			g, err := neighbors.NNDescent{Metric: neighbors.Func("f", f)}.Graph(context.Background(), x)
			now := fmt.Sprint(err)
			if err == nil {
				now = fmt.Sprint(g.Indices, g.Distances)
			}
			if before != "" && now != before {
				t.Errorf("%s: %.80s on 1 core, %.80s on 7", name, before, now)
			}
			before = now
		}
	}
}

func TestNNDescentIsCanceled(t *testing.T) {
	n := 30_000
	if testing.Short() {
		n = 10_000
	}
	x := fixture.Uniform(1, n, 20)
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond} {
		ctx, cancel := context.WithCancel(context.Background())
		before := runtime.NumGoroutine()
		var stopped time.Time
		timer := time.AfterFunc(after, func() { stopped = time.Now(); cancel() })
		_, err := neighbors.NNDescent{Neighbors: 40, Delta: 1e-9, MaxCandidates: 100, Iterations: 50}.Index(ctx, x)
		timer.Stop()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("canceled after %v: %v", after, err)
		}
		if late := time.Since(stopped); late > 250*time.Millisecond {
			t.Errorf("canceled after %v, returned %v later", after, late)
		}
		if now := runtime.NumGoroutine(); now > before+1 {
			t.Errorf("%d goroutines are left", now-before)
		}
	}
}

func TestNNDescentRefuses(t *testing.T) {
	x := fixture.Normal(1, 100, 3)
	bad := mat.DenseCopyOf(x)
	bad.Set(3, 1, math.NaN())
	huge := mat.DenseCopyOf(fixture.Normal(1, 200, 3))
	huge.Set(7, 0, math.MaxFloat64)
	huge.Set(8, 0, -math.MaxFloat64)
	ctx := context.Background()
	for name, c := range map[string]struct {
		o    neighbors.NNDescent
		x    mat.Matrix
		want any
	}{
		"too many neighbours": {neighbors.NNDescent{Neighbors: 100}, x, new(*mat32.ParamError)},
		"negative neighbours": {neighbors.NNDescent{Neighbors: -1}, x, new(*mat32.ParamError)},
		"trees":               {neighbors.NNDescent{Trees: -1}, x, new(*mat32.ParamError)},
		"leaf":                {neighbors.NNDescent{LeafSize: 1}, x, new(*mat32.ParamError)},
		"iterations":          {neighbors.NNDescent{Iterations: -2}, x, new(*mat32.ParamError)},
		"delta":               {neighbors.NNDescent{Delta: math.NaN()}, x, new(*mat32.ParamError)},
		"candidates":          {neighbors.NNDescent{MaxCandidates: 256}, x, new(*mat32.ParamError)},
		"width of search":     {neighbors.NNDescent{EfSearch: -1}, x, new(*mat32.ParamError)},
		"memory":              {neighbors.NNDescent{MemoryLimit: 1000}, x, new(*mat32.MemoryError)},
		"one row":             {neighbors.NNDescent{}, fixture.Normal(1, 1, 3), new(*mat32.ShapeError)},
		"NaN":                 {neighbors.NNDescent{}, bad, new(*mat32.NotFiniteError)},
		"too far":             {neighbors.NNDescent{}, huge, new(*mat32.DegenerateError)},
		"a metric's domain":   {neighbors.NNDescent{Metric: neighbors.Hellinger{}}, x, new(*neighbors.DomainError)},
	} {
		if _, err := c.o.Graph(ctx, c.x); !errors.As(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ix, err := neighbors.NNDescent{}.Index(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ix.Query(ctx, fixture.Normal(1, 2, 4), 3); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("a query of other columns: %v", err)
	}
	if _, err := ix.Query(ctx, x, 0); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("a query for no rows: %v", err)
	}
	if _, err := ix.Query(ctx, bad, 1); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("a query with a NaN: %v", err)
	}
}

func TestNNDescentAnswersQueries(t *testing.T) {
	ctx := context.Background()
	n, columns, metrics := 2500, []int{3, 10}, []neighbors.Metric{neighbors.Cosine{}, nil, neighbors.Manhattan{}}
	if testing.Short() {
		n, columns, metrics = 400, columns[1:], metrics[1:]
	}
	for _, m := range metrics {
		for _, d := range columns {
			x, y := clumps(1, n, d, 5, 20), clumps(1, n+100, d, 5, 20).Slice(n, n+100, 0, d)
			ix, err := neighbors.NNDescent{Metric: m}.Index(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			exact, err := neighbors.Exact{Metric: m}.Index(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range []int{1, 15, n, 4 * n} {
				found, err := ix.Query(ctx, y, k)
				if err != nil {
					t.Fatal(err)
				}
				want, err := exact.Query(ctx, y, k)
				if err != nil {
					t.Fatal(err)
				}
				hits := 0
				for p, v := range found.Distances {
					if v <= want.Distances[p-p%found.K+found.K-1] {
						hits++
					}
				}
				if s := float64(hits) / float64(len(want.Distances)); found.K != want.K || s < 0.98 {
					t.Errorf("%v, %d columns, %d rows sought: %.4f found", m, d, k, s)
				}
			}
			own, err := ix.Query(ctx, x.Slice(0, 200, 0, d), 1)
			if err != nil {
				t.Fatal(err)
			}
			missed := 0
			for i, j := range own.Indices {
				if int(j) != i {
					missed++
				}
			}
			if missed > 2 {
				t.Errorf("%v, %d columns: %d of 200 rows do not find themselves", m, d, missed)
			}
		}
	}
}

func ExampleNNDescent() {
	// Two rings of 500 points, one inside the other.
	x := mat.NewDense(1000, 2, nil)
	for i := range 1000 {
		angle := 2 * math.Pi * float64(i%500) / 500
		radius := float64(1 + i/500)
		x.SetRow(i, []float64{radius * math.Cos(angle), radius * math.Sin(angle)})
	}
	g, err := neighbors.NNDescent{Neighbors: 2, Seed: 1}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	indices, distances := g.Row(7)
	fmt.Println(indices)
	fmt.Printf("%.4f\n", distances)
	// Output:
	// [6 8]
	// [0.0126 0.0126]
}

func ExampleNNDescentIndex_Query() {
	x := mat.NewDense(1000, 1, nil)
	for i := range 1000 {
		x.Set(i, 0, float64(i))
	}
	ix, err := neighbors.NNDescent{}.Index(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := ix.Query(context.Background(), mat.NewDense(1, 1, []float64{123.4}), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Indices)
	// Output: [123 124 122]
}
