package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

type scorer interface {
	Estimate(context.Context, mat.Matrix) (measure.Score, error)
}

func score(t *testing.T, e scorer, x mat.Matrix) measure.Score {
	t.Helper()
	s, err := e.Estimate(context.Background(), x)
	if err != nil {
		t.Fatalf("%T: %v", e, err)
	}
	return s
}

// The values of the definition on the fixtures A, B and C.
func TestDiffusionSpectralEntropyOfFixtures(t *testing.T) {
	testenv.Unraced(t)
	for i, x := range []*mat.Dense{fixture.A(), fixture.B(), fixture.C()} {
		for _, c := range []struct {
			sigma float64
			first bool
			want  [3]float64
		}{
			{0, false, [3]float64{.0484171809, 0, .100351429}},
			{1, false, [3]float64{2.02617356, 8.99077767, 3.07021242}},
			{1, true, [3]float64{3.39205167573, 0, 3.58565037446}},
		} {
			if c.want[i] == 0 {
				continue // one value of these 1000 rows is enough
			}
			got := score(t, intrinsic.DiffusionSpectralEntropy{Sigma: c.sigma, DropFirst: c.first}, x).Value
			near(t, fmt.Sprintf("σ = %v, first dropped %v, on %c", c.sigma, c.first, "ABC"[i]), got, c.want[i], 1e-8)
		}
	}
}

// Two rows at a distance r have the eigenvalues 1 and (1−g)/(1+g), g = exp(−r²/2σ²).
func TestDiffusionSpectralEntropyOfTwoRows(t *testing.T) {
	for _, power := range []float64{.5, 1, 2, 7} {
		g := math.Exp(-25. / 18)
		p := 1 / (1 + math.Pow((1-g)/(1+g), power))
		want := -p*math.Log2(p) - (1-p)*math.Log2(1-p)
		e := intrinsic.DiffusionSpectralEntropy{Sigma: 3, Power: power}
		near(t, "two rows", score(t, e, mat.NewDense(2, 2, []float64{0, 1, 3, 5})).Value, want, 1e-13)
	}
	e := intrinsic.DiffusionSpectralEntropy{Sigma: 1e-3}
	near(t, "rows far apart", score(t, e, fixture.Normal(1, 32, 3)).Value, 5, 1e-12)
	if got := score(t, e, mat.NewDense(9, 2, nil)).Value; got != 0 {
		t.Errorf("equal rows: %v", got)
	}
	e.DropFirst = true
	if _, err := e.Estimate(context.Background(), mat.NewDense(9, 2, nil)); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("nothing beside the first: %v", err)
	}
}

// noisy returns rows of a dimension in twenty columns, with noise in all of them.
func noisy(seed uint64, dim int, noise float64) *mat.Dense {
	const n, d = 300, 20
	x := fixture.Normal(seed+1, n, d)
	x.Scale(noise, x)
	u := fixture.Uniform(seed, n, dim)
	for i := range n {
		for j := range dim {
			x.Set(i, j, x.At(i, j)+4*u.At(i, j))
		}
	}
	return x
}

// The entropy grows with the dimension and holds under noise, where that of bins is
// at log₂ n whatever the dimension.
func TestDiffusionSpectralEntropyGrowsAndHolds(t *testing.T) {
	testenv.Unraced(t)
	e := intrinsic.DiffusionSpectralEntropy{Sigma: 1.5, Power: 2}
	most := math.Log2(300)
	for seed := range uint64(2) {
		last := 0.
		for dim := 1; dim <= 4; dim++ {
			clean, blurred := noisy(10*seed, dim, 0), noisy(10*seed, dim, .1)
			got := score(t, e, clean).Value
			if got < last+.3 {
				t.Errorf("seed %d: %v in dimension %d after %v", seed, got, dim, last)
			}
			last = got
			if noise := score(t, e, blurred).Value; math.Abs(noise-got) > .1 {
				t.Errorf("seed %d, dimension %d: %v, with noise %v", seed, dim, got, noise)
			}
			if b := score(t, intrinsic.BinnedEntropy{}, blurred).Value; math.Abs(b-most) > 1e-9 {
				t.Errorf("seed %d, dimension %d: bins %v", seed, dim, b)
			}
			if b := score(t, intrinsic.BinnedEntropy{}, clean).Value; dim == 1 && b > most-2 {
				t.Errorf("seed %d: bins of one clean dimension: %v", seed, b)
			}
		}
	}
}

