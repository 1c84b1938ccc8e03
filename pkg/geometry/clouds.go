package geometry

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// clouds are the rows of x with those of y below them: n and m rows of d columns.
type clouds struct {
	n, m, d int
	rows    *mat.Dense // as given
	near    *mat.Dense // less their common mean, over unit
	squares []float64  // of the lengths of the rows of near
	unit    float64    // 0 where all rows are equal
}

// checkClouds refuses what are no rows, of different columns, or fewer than least.
func checkClouds(ctx context.Context, method string, least int, x, y mat.Matrix) (n, m, d int, err error) {
	for _, c := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckRows(method, c.Matrix); err != nil {
			return 0, 0, 0, err
		}
		if err := mat32.CheckContext(ctx, c.Matrix); err != nil {
			return 0, 0, 0, fmt.Errorf("%s: %s: %w", method, c.name, err)
		}
	}
	n, d = x.Dims()
	m, columns := y.Dims()
	if columns != d {
		return 0, 0, 0, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "y", Rows: m, Cols: columns, Want: fmt.Sprintf("%d columns, as x has", d)})
	}
	if rows := min(n, m); rows < least {
		what := "x"
		if m < n {
			what = "y"
		}
		return 0, 0, 0, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: what, Rows: rows, Cols: d, Want: fmt.Sprintf("at least %d rows", least)})
	}
	return n, m, d, nil
}

// bytesOfClouds is what newClouds takes.
func bytesOfClouds(n, m, d int) int64 { return 8 * int64(n+m) * int64(2*d+1) }

// newClouds copies the rows of x and y, which were checked. It fails only with ctx.Err().
func newClouds(ctx context.Context, x, y mat.Matrix) (*clouds, error) {
	n, d := x.Dims()
	m, _ := y.Dims()
	c := &clouds{n: n, m: m, d: d, rows: mat.NewDense(n+m, d, nil), squares: make([]float64, n+m)}
	err := par.BlocksWith(ctx, n+m, 64, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			if i < n {
				copy(c.rows.RawRowView(i), mat32.Row(buf, i, x))
			} else {
				copy(c.rows.RawRowView(i), mat32.Row(buf, i-n, y))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if c.near, c.unit, err = subspace.Centered(ctx, c.rows); err != nil {
		return nil, err
	}
	return c, par.Blocks(ctx, n+m, 64, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := c.near.RawRowView(i)
			c.squares[i] = kernel.Dot64(row, row)
		}
	})
}

// How many pairs of rows are looked at together.
const (
	pairRows = 256
	pairCols = 2048
)

// bytesOfPairs is what a tile of pairs takes.
func bytesOfPairs(rows, cols int) int64 {
	return 8 * int64(min(rows, pairRows)) * int64(min(cols, pairCols))
}

// distances writes the squared distances of near rows top … bottom−1 from rows left …
// right−1 to dst, row after row. Those of which a product leaves few digits are measured
// again by subtraction.
func (c *clouds) distances(ctx context.Context, dst []float64, top, bottom, left, right int) error {
	const few = 0x1p-20
	width := right - left
	part := func(lo, hi int) blas64.General {
		raw := c.near.RawMatrix()
		return blas64.General{Rows: hi - lo, Cols: c.d, Stride: raw.Stride, Data: raw.Data[lo*raw.Stride : (hi-1)*raw.Stride+c.d]}
	}
	to := blas64.General{Rows: bottom - top, Cols: width, Stride: width, Data: dst[:(bottom-top)*width]}
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, -2, part(top, bottom), part(left, right), 0, to); err != nil {
		return err
	}
	return par.Blocks(ctx, bottom-top, 4, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, own := dst[i*width:(i+1)*width], c.squares[top+i]
			for j, other := range c.squares[left:right] {
				both := own + other
				v := both + row[j]
				if v < few*both {
					v = kernel.SquaredDistance64(c.near.RawRowView(top+i), c.near.RawRowView(left+j))
				}
				row[j] = v
			}
		}
	})
}

// rounding bounds what the square of the distance of two near rows may be off by, as long
// as it is no smaller than distances measures by products: values lie within ±8.
func (c *clouds) rounding() float64 {
	d := float64(c.d)
	return d*0x1p-38 + d*d*0x1p-44
}

// median returns the median of the squared distances of pairs of near rows: of all, or
// where they are more than 262 144 of as many that are drawn.
func (c *clouds) median(ctx context.Context, seed uint64) (float64, error) {
	const most = 1 << 18
	rows := c.n + c.m
	pairs := rows * (rows - 1) / 2
	at := make([][2]int32, 0, min(pairs, most))
	if pairs <= most {
		for i := range rows {
			for j := range i {
				at = append(at, [2]int32{int32(i), int32(j)})
			}
		}
	} else {
		stream := rng.New(seed, "geometry: median distance", 0)
		for len(at) < most {
			i, j := stream.IntN(rows), stream.IntN(rows-1)
			if j >= i {
				j++
			}
			at = append(at, [2]int32{int32(i), int32(j)})
		}
	}
	values := make([]float64, len(at))
	err := par.Blocks(ctx, len(at), 1024, func(lo, hi int) {
		for s := lo; s < hi; s++ {
			values[s] = kernel.SquaredDistance64(c.near.RawRowView(int(at[s][0])), c.near.RawRowView(int(at[s][1])))
		}
	})
	if err != nil {
		return 0, err
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]/2 + values[len(values)/2]/2, nil
}
