package datasets_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

var tables = map[string]func() *datasets.Dataset{
	"iris": datasets.Iris, "wine": datasets.Wine, "digits": datasets.Digits, "penguins": datasets.Penguins,
}

func counts(labels []int, names []string) []int {
	count := make([]int, len(names))
	for _, l := range labels {
		count[l]++
	}
	return count
}

// What is published about each table: shape, class sizes, and column means.
func TestTablesAreThePublishedOnes(t *testing.T) {
	for name, want := range map[string]struct {
		rows, cols int
		names      []string
		count      []int
		means      map[int]float64
		digits     float64 // to which the means are published
	}{
		"iris": {150, 4, []string{"setosa", "versicolor", "virginica"}, []int{50, 50, 50},
			map[int]float64{0: 5.843333, 1: 3.057333, 2: 3.758, 3: 1.199333}, 5e-7},
		"wine": {178, 13, []string{"cultivar 1", "cultivar 2", "cultivar 3"}, []int{59, 71, 48},
			map[int]float64{0: 13.00062, 1: 2.336348, 9: 5.05809, 12: 746.8933}, 5e-5},
		"digits": {1797, 64, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
			[]int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, map[int]float64{0: 0}, 0},
		"penguins": {333, 4, []string{"Adelie", "Chinstrap", "Gentoo"}, []int{146, 68, 119},
			map[int]float64{0: 43.99279, 1: 17.16486, 2: 200.9670, 3: 4207.057}, 5e-4},
	} {
		t.Run(name, func(t *testing.T) {
			d := tables[name]()
			if d.Name != name {
				t.Errorf("name %q", d.Name)
			}
			if n, cols := d.X.Dims(); n != want.rows || cols != want.cols || len(d.Labels) != n || len(d.Features) != cols {
				t.Fatalf("%d × %d values, %d labels, %d features", n, cols, len(d.Labels), len(d.Features))
			}
			if !slices.Equal(d.Names, want.names) || !slices.Equal(counts(d.Labels, d.Names), want.count) {
				t.Errorf("classes %v with %v rows, want %v with %v", d.Names, counts(d.Labels, d.Names), want.names, want.count)
			}
			for j, mean := range want.means {
				if got := floats.Sum(mat.Col(nil, j, d.X)) / float64(want.rows); math.Abs(got-mean) > want.digits {
					t.Errorf("the mean of %s is %v, want %v", d.Features[j], got, mean)
				}
			}
			if features := slices.Compact(slices.Sorted(slices.Values(d.Features))); len(features) != want.cols {
				t.Errorf("the features %v are not distinct", d.Features)
			}
			if d.Source == "" || d.Truth.Geodesic != nil || d.Truth.Dimension != 0 {
				t.Errorf("source %q, truth %+v", d.Source, d.Truth)
			}
		})
	}
}

// Rows 35 and 38 are where the copy of the UCI repository is misprinted.
func TestIrisIsFishers(t *testing.T) {
	d := datasets.Iris()
	for row, want := range map[int][]float64{34: {4.9, 3.1, 1.5, 0.2}, 37: {4.9, 3.6, 1.4, 0.1}} {
		if got := d.X.RawRowView(row); !slices.Equal(got, want) {
			t.Errorf("row %d is %v, want %v", row, got, want)
		}
	}
}

func TestDigitsAreSixteenGrays(t *testing.T) {
	d := datasets.Digits()
	if sum := mat.Sum(d.X); sum != 561718 {
		t.Errorf("the pixels add up to %v, want 561718", sum)
	}
	for k, v := range d.X.RawMatrix().Data {
		if v != math.Trunc(v) || v < 0 || v > 16 {
			t.Fatalf("pixel %d of row %d is %v", k%64, k/64, v)
		}
	}
}

func TestPenguinsFactors(t *testing.T) {
	d := datasets.Penguins()
	var got []string
	for _, f := range d.Factors {
		if len(f.Labels) != len(d.Labels) {
			t.Errorf("%s has %d rows", f.Name, len(f.Labels))
		}
		got = append(got, fmt.Sprint(f.Name, f.Names, counts(f.Labels, f.Names)))
	}
	want := []string{"island[Biscoe Dream Torgersen] [163 123 47]", "sex[female male] [165 168]"}
	if !slices.Equal(got, want) {
		t.Errorf("factors %q, want %q", got, want)
	}
}

// Whoever spoils a data set spoils nobody else's.
func TestCallsShareNothing(t *testing.T) {
	for name, f := range tables {
		d := f()
		d.X.Zero()
		for _, labels := range [][]int{d.Labels, factorOr(d, d.Labels)} {
			for i := range labels {
				labels[i] = -1
			}
		}
		for _, words := range [][]string{d.Names, d.Features, d.Notes} {
			for i := range words {
				words[i] = "spoilt"
			}
		}
		again := f()
		if mat.Sum(again.X) == 0 || again.Labels[0] < 0 || factorOr(again, again.Labels)[0] < 0 ||
			again.Names[0] == "spoilt" || again.Features[0] == "spoilt" || slices.Contains(again.Notes, "spoilt") {
			t.Errorf("%s: the next caller reads what this one wrote", name)
		}
	}
}

func factorOr(d *datasets.Dataset, labels []int) []int {
	if len(d.Factors) > 0 {
		return d.Factors[0].Labels
	}
	return labels
}
