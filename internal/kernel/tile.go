package kernel

import "sync"

// A tiler multiplies tiles: what the products of matrices of one type are made
// of, by one path.
type tiler[T float32 | float64] struct {
	rows, cols int // of a tile

	// run multiplies tiles, one or more, that stand one below the other, by one
	// panel: c ← alpha·Σ_k a·b + beta·c. It finds a at row·aRow + k·aCol, the next
	// tile aTile further; b at k·cols + column; and with beta 0 does not read c.
	// Every value is one chain of additions, k ascending, that starts at zero.
	run func(k, tiles int, a []T, aRow, aCol, aTile int, b, c []T, cRow int, alpha, beta T)

	// ends multiply what is left below the last whole tile, by the first of them
	// that takes so many rows, or by run.
	ends []end[T]

	// panel packs k values, a multiple of step, of cols rows into a panel.
	panel func(k int, rows []T, stride int, panel []T)
	step  int

	// columns packs n values at each of k steps into a panel, and narrow into a
	// tile, filled up with zeros; narrow may write spill values more.
	columns, narrow func(k, n int, from []T, stride int, to []T)

	scratch *sync.Pool // of *scratch[T]

	// shorter multiplies fewer rows than three tiles faster, with the same panels and
	// bits; or nil.
	shorter *tiler[T]
}

// end is run for tiles of fewer rows, which are summed alike.
type end[T float32 | float64] struct {
	most int // rows that are left where it comes next
	rows int // of its tile
	run  func(k, tiles int, a []T, aRow, aCol, aTile int, b, c []T, cRow int, alpha, beta T)
}

// depth is how many steps of a sum go into one panel, at most. It decides the bits.
const depth = 256

// spill is how many values the packing of rows may write beyond the last.
const spill = 4

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
	scratch32 = &sync.Pool{New: func() any { return new(scratch[float32]) }}
	scratch64 = &sync.Pool{New: func() any { return new(scratch[float64]) }}

	widest32 = tiler[float32]{rows: 12, cols: 16, run: tile32AVX512, ends: []end[float32]{{4, 4, low32AVX2}, {10, 6, tile32AVX2}},
		panel: panel32AVX2, step: 8, columns: columns32AVX2, narrow: rows12x32AVX2, scratch: scratch32, shorter: &wide32}
	widest64 = tiler[float64]{rows: 12, cols: 8, run: tile64AVX512, ends: []end[float64]{{4, 4, low64AVX2}, {10, 6, tile64AVX2}},
		panel: panel64AVX2, step: 4, columns: columns64AVX2, narrow: rows12x64AVX2, scratch: scratch64, shorter: &wide64}
	wide32 = tiler[float32]{rows: 6, cols: 16, run: tile32AVX2, ends: []end[float32]{{4, 4, low32AVX2}},
		panel: panel32AVX2, step: 8, columns: columns32AVX2, narrow: rows6x32AVX2, scratch: scratch32}
	wide64 = tiler[float64]{rows: 6, cols: 8, run: tile64AVX2, ends: []end[float64]{{4, 4, low64AVX2}},
		panel: panel64AVX2, step: 4, columns: columns64AVX2, narrow: rows6x64AVX2, scratch: scratch64}
	plain32 = tiler[float32]{rows: 2, cols: 4, run: tileGo[float32],
		panel: panelGo[float32], step: 1, columns: columnsGo[float32], narrow: narrowGo[float32], scratch: scratch32}
	plain64 = tiler[float64]{rows: 2, cols: 4, run: tileGo[float64],
		panel: panelGo[float64], step: 1, columns: columnsGo[float64], narrow: narrowGo[float64], scratch: scratch64}
)

func tiler32() *tiler[float32] {
	switch {
	case avx512:
		return &widest32
	case avx2:
		return &wide32
	}
	return &plain32
}

func tiler64() *tiler[float64] {
	switch {
	case avx512:
		return &widest64
	case avx2:
		return &wide64
	}
	return &plain64
}

