package dr

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// batchMoments are the means of columns, and the sum of squares about them, of rows
// that come in batches (T. Chan, G. Golub and R. LeVeque, 1983, Algorithms for
// computing the sample variance). All is computed of differences from the first
// row, so that a large common offset costs no digits.
type batchMoments struct {
	n       int
	weight  float64   // of these rows: their number where none is forgotten
	first   []float64 // the first row, nil before it
	mean    []float64 // of differences from it
	squares float64
	varies  bool // some rows differ
}

func newBatchMoments(d int) *batchMoments { return &batchMoments{mean: make([]float64, d)} }

func (m *batchMoments) clone() *batchMoments {
	c := *m
	c.mean = slices.Clone(m.mean)
	return &c
}

// fade multiplies the weight of all rows so far.
func (m *batchMoments) fade(by float64) {
	m.weight *= by
	m.squares *= by
}

// location returns the means of the columns.
func (m *batchMoments) location() []float64 {
	mean := slices.Clone(m.mean)
	for j, v := range m.first {
		mean[j] += v
	}
	return mean
}

// differences writes rows of x, from row lo on, less the first row of all, to dst.
func (m *batchMoments) differences(ctx context.Context, dst *mat.Dense, x mat.Matrix, lo int) error {
	n, d := dst.Dims()
	if m.first == nil && n > 0 {
		m.first = slices.Clone(mat32.Row(make([]float64, d), lo, x))
	}
	return par.BlocksWith(ctx, n, 256, func() []float64 { return make([]float64, d) }, func(buf []float64, from, to int) {
		for i := from; i < to; i++ {
			row := dst.RawRowView(i)
			for j, v := range mat32.Row(buf, lo+i, x) {
				row[j] = v - m.first[j]
			}
		}
	})
}

// absorb counts a batch of differences. It subtracts their mean from them, and
// writes to the last row, which is no row of the data, what the squares of all rows
// about the new mean have beside those of the rows before and of the batch about
// their own: the products of the batch and this row are to be added.
func (m *batchMoments) absorb(ctx context.Context, batch *mat.Dense) error {
	const block = 256
	n, d := batch.Dims()
	n--
	blocks := (n + block - 1) / block
	sums := mat.NewDense(blocks, d, nil)
	varies, squares := make([]bool, blocks), make([]float64, blocks)
	err := par.Blocks(ctx, n, block, func(lo, hi int) {
		sum := sums.RawRowView(lo / block)
		for i := lo; i < hi; i++ {
			kernel.Axpy64(1, batch.RawRowView(i), sum)
		}
		for _, v := range sum {
			varies[lo/block] = varies[lo/block] || v != 0
		}
		for i := lo; i < hi && !varies[lo/block]; i++ { // sums may cancel
			for _, v := range batch.RawRowView(i) {
				varies[lo/block] = varies[lo/block] || v != 0
			}
		}
	})
	if err != nil {
		return err
	}
	mean := make([]float64, d)
	for b := range blocks {
		m.varies = m.varies || varies[b]
		for j, v := range sums.RawRowView(b) {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= float64(n)
	}
	err = par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := batch.RawRowView(i)
			kernel.Axpy64(-1, mean, row)
			squares[lo/block] += kernel.Dot64(row, row)
		}
	})
	if err != nil {
		return err
	}
	for _, s := range squares {
		m.squares += s
	}
	before, now := m.weight, float64(n)
	weight := math.Sqrt(before / (before + now) * now)
	shift := batch.RawRowView(n)
	for j, v := range mean {
		shift[j] = weight * (v - m.mean[j])
		m.squares += shift[j] * shift[j]
		m.mean[j] += (v - m.mean[j]) * (now / (before + now))
	}
	m.n += n
	m.weight = before + now
	return nil
}
