package dr_test

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// overlapping returns rows of two classes that are as far apart as they are wide, and the
// classes.
func overlapping(seed uint64, n int, shift float64) (*mat.Dense, []int) {
	x := fixture.Normal(seed, n, 5)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % 2
		x.Set(i, 0, x.At(i, 0)+shift*float64(labels[i]))
	}
	return x, labels
}

// parted returns how far points of some rows are from those of other labels, over how far
// they are from those of the same.
func parted(y mat.Matrix, labels []int, of func(i int) bool) float64 {
	var sum, count [2]float64
	n, _ := y.Dims()
	for i := range n {
		for j := range i {
			if !of(i) || !of(j) {
				continue
			}
			same := 0
			if labels[i] == labels[j] {
				same = 1
			}
			sum[same] += math.Hypot(y.At(i, 0)-y.At(j, 0), y.At(i, 1)-y.At(j, 1))
			count[same]++
		}
	}
	return sum[0] / count[0] / (sum[1] / count[1])
}

func everyRow(int) bool { return true }

// Labels part classes that overlap; on average over seeds the more, the larger their
// weight, until no edge joins two classes: then it is chance how far they are apart.
func TestUMAPPartsLabels(t *testing.T) {
	testenv.Unraced(t)
	const seeds = 5
	var mean [4]float64
	for seed := range uint64(seeds) {
		x, labels := overlapping(seed, 240, 2)
		for k, u := range []dr.UMAP{{}, {Labels: labels, TargetWeight: dr.Zero}, {Labels: labels}, {Labels: labels, TargetWeight: 1}} {
			u.Epochs, u.Seed = 200, seed
			mean[k] += parted(umapOf(t, u, x), labels, everyRow) / seeds
		}
	}
	t.Logf("classes are %.2f times as far apart", mean)
	if mean[0] > 2 || mean[1] < 1.5*mean[0] || mean[2] < 4 || mean[2] < 1.5*mean[1] || mean[3] < .8*mean[2] {
		t.Errorf("without labels, and with labels of weights 0, ½ and 1, classes are %.2f times as far apart", mean)
	}
}

// Targets order the map where the rows do not tell of them.
func TestUMAPFollowsTargets(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 240, 4)
	targets := fixture.Uniform(2, 240, 1)
	near := func(u dr.UMAP) float64 { // how much the targets of the nearest points differ
		u.Epochs = 200
		y := umapOf(t, u, x)
		sum := 0.
		for i := range 240 {
			best, at := math.Inf(1), 0
			for j := range 240 {
				if d := math.Hypot(y.At(i, 0)-y.At(j, 0), y.At(i, 1)-y.At(j, 1)); d < best && j != i {
					best, at = d, j
				}
			}
			sum += math.Abs(targets.At(i, 0) - targets.At(at, 0))
		}
		return sum / 240
	}
	plain, with, most := near(dr.UMAP{}), near(dr.UMAP{Targets: targets}), near(dr.UMAP{Targets: targets, TargetWeight: .9, TargetNeighbors: 10})
	t.Logf("targets of the nearest points differ by %.3f, %.3f and %.3f", plain, with, most)
	if !(plain > .25) || !(with < .5*plain) || !(most < .5*plain) {
		t.Errorf("targets of the nearest points differ by %v, %v and %v", plain, with, most)
	}
}

func TestUMAPSupervisionRefuses(t *testing.T) {
	x := fixture.Normal(1, 30, 3)
	unknown, low := make([]int, 30), make([]int, 30)
	for i := range unknown {
		unknown[i] = -1
	}
	low[4] = -2
	for param, us := range map[string][]dr.UMAP{
		"Labels":          {{Labels: make([]int, 29)}, {Labels: unknown}, {Labels: low}, {Labels: []int{}}},
		"Targets":         {{Targets: fixture.Normal(1, 29, 1)}, {Targets: fixture.Normal(1, 30, 1), Labels: make([]int, 30)}},
		"TargetWeight":    {{TargetWeight: 1.5}, {TargetWeight: -1}, {TargetWeight: math.NaN()}},
		"TargetNeighbors": {{TargetNeighbors: 1}, {TargetNeighbors: 31}},
	} {
		for _, u := range us {
			var pe *mat32.ParamError
			if m, err := u.Fit(t.Context(), x); !errors.As(err, &pe) || pe.Param != param || m != nil {
				t.Errorf("%s: %v", param, err)
			}
		}
	}
	var de *mat32.DegenerateError
	if _, err := (dr.UMAP{Targets: mat.NewDense(30, 1, nil)}).Fit(t.Context(), x); !errors.As(err, &de) || !strings.Contains(err.Error(), "targets") {
		t.Errorf("equal targets: %v", err)
	}
	broken := fixture.Normal(2, 30, 1)
	broken.Set(3, 0, math.NaN())
	var ne *mat32.NotFiniteError
	if _, err := (dr.UMAP{Targets: broken}).Fit(t.Context(), x); !errors.As(err, &ne) {
		t.Errorf("a target that is no number: %v", err)
	}
}

// Supervised maps are the same on any number of cores; labels say in what groups rows are,
// not which number a group has; those of one class are taken.
func TestUMAPSupervisedIsTheSameOnAnyCores(t *testing.T) {
	x, labels := overlapping(1, 140, 2)
	renamed := make([]int, len(labels))
	for i, l := range labels {
		renamed[i] = 40 - 3*l
	}
	umapOf(t, dr.UMAP{Epochs: 2, Labels: make([]int, 140)}, x)
	for _, u := range []dr.UMAP{{Labels: labels}, {Targets: fixture.Normal(4, 140, 2), TargetWeight: .7}} {
		u.Epochs = 15
		want := umapOf(t, u, x)
		if u.Labels != nil {
			u.Labels = renamed
		}
		for _, cores := range testenv.Cores() {
			before := runtime.GOMAXPROCS(cores)
			got := umapOf(t, u, x)
			runtime.GOMAXPROCS(before)
			if !mat.Equal(got, want) {
				t.Errorf("on %d cores the map is another", cores)
			}
		}
	}
}
