package dynamics_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dynamics"
)

func orbit(t testing.TB, s dynamics.System, n int) *dynamics.Orbit {
	t.Helper()
	o, err := dynamics.Simulate{}.Run(context.Background(), s, n)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func column(t testing.TB, s dynamics.System, n int) []float64 {
	return orbit(t, s, n).Series(0).RawVector().Data
}

func noise(seed uint64, n int) []float64 { return fixture.Normal(seed, n, 1).RawMatrix().Data }

// Hénon 2, Lorenz's x 3, and noise is called so.
func TestCaoOfKnownSeries(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		name   string
		values []float64
		dim    int
		noise  bool
	}{
		{"Hénon", column(t, dynamics.Henon(), 3000), 2, false},
		{"logistic", column(t, dynamics.Logistic(), 3000), 1, false},
		{"Lorenz", column(t, dynamics.Lorenz(), 10000), 3, false},
		{"noise", noise(1, 3000), -1, true},
	} {
		got, err := dynamics.Cao{}.Estimate(context.Background(), mat.NewVecDense(len(c.values), c.values))
		if err != nil {
			t.Fatal(err)
		}
		if c.dim >= 0 && got.Dim != c.dim || got.Noise != c.noise {
			t.Errorf("%s: want dimension %d, noise %v; got\n%v", c.name, c.dim, c.noise, got)
		}
	}
}

// The nearest in the largest difference, at a distance, by comparing all.
func TestCaoByDefinition(t *testing.T) {
	values := column(t, dynamics.Henon(), 200)
	const lag = 2
	got, err := dynamics.Cao{Lag: lag, MaxDim: 4}.Estimate(context.Background(), mat.NewVecDense(len(values), values))
	if err != nil {
		t.Fatal(err)
	}
	parting := func(d int) (e, far float64) {
		n := len(values) - d*lag
		for i := range n {
			best, next := math.Inf(1), 0.0
			for j := range n {
				distance := 0.0
				for k := range d {
					distance = math.Max(distance, math.Abs(values[i+k*lag]-values[j+k*lag]))
				}
				if j != i && distance > 0 && distance < best {
					best, next = distance, math.Abs(values[i+d*lag]-values[j+d*lag])
				}
			}
			e += math.Max(best, next) / best / float64(n)
			far += next / float64(n)
		}
		return e, far
	}
	for d := 1; d <= 4; d++ {
		e, far := parting(d)
		e1, far1 := parting(d + 1)
		if math.Abs(got.E1[d-1]-e1/e) > 1e-9 || math.Abs(got.E2[d-1]-far1/far) > 1e-9 {
			t.Errorf("d = %d: got %v and %v, by definition %v and %v", d, got.E1[d-1], got.E2[d-1], e1/e, far1/far)
		}
	}
}

func TestFalseNeighborsByDefinition(t *testing.T) {
	values := column(t, dynamics.Lorenz(), 400)
	const lag, theiler = 5, 3
	got, err := dynamics.FalseNeighbors{Lag: lag, MaxDim: 4, Theiler: theiler}.Estimate(context.Background(), mat.NewVecDense(len(values), values))
	if err != nil {
		t.Fatal(err)
	}
	mean, size := 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		size += (v - mean) * (v - mean) / float64(len(values))
	}
	size = math.Sqrt(size)
	for d := 1; d <= 4; d++ {
		wrong, n := 0, len(values)-d*lag
		for i := range n {
			best, at := math.Inf(1), 0
			for j := range n {
				squares := 0.0
				for k := range d {
					squares += (values[i+k*lag] - values[j+k*lag]) * (values[i+k*lag] - values[j+k*lag])
				}
				if (j > i+theiler || j < i-theiler) && squares < best {
					best, at = squares, j
				}
			}
			next := math.Abs(values[i+d*lag] - values[at+d*lag])
			if next > 15*math.Sqrt(best) || math.Sqrt(best+next*next) > 2*size {
				wrong++
			}
		}
		if want := float64(wrong) / float64(n); math.Abs(got.Shares[d-1]-want) > 1e-9 {
			t.Errorf("d = %d: a share of %v is false, by definition %v", d, got.Shares[d-1], want)
		}
	}
}

