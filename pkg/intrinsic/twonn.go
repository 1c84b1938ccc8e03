package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// TwoNN estimates the dimension from the distances r₁ and r₂ of every row to
// its two nearest neighbours (Facco, d'Errico, Rodriguez and Laio, 2017,
// Estimating the intrinsic dimension of datasets by a minimal neighborhood
// information). Where the density hardly changes within r₂, the ratio
// μ = r₂/r₁ has the distribution F(μ) = 1 − μ^−d, whatever the density: ln μ is
// exponential with rate d.
//
// Of all estimators it looks at the smallest scale, which spares it the
// curvature of the data and exposes it to their noise. Fit says how the rate is
// found from the N ratios.
//
// The cost is that of the neighbours, O(n²·d), or O(n·d + n·log n) with a
// Graph; memory about 12·n·d bytes.
type TwoNN struct {
	// Fit is the way the dimension is found from the ratios. The default is
	// LeastSquares, as published.
	Fit Fit

	// Discard is the share of the largest ratios that is left out, 0 ≤ Discard
	// < 1: they come from rows in sparse regions, where the density does
	// change, and they pull hard on a straight line. Larger values trust the
	// assumption less and use fewer data. At least 3 ratios must stay. Zero
	// means the default of the Fit: 0.1 for LeastSquares, 0.01 for
	// TrimmedLikelihood, none for the others. The constant Zero leaves none
	// out.
	Discard float64

	// Graph, when given, is a graph of the rows of x with 2 or more neighbours
	// that is used instead of a new one. It does not change the result.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data that would need more. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Fit is a way to find the dimension from the ratios of TwoNN. In the formulas
// y₁ ≤ … ≤ y_N are the sorted ln μ, and m = ⌊N·(1−Discard)⌋ of them are kept.
type Fit int

const (
	// LeastSquares fits −ln(1−F) = d·y through the origin: with Fᵢ = i/N,
	// d = Σxᵢyᵢ/Σyᵢ² and xᵢ = −ln(1−Fᵢ) over the m lowest ratios. At most N−1 of
	// them, because F_N = 1 has no logarithm: a Discard of Zero leaves out the
	// last. This is the fit of the paper, DADApy's default, and that of
	// scikit-dimension's sources since 2024 (its release 0.3.4 still has
	// Fᵢ = (i−1)/N, which gives 1 % less on 300 rows).
	//
	// The standard error is that of the delta method on exponential order
	// statistics, which the fit is a smooth function of, for data of uniform
	// density (see MaximumLikelihood).
	LeastSquares Fit = iota

	// MaximumLikelihood is the likelihood estimate, corrected to be unbiased:
	// d = (m−1)/(Σᵢ≤ₘ yᵢ + (N−m)·y_m), where the ratios discarded count as
	// known only to exceed the others (censored). With none discarded it is
	// (N−1)/Σyᵢ, as in DADApy and Rdimtools.
	//
	// The standard error is d/√(m−2), which is exact for independent ratios,
	// times √(1+s) with s the share of rows that are the nearest neighbour of
	// their nearest neighbour, because two such rows share r₁.
	MaximumLikelihood

	// TrimmedLikelihood is (m−1)/Σᵢ≤ₘ yᵢ: the discarded ratios are ignored, as
	// by the R package intRinsic. This overestimates, by 4 % where 1 % is
	// discarded; it is here for comparison. The standard error is that of
	// MaximumLikelihood and does not cover the bias.
	TrimmedLikelihood

	// Bayes is the mean of the posterior Gamma(2+m, 5+Σᵢ≤ₘ yᵢ+(N−m)·y_m) under the
	// prior Gamma(2, 5), as in DADApy (Denti, Doimo, Laio and Mira, 2022, The
	// generalized ratios intrinsic dimension estimator). The standard error is
	// the posterior's standard deviation, which takes all rows for independent.
	Bayes
)

// fits holds what tells the fits apart. The functions take the sorted ln μ, the
// number kept and the share of mutual nearest neighbours.
var fits = [...]struct {
	name    string
	discard float64
	errors  string
	fit     func(y []float64, m int, mutual float64) (d, stdErr float64)
}{
	LeastSquares:      {"least squares through the origin", 0.1, "delta method, mutual neighbours counted once", leastSquares},
	MaximumLikelihood: {"maximum likelihood, unbiased", Zero, "likelihood, mutual neighbours counted once", likelihood},
	TrimmedLikelihood: {"likelihood of the ratios kept, biased upwards", 0.01, "likelihood, mutual neighbours counted once", trimmed},
	Bayes:             {"posterior mean, prior Gamma(2, 5)", Zero, "posterior, rows taken for independent", bayes},
}

// String returns the name of the fit.
func (f Fit) String() string {
	if f < 0 || int(f) >= len(fits) {
		return fmt.Sprintf("Fit(%d)", int(f))
	}
	return fits[f].name
}

// fewestRatios is what an estimate with a standard error needs.
const fewestRatios = 3

// Resolve returns the options with defaults filled in, or a *mat32.ParamError
// or *mat32.ShapeError, for a matrix of n rows and d columns.
func (t TwoNN) Resolve(n, d int) (TwoNN, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: "intrinsic.TwoNN", Param: param, Value: value, Want: want}
	}
	if t.Fit < 0 || int(t.Fit) >= len(fits) {
		return t, fail("Fit", int(t.Fit), "LeastSquares, MaximumLikelihood, TrimmedLikelihood or Bayes")
	}
	if t.Discard == 0 {
		t.Discard = fits[t.Fit].discard
	}
	if !(t.Discard > 0 && t.Discard < 1) {
		return t, fail("Discard", t.Discard, "0 ≤ Discard < 1")
	}
	if t.MemoryLimit < 0 {
		return t, fail("MemoryLimit", t.MemoryLimit, "0 or more bytes")
	}
	if n < fewestRatios+1 {
		return t, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for TwoNN", fewestRatios+1)}
	}
	if kept := t.kept(n); kept < fewestRatios {
		return t, fail("Discard", t.Discard, fmt.Sprintf("to keep at least %d of %d ratios; it keeps %d", fewestRatios, n, kept))
	}
	return t, nil
}

