package sketch

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// dense is a linear map by a matrix of d × k values.
type dense struct {
	d, k int
	at   []float32
}

func (m *dense) general() blas32.General {
	return blas32.General{Rows: m.d, Cols: m.k, Stride: m.k, Data: m.at}
}

// apply returns x times the matrix.
func (m *dense) apply(ctx context.Context, method string, x mat.Matrix) (*mat32.Dense, error) {
	return m.multiply(ctx, method, x, blas.NoTrans, m.k, nil)
}

// applyT returns y times the transpose.
func (m *dense) applyT(ctx context.Context, method string, y mat.Matrix) (*mat32.Dense, error) {
	return m.multiply(ctx, method, y, blas.Trans, m.d, nil)
}

// multiply returns the products as the last columns of out, and lets finish make
// whole rows of them, each with the values it comes from, of sparse rows those
// stored.
func (m *dense) multiply(ctx context.Context, method string, x mat.Matrix, t blas.Transpose, out int, finish func(row, x []float32)) (*mat32.Dense, error) {
	n, d := x.Dims()
	if x, is := x.(*mat32.CSR); is && 4*float64(x.NNZ()) <= float64(n)*float64(d) {
		return m.scatter(ctx, method, x, t, out, finish)
	}
	z := mat32.NewDense(n, out, nil)
	size := max(8, min(4096, 1<<22/max(d, out)))
	whole, is := x.(*mat32.Dense)
	var copied []float32
	var buf []float64
	if !is {
		copied, buf = make([]float32, min(n, size)*d), make([]float64, d)
	}
	progress := watch.Start(ctx, method, n)
	for lo := 0; lo < n; lo += size {
		hi := min(n, lo+size)
		a := blas32.General{Rows: hi - lo, Cols: d, Stride: d}
		if is {
			a.Data = whole.Data()[lo*d : hi*d]
		} else {
			a.Data = copied[:(hi-lo)*d]
			fill(a.Data, buf, x, lo, hi)
		}
		rows, made := z.Data()[lo*out:hi*out], m.made(t)
		err := kernel.Gemm32(ctx, blas.NoTrans, t, 1, a, m.general(), 0,
			blas32.General{Rows: hi - lo, Cols: made, Stride: out, Data: rows[out-made:]})
		if err == nil && finish != nil {
			err = par.Blocks(ctx, hi-lo, max(1, 1<<13/out), func(from, to int) {
				for i := from; i < to; i++ {
					finish(rows[i*out:(i+1)*out], a.Data[i*d:(i+1)*d])
				}
			})
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		if !finite(rows) {
			return nil, culprit(method, x, lo, hi)
		}
		progress.Add(hi - lo)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return z, nil
}

// made is the number of columns of the product.
func (m *dense) made(t blas.Transpose) int {
	if t == blas.Trans {
		return m.d
	}
	return m.k
}

// scatter is multiply for sparse rows, to the same bits: its time is that of the
// values stored.
func (m *dense) scatter(ctx context.Context, method string, x *mat32.CSR, t blas.Transpose, out int, finish func(row, x []float32)) (*mat32.Dense, error) {
	_, d := x.Dims()
	at, made := m.at, m.made(t)
	if t == blas.Trans {
		at = make([]float32, len(m.at))
		err := par.Blocks(ctx, m.k, max(1, 1<<14/max(m.d, 1)), func(lo, hi int) {
			for i := range m.d {
				for j := lo; j < hi; j++ {
					at[j*m.d+i] = m.at[i*m.k+j]
				}
			}
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	return each(ctx, method, x, out, 0, false, func(s *scratch, _ mat.Matrix, lo, hi int, to []float32) {
		if s.a == nil || len(s.a) < made {
			s.a = make([]float32, made)
		}
		for i := lo; i < hi; i++ {
			row := to[(i-lo)*out:][:out]
			columns, values := x.Row(i)
			kernel.SparseRow32(row[out-made:], columns, values, d, at, made, s.a)
			if finish != nil {
				finish(row, values)
			}
		}
	})
}
