package affinity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Normalization is what a Laplacian divides by.
type Normalization string

const (
	// Combinatorial is L = D − W: rows with many weights count more.
	Combinatorial Normalization = "combinatorial"

	// Symmetric is I − D^−½·W·D^−½. Its eigenvalues are between 0 and 2.
	Symmetric Normalization = "symmetric"

	// RandomWalk is I − D⁻¹·W, what a random walk leaves in place. It has the
	// eigenvalues of Symmetric, and is not a symmetric matrix.
	RandomWalk Normalization = "random walk"
)

// Laplacian makes the Laplacian of weights: the matrix by which heat flows along
// them, whose quadratic form measures how much a function differs between rows
// that are near.
//
// W are the weights between different rows, and D the diagonal matrix of their
// sums, the degrees. What a row weighs itself is left out, as it says nothing of
// differences. A row without weights to others has a row of zeros, by every
// normalisation: heat stays where it is.
//
// Source: F. Chung (1997), Spectral graph theory.
type Laplacian struct {
	// Normalization is Combinatorial, Symmetric or RandomWalk. Default Symmetric.
	Normalization Normalization
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError.
func (l Laplacian) Resolve(n, d int) (Laplacian, error) {
	l.Normalization = cmp.Or(l.Normalization, Symmetric)
	switch l.Normalization {
	case Combinatorial, Symmetric, RandomWalk:
		return l, nil
	}
	return l, &mat32.ParamError{Method: "affinity.Laplacian", Param: "Normalization", Value: string(l.Normalization),
		Want: fmt.Sprintf("one of %v", []Normalization{Combinatorial, Symmetric, RandomWalk})}
}

// LaplacianOperator is the Laplacian of some weights. As an operator it applies
// itself to blocks of vectors. It never changes, and is safe for concurrent use.
type LaplacianOperator struct {
	Normalization Normalization

	degrees   []float64
	matrix    *linalg.CSR
	conjugate *linalg.CSR // symmetric, of the same eigenvalues: matrix itself, or D^½·matrix·D^−½
	weights   *Sparse
}

// Of returns the Laplacian of the weights s. Errors: those of Resolve,
// *mat32.ParamError where s is nil or not symmetric, *mat32.DegenerateError where
// degrees exceed float64, and one that wraps ctx.Err(). Time O(weights), memory 12
// bytes a weight, and 8 more for RandomWalk.
func (l Laplacian) Of(ctx context.Context, s *Sparse) (*LaplacianOperator, error) {
	const method = "affinity.Laplacian"
	if err := checkSymmetric(method, s); err != nil {
		return nil, err
	}
	n := s.w.Dim()
	l, err := l.Resolve(n, n)
	if err != nil {
		return nil, err
	}
	o := &LaplacianOperator{Normalization: l.Normalization, degrees: make([]float64, n), weights: s}
	start := make([]int, n+1)
	err = par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, weights := s.Row(i)
			start[i+1] = len(columns) + 1
			for k, j := range columns {
				if int(j) == i {
					start[i+1]-- // its place is on the diagonal
				} else {
					o.degrees[i] += weights[k]
				}
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i, d := range o.degrees {
		if math.IsInf(d, 0) {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the weights of row %d sum to more than the largest float64", i)}
		}
		start[i+1] += start[i]
	}
	indices := make([]int32, start[n])
	fill := func(norm Normalization) (*linalg.CSR, error) {
		values := make([]float64, len(indices))
		err := par.Blocks(ctx, n, rowBlock, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				o.row(i, norm, s, indices[start[i]:start[i+1]], values[start[i]:start[i+1]])
			}
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		return linalg.NewCSR(n, n, start, indices, values)
	}
	if o.matrix, err = fill(l.Normalization); err != nil {
		return nil, err
	}
	o.conjugate = o.matrix
	if l.Normalization == RandomWalk {
		if o.conjugate, err = fill(Symmetric); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// row writes row i, with its diagonal, in the order of the columns.
func (o *LaplacianOperator) row(i int, norm Normalization, s *Sparse, indices []int32, values []float64) {
	at := 0
	put := func(j int32, v float64) {
		indices[at], values[at] = j, v
		at++
	}
	d, placed := o.degrees[i], false
	diagonal := func() {
		v := d
		if norm != Combinatorial && d > 0 {
			v = 1
		}
		put(int32(i), v)
		placed = true
	}
	columns, weights := s.Row(i)
	for k, j := range columns {
		if int(j) >= i && !placed {
			diagonal()
		}
		if int(j) == i {
			continue
		}
		switch w := weights[k]; norm {
		case Combinatorial:
			put(j, -w)
		case Symmetric:
			put(j, -between(w, d, o.degrees[j]))
		case RandomWalk:
			put(j, -w/d)
		}
	}
	if !placed {
		diagonal()
	}
}

// between returns w/√(a·b), the same bits whichever of the degrees comes first,
// where no product of degrees need be a float64.
func between(w, a, b float64) float64 {
	return w / math.Sqrt(min(a, b)) / math.Sqrt(max(a, b))
}

func checkSymmetric(method string, s *Sparse) error {
	if s == nil || s.w == nil {
		return &mat32.ParamError{Method: method, Param: "s", Value: "nil", Want: "weights"}
	}
	if !s.symmetric {
		return &mat32.ParamError{Method: method, Param: "s", Value: "weights that depend on the way", Want: "symmetric ones"}
	}
	return nil
}

// Dim returns the number of rows.
func (o *LaplacianOperator) Dim() int { return len(o.degrees) }

// Apply writes L·x to dst for a block x (n × b) of vectors; dst has the shape of x
// and shares no memory with it. The error is ctx.Err(). Time O(weights · b), on
// every core.
func (o *LaplacianOperator) Apply(ctx context.Context, dst, x *mat.Dense) error {
	if o.matrix == nil {
		return zeroOperator("affinity.LaplacianOperator")
	}
	return o.matrix.Apply(ctx, dst, x)
}

// Row returns the columns, ascending, and the values of row i, its diagonal among
// them: the matrix itself, not copies, so they must not be written to.
func (o *LaplacianOperator) Row(i int) (columns []int32, values []float64) { return o.matrix.Row(i) }

// Degrees returns the sum of the weights of every row to others: the operator's own,
// not copies, so they must not be written to.
func (o *LaplacianOperator) Degrees() []float64 { return o.degrees }

// Bounds returns two numbers between which all eigenvalues are: 0, and 2 where the
// Laplacian is normalised, else twice the largest degree.
func (o *LaplacianOperator) Bounds() (low, high float64) {
	if o.Normalization != Combinatorial {
		return 0, 2
	}
	for _, d := range o.degrees {
		high = max(high, 2*d)
	}
	return 0, high
}

// Weights returns the weights that the Laplacian is of.
func (o *LaplacianOperator) Weights() *Sparse { return o.weights }

// String returns one line.
func (o *LaplacianOperator) String() string {
	return fmt.Sprintf("%s Laplacian of %d rows", o.Normalization, o.Dim())
}
