package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/spectrum"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LocalPCA estimates the dimension from the variances along the principal
// components of the neighbours of every row: near a row, data lie in the tangent
// space, and further directions vary by curvature and noise only (Fukunaga and
// Olsen, 1971, An algorithm for finding intrinsic dimensionality of data). Rule says
// which variances count, and the estimate is the mean over rows.
//
// It needs no small distances and does not fall short in high dimensions, where
// neighbours are many; curvature makes it too large where they are far.
//
// The cost is that of the neighbours, O(n²·d), and O(n·k·m²) for k neighbours and
// m = min(d, k), or with Global O(n·d·m) and ten decompositions O(m³) for
// m = min(d, n); memory about 12·n·d + 24·n·k bytes, with Global 16·n·d + 96·m².
type LocalPCA struct {
	// Neighbors is k, the number of other rows whose variances are looked at from
	// each; the row itself is not among them, as in scikit-dimension. Default 100, or
	// one less than the distinct rows where these are fewer. Larger values see more dimensions, at a larger
	// scale. 2 ≤ Neighbors ≤ n−1. Ignored with Global.
	Neighbors int

	// Global takes all rows for one neighbourhood: plain principal components.
	Global bool

	// Rule says which variances count. Default FukunagaOlsen.
	Rule StoppingRule

	// Threshold is the share of the largest variance above which FukunagaOlsen
	// counts, 0.05 by default, where larger values count fewer; or the share of the
	// sum that VarianceShare explains, 0.95 by default, where larger values count
	// more. 0 < Threshold < 1. Ignored by the other rules.
	Threshold float64

	// Fan holds the options of the rule Fan. Ignored by the other rules.
	Fan spectrum.Fan

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one. It does not change the result.
	// Ignored with Global.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// StoppingRule is a way to count the variances that matter. Package spectrum says
// what each asks and where it is from. They are given the min(d, k−1) variances
// that can differ from zero.
type StoppingRule int

const (
	// FukunagaOlsen counts those above a share of the largest.
	FukunagaOlsen StoppingRule = iota

	// Fan stops at the first gap, or where enough is explained beside noise.
	// scikit-dimension counts the variance that completes the signal as noise, and
	// often stops earlier.
	Fan

	// LargestGap stops where the ratio of one to the next is largest.
	LargestGap

	// VarianceShare stops where a share of the sum is reached.
	VarianceShare

	// ParticipationRatio is (Σλ)²/Σλ², a real number.
	ParticipationRatio

	// Kaiser counts those above the mean.
	Kaiser

	// BrokenStick counts those larger than the pieces of a stick broken at random.
	// scikit-dimension returns one more, and 0 where all are.
	BrokenStick
)

// stoppingRules holds what tells the rules apart; 0 is no threshold.
var stoppingRules = [...]struct {
	name      string
	threshold float64
	count     func(p LocalPCA, values []float64) (float64, error)
}{
	FukunagaOlsen: {"Fukunaga and Olsen's share of the largest variance", .05,
		func(p LocalPCA, v []float64) (float64, error) { return whole(spectrum.FukunagaOlsen(v, p.Threshold)) }},
	Fan:           {"Fan's gap", 0, func(p LocalPCA, v []float64) (float64, error) { return whole(p.Fan.Count(v)) }},
	LargestGap:    {"largest gap", 0, func(_ LocalPCA, v []float64) (float64, error) { return whole(spectrum.LargestGap(v)) }},
	VarianceShare: {"share of the variance", .95, func(p LocalPCA, v []float64) (float64, error) { return whole(spectrum.Share(v, p.Threshold)) }},
	ParticipationRatio: {"participation ratio", 0,
		func(_ LocalPCA, v []float64) (float64, error) { return spectrum.ParticipationRatio(v) }},
	Kaiser:      {"Kaiser's mean", 0, func(_ LocalPCA, v []float64) (float64, error) { return whole(spectrum.Kaiser(v)) }},
	BrokenStick: {"broken stick", 0, func(_ LocalPCA, v []float64) (float64, error) { return whole(spectrum.BrokenStick(v)) }},
}

func whole(k int, err error) (float64, error) { return float64(k), err }

func (r StoppingRule) known() bool { return r >= 0 && int(r) < len(stoppingRules) }

// String returns the name of the rule.
func (r StoppingRule) String() string {
	if !r.known() {
		return fmt.Sprintf("StoppingRule(%d)", int(r))
	}
	return stoppingRules[r].name
}

const localPCA = "intrinsic.LocalPCA"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (p LocalPCA) Resolve(n, d int) (LocalPCA, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: localPCA, Param: param, Value: value, Want: want}
	}
	if n < 4 {
		return p, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 4 rows for LocalPCA"}
	}
	if !p.Rule.known() {
		return p, fail("Rule", int(p.Rule), "one of FukunagaOlsen … BrokenStick")
	}
	if p.Neighbors == 0 {
		p.Neighbors = min(100, n-1)
	}
	standard := stoppingRules[p.Rule].threshold
	if p.Threshold == 0 {
		p.Threshold = standard
	}
	switch {
	case p.Neighbors < 2 || p.Neighbors > n-1:
		return p, fail("Neighbors", p.Neighbors, fmt.Sprintf("2 ≤ Neighbors ≤ n−1 = %d", n-1))
	case !(p.Threshold >= 0 && p.Threshold < 1) || standard > 0 && p.Threshold == 0:
		return p, fail("Threshold", p.Threshold, "0 < Threshold < 1")
	case p.MemoryLimit < 0:
		return p, fail("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	fan, err := p.Fan.Resolve(n, d)
	if err != nil {
		return p, fail("Fan", p.Fan, "what spectrum.Fan allows: "+err.Error())
	}
	p.Fan = fan
	return p, nil
}

// Estimate returns the dimension of the rows of x (n × d). Rows that equal an
// earlier one are left out. Local holds the count at every row, NaN at those left
// out, and is nil with Global. Scale is the mean distance to the neighbours, with
// Global the root mean square distance of all pairs.
//
// The standard error is that of a mean over rows, with the covariance of what rows
// say that are neighbours of each other; with Global that of the jackknife over ten
// groups of rows (Efron and Stein, 1981, The jackknife estimate of variance). It is 0
// where all say the same whole number, and covers chance, not curvature.
//
// Errors: those of mat32.Check and Resolve; *mat32.RowsNeededError for distances;
// *mat32.ParamError for a Graph of other rows; *mat32.MemoryError;
// *mat32.DegenerateError where too few rows are distinct, or the Rule counts nothing
// anywhere; and one that wraps ctx.Err().
func (p LocalPCA) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	asked := p.Neighbors
	p, err := beginRows(ctx, localPCA, p, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	var d measure.Dimension
	if p.Global {
		d, err = p.global(ctx, x)
	} else {
		d, err = p.local(ctx, x, asked)
	}
	if err != nil {
		return measure.Dimension{}, err
	}
	if d.Value == 0 {
		return measure.Dimension{}, &mat32.DegenerateError{Method: localPCA,
			Reason: fmt.Sprintf("no variance counts by the rule %s: all are alike", p.Rule)}
	}
	return d, nil
}

func (p LocalPCA) local(ctx context.Context, x mat.Matrix, asked int) (measure.Dimension, error) {
	s, err := findStandard(ctx, localPCA, x, asked, p.Neighbors, 2, p.Graph, p.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	p.Neighbors = s.k
	_, cols := x.Dims()
	counts, failed := make([]float64, s.n), make([]error, s.n)
	stage := watch.Start(ctx, "local components", s.n)
	const block = 32
	err = par.BlocksWith(ctx, s.n, block, func() *cloud { return newCloud(p.Neighbors, cols) }, func(c *cloud, lo, hi int) {
		origin := make([]float64, cols)
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			copy(origin, mat32.Row(c.row, s.rows[i], x))
			unit := s.row(i)[s.k-1] // halves cannot overflow when they are subtracted
			for j, neighbor := range s.indices[i*s.k : (i+1)*s.k] {
				to := c.points.Data[j*cols : (j+1)*cols]
				for l, v := range mat32.Row(c.row, s.rows[neighbor], x) {
					to[l] = (v/2 - origin[l]/2) / unit
				}
			}
			counts[i], failed[i] = p.count(ctx, c)
		}
		stage.Add(hi - lo)
	})
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", localPCA, err)
	}
	for i, err := range failed {
		if err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: row %d: %w", localPCA, s.rows[i], err)
		}
	}
	var value float64
	for _, v := range counts {
		value += v
	}
	value /= float64(s.n)
	return s.dimension("LocalPCA", value, math.Sqrt(s.meanVariance(counts, value)), counts,
		fmt.Sprintf("%s, mean over rows, k = %d without the row, duplicates removed, standard error: spread over rows, neighbours together", p.rule(), p.Neighbors)), nil
}

