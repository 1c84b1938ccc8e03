package linalg

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// Preconditioner approximates the inverse of a symmetric positive definite
// matrix by another one.
type Preconditioner interface {
	// Precondition writes M⁻¹·r to dst; both are n × b and share no memory.
	Precondition(ctx context.Context, dst, r *mat.Dense) error
}

// Jacobi divides by the diagonal it holds. Entries that are not positive count
// as 1.
type Jacobi []float64

// Precondition writes M⁻¹·r to dst.
func (d Jacobi) Precondition(ctx context.Context, dst, r *mat.Dense) error {
	n, _ := r.Dims()
	return par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f := 1.
			if d[i] > 0 && !math.IsInf(1/d[i], 0) {
				f = 1 / d[i]
			}
			to := dst.RawRowView(i)
			for j, v := range r.RawRowView(i) {
				to[j] = f * v
			}
		}
	})
}

// IncompleteCholesky is a factorisation A + shift·diag(A) ≈ L·Lᵀ in which L has
// the pattern of A. For a singular Laplacian it is one of a nearby regular matrix.
type IncompleteCholesky struct {
	n       int
	start   []int
	indices []int32 // of every row, ascending; without the diagonal
	values  []float64
	inverse []float64 // of the diagonal of L

	// Shift is the share of the diagonal that had to be added.
	Shift float64
}

// NewIncompleteCholesky factors a, which must be symmetric: only the lower triangle
// is read. It must be square with a positive diagonal (zero rows aside); else it is
// an *InputError, as where it is far from positive definite. Where a pivot
// fails, the diagonal is raised and the factorisation repeated (Manteuffel, 1980,
// An incomplete factorization technique for positive definite linear systems). It
// costs O(Σ mᵢ²) for rows of mᵢ values, and 12 bytes a value of the lower triangle.
func NewIncompleteCholesky(ctx context.Context, a *CSR) (*IncompleteCholesky, error) {
	if a.rows != a.cols {
		return nil, &InputError{What: "incomplete Cholesky", Reason: fmt.Sprintf("the matrix is %d × %d, want a square one", a.rows, a.cols)}
	}
	c := &IncompleteCholesky{n: a.rows, start: make([]int, a.rows+1), inverse: make([]float64, a.rows)}
	diagonal := a.Diagonal()
	for i, d := range diagonal {
		columns, values := a.Row(i)
		for k, j := range columns {
			if int(j) < i {
				c.indices = append(c.indices, j)
			}
			if d <= 0 && values[k] != 0 {
				return nil, &InputError{What: "incomplete Cholesky", Reason: fmt.Sprintf("the diagonal is %v in row %d, want a positive one", d, i)}
			}
		}
		c.start[i+1] = len(c.indices)
	}
	c.values = make([]float64, len(c.indices))
	for shift := 1e-10; shift < 1e3; shift = max(1e-4, 4*shift) {
		c.Shift = shift
		ok, err := c.factor(ctx, a, diagonal)
		if err != nil || ok {
			return c, err
		}
	}
	return nil, &InputError{What: "incomplete Cholesky", Reason: "the matrix is far from positive definite"}
}

// factor tries one shift.
func (c *IncompleteCholesky) factor(ctx context.Context, a *CSR, diagonal []float64) (bool, error) {
	for i := range c.n {
		if err := ctx.Err(); err != nil { // a long row takes a while
			return false, err
		}
		lo, hi := c.start[i], c.start[i+1]
		_, values := a.Row(i)
		copy(c.values[lo:hi], values)
		d := diagonal[i] * (1 + c.Shift)
		for k := lo; k < hi; k++ {
			// Subtract what rows i and j of L have in common before column j.
			j := c.indices[k]
			v := c.values[k]
			p, q, end := lo, c.start[j], c.start[j+1]
			for p < k && q < end {
				switch x, y := c.indices[p], c.indices[q]; {
				case x == y:
					v -= c.values[p] * c.values[q]
					p++
					q++
				case x < y:
					p++
				default:
					q++
				}
			}
			v *= c.inverse[j]
			c.values[k] = v
			d -= v * v
		}
		if diagonal[i] == 0 {
			d = 1
		}
		if !(d > 1e-12*diagonal[i]) || math.IsInf(d, 0) {
			return false, nil
		}
		c.inverse[i] = 1 / math.Sqrt(d)
	}
	return true, nil
}

// Precondition writes (L·Lᵀ)⁻¹·r to dst. Groups of columns are solved at the same
// time, each row after row.
func (c *IncompleteCholesky) Precondition(ctx context.Context, dst, r *mat.Dense) error {
	_, b := r.Dims()
	const width = 8
	return par.Blocks(ctx, b, width, func(lo, hi int) {
		to := columns(dst, lo, hi)
		to.Copy(columns(r, lo, hi))
		m := to.RawMatrix()
		var sum [width]float64
		for i := range c.n {
			if i%4096 == 0 && ctx.Err() != nil {
				return
			}
			row := m.Data[i*m.Stride:][:hi-lo]
			s := sum[:len(row)]
			copy(s, row)
			for k := c.start[i]; k < c.start[i+1]; k++ {
				v := c.values[k]
				other := m.Data[int(c.indices[k])*m.Stride:][:len(s)]
				for j := range s {
					s[j] -= v * other[j]
				}
			}
			f := c.inverse[i]
			for j, v := range s {
				row[j] = f * v
			}
		}
		for i := c.n - 1; i >= 0; i-- {
			if i%4096 == 0 && ctx.Err() != nil {
				return
			}
			row := m.Data[i*m.Stride:][:hi-lo]
			f := c.inverse[i]
			for j := range row {
				row[j] *= f
			}
			for k := c.start[i]; k < c.start[i+1]; k++ {
				v := c.values[k]
				other := m.Data[int(c.indices[k])*m.Stride:][:len(row)]
				for j, x := range row {
					other[j] -= v * x
				}
			}
		}
	})
}
