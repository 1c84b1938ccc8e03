package kernel

import (
	"context"
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/flatland-go/flatland/internal/par"
)

// Gemm64 computes c ← alpha·op(a)·op(b) + beta·c on every core, where op is the
// matrix or its transpose. c must not share memory with a or b; with beta 0 its
// former values are not read, and with alpha 0 what is not finite in a and b still
// shows. It panics when the shapes do not fit.
//
// Every value of c is summed in an order that depends on the inner dimension
// alone: the same bits on any number of cores, and for any part of c computed by
// itself. When ctx is done, c is left half done and the error is ctx.Err(). It
// packs into about 4 MB and a quarter of one a core, and small products run on
// the goroutine that asks.
func Gemm64(ctx context.Context, ta, tb blas.Transpose, alpha float64, a, b blas64.General, beta float64, c blas64.General) error {
	return multiply(ctx, tiler64(), of64(a), ta, of64(b), tb, alpha, beta, of64(c), both)
}

// Gemm32 is Gemm64 for float32, sums included.
func Gemm32(ctx context.Context, ta, tb blas.Transpose, alpha float32, a, b blas32.General, beta float32, c blas32.General) error {
	return multiply(ctx, tiler32(), of32(a), ta, of32(b), tb, alpha, beta, of32(c), both)
}

// Syrk64 computes c ← alpha·op(a)·op(a)ᵀ + beta·c for both triangles of c, which
// must be square and symmetric on entry unless beta is 0. It takes half the
// time of Gemm64 and gives the same bits.
func Syrk64(ctx context.Context, ta blas.Transpose, alpha float64, a blas64.General, beta float64, c blas64.General) error {
	return multiply(ctx, tiler64(), of64(a), ta, of64(a), other(ta), alpha, beta, of64(c), mirrored)
}

// Syrk32 is Syrk64 for float32, sums included.
func Syrk32(ctx context.Context, ta blas.Transpose, alpha float32, a blas32.General, beta float32, c blas32.General) error {
	return multiply(ctx, tiler32(), of32(a), ta, of32(a), other(ta), alpha, beta, of32(c), mirrored)
}

// SyrkUpper64 is Syrk64 for the upper triangle of c alone: what is below the diagonal is
// not read for it, and may be overwritten with anything. The triangle has the same bits.
func SyrkUpper64(ctx context.Context, ta blas.Transpose, alpha float64, a blas64.General, beta float64, c blas64.General) error {
	return multiply(ctx, tiler64(), of64(a), ta, of64(a), other(ta), alpha, beta, of64(c), upperHalf)
}

func other(t blas.Transpose) blas.Transpose {
	if t == blas.NoTrans {
		return blas.Trans
	}
	return blas.NoTrans
}

// matrix is blas64.General for either type.
type matrix[T float32 | float64] struct {
	Rows, Cols int
	Data       []T
	Stride     int
}

func of64(m blas64.General) matrix[float64] {
	return matrix[float64]{m.Rows, m.Cols, m.Data, m.Stride}
}

func of32(m blas32.General) matrix[float32] {
	return matrix[float32]{m.Rows, m.Cols, m.Data, m.Stride}
}

// dims returns the shape of op(m), and panics where m has not the values of its
// shape.
func (m matrix[T]) dims(t blas.Transpose) (rows, cols int) {
	if m.Rows < 0 || m.Cols < 0 || m.Stride < m.Cols {
		panic("kernel: a matrix of impossible shape")
	}
	// A product of rows and stride might overflow.
	if m.Rows > 0 && m.Cols > 0 && (len(m.Data) < m.Cols || (len(m.Data)-m.Cols)/m.Stride < m.Rows-1) {
		panic("kernel: a matrix with fewer values than its shape")
	}
	if t == blas.NoTrans {
		return m.Rows, m.Cols
	}
	return m.Cols, m.Rows
}

// A block of c is what one goroutine computes at a time: its rows of a stay in
// the second-level cache while the panels of b pass. Products of less work than
// serial are not worth waking another core.
const (
	blockRows   = 96      // values of rows of a block, at most
	blockPanels = 32      // panels of a block, at most
	wantBlocks  = 8       // blocks are cut down until there are so many
	packed      = 1 << 22 // bytes of b that are packed at a time, about: they stay in the cache
	packedCols  = 1 << 11 // columns of b that are packed at a time, at most
	serial      = 1 << 20 // products
	apart       = 32      // pieces of long sums that are kept apart at a time
)

// half says which part of a symmetric product is computed.
type half int

const (
	both      half = iota
	mirrored       // the lower triangle, which is then copied to the upper one
	upperHalf      // the upper triangle, and some of what is below it
)

