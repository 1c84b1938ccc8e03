package neighbors

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Mahalanobis is the distance √((a−b)ᵀ·C⁻¹·(a−b)), where C is a covariance
// (Mahalanobis, On the generalised distance in statistics, 1936): the Euclidean
// distance after the rows are made uncorrelated. The zero value takes the covariance
// of the columns of x, with divisor n−1; new rows are compared by that of x.
//
// Errors: *mat32.ParamError where a matrix is given that is not d × d and positive
// definite, or both are; *mat32.DegenerateError where the covariance of x
// is not positive definite, as with constant or dependent columns or n ≤ d.
// O(n·d² + d³) for the covariance and the rows.
type Mahalanobis struct {
	// Covariance is C, d × d and positive definite. Default that of the columns of x.
	Covariance mat.Symmetric

	// Inverse is C⁻¹, for whom has it rather than C. Default none.
	Inverse mat.Symmetric
}

// String returns "mahalanobis", with a fingerprint of the matrix where one is given.
func (m Mahalanobis) String() string {
	switch {
	case m.Covariance != nil:
		return fmt.Sprintf("mahalanobis(covariance %.8s)", mat32.Fingerprint(m.Covariance))
	case m.Inverse != nil:
		return fmt.Sprintf("mahalanobis(inverse %.8s)", mat32.Fingerprint(m.Inverse))
	}
	return "mahalanobis"
}

func (m Mahalanobis) space(ctx context.Context, x mat.Matrix) (space, error) {
	n, d := x.Dims()
	mean, err := columnMeans(ctx, x)
	if err != nil {
		return nil, err
	}
	bad := func(param, want string) error {
		return &mat32.ParamError{Method: "neighbors.Mahalanobis", Param: param, Value: "a matrix that is not so", Want: want}
	}
	c, param := m.Covariance, "Covariance"
	switch {
	case c != nil && m.Inverse != nil:
		return nil, bad("Inverse", "none where Covariance is given")
	case m.Inverse != nil:
		c, param = m.Inverse, "Inverse"
	case c == nil:
		if c, err = covariance(ctx, x, mean); err != nil {
			return nil, err
		}
		if n <= d {
			return nil, &mat32.DegenerateError{Method: "neighbors.Mahalanobis",
				Reason: fmt.Sprintf("%d rows do not tell the covariance of %d columns: give Covariance", n, d)}
		}
		param = ""
	}
	if c.SymmetricDim() != d {
		return nil, bad(param, fmt.Sprintf("one of %d × %d values, as x has columns", d, d))
	}
	if err := mat32.CheckContext(ctx, c); err != nil {
		return nil, fmt.Errorf("neighbors.Mahalanobis: %s: %w", param, err)
	}
	u, column, err := upper(ctx, c)
	switch {
	case err != nil:
		return nil, err
	case u == nil && param == "":
		return nil, &mat32.DegenerateError{Method: "neighbors.Mahalanobis",
			Reason: fmt.Sprintf("column %d is constant, or depends on those before it: the covariance is not positive definite", column)}
	case u == nil:
		return nil, bad(param, fmt.Sprintf("a positive definite one: it is not so from column %d on", column))
	case param == "Inverse":
		return multiplied(m.String(), u, mean).space(ctx, x)
	}
	return solved(m.String(), mat.DenseCopyOf(u.T()), mean).space(ctx, x)
}

// upper returns the factor U of c = UᵀU, or nil and the first column that those before
// it determine, as far as float64 can tell.
func upper(ctx context.Context, c mat.Symmetric) (u *mat.TriDense, column int, err error) {
	d := c.SymmetricDim()
	dense := mat.NewSymDense(d, nil)
	dense.CopySym(c)
	factor, err := linalg.NewCholesky(ctx, dense)
	var no *linalg.NotPositiveError
	if errors.As(err, &no) {
		return nil, no.Column, nil
	}
	if err != nil {
		return nil, 0, err
	}
	u = factor.U()
	for j := range d {
		if v := u.At(j, j); v*v < 1e-13*c.At(j, j) {
			return nil, j, nil
		}
	}
	return u, 0, nil
}

func (m Mahalanobis) bytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	centered := int64(0)
	if m.Covariance == nil && m.Inverse == nil {
		centered = 8 * int64(n) * int64(d)
	}
	images := &image{cols: d}
	return max(centered, images.bytes(x)) + 4*8*int64(d)*int64(d)
}

// solved maps a row v to L⁻¹·(v − mean).
func solved(metric string, l *mat.Dense, mean []float64) *image {
	raw := l.RawMatrix()
	return &image{metric: metric, cols: len(mean), put: func(dst []float64, d int) string {
		for i, m := range mean {
			row := raw.Data[i*raw.Stride:][:d]
			dst[i] = (dst[i] - m - kernel.Dot64(row[:i], dst[:i])) / row[i]
		}
		return ""
	}}
}

// multiplied maps a row v to U·(v − mean).
func multiplied(metric string, u *mat.TriDense, mean []float64) *image {
	raw := u.RawTriangular()
	return &image{metric: metric, cols: len(mean), put: func(dst []float64, d int) string {
		for i, m := range mean {
			dst[i] -= m
		}
		for i := range mean { // what is written is not read again
			dst[i] = kernel.Dot64(raw.Data[i*raw.Stride:][i:d], dst[i:d])
		}
		return ""
	}}
}

// columnMeans returns the means of the columns of x.
func columnMeans(ctx context.Context, x mat.Matrix) ([]float64, error) {
	n, d := x.Dims()
	size := max(1, 1<<16/d)
	sums := make([][]float64, (n+size-1)/size)
	err := par.BlocksWith(ctx, n, size, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		sum := make([]float64, d)
		for i := lo; i < hi; i++ {
			for j, v := range mat32.Row(buf, i, x) {
				sum[j] += v / float64(n)
			}
		}
		sums[lo/size] = sum
	})
	if err != nil {
		return nil, err
	}
	mean := make([]float64, d)
	for _, sum := range sums {
		kernel.Axpy64(1, sum, mean)
	}
	return mean, nil
}

// covariance returns that of the columns of x, with divisor n−1.
func covariance(ctx context.Context, x mat.Matrix, mean []float64) (*mat.SymDense, error) {
	n, d := x.Dims()
	centered := mat.NewDense(n, d, nil)
	err := par.Blocks(ctx, n, max(1, 1<<16/d), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := centered.RawRowView(i)
			copy(row, mat32.Row(row, i, x))
			kernel.Axpy64(-1, mean, row)
		}
	})
	if err != nil {
		return nil, err
	}
	c := mat.NewSymDense(d, nil)
	raw := c.RawSymmetric()
	return c, kernel.Syrk64(ctx, blas.Trans, 1/float64(max(n-1, 1)), centered.RawMatrix(), 0, blas64.General{
		Rows: d, Cols: d, Stride: raw.Stride, Data: raw.Data})
}
