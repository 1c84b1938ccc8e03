package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// meeting returns rows of two subspaces among d columns that meet under the given angles,
// each spanned by rows that are neither of length 1 nor at right angles.
func meeting(d int, angles ...float64) (x, y *mat.Dense) {
	p := len(angles)
	var qr mat.QR
	qr.Factorize(fixture.Normal(5, d, d))
	var q mat.Dense
	qr.QTo(&q)
	a, b := mat.NewDense(p, d, nil), mat.NewDense(p, d, nil)
	for k, t := range angles {
		for j := range d {
			a.Set(k, j, q.At(j, k))
			b.Set(k, j, math.Cos(t)*q.At(j, k)+math.Sin(t)*q.At(j, p+k))
		}
	}
	x, y = new(mat.Dense), new(mat.Dense)
	x.Mul(fixture.Normal(6, p+2, p), a)
	y.Mul(fixture.Normal(7, p, p), b)
	return x, y
}

func TestSubspaceDistances(t *testing.T) {
	ctx := context.Background()
	angles := []float64{0, .3, 1.1}
	x, y := meeting(9, angles...)
	c := math.Cos(.3) * math.Cos(1.1)
	for metric, want := range map[geometry.SubspaceMetric]float64{
		geometry.Geodesic:    math.Hypot(.3, 1.1),
		geometry.Asimov:      1.1,
		geometry.BinetCauchy: math.Sqrt(1 - c*c),
		geometry.Chordal:     math.Hypot(math.Sin(.3), math.Sin(1.1)),
		geometry.FubiniStudy: math.Acos(c),
		geometry.Martin:      math.Sqrt(-2 * math.Log(c)),
		geometry.OfBases:     2 * math.Hypot(math.Sin(.15), math.Sin(.55)),
		geometry.Projection:  math.Sin(1.1),
		geometry.Spectral:    2 * math.Sin(.55),
	} {
		for _, pair := range [][2]*mat.Dense{{x, y}, {y, x}} {
			got, err := geometry.GrassmannDistance{Metric: metric}.Compare(ctx, pair[0], pair[1])
			if err != nil || math.Abs(got.Value-want) > 1e-12 {
				t.Errorf("%v: %v, %v, want %v", metric, got.Value, err, want)
			}
		}
		// Small angles keep their digits in all of them.
		small, near := meeting(9, 1e-9, 1e-9, 1e-9)
		got, err := geometry.GrassmannDistance{Metric: metric}.Compare(ctx, small, near)
		if err != nil || got.Value < .99e-9 || got.Value > 1.01e-9*math.Sqrt(3) {
			t.Errorf("%v of angles of 1e-9: %v, %v", metric, got.Value, err)
		}
	}
	found, err := geometry.GrassmannDistance{}.Angles(ctx, x, y)
	if err != nil || len(found) != 3 || math.Abs(found[2]-1.1) > 1e-12 {
		t.Errorf("angles %v, %v", found, err)
	}
	// One dimension of a plane, and of its complement.
	plane, line := mat.NewDense(2, 3, []float64{1, 0, 0, 0, 1, 0}), mat.NewDense(1, 3, []float64{1, 1, 0})
	if got, err := (geometry.GrassmannDistance{}).Compare(ctx, plane, line); err != nil || got.Value > 1e-15 || len(got.Notes) != 1 {
		t.Errorf("a line in a plane: %v, %v", got, err)
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.GrassmannDistance{Metric: geometry.Martin}).Compare(ctx, plane, mat.NewDense(1, 3, []float64{0, 0, 2})); !errors.As(err, &degenerate) {
		t.Errorf("a right angle: %v", err)
	}
	if _, err := (geometry.GrassmannDistance{}).Compare(ctx, plane, mat.NewDense(1, 3, nil)); !errors.As(err, &degenerate) {
		t.Errorf("zeros: %v", err)
	}
}

