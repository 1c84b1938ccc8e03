package quality_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/quality"
	"github.com/flatland-go/flatland/tests/golden"
)

// scored is any measure of two matrices.
type scored interface {
	Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error)
}

func of(t testing.TB) func(s measure.Score, err error) measure.Score {
	return func(s measure.Score, err error) measure.Score {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestIndicesAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	var file struct {
		Cases []struct {
			Table                                   string
			Step, First, End, K, Radii              int
			Silhouette, Times                       float64
			Silhouettes                             []float64
			DaviesBouldin                           float64 `json:"davies_bouldin"`
			CalinskiHarabasz                        float64 `json:"calinski_harabasz"`
			Procrustes, Scaled, Topographic, Radius float64
		}
		Labelings []struct {
			A, B         []int
			AdjustedRand float64 `json:"adjusted_rand"`
			NMI          struct{ Arithmetic, Geometric, Max, Min, Joint float64 }
		}
	}
	golden.Load(t, "qualitydistance", &file)
	tables := map[string]*datasets.Dataset{"iris": datasets.Iris(), "digits": datasets.Digits(), "wine": datasets.Wine()}
	near := func(what string, got, want, tol float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tol*max(1, math.Abs(want))) {
			t.Errorf("%s is %.15g, want %.15g", what, got, want)
		}
	}
	for _, c := range file.Cases {
		table := tables[c.Table]
		n, d := table.X.Dims()
		var labels []int
		x := mat.NewDense((n+c.Step-1)/c.Step, d, nil)
		for i := 0; i < n; i += c.Step {
			x.SetRow(i/c.Step, mat.Row(nil, i, table.X))
			labels = append(labels, table.Labels[i])
		}
		if c.Times > 0 {
			x.Apply(func(_, _ int, v float64) float64 { return math.Round(v * c.Times) }, x)
		}
		y := x.Slice(0, len(labels), c.First, c.End)
		s := of(t)(quality.Silhouette(ctx, y, labels))
		near(c.Table+": silhouette", s.Value, c.Silhouette, 1e-12)
		for i, want := range c.Silhouettes {
			near(fmt.Sprintf("%s: silhouette of row %d", c.Table, 10*i), s.PerRow[10*i], want, 1e-12)
		}
		near(c.Table+": Davies-Bouldin", of(t)(quality.DaviesBouldin(ctx, y, labels)).Value, c.DaviesBouldin, 1e-12)
		near(c.Table+": Calinski-Harabasz", of(t)(quality.CalinskiHarabasz(ctx, y, labels)).Value, c.CalinskiHarabasz, 1e-11)
		near(c.Table+": local Procrustes", of(t)(quality.LocalProcrustes{Neighbors: c.K}.Compare(ctx, x, y)).Value, c.Procrustes, 1e-11)
		near(c.Table+": local Procrustes, scaled", of(t)(quality.LocalProcrustes{Neighbors: c.K, Scaled: true}.Compare(ctx, x, y)).Value, c.Scaled, 1e-11)
		near(c.Table+": topographic product", of(t)(quality.TopographicProduct{Neighbors: c.K}.Compare(ctx, x, y)).Value, c.Topographic, 1e-11)
		r := of(t)(quality.RadiusCorrelation{Neighbors: c.K}.Compare(ctx, x, y))
		near(c.Table+": radii", r.Value, c.Radius, 1e-11)
		if r.Rows != c.Radii || (len(r.Notes) > 0) != (c.Radii < len(labels)) {
			t.Errorf("%s: radii of %d rows, want %d; notes %q", c.Table, r.Rows, c.Radii, r.Notes)
		}
	}
	for i, c := range file.Labelings {
		for _, turned := range [][2][]int{{c.A, c.B}, {c.B, c.A}} {
			near(fmt.Sprint("adjusted Rand ", i), of(t)(quality.AdjustedRand(turned[0], turned[1])).Value, c.AdjustedRand, 1e-14)
			for by, want := range []float64{c.NMI.Arithmetic, c.NMI.Geometric, c.NMI.Max, c.NMI.Min, c.NMI.Joint} {
				near(fmt.Sprint("mutual information ", i, quality.Normalizer(by)), of(t)(quality.NormalizedMutualInformation(turned[0], turned[1], quality.Normalizer(by))).Value, want, 1e-13)
			}
		}
	}
}

