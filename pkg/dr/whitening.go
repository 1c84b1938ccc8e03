package dr

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// WhiteningKind is which of the maps that make all variances 1 and all covariances
// 0 is taken: they differ by a rotation.
type WhiteningKind string

const (
	// WhitenPCA turns the principal components into the coordinates, by falling
	// variance, so that the first of them are the best to keep.
	WhitenPCA WhiteningKind = "PCA"

	// WhitenZCA turns back again: of all white data these are the nearest to the
	// centred ones, and every coordinate is still about its own column.
	WhitenZCA WhiteningKind = "ZCA"

	// WhitenCholesky takes of every column what those before it do not tell: the
	// first coordinate is about the first column alone. Columns that those before
	// them determine have no coordinate.
	WhitenCholesky WhiteningKind = "Cholesky"

	// WhitenPCACor is WhitenPCA of standardised columns.
	WhitenPCACor WhiteningKind = "PCA-cor"

	// WhitenZCACor is WhitenZCA of standardised columns: of all white data these
	// correlate best with the columns, whatever their units.
	WhitenZCACor WhiteningKind = "ZCA-cor"
)

// Whitening subtracts the mean and maps the rows linearly so that their covariance
// matrix (divisor n−1) is the identity: no direction weighs more than another, and
// cosines compare directions and not a common offset.
//
// Where the data do not fill the space, directions without variance stay out: PCA
// and Cholesky then have fewer coordinates, and ZCA, which keeps d of them, has the
// projection on the others as its covariance. The embedding notes it.
//
// Time O(n·d·min(n, d)) + O(min(n, d)³), memory about 8·(3·n·d + 7·d²) bytes.
//
// Sources: A. Kessy, A. Lewin and K. Strimmer (2018), Optimal whitening and
// decorrelation; of text J. Huang and others (2021), WhiteningBERT: an easy
// unsupervised sentence embedding approach; with truncation J. Su and others
// (2021), Whitening sentence representations for better semantics and faster
// retrieval.
type Whitening struct {
	// Kind is which whitening. Default WhitenPCA.
	Kind WhiteningKind

	// Components is how many principal directions are kept, those of the largest
	// variance, at most min(n−1, d). PCA and Cholesky have as many coordinates; ZCA
	// keeps the columns of the data. Default: all that vary.
	Components int

	// Shrinkage is the share, from 0 to below 1, of the mean variance in every
	// variance that is divided by: more of it spares small variances, which few
	// rows tell badly, and leaves the data less white. Default 0: white.
	Shrinkage float64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (w Whitening) Resolve(n, d int) (Whitening, error) { return w.resolve("dr.Whitening", n, d) }

func (w Whitening) resolve(method string, n, d int) (Whitening, error) {
	kinds := []WhiteningKind{WhitenPCA, WhitenZCA, WhitenCholesky, WhitenPCACor, WhitenZCACor}
	if w.Kind == "" {
		w.Kind = WhitenPCA
	}
	most := min(n-1, d)
	if w.Components == 0 {
		w.Components = most
	}
	if !slices.Contains(kinds, w.Kind) {
		return w, &mat32.ParamError{Method: method, Param: "Kind", Value: string(w.Kind), Want: fmt.Sprintf("one of %v", kinds)}
	}
	if err := checkRange(method, "Components", w.Components, 1, most, "min(n−1, d)"); err != nil {
		return w, err
	}
	if !(w.Shrinkage >= 0 && w.Shrinkage < 1) {
		return w, &mat32.ParamError{Method: method, Param: "Shrinkage", Value: w.Shrinkage, Want: "0 ≤ Shrinkage < 1"}
	}
	if w.MemoryLimit < 0 {
		return w, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: w.MemoryLimit, Want: "0 or more bytes"}
	}
	return w, nil
}

// String returns the options in one line, as captions and tables show them.
func (w Whitening) String() string {
	s := fmt.Sprintf("%s, %d components", w.Kind, w.Components)
	if w.Shrinkage > 0 {
		s += fmt.Sprintf(", shrinkage %.3g", w.Shrinkage)
	}
	return s
}

// Fit learns the map from x (n × d). Errors: those of mat32.CheckRows, mat32.Check
// and Resolve, *mat32.ShapeError below 2 rows, *mat32.DegenerateError where all rows
// are equal or results exceed float64, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (w Whitening) Fit(ctx context.Context, x mat.Matrix) (*WhiteningModel, error) {
	const method = "dr.Whitening"
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	if w, err = w.Resolve(n, d); err != nil {
		return nil, err
	}
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1 / float64(n-1)
	}
	m := &WhiteningModel{method: method, name: "whitening", options: w.String()}
	if err := w.learn(ctx, m, x, weights); err != nil {
		return nil, err
	}
	return m, nil
}

