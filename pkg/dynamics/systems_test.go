package dynamics_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/dynamics"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func all() []dynamics.System { return slices.Concat(dynamics.Flows(), dynamics.Maps()) }

// Every system moves to its published exponents: within 1 % of the largest, or what an orbit of
// this length leaves open, which is four standard errors, and the last digit printed.
func TestPublishedExponents(t *testing.T) {
	testenv.Unraced(t)
	known := 0
	for _, s := range all() {
		steps := 100000
		if s.Map {
			steps *= 10 // a step costs little, and orbits of what is conserved linger
		}
		m, err := dynamics.LyapunovSpectrum{Steps: steps, Count: min(4, s.Dim())}.Of(context.Background(), s)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		for i, want := range s.Known.Lyapunov {
			scale := math.Abs(s.Known.Lyapunov[0])
			if i > 1 {
				scale = math.Abs(want)
			}
			if got, margin := m.Exponents[i], 0.01*scale+4*m.StdErr[i]+0.002; math.Abs(got-want) > margin {
				t.Errorf("%s: exponent %d is %.4f ± %.4f, published %.4f", s.Name, i+1, got, m.StdErr[i], want)
			}
		}
		if len(s.Known.Lyapunov) > 0 {
			known++
		}
		if ky := s.Known.KaplanYorke; ky > 0 && s.Dim() <= 4 && math.Abs(m.KaplanYorke()-ky) > 0.03 {
			t.Errorf("%s: Kaplan–Yorke dimension %.4f, published %.4f", s.Name, m.KaplanYorke(), ky)
		}
	}
	if known < 50 {
		t.Errorf("%d systems have published exponents, want 50", known)
	}
}

