package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/watch"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleUMAP_Embed() {
	iris := datasets.Iris()
	emb, err := dr.UMAP{Seed: 1}.Embed(context.Background(), iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := emb.Dims()
	fmt.Println(emb.Method, n, k, emb.Options)
	// Output: UMAP 150 2 15 neighbours, minimum distance 0.1, 500 epochs, start spectral, seed 1
}

// umapOf returns the map of the rows of x by u, which holds finite numbers.
func umapOf(t *testing.T, u dr.UMAP, x mat.Matrix) *dr.Embedding {
	t.Helper()
	e, err := u.Embed(t.Context(), x)
	if err != nil {
		t.Fatalf("%v: %v", u, err)
	}
	if err := mat32.Check(e); err != nil {
		t.Fatalf("%v: %v", u, err)
	}
	return e
}

type umapGolden struct {
	Weights []struct {
		Table    string
		Rows     int
		Spectral [][]float64
	}
	Maps []struct {
		Table           string
		Rows, Neighbors int
		Values          []float64 `json:"cross_entropies"`
	}
}

func umapRows(t *testing.T, name string, n int) mat.Matrix {
	x := mat.DenseCopyOf(table(t, name))
	_, d := x.Dims()
	return x.Slice(0, n, 0, d)
}

// Over seeds, maps are as good as those of umap-learn by what both lower.
func TestUMAPReachesTheCrossEntropyOfUmapLearn(t *testing.T) {
	testenv.Unraced(t)
	var file umapGolden
	golden.Load(t, "umap", &file)
	for _, want := range file.Maps {
		x := umapRows(t, want.Table, want.Rows)
		var got []float64
		for seed := range want.Values {
			got = append(got, umapOf(t, dr.UMAP{Neighbors: want.Neighbors, Seed: uint64(seed)}, x).Objective)
		}
		slices.Sort(got)
		slices.Sort(want.Values)
		ours, theirs := got[len(got)/2], want.Values[len(want.Values)/2]
		if t.Logf("ours %.4v, umap-learn's %.4v", got, want.Values); !(ours <= 1.02*theirs) {
			t.Errorf("the median cross entropy is %v, umap-learn's %v", ours, theirs)
		}
	}
}

// Without epochs the map is the start: the eigenvectors that umap-learn starts with, but
// for their signs and the noise, every axis 10 long.
// What hangs together is not torn: on the bones of a mammoth, umap-learn's distances have
// rank correlations of .74 to .78 with the rows', and its maps are 17 by 11 units.
func TestUMAPKeepsTheShapeThatUmapLearnKeeps(t *testing.T) {
	testenv.Unraced(t)
	bones, err := datasets.Mammoth{Rows: 600, Seed: 1}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	var ranks, lengths []float64
	for seed := range uint64(3) {
		e, err := dr.UMAP{Seed: seed}.Embed(t.Context(), bones.X)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := quality.DistancePreservation{}.Compare(t.Context(), bones.X, e)
		if err != nil {
			t.Fatal(err)
		}
		length := 0.
		for c := range 2 {
			column := mat.Col(nil, c, e)
			length = max(length, slices.Max(column)-slices.Min(column))
		}
		ranks, lengths = append(ranks, kept.Rho), append(lengths, length)
	}
	slices.Sort(ranks)
	slices.Sort(lengths)
	if t.Logf("rank correlations %.3f, lengths %.1f", ranks, lengths); ranks[1] < .72 || lengths[1] > 22 {
		t.Errorf("rank correlations %.3f, lengths %.1f; umap-learn has .74 to .78, and 17", ranks, lengths)
	}
}

func TestUMAPStartsAsUmapLearn(t *testing.T) {
	var file umapGolden
	golden.Load(t, "umap", &file)
	tried := 0
	for _, want := range file.Weights {
		if want.Spectral == nil {
			continue
		}
		tried++
		z := umapOf(t, dr.UMAP{Epochs: dr.None}, umapRows(t, want.Table, want.Rows))
		for c := range 2 {
			axis, column := make([]float64, want.Rows), mat.Col(nil, c, z)
			for i, row := range want.Spectral {
				axis[i] = row[c]
			}
			if r := math.Abs(stat.Correlation(axis, column, nil)); r < .9999 {
				t.Errorf("%s, axis %d: correlation %v", want.Table, c, r)
			}
			if slices.Min(column) != 0 || math.Abs(slices.Max(column)-10) > 1e-5 {
				t.Errorf("%s, axis %d is from %v to %v", want.Table, c, slices.Min(column), slices.Max(column))
			}
		}
	}
	if tried == 0 {
		t.Error("the golden file has no spectral start")
	}
}

