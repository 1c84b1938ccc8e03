package intrinsic

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// cloud is a set of points, in a unit of length, and what their variances take.
type cloud struct {
	points   blas64.General
	unit     float64
	products []float64
	row      []float64
}

func newCloud(n, d int) *cloud {
	return &cloud{
		points: blas64.General{Rows: n, Cols: d, Stride: d, Data: make([]float64, n*d)},
		unit:   1,
		row:    make([]float64, d),
	}
}

// cloudOf returns the distinct rows of x, of which there must be four, as points.
func cloudOf(ctx context.Context, method string, x mat.Matrix) (*cloud, []int, error) {
	rows, err := someDistinct(ctx, method, x, 4)
	if err != nil {
		return nil, nil, err
	}
	_, d := x.Dims()
	c := newCloud(len(rows), d)
	if err := c.fill(ctx, rows, x); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", method, err)
	}
	return c, rows, nil
}

// fill takes the rows of x less their first, over the largest difference, which becomes
// the unit.
func (c *cloud) fill(ctx context.Context, rows []int, x mat.Matrix) error {
	d := c.points.Cols
	first := slices.Clone(mat32.Row(c.row, rows[0], x))
	// Halves cannot overflow when they are subtracted.
	var largest float64
	for j, r := range rows {
		if j%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		to := c.points.Data[j*d : (j+1)*d]
		for l, v := range mat32.Row(c.row, r, x) {
			to[l] = v/2 - first[l]/2
			largest = max(largest, math.Abs(to[l]))
		}
	}
	for j := range c.points.Data {
		c.points.Data[j] /= largest
	}
	c.unit = 2 * largest
	return nil
}

// center takes the mean off the points.
func (c *cloud) center() {
	k, d := c.points.Rows, c.points.Cols
	clear(c.row)
	for j := range k {
		kernel.Axpy64(1/float64(k), c.points.Data[j*d:(j+1)*d], c.row)
	}
	for j := range k {
		kernel.Axpy64(-1, c.row, c.points.Data[j*d:(j+1)*d])
	}
}

// inner returns the products of columns, or of points where these are fewer.
func (c *cloud) inner(ctx context.Context) (*mat.SymDense, error) {
	k, d := c.points.Rows, c.points.Cols
	m, side := d, blas.Trans
	if k < d {
		m, side = k, blas.NoTrans
	}
	if len(c.products) != m*m {
		c.products = make([]float64, m*m)
	}
	err := kernel.Syrk64(ctx, side, 1, c.points, 0, blas64.General{Rows: m, Cols: m, Stride: m, Data: c.products})
	return mat.NewSymDense(m, c.products), err
}

// scale returns the root mean square distance of all pairs of centred points.
func (c *cloud) scale() float64 {
	var squares float64
	for _, v := range c.points.Data {
		squares += v * v
	}
	return min(c.unit*math.Sqrt(2*squares/float64(c.points.Rows-1)), math.MaxFloat64)
}

// without returns a copy that leaves every groups-th point out, from g on.
func (c *cloud) without(g, groups int) *cloud {
	n, d := c.points.Rows, c.points.Cols
	part := newCloud(n-(n-g+groups-1)/groups, d)
	to := part.points.Data
	for i := range n {
		if i%groups != g {
			to = to[copy(to, c.points.Data[i*d:(i+1)*d]):]
		}
	}
	return part
}
