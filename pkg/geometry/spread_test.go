package geometry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// axes returns the 2·d ends of the first q of d axes, the i-th of length i+1: every measure of
// spread is known on them.
func axes(q, d int) *mat.Dense {
	x := mat.NewDense(2*q, d, nil)
	for k := range q {
		x.Set(2*k, k, float64(2*k+1))
		x.Set(2*k+1, k, -float64(2*k+2))
	}
	return x
}

// crowd returns n rows of which the first live of d columns are normal and the others zero,
// about a point as far from the origin as shift.
func crowd(seed uint64, n, live, d int, shift float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	x.Slice(0, n, 0, live).(*mat.Dense).Copy(fixture.Normal(seed, n, live))
	for i := range n {
		x.Set(i, 0, x.At(i, 0)+shift)
	}
	return x
}

func scoreOf(t *testing.T, s measure.Score, err error) measure.Score {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if s.Name == "" || s.Convention == "" || s.Rows == 0 {
		t.Errorf("a score without a name, a convention or rows: %+v", s)
	}
	return s
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.12g, want %.12g within %g", what, got, want, tolerance)
	}
}

// On both ends of q of d axes the cosines are −1 once and 0 otherwise, and so everything follows.
func TestSpreadOnAxesIsExact(t *testing.T) {
	ctx := t.Context()
	for _, c := range []struct{ q, d int }{{1, 3}, {3, 3}, {2, 5}, {4, 16}, {16, 16}, {70, 200}} {
		x := axes(c.q, c.d)
		n, q, d := float64(2*c.q), float64(c.q), float64(c.d)
		what := fmt.Sprintf("%d of %d axes: ", c.q, c.d)
		s, err := geometry.MeanCosine(ctx, x)
		s = scoreOf(t, s, err)
		near(t, what+"mean cosine", s.Value, -1/(n-1), 1e-14)
		near(t, what+"mean cosine of a row", s.PerRow[0], -1/(n-1), 1e-14)
		for _, tt := range []float64{0, .5, 7} {
			s, err := geometry.Uniformity(ctx, x, tt)
			s = scoreOf(t, s, err)
			if tt == 0 {
				tt = 2
			}
			mean := (math.Exp(-4*tt) + (n-2)*math.Exp(-2*tt)) / (n - 1)
			near(t, what+"uniformity", s.Value, math.Log(mean), 1e-6*math.Abs(math.Log(mean)))
			near(t, what+"potential of a row", s.PerRow[1], mean, 1e-6*mean)
		}
		s, err = geometry.UniformityW2(ctx, x)
		near(t, what+"W2", scoreOf(t, s, err).Value, math.Sqrt(2-2*math.Sqrt(q/d)), 1e-7)
		// Of unit rows, so that axes vary alike.
		even := axes(c.q, c.d)
		for i := range 2 * c.q {
			even.Set(i, i/2, math.Copysign(1, even.At(i, i/2)))
		}
		s, err = geometry.Anisotropy(ctx, even)
		near(t, what+"anisotropy", scoreOf(t, s, err).Value, 1/q, 1e-12)
		s, err = geometry.IsoScore(ctx, even)
		near(t, what+"IsoScore", scoreOf(t, s, err).Value, (q-1)/(d-1), 1e-9)
		// det(I + α·I) in q dimensions, α = d/(ε²·q).
		for _, epsilon := range []float64{0, .1, 3} {
			s, err := geometry.CodingRate(ctx, even, epsilon)
			square := epsilon * epsilon
			if epsilon == 0 {
				square = .5
			}
			near(t, what+"coding rate", scoreOf(t, s, err).Value, q/2*math.Log1p(d/square/q), 1e-10)
		}
	}
	s, err := geometry.Uniformity(ctx, mat.NewDense(3, 2, []float64{1, 1, 2, 2, 5, 5}), 2)
	near(t, "uniformity of one direction", scoreOf(t, s, err).Value, 0, 1e-6)
	s, err = geometry.UniformityW2(ctx, mat.NewDense(3, 2, []float64{1, 1, 2, 2, 5, 5}))
	near(t, "W2 of one direction", scoreOf(t, s, err).Value, math.Sqrt2, 1e-7)
}