// rule names the rule and its threshold.
func (p LocalPCA) rule() string {
	if stoppingRules[p.Rule].threshold > 0 {
		return fmt.Sprintf("%s, %.4g", p.Rule, p.Threshold)
	}
	return p.Rule.String()
}

// meanVariance returns the variance of the mean of values at rows, of which those
// that are neighbours see much the same: the sum of squared deviations, and of the
// products of those of neighbours.
func (s *distinct) meanVariance(values []float64, mean float64) float64 {
	var own, shared float64
	for i, v := range values {
		own += (v - mean) * (v - mean)
		for _, j := range s.indices[i*s.k : (i+1)*s.k] {
			shared += (v - mean) * (values[j] - mean)
		}
	}
	n := float64(s.n)
	return max(own+shared, own) / (n * n)
}

// count returns what the rule makes of the variances of the points.
func (p LocalPCA) count(ctx context.Context, c *cloud) (float64, error) {
	c.center()
	a, err := c.inner(ctx)
	if err != nil {
		return 0, err
	}
	return p.decide(ctx, a, min(c.points.Cols, c.points.Rows-1))
}

// decide applies the rule to the largest eigenvalues of a.
func (p LocalPCA) decide(ctx context.Context, a *mat.SymDense, most int) (float64, error) {
	for _, v := range a.RawSymmetric().Data {
		if v-v != 0 { // of differences that are beyond float64, or all rounded to zero
			return 0, &mat32.DegenerateError{Method: localPCA, Reason: "differences of rows leave the range of float64: rescale the data"}
		}
	}
	values, err := variances(ctx, a)
	if err != nil {
		return 0, err
	}
	values = values[:min(most, len(values))]
	// What rounding makes of zeros is neither a variance nor a gap.
	for i, v := range values {
		if v <= values[0]*float64(len(values)+16)*0x1p-52 {
			values[i] = 0
		}
	}
	return stoppingRules[p.Rule].count(p, values)
}

