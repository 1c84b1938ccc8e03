package dr_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExampleTSNEModel_Transform() {
	iris := datasets.Iris()
	ctx := context.Background()
	m, err := dr.TSNE{Iterations: 250}.Fit(ctx, iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	z, err := m.Transform(ctx, mat.NewDense(1, 4, []float64{5, 3.4, 1.5, 0.2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	nearest, least := 0, math.Inf(1)
	for i := range 150 {
		if d := math.Hypot(z.At(0, 0)-m.Embedding().At(i, 0), z.At(0, 1)-m.Embedding().At(i, 1)); d < least {
			nearest, least = i, d
		}
	}
	fmt.Println(iris.Names[iris.Labels[nearest]])
	// Output: setosa
}

// ways are options whose steps differ.
func ways() map[string]dr.TSNE {
	return map[string]dr.TSNE{
		"direct":         {},
		"Barnes-Hut":     {Repulsion: dr.BarnesHut},
		"one dimension":  {Repulsion: dr.BarnesHut, Components: 1},
		"three":          {Repulsion: dr.BarnesHut, Components: 3},
		"FFT":            {Repulsion: dr.FFT},
		"FFT, heavy":     {Repulsion: dr.FFT, DegreesOfFreedom: 0.5, Components: 1},
		"heavy tails":    {Repulsion: dr.BarnesHut, DegreesOfFreedom: 0.5},
		"direct, heavy":  {DegreesOfFreedom: 0.5},
		"perplexities":   {Perplexities: []float64{3, 10}},
		"bandwidth":      {Bandwidth: 1, Repulsion: dr.BarnesHut},
		"late":           {LateExaggeration: 2, Momentum: 0.5, EarlyMomentum: dr.Zero},
		"Manhattan":      {Metric: neighbors.Manhattan{}},
		"all pairs, too": {Repulsion: dr.BarnesHut, Angle: dr.Zero, Perplexity: 10},
	}
}

func TestTSNEContinuesAsIfItHadNotStopped(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	x := normal(60, 4, 1)
	for name, method := range ways() {
		method.EarlyIterations = 10
		method.Iterations = 30
		want, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		method.Iterations = 12
		short, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		before := mat.DenseCopyOf(short.Embedding())
		for range 2 { // twice, for the model itself must not change
			got, err := short.Continue(ctx, 18, 0)
			if err != nil || !mat.Equal(got.Embedding(), want.Embedding()) || got.Embedding().Objective != want.Embedding().Objective {
				t.Errorf("%s: continued to another map: %v", name, err)
			}
			if got.Options().Iterations != 30 || got.Embedding().Options != want.Embedding().Options {
				t.Errorf("%s: options %v", name, got.Options())
			}
		}
		if !mat.Equal(before, short.Embedding()) {
			t.Errorf("%s: continuing changed the model", name)
		}
		// The control: at rest, or with other forces, it goes elsewhere.
		other, err := short.Continue(ctx, 18, 4)
		if err != nil || mat.Equal(other.Embedding(), want.Embedding()) || len(other.Embedding().Notes) != len(short.Embedding().Notes)+1 {
			t.Errorf("%s: exaggeration changed nothing: %v", name, err)
		}
	}
}

func TestTSNEContinuesWhatWasSaved(t *testing.T) {
	ctx := context.Background()
	x := mat32.Convert(normal(50, 4, 1)) // as it is kept
	for name, method := range map[string]dr.TSNE{"exact": {}, "sparse": {Repulsion: dr.BarnesHut, Metric: neighbors.Minkowski{P: 3}}} {
		method.EarlyIterations, method.Iterations = 5, 10
		m, err := method.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Continue(ctx, 7, 0)
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := m.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		var read dr.TSNEModel
		if _, err := read.ReadFrom(&file); err != nil {
			t.Fatal(err)
		}
		got, err := read.Continue(ctx, 7, 0)
		if err != nil || !mat.Equal(got.Embedding(), want.Embedding()) {
			t.Errorf("%s: %v", name, err)
		}
		a, err1 := m.Transform(ctx, x)
		b, err2 := read.Transform(ctx, x)
		if err1 != nil || err2 != nil || !mat.Equal(a, b) {
			t.Errorf("%s: new rows lie elsewhere: %v, %v", name, err1, err2)
		}
	}
	d, err := mat32.NewDistances(4, []float64{1, 2, 3, 2, 3, 3})
	if err != nil {
		t.Fatal(err)
	}
	m, err := dr.TSNE{EarlyIterations: 2, Iterations: 2}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Continue(ctx, 2, 0); err != nil {
		t.Errorf("distances: %v", err)
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var read dr.TSNEModel
	if err := read.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if _, err := read.Continue(ctx, 2, 0); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("saved distances: %v", err)
	}
	for _, bad := range []struct {
		iterations   int
		exaggeration float64
	}{{0, 1}, {-1, 1}, {1, 0.5}, {1, math.NaN()}} {
		if _, err := m.Continue(ctx, bad.iterations, bad.exaggeration); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

// All roads give the bits of one core on any number, and see every row.
func TestTSNEOnAnyCores(t *testing.T) {
	ctx := context.Background()
	x := normal(70, 4, 2)
	for name, method := range ways() {
		method.EarlyIterations, method.Iterations = 5, 10
		var want []float64
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			m, err := method.Fit(ctx, x)
			var z *dr.Embedding
			if err == nil {
				z, err = m.Transform(ctx, x.Slice(0, 9, 0, 4))
			}
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got := append(slices.Clone(m.Embedding().RawMatrix().Data), z.RawMatrix().Data...)
			got = append(got, m.Embedding().Objective)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %d cores give other bits", name, procs)
			}
		}
	}
}

// With all pairs similar and every cell opened the tree does what the definition says.
func TestTSNEOfATreeIsThatOfAllPairs(t *testing.T) {
	ctx := context.Background()
	x := normal(40, 3, 1)
	for _, freedom := range []float64{1, 0.5} {
		method := dr.TSNE{Perplexity: 12, EarlyIterations: 5, Iterations: 5, DegreesOfFreedom: freedom}
		want, err := method.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		s, err := affinity.Entropic{Perplexity: 12, Neighbors: 39}.Weigh(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		method.Affinity, method.Repulsion, method.Angle = s, dr.BarnesHut, dr.Zero
		got, err := method.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		var diff mat.Dense
		diff.Sub(got, want)
		if mat.Norm(&diff, 2) > 1e-3*mat.Norm(want, 2) || math.Abs(got.Objective-want.Objective) > 1e-5 {
			t.Errorf("freedom %v: maps differ by %v of %v, KL %v and %v", freedom, mat.Norm(&diff, 2), mat.Norm(want, 2), got.Objective, want.Objective)
		}
	}
}

func TestTSNETransform(t *testing.T) {
	ctx := context.Background()
	x := normal(80, 4, 3)
	m, err := dr.TSNE{Repulsion: dr.BarnesHut, EarlyIterations: 50, Iterations: 50}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Transform(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 17, 79} {
		one, err := m.Transform(ctx, x.Slice(i, i+1, 0, 4))
		if err != nil || one.At(0, 0) != all.At(i, 0) || one.At(0, 1) != all.At(i, 1) {
			t.Errorf("row %d lies elsewhere alone: %v", i, err)
		}
	}
	for name, c := range map[string]struct {
		x    mat.Matrix
		want any
	}{
		"columns": {normal(3, 5, 0), new(*mat32.ShapeError)},
		"NaN":     {mat.NewDense(1, 4, []float64{0, 0, math.NaN(), 0}), new(*mat32.NotFiniteError)},
		"huge":    {mat.NewDense(1, 4, []float64{1e308, -1e308, 1e308, 1e308}), new(*mat32.DegenerateError)},
	} {
		if z, err := m.Transform(ctx, c.x); z != nil || !errors.As(err, c.want) {
			t.Errorf("%s: %v, want a %T", name, err, c.want)
		}
	}
	s, err := affinity.Entropic{Perplexity: 5}.Weigh(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	given, err := dr.TSNE{Affinity: s, EarlyIterations: 1, Iterations: 1}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := given.Transform(ctx, x); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("given weights: %v", err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.Transform(canceled, x); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := m.Continue(canceled, 5, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A cancel while it goes on gives the map so far.
func TestTSNEContinuesUntilCanceled(t *testing.T) {
	x := normal(60, 3, 0)
	m, err := dr.TSNE{EarlyIterations: 5, Iterations: 5}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Layout != nil && e.Done == 3 {
			cancel()
		}
	})
	part, err := m.Continue(ctx, 100, 0)
	if !errors.Is(err, context.Canceled) || part == nil || !part.Embedding().Partial {
		t.Errorf("%v, %v", part, err)
	}
}

func TestTSNENotesPieces(t *testing.T) {
	x := normal(60, 3, 0)
	for i := range 30 {
		x.Set(i, 0, x.At(i, 0)+1e3)
	}
	m, err := dr.TSNE{Perplexity: 5, Repulsion: dr.BarnesHut, EarlyIterations: 20, Iterations: 20}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	said := func(e *dr.Embedding) bool {
		return slices.ContainsFunc(e.Notes, func(n string) bool { return strings.Contains(n, "2 components") })
	}
	if !said(m.Embedding()) {
		t.Errorf("notes %q", m.Embedding().Notes)
	}
	whole, err := dr.TSNE{Perplexity: 5, Repulsion: dr.BarnesHut, EarlyIterations: 2, Iterations: 2}.Fit(context.Background(), normal(60, 3, 0))
	if err != nil || said(whole.Embedding()) {
		t.Errorf("one piece: %q, %v", whole.Embedding().Notes, err)
	}
}

func TestTSNERefuses(t *testing.T) {
	ctx := context.Background()
	x := normal(30, 3, 0)
	other, err := affinity.Entropic{Perplexity: 5}.Weigh(ctx, normal(30, 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	g, err := neighbors.Auto{Neighbors: 5}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		method dr.TSNE
		param  string
	}{
		"other weights":        {dr.TSNE{Affinity: other}, "Affinity"},
		"a small graph":        {dr.TSNE{Graph: g, Perplexity: 5}, "Graph"},
		"repulsion":            {dr.TSNE{Repulsion: "magnets"}, "Repulsion"},
		"FFT in 3 dimensions":  {dr.TSNE{Repulsion: dr.FFT, Components: 3}, "Repulsion"},
		"angle":                {dr.TSNE{Angle: -1}, "Angle"},
		"freedom":              {dr.TSNE{DegreesOfFreedom: -1}, "DegreesOfFreedom"},
		"no perplexities":      {dr.TSNE{Perplexities: []float64{}}, "Perplexities"},
		"a large perplexity":   {dr.TSNE{Perplexities: []float64{5, 29}}, "Perplexities"},
		"two kinds of scale":   {dr.TSNE{Perplexities: []float64{5}, Bandwidth: 1}, "Perplexities"},
		"bandwidth":            {dr.TSNE{Bandwidth: math.Inf(1)}, "Bandwidth"},
		"late":                 {dr.TSNE{LateExaggeration: 0.5}, "LateExaggeration"},
		"momentum":             {dr.TSNE{Momentum: 1}, "Momentum"},
		"early momentum":       {dr.TSNE{EarlyMomentum: -0.1}, "EarlyMomentum"},
		"longest step":         {dr.TSNE{MaxStep: -1}, "MaxStep"},
		"a negative iteration": {dr.TSNE{Iterations: -3}, "Iterations"},
	} {
		var param *mat32.ParamError
		if m, err := c.method.Fit(ctx, x); m != nil || !errors.As(err, &param) || param.Param != c.param {
			t.Errorf("%s: %v", name, err)
		}
	}
}
