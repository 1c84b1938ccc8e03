package dr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// OneSidedPCA finds the directions of rows of which little was observed: two entries
// of each are enough, where there are many rows. The rows themselves cannot be
// completed from so little, but one side of the matrix, its right singular vectors, can.
//
// A zero is an entry that was not observed, in dense and in sparse data. Every two
// entries of a row tell of one product of columns; the mean over the rows that have both
// estimates an entry of XᵀX/n. What pairs no row has, and what pairs only few have, is
// filled in from the others by the positive semidefinite matrix of rank Components that
// fits best, by the number of rows behind each entry. Columns are not centred. Of data
// without a zero it is TruncatedSVD. With two entries in places drawn at random, order
// k²·d·log d rows suffice for k directions of d columns.
//
// The coordinates of a row are those expected of normal rows with this covariance, given
// the entries that were observed; few entries draw them towards 0.
//
// Time O(s) for the s pairs of entries that share a row, O(d³) an iteration, and
// O(k³) a row for its coordinates; memory about 72·d² + 8·n·(k + 2) bytes and sixteen
// for every entry.
//
// Sources: S. Cao, P. Liang and G. Valiant (2023), One-sided matrix completion from two
// observations per row; for the weighted fit N. Srebro and T. Jaakkola (2003), Weighted
// low-rank approximations.
type OneSidedPCA struct {
	// Components is the number of directions, at most min(n, d). Fewer of them need fewer
	// rows. Default: all of these, which fills nothing in.
	Components int

	// Tolerance ends the fit when the matrix changes by less than this share of it in an
	// iteration. Default 1e-6.
	Tolerance float64

	// Iterations bounds those of the fit. Default 500.
	Iterations int

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const oneSidedMethod = "dr.OneSidedPCA"

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p OneSidedPCA) Resolve(n, d int) (OneSidedPCA, error) {
	most := min(n, d)
	if p.Components == 0 {
		p.Components = most
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-6
	}
	if p.Iterations == 0 {
		p.Iterations = 500
	}
	if err := checkRange(oneSidedMethod, "Components", p.Components, 1, most, "min(n, d)"); err != nil {
		return p, err
	}
	refuse := func(name string, value any, want string) (OneSidedPCA, error) {
		return p, &mat32.ParamError{Method: oneSidedMethod, Param: name, Value: value, Want: want}
	}
	switch {
	case !(p.Tolerance > 0 && p.Tolerance < 1):
		return refuse("Tolerance", p.Tolerance, "0 < Tolerance < 1")
	case p.Iterations < 1:
		return refuse("Iterations", p.Iterations, "1 or more")
	case p.MemoryLimit < 0:
		return refuse("MemoryLimit", p.MemoryLimit, "0 or more bytes")
	}
	return p, nil
}

// String returns the options in one line, as captions and tables show them.
func (p OneSidedPCA) String() string { return fmt.Sprintf("%d components", p.Components) }

