package dynamics

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Null is what a surrogate series keeps of the one it stands for: the hypothesis that a test
// may refuse.
type Null int

// The hypotheses.
const (
	IAAFT   Null = iota // a linear process, seen through some monotone function: the spectrum and the values are kept (T. Schreiber and A. Schmitz, 1996, Improved surrogate data for nonlinearity tests)
	AAFT                // the same by one step, with a spectrum that is a little too flat (J. Theiler, S. Eubank, A. Longtin, B. Galdrikian and J. Farmer, 1992, Testing for nonlinearity in time series: the method of surrogate data)
	Phases              // a linear Gaussian process: the spectrum is kept, values become normal (the same)
	Shuffle             // independent values: these alone are kept
)

// String returns the hypothesis in words.
func (n Null) String() string {
	switch n {
	case IAAFT:
		return "linear process seen through a monotone function (IAAFT)"
	case AAFT:
		return "linear process seen through a monotone function (AAFT)"
	case Phases:
		return "linear Gaussian process (random phases)"
	case Shuffle:
		return "independent values (shuffle)"
	}
	return fmt.Sprintf("Null(%d)", int(n))
}

// Surrogate returns a series that is random but for what the hypothesis keeps. One seed gives
// one series. Time O(n·log n), for IAAFT times a hundred rounds at most. Errors: a
// *mat32.ParamError, a *mat32.NotFiniteError, and a *mat32.DegenerateError for a constant
// series.
func Surrogate(values []float64, null Null, seed uint64) ([]float64, error) {
	const method = "dynamics.Surrogate"
	if err := checkSeries(method, values, 4); err != nil {
		return nil, err
	}
	if null < IAAFT || null > Shuffle {
		return nil, &mat32.ParamError{Method: method, Param: "null", Value: null, Want: "IAAFT, AAFT, Phases or Shuffle"}
	}
	return newSurrogates(values).draw(null, seed, 0), nil
}

// surrogates draws surrogates of one series.
type surrogates struct {
	values, sorted []float64 // in standard deviations from the first
	first, scale   float64
}

func newSurrogates(values []float64) *surrogates {
	s := &surrogates{first: values[0], scale: spread(values), values: standard(values)}
	s.sorted = slices.Sorted(slices.Values(s.values))
	return s
}

func (s *surrogates) draw(null Null, seed uint64, index int) []float64 {
	random := rng.New(seed, "dynamics/surrogates", index)
	n := len(s.values)
	out := slices.Clone(s.values)
	switch null {
	case Shuffle:
		random.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	case Phases:
		s.turn(out, &random)
	case AAFT:
		// Normal numbers in the order of the values, with random phases, say the order of the values.
		normal := make([]float64, n)
		for i := range normal {
			normal[i] = random.Normal()
		}
		slices.Sort(normal)
		for rank, i := range ranks(out) {
			out[i] = normal[rank]
		}
		s.turn(out, &random)
		s.likeValues(out)
	case IAAFT:
		s.iterate(out, &random)
	}
	for i, v := range out {
		out[i] = (v + s.first/s.scale) * s.scale
	}
	return out
}

// turn gives a series random phases.
func (s *surrogates) turn(x []float64, random *rng.Stream) {
	f := fourier.NewFFT(len(x))
	c := f.Coefficients(nil, x)
	for i := 1; i < len(c); i++ {
		if 2*i == len(x) {
			continue // the wave of two values a period has no phase
		}
		sin, cos := math.Sincos(2 * math.Pi * random.Float64())
		c[i] *= complex(cos, sin)
	}
	f.Sequence(x, c)
	for i := range x {
		x[i] /= float64(len(x))
	}
}

// ranks returns the places of x from the least to the largest, ties by place.
func ranks(x []float64) []int {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if c := cmp.Compare(x[a], x[b]); c != 0 {
			return c
		}
		return a - b
	})
	return order
}

// likeValues puts the values of the series in the order of x.
func (s *surrogates) likeValues(x []float64) {
	for rank, i := range ranks(x) {
		x[i] = s.sorted[rank]
	}
}

