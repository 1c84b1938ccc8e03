package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
)

// PCA, principal component analysis, rotates the data so that the first
// coordinate has the largest variance any direction has, the second the largest
// of those at right angles to it, and so on.
//
// It is exact: the eigendecomposition of the covariance matrix where the data
// have more rows than columns, of the Gram matrix otherwise, whichever is
// smaller. Where these squares of the data hide directions of small variance,
// the large ones are taken out and the rest is decomposed again, so that
// standard deviations down to max(n, d)·2⁻⁵² of the largest are found. Columns
// are centred first, in float64; they are not scaled, for which see Standardize. The sign of a component is chosen so that its entry of
// largest magnitude is positive.
//
// Time O(n·d·min(n, d)) + O(min(n, d)³), memory about 8·(n·k + 5·min(n, d)² + 1024·d)
// bytes for k components, and 8·n·d more where n ≤ d.
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

// String returns the options in one line, as captions and tables show them.
func (p PCA) String() string {
	s := fmt.Sprintf("%d components", p.Components)
	if p.Whiten {
		s += ", whitened"
	}
	return s
}

// Fit learns the components of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.ShapeError below 2 rows,
// *mat32.DegenerateError where all rows are equal or variances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
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
	need := 8 * (int64(n)*k + 5*small*small + 2*k*int64(d) + int64(d)*min(int64(n), band))
	if n <= d {
		need += 8 * int64(n) * int64(d)
	}
	if err := mat32.CheckMemory(method, need, p.MemoryLimit, "reduce Components, rows or columns"); err != nil {
		return nil, err
	}

	c, err := newCentered(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if c.constant {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is no direction of variance"}
	}
	s, err := decompose(ctx, c, p.Components)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	m := &PCAModel{options: p, rows: n, mean: c.mean, components: s.components,
		variance: s.scatter, total: s.total / float64(n-1)}
	for i := range m.variance {
		m.variance[i] /= float64(n - 1)
	}
	if math.IsNaN(m.total) || math.IsInf(m.total, 0) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "the variance exceeds the largest float64: rescale the data"}
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
