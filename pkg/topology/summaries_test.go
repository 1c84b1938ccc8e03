package topology

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
)

var scales = func() []float64 {
	s := make([]float64, 201)
	for i := range s {
		s[i] = -1 + float64(i)/25
	}
	return s
}()

func ExamplePersistenceEntropy() {
	s, err := PersistenceEntropy(Diagram{{0, 1}, {0, 1}, {1, 2}, {0, math.Inf(1)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s)
	// Output:
	// persistence entropy  1.099
	//   rows        3
	//   convention  nats, of shares in the total length of finite bars; ln n for n bars of
	//               one length
	//   note        essential bars left out: 1
}

func ExampleNewLandscape() {
	l, err := NewLandscape(Diagram{{0, 4}, {1, 5}}, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, level := range l.Levels {
		fmt.Println(level)
	}
	// Output:
	// [{0 0} {2 2} {2.5 1.5} {3 2} {5 0}]
	// [{1 0} {2.5 1.5} {4 0}]
}

// tents returns the heights of all bars at a scale, the highest first.
func tents(d Diagram, scale float64) (heights []float64) {
	for _, b := range d {
		heights = append(heights, max(0, min(scale-b.Birth, b.Death-scale)))
	}
	slices.Sort(heights)
	slices.Reverse(heights)
	return heights
}

// Level k is the k-th largest of the tents at every scale, and there is nothing above or
// between the knots.
func TestLandscapeIsOfSortedTents(t *testing.T) {
	for seed := range uint64(60) {
		d := smallDiagram(seed, int(seed%17)+1)
		l, err := NewLandscape(d, 0)
		if err != nil {
			t.Fatal(err)
		}
		area := 0.
		for _, b := range d {
			area += b.Length() * b.Length() / 4
		}
		if got := l.Integral(); math.Abs(got-area) > 1e-12 {
			t.Errorf("seed %d: the area is %v, want %v", seed, got, area)
		}
		grid := l.Grid(scales)
		for j, s := range scales {
			for k, want := range tents(d, s) {
				if got := l.At(k, s); math.Abs(got-want) > 1e-13 {
					t.Fatalf("seed %d: level %d at %v is %v, want %v", seed, k, s, got, want)
				}
				if k < len(l.Levels) && grid.At(k, j) != l.At(k, s) {
					t.Fatalf("seed %d: the grid differs", seed)
				}
			}
		}
		for k, knots := range l.Levels {
			if !slices.IsSortedFunc(knots, func(a, b Knot) int {
				if a.Scale < b.Scale {
					return -1
				}
				return 1
			}) {
				t.Errorf("seed %d: the knots of level %d are not in order: %v", seed, k, knots)
			}
		}
		if first, err := NewLandscape(d, 2); err != nil || !slices.EqualFunc(first.Levels, l.Levels[:min(2, len(l.Levels))], slices.Equal[[]Knot]) {
			t.Errorf("seed %d: the first two levels differ", seed)
		}
	}
}

func TestMeanOfLandscapes(t *testing.T) {
	var of []*Landscape
	for seed := range uint64(5) {
		l, err := NewLandscape(smallDiagram(seed, 3+int(seed)), 0)
		if err != nil {
			t.Fatal(err)
		}
		of = append(of, l)
	}
	mean := MeanLandscape(of...)
	for _, s := range scales {
		for k := range 9 {
			want := 0.
			for _, l := range of {
				want += l.At(k, s) / 5
			}
			if got := mean.At(k, s); math.Abs(got-want) > 1e-13 {
				t.Fatalf("level %d at %v is %v, want %v", k, s, got, want)
			}
		}
	}
	if MeanLandscape() != nil || MeanLandscape(of[0]).Distance(of[0]) != 0 {
		t.Error("the mean of none, or of one")
	}
	empty, err := NewLandscape(nil, 0)
	if err != nil || empty.Grid(scales) != nil || empty.Distance(of[0]) != of[0].At(0, highest(of[0]).Scale) {
		t.Error("the landscape of no bars")
	}
}

func highest(l *Landscape) (top Knot) {
	for _, k := range l.Levels[0] {
		if k.Value > top.Value {
			top = k
		}
	}
	return top
}

// Landscapes differ by no more than their diagrams, and images by no more than a
// multiple of the Wasserstein distance; bars shuffled between the diagrams break neither,
// but doubling one landscape does.
func TestLandscapesAreStable(t *testing.T) {
	tight := 0
	for seed := range uint64(40) {
		p := smallDiagram(2*seed+1, 12)
		q := slices.Clone(p)
		u := fixture.Uniform(seed, 12, 2)
		for i := range q {
			q[i].Birth += .05 * u.At(i, 0)
			q[i].Death = max(q[i].Birth, q[i].Death-.05*u.At(i, 1))
		}
		m, err := Bottleneck(t.Context(), p, q)
		if err != nil {
			t.Fatal(err)
		}
		a, err := NewLandscape(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewLandscape(q, 0)
		if err != nil {
			t.Fatal(err)
		}
		distance := a.Distance(b)
		if distance > m.Distance+1e-13 {
			t.Errorf("seed %d: landscapes are %v apart, diagrams %v", seed, distance, m.Distance)
		}
		if distance > .3*m.Distance {
			tight++
		}
	}
	if tight < 30 {
		t.Errorf("the bound is within a factor of three in %d of 40 cases", tight)
	}
}

func TestCurves(t *testing.T) {
	inf := math.Inf(1)
	pieces, rings := Diagram{{0, 1}, {0, 2}, {0, inf}}, Diagram{{1, 3}}
	at := []float64{-1, 0, .5, 1, 2, 2.5, 3, 9}
	if got, want := BettiCurve(pieces, at), []float64{0, 3, 3, 2, 1, 1, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("Betti numbers %v, want %v", got, want)
	}
	for i, s := range at {
		if got := BettiCurve(rings, at)[i]; got != float64(rings.At(s)) {
			t.Errorf("%v rings at %v", got, s)
		}
	}
	if got, want := EulerCurve(&Persistence{Diagrams: []Diagram{pieces, rings}}, at), []float64{0, 3, 3, 1, 0, 0, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("Euler characteristics %v, want %v", got, want)
	}
	if got := TotalPersistence(pieces, 2); got != 5 {
		t.Errorf("total persistence %v", got)
	}
	if got := TotalPersistence(pieces.Clip(3), 1); got != 6 {
		t.Errorf("total persistence %v", got)
	}
	if got := (Diagram{{4, inf}, {1, inf}}).Clip(3); !slices.Equal(got, Diagram{{1, 3}}) {
		t.Errorf("clipped: %v", got)
	}
	// One bar is its tent; two are their mean by length to the power.
	if got := Silhouette(Diagram{{0, 2}}, 3, []float64{-1, 0, .5, 1, 1.75, 2, 3}); !slices.Equal(got, []float64{0, 0, .5, 1, .25, 0, 0}) {
		t.Errorf("silhouette %v", got)
	}
	if got, want := Silhouette(Diagram{{0, 2}, {0, 4}, {0, inf}}, 2, []float64{1})[0], (4*1+16*1)/20.; math.Abs(got-want) > 1e-15 {
		t.Errorf("silhouette %v, want %v", got, want)
	}
	if got, want := Silhouette(Diagram{{0, 2}, {0, 4}}, 2, []float64{2})[0], 16*2/20.; math.Abs(got-want) > 1e-15 {
		t.Errorf("silhouette %v, want %v", got, want)
	}
	if got := Silhouette(nil, 1, at); !slices.Equal(got, make([]float64, len(at))) {
		t.Errorf("silhouette of nothing %v", got)
	}
}

func TestPersistenceEntropy(t *testing.T) {
	for _, c := range []struct {
		d    Diagram
		want float64
	}{{Diagram{{3, 5}}, 0}, {Diagram{{0, 1}, {2, 3}, {5, 6}, {1, 1}}, math.Log(3)}, {Diagram{{0, 1}, {0, 3}}, .25*math.Log(4) + .75*math.Log(4./3)}} {
		s, err := PersistenceEntropy(c.d)
		if err != nil || math.Abs(s.Value-c.want) > 1e-15 {
			t.Errorf("%v: %v, %v, want %v", c.d, s.Value, err, c.want)
		}
	}
	if _, err := PersistenceEntropy(Diagram{{1, 1}, {0, math.Inf(1)}}); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("%v", err)
	}
	if _, err := PersistenceEntropy(Diagram{{1, 0}}); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("%v", err)
	}
}

func ExamplePersistenceImage_Of() {
	image := PersistenceImage{Rows: 4, Cols: 3, Births: [2]float64{0, 3}, Lengths: [2]float64{0, 4}, Bandwidth: .3}
	picture, err := image.Of(Diagram{{.5, 4}, {2.5, 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", mat.Formatted(picture))
	// Output:
	// ⎡0.00  0.02  0.41⎤
	// ⎢0.00  0.00  0.02⎥
	// ⎢0.15  0.01  0.00⎥
	// ⎣2.86  0.15  0.00⎦
}

// All pixels together hold the weights, and one that is small the density at its centre.
func TestPixelsIntegrateGaussians(t *testing.T) {
	d := Diagram{{1, 3}, {2, 2.5}, {1.5, 1.5}, {0, math.Inf(1)}}
	for power, want := range map[float64]float64{0: 2.5, 2: 4.25, 1e-300: 2} {
		p, err := PersistenceImage{Births: [2]float64{-9, 12}, Lengths: [2]float64{-9, 12}, Bandwidth: .7, Power: power}.Of(d)
		if err != nil {
			t.Fatal(err)
		}
		if got := mat.Sum(p); math.Abs(got-want) > 1e-12 {
			t.Errorf("power %v: all pixels hold %v, want %v", power, got, want)
		}
	}
	const side, sigma = 1e-3, .5
	small, err := PersistenceImage{Rows: 1, Cols: 1, Births: [2]float64{1.2 - side/2, 1.2 + side/2}, Lengths: [2]float64{.9 - side/2, .9 + side/2}, Bandwidth: sigma}.Of(d)
	if err != nil {
		t.Fatal(err)
	}
	density := 0.
	for _, b := range d[:2] {
		x, y := 1.2-b.Birth, .9-b.Length()
		density += b.Length() * math.Exp(-(x*x+y*y)/(2*sigma*sigma)) / (2 * math.Pi * sigma * sigma)
	}
	if got := small.At(0, 0) / (side * side); math.Abs(got/density-1) > 1e-6 {
		t.Errorf("density %v, want %v", got, density)
	}
	// By itself the picture covers the bars, alike in any unit but for the weights.
	one, err := PersistenceImage{}.Of(d)
	if err != nil {
		t.Fatal(err)
	}
	var large Diagram
	for _, b := range d {
		large = append(large, Bar{8 * b.Birth, 8 * b.Death})
	}
	eight, err := PersistenceImage{}.Of(large)
	if err != nil {
		t.Fatal(err)
	}
	eight.Scale(1./8, eight)
	if rows, cols := one.Dims(); rows != 20 || cols != 20 || !mat.EqualApprox(one, eight, 1e-13) || mat.Max(one) == 0 {
		t.Error("pictures differ with the unit")
	}
	if nothing, err := (PersistenceImage{}).Of(Diagram{{0, math.Inf(1)}}); err != nil || mat.Norm(nothing, 1) != 0 {
		t.Errorf("a picture of nothing: %v", err)
	}
	// Pieces are all born at one scale.
	if line, err := (PersistenceImage{}).Of(Diagram{{0, 1}, {0, 2}}); err != nil || !(mat.Sum(line) > .5) {
		t.Errorf("a picture of pieces: %v", err)
	}
}

func TestPersistenceImageRefuses(t *testing.T) {
	for _, p := range []PersistenceImage{{Rows: -1}, {Cols: 5000}, {Births: [2]float64{1, 1}}, {Lengths: [2]float64{0, math.Inf(1)}},
		{Births: [2]float64{math.NaN(), 1}}, {Bandwidth: -1}, {Bandwidth: math.NaN()}, {Power: -1}, {Power: math.Inf(1)}} {
		if _, err := p.Of(Diagram{{0, 1}}); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := (PersistenceImage{}).Of(Diagram{{0, math.NaN()}}); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("%v", err)
	}
	if _, err := NewLandscape(nil, -1); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("%v", err)
	}
	if _, err := NewLandscape(Diagram{{math.Inf(1), math.Inf(1)}}, 0); !errors.As(err, new(*mat32.NotFiniteError)) {
		t.Errorf("%v", err)
	}
}

// The kernel is the inner product of heat: the distance it makes is no metric's square
// below zero, and what lies on the diagonal does not count.
func TestScaleSpaceKernel(t *testing.T) {
	for seed := range uint64(20) {
		p, q := smallDiagram(seed, 6), smallDiagram(seed+50, 8)
		k := func(a, b Diagram) float64 {
			v, err := ScaleSpaceKernel(a, b, .2)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if square := k(p, p) + k(q, q) - 2*k(p, q); square < -1e-13 || math.Abs(k(p, q)-k(q, p)) > 1e-14 {
			t.Errorf("seed %d: the squared distance is %v", seed, square)
		}
		if more := k(append(slices.Clone(p), Bar{.3, .3}), q); more != k(p, q) {
			t.Errorf("seed %d: an empty bar counts", seed)
		}
	}
	// One bar and itself: (1 − exp(−2·length²/8σ))/8πσ.
	if got, want := func() float64 { v, _ := ScaleSpaceKernel(Diagram{{1, 3}}, Diagram{{1, 3}}, .5); return v }(), (1-math.Exp(-8./4))/(4*math.Pi); math.Abs(got-want) > 1e-15 {
		t.Errorf("%v, want %v", got, want)
	}
	for _, sigma := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := ScaleSpaceKernel(nil, nil, sigma); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%v: %v", sigma, err)
		}
	}
}

// Between W₁ by L2 times bounds: sliced ≤ 2√2·W₁, and of one bar and none it is the mean
// of |cos − sin| over directions.
func TestSlicedWasserstein(t *testing.T) {
	d, err := SlicedWasserstein{Directions: 1000}.Distance(Diagram{{1, 3}, {0, math.Inf(1)}}, nil)
	if want := 2 * math.Sqrt2 / math.Pi; err != nil || math.Abs(d-want) > 1e-5 {
		t.Errorf("%v, %v, want %v", d, err, want)
	}
	for seed := range uint64(30) {
		p, q := smallDiagram(seed, 9), smallDiagram(seed+77, 12)
		sliced, err := SlicedWasserstein{}.Distance(p, q)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Wasserstein{Order: 1, Ground: Straight}.Match(t.Context(), p, q)
		if err != nil {
			t.Fatal(err)
		}
		if sliced > 2*math.Sqrt2*w.Distance || sliced < w.Distance/100 {
			t.Errorf("seed %d: sliced %v, whole %v", seed, sliced, w.Distance)
		}
	}
	if _, err := (SlicedWasserstein{Directions: -1}).Distance(nil, nil); !errors.As(err, new(*mat32.ParamError)) {
		t.Errorf("%v", err)
	}
}
