package intrinsic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/intrinsic"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// What the peers' own code returns on the fixtures A, B and C, and for ABID what
// its definition gives: section by section the mean over rows, or over the first
// twenty.
func TestAnglesOfPeers(t *testing.T) {
	testenv.Unraced(t)
	for i, x := range []mat.Matrix{fixture.A(), fixture.B(), fixture.C()} {
		g, err := neighbors.Exact{Neighbors: 100}.Graph(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name  string
			e     estimator
			first int
			want  [3]float64
		}{
			{"scikit-dimension TLE", intrinsic.TLE{Graph: g}, 0, [3]float64{4.81418732, 2.14098996, 3.28401963}},
			{"scikit-dimension ESS a", intrinsic.ESS{Graph: g}, 20, [3]float64{4.81611457, 2.59575543, 3.35149566}},
			{"scikit-dimension ESS b", intrinsic.ESS{Version: intrinsic.Projection, Graph: g}, 20, [3]float64{4.78167489, 2.60698139, 3.28962084}},
			{"ABID", intrinsic.ABID{Graph: g}, 0, [3]float64{4.18776211, 2.50597455, 3.69476815}},
			{"RABID", intrinsic.ABID{Raw: true, Graph: g}, 0, [3]float64{4.33146336, 2.54563556, 3.79821259}},
		} {
			d := estimate(t, c.e, x)
			got := d.Value
			if c.first > 0 {
				got = stat.Mean(d.Local[:c.first], nil)
			}
			near(t, c.name+" on "+"ABC"[i:i+1], got, c.want[i], 1e-8)
			near(t, c.name+": the value is the mean", d.Value, stat.Mean(d.Local, nil), 1e-12)
		}
	}
}

// Where the limit of TLE is absolute, as with its peers, minute data lose their
// measurements; and one pair nearer than it changes the estimate of a row little,
// not by a third.
func TestTLEHasNoLengthOfItsOwn(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(21, 200, 3)
	want := estimate(t, intrinsic.TLE{}, x)
	near(t, "scikit-dimension on the clean data", want.Value, 3.217, 2e-4)
	close := mat.DenseCopyOf(x)
	close.SetRow(1, x.RawRowView(0))
	close.Set(1, 0, x.At(0, 0)+1e-6)
	got := estimate(t, intrinsic.TLE{}, close)
	if math.Abs(got.Local[0]/want.Local[0]-1) > 0.2 {
		t.Errorf("with a neighbour at 1e-6: %.3f, without %.3f", got.Local[0], want.Local[0])
	}
	all := estimate(t, intrinsic.TLE{Epsilon: 1e-300}, close)
	if !(all.Local[0] < got.Local[0]) {
		t.Errorf("nothing left out gives %.3f, and %.3f with the rest", all.Local[0], got.Local[0])
	}
}

// In dimension 20 the distances of 1000 rows fall short and angles do not; the
// surface of a curve in a plane is what angles take for one.
func TestESSInHighDimension(t *testing.T) {
	testenv.Unraced(t)
	ball := fixture.Normal(73, 1000, 20)
	for _, e := range []intrinsic.ESS{{}, {Version: intrinsic.Projection}} {
		if d := estimate(t, e, ball); math.Abs(d.Value-20) > 1 {
			t.Errorf("%v, order %d: %v", e.Version, e.Order, d)
		}
	}
	if d := estimate(t, intrinsic.MLE{}, ball); d.Value > 17 {
		t.Errorf("MLE, which should fall short: %v", d)
	}
	few := ball.Slice(0, 150, 0, 20)
	a, b := estimate(t, intrinsic.ESS{Order: 2, Neighbors: 50, Seed: 1}, few), estimate(t, intrinsic.ESS{Order: 2, Neighbors: 50, Seed: 2}, few)
	if a.Value == b.Value || math.Abs(a.Value-b.Value) > 0.01*a.Value || math.Abs(a.Value-20) > 1.5 {
		t.Errorf("two seeds: %v and %v", a.Value, b.Value)
	}
}

// With few simplices all are measured: the volume of Order 2 by its determinant.
func TestESSMeasuresAllSimplices(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(74, 13, 5)
	d := estimate(t, intrinsic.ESS{Order: 2, Neighbors: 12}, x)
	var volume, weight float64
	for i := 1; i < 13; i++ {
		for j := 1; j < i; j++ {
			for l := 1; l < j; l++ {
				var v mat.Dense
				v.CloneFrom(mat.NewDense(3, 5, nil))
				for r, row := range []int{i, j, l} {
					for c := range 5 {
						v.Set(r, c, x.At(row, c)-stat.Mean(mat.Col(nil, c, x.Slice(1, 13, 0, 5)), nil))
					}
				}
				var gram mat.Dense
				gram.Mul(&v, v.T())
				volume += math.Sqrt(mat.Det(&gram))
				weight += math.Sqrt(gram.At(0, 0) * gram.At(1, 1) * gram.At(2, 2))
			}
		}
	}
	// Γ(n/2)³/(Γ((n+1)/2)²·Γ((n−2)/2)) at whole n, and a straight line between.
	reference := func(n float64) float64 {
		return math.Pow(math.Gamma(n/2)/math.Gamma((n+1)/2), 2) * math.Gamma(n/2) / math.Gamma((n-2)/2)
	}
	n := math.Floor(d.Local[0])
	got := reference(n) + (d.Local[0]-n)*(reference(n+1)-reference(n))
	near(t, "skewness of order 2", got, volume/weight, 1e-10)
}

