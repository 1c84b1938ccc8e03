package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// PCA, principal component analysis, rotates the data so that the first
// coordinate has the largest variance any direction has, the second the largest
// of those at right angles to it, and so on.
//
// It is exact: the eigendecomposition of the covariance matrix where the data
// have more rows than columns, of the Gram matrix otherwise, whichever is
// smaller. Columns are centred first, in float64; they are not scaled, for which
// see Standardize. The sign of a component is chosen so that its entry of
// largest magnitude is positive.
//
// Time O(n·d·min(n, d)) + O(min(n, d)³), memory about 8·(n·k + min(n, d)²) bytes
// for k components, and 8·n·d more where n ≤ d.
//
// Sources: K. Pearson (1901), On lines and planes of closest fit to systems of
// points in space; H. Hotelling (1933), Analysis of a complex of statistical
// variables into principal components.
type PCA struct {
	// Components is the number of components kept, at most min(n−1, d): no more
	// directions vary. Default: all of these.
	Components int

	// Whiten divides every coordinate by its standard deviation, so that all
	// have variance 1 (those of no variance stay 0). Default false.
	Whiten bool

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p PCA) Resolve(n, d int) (PCA, error) {
	most := min(n-1, d)
	if p.Components == 0 {
		p.Components = most
	}
	if err := checkRange("dr.PCA", "Components", p.Components, 1, most, "min(n−1, d)"); err != nil {
		return p, err
	}
	if p.MemoryLimit < 0 {
		return p, &mat32.ParamError{Method: "dr.PCA", Param: "MemoryLimit", Value: p.MemoryLimit, Want: "0 or more bytes"}
	}
	return p, nil
}

func (p PCA) String() string {
	s := fmt.Sprintf("%d components", p.Components)
	if p.Whiten {
		s += ", whitened"
	}
	return s
}

// Fit learns the components of x (n × d). Errors: those of mat32.Check and
// Resolve, *mat32.ShapeError below 2 rows, *mat32.DegenerateError where all rows
// are equal or variances exceed float64, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (p PCA) Fit(ctx context.Context, x mat.Matrix) (*PCAModel, error) {
	const method = "dr.PCA"
	n, d, err := checkRows(ctx, method, x, 2)
	if err != nil {
		return nil, err
	}
	p, err = p.Resolve(n, d)
	if err != nil {
		return nil, err
	}
	k, small := int64(p.Components), int64(min(n, d))
	need := 8 * (int64(n)*k + 3*small*small + k*int64(d))
	if n <= d {
		need += 8 * int64(n) * int64(d)
	}
	if err := mat32.CheckMemory(method, need, p.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}

	c := newCentred(x)
	stage := watch.Start(ctx, "PCA: decomposition", 2)
	spectrum := fromCovariance
	if n <= d {
		spectrum = fromGram
	}
	values, components, err := spectrum(ctx, c, p.Components, func() { stage.Add(1) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	stage.Add(1)

	m := &PCAModel{options: p, rows: n, mean: c.mean, components: components,
		variance: make([]float64, p.Components)}
	for i := range values {
		// Rounding may leave eigenvalues of nothing slightly below zero.
		v := max(values[i], 0) / float64(n-1)
		m.total += v
		if i < p.Components {
			m.variance[i] = v
		}
	}
	if math.IsNaN(m.total) || math.IsInf(m.total, 0) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
	}
	if c.constant {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is no direction of variance"}
	}
	if m.total == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance is below the smallest float64: rescale the data"}
	}
	m.orient()
	m.embedding, err = m.Transform(ctx, x)
	if err != nil {
		return nil, err
	}
	if flat := m.flat(); flat > 0 {
		m.embedding.Notes = append(m.embedding.Notes,
			fmt.Sprintf("the last %d of %d components have no variance: the data do not fill the space", flat, p.Components))
	}
	return m, nil
}

// Embed returns the rows of x in the coordinates of the components: Fit(ctx, x)
// and its embedding.
func (p PCA) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// centred gives the rows of a matrix with the column means subtracted.
type centred struct {
	x        mat.Matrix
	n, d     int
	mean     []float64
	constant bool // all rows are equal
}

func newCentred(x mat.Matrix) *centred {
	n, d := x.Dims()
	c := &centred{x: x, n: n, d: d, mean: make([]float64, d), constant: true}
	first := append([]float64(nil), mat32.Row(make([]float64, d), 0, x)...)
	buf := make([]float64, d)
	for i := range n {
		for j, v := range mat32.Row(buf, i, x) {
			// Means are taken of differences from the first row, so that a
			// large common offset costs no digits.
			c.mean[j] += v - first[j]
			c.constant = c.constant && v == first[j]
		}
	}
	for j := range c.mean {
		c.mean[j] = first[j] + c.mean[j]/float64(n)
	}
	return c
}

func (c *centred) row(dst []float64, i int) {
	for j, v := range mat32.Row(dst, i, c.x) {
		dst[j] = v - c.mean[j]
	}
}

// fromCovariance returns the eigenvalues of the scatter matrix, largest first,
// and the first k eigenvectors as rows.
func fromCovariance(ctx context.Context, c *centred, k int, scattered func()) ([]float64, *mat.Dense, error) {
	const band = 1024 // rows transposed at once
	scatter := mat.NewSymDense(c.d, nil)
	row := make([]float64, c.d)
	for lo := 0; lo < c.n; lo += band {
		hi := min(lo+band, c.n)
		columns := mat.NewDense(c.d, hi-lo, nil)
		for i := lo; i < hi; i++ {
			c.row(row, i)
			for j, v := range row {
				columns.Set(j, i-lo, v)
			}
		}
		if err := linalg.AddOuter(ctx, scatter, columns); err != nil {
			return nil, nil, err
		}
	}
	scattered()
	if !finite(scatter.RawSymmetric().Data) {
		return []float64{math.Inf(1)}, mat.NewDense(k, c.d, nil), nil
	}
	values, vectors, err := linalg.EigenSym(ctx, scatter)
	if err != nil {
		return nil, nil, err
	}
	return values, mat.DenseCopyOf(vectors.Slice(0, k, 0, c.d)), nil
}

// fromGram is fromCovariance by way of the n × n matrix of inner products.
func fromGram(ctx context.Context, c *centred, k int, multiplied func()) ([]float64, *mat.Dense, error) {
	rows := mat.NewDense(c.n, c.d, nil)
	for i := range c.n {
		c.row(rows.RawRowView(i), i)
	}
	gram := mat.NewSymDense(c.n, nil)
	if err := linalg.AddOuter(ctx, gram, rows); err != nil {
		return nil, nil, err
	}
	multiplied()
	components := mat.NewDense(k, c.d, nil)
	if !finite(gram.RawSymmetric().Data) {
		return []float64{math.Inf(1)}, components, nil
	}
	values, vectors, err := linalg.EigenSym(ctx, gram)
	if err != nil {
		return nil, nil, err
	}
	err = par.Blocks(ctx, k, 1, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			out := components.RawRowView(r)
			for i, w := range vectors.RawRowView(r) {
				for j, v := range rows.RawRowView(i) {
					out[j] += w * v
				}
			}
		}
	})
	linalg.Orthonormalize(components)
	return values, components, err
}

func finite(v []float64) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}
