// Package screen measures distances twice: fast, to see which pairs matter, and
// exactly, for what is reported.
//
// Rows holds the rows of a matrix. Their fast distances are made of float32
// values, near the rows so that an offset common to all costs no digits, and come
// with a proven bound on their error: they tell which pairs need not be measured
// again. Exact distances are direct subtractions of the values as given, with
// float64 sums. Nearest, Within and the queries of Ask answer by exact distances
// alone, at the speed of a product of matrices.
//
// Where the distances themselves are given (mat32.Distances), the exact ones are
// those, and the fast ones their squares in float32.
package screen

import (
	"context"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Rows holds the rows of one matrix. It is safe for concurrent use.
type Rows struct {
	n, d int

	// The values as given, row after row, in units of unit, which is 1 but for
	// extreme magnitudes: one of the three.
	x64    []float64
	stride int
	x32    []float32
	view   View
	unit   float64

	// Less the centre and times fit, all values are in [−1, 1]. Both factors are
	// powers of two; they are apart because their product may exceed float64.
	center  []float64
	fit     float64
	varying []int32 // columns in which not all rows are equal
	fits    bool    // no distance can exceed float64
	rel64   float64 // twice the relative error of an exact distance

	screen screen
	size   int // of a block; 0 for what suits
	band   int // blocks of rows that Ranks has in sight, with none kept packed; 0 for what suits

	rulers sync.Pool

	reducing sync.Mutex
	tried    bool
	reduced  *Reduced

	// Instead of all values, the distances themselves.
	given *mat32.Distances
}

// Bytes returns the memory that New takes for x, and a search in it beside the
// answer.
func Bytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	size := int64(n) * int64(d)
	search := 48 * int64(n)                                      // of the rows' order, and how far they look
	search += 24 * int64(d) * int64((&Rows{n: n, d: d}).count()) // sums and bounds of the columns in every block
	switch {
	case d <= max(mostPoints, manyColumns): // points, or panels
		search += 4 * size
	case n >= fewestRows:
		search += 4 * int64(n) * int64(min(mostCols, d/2)) // reduced rows
	}
	switch x.(type) {
	case *mat32.Distances:
		return 0
	case *mat32.Dense, mat.RawMatrixer:
		return search
	case *mat32.CSR:
		return search + 4*size
	}
	return search + 8*size
}

// New prepares the rows of x, whose values must be finite (mat32.Check). It
// borrows the values of a *mat.Dense, *mat32.Dense or *mat32.Distances, and
// copies those of other types: 4·n·d bytes for a *mat32.CSR, whose zeros are
// filled in, and 8·n·d for others, as for float64 values of extreme magnitude.
func New(ctx context.Context, x mat.Matrix) (*Rows, error) {
	if x, ok := x.(*mat32.Distances); ok {
		return given(x), ctx.Err()
	}
	return prepare(ctx, take(x))
}

// take borrows or copies the values of x.
func take(x mat.Matrix) *Rows {
	n, d := x.Dims()
	r := &Rows{n: n, d: d, unit: 1}
	switch x := x.(type) {
	case *mat32.Dense:
		r.x32 = x.Data()
	case *mat32.CSR:
		r.x32 = mat32.Convert(x).Data()
	case mat.RawMatrixer:
		raw := x.RawMatrix()
		r.x64, r.stride = raw.Data, raw.Stride
	default:
		raw := mat.DenseCopyOf(x).RawMatrix()
		r.x64, r.stride = raw.Data, raw.Stride
	}
	return r
}

// prepare completes rows whose values are known.
func prepare(ctx context.Context, r *Rows) (*Rows, error) {
	columns, err := r.columns(ctx)
	if err != nil {
		return nil, err
	}
	// Squares of float64 values beyond these bounds overflow or lose digits.
	if largest := columns.largest(); r.x32 == nil && largest > 0 && (largest > 1e140 || largest < 1e-120) {
		_, exp := math.Frexp(largest)
		r.rescale(max(exp, -1000))
		if columns, err = r.columns(ctx); err != nil {
			return nil, err
		}
	}
	mean, spread := columns.center(r.n)
	r.center, r.fit = mean, 1
	for j, low := range columns.low {
		if low < columns.high[j] {
			r.varying = append(r.varying, int32(j))
		}
	}
	if spread > 0 { // into (½, 1]
		_, exp := math.Frexp(spread)
		r.fit = math.Ldexp(1, min(-exp, 1000))
	}
	r.fits = 2*math.Sqrt(float64(r.d))*spread < math.MaxFloat64/2/r.unit
	r.rel64 = float64(r.d/4+64) * 0x1p-52
	return r, nil
}

