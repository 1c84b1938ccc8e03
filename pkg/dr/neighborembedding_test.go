package dr_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/manifold"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// mapper is a model that maps new rows.
type mapper interface {
	Embedding() *dr.Embedding
	Transform(ctx context.Context, x mat.Matrix) (*dr.Embedding, error)
}

// Maps of rows that are enough for several blocks, which few are not, are the same on any
// number of cores, and so are new rows.
func TestNeighborEmbeddingsAreTheSameOnAnyCores(t *testing.T) {
	const n = 700
	ctx := context.Background()
	x, fresh := fixture.Normal(1, n, 4), fixture.Normal(2, 80, 4)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % 3
	}
	for name, fit := range map[string]func() (mapper, error){
		"labels":     func() (mapper, error) { return dr.UMAP{Epochs: 5, Labels: labels}.Fit(ctx, x) },
		"density":    func() (mapper, error) { return dr.UMAP{Epochs: 5, Density: 2}.Fit(ctx, x) },
		"sphere":     func() (mapper, error) { return dr.UMAP{Epochs: 5, OutputSpace: manifold.Sphere{}}.Fit(ctx, x) },
		"hyperbolic": func() (mapper, error) { return dr.UMAP{Epochs: 5, OutputSpace: manifold.Hyperboloid{}}.Fit(ctx, x) },
		"LargeVis":   func() (mapper, error) { return dr.LargeVis{Samples: 100, Perplexity: 5}.Fit(ctx, x) },
	} {
		var want [2]*dr.Embedding
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			m, err := fit()
			var z *dr.Embedding
			if err == nil {
				z, err = m.Transform(ctx, fresh)
			}
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if want[0] == nil {
				want = [2]*dr.Embedding{m.Embedding(), z}
			}
			if !mat.Equal(m.Embedding(), want[0]) {
				t.Errorf("%s: on %d cores the map is another", name, procs)
			}
			if !mat.Equal(z, want[1]) {
				t.Errorf("%s: on %d cores new rows lie elsewhere", name, procs)
			}
		}
	}
}

// A row lies where it does alone, also where more than all rows that are looked at are its
// duplicates.
func TestNewRowsDoNotSeeEachOther(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 300, 4)
	for i := range 80 {
		x.SetRow(i, x.RawRowView(0))
	}
	fresh := mat.NewDense(3, 4, []float64{0, 0, 0, 0, 30, 30, 30, 30, -50, 30, 30, 30})
	fresh.SetRow(0, x.RawRowView(0))
	for name, fit := range map[string]func() (mapper, error){
		"UMAP":     func() (mapper, error) { return dr.UMAP{Epochs: 20}.Fit(ctx, x) },
		"t-SNE":    func() (mapper, error) { return dr.TSNE{EarlyIterations: 10, Iterations: 10}.Fit(ctx, x) },
		"LargeVis": func() (mapper, error) { return dr.LargeVis{Samples: 100, Perplexity: 5}.Fit(ctx, x) },
		"PaCMAP":   func() (mapper, error) { return dr.PaCMAP{Iterations: [3]int{5, 5, 5}}.Fit(ctx, x) },
		"TriMap":   func() (mapper, error) { return dr.TriMap{Iterations: 30}.Fit(ctx, x) },
	} {
		m, err := fit()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all, err := m.Transform(ctx, fresh)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range 3 {
			one, err := m.Transform(ctx, fresh.Slice(i, i+1, 0, 4))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if !slices.Equal(one.RawRowView(0), all.RawRowView(i)) {
				t.Errorf("%s: row %d lies at %v alone, and at %v among others", name, i, one.RawRowView(0), all.RawRowView(i))
			}
		}
	}
}

