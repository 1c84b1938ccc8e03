package layout

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// still returns a descent of points that no edge joins.
func still(t *testing.T, n, epochs int) (*NegativeSampling, *Edges) {
	t.Helper()
	edges, err := NewEdges(t.Context(), n, func(int) ([]int32, []float64) { return nil, nil }, 1, epochs)
	if err != nil {
		t.Fatal(err)
	}
	pull, push := UMAPForces(1.5, .9, 1)
	return &NegativeSampling{Pull: pull, Push: push, Rate: 1, Epochs: epochs, Purpose: "test"}, edges
}

// rings returns sets of n points on rings, with forces, each point the image of that of the
// same number in all other sets, by a weight.
func rings(t *testing.T, sets, n, epochs int, weight float32) []Set {
	t.Helper()
	w := ring(n)
	edges, err := NewEdges(t.Context(), n, w.row, 1, epochs)
	if err != nil {
		t.Fatal(err)
	}
	images, weights := make([]int32, n), make([]float32, n)
	for i := range images {
		images[i], weights[i] = int32(i), weight
	}
	pull, push := UMAPForces(1.5, .9, 1)
	list := make([]Set, sets)
	for s := range list {
		y := make([]float32, 2*n)
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * (float64(i)/float64(n) + float64(s)/7))
			y[2*i], y[2*i+1] = float32(5*cos), float32(5*sin)
		}
		list[s] = Set{Points: y, Edges: edges, Descent: &NegativeSampling{Pull: pull, Push: push, Negatives: 5, Rate: 1, Epochs: epochs, Seed: uint64(s), Purpose: "test"}}
		for to := range sets {
			if to != s {
				list[s].Links = append(list[s].Links, Link{to, images, weights})
			}
		}
	}
	return list
}

