package layout_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr/layout"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

// drawTriplets returns triplets of n rows drawn from all.
func drawTriplets(seed uint64, n, groups, far int) *layout.Triplets {
	t := &layout.Triplets{N: n, Groups: groups, Far: far, Rows: make([]int32, n*groups*(1+far)), Weights: make([]float32, n*groups*far)}
	r := rng.New(seed, "test", groups)
	for i := range t.Rows {
		t.Rows[i] = int32(r.IntN(n))
	}
	for i := range t.Weights {
		t.Weights[i] = float32(3 * r.Float64())
	}
	return t
}

// drawPoints returns n points in dim dimensions.
func drawPoints(seed uint64, n, dim int) []float32 {
	y := make([]float32, n*dim)
	r := rng.New(seed, "test points", dim)
	for i := range y {
		y[i] = float32(2 * r.Normal())
	}
	return y
}

// trimapGolden is what trimap computes, see tests/golden/trimap.json.
type trimapGolden struct {
	Triplets [][3]int32
	Weights  []float32
	Y        [][]float32
	Gradient [][]float64
	Loss     float64
	Violated int
	Steps    [][][]float64
}

func (g *trimapGolden) load(t *testing.T) (loss *layout.TripletLoss, y []float32) {
	golden.Load(t, "trimap", g)
	const inliers, outliers, random = 4, 3, 2
	n := len(g.Y)
	near := &layout.Triplets{N: n, Groups: inliers, Far: outliers, Weights: g.Weights[:n*inliers*outliers]}
	both := &layout.Triplets{N: n, Groups: random, Far: 1, Weights: g.Weights[n*inliers*outliers:]}
	for k, triplet := range g.Triplets {
		if k >= n*inliers*outliers {
			both.Rows = append(both.Rows, triplet[1:]...)
			continue
		}
		if k%outliers == 0 {
			near.Rows = append(near.Rows, triplet[1])
		}
		near.Rows = append(near.Rows, triplet[2])
	}
	loss, err := layout.NewTripletLoss(n, 2, near, both)
	if err != nil {
		t.Fatal(err)
	}
	return loss, slices.Concat(g.Y...)
}

func TestTripletsAgainstTrimap(t *testing.T) {
	ctx := context.Background()
	var g trimapGolden
	loss, y := g.load(t)
	sum, violated, err := loss.Value(ctx, y)
	if err != nil || math.Abs(sum-g.Loss) > 1e-5*g.Loss || violated != g.Violated {
		t.Errorf("the loss is %v with %d violated (%v), want %v with %d", sum, violated, err, g.Loss, g.Violated)
	}
	near := func(what string, got []float32, want [][]float64, tolerance float64) {
		for k, w := range slices.Concat(want...) {
			if math.Abs(float64(got[k])-w) > tolerance {
				t.Fatalf("%s: value %d is %v, want %v", what, k, got[k], w)
			}
		}
	}
	gradient := make([]float32, len(y))
	if err := loss.Gradient(ctx, gradient, y); err != nil {
		t.Fatal(err)
	}
	near("the gradient", gradient, g.Gradient, 1e-5)

	d := layout.NewDeltaBarDelta(len(g.Y), 2)
	d.Rate = .1
	ahead := make([]float32, len(y))
	for phase, momentum := range []float32{.5, .8} {
		d.Momentum = momentum
		for range 3 {
			if err := errors.Join(d.Ahead(ctx, ahead, y), loss.Gradient(ctx, gradient, ahead), d.Move(ctx, y, gradient)); err != nil {
				t.Fatal(err)
			}
		}
		near("the points", y, g.Steps[phase], 2e-4)
	}
}

// The gradient is that of the loss, without the factor 2.
func TestTripletGradientByDifferences(t *testing.T) {
	const n, h = 40, 1. / 64
	ctx := context.Background()
	for dim := 1; dim <= 4; dim++ {
		loss, err := layout.NewTripletLoss(n, dim, drawTriplets(1, n, 3, 2), drawTriplets(2, n, 2, 1))
		if err != nil {
			t.Fatal(err)
		}
		y := drawPoints(3, n, dim)
		gradient := make([]float32, n*dim)
		if err := loss.Gradient(ctx, gradient, y); err != nil {
			t.Fatal(err)
		}
		for k := 0; k < len(y); k += 7 {
			value := func(by float32) float64 {
				z := slices.Clone(y)
				z[k] += by
				v, _, err := loss.Value(ctx, z)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			// Of fourth order, for float32 points allow no small step.
			want := (8*(value(h)-value(-h)) - (value(2*h) - value(-2*h))) / (12 * h) / 2
			if math.Abs(float64(gradient[k])-want) > 2e-4 {
				t.Errorf("%d dimensions, value %d: the gradient is %v, by differences it is %v", dim, k, gradient[k], want)
			}
		}
	}
}

// Two dimensions have code of their own: a third in which all points are the same changes
// nothing.
func TestTripletsInThePlane(t *testing.T) {
	const n = 150
	ctx := context.Background()
	sets := []*layout.Triplets{drawTriplets(1, n, 3, 4), drawTriplets(2, n, 2, 1)}
	y := drawPoints(4, n, 2)
	space := make([]float32, 3*n)
	for i := range n {
		copy(space[3*i:], y[2*i:2*i+2])
		space[3*i+2] = 5
	}
	plane, err2 := layout.NewTripletLoss(n, 2, sets...)
	solid, err3 := layout.NewTripletLoss(n, 3, sets...)
	if err := errors.Join(err2, err3); err != nil {
		t.Fatal(err)
	}
	two, three := make([]float32, 2*n), make([]float32, 3*n)
	if err := errors.Join(plane.Gradient(ctx, two, y), solid.Gradient(ctx, three, space)); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for c := range 2 {
			if d := two[2*i+c] - three[3*i+c]; math.Abs(float64(d)) > 1e-5 {
				t.Fatalf("point %d: %v and %v", i, two[2*i:2*i+2], three[3*i:3*i+2])
			}
		}
		if three[3*i+2] != 0 {
			t.Fatalf("point %d is pulled where nobody is apart", i)
		}
	}
}

