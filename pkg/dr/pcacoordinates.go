package dr

import (
	"context"
	"fmt"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// coordinates takes rows to (x − mean)·scaled componentsᵀ. Of the components only
// columns that are not zero in all of them are multiplied, and those that end the
// list as axes of one column, as components of columns that do not vary do, are
// read off. A row's image does not depend on the rows that come with it.
type coordinates struct {
	mean    []float64
	scale   []float64  // of every coordinate
	columns []int      // of the leading components that are not zero
	shift   []float64  // the means of these
	lead    *mat.Dense // these components, in these columns, scaled; nil where there are none
	axes    []int      // the columns that the other components are
	width   int        // of the image
	gather  bool       // of sparse rows what is not zero alone is looked at, which rounds otherwise
	kept    *mat.Dense // the rows to be mapped, centred, in these columns, where they are at hand
}

func newCoordinates(components *mat.Dense, mean, scale []float64) *coordinates {
	k, d := components.Dims()
	p := &coordinates{mean: mean, scale: scale, width: k}
	lead := k
	for ; lead > 0; lead-- {
		j := axis(components.RawRowView(lead - 1))
		if j < 0 {
			break
		}
		p.axes = append([]int{j}, p.axes...)
	}
	for j := range d {
		for i := range lead {
			if components.At(i, j) != 0 {
				p.columns = append(p.columns, j)
				p.shift = append(p.shift, mean[j])
				break
			}
		}
	}
	if lead > 0 {
		p.lead = mat.NewDense(lead, len(p.columns), nil)
		for i := range lead {
			from, to := components.RawRowView(i), p.lead.RawRowView(i)
			for t, j := range p.columns {
				to[t] = from[j] * scale[i]
			}
		}
	}
	return p
}

// axis returns the column in which alone a component is 1, or −1.
func axis(component []float64) int {
	at := -1
	for j, v := range component {
		if v == 0 {
			continue
		}
		if v != 1 || at >= 0 {
			return -1
		}
		at = j
	}
	return at
}

// singleColumns is the number of columns from which on float32 rows are multiplied
// in float32, centred in float64 before: in shorter ones there is nothing to gain.
const singleColumns = 256

// apply maps the rows of x, which are finite and have the columns of the mean. With
// exact, float32 rows are multiplied in float64 however long they are.
func (p *coordinates) apply(ctx context.Context, method string, x mat.Matrix, exact bool) (*mat.Dense, error) {
	n, d := x.Dims()
	z := mat.NewDense(n, p.width, nil)
	var overflow atomic.Bool
	var err error
	single, ok := x.(*mat32.Dense)
	// Coordinates are looked at while they are in the cache.
	finish := func(from, to int) error {
		return par.Blocks(ctx, to-from, max(1, 1<<14/p.width), func(lo, hi int) {
			for i := from + lo; i < from+hi; i++ {
				row := z.RawRowView(i)
				for t, j := range p.axes {
					c := p.width - len(p.axes) + t
					v := 0.
					if single != nil {
						v = float64(single.Row(i)[j])
					} else {
						v = x.At(i, j)
					}
					row[c] = (v - p.mean[j]) * p.scale[c]
				}
				if !finite(row) {
					overflow.Store(true)
				}
			}
		})
	}
	switch sparse, isSparse := x.(*mat32.CSR); {
	case p.lead == nil:
		err = finish(0, n)
	case isSparse && p.gather:
		err = p.sparse(ctx, z, sparse)
		if err == nil {
			err = finish(0, n)
		}
	case ok && !exact && d >= singleColumns:
		err = p.single(ctx, z, single, finish)
	default:
		err = p.dense(ctx, z, x, finish)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if overflow.Load() {
		return nil, checkFits(method, z)
	}
	return z, nil
}

func (p *coordinates) dense(ctx context.Context, z *mat.Dense, x mat.Matrix, finish func(from, to int) error) error {
	n, d := x.Dims()
	lead, m := p.lead.Dims()
	c := centered{x: x, n: n, d: d, mean: p.mean, columns: p.columns, shift: p.shift}
	c.single, _ = x.(*mat32.Dense)
	if p.kept != nil {
		if err := multiply(ctx, z.Slice(0, n, 0, lead).(*mat.Dense), p.kept, blas.NoTrans, p.lead, blas.Trans); err != nil {
			return err
		}
		return finish(0, n)
	}
	size := min(n, together(m))
	rows := borrow(size, m)
	defer release(rows)
	for lo := 0; lo < n; lo += size {
		hi := min(lo+size, n)
		part := rows.Slice(0, hi-lo, 0, m).(*mat.Dense)
		if err := c.rows(ctx, part, lo); err != nil {
			return err
		}
		if err := multiply(ctx, z.Slice(lo, hi, 0, lead).(*mat.Dense), part, blas.NoTrans, p.lead, blas.Trans); err != nil {
			return err
		}
		if err := finish(lo, hi); err != nil {
			return err
		}
	}
	return nil
}

// single is dense with products in float32.
func (p *coordinates) single(ctx context.Context, z *mat.Dense, x *mat32.Dense, finish func(from, to int) error) error {
	n, _ := x.Dims()
	lead, m := p.lead.Dims()
	right := blas32.General{Rows: lead, Cols: m, Stride: m, Data: make([]float32, lead*m)}
	for i, v := range p.lead.RawMatrix().Data {
		right.Data[i] = float32(v)
	}
	size := min(n, max(256, (1<<19)/max(m, 1)))
	left := blas32.General{Cols: m, Stride: m, Data: make([]float32, size*m)}
	image := blas32.General{Cols: lead, Stride: lead, Data: make([]float32, size*lead)}
	for lo := 0; lo < n; lo += size {
		rows := min(size, n-lo)
		left.Rows, image.Rows = rows, rows
		err := par.Blocks(ctx, rows, 32, func(from, to int) {
			for i := from; i < to; i++ {
				row, out := x.Row(lo+i), left.Data[i*m:(i+1)*m]
				for t, j := range p.columns {
					out[t] = float32(float64(row[j]) - p.shift[t])
				}
			}
		})
		if err == nil {
			err = kernel.Gemm32(ctx, blas.NoTrans, blas.Trans, 1, left, right, 0, image)
		}
		if err == nil {
			err = par.Blocks(ctx, rows, 32, func(from, to int) {
				for i := from; i < to; i++ {
					out := z.RawRowView(lo + i)
					for c, v := range image.Data[i*lead : (i+1)*lead] {
						out[c] = float64(v)
					}
				}
			})
		}
		if err == nil {
			err = finish(lo, lo+rows)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sparse looks at what is not zero of a row alone.
func (p *coordinates) sparse(ctx context.Context, z *mat.Dense, x *mat32.CSR) error {
	n, d := x.Dims()
	lead, _ := p.lead.Dims()
	turned, shift := mat.NewDense(d, lead, nil), make([]float64, lead)
	for t, j := range p.columns {
		for c := range lead {
			turned.Set(j, c, p.lead.At(c, t))
		}
		kernel.Axpy64(-p.shift[t], turned.RawRowView(j), shift)
	}
	raw := turned.RawMatrix()
	return par.BlocksWith(ctx, n, 64, func() *nonzeros { return newNonzeros(d) }, func(row *nonzeros, lo, hi int) {
		for i := lo; i < hi; i++ {
			columns, values := row.of(i, x)
			out := z.RawRowView(i)[:lead]
			kernel.Gather64(1, values, columns, raw.Data, raw.Stride, 0, out)
			kernel.Axpy64(1, shift, out)
		}
	})
}
