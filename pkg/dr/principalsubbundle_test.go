package dr_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dr"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// globe returns n rows that cover the unit sphere evenly, on a spiral by the golden angle.
func globe(n int) *mat.Dense {
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		z := 1 - (2*float64(i)+1)/float64(n)
		angle, ring := float64(i)*math.Pi*(3-math.Sqrt(5)), math.Sqrt(1-z*z)
		x.SetRow(i, []float64{ring * math.Cos(angle), ring * math.Sin(angle), z})
	}
	return x
}

func ExamplePrincipalSubbundle_Fit() {
	// A quarter of a circle: one dimension, as long as the arc.
	arc := mat.NewDense(61, 2, nil)
	for i := range 61 {
		angle := math.Pi / 2 * float64(i) / 60
		arc.SetRow(i, []float64{math.Cos(angle), math.Sin(angle)})
	}
	ctx := context.Background()
	model, err := dr.PrincipalSubbundle{Components: 1}.Fit(ctx, arc)
	if err != nil {
		fmt.Println(err)
		return
	}
	arcLength, err := model.Distance(ctx, arc.RawRowView(10), arc.RawRowView(50))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f of π/3 = %.2f", arcLength, math.Pi/3)
	// Output:
	// 1.05 of π/3 = 1.05
}

// Closed form: geodesics of the sphere are great circles, and distances arcs.
func TestSubbundleGeodesicsOfTheSphere(t *testing.T) {
	testenv.Unraced(t)
	const n = 400
	ctx := context.Background()
	x := globe(n)
	m, err := dr.PrincipalSubbundle{Bandwidth: .4, Iterations: 8, Tolerance: 1e-3}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{n / 5, n / 2, 2 * n / 3} {
		from := x.RawRowView(i)
		plane, err := m.Plane(from)
		if err != nil {
			t.Fatal(err)
		}
		direction := plane.RawRowView(1)
		const length, steps = 2., 8
		path, err := m.Geodesic(ctx, from, direction, length, steps)
		if err != nil {
			t.Fatal(err)
		}
		for s := range steps + 1 {
			angle := length * float64(s) / steps
			want := make([]float64, 3)
			floats.AddScaled(want, math.Cos(angle), from)
			floats.AddScaled(want, math.Sin(angle), direction)
			if miss := floats.Distance(path.RawRowView(s), want, 2); miss > .01*length {
				t.Errorf("from row %d, after %.2f the geodesic is %.4f from the great circle", i, angle, miss)
			}
		}
		end := path.RawRowView(steps)
		log, err := m.Log(ctx, from, end)
		if err != nil {
			t.Fatal(err)
		}
		if !log.Converged || math.Abs(log.Length/length-1) > .005 || log.Residual > 1e-3 {
			t.Errorf("the way to the end of a geodesic of length %v is %+v", length, log)
		}
		back, err := m.Exp(ctx, from, log.Vector)
		if err != nil || math.Abs(floats.Distance(back, end, 2)-log.Residual) > 1e-9 {
			t.Errorf("Exp of Log ends %v from where Log says (%v)", floats.Distance(back, end, 2)-log.Residual, err)
		}
	}
	// The coordinates of rows keep the arcs from the base.
	base, worst := m.Base(), 0.
	for i := range n {
		arc := math.Acos(min(1, floats.Dot(base, x.RawRowView(i))/floats.Norm(base, 2)))
		if arc > .3 && arc < 2.5 {
			worst = max(worst, math.Abs(mat.Norm(m.Embedding().RowView(i), 2)/arc-1))
		}
	}
	if worst > .02 {
		t.Errorf("coordinates are wrong by up to %.4f of the arcs", worst)
	}
}

