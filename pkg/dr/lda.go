package dr

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LDA, linear discriminant analysis, finds the directions in which classes lie far
// apart for the scatter of their rows: the first has the largest ratio of the
// variance between classes to that within them that any direction has, the second
// the largest of those uncorrelated with it within classes, and so on. There are no
// more of them than classes less one.
//
// Components are such that the covariance within classes is the identity. Where it
// is singular, directions in which rows of the same class do not differ are left
// out, as by the svd solver of scikit-learn, and the notes say so; with shrinkage
// none is. The entry of largest magnitude of a component is positive.
//
// The covariance within classes has the divisor n, as in scikit-learn from 1.9 on.
// Shrinkage is that of every class by itself, as by its eigen solver, which however
// shrinks the covariance between classes as well.
//
// Time O(n·d·min(n, d)) + O(min(n, d)³), with shrinkage O(n·d²) + O(d³); memory
// about 8·(n·d + 5·min(n, d)²) bytes, with shrinkage 8·(n·d + 6·d²).
//
// Sources: R. Fisher (1936), The use of multiple measurements in taxonomic
// problems; C. Rao (1948), The utilization of multiple measurements in problems of
// biological classification; O. Ledoit and M. Wolf (2004), A well-conditioned
// estimator for large-dimensional covariance matrices.
type LDA struct {
	// Labels holds the class of every row, numbered from 0 in any way; rows of
	// class −1, which is unknown, are mapped but not learned from. At least two
	// classes, and a row more than classes. There is no default.
	Labels []int

	// Components is the number of directions kept, at most min(classes − 1, d).
	// Default: all of these.
	Components int

	// Shrinkage draws the covariance within classes towards a multiple of the
	// identity, in (0, 1]: larger values suit fewer rows. Columns should then be in
	// like units. Default 0: none.
	Shrinkage float64

	// LedoitWolf chooses the shrinkage of every class by the formula of Ledoit and
	// Wolf, for columns divided by their standard deviation in the class. It goes
	// without Shrinkage. Default false.
	LedoitWolf bool

	// Tolerance is the standard deviation within classes, for columns divided by
	// theirs, up to which a direction is left out, but with shrinkage. Also the share of the
	// largest up to which a direction between the means of classes is. Default 1e-4.
	Tolerance float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// classes returns the rows of every class, by ascending label.
func (l LDA) classes() (labels []int, rows [][]int) {
	of := map[int][]int{}
	for i, label := range l.Labels {
		if label >= 0 {
			of[label] = append(of[label], i)
		}
	}
	for label := range of {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		rows = append(rows, of[label])
	}
	return labels, rows
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (l LDA) Resolve(n, d int) (LDA, error) {
	const method = "dr.LDA"
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if len(l.Labels) != n {
		return l, wrong("Labels", fmt.Sprintf("%d labels", len(l.Labels)), fmt.Sprintf("one for every row: %d", n))
	}
	known := 0
	for i, label := range l.Labels {
		if label < -1 {
			return l, wrong("Labels", fmt.Sprintf("%d at row %d", label, i), "0 or more, or −1 for unknown")
		}
		if label >= 0 {
			known++
		}
	}
	labels, _ := l.classes()
	if len(labels) < 2 || known <= len(labels) {
		return l, wrong("Labels", fmt.Sprintf("%d classes of %d rows", len(labels), known), "at least 2 classes, and a row more than classes")
	}
	if l.Components == 0 {
		l.Components = min(len(labels)-1, d)
	}
	if l.Tolerance == 0 {
		l.Tolerance = 1e-4
	}
	if err := checkRange(method, "Components", l.Components, 1, min(len(labels)-1, d), "min(classes − 1, d)"); err != nil {
		return l, err
	}
	switch {
	case !(l.Shrinkage >= 0 && l.Shrinkage <= 1):
		return l, wrong("Shrinkage", l.Shrinkage, "0 ≤ Shrinkage ≤ 1")
	case l.LedoitWolf && l.Shrinkage != 0:
		return l, wrong("Shrinkage", l.Shrinkage, "0 with LedoitWolf, which chooses it")
	case !(l.Tolerance > 0 && l.Tolerance < 1):
		return l, wrong("Tolerance", l.Tolerance, "0 < Tolerance < 1")
	case l.MemoryLimit < 0:
		return l, wrong("MemoryLimit", l.MemoryLimit, "0 or more bytes")
	}
	return l, nil
}

// String returns the options in one line, as captions and tables show them.
func (l LDA) String() string {
	s := fmt.Sprintf("%d components", l.Components)
	switch {
	case l.LedoitWolf:
		s += ", shrinkage of Ledoit and Wolf"
	case l.Shrinkage > 0:
		s += fmt.Sprintf(", shrinkage %g", l.Shrinkage)
	}
	return s
}

// shrinks reports whether the covariance within classes is shrunk.
func (l LDA) shrinks() bool { return l.LedoitWolf || l.Shrinkage > 0 }

// Fit learns the directions from the labelled rows of x (n × d), and maps all.
// Errors: those of mat32.CheckRows, mat32.Check and Resolve,
// *mat32.DegenerateError where rows of the same class are equal, or classes have
// the same mean, or the scale of the data is beyond float64, *mat32.MemoryError,
// and one that wraps ctx.Err().
func (l LDA) Fit(ctx context.Context, x mat.Matrix) (*LDAModel, error) {
	const method = "dr.LDA"
	fail := func(err error) (*LDAModel, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	small := int64(min(n, d))
	square := 5 * small * small
	if l.shrinks() {
		square = 6 * int64(d) * int64(d)
	}
	need := 8 * (int64(n)*int64(d+l.Components) + square + band*int64(d))
	if err := mat32.CheckMemory(method, need, l.MemoryLimit, "reduce rows or columns"); err != nil {
		return nil, err
	}
	labels, rows := l.classes()
	s, err := stand(ctx, method, x, slices.Concat(rows...))
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "LDA", 3)
	w := within{of: s.rows, means: mat.NewDense(len(rows), d, nil)}
	if err := w.center(ctx, rows); err != nil {
		return fail(err)
	}
	stage.Add(1)
	var white *mat.Dense
	if l.shrinks() {
		white, err = w.shrunk(ctx, l)
	} else {
		white, err = w.whitened(ctx, l.Tolerance)
	}
	if err != nil {
		return fail(err)
	}
	if white == nil {
		return nil, &mat32.DegenerateError{Method: method, Reason: "rows of the same class are equal: there is no scatter within classes to compare with"}
	}
	stage.Add(1)
	for k, list := range rows {
		kernel.Scal64(math.Sqrt(float64(len(list))/float64(len(rows)-1)), w.means.RawRowView(k))
	}
	between, err := product(ctx, w.means, blas.NoTrans, white, blas.Trans)
	if err != nil {
		return fail(err)
	}
	_, values, vectors, err := factors(ctx, between)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	seen, total := 0, 0.
	for _, v := range values {
		if v > l.Tolerance*values[0] {
			seen++
		}
		total += v * v
	}
	if !(total > 0) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the classes have the same mean"}
	}
	kept := min(seen, l.Components)
	components := mat.NewDense(l.Components, d, nil)
	part := components.Slice(0, kept, 0, d).(*mat.Dense)
	_, directions := vectors.Dims()
	turn := mat.DenseCopyOf(vectors.Slice(0, kept, 0, directions))
	if err := multiply(ctx, part, turn, blas.NoTrans, white, blas.NoTrans); err != nil {
		return fail(err)
	}
	m := &LDAModel{options: l, classes: labels, counts: make([]int, len(rows)), ratio: make([]float64, l.Components)}
	m.options.Labels = nil
	for k, list := range rows {
		m.counts[k] = len(list)
	}
	for c := range kept {
		m.ratio[c] = values[c] * values[c] / total
	}
	scaleRows(components, orientation(components))
	if m.projection, err = newProjection(ctx, method, x, s.mean, components, s.unit); err != nil {
		return nil, err
	}
	m.embedding.Method, m.embedding.Options = "LDA", l.String()
	note := func(format string, args ...any) {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf(format, args...))
	}
	if labeled := s.rows.RawMatrix().Rows; labeled < n {
		note("%d of %d rows have no label", n-labeled, n)
	}
	if directions < d {
		note("rows of the same class differ in %d of %d directions: the others are left out", directions, d)
	}
	if kept < l.Components {
		note("the means of the classes span %d of %d dimensions: further components are zero", kept, l.Components)
	}
	return m, nil
}

