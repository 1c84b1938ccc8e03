package intrinsic_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// estimators lists every estimator, in variants that share little code, built on a
// graph or none. A name begins with that of the type, up to a comma.
func estimators(g *neighbors.Graph) map[string]estimator {
	list := map[string]estimator{
		"ABID":                            intrinsic.ABID{Neighbors: 24, Graph: g},
		"ABID, raw":                       intrinsic.ABID{Neighbors: 24, Raw: true, Graph: g},
		"ABIDE":                           intrinsic.ABIDE{Neighbors: 20, Graph: g},
		"BIDE":                            intrinsic.BIDE{Graph: g},
		"BIDE, posterior":                 intrinsic.BIDE{Neighbors: 20, Posterior: true, Overlap: true, Graph: g},
		"BoxCounting":                     intrinsic.BoxCounting{},
		"CDF":                             intrinsic.CDF{Graph: g},
		"CorrelationDimension":            intrinsic.CorrelationDimension{Graph: g},
		"CorrelationDimension, quantiles": intrinsic.CorrelationDimension{InnerQuantile: 0.01, OuterQuantile: 0.1, Radii: 5},
		"DANCo":                           intrinsic.DANCo{Draws: 1, Graph: g},
		"ESS":                             intrinsic.ESS{Neighbors: 24, Graph: g},
		"ESS, projection":                 intrinsic.ESS{Version: intrinsic.Projection, Neighbors: 24, Graph: g},
		"ESS, order 2":                    intrinsic.ESS{Order: 2, Neighbors: 10, Seed: 7, Graph: g},
		"FisherS":                         intrinsic.FisherS{},
		"GeoMLE":                          intrinsic.GeoMLE{From: 5, Neighbors: 10, Resamples: 5, Graph: g},
		"Gride":                           intrinsic.Gride{Graph: g},
		"Gride, 8 and 16":                 intrinsic.Gride{Near: 8, Overlap: true, Graph: g},
		"Hidalgo":                         intrinsic.Hidalgo{Sweeps: 20, Graph: g},
		"I3D":                             intrinsic.I3D{Spacing: 0.01},
		"KNN":                             intrinsic.KNN{Repeats: 1},
		"LocalPCA":                        intrinsic.LocalPCA{Neighbors: 24, Graph: g},
		"LocalPCA, ratio":                 intrinsic.LocalPCA{Neighbors: 24, Rule: intrinsic.ParticipationRatio, Graph: g},
		"LocalPCA, global":                intrinsic.LocalPCA{Global: true},
		"MiND":                            intrinsic.MiND{Graph: g},
		"MiNDKL":                          intrinsic.MiNDKL{Draws: 1, Graph: g},
		"MiND, whole":                     intrinsic.MiND{Neighbors: 10, Integer: true, Graph: g},
		"MSTDimension":                    intrinsic.MSTDimension{},
		"ScoreID":                         intrinsic.ScoreID{Sample: 300},
		"ScoreID, trace":                  intrinsic.ScoreID{Sample: 300, Trace: true},
		"Separability":                    intrinsic.Separability{},
		"TLE":                             intrinsic.TLE{Graph: g},
	}
	for fit := intrinsic.LeastSquares; fit <= intrinsic.Bayes; fit++ {
		list["TwoNN, "+fit.String()] = intrinsic.TwoNN{Fit: fit, Graph: g}
	}
	for a := intrinsic.Harmonic; a <= intrinsic.GeometricMean; a++ {
		list["MLE, "+a.String()] = intrinsic.MLE{Aggregate: a, Graph: g}
	}
	// What aggregates all have in common is seen of MLE.
	for _, a := range []intrinsic.Aggregate{intrinsic.Mean, intrinsic.Median} {
		list["MLE, averaged, "+a.String()] = intrinsic.MLE{Aggregate: a, AverageFrom: 10, Unbiased: a == intrinsic.Mean, Graph: g}
		list["MADA, "+a.String()] = intrinsic.MADA{Aggregate: a, Graph: g}
	}
	for _, a := range []intrinsic.Aggregate{intrinsic.Harmonic, intrinsic.GeometricMean} {
		list["MOM, "+a.String()] = intrinsic.MOM{Neighbors: 20, Inner: a == intrinsic.GeometricMean, Aggregate: a, Graph: g}
	}
	if testing.Short() { // tests of races
		return oneOfEach(list)
	}
	return list
}

