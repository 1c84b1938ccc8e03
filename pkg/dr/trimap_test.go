package dr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/watch"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleTriMap() {
	iris := datasets.Iris()
	ctx := context.Background()
	m, err := dr.TriMap{Seed: 1}.Fit(ctx, iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := m.Embedding().Dims()
	fmt.Println(m.Embedding().Method, n, k)
	e, err := m.Transform(ctx, mat32.Select(iris.X, []int{3, 70, 140}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Dims())
	// Output:
	// TriMap 150 2
	// 3 2
}

// thirdDigits returns every third row of the digits from the given one on.
func thirdDigits(from int) (x *mat.Dense, labels []int) {
	digits := datasets.Digits()
	x = thinned(mat.DenseCopyOf(digits.X).Slice(from, 1797, 0, 64), 3)
	for i := from; i < 1797; i += 3 {
		labels = append(labels, digits.Labels[i])
	}
	return x, labels
}

func median3(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

func TestTriMapIsAsGoodAsTrimap(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	var g struct {
		Digits struct{ Trustworthiness, Hits []float64 }
	}
	golden.Load(t, "trimap", &g)
	x, labels := thirdDigits(0)
	var trust, hits []float64
	for seed := range uint64(3) {
		e, err := dr.TriMap{Seed: seed + 1}.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		ranks, err1 := quality.Rank{Neighbors: 10}.Compare(ctx, x, e)
		hit, err2 := quality.NeighborhoodHit(ctx, e, labels, 10)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		trust = append(trust, ranks.Trustworthiness(10).Value)
		hits = append(hits, hit.Value)
	}
	if got, want := median3(trust), median3(g.Digits.Trustworthiness); got < want-.003 {
		t.Errorf("the trustworthiness is %.4f, trimap's %.4f", got, want)
	}
	if got, want := median3(hits), median3(g.Digits.Hits); got < want-.01 {
		t.Errorf("the share of neighbours of the same digit is %.4f, trimap's %.4f", got, want)
	}
}

// New rows land among those of their digit, rows of the model near their points, and each
// where it does alone.
func TestTriMapTransform(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, labels := thirdDigits(0)
	m, err := dr.TriMap{Seed: 1}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	e := m.Embedding()
	nearestTo := func(z mat.Matrix, i int) (at int, far float64) {
		far = math.Inf(1)
		for j := range labels {
			if d := math.Hypot(z.At(i, 0)-e.At(j, 0), z.At(i, 1)-e.At(j, 1)); d < far {
				at, far = j, d
			}
		}
		return at, far
	}
	fresh, theirs := thirdDigits(1)
	z, err := m.Transform(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	hits := 0
	for i, l := range theirs {
		if j, _ := nearestTo(z, i); labels[j] == l {
			hits++
		}
	}
	if share := float64(hits) / float64(len(theirs)); share < .93 {
		t.Errorf("%.3f of the new rows land next to their digit", share)
	}
	back, err := m.Transform(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	size := mat.Max(e) - mat.Min(e)
	var moved []float64
	for i := range labels {
		moved = append(moved, math.Hypot(back.At(i, 0)-e.At(i, 0), back.At(i, 1)-e.At(i, 1))/size)
	}
	slices.Sort(moved)
	if half := moved[len(moved)/2]; half > .02 {
		t.Errorf("half of the rows of the model land farther than %.3f of the map from their points", half)
	}
	one, err := m.Transform(ctx, mat32.Select(fresh, []int{17}))
	if err != nil || one.At(0, 0) != z.At(17, 0) || one.At(0, 1) != z.At(17, 1) {
		t.Errorf("alone, row 17 lands at %v, else at %v (%v)", one.RawRowView(0), z.RawRowView(17), err)
	}
	var se *mat32.ShapeError
	if _, err := m.Transform(ctx, fresh.Slice(0, 5, 0, 63)); !errors.As(err, &se) {
		t.Errorf("63 columns: got %v", err)
	}
}

// Rows of many columns are compared by principal components, and so are new ones.
func TestTriMapOfManyColumns(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 130, 120)
	for i := range 130 {
		x.Set(i, i%3, x.At(i, i%3)+30)
	}
	m, err := dr.TriMap{Iterations: 30}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(m.Embedding().Notes, "\n"); !strings.Contains(notes, "100 principal components") {
		t.Errorf("the notes do not tell of principal components: %s", notes)
	}
	file, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var read dr.TriMapModel
	if err := read.UnmarshalBinary(file); err != nil {
		t.Fatal(err)
	}
	a, err1 := m.Transform(ctx, x.Slice(0, 20, 0, 120))
	b, err2 := read.Transform(ctx, x.Slice(0, 20, 0, 120))
	if err := errors.Join(err1, err2); err != nil || !mat.Equal(a, b) {
		t.Errorf("read back, the model maps rows elsewhere (%v)", err)
	}
}

// Metrics other than Euclidean, given graphs and distances are taken for what they are.
func TestTriMapByOtherDistances(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(7, 90, 6)
	x.Apply(func(i, j int, v float64) float64 {
		if i%3 == j {
			v += 12
		}
		return v
	}, x)
	short := dr.TriMap{Iterations: 60, Seed: 2}
	apart := func(e *dr.Embedding) bool {
		hit, err := quality.NeighborhoodHit(ctx, e, slices.Repeat([]int{0, 1, 2}, 30), 5)
		return err == nil && hit.Value > .98
	}
	cosine := short
	cosine.Metric = neighbors.Cosine{}
	m, err := cosine.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if !apart(m.Embedding()) {
		t.Error("by angles, the groups lie on each other")
	}
	file, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var read dr.TriMapModel
	if err := read.UnmarshalBinary(file); err != nil {
		t.Fatal(err)
	}
	double := mat.DenseCopyOf(x.Slice(0, 5, 0, 6))
	double.Scale(2, double) // same angles
	a, err1 := m.Transform(ctx, x.Slice(0, 5, 0, 6))
	b, err2 := read.Transform(ctx, double)
	if err := errors.Join(err1, err2); err != nil || !mat.EqualApprox(a, b, 1e-3*(1+mat.Max(a))) {
		t.Errorf("rows at the same angles land at %v and %v (%v)", mat.Formatted(a), mat.Formatted(b), err)
	}

	own := short
	own.Metric = neighbors.Func("sum", func(a, b []float64) (sum float64) {
		for j, v := range a {
			sum += math.Abs(v - b[j])
		}
		return sum
	})
	if m, err = own.Fit(ctx, x); err != nil {
		t.Fatal(err)
	}
	var pe *mat32.ParamError
	if _, err := m.WriteTo(new(bytes.Buffer)); !errors.As(err, &pe) || pe.Method != "dr.TriMapModel.WriteTo" || pe.Param != "Metric" {
		t.Errorf("a model by a function is saved: %v", err)
	}

	graph, err := neighbors.Exact{Neighbors: 40}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	withGraph := short
	withGraph.Graph = graph
	e, err := withGraph.Embed(ctx, x)
	if err != nil || !apart(e) {
		t.Errorf("along a given graph: %v", err)
	}
	if _, err := withGraph.Embed(ctx, fixture.Normal(8, 90, 6)); !errors.As(err, &pe) || pe.Param != "Graph" {
		t.Errorf("a graph of other rows: %v", err)
	}

	d, err := mat32.DistancesFrom(distancesOf(x))
	if err != nil {
		t.Fatal(err)
	}
	far, err := short.Fit(ctx, d)
	if err != nil || !apart(far.Embedding()) {
		t.Fatalf("by distances: %v", err)
	}
	var de *mat32.DegenerateError
	if _, err := far.Transform(ctx, x); !errors.As(err, &de) {
		t.Errorf("a model of distances maps rows: %v", err)
	}
	short.Start = dr.FromPCA
	if _, err := short.Fit(ctx, d); !errors.As(err, &pe) || pe.Param != "Start" {
		t.Errorf("distances begin at principal components: %v", err)
	}
}

// A cancel during the iterations leaves the map so far, and who watches sees it grow.
func TestTriMapCanceledAndWatched(t *testing.T) {
	x := fixture.Normal(1, 60, 4)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	losses := 0
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Stage != "TriMap: layout" {
			return
		}
		if !math.IsNaN(e.Loss) {
			losses++
		}
		if n, k := e.Layout().Dims(); n != 60 || k != 2 || e.Total != 200 {
			t.Errorf("a layout of %d × %d, of %d iterations", n, k, e.Total)
		}
		if e.Done == 120 {
			cancel()
		}
	})
	e, err := dr.TriMap{Iterations: 200}.Embed(ctx, x)
	if !errors.Is(err, context.Canceled) || e == nil || !e.Partial || !math.IsNaN(e.Objective) || losses != 2 {
		t.Errorf("got %v and %v, with %d losses", e, err, losses)
	}
}

// Duplicates, few rows and missing dimensions.
func TestTriMapOfOddRows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 40, 3)
	for i := range 20 {
		x.SetRow(2*i, x.RawRowView(0))
	}
	e, err := dr.TriMap{Iterations: 20}.Embed(ctx, x)
	if err != nil || mat32.Check(e) != nil {
		t.Fatalf("duplicates: %v", err)
	}
	if notes := strings.Join(e.Notes, "\n"); !strings.Contains(notes, "20 rows have only duplicates") {
		t.Errorf("the notes do not tell of duplicates: %s", notes)
	}
	for n := 3; n < 7; n++ {
		if e, err := (dr.TriMap{Iterations: 20, Random: dr.None, WeightTemperature: dr.Zero}).Embed(ctx, fixture.Normal(2, n, 2)); err != nil || mat32.Check(e) != nil {
			t.Errorf("%d rows: %v", n, err)
		}
	}
	e, err = dr.TriMap{Components: 3, Iterations: 100, WeightTemperature: 1}.Embed(ctx, fixture.Normal(3, 50, 1))
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		if column := mat.Col(nil, c, e); slices.Max(column)-slices.Min(column) < 1e-3 {
			t.Errorf("of one column, dimension %d of the map is flat", c)
		}
	}
}
