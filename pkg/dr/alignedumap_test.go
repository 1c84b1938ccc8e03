package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/pkg/watch"
	"github.com/flatland-go/flatland/tests/golden"
)

// Flowers of the first hundred, and of the last: fifty are in both maps.
func ExampleAlignedUMAP_FitSeries() {
	iris := datasets.Iris()
	names := make([]int, 150)
	for i := range names {
		names[i] = i
	}
	relation, err := dr.Relate(names[:100], names[50:])
	if err != nil {
		fmt.Println(err)
		return
	}
	x := mat.DenseCopyOf(iris.X)
	model, err := dr.AlignedUMAP{}.FitSeries(context.Background(), []mat.Matrix{x.Slice(0, 100, 0, 4), x.Slice(50, 150, 0, 4)}, [][]int{relation})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range model.Embeddings() {
		n, k := e.Dims()
		fmt.Println(e.Method, n, k)
	}
	fmt.Println("flowers in both stay where they are:", model.Drift()[0] < .5)
	// Output:
	// Aligned UMAP 100 2
	// Aligned UMAP 100 2
	// flowers in both stay where they are: true
}

// slidingRows returns slices of the first rows of x by the sum of their columns, of which
// each begins step rows after the one before, and their relations.
func slidingRows(x mat.Matrix, rows, size, step int) (parts []mat.Matrix, relations [][]int) {
	order, sums := make([]int, rows), make([]float64, rows)
	for i := range order {
		order[i], sums[i] = i, floats.Sum(mat.Row(nil, i, x))
	}
	sort.SliceStable(order, func(a, b int) bool { return sums[order[a]] < sums[order[b]] })
	for lo := 0; lo+size <= rows; lo += step {
		parts = append(parts, mat32.Select(x, order[lo:lo+size]))
		if lo > 0 {
			relation := make([]int, size)
			for i := range relation {
				relation[i] = max(i-step, -1)
			}
			relations = append(relations, relation)
		}
	}
	return parts, relations
}

// smallSeries are three slices of 60 rows, 40 of which are in the next.
func smallSeries() ([]mat.Matrix, [][]int) { return slidingRows(normal(100, 4, 0), 100, 60, 20) }

func seriesOf(t *testing.T, a dr.AlignedUMAP, parts []mat.Matrix, relations [][]int) *dr.AlignedUMAPModel {
	t.Helper()
	m, err := a.FitSeries(t.Context(), parts, relations)
	if err != nil {
		t.Fatalf("%v: %v", a, err)
	}
	for s, e := range m.Embeddings() {
		if err := mat32.Check(e); err != nil {
			t.Fatalf("%v: slice %d: %v", a, s, err)
		}
	}
	return m
}

// sameMaps reports whether two series have the same maps from slice lo to below hi.
func sameMaps(a, b *dr.AlignedUMAPModel, lo, hi int) bool {
	for t := lo; t < hi; t++ {
		if !mat.Equal(a.Embeddings()[t], b.Embeddings()[t]) {
			return false
		}
	}
	return true
}

