package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// ShapeMoments estimates the cosine of Procrustes' angle that two representations would have
// if there were endless rows, of which these are a few drawn independently. The angle of the
// rows themselves, which Procrustes measures, is far too small where the widths are not
// small beside n: two independent representations of as many columns as rows look nearly
// alike. This estimate is about 0 there. It is not clipped, and may be below 0 or above 1.
//
// The sum of the singular values σ of the cross-covariance is read from Σ σ², Σ σ⁴, …, for
// which products around cycles of distinct rows are estimates without bias. The weights are
// those of a polynomial Σ γₖ·λᵏ near √λ: they make the variance plus BiasWeight times the
// square of the largest bias that any σ up to that of the rows could cause as small as
// they can be. What the polynomial leaves is Bias, and variances come from a jackknife by groups
// of rows.
//
// Compare takes x of n × p and y of n × q, at least 8 rows: their similarity, with its standard
// error; Estimated says more. Rows are taken less their mean, which costs a bias of the
// order 1/n. Time about 40·Moments·n³ operations, memory 48·n² + 24·n·(p + q) bytes, both
// n × n by its definition.
//
// Errors: *mat32.ParamError; *mat32.MemoryError; those of mat32.CheckRows and mat32.Check
// for x and y; *mat32.ShapeError where their numbers of rows differ or are too few;
// *mat32.DegenerateError where all rows of one are equal, or no column of one varies with
// one of the other at all; and one that wraps ctx.Err().
//
// Sources: D. Pospisil, B. Larsen, S. Harvey and A. Williams (2023), Estimating shape
// distances on neural representations with limited samples; the cycles are those of W. Kong
// and G. Valiant (2017), Spectrum estimation from samples.
type ShapeMoments struct {
	// Moments is the degree of the polynomial. Default 5, or n/4 where that is less.
	// More leave less bias, and more variance to be weighed against it. At most n/4 and
	// 20.
	Moments int

	// BiasWeight is what the square of the largest bias counts beside the variance. Default
	// 1, for the least mean squared error in the worst case. Larger values leave less
	// bias and more variance.
	BiasWeight float64

	// Seed draws the order of the rows, along which cycles go.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

// ShapeEstimate is what ShapeMoments finds.
type ShapeEstimate struct {
	Rows       int
	Similarity float64   // the cosine of Procrustes' angle, estimated
	StdErr     float64   // by the jackknife
	Bias       float64   // the largest that the polynomial can cause, either way
	PlugIn     float64   // the cosine of the rows themselves
	Moments    []float64 // estimates of Σ σ²ᵏ, where the largest σ of the rows is 1
	Weights    []float64 // γ
}

// String returns a small table.
func (e *ShapeEstimate) String() string {
	return fmt.Sprintf("shape similarity  %.4f ± %.4f\n  bias      at most %.4f either way\n  plug-in   %.4f\n  rows      %d\n  moments   %d",
		e.Similarity, e.StdErr, e.Bias, e.PlugIn, e.Rows, len(e.Moments))
}

const (
	momentsMethod = "similarity.ShapeMoments"
	leastMoments  = 8  // rows
	mostMoments   = 20 // degree
	jackknife     = 20 // groups
	grid          = 200
)

// Resolve returns the options with defaults filled in for n rows, or a *mat32.ParamError.
func (m ShapeMoments) Resolve(n, d int) (ShapeMoments, error) {
	most := max(1, min(n/4, mostMoments))
	if m.Moments == 0 {
		m.Moments = min(5, most)
	}
	if m.BiasWeight == 0 {
		m.BiasWeight = 1
	}
	switch {
	case m.Moments < 1 || m.Moments > most:
		return m, &mat32.ParamError{Method: momentsMethod, Param: "Moments", Value: m.Moments, Want: fmt.Sprintf("1 ≤ Moments ≤ min(n/4, %d) = %d", mostMoments, most)}
	case !(m.BiasWeight >= 1e-6 && m.BiasWeight <= 1e6):
		return m, &mat32.ParamError{Method: momentsMethod, Param: "BiasWeight", Value: m.BiasWeight, Want: "1e-6 ≤ BiasWeight ≤ 1e6"}
	case m.MemoryLimit < 0:
		return m, &mat32.ParamError{Method: momentsMethod, Param: "MemoryLimit", Value: m.MemoryLimit, Want: "0 or more bytes"}
	}
	return m, nil
}

// Compare returns the estimated similarity of x and y.
func (m ShapeMoments) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	e, err := m.Estimated(ctx, x, y)
	if err != nil {
		return measure.Score{}, err
	}
	return finite(momentsMethod, measure.Score{Name: "shape similarity", Value: e.Similarity, StdErr: e.StdErr, Rows: e.Rows,
		Convention: fmt.Sprintf("‖Σxy‖₊/√(tr Σx · tr Σy) by %d moments, bias at most %.2g, not clipped; similarity, 1 is same", len(e.Moments), e.Bias)})
}

