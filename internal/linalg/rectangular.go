package linalg

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Rectangular is a matrix known by its products with blocks of vectors. The same
// input must give the same bits, and dst shares no memory with x.
type Rectangular interface {
	Dims() (rows, cols int)
	// Mul writes A·x to dst; x is cols × b and dst rows × b.
	Mul(ctx context.Context, dst, x *mat.Dense) error
	// MulTrans writes Aᵀ·x to dst; x is rows × b and dst cols × b.
	MulTrans(ctx context.Context, dst, x *mat.Dense) error
}

// Rows64 is a Rectangular of float64 values.
type Rows64 struct{ X *mat.Dense }

// Dims returns the shape.
func (a Rows64) Dims() (rows, cols int) { return a.X.Dims() }

// Mul writes A·x to dst.
func (a Rows64) Mul(ctx context.Context, dst, x *mat.Dense) error {
	return kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, a.X.RawMatrix(), x.RawMatrix(), 0, dst.RawMatrix())
}

// MulTrans writes Aᵀ·x to dst.
func (a Rows64) MulTrans(ctx context.Context, dst, x *mat.Dense) error {
	return kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, a.X.RawMatrix(), x.RawMatrix(), 0, dst.RawMatrix())
}

// Rows32 is a Rectangular of float32 values, which it borrows. Products are
// computed in float32 and sums over many rows in float64: they have about six
// digits, at half the time of Rows64.
type Rows32 struct{ X blas32.General }

// rowsTogether is how many rows are summed in float32, and how many are
// converted at a time.
const rowsTogether = 1024

// Dims returns the shape.
func (a Rows32) Dims() (rows, cols int) { return a.X.Rows, a.X.Cols }

// Mul writes A·x to dst.
func (a Rows32) Mul(ctx context.Context, dst, x *mat.Dense) error {
	_, b := x.Dims()
	right, err := narrow(ctx, x, 0, a.X.Cols, make([]float32, a.X.Cols*b))
	if err != nil {
		return err
	}
	work := make([]float32, min(a.X.Rows, 4*rowsTogether)*b)
	for lo := 0; lo < a.X.Rows; lo += 4 * rowsTogether {
		rows := min(4*rowsTogether, a.X.Rows-lo)
		part := blas32.General{Rows: rows, Cols: b, Stride: b, Data: work[:rows*b]}
		if err := kernel.Gemm32(ctx, blas.NoTrans, blas.NoTrans, 1, a.part(lo, rows), right, 0, part); err != nil {
			return err
		}
		err := par.Blocks(ctx, rows, tallRows, func(from, to int) {
			for i := from; i < to; i++ {
				row := dst.RawRowView(lo + i)
				for j, v := range part.Data[i*b : (i+1)*b] {
					row[j] = float64(v)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// MulTrans writes Aᵀ·x to dst.
func (a Rows32) MulTrans(ctx context.Context, dst, x *mat.Dense) error {
	_, b := x.Dims()
	d := a.X.Cols
	buffer, part := make([]float32, min(a.X.Rows, rowsTogether)*b), blas32.General{Rows: d, Cols: b, Stride: b, Data: make([]float32, d*b)}
	dst.Zero()
	for lo := 0; lo < a.X.Rows; lo += rowsTogether {
		rows := min(rowsTogether, a.X.Rows-lo)
		right, err := narrow(ctx, x, lo, lo+rows, buffer)
		if err != nil {
			return err
		}
		if err := kernel.Gemm32(ctx, blas.Trans, blas.NoTrans, 1, a.part(lo, rows), right, 0, part); err != nil {
			return err
		}
		err = par.Blocks(ctx, d, tallRows, func(from, to int) {
			for i := from; i < to; i++ {
				row := dst.RawRowView(i)
				for j, v := range part.Data[i*b : (i+1)*b] {
					row[j] += float64(v)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (a Rows32) part(lo, rows int) blas32.General {
	return blas32.General{Rows: rows, Cols: a.X.Cols, Stride: a.X.Stride, Data: a.X.Data[lo*a.X.Stride:]}
}

// narrow converts rows lo … hi−1 of x to float32.
func narrow(ctx context.Context, x *mat.Dense, lo, hi int, buffer []float32) (blas32.General, error) {
	_, b := x.Dims()
	err := par.Blocks(ctx, hi-lo, tallRows, func(from, to int) {
		for i := from; i < to; i++ {
			row := buffer[i*b : (i+1)*b]
			for j, v := range x.RawRowView(lo + i) {
				row[j] = float32(v)
			}
		}
	})
	return blas32.General{Rows: hi - lo, Cols: b, Stride: b, Data: buffer[:(hi-lo)*b]}, err
}

// Centered is a matrix from whose rows Mean has been subtracted: it is never
// formed, so that a sparse one stays sparse.
type Centered struct {
	Of   Rectangular
	Mean []float64
}

// Dims returns the shape.
func (a Centered) Dims() (rows, cols int) { return a.Of.Dims() }

// Mul writes (A − 1·meanᵀ)·x to dst.
func (a Centered) Mul(ctx context.Context, dst, x *mat.Dense) error {
	if err := a.Of.Mul(ctx, dst, x); err != nil {
		return err
	}
	n, b := dst.Dims()
	shift := make([]float64, b)
	for i, m := range a.Mean {
		kernel.Axpy64(m, x.RawRowView(i), shift)
	}
	return par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			kernel.Axpy64(-1, shift, dst.RawRowView(i))
		}
	})
}

// MulTrans writes (A − 1·meanᵀ)ᵀ·x to dst.
func (a Centered) MulTrans(ctx context.Context, dst, x *mat.Dense) error {
	if err := a.Of.MulTrans(ctx, dst, x); err != nil {
		return err
	}
	n, b := x.Dims()
	parts := make([]float64, (n+tallRows-1)/tallRows*b)
	err := par.Blocks(ctx, n, tallRows, func(lo, hi int) {
		part := parts[lo/tallRows*b:][:b]
		for i := lo; i < hi; i++ {
			kernel.Axpy64(1, x.RawRowView(i), part)
		}
	})
	if err != nil {
		return err
	}
	sums := make([]float64, b)
	for p := 0; p < len(parts); p += b {
		kernel.Axpy64(1, parts[p:p+b], sums)
	}
	for j, m := range a.Mean {
		kernel.Axpy64(-m, sums, dst.RawRowView(j))
	}
	return nil
}

// transposed is the transpose of a matrix.
type transposed struct{ of Rectangular }

func (a transposed) Dims() (rows, cols int) { cols, rows = a.of.Dims(); return rows, cols }

func (a transposed) Mul(ctx context.Context, dst, x *mat.Dense) error {
	return a.of.MulTrans(ctx, dst, x)
}

func (a transposed) MulTrans(ctx context.Context, dst, x *mat.Dense) error {
	return a.of.Mul(ctx, dst, x)
}
