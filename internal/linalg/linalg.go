// Package linalg holds the linear algebra that gonum lacks or does slowly.
package linalg

import (
	"cmp"
	"context"
	"slices"

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

// descending returns the indices of v in the order of falling values; equal ones
// keep theirs.
func descending(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(v[b], v[a]) })
	return order
}
