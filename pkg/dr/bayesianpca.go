package dr

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// BayesianPCA is probabilistic PCA that finds how many components the data have:
// every axis of its latent space has a precision of its own, learned with the rest
// (automatic relevance determination), and axes the data do not need shrink to
// nothing. Rows are mapped to the mean of their latent coordinates given the row,
// which are those along the components, shrunk as far as noise makes them unsure.
//
// The rounds of expectation and maximisation keep axes that begin as principal
// components where they are, so what is left of them is one number an axis: of
// n rows with the variance λ along a component (divisor n), an axis of squared length
// u and noise σ² satisfy (n+d)u² + (nσ²+2dσ²−nλ)u + dσ⁴ = 0, and an axis stays only
// where λ ≥ σ²(√(1+d/n) + √(d/n))². With as many axes as n−1 the rows would be
// explained without noise; by default there are at most half as many.
//
// Time that of PCA with the exact solver, memory too.
//
// Source: C. Bishop (1999), Bayesian PCA.
type BayesianPCA struct {
	// Components is how many axes there are at first, at most min(n−1, d−1). More of
	// them than the data need cost little. Default: all of these, and no more than
	// n/2, of at least 1.
	Components int

	// Rounds at most, of noise and axes in turn. Default 10 000.
	Rounds int

	// Tolerance is the relative change of the noise in a round below which they end,
	// above 0 and below 1. Larger values end them sooner. Default 1e-10.
	Tolerance float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (b BayesianPCA) Resolve(n, d int) (BayesianPCA, error) {
	const method = "dr.BayesianPCA"
	most := min(n-1, d-1)
	if b.Components == 0 {
		b.Components = min(most, max(n/2, 1))
	}
	if b.Rounds == 0 {
		b.Rounds = 10_000
	}
	if b.Tolerance == 0 {
		b.Tolerance = 1e-10
	}
	if err := checkRange(method, "Components", b.Components, 1, most, "min(n−1, d−1)"); err != nil {
		return b, err
	}
	if b.Rounds < 1 {
		return b, &mat32.ParamError{Method: method, Param: "Rounds", Value: b.Rounds, Want: "1 or more"}
	}
	if !(b.Tolerance > 0 && b.Tolerance < 1) {
		return b, &mat32.ParamError{Method: method, Param: "Tolerance", Value: b.Tolerance, Want: "0 < Tolerance < 1"}
	}
	if b.MemoryLimit < 0 {
		return b, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: b.MemoryLimit, Want: "0 or more bytes"}
	}
	return b, nil
}

// String returns the options in one line, as captions and tables show them.
func (b BayesianPCA) String() string {
	return fmt.Sprintf("%d axes at first", b.Components)
}

// Fit learns noise and axes from x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or variances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (b BayesianPCA) Fit(ctx context.Context, x mat.Matrix) (*BayesianPCAModel, error) {
	const method = "dr.BayesianPCA"
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	b, err = b.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	need := PCA{Components: b.Components, Solver: Exact}.memory(x, n)
	if err := mat32.CheckMemory(method, need, b.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}
	c, err := newCentered(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if c.constant {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is no direction of variance"}
	}
	var s *directions
	if finite(c.mean) {
		if s, err = decompose(ctx, c, b.Components); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	if s == nil || !(s.total > 0 && s.total <= math.MaxFloat64) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance leaves the range of float64: rescale the data"}
	}
	// In units in which the mean variance of a column is one.
	unit := s.total / float64(n) / float64(d)
	values := slices.Clone(s.scatter)
	for i := range values {
		values[i] /= float64(n) * unit
	}
	r := relevance{n: float64(n), d: float64(d), total: float64(d), values: values}
	stage := watch.Start(ctx, "Bayesian PCA: relevance", b.Rounds)
	rounds, converged := 0, false
	r.begin()
	for rounds < b.Rounds && !converged {
		if rounds%256 == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		before := r.noise
		r.round()
		rounds++
		converged = math.Abs(r.noise-before) <= b.Tolerance*before
	}
	stage.Add(rounds)
	m := &BayesianPCAModel{options: b, rows: n, mean: c.mean, noise: r.noise * unit, axes: r.axes}
	for i := range m.axes {
		m.axes[i] *= unit
	}
	kept := max(m.Dimension(), 1)
	m.components = mat.DenseCopyOf(s.components.Slice(0, kept, 0, d))
	scaleRows(m.components, orientation(m.components))
	if m.embedding, err = m.Transform(ctx, x); err != nil {
		return nil, err
	}
	notes := []string{fmt.Sprintf("%d of %d axes are in use, after %d rounds", m.Dimension(), b.Components, rounds)}
	if m.Dimension() == 0 {
		notes = append(notes, "nothing stands out of the noise: the coordinates are their means, which are 0")
	}
	if !converged {
		notes = append(notes, fmt.Sprintf("no convergence in %d rounds", rounds))
	}
	m.embedding.Notes = notes
	return m, nil
}

// relevance is the state of the rounds.
type relevance struct {
	n, d   float64
	total  float64   // the variance of all columns
	values []float64 // the variances along the axes, falling
	axes   []float64 // squared lengths; 0 where an axis is not in use
	noise  float64
}

// begin takes the maximum of the likelihood, without any say of relevance.
func (r *relevance) begin() {
	rest := r.total
	for _, v := range r.values {
		rest -= v
	}
	r.noise = max(rest/(r.d-float64(len(r.values))), leastShare)
	r.axes = make([]float64, len(r.values))
	for i, v := range r.values {
		r.axes[i] = max(v-r.noise, 0)
	}
}

// round finds the axes for the noise, and then the noise for the axes.
func (r *relevance) round() {
	left := r.total
	for i, v := range r.values {
		if r.axes[i] = r.axis(r.axes[i], v); r.axes[i] > 0 {
			u, m := r.axes[i], r.axes[i]+r.noise
			left -= u / m * (2*v - r.noise - u/m*v)
		}
	}
	r.noise = max(left/r.d, leastShare)
}

// axis returns the squared length that an axis keeps, once in use, along a component
// of variance v.
func (r *relevance) axis(now, v float64) float64 {
	if now == 0 {
		return 0
	}
	half := (r.n*v - (r.n+2*r.d)*r.noise) / 2
	root := half*half - (r.n+r.d)*r.d*r.noise*r.noise
	if half <= 0 || root < 0 {
		return 0
	}
	return (half + math.Sqrt(root)) / (r.n + r.d)
}

// Embed returns the rows of x in the latent space: Fit(ctx, x) and its embedding.
func (b BayesianPCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := b.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
