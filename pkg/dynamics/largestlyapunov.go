package dynamics

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LargestLyapunov measures the largest Lyapunov exponent of a recorded series: how fast states
// part that were near once. It follows neighbours and fits a line to the mean logarithm of
// their distance over time, as far as that grows (Rosenstein: M. Rosenstein, J. Collins and C.
// De Luca, 1993, A practical method for calculating largest Lyapunov exponents from small data
// sets; Kantz: H. Kantz, 1994, A robust method to estimate the maximal Lyapunov exponent of a
// time series).
//
// Look at the curve: an exponent is there to be measured only where the curve has a straight
// part before it is level.
//
// Time O(n·log n·Dim + n·Horizon) for series of low dimension, memory 8·n·Dim + 4096·Horizon
// bytes.
type LargestLyapunov struct {
	// By is whose way it is done. Default Rosenstein.
	By Divergence

	// Dim is how many delayed values make a state, and Lag how many steps are between them.
	// Default that of Cao, 3 where it finds none, and the lag of Cao. Ignored where x has
	// several columns, whose rows then are the states.
	Dim, Lag int

	// Theiler is for how many steps around a state others are not taken for neighbours: one time
	// around the attractor. Default the first step at which the autocorrelation of the first
	// column is not positive, times 4, but a tenth of the series at most.
	Theiler int

	// Horizon is for how many steps neighbours are followed. Default Theiler times 4, 20 at
	// least, and 5000 or a fifth of the series at most.
	Horizon int

	// From and To are the steps between which the line is fitted. Default: from Lag·(Dim−1),
	// when what neighbours part by has turned to the direction that grows most, or 0 for states
	// and maps, to where the curve has risen by 70 % of its whole rise.
	From, To int

	// Radius is within which distance neighbours are, in standard deviations of the series.
	// Default 0.1. Ignored by Rosenstein, whose neighbours are the nearest.
	Radius float64

	// Step is the time between two values, by which the exponent is divided. Default 1: the
	// exponent is per step.
	Step float64
}

// Divergence is a way to follow neighbours.
type Divergence int

const (
	// Rosenstein follows the nearest neighbour of each state; the curve is the mean of the
	// logarithms of distances.
	Rosenstein Divergence = iota

	// Kantz follows all neighbours within a radius; the curve is the mean of the logarithms of
	// mean distances of the newest values.
	Kantz
)

// String returns whose way it is.
func (d Divergence) String() string {
	switch d {
	case Rosenstein:
		return "Rosenstein"
	case Kantz:
		return "Kantz"
	}
	return fmt.Sprintf("Divergence(%d)", int(d))
}

// Parting is how neighbours part over time, and the exponent that this shows.
type Parting struct {
	Exponent   float64   // per unit of time
	StdErr     float64   // of the slope of the line, NaN where it has two points; values of a curve are not independent, so it is too small
	Log        []float64 // the mean logarithm of the distance after 0, 1, … steps
	From, To   int       // the steps between which the line was fitted
	Step       float64
	Dim, Lag   int // of the states; Lag is 0 where rows are states
	Theiler    int
	States     int // that had a neighbour
	Convention string
	Notes      []string
}

const (
	largestLyapunov = "dynamics.LargestLyapunov"

	// curves is how many parts of the states have sums of their own, at most.
	curves = 256
)

// Resolve returns the options with defaults filled in, for n rows and d columns, or a
// *mat32.ParamError or *mat32.ShapeError. What is found from the values themselves stays 0.
func (l LargestLyapunov) Resolve(n, d int) (LargestLyapunov, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: largestLyapunov, Param: param, Value: value, Want: want}
	}
	if n < 40 || d < 1 {
		return l, mat32.Rename(largestLyapunov, &mat32.ShapeError{
			What: "x", Rows: n, Cols: d, Want: "40 rows or more, in the order of time",
		})
	}
	if l.By < Rosenstein || l.By > Kantz {
		return l, fail("By", l.By, "Rosenstein or Kantz")
	}
	if l.Dim < 0 || l.Dim > mostDims {
		return l, fail("Dim", l.Dim, "1 ≤ Dim ≤ 100, or 0 for that of Cao")
	}
	if l.Lag < 0 || l.Lag > n/4 {
		return l, fail("Lag", l.Lag, fmt.Sprintf("1 ≤ Lag ≤ n/4 = %d, or 0 for one found from the series", n/4))
	}
	if l.Theiler < 0 || l.Theiler > n/8 {
		return l, fail("Theiler", l.Theiler, fmt.Sprintf("0 ≤ Theiler ≤ n/8 = %d", n/8))
	}
	if l.Horizon < 0 || l.Horizon > n/2 {
		return l, fail("Horizon", l.Horizon, fmt.Sprintf("2 ≤ Horizon ≤ n/2 = %d, or 0", n/2))
	}
	if l.Horizon == 1 {
		return l, fail("Horizon", l.Horizon, "2 or more")
	}
	if l.From < 0 || l.From > n/2 {
		return l, fail("From", l.From, fmt.Sprintf("0 ≤ From ≤ n/2 = %d", n/2))
	}
	if l.To < 0 || l.To > 0 && l.To <= l.From || l.Horizon > 0 && l.To > l.Horizon || l.To > n/2 {
		return l, fail("To", l.To, fmt.Sprintf("From = %d < To ≤ Horizon, or 0", l.From))
	}
	if l.Radius == 0 {
		l.Radius = 0.1
	}
	if !(l.Radius > 0 && l.Radius < 10) {
		return l, fail("Radius", l.Radius, "0 < Radius < 10 standard deviations")
	}
	if l.Step == 0 {
		l.Step = 1
	}
	if !(l.Step > 0) || math.IsInf(l.Step, 0) {
		return l, fail("Step", l.Step, "a positive number")
	}
	return l, nil
}