// What a method is given beside the rows changes nothing where it is what the method
// would make itself.
func TestUMAPOfGivenStages(t *testing.T) {
	x := fixture.Normal(3, 90, 4)
	u := dr.UMAP{Neighbors: 8, Epochs: 30, Seed: 2}
	want := umapOf(t, u, x)
	g, err := neighbors.Exact{Neighbors: 12}.Graph(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	s, err := affinity.FuzzySet{Neighbors: 8}.Weigh(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	given := u
	given.Graph = g
	weighed := u
	weighed.Affinity = s
	single := mat32.Convert(x)
	if a, b := umapOf(t, u, single), umapOf(t, u, mat.DenseCopyOf(single)); !mat.Equal(a, b) {
		t.Error("float32 values as float64 give another map")
	}
	for name, e := range map[string]*dr.Embedding{"a graph": umapOf(t, given, x), "weights": umapOf(t, weighed, x), "distances": umapOf(t, u, apart.Rows(t, x))} {
		if !mat.Equal(e, want) {
			t.Errorf("given %s the map is another", name)
		}
	}
	y := fixture.Normal(4, 90, 2)
	e := umapOf(t, dr.UMAP{Start: dr.From(y), Epochs: dr.None}, x)
	if !mat.EqualApprox(e, y, 1e-6) {
		t.Error("a given start is not taken as it is")
	}
	var pe *mat32.ParamError
	if _, err := (dr.UMAP{Start: dr.FromPCA}).Fit(t.Context(), apart.Rows(t, x)); !errors.As(err, &pe) || pe.Param != "Start" {
		t.Errorf("principal components of distances: %v", err)
	}
	weighed.Affinity, err = affinity.Connectivity{}.Weigh(t.Context(), fixture.Normal(9, 90, 4))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := weighed.Fit(t.Context(), x); !errors.As(err, &pe) || pe.Param != "Affinity" {
		t.Errorf("weights of other rows: %v", err)
	}
}

// farGroups are groups of some sizes, far apart, by labels.
func farGroups(sizes ...int) (*mat.Dense, []int) {
	total := 0
	for _, s := range sizes {
		total += s
	}
	x := fixture.Normal(7, total, 5)
	var labels []int
	for c, s := range sizes {
		for range s {
			x.Set(len(labels), c%5, x.At(len(labels), c%5)+1000*float64(1+c))
			labels = append(labels, c)
		}
	}
	return x, labels
}

// Components of every number and size are placed apart, and none vanishes.
func TestUMAPPlacesEveryComponent(t *testing.T) {
	testenv.Unraced(t)
	for _, sizes := range [][]int{{30, 30}, {40, 5, 20, 9}, {25, 25, 4, 12, 3, 30, 8}} {
		x, labels := farGroups(sizes...)
		for name, rows := range map[string]mat.Matrix{"rows": x, "distances": apart.Rows(t, x)} {
			for _, start := range []dr.Start{dr.FromSpectral, dr.FromRandom} {
				e := umapOf(t, dr.UMAP{Neighbors: 3, Epochs: 150, Start: start}, rows)
				if !slices.ContainsFunc(e.Notes, func(s string) bool { return strings.Contains(s, "components") }) && start == dr.FromSpectral {
					t.Errorf("%v, %s: notes %q", sizes, name, e.Notes)
				}
				if start != dr.FromSpectral {
					continue // which begins with all of them in one place
				}
				mixed := 0
				g, err := neighbors.Exact{Neighbors: 1}.Graph(t.Context(), e)
				if err != nil {
					t.Fatal(err)
				}
				for i, l := range labels {
					if near, _ := g.Row(i); labels[near[0]] != l {
						mixed++
					}
				}
				if mixed > len(labels)/50 {
					t.Errorf("%v, %s: %d points lie next to another group", sizes, name, mixed)
				}
			}
		}
	}
}

// Rows that have nothing in common with any stay where the start puts them, and the map
// has no NaN.
func TestUMAPKeepsRowsThatAreAlone(t *testing.T) {
	x := mat.NewDense(40, 30, nil)
	for i := range 34 {
		for j := range 4 {
			x.Set(i, (i+3*j)%10, 1)
		}
	}
	for i := 34; i < 40; i++ {
		x.Set(i, i-20, 1)
	}
	u := dr.UMAP{Metric: neighbors.Jaccard{}, Neighbors: 6, Epochs: 40}
	e := umapOf(t, u, x)
	u.Epochs = dr.None
	start := umapOf(t, u, x)
	for i := 34; i < 40; i++ {
		if e.At(i, 0) != start.At(i, 0) || e.At(i, 1) != start.At(i, 1) {
			t.Errorf("row %d moved", i)
		}
	}
	if !strings.Contains(strings.Join(e.Notes, "\n"), "6 rows have no weights to others, row 34 among them") {
		t.Errorf("notes %q", e.Notes)
	}
	alone := umapOf(t, u, mat.NewDense(7, 7, []float64{ // nobody has anything in common
		1, 0, 0, 0, 0, 0, 0,
		0, 1, 0, 0, 0, 0, 0,
		0, 0, 1, 0, 0, 0, 0,
		0, 0, 0, 1, 0, 0, 0,
		0, 0, 0, 0, 1, 0, 0,
		0, 0, 0, 0, 0, 1, 0,
		0, 0, 0, 0, 0, 0, 1,
	}))
	if !math.IsNaN(alone.Objective) {
		t.Errorf("without weights the cross entropy is %v", alone.Objective)
	}
}

func TestUMAPOfFewRows(t *testing.T) {
	testenv.Unraced(t)
	for n := 2; n <= 9; n++ {
		for _, k := range []int{1, 2, 3, 5} {
			x := fixture.Normal(uint64(n), n, 3)
			if n > 3 {
				x.SetRow(n-1, x.RawRowView(0)) // a duplicate
			}
			for _, start := range []dr.Start{dr.FromSpectral, dr.FromPCA, dr.FromRandom} {
				e := umapOf(t, dr.UMAP{Components: k, Epochs: 20, Start: start}, x)
				if rows, columns := e.Dims(); rows != n || columns != k {
					t.Errorf("%d rows give a map of %d × %d", n, rows, columns)
				}
				if math.IsNaN(e.Objective) {
					t.Errorf("%d rows, %d components: no cross entropy", n, k)
				}
			}
		}
	}
	var de *mat32.DegenerateError
	if _, err := (dr.UMAP{}).Fit(t.Context(), mat.NewDense(9, 3, nil)); !errors.As(err, &de) {
		t.Errorf("equal rows: %v", err)
	}
	var se *mat32.ShapeError
	if _, err := (dr.UMAP{}).Fit(t.Context(), mat.NewDense(1, 3, nil)); !errors.As(err, &se) {
		t.Errorf("one row: %v", err)
	}
}

// A cancel during the epochs leaves the map as it was last seen; who watches sees a
// falling cross entropy, and changes nothing.
func TestUMAPIsWatchedAndCanceled(t *testing.T) {
	x := fixture.Normal(3, 80, 4)
	u := dr.UMAP{Epochs: 100}
	ctx, cancel := context.WithCancel(t.Context())
	var losses []float64
	var last *mat.Dense
	watched := watch.With(ctx, func(v watch.Event) {
		if v.Stage == "UMAP: layout" {
			last = v.Layout()
			if !math.IsNaN(v.Loss) {
				losses = append(losses, v.Loss)
			}
			if v.Done == 76 {
				cancel()
			}
		}
	})
	m, err := u.Fit(watched, x)
	if !errors.Is(err, context.Canceled) || m == nil || !m.Embedding().Partial || !math.IsNaN(m.Embedding().Objective) {
		t.Fatalf("cancelled: %v, %v", m, err)
	}
	if !mat.Equal(m.Embedding(), last) {
		t.Error("the map is not the one that was seen last")
	}
	seen, err := u.Embed(watch.With(t.Context(), func(watch.Event) {}), x)
	if err != nil || !mat.Equal(seen, umapOf(t, u, x)) {
		t.Errorf("watched, the map is another: %v", err)
	}
	if len(losses) != 3 || !(slices.Min(losses) > 0 && seen.Objective < losses[0]) {
		t.Errorf("cross entropies on the way are %v, and %v in the end", losses, seen.Objective)
	}
}

func TestUMAPCannotSaveAFunc(t *testing.T) {
	x := fixture.Normal(3, 30, 4)
	m, err := dr.UMAP{Epochs: 5, Metric: neighbors.Func("half", func(a, b []float64) float64 { return math.Abs(a[0]-b[0]) / 2 })}.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	var pe *mat32.ParamError
	if _, err := m.MarshalBinary(); !errors.As(err, &pe) || pe.Param != "Metric" {
		t.Errorf("a metric of which there is only code was saved: %v", err)
	}
}
