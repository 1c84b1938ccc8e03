package dr

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// MPAD, maximum pairwise absolute difference, is a linear map for the search of
// nearest neighbours: it keeps rows that are no neighbours from meeting. Coordinates
// are found one after another, each along the unit direction in which the smallest
// differences between rows are largest on average, less a penalty for what it shares
// with those before it. A direction in which few rows stray far, which has a large
// variance and tells most rows nothing, does not count.
//
// The mean runs over the Tail of the pairs that differ least. Sorting the
// projections finds it, and its gradient, without looking at pairs: O(n log n).
// Directions begin at the principal component that is best so far, and ascend the
// gradient on the sphere; each step costs O(s·d) for a sample of s rows. As in the
// source the penalty is soft, and directions need not be orthogonal; here it is in
// units of the mean of the first coordinate, so that units of the data do not
// matter, and the source begins at random directions.
//
// Where the variance lies evenly among the rows, as in pictures of digits, PCA keeps
// more neighbours: compare the two.
//
// Time O(Components·Iterations·s·(d + log s)) + O(s·d·min(s, d)), memory about
// 8·(n·Components + 4·s·d + 9·min(s, d)·max(s, d)) bytes.
//
// Source: J. Fu and D. Zhao (2025), MPAD: A new dimension-reduction method for
// preserving nearest neighbors in high-dimensional vector search.
type MPAD struct {
	// Components is the number of coordinates, at most min(n−1, d). Default: all of
	// these.
	Components int

	// Tail is the share of the pairs, those that differ least, whose mean difference
	// counts, in (0, 1]. Smaller values look at nearer rows; at 1 it is the mean
	// difference of all pairs. Default 0.5.
	Tail float64

	// Penalty weighs the squared inner products with the directions before, in units
	// of the mean difference along the first. Larger values make directions more
	// nearly orthogonal. Default 3.
	Penalty float64

	// Iterations is where the ascent of a direction gives up. Default 50.
	Iterations int

	// Sample is how many rows, drawn at random, directions are learned from. More
	// cost time and waver less. Default 2000, or all where there are fewer.
	Sample int

	// Seed draws the sample. It is ignored where all rows are in it.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (m MPAD) Resolve(n, d int) (MPAD, error) {
	const method = "dr.MPAD"
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	most := min(n-1, d)
	if m.Components == 0 {
		m.Components = most
	}
	if m.Tail == 0 {
		m.Tail = .5
	}
	if m.Penalty == 0 {
		m.Penalty = 3
	}
	if m.Iterations == 0 {
		m.Iterations = 50
	}
	if m.Sample == 0 {
		m.Sample = min(n, 2000)
	}
	if err := checkRange(method, "Components", m.Components, 1, most, "min(n−1, d)"); err != nil {
		return m, err
	}
	switch {
	case !(m.Tail > 0 && m.Tail <= 1):
		return m, wrong("Tail", m.Tail, "0 < Tail ≤ 1")
	case !(m.Penalty > 0 && m.Penalty <= 1e6):
		return m, wrong("Penalty", m.Penalty, "0 < Penalty ≤ 1e6")
	case m.Iterations < 1:
		return m, wrong("Iterations", m.Iterations, "1 or more")
	case m.Sample < 2 || m.Sample > n:
		return m, wrong("Sample", m.Sample, fmt.Sprintf("2 ≤ Sample ≤ n = %d", n))
	case m.MemoryLimit < 0:
		return m, wrong("MemoryLimit", m.MemoryLimit, "0 or more bytes")
	}
	return m, nil
}

// String returns the options in one line, as captions and tables show them.
func (m MPAD) String() string {
	return fmt.Sprintf("%d components, tail %g, penalty %g, sample of %d, seed %d", m.Components, m.Tail, m.Penalty, m.Sample, m.Seed)
}

