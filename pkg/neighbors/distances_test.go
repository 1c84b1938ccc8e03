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
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleExact_Graph_distances() {
	// How many letters differ, of "form", "farm", "firm" and "film".
	d, err := mat32.NewDistances(4, []float64{1, 1, 2, 1, 2, 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := neighbors.Exact{Neighbors: 1}.Graph(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g)
	fmt.Println(g.Row(3))
	// Output:
	// graph of 4 rows, 1 nearest neighbours each, precomputed distance
	// [2] [1]
}

func TestDistancesGiveTheGraphOfTheirRows(t *testing.T) {
	testenv.Unraced(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, x := range inputs() {
		d := apart.Rows(t, x)
		n, _ := x.Dims()
		for _, k := range []int{1, 15, n - 1} {
			want, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			for _, cores := range testenv.Cores() {
				runtime.GOMAXPROCS(cores)
				got, err := neighbors.Exact{Neighbors: k}.Graph(context.Background(), d)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) {
					t.Errorf("%s, k = %d, %d cores: distances give another graph than their rows", name, k, cores)
				}
				if got.Metric != neighbors.Precomputed {
					t.Errorf("%s: the metric is %q", name, got.Metric)
				}
			}
		}
	}
}

func TestGraphOfDistancesIsNotThatOfRows(t *testing.T) {
	x := inputs()["normal"]
	d := apart.Rows(t, x)
	ofRows, err := neighbors.Exact{}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	ofDistances, err := neighbors.Exact{}.Graph(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if err := ofDistances.Check("m", d, 15); err != nil {
		t.Error(err)
	}
	var param *mat32.ParamError
	for _, err := range []error{
		ofDistances.Check("m", x, 15),
		ofDistances.Check("m", mat.DenseCopyOf(d), 15),
		ofRows.Check("m", d, 15),
	} {
		if !errors.As(err, &param) {
			t.Errorf("got %v", err)
		}
	}
	if ofRows.Fingerprint() == ofDistances.Fingerprint() {
		t.Error("two graphs of other data have one fingerprint")
	}
}

func TestBadDistances(t *testing.T) {
	pairs := []float64{1, 2, 3}
	d, err := mat32.NewDistances(3, pairs)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		x    mat.Matrix
		want any
	}{
		"one row": {mustDistances(t, 1, nil), new(*mat32.ShapeError)},
		"changed after they were given": {func() mat.Matrix {
			pairs[1] = math.NaN()
			return d
		}(), new(*mat32.NotFiniteError)},
	} {
		if _, err := (neighbors.Exact{}).Graph(context.Background(), c.x); !errors.As(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := (neighbors.Exact{}).Graph(context.Background(), &mat32.Distances{}); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("none: got %v", err)
	}
	// Distances up to the largest float64 can be told apart.
	g, err := neighbors.Exact{Neighbors: 1}.Graph(context.Background(),
		mustDistances(t, 3, []float64{math.MaxFloat64, math.MaxFloat64 / 2, math.MaxFloat64 / 4}))
	if err != nil || !slices.Equal(g.Indices, []int32{2, 2, 1}) {
		t.Errorf("huge distances: %v, %v", g, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (neighbors.Exact{}).Graph(ctx, apart.Rows(t, inputs()["normal"])); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func mustDistances(t *testing.T, n int, pairs []float64) *mat32.Distances {
	t.Helper()
	d, err := mat32.NewDistances(n, pairs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSparseRowsGiveTheGraphOfTheirDenseTwin(t *testing.T) {
	var triplets []mat32.Triplet
	for i := range 90 {
		for j := range 5 {
			triplets = append(triplets, mat32.Triplet{Row: i, Col: (i*i + 31*j*j) % 400, Value: float32(1 + (i+j)%4)})
		}
	}
	x, err := mat32.FromTriplets(90, 400, triplets)
	if err != nil {
		t.Fatal(err)
	}
	want, err := neighbors.Exact{}.Graph(context.Background(), mat32.Convert(x))
	if err != nil {
		t.Fatal(err)
	}
	got, err := neighbors.Exact{}.Graph(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Indices, want.Indices) || !slices.Equal(got.Distances, want.Distances) || got.Rows != want.Rows {
		t.Error("sparse rows give another graph")
	}
	// What is zero takes no memory, and the forecast says so.
	var memory *mat32.MemoryError
	if _, err := (neighbors.Exact{MemoryLimit: 90 * 400}).Graph(context.Background(), x); err != nil {
		t.Errorf("got %v", err)
	}
	if _, err := (neighbors.Exact{MemoryLimit: 90 * 100}).Graph(context.Background(), x); !errors.As(err, &memory) {
		t.Errorf("got %v", err)
	}
}