// Fit learns the directions of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where no two entries of a row were
// observed or results exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (p OneSidedPCA) Fit(ctx context.Context, x mat.Matrix) (*OneSidedPCAModel, error) {
	n, d, err := checkRows(ctx, oneSidedMethod, x, 1)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	fail := func(err error) (*OneSidedPCAModel, error) {
		if errors.Is(err, linalg.ErrNotFinite) {
			return nil, &mat32.DegenerateError{Method: oneSidedMethod, Reason: "products of the values exceed the largest float64: rescale the data"}
		}
		return nil, fmt.Errorf("%s: %w", oneSidedMethod, err)
	}
	rows, err := newObserved(ctx, x)
	if err != nil {
		return fail(err)
	}
	need := 72*int64(d)*int64(d) + 8*int64(n)*int64(p.Components+2) + 16*int64(rows.start[n]) + packed(int64(d)*int64(d))
	if err := mat32.CheckMemory(oneSidedMethod, need, p.MemoryLimit, "reduce columns or Components"); err != nil {
		return nil, err
	}
	if err := rows.observe(ctx, x); err != nil {
		return fail(err)
	}
	if rows.unit == 0 {
		return nil, &mat32.DegenerateError{Method: oneSidedMethod, Reason: "all values are zero: nothing was observed"}
	}
	moments, counts, err := rows.products(ctx, d)
	if err != nil {
		return fail(err)
	}
	f := &lowRankFit{moments: moments, counts: counts, rank: p.Components}
	missing, pairs := f.weigh()
	if d > 1 && pairs == 0 {
		return nil, &mat32.DegenerateError{Method: oneSidedMethod, Reason: "no row has two entries that were observed, which are those that are not zero"}
	}
	iterations, change, err := f.run(ctx, p)
	if err != nil {
		return fail(err)
	}
	m := &OneSidedPCAModel{options: p, rows: n, iterations: iterations, components: f.vectors, moments: f.values, noise: f.noise()}
	scaleRows(m.components, orientation(m.components))
	for c := range m.moments {
		m.moments[c] *= rows.unit * rows.unit
	}
	m.noise *= rows.unit * rows.unit
	if !finite(m.moments) || math.IsInf(m.noise, 0) {
		return fail(linalg.ErrNotFinite)
	}
	if m.moments[0] == 0 {
		return nil, &mat32.DegenerateError{Method: oneSidedMethod, Reason: "products of the values are below the smallest float64, or cancel: rescale the data"}
	}
	if m.embedding, err = m.Transform(ctx, x); err != nil {
		return nil, err
	}
	if missing > 0 {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("%d of %d pairs of columns share no row: their products were filled in", missing, d*(d-1)/2))
	}
	if change > p.Tolerance {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("after %d iterations the fit still changes by %.2g", iterations, change))
	}
	return m, nil
}