// Fit learns the directions from x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows, *mat32.DegenerateError
// where all rows of the sample are equal or the scale of the data is beyond float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (m MPAD) Fit(ctx context.Context, x mat.Matrix) (*MPADModel, error) {
	const method = "dr.MPAD"
	fail := func(err error) (*MPADModel, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	if m, err = m.Resolve(n, d); err != nil {
		return nil, err
	}
	rows, columns, small := int64(m.Sample), int64(d), min(m.Sample, d)
	need := 8*(int64(n)*int64(m.Components+1)+2*rows*columns+int64(small)*(rows+columns)+int64(m.Components)*columns) + decomposing(m.Sample, d, small)
	if err := mat32.CheckMemory(method, need, m.MemoryLimit, "reduce Sample or columns"); err != nil {
		return nil, err
	}
	var list []int
	if m.Sample < n {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		s := rng.New(m.Seed, "mpad", 0)
		s.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
		list = all[:m.Sample]
		slices.Sort(list)
	}
	s, err := stand(ctx, method, x, list)
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "MPAD", m.Components)
	a := &ascent{options: m, rows: s.rows, pairs: max(1, math.Round(m.Tail*float64(m.Sample)*float64(m.Sample-1)/2))}
	if err := a.prepare(ctx); err != nil {
		return fail(err)
	}
	for range m.Components {
		if err := a.climb(ctx); err != nil {
			return fail(err)
		}
		stage.Add(1)
	}
	fitted := &MPADModel{options: m, values: a.values}
	for c := range fitted.values {
		fitted.values[c] *= s.unit
	}
	scaleRows(a.found, orientation(a.found))
	// Directions are of unit length whatever the data were divided by.
	if fitted.projection, err = newProjection(ctx, method, x, s.mean, a.found, 1); err != nil {
		return nil, err
	}
	fitted.embedding.Method, fitted.embedding.Options = "MPAD", m.String()
	return fitted, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (m MPAD) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	f, err := m.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return f.embedding, nil
}

// ascent finds directions one after another.
type ascent struct {
	options MPAD
	rows    *mat.Dense // centred
	pairs   float64    // how many of them count

	starts *mat.Dense // unit directions to begin at
	worth  []float64  // the mean differences along them

	found  *mat.Dense // the directions, zero from len(values) on
	values []float64  // the mean differences along them
}

// prepare measures the principal components.
func (a *ascent) prepare(ctx context.Context) error {
	_, d := a.rows.Dims()
	a.found = mat.NewDense(a.options.Components, d, nil)
	w, values, err := inverseRoot(ctx, mat.DenseCopyOf(a.rows))
	if err != nil {
		return err
	}
	if len(values) == 0 {
		return &mat32.DegenerateError{Method: "dr.MPAD", Reason: "the variance is below the smallest float64: rescale the data"}
	}
	scaleRows(w, values) // of unit length again
	a.starts, a.worth = w, make([]float64, len(values))
	along, err := product(ctx, w, blas.NoTrans, a.rows, blas.Trans)
	if err != nil {
		return err
	}
	n, _ := a.rows.Dims()
	return par.BlocksWith(ctx, len(values), 1, func() *gaps { return newGaps(n) }, func(g *gaps, c, _ int) {
		a.worth[c], _ = g.mean(ctx, along.RawRowView(c), a.pairs)
	})
}

// shared returns the inner products of w with the directions found.
func (a *ascent) shared(ctx context.Context, w []float64) ([]float64, error) {
	s := make([]float64, len(a.values))
	return s, overRows(ctx, len(s), func(c int) { s[c] = kernel.Dot64(w, a.found.RawRowView(c)) })
}

// penalty is what inner products cost.
func (a *ascent) penalty(shared []float64) float64 {
	if len(a.values) == 0 {
		return 0
	}
	return a.options.Penalty * a.values[0] * kernel.Dot64(shared, shared)
}

