package dynamics

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// CorrelationDimension measures the dimension of an attractor from states in the order of time:
// the slope of ln C(r) over ln r, where C(r) is the share of pairs of states nearer than r (P.
// Grassberger and I. Procaccia, 1983, Measuring the strangeness of strange attractors), of
// which pairs that are near in time are left out, since these are near in space whatever the
// dimension (J. Theiler, 1986, Spurious dimension from correlation algorithms applied to
// limited time-series data).
//
// That is what sets it apart from intrinsic.CorrelationDimension, whose rows have no order; and
// the radii, which are given by shares of pairs. Distances are Euclid's. Look at Curve: a
// dimension is there to be measured only where the local slope has a level part.
//
// Time O(n²·d), memory O(n·d).
type CorrelationDimension struct {
	// Theiler is for how many steps around a state others do not count. Default the first step
	// at which the autocorrelation of the first column is not positive, times 4, but a tenth of
	// the rows at most.
	Theiler int

	// From and To are the shares of pairs between which the line is fitted, 0 < From < To < 1.
	// Default 0.0003 and 0.03, and From such that 50 pairs are nearer at least.
	From, To float64
}

// CorrelationCurve is the correlation sum of an attractor.
type CorrelationCurve struct {
	Radii     []float64 // ascending, sixteen to an octave
	Share     []float64 // C(r): of pairs of states that are nearer
	Slope     []float64 // the local slope of ln C over ln r, over nine radii, half an octave; NaN at the ends
	Dimension measure.Dimension
}

const correlationDimension = "dynamics.CorrelationDimension"

// Resolve returns the options with defaults filled in, for n rows and d columns, or a
// *mat32.ParamError or *mat32.ShapeError. A Theiler window that is found from the values stays
// 0.
func (c CorrelationDimension) Resolve(n, d int) (CorrelationDimension, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: correlationDimension, Param: param, Value: value, Want: want}
	}
	if n < 40 || d < 1 {
		return c, mat32.Rename(correlationDimension, &mat32.ShapeError{
			What: "x", Rows: n, Cols: d, Want: "40 rows or more, in the order of time",
		})
	}
	if c.Theiler < 0 || c.Theiler > n/4 {
		return c, fail("Theiler", c.Theiler, fmt.Sprintf("0 ≤ Theiler ≤ n/4 = %d", n/4))
	}
	if !(c.From >= 0 && c.From < 1) {
		return c, fail("From", c.From, "0 < From < To < 1")
	}
	if c.From == 0 {
		c.From = math.Max(0.0003, 100/(float64(n)*float64(n-1)))
	}
	if c.To == 0 {
		c.To = math.Max(0.03, math.Min(0.9, 30*c.From))
	}
	if !(c.To > 0 && c.To < 1) {
		return c, fail("To", c.To, "From < To < 1")
	}
	if !(c.From > 0 && c.From < c.To) {
		return c, fail("From", c.From, fmt.Sprintf("0 < From < To = %g", c.To))
	}
	return c, nil
}

// Estimate measures the attractor whose states are the rows of x, in the order of time: an
// orbit, or Delays of a series. StdErr is by the estimates of 16 parts of the time. Errors: a
// *mat32.NotFiniteError, *mat32.ShapeError or *mat32.ParamError, a *mat32.DegenerateError where
// all states are one or too few pairs lie between the shares, and that of ctx.
func (c CorrelationDimension) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	curve, err := c.Curve(ctx, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	return curve.Dimension, nil
}

