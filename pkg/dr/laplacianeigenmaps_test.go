package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

func ExampleLaplacianEigenmaps_Fit() {
	// Rows along a spiral, which the first coordinate unrolls.
	x := mat.NewDense(100, 2, nil)
	for i := range 100 {
		angle := 2 + float64(i)/10
		x.SetRow(i, []float64{angle * math.Cos(angle), angle * math.Sin(angle)})
	}
	model, err := dr.LaplacianEigenmaps{Components: 1, Neighbors: 4}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	z, way := model.Embedding(), 0
	for i := 1; i < 100; i++ {
		if z.At(i, 0) > z.At(i-1, 0) {
			way++
		}
	}
	fmt.Println(z.Caption())
	fmt.Println(way == 0 || way == 99)
	// Output:
	// Laplacian eigenmaps · n = 100 · 2 → 1 dimensions · sum of eigenvalues 0.001234
	// true
}

// digits150 are the first rows of the digits.
func digits150() *mat.Dense {
	return mat.DenseCopyOf(mat.DenseCopyOf(datasets.Digits().X).Slice(0, 150, 0, 64))
}

// alike compares columns up to their signs, and their scales where free; tolerance is
// relative to the largest entry.
func alike(t *testing.T, what string, got mat.Matrix, want [][]float64, free bool, tolerance float64) {
	t.Helper()
	n, k := got.Dims()
	if len(want) != n || len(want[0]) != k {
		t.Fatalf("%s: %d × %d, want %d × %d", what, n, k, len(want), len(want[0]))
	}
	for c := range k {
		var both, own, most float64
		for i := range n {
			both += got.At(i, c) * want[i][c]
			own += got.At(i, c) * got.At(i, c)
			most = max(most, math.Abs(want[i][c]))
		}
		scale := math.Copysign(1, both)
		if free {
			scale = both / own
		}
		for i := range n {
			if v := scale * got.At(i, c); !(math.Abs(v-want[i][c]) <= tolerance*most) {
				t.Errorf("%s: row %d of column %d is %v, want %v", what, i, c, v, want[i][c])
				break
			}
		}
	}
}

func TestLaplacianEigenmapsAgainstScikitLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Runs []struct {
			Table       string
			Neighbors   int
			Eigenvalues []float64
			Map         [][]float64
		}
	}
	golden.Load(t, "laplacianeigenmaps", &file)
	if len(file.Runs) < 3 {
		t.Fatalf("%d runs", len(file.Runs))
	}
	for _, run := range file.Runs {
		var x mat.Matrix = datasets.Wine().X
		if run.Table == "digits" {
			x = digits150()
		}
		what := fmt.Sprintf("%s, %d neighbours", run.Table, run.Neighbors)
		m, err := dr.LaplacianEigenmaps{Components: len(run.Eigenvalues), Neighbors: run.Neighbors}.Fit(context.Background(), x)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for c, v := range m.Eigenvalues() {
			if math.Abs(v-run.Eigenvalues[c]) > 1e-9 {
				t.Errorf("%s: eigenvalue %d is %v, want %v", what, c, v, run.Eigenvalues[c])
			}
		}
		alike(t, what, m.Embedding(), run.Map, false, 1e-5)
	}
}

// ring returns n rows evenly along a circle of radius r.
func ring(n int, r float64) *mat.Dense {
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		angle := 2 * math.Pi * float64(i) / float64(n)
		x.SetRow(i, []float64{r * math.Cos(angle), r * math.Sin(angle)})
	}
	return x
}