// Embed returns the rows of x in the coordinates of the directions: Fit(ctx, x) and
// its embedding.
func (l LDA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// within is the scatter of rows around the means of their classes.
type within struct {
	of    *mat.Dense // the rows, class after class
	ends  []int      // behind the last row of every class
	means *mat.Dense // of the classes
}

// center subtracts the means of the classes, which it fills in. What rounding leaves
// of columns that are constant in every class becomes zero.
func (w *within) center(ctx context.Context, classes [][]int) error {
	n, d := w.of.Dims()
	before, err := largestOfColumns(ctx, w.of)
	if err != nil {
		return err
	}
	lo := 0
	for k, list := range classes {
		hi := lo + len(list)
		weights := make([]float64, len(list))
		for i := range weights {
			weights[i] = 1 / float64(len(list))
		}
		part := w.of.Slice(lo, hi, 0, d).(*mat.Dense)
		mean, err := weightedSum(ctx, part, weights)
		if err != nil {
			return err
		}
		copy(w.means.RawRowView(k), mean)
		if err := overRows(ctx, len(list), func(i int) { kernel.Axpy64(-1, mean, part.RawRowView(i)) }); err != nil {
			return err
		}
		w.ends = append(w.ends, hi)
		lo = hi
	}
	after, err := largestOfColumns(ctx, w.of)
	if err != nil {
		return err
	}
	keep := make([]float64, d)
	for j := range keep {
		if after[j] > before[j]*float64(n)*0x1p-52 {
			keep[j] = 1
		}
	}
	if slices.Contains(keep, 0) {
		return scaleColumns(ctx, w.of, keep)
	}
	return nil
}

// whitened returns what makes the covariance within classes the identity, in the
// directions that vary by more than tolerance; nil where there is none.
func (w *within) whitened(ctx context.Context, tolerance float64) (*mat.Dense, error) {
	n, d := w.of.Dims()
	lengths, err := levelColumns(ctx, w.of)
	if err != nil {
		return nil, err
	}
	s, err := decompose(ctx, asCentered(w.of), min(n, d))
	if err != nil {
		return nil, err
	}
	values, vectors := s.scatter, s.components
	r := 0
	for r < min(n-len(w.ends), d) && values[r] > tolerance*tolerance {
		r++
	}
	if r == 0 {
		return nil, nil
	}
	white := mat.DenseCopyOf(vectors.Slice(0, r, 0, d))
	for j, l := range lengths {
		lengths[j] = 1 / l
	}
	for c := range r {
		kernel.Scal64(math.Sqrt(float64(n)/values[c]), white.RawRowView(c))
	}
	return white, scaleColumns(ctx, white, lengths)
}

// shrunk returns what makes the covariance within classes the identity, that of
// every class shrunk; nil where nothing varies.
func (w *within) shrunk(ctx context.Context, l LDA) (*mat.Dense, error) {
	n, d := w.of.Dims()
	sum := mat.NewSymDense(d, nil)
	cov := mat.NewSymDense(d, nil)
	lo := 0
	for _, hi := range w.ends {
		part := w.of.Slice(lo, hi, 0, d).(*mat.Dense)
		rows := float64(hi - lo)
		lo = hi
		deviation := slices.Repeat([]float64{1}, d)
		share := l.Shrinkage
		if l.LedoitWolf {
			var err error
			if deviation, err = levelColumns(ctx, part); err != nil {
				return nil, err
			}
			kernel.Scal64(math.Sqrt(rows), part.RawMatrix().Data[:(len(w.of.RawMatrix().Data)/n)*int(rows)])
			for j := range deviation {
				deviation[j] /= math.Sqrt(rows)
			}
		}
		clear(cov.RawSymmetric().Data)
		if err := addProducts(ctx, cov, blas.Trans, part); err != nil {
			return nil, err
		}
		if l.LedoitWolf {
			share = ledoitWolf(part, cov)
		}
		trace := 0.
		for j := range d {
			trace += cov.At(j, j) / rows
		}
		err := overRows(ctx, d, func(i int) {
			for j := i; j < d; j++ {
				v := (1 - share) * cov.At(i, j) / rows
				if i == j {
					v += share * trace / float64(d)
				}
				sum.SetSym(i, j, sum.At(i, j)+v*deviation[i]*deviation[j]*rows/float64(n))
			}
		})
		if err != nil {
			return nil, err
		}
	}
	values, vectors, err := linalg.EigenSym(ctx, sum)
	if err != nil {
		return nil, err
	}
	r := 0
	for r < d && values[r] > values[0]*float64(d)*0x1p-52 {
		r++
	}
	if r == 0 || !(values[0] > 0) {
		return nil, nil
	}
	white := mat.DenseCopyOf(vectors.Slice(0, r, 0, d))
	for c := range r {
		kernel.Scal64(1/math.Sqrt(values[c]), white.RawRowView(c))
	}
	return white, nil
}

// ledoitWolf returns the share of the identity that makes the expected error of the
// covariance smallest, for centred rows and the sums of their products.
func ledoitWolf(rows *mat.Dense, products *mat.SymDense) float64 {
	n, d := rows.Dims()
	if d == 1 {
		return 0
	}
	size, columns := float64(n), float64(d)
	squares, fourth, trace := 0., 0., 0.
	for i := range d {
		trace += products.At(i, i) / size
		for j := range d {
			v := products.At(i, j) / size
			squares += v * v
		}
	}
	for i := range n {
		row := rows.RawRowView(i)
		v := kernel.Dot64(row, row)
		fourth += v * v
	}
	mean := trace / columns
	spread := (squares - 2*mean*trace + columns*mean*mean) / columns // around the identity
	noise := min((fourth/size-squares)/(columns*size), spread)       // of the covariance itself
	if !(noise > 0) {
		return 0
	}
	return noise / spread
}

// LDAModel is fitted by LDA. It keeps k components of d columns, not the rows it
// was fitted to.
type LDAModel struct {
	projection
	options LDA // without the labels
	classes []int
	counts  []int
	ratio   []float64
}

// Classes returns the labels of the classes, ascending.
func (m *LDAModel) Classes() []int { return slices.Clone(m.classes) }

// Counts returns how many rows of every class the model was fitted to, in the order of
// Classes.
func (m *LDAModel) Counts() []int { return slices.Clone(m.counts) }

// ExplainedVarianceRatio returns the share of every component in the variance
// between classes, in units of that within them; 0 for components that are zero.
func (m *LDAModel) ExplainedVarianceRatio() []float64 { return slices.Clone(m.ratio) }

// String returns a small table: the components with their shares of the variance
// between classes.
func (m *LDAModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "LDA of %d × %d, %d classes, %s\n", m.embedding.Rows, len(m.mean), len(m.classes), m.options)
	fmt.Fprintf(&b, "  %9s  %7s", "component", "between")
	numbered(&b, 9, len(m.ratio), func(c int) string { return fmt.Sprintf("  %6.2f%%", 100*m.ratio[c]) })
	return b.String()
}

const ldaKind, ldaVersion = "dr.LDAModel", 1

func (m *LDAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Ints(m.classes)
	w.Ints(m.counts)
	w.Floats(m.ratio)
	m.projection.encode(w)
}

func (m *LDAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.classes, m.counts, m.ratio = r.Ints(), r.Ints(), r.Floats()
	m.projection.decode(r)
	if !r.OK() {
		return
	}
	if k, _ := m.components.Dims(); k != len(m.ratio) || len(m.classes) != len(m.counts) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embedding.
func (m *LDAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, ldaKind, ldaVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *LDAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, ldaKind, ldaVersion, m, (*LDAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *LDAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *LDAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
