package neighbors

import (
	"context"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// thin returns x where it is sparse, and so sparse that comparing what is not zero
// costs less than comparing all.
func thin(x mat.Matrix) (*mat32.CSR, bool) {
	m, ok := x.(*mat32.CSR)
	if !ok {
		return nil, false
	}
	n, d := m.Dims()
	return m, float64(m.NNZ())*32 < float64(n)*float64(d)
}

// thinRow is one sparse row: the columns and values that are not zero, the values
// that the fast form is made of, and what the metric wants to know of it as a whole.
type thinRow struct {
	columns      []int32
	values, fast []float32
	about        [3]float64
}

// thinForm is the sparse form of a metric. A number that grows with the distance, here
// called its proxy, is made of what is known of both rows and of a sum over the
// columns that both have.
type thinForm struct {
	name string

	// about returns what the metric wants to know of a row of d columns, or why the
	// row is outside its domain.
	about func(values []float32, d int) (about [3]float64, refusal string)

	// value is what the fast form makes of a value; nil where it takes it as it is.
	value func(v float64, about [3]float64) float64

	// common is the part of one column that both have in the sum. Where it is nil, that
	// is the product.
	common func(a, b float64) float64

	// proxy takes the sum; slack bounds its error. With loose, slack may be infinite:
	// the pair has no proxy, and is measured.
	proxy func(a, b *[3]float64, sum, d float64) float64
	slack func(a, b *[3]float64, d float64) float64
	loose bool

	// most returns a proxy that none within a distance exceeds; nil for the distance.
	most func(distance float64) float64

	// exact returns the distance. It must be symmetric bit by bit.
	exact func(a, b *thinRow, d int) float64
}

// thinRows are the rows of a sparse matrix by one metric.
type thinRows struct {
	form  *thinForm
	x     *mat32.CSR // stores no zeros
	n, d  int
	start []int     // of each row in fast
	fast  []float32 // as the form wants values; nil for as they are
	about [][3]float64
}

func newThinRows(ctx context.Context, x *mat32.CSR, form *thinForm) (*thinRows, error) {
	x = withoutZeros(x)
	n, d := x.Dims()
	r := &thinRows{form: form, x: x, n: n, d: d, about: make([][3]float64, n)}
	if form.value != nil {
		r.start = make([]int, n+1)
		for i := range n {
			columns, _ := x.Row(i)
			r.start[i+1] = r.start[i] + len(columns)
		}
		r.fast = make([]float32, r.start[n])
	}
	var no refused
	err := par.Blocks(ctx, n, 1024, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			_, values := x.Row(i)
			about, refusal := form.about(values, d)
			no.note(i, refusal)
			r.about[i] = about
			if r.fast == nil {
				continue
			}
			for k, v := range values {
				r.fast[r.start[i]+k] = float32(form.value(float64(v), about))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return r, no.err(form.name)
}

// withoutZeros returns x, or a copy where it stores zeros.
func withoutZeros(x *mat32.CSR) *mat32.CSR {
	n, d := x.Dims()
	zeros := 0
	for i := range n {
		_, values := x.Row(i)
		for _, v := range values {
			if v == 0 {
				zeros++
			}
		}
	}
	if zeros == 0 {
		return x
	}
	start := make([]int, 1, n+1)
	var columns []int32
	var kept []float32
	for i := range n {
		c, values := x.Row(i)
		for k, v := range values {
			if v != 0 {
				columns, kept = append(columns, c[k]), append(kept, v)
			}
		}
		start = append(start, len(columns))
	}
	y, err := mat32.NewCSR(n, d, start, columns, kept)
	if err != nil {
		panic(err) // x was well formed
	}
	return y
}

func (r *thinRows) row(i int) thinRow {
	columns, values := r.x.Row(i)
	row := thinRow{columns: columns, values: values, fast: values, about: r.about[i]}
	if r.fast != nil {
		row.fast = r.fast[r.start[i]:r.start[i+1]]
	}
	return row
}

// thinSpace compares sparse rows with those of a sparse matrix.
type thinSpace struct {
	form  *thinForm
	q, x  *thinRows
	own   bool
	dense *sync.Pool // rows of zeros, d values long
	done  <-chan struct{}

	index *invertedIndex
}

// space returns the sparse rows of x, ready to be compared.
func (f *thinForm) space(ctx context.Context, x *mat32.CSR) (space, error) {
	rows, err := newThinRows(ctx, x, f)
	if err != nil {
		return nil, err
	}
	return &thinSpace{form: f, q: rows, x: rows, own: true, index: &invertedIndex{}, dense: &sync.Pool{New: func() any {
		zeros := make([]float32, rows.d)
		return &zeros
	}}}, nil
}

// bytes returns the memory that the space of x takes, with what exact searches make.
func (f *thinForm) bytes(x *mat32.CSR) int64 {
	n, d := x.Dims()
	nnz := int64(x.NNZ())
	need := 24*int64(n) + 8*nnz + 8*int64(d)*int64((n+postingRows-1)/postingRows)
	if f.value != nil {
		need += 4*nnz + 8*int64(n)
	}
	return need
}

// ask rounds the rows of y to float32.
func (s *thinSpace) ask(ctx context.Context, y mat.Matrix) (asker, error) {
	m, ok := y.(*mat32.CSR)
	if !ok {
		var err error
		if m, err = sparseOf(y); err != nil {
			return nil, err
		}
	}
	rows, err := newThinRows(ctx, m, s.form)
	if err != nil {
		return nil, err
	}
	return &thinSpace{form: s.form, q: rows, x: s.x, dense: s.dense, done: ctx.Done(), index: s.index}, nil
}

func (s *thinSpace) during(ctx context.Context) space {
	bound := *s
	bound.done = ctx.Done()
	return &bound
}

// sparseOf returns what is not zero in y.
func sparseOf(y mat.Matrix) (*mat32.CSR, error) {
	if err := mat32.CheckFloat32(y); err != nil {
		return nil, err
	}
	n, d := y.Dims()
	start := make([]int, 1, n+1)
	var columns []int32
	var values []float32
	buf := make([]float64, d)
	for i := range n {
		for j, v := range mat32.Row(buf, i, y) {
			if v != 0 {
				columns, values = append(columns, int32(j)), append(values, float32(v))
			}
		}
		start = append(start, len(columns))
	}
	return mat32.NewCSR(n, d, start, columns, values)
}

func (s *thinSpace) fast(dst []float32, i int32, to []int32) {
	a := s.q.row(int(i))
	scratch := s.dense.Get().(*[]float32)
	dense := *scratch
	for k, c := range a.columns {
		dense[c] = a.fast[k]
	}
	d := float64(s.x.d)
	for k, j := range to {
		if k%patience == 0 && over(s.done) {
			for k := range to[k:] {
				dst[k] = float32(math.Inf(1))
			}
			break
		}
		b := s.x.row(int(j))
		if s.form.loose && math.IsInf(s.form.slack(&a.about, &b.about, d), 1) {
			dst[k] = float32(s.form.exact(&a, &b, s.x.d))
			continue
		}
		dst[k] = float32(s.form.proxy(&a.about, &b.about, s.form.gather(dense, &b), d))
	}
	for _, c := range a.columns {
		dense[c] = 0
	}
	s.dense.Put(scratch)
}

// gather returns the sum over the columns that row b and the row that dense holds
// have in common.
func (f *thinForm) gather(dense []float32, b *thinRow) float64 {
	columns, values := b.columns, b.fast[:len(b.columns)]
	if f.common != nil {
		sum := 0.
		for k, c := range columns {
			if v := dense[c]; v != 0 {
				sum += f.common(float64(v), float64(values[k]))
			}
		}
		return sum
	}
	var s0, s1, s2, s3 float64
	for len(columns) >= 4 && len(values) >= 4 {
		s0 += float64(dense[columns[0]]) * float64(values[0])
		s1 += float64(dense[columns[1]]) * float64(values[1])
		s2 += float64(dense[columns[2]]) * float64(values[2])
		s3 += float64(dense[columns[3]]) * float64(values[3])
		columns, values = columns[4:], values[4:]
	}
	for k, c := range columns {
		s0 += float64(dense[c]) * float64(values[k])
	}
	return (s0 + s2) + (s1 + s3)
}

func (s *thinSpace) exact(i, j int32) float64 {
	if s.own && i == j {
		return 0
	}
	a, b := s.q.row(int(i)), s.x.row(int(j))
	return s.form.exact(&a, &b, s.x.d)
}

// union adds up f over the columns that either row has, with 0 for what one of them
// has not, and returns how many these are.
func union(a, b *thinRow, f func(v, w float64) float64) (sum float64, count int) {
	i, j := 0, 0
	for i < len(a.columns) && j < len(b.columns) {
		switch c, e := a.columns[i], b.columns[j]; {
		case c == e:
			sum += f(float64(a.values[i]), float64(b.values[j]))
			i, j = i+1, j+1
		case c < e:
			sum += f(float64(a.values[i]), 0)
			i++
		default:
			sum += f(0, float64(b.values[j]))
			j++
		}
		count++
	}
	count += len(a.columns) - i + len(b.columns) - j
	for ; i < len(a.columns); i++ {
		sum += f(float64(a.values[i]), 0)
	}
	for ; j < len(b.columns); j++ {
		sum += f(0, float64(b.values[j]))
	}
	return sum, count
}

// rounding bounds the relative error of sums over rows in float64, with room for that
// of a distance measured otherwise. Rows have no more than 2³¹ values.
func rounding(d float64) float64 { return (min(d, math.MaxInt32) + 64) * 0x1p-51 }
