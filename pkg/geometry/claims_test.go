package geometry_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/geometry"
	"github.com/flatland-go/flatland/pkg/measure"
)

// logUniformity is Uniformity as a metric.
func logUniformity(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	return geometry.Uniformity(ctx, x, 2)
}

// response is how far both uniformities move from x to y, as a share of how far they move
// from x to rows that all point one way.
func response(t *testing.T, x, y mat.Matrix) (w2, potential float64) {
	t.Helper()
	share := func(f geometry.UniformityMetric, end float64) float64 {
		before, err := f(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		after, err := f(t.Context(), y)
		if err != nil {
			t.Fatal(err)
		}
		return (after.Value - before.Value) / (end - before.Value)
	}
	return share(geometry.UniformityW2, math.Sqrt2), share(logUniformity, 0)
}

// Wasserstein uniformity sees dimensional collapse, the log form hardly does. The figures of
// q live dimensions of 128 are those of the two closed forms: √(2 − 2·√(q/128)), and −4 plus
// the logarithm of ₀F₁(q/2; 4).
func TestWassersteinUniformitySeesDimensionalCollapse(t *testing.T) {
	testenv.Unraced(t)
	const n, d = 2000, 128
	whole := crowd(1, n, d, d, 0)
	for _, c := range []struct {
		live          int
		w2, potential float64
	}{{128, 0, -3.94}, {96, .518, -3.92}, {64, .766, -3.88}, {32, 1, -3.75}, {8, 1.225, -3.09}} {
		x := crowd(1, n, c.live, d, 0)
		w, err := geometry.UniformityW2(t.Context(), x)
		w = scoreOf(t, w, err)
		// Eigenvalues of a sample lie about the even one, by √(q/n) of it.
		chance := float64(c.live) / n / 4 * math.Sqrt(float64(c.live)/d)
		near(t, fmt.Sprint("W2 of ", c.live, " live dimensions"), w.Value, math.Sqrt(c.w2*c.w2+chance), .006)
		u, err := logUniformity(t.Context(), x)
		near(t, fmt.Sprint("potential of ", c.live, " live dimensions"), scoreOf(t, u, err).Value, c.potential, .01)
	}
	for _, live := range []int{96, 64, 32} {
		w2, potential := response(t, whole, crowd(1, n, live, d, 0))
		if !(w2 > .25 && w2 > 8*potential && potential < .06) {
			t.Errorf("%d live dimensions: W2 moves by %.3f of its way, the potential by %.3f: want the first to see it and the second not", live, w2, potential)
		}
	}
	// Where rows crowd about a direction, though they use all dimensions, both see it.
	w2, potential := response(t, whole, crowd(1, n, d, d, 3*math.Sqrt(d)))
	if w2 > .25 && w2 > 8*potential && potential < .06 {
		t.Errorf("the claim holds of a cone as well: W2 %.3f, potential %.3f", w2, potential)
	}
}

func TestUniformityOfLargeSamplesIsNearZero(t *testing.T) {
	testenv.Unraced(t)
	w, err := geometry.UniformityW2(t.Context(), fixture.Normal(1, 47_000, 128))
	near(t, "W2 of 47 000 rows", scoreOf(t, w, err).Value, .026, .001)
}

// UniformityW2 has the five properties, the potential two.
func TestFivePropertiesOfUniformity(t *testing.T) {
	x := fixture.Normal(4, 60, 6)
	c, err := geometry.CheckUniformity(t.Context(), geometry.UniformityW2, x)
	if err != nil || c.Passed() != 5 {
		t.Errorf("%v, %v", c, err)
	}
	c, err = geometry.CheckUniformity(t.Context(), logUniformity, x)
	if err != nil || c.Passed() != 2 || !c.Properties[0].Holds || !c.Properties[1].Holds {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := geometry.CheckUniformity(t.Context(), logUniformity, mat.NewDense(4, 2, nil)); err == nil {
		t.Error("zeros are accepted")
	}
}

// T-REGS: no more than d+1 points are spread to the corners of a simplex, by which the metric is
// above 1; it falls where half of the dimensions are dead, which is more than chance does.
func TestMSTSpreadReachesTheSimplex(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct{ n, d int }{{2, 2}, {4, 3}, {6, 8}, {9, 8}} {
		s, err := geometry.MSTSpread{}.Apply(t.Context(), fixture.Normal(5, c.n, c.d))
		if err != nil {
			t.Fatal(err)
		}
		for i := range c.n {
			for j := range i {
				near(t, fmt.Sprintf("%d points in %d: cosine", c.n, c.d), mat.Dot(s.Points.RowView(i), s.Points.RowView(j)), -1/float64(c.n-1), .01)
			}
		}
		near(t, "length", s.Lengths[len(s.Lengths)-1], float64(c.n-1)*math.Sqrt(2*float64(c.n)/float64(c.n-1)), .02*float64(c.n))
	}
	// The control: more points than a simplex has corners.
	s, err := geometry.MSTSpread{}.Apply(t.Context(), fixture.Normal(5, 12, 3))
	if err != nil {
		t.Fatal(err)
	}
	off := 0.
	for i := range 12 {
		for j := range i {
			off = max(off, math.Abs(mat.Dot(s.Points.RowView(i), s.Points.RowView(j))+1./11))
		}
	}
	if off < .3 {
		t.Errorf("twelve points in three dimensions are a simplex within %v", off)
	}
	// Equal rows part.
	same := mat.NewDense(3, 2, []float64{1, 0, 1, 0, 1, 0})
	if s, err = (geometry.MSTSpread{}).Apply(t.Context(), same); err != nil || s.Lengths[0] != 0 || s.Lengths[500] < 2*math.Sqrt(3)-.05 {
		t.Errorf("%v, %v", s, err)
	}
}

func TestMSTUniformityFallsUnderCollapse(t *testing.T) {
	testenv.Unraced(t)
	value := func(x mat.Matrix) measure.Score {
		t.Helper()
		s, err := geometry.MSTUniformity{}.Score(t.Context(), x)
		return scoreOf(t, s, err)
	}
	whole := value(fixture.Normal(6, 300, 32))
	if math.Abs(whole.Value-1) > .02 || whole.StdErr == 0 || whole.StdErr > .01 {
		t.Errorf("even: %v", whole)
	}
	last := whole.Value
	for _, live := range []int{16, 8, 4, 2} {
		v := value(crowd(6, 300, live, 32, 0)).Value
		if v > last-.05 {
			t.Errorf("%d live dimensions: %v after %v", live, v, last)
		}
		last = v
	}
	if v := value(crowd(6, 300, 32, 32, 20)).Value; v > .5 {
		t.Errorf("a cone: %v", v)
	}
	if s := value(mat.NewDense(4, 2, []float64{1, 1, 2, 2, 3, 3, 4, 4})); s.Value > 1e-7 {
		t.Errorf("one direction: %v", s)
	}
}

// VICReg: the variance term alone tells collapsed encoders from healthy ones; covariance sees
// that columns repeat each other, which variance does not.
func TestVarianceTellsCollapse(t *testing.T) {
	terms := func(x mat.Matrix) *geometry.VICRegTerms {
		t.Helper()
		v, err := geometry.VICReg(t.Context(), x, x)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	healthy := terms(fixture.Normal(7, 300, 8))
	dead := terms(crowd(7, 300, 2, 8, 0))
	var small mat.Dense
	small.Scale(.01, fixture.Normal(7, 300, 8))
	point := terms(&small)
	repeated := mat.NewDense(300, 8, nil)
	for j := range 8 {
		repeated.SetCol(j, mat.Col(nil, j%2, fixture.Normal(7, 300, 2)))
	}
	twice := terms(repeated)
	if healthy.Collapsed() || healthy.Variance[0] > .06 || !dead.Collapsed() || dead.Variance[0] < .7 || !point.Collapsed() || point.Variance[0] < .95 {
		t.Errorf("variance: healthy %v, dead %v, point %v", healthy.Variance, dead.Variance, point.Variance)
	}
	if twice.Collapsed() || !(twice.Covariance[0] > 20*healthy.Covariance[0]) {
		t.Errorf("repeated columns: %v, healthy %v", twice, healthy)
	}
}

// MCR²: of unit rows in classes of two dimensions, orthogonal planes have the largest reduction.
func TestRateReductionIsLargestForOrthogonalClasses(t *testing.T) {
	planes := func(lean float64) float64 {
		x, labels := mat.NewDense(120, 6, nil), make([]int, 120)
		for i := range 120 {
			a := 2 * math.Pi * float64(i) / 120
			labels[i] = i % 3
			row := x.RawRowView(i)
			row[2*(i%3)], row[2*(i%3)+1] = math.Cos(a), math.Sin(a)
			if i%3 > 0 { // lean towards the plane of the first class
				c, s := math.Cos(lean), math.Sin(lean)
				row[2*(i%3)], row[2*(i%3)+1] = c*row[2*(i%3)], c*row[2*(i%3)+1]
				row[0], row[1] = s*math.Cos(a), s*math.Sin(a)
			}
		}
		s, err := geometry.RateReduction(t.Context(), x, labels, .5)
		return scoreOf(t, s, err).Value
	}
	last := math.Inf(1)
	for _, lean := range []float64{0, .4, .8, 1.2, math.Pi / 2} {
		v := planes(lean)
		if !(v < last-.01) {
			t.Errorf("leaning by %v: %v after %v", lean, v, last)
		}
		last = v
	}
	near(t, "all in one plane", last, 0, 1e-9)
}

// Features that are a picture of the targets have collapsed; with dimensions of their own they
// have not.
func TestRegressionCollapse(t *testing.T) {
	y := fixture.Normal(8, 200, 2)
	features := func(own float64) *geometry.RegressionCollapse {
		var h, noise mat.Dense
		h.Mul(y, fixture.Normal(9, 2, 10))
		noise.Scale(own, fixture.Normal(10, 200, 10))
		h.Add(&h, &noise)
		r, err := geometry.NeuralRegressionCollapse(t.Context(), &h, y)
		if err != nil {
			t.Fatal(err)
		}
		if r.Unexplained < r.NRC1-1e-12 || r.FeatureDimension < 1 || r.TargetDimension > 2 {
			t.Errorf("%+v", r)
		}
		return r
	}
	if r := features(0); r.NRC1 > 1e-12 || r.Unexplained > 1e-12 {
		t.Errorf("collapsed: %v", r)
	}
	last := 0.
	for _, own := range []float64{.1, .5, 2} {
		r := features(own)
		if r.NRC1 < last+.001 {
			t.Errorf("noise %v: %v after %v", own, r, last)
		}
		last = r.NRC1
	}
	if last < .4 {
		t.Errorf("noise alone: NRC1 %v", last)
	}
	// Features of two dimensions that are not those of the targets: the subspace is as narrow, and
	// the targets do not explain it.
	var h mat.Dense
	h.Mul(fixture.Normal(11, 200, 2), fixture.Normal(9, 2, 10))
	r, err := geometry.NeuralRegressionCollapse(t.Context(), &h, y)
	if err != nil || r.NRC1 > 1e-12 || r.Unexplained < .9 {
		t.Errorf("%v, %v", r, err)
	}
}

// A great circle covers less of the sphere than a spiral over all of it, and more than an arc; of
// the same arc the clumped trace is the less homogeneous.
func TestTracesOnTheSphere(t *testing.T) {
	trace := func(at func(s float64) (polar, turn float64)) *mat.Dense {
		x := mat.NewDense(200, 3, nil)
		for i := range 200 {
			polar, turn := at(float64(i) / 199)
			x.SetRow(i, []float64{math.Sin(polar) * math.Cos(turn), math.Sin(polar) * math.Sin(turn), math.Cos(polar)})
		}
		return x
	}
	cover := func(x mat.Matrix) float64 {
		s, err := geometry.Enveloping{Angle: .2, Samples: 5000}.Score(t.Context(), x)
		return scoreOf(t, s, err).Value
	}
	energy := func(x mat.Matrix) float64 {
		s, err := geometry.Homogeneity(t.Context(), x, nil)
		return scoreOf(t, s, err).Value
	}
	circle := trace(func(s float64) (float64, float64) { return math.Pi / 2, 2 * math.Pi * s })
	spiral := trace(func(s float64) (float64, float64) { return math.Pi * s, 12 * math.Pi * s })
	arc := trace(func(s float64) (float64, float64) { return math.Pi / 2, .4 * s })
	clumped := trace(func(s float64) (float64, float64) { return math.Pi / 2, 2 * math.Pi * s * s * s })
	if a, b, c := cover(spiral), cover(circle), cover(arc); !(a > 1.5*b && b > 3*c) {
		t.Errorf("spiral %v, circle %v, arc %v", a, b, c)
	}
	if a, b := energy(circle), energy(clumped); !(b > 1.5*a) {
		t.Errorf("even %v, clumped %v", a, b)
	}
}