// climb finds the next direction.
func (a *ascent) climb(ctx context.Context) error {
	n, d := a.rows.Dims()
	k := len(a.values)
	w := a.found.RawRowView(k)
	best := math.Inf(-1)
	worth := slices.Clone(a.worth)
	err := par.Blocks(ctx, len(worth), 16, func(lo, hi int) {
		for c := lo; c < hi && ctx.Err() == nil; c++ {
			shared, _ := a.shared(ctx, a.starts.RawRowView(c))
			worth[c] -= a.penalty(shared)
		}
	})
	if err != nil {
		return err
	}
	for c, v := range worth {
		if v > best {
			best = v
			copy(w, a.starts.RawRowView(c))
		}
	}
	along, step, trial := make([]float64, n), make([]float64, n), make([]float64, n)
	g := newGaps(n)
	if err := a.project(ctx, along, w); err != nil {
		return err
	}
	shared, err := a.shared(ctx, w)
	if err != nil {
		return err
	}
	value, err := g.mean(ctx, along, a.pairs)
	if err != nil {
		return err
	}
	best = value - a.penalty(shared)
	for angle, i := .5, 0; i < a.options.Iterations; i++ {
		// The gradient of the mean over pairs is a combination of the rows.
		gradient, err := weightedSum(ctx, a.rows, g.slopes(a.pairs))
		if err != nil {
			return err
		}
		err = downColumns(ctx, k, d, func(c, lo, hi int) {
			kernel.Axpy64(-2*a.options.Penalty*a.values[0]*shared[c], a.found.RawRowView(c)[lo:hi], gradient[lo:hi])
		})
		if err != nil {
			return err
		}
		kernel.Axpy64(-kernel.Dot64(gradient, w), w, gradient)
		length := math.Sqrt(kernel.Dot64(gradient, gradient))
		if !(length > 1e-9*math.Abs(value)) {
			break
		}
		kernel.Scal64(1/length, gradient)
		if err := a.project(ctx, step, gradient); err != nil {
			return err
		}
		// Along the great circle projections are combinations of two.
		turning, err := a.shared(ctx, gradient)
		if err != nil {
			return err
		}
		before := best
		for ; angle > 1e-4; angle /= 2 {
			sin, cos := math.Sincos(angle)
			for r := range trial {
				trial[r] = cos*along[r] + sin*step[r]
			}
			next := make([]float64, k)
			for c := range next {
				next[c] = cos*shared[c] + sin*turning[c]
			}
			v, err := g.mean(ctx, trial, a.pairs)
			if err != nil {
				return err
			}
			if u := v - a.penalty(next); u > best {
				best, value = u, v
				copy(along, trial)
				shared = next
				for j := range w {
					w[j] = cos*w[j] + sin*gradient[j]
				}
				break
			}
		}
		if !(best > before+1e-6*math.Abs(before)) {
			break
		}
		angle = min(2*angle, .5)
	}
	// Rounding has drawn the length from 1 by a little.
	kernel.Scal64(1/math.Sqrt(kernel.Dot64(w, w)), w)
	a.values = append(a.values, value)
	return nil
}

// project writes the inner products of the rows with w to dst.
func (a *ascent) project(ctx context.Context, dst, w []float64) error {
	return overRows(ctx, len(dst), func(i int) { dst[i] = kernel.Dot64(a.rows.RawRowView(i), w) })
}

// gaps measures differences between numbers.
type gaps struct {
	order  []int32   // of the numbers, smallest first
	spare  []int32   // the order before runs are merged
	sorted []float64 // the numbers
	before []float64 // sums of those before
	width  float64   // within which pairs were counted
	weight []float64
}

func newGaps(n int) *gaps {
	return &gaps{order: make([]int32, n), spare: make([]int32, n), sorted: make([]float64, n), before: make([]float64, n+1), weight: make([]float64, n)}
}

// within returns how many pairs differ by no more than width, and the sum of their
// differences.
func (g *gaps) within(width float64) (pairs, sum float64) {
	lo := 0
	for i, v := range g.sorted {
		for v-g.sorted[lo] > width {
			lo++
		}
		near := float64(i - lo)
		pairs += near
		sum += near*v - (g.before[i] - g.before[lo])
	}
	return pairs, sum
}

