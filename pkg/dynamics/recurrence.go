package dynamics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Recurrence asks when an orbit comes back to where it was: states i and j recur where they are
// within a radius (J.-P. Eckmann, S. Oliffson Kamphorst and D. Ruelle, 1987, Recurrence plots
// of dynamical systems). Lines along the diagonals are stretches of time that repeat, vertical
// ones states that last; their lengths are what is counted (N. Marwan, M. Romano, M. Thiel and
// J. Kurths, 2007, Recurrence plots for the analysis of complex systems).
//
// Time O(n²·d), memory O(n): the plot itself is never stored.
type Recurrence struct {
	// Radius is within which distance states recur, in the unit of the data. Default by Rate.
	Radius float64

	// Rate is the share of all pairs of states that recur, by which the radius is found, of 20
	// 000 random pairs. Default 0.05. Ignored where a Radius is given.
	Rate float64

	// Theiler is for how many steps around a state others do not count, since they are near in
	// time. Default 1: the main diagonal alone is left out.
	Theiler int

	// Shortest is how many states make a line, 2 or more. Default 2.
	Shortest int
}

// Recurrences are what Recurrence counts.
type Recurrences struct {
	States int
	Radius float64

	Rate        float64 // the share of pairs of states that recur
	Determinism float64 // the share of these in diagonal lines
	MeanLine    float64 // the mean length of a diagonal line, in states
	LongestLine int
	Entropy     float64 // of the lengths of diagonal lines, in nats
	Laminarity  float64 // the share of recurrences in vertical lines
	Trapping    float64 // the mean length of a vertical line
	Convention  string

	within   float64     // the radius over 2^exponent
	exponent int         // the power of two below which all values are
	columns  [][]float64 // over it
}

const recurrence = "dynamics.Recurrence"

// Resolve returns the options with defaults filled in, for n rows and d columns, or a
// *mat32.ParamError or *mat32.ShapeError. A radius that is found by Rate stays 0.
func (r Recurrence) Resolve(n, d int) (Recurrence, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: recurrence, Param: param, Value: value, Want: want}
	}
	if n < 4 || d < 1 {
		return r, mat32.Rename(recurrence, &mat32.ShapeError{
			What: "x", Rows: n, Cols: d, Want: "4 rows or more, in the order of time",
		})
	}
	if !(r.Radius >= 0) || math.IsInf(r.Radius, 0) {
		return r, fail("Radius", r.Radius, "a positive number, or 0 for one by Rate")
	}
	if r.Rate == 0 {
		r.Rate = 0.05
	}
	if !(r.Rate > 0 && r.Rate < 1) {
		return r, fail("Rate", r.Rate, "0 < Rate < 1")
	}
	if r.Theiler == 0 {
		r.Theiler = 1
	}
	if r.Theiler < 1 || r.Theiler > n/2 {
		return r, fail("Theiler", r.Theiler, fmt.Sprintf("1 ≤ Theiler ≤ n/2 = %d", n/2))
	}
	if r.Shortest == 0 {
		r.Shortest = 2
	}
	if r.Shortest < 2 || r.Shortest > n {
		return r, fail("Shortest", r.Shortest, fmt.Sprintf("2 ≤ Shortest ≤ n = %d", n))
	}
	return r, nil
}