// Digits by their ink, in five slices of 200 that share 100, medians of five seeds:
//
//	               trustworthiness at 10, by slice    drift, by pair
//	AlignedUMAP    .977 .975 .977 .980 .983           .22 .29 .25 .24
//	umap-learn's   .978 .974 .978 .980 .980           .17 .20 .17 .22
//	UMAP alone     .982 .979 .981 .982 .984           over .6
//
// where each map of UMAP is turned, moved and scaled onto the one before. At a
// regularization of 0.02 our drift is .16 to .18, with the same trustworthiness within .003.
func TestAlignedUMAPKeepsRowsInPlaceAndNeighborsNear(t *testing.T) {
	testenv.Unraced(t)
	type kept struct{ Trustworthiness, Apart []float64 }
	var file struct{ Aligned, UMAP []kept }
	golden.Load(t, "alignedumap", &file)
	parts, relations := slidingRows(table(t, "digits"), 600, 200, 100)
	trust := func(s int, e mat.Matrix) float64 {
		r, err := quality.Rank{Neighbors: 10}.Compare(t.Context(), parts[s], e)
		if err != nil {
			t.Fatal(err)
		}
		return r.Trustworthiness(10).Value
	}
	fit := func(a dr.AlignedUMAP) (k kept) {
		m := seriesOf(t, a, parts, relations)
		for s, e := range m.Embeddings() {
			k.Trustworthiness = append(k.Trustworthiness, trust(s, e))
		}
		return kept{k.Trustworthiness, m.Drift()}
	}
	median := func(of []kept, value func(k kept) float64) float64 {
		values := make([]float64, len(of))
		for i, k := range of {
			values[i] = value(k)
		}
		slices.Sort(values)
		return stat.Quantile(.5, stat.Empirical, values, nil)
	}
	var ours, free []kept
	for seed := range uint64(3) {
		ours = append(ours, fit(dr.AlignedUMAP{UMAP: dr.UMAP{Seed: seed}}))
	}
	free = append(free, fit(dr.AlignedUMAP{Regularization: dr.Zero}))
	for s, part := range parts {
		own := func(k kept) float64 { return k.Trustworthiness[s] }
		got, peers, alone := median(ours, own), median(file.Aligned, own), trust(s, umapOf(t, dr.UMAP{}, part))
		t.Logf("slice %d: trustworthiness %.4f, umap-learn's %.4f, of a map alone %.4f", s, got, peers, alone)
		if got < peers-.006 || got < alone-.02 {
			t.Errorf("slice %d is not as good", s)
		}
	}
	mean, peersMean := 0., 0.
	for s := range relations {
		own := func(k kept) float64 { return k.Apart[s] }
		got, peers, turned := median(ours, own), median(file.Aligned, own), median(file.UMAP, own)
		t.Logf("slices %d and %d: drift %.3f, umap-learn's %.3f, of maps alone that are turned %.3f, without regularization %.3f", s, s+1, got, peers, turned, own(free[0]))
		mean, peersMean = mean+got, peersMean+peers
		if got > .5*turned {
			t.Errorf("rows of slice %d do not stay where they are", s)
		}
		if own(free[0]) < 2*got { // the control
			t.Errorf("rows of slice %d stay without regularization", s)
		}
	}
	if mean > 1.5*peersMean {
		t.Errorf("drift %v in all, umap-learn's %v", mean, peersMean)
	}
	for s, d := range fit(dr.AlignedUMAP{Regularization: 1}).Apart {
		if d > .05 {
			t.Errorf("drift %v after slice %d, drawn a hundred times as strongly", d, s)
		}
	}
}

// Without regularization, or beyond the window, no slice knows of the others, but for its
// start; with it, it does.
func TestAlignedUMAPWithoutRegularizationLeavesSlicesFree(t *testing.T) {
	testenv.Unraced(t)
	parts, relations := smallSeries()
	others := []mat.Matrix{parts[0], parts[1], normal(60, 4, 3)}
	for _, c := range []struct {
		a    dr.AlignedUMAP
		free bool
	}{{dr.AlignedUMAP{Regularization: dr.Zero}, true}, {dr.AlignedUMAP{Window: dr.None}, true}, {dr.AlignedUMAP{Window: 1}, false}, {dr.AlignedUMAP{}, false}} {
		c.a.UMAP.Epochs = 10
		a, b := seriesOf(t, c.a, parts, relations), seriesOf(t, c.a, others, relations)
		if sameMaps(a, b, 0, 2) != c.free {
			t.Errorf("%v: another third slice changes the first two: %v", c.a, c.free)
		}
	}
}

func TestAlignedUMAPHasTheSameBitsOnAnyCores(t *testing.T) {
	testenv.Unraced(t)
	parts, relations := slidingRows(normal(400, 4, 0), 400, 300, 50)
	var want *dr.AlignedUMAPModel
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		got := seriesOf(t, dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 10}}, parts, relations)
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = got
		}
		if !sameMaps(got, want, 0, 3) {
			t.Errorf("%d cores give other bits", procs)
		}
	}
}

