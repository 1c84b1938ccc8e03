package dynamics

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Simplex forecasts a series by what followed the states most like the present one: the mean of
// what came after its Dim+1 nearest neighbours, each weighed by exp(−distance over that of the
// nearest) (G. Sugihara and R. May, 1990, Nonlinear forecasting as a way of distinguishing
// chaos from measurement error in time series). It learns nothing but the series itself.
//
// Time O(n·log n) for series of low dimension, memory 8·n·Dim bytes.
type Simplex struct {
	// Dim is how many values make a state, Lag how many steps are between them. Default 3 and 1.
	Dim, Lag int

	// Ahead is how many steps ahead the forecast is. Default 1.
	Ahead int

	// Neighbors is how many states are asked. Default Dim+1.
	Neighbors int

	// Theiler is for how many steps around a state others are not asked, where a series is
	// forecast from itself. Default 0: the state alone.
	Theiler int
}

// SMap forecasts a series by a linear map of the present state, fitted for it alone, with
// weights exp(−Theta·distance over the mean distance): with Theta = 0 it is one linear
// autoregression for all states; that a larger one forecasts better says that the system is not
// linear (G. Sugihara, 1994, Nonlinear forecasting for the classification of natural time
// series).
//
// Time O(n²·Dim²), memory 8·n·Dim bytes.
type SMap struct {
	// Dim is how many values make a state, Lag how many steps are between them. Default 3 and 1.
	Dim, Lag int

	// Ahead is how many steps ahead the forecast is. Default 1.
	Ahead int

	// Theta is how local the map is. Default 2; Zero for one map for all states.
	Theta float64

	// Theiler is for how many steps around a state others do not count, where a series is
	// forecast from itself. Default 0: the state alone.
	Theiler int
}

// Forecast is a series beside what was forecast of it.
type Forecast struct {
	At          []int // the steps that were forecast
	Truth, Said []float64
	Convention  string
}

// Skill returns the correlation of what was said with what came; NaN where one of them does not
// vary.
func (f *Forecast) Skill() float64 {
	if len(f.Truth) == 0 {
		return math.NaN()
	}
	truth, said := unitOf(f.Truth), unitOf(f.Said)
	var a, b, aa, bb, ab float64
	n := float64(len(f.Truth))
	for i, v := range f.Truth {
		a, b = a+truth.of(v)/n, b+said.of(f.Said[i])/n
	}
	for i, v := range f.Truth {
		u, w := truth.of(v)-a, said.of(f.Said[i])-b
		aa, bb, ab = aa+u*u, bb+w*w, ab+u*w
	}
	return ab / math.Sqrt(aa*bb)
}

// RMSE returns the root of the mean squared error.
func (f *Forecast) RMSE() float64 {
	exponent := max(exponentOf(f.Truth), exponentOf(f.Said))
	sum := 0.0
	for i, v := range f.Truth {
		e := math.Ldexp(v, -exponent) - math.Ldexp(f.Said[i], -exponent)
		sum += e * e
	}
	return math.Ldexp(math.Sqrt(sum/float64(len(f.Truth))), exponent)
}

// SMAPE returns the symmetric mean absolute percentage error, between 0 and 200: that of the
// function of this name.
func (f *Forecast) SMAPE() float64 { return smape(f.Truth, f.Said) }

// String returns a small table.
func (f *Forecast) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "forecast skill  %.4f", f.Skill())
	fmt.Fprintf(&b, "\n  rmse        %.4g\n  smape       %.2f %%", f.RMSE(), f.SMAPE())
	fmt.Fprintf(&b, "\n  forecasts   %d\n  convention  %s", len(f.Truth), f.Convention)
	return b.String()
}

// SMAPE returns the symmetric mean absolute percentage error: 100 times the mean of |said − truth|
// over the mean of both sizes, between 0 and 200; 0 for both 0. Errors wrap mat32.ErrEmpty, a
// *mat32.RaggedError for lengths that differ, or a *mat32.NotFiniteError.
func SMAPE(truth, said []float64) (float64, error) {
	const method = "dynamics.SMAPE"
	if len(truth) == 0 {
		return 0, mat32.Rename(method, mat32.ErrEmpty)
	}
	if len(said) != len(truth) {
		return 0, mat32.Rename(method, &mat32.RaggedError{What: "series", Index: 1, Len: len(said), Want: len(truth)})
	}
	for _, series := range [][]float64{truth, said} {
		if err := checkFinite(method, series); err != nil {
			return 0, err
		}
	}
	return smape(truth, said), nil
}