// Where tangent spaces are exact, so is the result: rows of a plane keep all their distances.
func TestSubbundleOfFlatRowsIsAnIsometry(t *testing.T) {
	testenv.Unraced(t)
	flat, turn := fixture.Normal(1, 60, 2), fixture.Normal(2, 7, 7)
	var qr mat.QR
	qr.Factorize(turn)
	var q, x mat.Dense
	qr.QTo(&q)
	x.Mul(flat, q.Slice(0, 2, 0, 7))
	ctx := context.Background()
	m, err := dr.PrincipalSubbundle{}.Fit(ctx, &x)
	if err != nil {
		t.Fatal(err)
	}
	y, err := m.Inverse(ctx, m.Embedding())
	if err != nil {
		t.Fatal(err)
	}
	again, err := m.Transform(ctx, &x)
	if err != nil {
		t.Fatal(err)
	}
	z := m.Embedding()
	for i := range 60 {
		if miss := floats.Distance(y.RawRowView(i), x.RawRowView(i), 2); miss > 1e-6 {
			t.Errorf("row %d comes back %v from where it was", i, miss)
		}
		if moved := floats.Distance(again.RawRowView(i), z.RawRowView(i), 2); moved > 1e-6 {
			t.Errorf("row %d, transformed, is %v from its place", i, moved)
		}
		for j := range i {
			want := floats.Distance(flat.RawRowView(i), flat.RawRowView(j), 2)
			if got := floats.Distance(z.RawRowView(i), z.RawRowView(j), 2); math.Abs(got-want) > 1e-6 {
				t.Fatalf("rows %d and %d are %v apart, and %v on the map", i, j, want, got)
			}
		}
	}
	if m.Embedding().Objective > 1e-6 || floats.Max(m.Residuals()) > 1e-6 {
		t.Errorf("rows of a plane are %v from it", m.Embedding().Objective)
	}
}

// The surface through noisy rows is nearer to the true one than they are, and a surface
// of too few dimensions is not.
func TestSubbundleIsNearerToTheSurface(t *testing.T) {
	testenv.Unraced(t)
	ctx := context.Background()
	const n, noise = 300, .1
	u, e := fixture.Uniform(5, n, 2), fixture.Normal(6, n, 3)
	x := mat.NewDense(n, 3, nil)
	for i := range n {
		a, b := bend(3 * math.Pi * (u.At(i, 0) - .5))
		x.SetRow(i, []float64{a + noise*e.At(i, 0), 2*u.At(i, 1) + noise*e.At(i, 1), b + noise*e.At(i, 2)})
	}
	data := offBend(x)
	for k, holds := range map[int]func(surface, rows float64) bool{
		1: func(_, rows float64) bool { return rows > 3*data },
		2: func(surface, rows float64) bool { return surface < .8*data && rows < 2*data },
	} {
		m, err := dr.PrincipalSubbundle{Components: k, Tolerance: 1e-3}.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		y, err := m.Inverse(ctx, m.Embedding())
		if err != nil {
			t.Fatal(err)
		}
		surface, rows := offBend(y), m.Embedding().Objective
		t.Logf("%d components: the rows are %.4f from the S-curve, %.4f from the learned one, which is %.4f from the S-curve", k, data, rows, surface)
		if !holds(surface, rows) {
			t.Errorf("%d components: not so", k)
		}
	}
}

// bend is a point of the curve that the S-curve is a strip over.
func bend(angle float64) (x, z float64) {
	if angle < 0 {
		return math.Sin(angle), 1 - math.Cos(angle)
	}
	return math.Sin(angle), math.Cos(angle) - 1
}

// offBend is the root of the mean squared distance of rows from the S-curve.
func offBend(y mat.Matrix) float64 {
	n, _ := y.Dims()
	sum := 0.
	for i := range n {
		least := math.Inf(1)
		for j := range 1000 {
			x, z := bend(3 * math.Pi * (float64(j)/999 - .5))
			least = min(least, math.Hypot(y.At(i, 0)-x, y.At(i, 2)-z))
		}
		sum += least * least / float64(n)
	}
	return math.Sqrt(sum)
}