// Values that ZADU has published on the fixture.
func TestDensitiesAndProductsOfPeers(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, y, labels := fixture.Embedding()
	a, err := quality.DensityPreservation{}.Compare(ctx, x, y)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    measure.Score
		want float64
	}{
		{a.KL(), .0110438154338}, {a.DTM(), .124013706619},
		{of(t)(quality.DistanceConsistency(ctx, y, labels)), .77},
	} {
		if math.Abs(c.s.Value-c.want) > 1e-12 {
			t.Errorf("%s is %.13g, want %.13g", c.s.Name, c.s.Value, c.want)
		}
		mean := 0.
		for _, v := range c.s.PerRow {
			mean += v / 300
		}
		if math.Abs(mean-c.s.Value) > 1e-12 {
			t.Errorf("%s is %v, and the mean of its rows %v", c.s.Name, c.s.Value, mean)
		}
	}
	// ZADU's product is short of its last factor: of ours at every k.
	zadu, before := 0., 0. // the last is the mean log at k−1
	for k := 1; k <= 20; k++ {
		zadu += float64(k-1) / float64(k) * before / 20
		at := float64(k) * of(t)(quality.TopographicProduct{Neighbors: k}.Compare(ctx, x, y)).Value
		if k > 1 {
			at -= float64(k-1) * of(t)(quality.TopographicProduct{Neighbors: k - 1}.Compare(ctx, x, y)).Value
		}
		before = at
	}
	if math.Abs(zadu - -.140455386534) > 1e-12 {
		t.Errorf("ZADU's topographic product is %.13g", zadu)
	}
}

// Moved, turned and scaled data are the data to all of them; only a rigid fit sees the scale.
func TestSimilarShapesAreTheSame(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, _, labels := fixture.Embedding()
	x = mat.DenseCopyOf(x.Slice(0, 120, 0, 3))
	labels = labels[:120]
	turned := mat.NewDense(120, 3, nil)
	turned.Mul(x, mat.NewDense(3, 3, []float64{.6, .8, 0, -.8, .6, 0, 0, 0, -1}))
	turned.Apply(func(_, j int, v float64) float64 { return 4*v + float64(100*j) }, turned)
	for _, c := range []struct {
		s         scored
		want, tol float64
	}{
		{quality.TripletAccuracy{}, 1, 0}, {quality.RadiusCorrelation{}, 1, 1e-12}, {quality.TopographicProduct{}, 0, 1e-12},
		{quality.LocalProcrustes{Scaled: true}, 0, 1e-20}, {quality.LocalProcrustes{}, 9, 1e-12},
	} {
		s := of(t)(c.s.Compare(ctx, x, turned))
		if math.Abs(s.Value-c.want) > c.tol || len(s.PerRow) != 120 || s.Convention == "" || s.Rows != 120 {
			t.Errorf("%s is %v, want %v", s.Name, s.Value, c.want)
		}
	}
	a, err := quality.DensityPreservation{}.Compare(ctx, x, turned)
	if err != nil || a.KL().Value > 1e-14 || a.DTM().Value > 1e-13 || !strings.Contains(a.String(), "KL = ") {
		t.Errorf("%v, %v", a, err)
	}
	for name, f := range indices {
		s, moved := of(t)(f(ctx, x, labels)), of(t)(f(ctx, turned, labels))
		if math.Abs(s.Value-moved.Value) > 1e-10*s.Value {
			t.Errorf("%s: %v of the data, %v of the same moved", name, s.Value, moved.Value)
		}
	}
}

var indices = map[string]func(context.Context, mat.Matrix, []int) (measure.Score, error){
	"silhouette": quality.Silhouette, "Davies-Bouldin": quality.DaviesBouldin,
	"Calinski-Harabasz": quality.CalinskiHarabasz, "consistency": quality.DistanceConsistency,
}

