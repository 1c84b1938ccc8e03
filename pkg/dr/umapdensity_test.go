package dr_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/tests/golden"
)

// radii returns the logarithm of the mean squared distance of the ten nearest others.
func radii(t *testing.T, x mat.Matrix) []float64 {
	g, err := neighbors.Exact{Neighbors: 10}.Graph(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := x.Dims()
	r := make([]float64, n)
	for i := range r {
		_, distances := g.Row(i)
		for _, v := range distances {
			r[i] += v * v / 10
		}
		r[i] = math.Log(r[i])
	}
	return r
}

// With Density local radii of five groups of different spread correlate as those of
// umap-learn's densMAP do, and by another measure than what it raises; without, they hardly
// do.
func TestDensityAgainstUmapLearn(t *testing.T) {
	testenv.Unraced(t)
	var file struct {
		Rows          [][]float64
		Densmap, Umap []float64
	}
	golden.Load(t, "densmap", &file)
	x := mat.NewDense(len(file.Rows), len(file.Rows[0]), nil)
	for i, row := range file.Rows {
		x.SetRow(i, row)
	}
	of := radii(t, x)
	var with, without []float64
	for seed := range uint64(3) {
		with = append(with, stat.Correlation(of, radii(t, umapOf(t, dr.UMAP{Density: 2, Seed: seed}, x)), nil))
		without = append(without, stat.Correlation(of, radii(t, umapOf(t, dr.UMAP{Seed: seed}, x)), nil))
	}
	t.Logf("ours %.3v and %.3v, umap-learn's %.3v and %.3v", with, without, file.Densmap, file.Umap)
	slices.Sort(with)
	slices.Sort(file.Densmap)
	if len(file.Densmap) != 3 || !(with[1] > file.Densmap[1]-.02) || !(slices.Max(without) < .5) {
		t.Errorf("radii correlate by %v, and %v without Density; umap-learn's by %v", with, without, file.Densmap)
	}
}

// The model tells the radii that the notes tell of, also once it is saved; nothing depends
// on the number of cores, nor on whether rows or their distances are given.
func TestDensityModel(t *testing.T) {
	x := fixture.Normal(1, 150, 3)
	for i := range 150 {
		for c := range 3 {
			x.Set(i, c, x.At(i, c)*float64(1+i%3))
		}
	}
	u := dr.UMAP{Neighbors: 8, Epochs: 30, DensityFraction: .5, Density: 2}
	m, err := u.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	rows, points := m.LocalRadii()
	if len(rows) != 150 || len(points) != 150 || !strings.Contains(m.String(), "have the correlation 0.") || m.Options().Graph != nil {
		t.Errorf("%d and %d radii, %v", len(rows), len(points), m)
	}
	s, err := affinity.FuzzySet{Neighbors: 8}.Weigh(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows { // of all weights, of which the epochs see the larger ones
		columns, weights := s.Row(i)
		sum, weight := 0., 0.
		for k, j := range columns {
			d := 0.
			for c := range 3 {
				d += (x.At(i, c) - x.At(int(j), c)) * (x.At(i, c) - x.At(int(j), c))
			}
			sum += weights[k] * d
			weight += weights[k]
		}
		if math.Abs(r-math.Log(sum/weight)) > .2 {
			t.Errorf("row %d has the radius %v, want about %v", i, r, math.Log(sum/weight))
		}
	}
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var back dr.UMAPModel
	if err := back.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if r, p := back.LocalRadii(); !slices.Equal(r, rows) || !slices.Equal(p, points) {
		t.Error("a saved model has other radii")
	}
	if e := umapOf(t, u, apart.Rows(t, x)); !mat.Equal(e, m.Embedding()) {
		t.Error("by distances the map is another")
	}
	for _, cores := range testenv.Cores() {
		before := runtime.GOMAXPROCS(cores)
		e := umapOf(t, u, x)
		runtime.GOMAXPROCS(before)
		if !mat.Equal(e, m.Embedding()) {
			t.Errorf("on %d cores the map is another", cores)
		}
	}
	u.Density = 0
	if plain, err := u.Fit(t.Context(), x); err != nil || mat.Equal(plain.Embedding(), m.Embedding()) {
		t.Errorf("without Density the map is the same: %v", err)
	} else if rows, points := plain.LocalRadii(); rows != nil || points != nil {
		t.Error("radii are told without Density")
	}
}

func TestDensityAtTheEdges(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 30, 3)
	s, err := affinity.FuzzySet{}.Weigh(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	for param, us := range map[string][]dr.UMAP{
		"Density":         {{Density: -1}, {Density: math.NaN()}, {Density: 2, Affinity: s}},
		"DensityFraction": {{DensityFraction: 1.5}, {DensityFraction: -1}},
		"DensityShift":    {{DensityShift: -1}, {DensityShift: math.Inf(1)}},
	} {
		for _, u := range us {
			var pe *mat32.ParamError
			if m, err := u.Fit(t.Context(), x); !errors.As(err, &pe) || pe.Param != param || m != nil {
				t.Errorf("%s: %v", param, err)
			}
		}
	}
	twins := mat.NewDense(20, 2, nil)
	for i := range 20 {
		twins.Set(i, 0, float64(i/10))
	}
	targets, labels := fixture.Normal(3, 30, 1), make([]int, 30)
	labels[4] = 1
	for name, c := range map[string]struct {
		u dr.UMAP
		x mat.Matrix
	}{
		"four rows":        {dr.UMAP{}, fixture.Normal(1, 4, 3)},
		"two rows":         {dr.UMAP{}, fixture.Normal(1, 2, 3)},
		"duplicates":       {dr.UMAP{Neighbors: 5}, twins},
		"no shift":         {dr.UMAP{DensityShift: dr.Zero, DensityFraction: 1}, x},
		"much":             {dr.UMAP{Density: 1e6}, x},
		"no epochs":        {dr.UMAP{Epochs: dr.None}, x},
		"three dimensions": {dr.UMAP{Components: 3}, x},
		"targets":          {dr.UMAP{Targets: targets}, x},
		"a row alone":      {dr.UMAP{Labels: labels, TargetWeight: 1}, x},
	} {
		if c.u.Epochs == 0 {
			c.u.Epochs = 20
		}
		if c.u.Density == 0 {
			c.u.Density = 2
		}
		if e, err := c.u.Embed(t.Context(), c.x); err != nil || mat32.Check(e) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (dr.UMAP{Density: 2}).Fit(canceled, x); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