// Slices may have few rows, other columns, distances, sparse rows and other sizes.
func TestAlignedUMAPTakesSlicesOfAllKinds(t *testing.T) {
	x := normal(40, 4, 0)
	first := func(n, d int) mat.Matrix { return x.Slice(0, n, 0, d) }
	for name, c := range map[string]struct {
		parts     []mat.Matrix
		relations [][]int
	}{
		"one slice":          {[]mat.Matrix{x}, nil},
		"four rows":          {[]mat.Matrix{first(4, 4), first(4, 4), first(4, 4)}, [][]int{{0, 1, 2, 3}, {3, 2, -1, -1}}},
		"two rows":           {[]mat.Matrix{first(2, 4), first(2, 4)}, [][]int{{1, -1}}},
		"other sizes":        {[]mat.Matrix{first(4, 4), x, first(6, 4)}, [][]int{{4, 3, 2, 1}, fill(40, 5)}},
		"other columns":      {[]mat.Matrix{first(30, 2), first(30, 3)}, [][]int{order(30)}},
		"distances":          {[]mat.Matrix{apart.Rows(t, x), mat32.Convert(x)}, [][]int{order(40)}},
		"nothing in common":  {[]mat.Matrix{first(30, 4), first(30, 4)}, [][]int{fill(30, -1)}},
		"a gap in the chain": {[]mat.Matrix{first(10, 4), first(10, 4), first(10, 4)}, [][]int{order(10), fill(10, -1)}},
	} {
		m, err := dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 20}}.FitSeries(t.Context(), c.parts, c.relations)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for s, e := range m.Embeddings() {
			n, _ := c.parts[s].Dims()
			if r, k := e.Dims(); r != n || k != 2 || mat32.Check(e) != nil {
				t.Errorf("%s: slice %d has a map of %d × %d", name, s, r, k)
			}
		}
		drift := m.Drift()
		none := len(c.relations) > 0 && slices.Max(c.relations[len(c.relations)-1]) < 0
		if len(drift) != len(c.relations) || none != (len(drift) > 0 && math.IsNaN(drift[len(drift)-1])) {
			t.Errorf("%s: drift %v", name, drift)
		}
		if noted := strings.Contains(m.String(), "nothing aligns"); noted != none {
			t.Errorf("%s: %v", name, m)
		}
	}
}

// order returns 0 … n−1, and fill j and then −1, n in all.
func order(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func fill(n, j int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = -1
	}
	list[0] = j
	return list
}

