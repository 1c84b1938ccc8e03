package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ball are points at random on the unit sphere.
func ball(seed uint64, n int) *mat.Dense {
	x := fixture.Normal(seed, n, 3)
	for i := range n {
		manifold.Sphere{}.Project(x.RawRowView(i))
	}
	return x
}

// rankCorrelation is that of the distances of x and y.
func rankCorrelation(x, y *mat.Dense, inX, inY func(a, b []float64) float64) float64 {
	n, _ := x.Dims()
	var p, q []float64
	for i := range n {
		for j := range i {
			p, q = append(p, inX(x.RawRowView(i), x.RawRowView(j))), append(q, inY(y.RawRowView(i), y.RawRowView(j)))
		}
	}
	ranks := func(v []float64) []float64 {
		order, r := make([]int, len(v)), make([]float64, len(v))
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(i, j int) int {
			switch {
			case v[i] < v[j]:
				return -1
			case v[i] > v[j]:
				return 1
			}
			return i - j
		})
		for k, i := range order {
			r[i] = float64(k)
		}
		return r
	}
	return stat.Correlation(ranks(p), ranks(q), nil)
}

// Points of a sphere come back as a sphere: what is far along it is far on the map, which
// no map in the plane can have.
func TestUMAPMapsASphereToASphere(t *testing.T) {
	testenv.Unraced(t)
	x := ball(1, 300)
	sphere := manifold.Sphere{}
	u := dr.UMAP{Epochs: 150, Seed: 1}
	plane := rankCorrelation(x, umapOf(t, u, x).Dense, sphere.Distance, manifold.Euclidean{}.Distance)
	u.OutputSpace = sphere
	e := umapOf(t, u, x)
	if n, k := e.Dims(); n != 300 || k != 3 {
		t.Fatalf("a map of %d × %d", n, k)
	}
	round := rankCorrelation(x, e.Dense, sphere.Distance, sphere.Distance)
	if t.Logf("rank correlation of geodesic distances: %.3f, and %.3f in the plane", round, plane); !(round > .93 && round > plane+.15) {
		t.Errorf("rank correlation %v, and %v in the plane", round, plane)
	}
}

// Maps on curved spaces are on them, the same on any number of cores; new rows are placed
// on them one by one, and points of them are mapped back.
func TestUMAPOnCurvedSpaces(t *testing.T) {
	ctx := t.Context()
	x, fresh := ball(1, 90), ball(2, 12)
	for _, space := range []manifold.Manifold{manifold.Sphere{}, manifold.Sphere{Dimension: 1}, manifold.Hyperboloid{}, manifold.Hyperboloid{Dimension: 3, Curvature: -.5}} {
		u := dr.UMAP{OutputSpace: space, Epochs: 20, Seed: 4}
		m, err := u.Fit(ctx, x)
		if err != nil {
			t.Fatalf("%v: %v", space, err)
		}
		if m.Options().Components != space.Dim() || math.IsNaN(m.Embedding().Objective) {
			t.Errorf("%v: %v", space, m)
		}
		z, err := m.Transform(ctx, fresh)
		if err != nil {
			t.Fatalf("%v: %v", space, err)
		}
		for _, e := range []*dr.Embedding{m.Embedding(), z} {
			n, _ := e.Dims()
			for i := range n {
				if err := space.Check(e.RawRowView(i)); err != nil {
					t.Fatalf("%v: row %d: %v", space, i, err)
				}
			}
		}
		alone, err := m.Transform(ctx, fresh.Slice(3, 4, 0, 3))
		if err != nil || !mat.Equal(alone, z.Slice(3, 4, 0, space.Ambient())) {
			t.Errorf("%v: a new row is elsewhere alone (%v)", space, err)
		}
		back, err := m.Inverse(ctx, m.Embedding())
		if err != nil {
			t.Fatalf("%v: %v", space, err)
		}
		var mean mat.Dense
		mean.Apply(func(_, c int, _ float64) float64 { return mat.Sum(x.ColView(c)) / 90 }, x)
		if got, flat := squaredError(back, x), squaredError(&mean, x); !(got < .8*flat) {
			t.Errorf("%v: mapped back, the error is %v, and that of the mean %v", space, got, flat)
		}
		b, err := m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var loaded dr.UMAPModel
		if err := loaded.UnmarshalBinary(b); err != nil || loaded.Options().String() != m.Options().String() {
			t.Errorf("%v: loaded it is %v (%v)", space, loaded.Options(), err)
		}
		for _, procs := range testenv.Cores() {
			func() {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				if !mat.Equal(umapOf(t, u, x), m.Embedding()) {
					t.Errorf("%v: on %d processors the map is another", space, procs)
				}
			}()
		}
	}
}

func TestUMAPRefusesSpaces(t *testing.T) {
	x := ball(1, 30)
	var none *manifold.Sphere
	var pe *mat32.ParamError
	for name, u := range map[string]dr.UMAP{
		"a nil sphere":     {OutputSpace: none},
		"out of range":     {OutputSpace: manifold.Sphere{Radius: -1}},
		"of another kind":  {OutputSpace: manifold.Torus{}},
		"other components": {OutputSpace: manifold.Sphere{}, Components: 3},
		"too many":         {OutputSpace: manifold.Euclidean{Dimension: 101}},
	} {
		if _, err := u.Fit(t.Context(), x); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var point *manifold.PointError
	if _, err := (dr.UMAP{OutputSpace: manifold.Sphere{}, Start: dr.From(fixture.Normal(1, 30, 3))}).Fit(t.Context(), x); !errors.As(err, &point) {
		t.Errorf("a start off the sphere: %v", err)
	}
	e := umapOf(t, dr.UMAP{OutputSpace: manifold.Sphere{}, Start: dr.From(x), Epochs: dr.None}, x)
	if !mat.EqualApprox(e, x, 1e-6) {
		t.Error("a given start is not taken as it is")
	}
	flat := dr.UMAP{Epochs: 5, Components: 3}
	given := flat
	given.Components, given.OutputSpace = 0, manifold.Euclidean{Dimension: 3}
	if !mat.Equal(umapOf(t, flat, x), umapOf(t, given, x)) {
		t.Error("a Euclidean space makes another map")
	}
}

func ExampleUMAP_Embed_sphere() {
	e, err := dr.UMAP{OutputSpace: manifold.Sphere{}, Epochs: 50}.Embed(context.Background(), ball(1, 100))
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := e.Dims()
	fmt.Println(n, k, e.Options)
	// Output: 100 3 15 neighbours, minimum distance 0.1, on Sphere(2, radius 1), 50 epochs, start spectral, seed 0
}