// Over draws, the accuracy of triplets scatters as the error says about that of many; a
// map in one point is a coin.
func TestTripletsOfDraws(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, y, _ := fixture.Embedding()
	many := of(t)(quality.TripletAccuracy{Triplets: 2000}.Compare(ctx, x, y))
	square, said := 0., 0.
	const draws = 60
	for seed := range uint64(draws) {
		s := of(t)(quality.TripletAccuracy{Seed: seed + 1}.Compare(ctx, x, y))
		square += (s.Value - many.Value) * (s.Value - many.Value) / draws
		said += s.StdErr / draws
	}
	if ratio := math.Sqrt(square) / said; ratio < .7 || ratio > 1.3 || many.Value < .75 || many.Value > .95 {
		t.Errorf("%v scatters %v times what the error says", many, ratio)
	}
	if s := of(t)(quality.TripletAccuracy{}.Compare(ctx, x, mat.NewDense(300, 2, nil))); s.Value != .5 {
		t.Errorf("a point: %v", s)
	}
	// All triplets of four rows on a line, by hand: 0 1 3 7 shown as 0 1 7 3.
	s := of(t)(quality.TripletAccuracy{Triplets: 20_000}.Compare(ctx, mat.NewDense(4, 1, []float64{0, 1, 3, 7}), mat.NewDense(4, 1, []float64{0, 1, 7, 3})))
	want := []float64{2. / 3, 2. / 3, 1. / 3, 1. / 3}
	for i, v := range s.PerRow {
		if math.Abs(v-want[i]) > .02 {
			t.Errorf("row %d: %v, want about %v", i, v, want[i])
		}
	}
}

// Duplicates: named and left out, never an infinity.
func TestDuplicatesHaveAPolicy(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 60, 3)
	for i := range 12 {
		x.SetRow(i, x.RawRowView(0))
	}
	y := fixture.Normal(2, 60, 2)
	for _, m := range []scored{quality.RadiusCorrelation{Neighbors: 5}, quality.LocalProcrustes{Neighbors: 5}, quality.TopographicProduct{Neighbors: 5}} {
		s := of(t)(m.Compare(ctx, x, y))
		if s.Value-s.Value != 0 || len(s.Notes) != 1 {
			t.Errorf("%v", s)
		}
		if _, product := m.(quality.TopographicProduct); !product && (s.Rows != 48 || s.PerRow[3] == s.PerRow[3]) {
			t.Errorf("%v: row 3 is %v", s, s.PerRow[3])
		}
	}
	// Rows of two clusters in one place are of neither.
	s := of(t)(quality.Silhouette(ctx, mat.NewDense(5, 1, []float64{0, 0, 0, 0, 1}), []int{0, 0, 1, 1, -1}))
	if s.Value != 0 || s.Rows != 4 || s.PerRow[4] == s.PerRow[4] {
		t.Errorf("two clusters in one place: %v", s)
	}
	var de *mat32.DegenerateError
	if _, err := quality.DaviesBouldin(ctx, mat.NewDense(5, 1, []float64{0, 2, 1, 1, 5}), []int{3, 3, 8, 8, -1}); !errors.As(err, &de) || !strings.Contains(de.Reason, "labels 3 and 8") {
		t.Errorf("two clusters of one mean: %v", err)
	}
	if _, err := quality.CalinskiHarabasz(ctx, mat.NewDense(4, 1, []float64{0, 0, 1, 1}), []int{0, 0, 1, 1}); !errors.As(err, &de) {
		t.Errorf("clusters of no extent: %v", err)
	}
	if _, err := quality.Silhouette(ctx, x, slices.Collect(func(yield func(int) bool) {
		for i := range 60 {
			if !yield(i) {
				return
			}
		}
	})); !errors.As(err, &de) {
		t.Errorf("a cluster for every row: %v", err)
	}
}