// The sum of the exponents is the mean divergence, which for these is a constant.
func TestExponentsSumToTheDivergence(t *testing.T) {
	for name, want := range map[string]float64{"Lorenz": -10 - 1 - 8./3, "Chen": -35 + 28 - 3, "Halvorsen": -3 * 1.27, "Thomas": -3 * .18, "Ueda": -.05, "Lozi": math.Log(.5), "Hénon": math.Log(.3), "cat": 0} {
		s, err := dynamics.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := dynamics.LyapunovSpectrum{Steps: 20000}.Of(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, e := range m.Exponents {
			sum += e
		}
		if math.Abs(sum-want) > 1e-3 {
			t.Errorf("%s: the exponents sum to %v, the divergence is %v", name, sum, want)
		}
	}
}

// Jacobians that are written out are those of central differences.
func TestJacobians(t *testing.T) {
	for _, s := range all() {
		orbit, err := dynamics.Simulate{}.Run(context.Background(), s, 3)
		if err != nil {
			t.Fatal(err)
		}
		plain := s
		plain.Jacobian = nil
		if s.Rate == nil {
			continue // polynomials are tested by TestPolynomialAndRateAgree
		}
		x := orbit.X.RawRowView(2)
		start := slices.Clone(x)
		a, err := dynamics.LyapunovSpectrum{Steps: 200, Transient: 1, Start: start}.Of(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		b, err := dynamics.LyapunovSpectrum{Steps: 200, Transient: 1, Start: start}.Of(context.Background(), plain)
		if err != nil {
			t.Fatal(err)
		}
		for i := range a.Exponents {
			if math.Abs(a.Exponents[i]-b.Exponents[i]) > 1e-4*(1+math.Abs(a.Exponents[i])) {
				t.Errorf("%s: exponents %v by its Jacobian, %v by differences", s.Name, a.Exponents, b.Exponents)
				break
			}
		}
	}
}

// A polynomial that is parsed moves as the same law written in Go.
func TestPolynomialAndRateAgree(t *testing.T) {
	parsed := dynamics.Lorenz()
	written := parsed
	written.Rate = func(p, x, dst []float64) {
		dst[0], dst[1], dst[2] = p[0]*(x[1]-x[0]), x[0]*(p[1]-x[2])-x[1], x[0]*x[1]-p[2]*x[2]
	}
	written.Jacobian = func(p, x, dst []float64) {
		copy(dst, []float64{-p[0], p[0], 0, p[1] - x[2], -1, -x[0], x[1], x[0], -p[2]})
	}
	a, err := dynamics.LyapunovSpectrum{Steps: 200, Transient: 1}.Of(context.Background(), parsed)
	if err != nil {
		t.Fatal(err)
	}
	b, err := dynamics.LyapunovSpectrum{Steps: 200, Transient: 1}.Of(context.Background(), written)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Exponents {
		if math.Abs(a.Exponents[i]-b.Exponents[i]) > 1e-9 {
			t.Errorf("parsed %v, written %v", a.Exponents, b.Exponents)
		}
	}
}

// The integrator is of order five: half the step, a thirty-second of the error.
func TestOrderOfTheIntegrator(t *testing.T) {
	turn := dynamics.System{Name: "turn", Variables: "xy", Equations: []string{"-y", "x"}, Start: []float64{1, 0}}
	// With a loose tolerance and forced samples, the error at time 10 follows the tolerance.
	errorAt := func(tolerance float64) float64 {
		o, err := dynamics.Simulate{Step: 10, Transient: dynamics.Zero, Tolerance: tolerance}.Run(context.Background(), turn, 2)
		if err != nil {
			t.Fatal(err)
		}
		return math.Hypot(o.X.At(1, 0)-math.Cos(10), o.X.At(1, 1)-math.Sin(10))
	}
	for _, tolerance := range []float64{1e-4, 1e-6, 1e-8, 1e-10, 1e-12} {
		if e := errorAt(tolerance); e > 200*tolerance {
			t.Errorf("tolerance %g leaves an error of %g", tolerance, e)
		}
	}
	if loose, tight := errorAt(1e-4), errorAt(1e-10); tight > loose/1e4 {
		t.Errorf("errors %g and %g: the tolerance has no say", loose, tight)
	}
}

func TestSystemsThatCannotBe(t *testing.T) {
	ctx := context.Background()
	var param *mat32.ParamError
	if _, err := dynamics.Find("nothing"); !errors.As(err, &param) || !strings.Contains(err.Error(), "Lorenz") {
		t.Errorf("Find: %v", err)
	}
	if _, err := dynamics.Lorenz().With("τ", 1); !errors.As(err, &param) || !strings.Contains(err.Error(), "σ, ρ, β") {
		t.Errorf("With: %v", err)
	}
	if _, err := dynamics.Lorenz().With("ρ", math.NaN()); !errors.As(err, &param) {
		t.Errorf("With NaN: %v", err)
	}
	for name, s := range map[string]dynamics.System{
		"no start":         {Variables: "x", Equations: []string{"x"}},
		"unknown letter":   {Variables: "x", Equations: []string{"ax"}, Start: []float64{1}},
		"no term":          {Variables: "x", Equations: []string{"x +"}, Start: []float64{1}},
		"empty":            {Variables: "x", Equations: []string{""}, Start: []float64{1}},
		"two numbers":      {Variables: "x", Equations: []string{"1.2.3x"}, Start: []float64{1}},
		"too few":          {Variables: "xy", Equations: []string{"x"}, Start: []float64{1, 2}},
		"start not finite": {Variables: "x", Equations: []string{"x"}, Start: []float64{math.Inf(1)}},
	} {
		if _, err := (dynamics.Simulate{}).Run(ctx, s, 5); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var lost *mat32.DegenerateError
	away := dynamics.System{Name: "away", Variables: "x", Equations: []string{"x²"}, Start: []float64{1}}
	if _, err := (dynamics.Simulate{Step: 1}).Run(ctx, away, 5); !errors.As(err, &lost) {
		t.Errorf("a motion to infinity: %v", err)
	}
	away.Map = true
	if _, err := (dynamics.LyapunovSpectrum{}).Of(ctx, away); err != nil {
		t.Errorf("x² from 1 stays: %v", err)
	}
	away.Start[0] = 2
	if _, err := (dynamics.LyapunovSpectrum{}).Of(ctx, away); !errors.As(err, &lost) {
		t.Errorf("a map to infinity: %v", err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := (dynamics.LyapunovSpectrum{}).Of(stopped, dynamics.Lorenz()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What is too stiff for explicit steps, and times that no steps reach the end of, are errors, not work without end.
func TestWhatWouldTakeForEver(t *testing.T) {
	testenv.Unraced(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	leap := func(_, x, dst []float64) { dst[0] = math.Copysign(1e7, -x[0]) }
	stiff := dynamics.System{Name: "stiff", Variables: "x", Equations: []string{"-1000000000000x"}, Start: []float64{1}}
	for name, err := range map[string]error{
		"stiff":           failure(dynamics.Simulate{}.Run(ctx, stiff, 5)),
		"spectrum":        failure(dynamics.LyapunovSpectrum{Tolerance: 1e-9}.Of(ctx, stiff)),
		"leaps":           failure(dynamics.Simulate{}.Run(ctx, dynamics.System{Name: "leaps", Variables: "x", Rate: leap, Start: []float64{1}}, 5)),
		"a long step":     failure(dynamics.Simulate{Step: 1e50}.Run(ctx, dynamics.Lorenz(), 5)),
		"no step":         failure(dynamics.Simulate{Step: dynamics.Zero}.Run(ctx, dynamics.Lorenz(), 5)),
		"long before":     failure(dynamics.Simulate{Transient: 1e300}.Run(ctx, dynamics.Lorenz(), 5)),
		"many maps":       failure(dynamics.Simulate{Transient: 1e300}.Run(ctx, dynamics.Henon(), 5)),
		"spectrum's step": failure(dynamics.LyapunovSpectrum{Step: dynamics.Zero}.Of(ctx, dynamics.Lorenz())),
	} {
		var param *mat32.ParamError
		var lost *mat32.DegenerateError
		if !errors.As(err, &param) && !errors.As(err, &lost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func failure[T any](_ T, err error) error { return err }

func TestKaplanYorke(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{
		{[]float64{0.9056, 0, -14.5723}, 2 + 0.9056/14.5723}, {[]float64{-14.5723, 0, 0.9056}, 2 + 0.9056/14.5723},
		{[]float64{-1, -2}, 0}, {[]float64{0, -2}, 1}, {[]float64{1, -1}, 2}, {[]float64{0.5}, 1},
		{[]float64{1, math.Inf(-1)}, 1},
	} {
		if got, err := dynamics.KaplanYorke(c.of); err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: got %v, %v, want %v", c.of, got, err, c.want)
		}
	}
	if _, err := dynamics.KaplanYorke(nil); !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("none: %v", err)
	}
	if _, err := dynamics.KaplanYorke([]float64{math.NaN()}); err == nil {
		t.Error("NaN is an exponent")
	}
}

// A direction that a map forgets has the exponent −∞, and vectors that leave the range of numbers
// between two orthogonalizations are an error of who was asked.
func TestExponentsThatAreNoNumbers(t *testing.T) {
	ctx := context.Background()
	flat, err := dynamics.Henon().With("b", 0)
	if err != nil {
		t.Fatal(err)
	}
	if flat, err = flat.With("a", 1.9); err != nil {
		t.Fatal(err)
	}
	m, err := dynamics.LyapunovSpectrum{Steps: 2000}.Of(ctx, flat)
	if err != nil || !math.IsInf(m.Exponents[1], -1) || !math.IsNaN(m.StdErr[1]) || !(m.Exponents[0] > 0) {
		t.Errorf("without b Hénon's map has one dimension: %v\n%v", err, m)
	}
	steep := dynamics.System{Name: "steep", Variables: "x", Equations: []string{"0"}, Map: true, Start: []float64{0},
		Rate:     func(_, _, dst []float64) { dst[0] = 0 },
		Jacobian: func(_, _, dst []float64) { dst[0] = 1e100 },
	}
	var beyond *mat32.DegenerateError
	if _, err := (dynamics.LyapunovSpectrum{Interval: 5}).Of(ctx, steep); !errors.As(err, &beyond) || beyond.Method != "dynamics.LyapunovSpectrum" {
		t.Errorf("vectors beyond all numbers: %v", err)
	}
}