func TestSubbundlePolicies(t *testing.T) {
	ctx := context.Background()
	x := globe(60)
	m, err := dr.PrincipalSubbundle{Base: x.RawRowView(7)}.Fit(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	if at := mat.Norm(m.Embedding().RowView(7), 2); at > 1e-9 || floats.Distance(m.Base(), x.RawRowView(7), 2) > 1e-12 {
		t.Errorf("the base is at %v on the map, and is %v", at, m.Base())
	}
	far := mat.NewDense(1, 3, []float64{50, 0, 0})
	z, err := m.Transform(ctx, far)
	if err != nil || len(z.Notes) != 1 || !strings.Contains(z.Notes[0], "beyond the support") {
		t.Errorf("a far row: %v (%v)", z, err)
	}
	plane, err := m.Plane(x.RawRowView(3))
	if err != nil {
		t.Fatal(err)
	}
	var product mat.Dense
	product.Mul(plane, plane.T())
	if !mat.EqualApprox(&product, mat.NewDense(2, 2, []float64{1, 0, 0, 1}), 1e-12) {
		t.Errorf("the plane has axes with products %v", mat.Formatted(&product))
	}
	var (
		degenerate *mat32.DegenerateError
		shape      *mat32.ShapeError
		notFinite  *mat32.NotFiniteError
		param      *mat32.ParamError
	)
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	from, v := x.RawRowView(0), plane.RawRowView(0)
	points := func(at []float64) []error {
		_, e1 := m.Plane(at)
		_, e2 := m.Exp(ctx, at, v)
		_, e3 := m.Geodesic(ctx, at, v, 1, 3)
		_, e4 := m.Log(ctx, at, from)
		_, e5 := m.Distance(ctx, at, from)
		return []error{e1, e2, e3, e4, e5}
	}
	for _, c := range []struct {
		at   []float64
		want any
	}{{far.RawRowView(0), &degenerate}, {[]float64{1e300, 0, 0}, &degenerate}, {from[:2], &shape}, {[]float64{0, math.NaN(), 0}, &notFinite}} {
		for i, err := range points(c.at) {
			if !errors.As(err, c.want) || !strings.HasPrefix(err.Error(), "dr.PrincipalSubbundle") {
				t.Errorf("method %d of the point %v: %v", i, c.at, err)
			}
		}
	}
	for name, c := range map[string]struct {
		call func() error
		want any
	}{
		"a short vector":      {func() error { _, err := m.Exp(ctx, from, v[:1]); return err }, &shape},
		"an infinite vector":  {func() error { _, err := m.Exp(ctx, from, []float64{0, math.Inf(1), 0}); return err }, &notFinite},
		"a vast vector":       {func() error { _, err := m.Exp(ctx, from, []float64{1e9, 1e9, 1e9}); return err }, &degenerate},
		"no direction":        {func() error { _, err := m.Geodesic(ctx, from, make([]float64, 3), 1, 3); return err }, &degenerate},
		"a negative length":   {func() error { _, err := m.Geodesic(ctx, from, v, -1, 3); return err }, &param},
		"no steps":            {func() error { _, err := m.Geodesic(ctx, from, v, 1, 0); return err }, &param},
		"a far end of a Log":  {func() error { _, err := m.Log(ctx, from, []float64{1e300, 0, 0}); return err }, &degenerate},
		"vast coordinates":    {func() error { _, err := m.Inverse(ctx, mat.NewDense(1, 2, []float64{1e9, 0})); return err }, &degenerate},
		"equal rows":          {func() error { _, err := dr.PrincipalSubbundle{}.Fit(ctx, mat.NewDense(9, 3, nil)); return err }, &degenerate},
		"a narrow bandwidth":  {func() error { _, err := dr.PrincipalSubbundle{Bandwidth: 1e-6}.Fit(ctx, x); return err }, &degenerate},
		"a base far from all": {func() error { _, err := dr.PrincipalSubbundle{Base: far.RawRowView(0)}.Fit(ctx, x); return err }, &degenerate},
		"one row":             {func() error { _, err := dr.PrincipalSubbundle{}.Fit(ctx, globe(1)); return err }, &shape},
		"n ≤ k":               {func() error { _, err := dr.PrincipalSubbundle{Components: 2}.Fit(ctx, globe(2)); return err }, &param},
	} {
		if err := c.call(); !errors.As(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"Exp":      func() error { _, err := m.Exp(canceled, from, v); return err }(),
		"Geodesic": func() error { _, err := m.Geodesic(canceled, from, v, 1, 3); return err }(),
		"Log":      func() error { _, err := m.Log(canceled, from, x.RawRowView(9)); return err }(),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
	// Two parts far apart are joined, and said to be.
	parts := mat.NewDense(40, 2, nil)
	for i := range 40 {
		parts.SetRow(i, []float64{float64(i%20)/10 + 30*float64(i/20), math.Sin(float64(i))})
	}
	p, err := dr.PrincipalSubbundle{Components: 1}.Fit(ctx, parts)
	if err != nil || mat32.Check(p.Embedding()) != nil || !strings.Contains(strings.Join(p.Embedding().Notes, " "), "2 parts") {
		t.Errorf("two parts: %v (%v)", p, err)
	}
}
