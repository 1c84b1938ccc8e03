package datasets_test

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Both views hold the shared coordinates where the truth says, and nothing else in common;
// a larger sample begins with the smaller.
func TestTwoView(t *testing.T) {
	x, y, err := datasets.TwoView{Rows: 400, Shared: 3, Private: 5, Dim: 10, Seed: 2}.Generate()
	if err != nil {
		t.Fatal(err)
	}
	var inX, inY mat.Dense
	inX.Mul(x.Truth.Clean, x.Truth.Bases[0].T())
	inY.Mul(y.Truth.Clean, y.Truth.Bases[0].T())
	for j := range 8 {
		r := stat.Correlation(mat.Col(nil, j, &inX), mat.Col(nil, j, &inY), nil)
		if j < 3 && math.Abs(r-1) > 1e-9 || j >= 3 && math.Abs(r) > .2 {
			t.Errorf("coordinate %d correlates by %v", j, r)
		}
		if s := stat.StdDev(mat.Col(nil, j, &inX), nil); math.Abs(s-[]float64{1, 2}[min(j/3, 1)]) > .2 {
			t.Errorf("coordinate %d has the standard deviation %v", j, s)
		}
	}
	if !mat.Equal(x.Truth.Latent, y.Truth.Latent) || !mat.EqualApprox(x.Truth.Latent, inX.Slice(0, 400, 0, 3), 1e-12) {
		t.Error("the shared coordinates are not those of the truth")
	}
	var noise mat.Dense
	noise.Sub(x.X, x.Truth.Clean)
	if s := mat.Norm(&noise, 2) / math.Sqrt(4000); math.Abs(s-.3) > .02 {
		t.Errorf("noise of %v", s)
	}
	fewer, _, err := datasets.TwoView{Rows: 7, Shared: 3, Private: 5, Dim: 10, Seed: 2}.Generate()
	if err != nil || !mat.Equal(fewer.X, x.X.Slice(0, 7, 0, 10)) {
		t.Errorf("seven rows are not the first of 400: %v", err)
	}
	var param *mat32.ParamError
	for _, g := range []datasets.TwoView{{Rows: -1}, {Shared: -1}, {Private: -1}, {Dim: 9}, {Spread: math.NaN()}, {Sigma: -1}} {
		if _, _, err := g.Generate(); !errors.As(err, &param) {
			t.Errorf("%+v: %v", g, err)
		}
	}
}
