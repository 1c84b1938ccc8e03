package mds

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
)

// Classical is classical scaling: the leading eigenvectors of the doubly centred
// matrix of −½·δ², times the roots of their eigenvalues (W. Torgerson (1952),
// Multidimensional scaling: I. Theory and method; J. Gower (1966), Some distance
// properties of latent root and vector methods used in multivariate analysis).
type Classical struct {
	Dim int

	// Exact decomposes the whole matrix, in O(n³) and 48·n² bytes; otherwise Lanczos'
	// iteration finds what is wanted, in some dozens of products in O(n²) each, and
	// 60·n·(Dim + 8)·8 bytes. Matrices up to order 300 are decomposed anyway.
	Exact     bool
	Tolerance float64 // of the residuals of Lanczos' iteration, relative to the largest eigenvalue; 0 means 1e-8
	Seed      uint64

	start bool // only the points are wanted
}

// Frame is a classical layout, and what places further points in it.
type Frame struct {
	Points *mat.Dense // n × Dim; the entry of largest magnitude of a column is positive
	Values []float64  // the Dim largest eigenvalues; where one is not positive, the coordinates are 0
	Means  []float64  // of the squared dissimilarities from every row to all, itself included
	Least  float64    // the least eigenvalue, below 0 unless the dissimilarities are distances between points
	Trace  float64    // the sum of all eigenvalues
	Notes  []string
}

// exactOrder is up to where a dense decomposition takes no longer.
const exactOrder = 300

// Place returns the classical layout of n rows. Errors: ErrNotFinite and that of the
// context.
func (c Classical) Place(ctx context.Context, n int, dissimilarities []float64) (*Frame, error) {
	f := &Frame{}
	var err error
	if f.Means, err = squareMeans(ctx, n, dissimilarities); err != nil {
		return nil, err
	}
	for _, v := range f.Means {
		f.Trace += v / 2
	}
	if math.IsInf(f.Trace, 0) {
		return nil, ErrNotFinite
	}
	var vectors *mat.Dense // Dim × n
	if c.Exact || n <= max(exactOrder, 4*c.Dim) {
		vectors, err = c.decompose(ctx, f, n, dissimilarities)
	} else {
		vectors, err = c.iterate(ctx, f, n, dissimilarities)
	}
	if errors.Is(err, linalg.ErrNotFinite) {
		err = ErrNotFinite
	}
	if err != nil {
		return nil, err
	}
	f.Points = mat.NewDense(n, c.Dim, nil)
	floor := float64(n) * 0x1p-52 * max(f.Values[0], -f.Least, 0)
	none := 0
	for k, v := range f.Values {
		if !(v > floor) {
			f.Values[k] = min(v, 0)
			none++
			continue
		}
		row := vectors.RawRowView(k)
		most := 0.
		for _, e := range row {
			if math.Abs(e) > math.Abs(most) {
				most = e
			}
		}
		root := math.Copysign(math.Sqrt(v), most)
		for i, e := range row {
			f.Points.Set(i, k, e*root)
		}
	}
	if none > 0 {
		f.Notes = append(f.Notes, fmt.Sprintf("the last %d of %d eigenvalues are not positive: their coordinates are zero", none, c.Dim))
	}
	if -f.Least > 1e-6*f.Values[0] {
		f.Notes = append(f.Notes, fmt.Sprintf("the least eigenvalue is %.3g of the largest: these are not Euclidean distances", f.Least/f.Values[0]))
	}
	return f, nil
}

func (c Classical) decompose(ctx context.Context, f *Frame, n int, dissimilarities []float64) (*mat.Dense, error) {
	b := mat.NewSymDense(n, nil)
	raw := b.RawSymmetric()
	mean := 2 * f.Trace / float64(n)
	for i := range n {
		row := raw.Data[i*raw.Stride:]
		row[i] = f.Means[i] - mean/2
		for j, d := range dissimilarities[after(n, i):after(n, i+1)] {
			row[i+1+j] = (f.Means[i] + f.Means[i+1+j] - mean - d*d) / 2
		}
	}
	values, vectors, err := linalg.EigenSymRange(ctx, b, 0, c.Dim)
	if err != nil {
		return nil, err
	}
	f.Least = values[n-1]
	f.Values = append([]float64(nil), values[:c.Dim]...)
	return vectors, nil
}

