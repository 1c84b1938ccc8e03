package nn

import (
	"context"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
)

// Residual adds to a row what Layers make of it, which must be as wide (K. He, X. Zhang, S.
// Ren and J. Sun, 2016, Deep residual learning for image recognition). It holds what they
// gave: a *Residual belongs to one net.
type Residual struct {
	Layers []Layer

	net *Net // of Layers, with the parameters of the net around
}

func (r *Residual) shape(in int) (out, parameters int) {
	out = in
	for _, l := range r.Layers {
		var p int
		out, p = l.shape(out)
		parameters += p
	}
	if out != in {
		panic("nn: a residual of another width")
	}
	return out, parameters
}

func (r *Residual) begin(values []float32, in int, s *rng.Stream) {
	r.net = frame(in, r.Layers)
	r.net.Values = values
	for i, l := range r.Layers {
		l.begin(r.net.Parameters(i), in, s)
		in = r.net.widths[i]
	}
}

func (r *Residual) forward(ctx context.Context, values []float32, x, y blas32.General) error {
	r.net.Values = values
	out, err := r.net.Forward(ctx, x)
	if err != nil {
		return err
	}
	for i := range x.Rows {
		to := y.Data[i*y.Stride:][:x.Cols]
		copy(to, x.Data[i*x.Stride:])
		kernel.Axpy32(1, out.Data[i*out.Stride:][:x.Cols], to)
	}
	return nil
}

func (r *Residual) backward(ctx context.Context, values, slopes []float32, x, _, dy, dx blas32.General) error {
	r.net.Values, r.net.Slopes = values, slopes
	by := r.net.Gradient()
	for i := range dy.Rows {
		copy(by.Data[i*by.Stride:][:by.Cols], dy.Data[i*dy.Stride:])
	}
	if err := r.net.backward(ctx, dx); err != nil || dx.Cols == 0 {
		return err
	}
	for i := range dy.Rows {
		kernel.Axpy32(1, dy.Data[i*dy.Stride:][:dy.Cols], dx.Data[i*dx.Stride:][:dy.Cols])
	}
	return nil
}