// iterate keeps the spectrum and the values in turn, from a shuffled start, until the order is
// that of the round before, or a hundred times.
func (s *surrogates) iterate(x []float64, random *rng.Stream) {
	n := len(x)
	f := fourier.NewFFT(n)
	spectrum := f.Coefficients(nil, s.values)
	random.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	c := make([]complex128, len(spectrum))
	before := make([]float64, n)
	for range 100 {
		copy(before, x)
		f.Coefficients(c, x)
		for i, v := range c {
			if size := math.Hypot(real(v), imag(v)); size > 0 {
				c[i] = v * complex(math.Hypot(real(spectrum[i]), imag(spectrum[i]))/size, 0)
			} else {
				c[i] = spectrum[i]
			}
		}
		f.Sequence(x, c)
		for i := range x {
			x[i] /= float64(n)
		}
		s.likeValues(x)
		if slices.Equal(before, x) {
			return
		}
	}
}

// SurrogateTest asks whether a series is more than a linear process: a statistic of the series
// is compared with those of surrogates, which share with it all that the hypothesis allows (J.
// Theiler and others, 1992, Testing for nonlinearity in time series: the method of surrogate
// data).
//
// Time that of Count statistics, each on a core; memory O(n) a core.
type SurrogateTest struct {
	// Null is the hypothesis. Default IAAFT.
	Null Null

	// Count is how many surrogates are drawn. More tell smaller probabilities. Default 99.
	Count int

	// Statistic is the number that is compared; it may be called from several goroutines.
	// Default ForecastError in 3 dimensions, by which series of a deterministic system are less
	// than their surrogates.
	Statistic func(values []float64) float64

	Seed uint64
}

// Refused is the result of a SurrogateTest.
type Refused struct {
	Value      float64   // the statistic of the series
	Surrogates []float64 // and of the surrogates, sorted
	P          float64   // the share of ranks, both sides, at least as far out as that of the series
	Z          float64   // the distance of the value from the mean of the surrogates, in their standard deviations
	Convention string
}

// Of tests a series. Errors: a *mat32.ParamError, a *mat32.NotFiniteError, a
// *mat32.DegenerateError for a constant series or a statistic that is no number, and that of
// ctx.
func (t SurrogateTest) Of(ctx context.Context, values []float64) (*Refused, error) {
	const method = "dynamics.SurrogateTest"
	if err := checkSeries(method, values, 20); err != nil {
		return nil, err
	}
	if t.Count == 0 {
		t.Count = 99
	}
	if t.Count < 1 || t.Count > 1e6 {
		return nil, &mat32.ParamError{Method: method, Param: "Count", Value: t.Count, Want: "1 ≤ Count ≤ 1 000 000"}
	}
	if t.Null < IAAFT || t.Null > Shuffle {
		return nil, &mat32.ParamError{Method: method, Param: "Null", Value: t.Null, Want: "IAAFT, AAFT, Phases or Shuffle"}
	}
	name := "statistic given"
	if t.Statistic == nil {
		t.Statistic, name = func(v []float64) float64 { return ForecastError(v, 3, 1) }, "error of a forecast from 3 values"
	}
	out := &Refused{Value: t.Statistic(slices.Clone(values)), Surrogates: make([]float64, t.Count)}
	s := newSurrogates(values)
	stage := watch.Start(ctx, "surrogates", t.Count)
	err := par.Blocks(ctx, t.Count, 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			out.Surrogates[i] = t.Statistic(s.draw(t.Null, t.Seed, i))
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	below, above, mean := 0, 0, 0.0
	for _, v := range append([]float64{out.Value}, out.Surrogates...) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the statistic of a series is %v", v)}
		}
	}
	for _, v := range out.Surrogates {
		if v <= out.Value {
			below++
		}
		if v >= out.Value {
			above++
		}
		mean += v / float64(t.Count)
	}
	squares := 0.0
	for _, v := range out.Surrogates {
		squares += (v - mean) * (v - mean)
	}
	out.Z = (out.Value - mean) / math.Sqrt(squares/float64(max(t.Count-1, 1)))
	out.P = math.Min(1, 2*float64(1+min(below, above))/float64(1+t.Count))
	slices.Sort(out.Surrogates)
	out.Convention = fmt.Sprintf("null: %s; %s; rank among %d surrogates, two-sided", t.Null, name, t.Count)
	return out, nil
}

// String returns a small table.
func (r *Refused) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "surrogate test  p = %.3g", r.P)
	fmt.Fprintf(&b, "\n  statistic   %.4g, of surrogates %.4g to %.4g", r.Value, r.Surrogates[0], r.Surrogates[len(r.Surrogates)-1])
	fmt.Fprintf(&b, "\n  z           %.2f", r.Z)
	fmt.Fprintf(&b, "\n  convention  %s", r.Convention)
	return b.String()
}