// All pairs, one by one.
func TestUniformityIsThatOfAllPairs(t *testing.T) {
	for _, n := range []int{2, 5, 127, 128, 129, 256, 257, 300, 640} {
		if n > 300 && testing.Short() {
			continue
		}
		x := crowd(1, n, 7, 7, 1)
		s, err := geometry.Uniformity(t.Context(), x, 3)
		s = scoreOf(t, s, err)
		total, first := 0., 0.
		for i := range n {
			for j := range i {
				u, v := x.RawRowView(i), x.RawRowView(j)
				dot := mat.Dot(mat.NewVecDense(7, u), mat.NewVecDense(7, v)) / mat.Norm(mat.NewVecDense(7, u), 2) / mat.Norm(mat.NewVecDense(7, v), 2)
				total += math.Exp(-6 * (1 - dot))
				if j == 0 {
					first += math.Exp(-6 * (1 - dot))
				}
			}
		}
		near(t, fmt.Sprint("uniformity of ", n), s.Value, math.Log(total*2/float64(n)/float64(n-1)), 2e-6)
		near(t, fmt.Sprint("potential of the first of ", n), s.PerRow[0], first/float64(n-1), 1e-6)
	}
}

// What the definitions give on the fixtures A, B and C.
func TestSpectraOfFixtureClouds(t *testing.T) {
	for i, x := range []*mat.Dense{fixture.A(), fixture.B(), fixture.C()} {
		s, err := geometry.IsoScore(t.Context(), x)
		near(t, "IsoScore", scoreOf(t, s, err).Value, []float64{.440363289, .962438627, .990541936}[i], 1e-9)
		p, err := geometry.EigenspectrumPowerLaw(t.Context(), x, spectrum.AlphaReQ{})
		if err != nil {
			t.Fatal(err)
		}
		near(t, "exponent", p.Exponent.Value, []float64{.14776263, .348392873, .159310911}[i], 1e-8)
		if !(p.R2 > 0 && p.R2 < 1) || p.From != 1 || p.To != []int{5, 3, 4}[i] || p.Values[0] != 1 {
			t.Errorf("%+v", p)
		}
	}
}

// A planted spectrum has its exponent and lies on its line; one that bends does not.
func TestPowerLawFindsThePower(t *testing.T) {
	x := axes(40, 40)
	for k := range 40 {
		v := math.Pow(float64(k+1), -.65)
		x.Set(2*k, k, v)
		x.Set(2*k+1, k, -v)
	}
	p, err := geometry.EigenspectrumPowerLaw(t.Context(), x, spectrum.AlphaReQ{})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "exponent", p.Exponent.Value, 1.3, 1e-10)
	near(t, "R²", p.R2, 1, 1e-10)
	if at, v := p.Line(); len(at) != 2 || at[0] != 1 || at[1] != 40 || math.Abs(v[0]-1) > 1e-10 || math.Abs(v[1]-math.Pow(40, -1.3)) > 1e-10 {
		t.Errorf("its line goes through %v at %v", v, at)
	}
	for k := range 40 {
		v := math.Exp(-float64(k) / 10)
		x.Set(2*k, k, v)
		x.Set(2*k+1, k, -v)
	}
	if p, err = geometry.EigenspectrumPowerLaw(t.Context(), x, spectrum.AlphaReQ{}); err != nil || p.R2 > .9 {
		t.Errorf("of an exponential: %v, %v", p, err)
	}
}

// Points drawn evenly have the mean potential that the series gives.
func TestEvenPotentialOfReports(t *testing.T) {
	testenv.Unraced(t)
	for _, d := range []int{2, 8, 128} {
		x := fixture.Normal(uint64(d), 3000, d)
		c, err := geometry.CollapseReport(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprint("uniformity in ", d), c.Uniformity.Value, c.Even.Uniformity, .01)
		if c.DeadColumns != 0 || c.MeanCosine.Value > .01 || c.IsoScore.Value < .9 {
			t.Errorf("%v", c)
		}
	}
}

