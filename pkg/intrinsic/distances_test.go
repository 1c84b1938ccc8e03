package intrinsic_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Distances say all there is to say of rows, also which of them are duplicates.
func TestDistancesGiveTheDimensionOfTheirRows(t *testing.T) {
	distinct := fixture.C().Slice(0, 120, 0, 4)
	repeated := mat.DenseCopyOf(distinct)
	n, _ := repeated.Dims()
	for i := range n / 5 {
		repeated.SetRow(n-1-i, repeated.RawRowView(i))
	}
	for data, x := range map[string]mat.Matrix{"distinct": distinct, "with duplicates": repeated} {
		d := apart.Rows(t, x)
		g, err := neighbors.Exact{Neighbors: 40}.Graph(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		onGraph := estimators(g)
		for name, e := range estimators(nil) {
			if excepts(needRows, name) {
				if _, err := e.Estimate(context.Background(), d); !errors.As(err, new(*mat32.RowsNeededError)) {
					t.Errorf("%s of distances: %v", name, err)
				}
				continue
			}
			want := estimate(t, e, x)
			if excepts(angles, name) {
				near(t, data+", "+name, estimate(t, e, d).Value, want.Value, 1e-9)
				want = estimate(t, e, d)
			}
			if got := estimate(t, e, d); !same(got, want) {
				t.Errorf("%s, %s: %v of distances, %v of their rows", data, name, got, want)
			}
			if got := estimate(t, onGraph[name], d); !same(got, want) {
				t.Errorf("%s, %s: %v of distances with a graph, %v of their rows", data, name, got, want)
			}
		}
	}
}

func TestDistancesThatAreAllZero(t *testing.T) {
	d, err := mat32.NewDistances(30, make([]float64, 30*29/2))
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range estimators(nil) {
		if excepts(needRows, name) {
			continue
		}
		if _, err := e.Estimate(context.Background(), d); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestMemoryOfDistances(t *testing.T) {
	x := fixture.C()
	d := apart.Rows(t, x)
	n, _ := d.Dims()
	var memory *mat32.MemoryError
	_, err := intrinsic.TwoNN{MemoryLimit: 1000}.Estimate(context.Background(), d)
	if !errors.As(err, &memory) || memory.Need < 4*int64(n)*int64(n) {
		t.Errorf("got %v, want at least the distances without duplicates", err)
	}
}

func TestSparseRowsGiveTheDimensionOfTheirDenseTwin(t *testing.T) {
	testenv.Unraced(t)
	x := mat32.Convert(fixture.C().Slice(0, 200, 0, 4))
	n, columns := x.Dims()
	var triplets []mat32.Triplet
	for i := range n {
		for j := range columns {
			if v := x.At(i, j); v > 0 {
				triplets = append(triplets, mat32.Triplet{Row: i, Col: 3 * j, Value: float32(v)})
			}
		}
	}
	sparse, err := mat32.FromTriplets(n, 3*columns, triplets)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range estimators(nil) {
		want := estimate(t, e, mat32.Convert(sparse))
		if got := estimate(t, e, sparse); !same(got, want) {
			t.Errorf("%s: %v of sparse rows, %v of dense ones", name, got, want)
		}
	}
}
