// Package linalg holds the linear algebra that gonum lacks or does slowly.
package linalg

import (
	"context"
	"errors"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// depth is how many columns AddOuter takes at once, so that a band of rows
// stays in the cache while it meets every other.
const depth = 512

// AddOuter adds c·cᵀ to the upper triangle of dst, whose order is the number of
// rows of c. The columns are added in bands of fixed width, so the result has
// the same bits on any number of cores. Time n²·d/2.
func AddOuter(ctx context.Context, dst *mat.SymDense, c *mat.Dense) error {
	n, d := c.Dims()
	raw, out := c.RawMatrix(), dst.RawSymmetric()
	for lo := 0; lo < d; lo += depth {
		hi := min(lo+depth, d)
		err := par.Blocks(ctx, n, 4, func(from, to int) {
			for i := from; i < to; i++ {
				a := raw.Data[i*raw.Stride+lo : i*raw.Stride+hi]
				row := out.Data[i*out.Stride : i*out.Stride+n]
				for j := i; j < n; j++ {
					row[j] += kernel.Dot64(a, raw.Data[j*raw.Stride+lo:j*raw.Stride+hi])
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ErrNoConvergence says that an eigendecomposition did not converge.
var ErrNoConvergence = errors.New("the eigendecomposition did not converge")

// EigenSym returns the eigenvalues of a, largest first, and the eigenvectors as
// the rows of a matrix in that order. Time about 9·n³; it cannot be cancelled
// inside, so ctx is looked at before and after.
func EigenSym(ctx context.Context, a *mat.SymDense) (values []float64, vectors *mat.Dense, err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var e mat.EigenSym
	if !e.Factorize(a, true) {
		return nil, nil, ErrNoConvergence
	}
	n := a.SymmetricDim()
	var v mat.Dense
	e.VectorsTo(&v)
	ascending := e.Values(nil)
	values = make([]float64, n)
	vectors = mat.NewDense(n, n, nil)
	for i := range n {
		values[i] = ascending[n-1-i]
		mat.Col(vectors.RawRowView(i), n-1-i, &v)
	}
	return values, vectors, ctx.Err()
}
