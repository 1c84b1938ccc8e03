package datasets_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

func ExampleWalkTree() {
	d, err := datasets.Noise{Of: datasets.WalkTree{Rows: 200, Branches: 5, Dim: 10}, StdDev: 4}.Generate()
	if err != nil {
		fmt.Println(err)
		return
	}
	n, cols := d.X.Dims()
	fmt.Println(n, cols, len(d.Names), d.Truth.Dimension)
	// Output:
	// 200 10 5 1
}

// Along a branch that is drawn densely, lengths are those of the way from row to row, and
// nowhere is a way shorter than straight; steps are uniform.
func TestWalkTreeGeodesic(t *testing.T) {
	const n, branches, steps, dim = 30000, 3, 20, 4
	d := generate(t, datasets.WalkTree{Rows: n, Branches: branches, Steps: steps, Dim: dim, Seed: 3})
	rows := make([][]int, branches)
	for i, l := range d.Labels {
		rows[l] = append(rows[l], i)
	}
	along := func(i int) float64 { return d.Truth.Latent.At(i, 1) }
	between := func(i, j int) float64 { return floats.Distance(d.X.RawRowView(i), d.X.RawRowView(j), 2) }
	square := 0.
	for l, list := range rows {
		positions := make([]float64, len(list))
		order := make([]int, len(list))
		for k, i := range list {
			positions[k] = along(i)
		}
		floats.Argsort(positions, order)
		way := 0.
		for k := range len(order) - 1 {
			i, j := list[order[k]], list[order[k+1]]
			way += between(i, j)
			if g := d.Truth.Geodesic(i, j); g < between(i, j)*(1-1e-9)-1e-12 || g != d.Truth.Geodesic(j, i) {
				t.Fatalf("rows %d and %d: %v along the walk, %v straight", i, j, g, between(i, j))
			}
		}
		first, last := list[order[0]], list[order[len(order)-1]]
		if g := d.Truth.Geodesic(first, last); math.Abs(way/g-1) > .005 {
			t.Errorf("branch %d: %v along the walk, %v from row to row", l, g, way)
		}
		square += d.Truth.Geodesic(first, last) * d.Truth.Geodesic(first, last)
		// Where it begins: near a row of the first branch, which is as far from others as
		// the path says.
		near := rows[0][0]
		for _, i := range rows[0] {
			if between(i, first) < between(near, first) {
				near = i
			}
		}
		if l > 0 {
			far := rows[0][0]
			want := d.Truth.Geodesic(near, far) + along(first)
			if got := d.Truth.Geodesic(first, far); math.Abs(got-want) > .05 {
				t.Errorf("branch %d begins %v from row %d, want %v", l, got, far, want)
			}
		}
	}
	// A step of four coordinates, uniform in [−1, 1), has the mean square 4/3.
	if mean := math.Sqrt(square / branches); mean < .85*steps*math.Sqrt(4./3) || mean > 1.05*steps*math.Sqrt(4./3) {
		t.Errorf("branches of %d steps are %v long", steps, mean)
	}
	var clean mat.Dense
	clean.Sub(d.X, d.Truth.Clean)
	if mat.Norm(&clean, 2) != 0 {
		t.Error("rows without noise have noise")
	}
}
