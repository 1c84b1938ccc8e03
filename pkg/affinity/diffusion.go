package affinity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Diffusion makes the random walk of weights, which from every row steps to another
// with a probability in proportion to their weight.
//
// Weights are first divided by the degrees of both rows to the power Alpha, which
// takes the density of the rows out of them. What a row weighs itself counts: the
// walk may stay. A row without weights keeps the walk, and counts as a row that
// weighs itself 1.
//
// Source: R. Coifman and S. Lafon (2006), Diffusion maps.
type Diffusion struct {
	// Alpha is how far the density is taken out, between 0 and 1: with ½ the walk is
	// that of a Fokker-Planck equation, and with 1 it is that of heat on the manifold,
	// however rows are spread over it. Default 0: not at all.
	Alpha float64
}

// Resolve returns the options, or a *mat32.ParamError.
func (f Diffusion) Resolve(n, d int) (Diffusion, error) {
	if !(f.Alpha >= 0 && f.Alpha <= 1) {
		return f, &mat32.ParamError{Method: "affinity.Diffusion", Param: "Alpha", Value: f.Alpha, Want: "0 ≤ Alpha ≤ 1"}
	}
	return f, nil
}

// DiffusionOperator is the matrix P of a random walk: row i holds the probabilities
// of the steps from row i, which sum to 1. As an operator it applies itself to blocks of
// vectors. It never changes, and is safe for concurrent use.
//
// P has the eigenvalues of the symmetric D^½·P·D^−½, where D are the degrees; all are
// between −1 and 1.
type DiffusionOperator struct {
	Alpha float64

	degrees   []float64
	matrix    *linalg.CSR
	conjugate *linalg.CSR
	weights   *Sparse
}

// Of returns the random walk along the weights s. Errors: those of Resolve,
// *mat32.ParamError where s is nil or not symmetric, *mat32.DegenerateError where
// degrees exceed float64, and one that wraps ctx.Err(). Time O(weights), memory 20
// bytes a weight.
func (f Diffusion) Of(ctx context.Context, s *Sparse) (*DiffusionOperator, error) {
	const method = "affinity.Diffusion"
	if err := checkSymmetric(method, s); err != nil {
		return nil, err
	}
	n := s.w.Dim()
	f, err := f.Resolve(n, n)
	if err != nil {
		return nil, err
	}
	one := []float64{1}
	row := func(i int) ([]int32, []float64) {
		columns, weights := s.Row(i)
		if len(columns) == 0 {
			return []int32{int32(i)}, one
		}
		return columns, weights
	}
	start := make([]int, n+1)
	for i := range n {
		columns, _ := row(i)
		start[i+1] = start[i] + len(columns)
	}
	density := make([]float64, n) // to the power Alpha, in units of the largest
	if err := rowSums(ctx, density, row); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	most := 0.
	for _, q := range density {
		most = max(most, q)
	}
	for i, q := range density {
		density[i] = math.Pow(q/most, f.Alpha)
	}
	o := &DiffusionOperator{Alpha: f.Alpha, degrees: make([]float64, n), weights: s}
	indices, kernel := make([]int32, start[n]), make([]float64, start[n])
	err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, weights := row(i)
			to := kernel[start[i]:start[i+1]]
			copy(indices[start[i]:], columns)
			for k, j := range columns {
				a, b := density[i], density[j]
				to[k] = weights[k] / min(a, b) / max(a, b) // the same bits both ways
				o.degrees[i] += to[k]
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i, d := range o.degrees {
		if math.IsInf(d, 0) || math.IsNaN(d) || d == 0 {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the weights of row %d, the density taken out, are beyond float64", i)}
		}
	}
	symmetric := make([]float64, len(kernel))
	err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for k := start[i]; k < start[i+1]; k++ {
				symmetric[k] = between(kernel[k], o.degrees[i], o.degrees[indices[k]])
				kernel[k] /= o.degrees[i]
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if o.matrix, err = linalg.NewCSR(n, n, start, indices, kernel); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	o.conjugate, err = linalg.NewCSR(n, n, start, indices, symmetric)
	return o, err
}

// rowSums writes the sum of every row to dst.
func rowSums(ctx context.Context, dst []float64, row func(i int) ([]int32, []float64)) error {
	return par.Blocks(ctx, len(dst), rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			_, weights := row(i)
			for _, w := range weights {
				dst[i] += w
			}
		}
	})
}

// Dim returns the number of rows.
func (o *DiffusionOperator) Dim() int { return len(o.degrees) }

// Apply writes P·x to dst for a block x (n × b) of vectors: the mean of each over
// where a step leads. dst has the shape of x and shares no memory with it. The error
// is ctx.Err(). Time O(weights · b), on every core.
func (o *DiffusionOperator) Apply(ctx context.Context, dst, x *mat.Dense) error {
	if o.matrix == nil {
		return zeroOperator("affinity.DiffusionOperator")
	}
	return o.matrix.Apply(ctx, dst, x)
}

// Power writes Pᵗ·x to dst for a block x (n × b) of vectors: the mean of each over
// where t steps lead. dst has the shape of x and shares no memory with it. Errors:
// *mat32.ParamError for t below 0, and ctx.Err(). Time O(t · weights · b), memory that
// of another block.
func (o *DiffusionOperator) Power(ctx context.Context, dst, x *mat.Dense, t int) error {
	if t < 0 {
		return &mat32.ParamError{Method: "affinity.DiffusionOperator", Param: "t", Value: t, Want: "0 or more steps"}
	}
	if t == 0 {
		dst.Copy(x)
		return ctx.Err()
	}
	var other *mat.Dense
	if t > 1 {
		n, b := x.Dims()
		other = mat.NewDense(n, b, nil)
	}
	from := x
	for step := range t {
		to := dst
		if (t-step)%2 == 0 { // the last step ends in dst
			to = other
		}
		if err := o.Apply(ctx, to, from); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// Row returns the columns, ascending, and the probabilities of the steps from row i:
// the matrix itself, not copies, so they must not be written to.
func (o *DiffusionOperator) Row(i int) (columns []int32, probabilities []float64) {
	return o.matrix.Row(i)
}

// Degrees returns the sum of the weights of every row, the density taken out: the
// operator's own, not copies, so they must not be written to.
func (o *DiffusionOperator) Degrees() []float64 { return o.degrees }

// Stationary returns the distribution over the rows that a step does not change: the
// degrees over their sum.
func (o *DiffusionOperator) Stationary() []float64 {
	most, sum := 0., 0.
	for _, d := range o.degrees {
		most = max(most, d)
	}
	p := make([]float64, len(o.degrees))
	for i, d := range o.degrees {
		p[i] = d / most
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// Weights returns the weights that the walk is along.
func (o *DiffusionOperator) Weights() *Sparse { return o.weights }

// String returns one line.
func (o *DiffusionOperator) String() string {
	return fmt.Sprintf("diffusion operator of %d rows, α = %g", o.Dim(), o.Alpha)
}