// Rows that tell nothing are left out, with a note; where none tells, it is an
// error.
func TestAnglesThatTellNothing(t *testing.T) {
	testenv.Unraced(t)
	corners := mat.NewDense(30, 30, nil)
	for i := range 30 {
		corners.Set(i, i, 1)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (intrinsic.TLE{}).Estimate(context.Background(), corners); !errors.As(err, &degenerate) {
		t.Errorf("TLE of corners: %v", err)
	}
	axes := mat.NewDense(31, 30, nil) // seen from the origin, all at right angles
	axes.Slice(0, 30, 0, 30).(*mat.Dense).Copy(corners)
	d := estimate(t, intrinsic.ABID{Neighbors: 30, Raw: true}, axes)
	if !math.IsNaN(d.Local[30]) || len(d.Notes) != 1 || !(d.Value > 0) || math.IsInf(d.Value, 0) {
		t.Errorf("raw ABID at the origin of axes: %v", d)
	}
	near(t, "ABID there", estimate(t, intrinsic.ABID{Neighbors: 30}, axes).Local[30], 30, 1e-12)
}

func TestBadAngles(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.C()
	for param, list := range map[string][]estimator{
		"Neighbors":   {intrinsic.TLE{Neighbors: 1}, intrinsic.TLE{Neighbors: 500}, intrinsic.ESS{Neighbors: 2}, intrinsic.ESS{Order: 3, Neighbors: 4}, intrinsic.ABID{Neighbors: 1}, intrinsic.ABID{Neighbors: 500}},
		"Epsilon":     {intrinsic.TLE{Epsilon: -1}, intrinsic.TLE{Epsilon: 1}, intrinsic.TLE{Epsilon: math.NaN()}},
		"Order":       {intrinsic.ESS{Order: 11}, intrinsic.ESS{Order: -1}, intrinsic.ESS{Order: 2, Version: intrinsic.Projection}},
		"Version":     {intrinsic.ESS{Version: 2}},
		"MemoryLimit": {intrinsic.TLE{MemoryLimit: -1}, intrinsic.ESS{MemoryLimit: -1}, intrinsic.ABID{MemoryLimit: -1}},
	} {
		for _, e := range list {
			d, err := e.Estimate(context.Background(), x)
			var p *mat32.ParamError
			if !errors.As(err, &p) || p.Param != param || !reflect.DeepEqual(d, measure.Dimension{}) {
				t.Errorf("%T%+v: %v", e, e, err)
			}
		}
	}
	if s := intrinsic.SimplexVersion(7).String(); s != "SimplexVersion(7)" {
		t.Error(s)
	}
}

// The error of TLE is that from sample to sample; those of ESS and ABID are upper
// bounds of it.
func TestErrorsOfAngles(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		e      estimator
		lo, hi float64
	}{{intrinsic.TLE{}, 0.75, 1.4}, {intrinsic.ABID{Neighbors: 30}, 1, 3.5}, {intrinsic.ESS{Neighbors: 30}, 1, 3.5}} {
		for data, dim := range map[string]int{"sphere": 2, "normal": 5} {
			var values, errors []float64
			for s := range uint64(30) {
				x := fixture.Normal(1000+s, 120, dim)
				if data == "sphere" {
					x = sphere(1000+s, 120, dim)
				}
				d := estimate(t, c.e, x)
				values, errors = append(values, d.Value), append(errors, d.StdErr)
			}
			if ratio := stat.Mean(errors, nil) / stat.StdDev(values, nil); ratio < c.lo || ratio > c.hi {
				t.Errorf("%T on the %s: standard error over spread is %.2f, want %v to %v", c.e, data, ratio, c.lo, c.hi)
			}
		}
	}
}

func ExampleTLE_Estimate() {
	d, err := intrinsic.TLE{}.Estimate(context.Background(), fixture.C())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f, and %.3f at the first row\n", d.Value, d.Local[0])
	// Output:
	// 3.284, and 3.024 at the first row
}

func ExampleESS_Estimate() {
	d, err := intrinsic.ESS{}.Estimate(context.Background(), fixture.Normal(1, 200, 20))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f\n", d.Value)
	// Output:
	// 19.8
}

func ExampleABID_Estimate() {
	ctx, x := context.Background(), fixture.Normal(1, 200, 5)
	for _, e := range []intrinsic.ABID{{}, {Raw: true}} {
		d, err := e.Estimate(ctx, x)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.2f with k = 100, raw: %v\n", d.Value, e.Raw)
	}
	// Output:
	// 3.39 with k = 100, raw: false
	// 3.49 with k = 100, raw: true
}