// A model that was cancelled maps new rows.
func TestPartialModelsMapNewRows(t *testing.T) {
	x := fixture.Normal(1, 80, 4)
	for name, fit := range map[string]func(ctx context.Context) (mapper, error){
		"UMAP":     func(ctx context.Context) (mapper, error) { return dr.UMAP{}.Fit(ctx, x) },
		"t-SNE":    func(ctx context.Context) (mapper, error) { return dr.TSNE{}.Fit(ctx, x) },
		"LargeVis": func(ctx context.Context) (mapper, error) { return dr.LargeVis{}.Fit(ctx, x) },
		"PaCMAP":   func(ctx context.Context) (mapper, error) { return dr.PaCMAP{}.Fit(ctx, x) },
		"TriMap":   func(ctx context.Context) (mapper, error) { return dr.TriMap{}.Fit(ctx, x) },
	} {
		ctx, cancel := context.WithCancel(context.Background())
		m, err := fit(watch.With(ctx, func(e watch.Event) {
			if e.Layout != nil && e.Done == 20 {
				cancel()
			}
		}))
		if !errors.Is(err, context.Canceled) || !m.Embedding().Partial {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := m.Transform(context.Background(), x); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
	}
}

// What is beyond the numbers that maps are made of is told by its own name.
func TestStartsAndSpacesOutOfReach(t *testing.T) {
	ctx := context.Background()
	x, far := fixture.Normal(1, 60, 4), fixture.Normal(2, 60, 2)
	far.Set(3, 1, 1e39)
	s := dr.From(far)
	for _, c := range []struct {
		method dr.Embedder
		param  string
	}{
		{dr.UMAP{Start: s}, "Start"}, {dr.UMAP{Start: s, Epochs: dr.None}, "Start"}, {dr.LargeVis{Start: s}, "Start"}, {dr.TriMap{Start: s}, "Start"},
		{dr.PaCMAP{Start: s}, "Start"}, {dr.TSNE{Start: s, Repulsion: dr.BarnesHut}, "Start"}, {dr.TSNE{Start: s, Repulsion: dr.FFT}, "Start"},
		{dr.UMAP{OutputSpace: manifold.Sphere{Radius: 1e50}}, "OutputSpace"}, {dr.UMAP{OutputSpace: manifold.Hyperboloid{Curvature: -1e50}}, "OutputSpace"},
	} {
		var pe *mat32.ParamError
		if _, err := c.method.Embed(ctx, x); !errors.As(err, &pe) || pe.Param != c.param {
			t.Errorf("%T: %v, want %s to be blamed", c.method, err, c.param)
		}
	}
}

// Weights that are nothing beside others are worth nothing.
func TestObjectiveOfTinyWeights(t *testing.T) {
	s, err := affinity.NewSparse(4, []int{0, 2, 4, 6, 8}, []int32{1, 3, 0, 2, 1, 3, 0, 2}, []float64{1e200, 1e-200, 1e200, 1e200, 1e200, 1e200, 1e-200, 1e200})
	if err != nil {
		t.Fatal(err)
	}
	e, err := dr.UMAP{Affinity: s, Epochs: 20, Start: dr.FromRandom}.Embed(context.Background(), fixture.Normal(1, 4, 4))
	if err != nil || math.IsNaN(e.Objective) {
		t.Errorf("the objective is %v (%v)", e, err)
	}
}

// The rows that a model keeps are part of what it takes, and so is the grid of a wide map.
func TestTSNEForecastsWhatItTakes(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 1200, 4000) // 38 MB
	var me *mat32.MemoryError
	if _, err := (dr.TSNE{Start: dr.FromRandom, MemoryLimit: 35 << 20}).Fit(context.Background(), x); !errors.As(err, &me) {
		t.Errorf("a limit of 35 MB lets rows of 38 MB be kept: %v", err)
	}
	y := fixture.Normal(2, 200, 2)
	y.Scale(200, y)
	wide := dr.TSNE{Repulsion: dr.FFT, MemoryLimit: 20 << 20, EarlyIterations: dr.None, Iterations: 5, Start: dr.From(y)}
	if _, err := wide.Fit(context.Background(), fixture.Normal(1, 200, 4)); !errors.As(err, &me) {
		t.Errorf("a limit of 20 MB lets a map 800 wide have a grid: %v", err)
	}
}