// Estimate measures a series, which is one column in the order of time, or an orbit of several,
// a state in each row. Errors: a *mat32.NotFiniteError, *mat32.ShapeError or *mat32.ParamError,
// a *mat32.DegenerateError where the series is constant or no state has a neighbour, and that
// of ctx.
func (l LargestLyapunov) Estimate(ctx context.Context, x mat.Matrix) (*Parting, error) {
	if err := checkOrbit(ctx, largestLyapunov, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	l, err := l.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	u, points, varies, err := orbitUnit(ctx, x)
	if err != nil {
		return nil, err
	}
	if u.size == 0 {
		return nil, &mat32.DegenerateError{Method: largestLyapunov, Reason: "the series is constant"}
	}
	out := &Parting{Step: l.Step}
	if l, err = l.fromValues(ctx, n, d, varies, out); err != nil {
		return nil, err
	}
	states := n - (l.Dim-1)*l.Lag
	if states-l.Horizon < 10 {
		return nil, &mat32.ParamError{
			Method: largestLyapunov, Param: "Horizon", Value: l.Horizon, Want: fmt.Sprintf("ten fewer than the %d states", states),
		}
	}
	need := 8*int64(states)*int64(l.Dim+1) + 16*int64(curves+1)*int64(l.Horizon+1)
	if err := mat32.CheckMemory(largestLyapunov, need, 0, "a smaller Dim or Horizon takes less"); err != nil {
		return nil, err
	}
	if d == 1 {
		series := points
		points = make([]float64, states*l.Dim)
		for i := range states {
			for j := range l.Dim {
				points[i*l.Dim+j] = series[i+j*l.Lag]
			}
		}
	}
	if out.Log, out.States, err = l.follow(ctx, points, l.Dim); err != nil {
		return nil, err
	}
	for i := range out.Log {
		out.Log[i] += u.log()
	}
	if err := l.fit(out); err != nil {
		return nil, err
	}
	out.Convention = fmt.Sprintf("%s, natural logarithms, line from step %d to %d, Theiler window %d",
		l.By, out.From, out.To, l.Theiler)
	return out, nil
}

// fromValues fills in the options that depend on the values: n of them in d columns, of which one
// that varies is given.
func (l LargestLyapunov) fromValues(ctx context.Context, n, d int, varies []float64, out *Parting) (LargestLyapunov, error) {
	if d == 1 {
		if l.Dim == 0 || l.Lag == 0 {
			c, err := Cao{Lag: l.Lag}.Estimate(ctx, mat.NewVecDense(n, varies))
			if err != nil {
				return l, mat32.Rename(largestLyapunov, err)
			}
			l.Lag = c.Lag
			if l.Dim == 0 {
				if l.Dim = c.Dim; l.Dim == 0 || c.Noise {
					l.Dim = 3
					out.Notes = append(out.Notes, "Cao's method finds no dimension: 3 are taken")
				}
			}
		}
		if (l.Dim-1)*l.Lag > n/2 {
			return l, &mat32.ParamError{
				Method: largestLyapunov, Param: "Dim", Value: l.Dim, Want: fmt.Sprintf("(Dim−1)·Lag ≤ n/2 = %d", n/2),
			}
		}
	} else {
		l.Dim, l.Lag = d, 0
	}
	out.Dim, out.Lag = l.Dim, l.Lag
	if l.Theiler == 0 {
		l.Theiler = defaultTheiler(varies)
	}
	out.Theiler = l.Theiler
	if l.Horizon == 0 {
		l.Horizon = max(2, l.To, min(max(20, 4*l.Theiler), n/5, 5000))
	}
	if l.From >= l.Horizon {
		return l, &mat32.ParamError{
			Method: largestLyapunov, Param: "From", Value: l.From, Want: fmt.Sprintf("0 ≤ From < Horizon = %d", l.Horizon),
		}
	}
	return l, nil
}

// follow returns the mean logarithm of the distance of neighbours after 0, 1, … Horizon steps,
// and of how many states.
func (l LargestLyapunov) follow(ctx context.Context, points []float64, width int) (curve []float64, states int, err error) {
	n := len(points)/width - l.Horizon // states whose future is known
	metric, newest := euclidean, width-1
	if l.By == Kantz {
		metric = chebyshev
	}
	t := newTree(ctx, points[:n*width], width, metric)
	block := max(64, (n+curves-1)/curves)
	blocks := (n + block - 1) / block
	sums, counts := make([]float64, blocks*(l.Horizon+1)), make([]int, blocks*(l.Horizon+1))
	had := make([]int, blocks)
	stage := watch.Start(ctx, "parting of neighbours", n)
	type scratch struct {
		search search
		mean   []float64
	}
	err = par.BlocksWith(ctx, n, block, func() *scratch {
		return &scratch{search{ctx: ctx, tree: t, theiler: l.Theiler, distinct: true}, make([]float64, l.Horizon+1)}
	}, func(s *scratch, lo, hi int) {
		at := lo / block * (l.Horizon + 1)
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			if l.By == Rosenstein {
				near := s.search.nearest(i, 1)
				if len(near) == 0 {
					continue
				}
				had[lo/block]++
				j := int(near[0].point)
				for k := range l.Horizon + 1 {
					squares := 0.0
					a, b := points[(i+k)*width:][:width], points[(j+k)*width:][:width]
					for c, v := range a {
						squares += (v - b[c]) * (v - b[c])
					}
					if squares > 0 {
						sums[at+k] += math.Log(squares) / 2
						counts[at+k]++
					}
				}
				continue
			}
			near := s.search.near(points[i*width:][:width], i, 0, l.Radius)
			if len(near) == 0 {
				continue
			}
			had[lo/block]++
			clear(s.mean)
			for k, f := range near {
				if k&1023 == 1023 && ctx.Err() != nil {
					return
				}
				for k := range s.mean {
					s.mean[k] += math.Abs(points[(i+k)*width+newest] - points[(int(f.point)+k)*width+newest])
				}
			}
			for k, v := range s.mean {
				if v > 0 {
					sums[at+k] += math.Log(v / float64(len(near)))
					counts[at+k]++
				}
			}
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, 0, err
	}
	curve = make([]float64, l.Horizon+1)
	for k := range curve {
		sum, count := 0.0, 0
		for b := range blocks {
			sum, count = sum+sums[b*(l.Horizon+1)+k], count+counts[b*(l.Horizon+1)+k]
		}
		if count == 0 {
			return nil, 0, &mat32.DegenerateError{Method: largestLyapunov, Reason: fmt.Sprintf(
				"no two states are apart after %d steps: the series repeats, or no neighbour is within the radius", k)}
		}
		curve[k] = sum / float64(count)
	}
	for _, h := range had {
		states += h
	}
	return curve, states, nil
}

// fit fits the line.
func (l LargestLyapunov) fit(out *Parting) error {
	from, to := l.From, l.To
	if from == 0 && l.Lag > 1 {
		from = min((l.Dim-1)*l.Lag, len(out.Log)/4)
	}
	if to == 0 {
		top := out.Log[from]
		for _, v := range out.Log[from:] {
			top = math.Max(top, v)
		}
		for to = from + 1; to < len(out.Log)-1 && out.Log[to+1] <= out.Log[from]+0.7*(top-out.Log[from]); {
			to++
		}
	}
	if to <= from {
		to = from + 1
	}
	places := make([]float64, to-from+1)
	for i := range places {
		places[i] = float64(from+i) * l.Step
	}
	weights := line.Weights(places)
	slope, mean, at := 0.0, 0.0, 0.0
	for i, w := range weights {
		slope += w * out.Log[from+i]
		mean += out.Log[from+i] / float64(len(places))
		at += places[i] / float64(len(places))
	}
	squares, spreads := 0.0, 0.0
	for i, p := range places {
		r := out.Log[from+i] - mean - slope*(p-at)
		squares += r * r
		spreads += (p - at) * (p - at)
	}
	if len(places) > 2 {
		out.StdErr = math.Sqrt(squares / float64(len(places)-2) / spreads)
	} else {
		out.StdErr = math.NaN()
	}
	out.Exponent, out.From, out.To = slope, from, to
	if len(places) < 4 {
		out.Notes = append(out.Notes, fmt.Sprintf(
			"the line rests on %d points of the curve, which is level after them: as for noise, or steps that are long", len(places)))
	}
	if rise := out.Log[to] - out.Log[from]; rise < 0.5 {
		out.Notes = append(out.Notes, fmt.Sprintf(
			"the curve rises by %.2g along the line, less than half a factor of e: this is hardly an exponent", rise))
	}
	return nil
}

// String returns a small table.
func (p *Parting) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "largest Lyapunov exponent  %.4f", p.Exponent)
	if p.Lag > 0 {
		fmt.Fprintf(&b, "\n  states      %d of %d values, %d steps apart", p.States, p.Dim, p.Lag)
	} else {
		fmt.Fprintf(&b, "\n  states      %d of %d variables", p.States, p.Dim)
	}
	fmt.Fprintf(&b, "\n  convention  %s", p.Convention)
	for _, n := range p.Notes {
		b.WriteString("\n  note        " + n)
	}
	return b.String()
}
