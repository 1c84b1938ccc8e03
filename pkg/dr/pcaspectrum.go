package dr

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// band is how many rows are centred at once.
const band = 1024

// spectrum is what is known of the principal components of n rows.
type spectrum struct {
	components *mat.Dense // k × d, orthonormal rows
	scatter    []float64  // k sums of squares along them, largest first
	total      float64    // the sum of squares of all centred values
}

// decompose returns the first k principal components.
//
// Eigenvalues of a product of the data with itself are sums of squares, of which
// rounding hides all below ε of the largest: standard deviations below √ε. Where
// one of the k components is among them, the components seen clearly are taken
// out of the rows, and what is left is decomposed by itself.
func decompose(ctx context.Context, c *centered, k int) (*spectrum, error) {
	dim := float64(max(c.n, c.d))
	s := &spectrum{components: mat.NewDense(k, c.d, nil)}
	stage := watch.Start(ctx, "PCA: decomposition", k)
	for found := 0; found < k; {
		values, vectors, err := c.principal(ctx, k-found)
		if err != nil {
			return nil, err
		}
		seen := 0
		for seen < k-found && values[seen] > values[0]*dim*0x1p-52 {
			seen++
		}
		if found > 0 && values[0] <= s.scatter[0]*dim*dim*0x1p-104 {
			seen = k - found // nothing but rounding is left
		}
		seen = max(seen, 1)
		for i := range seen {
			// Rounding may leave the square of nothing slightly below zero.
			s.scatter = append(s.scatter, max(values[i], 0))
			s.total += max(values[i], 0)
			s.components.SetRow(found+i, vectors.RawRowView(i))
		}
		found += seen
		stage.Add(seen)
		if found == k {
			for _, v := range values[seen:] {
				s.total += max(v, 0)
			}
			break
		}
		if math.IsInf(values[0], 0) || values[0] == 0 {
			s.total, s.scatter = values[0], append(s.scatter, make([]float64, k-found)...)
			break
		}
		c.without = s.components.Slice(0, found, 0, c.d).(*mat.Dense)
	}
	return s, linalg.Orthonormalize(ctx, s.components)
}

// centered gives the rows of a matrix with the column means subtracted, and then
// the components in without.
type centered struct {
	x        mat.Matrix
	n, d     int
	mean     []float64
	constant bool       // all rows are equal
	without  *mat.Dense // orthonormal rows, or nil
}

func newCentered(ctx context.Context, x mat.Matrix) (*centered, error) {
	const block = 512
	n, d := x.Dims()
	c := &centered{x: x, n: n, d: d, mean: make([]float64, d)}
	first := append([]float64(nil), mat32.Row(make([]float64, d), 0, x)...)
	sums := mat.NewDense((n+block-1)/block, d, nil)
	varies := make([]bool, (n+block-1)/block)
	err := par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		sum := sums.RawRowView(lo / block)
		for i := lo; i < hi; i++ {
			for j, v := range mat32.Row(buf, i, x) {
				// Means are taken of differences from the first row, so that
				// a large common offset costs no digits.
				sum[j] += v - first[j]
				varies[lo/block] = varies[lo/block] || v != first[j]
			}
		}
	})
	c.constant = true
	for b, v := range varies {
		c.constant = c.constant && !v
		for j, s := range sums.RawRowView(b) {
			c.mean[j] += s
		}
	}
	for j := range c.mean {
		c.mean[j] = first[j] + c.mean[j]/float64(n)
	}
	return c, err
}

// row writes row i to dst.
func (c *centered) row(dst []float64, i int) {
	for j, v := range mat32.Row(dst, i, c.x) {
		dst[j] = v - c.mean[j]
	}
	if c.without == nil {
		return
	}
	k, _ := c.without.Dims()
	for range 2 { // the second time takes out what rounding left of the first
		for p := range k {
			u := c.without.RawRowView(p)
			w := kernel.Dot64(dst, u)
			for j, x := range u {
				dst[j] -= w * x
			}
		}
	}
}

// principal returns the eigenvalues of the scatter matrix of the rows, largest
// first, and the first k eigenvectors as rows. Where squares overflow the only
// eigenvalue is +Inf.
func (c *centered) principal(ctx context.Context, k int) ([]float64, *mat.Dense, error) {
	if c.n <= c.d {
		return c.fromGram(ctx, k)
	}
	return c.fromCovariance(ctx, k)
}

func (c *centered) fromCovariance(ctx context.Context, k int) ([]float64, *mat.Dense, error) {
	scatter := mat.NewSymDense(c.d, nil)
	rows := mat.NewDense(min(c.n, band), c.d, nil)
	for lo := 0; lo < c.n; lo += band {
		part := rows.Slice(0, min(band, c.n-lo), 0, c.d).(*mat.Dense)
		n, _ := part.Dims()
		err := par.Blocks(ctx, n, 32, func(from, to int) {
			for i := from; i < to; i++ {
				c.row(part.RawRowView(i), lo+i)
			}
		})
		if err != nil {
			return nil, nil, err
		}
		if err := addProducts(ctx, scatter, blas.Trans, part); err != nil {
			return nil, nil, err
		}
	}
	if !finite(scatter.RawSymmetric().Data) {
		return []float64{math.Inf(1)}, mat.NewDense(k, c.d, nil), nil
	}
	return linalg.EigenSymRange(ctx, scatter, 0, k)
}

// addProducts adds the inner products of the rows of x to dst, or with blas.Trans
// those of its columns.
func addProducts(ctx context.Context, dst *mat.SymDense, t blas.Transpose, x *mat.Dense) error {
	raw := dst.RawSymmetric()
	return kernel.Syrk64(ctx, t, 1, x.RawMatrix(), 1, blas64.General{Rows: raw.N, Cols: raw.N, Stride: raw.Stride, Data: raw.Data})
}

// fromGram goes by way of the n × n matrix of inner products.
func (c *centered) fromGram(ctx context.Context, k int) ([]float64, *mat.Dense, error) {
	rows := mat.NewDense(c.n, c.d, nil)
	err := par.Blocks(ctx, c.n, 32, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			c.row(rows.RawRowView(i), i)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	gram := mat.NewSymDense(c.n, nil)
	if err := addProducts(ctx, gram, blas.NoTrans, rows); err != nil {
		return nil, nil, err
	}
	components := mat.NewDense(k, c.d, nil)
	if !finite(gram.RawSymmetric().Data) {
		return []float64{math.Inf(1)}, components, nil
	}
	values, vectors, err := linalg.EigenSymRange(ctx, gram, 0, k)
	if err != nil {
		return nil, nil, err
	}
	err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, vectors.RawMatrix(), rows.RawMatrix(), 0, components.RawMatrix())
	if err != nil {
		return nil, nil, err
	}
	return values, components, linalg.Orthonormalize(ctx, components)
}

func finite(v []float64) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}
