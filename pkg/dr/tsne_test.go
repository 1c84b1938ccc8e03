package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleTSNE_Embed() {
	iris := datasets.Iris()
	emb, err := dr.TSNE{Iterations: 250, Seed: 1}.Embed(context.Background(), iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := emb.Dims()
	fmt.Println(emb.Method, n, k, emb.Objective < 0.2)
	// Output: t-SNE 150 2 true
}

// Three groups far apart stay apart: whoever is nearest in the map is of the
// same group. The control, labels shuffled, must fail.
func TestTSNEKeepsGroupsApart(t *testing.T) {
	testenv.Unraced(t)
	for dim := 1; dim <= 3; dim++ {
		d, err := datasets.Blobs{Rows: 120, Dim: 8, Spread: 0.5, Seed: 3}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		e, err := dr.TSNE{Components: dim, Perplexity: 10, EarlyIterations: 100, Iterations: 200}.Embed(context.Background(), d.X)
		if err != nil {
			t.Fatal(err)
		}
		hit := func(labels func(i int) int) float64 {
			hits := 0.
			for i := range 120 {
				best, who := math.Inf(1), -1
				for j := range 120 {
					sum := 0.
					for c := range dim {
						sum = math.Hypot(sum, e.At(i, c)-e.At(j, c))
					}
					if j != i && sum < best {
						best, who = sum, j
					}
				}
				if labels(i) == labels(who) {
					hits++
				}
			}
			return hits / 120
		}
		if h := hit(func(i int) int { return d.Labels[i] }); h < 0.99 {
			t.Errorf("%d dimensions: %v of the nearest are of the same group", dim, h)
		}
		if h := hit(func(i int) int { return i * 7 / 5 % 3 }); h > 0.6 {
			t.Errorf("%d dimensions: shuffled labels agree in %v", dim, h)
		}
	}
}

func TestTSNEBadInput(t *testing.T) {
	ctx := context.Background()
	x := normal(30, 3, 0)
	nan := mat.DenseCopyOf(x)
	nan.Set(2, 1, math.NaN())
	for name, c := range map[string]struct {
		method dr.TSNE
		x      mat.Matrix
		want   any
	}{
		"NaN":            {dr.TSNE{}, nan, new(*mat32.NotFiniteError)},
		"three rows":     {dr.TSNE{}, normal(3, 3, 0), new(*mat32.ShapeError)},
		"constant":       {dr.TSNE{}, mat.NewDense(30, 2, nil), new(*mat32.DegenerateError)},
		"perplexity":     {dr.TSNE{Perplexity: 29}, x, new(*mat32.ParamError)},
		"NaN perplexity": {dr.TSNE{Perplexity: math.NaN()}, x, new(*mat32.ParamError)},
		"components":     {dr.TSNE{Components: 4}, x, new(*mat32.ParamError)},
		"exaggeration":   {dr.TSNE{Exaggeration: 0.5}, x, new(*mat32.ParamError)},
		"iterations":     {dr.TSNE{Iterations: -2}, x, new(*mat32.ParamError)},
		"rate":           {dr.TSNE{LearningRate: -1}, x, new(*mat32.ParamError)},
		"start: shape":   {dr.TSNE{Start: dr.From(normal(29, 2, 0))}, x, new(*mat32.ShapeError)},
		"start: NaN":     {dr.TSNE{Start: dr.From(mat.NewDense(30, 2, append(make([]float64, 59), math.NaN())))}, x, new(*mat32.NotFiniteError)},
		"memory":         {dr.TSNE{MemoryLimit: 1000}, x, new(*mat32.MemoryError)},
	} {
		m, err := c.method.Fit(ctx, c.x)
		if m != nil || err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v, want a %T", name, m, err, c.want)
		}
	}
}

func TestTSNEOptions(t *testing.T) {
	ctx := context.Background()
	x := normal(30, 3, 0)
	start := normal(30, 2, 0)
	still, err := dr.TSNE{EarlyIterations: dr.None, Iterations: dr.None, Start: dr.From(start)}.Embed(ctx, x)
	if err != nil || !mat.Equal(still, start) {
		t.Errorf("no iterations moved the start: %v", err)
	}
	a, err := dr.TSNE{Start: dr.FromRandom, Seed: 1, EarlyIterations: 10, Iterations: 10}.Embed(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dr.TSNE{Start: dr.FromRandom, Seed: 2, EarlyIterations: 10, Iterations: 10}.Embed(ctx, x)
	if err != nil || mat.Equal(a, b) {
		t.Errorf("another seed gives the same random start: %v", err)
	}
	tiny, err := dr.TSNE{}.Embed(ctx, normal(4, 1, 0))
	if r, c := tiny.Dims(); err != nil || r != 4 || c != 2 {
		t.Errorf("four rows: %v", err)
	}
	resolved, err := dr.TSNE{}.Resolve(10, 2)
	if err != nil || resolved.Perplexity != 3 || resolved.Start != dr.FromPCA {
		t.Errorf("resolved to %v, %v", resolved, err)
	}
}

// A cancel during the layout gives the map so far; watching changes nothing.
func TestTSNEWatchedAndCanceled(t *testing.T) {
	x := normal(60, 3, 0)
	method := dr.TSNE{EarlyIterations: 50, Iterations: 100}
	want, err := method.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	losses, layouts := 0, 0
	ctx := watch.With(context.Background(), func(e watch.Event) {
		if e.Layout != nil {
			layouts++
			e.Layout().Zero() // a copy: the map must not suffer
		}
		if !math.IsNaN(e.Loss) {
			losses++
		}
	})
	got, err := method.Embed(ctx, x)
	if err != nil || !mat.Equal(got, want) || losses != 3 || layouts != 150 {
		t.Errorf("watched: %d losses, %d layouts, %v", losses, layouts, err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Layout != nil && e.Done == 70 {
			cancel()
		}
	})
	partial, err := method.Embed(ctx, x)
	if !errors.Is(err, context.Canceled) || partial == nil || !partial.Partial || mat.Equal(partial, want) {
		t.Errorf("cancelled: %v, %v", partial, err)
	}
}
