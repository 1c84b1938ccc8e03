package intrinsic_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

type estimator interface {
	Estimate(context.Context, mat.Matrix) (measure.Dimension, error)
}

func estimate(t *testing.T, e estimator, x mat.Matrix) measure.Dimension {
	t.Helper()
	d, err := e.Estimate(context.Background(), x)
	if err != nil {
		t.Fatalf("%T%+v: %v", e, e, err)
	}
	return d
}

func near(t *testing.T, name string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s: got %.9g, want %.9g", name, got, want)
	}
}

// What the peers' own code returns on the fixtures A, B and C, of dimension 5, 2
// and 3.
func TestValuesOfPeers(t *testing.T) {
	testenv.Unraced(t)
	x := []mat.Matrix{fixture.A(), fixture.B(), fixture.C()}
	var graphs [3]*neighbors.Graph
	for i := range x {
		var err error
		if graphs[i], err = (neighbors.Exact{Neighbors: 20}).Graph(context.Background(), x[i]); err != nil {
			t.Fatal(err)
		}
	}
	type twonn = intrinsic.TwoNN
	type mle = intrinsic.MLE
	for _, c := range []struct {
		peer string
		e    estimator
		want [3]float64
	}{
		{"scikit-dimension of 2025, DADApy base", twonn{}, [3]float64{4.74106022, 1.94856428, 3.08340224}},
		{"scikit-dimension, keep 95 %", twonn{Discard: 0.05}, [3]float64{4.79131996, 1.9623205, 3.07608619}},
		{"Rdimtools, all but the last", twonn{Discard: intrinsic.Zero}, [3]float64{4.86342777, 2.0231741, 3.07793795}},
		{"DADApy ml", twonn{Fit: intrinsic.MaximumLikelihood}, [3]float64{4.75485113, 1.97845424, 3.05810109}},
		{"intRinsic's formula", twonn{Fit: intrinsic.TrimmedLikelihood}, [3]float64{4.953637, 2.06645853, 3.21105975}},
		{"DADApy Bayes", twonn{Fit: intrinsic.Bayes}, [3]float64{4.56590056, 1.96493838, 2.98501865}},
		{"MacKay and Ghahramani", mle{}, [3]float64{4.36398698, 1.94814556, 2.90721035}},
		{"Levina and Bickel", mle{Aggregate: intrinsic.Mean}, [3]float64{4.60084193, 2.04661724, 3.07997584}},
		{"median", mle{Aggregate: intrinsic.Median}, [3]float64{4.41553206, 1.97224672, 2.9750662}},
		{"unbiased", mle{Unbiased: true}, [3]float64{4.13430345, 1.84561158, 2.75419928}},
		{"k = 10", mle{Neighbors: 10}, [3]float64{4.38185081, 1.95015093, 2.97429827}},
		{"Rdimtools mle1", mle{AverageFrom: 10, Aggregate: intrinsic.Mean}, [3]float64{4.7091383, 2.09486209, 3.17227718}},
		{"Rdimtools mle2", mle{AverageFrom: 10}, [3]float64{4.36778301, 1.9488619, 2.92194304}},
		{"scikit-dimension MOM", intrinsic.MOM{}, [3]float64{4.05944567, 2.33774395, 2.96802724}},
		{"scikit-dimension MOM, k = 20", intrinsic.MOM{Neighbors: 20}, [3]float64{4.84974043, 2.17198085, 3.24999213}},
		{"scikit-dimension and Rdimtools MADA", intrinsic.MADA{}, [3]float64{4.65187377, 2.08906096, 3.05216795}},
		{"CDF by NumPy", intrinsic.CDF{}, [3]float64{4.373796664285038, 1.9537095305616166, 2.9212512803294484}},
		{"CDF by NumPy, mean", intrinsic.CDF{Aggregate: intrinsic.Mean}, [3]float64{4.636015426272712, 2.066910281448068, 3.1170869350084294}},
		{"CDF by NumPy, median", intrinsic.CDF{Aggregate: intrinsic.Median}, [3]float64{4.445372150554251, 1.972873897795296, 3.0183904074565615}},
		{"MiND_MLk, true optimum", intrinsic.MiND{}, [3]float64{4.39757055, 1.95719828, 2.95793938}},
		{"MiND_MLk, k = 10", intrinsic.MiND{Neighbors: 10}, [3]float64{4.42694619, 1.96238645, 2.96968879}},
		{"MiND_MLi", intrinsic.MiND{Integer: true}, [3]float64{4, 2, 3}},
		{"MADA, median", intrinsic.MADA{Aggregate: intrinsic.Median}, [3]float64{4.36242107, 1.94990892, 2.79121026}},
	} {
		for i, want := range c.want {
			switch e := c.e.(type) {
			case twonn:
				e.Graph = graphs[i]
				c.e = e
			case mle:
				e.Graph = graphs[i]
				c.e = e
			}
			near(t, c.peer+" on "+"ABC"[i:i+1], estimate(t, c.e, x[i]).Value, want, 1e-8)
		}
	}
	for i := range x {
		name := " on " + "ABC"[i:i+1]
		near(t, "2NN scale"+name, estimate(t, intrinsic.TwoNN{}, x[i]).Scale, [3]float64{.231014933, .866750667, .21735445}[i], 1e-8)
		near(t, "standard deviation of the posterior"+name, estimate(t, intrinsic.TwoNN{Fit: intrinsic.Bayes}, x[i]).StdErr,
			[3]float64{.203786115, .0620747637, .133227902}[i], 1e-8)
	}
}