// Labels that are corrupted have less to do with the rows.
func TestDiffusionSpectralMIFallsAsLabelsAreCorrupted(t *testing.T) {
	testenv.Unraced(t)
	const n = 240
	for seed := range uint64(3) {
		x := fixture.Normal(seed, n, 5)
		labels := make([]int, n)
		for i := range labels {
			labels[i] = i % 4
			x.Set(i, i%4, x.At(i, i%4)+8)
		}
		wrong := fixture.Uniform(seed+100, n, 2)
		last := math.Inf(1)
		for _, share := range []float64{0, .25, .5, 1} {
			corrupted := slices.Clone(labels)
			for i := range corrupted {
				if wrong.At(i, 0) < share {
					corrupted[i] = int(4 * wrong.At(i, 1))
				}
			}
			s := score(t, intrinsic.DiffusionSpectralMI{Labels: corrupted, Sigma: 3, Seed: seed}, x)
			if s.Value > last-.1 || !(s.StdErr > 0 && s.StdErr < .2) {
				t.Errorf("seed %d, %v corrupted: %v after %v", seed, share, s, last)
			}
			if share == 1 && math.Abs(s.Value) > .12 {
				t.Errorf("seed %d: labels of nothing tell %v", seed, s)
			}
			last = s.Value
		}
		one := score(t, intrinsic.DiffusionSpectralMI{Labels: make([]int, n)}, x)
		if one.Value != 0 || one.StdErr != 0 {
			t.Errorf("a single class: %v", one)
		}
	}
}

func TestScoresOfLabelsPassUnknownOnesOver(t *testing.T) {
	x := fixture.Normal(1, 60, 3)
	part := mat.DenseCopyOf(x.Slice(0, 40, 0, 3))
	labels := make([]int, 60)
	for i := range labels {
		labels[i] = i % 3
		if i >= 40 {
			labels[i] = -1
		}
	}
	want := score(t, intrinsic.DiffusionSpectralMI{Labels: labels[:40], Sigma: 1}, part)
	got := score(t, intrinsic.DiffusionSpectralMI{Labels: labels, Sigma: 1}, x)
	if got.Value != want.Value || got.Rows != 40 || len(got.Notes) != 1 {
		t.Errorf("%v, without them %v", got, want)
	}
	sharp, same := score(t, intrinsic.LabelSharpness{Labels: labels}, x), score(t, intrinsic.LabelSharpness{Labels: labels[:40]}, part)
	if sharp.Value != same.Value || sharp.Rows != 40 || len(sharp.Notes) != 2 || sharp.PerRow[50] == sharp.PerRow[50] {
		t.Errorf("%v, without them %v", sharp, same)
	}
	var param *mat32.ParamError
	for _, bad := range [][]int{nil, labels[:59], append(slices.Clone(labels[:59]), -2)} {
		for _, e := range []scorer{intrinsic.DiffusionSpectralMI{Labels: bad}, intrinsic.LabelSharpness{Labels: bad}} {
			if _, err := e.Estimate(context.Background(), x); !errors.As(err, &param) || param.Param != "Labels" {
				t.Errorf("%T of %d labels: %v", e, len(bad), err)
			}
		}
	}
	unknown := slices.Repeat([]int{-1}, 60)
	for _, e := range []scorer{intrinsic.DiffusionSpectralMI{Labels: unknown}, intrinsic.LabelSharpness{Labels: unknown}} {
		if _, err := e.Estimate(context.Background(), x); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%T without a label: %v", e, err)
		}
	}
}

func TestLabelSharpnessIsTheSteepestPair(t *testing.T) {
	x := fixture.Normal(3, 80, 4)
	labels, targets := make([]int, 80), make([]float64, 80)
	for i := range labels {
		labels[i], targets[i] = i%5, math.Sin(float64(i))
	}
	var class, number float64
	for i := range 80 {
		for j := range i {
			var v mat.VecDense
			v.SubVec(x.RowView(i), x.RowView(j))
			if i%5 != j%5 {
				class = max(class, 1/mat.Norm(&v, 2))
			}
			number = max(number, math.Abs(targets[i]-targets[j])/mat.Norm(&v, 2))
		}
	}
	s := score(t, intrinsic.LabelSharpness{Labels: labels}, x)
	near(t, "classes", s.Value, class, 1e-14)
	if s.StdErr != 0 || slices.Max(s.PerRow) != s.Value || !strings.Contains(s.Notes[0], "steepest") {
		t.Errorf("%v", s)
	}
	near(t, "numbers", score(t, intrinsic.LabelSharpness{Targets: targets}, x).Value, number, 1e-14)
	// Data of twice the size are half as steep; a sample bounds the number from below.
	var twice mat.Dense
	twice.Scale(2, x)
	near(t, "twice", score(t, intrinsic.LabelSharpness{Labels: labels}, &twice).Value, class/2, 1e-14)
	part := score(t, intrinsic.LabelSharpness{Labels: labels, Sample: 30, Seed: 1}, x)
	if !(part.Value > 0 && part.Value <= class) || part.StdErr == part.StdErr || part.Rows != 30 {
		t.Errorf("a sample: %v", part)
	}
	if got := score(t, intrinsic.LabelSharpness{Labels: make([]int, 80)}, x).Value; got != 0 {
		t.Errorf("one class: %v", got)
	}
	x.SetRow(7, x.RawRowView(3))
	if _, err := (intrinsic.LabelSharpness{Labels: labels}).Estimate(context.Background(), x); !errors.As(err, new(*mat32.DegenerateError)) || !strings.Contains(err.Error(), "rows 3 and 7") {
		t.Errorf("equal rows of two classes: %v", err)
	}
	labels[7] = labels[3]
	score(t, intrinsic.LabelSharpness{Labels: labels}, x)
	var param *mat32.ParamError
	for _, l := range []intrinsic.LabelSharpness{{Labels: labels, Targets: targets}, {Targets: targets[1:]}, {Targets: append(targets[1:], math.NaN())}} {
		if _, err := l.Estimate(context.Background(), x); !errors.As(err, &param) || param.Param != "Targets" {
			t.Error(err)
		}
	}
}

