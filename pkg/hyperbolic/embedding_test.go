package hyperbolic_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/hyperbolic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func stretch(t testing.TB, x, y mat.Matrix) *hyperbolic.Stretch {
	t.Helper()
	s, err := hyperbolic.Distortion(context.Background(), x, y)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func precision(t testing.TB, g *affinity.Sparse, y mat.Matrix) float64 {
	t.Helper()
	s, err := hyperbolic.MeanAveragePrecision(context.Background(), g, y)
	if err != nil {
		t.Fatal(err)
	}
	return s.Value
}

func placed(t testing.TB, s hyperbolic.Sarkar, x mat.Matrix) *hyperbolic.Embedding {
	t.Helper()
	e, err := s.Embed(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// weighted is a random tree whose edges have lengths of 0.5 to 2.
func weighted(t testing.TB, n int) *affinity.Sparse {
	g, err := datasets.RandomTree{Nodes: n, Seed: 3}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	lengths := make([]float64, len(g.Edges))
	for i := range lengths {
		lengths[i] = .5 * math.Exp(2*math.Ln2*rowShare(i, 9))
	}
	return fromEdges(t, n, g.Edges, lengths)
}

func TestTreesLieInTheDisk(t *testing.T) {
	testenv.Unraced(t)
	star := graph(t, 40, func(i, j int) bool { return i == 0 })
	path := graph(t, 60, func(i, j int) bool { return j == i+1 })
	type trees map[string]*affinity.Sparse
	few := trees{"binary": binary(t, 63), "random, weighted": weighted(t, 70), "star": star, "path": path,
		"two nodes": graph(t, 2, func(i, j int) bool { return true })}
	for s, all := range map[hyperbolic.Sarkar]trees{
		{}:                              {"binary": binary(t, 255), "random, weighted": weighted(t, 200)},
		{Distortion: .02}:               few,
		{Components: 3}:                 few,
		{Components: 5, Distortion: .5}: few,
	} {
		for name, x := range all {
			e := placed(t, s, x)
			got := stretch(t, x, e)
			allowed := s.Distortion
			if allowed == 0 {
				allowed = .1
			}
			if got.Worst > 1+allowed || got.Expansion > 1+1e-12 {
				t.Errorf("%s, %+v: worst distortion %v, expansion %v", name, s, got.Worst, got.Expansion)
			}
			if got.Average >= allowed {
				t.Errorf("%s, %+v: average distortion %v", name, s, got.Average)
			}
			if m := precision(t, x, e); name != "random, weighted" && m != 1 {
				t.Errorf("%s, %+v: mean average precision %v", name, s, m)
			}
			// Edges are as long as they should be, to float64.
			d, err := e.Distances(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for k, edge := range e.Ties() {
				if got := d.At(edge[0], edge[1]); math.Abs(got-e.Lengths[k]) > 1e-13*got {
					t.Fatalf("%s, %+v: the edge %v is %v long, want %v", name, s, edge, got, e.Lengths[k])
				}
			}
		}
	}
}

// What is no tree does not lie there undistorted: the control of the test above.
func TestCyclesAndGridsDoNotLieInTheDisk(t *testing.T) {
	testenv.Unraced(t)
	for name, x := range map[string]*affinity.Sparse{"cycle": cycle(t, 100), "grid": grid(t, 15)} {
		e := placed(t, hyperbolic.Sarkar{}, x)
		if got := stretch(t, x, e); got.Worst < 10 || got.Average < .3 {
			t.Errorf("%s: worst distortion %v, average %v", name, got.Worst, got.Average)
		}
		if len(e.Notes) == 0 {
			t.Errorf("%s: no note says that it is no tree", name)
		}
	}
	if m := precision(t, grid(t, 15), placed(t, hyperbolic.Sarkar{}, grid(t, 15))); m > .9 {
		t.Errorf("grid: mean average precision %v", m)
	}
}

// Twice the bits give the same distances: those chosen are enough.
func TestPrecisionIsEnough(t *testing.T) {
	testenv.Unraced(t)
	x := weighted(t, 120)
	e := placed(t, hyperbolic.Sarkar{Distortion: .05}, x)
	more := placed(t, hyperbolic.Sarkar{Scale: e.Scale, Precision: 2 * int(e.Precision())}, x)
	a, err := e.Distances(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b, err := more.Distances(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range a.Condensed() {
		if w := b.Condensed()[i]; math.Abs(v-w) > 1e-13*w {
			t.Fatalf("pair %d: %v by %d bits, %v by %d", i, v, e.Precision(), w, more.Precision())
		}
	}
	if e.Precision() < 200 {
		t.Errorf("%d bits: a shallow tree shows nothing", e.Precision())
	}
	// In float64 alone the same tree is lost.
	flat, err := (&hyperbolic.Embedding{Dense: e.Dense, Dim: 2, Scale: e.Scale}).Distances(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	off := 0.
	for i, v := range a.Condensed() {
		off = max(off, math.Abs(flat.Condensed()[i]-v)/v)
	}
	if off < .5 {
		t.Errorf("rounded to float64, distances are off by %v at most: the bits are for nothing", off)
	}
}

// hyperbolicPoints are n points within a radius of the centre.
func hyperbolicPoints(n, d int, radius float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		v := times(radius/2*math.Sqrt(rowShare(i, 11)), unit(12, i, d))
		hyperbolic.Poincare{}.Exp0(x.RawRowView(i), v)
	}
	return x
}

func distances(x *mat.Dense) *mat32.Distances {
	n, _ := x.Dims()
	var pairs []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, hyperbolic.Poincare{}.Distance(x.RawRowView(i), x.RawRowView(j)))
		}
	}
	d, err := mat32.NewDistances(n, pairs)
	if err != nil {
		panic(err)
	}
	return d
}

func TestMDSRecoversHyperbolicPoints(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		n, d  int
		scale float64
	}{{100, 2, 0}, {150, 5, 0}, {60, 3, 2}} {
		x := distances(hyperbolicPoints(c.n, c.d, 5))
		if c.scale > 0 { // given in another unit
			pairs := append([]float64(nil), x.Condensed()...)
			for i := range pairs {
				pairs[i] /= c.scale
			}
			x, _ = mat32.NewDistances(c.n, pairs)
		}
		e, err := hyperbolic.MDS{Components: c.d, Scale: c.scale}.Embed(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		d, err := e.Distances(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		worst := 0.
		for i, v := range d.Condensed() {
			worst = max(worst, math.Abs(v-x.Condensed()[i]))
		}
		if worst > 1e-8 {
			t.Errorf("%d points of dimension %d: distances off by %v", c.n, c.d, worst)
		}
		// One dimension fewer does not hold them.
		if e, err = (hyperbolic.MDS{Components: c.d - 1, Scale: c.scale}).Embed(context.Background(), x); err != nil {
			t.Fatal(err)
		}
		if s := stretch(t, x, e); s.Average < .03 {
			t.Errorf("%d points of dimension %d in one fewer: average distortion %v", c.n, c.d, s.Average)
		}
	}
}

// A tree has room in the hyperbolic plane that a flat one does not have, and a grid has it on
// the flat one.
func TestTreesHaveRoomInHyperbolicSpace(t *testing.T) {
	testenv.Unraced(t)
	flat := func(x mat.Matrix) float64 { // as flat as it gets
		e, err := hyperbolic.MDS{Scale: 1e-3}.Embed(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		return stretch(t, x, e).Least
	}
	curved := func(x mat.Matrix) float64 { return stretch(t, x, placed(t, hyperbolic.Sarkar{}, x)).Least }
	if a, b := curved(weighted(t, 150)), flat(weighted(t, 150)); a > b/5 {
		t.Errorf("a tree: %v in the hyperbolic plane, %v on the flat one", a, b)
	}
	if a, b := curved(grid(t, 11)), flat(grid(t, 11)); a < 2*b {
		t.Errorf("a grid: %v in the hyperbolic plane, %v on the flat one", a, b)
	}
}

// Points of another origin are measured as well, and those outside the ball refused.
func TestPointsOfAnotherOrigin(t *testing.T) {
	x := hyperbolicPoints(30, 3, 4)
	if s := stretch(t, distances(x), &hyperbolic.Embedding{Dense: x}); s.Worst > 1+1e-14 || s.Average > 1e-14 {
		t.Errorf("their own distances: %v", s)
	}
	x.Set(7, 0, 2)
	var finite *mat32.NotFiniteError
	if _, err := hyperbolic.Distortion(context.Background(), line(make([]float64, 30)...), &hyperbolic.Embedding{Dense: x}); !errors.As(err, &finite) {
		t.Errorf("a point outside the ball: %v", err)
	}
}
