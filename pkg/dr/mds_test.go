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

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
	"github.com/flatland-go/flatland/tests/golden"
)

// roads are the distances between the corners of a field of 3 by 4.
func roads() *mat32.Distances {
	d, err := mat32.NewDistances(4, []float64{3, 4, 5, 5, 4, 3})
	if err != nil {
		panic(err)
	}
	return d
}

func ExampleClassicalMDS_Fit() {
	// Only the distances are known: the corners of a field of 3 by 4, and its diagonals.
	model, err := dr.ClassicalMDS{}.Fit(context.Background(), roads())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(model)
	// A tree stands in the middle.
	tree, err := model.Triangulate(context.Background(), mat.NewDense(1, 4, []float64{2.5, 2.5, 2.5, 2.5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("the tree: %.3f", mat.Norm(tree, 2))
	// Output:
	// classical MDS · n = 4 · distances → 2 dimensions
	//   options     2 components, exact
	//   component    eigenvalue
	//           1            16
	//           2             9
	// the tree: 0.000
}

func ExampleMetricMDS_Embed() {
	z, err := dr.MetricMDS{Start: dr.FromRandom, Seed: 1, Tolerance: 1e-12}.Embed(context.Background(), roads())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f by %.4f, stress-1 %.4f\n", distance(z, 0, 1), distance(z, 0, 2), z.Objective)
	// Output: 3.0000 by 4.0000, stress-1 0.0000
}

func ExampleNonMetricMDS_Fit() {
	// Which pair is farther apart is all that is known: the squares of the distances have the same order.
	d, err := mat32.NewDistances(4, []float64{9, 16, 25, 25, 16, 9})
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := dr.NonMetricMDS{}.Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	z := model.Embedding()
	fmt.Printf("%v, %v: stress-1 %.3f\n", distance(z, 0, 1) < distance(z, 0, 2), distance(z, 0, 2) < distance(z, 0, 3), model.Stress1())
	// Output: true, true: stress-1 0.000
}

func ExampleLandmarkMDS_Fit() {
	x := datasets.Iris().X
	model, err := dr.LandmarkMDS{Landmarks: 10}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := model.Transform(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(model.Landmarks()), "landmarks; the rows again:", mat.EqualApprox(z, model.Embedding(), 1e-9))
	// Output: 10 landmarks; the rows again: true
}

func ExampleSammon_Fit() {
	model, err := dr.Sammon{}.Fit(context.Background(), datasets.Iris().X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n%s\n", model.SammonStress(), model.Embedding().Notes[0])
	// Output:
	// 0.0040
	// 1 pairs of equal rows, or nearly so, are left out of the stress
}

// distance is that between rows i and j of z.
func distance(z mat.Matrix, i, j int) float64 {
	_, k := z.Dims()
	s := 0.
	for c := range k {
		s += math.Pow(z.At(i, c)-z.At(j, c), 2)
	}
	return math.Sqrt(s)
}

// scalingTable is the input that tests/peers/golden_mds.py scales.
func scalingTable(t *testing.T, name string) *mat.Dense {
	t.Helper()
	if name == "wine" {
		x := mat.DenseCopyOf(datasets.Wine().X.Slice(0, 60, 0, 13))
		for j := range 13 {
			mean := 0.
			for i := range 60 {
				mean += math.Abs(x.At(i, j)) / 60
			}
			for i := range 60 {
				x.Set(i, j, x.At(i, j)/mean)
			}
		}
		return x
	}
	all := datasets.Iris().X
	var rows [][]float64
	for i := 0; i < 150; i += 3 {
		row := mat.Row(nil, i, all)
		if !slices.ContainsFunc(rows, func(r []float64) bool { return slices.Equal(r, row) }) {
			rows = append(rows, row)
		}
	}
	return rowsOf(rows)
}

// waves is the start of the goldens.
func waves(n int) *mat.Dense {
	y := mat.NewDense(n, 2, nil)
	y.Apply(func(i, c int, _ float64) float64 { return math.Sin(float64(i + 2*c)) }, y)
	return y
}

type mdsRun struct {
	Table           string
	Iterations      int
	Embedding       [][]float64
	Eigenvalues     []float64
	Stress, Stress1 float64
}

type mdsGolden struct{ Classical, Metric, Local, Weighted, Nonmetric, Sammon []mdsRun }

func TestClassicalMDSAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var g mdsGolden
	golden.Load(t, "mds", &g)
	if len(g.Classical) != 2 {
		t.Fatalf("%d runs, want 2", len(g.Classical))
	}
	for _, want := range g.Classical {
		x := scalingTable(t, want.Table)
		m, err := dr.ClassicalMDS{}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, want.Table+": eigenvalues", m.Eigenvalues(), want.Eigenvalues, 1e-9, 0)
		if !mat.EqualApprox(m.Embedding(), rowsOf(want.Embedding), 1e-9) {
			t.Errorf("%s: another map", want.Table)
		}
	}
}

func TestClassicalMDSSolversAgree(t *testing.T) {
	x := fixture.Normal(6, 320, 5)
	want, err := dr.ClassicalMDS{Solver: dr.Exact}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(2) {
		got, err := dr.ClassicalMDS{Solver: dr.Lanczos, Seed: seed}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		nearAll(t, "eigenvalues", got.Eigenvalues(), want.Eigenvalues(), 1e-9, 0)
		if mat.Equal(got.Embedding(), want.Embedding()) || !mat.EqualApprox(got.Embedding(), want.Embedding(), 1e-6) {
			t.Errorf("seed %d: Lanczos did not find the map, or did not look for it", seed)
		}
	}
}

func TestMetricMDSAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var g mdsGolden
	golden.Load(t, "mds", &g)
	if len(g.Metric) != 3 || len(g.Local) != 2 {
		t.Fatalf("%d and %d runs, want 3 and 2", len(g.Metric), len(g.Local))
	}
	ctx := context.Background()
	for _, want := range g.Metric {
		x := scalingTable(t, want.Table)
		n, _ := x.Dims()
		m, err := dr.MetricMDS{Start: dr.From(waves(n)), Iterations: want.Iterations, Tolerance: dr.Zero}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("%s, %d iterations", want.Table, want.Iterations)
		near(t, what+": stress", m.Stress(), want.Stress, 1e-9, 0)
		near(t, what+": stress-1", m.Stress1(), want.Stress1, 1e-9, 0)
		if m.Iterations() != want.Iterations || !mat.EqualApprox(m.Embedding().Slice(0, 5, 0, 2), rowsOf(want.Embedding), 1e-8) {
			t.Errorf("%s: another map, after %d iterations", what, m.Iterations())
		}
	}
	// From where scikit-learn starts at its best, neither optimiser ends higher by more than the margin.
	for _, want := range g.Local {
		x := scalingTable(t, want.Table)
		for _, o := range []struct {
			optimizer dr.Optimizer
			margin    float64
		}{{dr.SMACOF, 1e-4}, {dr.SGD, .05}} {
			method := dr.MetricMDS{Optimizer: o.optimizer}
			if o.optimizer == dr.SMACOF {
				method.Iterations, method.Tolerance = 3000, 1e-12
			}
			m, err := method.Fit(ctx, x)
			if err != nil {
				t.Fatal(err)
			}
			if m.Stress() > want.Stress*(1+o.margin) || m.Stress() < want.Stress*.9 {
				t.Errorf("%s, %s: stress %v, scikit-learn has %v", want.Table, o.optimizer, m.Stress(), want.Stress)
			}
		}
	}
}

func TestWeightedMDSFindsTheMinimum(t *testing.T) {
	testenv.Unraced(t)
	var g mdsGolden
	golden.Load(t, "mds", &g)
	if len(g.Weighted) != 2 {
		t.Fatalf("%d runs, want 2", len(g.Weighted))
	}
	for _, want := range g.Weighted {
		x := scalingTable(t, want.Table)
		w := mat.NewSymDense(x.RawMatrix().Rows, nil)
		for i := range x.RawMatrix().Rows {
			for j := range i {
				w.SetSym(i, j, 1/(1+distance(x, i, j)))
			}
		}
		for optimizer, margin := range map[dr.Optimizer]float64{dr.SMACOF: 1e-3, dr.SGD: .05} {
			m, err := dr.MetricMDS{Optimizer: optimizer, Weights: w, Tolerance: 1e-9}.Fit(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if m.Stress() > want.Stress*(1+margin) || m.Stress() < want.Stress*.97 {
				t.Errorf("%s, %s: stress %v, want %v", want.Table, optimizer, m.Stress(), want.Stress)
			}
		}
	}
}

func TestNonMetricMDSAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var g mdsGolden
	golden.Load(t, "mds", &g)
	if len(g.Nonmetric) != 2 {
		t.Fatalf("%d runs, want 2", len(g.Nonmetric))
	}
	for _, want := range g.Nonmetric {
		x := scalingTable(t, want.Table)
		m, err := dr.NonMetricMDS{Start: dr.From(waves(60)), Iterations: want.Iterations, Tolerance: dr.Zero}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		what := fmt.Sprintf("%s, %d iterations", want.Table, want.Iterations)
		near(t, what+": stress-1", m.Stress1(), want.Stress1, 1e-9, 0)
		if !mat.EqualApprox(m.Embedding().Slice(0, 5, 0, 2), rowsOf(want.Embedding), 1e-8) {
			t.Errorf("%s: another map", what)
		}
	}
}

// Where all that is known is an order, no change of the distances that keeps it changes the map.
func TestNonMetricMDSSeesTheOrderAlone(t *testing.T) {
	x := fixture.Normal(3, 50, 4)
	d := apart.Rows(t, x)
	bent := slices.Clone(d.Condensed())
	for i, v := range bent {
		bent[i] = math.Log1p(v*v) * 7
	}
	other, err := mat32.NewDistances(50, bent)
	if err != nil {
		t.Fatal(err)
	}
	method := dr.NonMetricMDS{Tolerance: 1e-9, Iterations: 3000, Start: dr.From(mat.DenseCopyOf(x.Slice(0, 50, 0, 2)))}
	a, err := method.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := method.Fit(context.Background(), other)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "stress-1", b.Stress1(), a.Stress1(), .05, 0)
	metric, err := dr.MetricMDS{}.Fit(context.Background(), other)
	if err != nil {
		t.Fatal(err)
	}
	if a.Stress1() > .9*metric.Stress1() {
		t.Errorf("stress-1 %v of the order, %v of the bent distances themselves", a.Stress1(), metric.Stress1())
	}
}

