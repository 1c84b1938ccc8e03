package spectrum_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/fixture"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/spectrum"
	"github.com/flatland-go/flatland/tests/golden"
)

// counts are the rules that need nothing but the values.
var counts = map[string]func([]float64) (int, error){
	"Kaiser":        spectrum.Kaiser,
	"BrokenStick":   spectrum.BrokenStick,
	"LargestGap":    spectrum.LargestGap,
	"Elbow":         spectrum.Elbow,
	"Fan":           spectrum.Fan{}.Count,
	"Share":         func(v []float64) (int, error) { return spectrum.Share(v, .9) },
	"FukunagaOlsen": func(v []float64) (int, error) { return spectrum.FukunagaOlsen(v, .05) },
	"Minka":         func(v []float64) (int, error) { return spectrum.Minka(v, 100) },
	"NoiseEdge":     func(v []float64) (int, error) { return spectrum.NoiseEdge{}.Count(v, 100) },
	"HardThreshold": func(v []float64) (int, error) { return spectrum.HardThreshold{}.Count(v, 100) },
}

// measures are the numbers that need nothing but the values.
var measures = map[string]func([]float64) (float64, error){
	"Entropy":            spectrum.Entropy,
	"EffectiveRank":      spectrum.EffectiveRank,
	"ParticipationRatio": spectrum.ParticipationRatio,
	"StableRank":         spectrum.StableRank,
	"Renyi":              func(v []float64) (float64, error) { return spectrum.Renyi(v, 3) },
}

func TestCountsOfKnownSpectra(t *testing.T) {
	signal := []float64{100, 90, 80, 1.5, 1.3, 1.1, 1, .85, .7, .6}
	for name, want := range map[string]int{"Kaiser": 3, "BrokenStick": 3, "LargestGap": 3, "Elbow": 3, "Share": 3, "FukunagaOlsen": 3, "Minka": 3, "NoiseEdge": 3, "HardThreshold": 3, "Fan": 3} {
		if got, err := counts[name](signal); err != nil || got != want {
			t.Errorf("%s: %d (%v), want %d", name, got, err, want)
		}
	}
	flat := slices.Repeat([]float64{7}, 12)
	for name, want := range map[string]int{"Kaiser": 0, "BrokenStick": 0, "FukunagaOlsen": 12, "Share": 11, "NoiseEdge": 0, "HardThreshold": 0} {
		if got, err := counts[name](flat); err != nil || got != want {
			t.Errorf("%s of equal values: %d (%v), want %d", name, got, err, want)
		}
	}
	// The shares of the pieces of a stick of three: 11/18, 5/18, 2/18.
	stick := spectrum.Stick(3)
	for i, want := range []float64{11. / 18, 5. / 18, 2. / 18} {
		if math.Abs(stick[i]-want) > 1e-15 {
			t.Errorf("stick of three: %v", stick)
		}
	}
	if k, _ := spectrum.BrokenStick([]float64{62, 27, 11}); k != 1 {
		t.Errorf("a spectrum that crosses the stick after one: %d", k)
	}
	if k, err := (spectrum.Fan{Share: .99, Gap: 1000}).Count(signal); err != nil || k != 3 {
		t.Errorf("Fan by the share: %d, %v", k, err)
	}
}

// Order, scale and rounding of the values do not matter.
func TestRulesLookAtRatiosOnly(t *testing.T) {
	values := []float64{9, 7.5, 4, 2.2, .6, .5, .4, .35, .3, .1}
	for _, other := range [][]float64{scaled(values, 1e-300), scaled(values, 1e300), scaled(values, 5e-324/.1), reversed(values), append(slices.Clone(values[:9]), .1)} {
		before := slices.Clone(other)
		for name, rule := range counts {
			want, err1 := rule(values)
			got, err2 := rule(other)
			if err := errors.Join(err1, err2); err != nil || got != want && other[0] > 1e-310 {
				t.Errorf("%s: %d and %d, %v", name, want, got, err)
			}
		}
		if !slices.Equal(before, other) {
			t.Fatal("the values have changed")
		}
	}
	for name, rule := range counts {
		if got, err := rule([]float64{5, 4, 1, 1e-18, -1e-17}); err != nil || got < 0 || got > 5 {
			t.Errorf("%s of rounding below zero: %d, %v", name, got, err)
		}
		if got, err := rule([]float64{5}); err != nil || got < 0 || got > 1 {
			t.Errorf("%s of one value: %d, %v", name, got, err)
		}
	}
}

func scaled(v []float64, by float64) []float64 {
	v = slices.Clone(v)
	for i := range v {
		v[i] *= by
	}
	return v
}

func reversed(v []float64) []float64 {
	v = slices.Clone(v)
	slices.Reverse(v)
	return v
}

