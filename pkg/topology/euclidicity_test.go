package topology_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/topology"
	"github.com/flatland-go/flatland/pkg/watch"
)

// withPoint returns the rows of a sample and one more.
func withPoint(t testing.TB, g datasets.Generator, at ...float64) *mat.Dense {
	t.Helper()
	d, err := g.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if at == nil {
		at = mat.Row(nil, 0, d.Truth.Singular)
	}
	var x mat.Dense
	x.Stack(d.X, mat.NewDense(1, len(at), at))
	return &x
}

// Around the crossing of a figure eight an annulus has four pieces; around another row two.
func ExampleEuclidicity_Compute() {
	d, err := datasets.FigureEight{Rows: 200}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := topology.Euclidicity{Neighbors: 40}.Compute(context.Background(), d.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	far := 0.
	for _, i := range s.Top(10) {
		far = max(far, d.Truth.Latent.At(i, 1))
	}
	fmt.Printf("model of dimension %d; the ten largest scores are within %.1f of the crossing\n", s.Dim, far)
	// Output: model of dimension 1; the ten largest scores are within 0.1 of the crossing
}

// The center of an octagon sees it whole: its pieces die at 2 sin π/8, and its ring lives from
// there to 2 sin 3π/8.
func TestEuclidicityOfAnOctagon(t *testing.T) {
	x := mat.NewDense(9, 2, nil)
	for k := range 8 {
		sin, cos := math.Sincos(float64(k) * math.Pi / 4)
		x.SetRow(k, []float64{cos, sin})
	}
	s, err := topology.Euclidicity{Model: topology.IdealAnnulus, Inner: [2]float64{.25, .25}, Outer: [2]float64{1.5, 1.5}, Steps: 1, Points: []int{8}}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	// The ring differs by max(2 sin π/8 − ¼, 2 sin 3π/8 − 3/2), which exceeds half of a piece's life.
	want := 2*math.Sin(math.Pi/8) - .25
	if math.Abs(s.Scores[0]-want) > 1e-12 || s.Dimensions[0] != 2 || s.Dim != 2 || s.Annuli[0] != 1 {
		t.Errorf("Euclidicity %v, dimension %d, want %v and 2", s.Scores[0], s.Dimensions[0], want)
	}
	// In the dimension of pieces alone, the ideal annulus of dimension 1 has a bar from ¼ to 3/2; that
	// of a ring is not there to be matched with it.
	s, err = topology.Euclidicity{Dim: 1, MaxDim: 2, Model: topology.IdealAnnulus, Inner: [2]float64{.25, .25}, Outer: [2]float64{1.5, 1.5}, Steps: 1, Points: []int{8}}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if want := 1.25 / 2; math.Abs(s.Scores[0]-want) > 1e-12 {
		t.Errorf("Euclidicity in dimension 1 is %v, want %v", s.Scores[0], want)
	}
}

// The paper's claim: the singular point has the largest score, with a margin over all rows
// that do not see it, whose dimension is that of the shape. On a shape without one, no point
// stands out so.
func TestEuclidicityIsLargestAtTheSingularity(t *testing.T) {
	testenv.Unraced(t)
	// Two spheres that touch are nearly one sheet there, until they part: it takes a wide annulus.
	wide := topology.Euclidicity{Inner: [2]float64{.6, .9}, Outer: [2]float64{1.2, 1.5}}
	for _, c := range []struct {
		name     string
		g        datasets.Generator
		e        topology.Euclidicity
		at       []float64 // of no singularity
		dim      int
		singular bool
	}{
		{name: "pinched torus", g: datasets.PinchedTorus{}, dim: 2, singular: true},
		{name: "wedged spheres", g: datasets.WedgedSpheres{}, e: wide, dim: 2, singular: true},
		{name: "figure eight", g: datasets.FigureEight{Rows: 400}, e: topology.Euclidicity{Neighbors: 60, Size: 60}, dim: 1, singular: true},
		{name: "torus", g: datasets.Torus{}, at: []float64{3, 0, 0}, dim: 2},
		{name: "sphere", g: datasets.Sphere{}, e: wide, at: []float64{0, 0, 1}, dim: 2},
		{name: "circle", g: datasets.Sphere{Rows: 400, Dim: 1}, e: topology.Euclidicity{Neighbors: 60, Size: 60}, at: []float64{0, 1}, dim: 1},
	} {
		x := withPoint(t, c.g, c.at...)
		n, _ := x.Dims()
		c.e.Points, c.e.Steps = []int{n - 1}, 2
		for i := range 42 {
			c.e.Points = append(c.e.Points, i)
		}
		s, err := c.e.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		reach := s.Radii[len(s.Radii)-1][1]
		largest, others := 0., 0
		for k, i := range s.Points[1:] {
			from := mat.Norm(sub(x.RowView(i), x.RowView(n-1)), 2)
			if from <= 1.2*reach {
				continue // it sees the point
			}
			others++
			largest = max(largest, s.Scores[k+1])
			if s.Dimensions[k+1] != c.dim {
				t.Errorf("%s: row %d has dimension %d", c.name, i, s.Dimensions[k+1])
			}
		}
		if others < 5 || s.Dim != c.dim {
			t.Errorf("%s: dimension %d; %d rows do not see the point", c.name, s.Dim, others)
		}
		if stands := s.Scores[0] > 1.3*largest; stands != c.singular {
			t.Errorf("%s: the point has %v, the largest of %d others %v", c.name, s.Scores[0], others, largest)
		}
	}
}

func sub(a, b mat.Vector) mat.Vector {
	var d mat.VecDense
	d.SubVec(a, b)
	return &d
}

// Distances give what their rows give, and so does any number of cores; scale is that of the
// data.
func TestEuclidicityPromises(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(3, 60, 2)
	e := topology.Euclidicity{Neighbors: 25, Size: 15, Steps: 2, Seed: 4}
	want, err := e.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	same := func(name string, got *topology.Singularities, err error, scale float64) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for k := range want.Scores {
			if math.Float64bits(got.Scores[k]) != math.Float64bits(scale*want.Scores[k]) || got.Dimensions[k] != want.Dimensions[k] {
				t.Fatalf("%s: row %d has %v and %d, want %v and %d", name, k, got.Scores[k], got.Dimensions[k], scale*want.Scores[k], want.Dimensions[k])
			}
		}
	}
	got, err := e.Compute(ctx, apart.Rows(t, x))
	same("distances", got, err, 1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		got, err := e.Compute(ctx, x)
		same(fmt.Sprint(cores, " cores"), got, err, 1)
	}
	var large mat.Dense
	large.Scale(1<<20, x)
	got, err = e.Compute(ctx, &large)
	same("2²⁰ times as large", got, err, 1<<20)
	// Some rows alone have the radii, and so the scores, of all only where radii are given.
	e.Inner, e.Outer = [2]float64{.5, .6}, [2]float64{1, 1.2}
	all, err := e.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	e.Points, e.Dim, e.MaxDim = []int{7, 3}, all.Dim, 2
	some, err := e.Compute(ctx, x)
	if err != nil || some.Scores[0] != all.Scores[7] || some.Scores[1] != all.Scores[3] {
		t.Errorf("two rows: %v", err)
	}
	var events []watch.Event
	if _, err := e.Compute(watch.With(ctx, func(w watch.Event) { events = append(events, w) }), x); err != nil {
		t.Fatal(err)
	}
	if last := events[len(events)-1]; last.Stage != "Euclidicity" || last.Done != last.Total || len(events) != 5 {
		t.Errorf("%d events, the last %+v", len(events), last)
	}
}

