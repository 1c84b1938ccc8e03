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
	"github.com/flatland-go/flatland/internal/resample"
	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// CCA, canonical correlation analysis, finds what two views of the same rows share:
// a direction in each, such that the coordinates along them correlate as much as any
// two do, then the next pair of those uncorrelated with the first, and so on.
//
// It is exact: both views are whitened, and the singular values of their cross
// covariance are the canonical correlations. They do not change when the columns of
// a view are mixed by an invertible matrix. Columns that are combinations of others
// add nothing. Coordinates have variance 1 (divisor n−1); that of x and y in a pair
// correlate positively, and the entry of largest magnitude of a component of x is
// positive. scikit-learn finds the same pairs one by one, iterating to a tolerance
// (NIPALS), and gives its coordinates other lengths.
//
// With n ≤ p + q rows for columns p and q, some correlations are 1 whatever the
// data: reduce the views by PCA first, or take Ridge.
//
// Time O(n·(p + q)·min(n, p + q)) + O(p³ + q³), memory about 24·n·(p + q) +
// 40·(p² + q²) bytes.
//
// Sources: H. Hotelling (1936), Relations between two sets of variates; H. Vinod
// (1976), Canonical ridge and econometrics of joint production; B. Phipson and G.
// Smyth (2010), Permutation p-values should never be zero.
type CCA struct {
	// Components is the number of pairs kept, at most n−1 and the columns of the
	// narrower view. Default: all of these.
	Components int

	// Ridge is added to the variances of both views, in units of the mean variance
	// of the columns of each. Larger values prefer directions of large variance,
	// and draw the correlations, of which the variances then are part, towards 0.
	// Columns should be in like units. Default 0: none.
	Ridge float64

	// Permutations is how often the rows of y are shuffled to see which
	// correlations chance alone makes; PValues tells. Each costs O(n·p·q). Default
	// 0: never.
	Permutations int

	// Seed of the permutations. It is ignored without them.
	Seed uint64

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n rows whose narrower
// view has d columns, or a *mat32.ParamError.
func (c CCA) Resolve(n, d int) (CCA, error) {
	const method = "dr.CCA"
	wrong := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	most := min(n-1, d)
	if c.Components == 0 {
		c.Components = most
	}
	if err := checkRange(method, "Components", c.Components, 1, most, "min(n−1, columns of the narrower view)"); err != nil {
		return c, err
	}
	switch {
	case !(c.Ridge >= 0 && c.Ridge <= math.MaxFloat64):
		return c, wrong("Ridge", c.Ridge, "0 or more, and finite")
	case c.Permutations < 0 || c.Permutations > mostBatch:
		return c, wrong("Permutations", c.Permutations, fmt.Sprintf("0 ≤ Permutations ≤ %d", mostBatch))
	case c.MemoryLimit < 0:
		return c, wrong("MemoryLimit", c.MemoryLimit, "0 or more bytes")
	}
	return c, nil
}

// String returns the options in one line, as captions and tables show them.
func (c CCA) String() string {
	s := fmt.Sprintf("%d components", c.Components)
	if c.Ridge > 0 {
		s += fmt.Sprintf(", ridge %g", c.Ridge)
	}
	if c.Permutations > 0 {
		s += fmt.Sprintf(", %d permutations, seed %d", c.Permutations, c.Seed)
	}
	return s
}

// FitPair learns the pairs of directions of x (n × p) and y (n × q), whose rows
// belong together. Errors: those of mat32.CheckRows, mat32.Check and Resolve,
// *mat32.ShapeError below 2 rows and where x and y differ in rows,
// *mat32.DegenerateError where all rows of a view are equal, or its scale is beyond
// float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (c CCA) FitPair(ctx context.Context, x, y mat.Matrix) (*CCAModel, error) {
	const method = "dr.CCA"
	fail := func(err error) (*CCAModel, error) { return nil, failed(method, err) }
	n, p, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	m, q, err := checkRows(ctx, method+": y", y, 1)
	if err != nil {
		return nil, err
	}
	if m != n {
		return fail(&mat32.ShapeError{What: "y", Rows: m, Cols: q, Want: fmt.Sprintf("the %d rows of x", n)})
	}
	if n < 2 {
		return fail(&mat32.ShapeError{What: "x", Rows: n, Cols: p, Want: "at least 2 rows"})
	}
	if c, err = c.Resolve(n, min(p, q)); err != nil {
		return nil, err
	}
	need := 8*(int64(n)*int64(3*(p+q)+2*c.Components)+int64(c.Permutations)) + band*8*int64(max(p, q))
	for _, d := range []int{p, q} {
		small := int64(min(n, d))
		need += 40 * small * small
	}
	if err := mat32.CheckMemory(method, need, c.MemoryLimit, "reduce rows or columns"); err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "CCA", 3+c.Permutations)
	var views [2]*view
	for i, of := range []mat.Matrix{x, y} {
		if views[i], err = c.view(ctx, of); err != nil {
			return nil, err
		}
		stage.Add(1)
	}
	cross, err := views[0].cross(ctx, views[1].white)
	if err != nil {
		return fail(err)
	}
	left, values, right, err := factors(ctx, cross)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	model := &CCAModel{options: c, correlations: make([]float64, c.Components)}
	for i, v := range values[:min(len(values), c.Components)] {
		model.correlations[i] = min(v, 1)
	}
	var components [2]*mat.Dense
	for i, vectors := range []*mat.Dense{left, right} {
		if components[i], err = views[i].components(ctx, vectors, c.Components); err != nil {
			return fail(err)
		}
	}
	signs := orientation(components[0])
	for i, to := range []*projection{&model.projection, &model.y} {
		scaleRows(components[i], signs)
		*to, err = newProjection(ctx, method, []mat.Matrix{x, y}[i], views[i].mean, components[i], views[i].unit)
		if err != nil {
			return nil, err
		}
		to.embedding.Method, to.embedding.Options = "CCA of "+string("xy"[i]), c.String()
	}
	rx, ry := views[0].rank(), views[1].rank()
	note := func(format string, args ...any) {
		model.embedding.Notes = append(model.embedding.Notes, fmt.Sprintf(format, args...))
	}
	if sure := rx + ry - (n - 1); sure > 0 && c.Ridge == 0 {
		note("%d rows of views that vary in %d and %d directions: %d of the correlations are 1 whatever the data", n, rx, ry, min(sure, rx, ry))
	}
	if kept := min(rx, ry); kept < c.Components {
		note("a view varies in %d directions only: further components are zero", kept)
	}
	if c.Permutations > 0 {
		if model.pvalues, err = c.permute(ctx, stage, views, model.correlations); err != nil {
			return fail(err)
		}
	}
	return model, nil
}