func TestBadValuesAreTypedErrors(t *testing.T) {
	rules := map[string]func([]float64) error{}
	for name, f := range counts {
		rules[name] = func(v []float64) error { _, err := f(v); return err }
	}
	for name, f := range measures {
		rules[name] = func(v []float64) error { _, err := f(v); return err }
	}
	for name, f := range rules {
		var finite *mat32.NotFiniteError
		var param *mat32.ParamError
		var degenerate *mat32.DegenerateError
		if err := f(nil); !errors.Is(err, mat32.ErrEmpty) {
			t.Errorf("%s of nothing: %v", name, err)
		}
		if err := f([]float64{1, math.NaN()}); !errors.As(err, &finite) || finite.Row != 1 {
			t.Errorf("%s of NaN: %v", name, err)
		}
		if err := f([]float64{math.Inf(1)}); !errors.As(err, &finite) {
			t.Errorf("%s of +Inf: %v", name, err)
		}
		if err := f([]float64{1, -.5}); !errors.As(err, &param) {
			t.Errorf("%s of a negative value: %v", name, err)
		}
		if err := f([]float64{0, 0}); !errors.As(err, &degenerate) {
			t.Errorf("%s of zeros: %v", name, err)
		}
	}
	v := []float64{2, 1}
	for what, f := range map[string]func() error{
		"share 0":        func() error { _, err := spectrum.Share(v, 0); return err },
		"share NaN":      func() error { _, err := spectrum.Share(v, math.NaN()); return err },
		"share above 1":  func() error { _, err := spectrum.Share(v, 1.1); return err },
		"ratio 1":        func() error { _, err := spectrum.FukunagaOlsen(v, 1); return err },
		"order −1":       func() error { _, err := spectrum.Renyi(v, -1); return err },
		"one row":        func() error { _, err := spectrum.Minka(v, 1); return err },
		"no rows":        func() error { _, err := spectrum.NoiseEdge{}.Count(v, 0); return err },
		"few columns":    func() error { _, err := spectrum.HardThreshold{Columns: 1}.Count(v, 9); return err },
		"noise below 0":  func() error { _, err := spectrum.NoiseEdge{Variance: -1}.Count(v, 9); return err },
		"gap below 1":    func() error { _, err := spectrum.Fan{Gap: .5}.Count(v); return err },
		"ratio below 0":  func() error { _, err := spectrum.MarchenkoPastur{Ratio: -1}.CDF(1); return err },
		"quantile above": func() error { _, err := spectrum.MarchenkoPastur{}.Quantile(2); return err },
	} {
		var param *mat32.ParamError
		if err := f(); !errors.As(err, &param) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestEntropies(t *testing.T) {
	near := func(what string, got float64, err error, want float64) {
		t.Helper()
		if err != nil || math.Abs(got-want) > 1e-12*max(1, math.Abs(want)) {
			t.Errorf("%s: %v (%v), want %v", what, got, err, want)
		}
	}
	equal := append(slices.Repeat([]float64{3}, 8), 0, 0)
	for name, f := range measures {
		want := 8.
		if name == "Entropy" || name == "Renyi" {
			want = math.Log(8)
		}
		got, err := f(equal)
		near(name+" of eight equal values", got, err, want)
		got, err = f([]float64{4})
		near(name+" of one", got, err, map[bool]float64{true: 0, false: 1}[want != 8])
	}
	p := []float64{.5, .25, .125, .125}
	h, err := spectrum.Entropy(p)
	near("1.75 bits", h, err, 1.75*math.Ln2)
	pr, err := spectrum.ParticipationRatio(p)
	near("participation ratio", pr, err, 32./11)
	s, err := spectrum.StableRank(p)
	near("stable rank", s, err, 2)
	for order, want := range map[float64]float64{0: math.Log(4), 1: h, 2: math.Log(pr), math.Inf(1): math.Log(s), 1 + 1e-7: h} {
		got, err := spectrum.Renyi(p, order)
		if err != nil || math.Abs(got-want) > 1e-6 {
			t.Errorf("order %v: %v (%v), want %v", order, got, err, want)
		}
	}
	last := math.Inf(1)
	for _, order := range []float64{0, .5, 1, 1.5, 2, 5, 50, 1e6} {
		got, err := spectrum.Renyi(p, order)
		if err != nil || got > last+1e-12 {
			t.Errorf("order %v: %v after %v: entropies fall (%v)", order, got, last, err)
		}
		last = got
	}
}

// The likelihood by its definition, value by value.
func TestElbowIsTheProfileLikelihood(t *testing.T) {
	v := []float64{12, 9, 8.5, 3, 2.5, 2.4, 1, .5}
	got, err := spectrum.ElbowLikelihood(v)
	if err != nil {
		t.Fatal(err)
	}
	d := len(v)
	for k := 1; k < d; k++ {
		mean := func(v []float64) (m float64) {
			for _, x := range v {
				m += x / float64(len(v))
			}
			return m
		}
		centers := []float64{mean(v[:k]), mean(v[k:])}
		variance := 0.
		at := func(i int) float64 { return centers[map[bool]int{true: 1}[i >= k]] }
		for i, x := range v {
			variance += (x - at(i)) * (x - at(i)) / float64(d-2)
		}
		l := 0.
		for i, x := range v {
			l += -math.Log(2*math.Pi*variance)/2 - (x-at(i))*(x-at(i))/(2*variance)
		}
		if math.Abs(l-got[k-1]) > 1e-11 {
			t.Errorf("k = %d: %v, want %v", k, got[k-1], l)
		}
	}
}

func TestMarchenkoPastur(t *testing.T) {
	for _, ratio := range []float64{.05, .5, 1, 2, 20} {
		law := spectrum.MarchenkoPastur{Ratio: ratio, Variance: 2.5}
		low, high, err := law.Edges()
		if err != nil {
			t.Fatal(err)
		}
		// The density integrates to the distribution, in steps that are fine at
		// the edges; mean and variance are known.
		const steps = 200000
		mass, mean, square := 0., 0., 0.
		for i := range steps {
			a := math.Pi * (float64(i) + .5) / steps
			x := (low+high)/2 - (high-low)/2*math.Cos(a)
			f, err := law.Density(x)
			if err != nil {
				t.Fatal(err)
			}
			w := f * (high - low) / 2 * math.Sin(a) * math.Pi / steps
			mass, mean, square = mass+w, mean+w*x, square+w*x*x
			if i%20000 == 0 {
				c, err := law.CDF(x)
				q, err2 := law.Quantile(c)
				if err != nil || err2 != nil || math.Abs(c-mass) > 1e-4 || math.Abs(q-x) > 1e-6*high {
					t.Errorf("ratio %v: CDF %v, mass %v; quantile %v of %v", ratio, c, mass, q, x)
				}
			}
		}
		m1, m2 := 2.5*max(ratio, 1), 2.5*2.5*(1+ratio)*max(ratio, 1)
		if math.Abs(mass-1) > 1e-6 || math.Abs(mean-m1) > 1e-5*m1 || math.Abs(square-m2) > 1e-5*m2 {
			t.Errorf("ratio %v: mass %v, moments %v and %v, want %v and %v", ratio, mass, mean, square, m1, m2)
		}
	}
}

// The figures of Gavish and Donoho: 4/√3 = 2.3094 of a known and 2.858 of an unknown noise for
// square matrices, and those of their tables for others.
func TestHardThresholdIsThatOfThePaper(t *testing.T) {
	for beta, want := range map[float64][2]float64{1: {4 / math.Sqrt(3), 2.8582}, .5: {1.9785, 2.1711}, .1: {1.5816, 1.6089}} {
		n := 1000
		d := int(beta * float64(n))
		known, err := spectrum.HardThreshold{Columns: d, Variance: 1}.Threshold([]float64{1}, n)
		if err != nil || math.Abs(math.Sqrt(known)-want[0]) > 2e-3 {
			t.Errorf("β = %v, known noise: %v (%v), want %v", beta, math.Sqrt(known), err, want[0])
		}
		median, err := spectrum.HardThreshold{}.Threshold(slices.Repeat([]float64{1}, d), n)
		if err != nil || math.Abs(math.Sqrt(median)-want[1]) > 5e-3 {
			t.Errorf("β = %v, unknown noise: %v (%v), want %v", beta, math.Sqrt(median), err, want[1])
		}
	}
	// A wide matrix is its transpose, but for the divisor.
	tall, _ := spectrum.HardThreshold{Columns: 30, Variance: 2}.Threshold([]float64{1}, 90)
	wide, _ := spectrum.HardThreshold{Columns: 90, Variance: 2}.Threshold([]float64{1}, 30)
	if math.Abs(90*tall-30*wide) > 1e-9 {
		t.Errorf("90 × 30: %v, 30 × 90: %v", 90*tall, 30*wide)
	}
}

func TestMinkaAgainstScikitLearn(t *testing.T) {
	var file struct {
		Spectra []struct {
			Name     string
			Rows     int
			Values   []float64
			Evidence []float64
			Chosen   int
		}
	}
	golden.Load(t, "spectrum", &file)
	if len(file.Spectra) < 5 {
		t.Fatalf("only %d spectra", len(file.Spectra))
	}
	for _, s := range file.Spectra {
		evidence, err := spectrum.MinkaEvidence(s.Values, s.Rows)
		if err != nil || len(evidence) != len(s.Evidence) {
			t.Fatalf("%s: %d values, %v", s.Name, len(evidence), err)
		}
		for i, want := range s.Evidence {
			if math.Abs(evidence[i]-want) > 1e-9*math.Abs(want) {
				t.Errorf("%s, %d components: %v, want %v", s.Name, i+1, evidence[i], want)
			}
		}
		if k, err := spectrum.Minka(s.Values, s.Rows); err != nil || k != s.Chosen {
			t.Errorf("%s: %d components (%v), scikit-learn has %d", s.Name, k, err, s.Chosen)
		}
	}
	if k, err := spectrum.Minka([]float64{5, 5, 5, 1, 1, 1}, 1000); err != nil || k != 3 {
		t.Errorf("equal eigenvalues: %d, %v", k, err)
	}
}

func planted(n, d, k int) *mat.Dense {
	x := fixture.Normal(1, n, d)
	s := fixture.Normal(2, n, k)
	a := fixture.Normal(3, k, d)
	var y mat.Dense
	y.Mul(s, a)
	x.Add(x, &y)
	return x
}

func TestParallelAnalysisFindsWhatWasPlanted(t *testing.T) {
	ctx := context.Background()
	for _, p := range []spectrum.ParallelAnalysis{{Runs: 20}, {Runs: 20, Null: spectrum.Permuted}, {Runs: 20, Mean: true}, {Runs: 20, Covariance: true}, {Runs: 20, Covariance: true, Null: spectrum.Permuted}} {
		for _, shape := range [][2]int{{150, 20}, {60, 90}} {
			r, err := p.Estimate(ctx, planted(shape[0], shape[1], 3))
			if err != nil || r.Count != 3 || len(r.Values) != min(shape[0]-1, shape[1]) {
				t.Errorf("%+v of %v: %+v, %v", p, shape, r, err)
			}
		}
		r, err := p.Estimate(ctx, fixture.Normal(5, 150, 20))
		if err != nil || r.Count > 1 {
			t.Errorf("%+v of noise: %+v, %v", p, r, err)
		}
		// The eigenvalues of a correlation matrix sum to the number of columns.
		if total := mat.Sum(mat.NewVecDense(20, slices.Clone(r.Values))); !p.Covariance && math.Abs(total-20) > 1e-9 {
			t.Errorf("eigenvalues that sum to %v", total)
		}
	}
	x := planted(50, 8, 2)
	for i := range 50 {
		x.Set(i, 4, 6)
	}
	if r, err := (spectrum.ParallelAnalysis{Runs: 9}).Estimate(ctx, x); err != nil || r.Values[7] > 1e-12 {
		t.Errorf("a constant column: %+v, %v", r, err)
	}
	x.Set(0, 0, math.MaxFloat64)
	x.Set(1, 0, -math.MaxFloat64)
	var degenerate *mat32.DegenerateError
	if _, err := (spectrum.ParallelAnalysis{Runs: 2, Covariance: true}).Estimate(ctx, x); !errors.As(err, &degenerate) {
		t.Errorf("a range beyond float64: %v", err)
	}
}

func FuzzRules(f *testing.F) {
	f.Add(3., 2., 1., 0., 5)
	f.Add(1., 1., 1., 1., 2)
	f.Add(1e308, 1e308, 1e308, 1e-308, 1)
	f.Add(5e-324, 0., -0., 0., 100)
	f.Fuzz(func(t *testing.T, a, b, c, d float64, n int) {
		v := []float64{a, b, c, d}
		for name, rule := range counts {
			if k, err := rule(v); err == nil && (k < 0 || k > 4) {
				t.Errorf("%s of %v: %d", name, v, k)
			}
		}
		for name, f := range measures {
			if x, err := f(v); err == nil && !(x >= 0 && x <= 4.0001) {
				t.Errorf("%s of %v: %v", name, v, x)
			}
		}
		_, _ = spectrum.Minka(v, n)
		_, _ = spectrum.NoiseEdge{}.Count(v, n)
		_, _ = spectrum.HardThreshold{}.Count(v, n)
	})
}

func ExampleBrokenStick() {
	values := []float64{6.1, 2.6, .6, .4, .2, .1}
	k, err := spectrum.BrokenStick(values)
	r, _ := spectrum.ParticipationRatio(values)
	fmt.Printf("%d components %v, %.2f in effect\n", k, err, r)
	// Output: 2 components <nil>, 2.25 in effect
}

func ExampleParallelAnalysis_Estimate() {
	// Twelve columns that two hidden ones move, and noise.
	p, err := spectrum.ParallelAnalysis{Null: spectrum.Permuted, Seed: 1}.Estimate(context.Background(), planted(200, 12, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Count, p.Convention)
	// Output: 2 quantile 0.95 of 100 permuted nulls, correlation
}