func TestLabelings(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b []int
		ari  float64
		nmi  [5]float64
	}{
		{"other names", []int{0, 0, 1, 1, 7}, []int{5, 5, 2, 2, 0}, 1, [5]float64{1, 1, 1, 1, 1}},
		{"one cluster", []int{0, 0, 0}, []int{2, 2, 2}, 1, [5]float64{1, 1, 1, 1, 1}},
		{"one cluster of one", []int{0, 0, 0, 0}, []int{2, 1, 2, 1}, 0, [5]float64{}},
		{"refined", []int{0, 0, 0, 0, 1, 1, 1, 1}, []int{0, 0, 1, 1, 2, 2, 3, 3}, 4. / 11, [5]float64{2. / 3, math.Sqrt(.5), .5, 1, .5}},
		{"crossed", []int{0, 0, 1, 1}, []int{0, 1, 0, 1}, -.5, [5]float64{}},
		{"unknown left out", []int{0, -1, 1, 1, 0}, []int{4, 4, 2, 2, -1}, 1, [5]float64{1, 1, 1, 1, 1}},
	} {
		s := of(t)(quality.AdjustedRand(c.a, c.b))
		if math.Abs(s.Value-c.ari) > 1e-15 {
			t.Errorf("%s: adjusted Rand %v, want %v", c.name, s.Value, c.ari)
		}
		for by, want := range c.nmi {
			if s := of(t)(quality.NormalizedMutualInformation(c.a, c.b, quality.Normalizer(by))); math.Abs(s.Value-want) > 1e-15 {
				t.Errorf("%s: over %v %v, want %v", c.name, quality.Normalizer(by), s.Value, want)
			}
		}
	}
	var (
		se *mat32.ShapeError
		pe *mat32.ParamError
		de *mat32.DegenerateError
	)
	if _, err := quality.AdjustedRand([]int{1}, nil); !errors.As(err, &se) {
		t.Errorf("of another length: %v", err)
	}
	if _, err := quality.AdjustedRand([]int{1, -2}, []int{1, 1}); !errors.As(err, &pe) || pe.Param != "a[1]" {
		t.Errorf("a label of −2: %v", err)
	}
	if _, err := quality.NormalizedMutualInformation(nil, nil, 0); !errors.As(err, &de) {
		t.Errorf("none: %v", err)
	}
	if _, err := quality.NormalizedMutualInformation([]int{1}, []int{1}, 9); !errors.As(err, &pe) || pe.Param != "by" || quality.Normalizer(9).String() != "Normalizer(9)" {
		t.Errorf("another normaliser: %v", err)
	}
}

// Given distances stand for their rows.
func TestMeasuresOfGivenDistances(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x, y, labels := fixture.Normal(1, 70, 4), fixture.Normal(2, 70, 2), make([]int, 70)
	for i := range labels {
		labels[i] = i%4 - 1
	}
	dx, dy := apart.Rows(t, x), apart.Rows(t, y)
	for _, m := range []scored{quality.TripletAccuracy{}, quality.RadiusCorrelation{}, quality.TopographicProduct{}} {
		if got, want := of(t)(m.Compare(ctx, dx, dy)), of(t)(m.Compare(ctx, x, y)); math.Abs(got.Value-want.Value) > 1e-13 {
			t.Errorf("%v, want %v", got, want)
		}
	}
	got, err := quality.DensityPreservation{}.Compare(ctx, dx, dy)
	want, err2 := quality.DensityPreservation{}.Compare(ctx, x, y)
	if err != nil || err2 != nil || math.Abs(got.KL().Value-want.KL().Value) > 1e-14 {
		t.Errorf("%v, %v, want %v, %v", got, err, want, err2)
	}
	if got, want := of(t)(quality.Silhouette(ctx, dx, labels)), of(t)(quality.Silhouette(ctx, x, labels)); math.Abs(got.Value-want.Value) > 1e-13 {
		t.Errorf("%v, want %v", got, want)
	}
	var needed *mat32.RowsNeededError
	if _, err := (quality.LocalProcrustes{}).Compare(ctx, x, dy); !errors.As(err, &needed) {
		t.Errorf("local Procrustes of distances: %v", err)
	}
}