// view is one of the two, whitened.
type view struct {
	mean  []float64
	unit  float64
	w     *mat.Dense // r × d: rows, centred and divided by unit, times wᵀ are white
	white *mat.Dense // n × r, orthonormal columns but for the ridge
}

func (v *view) rank() int { r, _ := v.w.Dims(); return r }

func (c CCA) view(ctx context.Context, x mat.Matrix) (*view, error) {
	const method = "dr.CCA"
	fail := func(err error) (*view, error) { return nil, failed(method, err) }
	s, err := stand(ctx, method, x, nil)
	if err != nil {
		return nil, err
	}
	_, d := x.Dims()
	lengths := slices.Repeat([]float64{1}, d)
	if c.Ridge == 0 { // then units do not matter
		if lengths, err = levelColumns(ctx, s.rows); err != nil {
			return fail(err)
		}
	}
	w, values, err := inverseRoot(ctx, s.rows)
	if err != nil {
		return fail(err)
	}
	if len(values) == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance of a view is below the smallest float64: rescale it"}
	}
	if c.Ridge > 0 {
		mean := 0.
		for _, v := range values {
			mean += v * v / float64(d)
		}
		for i, v := range values {
			kernel.Scal64(v/math.Sqrt(v*v+c.Ridge*mean), w.RawRowView(i))
		}
	}
	white, err := product(ctx, s.rows, blas.NoTrans, w, blas.Trans)
	if err != nil {
		return fail(err)
	}
	for j := range lengths {
		lengths[j] = 1 / lengths[j]
	}
	if err := scaleColumns(ctx, w, lengths); err != nil {
		return fail(err)
	}
	return &view{mean: s.mean, unit: s.unit, w: w, white: white}, nil
}

// cross returns v.whiteᵀ·other.
func (v *view) cross(ctx context.Context, other *mat.Dense) (*mat.Dense, error) {
	return product(ctx, v.white, blas.Trans, other, blas.NoTrans)
}

// components returns k directions for columns of singular vectors of the cross
// covariance, given as rows; further ones are zero.
func (v *view) components(ctx context.Context, vectors *mat.Dense, k int) (*mat.Dense, error) {
	r, d := v.w.Dims()
	n, _ := v.white.Dims()
	c := mat.NewDense(k, d, nil)
	rows, _ := vectors.Dims()
	kept := min(rows, k)
	turn := mat.DenseCopyOf(vectors.Slice(0, kept, 0, r))
	part := c.Slice(0, kept, 0, d).(*mat.Dense)
	return c, kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, math.Sqrt(float64(n-1)), turn.RawMatrix(), v.w.RawMatrix(), 0, part.RawMatrix())
}

