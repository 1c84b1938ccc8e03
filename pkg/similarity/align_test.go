package similarity

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
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// turnedCopy returns x turned and stretched, with noise.
func turnedCopy(t *testing.T, x *mat.Dense, noise float64) *mat.Dense {
	t.Helper()
	n, d := x.Dims()
	y, e := new(mat.Dense), fixture.Normal(55, n, d)
	y.Mul(x, rotation(t, d))
	y.Scale(3.7, y)
	e.Scale(noise, e)
	y.Add(y, e)
	return y
}

// Relative coordinates are the same after a rotation and a rescaling, to 1e-12, where the
// coordinates themselves have nothing to do with each other any more.
func TestRelativeIsInvariant(t *testing.T) {
	x := fixture.Normal(1, 120, 16)
	y := turnedCopy(t, x, 0)
	rows := []int{3, 17, 55, 80, 119}
	a, errA := Relative{}.Of(t.Context(), x, mat32.Select(x, rows))
	b, errB := Relative{}.Of(t.Context(), y, mat32.Select(y, rows))
	if err := errors.Join(errA, errB); err != nil || !mat.EqualApprox(a, b, 1e-12) {
		t.Errorf("%v, or the coordinates differ", err)
	}
	for i := range 120 {
		want := 0.
		for j := range 16 {
			want += x.At(i, j) * x.At(17, j)
		}
		want /= mat.Norm(x.RowView(i), 2) * mat.Norm(x.RowView(17), 2)
		if math.Abs(a.At(i, 1)-want) > 1e-14 {
			t.Fatalf("row %d: %v, want %v", i, a.At(i, 1), want)
		}
	}
}