func TestScoresHaveTheSameBitsOnAnyCores(t *testing.T) {
	x := fixture.Normal(5, 150, 4)
	labels := make([]int, 150)
	for i := range labels {
		labels[i] = i % 3
	}
	for _, e := range []scorer{intrinsic.DiffusionSpectralEntropy{Sigma: 1}, intrinsic.DiffusionSpectralMI{Labels: labels, Sigma: 1}, intrinsic.LabelSharpness{Labels: labels, Sample: 100}} {
		var want measure.Score
		for i, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			got := score(t, e, x)
			runtime.GOMAXPROCS(old)
			if i == 0 {
				want = got
			} else if got.Value != want.Value || got.String() != want.String() {
				t.Errorf("%T on %d cores: %v, want %v", e, procs, got, want)
			}
		}
	}
}

// Rows on many segments that point everywhere fill the space as a whole and are
// one-dimensional each: the local dimension tells, the effective rank does not.
func TestLocalCollapseIsSeenByLocalDimension(t *testing.T) {
	testenv.Unraced(t)
	const patches, each, d = 40, 25, 20
	collapsed := mat.NewDense(patches*each, d, nil)
	centers, ways, along := fixture.Normal(1, patches, d), fixture.Normal(2, patches, d), fixture.Normal(3, patches*each, 1)
	for i := range patches * each {
		for j := range d {
			collapsed.Set(i, j, 6*centers.At(i%patches, j)+ways.At(i%patches, j)*along.At(i, 0))
		}
	}
	healthy := fixture.Normal(4, patches*each, d)
	rank := func(x *mat.Dense) float64 {
		var pc mat.SVD
		c := mat.DenseCopyOf(x)
		for j := range d {
			mean := mat.Sum(c.ColView(j)) / float64(patches*each)
			for i := range patches * each {
				c.Set(i, j, c.At(i, j)-mean)
			}
		}
		pc.Factorize(c, mat.SVDNone)
		r, err := spectrum.EffectiveRank(pc.Values(nil))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	local := func(x *mat.Dense) float64 { return estimate(t, intrinsic.MLE{Neighbors: 10}, x).Value }
	if a, b := rank(collapsed), rank(healthy); a < .9*b || a < 17 {
		t.Errorf("effective rank %v after the collapse, %v before", a, b)
	}
	if a, b := local(collapsed), local(healthy); a > 1.6 || b < 8 {
		t.Errorf("local dimension %v after the collapse, %v before", a, b)
	}
}

func ExampleDiffusionSpectralEntropy() {
	s, err := intrinsic.DiffusionSpectralEntropy{Sigma: 1}.Estimate(context.Background(), fixture.C())
	fmt.Println(s)
	fmt.Println(err)
	// Output:
	// diffusion spectral entropy  3.070
	//   rows        500
	//   convention  bits, Gaussian kernel σ = 1, t = 1, all eigenvalues
	// <nil>
}

func ExampleDiffusionSpectralMI() {
	x := fixture.Normal(1, 60, 2)
	labels := make([]int, 60)
	for i := range labels {
		labels[i] = i % 2
		x.Set(i, 0, x.At(i, 0)+9*float64(i%2))
	}
	s, err := intrinsic.DiffusionSpectralMI{Labels: labels, Sigma: 2}.Estimate(context.Background(), x)
	fmt.Println(s)
	fmt.Println(err)
	// Output:
	// diffusion spectral mutual information  0.923 ± 0.025
	//   rows        60
	//   convention  bits, Gaussian kernel σ = 2, t = 1, all eigenvalues, against 5 sets of
	//               any class
	// <nil>
}

func ExampleBinnedEntropy() {
	s, err := intrinsic.BinnedEntropy{Bins: 2}.Estimate(context.Background(), mat.NewDense(4, 1, []float64{0, .1, .2, 9}))
	fmt.Printf("%.4f %v\n", s.Value, err)
	// Output: 0.8113 <nil>
}

func ExampleLabelSharpness() {
	x := mat.NewDense(4, 1, []float64{0, 1, 1.5, 4})
	s, err := intrinsic.LabelSharpness{Labels: []int{0, 0, 1, 1}}.Estimate(context.Background(), x)
	fmt.Println(s)
	fmt.Println(err)
	// Output:
	// label sharpness  2.000
	//   rows        4
	//   convention  largest |y−y′|/‖x−x′‖, classes that differ are 1 apart
	//   note        the steepest pair is rows 1 and 2
	// <nil>
}
