package nn

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
)

// Linear multiplies a row by a matrix: Out rows of as many weights as columns come
// in, in this order. There is no constant: a BatchNorm behind would take it away, and a
// Bias adds one.
//
// The weights start normal with variance 1/in, so that columns of variance 1 give
// columns of variance 1, or with Gain²/in where Gain is not zero.
type Linear struct {
	Out  int
	Gain float64
}

func (l Linear) shape(in int) (out, parameters int) { return l.Out, l.Out * in }

func (l Linear) begin(values []float32, in int, s *rng.Stream) {
	scale := 1 / math.Sqrt(float64(in))
	if l.Gain != 0 {
		scale *= l.Gain
	}
	for i := range values {
		values[i] = float32(scale * s.Normal())
	}
}

func (l Linear) weights(values []float32, in int) blas32.General {
	return blas32.General{Rows: l.Out, Cols: in, Stride: in, Data: values}
}

func (l Linear) forward(ctx context.Context, values []float32, x, y blas32.General) error {
	return kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, x, l.weights(values, x.Cols), 0, y)
}

func (l Linear) backward(ctx context.Context, values, slopes []float32, x, _, dy, dx blas32.General) error {
	if err := kernel.Gemm32(ctx, blas.Trans, blas.NoTrans, 1, dy, x, 1, l.weights(slopes, x.Cols)); err != nil || dx.Cols == 0 {
		return err
	}
	return kernel.Gemm32(ctx, blas.NoTrans, blas.NoTrans, 1, dy, l.weights(values, x.Cols), 0, dx)
}
