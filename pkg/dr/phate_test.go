package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

func ExamplePHATE() {
	tree, err := datasets.Noise{Of: datasets.Tree{Rows: 100, Branches: 4, Dim: 10, Length: 10}, StdDev: .2}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	m, err := dr.PHATE{Seed: 1}.Fit(ctx, tree.X)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Embedding().Method, m.Time(), "steps")
	e, err := m.Transform(ctx, mat32.Select(tree.X, []int{3, 5}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Dims())
	// Output:
	// PHATE 12 steps
	// 2 2
}

func noisyTree(t testing.TB, rows int) *datasets.Dataset {
	d, err := datasets.Noise{Of: datasets.Tree{Rows: rows, Branches: 4, Dim: 10, Length: 10}, StdDev: .2}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func fitPHATE(t testing.TB, p dr.PHATE, x mat.Matrix) *dr.PHATEModel {
	t.Helper()
	m, err := p.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Landmarks give nearly the map of the rows themselves, and new rows land among those
// they are near to.
func TestPHATELandmarksAndNewRows(t *testing.T) {
	n := 400
	if testing.Short() {
		n = 60
	}
	d := noisyTree(t, n)
	whole := fitPHATE(t, dr.PHATE{Time: 12}, d.X)
	for _, p := range []dr.PHATE{{Time: 12}, {Time: 12, Landmarks: n / 3, Seed: 3}, {Time: 12, Components: 3, Landmarks: n / 2}, {Time: 12, Columns: 6}} {
		m := fitPHATE(t, p, d.X)
		e := m.Embedding()
		if s := geodesicRanks(d, e); s < .5 {
			t.Errorf("%v: rank correlation %.3f with the distances along the tree", e.Options, s)
		}
		if landmarks := m.Landmarks(); (landmarks != nil) != (p.Landmarks > 0) || landmarks != nil && len(landmarks) != n {
			t.Errorf("%v: %d rows have landmarks", e.Options, len(landmarks))
		}
		if !slices.Equal(rowOf(m.LandmarkLayout(), 0), rowOf(e, 0)) != (p.Landmarks > 0) {
			t.Errorf("%v: the layout of landmarks and the map do not fit", e.Options)
		}
		z, err := m.Transform(context.Background(), d.X)
		if err != nil {
			t.Fatal(err)
		}
		size, off := 0., 0.
		for i := range n {
			for c, v := range e.RawRowView(i) {
				size += v * v
				off += (v - z.At(i, c)) * (v - z.At(i, c))
			}
		}
		if off > .02*size {
			t.Errorf("%v: rows that are known land %.3f of the size of the map from their places", e.Options, math.Sqrt(off/size))
		}
	}
	if whole.Time() != 12 || whole.Entropies() != nil {
		t.Errorf("t = %d, %d entropies", whole.Time(), len(whole.Entropies()))
	}
}

// The scalings, and what potentials are, change the map, and Distances are what it keeps.
func TestPHATEKeepsDistancesOfPotentials(t *testing.T) {
	n := 90
	if testing.Short() {
		n = 40
	}
	d := noisyTree(t, n)
	ctx := context.Background()
	for _, p := range []dr.PHATE{{}, {Gamma: dr.Zero}, {Gamma: -1}, {Gamma: .5, Alpha: 1}, {Optimizer: dr.SMACOF}, {Scaling: dr.ClassicalScaling}, {Scaling: dr.NonMetricScaling}} {
		m := fitPHATE(t, p, d.X)
		kept, err := p.Distances(ctx, d.X)
		if err != nil {
			t.Fatal(err)
		}
		var off, size float64
		for i := range n {
			for j := range i {
				far := 0.
				for c, v := range m.Embedding().RawRowView(i) {
					far = math.Hypot(far, v-m.Embedding().At(j, c))
				}
				off += (far - kept.At(i, j)) * (far - kept.At(i, j))
				size += far * far
			}
		}
		stress := math.Sqrt(off / size)
		if p.Scaling != dr.NonMetricScaling && math.Abs(stress-m.Embedding().Objective) > 1e-6 {
			t.Errorf("%v: stress %v, and says %v", m.Embedding().Options, stress, m.Embedding().Objective)
		}
		if s := geodesicRanks(d, m.Embedding()); s < .4 {
			t.Errorf("%v: rank correlation %.3f with the distances along the tree", m.Embedding().Options, s)
		}
	}
}

// Weights and distances do for rows; new rows are refused then.
func TestPHATEOfWeightsAndDistances(t *testing.T) {
	d := noisyTree(t, 90)
	ctx := context.Background()
	want := fitPHATE(t, dr.PHATE{}, d.X).Embedding()
	s, err := affinity.AlphaDecay{}.Weigh(ctx, d.X)
	if err != nil {
		t.Fatal(err)
	}
	far, err := mat32.DistancesFrom(distancesOf(d.X))
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*dr.PHATEModel{"weights": fitPHATE(t, dr.PHATE{Affinity: s}, d.X), "distances": fitPHATE(t, dr.PHATE{}, far)} {
		if !mat.EqualApprox(m.Embedding(), want, 1e-6) {
			t.Errorf("%s: another map", name)
		}
		if _, err := m.Transform(ctx, d.X); !isA[*mat32.DegenerateError](err) {
			t.Errorf("%s: new rows: %v", name, err)
		}
	}
	if _, err := (dr.PHATE{Affinity: s}).Fit(ctx, fixture.Normal(1, 90, 10)); !isA[*mat32.ParamError](err) {
		t.Errorf("weights of other rows: %v", err)
	}
}

func TestPHATEBadInput(t *testing.T) {
	ctx := context.Background()
	apart := fixture.Normal(1, 60, 3)
	for i := range 30 {
		apart.Set(i, 0, apart.At(i, 0)+1e4)
	}
	m := fitPHATE(t, dr.PHATE{}, apart)
	if !strings.Contains(m.String(), "2 components") {
		t.Errorf("two parts: %v", m)
	}
	copies := mat.NewDense(40, 2, nil)
	for i := range 40 {
		copies.Set(i, 0, float64(i/20))
	}
	if m, err := (dr.PHATE{}).Fit(ctx, copies); err != nil || mat32.Check(m.Embedding()) != nil {
		t.Errorf("two rows, twenty times each: %v", err)
	}
	copies.Zero()
	if _, err := (dr.PHATE{}).Fit(ctx, copies); !isA[*mat32.DegenerateError](err) {
		t.Errorf("equal rows: %v", err)
	}
	for param, p := range map[string]dr.PHATE{"Neighbors": {Neighbors: 60}, "Decay": {Decay: -1}, "Alpha": {Alpha: 2}, "Gamma": {Gamma: 2}, "Landmarks": {Landmarks: 2},
		"MaxTime": {MaxTime: 2}, "Time": {Time: -1}, "Columns": {Columns: -2}, "Scaling": {Scaling: "none"}, "Optimizer": {Optimizer: "Adam"}, "Iterations": {Iterations: -1}} {
		_, err := p.Fit(ctx, apart)
		if e, ok := errors.AsType[*mat32.ParamError](err); !ok || e.Param != param || e.Method != "dr.PHATE" {
			t.Errorf("%+v: got %v, want a *mat32.ParamError of %s", p, err, param)
		}
	}
}

// A cancel while the layout is made leaves the layout so far.
func TestPHATEPartial(t *testing.T) {
	d := noisyTree(t, 100)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ctx = watch.With(ctx, func(e watch.Event) {
		if e.Stage == "SGD" && e.Done == 5 {
			cancel()
		}
	})
	m, err := dr.PHATE{Landmarks: 30}.Fit(ctx, d.X)
	if !errors.Is(err, context.Canceled) || m == nil || !m.Embedding().Partial {
		t.Fatalf("%v, %v", m, err)
	}
	if n, k := m.Embedding().Dims(); n != 100 || k != 2 || mat32.Check(m.Embedding()) != nil {
		t.Errorf("%d × %d", n, k)
	}
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func rowOf(x mat.Matrix, i int) []float64 { return mat.Row(nil, i, x) }

// distancesOf returns those between the rows of x, n × n.
func distancesOf(x mat.Matrix) *mat.Dense {
	n, d := x.Dims()
	far := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range i {
			s := 0.
			for c := range d {
				s += (x.At(i, c) - x.At(j, c)) * (x.At(i, c) - x.At(j, c))
			}
			far.Set(i, j, math.Sqrt(s))
			far.Set(j, i, math.Sqrt(s))
		}
	}
	return far
}

// geodesicRanks returns the mean over the rows of the rank correlation of the distances in
// a map with those along the shape.
func geodesicRanks(d *datasets.Dataset, y mat.Matrix) float64 {
	_, s := preserved(d, distancesOf(y))
	return s
}

// preserved returns the means over the rows of Pearson's and of Spearman's correlation
// of distances with those along the shape.
func preserved(d *datasets.Dataset, far mat.Matrix) (pearson, spearman float64) {
	n, _ := far.Dims()
	truth, got := make([]float64, n), make([]float64, n)
	for i := range n {
		for j := range n {
			truth[j], got[j] = d.Truth.Geodesic(i, j), far.At(i, j)
		}
		pearson += stat.Correlation(truth, got, nil) / float64(n)
		spearman += stat.Correlation(ranks(truth), ranks(got), nil) / float64(n)
	}
	return pearson, spearman
}

// ranks returns those of values, the mean of those that are equal.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	r := make([]float64, len(values))
	for lo := 0; lo < len(order); {
		hi := lo
		for hi < len(order) && values[order[hi]] == values[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			r[i] = float64(lo+hi-1) / 2
		}
		lo = hi
	}
	return r
}
