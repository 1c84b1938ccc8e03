package linalg

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// What block methods do to tall blocks: n rows of a few columns, where a column
// is a vector and a row lies in one cache line or a few.

// tallRows is how many rows of a tall block are one unit of work.
const tallRows = 512

// workspace keeps blocks that are no longer needed for later ones: fresh memory
// costs as much as a product with a sparse matrix.
type workspace struct{ free [][]float64 }

// block returns an n × b block of any content.
func (w *workspace) block(n, b int) *mat.Dense {
	for i, data := range w.free {
		if cap(data) >= n*b {
			w.free = slices.Delete(w.free, i, i+1)
			return mat.NewDense(n, b, data[:n*b])
		}
	}
	return mat.NewDense(n, b, nil)
}

// release takes back blocks that block returned.
func (w *workspace) release(blocks ...*mat.Dense) {
	for _, m := range blocks {
		w.free = append(w.free, m.RawMatrix().Data)
	}
}

// columns returns the columns lo … hi−1 of a as a view.
func columns(a *mat.Dense, lo, hi int) *mat.Dense {
	n, _ := a.Dims()
	if lo == hi {
		return &mat.Dense{}
	}
	return a.Slice(0, n, lo, hi).(*mat.Dense)
}

// inner returns aᵀb.
func inner(ctx context.Context, a, b *mat.Dense) (*mat.Dense, error) {
	if a.IsEmpty() || b.IsEmpty() {
		return &mat.Dense{}, ctx.Err()
	}
	_, m := a.Dims()
	_, c := b.Dims()
	p := mat.NewDense(m, c, nil)
	if a == b {
		return p, kernel.Syrk64(ctx, blas.Trans, 1, a.RawMatrix(), 0, p.RawMatrix())
	}
	return p, kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.RawMatrix(), b.RawMatrix(), 0, p.RawMatrix())
}

// combine computes dst ← alpha·a·c + beta·dst for a tall block a and a small
// matrix c.
func combine(ctx context.Context, dst *mat.Dense, alpha float64, a, c *mat.Dense, beta float64) error {
	return kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, alpha, a.RawMatrix(), c.RawMatrix(), beta, dst.RawMatrix())
}

// columnDots returns the inner products of the columns of a with those of b, one
// by one, with sums over blocks of rows in order.
func columnDots(ctx context.Context, a, b *mat.Dense) ([]float64, error) {
	n, c := a.Dims()
	parts := make([]float64, (n+tallRows-1)/tallRows*c)
	err := par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		part := parts[lo/tallRows*c:][:c]
		for i := lo; i < hi; i++ {
			y := b.RawRowView(i)
			for j, x := range a.RawRowView(i) {
				part[j] += x * y[j]
			}
		}
	})
	if err != nil {
		return nil, err
	}
	sums := make([]float64, c)
	for p := 0; p < len(parts); p += c {
		kernel.Axpy64(1, parts[p:p+c], sums)
	}
	return sums, nil
}

// columnNorms returns the lengths of the columns of a, of any magnitude.
func columnNorms(ctx context.Context, a *mat.Dense) ([]float64, error) {
	norms, err := columnDots(ctx, a, a)
	if err != nil {
		return nil, err
	}
	for j, v := range norms {
		norms[j] = math.Sqrt(v)
		if !(v > 0x1p-900 && v < 0x1p900) { // squares may have left the range
			norms[j] = columnNorm(a, j)
		}
	}
	return norms, nil
}

// columnNorm returns the length of a column by way of its largest value.
func columnNorm(a *mat.Dense, j int) float64 {
	n, _ := a.Dims()
	most, sum := 0., 0.
	for i := range n {
		most = max(most, math.Abs(a.At(i, j)))
	}
	if most == 0 || math.IsInf(most, 0) {
		return most
	}
	for i := range n {
		v := a.At(i, j) / most
		sum += v * v
	}
	return most * math.Sqrt(sum)
}

// fillNormal fills a with standard normal numbers, a stream a row.
func fillNormal(ctx context.Context, a *mat.Dense, seed uint64, purpose string) error {
	n, _ := a.Dims()
	return par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			s := rng.New(seed, purpose, i)
			row := a.RawRowView(i)
			for j := range row {
				row[j] = s.Normal()
			}
		}
	})
}