// Embed returns the white rows of x: Fit(ctx, x) and its embedding.
func (w Whitening) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := w.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// learn fits m to x, whose covariance is the sum of the squares of centred rows
// times their weights; the mean is weighted too. Options are resolved.
func (w Whitening) learn(ctx context.Context, m *WhiteningModel, x mat.Matrix, weights []float64) error {
	n, d := x.Dims()
	need := 8 * (3*int64(n)*int64(d) + 7*int64(d)*int64(d))
	if err := mat32.CheckMemory(m.method, need, w.MemoryLimit, "reduce rows or columns"); err != nil {
		return err
	}
	fail := func(err error) error {
		if errors.Is(err, linalg.ErrNotFinite) {
			return &mat32.DegenerateError{Method: m.method, Reason: "products of the values exceed the largest float64: rescale the data"}
		}
		return fmt.Errorf("%s: %w", m.method, err)
	}
	c, err := newWeighed(ctx, x, weights)
	if err != nil {
		return fail(err)
	}
	if c.constant {
		return &mat32.DegenerateError{Method: m.method, Reason: "all rows are equal: there is no direction of variance"}
	}
	scale := make([]float64, d)
	for j := range scale {
		scale[j] = 1
	}
	if w.Kind == WhitenPCACor || w.Kind == WhitenZCACor {
		if scale, err = c.standardize(ctx); err != nil {
			return fail(err)
		}
	}
	s, err := decompose(ctx, asCentered(c.rows), w.Components)
	if err != nil {
		return fail(err)
	}
	share := float64(max(n, d)) * 0x1p-52
	k := 0
	for k < len(s.scatter) && s.scatter[k] > s.scatter[0]*share*share {
		k++
	}
	if k == 0 || !finite(s.scatter) {
		return &mat32.DegenerateError{Method: m.method, Reason: "the variance is beyond float64: rescale the data"}
	}
	directions := mat.DenseCopyOf(s.components.Slice(0, k, 0, d))
	scaleRows(directions, orientation(directions))
	deviations := make([]float64, k)
	for i := range deviations {
		deviations[i] = math.Sqrt((1-w.Shrinkage)*s.scatter[i] + w.Shrinkage*s.total/float64(d))
	}
	if m.forward, m.back, err = w.rotate(ctx, directions, deviations); err != nil {
		return fail(err)
	}
	for j := range scale {
		scale[j] *= c.unit
	}
	if err := scaleColumns(ctx, m.back, scale); err != nil {
		return fail(err)
	}
	for j := range scale {
		scale[j] = 1 / scale[j]
	}
	if err := scaleColumns(ctx, m.forward, scale); err != nil {
		return fail(err)
	}
	if !finite(m.forward.RawMatrix().Data) || !finite(m.back.RawMatrix().Data) {
		return &mat32.DegenerateError{Method: m.method, Reason: "standard deviations, or what divides by them, are beyond float64: rescale the data"}
	}
	m.mean, m.deviations = c.mean, deviations
	for i := range deviations {
		deviations[i] *= c.unit
	}
	z, err := m.mapped(ctx, x)
	if err != nil {
		return err
	}
	m.embedding = m.about(z, n)
	if flat := w.Components - k; flat > 0 {
		m.embedding.Notes = append(m.embedding.Notes, fmt.Sprintf("%d of %d directions have no variance and stay out: the data do not fill the space", flat, w.Components))
	}
	return nil
}

// rotate returns the map that makes rows white, and the one back, which has its
// rows: of k principal directions (k × d) and their standard deviations.
func (w Whitening) rotate(ctx context.Context, directions *mat.Dense, deviations []float64) (forward, back *mat.Dense, err error) {
	forward, back = mat.DenseCopyOf(directions), mat.DenseCopyOf(directions)
	for i, s := range deviations {
		kernel.Scal64(s, back.RawRowView(i))
		kernel.Scal64(1/s, forward.RawRowView(i))
	}
	var turn *mat.Dense // rows of the new coordinates in the principal ones
	switch w.Kind {
	case WhitenZCA, WhitenZCACor:
		turn = mat.DenseCopyOf(directions.T())
	case WhitenCholesky:
		turn = innovations(back)
	default:
		return forward, back, nil
	}
	if forward, err = product(ctx, turn, blas.NoTrans, forward, blas.NoTrans); err != nil {
		return nil, nil, err
	}
	back, err = product(ctx, turn, blas.NoTrans, back, blas.NoTrans)
	return forward, back, err
}