// product is a product of matrices under way.
type product[T float32 | float64] struct {
	*tiler[T]
	a, b        factor[T]
	rows, cols  int
	inner, cut  int
	alpha, beta T
	c           []T
	stride      int
	half        half

	blocks func(ctx context.Context, n int, f func(s *scratch[T], i int)) error
}

func multiply[T float32 | float64](ctx context.Context, m *tiler[T], a matrix[T], ta blas.Transpose, b matrix[T], tb blas.Transpose, alpha, beta T, c matrix[T], part half) error {
	rows, inner := a.dims(ta)
	steps, cols := b.dims(tb)
	if r, k := c.dims(blas.NoTrans); r != rows || k != cols || inner != steps {
		panic("kernel: matrices of these shapes have no product")
	}
	if rows == 0 || cols == 0 {
		return ctx.Err()
	}
	if m.shorter != nil && rows < 3*m.rows {
		m = m.shorter
	}
	x := product[T]{
		tiler: m, a: factor[T]{a.Data, a.Stride, ta == blas.NoTrans}, b: factor[T]{b.Data, b.Stride, tb != blas.NoTrans},
		rows: rows, cols: cols, inner: inner, cut: m.cut(inner),
		alpha: alpha, beta: beta, c: c.Data, stride: c.Stride, half: part,
	}
	x.blocks = x.parallel
	if float64(rows)*float64(cols)*float64(inner) < serial {
		x.blocks = x.serial
	}
	bands, strips := x.grid(rows, cols)
	var err error
	if pieces := (inner + x.cut - 1) / x.cut; pieces >= wantBlocks && bands.count*strips.count < wantBlocks {
		err = x.piecewise(ctx, pieces)
	} else {
		err = x.blockwise(ctx)
	}
	if err == nil && part == mirrored {
		err = x.mirror(ctx)
	}
	return err
}

func (x *product[T]) serial(ctx context.Context, n int, f func(s *scratch[T], i int)) error {
	s := x.scratch.Get().(*scratch[T])
	defer x.scratch.Put(s)
	for i := range n {
		f(s, i)
	}
	return ctx.Err()
}

func (x *product[T]) parallel(ctx context.Context, n int, f func(s *scratch[T], i int)) error {
	return par.Blocks(ctx, n, 1, func(i, _ int) {
		s := x.scratch.Get().(*scratch[T])
		defer x.scratch.Put(s)
		f(s, i)
	})
}

// pieces are a length cut into equal parts but for the last.
type pieces struct{ count, size int }

// cutInto cuts n into parts of at most size, multiples of unit.
func cutInto(n, size, unit int) pieces {
	count := (n + size - 1) / size
	size = ((n+count-1)/count + unit - 1) / unit * unit
	return pieces{(n + size - 1) / size, size}
}

// grid cuts a part of c into blocks, by its shape alone.
func (x *product[T]) grid(rows, cols int) (bands, strips pieces) {
	high, wide := blockRows, blockPanels*x.tiler.cols
	for {
		bands, strips = cutInto(rows, high, x.tiler.rows), cutInto(cols, wide, x.tiler.cols)
		switch {
		case bands.count*strips.count >= wantBlocks:
			return
		case wide > 4*x.tiler.cols && cols > wide/2:
			wide /= 2
		case high > 48:
			high /= 2
		default:
			return
		}
	}
}