func TestAlignedUMAPSaysWhatDoesNotFit(t *testing.T) {
	parts, relations := smallSeries()
	param := func(name string) func(err error) bool {
		return func(err error) bool {
			var pe *mat32.ParamError
			return errors.As(err, &pe) && pe.Param == name
		}
	}
	replace := func(s int, x mat.Matrix) []mat.Matrix {
		c := slices.Clone(parts)
		c[s] = x
		return c
	}
	relate := func(change func(r []int)) [][]int {
		c := [][]int{relations[0], slices.Clone(relations[1])}
		change(c[1])
		return c
	}
	var twice *mat32.NotFiniteError
	var flat *mat32.DegenerateError
	var memory *mat32.MemoryError
	holed := mat.DenseCopyOf(parts[1])
	holed.Set(7, 2, math.NaN())
	for name, c := range map[string]struct {
		a         dr.AlignedUMAP
		parts     []mat.Matrix
		relations [][]int
		is        func(err error) bool
	}{
		"no slices":           {dr.AlignedUMAP{}, nil, nil, func(err error) bool { return errors.Is(err, mat32.ErrEmpty) }},
		"an empty slice":      {dr.AlignedUMAP{}, replace(2, nil), relations, func(err error) bool { return errors.Is(err, mat32.ErrEmpty) }},
		"few relations":       {dr.AlignedUMAP{}, parts, relations[:1], param("relations")},
		"a short relation":    {dr.AlignedUMAP{}, parts, [][]int{relations[0], relations[1][:59]}, param("relations[1]")},
		"an image too far":    {dr.AlignedUMAP{}, parts, relate(func(r []int) { r[3] = 60 }), param("relations[1]")},
		"an image of −2":      {dr.AlignedUMAP{}, parts, relate(func(r []int) { r[3] = -2 }), param("relations[1]")},
		"one image of two":    {dr.AlignedUMAP{}, parts, relate(func(r []int) { r[3] = r[59] }), param("relations[1]")},
		"a slice with a hole": {dr.AlignedUMAP{}, replace(1, holed), relations, func(err error) bool { return errors.As(err, &twice) && strings.Contains(err.Error(), "slice 1") }},
		"equal rows":          {dr.AlignedUMAP{}, replace(1, mat.NewDense(60, 4, nil)), relations, func(err error) bool { return errors.As(err, &flat) && strings.Contains(err.Error(), "slice 1") }},
		"many neighbours":     {dr.AlignedUMAP{UMAP: dr.UMAP{Neighbors: 61}}, parts, relations, param("Neighbors")},
		"a graph":             {dr.AlignedUMAP{UMAP: dr.UMAP{Graph: new(neighbors.Graph)}}, parts, relations, param("UMAP.Graph")},
		"labels of one":       {dr.AlignedUMAP{UMAP: dr.UMAP{Labels: order(60)}}, parts, relations, param("UMAP.Labels")},
		"targets of one":      {dr.AlignedUMAP{UMAP: dr.UMAP{Targets: parts[0]}}, parts, relations, param("UMAP.Targets")},
		"a start of one":      {dr.AlignedUMAP{UMAP: dr.UMAP{Start: dr.From(normal(60, 2, 0))}}, parts, relations, param("UMAP.Start")},
		"a sphere":            {dr.AlignedUMAP{UMAP: dr.UMAP{OutputSpace: manifold.Sphere{}}}, parts, relations, param("UMAP.OutputSpace")},
		"labels of two":       {dr.AlignedUMAP{Labels: [][]int{order(60), nil}}, parts, relations, param("Labels")},
		"labels of other rows": {dr.AlignedUMAP{Labels: [][]int{nil, order(59), nil}}, parts, relations, func(err error) bool {
			return param("Labels")(err) && strings.Contains(err.Error(), "slice 1")
		}},
		"targets of two": {dr.AlignedUMAP{Targets: []mat.Matrix{nil, nil}}, parts, relations, param("Targets")},
		"no memory":      {dr.AlignedUMAP{MemoryLimit: 1000}, parts, relations, func(err error) bool { return errors.As(err, &memory) && memory.Limit == 1000 }},
		"a huge step":    {dr.AlignedUMAP{UMAP: dr.UMAP{LearningRate: 1e7}}, parts, relations, param("LearningRate")},
	} {
		m, err := c.a.FitSeries(t.Context(), c.parts, c.relations)
		if m != nil || !c.is(err) || !strings.HasPrefix(err.Error(), "dr.AlignedUMAP") {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

// A cancel during the epochs returns the maps so far, soon, and leaves no goroutine.
func TestAlignedUMAPIsCanceled(t *testing.T) {
	parts, relations := smallSeries()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Stage == "Aligned UMAP: layout" && e.Done == 4 {
			if n, k := e.Layout().Dims(); n != 180 || k != 2 {
				t.Errorf("the layout is %d × %d", n, k)
			}
			cancel()
		}
	})
	start := time.Now()
	m, err := dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 100_000}}.FitSeries(ctx, parts, relations)
	if !errors.Is(err, context.Canceled) || m == nil || time.Since(start) > 2*time.Second {
		t.Fatalf("%v after %v", err, time.Since(start))
	}
	for s, e := range m.Embeddings() {
		if !e.Partial || mat32.Check(e) != nil {
			t.Errorf("slice %d is not marked as partial", s)
		}
	}
	var flat *mat32.DegenerateError
	if _, err := m.Update(t.Context(), parts[2], relations[1]); !errors.As(err, &flat) {
		t.Errorf("a partial model takes a slice: %v", err)
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
}

// A slice that is added leaves the maps before as they are, lies at them, and is as good;
// so it does for a model that was saved. Rows that no weights join with known ones keep
// their own start.
func TestAlignedUMAPUpdate(t *testing.T) {
	parts, relations := slidingRows(table(t, "digits"), 300, 120, 60)
	short := dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 60}}
	m := seriesOf(t, short, parts[:3], relations[:2])
	more, err := m.Update(t.Context(), parts[3], relations[2])
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Embeddings()) != 3 || !sameMaps(m, more, 0, 3) {
		t.Error("maps that were made are others")
	}
	if d := more.Drift(); len(d) != 3 || d[2] > .35 {
		t.Errorf("drift %v", d)
	}
	r, err := quality.Rank{Neighbors: 10}.Compare(t.Context(), parts[3], more.Embeddings()[3])
	if err != nil || r.Trustworthiness(10).Value < .95 {
		t.Errorf("trustworthiness %v: %v", r.Trustworthiness(10), err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back dr.AlignedUMAPModel
	if err := back.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	again, err := back.Update(t.Context(), parts[3], relations[2])
	if err != nil || !sameMaps(again, more, 0, 4) {
		t.Errorf("a saved model maps a slice otherwise: %v", err)
	}
	if alone, err := m.Update(t.Context(), normal(30, 3, 0), fill(120, -1)); err != nil || !math.IsNaN(alone.Drift()[2]) {
		t.Errorf("a slice of its own: %v", err)
	}
	var param *mat32.ParamError
	if _, err := m.Update(t.Context(), parts[3], relations[2][1:]); !errors.As(err, &param) || param.Param != "relations[2]" {
		t.Errorf("a short relation: %v", err)
	}
	if _, err := m.Update(t.Context(), nil, relations[2]); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("no rows: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Done == 3 && e.Total == 60 {
			cancel()
		}
	})
	part, err := m.Update(ctx, parts[3], relations[2])
	if !errors.Is(err, context.Canceled) || part == nil || !part.Embeddings()[3].Partial || part.Embeddings()[2].Partial {
		t.Errorf("cancelled: %v", err)
	}
}