// A row finds its counterpart of another seed by relative coordinates, and by chance by
// absolute ones (Moschella et al., 2023); more anchors find more.
func TestRelativeRetrieval(t *testing.T) {
	x := fixture.Normal(2, 150, 16)
	y := turnedCopy(t, x, .2)
	absolute, err := MatchAccuracy(t.Context(), x, y, 1)
	if err != nil || absolute.Value > .05 {
		t.Errorf("absolute: %v, %v", absolute, err)
	}
	for r := RandomAnchors; r <= KMeansAnchors; r++ {
		var before float64
		for _, count := range []int{2, 10, 60} {
			got, err := Relative{Choose: Anchors{Rule: r, Count: count}}.Agree(t.Context(), x, y)
			if err != nil || len(got.Anchors) != count || got.MRR < before {
				t.Fatalf("%v, %d anchors: %v, %v", r, count, got, err)
			}
			before = got.MRR
			if count == 60 && (got.MRR < .95 || got.Accuracy < .95 || got.Cosine < .95 || got.Jaccard < .6) {
				t.Errorf("%v: %v", r, got)
			}
		}
	}
	s, err := Relative{Choose: Anchors{Count: 60}}.Compare(t.Context(), x, y)
	if err != nil || len(s.PerRow) != 150 || math.Abs(mean(s.PerRow)-s.Value) > 1e-15 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestAnchors(t *testing.T) {
	x := fixture.Normal(3, 80, 4)
	for i := range 40 { // pairs of equal rows
		x.SetRow(2*i, x.RawRowView(2*i+1))
	}
	for r := RandomAnchors; r <= KMeansAnchors; r++ {
		a := Anchors{Rule: r, Count: 12, Seed: 4}
		got, err := a.Choose(t.Context(), x)
		if err != nil || len(got) != 12 || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != 12 {
			t.Fatalf("%v: %v, %v", r, got, err)
		}
		old := runtime.GOMAXPROCS(1)
		one, _ := a.Choose(t.Context(), x)
		runtime.GOMAXPROCS(old)
		if !slices.Equal(one, got) {
			t.Errorf("%v: %v on one core, %v on all", r, one, got)
		}
		a.Seed = 5
		if other, _ := a.Choose(t.Context(), x); slices.Equal(other, got) {
			t.Errorf("%v: another seed chooses the same", r)
		}
		a.Count = 80
		all, err := a.Choose(t.Context(), x)
		if want := map[AnchorRule]int{RandomAnchors: 80, FarthestAnchors: 40}[r]; err != nil || want > 0 && len(all) != want || len(all) < 35 {
			t.Errorf("%v of all: %d, %v", r, len(all), err)
		}
	}
	// The farthest cover the data: no row is farther from them than they from each other.
	line := mat.NewDense(9, 1, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8})
	got, err := Anchors{Rule: FarthestAnchors, Count: 3}.Choose(t.Context(), line)
	if err != nil || !slices.Contains(got, 0) && !slices.Contains(got, 8) {
		t.Errorf("%v, %v", got, err)
	}
	var param *mat32.ParamError
	for _, a := range []Anchors{{Count: 81}, {Count: -1}, {Rule: 3}} {
		if _, err := a.Choose(t.Context(), x); !errors.As(err, &param) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	for _, r := range []Relative{{Anchors: []int{80}}, {Anchors: []int{}}, {Choose: Anchors{Count: 81}}, {Neighbors: 80}} {
		if _, err := r.Agree(t.Context(), x, x); !errors.As(err, &param) || param.Method != relative {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// Ties stand in the middle of their equals.
func TestMatchAccuracy(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 0, 1, 0, 0, 1, -1, 0})
	for within, want := range map[int]float64{1: .5, 2: 1} {
		if s, err := MatchAccuracy(t.Context(), x, x, within); err != nil || s.Value != want {
			t.Errorf("within %d: %v, %v, want %v", within, s.Value, err, want)
		}
	}
	var param *mat32.ParamError
	var shape *mat32.ShapeError
	if _, err := MatchAccuracy(t.Context(), x, x, 5); !errors.As(err, &param) {
		t.Errorf("within 5 of 4: %v", err)
	}
	if _, err := MatchAccuracy(t.Context(), x, mat.NewDense(4, 3, nil), 1); !errors.As(err, &shape) {
		t.Errorf("of other columns: %v", err)
	}
}

// Matching peaks near the dimension of what two views share, far above the full space
// (Hadgi et al., 2025), and is chance where rows are not paired.
func TestSubspaceAlignPeaks(t *testing.T) {
	testenv.Unraced(t)
	for seed := range uint64(3) {
		x, y, err := datasets.TwoView{Rows: 600, Shared: 8, Seed: seed}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		c, err := SubspaceAlign{Seed: seed}.Sweep(t.Context(), x.X, y.X, []int{1, 2, 4, 6, 8, 10, 12, 16, 24, 40})
		if err != nil {
			t.Fatal(err)
		}
		k, best := c.Best()
		first, last := c.Accuracy[0], c.Accuracy[len(c.Accuracy)-1]
		if k < 6 || k > 12 || best < last+.1 || best < first+.4 || best < c.FullSpace+.3 {
			t.Errorf("seed %d: %v", seed, c)
		}
		if len(c.Correlations) != 40 || c.Correlations[7] < .8 || c.Correlations[8] > .7 {
			t.Errorf("canonical correlations %.3f", c.Correlations)
		}
		n, _ := y.X.Dims()
		unpaired := mat.NewDense(n, 40, nil)
		for i := range n {
			unpaired.SetRow(i, y.X.RawRowView((i*7+1)%n))
		}
		s, err := SubspaceAlign{Components: 8, Seed: seed}.Compare(t.Context(), x.X, unpaired)
		if err != nil || s.Value > .03 {
			t.Errorf("seed %d, not paired: %v, %v", seed, s, err)
		}
	}
}

// Another seed finds the directions by other rows, and matches others.
func TestSubspaceAlignSeeds(t *testing.T) {
	x, y, err := datasets.TwoView{Rows: 200}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	a, errA := SubspaceAlign{Components: 6}.Compare(t.Context(), x.X, y.X)
	b, errB := SubspaceAlign{Components: 6, Seed: 1}.Compare(t.Context(), x.X, y.X)
	if err := errors.Join(errA, errB); err != nil || a.Value == b.Value || !(a.StdErr > 0) {
		t.Errorf("%v, %v, %v", a, b, err)
	}
}

// More columns than rows, one column, few rows.
func TestSubspaceAlignShapes(t *testing.T) {
	x := fixture.Normal(1, 30, 50)
	for _, c := range []struct{ x, y mat.Matrix }{
		{x, turnedCopy(t, x, 0)}, {x.Slice(0, 30, 0, 1), x}, {x.Slice(0, 4, 0, 2), x.Slice(0, 4, 1, 5)}, {x.Slice(0, 5, 0, 50), x.Slice(0, 5, 0, 1)},
	} {
		s, err := SubspaceAlign{}.Compare(t.Context(), c.x, c.y)
		if err != nil || !(s.Value >= 0 && s.Value <= 1) {
			t.Errorf("%v, %v", s, err)
		}
	}
	var param *mat32.ParamError
	for _, a := range []SubspaceAlign{{Train: 1}, {Train: math.NaN()}, {Within: 16}, {Components: -1}} {
		if _, err := a.Compare(t.Context(), x, x); !errors.As(err, &param) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (SubspaceAlign{}).Sweep(ctx, x, x, []int{1}); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}
