package dr_test

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
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleGaussianLinear_Fit() {
	// Half a circle, flattened by keeping the distances between neighbours; the third
	// column says nothing.
	x := mat.NewDense(100, 3, nil)
	for i := range 100 {
		a := float64(i) / 99 * math.Pi
		x.SetRow(i, []float64{math.Cos(a), math.Sin(a), 0})
	}
	model, err := dr.GaussianLinear{Components: 1, Neighbors: 5}.Fit(context.Background(), x)
	if err != nil {
		fmt.Println(err)
		return
	}
	z := model.Embedding()
	fmt.Printf("from end to end %.1f\n", math.Abs(z.At(99, 0)-z.At(0, 0)))
	fmt.Println("columns that count nowhere", model.Suppressed(.01))
	// Output:
	// from end to end 3.1
	// columns that count nowhere [2]
}

// arms returns two straight arms at right angles, a distance away from their corner.
func arms() *mat.Dense {
	x := mat.NewDense(80, 2, nil)
	for i := range 40 {
		x.SetRow(i, []float64{2 + float64(i)/40, 0})
		x.SetRow(40+i, []float64{0, 2 + float64(i)/40})
	}
	return x
}

// Neighbours are of the same arm, and there is one linear map, up to its signs, that
// keeps their distances: each column on its own.
func TestGaussianLinearKeepsStraightArms(t *testing.T) {
	m, err := dr.GaussianLinear{Components: 1, Centers: 1, Neighbors: 5}.Fit(context.Background(), arms())
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Embedding().Objective; s > 1e-4 {
		t.Errorf("stress %v, want none", s)
	}
	for j := range 2 {
		near(t, "weight", math.Abs(m.Map(0).At(0, j)), 1, 1e-4, 0)
	}
	for i := range 39 {
		near(t, "distance", math.Abs(m.Embedding().At(i+1, 0)-m.Embedding().At(i, 0)), 1./40, 1e-4, 0)
	}
}

// stress compares all distances of x with those of z.
func stress(x, z mat.Matrix) float64 {
	n, d := x.Dims()
	_, k := z.Dims()
	miss, all := 0., 0.
	for i := range n {
		for j := range i {
			a, b := 0., 0.
			for c := range d {
				a = math.Hypot(a, x.At(i, c)-x.At(j, c))
			}
			for c := range k {
				b = math.Hypot(b, z.At(i, c)-z.At(j, c))
			}
			miss += (a - b) * (a - b)
			all += a * a
		}
	}
	return math.Sqrt(miss / all)
}

// Of what is curved, distances are kept better than by PCA, and by many maps better
// than by one, for rows that it was not fitted to as well. With all pairs the stress
// is the one reported.
func TestGaussianLinearKeepsDistances(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	s, err := datasets.SCurve{Rows: 400, Seed: 1}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	helix := mat.NewDense(400, 3, nil)
	for i := range 400 {
		a := float64(i*7%400) / 400 * 4 * math.Pi
		helix.SetRow(i, []float64{math.Cos(a), math.Sin(a), a / 4})
	}
	for name, x := range map[string]*mat.Dense{"S-curve": mat.DenseCopyOf(s.X), "helix": helix} {
		fitted, others := x.Slice(0, 200, 0, 3), x.Slice(200, 400, 0, 3)
		of := func(m interface {
			dr.Embedder
		}) (inside, outside float64) {
			var model interface {
				dr.Model
				dr.Transformer
			}
			var err error
			switch m := m.(type) {
			case dr.PCA:
				model, err = m.Fit(ctx, fitted)
			case dr.GaussianLinear:
				model, err = m.Fit(ctx, fitted)
			}
			if err != nil {
				t.Fatal(err)
			}
			z, err := model.Transform(ctx, others)
			if err != nil {
				t.Fatal(err)
			}
			return stress(fitted, model.Embedding()), stress(others, z)
		}
		pca, pcaOut := of(dr.PCA{Components: 2})
		one, oneOut := of(dr.GaussianLinear{Centers: 1})
		many, manyOut := of(dr.GaussianLinear{})
		t.Logf("%s: PCA %.4f and %.4f, one map %.4f and %.4f, ten %.4f and %.4f", name, pca, pcaOut, one, oneOut, many, manyOut)
		if !(many < .98*one && one < .98*pca && manyOut < oneOut && manyOut < .95*pcaOut) {
			t.Errorf("%s: stress of PCA %.4f, one map %.4f, ten %.4f; of other rows %.4f, %.4f, %.4f", name, pca, one, many, pcaOut, oneOut, manyOut)
		}
	}
	x := mat.DenseCopyOf(s.X).Slice(0, 100, 0, 3)
	m, err := dr.GaussianLinear{Pairs: 99}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "stress over all pairs", m.Objective, stress(x, m), 1e-9, 0)
}