// On a ring, weights are circulant: its eigenvalues are 1 − the mean of cos(2πks/n) over
// the steps s to neighbours, twice each, and rows of the map are on a circle.
func TestLaplacianEigenmapsOfARing(t *testing.T) {
	const n = 101
	m := fitted(t, dr.LaplacianEigenmaps{Components: 4, Neighbors: 4}, ring(n, 3)).(*dr.LaplacianEigenmapsModel)
	values, z := m.Eigenvalues(), m.Embedding()
	for c, v := range values {
		k := 2 * math.Pi * float64(c/2+1) / n
		if want := 1 - (math.Cos(k)+math.Cos(2*k))/2; math.Abs(v-want) > 1e-10 {
			t.Errorf("eigenvalue %d is %v, want %v", c, v, want)
		}
	}
	if ratio := values[2] / values[0]; ratio < 3.9 || ratio > 4 {
		t.Errorf("the second harmonic is %v times as fast, want about 4", ratio)
	}
	for i := range n {
		// Σ d·z² = 1 with degrees 4.
		if r := math.Hypot(z.At(i, 0), z.At(i, 1)); math.Abs(r*r-2./(4*n)) > 1e-9 {
			t.Errorf("row %d is %v from the middle", i, r)
		}
	}
}

// New rows between neighbours are between their images, and known rows where they were.
func TestLaplacianEigenmapsOfNewRows(t *testing.T) {
	all := ring(120, 1)
	old, fresh := mat.NewDense(80, 2, nil), mat.NewDense(40, 2, nil)
	for i := range 120 {
		if i%3 == 1 {
			fresh.SetRow(i/3, all.RawRowView(i))
		} else {
			old.SetRow(i-(i+1)/3, all.RawRowView(i))
		}
	}
	for name, method := range map[string]dr.LaplacianEigenmaps{"simple": {Neighbors: 6}, "heat": {Neighbors: 10, Heat: true}} {
		m := fitted(t, method, old).(*dr.LaplacianEigenmapsModel)
		again, err := m.Transform(context.Background(), old)
		if err != nil || !mat.EqualApprox(again, m.Embedding(), 1e-12) {
			t.Errorf("%s: known rows moved (%v)", name, err)
		}
		z, err := m.Transform(context.Background(), fresh)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			a, b := m.Embedding().RawRowView((2*i)%80), m.Embedding().RawRowView((2*i+1)%80)
			for c := range 2 {
				if mid := (a[c] + b[c]) / 2; math.Abs(z.At(i, c)-mid) > 0.03*math.Hypot(a[0], a[1]) {
					t.Errorf("%s: new row %d is at %v, want about %v", name, i, z.At(i, c), mid)
				}
			}
		}
	}
}

func TestSpectralMapsOfOtherWeights(t *testing.T) {
	ctx := context.Background()
	x := normal(60, 3, 0)
	w, err := affinity.Connectivity{Neighbors: 8, Symmetrization: affinity.Average}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	g, err := neighbors.Exact{Neighbors: 12}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	want := fitted(t, dr.LaplacianEigenmaps{Neighbors: 8}, x).(*dr.LaplacianEigenmapsModel)
	for name, method := range map[string]dr.LaplacianEigenmaps{"given weights": {Affinity: w}, "a given graph": {Neighbors: 8, Graph: g}} {
		m := fitted(t, method, x).(*dr.LaplacianEigenmapsModel)
		if !mat.EqualApprox(m.Embedding(), want.Embedding(), 1e-12) {
			t.Errorf("%s give another map", name)
		}
	}
	var de *mat32.DegenerateError
	m := fitted(t, dr.LaplacianEigenmaps{Affinity: w}, x).(*dr.LaplacianEigenmapsModel)
	if _, err := m.Transform(ctx, x); !errors.As(err, &de) {
		t.Errorf("new rows for given weights: %v", err)
	}
	adaptive, err := affinity.AdaptiveGaussian{}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	d := fitted(t, dr.DiffusionMaps{Affinity: adaptive}, x).(*dr.DiffusionMapsModel)
	if d.Width() != 0 || !strings.Contains(d.Embedding().Options, "given weights") {
		t.Errorf("%v", d)
	}
	var pe *mat32.ParamError
	for _, method := range []dr.Embedder{dr.LaplacianEigenmaps{Affinity: w}, dr.DiffusionMaps{Affinity: w}, dr.LaplacianEigenmaps{Graph: g}, dr.DiffusionMaps{Graph: g}} {
		if _, err := method.Embed(ctx, normal(60, 3, 1)); !errors.As(err, &pe) {
			t.Errorf("weights of other rows: %v", err)
		}
	}
}