func TestMeasuresHaveTheSameBitsOnAnyCores(t *testing.T) {
	ctx := context.Background()
	x, y, labels := fixture.Normal(1, 90, 3), fixture.Normal(2, 90, 2), make([]int, 90)
	for i := range labels {
		labels[i] = i % 3
	}
	var want []any
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		var got []any
		for _, m := range []scored{quality.TripletAccuracy{}, quality.RadiusCorrelation{}, quality.TopographicProduct{}, quality.LocalProcrustes{}} {
			got = append(got, of(t)(m.Compare(ctx, x, y)))
		}
		a, err := quality.DensityPreservation{}.Compare(ctx, x, y)
		got = append(got, a, err, of(t)(quality.Silhouette(ctx, x, labels)))
		runtime.GOMAXPROCS(old)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("on %d cores %v, on one %v", procs, got, want)
		}
	}
}

func TestMeasuresStop(t *testing.T) {
	testenv.Unraced(t)
	x, labels := fixture.Normal(1, 2500, 200), make([]int, 2500)
	for i := range labels {
		labels[i] = i % 3
	}
	for name, f := range map[string]func(ctx context.Context) error{
		"triplets": func(ctx context.Context) error {
			_, err := quality.TripletAccuracy{Triplets: 100_000}.Compare(ctx, x, x)
			return err
		},
		"density": func(ctx context.Context) error {
			_, err := quality.DensityPreservation{}.Compare(ctx, x, x)
			return err
		},
		"Procrustes": func(ctx context.Context) error {
			_, err := quality.LocalProcrustes{Neighbors: 300}.Compare(ctx, x, x)
			return err
		},
		"silhouette": func(ctx context.Context) error {
			_, err := quality.Silhouette(ctx, x, labels)
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		start := time.Now()
		if err := f(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 280*time.Millisecond {
			t.Errorf("%s: told to stop after 30 ms, it returned %v after %v", name, err, time.Since(start))
		}
		cancel()
	}
}

func TestBadOptionsOfMeasures(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 20, 2)
	for _, c := range []struct {
		m     scored
		param string
	}{
		{quality.TripletAccuracy{Triplets: -1}, "Triplets"}, {quality.TripletAccuracy{Triplets: 1<<20 + 1}, "Triplets"},
		{quality.RadiusCorrelation{Neighbors: 20}, "Neighbors"}, {quality.TopographicProduct{Neighbors: -1}, "Neighbors"},
		{quality.LocalProcrustes{Neighbors: 20}, "Neighbors"}, {quality.LocalProcrustes{MemoryLimit: -1}, "MemoryLimit"},
	} {
		var pe *mat32.ParamError
		if _, err := c.m.Compare(ctx, x, x); !errors.As(err, &pe) || pe.Param != c.param {
			t.Errorf("%+v: %v", c.m, err)
		}
	}
	for _, sigma := range []float64{-1, math.NaN(), math.Inf(1), 1e-13} {
		var pe *mat32.ParamError
		if _, err := (quality.DensityPreservation{Sigma: sigma}).Compare(ctx, x, x); !errors.As(err, &pe) || pe.Param != "Sigma" {
			t.Errorf("σ = %v: %v", sigma, err)
		}
	}
	for name, f := range indices {
		var (
			se *mat32.ShapeError
			pe *mat32.ParamError
			de *mat32.DegenerateError
		)
		if _, err := f(ctx, x, []int{1}); !errors.As(err, &se) {
			t.Errorf("%s of one label: %v", name, err)
		}
		labels := make([]int, 20)
		if _, err := f(ctx, x, labels); !errors.As(err, &de) {
			t.Errorf("%s of one cluster: %v", name, err)
		}
		labels[4] = -2
		if _, err := f(ctx, x, labels); !errors.As(err, &pe) || pe.Param != "labels[4]" {
			t.Errorf("%s of a label of −2: %v", name, err)
		}
	}
}
