package kernel

// Tile32 multiplies two sets of rows with one goroutine: the scratch of a worker
// that looks at all pairs, block by block. The zero value is ready. It holds a
// packed copy of both sets.
type Tile32 struct {
	a, b       []float32
	rows, cols int
	am, bm     int               // values of a row
	parts      []rowset[float32] // of a, by piece of the sum
	tmp        []float32
}

// SetA takes the left rows, each m values long, one after the other. They are
// packed, not borrowed.
func (t *Tile32) SetA(rows []float32, m int) {
	k := tiler32()
	t.rows, t.am = count(rows, m), m
	tall := (t.rows + k.rows - 1) / k.rows * k.rows
	t.a, t.parts = room(t.a, tall*m), t.parts[:0]
	f, cut := factor[float32]{rows, m, true}, k.cut(m)
	for p := 0; p < m; p += cut {
		t.parts = append(t.parts, k.packRows(t.a[p*tall:], f, 0, t.rows, p, min(cut, m-p), few+1))
	}
}

// SetB takes the right rows, as SetA does.
func (t *Tile32) SetB(rows []float32, m int) {
	k := tiler32()
	t.cols, t.bm = count(rows, m), m
	wide := (t.cols + k.cols - 1) / k.cols * k.cols
	t.b = room(t.b, wide*m)
	f, cut := factor[float32]{rows, m, true}, k.cut(m)
	for p := 0; p < m; p += cut {
		k.packCols(t.b[p*wide:], f, 0, t.cols, p, min(cut, m-p))
	}
}

// ShareB takes the right rows of another, which must not be given others meanwhile.
func (t *Tile32) ShareB(of *Tile32) { t.b, t.cols, t.bm = of.b, of.cols, of.bm }

func count(rows []float32, m int) int {
	if m <= 0 || len(rows)%m != 0 {
		panic("kernel: rows of another length")
	}
	return len(rows) / m
}

// Mul writes the product of left row i and right row j to dst[i·stride+j]. A
// product has the same bits in whichever tile it is computed, those of Gemm32
// with alpha 1 and beta 0, and whichever of the rows is left. Its error is at
// most DotError32(m) times Σ|a||b|.
func (t *Tile32) Mul(dst []float32, stride int) { t.MulFrom(0, dst, stride) }

// MulFrom is Mul for the right rows from the given one on; it may write what Mul
// does for others, too.
func (t *Tile32) MulFrom(from int, dst []float32, stride int) {
	if t.am != t.bm || t.rows > 0 && t.cols > 0 && (stride < t.cols || len(dst) < t.cols || (len(dst)-t.cols)/stride < t.rows-1) {
		panic("kernel: rows of two lengths, or no room for their products")
	}
	m := tiler32()
	wide := (t.cols + m.cols - 1) / m.cols * m.cols
	t.tmp = room(t.tmp, m.rows*m.cols)
	cut := m.cut(t.am)
	for i, a := range t.parts {
		p := i * cut
		k, beta := min(cut, t.am-p), float32(0)
		if i > 0 {
			beta = 1
		}
		for j := from / m.cols * m.cols; j < t.cols; j += m.cols {
			m.column(k, a, 0, t.rows, t.b[p*wide+j*k:], dst[j:], stride, min(m.cols, t.cols-j), 1, beta, t.tmp)
		}
	}
}