func smape(truth, said []float64) float64 {
	sum := 0.0
	for i, v := range truth {
		// Over the larger of both: the largest numbers do not overflow, the smallest stay.
		if larger := math.Max(math.Abs(v), math.Abs(said[i])); larger > 0 {
			u, w := v/larger, said[i]/larger
			sum += math.Abs(u-w) / (math.Abs(u) + math.Abs(w))
		}
	}
	return 200 * sum / float64(len(truth))
}

// window is what both ways to forecast know of their options.
type window struct {
	method                   string
	dim, lag, ahead, theiler int
}

func (w window) resolve(n int) (window, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: w.method, Param: param, Value: value, Want: want}
	}
	if w.dim == 0 {
		w.dim = 3
	}
	if w.lag == 0 {
		w.lag = 1
	}
	if w.ahead == 0 {
		w.ahead = 1
	}
	if w.dim < 1 || w.dim > 100 {
		return w, fail("Dim", w.dim, "1 ≤ Dim ≤ 100")
	}
	if w.lag < 1 || w.lag > n {
		return w, fail("Lag", w.lag, fmt.Sprintf("1 ≤ Lag ≤ n = %d", n))
	}
	if w.ahead < 1 || w.ahead > n {
		return w, fail("Ahead", w.ahead, fmt.Sprintf("1 ≤ Ahead ≤ n = %d", n))
	}
	if least := (w.dim-1)*w.lag + w.ahead + 2*w.dim + 4; n < least {
		return w, mat32.Rename(w.method, &mat32.ShapeError{What: "values", Rows: n, Cols: 1, Want: fmt.Sprintf(
			"%d values or more, for states of %d values %d apart and forecasts %d ahead", least, w.dim, w.lag, w.ahead)})
	}
	if w.theiler < 0 || w.theiler > n/4 {
		return w, fail("Theiler", w.theiler, fmt.Sprintf("0 ≤ Theiler ≤ n/4 = %d", n/4))
	}
	return w, nil
}

// Resolve returns the options with defaults filled in, for a series of n values, or a
// *mat32.ParamError or *mat32.ShapeError.
func (s Simplex) Resolve(n int) (Simplex, error) {
	w, err := window{"dynamics.Simplex", s.Dim, s.Lag, s.Ahead, s.Theiler}.resolve(n)
	if err != nil {
		return s, err
	}
	s.Dim, s.Lag, s.Ahead = w.dim, w.lag, w.ahead
	if s.Neighbors == 0 {
		s.Neighbors = s.Dim + 1
	}
	if s.Neighbors < 1 || s.Neighbors > n/4 {
		return s, &mat32.ParamError{
			Method: w.method, Param: "Neighbors", Value: s.Neighbors, Want: fmt.Sprintf("1 ≤ Neighbors ≤ n/4 = %d", n/4),
		}
	}
	return s, nil
}

// Resolve returns the options with defaults filled in, for a series of n values, or a
// *mat32.ParamError or *mat32.ShapeError.
func (s SMap) Resolve(n int) (SMap, error) {
	w, err := window{"dynamics.SMap", s.Dim, s.Lag, s.Ahead, s.Theiler}.resolve(n)
	if err != nil {
		return s, err
	}
	s.Dim, s.Lag, s.Ahead = w.dim, w.lag, w.ahead
	if s.Theta == 0 {
		s.Theta = 2
	}
	if !(s.Theta > 0 && s.Theta <= 1000) {
		return s, &mat32.ParamError{
			Method: w.method, Param: "Theta", Value: s.Theta, Want: "0 < Theta ≤ 1000, or Zero",
		}
	}
	return s, nil
}

// Of forecasts each value of a series from the states of all others, the known past and the
// known future: how much of it can be foretold. Errors: a *mat32.ParamError or
// *mat32.ShapeError, a *mat32.NotFiniteError, a *mat32.DegenerateError for a constant series,
// and that of ctx.
func (s Simplex) Of(ctx context.Context, values []float64) (*Forecast, error) {
	if err := checkSeries("dynamics.Simplex", values, 4); err != nil {
		return nil, err
	}
	s, err := s.Resolve(len(values))
	if err != nil {
		return nil, err
	}
	return s.forecast(ctx, values, values, true)
}

// After forecasts each value of a second series, which comes later or from elsewhere, from the
// states of the first. Errors as of Of.
func (s Simplex) After(ctx context.Context, known, values []float64) (*Forecast, error) {
	if err := checkSeries("dynamics.Simplex", known, 4); err != nil {
		return nil, err
	}
	s, err := s.Resolve(len(known))
	if err != nil {
		return nil, err
	}
	return s.forecast(ctx, known, values, false)
}