// Embed returns the expected coordinates of the rows of x: Fit(ctx, x) and its
// embedding.
func (p OneSidedPCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// observed are the entries that are not zero, divided by unit, row after row.
type observed struct {
	start   []int
	columns []int32
	values  []float64
	unit    float64 // a power of two, or 0 without entries
}

// newObserved counts the entries of x.
func newObserved(ctx context.Context, x mat.Matrix) (*observed, error) {
	n, _ := x.Dims()
	o := &observed{start: make([]int, n+1)}
	err := eachNonzero(ctx, x, func(i int, columns []int32, _ []float64) { o.start[i+1] = len(columns) })
	for i := range n {
		o.start[i+1] += o.start[i]
	}
	return o, err
}

// observe writes down the entries of x.
func (o *observed) observe(ctx context.Context, x mat.Matrix) error {
	n, _ := x.Dims()
	largest, err := magnitude(ctx, x)
	if err != nil || largest == 0 {
		return err
	}
	o.unit = binary(largest)
	o.columns, o.values = make([]int32, o.start[n]), make([]float64, o.start[n])
	return eachNonzero(ctx, x, func(i int, columns []int32, values []float64) {
		copy(o.columns[o.start[i]:], columns)
		for e, v := range values {
			o.values[o.start[i]+e] = v / o.unit
		}
	})
}

// products returns the means of the products of columns over the rows that have both,
// and the numbers of these rows. Every column goes over its own rows.
func (o *observed) products(ctx context.Context, d int) (moments, counts *mat.SymDense, err error) {
	where, owner := make([]int, d+1), make([]int32, len(o.columns))
	for _, j := range o.columns {
		where[j+1]++
	}
	for j := range d {
		where[j+1] += where[j]
	}
	place := slices.Clone(where[:d])
	for i := range len(o.start) - 1 {
		for _, j := range o.columns[o.start[i]:o.start[i+1]] {
			owner[place[j]] = int32(i)
			place[j]++
		}
	}
	moments, counts = mat.NewSymDense(d, nil), mat.NewSymDense(d, nil)
	sums, numbers := moments.RawSymmetric().Data, counts.RawSymmetric().Data
	err = par.Blocks(ctx, d, 1, func(a, _ int) {
		sum, number := sums[a*d:(a+1)*d], numbers[a*d:(a+1)*d]
		for _, i := range owner[where[a]:where[a+1]] {
			columns, values := o.columns[o.start[i]:o.start[i+1]], o.values[o.start[i]:o.start[i+1]]
			at, _ := slices.BinarySearch(columns, int32(a))
			v := values[at]
			for k, b := range columns {
				sum[b] += v * values[k]
				number[b]++
			}
		}
		for b, c := range number {
			if c > 0 {
				sum[b] /= c
			}
		}
	})
	return moments, counts, err
}

// lowRankFit finds the positive semidefinite matrix of a rank that is nearest to
// moments, of which some entries are known better than others.
type lowRankFit struct {
	moments, counts *mat.SymDense // counts become weights from 0 to 1
	rank            int

	vectors *mat.Dense // rank × d, orthonormal rows
	values  []float64
}

// weigh turns numbers of rows into weights: of a pair of columns with as many as the
// median pair, or more, it is 1. It returns how many pairs no row has, and how many
// some have.
func (f *lowRankFit) weigh() (missing, pairs int) {
	d := f.counts.SymmetricDim()
	var some []float64
	for a := range d {
		for b := a + 1; b < d; b++ {
			if c := f.counts.At(a, b); c > 0 {
				some = append(some, c)
			} else {
				missing++
			}
		}
	}
	enough := 1.
	if len(some) > 0 {
		slices.Sort(some)
		enough = some[len(some)/2]
	}
	w := f.counts.RawSymmetric().Data
	for i, c := range w {
		w[i] = min(c/enough, 1)
	}
	return missing, len(some)
}

// run fills in what the weights leave open by the fit, and fits again, until it hardly
// changes; it returns the number of iterations and the last change.
func (f *lowRankFit) run(ctx context.Context, p OneSidedPCA) (iterations int, change float64, err error) {
	d := f.moments.SymmetricDim()
	moments, weights := f.moments.RawSymmetric().Data, f.counts.RawSymmetric().Data
	filled := mat.NewSymDense(d, nil)
	target := filled.RawSymmetric().Data
	fit, before := make([]float64, d*d), make([]float64, d*d)
	stage := watch.Start(ctx, "one-sided PCA: fit", p.Iterations)
	for change = math.Inf(1); change > p.Tolerance && iterations < p.Iterations; iterations++ {
		open := false
		for i, w := range weights {
			target[i] = w*moments[i] + (1-w)*fit[i]
			open = open || w < 1
		}
		if !finite(target) {
			return 0, 0, linalg.ErrNotFinite
		}
		values, vectors, err := linalg.EigenSymRange(ctx, filled, 0, f.rank)
		if err != nil {
			return 0, 0, err
		}
		f.vectors, f.values = vectors, slices.Clone(values[:f.rank])
		for c, v := range f.values {
			f.values[c] = max(v, 0)
		}
		stage.Add(1)
		if !open {
			return iterations + 1, 0, nil
		}
		fit, before = before, fit
		if err := f.product(ctx, fit); err != nil {
			return 0, 0, err
		}
		moved, size := 0., 0.
		for i, v := range fit {
			moved += (v - before[i]) * (v - before[i])
			size += v * v
		}
		change = 0
		if size > 0 {
			change = math.Sqrt(moved / size)
		}
	}
	return iterations, change, nil
}

// product writes the fit itself to dst.
func (f *lowRankFit) product(ctx context.Context, dst []float64) error {
	d := f.moments.SymmetricDim()
	return par.Blocks(ctx, d, 16, func(lo, hi int) {
		clear(dst[lo*d : hi*d])
		for c, v := range f.values {
			row := f.vectors.RawRowView(c)
			for a := lo; a < hi; a++ {
				scale := v * row[a]
				out := dst[a*d : (a+1)*d]
				for b, u := range row {
					out[b] += scale * u
				}
			}
		}
	})
}

// noise returns what the fit leaves of the mean square of a column, on average.
func (f *lowRankFit) noise() float64 {
	d := f.moments.SymmetricDim()
	left, seen := 0., 0.
	for a := range d {
		if f.counts.At(a, a) == 0 {
			continue
		}
		seen++
		left += f.moments.At(a, a)
		for c, v := range f.values {
			u := f.vectors.At(c, a)
			left -= v * u * u
		}
	}
	return max(left/max(seen, 1), 0)
}
