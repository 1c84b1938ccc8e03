package dynamics

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Null is what a surrogate series keeps of the one it stands for: the hypothesis that a test
// may refuse.
type Null int

const (
	// IAAFT is a linear process that is seen through some monotone function: the spectrum and
	// the values are kept (T. Schreiber and A. Schmitz, 1996, Improved surrogate data for
	// nonlinearity tests).
	IAAFT Null = iota

	// AAFT is the same in one step, with a spectrum that is a little too flat (J. Theiler, S.
	// Eubank, A. Longtin, B. Galdrikian and J. Farmer, 1992, Testing for nonlinearity in time
	// series: the method of surrogate data).
	AAFT

	// Phases is a linear Gaussian process: the spectrum is kept, and values become normal
	// (Theiler and others, 1992).
	Phases

	// Shuffle is independent values: these alone are kept.
	Shuffle
)

const anyNull = "IAAFT, AAFT, Phases or Shuffle"

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
// one series. Time O(n·log n), for IAAFT times a hundred rounds at most; memory O(n). Errors: a
// *mat32.ParamError, a *mat32.ShapeError for fewer than 4 values, a *mat32.NotFiniteError, a
// *mat32.DegenerateError for a constant series, and that of ctx.
func Surrogate(ctx context.Context, values []float64, null Null, seed uint64) ([]float64, error) {
	const method = "dynamics.Surrogate"
	if err := checkSeries(method, values, 4); err != nil {
		return nil, err
	}
	if null < IAAFT || null > Shuffle {
		return nil, &mat32.ParamError{Method: method, Param: "null", Value: null, Want: anyNull}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := newSurrogates(values)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	draw := s.maker()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := draw(ctx, null, seed, 0)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// surrogates are what all surrogates of a series stand on.
type surrogates struct {
	unit           unit
	values, sorted []float64 // in the unit
	order          []int     // the places of values from the least to the largest
	original       []float64 // sorted
}

func newSurrogates(values []float64) *surrogates {
	s := &surrogates{unit: unitOf(values)}
	s.values = s.unit.all(values)
	s.order = ranks(s.values)
	s.sorted, s.original = make([]float64, len(values)), make([]float64, len(values))
	for rank, i := range s.order {
		s.sorted[rank], s.original[rank] = s.values[i], values[i]
	}
	return s
}

// maker returns what draws a surrogate by its number, with memory of its own. Where ctx is done
// it is left unfinished.
func (s *surrogates) maker() func(ctx context.Context, null Null, seed uint64, index int) []float64 {
	n := len(s.values)
	w, c := newWaves(n), make([]complex128, n/2+1)
	return func(ctx context.Context, null Null, seed uint64, index int) []float64 {
		random := rng.New(seed, "dynamics/surrogates", index)
		out := make([]float64, n)
		switch null {
		case Shuffle:
			copy(out, s.values)
			random.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
		case Phases:
			copy(out, s.values)
			turnPhases(w, c, out, &random)
			for i, v := range out {
				out[i] = s.unit.back(v)
			}
			return out
		case AAFT:
			// Normal numbers in the order of the values, with random phases, say the order.
			normal := make([]float64, n)
			for i := range normal {
				normal[i] = random.Normal()
			}
			slices.Sort(normal)
			for rank, i := range s.order {
				out[i] = normal[rank]
			}
			turnPhases(w, c, out, &random)
		case IAAFT:
			copy(out, s.values)
			s.alternate(ctx, w, c, out, &random)
		}
		if ctx.Err() != nil {
			return out
		}
		// The values themselves, in the order found.
		for rank, i := range ranks(out) {
			out[i] = s.original[rank]
		}
		return out
	}
}

// turnPhases gives a series random phases.
func turnPhases(w *waves, c []complex128, x []float64, random *rng.Stream) {
	w.apart(c, x)
	for i := 1; i < len(c); i++ {
		if 2*i == len(x) {
			continue // the wave of two values a period has no phase
		}
		sin, cos := math.Sincos(2 * math.Pi * random.Float64())
		c[i] *= complex(cos, sin)
	}
	w.together(x, c)
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

// alternate keeps the spectrum and the values in turn, from a shuffled start, until the order is
// that of the round before, or a hundred times.
func (s *surrogates) alternate(ctx context.Context, w *waves, c []complex128, x []float64, random *rng.Stream) {
	n := len(x)
	size := make([]float64, len(c))
	if ctx.Err() != nil {
		return
	}
	w.apart(c, x)
	for i, v := range c {
		size[i] = math.Hypot(real(v), imag(v))
	}
	random.Shuffle(n, func(i, j int) { x[i], x[j] = x[j], x[i] })
	before := make([]float64, n)
	for range 100 {
		if ctx.Err() != nil {
			return
		}
		copy(before, x)
		w.apart(c, x)
		if ctx.Err() != nil {
			return
		}
		for i, v := range c {
			if own := math.Hypot(real(v), imag(v)); own > 0 {
				c[i] = v * complex(size[i]/own, 0)
			} else {
				c[i] = complex(size[i], 0)
			}
		}
		w.together(x, c)
		if ctx.Err() != nil {
			return
		}
		for rank, i := range ranks(x) {
			x[i] = s.sorted[rank]
		}
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
// Time that of Count surrogates and statistics, each on a core; memory O(n) a core.
type SurrogateTest struct {
	// Null is the hypothesis. Default IAAFT.
	Null Null

	// Count is how many surrogates are drawn. More tell smaller probabilities. Default 99.
	Count int

	// Statistic is the number that is compared; it may be called from several goroutines.
	// Default ForecastError in 3 dimensions, which is less for a deterministic system than for
	// its surrogates.
	Statistic func(values []float64) float64

	// Seed chooses the surrogates.
	Seed uint64
}

// Verdict is the result of a SurrogateTest.
type Verdict struct {
	Value      float64   // the statistic of the series
	Surrogates []float64 // and of the surrogates, sorted
	P          float64   // the share of ranks, both sides, at least as far out as that of the series

	// Z is the distance of the value from the mean of the surrogates, in their standard
	// deviations: infinite, or NaN, where all surrogates have one value.
	Z float64

	Convention string
}

// Of tests a series. Errors: a *mat32.ParamError, a *mat32.ShapeError for fewer than 20 values, a
// *mat32.NotFiniteError, a *mat32.DegenerateError for a constant series or a statistic that is
// no number, and that of ctx.
func (t SurrogateTest) Of(ctx context.Context, values []float64) (*Verdict, error) {
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
		return nil, &mat32.ParamError{Method: method, Param: "Null", Value: t.Null, Want: anyNull}
	}
	name := "statistic given"
	if t.Statistic == nil {
		name = "error of a forecast from 3 values"
		t.Statistic = func(v []float64) float64 {
			e, err := ForecastError(ctx, v, 3, 1)
			if err != nil {
				return math.NaN()
			}
			return e
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := newSurrogates(values)
	out := &Verdict{Value: t.Statistic(slices.Clone(values)), Surrogates: make([]float64, t.Count)}
	stage := watch.Start(ctx, "surrogates", t.Count)
	err := par.BlocksWith(ctx, t.Count, 1, s.maker, func(draw func(context.Context, Null, uint64, int) []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			drawn := draw(ctx, t.Null, t.Seed, i)
			if ctx.Err() != nil {
				return
			}
			out.Surrogates[i] = t.Statistic(drawn)
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	for _, v := range append([]float64{out.Value}, out.Surrogates...) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the statistic of a series is %v", v)}
		}
	}
	below, above := 0, 0
	for _, v := range out.Surrogates {
		if v <= out.Value {
			below++
		}
		if v >= out.Value {
			above++
		}
	}
	u := unitOf(append([]float64{out.Value}, out.Surrogates...))
	mean, squares, count := 0.0, 0.0, float64(t.Count)
	if u.size > 0 {
		for _, v := range out.Surrogates {
			mean += u.of(v) / count
		}
		for _, v := range out.Surrogates {
			squares += (u.of(v) - mean) * (u.of(v) - mean)
		}
	}
	out.Z = -mean / math.Sqrt(squares/math.Max(count-1, 1)) // the value itself is 0 in the unit
	out.P = math.Min(1, 2*float64(1+min(below, above))/float64(1+t.Count))
	slices.Sort(out.Surrogates)
	out.Convention = fmt.Sprintf("null: %s; %s; rank among %d surrogates, two-sided", t.Null, name, t.Count)
	return out, nil
}

// String returns a small table.
func (v *Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "surrogate test  p = %.3g", v.P)
	fmt.Fprintf(&b, "\n  statistic   %.4g", v.Value)
	if n := len(v.Surrogates); n > 0 {
		fmt.Fprintf(&b, ", of surrogates %.4g to %.4g", v.Surrogates[0], v.Surrogates[n-1])
	}
	fmt.Fprintf(&b, "\n  z           %.2f", v.Z)
	fmt.Fprintf(&b, "\n  convention  %s", v.Convention)
	return b.String()
}
