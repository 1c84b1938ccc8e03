package spectrum

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Null is what ParallelAnalysis compares the data with.
type Null string

const (
	// Gaussian is independent normal columns (Horn).
	Gaussian Null = "Gaussian"
	// Permuted is the columns of the data, each in a random order of its own: it
	// keeps their distributions, and outliers with them (Buja and Eyuboglu).
	Permuted Null = "permuted"
)

// ParallelAnalysis counts the leading eigenvalues of the correlation matrix that
// exceed those of data of the same size whose columns have nothing to do with each
// other. A constant column correlates with nothing, and has variance 0.
//
// Time O(Runs·(n·d·m + m³)) for m = min(n, d), memory 24·n·d + 40·m² +
// 8·Runs·m bytes.
//
// Sources: J. Horn (1965), A rationale and test for the number of factors in factor
// analysis; A. Buja and N. Eyuboglu (1992), Remarks on parallel analysis; for the
// quantile L. Glorfeld (1995), An improvement on Horn's parallel analysis
// methodology.
type ParallelAnalysis struct {
	// Runs is how many data sets of the null are drawn. More of them cost time and
	// make the limits surer. Default 100.
	Runs int

	// Quantile of the eigenvalues of the null that those of the data must exceed,
	// above 0 and at most 1. Larger values count fewer. Default 0.95.
	Quantile float64

	// Mean takes the mean of the null for the limit, as Horn did, and ignores
	// Quantile. Default false.
	Mean bool

	// Null is Gaussian or Permuted. Default Gaussian.
	Null Null

	// Covariance looks at the covariance of the columns in their own units, as
	// PCA does, with a null of the same variances. Default false.
	Covariance bool

	// Seed of the random numbers.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p ParallelAnalysis) Resolve(n, d int) (ParallelAnalysis, error) {
	const method = "spectrum.ParallelAnalysis"
	if p.Runs == 0 {
		p.Runs = 100
	}
	if p.Quantile == 0 {
		p.Quantile = .95
	}
	if p.Null == "" {
		p.Null = Gaussian
	}
	if p.Runs > math.MaxInt32 {
		return p, &mat32.ParamError{Method: method, Param: "Runs", Value: p.Runs, Want: fmt.Sprintf("1 ≤ Runs ≤ %d", math.MaxInt32)}
	}
	if err := counted(method, "Runs", p.Runs, 1); err != nil {
		return p, err
	}
	if err := within(method, "Quantile", p.Quantile, 0x1p-1074, 1, "0 < Quantile ≤ 1"); err != nil {
		return p, err
	}
	if p.Null != Gaussian && p.Null != Permuted {
		return p, &mat32.ParamError{Method: method, Param: "Null", Value: p.Null, Want: "Gaussian or Permuted"}
	}
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	return p, nil
}

// Parallel is what ParallelAnalysis found.
type Parallel struct {
	Count      int       // how many leading eigenvalues exceed their limits
	Values     []float64 // the eigenvalues of the data, largest first: min(n−1, d) of them
	Limits     []float64 // the quantile, or mean, of those of the null
	Rows       int
	Convention string // the null and the limit
}

// String returns a small table of the first eigenvalues beside their limits.
func (p *Parallel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "parallel analysis: %d\n  convention  %s\n  %9s  %12s  %12s", p.Count, p.Convention, "component", "eigenvalue", "limit")
	for i := range min(p.Count+3, len(p.Values)) {
		fmt.Fprintf(&b, "\n  %9d  %12.5g  %12.5g", i+1, p.Values[i], p.Limits[i])
	}
	return b.String()
}

