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
// whole rows of them, each with the row it comes from.
func (m *dense) multiply(ctx context.Context, method string, x mat.Matrix, t blas.Transpose, out int, finish func(row, x []float32)) (*mat32.Dense, error) {
	n, d := x.Dims()
	z := mat32.NewDense(n, out, nil)
	made := m.k
	if t == blas.Trans {
		made = m.d
	}
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
		rows := z.Data()[lo*out : hi*out]
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