func TestTripletsOnAnyCores(t *testing.T) {
	const n = 300
	ctx := context.Background()
	for _, dim := range []int{2, 3} {
		var first []float32
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			loss, err := layout.NewTripletLoss(n, dim, drawTriplets(1, n, 5, 4))
			if err != nil {
				t.Fatal(err)
			}
			y, gradient := drawPoints(2, n, dim), make([]float32, n*dim)
			d := layout.NewDeltaBarDelta(n, dim)
			d.Rate = .1
			for range 5 {
				if err := errors.Join(loss.Gradient(ctx, gradient, y), d.Move(ctx, y, gradient)); err != nil {
					t.Fatal(err)
				}
			}
			runtime.GOMAXPROCS(old)
			if first == nil {
				first = y
			} else if !slices.Equal(first, y) {
				t.Errorf("%d dimensions: %d cores give other points than 1", dim, procs)
			}
		}
	}
}

func TestTripletsOfOtherPoints(t *testing.T) {
	good := func() *layout.Triplets { return drawTriplets(1, 10, 2, 3) }
	for name, change := range map[string]func(s *layout.Triplets){
		"another number of rows": func(s *layout.Triplets) { s.N = 11 },
		"a row too many":         func(s *layout.Triplets) { s.Rows[5] = 10 },
		"a row below 0":          func(s *layout.Triplets) { s.Rows[0] = -1 },
		"rows missing":           func(s *layout.Triplets) { s.Rows = s.Rows[1:] },
		"weights missing":        func(s *layout.Triplets) { s.Weights = s.Weights[1:] },
		"no far rows":            func(s *layout.Triplets) { s.Far = 0 },
	} {
		s := good()
		change(s)
		var pe *mat32.ParamError
		if _, err := layout.NewTripletLoss(10, 2, s); !errors.As(err, &pe) {
			t.Errorf("%s: got %v, want a *mat32.ParamError", name, err)
		}
	}
	var se *mat32.ShapeError
	if _, err := layout.NewTripletLoss(0, 2); !errors.As(err, &se) {
		t.Errorf("no points: got %v", err)
	}
}

func TestTripletsAreCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	loss, err := layout.NewTripletLoss(100, 2, drawTriplets(1, 100, 2, 2))
	if err != nil {
		t.Fatal(err)
	}
	y := drawPoints(1, 100, 2)
	d := layout.NewDeltaBarDelta(100, 2)
	_, _, err = loss.Value(ctx, y)
	for _, err := range []error{err, loss.Gradient(ctx, y, y), d.Ahead(ctx, y, y), d.Move(ctx, y, y)} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// A point settles where the gradient of its own triplets is nothing.
func TestSettleEndsDownhill(t *testing.T) {
	const n = 50
	at := drawPoints(5, n, 2)
	sets := []*layout.Triplets{drawTriplets(1, n, 4, 3).Of(7), drawTriplets(2, n, 2, 1).Of(7)}
	momentum := func(int) float32 { return .5 }
	loss := func(y []float32) (sum float64) {
		for _, s := range sets {
			for g := range s.Groups {
				group := s.Rows[g*(1+s.Far) : (g+1)*(1+s.Far)]
				apart := func(j int32) float64 {
					dx, dy := float64(y[0]-at[2*j]), float64(y[1]-at[2*j+1])
					return 1 + dx*dx + dy*dy
				}
				for k, far := range group[1:] {
					a, b := apart(group[0]), apart(far)
					sum += float64(s.Weights[g*s.Far+k]) * a / (a + b)
				}
			}
		}
		return sum
	}
	start := layout.Settle(at, 2, .1, 0, momentum, sets...)
	for g := range sets[0].Groups {
		j := sets[0].Rows[g*(1+sets[0].Far)]
		if other := loss(at[2*j : 2*j+2]); other < loss(start)-1e-6 {
			t.Errorf("it begins at a loss of %v, and near row %d has %v", loss(start), j, other)
		}
	}
	end := layout.Settle(at, 2, .1, 400, momentum, sets...)
	if loss(end) >= loss(start) {
		t.Errorf("the loss went from %v to %v", loss(start), loss(end))
	}
	const h = 1e-2
	for c := range end {
		plus, minus := slices.Clone(end), slices.Clone(end)
		plus[c] += h
		minus[c] -= h
		if slope := (loss(plus) - loss(minus)) / (2 * h); math.Abs(slope) > .02 {
			t.Errorf("coordinate %d still has a slope of %v", c, slope)
		}
	}
}