// Groups far apart are joined by as few edges as it takes, told in the notes, or refused.
func TestSpectralMapsOfComponents(t *testing.T) {
	ctx := context.Background()
	x := normal(60, 2, 0)
	for i := range 60 {
		x.Set(i, 0, x.At(i, 0)+1e4*float64(i%3))
	}
	for _, c := range []struct{ joins, strict dr.Embedder }{
		{dr.LaplacianEigenmaps{Neighbors: 5}, dr.LaplacianEigenmaps{Neighbors: 5, Strict: true}},
		{dr.LaplacianEigenmaps{Neighbors: 5, Heat: true}, dr.LaplacianEigenmaps{Neighbors: 5, Heat: true, Strict: true}},
		{dr.LaplacianEigenmaps{Neighbors: 1, Symmetrization: affinity.Mutual}, dr.LaplacianEigenmaps{Neighbors: 1, Symmetrization: affinity.Mutual, Strict: true}},
		{dr.DiffusionMaps{Neighbors: 5}, dr.DiffusionMaps{Neighbors: 5, Strict: true}},
	} {
		e, err := c.joins.Embed(ctx, x)
		if err != nil {
			t.Errorf("%+v: %v", c.joins, err)
			continue
		}
		if !strings.Contains(strings.Join(e.Notes, "\n"), "joined by") {
			t.Errorf("%+v: nothing of joins in %q", c.joins, e.Notes)
		}
		for col := range 2 {
			column := mat.Col(nil, col, e)
			if stat.StdDev(column, nil) == 0 {
				t.Errorf("%+v: column %d is constant", c.joins, col)
			}
		}
		var de *mat32.DegenerateError
		if _, err := c.strict.Embed(ctx, x); !errors.As(err, &de) {
			t.Errorf("%+v: %v, want a *mat32.DegenerateError", c.strict, err)
		}
	}
	w, err := affinity.Connectivity{Neighbors: 5, Metric: neighbors.Manhattan{}}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var de *mat32.DegenerateError
	if _, err := (dr.LaplacianEigenmaps{Affinity: w}).Embed(ctx, x); !errors.As(err, &de) {
		t.Errorf("components by another metric: %v", err)
	}
	same := mat.NewDense(20, 2, nil)
	zero, err := mat32.NewDistances(20, make([]float64, 190))
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []dr.Embedder{dr.LaplacianEigenmaps{}, dr.DiffusionMaps{}, dr.DiffusionMaps{Epsilon: 1}} {
		for _, x := range []mat.Matrix{same, zero} {
			if _, err := method.Embed(ctx, x); !errors.As(err, &de) {
				t.Errorf("%T of equal rows: %v", method, err)
			}
		}
	}
}

// The start is the map itself, scaled, for rows and for distances alike.
func TestStartFromSpectral(t *testing.T) {
	ctx := context.Background()
	x := ring(40, 1)
	method := dr.TSNE{Start: dr.FromSpectral, Perplexity: 5, EarlyIterations: dr.None, Iterations: 1, LearningRate: 1e-9, Seed: 1}
	z, err := method.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if r := math.Hypot(z.At(i, 0), z.At(i, 1)); math.Abs(r/(1e-4*math.Sqrt2)-1) > 0.1 {
			t.Errorf("row %d starts at a radius of %v, want %v", i, r, 1e-4*math.Sqrt2)
		}
	}
	d, err := method.Embed(ctx, apart.Rows(t, x))
	if err != nil || !mat.EqualApprox(z, d, 1e-9) {
		t.Errorf("distances start elsewhere (%v)", err)
	}
	far := mat.NewDense(80, 2, nil)
	far.Apply(func(i, j int, _ float64) float64 { return x.At(i%40, j) + float64(i/40*1000) }, far)
	if z, err = method.Embed(ctx, far); err != nil || !strings.Contains(strings.Join(z.Notes, "\n"), "spectral start: the weights have 2 components") {
		t.Errorf("the map of two rings does not tell that its start joined them: %v, %v", z, err)
	}
	var pe *mat32.ParamError
	if _, err := (dr.MetricMDS{Start: dr.FromSpectral}).Embed(ctx, x); !errors.As(err, &pe) {
		t.Errorf("a start that the method does not have: %v", err)
	}
}
