package neighbors_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleHNSW_Graph() {
	x := fixture.Normal(1, 500, 4)
	g, err := neighbors.HNSW{Neighbors: 10, Seed: 1}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	exact, err := neighbors.Exact{Neighbors: 10}.Graph(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	same := 0
	for i := range g.Indices {
		if g.Indices[i] == exact.Indices[i] {
			same++
		}
	}
	fmt.Println(g.Method)
	fmt.Printf("%d of %d neighbours are those of an exact search\n", same, len(g.Indices))
	// Output:
	// HNSW, M 16, efConstruction 200, efSearch 100, seed 1
	// 5000 of 5000 neighbours are those of an exact search
}

func ExampleHNSWIndex_Query() {
	ctx := context.Background()
	index, err := neighbors.HNSW{}.Index(ctx, mat.NewDense(4, 1, []float64{0, 1, 3, 10}))
	if err != nil {
		fmt.Println(err)
		return
	}
	index, err = index.Add(ctx, mat.NewDense(2, 1, []float64{4, 3}))
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := index.Query(ctx, mat.NewDense(1, 1, []float64{2.75}), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Row(0))
	fmt.Println(index)
	// Output:
	// [2 5 4] [0.25 0.25 1.25]
	// HNSW of 6 × 1, euclidean distance, M 16, efConstruction 200, efSearch 100, seed 0
	//   level      rows  mean links
	//       0         5         2.0
	//   rows kept beside one that they equal: 1
}

func hnswGraph(t testing.TB, h neighbors.HNSW, x mat.Matrix) *neighbors.Graph {
	t.Helper()
	g, err := h.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func hnswIndex(t testing.TB, h neighbors.HNSW, x mat.Matrix) *neighbors.HNSWIndex {
	t.Helper()
	ix, err := h.Index(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func saveIndex(t testing.TB, ix *neighbors.HNSWIndex) []byte {
	t.Helper()
	b, err := ix.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A search as wide as the data sees every row: reachability, distances and the
// order of ties show.
func TestHNSWOfAllRowsIsExact(t *testing.T) {
	testenv.Unraced(t)
	metrics := []neighbors.Metric{nil, neighbors.Cosine{}, neighbors.Manhattan{}, neighbors.Func("longest", func(a, b []float64) float64 {
		most := 0.
		for i, v := range a {
			most = max(most, math.Abs(v-b[i]))
		}
		return most
	})}
	for name, x := range inputs() {
		for _, m := range metrics {
			n, _ := x.Dims()
			for _, k := range []int{1, 15, n - 1} {
				if name == "cluster far from the rest" && k < n-1 {
					continue // who is near is beyond float32, and nothing is known of it
				}
				want, err := neighbors.Exact{Neighbors: k, Metric: m}.Graph(context.Background(), x)
				if err != nil {
					continue // the metric is not for these rows
				}
				got := hnswGraph(t, neighbors.HNSW{Neighbors: k, EfSearch: n, EfConstruction: 20, M: 4, Metric: m}, x)
				if got.Metric != want.Metric || got.Rows != want.Rows {
					t.Errorf("%s: the graph is of %s and %s", name, got.Metric, got.Rows)
				}
				for i := range want.Indices {
					if got.Distances[i] != want.Distances[i] {
						t.Fatalf("%s, %s, k = %d: neighbour %d of row %d is at %v, want %v", name, want.Metric, k, i%k, i/k, got.Distances[i], want.Distances[i])
					}
				}
			}
		}
	}
}

func TestHNSWFindsNearlyAll(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Uniform(5, 1500, 8)
	want, err := neighbors.Exact{}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	last := 0.
	ix := hnswIndex(t, neighbors.HNSW{M: 8, EfConstruction: 60}, x)
	for _, c := range []struct {
		ef    int
		least float64
	}{{1, 0.8}, {60, 0.97}, {300, 0.999}} {
		got, err := ix.WithEfSearch(c.ef).Neighbors(context.Background(), 15)
		if err != nil {
			t.Fatal(err)
		}
		hits := 0
		for i := range got.N {
			a, _ := got.Row(i)
			b, _ := want.Row(i)
			for _, j := range a {
				if slices.Contains(b, j) {
					hits++
				}
			}
		}
		recall := float64(hits) / float64(len(got.Indices))
		if recall < c.least || recall < last {
			t.Errorf("ef %d finds %.4f of the neighbours, after %.4f; want %v", c.ef, recall, last, c.least)
		}
		last = recall
	}
}

// Batches of many rows, on any number of cores.
func TestHNSWSameBitsOnAnyCores(t *testing.T) {
	n := 1600
	if testing.Short() {
		n = 400
	}
	x := fixture.Normal(3, n, 6)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []byte
	for _, procs := range testenv.Cores() {
		runtime.GOMAXPROCS(procs)
		got := saveIndex(t, hnswIndex(t, neighbors.HNSW{M: 6, EfConstruction: 30, Seed: 9}, x))
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d cores link the rows in another way", procs)
		}
	}
}

func TestHNSWQuery(t *testing.T) {
	ctx := context.Background()
	x, y := fixture.Normal(1, 300, 5), fixture.Normal(2, 40, 5)
	for _, given := range []mat.Matrix{x, mat32.Convert(x)} {
		ix := hnswIndex(t, neighbors.HNSW{}, given)
		for _, k := range []int{1, 10, 300, 1000} {
			a, err := ix.Query(ctx, y, k)
			if err != nil {
				t.Fatal(err)
			}
			if a.N != 40 || a.K != min(k, 300) || a.Metric != "euclidean" {
				t.Fatalf("k = %d: %v", k, a)
			}
			for i := range a.N {
				indices, distances := a.Row(i)
				far := make([]float64, 300)
				for j := range far {
					for c := range 5 {
						far[j] = math.Hypot(far[j], given.At(j, c)-y.At(i, c))
					}
				}
				sorted := slices.Sorted(slices.Values(far))
				for p, j := range indices {
					if math.Abs(distances[p]-far[j]) > 1e-12 || math.Abs(distances[p]-sorted[p]) > 1e-12 {
						t.Fatalf("k = %d, query %d: %d-th is row %d at %v; it is at %v, and %v is the right distance", k, i, p, j, distances[p], far[j], sorted[p])
					}
				}
			}
		}
	}
	one := hnswIndex(t, neighbors.HNSW{}, mat.NewDense(1, 5, nil))
	a, err := one.Query(ctx, y, 3)
	if err != nil || a.K != 1 || a.Indices[39] != 0 {
		t.Errorf("an index of one row: %v, %v", a, err)
	}
	var shape *mat32.ShapeError
	if _, err := one.Neighbors(ctx, 1); !errors.As(err, &shape) {
		t.Errorf("neighbours in an index of one row: %v", err)
	}
}

func TestHNSWAdd(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 300, 5)
	part := func(lo, hi int) mat.Matrix { return x.Slice(lo, hi, 0, 5) }
	for name, form := range map[string]func(mat.Matrix) mat.Matrix{
		"float64": func(m mat.Matrix) mat.Matrix { return m },
		"float32": func(m mat.Matrix) mat.Matrix { return mat32.Convert(m) },
		"sparse":  func(m mat.Matrix) mat.Matrix { return sparseTwin(t, m) },
	} {
		first := hnswIndex(t, neighbors.HNSW{M: 5, EfConstruction: 30}, form(part(0, 120)))
		before := saveIndex(t, first)
		ix := first
		for _, lo := range []int{120, 121, 200} {
			hi := map[int]int{120: 121, 121: 200, 200: 300}[lo]
			next, err := ix.Add(ctx, form(part(lo, hi)))
			if err != nil {
				t.Fatal(err)
			}
			ix = next
		}
		if !bytes.Equal(before, saveIndex(t, first)) {
			t.Errorf("%s: adding rows has changed the index they were added to", name)
		}
		got, err := ix.WithEfSearch(300).Neighbors(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		want, err := neighbors.Exact{Neighbors: 10}.Graph(ctx, form(x))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) || got.Rows != want.Rows {
			t.Errorf("%s: rows added piece by piece have other neighbours", name)
		}
	}
}

// sparseTwin returns a CSR of the values of m in float32.
func sparseTwin(t testing.TB, m mat.Matrix) *mat32.CSR {
	t.Helper()
	n, d := m.Dims()
	var triplets []mat32.Triplet
	for i := range n {
		for j := range d {
			triplets = append(triplets, mat32.Triplet{Row: i, Col: j, Value: float32(m.At(i, j))})
		}
	}
	x, err := mat32.FromTriplets(n, d, triplets)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// Hundreds of equal rows neither hide each other nor what is beside them; those
// added later are equal to earlier ones as well.
func TestHNSWDuplicates(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(4, 700, 3)
	for i := range 500 {
		x.SetRow(i, []float64{0.5, math.Copysign(0, float64(i%2)-1), 0.25}) // −0 is 0
	}
	for name, make := range map[string]func() (*neighbors.HNSWIndex, error){
		"at once": func() (*neighbors.HNSWIndex, error) { return neighbors.HNSW{M: 4}.Index(ctx, x) },
		"added": func() (*neighbors.HNSWIndex, error) {
			ix, err := neighbors.HNSW{M: 4}.Index(ctx, x.Slice(0, 100, 0, 3))
			if err != nil {
				return nil, err
			}
			return ix.Add(ctx, x.Slice(100, 700, 0, 3))
		},
	} {
		ix, err := make()
		if err != nil {
			t.Fatal(err)
		}
		if s := ix.Stats(); s.Duplicates != 499 || s.Levels[0] != 201 {
			t.Errorf("%s: %d duplicates, %d rows are linked", name, s.Duplicates, s.Levels[0])
		}
		a, err := ix.Query(ctx, x.Slice(7, 8, 0, 3), 600)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 500 {
			if a.Indices[i] != int32(i) || a.Distances[i] != 0 {
				t.Fatalf("%s: the %d-th nearest to the duplicates is row %d at %v", name, i, a.Indices[i], a.Distances[i])
			}
		}
		got, err := ix.WithEfSearch(300).Neighbors(ctx, 20)
		if err != nil {
			t.Fatal(err)
		}
		want, err := neighbors.Exact{Neighbors: 20}.Graph(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) {
			t.Errorf("%s: another graph than the exact one", name)
		}
	}
}

// Rows that differ but are at no distance by the metric are all reached.
func TestHNSWRowsAtNoDistance(t *testing.T) {
	testenv.Unraced(t)
	x := mat.NewDense(600, 3, nil)
	other := fixture.Normal(6, 600, 3)
	for i := range 600 {
		if i < 450 {
			x.SetRow(i, []float64{1 + float64(i), 2 + 2*float64(i), -1 - float64(i)})
		} else {
			x.SetRow(i, other.RawRowView(i))
		}
	}
	ix := hnswIndex(t, neighbors.HNSW{M: 3, EfConstruction: 10, Metric: neighbors.Cosine{}}, x)
	a, err := ix.Query(context.Background(), x, 600)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.N {
		indices, _ := a.Row(i)
		all := slices.Sorted(slices.Values(indices))
		for j, v := range all {
			if v != int32(j) {
				t.Fatalf("asked for everything, row %d does not find row %d", i, j)
			}
		}
	}
}

func TestHNSWOrderAndSeed(t *testing.T) {
	x := fixture.Normal(8, 200, 6)
	order := make([]int, 200)
	for k := range order {
		order[k] = 199 - k
	}
	h := neighbors.HNSW{M: 3, EfConstruction: 5}
	plain := saveIndex(t, hnswIndex(t, h, x))
	for name, o := range map[string]neighbors.HNSW{
		"order":       {M: 3, EfConstruction: 5, Order: order},
		"seed":        {M: 3, EfConstruction: 5, Seed: 2},
		"kept pruned": {M: 3, EfConstruction: 5, KeepPruned: true},
	} {
		ix := hnswIndex(t, o, x)
		if bytes.Equal(plain, saveIndex(t, ix)) {
			t.Errorf("another %s changes nothing", name)
		}
		if name == "kept pruned" && ix.Stats().MeanLinks[0] <= hnswIndex(t, h, x).Stats().MeanLinks[0] {
			t.Error("with the pruned links kept there are no more")
		}
	}
	for k := range order {
		order[k] = k
	}
	if !bytes.Equal(plain, saveIndex(t, hnswIndex(t, neighbors.HNSW{M: 3, EfConstruction: 5, Order: order}, x))) {
		t.Error("the rows as given, named one by one, are linked in another way")
	}
}

func TestHNSWStats(t *testing.T) {
	ix := hnswIndex(t, neighbors.HNSW{M: 4, EfConstruction: 40}, fixture.Normal(2, 900, 4))
	s := ix.Stats()
	in := 0
	for _, v := range s.InDegree {
		in += v
	}
	if s.Levels[0] != 900 || len(s.Levels) < 3 || s.Levels[1] < 150 || s.Levels[1] > 310 {
		t.Errorf("%v rows stand on the levels", s.Levels)
	}
	if math.Abs(float64(in)/900-s.MeanLinks[0]) > 0.01 || s.MeanLinks[0] > 8 || s.MeanLinks[0] < 4 {
		t.Errorf("%d links lead to rows, and %v from each", in, s.MeanLinks)
	}
	if r := s.Reachable(); r < 0.95 || r > 1 {
		t.Errorf("%v could be reached", r)
	}
}

func TestHNSWBadInput(t *testing.T) {
	ctx := context.Background()
	var pe *mat32.ParamError
	if _, err := new(neighbors.HNSWIndex).Query(ctx, mat.NewDense(1, 1, nil), 1); !errors.As(err, &pe) {
		t.Errorf("an index of nothing: got %v", err)
	}
	x := fixture.Normal(1, 50, 3)
	param, shape := new(*mat32.ParamError), new(*mat32.ShapeError)
	for name, c := range map[string]struct {
		h    neighbors.HNSW
		x    mat.Matrix
		want any
	}{
		"one link":        {neighbors.HNSW{M: 1}, x, param},
		"too many links":  {neighbors.HNSW{M: 513}, x, param},
		"order too short": {neighbors.HNSW{Order: []int{1, 0}}, x, param},
		"order twice":     {neighbors.HNSW{Order: make([]int, 50)}, x, param},
		"one row":         {neighbors.HNSW{}, mat.NewDense(1, 2, nil), shape},
		"distances":       {neighbors.HNSW{}, apart.Rows(t, x), new(*mat32.RowsNeededError)},
		"beyond float64":  {neighbors.HNSW{Neighbors: 2}, mat.NewDense(3, 1, []float64{-math.MaxFloat64, 0, math.MaxFloat64}), new(*mat32.DegenerateError)},
	} {
		if g, err := c.h.Graph(ctx, c.x); g != nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v", name, g, err)
		}
	}
	ix := hnswIndex(t, neighbors.HNSW{}, x)
	nan := mat.NewDense(1, 3, []float64{1, math.NaN(), 2})
	for name, c := range map[string]struct {
		err  error
		want any
	}{
		"columns": {failure(ix.Query(ctx, mat.NewDense(2, 4, nil), 1)), shape},
		"k":       {failure(ix.Query(ctx, x, 0)), param},
		"NaN":     {failure(ix.Query(ctx, nan, 1)), new(*mat32.NotFiniteError)},
		"ef":      {failure(ix.WithEfSearch(0).Query(ctx, x, 1)), param},
		"all":     {failure(ix.Neighbors(ctx, 50)), param},
		"added":   {failure(ix.Add(ctx, mat.NewDense(2, 4, nil))), shape},
		"far": {failure(hnswIndex(t, neighbors.HNSW{}, mat.NewDense(2, 1, []float64{0, math.MaxFloat64})).
			Query(ctx, mat.NewDense(1, 1, []float64{-math.MaxFloat64}), 2)), new(*mat32.DegenerateError)},
	} {
		if !errors.As(c.err, c.want) {
			t.Errorf("%s: got %v", name, c.err)
		}
	}
}

func failure[T any](_ T, err error) error { return err }

func TestHNSWCancel(t *testing.T) {
	n := 30000
	if testing.Short() {
		n = 2000
	}
	x := mat32.Convert(fixture.Uniform(1, n, 20))
	ix := hnswIndex(t, neighbors.HNSW{M: 8, EfConstruction: 10}, x)
	for name, work := range map[string]func(ctx context.Context) error{
		"index":      func(ctx context.Context) error { return failure(neighbors.HNSW{}.Index(ctx, x)) },
		"query":      func(ctx context.Context) error { return failure(ix.WithEfSearch(5000).Query(ctx, x, 5)) },
		"neighbours": func(ctx context.Context) error { return failure(ix.WithEfSearch(5000).Neighbors(ctx, 5)) },
	} {
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 && at.IsZero() {
				at = time.Now()
				cancel()
			}
		})
		before := runtime.NumGoroutine()
		if err := work(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: got %v", name, err)
		}
		if late := time.Since(at); late > 250*time.Millisecond && !testing.Short() {
			t.Errorf("%s returned %v after the cancel", name, late)
		}
		for tries := 0; runtime.NumGoroutine() > before; tries++ {
			if tries == 100 {
				t.Fatalf("%s: %d goroutines before, %d after", name, before, runtime.NumGoroutine())
			}
			time.Sleep(2 * time.Millisecond)
		}
		cancel()
	}
}
