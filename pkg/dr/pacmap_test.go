package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExamplePaCMAP_Embed() {
	iris := datasets.Iris()
	emb, err := dr.PaCMAP{Seed: 1}.Embed(context.Background(), iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := emb.Dims()
	fmt.Println(emb.Method, n, k, emb.Partial)
	// Output: PaCMAP 150 2 false
}

func ExamplePaCMAPModel_Transform() {
	iris := datasets.Iris()
	ctx := context.Background()
	model, err := dr.PaCMAP{Seed: 1}.Fit(ctx, iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	// A flower like the first one lands near it.
	emb, err := model.Transform(ctx, mat.NewDense(1, 4, []float64{5.1, 3.5, 1.4, .2}))
	if err != nil {
		fmt.Println(err)
		return
	}
	first := model.Embedding()
	fmt.Println(math.Hypot(emb.At(0, 0)-first.At(0, 0), emb.At(0, 1)-first.At(0, 1)) < 3)
	// Output: true
}

func ExampleLocalMAP_Embed() {
	iris := datasets.Iris()
	emb, err := dr.LocalMAP{Seed: 1}.Embed(context.Background(), iris.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, k := emb.Dims()
	fmt.Println(emb.Method, n, k, emb.Partial)
	// Output: LocalMAP 150 2 false
}

var quick = [3]int{10, 10, 20}

func TestPaCMAPBadInput(t *testing.T) {
	ctx := context.Background()
	x := normal(30, 3, 0)
	nan := mat.DenseCopyOf(x)
	nan.Set(2, 1, math.NaN())
	other, err := neighbors.Exact{Neighbors: 15}.Graph(ctx, normal(30, 3, 1))
	if err != nil {
		t.Fatal(err)
	}
	far := normal(30, 2, 0)
	far.Set(0, 0, 1e200)
	for name, c := range map[string]struct {
		method dr.PaCMAP
		x      mat.Matrix
		want   any
	}{
		"NaN":             {dr.PaCMAP{}, nan, new(*mat32.NotFiniteError)},
		"three rows":      {dr.PaCMAP{}, normal(3, 3, 0), new(*mat32.ShapeError)},
		"constant":        {dr.PaCMAP{}, mat.NewDense(30, 2, nil), new(*mat32.DegenerateError)},
		"components":      {dr.PaCMAP{Components: 30}, x, new(*mat32.ParamError)},
		"neighbours":      {dr.PaCMAP{Neighbors: 29}, x, new(*mat32.ParamError)},
		"further":         {dr.PaCMAP{FurtherRatio: 1e9}, x, new(*mat32.ParamError)},
		"iterations":      {dr.PaCMAP{Iterations: [3]int{1, -2, 1}}, x, new(*mat32.ParamError)},
		"rate":            {dr.PaCMAP{LearningRate: -1}, x, new(*mat32.ParamError)},
		"columns":         {dr.PaCMAP{Columns: -2}, x, new(*mat32.ParamError)},
		"start":           {dr.PaCMAP{Start: dr.FromSpectral}, x, new(*mat32.ParamError)},
		"start, far":      {dr.PaCMAP{Start: dr.From(far)}, x, new(*mat32.ParamError)},
		"start: shape":    {dr.PaCMAP{Start: dr.From(normal(29, 2, 0))}, x, new(*mat32.ShapeError)},
		"PCA of distance": {dr.PaCMAP{Start: dr.FromPCA}, apart.Rows(t, x), new(*mat32.ParamError)},
		"graph":           {dr.PaCMAP{Graph: other}, x, new(*mat32.ParamError)},
		"memory":          {dr.PaCMAP{MemoryLimit: 1000}, x, new(*mat32.MemoryError)},
	} {
		m, err := c.method.Fit(ctx, c.x)
		if m != nil || err == nil || !errors.As(err, c.want) {
			t.Errorf("%s: got %v, %v, want a %T", name, m, err, c.want)
		}
	}
	var pe *mat32.ParamError
	if _, err := (dr.LocalMAP{Reach: math.Inf(1)}).Fit(ctx, x); !errors.As(err, &pe) || pe.Method != "dr.LocalMAP" {
		t.Errorf("reach: %v", err)
	}
	if _, err := (dr.LocalMAP{Neighbors: 99}).Fit(ctx, x); !errors.As(err, &pe) || pe.Method != "dr.LocalMAP" {
		t.Errorf("neighbours of LocalMAP: %v", err)
	}
}

func TestPaCMAPOptions(t *testing.T) {
	ctx := context.Background()
	x := normal(60, 5, 0)
	embed := func(p dr.PaCMAP) *dr.Embedding {
		t.Helper()
		if p.Iterations == [3]int{} {
			p.Iterations = quick
		}
		e, err := p.Embed(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	plain := embed(dr.PaCMAP{})
	start := normal(60, 2, 0)
	for i, v := range start.RawMatrix().Data {
		start.RawMatrix().Data[i] = float64(float32(v))
	}
	if still := embed(dr.PaCMAP{Start: dr.From(start), Iterations: [3]int{dr.None, dr.None, dr.None}}); !mat.Equal(still, start) {
		t.Error("no iterations moved the start")
	}
	for name, p := range map[string]dr.PaCMAP{
		"seed":              {Seed: 2},
		"neighbours":        {Neighbors: 5},
		"no mid-near pairs": {MidNearRatio: dr.Zero},
		"further":           {FurtherRatio: 1},
		"rate":              {LearningRate: .1},
		"phase":             {Iterations: [3]int{10, 10, dr.None}},
		"columns":           {Columns: 2},
		"random start":      {Start: dr.FromRandom},
	} {
		if mat.Equal(embed(p), plain) {
			t.Errorf("%s changes nothing", name)
		}
	}
	if !mat.Equal(embed(dr.PaCMAP{Columns: 5}), plain) {
		t.Error("all columns differ from as many components")
	}
	g, err := neighbors.Exact{Neighbors: 59}.Graph(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(embed(dr.PaCMAP{Graph: g}), plain) {
		t.Error("a given graph makes another map")
	}
	for _, dim := range []int{1, 3, 7} {
		if _, k := embed(dr.PaCMAP{Components: dim}).Dims(); k != dim {
			t.Errorf("%d components, want %d", k, dim)
		}
	}
	if e := embed(dr.PaCMAP{Neighbors: 40}); len(e.Notes) < 2 {
		t.Errorf("nothing is noted of too many pairs: %v", e.Notes)
	}
	if p, err := (dr.PaCMAP{}).Resolve(70000, 784); err != nil || p.Neighbors != 23 {
		t.Errorf("70 000 rows: %v, %v", p, err)
	}
}

// Four rows, duplicates, and parts that are far apart have maps of finite numbers.
func TestPaCMAPOfStrangeRows(t *testing.T) {
	ctx := context.Background()
	for n := 4; n <= 12; n++ {
		e, err := dr.LocalMAP{Iterations: quick}.Embed(ctx, normal(n, 2, 0))
		if r, c := e.Dims(); err != nil || r != n || c != 2 {
			t.Errorf("%d rows: %v", n, err)
		}
	}
	twins := mat.NewDense(40, 3, nil)
	for i := range 40 {
		twins.SetRow(i, []float64{float64(i % 2), 0, 0})
	}
	if _, err := (dr.PaCMAP{Iterations: quick}).Embed(ctx, twins); err != nil {
		t.Errorf("two rows, twenty times each: %v", err)
	}
	parts := normal(60, 3, 0)
	for i := range 30 {
		parts.Set(i, 0, parts.At(i, 0)+1e6)
	}
	e, err := dr.PaCMAP{}.Embed(ctx, parts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		nearest, who := math.Inf(1), 0
		for j := range 60 {
			if d := math.Hypot(e.At(i, 0)-e.At(j, 0), e.At(i, 1)-e.At(j, 1)); j != i && d < nearest {
				nearest, who = d, j
			}
		}
		if i < 30 != (who < 30) {
			t.Fatalf("row %d lies next to %d of the other part", i, who)
		}
	}
}

// A cancel during the layout gives the map so far; watching changes nothing.
func TestPaCMAPWatchedAndCanceled(t *testing.T) {
	x := normal(60, 3, 0)
	method := dr.PaCMAP{Iterations: [3]int{30, 30, 40}}
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
	if err != nil || !mat.Equal(got, want) || losses != 2 || layouts != 100 {
		t.Errorf("watched: %d losses, %d layouts, %v", losses, layouts, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Layout != nil && e.Done == 20 {
			cancel()
		}
	})
	got, err = method.Embed(ctx, x)
	if !errors.Is(err, context.Canceled) || got == nil || !got.Partial || !math.IsNaN(got.Objective) || mat.Equal(got, want) {
		t.Errorf("cancelled: %v, %v", got, err)
	}
}

func TestPaCMAPHasTheSameBitsOnAnyCores(t *testing.T) {
	x := normal(200, 6, 0)
	for _, method := range []dr.Embedder{dr.PaCMAP{Iterations: quick}, dr.LocalMAP{Iterations: quick, Components: 3}} {
		var want []float64
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			e, err := method.Embed(context.Background(), x)
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = e.RawMatrix().Data
			}
			if !slices.Equal(want, e.RawMatrix().Data) {
				t.Errorf("%T: %d cores give other bits", method, procs)
			}
		}
	}
}

// Rows of the model land near their places, new ones among their like, and each by itself.
func TestPaCMAPTransform(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	d, err := datasets.Blobs{Rows: 240, Dim: 8, Spread: .5, Seed: 3}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	known, fresh := mat.DenseCopyOf(d.X.Slice(0, 180, 0, 8)), mat.DenseCopyOf(d.X.Slice(180, 240, 0, 8))
	for _, start := range []dr.Start{nil, dr.FromRandom} {
		m, err := dr.PaCMAP{Start: start}.Fit(ctx, known)
		if err != nil {
			t.Fatal(err)
		}
		e := m.Embedding()
		z, err := m.Transform(ctx, fresh)
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for i := range 60 {
			nearest, who := math.Inf(1), 0
			for j := range 180 {
				if far := math.Hypot(e.At(j, 0)-z.At(i, 0), e.At(j, 1)-z.At(i, 1)); far < nearest {
					nearest, who = far, j
				}
			}
			if d.Labels[who] == d.Labels[180+i] {
				right++
			}
		}
		if right < 59 {
			t.Errorf("start %v: %d of 60 new rows land among their like", start, right)
		}
		one, err := m.Transform(ctx, fresh.Slice(7, 8, 0, 8))
		if err != nil || one.At(0, 0) != z.At(7, 0) || one.At(0, 1) != z.At(7, 1) {
			t.Errorf("start %v: alone a row lands elsewhere: %v", start, err)
		}
		again, err := m.Transform(ctx, known)
		if err != nil {
			t.Fatal(err)
		}
		var off []float64
		for i := range 180 {
			off = append(off, math.Hypot(e.At(i, 0)-again.At(i, 0), e.At(i, 1)-again.At(i, 1)))
		}
		slices.Sort(off)
		if off[90] > 1.5 {
			t.Errorf("start %v: half of the rows land %v or more from their places", start, off[90])
		}
	}
	m, err := dr.LocalMAP{Iterations: quick}.Fit(ctx, apart.Rows(t, normal(30, 3, 0)))
	if err != nil {
		t.Fatal(err)
	}
	var de *mat32.DegenerateError
	if _, err := m.Transform(ctx, normal(3, 3, 0)); !errors.As(err, &de) || de.Method != "dr.LocalMAP" {
		t.Errorf("a model of distances maps rows: %v", err)
	}
}
