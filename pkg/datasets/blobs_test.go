package datasets_test

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

func TestBlobsSurroundTheirCenters(t *testing.T) {
	const spread = 0.5
	for name, g := range map[string]datasets.Blobs{
		"drawn": {Rows: 6000, Classes: 4, Dim: 3, Spread: spread, Seed: 9},
		"given": {Rows: 6000, Spread: spread, Centers: mat.NewDense(2, 3, []float64{100, 0, 0, 0, 0, -7})},
	} {
		d := generate(t, g)
		classes, dim := d.Truth.Centers.Dims()
		if len(d.Names) != classes || d.Truth.Dimension != dim || d.Truth.Geodesic != nil {
			t.Errorf("%s: names %v, truth %+v", name, d.Names, d.Truth)
		}
		if g.Centers != nil && !mat.Equal(d.Truth.Centers, g.Centers) {
			t.Errorf("%s: centres %v", name, d.Truth.Centers)
		}
		for k := range classes {
			columns := make([][]float64, dim)
			for i, l := range d.Labels {
				if l == k {
					for j := range columns {
						columns[j] = append(columns[j], d.X.At(i, j))
					}
				}
			}
			n := float64(len(columns[0]))
			for j, column := range columns {
				mean, sd := stat.MeanStdDev(column, nil)
				if math.Abs(mean-d.Truth.Centers.At(k, j)) > 5*spread/math.Sqrt(n) || math.Abs(sd/spread-1) > 5/math.Sqrt(2*n) {
					t.Errorf("%s: class %d, column %d: mean %v, standard deviation %v around %v",
						name, k, j, mean, sd, d.Truth.Centers.At(k, j))
				}
				for l := range j {
					if r := stat.Correlation(column, columns[l], nil); math.Abs(r) > 5/math.Sqrt(n) {
						t.Errorf("%s: class %d: columns %d and %d correlate %v", name, k, j, l, r)
					}
				}
			}
		}
	}
}

func TestBlobsCentersFillTheBox(t *testing.T) {
	d := generate(t, datasets.Blobs{Rows: 1, Classes: 2000, Dim: 2, Box: 4})
	for j := range 2 {
		uniform(t, "centres", mat.Col(nil, j, d.Truth.Centers), -4, 4)
	}
	// More classes are added to the ones there were.
	few := generate(t, datasets.Blobs{Rows: 1, Classes: 5, Dim: 2, Box: 4})
	if !mat.Equal(few.Truth.Centers, d.Truth.Centers.Slice(0, 5, 0, 2)) {
		t.Error("centres depend on how many there are")
	}
}

// A given matrix is read, not kept.
func TestBlobsCopyTheirCenters(t *testing.T) {
	given := mat.NewDense(1, 2, []float64{1, 2})
	d := generate(t, datasets.Blobs{Rows: 3, Centers: given})
	d.Truth.Centers.Set(0, 0, 50)
	if given.At(0, 0) != 1 {
		t.Error("the caller's centres were changed")
	}
}

func TestBlobsDealTheClassesOut(t *testing.T) {
	const classes = 5
	d := generate(t, datasets.Blobs{Rows: 1002, Classes: classes, Dim: 1, Seed: 4})
	count := make([]int, classes)
	sorted, last := 0, [classes]int{}
	for i, l := range d.Labels {
		count[l]++
		if slices.Max(count)-slices.Min(count) > 1 {
			t.Fatalf("after %d rows the classes have %v", i+1, count)
		}
		if i%classes == classes-1 {
			pack := d.Labels[i-classes+1 : i+1]
			last[l]++
			if slices.IsSorted(pack) {
				sorted++
			}
		}
	}
	// Of 200 packs one in 120 is in order, and each class is last in 40 (standard
	// deviation 5.7).
	if sorted > 10 || slices.Min(last[:]) < 12 || slices.Max(last[:]) > 68 {
		t.Errorf("the packs are not shuffled: %d are in order, the classes are last in %v", sorted, last)
	}
}

// Centres and rows share the seed, not its numbers: the row of a number says
// nothing about the centre of that number.
func TestBlobsRowsIgnoreOtherCenters(t *testing.T) {
	const n = 2000
	d := generate(t, datasets.Blobs{Rows: n, Classes: n, Dim: 1})
	size := make([]float64, n)
	for i, l := range d.Labels {
		off := d.X.At(i, 0) - d.Truth.Centers.At(l, 0)
		size[i] = off * off
	}
	if r := stat.Correlation(size, mat.Col(nil, 0, d.Truth.Centers), nil); math.Abs(r) > 5/math.Sqrt(n) {
		t.Errorf("the spread of rows correlates %v with centres", r)
	}
}
