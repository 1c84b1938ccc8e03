package kernel

import "sync"

// A tiler multiplies tiles: what the products of matrices of one type are made
// of, by one path.
type tiler[T float32 | float64] struct {
	rows, cols int // of a tile
	depth      int // of a panel, at most

	// run multiplies tiles, one or more, that stand one below the other, by one
	// panel: c ← alpha·Σ_k a·b + beta·c. It finds a at row·aRow + k·aCol, the next
	// tile aTile further; b at k·bRow + column; and with beta 0 does not read c.
	// Every value is one chain of additions, k ascending, that starts at zero.
	run func(k, tiles int, a []T, aRow, aCol, aTile int, b []T, bRow int, c []T, cRow int, alpha, beta T)

	// panel packs k values, a multiple of step, of cols rows into a panel.
	panel func(k int, rows []T, stride int, panel []T)
	step  int

	scratch *sync.Pool // of *scratch[T]
}

// scratch is what a goroutine packs into.
type scratch[T float32 | float64] struct {
	a, b, c []T
}

// room returns s with n values, whatever they are.
func room[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

var (
	wide32 = tiler[float32]{rows: 6, cols: 16, depth: 256, run: tile32AVX2, panel: panel32AVX2, step: 8,
		scratch: &sync.Pool{New: func() any { return new(scratch[float32]) }}}
	wide64 = tiler[float64]{rows: 6, cols: 8, depth: 256, run: tile64AVX2, panel: panel64AVX2, step: 4,
		scratch: &sync.Pool{New: func() any { return new(scratch[float64]) }}}
	plain32 = tiler[float32]{rows: 2, cols: 4, depth: 256, run: tileGo[float32], panel: panelGo[float32], step: 1,
		scratch: &sync.Pool{New: func() any { return new(scratch[float32]) }}}
	plain64 = tiler[float64]{rows: 2, cols: 4, depth: 256, run: tileGo[float64], panel: panelGo[float64], step: 1,
		scratch: &sync.Pool{New: func() any { return new(scratch[float64]) }}}
)

func tiler32() *tiler[float32] {
	if avx2 {
		return &wide32
	}
	return &plain32
}

func tiler64() *tiler[float64] {
	if avx2 {
		return &wide64
	}
	return &plain64
}

// tileGo is run for tiles of 2 rows and 4 columns: eight sums and what they are
// made of fit into the registers of all processors.
func tileGo[T float32 | float64](k, tiles int, a []T, aRow, aCol, aTile int, b []T, bRow int, c []T, cRow int, alpha, beta T) {
	for t := range tiles {
		a := a[t*aTile:]
		var s00, s01, s02, s03, s10, s11, s12, s13 T
		for p := range k {
			u, v := a[p*aCol], a[p*aCol+aRow]
			b := (*[4]T)(b[p*bRow:])
			s00 += u * b[0]
			s01 += u * b[1]
			s02 += u * b[2]
			s03 += u * b[3]
			s10 += v * b[0]
			s11 += v * b[1]
			s12 += v * b[2]
			s13 += v * b[3]
		}
		store4(c[2*t*cRow:], alpha, s00, s01, s02, s03, beta)
		store4(c[(2*t+1)*cRow:], alpha, s10, s11, s12, s13, beta)
	}
}

func store4[T float32 | float64](c []T, alpha, s0, s1, s2, s3, beta T) {
	to := (*[4]T)(c)
	if beta == 0 {
		*to = [4]T{alpha * s0, alpha * s1, alpha * s2, alpha * s3}
		return
	}
	to[0] = alpha*s0 + T(beta*to[0])
	to[1] = alpha*s1 + T(beta*to[1])
	to[2] = alpha*s2 + T(beta*to[2])
	to[3] = alpha*s3 + T(beta*to[3])
}

func panelGo[T float32 | float64](k int, rows []T, stride int, panel []T) {
	for j := range 4 {
		for p, v := range rows[j*stride:][:k] {
			panel[4*p+j] = v
		}
	}
}

// factor is a matrix that a product reads, by row and step of the sum or by
// step and column: values along one of the two lie side by side.
type factor[T float32 | float64] struct {
	data   []T
	stride int
	steps  bool // the values of successive steps lie side by side, rather than those of rows or columns
}

// at returns the values from row or column i and step p on.
func (f factor[T]) at(i, p int) []T {
	if f.steps {
		return f.data[i*f.stride+p:]
	}
	return f.data[p*f.stride+i:]
}

// packCols packs steps [p, p+k) of columns [lo, hi) into panels, the last one
// filled up with zeros.
func (m *tiler[T]) packCols(dst []T, b factor[T], lo, hi, p, k int) {
	for j := lo; j < hi; j += m.cols {
		panel := dst[(j-lo)*k:][:m.cols*k]
		n := min(m.cols, hi-j)
		if n < m.cols {
			clear(panel)
		}
		m.pack(panel, m.cols, b, j, n, p, k)
	}
}

// pack writes steps [p, p+k) of the n rows or columns from i on to a panel
// width wide.
func (m *tiler[T]) pack(panel []T, width int, f factor[T], i, n, p, k int) {
	if k == 0 {
		return
	}
	from := f.at(i, p)
	if !f.steps {
		if n == 16 && width == 16 {
			for q := range k {
				*(*[16]T)(panel[q*16:]) = *(*[16]T)(from[q*f.stride:])
			}
			return
		}
		if n == 8 && width == 8 {
			for q := range k {
				*(*[8]T)(panel[q*8:]) = *(*[8]T)(from[q*f.stride:])
			}
			return
		}
		if n == 6 && width == 6 {
			for q := range k {
				*(*[6]T)(panel[q*6:]) = *(*[6]T)(from[q*f.stride:])
			}
			return
		}
		for q := range k {
			copy(panel[q*width:][:n], from[q*f.stride:])
		}
		return
	}
	done := 0
	if n == m.cols && width == m.cols {
		if done = k - k%m.step; done > 0 {
			m.panel(done, from, f.stride, panel)
		}
	}
	for j := range n {
		for q := done; q < k; q++ {
			panel[q*width+j] = from[j*f.stride+q]
		}
	}
}

// rowset is a factor ready to be the left one: tiles that run finds at strides,
// the last one filled up with zeros.
type rowset[T float32 | float64] struct {
	data           []T
	row, col, tile int
}

// packRows packs steps [p, p+k) of rows [lo, hi). Rows are copied as they are
// where their steps lie side by side: run reads one value at a time.
func (m *tiler[T]) packRows(dst []T, a factor[T], lo, hi, p, k int) rowset[T] {
	for i := lo; i < hi; i += m.rows {
		tile := dst[(i-lo)*k:][:m.rows*k]
		n := min(m.rows, hi-i)
		if n < m.rows {
			clear(tile)
		}
		if !a.steps {
			m.pack(tile, m.rows, a, i, n, p, k)
			continue
		}
		for r := range n {
			copy(tile[r*k:(r+1)*k], a.data[(i+r)*a.stride+p:])
		}
	}
	if a.steps {
		return rowset[T]{dst, k, 1, m.rows * k}
	}
	return rowset[T]{dst, 1, m.rows, m.rows * k}
}

// panel multiplies the tiles of rows [lo, hi), of which a holds whole tiles, by
// one panel: c, n columns wide, begins at row lo. What sticks out of c is
// multiplied all the same, in tmp, so that all values are summed alike.
func (m *tiler[T]) column(k int, a rowset[T], rows int, b []T, bRow int, c []T, cRow, n int, alpha, beta T, tmp []T) {
	whole := rows / m.rows
	if n < m.cols {
		whole = 0
	}
	if whole > 0 {
		m.run(k, whole, a.data, a.row, a.col, a.tile, b, bRow, c, cRow, alpha, beta)
	}
	for t := whole; t*m.rows < rows; t++ {
		high := min(m.rows, rows-t*m.rows)
		c := c[t*m.rows*cRow:]
		if beta != 0 {
			for i := range high {
				copy(tmp[i*m.cols:(i+1)*m.cols], c[i*cRow:][:n])
			}
		}
		m.run(k, 1, a.data[t*a.tile:], a.row, a.col, a.tile, b, bRow, tmp, m.cols, alpha, beta)
		for i := range high {
			copy(c[i*cRow:][:n], tmp[i*m.cols:])
		}
	}
}

// cut returns how many steps of the sum go into one panel: pieces as equal as
// may be, which depend on the length of the sum alone.
func (m *tiler[T]) cut(inner int) int {
	pieces := max(1, (inner+m.depth-1)/m.depth)
	each := (inner + pieces - 1) / pieces
	return max(8, (each+7)/8*8)
}
