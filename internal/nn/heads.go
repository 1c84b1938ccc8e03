package nn

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
)

// Heads multiplies each prefix of a row by a matrix of its own: Out columns come out for every
// length in Dims, one head after the other, and Dims rise up to the columns that come in.
//
// The weights of a head start normal with variance 1/length, as those of a Linear.
type Heads struct {
	Dims []int
	Out  int
}

func (h Heads) shape(int) (out, parameters int) {
	for _, d := range h.Dims {
		parameters += d * h.Out
	}
	return len(h.Dims) * h.Out, parameters
}

func (h Heads) begin(values []float32, _ int, s *rng.Stream) {
	for _, d := range h.Dims {
		scale := 1 / math.Sqrt(float64(d))
		for i := range values[:d*h.Out] {
			values[i] = float32(scale * s.Normal())
		}
		values = values[d*h.Out:]
	}
}

// head returns the weights of the head at a place in Dims, the prefix of x and the columns of y
// that it gives.
func (h Heads) head(at int, values []float32, x, y blas32.General) (weights, prefix, out blas32.General) {
	for _, d := range h.Dims[:at] {
		values = values[d*h.Out:]
	}
	d := h.Dims[at]
	x.Cols = d
	y.Cols, y.Data = h.Out, y.Data[at*h.Out:]
	return blas32.General{Rows: h.Out, Cols: d, Stride: d, Data: values[:d*h.Out]}, x, y
}

func (h Heads) forward(ctx context.Context, values []float32, x, y blas32.General) error {
	for at := range h.Dims {
		w, from, to := h.head(at, values, x, y)
		if err := kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, from, w, 0, to); err != nil {
			return err
		}
	}
	return nil
}

func (h Heads) backward(ctx context.Context, values, slopes []float32, x, _, dy, dx blas32.General) error {
	for i := range dx.Rows * min(dx.Cols, 1) {
		clear(dx.Data[i*dx.Stride:][:dx.Cols])
	}
	for at := range h.Dims {
		slope, from, by := h.head(at, slopes, x, dy)
		if err := kernel.Gemm32(ctx, blas.Trans, blas.NoTrans, 1, by, from, 1, slope); err != nil {
			return err
		}
		if dx.Cols == 0 {
			continue
		}
		w, to, by := h.head(at, values, dx, dy)
		if err := kernel.Gemm32(ctx, blas.NoTrans, blas.NoTrans, 1, by, w, 1, to); err != nil {
			return err
		}
	}
	return nil
}
