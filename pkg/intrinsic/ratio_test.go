package intrinsic_test

import (
	"context"
	"errors"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// What DADApy's return_id_scaling_gride returns on the fixtures A, B and C, whose
// search ends at 1e-7 of the dimension.
func TestCurveOfDADApy(t *testing.T) {
	testenv.Unraced(t)
	want := [3][3][]float64{
		{{4.754851147215901, 4.311157001716581, 4.249646350387631, 4.3913860539236635, 4.26373032014593, 4.009012511930458},
			{0.2126434077613523, 0.13893272123689202, 0.09704469113315514, 0.07092145595152224, 0.04866358630544935, 0.03234413926012883},
			{0.23101493326457687, 0.27929995711501365, 0.33436484454715004, 0.3959130404964145, 0.4669747464668599, 0.5539291135333033}},
		{{1.9784542613630474, 2.016383033777383, 1.9246619963604903, 1.9532391353241108, 1.9397257164875337, 2.0981332252659772},
			{0.06256421712373296, 0.045958913643494, 0.031076777270715276, 0.022301946225730056, 0.015658705525948575, 0.011978685351389197},
			{0.8667506670156715, 1.2827255079766637, 1.8716643738103396, 2.7096837388647077, 3.8873797851580814, 5.457581963514485}},
		{{3.0581010999469145, 2.8414344747342692, 3.016400358462038, 2.8836936017519044, 2.8898882876622665, 2.9050369908892604},
			{0.1367624388309636, 0.09165378006564869, 0.06887999876769017, 0.046571889336560736, 0.03298734176470256, 0.023436835937547622},
			{0.21735445041243173, 0.28631273882691616, 0.37019902343597716, 0.4733914360655165, 0.6047188122453313, 0.769989969070799}},
	}
	for i, x := range []mat.Matrix{fixture.A(), fixture.B(), fixture.C()} {
		name := "Gride on " + "ABC"[i:i+1]
		curve, err := intrinsic.Gride{}.Curve(context.Background(), x)
		if err != nil || len(curve.Scales) != 6 {
			t.Fatalf("%s: %v, %v", name, curve, err)
		}
		for j, d := range curve.Dimensions {
			near(t, name, d, want[i][0][j], 1e-7)
			near(t, name+", error", curve.StdErr[j], want[i][1][j], 1e-7)
			near(t, name+", scale", curve.Scales[j], want[i][2][j], 1e-12)
			if one := estimate(t, intrinsic.Gride{Near: 1 << j}, x); one.Value != d || one.StdErr != curve.StdErr[j] || one.Scale != curve.Scales[j] {
				t.Errorf("%s: %v on the curve, %v alone", name, d, one)
			}
		}
	}
}

// The first scale is TwoNN by maximum likelihood, and MiND for one neighbour is it
// with N for N−1.
func TestRatiosOfTheFirstTwoNeighbors(t *testing.T) {
	x := fixture.C()
	twonn := estimate(t, intrinsic.TwoNN{Fit: intrinsic.MaximumLikelihood}, x)
	gride := estimate(t, intrinsic.Gride{Overlap: true}, x)
	near(t, "Gride", gride.Value, twonn.Value, 1e-12)
	near(t, "Gride, scale", gride.Scale, twonn.Scale, 1e-12)
	near(t, "Gride, error", gride.StdErr, twonn.StdErr, 1e-2) // N against N−2
	near(t, "MiND", estimate(t, intrinsic.MiND{Neighbors: 1}, x).Value, twonn.Value*500/499, 1e-12)
}

// scikit-dimension's bound of 10 is none of ours: a cube of dimension 20 is seen
// above it, as short of 20 as 1000 rows make every estimate.
func TestMiNDHasNoBound(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Uniform(3, 1000, 20)
	free, whole := estimate(t, intrinsic.MiND{}, x).Value, estimate(t, intrinsic.MiND{Integer: true}, x).Value
	if free < 12 || free > 18 || whole != float64(int(free)) && whole != float64(int(free)+1) {
		t.Errorf("%v and %v, want 12 to 18", free, whole)
	}
}

func TestRatiosOfALattice(t *testing.T) {
	corners := mat.NewDense(30, 30, nil) // all equally far from each other
	for i := range 30 {
		corners.Set(i, i, 1)
	}
	for _, e := range []estimator{intrinsic.MiND{}, intrinsic.Gride{}, intrinsic.Gride{Near: 3, Far: 9}, intrinsic.MADA{}, intrinsic.MOM{}} {
		if _, err := e.Estimate(context.Background(), corners); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%T: %v", e, err)
		}
	}
	if _, err := (intrinsic.Gride{}).Curve(context.Background(), corners); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Errorf("Curve: %v", err)
	}
}
