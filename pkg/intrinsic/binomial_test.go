package intrinsic_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/apart"
	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// What DADApy's compute_id_binomial_k, compute_id_binomial_rk and
// return_ids_kstar_binomial return on the fixtures A, B and C. Its posterior is
// integrated by sums over a grid.
func TestBinomialOfDADApy(t *testing.T) {
	testenv.Unraced(t)
	type values [3]float64 // the dimension, its error and the scale
	radius := [3]float64{0.6, 3, 0.6}
	want := [3]map[string]values{{
		"k = 10":        {4.463283944132904, 0.09869276914927984, 0.2870681969183517},
		"posterior":     {4.460231636953441, 0.09856698652653471, 0.2870681969183517},
		"k = 20, r = 3": {4.52292193919867, 0.1294351420487136, 0.29329169421555346},
		"radius":        {4.247358322776137, 0.03248933293267958, 0.44999999999999996},
		"in radius":     {4.247033192391793, 0.03248478179563198, 0.44999999999999996},
		"ABIDE":         {4.20336160088572, 0.03413662992385334, 0},
		"ABIDE, one":    {4.213653974669204, 0.036984754309546994, 0},
	}, {
		"k = 10":        {1.9520739046311808, 0.02575974325869653, 1.873575418163226},
		"posterior":     {1.952004233121321, 0.025756758039312443, 1.873575418163226},
		"k = 20, r = 3": {1.9597070205810558, 0.018655274100431662, 2.3361069159190864},
		"radius":        {1.9172675456543764, 0.019362165889615507, 2.25},
		"in radius":     {1.917231190246171, 0.019360892272232026, 2.25},
		"ABIDE":         {2.0440034325085215, 0.008342957689152539, 0},
		"ABIDE, one":    {2.0434729374166922, 0.008288221712919363, 0},
	}, {
		"k = 10":        {2.99871817402417, 0.05687177617837756, 0.3362988773072589},
		"posterior":     {2.997918117803027, 0.05684427638853259, 0.3362988773072589},
		"k = 20, r = 3": {2.9421561410643844, 0.04935581876067089, 0.3742013589093077},
		"radius":        {2.926984529581791, 0.03513918052353663, 0.44999999999999996},
		"in radius":     {2.926686212794181, 0.0351326307952726, 0.44999999999999996},
		"ABIDE":         {2.915888023397229, 0.0163687663864651, 0},
		"ABIDE, one":    {2.9070371347511577, 0.016335499250299763, 0},
	}}
	for i, x := range []mat.Matrix{fixture.A(), fixture.B(), fixture.C()} {
		for name, e := range map[string]estimator{
			"k = 10":        intrinsic.BIDE{},
			"posterior":     intrinsic.BIDE{Posterior: true},
			"k = 20, r = 3": intrinsic.BIDE{Neighbors: 20, Ratio: .3},
			"radius":        intrinsic.BIDE{Radius: radius[i]},
			"in radius":     intrinsic.BIDE{Radius: radius[i], Posterior: true},
			"ABIDE":         intrinsic.ABIDE{},
			"ABIDE, one":    intrinsic.ABIDE{Iterations: 1},
		} {
			relative := 1e-9
			if strings.Contains(name, "posterior") || strings.HasPrefix(name, "in ") {
				relative = 1e-4
			}
			d, w := estimate(t, e, x), want[i][name]
			name += " on " + "ABC"[i:i+1]
			near(t, name, d.Value, w[0], relative)
			near(t, name+", error", d.StdErr, w[1], max(relative, 1e-7))
			if w[2] > 0 {
				near(t, name+", scale", d.Scale, w[2], 1e-9)
			}
		}
	}
}

