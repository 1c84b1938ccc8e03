package linalg

import (
	"context"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
)

func random(n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(1, "linalg", i)
		for j := range d {
			x.Set(i, j, s.Normal())
		}
	}
	return x
}

func TestAddOuter(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {5, 3}, {30, 511}, {30, 512}, {30, 1500}} {
		c := random(shape[0], shape[1])
		var want mat.Dense
		want.Mul(c, c.T())
		var first *mat.SymDense
		for _, procs := range []int{1, 2, 7} {
			old := runtime.GOMAXPROCS(procs)
			got := mat.NewSymDense(shape[0], nil)
			err := AddOuter(context.Background(), got, c)
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if !mat.EqualApprox(got, &want, 1e-11) {
				t.Errorf("%v: wrong product", shape)
			}
			if first == nil {
				first = got
			}
			if !mat.Equal(got, first) {
				t.Errorf("%v: %d cores give other bits", shape, procs)
			}
		}
	}
}
