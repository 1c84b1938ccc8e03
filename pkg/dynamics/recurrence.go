package dynamics

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

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

	points []float64
	dim    int
}

const recurrence = "dynamics.Recurrence"

// Resolve returns the options with defaults filled in, for n rows and d columns, or a
// *mat32.ParamError or *mat32.ShapeError. A radius that is found by Rate stays 0.
func (r Recurrence) Resolve(n, d int) (Recurrence, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: recurrence, Param: param, Value: value, Want: want}
	}
	if n < 4 || d < 1 {
		return r, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "4 rows or more, in the order of time"}
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
	out := &Recurrences{States: n, Radius: r.Radius, dim: d, points: make([]float64, n*d)}
	for i := range n {
		mat.Row(out.points[i*d:(i+1)*d], i, x)
	}
	if out.Radius == 0 {
		if out.Radius = r.radius(out); out.Radius == 0 {
			return nil, &mat32.DegenerateError{Method: recurrence, Reason: fmt.Sprintf("a share of %g of all states and more are at one place: a Radius is needed", r.Rate)}
		}
		out.Convention = fmt.Sprintf("radius for a rate of %g", r.Rate)
	} else {
		out.Convention = "radius given"
	}
	out.Convention += fmt.Sprintf(", largest difference of a coordinate, pairs within %d steps left out, lines of %d or more", r.Theiler-1, r.Shortest)
	diagonal, err := r.lines(ctx, "recurrences: diagonals", n, func(k int, yield func(bool)) {
		// Diagonal k holds the pairs (i, i+k).
		for i := 0; k >= r.Theiler && i+k < n; i++ {
			yield(out.recurs(i, i+k))
		}
	})
	if err != nil {
		return nil, err
	}
	vertical, err := r.lines(ctx, "recurrences: columns", n, func(i int, yield func(bool)) {
		for j := range n {
			yield((j-i >= r.Theiler || i-j >= r.Theiler) && out.recurs(i, j))
		}
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

func (o *Recurrences) distance(i, j int) float64 {
	far, a, b := 0.0, o.points[i*o.dim:][:o.dim], o.points[j*o.dim:][:o.dim]
	for c, v := range a {
		far = math.Max(far, math.Abs(v-b[c]))
	}
	return far
}

func (o *Recurrences) recurs(i, j int) bool { return o.distance(i, j) <= o.Radius }

// radius returns the quantile of the distances of random pairs of states.
func (r Recurrence) radius(o *Recurrences) float64 {
	const pairs = 20000
	random := rng.New(0, "dynamics/recurrence", 0)
	far := make([]float64, 0, pairs)
	for len(far) < pairs {
		i, j := random.IntN(o.States), random.IntN(o.States)
		if j-i >= r.Theiler || i-j >= r.Theiler {
			far = append(far, o.distance(i, j))
		}
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

// lines counts the runs of recurrences along n paths, which walk writes out one after the other.
func (r Recurrence) lines(ctx context.Context, name string, n int, walk func(path int, yield func(bool))) (histogram, error) {
	const block = 32
	blocks := (n + block - 1) / block
	parts := make([]map[int]int, blocks)
	stage := watch.Start(ctx, name, n)
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		lengths := map[int]int{}
		for path := lo; path < hi; path++ {
			if ctx.Err() != nil {
				return
			}
			run := 0
			walk(path, func(recurs bool) {
				if recurs {
					run++
				} else if run > 0 {
					lengths[run]++
					run = 0
				}
			})
			if run > 0 {
				lengths[run]++
			}
		}
		parts[lo/block] = lengths
		stage.Add(hi - lo)
	})
	if err != nil {
		return nil, err
	}
	out := make(histogram, n+1)
	for _, p := range parts {
		for length, count := range p {
			out[length] += count
		}
	}
	return out, nil
}

// Plot returns the recurrence plot, of at most size pixels a side, time running right and up: a
// pixel is the darker, the more of its pairs of states recur. Time O(n²·d).
func (o *Recurrences) Plot(size int) *image.Gray {
	side := max(1, min(size, o.States))
	out := image.NewGray(image.Rect(0, 0, side, side))
	at := func(i int) int { return i * side / o.States }
	hits, all := make([]int, side), make([]int, side)
	for i := 0; i < o.States; {
		row := at(i)
		clear(hits)
		clear(all)
		for ; i < o.States && at(i) == row; i++ {
			for j := range o.States {
				all[at(j)]++
				if o.recurs(i, j) {
					hits[at(j)]++
				}
			}
		}
		for column := range side {
			out.SetGray(column, side-1-row, color.Gray{Y: uint8(255 - 255*hits[column]/max(all[column], 1))})
		}
	}
	return out
}

// String returns a small table.
func (o *Recurrences) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "recurrences of %d states within %.4g", o.States, o.Radius)
	for _, row := range []struct {
		name  string
		value float64
	}{{"rate", o.Rate}, {"determinism", o.Determinism}, {"mean line", o.MeanLine}, {"longest", float64(o.LongestLine)}, {"entropy", o.Entropy}, {"laminarity", o.Laminarity}, {"trapping", o.Trapping}} {
		fmt.Fprintf(&b, "\n  %-12s%.4g", row.name, row.value)
	}
	b.WriteString("\n  convention  " + o.Convention)
	return b.String()
}