// Labels, targets and density are those of UMAP, slice by slice.
func TestAlignedUMAPIsSupervised(t *testing.T) {
	testenv.Unraced(t)
	parts, relations := smallSeries()
	labels := make([]int, 60)
	for i := range labels {
		labels[i] = i * 2654435761 >> 5 & 1
	}
	// How far the two classes are apart, in mean distances of a class from its centre.
	gap := func(e mat.Matrix) float64 {
		var centers [2][2]float64
		var counts, spread [2]float64
		for i, l := range labels {
			counts[l]++
			for c := range 2 {
				centers[l][c] += e.At(i, c)
			}
		}
		for l := range centers {
			for c := range 2 {
				centers[l][c] /= counts[l]
			}
		}
		for i, l := range labels {
			spread[l] += math.Hypot(e.At(i, 0)-centers[l][0], e.At(i, 1)-centers[l][1]) / counts[l]
		}
		return math.Hypot(centers[0][0]-centers[1][0], centers[0][1]-centers[1][1]) / (spread[0] + spread[1])
	}
	targets := mat.NewDense(60, 1, nil)
	for i, l := range labels {
		targets.Set(i, 0, 100*float64(l)+float64(i)/100)
	}
	plain := seriesOf(t, dr.AlignedUMAP{}, parts, relations)
	for _, a := range []dr.AlignedUMAP{{Labels: [][]int{labels, nil, nil}}, {Targets: []mat.Matrix{targets, nil, nil}}} {
		m := seriesOf(t, a, parts, relations)
		if with, without := gap(m.Embeddings()[0]), gap(plain.Embeddings()[0]); with < 1.5*without {
			t.Errorf("%v: classes are %v apart, and %v without", m, with, without)
		}
		if m.Options().Labels != nil || m.Options().Targets != nil {
			t.Error("the model keeps labels")
		}
	}
	dense := seriesOf(t, dr.AlignedUMAP{UMAP: dr.UMAP{Density: 2}}, parts, relations)
	if o := dense.Options().UMAP.Epochs; o != 400 || !strings.Contains(dense.String(), "local radii of the rows and of the map have the correlation") {
		t.Errorf("%d epochs: %v", o, dense)
	}
}

// The model of a slice is one of UMAP: it maps new rows, and back.
func TestAlignedUMAPMapsNewRows(t *testing.T) {
	parts, relations := smallSeries()
	m := seriesOf(t, dr.AlignedUMAP{UMAP: dr.UMAP{Epochs: 20}}, parts, relations)
	for s, one := range m.Maps() {
		e, err := one.Transform(t.Context(), parts[s])
		if err != nil || !mat.Equal(e, m.Embeddings()[s]) {
			t.Errorf("slice %d: its rows are mapped elsewhere: %v", s, err)
		}
	}
}

func TestRelate(t *testing.T) {
	got, err := dr.Relate([]string{"a", "b", "c"}, []string{"c", "d", "a"})
	if want := []int{2, -1, 0}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	var param *mat32.ParamError
	for _, keys := range [][2][]int{{{1, 2, 1}, {3}}, {{3}, {1, 2, 1}}} {
		if r, err := dr.Relate(keys[0], keys[1]); !errors.As(err, &param) {
			t.Errorf("%v: %v, %v", keys, r, err)
		}
	}
}