func TestAlignmentIsExact(t *testing.T) {
	x := fixture.Normal(1, 40, 6)
	y := mat.DenseCopyOf(x)
	y.Scale(-3, y)
	for _, c := range []struct {
		y     mat.Matrix
		power float64
		want  float64
	}{{x, 0, 0}, {y, 0, 4}, {y, 1, 2}, {y, 3, 8}} {
		s, err := geometry.Alignment(t.Context(), x, c.y, c.power)
		near(t, "alignment", scoreOf(t, s, err).Value, c.want, 1e-12)
	}
	z := mat.NewDense(3, 2, []float64{1, 0, 0, 0, 0, 2})
	s, err := geometry.Alignment(t.Context(), z, mat.NewDense(3, 2, []float64{0, 5, 1, 1, 0, 7}), 2)
	if s = scoreOf(t, s, err); math.Abs(s.Value-1) > 1e-14 || s.Rows != 2 || !math.IsNaN(s.PerRow[1]) || len(s.Notes) != 1 {
		t.Errorf("a row of zeros: %+v", s)
	}
}

// The terms by hand, in either shape, and at another origin.
func TestVICRegIsItsDefinition(t *testing.T) {
	for _, c := range []struct{ n, d int }{{50, 4}, {5, 30}, {2, 2}, {9, 1}} {
		x, y := fixture.Normal(1, c.n, c.d), fixture.Normal(2, c.n, c.d)
		x.Scale(.4, x)
		for i := range c.n {
			x.Set(i, 0, x.At(i, 0)+100)
		}
		v, err := geometry.VICReg(t.Context(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		var invariance float64
		for i := range c.n {
			for j := range c.d {
				invariance += (x.At(i, j) - y.At(i, j)) * (x.At(i, j) - y.At(i, j)) / float64(c.n)
			}
		}
		near(t, "invariance", v.Invariance, invariance, 1e-12*invariance)
		for k, m := range []*mat.Dense{x, y} {
			cov := make([][]float64, c.d)
			mean := make([]float64, c.d)
			for i := range c.n {
				for j := range c.d {
					mean[j] += m.At(i, j) / float64(c.n)
				}
			}
			var variance, covariance float64
			for a := range c.d {
				cov[a] = make([]float64, c.d)
				for b := range c.d {
					for i := range c.n {
						cov[a][b] += (m.At(i, a) - mean[a]) * (m.At(i, b) - mean[b]) / float64(c.n-1)
					}
					if a != b {
						covariance += cov[a][b] * cov[a][b] / float64(c.d)
					}
				}
				variance += max(0, 1-math.Sqrt(cov[a][a]+1e-4)) / float64(c.d)
			}
			near(t, "variance", v.Variance[k], variance, 1e-10)
			near(t, "covariance", v.Covariance[k], covariance, 1e-10)
		}
		near(t, "loss", v.Loss(25, 25, 1), 25*invariance+25*(v.Variance[0]+v.Variance[1])+v.Covariance[0]+v.Covariance[1], 1e-9*invariance)
	}
}

// The rate of the determinant itself, from values so large that the identity is nothing beside
// them to values so small that the logarithm is; and in either shape.
func TestCodingRateOfAllSizes(t *testing.T) {
	for _, c := range []struct{ n, d int }{{60, 4}, {4, 60}} {
		x := fixture.Normal(3, c.n, c.d)
		var svd mat.SVD
		svd.Factorize(x, mat.SVDNone)
		for _, size := range []float64{1e-150, 1e-9, 1, 1e3, 1e4, 1e9, 1e150} {
			var y mat.Dense
			y.Scale(size, x)
			s, err := geometry.CodingRate(t.Context(), &y, 0)
			s = scoreOf(t, s, err)
			want := 0.
			for _, v := range svd.Values(nil) {
				e := 2*math.Log(v) + 2*math.Log(size) + math.Log(float64(c.d)/float64(c.n)*2)
				if e > 40 {
					want += e / 2
				} else {
					want += math.Log1p(math.Exp(e)) / 2
				}
			}
			near(t, fmt.Sprintf("%d × %d of size %g", c.n, c.d, size), s.Value, want, 1e-9*want+1e-15)
		}
	}
	s, err := geometry.CodingRate(t.Context(), mat.NewDense(3, 2, nil), 0)
	near(t, "of zeros", scoreOf(t, s, err).Value, 0, 0)
}

// K orthogonal axes, a class each: det(I+α) of all less those of the classes.
func TestRateReductionOfOrthogonalClasses(t *testing.T) {
	const k, d = 5, 8
	x, labels := mat.NewDense(4*k, d, nil), make([]int, 4*k)
	for i := range 4 * k {
		x.Set(i, i%k, 1)
		labels[i] = 3 * (i % k)
	}
	s, err := geometry.RateReduction(t.Context(), x, labels, 0)
	alpha := 2. * d
	near(t, "rate reduction", scoreOf(t, s, err).Value, k/2.*math.Log1p(alpha/k)-.5*math.Log1p(alpha), 1e-12)
	labels[7] = -1
	if s, err = geometry.RateReduction(t.Context(), x, labels, 0); err != nil || s.Rows != 4*k-1 || len(s.Notes) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	// All classes in one place: nothing is gained.
	for i := range 4 * k {
		x.Set(i, i%k, 0)
		x.Set(i, i/k, 1)
	}
	for i := range labels {
		labels[i] = i % k
	}
	s, err = geometry.RateReduction(t.Context(), x, labels, 0)
	near(t, "of classes that are alike", scoreOf(t, s, err).Value, 0, 1e-12)
}

// A path round the sphere: sin of the angle for a great circle, by as few rows as four.
func TestEnvelopingOfAGreatCircle(t *testing.T) {
	testenv.Unraced(t)
	circle := mat.NewDense(5, 3, []float64{1, 0, 0, 0, 2, 0, -1, 0, 0, 0, -1, 0, 3, 0, 0})
	for _, angle := range []float64{.1, .5, math.Pi / 2} {
		s, err := geometry.Enveloping{Angle: angle}.Score(t.Context(), circle)
		s = scoreOf(t, s, err)
		near(t, "a great circle", s.Value, math.Sin(angle), 4*s.StdErr+1e-12)
	}
	// A cap round a point: (1 − cos)/2.
	s, err := geometry.Enveloping{Angle: .8, Samples: 20_000}.Score(t.Context(), mat.NewDense(2, 3, []float64{1, 1, 0, 1, 1, 0}))
	s = scoreOf(t, s, err)
	near(t, "a point", s.Value, (1-math.Cos(.8))/2, 4*s.StdErr)
	// A quarter of it: a strip of half its area and two halves of a cap.
	s, err = geometry.Enveloping{Angle: .3, Samples: 20_000}.Score(t.Context(), mat.NewDense(2, 3, []float64{1, 0, 0, 0, 1, 0}))
	s = scoreOf(t, s, err)
	near(t, "a quarter", s.Value, math.Sin(.3)/4+(1-math.Cos(.3))/2, 4*s.StdErr)
	// More rows than a strip of products has.
	long := mat.NewDense(3000, 3, nil)
	for i := range 3000 {
		a := 2 * math.Pi * float64(i) / 2999
		long.SetRow(i, []float64{math.Cos(a), math.Sin(a), 0})
	}
	s, err = geometry.Enveloping{Angle: .1, Samples: 2000}.Score(t.Context(), long)
	s = scoreOf(t, s, err)
	near(t, "a great circle of many rows", s.Value, math.Sin(.1), 4*s.StdErr)
}

func TestHomogeneityIsLeastAtConstantSpeed(t *testing.T) {
	arc := func(n int, at func(share float64) float64) (*mat.Dense, []float64) {
		x, targets := mat.NewDense(n, 3, nil), make([]float64, n)
		for i := range n {
			targets[i] = 10 * float64(i) / float64(n-1)
			a := math.Pi * at(float64(i)/float64(n-1))
			x.SetRow(i, []float64{2 * math.Cos(a), 2 * math.Sin(a), 0})
		}
		return x, targets
	}
	x, targets := arc(1001, func(s float64) float64 { return s })
	s, err := geometry.Homogeneity(t.Context(), x, targets)
	near(t, "half a turn in a range of 10", scoreOf(t, s, err).Value, math.Pi*math.Pi/10, 1e-5)
	x, targets = arc(1001, func(s float64) float64 { return s * s })
	s, err = geometry.Homogeneity(t.Context(), x, targets)
	near(t, "at a growing speed", scoreOf(t, s, err).Value, 4./3*math.Pi*math.Pi/10, 1e-4)
	s, err = geometry.Homogeneity(t.Context(), mat.NewDense(3, 2, []float64{1, 0, 0, 1, -1, 0}), nil)
	near(t, "two quarters by steps of 1", scoreOf(t, s, err).Value, 4, 1e-14)
}

func TestLabelCentroids(t *testing.T) {
	x := mat.NewDense(5, 2, []float64{1, 0, 3, 0, 0, 5, 0, 7, 9, 9})
	path, at, err := geometry.LabelCentroids(x, []float64{0, 1, 4, 4.4, 10}, 5)
	if err != nil || !mat.EqualApprox(path, mat.NewDense(3, 2, []float64{2, 0, 0, 6, 9, 9}), 1e-14) ||
		len(at) != 3 || math.Abs(at[0]-.5)+math.Abs(at[1]-4.2)+math.Abs(at[2]-10) > 1e-14 {
		t.Errorf("%v at %v, %v", mat.Formatted(path), at, err)
	}
	var param *mat32.ParamError
	if _, _, err := geometry.LabelCentroids(x, make([]float64, 5), 1); !errors.As(err, &param) {
		t.Error(err)
	}
	if _, _, err := geometry.LabelCentroids(x, []float64{0, 1, 2, math.NaN(), 1}, 3); !errors.As(err, &param) {
		t.Error(err)
	}
	if _, _, err := geometry.LabelCentroids(x, make([]float64, 5), 3); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Error(err)
	}
	if _, _, err := geometry.LabelCentroids(x, make([]float64, 4), 3); !errors.As(err, new(*mat32.ShapeError)) {
		t.Error(err)
	}
}

// What no walk of entry points tries: types with a verb of their own.
func TestSpreadOptionsAndBadRows(t *testing.T) {
	ctx := t.Context()
	x := fixture.Normal(1, 20, 4)
	labels := make([]int, 20)
	for i := range labels {
		labels[i] = i % 2
	}
	score := func(f func(ctx context.Context, x mat.Matrix) (measure.Score, error)) func(mat.Matrix) error {
		return func(x mat.Matrix) error { _, err := f(ctx, x); return err }
	}
	compute := func(m geometry.ManifoldCapacity) func(mat.Matrix) error {
		return func(x mat.Matrix) error {
			n, _ := x.Dims()
			_, err := m.Compute(ctx, x, labels[:n])
			return err
		}
	}
	for what, f := range map[string]func(mat.Matrix) error{
		"Enveloping, Angle":      score(geometry.Enveloping{Angle: -1}.Score),
		"Enveloping, Angle NaN":  score(geometry.Enveloping{Angle: math.NaN()}.Score),
		"Enveloping, Samples":    score(geometry.Enveloping{Samples: -1}.Score),
		"MSTUniformity, Draws":   score(geometry.MSTUniformity{Draws: -1}.Score),
		"ManifoldCapacity Draws": compute(geometry.ManifoldCapacity{Draws: 1}),
	} {
		if err := f(x); !errors.As(err, new(*mat32.ParamError)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	bad := mat.DenseCopyOf(x)
	bad.Set(3, 2, math.NaN())
	for what, f := range map[string]func(mat.Matrix) error{
		"Enveloping":       score(geometry.Enveloping{Samples: 100}.Score),
		"MSTUniformity":    score(geometry.MSTUniformity{}.Score),
		"ManifoldCapacity": compute(geometry.ManifoldCapacity{Draws: 10}),
	} {
		if err := f(x); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if err := f(bad); !errors.As(err, new(*mat32.NotFiniteError)) {
			t.Errorf("%s of NaN: %v", what, err)
		}
		if err := f(mat.NewDense(20, 4, nil)); !errors.As(err, new(*mat32.DegenerateError)) {
			t.Errorf("%s of zeros: %v", what, err)
		}
		if err := f(x.Slice(0, 1, 0, 4)); !errors.As(err, new(*mat32.ShapeError)) {
			t.Errorf("%s of one row: %v", what, err)
		}
		distances, err := mat32.NewDistances(3, []float64{1, 1, 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := f(distances); !errors.As(err, new(*mat32.RowsNeededError)) {
			t.Errorf("%s of distances: %v", what, err)
		}
		for _, size := range []float64{5e-324, 1e-160, 1e160, 1e300} {
			var y mat.Dense
			y.Scale(size, x)
			if err := f(&y); err != nil && !errors.As(err, new(*mat32.DegenerateError)) {
				t.Errorf("%s of size %g: %v", what, size, err)
			}
		}
	}
	if _, err := (geometry.ManifoldCapacity{}).Compute(ctx, x, labels[:3]); !errors.As(err, new(*mat32.ShapeError)) {
		t.Error(err)
	}
	if _, err := (geometry.ManifoldCapacity{}).Compute(ctx, x, make([]int, 20)); !errors.As(err, new(*mat32.DegenerateError)) {
		t.Error(err)
	}
	labels[0] = -2
	if _, err := (geometry.ManifoldCapacity{}).Compute(ctx, x, labels); !errors.As(err, new(*mat32.ParamError)) {
		t.Error(err)
	}
}

// The same bits on any cores, of the types that no conformance row tries.
func TestSpreadOnAnyCores(t *testing.T) {
	x := fixture.Normal(1, 90, 6)
	labels := make([]int, 90)
	for i := range labels {
		labels[i] = i % 3
		x.Set(i, i%3, x.At(i, i%3)+3)
	}
	var want string
	for _, procs := range testenv.Cores() {
		old := runtime.GOMAXPROCS(procs)
		e, err1 := geometry.Enveloping{Samples: 3000}.Score(t.Context(), x)
		m, err2 := geometry.MSTUniformity{}.Score(t.Context(), x)
		c, err3 := geometry.ManifoldCapacity{Draws: 30}.Compute(t.Context(), x, labels)
		runtime.GOMAXPROCS(old)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%x %x %x %x %x", e.Value, m.Value, m.StdErr, c.Capacity.Value, c.Anchors.Radius)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d cores: %s, want %s", procs, got, want)
		}
	}
}

// A cancel is heard within 250 ms of work of seconds.
func TestSpreadIsCanceled(t *testing.T) {
	testenv.Unraced(t)
	x := fixture.Normal(1, 3000, 60)
	labels := make([]int, 3000)
	for i := range labels {
		labels[i] = i % 3
	}
	for what, f := range map[string]func(ctx context.Context) error{
		"enveloping": func(ctx context.Context) error {
			_, err := geometry.Enveloping{Samples: 1 << 26}.Score(ctx, x)
			return err
		},
		"MST uniformity": func(ctx context.Context) error {
			_, err := geometry.MSTUniformity{Draws: 500}.Score(ctx, x)
			return err
		},
		"capacity": func(ctx context.Context) error {
			_, err := geometry.ManifoldCapacity{Draws: 1 << 20}.Compute(ctx, x, labels)
			return err
		},
		"spread": func(ctx context.Context) error {
			s, err := geometry.MSTSpread{}.Apply(ctx, fixture.Normal(1, 200, 60))
			if s == nil || !s.Partial || len(s.Lengths) == 0 || s.Points == nil {
				t.Errorf("spread: cancelled, it returned %v", s)
			}
			return err
		},
	} {
		// A busy machine may be the reason once; work that does not listen is late every time.
		var late time.Duration
		for range 4 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			start := time.Now()
			err := f(ctx)
			late = time.Since(start) - 50*time.Millisecond
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", what, err)
			}
			if late < 250*time.Millisecond {
				break
			}
		}
		if late >= 250*time.Millisecond {
			t.Errorf("%s: canceled, it returned %v later", what, late)
		}
	}
}