// Exponents from one variable alone, by the defaults.
func TestLargestLyapunovOfSeries(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		system       dynamics.System
		by           dynamics.Divergence
		want, margin float64
	}{
		{dynamics.Henon(), dynamics.Rosenstein, 0.419, 0.02}, {dynamics.Henon(), dynamics.Kantz, 0.419, 0.05},
		{dynamics.Logistic(), dynamics.Rosenstein, math.Ln2, 0.02}, {dynamics.Logistic(), dynamics.Kantz, math.Ln2, 0.06},
		{dynamics.Lorenz(), dynamics.Rosenstein, 0.906, 0.09}, {dynamics.Lorenz(), dynamics.Kantz, 0.906, 0.09},
		{dynamics.Rossler(), dynamics.Rosenstein, 0.0714, 0.02},
	} {
		o := orbit(t, c.system, 5000)
		step := max(c.system.Step, 0)
		if c.system.Map {
			step = 1
		}
		got, err := dynamics.LargestLyapunov{By: c.by, Step: step}.Estimate(context.Background(), o.Series(0))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Exponent-c.want) > c.margin {
			t.Errorf("%s: want %v within %v, got\n%v", c.system.Name, c.want, c.margin, got)
		}
	}
	n := 2000
	got, err := dynamics.LargestLyapunov{}.Estimate(context.Background(), mat.NewVecDense(n, noise(1, n)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Notes) == 0 {
		t.Errorf("noise has an exponent without a note:\n%v", got)
	}
}

func TestCorrelationDimension(t *testing.T) {
	testenv.Unraced(t)
	for _, c := range []struct {
		system       dynamics.System
		n            int
		want, margin float64
	}{{dynamics.Henon(), 5000, 1.22, 0.03}, {dynamics.Lorenz(), 10000, 2.05, 0.03}} {
		got, err := dynamics.CorrelationDimension{}.Estimate(context.Background(), orbit(t, c.system, c.n).X)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Value-c.want) > c.margin {
			t.Errorf("%s: want %v within %v, got\n%v", c.system.Name, c.want, c.margin, got)
		}
	}
	// The sum is that of all pairs, whatever the number of columns.
	for d := 1; d <= 4; d++ {
		x := fixture.Normal(uint64(d), 300, d)
		const theiler = 7
		curve, err := dynamics.CorrelationDimension{Theiler: theiler, From: .01, To: .5}.Curve(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		for k := 0; k < len(curve.Radii); k += 5 {
			near, all := 0, 0
			for i := range 300 {
				for j := i + theiler + 1; j < 300; j++ {
					squares := 0.0
					for c := range d {
						squares += (x.At(i, c) - x.At(j, c)) * (x.At(i, c) - x.At(j, c))
					}
					all++
					if math.Sqrt(squares) < curve.Radii[k] {
						near++
					}
				}
			}
			if want := float64(near) / float64(all); math.Abs(curve.Share[k]-want) > 1e-4 {
				t.Errorf("%d columns: C(%v) is %v, of all pairs %v", d, curve.Radii[k], curve.Share[k], want)
			}
		}
	}
	// Noise with a memory fills all dimensions; without a window its path is mistaken for an
	// attractor of few.
	slow := noise(5, 4000)
	for i := 1; i < len(slow); i++ {
		slow[i] += .98 * slow[i-1]
	}
	states, err := dynamics.Delays(slow, 6, 40)
	if err != nil {
		t.Fatal(err)
	}
	with, err := dynamics.CorrelationDimension{From: 1e-4, To: 1e-2}.Estimate(context.Background(), states)
	if err != nil {
		t.Fatal(err)
	}
	without, err := dynamics.CorrelationDimension{Theiler: 1, From: 1e-4, To: 1e-2}.Estimate(context.Background(), states)
	if err != nil {
		t.Fatal(err)
	}
	if with.Value < 4 || without.Value > with.Value-1 {
		t.Errorf("noise with a memory has dimension %v with a window, %v without", with.Value, without.Value)
	}
}