// Of forecasts each value of a series from the states of all others, the known past and the
// known future. Errors as of Simplex.
func (s SMap) Of(ctx context.Context, values []float64) (*Forecast, error) {
	if err := checkSeries("dynamics.SMap", values, 4); err != nil {
		return nil, err
	}
	s, err := s.Resolve(len(values))
	if err != nil {
		return nil, err
	}
	return s.forecast(ctx, values, values, true)
}

// After forecasts each value of a second series, which comes later or from elsewhere, from the
// states of the first. Errors as of Simplex.
func (s SMap) After(ctx context.Context, known, values []float64) (*Forecast, error) {
	if err := checkSeries("dynamics.SMap", known, 4); err != nil {
		return nil, err
	}
	s, err := s.Resolve(len(known))
	if err != nil {
		return nil, err
	}
	return s.forecast(ctx, known, values, false)
}

// states are the states of a series whose future is known, in the unit of the known series.
type states struct {
	points []float64
	n, dim int
	next   []float64
}

// nowhere is a time that is none of the known series, and far from all of them.
const nowhere = math.MinInt / 2

func (w window) states(values []float64, u unit) (*states, error) {
	least := (w.dim-1)*w.lag + w.ahead + 1
	if len(values) < least {
		return nil, mat32.Rename(w.method, &mat32.ShapeError{
			What: "values", Rows: len(values), Cols: 1, Want: fmt.Sprintf("%d values or more", least),
		})
	}
	if err := checkFinite(w.method, values); err != nil {
		return nil, err
	}
	n := len(values) - least + 1
	if err := mat32.CheckMemory(w.method, 8*int64(n)*int64(w.dim+1), 0, "a lower Dim takes less"); err != nil {
		return nil, err
	}
	z := u.all(values)
	for i, v := range z {
		if !(math.Abs(v) < 1e100) {
			return nil, &mat32.DegenerateError{Method: w.method, Reason: fmt.Sprintf(
				"value %d is %.3g standard deviations from those that are known", i, v)}
		}
	}
	s := &states{points: make([]float64, n*w.dim), n: n, dim: w.dim, next: z[least-1:]}
	for i := range n {
		for j := range w.dim {
			s.points[i*w.dim+j] = z[i+j*w.lag]
		}
	}
	return s, nil
}