// Curve measures the correlation sum at all radii, with the dimension. Errors as of Estimate.
func (c CorrelationDimension) Curve(ctx context.Context, x mat.Matrix) (*CorrelationCurve, error) {
	if err := checkOrbit(ctx, correlationDimension, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	c, err := c.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	u, points, varies, err := orbitUnit(ctx, x)
	if err != nil {
		return nil, err
	}
	if u.size == 0 {
		return nil, &mat32.DegenerateError{Method: correlationDimension, Reason: "all states are one"}
	}
	if c.Theiler == 0 {
		c.Theiler = defaultTheiler(varies)
	}
	parts, err := c.count(ctx, points, n, d)
	if err != nil {
		return nil, err
	}
	return c.curve(parts, n, u)
}

// Squared distances are counted by the first bits of a float64: its exponent and eighths of an
// octave, which are sixteenths of one of distances.
const (
	dropped   = 52 - 3
	firstBin  = (1023 - 120) << 3 // 2⁻¹²⁰ in squared standard deviations
	bins      = 160 << 3
	timeParts = 16 // of the time, for the error
)

func binOf(squares float64) int {
	return min(max(int(math.Float64bits(squares)>>dropped)-firstBin, 0), bins-1)
}

// count returns how many pairs are at distances of each bin, by the sixteenth of time that their
// earlier state is in.
func (c CorrelationDimension) count(ctx context.Context, points []float64, n, d int) ([timeParts][]int, error) {
	var parts [timeParts][]int
	for p := range parts {
		parts[p] = make([]int, bins)
	}
	const block = 64
	blocks := (n + block - 1) / block
	var adding sync.Mutex
	stage := watch.Start(ctx, "correlation sum", blocks)
	err := par.BlocksWith(ctx, n, block, func() []int { return make([]int, bins) }, func(own []int, lo, hi int) {
		clear(own)
		for i := lo; i < hi; i++ {
			if ctx.Err() != nil {
				return
			}
			countFrom(own, points[i*d:][:d], points[min(i+c.Theiler+1, n)*d:])
		}
		// Earlier states have more pairs: parts are of equally many pairs, as nearly as blocks
		// allow.
		share := 1 - float64(lo/block)/float64(blocks)
		p := min(int((1-share*share)*timeParts), timeParts-1)
		adding.Lock()
		for k, v := range own {
			parts[p][k] += v
		}
		adding.Unlock()
		stage.Add(1)
	})
	return parts, err
}

// countFrom counts the squared distances from a state to others.
func countFrom(own []int, a, others []float64) {
	switch d := len(a); d {
	case 2:
		a0, a1 := a[0], a[1]
		for ; len(others) >= 2; others = others[2:] {
			u, v := a0-others[0], a1-others[1]
			own[binOf(u*u+v*v)]++
		}
	case 3:
		a0, a1, a2 := a[0], a[1], a[2]
		for ; len(others) >= 3; others = others[3:] {
			u, v, w := a0-others[0], a1-others[1], a2-others[2]
			own[binOf(u*u+v*v+w*w)]++
		}
	default:
		for ; len(others) >= d; others = others[d:] {
			squares := 0.0
			b := others[:d]
			for k, v := range a {
				squares += (v - b[k]) * (v - b[k])
			}
			own[binOf(squares)]++
		}
	}
}

// curve makes the curve of the counts.
func (c CorrelationDimension) curve(parts [timeParts][]int, n int, u unit) (*CorrelationCurve, error) {
	var pairs float64
	all := make([]float64, bins)
	for _, p := range parts {
		for k, v := range p {
			all[k] += float64(v)
			pairs += float64(v)
		}
	}
	if pairs == 0 {
		return nil, &mat32.DegenerateError{
			Method: correlationDimension, Reason: fmt.Sprintf("no two states are more than %d steps apart", c.Theiler),
		}
	}
	out := &CorrelationCurve{}
	var kept []int      // the bin below each radius
	var radii []float64 // in standard deviations
	sum := 0.0
	for k, v := range all {
		if sum += v; k > 0 && sum > 0 && (len(kept) == 0 || out.Share[len(kept)-1] < 1) {
			kept = append(kept, k)
			radii = append(radii, math.Sqrt(math.Float64frombits(uint64(k+1+firstBin)<<dropped)))
			out.Radii = append(out.Radii, u.length(radii[len(radii)-1]))
			out.Share = append(out.Share, sum/pairs)
		}
	}
	logs := func(values []float64, from, to int) []float64 {
		l := make([]float64, to-from)
		for i := range l {
			l[i] = math.Log(values[from+i])
		}
		return l
	}
	slope := func(share []float64, from, to int) (s float64) {
		for i, w := range line.Weights(logs(radii, from, to)) {
			s += w * math.Log(share[from+i])
		}
		return s
	}
	const beside = 4
	for k := range kept {
		if k < beside || k+beside >= len(kept) {
			out.Slope = append(out.Slope, math.NaN())
			continue
		}
		out.Slope = append(out.Slope, slope(out.Share, k-beside, k+beside+1))
	}
	from, _ := slices.BinarySearch(out.Share, c.From)
	to, _ := slices.BinarySearch(out.Share, c.To)
	if to-from < 3 {
		return nil, &mat32.DegenerateError{Method: correlationDimension, Reason: fmt.Sprintf(
			"fewer than three radii have shares of pairs between %g and %g: many states are equally far, or there are too few",
			c.From, c.To)}
	}
	value := slope(out.Share, from, to)
	var mean, squares, count float64
	for _, p := range parts {
		own, nearer, of := make([]float64, len(kept)), 0.0, 0.0
		for _, v := range p {
			of += float64(v)
		}
		k := 0
		for b, v := range p {
			nearer += float64(v)
			if k < len(kept) && kept[k] == b {
				own[k] = nearer / of
				k++
			}
		}
		if of == 0 || own[from] == 0 {
			continue
		}
		s := slope(own, from, to)
		mean, squares, count = mean+s, squares+s*s, count+1
	}
	stdErr := math.NaN()
	if count > 1 {
		mean /= count
		stdErr = math.Sqrt(math.Max(squares/count-mean*mean, 0) / (count - 1))
	}
	out.Dimension = measure.Dimension{
		Method: "CorrelationDimension", Value: value, StdErr: stdErr, Rows: n,
		Scale: u.length(math.Sqrt(radii[from] * radii[to-1])),
		Convention: fmt.Sprintf("Euclidean, Theiler window %d, least squares where a share of %.3g to %.3g of pairs is nearer, "+
			"standard error by %d parts of the time", c.Theiler, c.From, c.To, timeParts),
	}
	return out, nil
}

// String returns the dimension and a table of every eighth radius, half an octave apart.
func (c *CorrelationCurve) String() string {
	var b strings.Builder
	b.WriteString(c.Dimension.String())
	b.WriteString("\n  radius      share of pairs  local slope")
	for k := 0; k < len(c.Radii); k += 8 {
		fmt.Fprintf(&b, "\n  %-12.4g%-16.4g%.3f", c.Radii[k], c.Share[k], c.Slope[k])
	}
	return b.String()
}