func TestLags(t *testing.T) {
	ctx := context.Background()
	wave := make([]float64, 2000)
	for i := range wave {
		wave[i] = 3 + math.Sin(2*math.Pi*float64(i)/40)
	}
	if lag, found, err := dynamics.Lag(ctx, wave, dynamics.FirstZero, 0); err != nil || !found || lag < 10 || lag > 11 {
		t.Errorf("a wave of 40 steps has its first zero at 10: got %d, %v, %v", lag, found, err)
	}
	if lag, found, err := dynamics.Lag(ctx, wave, dynamics.OneOverE, 0); err != nil || !found || lag != 8 {
		t.Errorf("cos(2π·8/40) is the first below 1/e: got %d, %v, %v", lag, found, err)
	}
	if lag, found, err := dynamics.Lag(ctx, wave, dynamics.FirstZero, 5); err != nil || found || lag != 1 {
		t.Errorf("no zero within 5 steps: got %d, %v, %v", lag, found, err)
	}
	c, err := dynamics.Autocorrelation(wave, 3)
	if err != nil || c[0] != 1 || math.Abs(c[1]-math.Cos(2*math.Pi/40)) > 2e-3 {
		t.Errorf("autocorrelation %v, %v", c, err)
	}
	m, err := dynamics.MutualInformation(ctx, noise(1, 4000), 3, 8)
	if err != nil || m[0] < 1 || m[1] > 0.02 {
		t.Errorf("noise says all of itself and nothing of what follows: %v, %v", m, err)
	}
	if _, err := dynamics.Delays([]float64{1, 2, 3}, 3, 2); err == nil {
		t.Error("three values make a state of three with lag 2")
	}
	d, err := dynamics.Delays([]float64{1, 2, 3, 4, 5}, 2, 3)
	if err != nil || !mat.Equal(d, mat.NewDense(2, 2, []float64{1, 4, 2, 5})) {
		t.Errorf("delays %v, %v", d, err)
	}
}

// near says whether states are within 3.
func near(x mat.Matrix, i, j int) bool {
	_, d := x.Dims()
	far := 0.0
	for c := range d {
		far = math.Max(far, math.Abs(x.At(i, c)-x.At(j, c)))
	}
	return far <= 3
}