// rank orders values, run by run, and merges the runs.
func (g *gaps) rank(ctx context.Context, values []float64) error {
	const run = 1 << 15
	n := len(values)
	by := func(i, j int32) int { return cmp.Or(cmp.Compare(values[i], values[j]), cmp.Compare(i, j)) }
	err := par.Blocks(ctx, n, run, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			g.order[i] = int32(i)
		}
		slices.SortFunc(g.order[lo:hi], by)
	})
	for size := run; size < n && err == nil; size *= 2 {
		g.order, g.spare = g.spare, g.order
		err = par.Blocks(ctx, n, 2*size, func(lo, hi int) {
			middle := min(lo+size, hi)
			a, b := g.spare[lo:middle], g.spare[middle:hi]
			for k := lo; k < hi; k++ {
				if k%run == 0 && ctx.Err() != nil {
					return
				}
				if len(b) == 0 || len(a) > 0 && by(a[0], b[0]) < 0 {
					g.order[k], a = a[0], a[1:]
				} else {
					g.order[k], b = b[0], b[1:]
				}
			}
		})
	}
	return err
}

// mean returns the mean difference of so many pairs of values, those that differ
// least.
func (g *gaps) mean(ctx context.Context, values []float64, pairs float64) (float64, error) {
	if err := g.rank(ctx, values); err != nil {
		return 0, err
	}
	for k, i := range g.order {
		g.sorted[k] = values[i]
		g.before[k+1] = g.before[k] + values[i]
	}
	// Between lo and hi lies the width within which there are so many pairs.
	lo, hi := 0., g.sorted[len(g.sorted)-1]-g.sorted[0]
	few, sum := g.within(lo)
	if few > pairs {
		g.width = -1
		return 0, nil
	}
	many, all := g.within(hi)
	if many <= pairs {
		g.width = hi
		return all / pairs, nil
	}
	for i := 0; i < 100 && hi-lo > 1e-12*hi && few < pairs; i++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		middle := lo + (hi-lo)/2
		if i%3 != 2 { // counts grow evenly, nearly
			middle = lo + (hi-lo)*(pairs-few)/(many-few)
		}
		if middle <= lo || middle >= hi {
			break
		}
		if in, s := g.within(middle); in > pairs {
			hi, many = middle, in
		} else {
			lo, few, sum = middle, in, s
		}
	}
	g.width = lo
	return (sum + (pairs-few)*hi) / pairs, nil
}

// slopes returns by how much the last mean grows with every value.
func (g *gaps) slopes(pairs float64) []float64 {
	lo, hi := 0, 0
	for i, v := range g.sorted {
		for v-g.sorted[lo] > g.width && lo < i {
			lo++
		}
		hi = max(hi, i)
		for hi+1 < len(g.sorted) && g.sorted[hi+1]-v <= g.width {
			hi++
		}
		g.weight[g.order[i]] = (float64(i-lo) - float64(hi-i)) / pairs
	}
	return g.weight
}

// MPADModel is fitted by MPAD. It keeps k directions of d columns, not the rows it was
// fitted to.
type MPADModel struct {
	projection
	options MPAD
	values  []float64
}

// Differences returns the mean difference along every direction of the pairs of the
// sample that differ least, in units of the data.
func (m *MPADModel) Differences() []float64 { return slices.Clone(m.values) }

// String returns a small table: the first directions with their mean differences.
func (m *MPADModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "MPAD of %d × %d, %s\n  %9s  %15s", m.embedding.Rows, len(m.mean), m.options, "component", "mean difference")
	numbered(&b, 9, len(m.values), func(c int) string { return fmt.Sprintf("  %15.6g", m.values[c]) })
	return b.String()
}

const mpadKind, mpadVersion = "dr.MPADModel", 1

func (m *MPADModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.values)
	m.projection.encode(w)
}

func (m *MPADModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.values = r.Floats()
	m.projection.decode(r)
	if !r.OK() {
		return
	}
	if k, _ := m.components.Dims(); k != len(m.values) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *MPADModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, mpadKind, mpadVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *MPADModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, mpadKind, mpadVersion, m, (*MPADModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *MPADModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *MPADModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