// Estimate counts the components of x (n × d, n ≥ 2). Errors: those of
// mat32.CheckRows, mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or the variance exceeds float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (p ParallelAnalysis) Estimate(ctx context.Context, x mat.Matrix) (*Parallel, error) {
	const method = "spectrum.ParallelAnalysis"
	fail := func(err error) (*Parallel, error) { return nil, fmt.Errorf("%s: %w", method, err) }
	if err := mat32.CheckRows(method, x); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(err)
	}
	n, d := x.Dims()
	if n < 2 {
		return fail(&mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	p, err := p.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	m := int64(min(n, d))
	if err := mat32.CheckMemory(method, 24*int64(n)*int64(d)+40*m*m+8*int64(p.Runs)*(m+4), p.MemoryLimit, "reduce rows, columns or Runs"); err != nil {
		return nil, err
	}
	data, err := newColumns(ctx, x)
	if err != nil {
		return fail(err)
	}
	largest := slices.Max(data.length)
	switch {
	case largest == 0:
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: nothing varies"}
	case math.IsInf(largest, 1) || p.Covariance && math.IsInf(largest*largest*float64(d), 1):
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	unit := 1.
	for j, l := range data.length {
		data.weight[j] = 0
		switch {
		case l == 0:
		case p.Covariance:
			unit = largest * largest / float64(n-1)
			data.weight[j] = l / largest
		default:
			data.weight[j] = 1
		}
	}
	result := &Parallel{Rows: n}
	if result.Values, err = data.eigenvalues(ctx, data.rows); err != nil {
		return fail(err)
	}
	stage := watch.Start(ctx, "parallel analysis", p.Runs)
	null := make([][]float64, p.Runs)
	drawn := mat.NewDense(d, n, nil)
	for run := range null {
		if err := data.draw(ctx, drawn, p, run); err != nil {
			return fail(err)
		}
		if null[run], err = data.eigenvalues(ctx, drawn); err != nil {
			return fail(err)
		}
		stage.Add(1)
	}
	result.Limits = make([]float64, len(result.Values))
	sorted := make([]float64, p.Runs)
	for i := range result.Limits {
		for run := range null {
			sorted[run] = null[run][i]
		}
		if p.Mean {
			result.Limits[i] = sum(sorted) / float64(p.Runs)
			continue
		}
		slices.Sort(sorted)
		h := p.Quantile * float64(p.Runs-1)
		at := int(h)
		result.Limits[i] = sorted[at] + (h-float64(at))*(sorted[min(at+1, p.Runs-1)]-sorted[at])
	}
	// What is nothing but rounding exceeds nothing.
	result.Count = leading(result.Values, func(i int) float64 { return result.Limits[i] + 1e-12*result.Values[0] })
	for i := range result.Values {
		result.Values[i] *= unit
		result.Limits[i] *= unit
	}
	result.Convention = p.convention()
	return result, nil
}

func (p ParallelAnalysis) convention() string {
	limit, of := fmt.Sprintf("quantile %v", p.Quantile), "correlation"
	if p.Mean {
		limit = "mean"
	}
	if p.Covariance {
		of = "covariance"
	}
	return fmt.Sprintf("%s of %d %s nulls, %s", limit, p.Runs, strings.ToLower(string(p.Null)), of)
}

// columns are those of a matrix, each centred and over its length.
type columns struct {
	rows   *mat.Dense // d × n: one column a row
	length []float64  // of the centred columns
	weight []float64  // what unit columns are multiplied by
}

func newColumns(ctx context.Context, x mat.Matrix) (*columns, error) {
	n, d := x.Dims()
	c := &columns{rows: mat.NewDense(d, n, nil), length: make([]float64, d), weight: make([]float64, d)}
	const block = 64
	err := par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j, v := range mat32.Row(buf, i, x) {
				c.rows.RawRowView(j)[i] = v
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return c, par.Blocks(ctx, d, 1, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			c.length[j] = standardize(c.rows.RawRowView(j))
		}
	})
}

// standardize centres v, gives it length 1 unless it is constant, and returns the
// length it had.
func standardize(v []float64) float64 {
	n, first := float64(len(v)), v[0]
	mean := 0.
	for _, x := range v {
		// Differences from the first keep a large offset from costing digits.
		mean += x/n - first/n
	}
	mean += first
	largest := 0.
	constant := true
	for i, x := range v {
		constant = constant && x == first
		v[i] = x - mean
		largest = max(largest, math.Abs(v[i]))
	}
	if constant || largest == 0 {
		clear(v)
		return 0
	}
	if math.IsInf(largest, 1) {
		return largest
	}
	squares := 0.
	for i := range v {
		v[i] /= largest
		squares += v[i] * v[i]
	}
	length := math.Sqrt(squares)
	for i := range v {
		v[i] /= length
	}
	return largest * length
}

// draw fills to with a data set of the null.
func (c *columns) draw(ctx context.Context, to *mat.Dense, p ParallelAnalysis, run int) error {
	d, _ := to.Dims()
	return par.Blocks(ctx, d, 1, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			v := to.RawRowView(j)
			r := rng.New(p.Seed, "spectrum/parallel analysis/"+string(p.Null), run*d+j)
			if p.Null == Permuted {
				copy(v, c.rows.RawRowView(j))
				r.Shuffle(len(v), func(a, b int) { v[a], v[b] = v[b], v[a] })
				continue
			}
			for i := range v {
				v[i] = r.Normal()
			}
			standardize(v)
		}
	})
}

// eigenvalues returns those of the scatter matrix of unit columns in rows, times
// their weights, largest first: as many as can differ from zero.
func (c *columns) eigenvalues(ctx context.Context, rows *mat.Dense) ([]float64, error) {
	d, n := rows.Dims()
	m := min(n, d)
	scatter := mat.NewSymDense(m, nil)
	raw := scatter.RawSymmetric()
	to := blas64.General{Rows: m, Cols: m, Stride: raw.Stride, Data: raw.Data}
	from := rows
	if slices.ContainsFunc(c.weight, func(w float64) bool { return w != 1 }) {
		from = mat.NewDense(d, n, nil)
		err := par.Blocks(ctx, d, 16, func(lo, hi int) {
			for j := lo; j < hi; j++ {
				kernel.Axpy64(c.weight[j], rows.RawRowView(j), from.RawRowView(j))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	t := blas.NoTrans
	if n < d {
		t = blas.Trans
	}
	if err := kernel.Syrk64(ctx, t, 1, from.RawMatrix(), 0, to); err != nil {
		return nil, err
	}
	values, err := linalg.EigenvaluesSym(ctx, scatter)
	if err != nil {
		return nil, err
	}
	values = values[:min(n-1, d)]
	for i, v := range values {
		values[i] = max(v, 0)
	}
	return values, nil
}
