package topology

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

func ExampleSingleLinkage_Fit() {
	x := mat.NewDense(5, 1, []float64{0, 1, 5, 5.5, 20})
	d, err := SingleLinkage{}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d)
	fmt.Println(d.Cut(2), d.Height(0, 3))
	// Output:
	// single linkage of 5 rows, merges from 0.5 to 14.5, the widest gap is at 9.25: 2 clusters
	// [0 0 1 1 2] 4
}

func dendrogram(t *testing.T, x mat.Matrix) *Dendrogram {
	t.Helper()
	d, err := SingleLinkage{}.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The finite bars of dimension 0 are the edges of the tree.
func TestPiecesAreEdgesOfTheTree(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		name             string
		x                mat.Matrix
		sum, square, top float64
	}{
		{"A", fixture.A(), 113.517268, 27.1258717, .398817017},
		{"B", fixture.B(), 893.761298, 991.75109, 2.60707676},
		{"C", fixture.C(), 108.870822, 26.0861151, .366280402},
	} {
		bars := dendrogram(t, c.x).Diagram()
		finite := bars.Finite()
		n, _ := c.x.Dims()
		if len(bars) != n || len(finite) != n-1 {
			t.Errorf("%s: %d bars, of which %d are finite", c.name, len(bars), len(finite))
		}
		for what, got := range map[string][2]float64{
			"sum": {TotalPersistence(bars, 1), c.sum}, "sum of squares": {TotalPersistence(bars, 2), c.square}, "longest": {finite[len(finite)-1].Death, c.top},
		} {
			if math.Abs(got[0]/got[1]-1) > 1e-8 {
				t.Errorf("%s: %s %v, want %v", c.name, what, got[0], got[1])
			}
		}
	}
	x := mat.DenseCopyOf(fixture.C().Slice(0, 120, 0, 4))
	p, err := Rips{Threshold: math.Inf(1)}.Compute(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	bars := dendrogram(t, x).Diagram()
	bars.Sort()
	p.Diagrams[0].Sort()
	if !slices.EqualFunc(bars, p.Diagrams[0], func(a, b Bar) bool { return a == b || math.Abs(a.Death-b.Death) < 1e-6 }) {
		t.Error("the pieces of Rips differ")
	}
}

// Heights are the least maxima over paths, and cuts put rows together that have lower ones.
func TestDendrogramsAreUltrametrics(t *testing.T) {
	for seed := range uint64(10) {
		const n = 40
		x := fixture.Normal(seed, n, 2)
		if seed%2 == 0 { // ties and twins
			x.Apply(func(_, _ int, v float64) float64 { return math.Round(v) }, x)
		}
		d := dendrogram(t, x)
		var want [n][n]float64
		for i := range n {
			for j := range n {
				want[i][j] = math.Hypot(x.At(i, 0)-x.At(j, 0), x.At(i, 1)-x.At(j, 1))
			}
		}
		for k := range n {
			for i := range n {
				for j := range n {
					want[i][j] = min(want[i][j], max(want[i][k], want[k][j]))
				}
			}
		}
		for i := range n {
			for j := range n {
				if got := d.Height(i, j); math.Abs(got-want[i][j]) > 1e-12 {
					t.Fatalf("seed %d: rows %d and %d meet at %v, want %v", seed, i, j, got, want[i][j])
				}
			}
		}
		for _, at := range []float64{0, .3, .5, 1, 9} {
			labels := d.Cut(at)
			for i := range n {
				for j := range n {
					if (labels[i] == labels[j]) != (d.Height(i, j) <= at) {
						t.Fatalf("seed %d: rows %d and %d have the labels %v at %v", seed, i, j, labels, at)
					}
				}
			}
			clusters := slices.Max(labels) + 1
			if into, err := d.CutInto(clusters); err != nil || !slices.Equal(into, labels) {
				t.Errorf("seed %d: %v into %d clusters, want %v: %v", seed, into, clusters, labels, err)
			}
		}
		if last := d.Merges[len(d.Merges)-1]; last.Size != n || last.B != n+len(d.Merges)-2 && last.A != n+len(d.Merges)-2 && last.B >= n {
			t.Errorf("seed %d: the last merge is %+v", seed, last)
		}
		for _, clusters := range []int{0, n + 1, -3} {
			if _, err := d.CutInto(clusters); !errors.As(err, new(*mat32.ParamError)) {
				t.Errorf("%d clusters: %v", clusters, err)
			}
		}
	}
}

func TestForestsHaveManyPieces(t *testing.T) {
	x := mat.NewDense(6, 1, []float64{0, 1, 3, 100, 101, 103})
	g, err := neighbors.Exact{Neighbors: 2}.Graph(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := g.Tree()
	if err != nil {
		t.Fatal(err)
	}
	d := NewDendrogram(tree)
	inf := math.Inf(1)
	if want := (Diagram{{0, 1}, {0, 1}, {0, 2}, {0, 2}, {0, inf}, {0, inf}}); !slices.Equal(d.Diagram(), want) {
		t.Errorf("%v, want %v", d.Diagram(), want)
	}
	if !math.IsInf(d.Height(0, 3), 1) || !slices.Equal(d.Cut(inf), []int{0, 0, 0, 1, 1, 1}) {
		t.Errorf("parts meet at %v", d.Height(0, 3))
	}
	if _, err := d.CutInto(1); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("%v", err)
	}
	whole := dendrogram(t, x)
	if far, err := Interleaving(d, whole); err != nil || !math.IsInf(far, 1) {
		t.Errorf("%v, %v", far, err)
	}
}

// What is read back is whole, with the ways up that are not written.
func TestDendrogramsAreSaved(t *testing.T) {
	x := fixture.Normal(5, 50, 2)
	x.Apply(func(_, _ int, v float64) float64 { return math.Round(2*v) / 2 }, x)
	want := dendrogram(t, x)
	b, err := want.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got Dendrogram
	if err := got.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if far, err := Interleaving(&got, want); err != nil || far != 0 || !slices.Equal(got.Merges, want.Merges) {
		t.Errorf("%v, %v apart, %v", got.Merges, far, err)
	}
}

// The interleaving distance is the largest difference of heights over all pairs, and at
// most that of the distances: rows that move by ε move merges by 2ε.
func TestInterleavingIsStable(t *testing.T) {
	const n, eps = 60, .05
	shuffledApart := false
	for seed := range uint64(10) {
		x := fixture.Normal(seed, n, 2)
		y := mat.DenseCopyOf(x)
		u := fixture.Uniform(seed+100, n, 2)
		moved := 0.
		for i := range n {
			angle, r := 2*math.Pi*u.At(i, 0), eps*u.At(i, 1)
			y.Set(i, 0, y.At(i, 0)+r*math.Cos(angle))
			y.Set(i, 1, y.At(i, 1)+r*math.Sin(angle))
			moved = max(moved, r)
		}
		other := mat.NewDense(n, 2, nil) // the same rows in another order
		for i := range n {
			other.SetRow(i, x.RawRowView(n-1-i))
		}
		a := dendrogram(t, x)
		for _, b := range []*Dendrogram{dendrogram(t, y), dendrogram(t, other)} {
			want := 0.
			for i := range n {
				for j := range n {
					want = max(want, math.Abs(a.Height(i, j)-b.Height(i, j)))
				}
			}
			if got, err := Interleaving(a, b); err != nil || got != want {
				t.Errorf("seed %d: %v, %v, want %v", seed, got, err, want)
			}
		}
		near, err := Interleaving(a, dendrogram(t, y))
		if err != nil || near > 2*moved {
			t.Errorf("seed %d: rows move by %v, merges by %v: %v", seed, moved, near, err)
		}
		far, err := Interleaving(a, dendrogram(t, other))
		if err != nil {
			t.Fatal(err)
		}
		shuffledApart = shuffledApart || far > 2*moved
	}
	if !shuffledApart {
		t.Error("rows in another order are as near")
	}
	if _, err := Interleaving(dendrogram(t, fixture.Normal(1, 5, 2)), dendrogram(t, fixture.Normal(1, 6, 2))); !errors.As(err, new(*mat32.ShapeError)) {
		t.Errorf("%v", err)
	}
}

// The bottleneck distance of the diagrams of a function, or points, is at most twice what
// rows move, and that of pieces at most the interleaving distance of the hierarchies.
func TestDiagramsAreStable(t *testing.T) {
	testenv.Unraced(t)
	const n, eps = 60, .05
	tight := 0
	for seed := range uint64(6) {
		x := fixture.Normal(seed, n, 2)
		y := mat.DenseCopyOf(x)
		u := fixture.Uniform(seed+100, n, 2)
		for i := range n {
			angle := 2 * math.Pi * u.At(i, 0)
			y.Set(i, 0, y.At(i, 0)+eps*math.Cos(angle))
			y.Set(i, 1, y.At(i, 1)+eps*math.Sin(angle))
		}
		a, err := Rips{}.Compute(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Rips{}.Compute(t.Context(), y)
		if err != nil {
			t.Fatal(err)
		}
		between, err := Interleaving(dendrogram(t, x), dendrogram(t, y))
		if err != nil {
			t.Fatal(err)
		}
		for dim, bound := range []float64{between, 2 * eps} {
			m, err := Bottleneck(t.Context(), a.Diagrams[dim], b.Diagrams[dim])
			if err != nil {
				t.Fatal(err)
			}
			if m.Distance > bound+1e-6 {
				t.Errorf("seed %d, dimension %d: %v is more than %v", seed, dim, m.Distance, bound)
			}
			if m.Distance > bound/4 {
				tight++
			}
		}
	}
	if tight < 6 {
		t.Errorf("the bound is within a factor of 4 in %d of 12 cases", tight)
	}
}
