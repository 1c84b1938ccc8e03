package nn

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
)

// Bias adds a learned constant to every column, zero at first, and bends what comes of it.
type Bias struct{ Shape Shape }

// Shape is what a Bias makes of a value.
type Shape int

// Shapes.
const (
	Straight  Shape = iota // the value itself
	Rectified              // the value, or zero where it is negative
	Tanh                   // its hyperbolic tangent
	GELU                   // times the share of the standard normal distribution below it
)

func (b Bias) shape(in int) (out, parameters int) { return in, in }

func (b Bias) begin(values []float32, _ int, _ *rng.Stream) { clear(values) }

// rowsOf is how many rows of so many columns are worth another core.
func rowsOf(cols int) int { return max(1, 1<<14/cols) }

func (b Bias) forward(ctx context.Context, values []float32, x, y blas32.General) error {
	return par.Blocks(ctx, x.Rows, rowsOf(x.Cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			from, to := x.Data[i*x.Stride:][:len(values)], y.Data[i*y.Stride:][:len(values)]
			switch b.Shape {
			case Rectified:
				for j, v := range values {
					to[j] = max(from[j]+v, 0)
				}
			case Tanh:
				for j, v := range values {
					to[j] = float32(math.Tanh(float64(from[j] + v)))
				}
			case GELU:
				for j, v := range values {
					z := float64(from[j] + v)
					to[j] = float32(z * below(z))
				}
			default:
				for j, v := range values {
					to[j] = from[j] + v
				}
			}
		}
	})
}

func (b Bias) backward(ctx context.Context, values, slopes []float32, x, y, dy, dx blas32.General) error {
	err := par.Blocks(ctx, y.Rows, rowsOf(y.Cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g, v := dy.Data[i*dy.Stride:][:len(values)], y.Data[i*y.Stride:][:len(values)]
			switch b.Shape {
			case Rectified:
				rectify(g, v)
			case Tanh:
				for j, t := range v {
					g[j] *= 1 - t*t
				}
			case GELU:
				for j, u := range x.Data[i*x.Stride:][:len(values)] {
					z := float64(u + values[j])
					g[j] *= float32(below(z) + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi))
				}
			}
			if dx.Cols > 0 {
				copy(dx.Data[i*dx.Stride:][:len(values)], g)
			}
		}
	})
	if err != nil {
		return err
	}
	return par.Blocks(ctx, len(values), columnsAtOnce, func(lo, hi int) {
		for i := range dy.Rows {
			kernel.Axpy32(1, dy.Data[i*dy.Stride:][lo:hi], slopes[lo:hi]) // no rounding but that of the sum
		}
	})
}

// below returns the share of the standard normal distribution below z.
func below(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
