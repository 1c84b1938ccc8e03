package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// sphereIn returns n rows on the unit sphere of a dimension, in d columns.
func sphereIn(seed uint64, n, dim, d int) *mat.Dense {
	x, u := mat.NewDense(n, d, nil), fixture.Normal(seed, n, dim+1)
	for i := range n {
		length := mat.Norm(u.RowView(i), 2)
		for j := range dim + 1 {
			x.Set(i, j, u.At(i, j)/length)
		}
	}
	return x
}

// The counts on the circle and the sphere in sixteen columns are exact for noise of 0.1
// to 0.3, and at noise below the distance of rows they collapse to 0.
func TestScoreIDIsExactOnSpheres(t *testing.T) {
	testenv.Unraced(t)
	for dim := 1; dim <= 2; dim++ {
		x := sphereIn(uint64(dim), 3000, dim, 16)
		for _, sigma := range []float64{.1, .2, .3} {
			d := estimate(t, intrinsic.ScoreID{Sigma: sigma, Sample: 30}, x)
			if d.Value != float64(dim) || d.StdErr != 0 {
				t.Errorf("dimension %d, σ = %v: %v", dim, sigma, d)
			}
		}
		if d := estimate(t, intrinsic.ScoreID{Sigma: 1e-5, Sample: 20}, x); d.Value != 0 {
			t.Errorf("dimension %d at no scale: %v", dim, d)
		}
		if d := estimate(t, intrinsic.ScoreID{Sample: 20}, x); math.Abs(d.Value-float64(dim)) > .1 {
			t.Errorf("dimension %d, σ of the neighbours: %v", dim, d)
		}
	}
	if d := estimate(t, intrinsic.ScoreID{Sigma: .3, Sample: 30}, fixture.Normal(1, 2000, 4)); d.Value < 3 {
		t.Errorf("noise in four columns: %v", d)
	}
}

// gaussian is the exact score of rows that are normal in dim of d columns, blurred by
// sigma, with a field of rotation of a strength, which leaves the density as it is.
func gaussian(dim int, sigma, gauge float64) intrinsic.ScoreFunc {
	return func(dst, x []float64) {
		for j, v := range x {
			variance := sigma * sigma
			if j < dim {
				variance++
			}
			dst[j] = -v / variance
		}
		last := len(x) - 1
		dst[last] += gauge * x[last-1] / sigma / sigma
		dst[last-1] -= gauge * x[last] / sigma / sigma
	}
}

// A given score needs no symmetric derivatives: a field of rotation changes neither the
// count nor the trace, and is noted.
func TestScoreIDOfAGivenScore(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 40, 7)
	for _, gauge := range []float64{0, .5} {
		for _, sigma := range []float64{.01, .1} {
			e := intrinsic.ScoreID{Score: gaussian(3, sigma, gauge), Sigma: sigma}
			d := estimate(t, e, x)
			if d.Value != 3 || (len(d.Notes) == 1 && strings.Contains(d.Notes[0], "no gradient")) != (gauge > 0) {
				t.Errorf("rotation %v, σ = %v: %v", gauge, sigma, d)
			}
			e.Trace = true
			near(t, "trace", estimate(t, e, x).Value, 3-3*sigma*sigma/(1+sigma*sigma), 1e-6)
		}
	}
	broken := intrinsic.ScoreFunc(func(dst, x []float64) { dst[0] = math.NaN() })
	if _, err := (intrinsic.ScoreID{Score: broken, Sigma: 1}).Estimate(context.Background(), x); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("a score that is not finite: %v", err)
	}
	var param *mat32.ParamError
	if _, err := (intrinsic.ScoreID{Score: broken}).Estimate(context.Background(), x); !errors.As(err, &param) || param.Param != "Sigma" {
		t.Errorf("a score without its noise: %v", err)
	}
}

// The exact derivatives of the density are those of differences, and its score is the
// slope of its logarithm.
func TestKDEScoreIsTheSlope(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(2, 50, 3)
	k, err := intrinsic.NewKDEScore(x, .7)
	if err != nil {
		t.Fatal(err)
	}
	density := func(at []float64) float64 {
		p := 0.
		for i := range 50 {
			r := 0.
			for j, v := range at {
				r += (v - x.At(i, j)) * (v - x.At(i, j))
			}
			p += math.Exp(-r / 2 / .49)
		}
		return math.Log(p)
	}
	at, score := []float64{.3, -.2, .9}, make([]float64, 3)
	k.Score(score, at)
	for j := range at {
		up, down := append([]float64{}, at...), append([]float64{}, at...)
		up[j], down[j] = at[j]+1e-5, at[j]-1e-5
		near(t, "slope", score[j], (density(up)-density(down))/2e-5, 1e-7)
	}
	exact := estimate(t, intrinsic.ScoreID{Score: k, Sigma: .7, Trace: true}, x)
	differences := estimate(t, intrinsic.ScoreID{Score: intrinsic.ScoreFunc(k.Score), Sigma: .7, Trace: true}, x)
	near(t, "trace", differences.Value, exact.Value, 1e-6)
	// By itself every row is left out of the density that is looked at there.
	own := estimate(t, intrinsic.ScoreID{Sigma: .7, Trace: true}, x)
	for i := range 50 {
		others := mat.NewDense(49, 3, nil)
		for j := range 49 {
			others.SetRow(j, x.RawRowView((i+1+j)%50))
		}
		k, err := intrinsic.NewKDEScore(others, .7)
		if err != nil {
			t.Fatal(err)
		}
		one := estimate(t, intrinsic.ScoreID{Score: k, Trace: true}, x)
		near(t, "trace of the others", own.Local[i], one.Local[i], 1e-12)
	}
	var param *mat32.ParamError
	for _, sigma := range []float64{0, -1, math.Inf(1), math.NaN()} {
		if _, err := intrinsic.NewKDEScore(x, sigma); !errors.As(err, &param) {
			t.Errorf("sigma %v: %v", sigma, err)
		}
	}
}

func ExampleScoreID() {
	// A circle of 600 rows in sixteen columns.
	d, err := intrinsic.ScoreID{Sigma: .1}.Estimate(context.Background(), sphereIn(1, 600, 1, 16))
	fmt.Println(d.Value, d.Notes, err)
	// Output: 1 [the score was looked at in 200 of 600 rows] <nil>
}
