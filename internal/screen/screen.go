// Package screen measures distances twice: fast, to see which pairs matter, and
// exactly, for what is reported.
//
// Rows keeps the rows of a matrix as float32, columns centred and scaled, so
// that an offset common to all rows costs no digits; fast distances come with a
// proven bound on their error, so that a caller can tell when the fast answer
// settles a question and when pairs have to be measured again. Exact distances
// are direct subtractions of the values as given, with float64 sums.
//
// Where the distances themselves are given (mat32.Distances), the exact ones are
// those, and the fast ones their squares in float32.
package screen

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Rows holds the rows of one matrix. It is safe for concurrent use.
type Rows struct {
	n, d int

	// The fast copy: (x − mean)/unit·fit, in [−1, 1]. Unit is 1 but for extreme
	// magnitudes, and fit as large as it takes; both are powers of two. They are
	// apart because their ratio may exceed float64.
	fast     []float32
	unit     float64
	fit      float64
	slack    []float64 // how far rounding to float32 may have moved each row
	maxSlack float64
	rel, abs float64 // error of a squared fast distance: relative and absolute
	fits     bool    // no distance can exceed float64
	rel64    float64 // twice the relative error of an exact distance

	// The values as given: one of the two, row after row.
	x64    []float64
	stride int
	x32    []float32
	view   View

	// Instead of all values, the distances themselves.
	given *mat32.Distances
}

// Bytes returns the memory that New takes for x.
func Bytes(x mat.Matrix) int64 {
	n, d := x.Dims()
	size := int64(n) * int64(d)
	switch x.(type) {
	case *mat32.Distances:
		return 8 * int64(n)
	case *mat32.CSR:
		return 8*size + 8*int64(n)
	case *mat32.Dense, mat.RawMatrixer:
		return 4*size + 8*int64(n)
	}
	return 12*size + 8*int64(n)
}

// New prepares the rows of x, whose values must be finite (mat32.Check). It
// borrows the values of a *mat.Dense, *mat32.Dense or *mat32.Distances, copies
// those of other types, and makes a float32 copy of all but distances: 4·n·d
// bytes (8·n·d for a *mat32.CSR, whose zeros are filled in, and 12·n·d for other
// types).
func New(ctx context.Context, x mat.Matrix) (*Rows, error) {
	n, d := x.Dims()
	r := &Rows{n: n, d: d, unit: 1}
	switch x := x.(type) {
	case *mat32.Distances:
		r.take(x)
		return r, ctx.Err()
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
	return prepare(ctx, r)
}

// prepare completes rows whose values are known.
func prepare(ctx context.Context, r *Rows) (*Rows, error) {
	n, d := r.n, r.d
	largest, err := r.largest(ctx, nil)
	if err != nil {
		return nil, err
	}
	// Squares of float64 values beyond these bounds overflow or lose digits.
	if r.x64 != nil && largest > 0 && (largest > 1e140 || largest < 1e-120) {
		r.rescale(largest)
	}
	mean, err := r.mean(ctx)
	if err != nil {
		return nil, err
	}
	spread, err := r.largest(ctx, mean)
	if err != nil {
		return nil, err
	}
	fit := 1. // brings spread into (½, 1]
	if spread > 0 {
		_, exp := math.Frexp(spread)
		fit = math.Ldexp(1, min(-exp, 1000))
	}
	r.fit = fit
	r.fits = 2*math.Sqrt(float64(d))*spread < math.MaxFloat64/2/r.unit
	r.fast = make([]float32, n*d)
	r.slack = make([]float64, n)
	err = r.blocks(ctx, func(buf []float64, _, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := r.fast[i*d : (i+1)*d]
			var norm float64
			for j, v := range r.row(buf, i) {
				w := (v - mean[j]) * fit
				row[j] = float32(w)
				norm += w * w
			}
			// Half a unit in the last place of float32 and of the float64
			// subtraction, and the smallest float32 for values that underflow.
			r.slack[i] = 1.01 * ((0x1p-24+0x1p-53)*math.Sqrt(norm) + 0x1p-149*math.Sqrt(float64(d)))
		}
	})
	for _, s := range r.slack {
		r.maxSlack = max(r.maxSlack, s)
	}
	r.rel = kernel.Error32(d)
	r.abs = float64(d) * 0x1p-149 // products that underflow
	r.rel64 = float64(d/4+64) * 0x1p-52
	return r, err
}

