package linalg

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
)

// Orthonormalize makes the rows of v orthonormal, in order. A row that depends on
// those before it is replaced by a unit vector orthogonal to them, made from
// coordinate axes. v must not have more rows than columns. The error is
// ErrNotFinite or that of the context; then v is left half done. Time 4·k²·d for k
// rows of d columns; the result has the same bits on any number of cores.
//
// Many rows that are independent go through Cholesky QR, as in QR, in matrix
// products; others through Gram-Schmidt with reorthogonalisation.
func Orthonormalize(ctx context.Context, v *mat.Dense) error {
	const few = 16
	k, d := v.Dims()
	if k >= few {
		work := borrow(k, d)
		defer giveBack(work)
		for i := range k {
			copy(row(work, i), v.RawRowView(i))
		}
		if _, err := levelRows(ctx, work); err != nil {
			return err
		}
		_, ok, err := choleskyRows(ctx, work, independent)
		if ok {
			_, ok, err = choleskyRows(ctx, work, nearlyOrthonormal)
		}
		if err != nil {
			return err
		}
		if ok {
			for i := range k {
				copy(v.RawRowView(i), row(work, i))
			}
			return nil
		}
	}
	axis := 0
	weights := make([]float64, k)
	for i := range k {
		own := v.RawRowView(i)
		for {
			ok, err := orthonormalize(ctx, v, i, weights)
			if err != nil {
				return err
			}
			if ok {
				break
			}
			clear(own)
			own[axis%d] = 1
			axis++
		}
	}
	return nil
}

// orthonormalize makes row i orthogonal to those before it, with length 1; it
// returns false when too little of the row is left for that.
func orthonormalize(ctx context.Context, v *mat.Dense, i int, weights []float64) (bool, error) {
	const columns = 256 // of a row that are updated at once
	row := v.RawRowView(i)
	largest := 0.
	for _, x := range row {
		largest = max(largest, math.Abs(x))
	}
	if !(largest <= math.MaxFloat64) {
		return false, ErrNotFinite
	}
	if largest == 0 {
		return false, nil
	}
	for j := range row {
		row[j] /= largest // so that squares stay in range
	}
	before := math.Sqrt(kernel.Dot64(row, row))
	// Twice is enough (Giraud, Langou, Rozložník and van den Eshof, 2005,
	// Rounding error analysis of the classical Gram-Schmidt process).
	for range 2 {
		err := par.Blocks(ctx, i, rowsAtOnce, func(lo, hi int) {
			for p := lo; p < hi; p++ {
				weights[p] = kernel.Dot64(row, v.RawRowView(p))
			}
		})
		if err != nil {
			return false, err
		}
		err = par.Blocks(ctx, len(row), columns, func(lo, hi int) {
			part := row[lo:hi]
			for p, w := range weights[:i] {
				kernel.Axpy64(-w, v.RawRowView(p)[lo:hi], part)
			}
		})
		if err != nil {
			return false, err
		}
	}
	after := math.Sqrt(kernel.Dot64(row, row))
	if after < 1e-8*before {
		return false, nil
	}
	for j := range row {
		row[j] /= after
	}
	return true, nil
}