// Estimated returns the similarity of x and y with its interval, its plug-in value, and what
// it was made of. Errors are those of Compare.
func (m ShapeMoments) Estimated(ctx context.Context, x, y mat.Matrix) (*ShapeEstimate, error) {
	n, p, q, err := checkBoth(ctx, momentsMethod, leastMoments, x, y)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, max(p, q)); err != nil {
		return nil, err
	}
	need := 8 * (6*int64(n)*int64(n) + 3*int64(n)*int64(p+q))
	if err := mat32.CheckMemory(momentsMethod, need, m.MemoryLimit, "use fewer rows: where there are many, Procrustes has little bias"); err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "moments", jackknife+1)
	a, err := newShape(ctx, momentsMethod, "x", x)
	if err != nil {
		return nil, err
	}
	b, err := newShape(ctx, momentsMethod, "y", y)
	if err != nil {
		return nil, err
	}
	e := &ShapeEstimate{Rows: n}
	largest, err := e.plugIn(ctx, a.rows, b.rows)
	if err != nil {
		return nil, within(momentsMethod, err)
	}
	if !(largest > 1e-14) {
		return nil, &mat32.DegenerateError{Method: momentsMethod, Reason: "no column of x varies with one of y: there are no singular values to estimate"}
	}
	// The rows have norm 1. Products are scaled so that the cross-covariance of the rows has
	// largest singular value 1; the norms of both are then root.
	root := float64(n) / float64(n-1) / largest
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	stream := rng.New(m.Seed, "similarity.ShapeMoments", 0)
	stream.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	scale := float64(n) / largest
	kx, err := products(ctx, a.rows, order, scale)
	if err != nil {
		return nil, within(momentsMethod, err)
	}
	ky, err := products(ctx, b.rows, order, scale)
	if err != nil {
		return nil, within(momentsMethod, err)
	}
	e.Moments, err = cycles(ctx, kx, ky, m.Moments, -1, 0)
	if err != nil {
		return nil, within(momentsMethod, err)
	}
	stage.Add(1)
	groups := min(jackknife, n)
	replicates := mat.NewDense(groups, m.Moments, nil)
	for g := range groups {
		w, err := cycles(ctx, kx, ky, m.Moments, g, groups)
		if err != nil {
			return nil, within(momentsMethod, err)
		}
		replicates.SetRow(g, w)
		stage.Add(1)
	}
	cov := jackknifed(replicates)
	values := float64(min(p, q, n-1))
	var worst float64
	if e.Weights, worst, err = rootPolynomial(cov, m.BiasWeight*values*values); err != nil {
		return nil, err
	}
	variance := 0.
	for k, g := range e.Weights {
		e.Similarity += g * e.Moments[k] / root
		for l, h := range e.Weights {
			variance += g * h * cov.At(k, l)
		}
	}
	e.StdErr, e.Bias = math.Sqrt(max(0, variance))/root, values*worst/root
	return e, nil
}

// plugIn fills in the cosine of the rows, and returns the largest singular value of their
// product.
func (e *ShapeEstimate) plugIn(ctx context.Context, a, b *mat.Dense) (float64, error) {
	a, err := subspace.Narrowed(ctx, a)
	if err != nil {
		return 0, err
	}
	if b, err = subspace.Narrowed(ctx, b); err != nil {
		return 0, err
	}
	values, err := subspace.CrossValues(ctx, a, b)
	if err != nil {
		return 0, err
	}
	for _, v := range values {
		e.PlugIn += v
	}
	return values[0], nil
}

// products returns the products of all pairs of rows, in the order given, times scale.
func products(ctx context.Context, a *mat.Dense, order []int, scale float64) (*mat.Dense, error) {
	n, d := a.Dims()
	rows := mat.NewDense(n, d, nil)
	for i, o := range order {
		copy(rows.RawRowView(i), a.RawRowView(o))
	}
	k := mat.NewDense(n, n, nil)
	return k, kernel.Syrk64(ctx, blas.NoTrans, scale, rows.RawMatrix(), 0, k.RawMatrix())
}

// cycles returns, for k = 1 … moments, the mean of the products kx(i₁,i₂)·ky(i₂,i₃)·kx(i₃,i₄)
// … ky(i₂ₖ,i₁) over all i₁ < i₂ < … < i₂ₖ, of the rows that are not in the given group.
func cycles(ctx context.Context, kx, ky *mat.Dense, moments, group, groups int) ([]float64, error) {
	var rows []int
	all, _ := kx.Dims()
	for i := range all {
		if group < 0 || i%groups != group {
			rows = append(rows, i)
		}
	}
	n := len(rows)
	// Only what is above the diagonal takes part.
	upper := func(k *mat.Dense) *mat.Dense {
		u := mat.NewDense(n, n, nil)
		for i, r := range rows {
			from, to := k.RawRowView(r), u.RawRowView(i)
			for j := i + 1; j < n; j++ {
				to[j] = from[rows[j]]
			}
		}
		return u
	}
	a, b := upper(kx), upper(ky)
	step, path, next := mat.NewDense(n, n, nil), mat.DenseCopyOf(a), mat.NewDense(n, n, nil)
	if moments > 1 {
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, step.RawMatrix()); err != nil {
			return nil, err
		}
	}
	means := make([]float64, moments)
	count := 1. // of the ways to choose 2k rows
	for k := range moments {
		if k > 0 {
			if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, step.RawMatrix(), path.RawMatrix(), 0, next.RawMatrix()); err != nil {
				return nil, err
			}
			path, next = next, path
		}
		count *= float64(n-2*k) * float64(n-2*k-1) / float64((2*k+1)*(2*k+2))
		sum, err := par.Sum(ctx, n, 64, func(lo, hi int) (sum float64) {
			for i := lo; i < hi; i++ {
				sum += kernel.Dot64(path.RawRowView(i), b.RawRowView(i)) // ky is symmetric
			}
			return sum
		})
		if err != nil {
			return nil, err
		}
		means[k] = sum / count
	}
	return means, nil
}

// jackknifed returns the covariance of what the replicates were made of, each without one
// group.
func jackknifed(replicates *mat.Dense) *mat.SymDense {
	groups, k := replicates.Dims()
	mean := columnMeans(replicates)
	cov := mat.NewSymDense(k, nil)
	for g := range groups {
		row := replicates.RawRowView(g)
		for i := range k {
			for j := i; j < k; j++ {
				cov.SetSym(i, j, cov.At(i, j)+(row[i]-mean[i])*(row[j]-mean[j])*float64(groups-1)/float64(groups))
			}
		}
	}
	return cov
}
