package linalg

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/rng"
)

func random(n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		s := rng.New(1, "linalg", i)
		for j := range d {
			x.Set(i, j, s.Normal())
		}
	}
	return x
}

// gram returns c·cᵀ.
func gram(c *mat.Dense) *mat.SymDense {
	n, _ := c.Dims()
	p := newGeneral(n, n)
	if err := kernel.Syrk64(context.Background(), blas.NoTrans, 1, c.RawMatrix(), 0, p); err != nil {
		panic(err)
	}
	return mat.NewSymDense(n, p.Data)
}