// Exp undoes Log, whose length is the distance; and both move by angles.
func TestGrassmannGeodesics(t *testing.T) {
	ctx := context.Background()
	var g geometry.Grassmann
	angles := []float64{1e-7, .3, 1.5}
	x, y := meeting(9, angles...)
	a, err := g.Basis(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.Basis(ctx, y)
	if err != nil {
		t.Fatal(err)
	}
	v, err := g.Log(ctx, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Hypot(1e-7, math.Hypot(.3, 1.5)); math.Abs(mat.Norm(v, 2)-want) > 1e-13 {
		t.Errorf("length %v, want %v", mat.Norm(v, 2), want)
	}
	var inner mat.Dense
	inner.Mul(a, v.T())
	if mat.Norm(&inner, 2) > 1e-14 {
		t.Errorf("it is off tangent by %v", mat.Norm(&inner, 2))
	}
	for _, part := range []float64{0, .25, 1} {
		var w mat.Dense
		w.Scale(part, v)
		to, err := g.Exp(ctx, a, &w)
		if err != nil {
			t.Fatal(err)
		}
		from, err := geometry.GrassmannDistance{}.Compare(ctx, a, to)
		if err != nil {
			t.Fatal(err)
		}
		left, err := geometry.GrassmannDistance{}.Compare(ctx, to, b)
		if err != nil {
			t.Fatal(err)
		}
		whole := mat.Norm(v, 2)
		if math.Abs(from.Value-part*whole) > 1e-13 || math.Abs(left.Value-(1-part)*whole) > 1e-13 {
			t.Errorf("after %v of the way: %v and %v, of %v", part, from.Value, left.Value, whole)
		}
	}
	var param *mat32.ParamError
	if _, err := g.Log(ctx, x, b); !errors.As(err, &param) || param.Param != "x" {
		t.Errorf("rows that are not orthonormal: %v", err)
	}
	var shape *mat32.ShapeError
	if _, err := g.Log(ctx, a, b.Slice(0, 2, 0, 9)); !errors.As(err, &shape) {
		t.Errorf("another dimension: %v", err)
	}
	if _, err := g.Exp(ctx, a, b.Slice(0, 3, 0, 8)); !errors.As(err, &shape) {
		t.Errorf("another shape: %v", err)
	}
}

// The mean of two lies halfway; of many around one, near it, and no neighbour of the mean has
// a smaller variance. On any number of cores it is the same.
func TestGrassmannMean(t *testing.T) {
	ctx := context.Background()
	var g geometry.Grassmann
	x, y := meeting(9, .2, .7)
	a, _ := g.Basis(ctx, x)
	b, _ := g.Basis(ctx, y)
	m, err := g.Mean(ctx, []mat.Matrix{a, b})
	if err != nil {
		t.Fatal(err)
	}
	half := math.Hypot(.2, .7) / 2
	if math.Abs(m.Variance-half*half) > 1e-12 || len(m.Notes) > 0 {
		t.Errorf("of two: %v, want variance %v", m, half*half)
	}
	var around []mat.Matrix
	for s := range uint64(12) {
		v := fixture.Normal(100+s, 2, 9)
		v.Scale(.15, v)
		p, err := g.Exp(ctx, a, v)
		if err != nil {
			t.Fatal(err)
		}
		around = append(around, p)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var first string
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		if m, err = g.Mean(ctx, around); err != nil {
			t.Fatal(err)
		}
		if s := fmt.Sprint(m.Basis); first == "" {
			first = s
		} else if s != first {
			t.Errorf("%d cores: another mean", cores)
		}
	}
	off, err := geometry.GrassmannDistance{}.Compare(ctx, m.Basis, a)
	if err != nil || off.Value > .4 {
		t.Errorf("the mean is %v from where the subspaces come from, %v", off.Value, err)
	}
	variance := func(at mat.Matrix) (sum float64) {
		for _, p := range around {
			d, err := geometry.GrassmannDistance{}.Compare(ctx, at, p)
			if err != nil {
				t.Fatal(err)
			}
			sum += d.Value * d.Value / float64(len(around))
		}
		return sum
	}
	if v := variance(m.Basis); math.Abs(v-m.Variance) > 1e-12 {
		t.Errorf("variance %v, said to be %v", v, m.Variance)
	}
	for s := range uint64(10) {
		v := fixture.Normal(300+s, 2, 9)
		v.Scale(1e-3, v)
		beside, err := g.Exp(ctx, m.Basis, v)
		if err != nil {
			t.Fatal(err)
		}
		if variance(beside) <= m.Variance {
			t.Errorf("beside the mean the variance is less")
		}
	}
	if short, err := (geometry.Grassmann{Iterations: 1, Tolerance: 1e-13}).Mean(ctx, around); err != nil || len(short.Notes) != 1 {
		t.Errorf("one step: %v, %v", short, err)
	}
	var param *mat32.ParamError
	for _, g := range []geometry.Grassmann{{Tolerance: -1}, {Iterations: -1}} {
		if _, err := g.Mean(ctx, around); !errors.As(err, &param) {
			t.Errorf("%+v: %v", g, err)
		}
	}
	if _, err := g.Mean(ctx, nil); !errors.As(err, &param) {
		t.Errorf("none: %v", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := g.Mean(ctx, around); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func ExampleGrassmannDistance() {
	x, y := meeting(9, .3, .4)
	s, _ := geometry.GrassmannDistance{}.Compare(context.Background(), x, y)
	fmt.Println(s)
	// Output:
	// geodesic distance  0.5000
	//   convention  √Σθ² of 2 principal angles; 0 is the same subspace
}

func ExampleGrassmann() {
	ctx := context.Background()
	var g geometry.Grassmann
	x, y := meeting(9, .3, .4)
	a, _ := g.Basis(ctx, x)
	b, _ := g.Basis(ctx, y)
	m, _ := g.Mean(ctx, []mat.Matrix{a, b})
	fmt.Println(m)
	// Output: mean subspace of 2 among 9 dimensions, variance 0.0625
}