// blockwise packs as much of b as there is room for, and computes blocks of c
// with it. Where one band of blocks is all, nobody shares what is packed.
func (x *product[T]) blockwise(ctx context.Context) error {
	m := x.tiler
	shared := x.scratch.Get().(*scratch[T])
	defer x.scratch.Put(shared)
	for left := 0; left < x.cols; left += packedCols {
		right := min(left+packedCols, x.cols)
		panels := (right - left + m.cols - 1) / m.cols
		width := panels * m.cols
		deep := max(1, packed/(width*x.cut*int(unsafe.Sizeof(x.alpha)))) * x.cut
		bands, strips := x.grid(x.rows, right-left)
		for p := 0; p == 0 || p < x.inner; p += deep {
			steps := min(deep, x.inner-p)
			if bands.count > 1 {
				shared.b = room(shared.b, width*steps)
				const together = 8 // panels
				groups, cuts := (panels+together-1)/together, (steps+x.cut-1)/x.cut
				err := x.blocks(ctx, groups*cuts, func(_ *scratch[T], i int) {
					q := i / groups * x.cut
					lo := left + i%groups*together*m.cols
					k := min(x.cut, steps-q)
					m.packCols(shared.b[q*width+(lo-left)*k:], x.b, lo, min(lo+together*m.cols, right), p+q, k)
				})
				if err != nil {
					return err
				}
			}
			err := x.blocks(ctx, bands.count*strips.count, func(s *scratch[T], i int) {
				// From the last rows on: of a lower triangle they are the longest.
				band := bands.count - 1 - i/strips.count
				if x.half == upperHalf {
					band = i / strips.count
				}
				lo := band * bands.size
				hi := min(lo+bands.size, x.rows)
				from := left + i%strips.count*strips.size
				to := min(from+strips.size, right)
				if x.half == mirrored && from >= hi || x.half == upperHalf && to <= lo {
					return
				}
				for q := 0; q == 0 || q < steps; q += x.cut {
					beta := x.beta
					if p+q > 0 {
						beta = 1
					}
					k := min(x.cut, steps-q)
					var b []T
					if bands.count > 1 {
						b = shared.b[q*width+(from-left)*k:]
					}
					x.block(s, lo, hi, from, to, p+q, k, b, x.alpha, beta, x.c, x.stride)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// block adds steps [p, p+k) to rows [lo, hi) and columns [from, to) of c; b
// holds the panels of these columns, or nothing: then each is packed when it is
// needed.
func (x *product[T]) block(s *scratch[T], lo, hi, from, to, p, k int, b []T, alpha, beta T, c []T, stride int) {
	m := x.tiler
	tall := (hi - lo + m.rows - 1) / m.rows * m.rows
	s.a, s.c = room(s.a, tall*k+spill), room(s.c, m.rows*m.cols)
	own := b == nil
	if own {
		s.b = room(s.b, m.cols*k)
	}
	a := m.packRows(s.a, x.a, lo, hi, p, k, (to-from+m.cols-1)/m.cols)
	for j := from; j < to; j += m.cols {
		skip, rows := 0, hi-lo // tiles above the diagonal, rows down to it
		switch x.half {
		case mirrored:
			if j >= hi {
				return
			}
			skip = max(0, j-lo) / m.rows
		case upperHalf:
			if j+m.cols <= lo {
				continue
			}
			rows = min(rows, (j+m.cols-lo+m.rows-1)/m.rows*m.rows)
		}
		panel := s.b
		if own {
			m.packCols(panel, x.b, j, min(j+m.cols, to), p, k)
		} else {
			panel = b[(j-from)*k:]
		}
		m.column(k, a, skip, rows, panel, c[lo*stride+j:], stride, min(m.cols, to-j), alpha, beta, s.c)
	}
}

// piecewise computes the pieces of a long sum side by side, for a c too small
// to be cut into blocks, and adds them in order: the arithmetic is that of
// blockwise.
func (x *product[T]) piecewise(ctx context.Context, count int) error {
	shared := x.scratch.Get().(*scratch[T])
	defer x.scratch.Put(shared)
	size := x.rows * x.cols
	for first := 0; first < count; first += apart {
		n := min(apart, count-first)
		shared.c = room(shared.c, n*size)
		err := x.blocks(ctx, n, func(s *scratch[T], i int) {
			p := (first + i) * x.cut
			k := min(x.cut, x.inner-p)
			x.block(s, 0, x.rows, 0, x.cols, p, k, nil, 1, 0, shared.c[i*size:(i+1)*size], x.cols)
		})
		if err != nil {
			return err
		}
		err = x.blocks(ctx, x.rows, func(_ *scratch[T], i int) {
			n := n
			row := x.c[i*x.stride:][:x.cols]
			own := 0 // its first value that counts
			switch x.half {
			case mirrored:
				row = row[:i+1]
			case upperHalf:
				own, row = i, row[i:]
			}
			for piece := range n {
				beta := T(1)
				if first+piece == 0 {
					beta = x.beta
				}
				merge(x.alpha, shared.c[piece*size+i*x.cols+own:][:len(row)], beta, row)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// merge computes c ← alpha·sum + beta·c as the tiles do.
func merge[T float32 | float64](alpha T, sum []T, beta T, c []T) {
	if beta == 0 {
		for i, v := range sum {
			c[i] = alpha * v
		}
		return
	}
	if beta != 1 {
		for i := range c {
			c[i] *= beta
		}
	}
	switch c := any(c).(type) {
	case []float32:
		axpy32(float32(alpha), any(sum).([]float32), c)
	case []float64:
		axpy64(float64(alpha), any(sum).([]float64), c)
	}
}

// mirror copies the lower triangle of c to the upper one.
func (x *product[T]) mirror(ctx context.Context) error {
	const size = 32
	n := (x.rows + size - 1) / size
	return x.blocks(ctx, n, func(_ *scratch[T], b int) {
		lo, hi := b*size, min((b+1)*size, x.rows)
		for from := lo; from < x.cols; from += size {
			to := min(from+size, x.cols)
			for i := lo; i < hi; i++ {
				for j := max(i+1, from); j < to; j++ {
					x.c[i*x.stride+j] = x.c[j*x.stride+i]
				}
			}
		}
	})
}