// oneOfEach leaves one variant of each type: they share their goroutines.
func oneOfEach(list map[string]estimator) map[string]estimator {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(list)) {
		if seen[kind(name)] {
			delete(list, name)
		}
		seen[kind(name)] = true
	}
	return list
}

// kind is the type in the name of an estimator.
func kind(name string) string {
	k, _, _ := strings.Cut(name, ",")
	return k
}

// What some do not promise.
var (
	needRows = []string{"BoxCounting", "DANCo", "FisherS", "I3D", "LocalPCA", "ScoreID", "Separability"} // and refuse distances
	angles   = []string{"ABID", "ESS", "TLE"}                                                            // come by the law of cosines from distances
	hasAxes  = []string{"BoxCounting", "I3D"}                                                            // a lattice does not turn
	hasUnit  = []string{"I3D"}                                                                           // the step of the lattice
	draws    = []string{"ESS, order 2", "GeoMLE", "Hidalgo", "KNN", "MSTDimension"}                      // rows, by their numbers
	keeps    = []string{"I3D", "ScoreID"}                                                                // duplicates, as part of the density
)

// excepts reports whether an estimator is in a list, by its name or type.
func excepts(list []string, name string) bool {
	return slices.Contains(list, name) || slices.Contains(list, kind(name))
}

// Every type of the package that estimates a dimension is in the list, and so keeps
// the promises below.
func TestEveryEstimatorIsListed(t *testing.T) {
	listed := map[string]bool{}
	for name, e := range estimators(nil) {
		listed[kind(name)] = true
		if typ := reflect.TypeOf(e).Name(); typ != kind(name) {
			t.Errorf("%q is a %s", name, typ)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range tree.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Estimate" || types.ExprString(f.Type.Results.List[0].Type) != "measure.Dimension" {
				continue
			}
			found++
			if name := types.ExprString(f.Recv.List[0].Type); !listed[name] {
				t.Errorf("%s is not in the list", name)
			}
		}
	}
	if found != len(listed) {
		t.Errorf("%d types are listed, %d found", len(listed), found)
	}
}

// same compares all bits, NaN included.
func same(a, b measure.Dimension) bool {
	if len(a.Local) != len(b.Local) {
		return false
	}
	for i, v := range a.Local {
		if math.Float64bits(v) != math.Float64bits(b.Local[i]) {
			return false
		}
	}
	if math.Float64bits(a.StdErr) != math.Float64bits(b.StdErr) {
		return false
	}
	a.Local, b.Local, a.StdErr, b.StdErr = nil, nil, 0, 0
	a.Notes, b.Notes = nil, nil // they say how the neighbours were found
	return reflect.DeepEqual(a, b)
}

