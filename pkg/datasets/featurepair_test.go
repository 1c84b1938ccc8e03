package datasets_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// The features are functions of their inputs, balanced, independent of each other, and the
// hard one is uncorrelated with every input.
func TestFeaturePair(t *testing.T) {
	const n = 4000
	d, err := datasets.FeaturePair{Rows: n, Easy: 3, Hard: 2, Noise: 2}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	sign := func(l int) float64 { return float64(2*l - 1) }
	var easy, hard, both float64
	var with [7]float64
	for i := range n {
		x := d.X.RawRowView(i)
		e, h := sign(d.Factors[0].Labels[i]), sign(d.Factors[1].Labels[i])
		if e != math.Copysign(1, x[0]+x[1]+x[2]) || h != x[3]*x[4] {
			t.Fatalf("row %d is %v with features %v and %v", i, x, e, h)
		}
		if e != d.Truth.Latent.At(i, 0) || h != d.Truth.Latent.At(i, 1) || d.Names[d.Labels[i]] != fmt.Sprint(e, " ", h) {
			t.Fatalf("row %d: features %v and %v are told as %v and %q", i, e, h, d.Truth.Latent.RawRowView(i), d.Names[d.Labels[i]])
		}
		easy, hard, both = easy+e/n, hard+h/n, both+e*h/n
		for j, v := range x {
			with[j] += h * v / n
		}
	}
	for _, v := range append(with[:], easy, hard, both) {
		if math.Abs(v) > 4/math.Sqrt(n) {
			t.Errorf("means %.3f and %.3f, product %.3f, with the inputs %.3f", easy, hard, both, with)
		}
	}
	less, err := datasets.FeaturePair{Rows: 10, Easy: 3, Hard: 2, Noise: 2}.Generate()
	if err != nil || fmt.Sprint(less.X.RawRowView(9)) != fmt.Sprint(d.X.RawRowView(9)) {
		t.Errorf("a larger sample does not begin with the smaller one: %v", err)
	}
	var param *mat32.ParamError
	for _, g := range []datasets.FeaturePair{{Easy: 2}, {Hard: -1}, {Noise: -1}, {Rows: -1}} {
		if _, err := g.Generate(); !errors.As(err, &param) {
			t.Errorf("%+v: got %v", g, err)
		}
	}
}

func ExampleFeaturePair() {
	d, err := datasets.FeaturePair{Rows: 3, Hard: 2, Noise: 2}.Generate()
	if err != nil {
		panic(err)
	}
	fmt.Println(d.Features)
	for i := range 3 {
		fmt.Println(d.X.RawRowView(i), d.Truth.Latent.RawRowView(i))
	}
	// Output:
	// [easy 1 hard 1 hard 2 noise 1 noise 2]
	// [1 -1 1 -1 -1] [1 -1]
	// [1 1 1 1 1] [1 1]
	// [1 -1 1 1 -1] [1 -1]
}
