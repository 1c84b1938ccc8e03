package intrinsic_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// profiled are the estimators as Profile asks them of 120 or more rows.
func profiled() map[string]estimator {
	return map[string]estimator{
		"TwoNN": intrinsic.TwoNN{}, "BIDE": intrinsic.BIDE{Overlap: true}, "ABIDE": intrinsic.ABIDE{Overlap: true}, "MLE": intrinsic.MLE{}, "CDF": intrinsic.CDF{},
		"MADA": intrinsic.MADA{}, "TLE": intrinsic.TLE{}, "MiND": intrinsic.MiND{}, "CorrelationDimension": intrinsic.CorrelationDimension{},
		"MOM": intrinsic.MOM{}, "ESS": intrinsic.ESS{}, "ABID": intrinsic.ABID{}, "LocalPCA": intrinsic.LocalPCA{},
		"FisherS": intrinsic.FisherS{}, "BoxCounting": intrinsic.BoxCounting{},
	}
}

func profile(t *testing.T, p intrinsic.Profile, x mat.Matrix) *intrinsic.Dimensions {
	t.Helper()
	d, err := p.Estimate(context.Background(), x)
	if err != nil {
		t.Fatalf("%+v: %v", p, err)
	}
	return d
}

// repeated returns x with some of its rows once more, some of them before the rest.
func repeated(x *mat.Dense, rows int) *mat.Dense {
	n, d := x.Dims()
	y := mat.NewDense(n+rows, d, nil)
	for i := range rows {
		y.SetRow(i, x.RawRowView(n-1-i/2))
	}
	y.Slice(rows, n+rows, 0, d).(*mat.Dense).Copy(x)
	return y
}

// What Profile says each estimator says is what it says by itself, to the last bit: the
// one search for neighbours changes nothing, with duplicates in the data or without.
func TestProfileIsWhatEveryEstimatorSays(t *testing.T) {
	testenv.Unraced(t)
	x := flatten(3, 150, 3, 6)
	for name, x := range map[string]*mat.Dense{"distinct rows": x, "duplicates": repeated(x, 40)} {
		d := profile(t, intrinsic.Profile{}, x)
		if len(d.Failures) != 0 || len(d.All) != len(profiled()) {
			t.Fatalf("%s: %d dimensions, and %v", name, len(d.All), d.Failures)
		}
		for method, e := range profiled() {
			got, ok := d.Of(method)
			if want := estimate(t, e, x); !ok || !same(got, want) {
				t.Errorf("%s: %s says\n%v by itself\n%v", name, method, got, want)
			}
		}
		if !slices.IsSortedFunc(d.All, func(a, b measure.Dimension) int { return cmp.Compare(a.Scale, b.Scale) }) {
			t.Errorf("%s: the scales do not rise", name)
		}
		if points := d.Points(); len(points) != len(d.Curve.Scales)+len(d.Whole.Scales)+len(d.All) || points[0].Method != "Gride" ||
			!same(points[len(points)-1], d.All[len(d.All)-1]) {
			t.Errorf("%s: the points are %v", name, points)
		}
		curve, err := intrinsic.Gride{Overlap: true, Largest: 100}.Curve(context.Background(), x)
		if err != nil || !reflect.DeepEqual(curve, d.Curve) {
			t.Errorf("%s: the curve is\n%v\nGride makes\n%v (%v)", name, d.Curve, curve, err)
		}
	}
}

// flatten returns n normal rows of dimension d turned into more columns.
func flatten(seed uint64, n, d, columns int) *mat.Dense {
	var x mat.Dense
	x.Mul(fixture.Normal(seed, n, d), fixture.Normal(seed+1, d, columns))
	return &x
}