// Normal data of dimension 2 and 5 turned into 10 columns are found to have that
// dimension within a margin, 10 % or what an estimator is known to err by (the edges
// of 1000 rows cost MLE 5 % in dimension 5); 10 columns of noise are found to have
// neither, nor far from 10, which is beyond 1000 rows. Those without a margin say in
// tests of their own where they are right.
func TestTrueDimension(t *testing.T) {
	testenv.Unraced(t)
	margins := map[string]float64{"TwoNN": 0.1, "MLE": 0.1, "MOM": 0.16, "MADA": 0.16, "MiND": 0.1, "Gride": 0.1, "BIDE": 0.1, "ABIDE": 0.1,
		"CDF": 0.1, "TLE": 0.1, "ESS": 0.1, "DANCo": 0.16, "Hidalgo": 0.16, "GeoMLE": 0.16}
	for _, d := range []int{2, 5, 10} {
		var x mat.Dense
		x.Mul(fixture.Normal(31, 1000, d), fixture.Normal(32, d, 10))
		if d == 10 {
			x.CloneFrom(fixture.Normal(31, 1000, 10))
		}
		g, err := neighbors.Exact{Neighbors: 40}.Graph(context.Background(), &x)
		if err != nil {
			t.Fatal(err)
		}
		for name, e := range estimators(g) {
			margin, ok := margins[kind(name)]
			if !ok {
				continue
			}
			got := estimate(t, e, &x).Value
			for _, claim := range []float64{2, 5} {
				holds := math.Abs(got-claim) < margin*claim
				if holds != (int(claim) == d) {
					t.Errorf("%s on dimension %d: %.3f", name, d, got)
				}
			}
			if d == 10 && (got < 6 || got > 11) {
				t.Errorf("%s on dimension 10: %.3f", name, got)
			}
		}
	}
}

// Each row's own estimate tells a thread from a cloud, which one number for all
// cannot.
func TestLocalTellsRowsApart(t *testing.T) {
	x := mat.NewDense(600, 3, nil)
	x.Slice(300, 600, 0, 3).(*mat.Dense).Copy(fixture.Normal(41, 300, 3))
	for i, v := range fixture.Uniform(42, 300, 1).RawMatrix().Data {
		x.SetRow(i, []float64{100 + v, v, v})
	}
	d := estimate(t, intrinsic.MLE{}, x)
	var thread, cloud float64
	for i, v := range d.Local {
		if i < 300 {
			thread += v / 300
		} else {
			cloud += v / 300
		}
	}
	if math.Abs(thread-1) > 0.15 || math.Abs(cloud-3) > 0.45 {
		t.Errorf("thread %.3f, cloud %.3f, want 1 and 3", thread, cloud)
	}
	if math.Abs(d.Value-1) < 0.3 || math.Abs(d.Value-3) < 0.3 {
		t.Errorf("one number for both is %.3f", d.Value)
	}
}

func TestPlaceUnitAttitudeOrderAndTypeChangeNothing(t *testing.T) {
	testenv.Unraced(t)
	x := mat.DenseCopyOf(fixture.B().Slice(0, 120, 0, 3))
	n, columns := x.Dims()
	change := func(f func(v float64) float64) *mat.Dense {
		var y mat.Dense
		y.Apply(func(_, _ int, v float64) float64 { return f(v) }, x)
		return &y
	}
	var basis mat.QR
	basis.Factorize(fixture.Normal(72, columns, columns))
	var q, turned mat.Dense
	basis.QTo(&q)
	turned.Mul(x, &q)
	reversed := mat.NewDense(n, columns, nil)
	for i := range n {
		reversed.SetRow(i, x.RawRowView(n-1-i))
	}
	for name, e := range estimators(nil) {
		want := estimate(t, e, x)
		shifted := estimate(t, e, change(func(v float64) float64 { return v + 1000 }))
		near(t, name+" + 1000", shifted.Value, want.Value, 1e-7)
		near(t, name+" + 1000, scale", shifted.Scale, want.Scale, 1e-7)
		near(t, name+" + 1000, error", shifted.StdErr, want.StdErr, 1e-6)
		if !excepts(hasUnit, name) {
			for _, factor := range []float64{1e-250, 1e9, 1e250} {
				scaled := estimate(t, e, change(func(v float64) float64 { return v * factor }))
				near(t, name+" scaled", scaled.Value, want.Value, 1e-9)
				near(t, name+" scaled, scale", scaled.Scale, want.Scale*factor, 1e-9)
			}
		}
		if !excepts(hasAxes, name) {
			got := estimate(t, e, &turned)
			near(t, name+" turned", got.Value, want.Value, 1e-7)
			near(t, name+" turned, error", got.StdErr, want.StdErr, 1e-6)
		}
		if !excepts(draws, name) {
			got := estimate(t, e, reversed)
			near(t, name+" in another order", got.Value, want.Value, 1e-9)
			for i, v := range got.Local {
				if w := want.Local[n-1-i]; v != w && !(math.Abs(v-w) <= 1e-9*w) && !(math.IsNaN(v) && math.IsNaN(w)) {
					t.Errorf("%s in another order: %v at row %d, want %v", name, v, n-1-i, w)
					break
				}
			}
		}
		if got := estimate(t, e, mat.DenseCopyOf(x.T()).T()); !same(got, want) {
			t.Errorf("%s: a transposed matrix gives %v, want %v", name, got, want)
		}
		near(t, name+" in float32", estimate(t, e, mat32.Convert(x)).Value, want.Value, 1e-3)
	}
}

