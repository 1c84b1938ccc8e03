package datasets_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Groups lie where the alignment says, and a larger sample begins with the smaller one.
func TestAlignedTask(t *testing.T) {
	for _, a := range []float64{0, 1e-9, .6, 1} {
		d, err := datasets.AlignedTask{Rows: 200, Alignment: a}.Generate()
		if err != nil {
			t.Fatal(err)
		}
		if a == 0 {
			a = 1. / 3
		}
		seen := map[[2]float64]bool{}
		for i := range 200 {
			z := d.Truth.Latent.RawRowView(i)
			seen[[2]float64{z[0], z[1]}] = true
			if z[2] != z[0]*z[1] || float64(2*d.Labels[i]-1) != z[0] {
				t.Fatalf("row %d: signs %v, label %d", i, z, d.Labels[i])
			}
			for k, want := range []float64{math.Sqrt(a), math.Sqrt((1 - a) / 2), math.Sqrt((1 - a) / 2)} {
				if got := floats.Dot(d.Truth.Clean.RawRowView(i), d.Truth.Bases[0].RawRowView(k)) * z[k]; math.Abs(got-want) > 1e-12 {
					t.Fatalf("alignment %v: row %d lies at %v along axis %d, want %v", a, i, got, k, want)
				}
			}
		}
		if len(seen) != 4 {
			t.Errorf("%d groups", len(seen))
		}
		less, err := datasets.AlignedTask{Rows: 9, Alignment: a}.Generate()
		if err != nil || !floats.Equal(less.X.RawRowView(8), d.X.RawRowView(8)) {
			t.Errorf("a larger sample does not begin with the smaller one: %v", err)
		}
	}
	var param *mat32.ParamError
	for _, g := range []datasets.AlignedTask{{Alignment: 1.1}, {Dim: 2}, {Rows: -1}, {Noise: -1}} {
		if _, err := g.Generate(); !errors.As(err, &param) {
			t.Errorf("%+v: got %v", g, err)
		}
	}
}

// Rows are the sums that they say, lie in their directions, and have mean square 1.
func TestLowRankActivations(t *testing.T) {
	const n = 3000
	d, err := datasets.LowRankActivations{Rows: n}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	var sums mat.Dense
	sums.Mul(d.Truth.Latent, d.Truth.Centers)
	if !mat.EqualApprox(&sums, d.Truth.Clean, 1e-9) {
		t.Error("rows are not the sums of their features")
	}
	basis := d.Truth.Bases[0]
	if rank, _ := basis.Dims(); rank != 16 || d.Truth.Dimension != 16 {
		t.Fatalf("%d directions", rank)
	}
	var along, back mat.Dense
	along.Mul(d.Truth.Clean, basis.T())
	back.Mul(&along, basis)
	if !mat.EqualApprox(&back, d.Truth.Clean, 1e-9) {
		t.Error("rows leave their directions")
	}
	square, active := 0., 0.
	for i := range n {
		row := d.X.RawRowView(i)
		square += floats.Dot(row, row) / 64 / n
		for _, v := range d.Truth.Latent.RawRowView(i) {
			if v > 0 {
				active += 1. / n
			}
		}
	}
	if math.Abs(active-3) > .15 || square < .7 || square > 1.6 {
		t.Errorf("%.3f features a row, mean square %.3f", active, square)
	}
	less, err := datasets.LowRankActivations{Rows: 9}.Generate()
	if err != nil || !floats.Equal(less.X.RawRowView(8), d.X.RawRowView(8)) {
		t.Errorf("a larger sample does not begin with the smaller one: %v", err)
	}
	var param *mat32.ParamError
	for _, g := range []datasets.LowRankActivations{{Rank: 65}, {Active: 40}, {Features: -1}, {Decay: -1}} {
		if _, err := g.Generate(); !errors.As(err, &param) {
			t.Errorf("%+v: got %v", g, err)
		}
	}
}

func ExampleAlignedTask() {
	d, err := datasets.AlignedTask{Rows: 3, Dim: 5, Alignment: .5}.Generate()
	if err != nil {
		panic(err)
	}
	n, columns := d.X.Dims()
	fmt.Println(n, columns, d.Truth.Coordinates)
	// Output: 3 5 [label other product]
}

func ExampleLowRankActivations() {
	d, err := datasets.LowRankActivations{Rows: 3, Dim: 10, Rank: 4}.Generate()
	if err != nil {
		panic(err)
	}
	n, columns := d.X.Dims()
	fmt.Println(n, columns, d.Truth.Dimension)
	// Output: 3 10 4
}