// Of counts the recurrences of an orbit: a state in each row of x, in the order of time.
// Distances are the largest difference of a coordinate. Errors: a *mat32.NotFiniteError,
// *mat32.ShapeError or *mat32.ParamError, a *mat32.DegenerateError where all states are one,
// and that of ctx.
func (r Recurrence) Of(ctx context.Context, x mat.Matrix) (*Recurrences, error) {
	if err := checkOrbit(ctx, recurrence, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	r, err := r.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	out := &Recurrences{States: n, Radius: r.Radius, columns: make([][]float64, d)}
	out.exponent = math.MinInt
	for j := range out.columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out.columns[j] = mat.Col(nil, j, x)
		if slices.Max(out.columns[j]) != 0 || slices.Min(out.columns[j]) != 0 {
			out.exponent = max(out.exponent, exponentOf(out.columns[j]))
		}
	}
	for _, c := range out.columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i, v := range c {
			c[i] = math.Ldexp(v, -out.exponent)
		}
	}
	if out.Radius == 0 {
		if out.within = r.radius(out); out.within == 0 {
			return nil, &mat32.DegenerateError{Method: recurrence, Reason: fmt.Sprintf(
				"a share of %g of all pairs of states and more are at one place: a Radius is needed", r.Rate)}
		}
		out.Radius = math.Ldexp(out.within, out.exponent)
		out.Convention = fmt.Sprintf("radius for a rate of %g", r.Rate)
	} else {
		out.within = math.Ldexp(out.Radius, -out.exponent)
		out.Convention = "radius given"
	}
	out.Convention += fmt.Sprintf(", largest difference of a coordinate, pairs within %d steps left out, lines of %d or more",
		r.Theiler-1, r.Shortest)
	diagonal, err := r.lines(ctx, "recurrences: diagonals", n, func(k int, hits []bool) []bool {
		// Diagonal k holds the pairs (i, i+k).
		if k < r.Theiler {
			return nil
		}
		hits = hits[:n-k]
		for c, values := range out.columns {
			alike(hits, values, values[k:], out.within, c == 0)
		}
		return hits
	})
	if err != nil {
		return nil, err
	}
	vertical, err := r.lines(ctx, "recurrences: columns", n, func(i int, hits []bool) []bool {
		out.row(hits, i)
		clear(hits[max(0, i-r.Theiler+1):min(n, i+r.Theiler)])
		return hits
	})
	if err != nil {
		return nil, err
	}
	wide := float64(n-r.Theiler) * float64(n-r.Theiler+1) / 2
	all := diagonal.sum(1)
	out.Rate = all / wide
	if all == 0 {
		return out, nil
	}
	long, count := diagonal.sum(r.Shortest), diagonal.count(r.Shortest)
	out.Determinism = long / all
	if count > 0 {
		out.MeanLine = long / count
		for length := r.Shortest; length < len(diagonal); length++ {
			if c := diagonal[length]; c > 0 {
				p := float64(c) / count
				out.Entropy -= p * math.Log(p)
				out.LongestLine = length
			}
		}
	}
	long, count = vertical.sum(r.Shortest), vertical.count(r.Shortest)
	out.Laminarity = long / vertical.sum(1)
	if count > 0 {
		out.Trapping = long / count
	}
	return out, nil
}

// row says which states recur with state i.
func (o *Recurrences) row(hits []bool, i int) {
	for c, values := range o.columns {
		near(hits, values[i], values, o.within, c == 0)
	}
}

// alike says of which pairs of values the difference is within a radius; unless it is the first
// coordinate, those alone are asked that were so far.
func alike(hits []bool, a, b []float64, within float64, first bool) {
	a, b = a[:len(hits)], b[:len(hits)]
	if first {
		for i := range hits {
			hits[i] = math.Abs(a[i]-b[i]) <= within
		}
		return
	}
	for i, hit := range hits {
		if hit {
			hits[i] = math.Abs(a[i]-b[i]) <= within
		}
	}
}

// near does so for pairs of one value with others.
func near(hits []bool, a float64, b []float64, within float64, first bool) {
	b = b[:len(hits)]
	if first {
		for i := range hits {
			hits[i] = math.Abs(a-b[i]) <= within
		}
		return
	}
	for i, hit := range hits {
		if hit {
			hits[i] = math.Abs(a-b[i]) <= within
		}
	}
}

// radius returns the quantile of the distances of random pairs of states.
func (r Recurrence) radius(o *Recurrences) float64 {
	const pairs = 20000
	random := rng.New(0, "dynamics/recurrence", 0)
	far := make([]float64, 0, pairs)
	for len(far) < pairs {
		i, j := random.IntN(o.States), random.IntN(o.States)
		if j-i < r.Theiler && i-j < r.Theiler {
			continue
		}
		distance := 0.0
		for _, c := range o.columns {
			distance = math.Max(distance, math.Abs(c[i]-c[j]))
		}
		far = append(far, distance)
	}
	slices.Sort(far)
	return far[int(r.Rate*(pairs-1))]
}

