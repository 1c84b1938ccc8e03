package affinity_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleGeodesics() {
	// Along half a circle: the ends are 2 apart, and π on foot.
	x := mat.NewDense(101, 2, nil)
	for i := range 101 {
		x.SetRow(i, []float64{math.Cos(math.Pi * float64(i) / 100), math.Sin(math.Pi * float64(i) / 100)})
	}
	ctx := context.Background()
	h, err := neighbors.Within{Radius: .04}.Neighborhoods(ctx, x)
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := affinity.NewGeodesics(ctx, h)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := g.Rows(ctx, []int{0}, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g)
	fmt.Printf("%.3f\n", d.At(0, 100))
	// Output:
	// ways between 101 rows along 100 pairs of neighbours, 1 component of 101 rows
	// 3.141
}

func geodesics(t *testing.T, h *neighbors.Neighborhoods) *affinity.Geodesics {
	t.Helper()
	g, err := affinity.NewGeodesics(context.Background(), h)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// allWays returns the distances between all rows.
func allWays(t *testing.T, g *affinity.Geodesics) [][]float64 {
	t.Helper()
	all := make([][]float64, g.Dim())
	sources := make([]int, g.Dim())
	for i := range sources {
		sources[i] = i
	}
	if err := g.Each(context.Background(), sources, func(i int, d []float64) { all[i] = slices.Clone(d) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// fieldPaths is a field of w × h rows at the distance 1.
func fieldPaths(w, h int) *mat.Dense {
	x := mat.NewDense(w*h, 2, nil)
	for i := range w * h {
		x.SetRow(i, []float64{float64(i % w), float64(i / w)})
	}
	return x
}

func TestGeodesicsOfAField(t *testing.T) {
	const w, h = 9, 7
	near, err := neighbors.Within{Radius: 1}.Neighborhoods(context.Background(), fieldPaths(w, h))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range allWays(t, geodesics(t, near)) {
		for j, d := range row {
			if want := math.Abs(float64(i%w-j%w)) + math.Abs(float64(i/w-j/w)); d != want {
				t.Fatalf("from %d to %d: %v, want %v steps", i, j, d, want)
			}
		}
	}
}

// TestGeodesicsAgainstFloydWarshall compares with the shortest of all ways, also where
// rows are in several parts, and are neighbours one way only.
func TestGeodesicsAgainstFloydWarshall(t *testing.T) {
	for _, c := range []struct{ n, k int }{{2, 1}, {3, 1}, {40, 1}, {40, 3}, {70, 5}, {30, 29}} {
		graph, err := neighbors.Exact{Neighbors: c.k}.Graph(context.Background(), fixture.Normal(uint64(c.n+c.k), c.n, 4))
		if err != nil {
			t.Fatal(err)
		}
		h, err := graph.Neighborhoods()
		if err != nil {
			t.Fatal(err)
		}
		want := mat.NewDense(c.n, c.n, nil)
		for i := range c.n {
			for j := range c.n {
				if i != j {
					want.Set(i, j, math.Inf(1))
				}
			}
		}
		for i := range c.n {
			indices, distances := h.Row(i)
			for k, j := range indices {
				want.Set(i, int(j), distances[k])
				want.Set(int(j), i, distances[k])
			}
		}
		for m := range c.n {
			for i := range c.n {
				for j := range c.n {
					want.Set(i, j, min(want.At(i, j), want.At(i, m)+want.At(m, j)))
				}
			}
		}
		g := geodesics(t, h)
		infinite := false
		for i, row := range allWays(t, g) {
			for j, d := range row {
				infinite = infinite || math.IsInf(d, 1)
				if w := want.At(i, j); d != w && !(math.Abs(d-w) <= 1e-14*w) {
					t.Fatalf("%d rows of %d neighbours, from %d to %d: %v, want %v", c.n, c.k, i, j, d, w)
				}
			}
		}
		if infinite != (g.Components().Count > 1) {
			t.Errorf("%v, but there are ways between all: %v", g.Components(), !infinite)
		}
	}
}

func TestGeodesicsOfNewPoints(t *testing.T) {
	graph, err := neighbors.Exact{Neighbors: 4}.Graph(context.Background(), fixture.Normal(3, 60, 3))
	if err != nil {
		t.Fatal(err)
	}
	h, err := graph.Union()
	if err != nil {
		t.Fatal(err)
	}
	g := geodesics(t, h)
	all := allWays(t, g)
	rows, distances := []int32{7, 30, 7, 55}, []float64{2, .5, 1, 0}
	count := 0
	err = g.EachEntering(context.Background(), 1, func(int) ([]int32, []float64) { return rows, distances }, func(_ int, d []float64) {
		count++
		for j := range d {
			want := math.Inf(1)
			for k, r := range rows {
				want = min(want, distances[k]+all[r][j])
			}
			if !(math.Abs(d[j]-want) <= 1e-14*want) {
				t.Errorf("to row %d: %v, want %v", j, d[j], want)
			}
		}
	})
	if err != nil || count != 1 {
		t.Fatalf("%d calls, %v", count, err)
	}
}

// Points that are measured together have the distances of points measured alone.
func TestGeodesicsTogether(t *testing.T) {
	for _, k := range []int{1, 3} { // parts between which there are no ways, and one
		graph, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), fixture.Normal(5, 100, 3))
		if err != nil {
			t.Fatal(err)
		}
		h, err := graph.Union()
		if err != nil {
			t.Fatal(err)
		}
		g := geodesics(t, h)
		for i, together := range allWays(t, g) {
			err := g.Each(context.Background(), []int{i}, func(_ int, alone []float64) {
				if !slices.Equal(together, alone) {
					t.Errorf("%d neighbours, row %d: other bits", k, i)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	// All rows along one way, in no order.
	const n = 200
	zigzag := &neighbors.Neighborhoods{N: n, Start: make([]int, n+1)}
	at := func(i int) int32 { return int32(i * 77 % n) }
	rows := make([]int32, n)
	for i := range n {
		rows[at(i)] = int32(i)
	}
	for r := range n {
		if i := int(rows[r]); i+1 < n {
			zigzag.Indices, zigzag.Distances = append(zigzag.Indices, at(i+1)), append(zigzag.Distances, 1)
		}
		zigzag.Start[r+1] = len(zigzag.Indices)
	}
	for r, row := range allWays(t, geodesics(t, zigzag)) {
		for s, d := range row {
			if want := math.Abs(float64(rows[r] - rows[s])); d != want {
				t.Fatalf("from %d to %d: %v, want %v", r, s, d, want)
			}
		}
	}
}

func TestGeodesicsOnAnyNumberOfCores(t *testing.T) {
	graph, err := neighbors.Exact{Neighbors: 5}.Graph(context.Background(), fixture.Normal(4, 150, 6))
	if err != nil {
		t.Fatal(err)
	}
	h, err := graph.Neighborhoods()
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []float32
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		d, err := geodesics(t, h).Rows(context.Background(), []int{3, 100, 3, 149, 8, 31, 77, 12, 13, 14, 90, 91, 120, 1, 2, 55, 56, 57}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = slices.Clone(d.Data())
		}
		if !slices.Equal(first, d.Data()) {
			t.Errorf("%d cores give other bits", cores)
		}
	}
}

func TestGeodesicsRefuse(t *testing.T) {
	ctx := context.Background()
	var param *mat32.ParamError
	if _, err := affinity.NewGeodesics(ctx, nil); !errors.As(err, &param) {
		t.Errorf("no neighbourhoods: %v", err)
	}
	torn := &neighbors.Neighborhoods{N: 2, Start: []int{0, 1, 2}, Indices: []int32{1, 5}, Distances: []float64{1, 1}}
	if _, err := affinity.NewGeodesics(ctx, torn); !errors.As(err, &param) {
		t.Errorf("a neighbour that is no row: %v", err)
	}
	two := &neighbors.Neighborhoods{N: 2, Start: []int{0, 1, 1}, Indices: []int32{1}, Distances: []float64{1e39}}
	g := geodesics(t, two)
	for name, err := range map[string]error{
		"source −1":           g.Each(ctx, []int{-1}, nil),
		"source 2":            g.Each(ctx, []int{0, 2}, nil),
		"a point at −1":       g.EachEntering(ctx, 1, func(int) ([]int32, []float64) { return []int32{0}, []float64{-1} }, nil),
		"a point at NaN":      g.EachEntering(ctx, 1, func(int) ([]int32, []float64) { return []int32{0}, []float64{math.NaN()} }, nil),
		"a point at no row":   g.EachEntering(ctx, 1, func(int) ([]int32, []float64) { return []int32{2}, []float64{1} }, nil),
		"no sources for rows": func() error { _, err := g.Rows(ctx, nil, 0); return err }(),
	} {
		if !errors.As(err, &param) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var shape *mat32.ShapeError
	if err := g.EachEntering(ctx, 1, func(int) ([]int32, []float64) { return []int32{0}, nil }, nil); !errors.As(err, &shape) {
		t.Errorf("a point without distances: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := g.Rows(ctx, []int{0}, 0); !errors.As(err, &degenerate) {
		t.Errorf("beyond float32: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := g.Rows(ctx, []int{0, 1}, 15); !errors.As(err, &memory) {
		t.Errorf("beyond memory: %v", err)
	}
}

func TestGeodesicsAreCanceled(t *testing.T) {
	const n = 100_000 // in one line: one search takes longer than a cancel may
	h := &neighbors.Neighborhoods{N: n, Start: make([]int, n+1), Indices: make([]int32, n-1), Distances: make([]float64, n-1)}
	for i := range n - 1 {
		h.Start[i+1], h.Indices[i], h.Distances[i] = i+1, int32(i+1), 1
	}
	h.Start[n] = n - 1
	g := geodesics(t, h)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := g.Each(ctx, make([]int, 10_000), func(int, []float64) {})
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 255*time.Millisecond {
		t.Errorf("after %v: %v", took, err)
	}
}

func BenchmarkGeodesics(b *testing.B) {
	graph, err := neighbors.Exact{Neighbors: 5}.Graph(context.Background(), fixture.Normal(4, 5000, 10))
	if err != nil {
		b.Fatal(err)
	}
	h, err := graph.Union()
	if err != nil {
		b.Fatal(err)
	}
	g, err := affinity.NewGeodesics(context.Background(), h)
	if err != nil {
		b.Fatal(err)
	}
	sources := make([]int, g.Dim())
	for i := range sources {
		sources[i] = i
	}
	for b.Loop() {
		if err := g.Each(context.Background(), sources, func(int, []float64) {}); err != nil {
			b.Fatal(err)
		}
	}
}
