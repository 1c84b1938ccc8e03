package affinity_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/tests/golden"
)

type supervised struct {
	Rows, Neighbors int
	Weight          float64
	Labels          []int
	Targets         []float64
	Heads, Tails    []int
	Weights         []float64
}

// Weights that respect labels and numbers are those of umap-learn, which computes in
// float32.
func TestIntersectionsAgainstUmapLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct{ Labels, Targets []supervised }
	golden.Load(t, "umapsupervised", &file)
	if len(file.Labels) < 3 || len(file.Targets) < 3 {
		t.Fatalf("the golden file has %d and %d", len(file.Labels), len(file.Targets))
	}
	for _, want := range append(file.Labels, file.Targets...) {
		x := mat.DenseCopyOf(datasets.Digits().X)
		_, d := x.Dims()
		s := weigh(t, affinity.FuzzySet{}, x.Slice(0, want.Rows, 0, d))
		var err error
		if want.Labels != nil {
			far := 1e12
			if want.Weight < 1 {
				far = 2.5 / (1 - want.Weight)
			}
			s, err = s.IntersectLabels(t.Context(), want.Labels, far)
		} else {
			s, err = s.Intersect(t.Context(), weigh(t, affinity.FuzzySet{Neighbors: want.Neighbors}, mat.NewDense(want.Rows, 1, want.Targets)), want.Weight)
		}
		if err != nil {
			t.Fatal(err)
		}
		if !s.Symmetric() {
			t.Error("weights are not symmetric")
		}
		count := 0
		for k, w := range want.Weights {
			if w < 1e-6 { // where float32 has lost digits of what it multiplied
				continue
			}
			count++
			if got := s.At(want.Heads[k], want.Tails[k]); math.Abs(got-w) > 1e-4 {
				t.Errorf("labels %v, weight %v: rows %d and %d weigh %v, want %v", want.Labels != nil, want.Weight, want.Heads[k], want.Tails[k], got, w)
			}
		}
		if count < 200 {
			t.Errorf("%d weights are compared", count)
		}
		for i := range want.Rows {
			columns, weights := s.Row(i)
			for k, w := range weights {
				if w > 1e-4 && int(columns[k]) > i {
					count--
				}
				if w <= 0 || w > 1 || s.At(int(columns[k]), i) != w {
					t.Fatalf("rows %d and %d weigh %v", i, columns[k], w)
				}
			}
		}
		if count < 0 {
			t.Errorf("labels %v, weight %v: %d pairs too many are weighed", want.Labels != nil, want.Weight, -count)
		}
	}
}

// Labels that are infinitely far apart leave no weight between them, and tell of rows that
// this leaves without any; the result is the same on any number of cores.
func TestIntersectLabels(t *testing.T) {
	x := fixture.Normal(1, 300, 3)
	labels := make([]int, 300)
	for i := range labels {
		labels[i] = i%3 - 1
	}
	labels[7] = 9
	s := weigh(t, affinity.FuzzySet{Neighbors: 6}, x)
	apart, err := s.IntersectLabels(t.Context(), labels, math.Inf(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		columns, weights := apart.Row(i)
		largest := 0.
		for k, j := range columns {
			if labels[i] >= 0 && labels[j] >= 0 && labels[i] != labels[j] {
				t.Errorf("rows %d and %d weigh %v", i, j, weights[k])
			}
			largest = max(largest, weights[k])
		}
		if largest != 1 && len(columns) > 0 {
			t.Errorf("row %d has the largest weight %v", i, largest)
		}
	}
	only := make([]int, 300)
	only[7] = 1
	alone, err := s.IntersectLabels(t.Context(), only, math.Inf(1))
	if err != nil || !strings.Contains(strings.Join(alone.Notes, "\n"), "1 rows are near to none that they may be joined to, row 7 among them") {
		t.Errorf("%v, notes %q", err, alone.Notes)
	}
	both, err := s.Intersect(t.Context(), weigh(t, affinity.FuzzySet{Neighbors: 9}, fixture.Normal(2, 300, 1)), .3)
	if err != nil {
		t.Fatal(err)
	}
	for _, cores := range testenv.Cores() {
		before := runtime.GOMAXPROCS(cores)
		a, errA := s.IntersectLabels(t.Context(), labels, math.Inf(1))
		b, errB := s.Intersect(t.Context(), weigh(t, affinity.FuzzySet{Neighbors: 9}, fixture.Normal(2, 300, 1)), .3)
		runtime.GOMAXPROCS(before)
		if errA != nil || errB != nil || a.Fingerprint() != apart.Fingerprint() || b.Fingerprint() != both.Fingerprint() {
			t.Errorf("on %d cores the weights are others: %v, %v", cores, errA, errB)
		}
	}
}

func TestIntersectionsRefuse(t *testing.T) {
	s := weigh(t, affinity.FuzzySet{Neighbors: 4}, fixture.Normal(1, 20, 3))
	other := weigh(t, affinity.FuzzySet{Neighbors: 4}, fixture.Normal(1, 21, 3))
	oneWay, err := affinity.NewSparse(2, []int{0, 1, 1}, []int32{1}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	low := make([]int, 20)
	low[3] = -2
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, f := range map[string]func() (*affinity.Sparse, error){
		"labels": func() (*affinity.Sparse, error) { return s.IntersectLabels(t.Context(), make([]int, 19), 1) },
		"low":    func() (*affinity.Sparse, error) { return s.IntersectLabels(t.Context(), low, 1) },
		"far":    func() (*affinity.Sparse, error) { return s.IntersectLabels(t.Context(), make([]int, 20), math.NaN()) },
		"oneWay": func() (*affinity.Sparse, error) { return oneWay.IntersectLabels(t.Context(), make([]int, 2), 1) },
		"t":      func() (*affinity.Sparse, error) { return s.Intersect(t.Context(), other, .5) },
		"nil":    func() (*affinity.Sparse, error) { return s.Intersect(t.Context(), nil, .5) },
		"mix":    func() (*affinity.Sparse, error) { return s.Intersect(t.Context(), s, 1.5) },
	} {
		var pe *mat32.ParamError
		if got, err := f(); !errors.As(err, &pe) || got != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Intersect(canceled, s, .5); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
