package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/line"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// CorrelationDimension estimates the dimension from the correlation sum C(r), the
// share of all pairs of rows that are nearer than r: it grows as r to the power of
// the dimension (Grassberger and Procaccia, 1983, Measuring the strangeness of
// strange attractors). The estimate is the slope of ln C over ln r between an inner
// and an outer radius.
//
// The radii are, unless given, the medians over rows of the distances to the 10th
// and the 20th neighbour, as in scikit-dimension. Pairs count each once, where
// their distance is below r.
//
// Dense regions have most of the near pairs, and so most of the say: on data of
// several densities the slope falls short.
//
// Pairs are counted once for all radii. The cost is O(n²·d), beside that of the
// neighbours, and as much for each of a few rounds where radii are quantiles; memory
// 12·n·d + 24·n·OuterNeighbors bytes, and 4·n·Radii for each of at most 16
// goroutines.
type CorrelationDimension struct {
	// InnerNeighbors and OuterNeighbors set the radii to the medians over rows of
	// the distances to these neighbours. Default 10 and 20, or fewer where the
	// data have fewer rows. Larger values look farther. 1 ≤ InnerNeighbors <
	// OuterNeighbors ≤ n−1. Ignored where quantiles or radii are given.
	InnerNeighbors, OuterNeighbors int

	// InnerQuantile and OuterQuantile, when given, set the radii to these quantiles
	// of the distances of all pairs: 0 < InnerQuantile < OuterQuantile ≤ 1. 0.005
	// and 0.05 are usual. Larger values look farther. Default: not used. Ignored
	// where radii are given.
	InnerQuantile, OuterQuantile float64

	// InnerRadius and OuterRadius, when given, are the radii, in the unit of the
	// data: 0 < InnerRadius < OuterRadius. Default: not used.
	InnerRadius, OuterRadius float64

	// Radii is at how many radii C is looked at, evenly spaced on a logarithmic
	// axis from the inner to the outer one: through more than two, the slope is
	// that of a straight line by least squares. 2 ≤ Radii ≤ 1000. Default 2. Curve
	// has a default of its own.
	Radii int

	// Graph, when given, is a graph of the rows of x with OuterNeighbors or more
	// neighbours that is used instead of a new one where radii come from
	// neighbours. It does not change the result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

const correlationDimension = "intrinsic.CorrelationDimension"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (c CorrelationDimension) Resolve(n, d int) (CorrelationDimension, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: correlationDimension, Param: param, Value: value, Want: want}
	}
	if n < 4 {
		return c, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for CorrelationDimension"}
	}
	if c.OuterNeighbors == 0 {
		c.OuterNeighbors = max(min(20, n-1), min(c.InnerNeighbors+1, n-1))
	}
	if c.InnerNeighbors == 0 {
		c.InnerNeighbors = max(1, min(10, c.OuterNeighbors/2))
	}
	if c.Radii == 0 {
		c.Radii = 2
	}
	finite := func(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }
	switch {
	case c.OuterNeighbors < 2 || c.OuterNeighbors > n-1:
		return c, fail("OuterNeighbors", c.OuterNeighbors, fmt.Sprintf("2 ≤ OuterNeighbors ≤ n−1 = %d", n-1))
	case c.InnerNeighbors < 1 || c.InnerNeighbors >= c.OuterNeighbors:
		return c, fail("InnerNeighbors", c.InnerNeighbors, fmt.Sprintf("1 ≤ InnerNeighbors < OuterNeighbors = %d", c.OuterNeighbors))
	case !(c.InnerQuantile >= 0 && c.InnerQuantile < 1):
		return c, fail("InnerQuantile", c.InnerQuantile, "0 < InnerQuantile < OuterQuantile")
	case !(c.OuterQuantile >= 0 && c.OuterQuantile <= 1) || c.OuterQuantile == 0 && c.InnerQuantile > 0:
		return c, fail("OuterQuantile", c.OuterQuantile, "InnerQuantile < OuterQuantile ≤ 1")
	case c.OuterQuantile > 0 && !(c.InnerQuantile > 0 && c.InnerQuantile < c.OuterQuantile):
		return c, fail("InnerQuantile", c.InnerQuantile, "0 < InnerQuantile < OuterQuantile")
	case !finite(c.InnerRadius):
		return c, fail("InnerRadius", c.InnerRadius, "0 < InnerRadius < OuterRadius")
	case !finite(c.OuterRadius) || c.OuterRadius == 0 && c.InnerRadius > 0:
		return c, fail("OuterRadius", c.OuterRadius, "a finite distance above InnerRadius")
	case c.OuterRadius > 0 && !(c.InnerRadius > 0 && c.InnerRadius < c.OuterRadius):
		return c, fail("InnerRadius", c.InnerRadius, "0 < InnerRadius < OuterRadius")
	case c.Radii < 2 || c.Radii > 1000:
		return c, fail("Radii", c.Radii, "2 ≤ Radii ≤ 1000")
	case c.MemoryLimit < 0:
		return c, fail("MemoryLimit", c.MemoryLimit, "0 or more bytes")
	}
	return c, nil
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Scale is the geometric mean of the
// inner and the outer radius; Local is nil.
//
// The standard error is that of a mean over pairs of independent rows (a
// U-statistic: Hoeffding, 1948, A class of statistics with asymptotically normal
// distribution) for the radii as they are: from the spread over rows of what each
// adds to the slope, and what pairs add beyond. It covers chance, not the bias of
// edges, curvature and few rows.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of other
// rows; *mat32.MemoryError; *mat32.DegenerateError where too few rows are distinct,
// no pair is nearer than the inner radius, none lies between the radii, or the radii
// come from neighbours and the two nearest are equally far at more than a tenth of the
// rows, as on a lattice and in rounded data (radii given may be wide enough for those); and one that wraps ctx.Err().
func (c CorrelationDimension) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	s, err := c.sum(ctx, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	c = s.options
	if s.share[0] == 0 {
		return measure.Dimension{}, &mat32.DegenerateError{Method: correlationDimension,
			Reason: fmt.Sprintf("no two distinct rows are nearer than the inner radius of %.4g: take a larger one", s.radii[0])}
	}
	if s.share[0] == s.share[len(s.share)-1] {
		return measure.Dimension{}, &mat32.DegenerateError{Method: correlationDimension,
			Reason: fmt.Sprintf("no distance lies between the radii %.4g and %.4g, as on a lattice: take radii farther apart", s.radii[0], s.radii[len(s.radii)-1])}
	}
	value, stdErr := s.slope(0, len(s.radii))
	fit := "two-point slope"
	if c.Radii > 2 {
		fit = fmt.Sprintf("least squares through %d radii", c.Radii)
	}
	return measure.Dimension{
		Method:     "CorrelationDimension",
		Value:      value,
		StdErr:     stdErr,
		Scale:      math.Sqrt(s.radii[0]) * math.Sqrt(s.radii[len(s.radii)-1]),
		Rows:       s.n,
		Removed:    s.all - s.n,
		Notes:      s.notes,
		Convention: fmt.Sprintf("%s, %s, duplicates removed, standard error: spread over rows and pairs for given radii", fit, c.convention()),
	}, nil
}