// run forecasts all states of values by say, which is given a state and the step it stands at
// among the known, or nowhere.
func (w window) run(ctx context.Context, known, values []float64, own bool,
	prepare func(*states) func() func(state []float64, at int) float64) (*Forecast, error) {
	u := unitOf(known)
	from, err := w.states(known, u)
	if err != nil {
		return nil, err
	}
	if own && from.n < 2*w.theiler+w.dim+4 {
		return nil, &mat32.ParamError{
			Method: w.method, Param: "Theiler", Value: w.theiler, Want: fmt.Sprintf("to leave %d of the %d states", w.dim+3, from.n),
		}
	}
	of := from
	if !own {
		if of, err = w.states(values, u); err != nil {
			return nil, err
		}
	}
	out := &Forecast{At: make([]int, of.n), Truth: make([]float64, of.n), Said: make([]float64, of.n)}
	stage := watch.Start(ctx, "forecasts", of.n)
	err = par.BlocksWith(ctx, of.n, 32, prepare(from), func(say func([]float64, int) float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			at := nowhere
			if own {
				at = i
			}
			out.At[i] = i + (w.dim-1)*w.lag + w.ahead
			out.Truth[i] = values[out.At[i]]
			out.Said[i] = u.back(say(of.points[i*w.dim:(i+1)*w.dim], at))
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s Simplex) forecast(ctx context.Context, known, values []float64, own bool) (*Forecast, error) {
	w := window{"dynamics.Simplex", s.Dim, s.Lag, s.Ahead, s.Theiler}
	out, err := w.run(ctx, known, values, own, func(from *states) func() func([]float64, int) float64 {
		t := newTree(ctx, from.points, s.Dim, euclidean)
		return func() func([]float64, int) float64 {
			look := &search{ctx: ctx, tree: t, theiler: s.Theiler}
			return func(state []float64, at int) float64 {
				near := look.near(state, at, s.Neighbors, math.Inf(1))
				if len(near) == 0 {
					return math.NaN() // ctx is done
				}
				unit, sum, total := math.Sqrt(near[0].distance), 0.0, 0.0
				for _, f := range near {
					weight := 1.0
					if d := math.Sqrt(f.distance); d > 0 {
						// A neighbour at no distance leaves all others next to nothing to say.
						weight = math.Max(math.Exp(-d/unit), 1e-6)
					}
					sum, total = sum+weight*from.next[f.point], total+weight
				}
				return sum / total
			}
		}
	})
	if err != nil {
		return nil, err
	}
	out.Convention = fmt.Sprintf("simplex of %d neighbours in %d dimensions, lag %d, %d ahead, %s",
		s.Neighbors, s.Dim, s.Lag, s.Ahead, asked(own))
	return out, nil
}

func asked(own bool) string {
	if own {
		return "each value left out in turn"
	}
	return "values that were not known"
}

func (s SMap) forecast(ctx context.Context, known, values []float64, own bool) (*Forecast, error) {
	w := window{"dynamics.SMap", s.Dim, s.Lag, s.Ahead, s.Theiler}
	out, err := w.run(ctx, known, values, own, func(from *states) func() func([]float64, int) float64 {
		return func() func([]float64, int) float64 {
			return newLocalMap(ctx, from, s).say
		}
	})
	if err != nil {
		return nil, err
	}
	theta := s.Theta
	if theta == Zero {
		theta = 0
	}
	out.Convention = fmt.Sprintf("S-map of theta %g in %d dimensions, lag %d, %d ahead, %s",
		theta, s.Dim, s.Lag, s.Ahead, asked(own))
	return out, nil
}

// localMap fits the linear map of one state after another.
type localMap struct {
	ctx       context.Context
	from      *states
	theta     float64
	theiler   int
	distances []float64
	normal    *mat.SymDense
	right     *mat.VecDense
	row       []float64
}

func newLocalMap(ctx context.Context, from *states, s SMap) *localMap {
	size := from.dim + 1
	return &localMap{
		ctx: ctx, from: from, theta: s.Theta, theiler: s.Theiler, distances: make([]float64, from.n),
		normal: mat.NewSymDense(size, nil), right: mat.NewVecDense(size, nil), row: make([]float64, size),
	}
}

// say forecasts what follows a state, or NaN where ctx is done: by the normal equations of differences from it, so that
// the constant is the forecast, with a ridge of 1e-10 of their trace, which settles directions
// that no neighbour varies in.
func (m *localMap) say(state []float64, at int) float64 {
	mean, count := 0.0, 0
	for i := range m.distances {
		if i&1023 == 0 && m.ctx.Err() != nil {
			return math.NaN()
		}
		if gap := i - at; gap <= m.theiler && gap >= -m.theiler {
			m.distances[i] = -1
			continue
		}
		squares := 0.0
		for j, v := range m.from.points[i*m.from.dim:][:m.from.dim] {
			squares += (v - state[j]) * (v - state[j])
		}
		m.distances[i] = math.Sqrt(squares)
		mean += m.distances[i]
		count++
	}
	mean /= float64(count)
	size := m.from.dim + 1
	sums := m.normal.RawSymmetric().Data
	clear(sums)
	right := m.right.RawVector().Data
	clear(right)
	for i, d := range m.distances {
		if i&1023 == 0 && m.ctx.Err() != nil {
			return math.NaN()
		}
		if d < 0 {
			continue
		}
		weight := 1.0
		if mean > 0 {
			weight = math.Exp(-m.theta * d / mean)
		}
		weight *= weight
		m.row[0] = 1
		for j, v := range m.from.points[i*m.from.dim:][:m.from.dim] {
			m.row[1+j] = v - state[j]
		}
		for a, u := range m.row {
			for b := a; b < size; b++ {
				sums[a*size+b] += weight * u * m.row[b]
			}
			right[a] += weight * u * m.from.next[i]
		}
	}
	trace := 0.0
	for a := 1; a < size; a++ {
		trace += sums[a*size+a]
	}
	ridge := 1e-10*trace/float64(size) + 1e-300
	for a := 1; a < size; a++ {
		sums[a*size+a] += ridge
	}
	constant := right[0] / sums[0] // what is said where the equations cannot be solved: the weighted mean
	var c mat.Cholesky
	if !c.Factorize(m.normal) {
		return constant
	}
	var solution mat.VecDense
	if err := c.SolveVecTo(&solution, m.right); err != nil && math.IsNaN(solution.AtVec(0)) {
		return constant
	}
	return solution.AtVec(0)
}

// ForecastError returns the error of Simplex in forecasting a series one step ahead from itself,
// in standard deviations of the series: about 1 for noise, and less the more its own past
// determines it. It is the default statistic of SurrogateTest. Time, memory and errors as of
// Simplex.
func ForecastError(ctx context.Context, values []float64, dim, lag int) (float64, error) {
	f, err := Simplex{Dim: dim, Lag: lag}.Of(ctx, values)
	if err != nil {
		return 0, mat32.Rename("dynamics.ForecastError", err)
	}
	u, sum := unitOf(values), 0.0
	for i, v := range f.Truth {
		e := u.of(v) - u.of(f.Said[i])
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(f.Truth))), nil
}