func TestSammonFindsTheMinimum(t *testing.T) {
	testenv.Unraced(t)
	var g mdsGolden
	golden.Load(t, "mds", &g)
	if len(g.Sammon) != 2 {
		t.Fatalf("%d runs, want 2", len(g.Sammon))
	}
	for _, want := range g.Sammon {
		m, err := dr.Sammon{Iterations: 3000, Tolerance: 1e-9}.Fit(context.Background(), scalingTable(t, want.Table))
		if err != nil {
			t.Fatal(err)
		}
		if s := m.SammonStress(); s > want.Stress*(1+1e-3) || s < want.Stress*.97 {
			t.Errorf("%s: Sammon's stress %v, want %v", want.Table, s, want.Stress)
		}
		if e := m.Embedding(); e.Objective != m.SammonStress() || m.Stress1() == m.SammonStress() {
			t.Errorf("%s: stress-1 %v, objective %v", want.Table, m.Stress1(), e.Objective)
		}
	}
}

// All landmarks make it classical scaling, and so do few where the data have few dimensions.
func TestLandmarkMDSIsClassicalMDS(t *testing.T) {
	ctx := context.Background()
	x := mat.NewDense(120, 6, nil)
	x.Mul(fixture.Normal(4, 120, 2), fixture.Normal(5, 2, 6))
	classical, err := dr.ClassicalMDS{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	all, err := dr.LandmarkMDS{Landmarks: 120}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(all.Embedding(), classical.Embedding(), 1e-9) {
		t.Error("with all rows as landmarks it gives another map")
	}
	for _, choice := range []dr.Choice{dr.MaxMin, dr.AtRandom} {
		few, err := dr.LandmarkMDS{Landmarks: 5, Choice: choice, Seed: 3}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 119 {
			near(t, fmt.Sprintf("five landmarks %s: a distance", choice), distance(few.Embedding(), i, i+1), distance(x, i, i+1), 1e-9, 1e-9)
		}
		if l := few.Landmarks(); len(l) != 5 || !slices.IsSorted(l) {
			t.Errorf("landmarks %v", l)
		}
	}
}

func TestMaxMinLandmarksSpread(t *testing.T) {
	// One row of each of ten far groups is taken before a second of any.
	x := fixture.Normal(1, 100, 2)
	for i := range 100 {
		x.Set(i, 0, x.At(i, 0)+1000*float64(i%10))
	}
	m, err := dr.LandmarkMDS{Landmarks: 10, Components: 1, Seed: 8}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	met := map[int]bool{}
	for _, l := range m.Landmarks() {
		met[l%10] = true
	}
	if len(met) != 10 {
		t.Errorf("ten landmarks meet %d of ten groups", len(met))
	}
}

func TestScalingOfDistancesIsThatOfTheirRows(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 40, 4)
	d := apart.Rows(t, x)
	for name, method := range map[string]dr.Embedder{
		"classical": dr.ClassicalMDS{}, "metric": dr.MetricMDS{}, "SGD": dr.MetricMDS{Optimizer: dr.SGD}, "non-metric": dr.NonMetricMDS{},
		"Sammon": dr.Sammon{}, "functorial": dr.FunctorialMDS{}, "landmarks": dr.LandmarkMDS{Landmarks: 9},
	} {
		want, err := method.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := method.Embed(ctx, d)
		if err != nil || !mat.Equal(got, want) {
			t.Errorf("%s: distances give another map than their rows: %v", name, err)
		}
	}
	// Who lies where, by distances and by rows.
	rows, err := dr.LandmarkMDS{Landmarks: 9}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	given, err := dr.LandmarkMDS{Landmarks: 9}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	fresh := fixture.Normal(8, 3, 4)
	to := mat.NewDense(3, 9, nil)
	to.Apply(func(i, l int, _ float64) float64 {
		both := mat.NewDense(2, 4, append(slices.Clone(fresh.RawRowView(i)), x.RawRowView(rows.Landmarks()[l])...))
		return distance(both, 0, 1)
	}, to)
	a, err := rows.Transform(ctx, fresh)
	if err != nil {
		t.Fatal(err)
	}
	b, err := given.Triangulate(ctx, to)
	if err != nil || !mat.EqualApprox(a, b, 1e-9) {
		t.Errorf("three new rows: %v", err)
	}
	var param *mat32.ParamError
	if _, err := given.Transform(ctx, fresh); !errors.As(err, &param) {
		t.Errorf("rows for a model of distances: %v", err)
	}
	to.Set(1, 2, -1)
	var negative *mat32.DistanceError
	if _, err := given.Triangulate(ctx, to); !errors.As(err, &negative) || negative.I != 1 || negative.J != 2 {
		t.Errorf("a negative distance: %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := given.Triangulate(ctx, fresh); !errors.As(err, &shape) {
		t.Errorf("distances to four of nine landmarks: %v", err)
	}
}

func TestClassicalMDSNotesNegativeEigenvalues(t *testing.T) {
	// Four rows around a fifth, all at 2 from each other and 1 from it: no space has room for that.
	d, err := mat32.NewDistances(5, []float64{1, 1, 1, 1, 2, 2, 2, 2, 2, 2})
	if err != nil {
		t.Fatal(err)
	}
	m, err := dr.ClassicalMDS{Components: 4}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(m.Embedding().Notes, "; ")
	if values := m.Eigenvalues(); values[3] > 0 || !strings.Contains(notes, "not positive") || !strings.Contains(notes, "not Euclidean") {
		t.Errorf("eigenvalues %v, notes %s", m.Eigenvalues(), notes)
	}
}

func TestScalingSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 6, 2)
	last := func(_ *dr.Embedding, err error) error { return err }
	apartFromOthers := mat.NewSymDense(6, nil)
	for i := 1; i < 6; i++ {
		for j := 1; j < i; j++ {
			apartFromOthers.SetSym(i, j, 1)
		}
	}
	var degenerate *mat32.DegenerateError
	for _, o := range []dr.Optimizer{dr.SMACOF, dr.SGD} {
		if err := last(dr.MetricMDS{Weights: apartFromOthers, Optimizer: o}.Embed(ctx, x)); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), "weights") {
			t.Errorf("%s, a row without weights: %v", o, err)
		}
	}
	apartFromOthers.SetSym(1, 2, math.NaN())
	var param *mat32.ParamError
	if err := last(dr.MetricMDS{Weights: apartFromOthers}.Embed(ctx, x)); !errors.As(err, &param) || param.Param != "Weights" {
		t.Errorf("a weight that is NaN: %v", err)
	}
	var shape *mat32.ShapeError
	if err := last(dr.Sammon{}.Embed(ctx, x.Slice(0, 1, 0, 2))); !errors.As(err, &shape) {
		t.Errorf("one row: %v", err)
	}
}