func (c CorrelationDimension) convention() string {
	switch {
	case c.OuterRadius > 0:
		return fmt.Sprintf("radii %.4g and %.4g", c.InnerRadius, c.OuterRadius)
	case c.OuterQuantile > 0:
		return fmt.Sprintf("radii at the quantiles %.4g and %.4g of all distances", c.InnerQuantile, c.OuterQuantile)
	}
	return fmt.Sprintf("radii at the median distances to neighbours %d and %d", c.InnerNeighbors, c.OuterNeighbors)
}

// correlationSum is C at some radii, with what each row has of it.
type correlationSum struct {
	options CorrelationDimension // resolved for the distinct rows
	all, n  int                  // rows, and those of them that are distinct
	radii   []float64            // ascending
	share   []float64            // of all pairs that are nearer
	near    []int32              // n × radii: the other rows nearer to each
	notes   []string
}

// sum resolves the options, finds the radii and counts the pairs.
func (c CorrelationDimension) sum(ctx context.Context, x mat.Matrix) (*correlationSum, error) {
	asked := c
	c, err := begin(ctx, correlationDimension, c, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	counters := 4 * int64(n) * int64(max(c.Radii, quantileGrid))
	need := 2*counters + min(pairCounters, pairParts*counters) + 2*screen.Bytes(x)
	if err := mat32.CheckMemory(correlationDimension, need, c.MemoryLimit, "use fewer rows or radii"); err != nil {
		return nil, err
	}
	s := &correlationSum{all: n}
	var rows []int
	inner, outer := c.InnerRadius, c.OuterRadius
	if outer == 0 && c.OuterQuantile == 0 {
		f, err := findStandard(ctx, correlationDimension, x, asked.OuterNeighbors, c.OuterNeighbors, max(2, asked.InnerNeighbors+1), c.Graph, c.MemoryLimit)
		if err != nil {
			return nil, err
		}
		if f.k < c.OuterNeighbors {
			if c, err = forDistinct(correlationDimension, asked, f.n, x); err != nil {
				return nil, err
			}
		}
		// Ties at the nearest tell of a lattice, where radii lie between shells by chance.
		if err := f.refuseTies(correlationDimension, 1, 2); err != nil {
			return nil, err
		}
		rows, s.notes = f.rows, f.notes
		inner, outer = f.medianDistance(c.InnerNeighbors), f.medianDistance(c.OuterNeighbors)
		if inner == outer {
			return nil, &mat32.DegenerateError{Method: correlationDimension,
				Reason: fmt.Sprintf("neighbours %d and %d are at the same median distance, %.4g, as on a lattice: take OuterNeighbors farther out",
					c.InnerNeighbors, c.OuterNeighbors, inner)}
		}
	} else {
		if rows, err = someDistinct(ctx, correlationDimension, x, 4); err != nil {
			return nil, err
		}
	}
	if len(rows) < n {
		x = mat32.Select(x, rows)
	}
	s.options, s.n = c, len(rows)
	p, err := newPairs(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", correlationDimension, err)
	}
	if outer == 0 {
		if inner, err = p.quantile(ctx, c.InnerQuantile); err == nil {
			outer, err = p.quantile(ctx, c.OuterQuantile)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", correlationDimension, err)
		}
		if !(inner > 0 && inner < outer && outer <= math.MaxFloat64) {
			return nil, &mat32.DegenerateError{Method: correlationDimension,
				Reason: fmt.Sprintf("the quantiles of all distances, %.4g and %.4g, are no pair of radii", inner, outer)}
		}
	}
	s.radii = make([]float64, c.Radii)
	for r := range s.radii {
		s.radii[r] = inner * math.Exp(float64(r)/float64(c.Radii-1)*logRatio(outer, inner))
	}
	s.radii[c.Radii-1] = outer
	if !slices.IsSorted(s.radii) || s.radii[c.Radii-1] == s.radii[c.Radii-2] {
		return nil, &mat32.DegenerateError{Method: correlationDimension,
			Reason: fmt.Sprintf("there are no %d numbers between the radii %v and %v", c.Radii, inner, outer)}
	}
	if s.near, err = p.nearer(ctx, s.radii); err != nil {
		return nil, fmt.Errorf("%s: %w", correlationDimension, err)
	}
	s.share = total(s.near, c.Radii)
	for r := range s.share {
		s.share[r] /= float64(s.n) / 2 * float64(s.n-1)
	}
	return s, nil
}

// medianDistance returns the median over rows of the distance to neighbour k.
func (s *distinct) medianDistance(k int) float64 {
	all := make([]float64, s.n)
	for i := range all {
		all[i] = s.row(i)[k-1]
	}
	slices.Sort(all)
	low, high := all[(s.n-1)/2], all[s.n/2]
	return low + (high-low)/2
}

// slope returns the slope of ln C over ln r at the radii from … to−1, and its
// standard error.
//
// With w the weights of least squares, the slope is Σ wᵣ·ln C(r), which moves to
// first order by the mean over pairs of g = Σ wᵣ·[distance < r]/C(r). The variance of
// such a mean is 4(n−2)·ζ₁/(n(n−1)) + 2·ζ₂/(n(n−1)) with ζ₂ the variance of g over
// pairs and ζ₁ that of its mean over the pairs of one row, as expected; the spread of
// the n means observed is ζ₁ + (ζ₂−ζ₁)/(n−1).
func (s *correlationSum) slope(from, to int) (value, stdErr float64) {
	size, n := len(s.radii), float64(s.n)
	weights := make([]float64, to-from)
	for r := range weights {
		weights[r] = logRatio(s.radii[from+r], s.radii[from])
	}
	for r, w := range line.Weights(weights) {
		value += w * math.Log(s.share[from+r])
		weights[r] = w / s.share[from+r]
	}
	var beyond, two, before float64
	for r := range weights { // g of the pairs between radii r−1 and r
		beyond = 0
		for _, w := range weights[r:] {
			beyond += w
		}
		two += (s.share[from+r] - before) * beyond * beyond
		before = s.share[from+r]
	}
	means := make([]float64, s.n)
	for i := range means {
		for r, w := range weights {
			means[i] += w * float64(s.near[i*size+from+r]) / (n - 1)
		}
	}
	one := max(0, (spread(means)*(n-1)-two)/(n-2))
	return value, math.Sqrt((4*(n-2)*one + 2*two) / (n * (n - 1)))
}