// histogram holds how many lines there are of each length.
type histogram []int

func (h histogram) sum(from int) (sum float64) {
	for length := from; length < len(h); length++ {
		sum += float64(length) * float64(h[length])
	}
	return sum
}

func (h histogram) count(from int) (count float64) {
	for length := from; length < len(h); length++ {
		count += float64(h[length])
	}
	return count
}

// lines counts the runs of recurrences along n paths, of which walk says where it recurs: it may
// write to the slice that it is given, of n values.
func (r Recurrence) lines(ctx context.Context, name string, n int, walk func(path int, hits []bool) []bool) (histogram, error) {
	const block = 32
	out := make(histogram, n+1)
	var adding sync.Mutex
	stage := watch.Start(ctx, name, n)
	type scratch struct {
		hits    []bool
		lengths map[int]int
		short   [16]int // most lines, which a map would keep waiting
	}
	fresh := func() *scratch { return &scratch{hits: make([]bool, n), lengths: map[int]int{}} }
	err := par.BlocksWith(ctx, n, block, fresh, func(s *scratch, lo, hi int) {
		clear(s.lengths)
		clear(s.short[:])
		end := func(run int) {
			if run < len(s.short) {
				s.short[run]++
			} else {
				s.lengths[run]++
			}
		}
		for path := lo; path < hi; path++ {
			if ctx.Err() != nil {
				return
			}
			run := 0
			for _, hit := range walk(path, s.hits) {
				if hit {
					run++
				} else if run > 0 {
					end(run)
					run = 0
				}
			}
			if run > 0 {
				end(run)
			}
		}
		adding.Lock()
		for length, count := range s.short {
			if count > 0 {
				out[length] += count
			}
		}
		for length, count := range s.lengths {
			out[length] += count
		}
		adding.Unlock()
		stage.Add(hi - lo)
	})
	return out, err
}

// Plot returns the recurrence plot as shares between 0 and 1, of at most size rows and columns,
// time running right and down: how many of the pairs of states of a cell recur, those near in time
// among them. viz.Heatmap draws it. Time O(n²·d), memory 8·size² bytes. Errors: a
// *mat32.ParamError for a size that is not 1 to 2048, and that of ctx.
func (o *Recurrences) Plot(ctx context.Context, size int) (*mat.Dense, error) {
	if size < 1 || size > 2048 {
		return nil, &mat32.ParamError{
			Method: "dynamics.Recurrences.Plot", Param: "size", Value: size, Want: "1 ≤ size ≤ 2048",
		}
	}
	n, side := o.States, min(size, o.States)
	out := mat.NewDense(side, side, nil)
	first := func(cell int) int { return (cell*n + side - 1) / side } // state of a cell
	err := par.BlocksWith(ctx, side, 1, func() []bool { return make([]bool, n) }, func(hits []bool, lo, hi int) {
		for down := lo; down < hi; down++ {
			row := out.RawRowView(down)
			for i := first(down); i < first(down+1) && ctx.Err() == nil; i++ {
				o.row(hits, i)
				for cell := range row {
					for _, hit := range hits[first(cell):first(cell+1)] {
						if hit {
							row[cell]++
						}
					}
				}
			}
			for cell := range row {
				row[cell] /= float64((first(down+1) - first(down)) * (first(cell+1) - first(cell)))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// String returns a small table.
func (o *Recurrences) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "recurrences of %d states within %.4g", o.States, o.Radius)
	for _, row := range []struct {
		name  string
		value float64
	}{
		{"rate", o.Rate}, {"determinism", o.Determinism}, {"mean line", o.MeanLine},
		{"longest", float64(o.LongestLine)}, {"entropy", o.Entropy},
		{"laminarity", o.Laminarity}, {"trapping", o.Trapping},
	} {
		fmt.Fprintf(&b, "\n  %-12s%.4g", row.name, row.value)
	}
	b.WriteString("\n  convention  " + o.Convention)
	return b.String()
}