func TestCanceledScalingReturnsHowFarItCame(t *testing.T) {
	x := fixture.Normal(1, 60, 5)
	for name, method := range map[string]dr.Embedder{
		"SMACOF": dr.MetricMDS{Tolerance: dr.Zero}, "SGD": dr.MetricMDS{Optimizer: dr.SGD}, "non-metric": dr.NonMetricMDS{Tolerance: dr.Zero}, "Sammon": dr.Sammon{Tolerance: dr.Zero},
		"functorial": dr.FunctorialMDS{Tolerance: dr.Zero},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		e, err := method.Embed(watch.With(ctx, func(w watch.Event) {
			if w.Layout != nil {
				if steps++; steps == 3 {
					cancel()
				}
			}
		}), x)
		cancel()
		if !errors.Is(err, context.Canceled) || e == nil || !e.Partial || !math.IsNaN(e.Objective) || mat32.Check(e) != nil {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
}

// pairWeights are weights of 1 to 3 for the pairs of n rows.
func pairWeights(n int) mat.Symmetric {
	w := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			w.SetSym(i, j, float64(1+(i+j)%3))
		}
	}
	return w
}

// Eigenvalues in squared units of the data may exceed float64, and are numbers all the same.
func TestEigenvaluesOfVastRows(t *testing.T) {
	x := fixture.Normal(1, 12, 2)
	x.Scale(1e200, x)
	m, err := dr.ClassicalMDS{Components: 5}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for c, v := range m.Eigenvalues() {
		if math.IsNaN(v) || c < 2 && !math.IsInf(v, 1) {
			t.Errorf("eigenvalue %d is %v", c, v)
		}
	}
}