// permute returns, for every correlation, how often shuffled rows of y have a first
// one as large.
func (c CCA) permute(ctx context.Context, stage *watch.Stage, views [2]*view, correlations []float64) ([]float64, error) {
	y := views[1].white
	n, _ := y.Dims()
	shuffled, order := mat.DenseCopyOf(y), make([]int, n)
	first := make([]float64, c.Permutations)
	for b := range first {
		resample.Permutation(c.Seed, "cca", b, order)
		for i, from := range order {
			copy(shuffled.RawRowView(i), y.RawRowView(from))
		}
		cross, err := views[0].cross(ctx, shuffled)
		if err != nil {
			return nil, err
		}
		_, values, _, err := factors(ctx, cross)
		if err != nil {
			return nil, err
		}
		first[b] = values[0]
		stage.Add(1)
	}
	p := make([]float64, len(correlations))
	for i, v := range correlations {
		p[i] = resample.PValue(v, first)
	}
	return p, nil
}

// CCAModel is fitted by CCA. It keeps k components of both views, not the rows it was
// fitted to. Its Embedding, Components, Mean and Transform are those of x, the first
// view.
type CCAModel struct {
	projection
	y            projection
	options      CCA
	correlations []float64
	pvalues      []float64
}

// Correlations returns the canonical correlations, falling: those of the coordinates
// of x with those of y, where there is no ridge, and 0 for components that are zero.
func (m *CCAModel) Correlations() []float64 { return slices.Clone(m.correlations) }

// PValues returns, for every correlation, the share of permutations whose first one
// is as large, nil without permutations. So the chance that any pair unrelated by
// nature is found at p ≤ α is at most α.
func (m *CCAModel) PValues() []float64 { return slices.Clone(m.pvalues) }

// EmbeddingY returns the map of the rows of y the model was fitted to.
func (m *CCAModel) EmbeddingY() *Embedding { return m.y.embedding }

// ComponentsY returns a copy of the map of y, k × q.
func (m *CCAModel) ComponentsY() *mat.Dense { return m.y.Components() }

// MeanY returns a copy of the column means of y.
func (m *CCAModel) MeanY() []float64 { return m.y.Mean() }

// TransformY maps new rows of the second view, n × q, to n × k. Time O(n·q·k).
func (m *CCAModel) TransformY(ctx context.Context, y mat.Matrix) (*Embedding, error) {
	return m.y.Transform(ctx, y)
}

// String returns a small table: the first pairs with their correlations and, where
// there were permutations, p-values.
func (m *CCAModel) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "CCA of %d × %d and %d, %s\n  %9s  %11s", m.embedding.Rows, len(m.mean), len(m.y.mean), m.options, "component", "correlation")
	if m.pvalues != nil {
		fmt.Fprintf(&b, "  %7s", "p")
	}
	numbered(&b, 9, len(m.correlations), func(c int) string {
		s := fmt.Sprintf("  %11.6f", m.correlations[c])
		if m.pvalues != nil {
			s += fmt.Sprintf("  %7.4f", m.pvalues[c])
		}
		return s
	})
	return b.String()
}

const ccaKind, ccaVersion = "dr.CCAModel", 1

func (m *CCAModel) encode(w *saved.Writer) {
	w.JSON(m.options)
	w.Floats(m.correlations)
	w.Floats(m.pvalues)
	m.projection.encode(w)
	m.y.encode(w)
}

func (m *CCAModel) decode(r *saved.Reader) {
	r.JSON(&m.options)
	m.correlations, m.pvalues = r.Floats(), r.Floats()
	if len(m.pvalues) == 0 {
		m.pvalues = nil
	}
	m.projection.decode(r)
	m.y.decode(r)
	if !r.OK() {
		return
	}
	k, _ := m.components.Dims()
	l, _ := m.y.components.Dims()
	if k != l || k != len(m.correlations) || m.pvalues != nil && k != len(m.pvalues) {
		r.Fail("its parts differ in size")
	}
}

// WriteTo saves the model with its embeddings.
func (m *CCAModel) WriteTo(w io.Writer) (int64, error) {
	return write(w, ccaKind, ccaVersion, m.encode)
}

// ReadFrom replaces m by a saved model; see Embedding.ReadFrom for the errors.
func (m *CCAModel) ReadFrom(r io.Reader) (int64, error) {
	return read(r, ccaKind, ccaVersion, m, (*CCAModel).decode)
}

// MarshalBinary returns what WriteTo writes.
func (m *CCAModel) MarshalBinary() ([]byte, error) { return saved.Marshal(m) }

// UnmarshalBinary reads what MarshalBinary returned.
func (m *CCAModel) UnmarshalBinary(b []byte) error { return saved.Unmarshal(m, b) }