func TestProfileTakesAGraph(t *testing.T) {
	clean := flatten(5, 130, 2, 4)
	for _, x := range []*mat.Dense{clean, repeated(clean, 20)} {
		g, err := neighbors.Exact{Neighbors: 125}.Graph(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		want := profile(t, intrinsic.Profile{Neighbors: 60}, x)
		if got := profile(t, intrinsic.Profile{Neighbors: 60, Graph: g}, x); got.String() != want.String() {
			t.Errorf("with a graph\n%v\nwithout\n%v", got, want)
		}
		for _, d := range want.All {
			if strings.Contains(d.Convention, "k = 100") {
				t.Errorf("%s looks at more than 60 neighbours: %s", d.Method, d.Convention)
			}
		}
	}
}

// With asks more estimators, as they are by themselves, and Without fewer.
func TestProfileWithAndWithout(t *testing.T) {
	testenv.Unraced(t)
	x := flatten(8, 150, 2, 4)
	p := intrinsic.Profile{With: []string{"GeoMLE", "MSTDimension"}, Seed: 3}
	for name := range profiled() {
		p.Without = append(p.Without, name)
	}
	d := profile(t, p, x)
	if len(d.All) != 2 || d.Whole != nil {
		t.Fatalf("%v", d)
	}
	for method, e := range map[string]estimator{"GeoMLE": intrinsic.GeoMLE{Seed: 3}, "MSTDimension": intrinsic.MSTDimension{Seed: 3}} {
		if got, _ := d.Of(method); !same(got, estimate(t, e, x)) {
			t.Errorf("%s says %v", method, got)
		}
	}
	few := flatten(8, 40, 2, 4)
	more := []string{"GeoMLE", "DANCo", "KNN", "MSTDimension", "ScoreID", "Separability"}
	d = profile(t, intrinsic.Profile{With: more, Without: []string{"TLE"}}, few)
	for _, name := range more {
		if _, ok := d.Of(name); !ok {
			t.Errorf("%s of 40 rows: %v", name, d.Failures)
		}
	}
	if _, ok := d.Of("TLE"); ok {
		t.Error("TLE was not to be asked")
	}
}

// A cause that is planted is read, and is not read from data without it.
func TestReadingFindsPlantedCauses(t *testing.T) {
	testenv.Unraced(t)
	const n = 800
	cube, normal := fixture.Uniform(1, n, 20), fixture.Normal(2, n, 10)
	of := func(columns int, f func(i, j int) float64) *mat.Dense {
		x := mat.NewDense(n, columns, nil)
		x.Apply(func(i, j int, _ float64) float64 { return f(i, j) }, x)
		return x
	}
	plane := func(i, j int) float64 { return cube.At(i, j) * float64(1-min(j/2, 1)) }
	manifold := func(name string) mat.Matrix {
		d, err := datasets.BenchmarkManifold{Name: name, Rows: n, Seed: 4}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		return d.X
	}
	data := map[string]struct {
		x      mat.Matrix
		causes string
	}{
		"a plane":        {of(5, plane), "agree"},
		"noise":          {of(10, func(i, j int) float64 { return plane(i, j) + .01*normal.At(i, j) }), "noise"},
		"a helix":        {manifold("M5a"), "rises bent curved"},
		"a helicoid":     {manifold("M5b"), "rises"},
		"twenty columns": {cube, "short one-sided full boxes"},
		"two dimensions": {of(10, func(i, j int) float64 {
			return cube.At(i, j)*float64(map[bool]int{true: 1}[j < 2+3*(i%2)]) + 3*float64(i%2)
		}), "mixed edges"},
		"a grid":           {of(3, func(i, j int) float64 { return math.Trunc(25 * cube.At(i, j)) }), "discrete I3D duplicates whole"},
		"heavy tails":      {manifold("Mp1"), "edges mixed"},
		"few rows":         {datasets.Iris().X, "whole duplicates"},
		"rows given twice": {repeated(of(5, plane), 100), "duplicates agree"},
	}
	words := map[string]string{
		"agree": "may be quoted", "noise": "noise, which fills", "bent": "the data bend within", "curved": "they are curved", "rises": "The dimension rises",
		"short": "Distances fall short", "one-sided": "on one side", "full": "The data fill their", "edges": "rows near an edge", "boxes": "which run out", "mixed": "pieces differ in dimension",
		"discrete": "values are discrete", "I3D": "I3D does not", "duplicates": "equal an earlier one", "whole": "look at the data as a whole",
	}
	for name, c := range data {
		d := profile(t, intrinsic.Profile{}, c.x)
		said := strings.Join(d.Reading(), "\n")
		for cause, word := range words {
			if cause == "full" || cause == "boxes" {
				if want := slices.Contains(strings.Fields(c.causes), cause); want && !strings.Contains(said, word) {
					t.Errorf("%s: %q is not read from\n%v", name, word, d)
				}
				continue // true of other data as well
			}
			if got, want := strings.Contains(said, word), slices.Contains(strings.Fields(c.causes), cause); got != want {
				t.Errorf("%s: %q is read: %v, want %v, from\n%v", name, word, got, want, d)
			}
		}
	}
}

// Without an edge and of one dimension, local dimensions vary as chance makes them: the
// spread is 1, within what 30 samples tell. Two dimensions make it larger.
func TestSpreadIsThatOfChance(t *testing.T) {
	testenv.Unraced(t)
	var without []string
	for name := range profiled() {
		if name != "TwoNN" {
			without = append(without, name)
		}
	}
	const samples = 30
	for _, d := range []int{1, 2} {
		var mean float64
		for s := range samples {
			mean += profile(t, intrinsic.Profile{Neighbors: 20, Without: without}, sphere(uint64(s), 300, d)).Spread / samples
		}
		if math.Abs(mean-1) > .1 {
			t.Errorf("on a sphere of dimension %d the spread is %.3f", d, mean)
		}
	}
}

func TestProfileErrors(t *testing.T) {
	x := flatten(1, 30, 2, 3)
	param := func(name string) func(error) bool {
		return func(err error) bool {
			var e *mat32.ParamError
			return errors.As(err, &e) && e.Param == name && e.Method == "intrinsic.Profile"
		}
	}
	degenerate := func(err error) bool { return errors.As(err, new(*mat32.DegenerateError)) }
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	var all []string
	for name := range profiled() {
		all = append(all, name)
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		p    intrinsic.Profile
		x    mat.Matrix
		want func(error) bool
	}{
		"an unknown name to add":  {p: intrinsic.Profile{With: []string{"TLE"}}, want: param("With")},
		"an unknown name to drop": {p: intrinsic.Profile{Without: []string{"TWONN"}}, want: param("Without")},
		"nothing left":            {p: intrinsic.Profile{Without: all}, want: param("Without")},
		"two neighbours":          {p: intrinsic.Profile{Neighbors: 2}, want: param("Neighbors")},
		"as many as rows":         {p: intrinsic.Profile{Neighbors: 30}, want: param("Neighbors")},
		"a little memory":         {p: intrinsic.Profile{MemoryLimit: 1000}, want: func(err error) bool { return errors.As(err, new(*mat32.MemoryError)) }},
		"three rows":              {x: x.Slice(0, 3, 0, 3), want: func(err error) bool { return errors.As(err, new(*mat32.ShapeError)) }},
		"equal rows":              {x: mat.NewDense(30, 3, nil), want: degenerate},
		"three distinct rows":     {x: repeated(mat.DenseCopyOf(x.Slice(0, 3, 0, 3)), 5), want: degenerate},
		"a cancelled context":     {ctx: canceled, want: func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		if c.x == nil {
			c.x = x
		}
		if c.ctx == nil {
			c.ctx = context.Background()
		}
		if d, err := c.p.Estimate(c.ctx, c.x); d != nil || !c.want(err) {
			t.Errorf("%s: %v and %v", name, d, err)
		}
	}
}

// What one estimator cannot do is a line of the table.
func TestProfileListsFailures(t *testing.T) {
	x := fixture.Uniform(6, 60, 2)
	d := profile(t, intrinsic.Profile{}, mat32Distances(t, x))
	failed := map[string]bool{}
	for _, f := range d.Failures {
		failed[f.Method] = true
		if f.Reason == "" || !strings.Contains(d.String(), f.Method+" cannot answer: ") {
			t.Errorf("the table does not show %+v:\n%v", f, d)
		}
	}
	if want := map[string]bool{"LocalPCA": true, "FisherS": true, "BoxCounting": true}; !reflect.DeepEqual(failed, want) {
		t.Errorf("of distances %v fail, want %v", failed, want)
	}
	rows := profile(t, intrinsic.Profile{}, x)
	for _, got := range d.All {
		want, _ := rows.Of(got.Method)
		near(t, got.Method+" of distances", got.Value, want.Value, 1e-9)
	}
}

func mat32Distances(t *testing.T, x *mat.Dense) *mat32.Distances {
	t.Helper()
	n, _ := x.Dims()
	var pairs []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, math.Hypot(x.At(i, 0)-x.At(j, 0), x.At(i, 1)-x.At(j, 1)))
		}
	}
	d, err := mat32.NewDistances(n, pairs)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestProfileHearsACancel(t *testing.T) {
	x := fixture.Normal(3, 600, 10)
	seen := map[string]bool{}
	profileWatched := func(stop string) error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		_, err := intrinsic.Profile{}.Estimate(watch.With(ctx, func(e watch.Event) {
			seen[e.Stage] = true
			if e.Stage == stop && e.Done > 0 {
				cancel()
			}
		}), x)
		return err
	}
	if testing.Short() {
		x = fixture.Normal(3, 150, 4)
	}
	start := time.Now()
	if err := profileWatched("estimators"); !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "intrinsic.Profile: ") {
		t.Errorf("cancelled among the estimators: %v after %v", err, time.Since(start))
	}
	if err := profileWatched("pairs"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled in an estimator: %v", err)
	}
	if !seen["estimators"] || !seen["pairs"] {
		t.Errorf("stages seen: %v", seen)
	}
}