// A graph saves time and nothing else: whether it holds duplicates, few enough
// to be passed over or so many that neighbours must be sought anew.
func TestGraphDoesNotChangeTheResult(t *testing.T) {
	testenv.Unraced(t)
	clean := fixture.C().Slice(0, 250, 0, 4).(*mat.Dense)
	few, many := mat.NewDense(253, 4, nil), mat.NewDense(300, 4, nil)
	for _, x := range []*mat.Dense{few, many} {
		n, _ := x.Dims()
		for i := range n {
			x.SetRow(i, clean.RawRowView(max(i-n+250, 0))) // the first row, over and over
		}
	}
	for name, x := range map[string]*mat.Dense{"clean": clean, "few": few, "many": many} {
		g, err := neighbors.Exact{Neighbors: 40}.Graph(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		with := oneOfEach(estimators(g))
		for method, e := range oneOfEach(estimators(nil)) {
			got, err := with[method].Estimate(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if want := estimate(t, e, x); !same(got, want) {
				t.Errorf("%s, %s: %v, without the graph %v", name, method, got, want)
			}
			field := reflect.ValueOf(with[method]).FieldByName("Graph")
			used := field.IsValid() && !field.IsNil()
			if anew := strings.Contains(strings.Join(got.Notes, " "), "anew"); anew != (used && name == "many") {
				t.Errorf("%s, %s: sought anew: %v", name, method, anew)
			}
		}
	}
}

func TestSameBitsOnAnyCores(t *testing.T) {
	x := fixture.Normal(5, 1030, 3) // two blocks of 1024
	if testing.Short() {
		x = fixture.Normal(5, 140, 3) // some of 64
	}
	g, err := neighbors.Exact{Neighbors: 40}.Graph(context.Background(), x) // which has the same bits by a test of its own
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range oneOfEach(estimators(g)) {
		var want measure.Dimension
		for i, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			got := estimate(t, e, x)
			runtime.GOMAXPROCS(old)
			if i == 0 {
				want = got
			} else if !same(got, want) {
				t.Errorf("%s on %d cores: %v, want %v", name, procs, got, want)
			}
		}
	}
}

func TestBadInput(t *testing.T) {
	good := fixture.C()
	nan, inf := mat.DenseCopyOf(good), mat.DenseCopyOf(good)
	nan.Set(3, 2, math.NaN())
	inf.Set(3, 2, math.Inf(1))
	constant := mat.NewDense(100, 3, nil)
	fewDistinct := mat.NewDense(100, 2, nil)
	for i := range 100 {
		fewDistinct.Set(i, 0, float64(i%3))
	}
	corners := mat.NewDense(30, 30, nil) // all equally far from each other
	for i := range 30 {
		corners.Set(i, i, 1)
	}
	minute := mat.DenseCopyOf(good) // a difference whose square is zero
	minute.SetRow(1, minute.RawRowView(0))
	minute.Set(0, 3, 0)
	minute.Set(1, 3, 1e-200)
	g, err := neighbors.Exact{Neighbors: 30}.Graph(context.Background(), fixture.A())
	if err != nil {
		t.Fatal(err)
	}
	type wanted = func(err error) bool
	is := func(target error) wanted { return func(err error) bool { return errors.Is(err, target) } }
	param := func(name string) wanted {
		return func(err error) bool {
			var e *mat32.ParamError
			return errors.As(err, &e) && e.Param == name
		}
	}
	says := func(words string) wanted {
		return func(err error) bool {
			var e *mat32.DegenerateError
			return errors.As(err, &e) && strings.Contains(err.Error(), words)
		}
	}
	notFinite := func(err error) bool {
		var e *mat32.NotFiniteError
		return errors.As(err, &e) && e.Row == 3 && e.Col == 2
	}
	shape := func(err error) bool { return errors.As(err, new(*mat32.ShapeError)) }
	memory := func(err error) bool { return errors.As(err, new(*mat32.MemoryError)) }

	type twonn = intrinsic.TwoNN
	type mle = intrinsic.MLE
	for _, c := range []struct {
		name string
		x    mat.Matrix
		e    estimator
		want wanted
	}{
		{"nil", nil, twonn{}, is(mat32.ErrEmpty)},
		{"empty", &mat.Dense{}, twonn{}, is(mat32.ErrEmpty)},
		{"empty", &mat.Dense{}, mle{}, is(mat32.ErrEmpty)},
		{"NaN", nan, twonn{}, notFinite},
		{"NaN", nan, mle{}, notFinite},
		{"Inf", inf, twonn{}, notFinite},
		{"Inf", inf, mle{}, notFinite},
		{"one row", good.Slice(0, 1, 0, 4), twonn{}, shape},
		{"one row", good.Slice(0, 1, 0, 4), mle{}, shape},
		{"three rows", good.Slice(0, 3, 0, 4), twonn{}, shape},
		{"20 rows for 20 neighbours", good.Slice(0, 20, 0, 4), mle{Neighbors: 20}, param("Neighbors")},
		{"constant", constant, twonn{}, says("all 100 rows are equal")},
		{"constant", constant, mle{}, says("all 100 rows are equal")},
		{"three distinct rows", fewDistinct, twonn{}, says("only 3 of the 100 rows are distinct")},
		{"three distinct rows", fewDistinct, mle{Neighbors: 3}, says("at least 4")},
		{"corners", corners, twonn{}, says("equally far")},
		{"corners", corners, mle{}, says("equally far")},
		{"corners", corners, mle{Aggregate: intrinsic.Mean}, says("equally far")},
		{"corners", corners, mle{Aggregate: intrinsic.Median}, says("equally far")},
		{"differences that vanish", minute, twonn{}, says("rows 0 and 1 differ")},
		{"differences that vanish", minute, mle{}, says("rows 0 and 1 differ")},
		{"Fit", good, twonn{Fit: 9}, param("Fit")},
		{"Fit", good, twonn{Fit: -1}, param("Fit")},
		{"Discard", good, twonn{Discard: -0.1}, param("Discard")},
		{"Discard", good, twonn{Discard: 1}, param("Discard")},
		{"Discard", good, twonn{Discard: math.NaN()}, param("Discard")},
		{"too much discarded", good, twonn{Discard: 0.999}, param("Discard")},
		{"MemoryLimit", good, twonn{MemoryLimit: -1}, param("MemoryLimit")},
		{"MemoryLimit", good, twonn{MemoryLimit: 1000}, memory},
		{"MemoryLimit", good, mle{MemoryLimit: -1}, param("MemoryLimit")},
		{"MemoryLimit", good, mle{MemoryLimit: 1000}, memory},
		{"Aggregate", good, mle{Aggregate: intrinsic.GeometricMean + 1}, param("Aggregate")},
		{"Neighbors", good, mle{Neighbors: 1}, param("Neighbors")},
		{"Neighbors", good, mle{Neighbors: 2, Unbiased: true}, param("Neighbors")},
		{"Neighbors", good, mle{Neighbors: 500}, param("Neighbors")},
		{"AverageFrom", good, mle{AverageFrom: 21}, param("AverageFrom")},
		{"AverageFrom", good, mle{AverageFrom: 1}, param("AverageFrom")},
		{"another graph", good, mle{Graph: g}, param("Graph")},
		{"another graph", good, twonn{Graph: g}, param("Graph")},
		{"a small graph", fixture.A(), mle{Neighbors: 31, Graph: g}, param("Graph")},
	} {
		d, err := c.e.Estimate(context.Background(), c.x)
		if err == nil || !c.want(err) || !reflect.DeepEqual(d, measure.Dimension{}) {
			t.Errorf("%s, %T: got %v, %v", c.name, c.e, d, err)
		}
	}

	// Some rows of equally far neighbours: the harmonic mean and the median
	// have an answer, the mean has none and says what has.
	mixed := mat.NewDense(230, 30, nil)
	mixed.Slice(0, 30, 0, 30).(*mat.Dense).Copy(corners)
	for i, v := range fixture.Normal(51, 200, 1).RawMatrix().Data {
		mixed.Set(30+i, 0, 50+v)
		mixed.Set(30+i, 1, v*v)
	}
	if _, err := (mle{Aggregate: intrinsic.Mean}).Estimate(context.Background(), mixed); !says("30 of the 230 distinct rows (row 0 first)")(err) ||
		!says("Harmonic")(err) {
		t.Errorf("mean with equally far neighbours: %v", err)
	}
	for _, a := range []intrinsic.Aggregate{intrinsic.Harmonic, intrinsic.Median} {
		if d := estimate(t, mle{Aggregate: a}, mixed); math.IsNaN(d.StdErr) || math.Abs(d.Value-1) > 0.4 || !math.IsInf(d.Local[0], 1) {
			t.Errorf("%s with equally far neighbours: %v", a, d)
		}
	}
}

func TestCancel(t *testing.T) {
	x := fixture.Uniform(1, 3000, 200)
	for name, e := range map[string]estimator{"TwoNN": intrinsic.TwoNN{}, "MLE": intrinsic.MLE{}} {
		ctx, cancel := context.WithCancel(context.Background())
		var at time.Time
		ctx = watch.With(ctx, func(e watch.Event) {
			if e.Done > 0 && at.IsZero() {
				at = time.Now()
				cancel()
			}
		})
		before := runtime.NumGoroutine()
		_, err := e.Estimate(ctx, x)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: got %v", name, err)
		}
		if late := time.Since(at); late > 250*time.Millisecond {
			t.Errorf("%s returned %v after the cancel", name, late)
		}
		// A goroutine that has finished its work may take a moment to be gone.
		for runtime.NumGoroutine() > before && time.Since(at) < 250*time.Millisecond {
			time.Sleep(time.Millisecond)
		}
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%s: %d goroutines before, %d after", name, before, after)
		}
	}
}

func TestResolveFillsDefaults(t *testing.T) {
	for fit, discard := range map[intrinsic.Fit]float64{intrinsic.LeastSquares: 0.1, intrinsic.MaximumLikelihood: intrinsic.Zero,
		intrinsic.TrimmedLikelihood: 0.01, intrinsic.Bayes: intrinsic.Zero} {
		r, err := intrinsic.TwoNN{Fit: fit}.Resolve(100, 3)
		if err != nil || r != (intrinsic.TwoNN{Fit: fit, Discard: discard}) {
			t.Errorf("%v: %+v, %v", fit, r, err)
		}
		if again, err := r.Resolve(100, 3); err != nil || again != r {
			t.Errorf("%v: resolved twice %+v, %v", fit, again, err)
		}
	}
	r, err := intrinsic.MLE{}.Resolve(100, 3)
	if err != nil || r != (intrinsic.MLE{Neighbors: 20, AverageFrom: 20, Aggregate: intrinsic.Harmonic}) {
		t.Errorf("MLE: %+v, %v", r, err)
	}
	if s := intrinsic.Fit(7).String() + intrinsic.Aggregate(-2).String(); s != "Fit(7)Aggregate(-2)" {
		t.Error(s)
	}
}