// project removes from the columns of x their components along the orthonormal
// columns of base, and returns the largest share of a column's length 1 that was
// removed.
func project(ctx context.Context, x, base *mat.Dense) (removed float64, err error) {
	c, err := inner(ctx, base, x)
	if err != nil || c.IsEmpty() {
		return 0, err
	}
	for _, v := range c.RawMatrix().Data {
		removed = max(removed, math.Abs(v))
	}
	return removed, combine(ctx, x, -1, base, c, 1)
}

// orthonormalizeAgainst makes the columns of x orthonormal, and orthogonal to the
// orthonormal columns of each base, in place. What depends on the bases or on
// other columns to working precision is dropped; the rank that is left is
// returned, and the result stands in the first columns of x.
//
// It is Cholesky QR with a pivot rule, repeated until the columns are orthonormal
// to rounding (Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, 2015, Roundoff error
// analysis of the CholeskyQR2 algorithm): everything of size n is a product with a
// small matrix.
func orthonormalizeAgainst(ctx context.Context, w *workspace, x *mat.Dense, bases ...*mat.Dense) (rank int, err error) {
	const passes = 6
	n, rank := x.Dims()
	if err := unitColumns(ctx, x); err != nil {
		return 0, err
	}
	buffer := w.block(n, rank)
	defer w.release(buffer)
	for range passes {
		moved := 0.
		for _, base := range bases {
			if base == nil || base.IsEmpty() {
				continue
			}
			removed, err := project(ctx, x, base)
			if err != nil {
				return 0, err
			}
			moved = max(moved, removed)
		}
		gram, err := inner(ctx, x, x)
		if err != nil {
			return 0, err
		}
		for i := range rank {
			for j := range i {
				moved = max(moved, math.Abs(gram.At(i, j)))
			}
		}
		r := inverseFactor(gram)
		if r.IsEmpty() {
			return 0, nil
		}
		_, kept := r.Dims()
		to := columns(buffer, 0, kept)
		if err := combine(ctx, to, 1, x, r, 0); err != nil {
			return 0, err
		}
		x = columns(x, 0, kept)
		x.Copy(to)
		rank = kept
		// What was nearly orthonormal before this pass is so to rounding after it.
		if moved < 1e-2 {
			break
		}
	}
	return rank, nil
}

// unitColumns gives the columns of x that are not zero length 1.
func unitColumns(ctx context.Context, x *mat.Dense) error {
	norms, err := columnNorms(ctx, x)
	if err != nil {
		return err
	}
	n, _ := x.Dims()
	return par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x.RawRowView(i)
			for j, v := range norms {
				if v > 0 {
					row[j] /= v
				}
			}
		}
	})
}

// inverseFactor returns R with (xR)ᵀ(xR) = I for the Gram matrix g = xᵀx of columns
// of at most unit length. It has a column for every column of x of which more
// than rounding is left, and which does not depend on those before it.
func inverseFactor(g *mat.Dense) *mat.Dense {
	const (
		// The square of the length at which a column, of length 1 before the
		// projections, is made of rounding.
		rounding = 1e-28
		// The share of its squared length that makes a column independent.
		negligible = 1e-13
	)
	n, _ := g.Dims()
	// Row k of inverse is the combination of columns of x that makes the kth unit
	// vector; products holds its products with one column.
	inverse, products := mat.NewDense(n, n, nil), make([]float64, n)
	kept := 0
	for j := range n {
		own := g.At(j, j)
		if !(own > rounding) {
			continue
		}
		left := own
		for k := range kept {
			products[k] = kernel.Dot64(inverse.RawRowView(k), g.RawRowView(j))
			left -= products[k] * products[k]
		}
		if left <= negligible*own {
			continue
		}
		row := inverse.RawRowView(kept)
		row[j] = 1
		for k := range kept {
			kernel.Axpy64(-products[k], inverse.RawRowView(k), row)
		}
		kernel.Scal64(1/math.Sqrt(left), row)
		kept++
	}
	if kept == 0 {
		return &mat.Dense{}
	}
	return mat.DenseCopyOf(inverse.Slice(0, kept, 0, n).T())
}