// kept returns the number of ratios that are not discarded of n.
func (t TwoNN) kept(n int) int {
	const rounding = 1e-9 // n·(1−Discard) may fall just short of a whole number
	m := int(float64(n)*(1-t.Discard) + rounding)
	if t.Fit == LeastSquares {
		m = min(m, n-1)
	}
	return m
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the
// distances that x holds as a mat32.Distances. Rows that equal an earlier one, or
// are at distance zero from it, are left out. Scale is the mean of r₁ and r₂ over all rows; Local
// is nil, since one ratio says next to nothing.
//
// Errors: those of mat32.Check and Resolve; *mat32.ParamError for a Graph of
// other rows; *mat32.MemoryError; *mat32.DegenerateError where fewer than 4
// rows are distinct, or where more than a tenth of the ratios are 1, as on a lattice
// and in rounded data, or all that are kept; and one that wraps ctx.Err(). Fewer ratios
// of 1 are counted in Notes.
func (t TwoNN) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "intrinsic.TwoNN"
	t, err := begin(ctx, method, t, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	s, err := find(ctx, method, x, 2, 2, t.Graph, t.MemoryLimit)
	if err != nil {
		return measure.Dimension{}, err
	}
	if t, err = forDistinct(method, t, s.n, x); err != nil {
		return measure.Dimension{}, err
	}
	if err := s.refuseTies(method, 1, 2); err != nil {
		return measure.Dimension{}, err
	}
	y := s.ratios(1, 2)
	slices.Sort(y)
	m := t.kept(s.n)
	if y[m-1] == 0 {
		return measure.Dimension{}, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("the two nearest neighbours are equally far at all %d rows kept: discard fewer", m)}
	}
	fit := fits[t.Fit]
	value, stdErr := fit.fit(y, m, s.mutual(1))
	return s.dimension("TwoNN", value, stdErr, nil, fmt.Sprintf("%s, %d lowest of %d ratios, duplicates removed, standard error: %s",
		fit.name, m, s.n, fit.errors)), nil
}

func leastSquares(y []float64, m int, mutual float64) (d, stdErr float64) {
	n := float64(len(y))
	// Scaling by the largest keeps the squares of minute logarithms apart
	// from zero.
	unit := y[m-1]
	var xy, yy float64
	for i, v := range y[:m] {
		v /= unit
		xy += -math.Log1p(-float64(i+1)/n) * v
		yy += v * v
	}
	return xy / yy / unit, xy / yy / unit * math.Sqrt((1+mutual)*leastSquaresVariance(len(y), m))
}

// leastSquaresVariance returns the variance of the least squares fit over the
// square of the dimension, for n independent ratios of which the lowest m are
// kept.
//
// By Rényi's representation yᵢ = (1/d)·Σⱼ≤ᵢ Zⱼ/(n−j+1) with independent standard
// exponential Zⱼ, so the fit over d is a function of the Z alone,
// g(Z) = Σxᵢeᵢ/Σeᵢ² with e = d·y. Its variance is, to first order, the sum of the
// squares of its derivatives at Z = 1.
func leastSquaresVariance(n, m int) float64 {
	x, e := make([]float64, m), make([]float64, m)
	var sum, xe, ee float64
	for i := range m {
		sum += 1 / float64(n-i)
		x[i], e[i] = -math.Log1p(-float64(i+1)/float64(n)), sum
		xe += x[i] * e[i]
		ee += e[i] * e[i]
	}
	g := xe / ee
	var tail, variance float64
	for j := m - 1; j >= 0; j-- {
		tail += (x[j] - 2*g*e[j]) / ee
		z := tail / float64(n-j)
		variance += z * z
	}
	return variance
}

// onTest returns Σᵢ≤ₘ yᵢ + (n−m)·y_m: for waiting times, the total time on test.
func onTest(y []float64, m int) float64 {
	sum := float64(len(y)-m) * y[m-1]
	for _, v := range y[:m] {
		sum += v
	}
	return sum
}

func likelihood(y []float64, m int, mutual float64) (d, stdErr float64) {
	d = float64(m-1) / onTest(y, m)
	return d, d * likelihoodError(m, mutual)
}

func trimmed(y []float64, m int, mutual float64) (d, stdErr float64) {
	d = float64(m-1) / onTest(y[:m], m)
	return d, d * likelihoodError(m, mutual)
}

// likelihoodError is the relative standard error of (m−1)/Γ(m).
func likelihoodError(m int, mutual float64) float64 {
	return math.Sqrt((1 + mutual) / float64(m-2))
}

func bayes(y []float64, m int, _ float64) (d, stdErr float64) {
	shape, rate := 2+float64(m), 5+onTest(y, m)
	return shape / rate, math.Sqrt(shape) / rate
}
