package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// turnedInto returns rows turned into more columns.
func turnedInto(x *mat.Dense, columns int) *mat.Dense {
	_, d := x.Dims()
	var qr mat.QR
	qr.Factorize(fixture.Normal(77, columns, columns))
	var q, y mat.Dense
	qr.QTo(&q)
	y.Mul(x, q.Slice(0, d, 0, columns))
	return &y
}

// median of the values that are numbers.
func median(values []float64) float64 {
	var v []float64
	for _, x := range values {
		if !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func column(m *mat.Dense, j int) []float64 { return mat.Col(nil, j, m) }

// A graph of degree 2 with a slope has the curvatures that its two fundamental forms say, the
// nearer the smaller the neighbourhood.
func TestCurvaturesOfQuadraticSurfaces(t *testing.T) {
	u := fixture.Uniform(1, 60, 2)
	u.Apply(func(i, _ int, v float64) float64 {
		if i == 0 {
			return 0
		}
		return v - .5
	}, u)
	// At 0: slope (0.4, 0), Hessian ((2, 0.3), (0.3, −1)): E = 1.16, F = 0, G = 1, and L, M, N are
	// the Hessian over √1.16.
	w := math.Sqrt(1.16)
	gauss := (2*-1 - .3*.3) / 1.16 / 1.16
	mean := (2/w*1 + -1/w*1.16) / (2 * 1.16)
	root := math.Sqrt(mean*mean - gauss)
	off := func(scale float64) float64 {
		small := mat.NewDense(60, 3, nil)
		for i := range 60 {
			a, b := scale*u.At(i, 0), scale*u.At(i, 1)
			small.SetRow(i, []float64{a, b, a*a - .5*b*b + .3*a*b + .4*a})
		}
		c, err := geometry.PrincipalCurvatures{Neighbors: 30}.Compute(context.Background(), small)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Principal.RawRowView(0)
		if math.Abs(c.Scalar[0]-2*got[0]*got[1]) > 1e-9 || math.Abs(c.Mean[0]-(got[0]+got[1])/2) > 1e-9 {
			t.Errorf("scalar %v and mean %v curvature of %v", c.Scalar[0], c.Mean[0], got)
		}
		return math.Hypot(got[0]-(math.Abs(mean)+root), got[1]-(math.Abs(mean)-root))
	}
	if coarse, fine := off(.1), off(.01); fine > 5e-3 || fine > coarse/5 {
		t.Errorf("off by %v, and of a tenth of the size by %v", coarse, fine)
	}
}

// The closed forms: spheres 1/r in every direction, cylinders 1/r and 0, planes 0, in any
// number of columns; a product of circles bends in two normal directions, and is flat. Of the
// same dimension, they differ.
func TestCurvaturesOfKnownSurfaces(t *testing.T) {
	testenv.Unraced(t)
	const n = 600
	plane := fixture.Uniform(1, n, 2)
	cylinder, product := mat.NewDense(n, 3, nil), mat.NewDense(n, 4, nil)
	for i := range n {
		a, z := 2*math.Pi*plane.At(i, 0), plane.At(i, 1)
		cylinder.SetRow(i, []float64{.5 * math.Cos(a), .5 * math.Sin(a), 4 * z})
		b := 2 * math.Pi * z
		product.SetRow(i, []float64{math.Cos(a), math.Sin(a), 2 * math.Cos(b), 2 * math.Sin(b)})
	}
	for _, c := range []struct {
		name         string
		x            *mat.Dense
		d            int
		want         []float64 // medians of the curvatures along the first normal; nil where it is one of several
		mean, scalar float64
		off          float64
	}{
		{"plane", turnedInto(plane, 3), 2, []float64{0, 0}, 0, 0, 1e-9},
		{"plane in 30 columns", turnedInto(plane, 30), 2, []float64{0, 0}, 0, 0, 1e-9},
		{"sphere of radius 2", sphere(2, n, 3, 2), 2, []float64{.5, .5}, .5, .5, .02},
		{"sphere in 20 columns", turnedInto(sphere(2, n, 3, 2), 20), 2, []float64{.5, .5}, .5, .5, .02},
		{"sphere of 3 dimensions", sphere(3, 2*n, 4, 1), 3, []float64{1, 1, 1}, 1, 6, .15},
		{"cylinder", cylinder, 2, []float64{2, 0}, 1, 0, .1},
		{"circle", sphere(4, 300, 2, 3), 1, []float64{1. / 3}, 1. / 3, 0, 1e-3},
		{"product of circles", product, 2, nil, math.Sqrt(1.25) / 2, 0, .05},
	} {
		got, err := geometry.PrincipalCurvatures{Dimension: c.d}.Compute(context.Background(), c.x)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for j, want := range c.want {
			if m := median(column(got.Principal, j)); math.Abs(m-want) > c.off {
				t.Errorf("%s: curvature %d is %v, want %v", c.name, j, m, want)
			}
		}
		if m := median(got.Mean); math.Abs(m-c.mean) > c.off {
			t.Errorf("%s: mean curvature %v, want %v", c.name, m, c.mean)
		}
		if s := median(got.Scalar); math.Abs(s-c.scalar) > 2*c.off*(1+c.scalar) {
			t.Errorf("%s: scalar curvature %v, want %v", c.name, s, c.scalar)
		}
	}
}

// More rows of a sphere bring its curvature nearer to 1/r, as the square of their distance.
func TestCurvatureOfASphereTends(t *testing.T) {
	testenv.Unraced(t)
	const r = 3.
	var last float64
	for step, n := range []int{200, 800, 3200} {
		c, err := geometry.PrincipalCurvatures{}.Compute(context.Background(), sphere(5, n, 3, r))
		if err != nil {
			t.Fatal(err)
		}
		m := c.MAPC()
		off := math.Abs(m.Value - 1/r)
		t.Logf("%d rows: %.5f, 1/r = %.5f", n, m.Value, 1/r)
		if step > 0 && off > last/2.5 {
			t.Errorf("%d rows: off by %v, a quarter as many by %v", n, off, last)
		}
		last = off
	}
	if last > .002 {
		t.Errorf("off by %v at last", last)
	}
	noise, err := geometry.PrincipalCurvatures{}.Compute(context.Background(), fixture.Normal(5, 800, 3))
	if err != nil {
		t.Fatal(err)
	}
	if off := math.Abs(noise.MAPC().Value - 1/r); off < .1 {
		t.Errorf("noise has the curvature of a sphere to %v", off)
	}
}

func TestCurvaturesOfFewRows(t *testing.T) {
	ctx := context.Background()
	var param *mat32.ParamError
	for _, p := range []geometry.PrincipalCurvatures{{Dimension: 3}, {Dimension: -1}, {Neighbors: 5}, {Neighbors: 30}, {Normals: 2}, {MemoryLimit: -1}} {
		if _, err := p.Compute(ctx, fixture.Normal(1, 30, 3)); !errors.As(err, &param) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := (geometry.PrincipalCurvatures{}).Compute(ctx, fixture.Normal(1, 6, 3)); !errors.As(err, &param) || param.Param != "Neighbors" {
		t.Errorf("6 rows: %v", err)
	}
	var memory *mat32.MemoryError
	if _, err := (geometry.PrincipalCurvatures{MemoryLimit: 1}).Compute(ctx, fixture.Normal(1, 30, 3)); !errors.As(err, &memory) {
		t.Errorf("a byte: %v", err)
	}
	var needed *mat32.RowsNeededError
	distances, _ := mat32.NewDistances(3, []float64{1, 1, 1})
	if _, err := (geometry.PrincipalCurvatures{}).Compute(ctx, distances); !errors.As(err, &needed) {
		t.Errorf("distances: %v", err)
	}
	// Rows on a line tell no surface of two dimensions.
	line := mat.NewDense(40, 3, nil)
	for i := range 40 {
		line.Set(i, 0, float64(i*i))
	}
	var degenerate *mat32.DegenerateError
	if _, err := (geometry.PrincipalCurvatures{}).Compute(ctx, line); !errors.As(err, &degenerate) {
		t.Errorf("a line: %v", err)
	}
	// Copies have the curvatures of what they are copies of, and change none.
	x := sphere(1, 40, 3, 1)
	plain, err := geometry.PrincipalCurvatures{}.Compute(ctx, x)
	if err != nil {
		t.Fatal(err)
	}
	var twice mat.Dense
	twice.Stack(x, x)
	both, err := geometry.PrincipalCurvatures{}.Compute(ctx, &twice)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(both.Principal.Slice(40, 80, 0, 2), plain.Principal) || !slices.Equal(both.Scalar[:40], plain.Scalar) {
		t.Error("copies bend otherwise")
	}
	// Units: a tenth of the size bends ten times as much, however small or large.
	for _, size := range []float64{.1, 1e-150, 1e120} {
		var scaled mat.Dense
		scaled.Scale(size, x)
		c, err := geometry.PrincipalCurvatures{}.Compute(ctx, &scaled)
		if err != nil {
			t.Errorf("size %v: %v", size, err)
			continue
		}
		if got, want := c.MAPC().Value*size, plain.MAPC().Value; math.Abs(got-want) > 1e-9 {
			t.Errorf("size %v: %v, want %v", size, got, want)
		}
	}
}

// Columns that differ by all that float64 can hold bend as the large ones do.
func TestCurvaturesOfUnequalColumns(t *testing.T) {
	for _, size := range []float64{1e-300, 1e-160, 1e-20} {
		x := sphere(1, 60, 4, 1)
		for i := range 60 {
			x.Set(i, 3, x.At(i, 3)*size)
		}
		c, err := geometry.PrincipalCurvatures{}.Compute(context.Background(), x)
		var degenerate *mat32.DegenerateError
		if err != nil && !errors.As(err, &degenerate) {
			t.Errorf("size %v: %v", size, err)
		}
		if err == nil && !(c.MAPC().Value < 1e-10) {
			t.Errorf("size %v: a ball of three dimensions bends by %v", size, c.MAPC().Value)
		}
	}
}

func TestCurvaturesAreReproducible(t *testing.T) {
	x := turnedInto(sphere(1, 200, 3, 1), 15)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var want string
	for _, cores := range testenv.Cores() {
		runtime.GOMAXPROCS(cores)
		c, err := geometry.PrincipalCurvatures{Dimension: 2}.Compute(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(c.Principal, c.Mean, c.Scalar)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d cores give other bits", cores)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := geometry.PrincipalCurvatures{Dimension: 6}.Compute(ctx, fixture.Normal(1, 3000, 12))
	if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
		t.Errorf("cancelled after 10 ms: %v after %v", err, took)
	}
}

func ExamplePrincipalCurvatures() {
	c, _ := geometry.PrincipalCurvatures{}.Compute(context.Background(), sphere(1, 2000, 3, 2))
	fmt.Println(c)
	// Output:
	// curvatures of 2000 rows on a surface of 2 dimensions, means over rows
	//   along normal 1: 0.5029 0.5019
	//   mean curvature 0.5024, scalar curvature 0.5047, MAPC 0.5024
}
