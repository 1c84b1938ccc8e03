// Package nn holds small feed-forward networks and what trains them.
//
// A Net is layers one after another with all their parameters in one vector.
// Values are float32, one row a sample. Work is cut by shapes alone: the same bits
// on any number of cores.
package nn

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/flatland-go/flatland/internal/rng"
)

// Net is a network with its parameters and their gradient, both in the order of
// the layers. Forward keeps what Backward needs: a Net belongs to one goroutine.
type Net struct {
	Values []float32 // the parameters
	Slopes []float32 // what Backward added up of the gradient by them

	in     int
	layers []Layer
	widths []int // of what every layer gives
	starts []int // where the parameters of every layer begin, and their end

	x       blas32.General   // the batch
	most    int              // rows that there is room for
	out, by []blas32.General // what every layer made of it, and the gradient by that
}

// Layer is one step of a network: Linear, Bias, Heads, *BatchNorm or *Residual.
type Layer interface {
	// shape returns how many columns come out and how many parameters there are.
	shape(in int) (out, parameters int)

	// begin sets the parameters to what training starts from.
	begin(values []float32, in int, s *rng.Stream)

	// forward computes y from x.
	forward(ctx context.Context, values []float32, x, y blas32.General) error

	// backward adds to slopes and sets dx, unless that has no columns, as that of the
	// first layer. It may change dy.
	backward(ctx context.Context, values, slopes []float32, x, y, dy, dx blas32.General) error
}

// New returns a net for rows of in columns; its parameters are drawn from the
// streams of seed and purpose, one for every layer.
func New(in int, seed uint64, purpose string, layers ...Layer) *Net {
	n := frame(in, layers)
	total := n.starts[len(layers)]
	n.Values, n.Slopes = make([]float32, total), make([]float32, total)
	width := in
	for i, l := range layers {
		s := rng.New(seed, purpose, i)
		l.begin(n.Parameters(i), width, &s)
		width = n.widths[i]
	}
	return n
}

// Of returns a net with given parameters, which it does not copy. The layers must hold
// nothing: Linear, Bias and Heads.
func Of(in int, values []float32, layers ...Layer) *Net {
	n := frame(in, layers)
	n.Values, n.Slopes = values, make([]float32, n.starts[len(layers)])
	return n
}

// Share returns a net with the parameters of n, not a copy, and slopes of its own: what
// works on another part of a batch at the same time. The layers must hold nothing: Linear, Bias
// and Heads.
func (n *Net) Share() *Net {
	return Of(n.in, n.Values, n.layers...)
}

// frame returns a net without parameters.
func frame(in int, layers []Layer) *Net {
	n := &Net{in: in, layers: layers, starts: []int{0}}
	total, width := 0, in
	for _, l := range layers {
		out, parameters := l.shape(width)
		total, width = total+parameters, out
		n.widths, n.starts = append(n.widths, out), append(n.starts, total)
	}
	return n
}

// Parameters returns those of layer i: part of Values, not a copy.
func (n *Net) Parameters(i int) []float32 { return n.Values[n.starts[i]:n.starts[i+1]:n.starts[i+1]] }

// Bytes returns the memory that training a net of these layers by Adam takes, with
// batches of so many rows.
func Bytes(in, rows int, layers ...Layer) int64 {
	var parameters, columns int64
	for _, l := range layers {
		out, p := l.shape(in)
		parameters, columns = parameters+int64(p), columns+int64(out)
		if r, ok := l.(*Residual); ok {
			columns += Bytes(in, 1, r.Layers...)/8 - 2*int64(p)
		}
		in = out
	}
	return 16*parameters + 8*int64(rows)*columns
}

// Forward returns what the net makes of the rows of x, which must stay as they
// are until Backward. The next Forward overwrites the result.
func (n *Net) Forward(ctx context.Context, x blas32.General) (blas32.General, error) {
	if x.Cols != n.in {
		panic(fmt.Sprintf("nn: rows of %d columns for a net of %d", x.Cols, n.in))
	}
	if x.Rows > n.most {
		n.most, n.out, n.by = x.Rows, nil, nil
		for _, w := range n.widths {
			n.out, n.by = append(n.out, matrix(x.Rows, w)), append(n.by, matrix(x.Rows, w))
		}
	}
	for i := range n.out {
		n.out[i].Rows, n.by[i].Rows = x.Rows, x.Rows
	}
	n.x = x
	for i, l := range n.layers {
		if err := l.forward(ctx, n.Parameters(i), x, n.out[i]); err != nil {
			return x, err
		}
		x = n.out[i]
	}
	return x, nil
}

// Output returns what layer i made of the rows of the last Forward.
func (n *Net) Output(i int) blas32.General { return n.out[i] }

func matrix(rows, cols int) blas32.General {
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
}

// Gradient returns where Backward expects the gradient by what Forward returned.
func (n *Net) Gradient() blas32.General { return n.by[len(n.by)-1] }

// Backward adds the gradient by the parameters to Slopes, from that by the result
// of the last Forward, which Gradient() holds and which is used up.
func (n *Net) Backward(ctx context.Context) error { return n.backward(ctx, blas32.General{}) }

// backward is Backward that also sets the gradient by the batch, unless that has no columns.
func (n *Net) backward(ctx context.Context, first blas32.General) error {
	for i := len(n.layers) - 1; i >= 0; i-- {
		x, dx := n.x, first
		if i > 0 {
			x, dx = n.out[i-1], n.by[i-1]
		}
		slopes := n.Slopes[n.starts[i]:n.starts[i+1]]
		if err := n.layers[i].backward(ctx, n.Parameters(i), slopes, x, n.out[i], n.by[i], dx); err != nil {
			return err
		}
	}
	return nil
}
