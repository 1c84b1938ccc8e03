package sketch_test

import (
	"context"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/sketch"
)

// moments returns E‖w+w′‖²ᵏ for two vectors of d columns at an angle of that
// cosine, with lengths of independent normal ones.
func moments(d, k int, cosine float64) (sum float64) {
	chi := func(p int) float64 {
		a, _ := math.Lgamma(float64(d+p) / 2)
		b, _ := math.Lgamma(float64(d) / 2)
		return math.Exp(float64(p)/2*math.Ln2 + a - b)
	}
	factorial := func(n int) float64 { return math.Gamma(float64(n + 1)) }
	for i := range k + 1 {
		for j := range k - i + 1 {
			l := k - i - j
			sum += factorial(k) / factorial(i) / factorial(j) / factorial(l) * math.Pow(2*cosine, float64(l)) * chi(2*i+l) * chi(2*j+l)
		}
	}
	return sum
}

// joint returns E exp((w+w′)·v) for ‖v‖² = square, and E cos((w+w′)·v) for −square.
func joint(d int, cosine, square float64) (sum float64) {
	for k := range 40 {
		a, _ := math.Lgamma(float64(k) + float64(d)/2)
		b, _ := math.Lgamma(float64(d) / 2)
		sum += math.Pow(square/4, float64(k)) * moments(d, k, cosine) / math.Gamma(float64(k+1)) * math.Exp(b-a)
	}
	return sum
}

// predicted returns the variance of the kernel that features of count
// projections in as many columns estimate for x and y, worked out by hand from
// the joint moments of two projections.
func predicted(f sketch.RandomFeatures, count int, x, y []float64) float64 {
	scale := math.Sqrt(2 * f.Gamma)
	var minus, plus, xx, yy float64
	for j := range x {
		a, b := scale*x[j], scale*y[j]
		minus, plus, xx, yy = minus+(a-b)*(a-b), plus+(a+b)*(a+b), xx+a*a, yy+b*b
	}
	d, m := len(x), float64(count)
	cosine := map[sketch.Coupling]float64{sketch.Simplex: -1 / (m - 1)}[f.Coupling]
	var variance, covariance float64
	if f.Positive {
		variance = math.Exp(2*plus) - math.Exp(plus)
		if f.Coupling != sketch.IID {
			covariance = joint(d, cosine, plus) - math.Exp(plus)
		}
		return math.Exp(-2*xx-2*yy) * (variance + (m-1)*covariance) / m
	}
	variance = (1 - math.Exp(-minus)) * (1 - math.Exp(-minus)) / 2
	if f.Coupling != sketch.IID {
		covariance = (joint(d, cosine, -minus)+joint(d, -cosine, -minus))/2 - math.Exp(-minus)
	}
	return (variance + (m-1)*covariance) / m
}

// The estimates have the kernel for their mean and the variance of the closed
// form, which is less for orthogonal directions than for independent ones, and
// for positive features less still for those of a simplex. The control: one
// projection has nothing to be coupled with.
func TestRandomFeaturesHaveTheVarianceOfTheClosedForm(t *testing.T) {
	testenv.Unraced(t)
	const d, seeds = 6, 6000
	x := mat.NewDense(2, d, []float64{.5, -.4, .2, .3, 0, .5, -.1, .3, .6, .4, .5, -.2})
	x.Scale(.8, x)
	kernel := math.Exp(-.7 * math.Pow(apart(x, 0, 1), 2))
	want := map[bool]map[sketch.Coupling]float64{false: {}, true: {}}
	for _, positive := range []bool{false, true} {
		for _, coupling := range []sketch.Coupling{sketch.IID, sketch.Orthogonal, sketch.Simplex} {
			for _, count := range []int{d, 4, 1} {
				f := sketch.RandomFeatures{Dim: 2 * count, Coupling: coupling, Positive: positive, Gamma: .7}
				if positive {
					f.Dim = count
				}
				var sum, square, fourth float64
				for seed := range seeds {
					f.Seed = uint64(seed)
					z := done(t)(f.Apply(context.Background(), x))
					e := dot(z, 0, 1) - kernel
					sum, square, fourth = sum+e, square+e*e, fourth+e*e*e*e
				}
				n := float64(seeds)
				variance := predicted(f, count, x.RawRowView(0), x.RawRowView(1))
				if margin := 5 * math.Sqrt(variance/n); math.Abs(sum/n) > margin {
					t.Errorf("%+v: the mean is off by %v, want 0 ± %v", f, sum/n, margin)
				}
				if margin := 5 * math.Sqrt((fourth/n-variance*variance)/n); math.Abs(square/n-variance) > margin {
					t.Errorf("%+v: the variance is %v, want %v ± %v", f, square/n, variance, margin)
				}
				if count == d {
					want[positive][coupling] = variance
				}
			}
		}
	}
	cosines, powers := want[false], want[true]
	t.Logf("variances: %v for cosines, %v for positive features", cosines, powers)
	if cosines[sketch.Orthogonal] > .5*cosines[sketch.IID] {
		t.Error("orthogonal directions should halve the variance of cosines at least")
	}
	if powers[sketch.Orthogonal] > .97*powers[sketch.IID] || powers[sketch.Simplex] > .9*powers[sketch.Orthogonal] {
		t.Error("of positive features, want simplex < orthogonal < independent")
	}
	if cosines[sketch.Simplex] < cosines[sketch.Orthogonal] {
		t.Error("a simplex should not help cosines")
	}
}

