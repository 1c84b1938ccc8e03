package layout

import (
	"context"
	"math"

	"github.com/flatland-go/flatland/internal/par"
)

// Direct is the Repulsion of all pairs, one by one in float64: the definition, which
// the others come near to. Time O(n²), memory 8·n bytes.
type Direct struct {
	n, dim  int
	freedom float64
	norm    []float64
}

// NewDirect returns the repulsion of n points in dim dimensions.
func NewDirect(n, dim int, freedom float64) *Direct {
	return &Direct{n: n, dim: dim, freedom: freedom, norm: make([]float64, n)}
}

// Forces is that of Repulsion.
func (d *Direct) Forces(ctx context.Context, dst, y []float64) (float64, error) {
	err := par.Blocks(ctx, d.n, rowsPerBlock, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			d.norm[i] = d.push(dst[i*d.dim:(i+1)*d.dim], y, i)
		}
	})
	z := 0.
	for _, v := range d.norm {
		z += v
	}
	return z, err
}

// push writes the force on point i and returns the sum of its weights.
func (d *Direct) push(dst, y []float64, i int) float64 {
	if d.dim == 2 && d.freedom == 1 {
		x0, x1 := y[2*i], y[2*i+1]
		var s0, s1, norm float64
		for y := y[:2*d.n]; len(y) >= 2; y = y[2:] {
			d0, d1 := x0-y[0], x1-y[1]
			w := 1 / (1 + d0*d0 + d1*d1)
			norm += w
			w *= w
			s0 += w * d0
			s1 += w * d1
		}
		dst[0], dst[1] = s0, s1
		return norm - 1 // the point itself
	}
	clear(dst)
	here, norm := y[i*d.dim:(i+1)*d.dim], -1.
	for j := range d.n {
		there := y[j*d.dim : (j+1)*d.dim]
		w, u := weight(square(here, there), d.freedom)
		norm += w
		for c, v := range here {
			dst[c] += w * u * (v - there[c])
		}
	}
	return norm
}

// weight returns the kernel w and u = w^(1/freedom) at a squared distance.
func weight(square, freedom float64) (w, u float64) {
	base := 1 + square/freedom
	if freedom == 1 {
		return 1 / base, 1 / base
	}
	return math.Exp(-freedom * math.Log(base)), 1 / base
}
