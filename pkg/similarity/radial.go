package similarity

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// radial is an RBF kernel matrix by the rows that it is of. One is taken from its values where
// these are mostly near one: what centring leaves is the same, and small differences
// keep their digits.
type radial struct {
	rows    *mat.Dense // centred
	squares []float64  // of the lengths of the rows
	scale   float64    // 1/2σ²
	less    bool       // by one
}

// radialGram returns the RBF kernel matrix of the rows of x. k is resolved.
func radialGram(ctx context.Context, k kerneled, name string, x mat.Matrix) (*gram, error) {
	a, unit, err := centered(ctx, k.method, name, x)
	if err != nil {
		return nil, err
	}
	n, _ := a.Dims()
	r := &radial{rows: a, squares: make([]float64, n)}
	spread := 0.
	for i := range r.squares {
		r.squares[i] = kernel.Dot64(a.RawRowView(i), a.RawRowView(i))
		spread += 2 * r.squares[i] / float64(n) // the mean squared distance
	}
	sigma := k.bandwidth / unit
	if !k.absolute {
		median, err := r.median(ctx, mostKept)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.method, err)
		}
		if median == 0 {
			return nil, &mat32.DegenerateError{Method: k.method, Reason: "half of all pairs of rows of " + name + " are at distance 0, and so is their median: give an absolute bandwidth"}
		}
		sigma = k.bandwidth * math.Sqrt(median)
	}
	r.scale = min(.5/sigma/sigma, math.MaxFloat64)
	r.less = spread*r.scale < math.Ln2
	g := &gram{n: n, hollow: true, diag: make([]float64, n), rows: make([]float64, n), unit: 1, radial: r}
	if !r.less {
		for i := range g.diag {
			g.diag[i] = 1
		}
	}
	g.square, err = r.sums(ctx, r, g.rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.method, err)
	}
	return g, nil
}

// cross returns the sum of the products of the values of two of these matrices off the
// diagonal.
func (r *radial) cross(ctx context.Context, s *radial) (float64, error) {
	return r.sums(ctx, s, nil)
}

// How many rows and columns of a kernel matrix are looked at together.
const (
	tileRows = 256
	tileCols = 2048
)

// sums is cross; it also adds up the rows of r, if they are asked for. Of the matrices,
// which are symmetric, no more than the upper triangles are computed.
func (r *radial) sums(ctx context.Context, s *radial, rows []float64) (float64, error) {
	n := len(r.squares)
	stage := watch.Start(ctx, "RBF kernel: rows", n)
	a, b := newTile(n), newTile(n)
	parts := make([]float64, min(tileRows, n))
	total := 0.
	for top := 0; top < n; top += tileRows {
		bottom := min(top+tileRows, n)
		for left := top; left < n; left += tileCols {
			right := min(left+tileCols, n)
			if err := r.tile(ctx, a, top, bottom, left, right); err != nil {
				return 0, err
			}
			other := a
			if s != r {
				if err := s.tile(ctx, b, top, bottom, left, right); err != nil {
					return 0, err
				}
				other = b
			}
			width := right - left
			err := par.Blocks(ctx, bottom-top, 8, func(lo, hi int) {
				for i := lo; i < hi; i++ {
					// What is left of the diagonal has been counted from the other side.
					from := max(0, top+i-left)
					k, l := a[i*width+from:(i+1)*width], other[i*width+from:(i+1)*width]
					parts[i] = kernel.Dot64(k, l)
					if rows != nil {
						for _, v := range k {
							rows[top+i] += v
						}
					}
				}
			})
			if err == nil && rows != nil {
				err = par.Blocks(ctx, width, 128, func(lo, hi int) {
					for i := range bottom - top {
						for j := max(lo, top+i-left); j < hi; j++ {
							rows[left+j] += a[i*width+j]
						}
					}
				})
			}
			if err != nil {
				return 0, err
			}
			for _, v := range parts[:bottom-top] {
				total += 2 * v
			}
		}
		stage.Add(bottom - top)
	}
	return total, nil
}

func newTile(n int) []float64 { return make([]float64, min(tileRows, n)*min(tileCols, n)) }

// tile writes a part of the matrix to dst, row after row, with zeros on the diagonal.
func (r *radial) tile(ctx context.Context, dst []float64, top, bottom, left, right int) error {
	if err := r.distances(ctx, dst, top, bottom, left, right); err != nil {
		return err
	}
	width := right - left
	return par.Blocks(ctx, bottom-top, 8, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := dst[i*width : (i+1)*width]
			for j := max(0, top+i-left); j < width; j++ {
				switch t := -r.scale * row[j]; {
				case left+j == top+i:
					row[j] = 0
				case !r.less:
					row[j] = math.Exp(t)
				case t > -.5:
					row[j] = math.Expm1(t)
				default:
					row[j] = math.Exp(t) - 1
				}
			}
		}
	})
}

// distances writes the squared distances of some rows from others to dst, row after row; of
// those left of the diagonal it may write anything.
func (r *radial) distances(ctx context.Context, dst []float64, top, bottom, left, right int) error {
	_, d := r.rows.Dims()
	width := right - left
	part := func(lo, hi int) blas64.General {
		raw := r.rows.RawMatrix()
		return blas64.General{Rows: hi - lo, Cols: d, Stride: raw.Stride, Data: raw.Data[lo*raw.Stride : (hi-1)*raw.Stride+d]}
	}
	c := blas64.General{Rows: bottom - top, Cols: width, Stride: width, Data: dst[:(bottom-top)*width]}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, -2, part(top, bottom), part(left, right), 0, c); err != nil {
		return err
	}
	return par.Blocks(ctx, bottom-top, 8, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := dst[i*width : (i+1)*width]
			for j := max(0, top+i-left); j < width; j++ {
				row[j] = max(0, r.squares[top+i]+r.squares[left+j]+row[j])
			}
		}
	})
}