func apart(x mat.Matrix, i, j int) (sum float64) {
	_, d := x.Dims()
	for c := range d {
		sum = math.Hypot(sum, x.At(i, c)-x.At(j, c))
	}
	return sum
}

func dot(x mat.Matrix, i, j int) (sum float64) {
	_, d := x.Dims()
	for c := range d {
		sum += x.At(i, c) * x.At(j, c)
	}
	return sum
}

// Whatever the projections, cosines and sines give every row length one, and
// positive features no negative value; sparse rows, float64 ones and any number of
// cores give the same bits; rows get the same features among others.
func TestRandomFeaturesOfAnyForm(t *testing.T) {
	const n, d = 150, 330
	x := mat32.Convert(fixture.Normal(1, n, d))
	for i := range x.Data() {
		x.Data()[i] /= 8
		if i%5 != 0 {
			x.Data()[i] = 0
		}
	}
	csr := sparse(t, x)
	for _, f := range []sketch.RandomFeatures{
		{Seed: 1}, {Dim: 100, Coupling: sketch.Orthogonal}, {Dim: 6, Coupling: sketch.Simplex},
		{Dim: 71, Coupling: sketch.Simplex, Positive: true}, {Dim: 1, Coupling: sketch.Orthogonal, Positive: true},
	} {
		want := done(t)(f.Apply(context.Background(), x))
		for _, procs := range testenv.Cores() {
			old := runtime.GOMAXPROCS(procs)
			for name, m := range map[string]mat.Matrix{"float32": x, "float64": mat.DenseCopyOf(x), "sparse": csr} {
				if got := done(t)(f.Apply(context.Background(), m)); !slices.Equal(got.Data(), want.Data()) {
					t.Errorf("%+v: %s on %d cores gives other bits", f, name, procs)
				}
			}
			runtime.GOMAXPROCS(old)
		}
		few := done(t)(f.Apply(context.Background(), mat32.NewDense(3, d, x.Data()[:3*d])))
		if !slices.Equal(few.Data(), want.Data()[:len(few.Data())]) {
			t.Errorf("%+v: three rows by themselves have other features than among all", f)
		}
		for i := range n {
			if f.Positive && slices.Min(want.Row(i)) < 0 || !f.Positive && math.Abs(dot(want, i, i)-1) > 1e-5 {
				t.Errorf("%+v, row %d: length %v, least value %v", f, i, dot(want, i, i), slices.Min(want.Row(i)))
			}
		}
	}
}

// Cosines and sines are those of the phase, in every quarter of a turn and at any
// size; the phases are those of one column whose features are made of unit rows.
func TestRandomFeaturesAreCosinesAndSines(t *testing.T) {
	x := mat32.NewDense(4000, 1, nil)
	for i := range 4000 {
		x.Set(i, 0, (float64(i)-2000)/100)
	}
	x.Set(1, 0, 1e12)
	x.Set(2, 0, -3e30)
	f := sketch.RandomFeatures{Dim: 2, Gamma: .5}
	z := done(t)(f.Apply(context.Background(), x))
	w := math.Atan2(z.At(2001, 1), z.At(2001, 0)) / .01 // of the row 0.01
	for i := 3; i < 4000; i++ {
		phase := w * x.At(i, 0)
		if math.Abs(z.At(i, 0)-math.Cos(phase)) > 1e-4 || math.Abs(z.At(i, 1)-math.Sin(phase)) > 1e-4 {
			t.Fatalf("row %v: %v and %v, want those of the phase %v", x.At(i, 0), z.At(i, 0), z.At(i, 1), phase)
		}
	}
	for i := range 3 {
		if math.Abs(dot(z, i, i)-1) > 1e-6 {
			t.Errorf("row %v: %v and %v", x.At(i, 0), z.At(i, 0), z.At(i, 1))
		}
	}
}
