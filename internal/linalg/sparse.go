package linalg

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// sparseRows is how many rows of a sparse matrix are one unit of work.
const sparseRows = 128

// CSR is a sparse matrix of float64 values in compressed rows. As an Operator it
// must be square and symmetric, with both triangles stored. It never changes, and
// is safe for concurrent use.
type CSR struct {
	rows, cols int
	start      []int // of every row in indices and values, and the end of the last
	indices    []int32
	values     []float64

	turn       sync.Mutex
	transposed *CSR // built by the first MulTrans
}

// NewCSR returns the sparse matrix whose row i has values[k] at column
// indices[k] for start[i] ≤ k < start[i+1]; the columns of a row must ascend. The
// slices are borrowed. A matrix that is not well formed or not finite is an
// *InputError. It costs one pass over the values.
func NewCSR(rows, cols int, start []int, indices []int32, values []float64) (*CSR, error) {
	wrong := func(format string, args ...any) error {
		return &InputError{What: "sparse matrix", Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case rows < 0 || cols < 0 || cols > math.MaxInt32 || rows > math.MaxInt32:
		return nil, wrong("%d × %d is not a shape that int32 counts", rows, cols)
	case len(start) != rows+1: // which also keeps start[0] and start[rows] in range
		return nil, wrong("%d offsets for %d rows", len(start), rows)
	case len(indices) != len(values) || start[0] != 0 || start[rows] != len(values):
		return nil, wrong("offsets from %d to %d for %d columns and %d values", start[0], start[rows], len(indices), len(values))
	}
	for i := range rows {
		lo, hi := start[i], start[i+1]
		if lo > hi || hi > len(values) {
			return nil, wrong("row %d runs from offset %d to %d of %d", i, lo, hi, len(values))
		}
		last := int32(-1)
		for k := lo; k < hi; k++ {
			if j := indices[k]; j <= last || int(j) >= cols {
				return nil, wrong("row %d has column %d after column %d of %d", i, j, last, cols)
			}
			last = indices[k]
			if v := values[k]; math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, wrong("value at row %d, column %d is %v", i, last, v)
			}
		}
	}
	return &CSR{rows: rows, cols: cols, start: start, indices: indices, values: values}, nil
}

// Dims returns the number of rows and columns.
func (a *CSR) Dims() (rows, cols int) { return a.rows, a.cols }

// Dim returns the order of a square matrix.
func (a *CSR) Dim() int { return a.rows }

// NNZ returns the number of stored values.
func (a *CSR) NNZ() int { return len(a.values) }

// Row returns the columns and values that row i stores: the matrix itself, which
// must not be written to.
func (a *CSR) Row(i int) (columns []int32, values []float64) {
	lo, hi := a.start[i], a.start[i+1]
	return a.indices[lo:hi:hi], a.values[lo:hi:hi]
}

// Diagonal returns the values on the diagonal.
func (a *CSR) Diagonal() []float64 {
	d := make([]float64, min(a.rows, a.cols))
	for i := range d {
		columns, values := a.Row(i)
		for k, j := range columns {
			if int(j) == i {
				d[i] = values[k]
			}
		}
	}
	return d
}

// bounds encloses the eigenvalues in Gershgorin's discs.
func (a *CSR) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for i := range a.rows {
		columns, values := a.Row(i)
		center, radius := 0., 0.
		for k, j := range columns {
			if int(j) == i {
				center = values[k]
			} else {
				radius += math.Abs(values[k])
			}
		}
		low, high = min(low, center-radius), max(high, center+radius)
	}
	if a.rows == 0 {
		return 0, 0
	}
	return low, high
}

// Apply writes A·x to dst; x is cols × b and dst rows × b. Every value is summed
// in the order of the columns.
func (a *CSR) Apply(ctx context.Context, dst, x *mat.Dense) error {
	return a.affine(ctx, dst, x, 1, 0, 0)
}

// Mul is Apply, as Rectangular names it.
func (a *CSR) Mul(ctx context.Context, dst, x *mat.Dense) error { return a.Apply(ctx, dst, x) }

// MulTrans writes Aᵀ·x to dst; x is rows × b and dst cols × b: the product of
// Transposed, whose sums run down the rows in order, on any number of cores.
func (a *CSR) MulTrans(ctx context.Context, dst, x *mat.Dense) error {
	t, err := a.Transposed(ctx)
	if err != nil {
		return err
	}
	return t.Apply(ctx, dst, x)
}

// Transposed returns the transpose. The first call builds it, 12 bytes a value,
// and later ones share it. The error is ctx.Err().
func (a *CSR) Transposed(ctx context.Context) (*CSR, error) {
	a.turn.Lock()
	defer a.turn.Unlock()
	if a.transposed == nil {
		a.transposed = a.transpose(ctx)
	}
	if a.transposed == nil {
		return nil, ctx.Err()
	}
	return a.transposed, nil
}

// transpose returns a copy that stores the columns as rows, or nil when ctx is
// done.
func (a *CSR) transpose(ctx context.Context) *CSR {
	t := &CSR{rows: a.cols, cols: a.rows, start: make([]int, a.cols+1), indices: make([]int32, len(a.indices)), values: make([]float64, len(a.values))}
	const together = 1 << 20 // values between looks at ctx
	for k, j := range a.indices {
		if k%together == 0 && ctx.Err() != nil {
			return nil
		}
		t.start[j+1]++
	}
	for j := range a.cols {
		t.start[j+1] += t.start[j]
	}
	next := append([]int(nil), t.start...)
	seen := 0
	for i := range a.rows {
		columns, values := a.Row(i)
		if seen += len(values); seen > together {
			if seen = 0; ctx.Err() != nil {
				return nil
			}
		}
		for k, j := range columns {
			t.indices[next[j]], t.values[next[j]] = int32(i), values[k]
			next[j]++
		}
	}
	return t
}

// affine computes dst ← alpha·A·x + shift·x + gamma·dst.
func (a *CSR) affine(ctx context.Context, dst, x *mat.Dense, alpha, shift, gamma float64) error {
	to, from := dst.RawMatrix(), x.RawMatrix()
	if to.Rows != a.rows || from.Rows != a.cols || to.Cols != from.Cols {
		panic(mat.ErrShape)
	}
	b := from.Cols
	return par.Blocks(ctx, a.rows, sparseRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s, e := a.start[i], a.start[i+1]
			out := to.Data[i*to.Stride : i*to.Stride+b]
			kernel.Gather64(alpha, a.values[s:e], a.indices[s:e], from.Data, from.Stride, gamma, out)
			if shift != 0 {
				kernel.Axpy64(shift, from.Data[i*from.Stride:i*from.Stride+b], out)
			}
		}
	})
}
