package dr_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestTSNEOfDistancesIsThatOfTheirRows(t *testing.T) {
	x := normal(60, 5, 0)
	d := apart.Rows(t, x)
	for name, start := range map[string]dr.Start{"given": dr.From(normal(60, 2, 0)), "random": dr.FromRandom} {
		method := dr.TSNE{Start: start, Seed: 5, EarlyIterations: 20, Iterations: 20}
		want, err := method.Embed(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		got, err := method.Embed(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(got, want) || got.Objective != want.Objective {
			t.Errorf("%s start: distances give another map than their rows", name)
		}
		if len(got.Notes) != len(want.Notes) {
			t.Errorf("%s start: notes %q", name, got.Notes)
		}
	}
}

func TestTSNEOfDistancesStartsAtRandom(t *testing.T) {
	d := apart.Rows(t, normal(30, 3, 0))
	m, err := dr.TSNE{EarlyIterations: 5, Iterations: 5}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if m.Options().Start != dr.FromRandom {
		t.Errorf("started from %v", m.Options().Start)
	}
	e := m.Embedding()
	if len(e.Notes) != 1 || !strings.Contains(e.Notes[0], "random") {
		t.Errorf("notes %q do not say so", e.Notes)
	}
	if caption := e.Caption(); e.Dim != 0 || !strings.Contains(caption, "distances → 2 dimensions") {
		t.Errorf("%d columns, %q", e.Dim, caption)
	}
	var param *mat32.ParamError
	if _, err := (dr.TSNE{Start: dr.FromPCA}).Fit(context.Background(), d); !errors.As(err, &param) || param.Param != "Start" {
		t.Errorf("a start from the principal components of distances: got %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := (dr.TSNE{}).Fit(context.Background(), apart.Rows(t, normal(3, 2, 0))); !errors.As(err, &shape) {
		t.Errorf("three rows: got %v", err)
	}
	zero, err := mat32.NewDistances(10, make([]float64, 45))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (dr.TSNE{}).Fit(context.Background(), zero); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("all at distance zero: got %v", err)
	}
}

func TestMethodsOfRowsRefuseDistances(t *testing.T) {
	ctx := context.Background()
	x := normal(30, 30, 0)
	d := apart.Rows(t, x)
	standardize, err := dr.Standardize{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	pca, err := dr.PCA{}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	both := dr.Chain{dr.Any(dr.Standardize{}), dr.Any(dr.PCA{})}
	chain, err := both.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	last := func(_ any, err error) error { return err }
	for method, errs := range map[string][]error{
		"dr.Standardize": {
			last(dr.Standardize{}.Fit(ctx, d)),
			last(standardize.Transform(ctx, d)),
			last(both.Fit(ctx, d)), // the first of the chain
			last(chain.Transform(ctx, d)),
		},
		"dr.PCA": {last(dr.PCA{}.Fit(ctx, d)), last(pca.Transform(ctx, d))},
	} {
		for i, err := range errs {
			var need *mat32.RowsNeededError
			if !errors.As(err, &need) || need.Method != method || !strings.Contains(err.Error(), method) {
				t.Errorf("%s, %d: got %v", method, i, err)
			}
		}
	}
}

func TestChainOfDistances(t *testing.T) {
	d := apart.Rows(t, normal(30, 3, 0))
	tsne := dr.TSNE{EarlyIterations: 5, Iterations: 5}
	want, err := tsne.Embed(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := dr.Chain{dr.Any(tsne), dr.Any(dr.Standardize{KeepLocation: true, KeepScale: true})}.Embed(context.Background(), d)
	if err != nil || !mat.Equal(got, want) || got.Dim != 0 || got.Rows != 30 {
		t.Errorf("a chain that begins with t-SNE: %v, %v", got, err)
	}
}

func TestSparseRowsAreMappedAsTheirDenseTwin(t *testing.T) {
	var triplets []mat32.Triplet
	for i := range 40 {
		for j := range 4 {
			triplets = append(triplets, mat32.Triplet{Row: i, Col: (i*i + 7*j) % 25, Value: float32(1 + (i*j)%5)})
		}
	}
	sparse, err := mat32.FromTriplets(40, 25, triplets)
	if err != nil {
		t.Fatal(err)
	}
	for name, method := range map[string]dr.Embedder{
		"standardize": dr.Standardize{},
		"PCA":         dr.PCA{Components: 3},
		"t-SNE":       dr.TSNE{EarlyIterations: 5, Iterations: 5},
	} {
		want, err := method.Embed(context.Background(), mat32.Convert(sparse))
		if err != nil {
			t.Fatal(err)
		}
		got, err := method.Embed(context.Background(), sparse)
		if err != nil || !mat.Equal(got, want) {
			t.Errorf("%s: sparse rows give another map: %v", name, err)
		}
	}
}