// The posterior against the definition, by Simpson's rule over p = r^d of the
// density that the counts 3 of 9 give it.
func TestPosteriorOfCounts(t *testing.T) {
	x := mat.NewDense(10, 1, []float64{0, 1, 2, 3, 4, 100, 200, 300, 400, 500})
	d := estimate(t, intrinsic.BIDE{Radius: 2, Ratio: .5, Posterior: true}, x)
	// The balls of radius 2 around 0 … 4 hold 2, 3, 4, 3 and 2 neighbours, those
	// of radius 1 hold 1, 2, 2, 2 and 1.
	const inner, outer, steps = 8, 14, 200000
	var mass, mean, square float64
	for i := 1; i < steps; i++ {
		p := float64(i) / steps
		w := math.Pow(p, inner) * math.Pow(1-p, outer-inner)
		v := math.Log(p) / math.Log(.5)
		mass, mean, square = mass+w, mean+w*v, square+w*v*v
	}
	mean /= mass
	near(t, "mean", d.Value, mean, 1e-8)
	near(t, "standard deviation", d.StdErr, math.Sqrt(square/mass-mean*mean), 1e-8)
}

// A cloud in the plane with noise in ten columns: TwoNN sees the noise; ABIDE,
// whose neighbourhoods reach beyond it, is near 2. Where there is no noise both
// are.
func TestABIDELooksBeyondTheNoise(t *testing.T) {
	testenv.Unraced(t)
	for _, noise := range []float64{0, 0.003} {
		x := mat.NewDense(2000, 10, nil)
		plane, n := fixture.Uniform(7, 2000, 2), fixture.Normal(8, 2000, 10)
		x.Apply(func(i, j int, v float64) float64 {
			if j < 2 {
				v = plane.At(i, j)
			}
			return v + noise*n.At(i, j)
		}, x)
		twonn, abide := estimate(t, intrinsic.TwoNN{}, x).Value, estimate(t, intrinsic.ABIDE{}, x).Value
		if math.Abs(abide-2) > 0.2 || (twonn > 2.4) != (noise > 0) {
			t.Errorf("noise %v: TwoNN %.3f, ABIDE %.3f", noise, twonn, abide)
		}
	}
}

func TestRadiusOfDistancesAndDuplicates(t *testing.T) {
	x := fixture.C()
	e := intrinsic.BIDE{Radius: 0.5}
	want := estimate(t, e, x)
	if got := estimate(t, e, apart.Rows(t, x)); !same(got, want) {
		t.Errorf("%v of distances, %v of their rows", got, want)
	}
	twice := mat.NewDense(600, 4, nil)
	for i := range 600 {
		twice.SetRow(i, x.RawRowView(i%500))
	}
	if got := estimate(t, e, twice); got.Value != want.Value || got.Rows != 500 || got.Removed != 100 {
		t.Errorf("%v with duplicates, %v without", got, want)
	}
	independent := want.StdErr
	e.Overlap = true
	near(t, "every neighbour mutual", estimate(t, e, x).StdErr, independent*math.Sqrt2, 1e-12)
}

func TestCountsThatSayNothing(t *testing.T) {
	cloud, powers := fixture.Normal(9, 40, 3), mat.NewDense(40, 1, nil)
	for i := range 40 {
		powers.Set(i, 0, math.Pow(10, float64(i)))
	}
	for _, c := range []struct {
		says string
		x    mat.Matrix
		e    estimator
	}{
		{"infinite", cloud, intrinsic.BIDE{Ratio: 1e-9}},
		{"no row", powers, intrinsic.BIDE{Radius: 0.5}},
		{"no row", powers, intrinsic.BIDE{Radius: 0.5, Posterior: true}},
		{"zero", cloud, intrinsic.BIDE{Radius: 1e39}},
		{"infinite", cloud, intrinsic.ABIDE{Ratio: 1e-9}},
	} {
		var degenerate *mat32.DegenerateError
		if d, err := c.e.Estimate(context.Background(), c.x); !errors.As(err, &degenerate) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, %v", c.e, d, err)
		}
	}
	if d := estimate(t, intrinsic.BIDE{Ratio: 1e-9, Posterior: true}, cloud); !(d.Value > 0 && d.StdErr > 0) {
		t.Errorf("posterior of nobody inside: %v", d)
	}
}
