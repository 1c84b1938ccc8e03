package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// VICRegTerms are the three terms of VICReg; all are 0 at best.
type VICRegTerms struct {
	// Invariance is the mean squared distance of the two views of a sample.
	Invariance float64

	// Variance has, of either view, how far the standard deviations of the columns fall
	// short of 1, on average: 0 where none does, up to 0.99 where all rows are equal.
	Variance [2]float64

	// Covariance has, of either view, the sum of the squares of the covariances of different
	// columns over the number of columns.
	Covariance [2]float64

	Rows, Columns int
}

// Loss returns the three terms weighed and added, both views; the authors weigh 25, 25 and 1.
func (v *VICRegTerms) Loss(invariance, variance, covariance float64) float64 {
	return invariance*v.Invariance + variance*(v.Variance[0]+v.Variance[1]) + covariance*(v.Covariance[0]+v.Covariance[1])
}

// Collapsed reports whether the columns of a view have on average less than half of the
// standard deviation that the loss asks for: the variance term alone tells.
func (v *VICRegTerms) Collapsed() bool { return max(v.Variance[0], v.Variance[1]) > .5 }

// String returns a table of the terms.
func (v *VICRegTerms) String() string {
	verdict := "spread"
	if v.Collapsed() {
		verdict = "collapsed"
	}
	return fmt.Sprintf("VICReg  %.4g (25, 25, 1)\n  rows        %d × %d\n  invariance  %.4g\n  variance    %.4g, %.4g (%s)\n  covariance  %.4g, %.4g",
		v.Loss(25, 25, 1), v.Rows, v.Columns, v.Invariance, v.Variance[0], v.Variance[1], verdict, v.Covariance[0], v.Covariance[1])
}

// VICReg returns the terms of the loss of that name of two views x and y (n × d) of the same
// samples: that they are near, that no column stops to vary, and that columns vary apart. The
// unit of the data matters, for columns should have a standard deviation of 1.
//
// The invariance is the mean over rows of ‖x−y‖², as the paper has it: the authors' code
// divides it by d as well, and halves the variance terms. Variances are over n−1; the standard
// deviation is √(variance + 10⁻⁴).
//
// Time O(n·d·m) for m = min(n, d), memory 8·(n·d + m²) bytes. Errors: those of
// mat32.CheckRows and mat32.Check for x and y, *mat32.ShapeError where their shapes differ or
// have fewer than 2 rows, *mat32.MemoryError, *mat32.DegenerateError where a term is beyond
// float64, and one that wraps ctx.Err().
//
// Source: A. Bardes, J. Ponce and Y. LeCun (2022), VICReg:
// variance-invariance-covariance regularization for self-supervised learning.
func VICReg(ctx context.Context, x, y mat.Matrix) (*VICRegTerms, error) {
	const method = "geometry.VICReg"
	if err := checkViews(ctx, method, 2, x, y); err != nil {
		return nil, err
	}
	v := new(VICRegTerms)
	v.Rows, v.Columns = x.Dims()
	n := float64(v.Rows)
	type rows struct{ x, y []float64 }
	each := make([]float64, (v.Rows+blockRows-1)/blockRows)
	err := par.BlocksWith(ctx, v.Rows, blockRows, func() rows { return rows{make([]float64, v.Columns), make([]float64, v.Columns)} }, func(r rows, lo, hi int) {
		for i := lo; i < hi; i++ {
			each[lo/blockRows] += kernel.SquaredDistance64(mat32.Row(r.x, i, x), mat32.Row(r.y, i, y)) / n
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	v.Invariance = totalOf(each)
	for k, view := range []mat.Matrix{x, y} {
		a, unit, err := centeredRows(ctx, method, 2, 1, view)
		if err != nil {
			return nil, err
		}
		if unit == 0 {
			unit = 1
		}
		if v.Variance[k], v.Covariance[k], err = varianceTerms(ctx, a, unit); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	if l := v.Loss(1, 1, 1); math.IsNaN(l) || math.IsInf(l, 0) {
		return nil, beyond(method)
	}
	return v, nil
}

// varianceTerms returns the variance and the covariance term of centred rows.
func varianceTerms(ctx context.Context, a *mat.Dense, unit float64) (variance, covariance float64, err error) {
	squares, err := columnSquares(ctx, a)
	if err != nil {
		return 0, 0, err
	}
	n, d := a.Dims()
	unbiased := float64(n) / float64(n-1)
	own := 0.
	for _, s := range squares {
		variance += max(0, 1-math.Sqrt(s*unbiased*unit*unit+1e-4)) / float64(d)
		own += s * s
	}
	g, err := subspace.Gram(ctx, a)
	if err != nil {
		return 0, 0, err
	}
	data := g.RawSymmetric().Data
	all := kernel.Dot64(data, data)
	covariance = max(all-own, 0) / float64(d) * unbiased * unbiased
	if covariance <= 1e-15*all { // rounding
		covariance = 0
	}
	return variance, covariance * unit * unit * unit * unit, nil
}

// columnSquares returns the mean squares of the columns of a.
func columnSquares(ctx context.Context, a *mat.Dense) ([]float64, error) {
	const size = 512
	n, d := a.Dims()
	parts := make([][]float64, (n+size-1)/size)
	err := par.Blocks(ctx, n, size, func(lo, hi int) {
		s := make([]float64, d)
		for i := lo; i < hi; i++ {
			kernel.AddSquares64(s, a.RawRowView(i), 0)
		}
		parts[lo/size] = s
	})
	if err != nil {
		return nil, err
	}
	total := make([]float64, d)
	for _, s := range parts {
		kernel.Axpy64(1/float64(n), s, total)
	}
	return total, nil
}