// tileGo is run for tiles of 2 rows and 4 columns: eight sums and what they are
// made of fit into the registers of all processors.
func tileGo[T float32 | float64](k, tiles int, a []T, aRow, aCol, aTile int, b, c []T, cRow int, alpha, beta T) {
	for t := range tiles {
		a := a[t*aTile:]
		var s00, s01, s02, s03, s10, s11, s12, s13 T
		for p := range k {
			u, v := a[p*aCol], a[p*aCol+aRow]
			b := (*[4]T)(b[4*p:])
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

func columnsGo[T float32 | float64](k, n int, from []T, stride int, to []T) {
	for p := range k {
		clear(to[4*p+n : 4*p+4])
		copy(to[4*p:4*p+n], from[p*stride:])
	}
}

func narrowGo[T float32 | float64](k, n int, from []T, stride int, to []T) {
	for p := range k {
		to[2*p], to[2*p+1] = from[p*stride], 0
		if n == 2 {
			to[2*p+1] = from[p*stride+1]
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
	if k == 0 {
		return
	}
	for j := lo; j < hi; j += m.cols {
		panel, from, n := dst[(j-lo)*k:][:m.cols*k], b.at(j, p), min(m.cols, hi-j)
		if !b.steps {
			m.columns(k, n, from, b.stride, panel)
			continue
		}
		done := 0
		if n < m.cols {
			clear(panel)
		} else if done = k - k%m.step; done > 0 {
			m.panel(done, from, b.stride, panel)
		}
		for i := range n {
			row := from[i*b.stride:][:k]
			for q := done; q < k; q++ {
				panel[q*m.cols+i] = row[q]
			}
		}
	}
}

// rowset is a factor ready to be the left one: tiles that run finds at strides,
// whole ones first, and one filled up with zeros.
type rowset[T float32 | float64] struct {
	data           []T
	row, col, tile int
	last           []T // the tile filled up, with strides of its own
	lastRow        int
}

// few is the number of panels that are not worth packing rows for.
const few = 4

// packRows makes steps [p, p+k) of rows [lo, hi) ready for so many panels. Rows
// whose steps lie side by side are copied as they are, since run reads one value
// at a time, or left where they are.
func (m *tiler[T]) packRows(dst []T, a factor[T], lo, hi, p, k, panels int) rowset[T] {
	if k == 0 {
		return rowset[T]{last: dst}
	}
	whole := lo + (hi-lo)/m.rows*m.rows
	if !a.steps {
		for i := lo; i < hi; i += m.rows {
			m.narrow(k, min(m.rows, hi-i), a.at(i, p), a.stride, dst[(i-lo)*k:])
		}
		return rowset[T]{dst, 1, m.rows, m.rows * k, dst[(whole-lo)*k:], 1}
	}
	set := rowset[T]{dst, k, 1, m.rows * k, dst[(whole-lo)*k:], k}
	from := lo
	if panels <= few && whole > lo {
		set.data, set.row, set.tile = a.at(lo, p), a.stride, m.rows*a.stride
		from = whole
	}
	for i := from; i < hi; i++ {
		copy(dst[(i-lo)*k:(i-lo+1)*k], a.at(i, p))
	}
	if whole < hi {
		clear(dst[(hi-lo)*k : (whole-lo+m.rows)*k])
	}
	return set
}

// column multiplies rows [skip·m.rows, rows) of a by one panel: c, n columns wide,
// begins at row 0 of a. What sticks out of c is multiplied all the same, in tmp,
// so that all values are summed alike.
func (m *tiler[T]) column(k int, a rowset[T], skip, rows int, b []T, c []T, stride, n int, alpha, beta T, tmp []T) {
	t, whole := skip, rows/m.rows
	if n == m.cols && t < whole {
		m.run(k, whole-t, a.data[t*a.tile:], a.row, a.col, a.tile, b, c[t*m.rows*stride:], stride, alpha, beta)
		t = whole
	}
	for ; t*m.rows < rows; t++ {
		high := min(m.rows, rows-t*m.rows)
		c := c[t*m.rows*stride:]
		if beta != 0 {
			for i := range high {
				copy(tmp[i*m.cols:(i+1)*m.cols], c[i*stride:][:n])
			}
		}
		if t < whole {
			m.run(k, 1, a.data[t*a.tile:], a.row, a.col, 0, b, tmp, m.cols, alpha, beta)
		} else {
			for i := 0; i < high; {
				next := end[T]{m.rows, m.rows, m.run}
				for _, e := range m.ends {
					if high-i <= e.most {
						next = e
						break
					}
				}
				next.run(k, 1, a.last[i*a.lastRow:], a.lastRow, a.col, 0, b, tmp[i*m.cols:], m.cols, alpha, beta)
				i += next.rows
			}
		}
		for i := range high {
			copy(c[i*stride:][:n], tmp[i*m.cols:])
		}
	}
}

// cut returns how many steps of the sum go into one panel: pieces as equal as
// may be, which depend on the length of the sum alone.
func (m *tiler[T]) cut(inner int) int {
	pieces := max(1, (inner+depth-1)/depth)
	each := (inner + pieces - 1) / pieces
	return max(8, (each+7)/8*8)
}