func TestRecurrencesByDefinition(t *testing.T) {
	x := orbit(t, dynamics.Rossler(), 150).X
	const theiler, shortest = 2, 3
	got, err := dynamics.Recurrence{Radius: 3, Theiler: theiler, Shortest: shortest}.Of(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := x.Dims()
	recurs := func(i, j int) bool {
		return near(x, i, j) && (i-j >= theiler || j-i >= theiler)
	}
	points, inLines, lines, longest := 0, 0, 0, 0
	for k := 1; k < n; k++ {
		run := 0
		for i := 0; i+k <= n; i++ {
			if i+k < n && recurs(i, i+k) {
				run++
				points++
				continue
			}
			if run >= shortest {
				inLines += run
				lines++
				longest = max(longest, run)
			}
			run = 0
		}
	}
	if math.Abs(got.Determinism-float64(inLines)/float64(points)) > 1e-12 || got.LongestLine != longest || math.Abs(got.MeanLine-float64(inLines)/float64(lines)) > 1e-12 {
		t.Errorf("determinism %v, longest %d, by definition %v, %d; got\n%v", float64(inLines)/float64(points), longest, got.Determinism, got.LongestLine, got)
	}
	pairs := 0
	for i := range n {
		for j := range i {
			if i-j >= theiler {
				pairs++
			}
		}
	}
	if want := float64(points) / float64(pairs); math.Abs(got.Rate-want) > 1e-12 {
		t.Errorf("rate %v, by definition %v", got.Rate, want)
	}
	for _, size := range []int{1, 60, 75, 150, 500} {
		plot, err := got.Plot(context.Background(), size)
		if err != nil {
			t.Fatal(err)
		}
		side, _ := plot.Dims()
		if side != min(size, n) {
			t.Fatalf("size %d has %d rows", size, side)
		}
		hits, all := mat.NewDense(side, side, nil), mat.NewDense(side, side, nil)
		for i := range n {
			for j := range n {
				r, c := i*side/n, j*side/n
				all.Set(r, c, all.At(r, c)+1)
				if i == j || max(i-j, j-i) == 1 && near(x, i, j) || recurs(i, j) {
					hits.Set(r, c, hits.At(r, c)+1)
				}
			}
		}
		hits.DivElem(hits, all)
		if !mat.EqualApprox(plot, hits, 1e-12) {
			t.Errorf("a plot of size %d is not that of the pairs", size)
		}
	}
	even, err := dynamics.Recurrence{}.Of(context.Background(), mat.NewDense(400, 1, noise(1, 400)))
	if err != nil || math.Abs(even.Rate-.05) > .01 || even.Determinism > .3 {
		t.Errorf("noise recurs by chance, %v: %v", err, even)
	}
}

// What surrogates keep, they keep; and the test refuses what is not linear, and nothing else.
func TestSurrogates(t *testing.T) {
	ctx := context.Background()
	values := column(t, dynamics.Henon(), 300)
	sorted := slices.Sorted(slices.Values(values))
	want, _ := dynamics.Autocorrelation(values, 5)
	for _, null := range []dynamics.Null{dynamics.IAAFT, dynamics.AAFT, dynamics.Phases, dynamics.Shuffle} {
		s, err := dynamics.Surrogate(ctx, values, null, 1)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Equal(s, values) {
			t.Errorf("%v changes nothing", null)
		}
		if null != dynamics.Phases {
			kept := slices.Sorted(slices.Values(s))
			for i := range kept {
				if math.Abs(kept[i]-sorted[i]) > 1e-12 {
					t.Fatalf("%v does not keep the values", null)
				}
			}
		}
		got, _ := dynamics.Autocorrelation(s, 5)
		worst := 0.0
		for i := range got {
			worst = math.Max(worst, math.Abs(got[i]-want[i]))
		}
		if keeps := null != dynamics.Shuffle; keeps && worst > .1 || !keeps && worst < .1 {
			t.Errorf("%v: autocorrelation %.3f, of the series %.3f", null, got, want)
		}
		again, _ := dynamics.Surrogate(ctx, values, null, 1)
		if !slices.Equal(s, again) {
			t.Errorf("%v: a seed gives two series", null)
		}
	}
	chaos, err := dynamics.SurrogateTest{Count: 39}.Of(ctx, values)
	if err != nil || chaos.P > .06 {
		t.Errorf("Hénon's map is a linear process: %v\n%v", err, chaos)
	}
	linear := noise(2, 300)
	for i := 1; i < len(linear); i++ {
		linear[i] += .7 * linear[i-1]
	}
	plain, err := dynamics.SurrogateTest{Count: 39}.Of(ctx, linear)
	if err != nil || plain.P < .06 {
		t.Errorf("an autoregression is not linear: %v\n%v", err, plain)
	}
}

// A map whose next value is a function of three is foretold; local maps beat one for all where
// it bends.
func TestForecasts(t *testing.T) {
	ctx := context.Background()
	values := column(t, dynamics.Henon(), 800)
	simplex, err := dynamics.Simplex{Dim: 2}.Of(ctx, values)
	if err != nil || simplex.Skill() < .99 {
		t.Errorf("simplex: %v\n%v", err, simplex)
	}
	local, err := dynamics.SMap{Dim: 2, Theta: 8}.After(ctx, values[:600], values[600:])
	if err != nil {
		t.Fatal(err)
	}
	global, err := dynamics.SMap{Dim: 2, Theta: dynamics.Zero}.After(ctx, values[:600], values[600:])
	if err != nil {
		t.Fatal(err)
	}
	if local.Skill() < .99 || local.RMSE() > global.RMSE()/5 {
		t.Errorf("local\n%v\nglobal\n%v", local, global)
	}
	// One map for all states is least squares: an autoregression is foretold as well as it can be.
	linear := noise(3, 1000)
	for i := 1; i < len(linear); i++ {
		linear[i] += .9 * linear[i-1]
	}
	ar, err := dynamics.SMap{Dim: 1, Theta: dynamics.Zero}.Of(ctx, linear)
	if err != nil || math.Abs(ar.RMSE()-1) > .05 {
		t.Errorf("autoregression: %v\n%v", err, ar)
	}
	if got, err := dynamics.SMAPE([]float64{1, 0, 2}, []float64{3, 0, 2}); err != nil || math.Abs(got-100./3) > 1e-12 {
		t.Errorf("SMAPE %v, %v", got, err)
	}
	if e, err := dynamics.ForecastError(ctx, noise(4, 500), 3, 1); err != nil || e < .9 {
		t.Errorf("noise is foretold with an error of %v, %v", e, err)
	}
}

// A series that keeps its correlation through its first tenth has all of that for a window: neighbours in time are not taken for states that return.
func TestSlowSeriesHaveAWideWindow(t *testing.T) {
	slow, err := dynamics.Simulate{Step: .0005}.Run(context.Background(), dynamics.Lorenz(), 2000)
	if err != nil {
		t.Fatal(err)
	}
	got, err := dynamics.LargestLyapunov{}.Estimate(context.Background(), slow.X)
	if err != nil {
		t.Fatal(err)
	}
	if got.Theiler != 200 {
		t.Errorf("a window of %d steps, want a tenth of 2000:\n%v", got.Theiler, got)
	}
}
