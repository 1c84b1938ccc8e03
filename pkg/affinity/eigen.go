package affinity

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// Eigenpairs are eigenvalues of an operator with their vectors. Where the weights have
// several components, the first pairs are theirs: the components are found by
// walking, and their vectors, constant on one component each, are exact.
type Eigenpairs struct {
	Values    []float64
	Vectors   *mat.Dense // n × k: one vector a column, whose largest entry is positive
	Residuals []float64  // ‖Av − λv‖ of the symmetric matrix with the same eigenvalues
	Notes     []string   // components, and every fallback of the solver
}

// Eigen returns the k smallest eigenvalues, rising, with their vectors: 0 once for
// every component, and then how fast functions must vary. Vectors are orthonormal;
// those of a RandomWalk in the sense Σ dᵢ·vᵢ² = 1, for the degrees d.
//
// Vectors whose eigenvalues lie too near others may end with a larger residual than
// 1e-8, and a note. Errors: *mat32.ParamError unless 1 ≤ k ≤ n,
// *mat32.DegenerateError where that exceeds 1e-5, *mat32.MemoryError where the vectors
// exceed GOMEMLIMIT, or 4 GiB, and one that wraps ctx.Err(). Time some hundred
// products with blocks, memory about 100·n·k bytes.
func (o *LaplacianOperator) Eigen(ctx context.Context, k int) (*Eigenpairs, error) {
	const method = "affinity.LaplacianOperator"
	if o.matrix == nil {
		return nil, zeroOperator(method)
	}
	roots := o.roots()
	low, high := o.Bounds()
	pairs, err := eigen(ctx, method, o.conjugate, o.weights, roots, 0, 0, linalg.Extremal{Pairs: k, Low: low, High: high})
	if err == nil && o.Normalization == RandomWalk {
		err = pairs.divide(ctx, method, roots)
	}
	if err != nil {
		return nil, err
	}
	return pairs, nil
}

// Eigen returns the k largest eigenvalues, falling, with their right vectors: 1 once
// for every component, whose vectors are constant there, and then what decays slowest.
// Vectors ψ have Σ πᵢ·ψᵢ² = 1 for the stationary distribution π, so that distances
// between rows of λᵗ·ψ are those between where t steps lead, weighted by 1/π.
//
// Errors, time and memory are those of LaplacianOperator.Eigen.
func (o *DiffusionOperator) Eigen(ctx context.Context, k int) (*Eigenpairs, error) {
	const method = "affinity.DiffusionOperator"
	if o.matrix == nil {
		return nil, zeroOperator(method)
	}
	roots := o.Stationary()
	for i, p := range roots {
		roots[i] = math.Sqrt(max(p, math.SmallestNonzeroFloat64))
	}
	pairs, err := eigen(ctx, method, o.conjugate, o.weights, roots, 1, 0, linalg.Extremal{Pairs: k, Largest: true, Low: -1, High: 1})
	if err == nil {
		err = pairs.divide(ctx, method, roots)
	}
	if err != nil {
		return nil, err
	}
	return pairs, nil
}

// zeroOperator is the error of an operator that Of has not made.
func zeroOperator(method string) error {
	return &mat32.ParamError{Method: method, Param: "operator", Value: "the zero value", Want: "one that Of returned"}
}

// Where eigenvalues are so near each other that hardly anything tells their vectors
// apart, the solver ends after patience products with blocks, and vectors are good
// enough that leave so small a residual.
const (
	patience = 1500
	enough   = 1e-5
)

// eigen returns eigenpairs of a, of which every component of the weights has one at
// the end of the spectrum: the vector of roots. It takes no more memory than limit.
func eigen(ctx context.Context, method string, a *linalg.CSR, weights *Sparse, roots []float64, end float64, limit int64, solver linalg.Extremal) (*Eigenpairs, error) {
	n, k := a.Dim(), solver.Pairs
	if k < 1 || k > n {
		return nil, &mat32.ParamError{Method: method, Param: "k", Value: k, Want: fmt.Sprintf("1 ≤ k ≤ n = %d", n)}
	}
	if err := mat32.CheckMemory(method, 100*int64(n)*int64(k), limit, "take fewer eigenpairs"); err != nil {
		return nil, err
	}
	parts := weights.Components()
	known := min(k, parts.Count)
	p := &Eigenpairs{Values: make([]float64, k), Residuals: make([]float64, k), Vectors: mat.NewDense(n, k, nil)}
	if parts.Count > 1 {
		p.Notes = append(p.Notes, fmt.Sprintf("the weights have %v, one eigenvalue %g each", parts, end))
	}
	lengths := make([]float64, parts.Count)
	for i, c := range parts.Labels {
		lengths[c] = math.Hypot(lengths[c], roots[i])
	}
	for i, c := range parts.Labels {
		if c < known {
			p.Vectors.Set(i, c, roots[i]/lengths[c])
		}
	}
	for j := range known {
		p.Values[j] = end
	}
	if known == k {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		return p, nil
	}
	solver.Pairs = k - known
	solver.MaxProducts = patience
	solver.Deflate = p.Vectors.Slice(0, n, 0, known).(*mat.Dense)
	solver.Progress = func(converged int, _ float64) {
		watch.Report(ctx, watch.Event{Stage: "eigenvectors", Done: known + converged, Total: k, Loss: math.NaN()})
	}
	found, err := solver.Solve(ctx, a)
	var slow *linalg.ConvergenceError
	if errors.As(err, &slow) {
		if found == nil || !(slow.Residual <= enough) {
			return nil, &mat32.DegenerateError{Method: method, Reason: err.Error()}
		}
		p.Notes = append(p.Notes, fmt.Sprintf("eigenvectors are known to a residual of %.1g alone: others have nearly their eigenvalues", slow.Residual))
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	p.Notes = append(p.Notes, found.Notes...)
	copy(p.Values[known:], found.Values)
	copy(p.Residuals[known:], found.Residuals)
	p.Vectors.Slice(0, n, known, k).(*mat.Dense).Copy(found.Vectors)
	for j := range p.Values { // rounding leaves none outside
		p.Values[j] = max(solver.Low, min(solver.High, p.Values[j]))
	}
	return p, nil
}

// divide divides the rows of the vectors by what roots say, and points them anew.
func (p *Eigenpairs) divide(ctx context.Context, method string, roots []float64) error {
	n, k := p.Vectors.Dims()
	rows := func(lo, hi int, f func(i int, row []float64)) {
		for i := lo; i < hi; i++ {
			f(i, p.Vectors.RawRowView(i))
		}
	}
	peaks := make([]float64, (n+rowBlock-1)/rowBlock*k) // of every block, the largest entries
	err := par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		peak := peaks[lo/rowBlock*k:][:k]
		rows(lo, hi, func(i int, row []float64) {
			for j := range row {
				row[j] /= roots[i]
				if math.Abs(row[j]) > math.Abs(peak[j]) {
					peak[j] = row[j]
				}
			}
		})
	})
	largest := make([]float64, k)
	for at, v := range peaks {
		if math.Abs(v) > math.Abs(largest[at%k]) {
			largest[at%k] = v
		}
	}
	if err == nil {
		err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
			rows(lo, hi, func(_ int, row []float64) {
				for j := range row {
					row[j] *= math.Copysign(1, largest[j])
				}
			})
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}