// A point that nothing else moves goes to an image that stays, as far as it would in the
// time of all epochs together; two that draw each other meet, however strongly.
func TestAlignmentDrawsAPointToItsImage(t *testing.T) {
	testenv.Unraced(t)
	const epochs = 10
	for _, weight := range []float32{.1, 1, 1e6} {
		d, edges := still(t, 2, epochs)
		a := Alignment{Sets: []Set{{Points: []float32{0, 0, 8, 8, 3, 5}},
			{Points: []float32{1, 1, -2, 4}, Descent: d, Edges: edges, Links: []Link{{0, []int32{2, -1}, []float32{weight, weight}}}}}}
		if err := a.Run(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		left := math.Exp(-float64(weight) * (epochs + 1) / 2) // rates are 1, .9, … .1
		want := []float64{3 - 2*left, 5 - 4*left, -2, 4}
		for c, v := range a.Sets[1].Points {
			if math.Abs(float64(v)-want[c]) > 1e-5 {
				t.Errorf("weight %v: %v, want %v", weight, a.Sets[1].Points, want)
				break
			}
		}
		if !slices.Equal(a.Sets[0].Points, []float32{0, 0, 8, 8, 3, 5}) {
			t.Errorf("points without a descent moved: %v", a.Sets[0].Points)
		}
		one, edgesOne := still(t, 1, epochs)
		other, edgesOther := still(t, 1, epochs)
		both := Alignment{Sets: []Set{
			{Points: []float32{0}, Descent: one, Edges: edgesOne, Links: []Link{{1, []int32{0}, []float32{weight}}}},
			{Points: []float32{1}, Descent: other, Edges: edgesOther, Links: []Link{{0, []int32{0}, []float32{weight}}}}}}
		if err := both.Run(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if y, z := both.Sets[0].Points[0], both.Sets[1].Points[0]; !(y >= 0 && y <= z && z <= 1) || weight >= 1 && z-y > 1e-4 {
			t.Errorf("weight %v: they end at %v and %v", weight, y, z)
		}
	}
}

// Without links sets move as they would alone; with them they come to lie on each other.
func TestAlignmentOfSetsWithoutLinksChangesNothing(t *testing.T) {
	const n, epochs = 200, 20
	apart := func(sets []Set) (sum float64) {
		for i, v := range sets[0].Points {
			sum += math.Abs(float64(v - sets[1].Points[i]))
		}
		return sum / n
	}
	alone, free, drawn := rings(t, 2, n, epochs, 0), rings(t, 2, n, epochs, 0), rings(t, 2, n, epochs, 1)
	for s := range alone {
		if err := alone[s].Descent.Run(t.Context(), alone[s].Points, 2, alone[s].Edges); err != nil {
			t.Fatal(err)
		}
	}
	for _, sets := range [][]Set{free, drawn} {
		if err := (&Alignment{Sets: sets}).Run(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
	}
	for s := range alone {
		if !slices.Equal(alone[s].Points, free[s].Points) {
			t.Errorf("set %d moves otherwise than alone", s)
		}
	}
	if with, without := apart(drawn), apart(free); !(with < .1*without) {
		t.Errorf("sets are %v apart where they draw each other, and %v else", with, without)
	}
}

func TestAlignmentHasTheSameBitsOnAnyCores(t *testing.T) {
	var want []Set
	for _, procs := range testenv.Cores() {
		sets := rings(t, 3, 200, 5, .2)
		old := runtime.GOMAXPROCS(procs)
		err := (&Alignment{Sets: sets}).Run(t.Context(), 2)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = sets
		}
		for s := range sets {
			if !slices.Equal(sets[s].Points, want[s].Points) {
				t.Errorf("set %d has other bits on %d cores", s, procs)
			}
		}
	}
}

// Who watches sees every epoch once, with the points of all sets.
func TestAlignmentIsWatched(t *testing.T) {
	const n, epochs = 60, 30
	plain := rings(t, 2, n, epochs, .1)
	if err := (&Alignment{Sets: plain}).Run(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	sets := rings(t, 2, n, epochs, .1)
	for s := range sets {
		sets[s].Descent.Loss = func(context.Context, []float32) (float64, error) { return float64(4 * s), nil }
	}
	done := 0
	ctx := watch.With(t.Context(), func(e watch.Event) {
		if done++; e.Stage != "two rings" || e.Done != done || e.Total != epochs {
			t.Errorf("event %d: %q, %d of %d", done, e.Stage, e.Done, e.Total)
		}
		if seen := done == 25; seen != (e.Loss == 2) || !seen && !math.IsNaN(e.Loss) {
			t.Errorf("epoch %d: loss %v", done, e.Loss)
		}
		y := e.Layout()
		if r, c := y.Dims(); r != 2*n || c != 2 || y.At(n, 1) != float64(sets[1].Points[1]) {
			t.Errorf("the layout is %d × %d", r, c)
		}
		y.Zero()
	})
	if err := (&Alignment{Sets: sets, Stage: "two rings"}).Run(ctx, 2); err != nil || done != epochs {
		t.Fatalf("%d of %d events: %v", done, epochs, err)
	}
	for s := range sets {
		if !slices.Equal(sets[s].Points, plain[s].Points) {
			t.Error("watched, points go elsewhere")
		}
	}
}

// An error of one set, or a cancel, ends all, and leaves no goroutine.
func TestAlignmentEndsWhenOneSetDoes(t *testing.T) {
	before := runtime.NumGoroutine()
	failure := errors.New("failure")
	for when := range 3 {
		sets := rings(t, 3, 300, 1000, .1)
		ctx, cancel := context.WithCancel(t.Context())
		want := failure
		if when == 2 {
			want = context.Canceled
		}
		sets[when].Descent.Before = func(epoch int, _ []float32) error {
			switch {
			case epoch < 5:
				return nil
			case when == 2:
				cancel()
				return nil
			}
			return failure
		}
		if err := (&Alignment{Sets: sets}).Run(ctx, 2); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		cancel()
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left of %d", runtime.NumGoroutine(), before)
}

func TestAlignmentSaysWhatDoesNotFit(t *testing.T) {
	testenv.Unraced(t)
	for name, wrong := range map[string]func(sets []Set){
		"half a point":         func(s []Set) { s[0].Points = s[0].Points[1:] },
		"no edges":             func(s []Set) { s[1].Edges = nil },
		"other epochs":         func(s []Set) { s[1].Descent.Epochs++ },
		"another rate":         func(s []Set) { s[1].Descent.Rate = 2 },
		"anchors":              func(s []Set) { s[0].Descent.Anchors = s[1].Points },
		"a link to itself":     func(s []Set) { s[0].Links[0].To = 0 },
		"a link to nobody":     func(s []Set) { s[0].Links[0].To = 2 },
		"two links":            func(s []Set) { s[0].Links = append(s[0].Links, s[0].Links[0]) },
		"few images":           func(s []Set) { s[0].Links[0].Images = make([]int32, 3) },
		"an image too far":     func(s []Set) { s[0].Links[0].Images = append(make([]int32, 19), 20) },
		"a weight below 0":     func(s []Set) { s[0].Links[0].Weights = append(make([]float32, 19), -1) },
		"a weight without end": func(s []Set) { s[0].Links[0].Weights = append(make([]float32, 19), float32(math.Inf(1))) },
		"forces":               func(s []Set) { s[1].Descent.Pull = nil },
	} {
		sets := rings(t, 2, 20, 3, 1)
		wrong(sets)
		var param *mat32.ParamError
		if err := (&Alignment{Sets: sets}).Run(t.Context(), 2); !errors.As(err, &param) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var param *mat32.ParamError
	if err := new(Alignment).Run(t.Context(), 0); !errors.As(err, &param) {
		t.Errorf("no dimensions: %v", err)
	}
	if err := new(Alignment).Run(t.Context(), 2); err != nil {
		t.Errorf("no sets: %v", err)
	}
}