// each calls f for numbered blocks of rows on every core.
func (r *Rows) each(ctx context.Context, f func(buf []float64, block, lo, hi int)) error {
	size := r.blockSize()
	return par.BlocksWith(ctx, r.n, size, func() []float64 { return make([]float64, r.d) },
		func(buf []float64, lo, hi int) { f(buf, lo/size, lo, hi) })
}

func (r *Rows) blockSize() int { return max(1, 1<<16/max(r.d, 1)) }

func (r *Rows) count() int { return (r.n + r.blockSize() - 1) / r.blockSize() }

// columns are the sum, the least and the largest value of every column.
type columns struct{ sum, low, high []float64 }

func (r *Rows) columns(ctx context.Context) (*columns, error) {
	parts := make([]*columns, r.count())
	err := r.each(ctx, func(buf []float64, block, lo, hi int) {
		first := r.row(buf, lo)
		c := &columns{slices.Clone(first), slices.Clone(first), slices.Clone(first)}
		sum, low, high := c.sum, c.low[:r.d], c.high[:r.d]
		for i := lo + 1; i < hi; i++ {
			for j, v := range r.row(buf, i)[:len(sum)] {
				sum[j] += v
				if v < low[j] {
					low[j] = v
				}
				if v > high[j] {
					high[j] = v
				}
			}
		}
		parts[block] = c
	})
	if err != nil {
		return nil, err
	}
	all := parts[0]
	for _, c := range parts[1:] {
		for j, v := range c.sum {
			all.sum[j] += v
			all.low[j] = min(all.low[j], c.low[j])
			all.high[j] = max(all.high[j], c.high[j])
		}
	}
	return all, nil
}

// largest returns the largest magnitude of all values.
func (c *columns) largest() float64 {
	most := 0.
	for j, low := range c.low {
		most = max(most, -low, c.high[j])
	}
	return most
}

// centre returns the means of the columns of n rows, and the largest difference of
// a value from the mean of its column.
func (c *columns) center(n int) (mean []float64, spread float64) {
	mean = make([]float64, len(c.sum))
	for j, sum := range c.sum {
		mean[j] = sum / float64(n)
		spread = max(spread, mean[j]-c.low[j], c.high[j]-mean[j])
	}
	return mean, spread
}

// Fit reports whether no distance between rows can exceed float64.
func (r *Rows) Fit() bool { return r.fits }

// row returns row i as given, in units of r.unit.
func (r *Rows) row(buf []float64, i int) []float64 {
	if r.view != nil {
		return r.view.Row(buf, i)
	}
	if r.x32 == nil {
		return r.x64[i*r.stride : i*r.stride+r.d]
	}
	for j, v := range r.x32[i*r.d : (i+1)*r.d] {
		buf[j] = float64(v)
	}
	return buf
}

// rescale makes 2^exp the unit.
func (r *Rows) rescale(exp int) {
	r.unit = math.Ldexp(1, exp)
	if r.view != nil {
		r.view = scaled{r.view, -exp}
		return
	}
	if r.x32 != nil {
		values := make([]float64, r.n*r.d)
		for t, v := range r.x32 {
			values[t] = math.Ldexp(float64(v), -exp)
		}
		r.x64, r.stride, r.x32 = values, r.d, nil
		return
	}
	values := make([]float64, r.n*r.d)
	for i := range r.n {
		for j := range r.d {
			values[i*r.d+j] = math.Ldexp(r.x64[i*r.stride+j], -exp)
		}
	}
	r.x64, r.stride = values, r.d
}

// Dims returns the number of rows and columns.
func (r *Rows) Dims() (n, d int) { return r.n, r.d }

// Exact returns the Euclidean distance between rows i and j, or that given, and
// +Inf where float64 cannot hold its square.
func (r *Rows) Exact(i, j int) float64 {
	if r.given != nil {
		return r.given.At(i, j)
	}
	if r.view == nil {
		return (&ruler{a: r, b: r}).exact(int32(i), int32(j))
	}
	m, _ := r.rulers.Get().(*ruler)
	if m == nil {
		m = newRuler(r, r)
	}
	defer r.rulers.Put(m)
	return m.exact(int32(i), int32(j))
}