func (c Classical) iterate(ctx context.Context, f *Frame, n int, dissimilarities []float64) (*mat.Dense, error) {
	a := &doublyCentered{n: n, of: dissimilarities}
	top, err := linalg.Extremal{Pairs: c.Dim, Largest: true, Solver: linalg.Lanczos, Tolerance: c.Tolerance, Seed: c.Seed, DenseLimit: exactOrder}.Solve(ctx, a)
	if err != nil {
		return nil, err
	}
	f.Values = top.Values
	f.Notes = append(f.Notes, top.Notes...)
	vectors := mat.DenseCopyOf(top.Vectors.T())
	if f.Least = min(0, top.Values[c.Dim-1]); c.start {
		return vectors, nil
	}
	// How far below zero the spectrum reaches is told, not used: three digits do.
	end, err := linalg.Extremal{Solver: linalg.Lanczos, Tolerance: 1e-3, Seed: c.Seed, DenseLimit: exactOrder}.Solve(ctx, a)
	if err != nil {
		return nil, err
	}
	if -end.Values[0] > 2e-3*top.Norm { // more than its residual
		f.Least = end.Values[0]
	}
	return vectors, nil
}

// Triangulate writes to dst where a point lies whose squared dissimilarities to the
// rows of the layout are given: Gower's formula (J. Gower (1968), Adding a point to
// vector diagrams in multivariate analysis). A row of the layout lands on its point.
func (f *Frame) Triangulate(dst, squares []float64) {
	clear(dst)
	raw := f.Points.RawMatrix()
	for i, v := range squares {
		kernel.Axpy64(f.Means[i]-v, raw.Data[i*raw.Stride:][:len(dst)], dst)
	}
	for c, v := range f.Values {
		if v > 0 {
			dst[c] /= 2 * v
		}
	}
}

// squareMeans returns the means of the squared dissimilarities of every row to all.
func squareMeans(ctx context.Context, n int, dissimilarities []float64) ([]float64, error) {
	means := make([]float64, n)
	err := par.Blocks(ctx, n, centeredRows, func(lo, hi int) {
		sums := means[lo:hi]
		for j := range n {
			row := dissimilarities[after(n, j):after(n, j+1)]
			if from := max(lo, j+1); from < hi {
				for t, d := range row[from-j-1 : hi-j-1] {
					sums[from-lo+t] += d * d
				}
			}
			if j >= lo && j < hi {
				for _, d := range row {
					sums[j-lo] += d * d
				}
			}
		}
		for i := range sums {
			sums[i] /= float64(n)
		}
	})
	return means, err
}

// doublyCentered is −½·J·δ²·J as an operator, of the condensed dissimilarities.
type doublyCentered struct {
	n  int
	of []float64
}

// A product goes through tiles of centeredRows × centeredRows squares, which a
// goroutine writes out and multiplies.
const centeredRows = 128

// Dim returns the order of the matrix.
func (a *doublyCentered) Dim() int { return a.n }

// Apply writes the product with x to dst.
func (a *doublyCentered) Apply(ctx context.Context, dst, x *mat.Dense) error {
	_, b := x.Dims()
	y := mat.DenseCopyOf(x)
	centerColumns(y)
	raw := y.RawMatrix()
	err := par.BlocksWith(ctx, a.n, centeredRows, func() []float64 { return make([]float64, centeredRows*centeredRows) }, func(tile []float64, lo, hi int) {
		to := dst.Slice(lo, hi, 0, b).(*mat.Dense).RawMatrix()
		beta := 0.
		for from := 0; from < a.n && ctx.Err() == nil; from += centeredRows {
			end := min(from+centeredRows, a.n)
			part := blas64.General{Rows: end - from, Cols: b, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}
			squares, turned := blas64.General{Rows: hi - lo, Cols: end - from, Stride: centeredRows, Data: tile}, blas.NoTrans
			switch {
			case end <= lo: // of earlier rows the distances stand side by side the other way
				squares.Rows, squares.Cols, turned = end-from, hi-lo, blas.Trans
				a.squares(tile, from, end, lo, hi)
			case from == lo:
				a.squares(tile, lo, hi, from, end)
				for i := range hi - lo {
					tile[i*centeredRows+i] = 0
					for j := range i {
						tile[i*centeredRows+j] = tile[j*centeredRows+i]
					}
				}
			default:
				a.squares(tile, lo, hi, from, end)
			}
			// The one error is that of ctx, which par returns.
			_ = kernel.Gemm64(ctx, turned, blas.NoTrans, -.5, squares, part, beta, to)
			beta = 1
		}
	})
	if err == nil {
		centerColumns(dst)
	}
	return err
}

// squares fills a tile with those of rows lo … hi−1 and the columns from … end−1 that
// follow them.
func (a *doublyCentered) squares(tile []float64, lo, hi, from, end int) {
	for i := lo; i < hi; i++ {
		first := max(from, i+1)
		if first >= end {
			continue
		}
		to := tile[(i-lo)*centeredRows+first-from:]
		row := a.of[after(a.n, i)+first-i-1:][:end-first]
		to = to[:len(row)]
		for t, d := range row {
			to[t] = d * d
		}
	}
}

func centerColumns(x *mat.Dense) {
	n, b := x.Dims()
	means := make([]float64, b)
	for i := range n {
		kernel.Axpy64(1/float64(n), x.RawRowView(i), means)
	}
	for i := range n {
		kernel.Axpy64(-1, means, x.RawRowView(i))
	}
}