// The singular values of the derivative, taken by differences.
func TestGaussianLinearStretch(t *testing.T) {
	ctx := context.Background()
	const n, d, k, h = 60, 4, 2, 1e-5
	x := normal(n, d, 3)
	for _, centers := range []int{1, 6} {
		m, err := dr.GaussianLinear{Centers: centers, Iterations: 50}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.LocalStretch(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			derivative := mat.NewDense(k, d, nil)
			for j := range d {
				two := mat.NewDense(2, d, nil)
				two.SetRow(0, mat.Row(nil, i, x))
				two.SetRow(1, mat.Row(nil, i, x))
				two.Set(0, j, x.At(i, j)+h)
				two.Set(1, j, x.At(i, j)-h)
				z, err := m.Transform(ctx, two)
				if err != nil {
					t.Fatal(err)
				}
				for r := range k {
					derivative.Set(r, j, (z.At(0, r)-z.At(1, r))/(2*h))
				}
			}
			var svd mat.SVD
			if !svd.Factorize(derivative, mat.SVDNone) {
				t.Fatal("no singular values")
			}
			nearAll(t, fmt.Sprintf("%d centers: stretch at row %d", centers, i), got.RawRowView(i), svd.Values(nil), 1e-6, 1e-7)
		}
		if centers == 1 && (got.At(0, 0) != got.At(n-1, 0) || m.Influence().At(0, 0) != math.Hypot(m.Map(0).At(0, 0), m.Map(0).At(1, 0))) {
			t.Error("one center: the map is not linear, or its influence not that of its columns")
		}
	}
}

func TestGaussianLinearOptions(t *testing.T) {
	ctx := context.Background()
	x := normal(80, 4, 0)
	g, err := neighbors.Exact{Neighbors: 9}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	sought, err1 := dr.GaussianLinear{Neighbors: 6, Iterations: 20}.Embed(ctx, x)
	m, err2 := dr.GaussianLinear{Neighbors: 6, Graph: g, Iterations: 20}.Fit(ctx, x)
	if err1 != nil || err2 != nil || !mat.Equal(sought, m.Embedding()) || len(m.Embedding().Notes) != 1 || m.Options().Graph != nil {
		t.Errorf("the graph it would find gives another map, or no note: %v, %v, %v", m, err1, err2)
	}
	var param *mat32.ParamError
	if _, err := (dr.GaussianLinear{Neighbors: 6, Graph: g}).Fit(ctx, normal(80, 4, 1)); !errors.As(err, &param) || param.Param != "Graph" {
		t.Errorf("a graph of other rows: %v", err)
	}
	few := mat.NewDense(40, 3, nil)
	for i := range 40 {
		few.SetRow(i, fixture.Normal(uint64(i%4), 1, 3).RawRowView(0))
	}
	m, err = dr.GaussianLinear{Iterations: 20}.Fit(ctx, few)
	if c, _ := m.Centers().Dims(); err != nil || c != 4 || len(m.Embedding().Notes) != 1 {
		t.Errorf("four distinct rows: %d centers, %v", c, err)
	}
	var places []float64
	for c := range 4 {
		places = append(places, m.Centers().At(c, 0))
	}
	slices.Sort(places)
	want := mat.Col(nil, 0, few.Slice(0, 4, 0, 3))
	slices.Sort(want)
	nearAll(t, "centers of four places", places, want, 1e-12, 1e-12)
}

func TestGaussianLinearWatched(t *testing.T) {
	var losses []float64
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Stage == "Gaussian-weighted linear map" {
			losses = append(losses, e.Loss)
		}
	})
	method := dr.GaussianLinear{Iterations: 30}
	e, err := method.Embed(ctx, normal(80, 4, 0))
	p, err2 := dr.PCA{Components: 2}.Embed(ctx, normal(80, 4, 0))
	if err != nil || err2 != nil || len(losses) != 30 || !(e.Objective < losses[0]) {
		t.Fatalf("losses %v, at last %v (%v)", losses, e, err)
	}
	near(t, "stress at the start", losses[0], stress(normal(80, 4, 0), p), .03, 0)
	ctx = watch.With(ctx, func(watch.Event) { cancel() })
	if _, err := method.Embed(ctx, normal(80, 4, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