// blocks calls f for numbered blocks of rows on every core.
func (r *Rows) blocks(ctx context.Context, f func(buf []float64, block, lo, hi int)) error {
	size := r.blockSize()
	return par.BlocksWith(ctx, r.n, size, func() []float64 { return make([]float64, r.d) },
		func(buf []float64, lo, hi int) { f(buf, lo/size, lo, hi) })
}

func (r *Rows) blockSize() int { return max(1, 1<<16/max(r.d, 1)) }

func (r *Rows) count() int { return (r.n + r.blockSize() - 1) / r.blockSize() }

// largest returns the largest magnitude of the values, or of their differences
// from the means of their columns when these are given.
func (r *Rows) largest(ctx context.Context, mean []float64) (float64, error) {
	parts := make([]float64, r.count())
	err := r.blocks(ctx, func(buf []float64, block, lo, hi int) {
		most := 0.
		for i := lo; i < hi; i++ {
			row := r.row(buf, i)
			if mean == nil {
				for _, v := range row {
					most = max(most, math.Abs(v))
				}
				continue
			}
			for j, v := range row {
				most = max(most, math.Abs(v-mean[j]))
			}
		}
		parts[block] = most
	})
	return slices.Max(parts), err
}

// mean returns the means of the columns.
func (r *Rows) mean(ctx context.Context) ([]float64, error) {
	sums := make([][]float64, r.count())
	err := r.blocks(ctx, func(buf []float64, block, lo, hi int) {
		sum := make([]float64, r.d)
		for i := lo; i < hi; i++ {
			for j, v := range r.row(buf, i) {
				sum[j] += v
			}
		}
		sums[block] = sum
	})
	if err != nil {
		return nil, err
	}
	mean := make([]float64, r.d)
	for _, sum := range sums {
		for j, v := range sum {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= float64(r.n)
	}
	return mean, nil
}

// Fit reports whether no distance between rows can exceed float64.
func (r *Rows) Fit() bool { return r.fits }

// take takes distances for what the rows are.
func (r *Rows) take(x *mat32.Distances) {
	r.given = x
	largest := 0.
	for _, v := range x.Condensed() {
		largest = max(largest, v)
	}
	r.fit = 1 // brings largest into (½, 1], as far as float64 has such a power of two
	if largest > 0 {
		_, exp := math.Frexp(largest)
		r.fit = math.Ldexp(1, -max(exp, -1000))
	}
	r.fits = true
	r.slack = make([]float64, r.n) // no row has moved
	r.rel = 1.01 * (0x1p-24 + 0x1p-53)
	r.abs = 0x1p-149
	r.rel64 = 64 * 0x1p-52
}

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

func (r *Rows) rescale(largest float64) {
	_, exp := math.Frexp(largest)
	exp = max(exp, -1000)
	scaled := make([]float64, r.n*r.d)
	for i := range r.n {
		for j := range r.d {
			scaled[i*r.d+j] = math.Ldexp(r.x64[i*r.stride+j], -exp)
		}
	}
	r.x64, r.stride, r.unit = scaled, r.d, math.Ldexp(1, exp)
}

// Dims returns the number of rows and columns.
func (r *Rows) Dims() (n, d int) { return r.n, r.d }

// Fast writes to dst the fast squared distances, in fast units, between row i
// and the rows from lo on.
func (r *Rows) Fast(dst []float32, i, lo int) {
	if r.given != nil {
		r.squares(dst, i, lo)
		return
	}
	kernel.SquaredDistances32(dst, r.fast[i*r.d:(i+1)*r.d], r.fast[lo*r.d:(lo+len(dst))*r.d])
}

// FastTo is Fast for the rows listed.
func (r *Rows) FastTo(dst []float32, i int, to []int32) {
	if r.given != nil {
		for k, j := range to {
			r.squares(dst[k:k+1], i, int(j))
		}
		return
	}
	kernel.SquaredDistancesTo32(dst, r.fast[i*r.d:(i+1)*r.d], r.fast, to)
}

// squares is Fast for given distances. Those to earlier rows stand one in each
// of their rows, those to later ones side by side.
func (r *Rows) squares(dst []float32, i, lo int) {
	square := func(v float64) float32 {
		v *= r.fit
		return float32(v * v)
	}
	pairs := r.given.Condensed()
	at := func(a, b int) int { return a*(2*r.n-a-1)/2 + b - a - 1 } // for a < b
	j, end := lo, lo+len(dst)
	for k := at(j, i); j < min(i, end); j++ {
		dst[j-lo] = square(pairs[k])
		k += r.n - j - 2
	}
	if j == i && j < end {
		dst[j-lo] = 0
		j++
	}
	if j < end {
		for t, v := range pairs[at(i, j):][:end-j] {
			dst[j-lo+t] = square(v)
		}
	}
}

// Exact returns the Euclidean distance between rows i and j, or that given, and
// +Inf where float64 cannot hold it.
func (r *Rows) Exact(i, j int) float64 {
	if r.given != nil {
		return r.given.At(i, j)
	}
	if r.view != nil {
		buf := make([]float64, 2*r.d)
		return math.Sqrt(kernel.SquaredDistance64(r.view.Row(buf[:r.d], i), r.view.Row(buf[r.d:], j)))
	}
	if r.x32 != nil {
		return math.Sqrt(kernel.SquaredDistanceMixed(r.x32[i*r.d:(i+1)*r.d], r.x32[j*r.d:(j+1)*r.d]))
	}
	a, b := i*r.stride, j*r.stride
	return math.Sqrt(kernel.SquaredDistance64(r.x64[a:a+r.d], r.x64[b:b+r.d])) * r.unit
}

// AtLeast returns a distance that no row whose fast squared distance to row i
// is fast or more can fall below.
func (r *Rows) AtLeast(i int, fast float32) float64 {
	low := (float64(fast) - r.abs) / (1 + r.rel)
	return r.margin(math.Sqrt(max(low, 0))-r.slack[i]-r.maxSlack, -1) / r.fit * r.unit
}

// Interval returns fast squared distances between which every row whose
// distance to row i is dist must lie: below lo a row is surely nearer, above hi
// surely farther.
func (r *Rows) Interval(i int, dist float64) (lo, hi float32) {
	d, slack := dist/r.unit*r.fit, r.slack[i]+r.maxSlack
	if dist < 0x1p-1000 { // its last digit is one of few, and may be rounded
		slack += 0x1p-1073 / r.unit * r.fit
	}
	near, far := max(r.margin(d-slack, -1), 0), r.margin(d+slack, 1)
	lo64 := near*near*(1-r.rel) - r.abs
	hi64 := far*far*(1+r.rel) + r.abs
	if lo64 > 0 {
		lo = math.Nextafter32(float32(lo64), -1)
	} else {
		lo = -1
	}
	if hi64 > math.MaxFloat32 {
		return lo, math.MaxFloat32
	}
	return lo, math.Nextafter32(float32(hi64), math.MaxFloat32)
}

// margin moves v up or down by more than the float64 arithmetic around it rounds.
func (r *Rows) margin(v, direction float64) float64 {
	return v + direction*(math.Abs(v)*r.rel64+0x1p-1000)
}