// Rows that are alone have no annuli: NaN, which is told, and never −1.
func TestEmptyAnnuliAreTold(t *testing.T) {
	x := mat.NewDense(22, 2, nil)
	for k := range 20 {
		sin, cos := math.Sincos(float64(k) * math.Pi / 10)
		x.SetRow(k, []float64{cos, sin})
	}
	x.SetRow(20, []float64{50, 0})
	x.SetRow(21, []float64{50, 0})
	s, err := topology.Euclidicity{Inner: [2]float64{.1, .5}, Outer: [2]float64{1, 1}, Steps: 2}.Compute(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(s.Scores[20]) || s.Annuli[20] != 0 || s.Annuli[0] != 4 || math.IsNaN(s.Scores[0]) {
		t.Errorf("scores %v and %v of %d and %d annuli", s.Scores[20], s.Scores[0], s.Annuli[20], s.Annuli[0])
	}
	if notes := strings.Join(s.Notes, "; "); !strings.Contains(notes, "8 of 88 annuli") || !strings.Contains(notes, "row 20, row 21") {
		t.Errorf("notes: %s", notes)
	}
	if top := s.Top(22); !slices.Contains(top[20:], 20) || !slices.Contains(top[20:], 21) {
		t.Errorf("rows without a score come first: %v", top)
	}
	score, dim := s.Score(), s.Dimension()
	if math.IsNaN(score.Value) || score.Rows != 20 || dim.Value != 1 || dim.Removed != 2 || !math.IsNaN(dim.Local[21]) {
		t.Errorf("score %+v, dimension %+v", score, dim)
	}
	if !strings.Contains(s.String(), "1 (20)") {
		t.Errorf("%s", s)
	}
}

func TestEuclidicitySaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	x := fixture.Normal(1, 20, 2)
	for _, c := range []struct {
		param string
		e     topology.Euclidicity
	}{
		{"Dim", topology.Euclidicity{Dim: -1}}, {"MaxDim", topology.Euclidicity{MaxDim: 11}}, {"Dim", topology.Euclidicity{Dim: 3, MaxDim: 2}},
		{"Inner", topology.Euclidicity{Inner: [2]float64{2, 1}, Outer: [2]float64{1, 2}}}, {"Outer", topology.Euclidicity{Inner: [2]float64{1, 2}}},
		{"Outer", topology.Euclidicity{Inner: [2]float64{1, 2}, Outer: [2]float64{1, math.Inf(1)}}}, {"Inner", topology.Euclidicity{Inner: [2]float64{2, 3}, Outer: [2]float64{1, 2}}},
		{"Neighbors", topology.Euclidicity{Neighbors: 20}}, {"Steps", topology.Euclidicity{Steps: -1}}, {"Size", topology.Euclidicity{Size: 1}},
		{"Model", topology.Euclidicity{Model: "ball"}}, {"Samples", topology.Euclidicity{Samples: -1}}, {"Persistence", topology.Euclidicity{Persistence: math.NaN()}},
		{"Points", topology.Euclidicity{Points: []int{20}}}, {"MemoryLimit", topology.Euclidicity{MemoryLimit: -1}},
	} {
		var param *mat32.ParamError
		if _, err := c.e.Compute(ctx, x); !errors.As(err, &param) || param.Param != c.param || param.Method != "topology.Euclidicity" {
			t.Errorf("%+v: %v", c.e, err)
		}
	}
	var shape *mat32.ShapeError
	if _, err := (topology.Euclidicity{}).Compute(ctx, x.Slice(0, 2, 0, 2)); !errors.As(err, &shape) {
		t.Errorf("two rows: %v", err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (topology.Euclidicity{}).Compute(ctx, mat.NewDense(20, 2, nil)); !errors.As(err, &degenerate) {
		t.Errorf("equal rows: %v", err)
	}
	var notFinite *mat32.NotFiniteError
	if _, err := (topology.Euclidicity{}).Compute(ctx, mat.NewDense(3, 1, []float64{1, math.NaN(), 2})); !errors.As(err, &notFinite) {
		t.Errorf("NaN: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (topology.Euclidicity{MemoryLimit: 1000}).Compute(ctx, x); !errors.As(err, &memory) {
		t.Errorf("1000 bytes: %v", err)
	}
	for n, e := range map[int]topology.Euclidicity{3: {}, 20: {Inner: [2]float64{1e-9, 1e-9}, Outer: [2]float64{2e-9, 2e-9}}} {
		if _, err := e.Compute(ctx, fixture.Normal(2, n, 3)); !errors.As(err, &degenerate) {
			t.Errorf("%d rows, none of which has two in an annulus: %v", n, err)
		}
	}
	for _, n := range []int{4, 5} {
		if _, err := (topology.Euclidicity{}).Compute(ctx, fixture.Normal(2, n, 3)); err != nil {
			t.Errorf("%d rows: %v", n, err)
		}
	}
}

func TestCanceledEuclidicity(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var at time.Time
	_, err := topology.Euclidicity{MaxDim: 3}.Compute(watch.With(ctx, func(e watch.Event) {
		if e.Done == 2 {
			at = time.Now()
			cancel()
		}
	}), fixture.Normal(2, 300, 4))
	if late := time.Since(at); !errors.Is(err, context.Canceled) || late > 250*time.Millisecond {
		t.Errorf("%v, %v after the cancel", err, late)
	}
}
