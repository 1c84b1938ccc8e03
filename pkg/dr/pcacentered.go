package dr

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// centered gives the rows of a matrix less their mean, each times the root of its
// weight, in the columns that vary: the others would be zero.
type centered struct {
	x        mat.Matrix
	single   *mat32.Dense // x, where it holds float32 rows
	n, d     int
	mean     []float64  // d
	columns  []int      // that vary
	constant bool       // none does
	shift    []float64  // the means of these
	roots    []float64  // of the weights; nil where all are 1
	kept     *mat.Dense // all rows, where they were written down at once
}

func newCentered(ctx context.Context, x mat.Matrix) (*centered, error) {
	return newCenteredBy(ctx, x, nil)
}

// newCenteredBy finds means, weighted, and columns. Where a value is not finite, so
// is a mean.
func newCenteredBy(ctx context.Context, x mat.Matrix, weights []float64) (*centered, error) {
	const block = 512
	n, d := x.Dims()
	c := &centered{x: x, n: n, d: d, mean: make([]float64, d)}
	c.single, _ = x.(*mat32.Dense)
	// Means are taken of differences from the first row that counts, so that a
	// large common offset costs no digits.
	start, size := 0, float64(n)
	if weights != nil {
		c.roots, size = make([]float64, n), 0
		for i, w := range weights {
			c.roots[i] = math.Sqrt(w)
			size += w
		}
		start = slices.IndexFunc(weights, func(w float64) bool { return w > 0 })
	}
	first := slices.Clone(mat32.Row(make([]float64, d), start, x))
	sums := mat.NewDense((n+block-1)/block, d, nil)
	err := par.BlocksWith(ctx, n, block, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		sum := sums.RawRowView(lo / block)
		if c.single != nil && weights == nil {
			addDifferences(sum, first, c.single, lo, hi)
			return
		}
		for i := lo; i < hi; i++ {
			row := mat32.Row(buf, i, x)
			if weights == nil {
				for j, v := range row {
					sum[j] += v - first[j]
				}
			} else if w := weights[i]; w > 0 {
				for j, v := range row {
					sum[j] += w * (v - first[j])
				}
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for b := range (n + block - 1) / block {
		kernel.Axpy64(1, sums.RawRowView(b), c.mean)
	}
	var still []int // columns that may be constant: of these alone the values are compared
	for j, s := range c.mean {
		if s == 0 {
			still = append(still, j)
		}
		c.mean[j] = first[j] + s/size
	}
	same, err := c.same(ctx, still, first)
	if err != nil {
		return nil, err
	}
	for j := range d {
		if !same[j] {
			c.columns = append(c.columns, j)
		}
	}
	c.constant = len(c.columns) == 0
	c.shift = make([]float64, len(c.columns))
	for t, j := range c.columns {
		c.shift[t] = c.mean[j]
	}
	return c, nil
}

// addDifferences adds the rows lo … hi−1 of x less first to sum.
func addDifferences(sum, first []float64, x *mat32.Dense, lo, hi int) {
	for ; lo+4 <= hi; lo += 4 {
		p, q, r, s := x.Row(lo)[:len(sum)], x.Row(lo + 1)[:len(sum)], x.Row(lo + 2)[:len(sum)], x.Row(lo + 3)[:len(sum)]
		first := first[:len(sum)]
		for j := range sum {
			f := first[j]
			sum[j] += ((float64(p[j]) - f) + (float64(q[j]) - f)) + ((float64(r[j]) - f) + (float64(s[j]) - f))
		}
	}
	for ; lo < hi; lo++ {
		for j, v := range x.Row(lo) {
			sum[j] += float64(v) - first[j]
		}
	}
}

// asCentered takes the rows of x as they are: centred, and varying in all columns.
func asCentered(x *mat.Dense) *centered {
	n, d := x.Dims()
	c := &centered{x: x, n: n, d: d, mean: make([]float64, d), shift: make([]float64, d)}
	for j := range d {
		c.columns = append(c.columns, j)
	}
	return c
}

// same marks those of the given columns in which all rows that count equal first.
func (c *centered) same(ctx context.Context, columns []int, first []float64) ([]bool, error) {
	marks := make([]bool, c.d)
	if len(columns) == 0 {
		return marks, nil
	}
	const block = 512
	varies := make([][]bool, (c.n+block-1)/block)
	err := par.BlocksWith(ctx, c.n, block, func() []float64 { return make([]float64, c.d) }, func(buf []float64, lo, hi int) {
		v := make([]bool, len(columns))
		for i := lo; i < hi; i++ {
			switch {
			case c.roots != nil && c.roots[i] == 0:
			case c.single != nil:
				row := c.single.Row(i)
				for t, j := range columns {
					if float64(row[j]) != first[j] {
						v[t] = true
					}
				}
			default:
				row := mat32.Row(buf, i, c.x)
				for t, j := range columns {
					if row[j] != first[j] {
						v[t] = true
					}
				}
			}
		}
		varies[lo/block] = v
	})
	if err != nil {
		return nil, err
	}
	for t, j := range columns {
		marks[j] = !slices.ContainsFunc(varies, func(v []bool) bool { return v[t] })
	}
	return marks, nil
}

// put writes row i to dst, len(c.columns) values; buf has room for d.
func (c *centered) put(dst, buf []float64, i int) {
	switch {
	case c.single != nil && len(dst) == c.d:
		row, shift := c.single.Row(i)[:len(dst)], c.shift[:len(dst)]
		for j, v := range row {
			dst[j] = float64(v) - shift[j]
		}
	case c.single != nil:
		row, shift := c.single.Row(i), c.shift[:len(dst)]
		for t, j := range c.columns[:len(dst)] {
			dst[t] = float64(row[j]) - shift[t]
		}
	default:
		row := mat32.Row(buf, i, c.x)
		for t, j := range c.columns {
			dst[t] = row[j] - c.shift[t]
		}
	}
	if c.roots != nil {
		kernel.Scal64(c.roots[i], dst)
	}
}

// row writes row i to dst in all columns.
func (c *centered) row(dst []float64, i int) {
	for j, v := range mat32.Row(dst, i, c.x) {
		dst[j] = v - c.mean[j]
	}
	if c.roots != nil {
		kernel.Scal64(c.roots[i], dst)
	}
}

// each calls f with every row, in all columns, on all cores; it is f's to change.
func (c *centered) each(ctx context.Context, f func(i int, row []float64)) error {
	return par.BlocksWith(ctx, c.n, 64, func() []float64 { return make([]float64, c.d) }, func(row []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			c.row(row, i)
			f(i, row)
		}
	})
}

// size returns the largest magnitude among the values, or NaN where one is, and
// the root of their mean square.
func (c *centered) size(ctx context.Context) (largest, root float64, err error) {
	of := make([]float64, c.n)
	err = c.each(ctx, func(i int, row []float64) {
		for _, v := range row {
			of[i] = max(of[i], math.Abs(v))
		}
	})
	if err != nil {
		return 0, 0, err
	}
	largest = slices.Max(of)
	err = c.each(ctx, func(i int, row []float64) {
		of[i] = 0
		for _, v := range row {
			of[i] += (v / largest) * (v / largest) // which stays in range
		}
	})
	sum := 0.
	for _, v := range of {
		sum += v / float64(c.n) / float64(c.d)
	}
	return largest, largest * math.Sqrt(sum), err
}

// rows writes rows lo … lo+n−1 to dst, n × len(c.columns).
func (c *centered) rows(ctx context.Context, dst *mat.Dense, lo int) error {
	n, _ := dst.Dims()
	return par.BlocksWith(ctx, n, 32, func() []float64 { return make([]float64, c.d) }, func(buf []float64, from, to int) {
		for i := from; i < to; i++ {
			c.put(dst.RawRowView(i), buf, lo+i)
		}
	})
}

// bands keeps the memory of rows that were centred: fresh memory costs about as much
// as centring them.
var bands sync.Pool

// borrow returns n × d values of any content, which release takes back.
func borrow(n, d int) *mat.Dense {
	if data, ok := bands.Get().(*[]float64); ok && cap(*data) >= n*d {
		return mat.NewDense(n, d, (*data)[:n*d])
	}
	return mat.NewDense(n, d, nil)
}

func release(m *mat.Dense) {
	if m == nil {
		return
	}
	if data := m.RawMatrix().Data; len(data) <= 1<<22 { // not those of a whole matrix
		bands.Put(&data)
	}
}

// together is how many rows of d columns are centred at once: about 16 MB of them.
func together(d int) int { return max(256, (1<<21)/max(d, 1)) }

// checkWeights returns how many rows count, and the weights scaled to have mean 1
// over these; nil where all weigh the same.
func checkWeights(method string, weights []float64, n int) ([]float64, int, error) {
	if len(weights) == 0 {
		return nil, n, nil
	}
	if len(weights) != n {
		return nil, 0, &mat32.ParamError{Method: method, Param: "Weights", Value: fmt.Sprintf("%d weights", len(weights)), Want: fmt.Sprintf("one for each of %d rows", n)}
	}
	largest, count := 0., 0
	for i, w := range weights {
		if !(w >= 0 && w <= math.MaxFloat64) {
			return nil, 0, &mat32.ParamError{Method: method, Param: "Weights", Value: w, Want: fmt.Sprintf("0 or more, and finite, for row %d", i)}
		}
		if w > 0 {
			count++
		}
		largest = max(largest, w)
	}
	if count < 2 {
		return nil, 0, &mat32.ParamError{Method: method, Param: "Weights", Value: fmt.Sprintf("%d above 0", count), Want: "at least 2 rows of a weight above 0"}
	}
	scaled, sum := make([]float64, n), 0.
	for i, w := range weights {
		scaled[i] = w / largest
		sum += scaled[i]
	}
	kernel.Scal64(float64(count)/sum, scaled)
	return scaled, count, nil
}