// innovations returns, as rows, an orthonormal basis of what the columns of a
// matrix (k × d, of rank k) add to each other, in their order.
func innovations(a *mat.Dense) *mat.Dense {
	k, d := a.Dims()
	basis := mat.NewDense(k, k, nil)
	found := 0
	v := make([]float64, k)
	add := func(tolerance float64) {
		whole := math.Sqrt(kernel.Dot64(v, v))
		for range 2 { // the second time takes out what rounding left of the first
			for i := range found {
				q := basis.RawRowView(i)
				kernel.Axpy64(-kernel.Dot64(q, v), q, v)
			}
		}
		left := math.Sqrt(kernel.Dot64(v, v))
		if left > whole*tolerance {
			for i, u := range v {
				basis.Set(found, i, u/left)
			}
			found++
		}
	}
	for j := 0; j < d && found < k; j++ {
		mat.Col(v, j, a)
		add(float64(max(k, d)) * 0x1p-48)
	}
	for j := 0; j < k && found < k; j++ { // directions that columns add only by rounding
		clear(v)
		v[j] = 1
		add(1 / (2 * math.Sqrt(float64(k))))
	}
	return basis
}

// weighed is what whitening and its scores start from: rows, in a unit, with the
// weighted mean subtracted and times the root of their weight.
type weighed struct {
	rows     *mat.Dense
	mean     []float64 // in units of the data
	unit     float64   // a power of two
	constant bool
}

func newWeighed(ctx context.Context, x mat.Matrix, weights []float64) (*weighed, error) {
	n, d := x.Dims()
	largest, err := magnitude(ctx, x)
	if err != nil {
		return nil, err
	}
	c := &weighed{unit: 1, mean: make([]float64, d)}
	if largest > 0 && (largest < 0x1p-200 || largest > 0x1p200) {
		c.unit = binary(largest)
	}
	if c.rows, err = dense(ctx, x, 1/c.unit); err != nil {
		return nil, err
	}
	sum := 0.
	for _, p := range weights {
		sum += p
	}
	// Means are taken of differences from the first row, so that a large common
	// offset costs no digits.
	const block = 512
	first := slices.Clone(c.rows.RawRowView(0))
	sums := mat.NewDense((n+block-1)/block, d, nil)
	err = par.Blocks(ctx, n, block, func(lo, hi int) {
		part := sums.RawRowView(lo / block)
		for i := lo; i < hi; i++ {
			for j, v := range c.rows.RawRowView(i) {
				part[j] += weights[i] / sum * (v - first[j])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	shift := make([]float64, d)
	for b := range (n + block - 1) / block {
		for j, v := range sums.RawRowView(b) {
			shift[j] += v
		}
	}
	varies := make([]bool, (n+block-1)/block)
	err = par.Blocks(ctx, n, block, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			root := math.Sqrt(weights[i])
			row := c.rows.RawRowView(i)
			for j, v := range row {
				row[j] = root * (v - first[j] - shift[j])
				varies[lo/block] = varies[lo/block] || row[j] != 0
			}
		}
	})
	for j := range c.mean {
		c.mean[j] = (first[j] + shift[j]) * c.unit
	}
	c.constant = !slices.Contains(varies, true)
	return c, err
}

// standardize divides columns by their standard deviation, which it returns; that
// of a constant column is taken for 1.
func (c *weighed) standardize(ctx context.Context) ([]float64, error) {
	_, d := c.rows.Dims()
	scale := make([]float64, d)
	err := eachColumn(ctx, c.rows, func(j int, nonzero []float64) {
		largest := 0.
		for _, v := range nonzero {
			largest = max(largest, math.Abs(v))
		}
		sum := 0.
		for _, v := range nonzero {
			sum += v / largest * (v / largest)
		}
		if scale[j] = largest * math.Sqrt(sum); scale[j] == 0 {
			scale[j] = 1
		}
	})
	if err != nil {
		return nil, err
	}
	inverse := make([]float64, d)
	for j, s := range scale {
		inverse[j] = 1 / s
	}
	return scale, scaleColumns(ctx, c.rows, inverse)
}