// variances returns the eigenvalues of a, falling. linalg pays for large matrices. For
// small ones gonum is faster, but panics over minute values, also where only some are:
// these are moved away from zero by the largest product, at the cost of its rounding.
func variances(ctx context.Context, a *mat.SymDense) ([]float64, error) {
	var largest float64
	n := a.SymmetricDim()
	for i := range n {
		largest = max(largest, a.At(i, i))
	}
	if n > 64 || largest < 0x1p-300 || largest > 0x1p300 {
		return linalg.EigenvaluesSym(ctx, a)
	}
	for i := range n {
		a.SetSym(i, i, a.At(i, i)+largest)
	}
	var e mat.EigenSym
	if !e.Factorize(a, false) {
		return nil, linalg.ErrNoConvergence
	}
	values := e.Values(nil)
	slices.Reverse(values)
	for i := range values {
		values[i] -= largest
	}
	return values, nil
}

// jackknifeGroups is how many groups of rows are left out in turn.
const jackknifeGroups = 10

func (p LocalPCA) global(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	n, d := x.Dims()
	m := min(n, d)
	need := 16*int64(n)*int64(d) + 8*12*int64(m)*int64(m) + screen.Bytes(x)
	if err := mat32.CheckMemory(localPCA, need, p.MemoryLimit, "use fewer rows or columns"); err != nil {
		return measure.Dimension{}, err
	}
	c, rows, err := cloudOf(ctx, localPCA, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	value, err := p.count(ctx, c)
	if err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", localPCA, err)
	}
	scale := c.scale()
	groups := min(jackknifeGroups, len(rows))
	without := make([]float64, groups)
	stage := watch.Start(ctx, "components", groups)
	for g := range groups {
		part := c.without(g, groups)
		if without[g], err = p.count(ctx, part); err != nil {
			return measure.Dimension{}, fmt.Errorf("%s: %w", localPCA, err)
		}
		stage.Add(1)
	}
	return measure.Dimension{
		Method:     "LocalPCA",
		Value:      value,
		StdErr:     float64(groups-1) / math.Sqrt(float64(groups)) * math.Sqrt(spread(without)),
		Scale:      scale,
		Rows:       len(rows),
		Removed:    n - len(rows),
		Convention: fmt.Sprintf("%s, all rows, duplicates removed, standard error: jackknife over %d groups", p.rule(), groups),
	}, nil
}
