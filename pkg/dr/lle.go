package dr

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LLE, locally linear embedding, lays a curved surface out flat by what its
// neighbourhoods look like, without lengths of ways: coordinates are the smoothest, of
// variance 1/n and uncorrelated, by a form that sums over neighbourhoods. Variant says
// what of these it keeps; the Hessian and LTSA need no convex surface, as Isomap does,
// but noise hurts them more.
//
// The conventions are those of scikit-learn, except that HessianLLE counts the second
// derivatives alone, as its source does: where there are more than
// Components·(Components+3)/2 + 1 neighbours scikit-learn counts all that is not affine,
// which makes it LTSA.
//
// Where neighbourhoods leave rows in parts that have none in common, these are joined:
// at the shortest edges between them (see neighbors.Join) the neighbourhoods of both ends
// are compared, which the notes tell. For the Hessian and LTSA, where a row is none of
// its own neighbourhood, one that is nobody's neighbour is put into it. Σ zᵢ = 0, Σ zᵢ² = 1
// for every coordinate, and its entry of largest magnitude is positive.
//
// Time that of the neighbours (see neighbors.Auto), O(n·Neighbors²·(d + Neighbors)), and a
// Cholesky factorisation, sparse where the rows have few dimensions, of n³/3 operations at
// most; memory 24·n·Neighbors² + 16·n·d bytes and up to 16·n². Where MemoryLimit does not
// allow it, an iteration takes its place that needs no such memory and has fewer digits.
//
// Sources: S. Roweis and L. Saul (2000), Nonlinear dimensionality reduction by locally
// linear embedding; D. Donoho and C. Grimes (2003), Hessian eigenmaps: locally linear
// embedding techniques for high-dimensional data; and those of the other variants.
type LLE struct {
	// Variant is StandardLLE, ModifiedLLE, HessianLLE or LTSA. Default StandardLLE.
	Variant LLEVariant

	// Components is the number of coordinates, at most min(n−1, d). Default 2, or as
	// many as there can be.
	Components int

	// Neighbors is the number of other rows in the neighbourhood of a row. Larger values
	// keep a larger scale, on which a surface must be flat. ModifiedLLE and LTSA need
	// Components or more, HessianLLE above Components·(Components+3)/2. Default 5, or what
	// the variant needs, or n−1 where the data have fewer rows.
	Neighbors int

	// Regularization is the share of the squared distances of its neighbours that keeps
	// the weights of a row small where more than one choice reconstructs it. Larger values
	// make weights more alike. Ignored by HessianLLE and LTSA but for new rows. Default
	// 1e-3.
	Regularization float64

	// Graph, when given, is a graph of the rows of x with Neighbors or more neighbours
	// that is used instead of a new one.
	Graph *neighbors.Graph

	// Strict refuses neighbourhoods that leave rows in parts. Default false: these are
	// joined.
	Strict bool

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// LLEVariant says what LLE keeps of neighbourhoods.
type LLEVariant string

const (
	// StandardLLE keeps of every row the combination of its neighbours that is nearest to
	// it.
	StandardLLE LLEVariant = "standard"

	// ModifiedLLE keeps all combinations that are about as good: Z. Zhang and J. Wang
	// (2007), MLLE: modified locally linear embedding using multiple weights.
	ModifiedLLE LLEVariant = "modified"

	// HessianLLE makes second derivatives along the tangent spaces small: D. Donoho and
	// C. Grimes (2003), Hessian eigenmaps: locally linear embedding techniques for
	// high-dimensional data.
	HessianLLE LLEVariant = "Hessian"

	// LTSA, local tangent space alignment, makes coordinates affine functions of those on
	// the tangent spaces: Z. Zhang and H. Zha (2004), Principal manifolds and nonlinear
	// dimensionality reduction via tangent space alignment.
	LTSA LLEVariant = "LTSA"
)

// needs returns the fewest neighbours for k coordinates.
func (v LLEVariant) needs(k int) (count int, why string) {
	switch v {
	case HessianLLE:
		return int(min(int64(k)*(int64(k)+3)/2+1, 1<<31-1)), "above Components·(Components+3)/2, for HessianLLE"
	case ModifiedLLE, LTSA:
		return k, "at least Components"
	}
	return 1, "at least 1"
}

// Resolve returns the options with defaults filled in for n × d data, or an error that
// names the option and its range.
func (l LLE) Resolve(n, d int) (LLE, error) {
	const method = "dr.LLE"
	if n < 3 {
		return l, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 3 rows"})
	}
	l.Variant = cmp.Or(l.Variant, StandardLLE)
	all := []LLEVariant{StandardLLE, ModifiedLLE, HessianLLE, LTSA}
	if !slices.Contains(all, l.Variant) {
		return l, &mat32.ParamError{Method: method, Param: "Variant", Value: string(l.Variant), Want: fmt.Sprintf("one of %v", all)}
	}
	if l.Components == 0 {
		l.Components = min(2, n-1, d)
		// Few rows have too few neighbours for two coordinates.
		for least, _ := l.Variant.needs(l.Components); l.Components > 1 && least > n-1; least, _ = l.Variant.needs(l.Components) {
			l.Components--
		}
	}
	if err := checkRange(method, "Components", l.Components, 1, min(n-1, d), "min(n−1, d)"); err != nil {
		return l, err
	}
	least, why := l.Variant.needs(l.Components)
	if l.Neighbors == 0 {
		l.Neighbors = min(max(5, least), n-1)
	}
	if l.Neighbors < least || l.Neighbors > n-1 {
		return l, &mat32.ParamError{Method: method, Param: "Neighbors", Value: l.Neighbors, Want: fmt.Sprintf("%s, and so %d ≤ Neighbors ≤ n−1 = %d", why, least, n-1)}
	}
	if l.Regularization == 0 {
		l.Regularization = 1e-3
	}
	if !(l.Regularization >= 1e-10 && l.Regularization <= 1) {
		return l, &mat32.ParamError{Method: method, Param: "Regularization", Value: l.Regularization, Want: "1e-10 ≤ Regularization ≤ 1"}
	}
	if l.MemoryLimit < 0 {
		return l, &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: l.MemoryLimit, Want: "0 or more bytes"}
	}
	return l, nil
}

// String returns the options in one line, as captions and tables show them.
func (l LLE) String() string {
	return fmt.Sprintf("%s, %d components, %d neighbours", l.Variant, l.Components, l.Neighbors)
}

// Fit finds the map of the rows of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check, Resolve and Graph.Check, *mat32.ShapeError below 3 rows,
// *mat32.DegenerateError where all rows are equal, the scale of the data is beyond
// float64, or rows are in parts and must not be, *mat32.MemoryError, and one that wraps
// ctx.Err().
func (l LLE) Fit(ctx context.Context, x mat.Matrix) (*LLEModel, error) {
	const method = "dr.LLE"
	fail := func(err error) (*LLEModel, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	k := int64(l.Neighbors)
	need := int64(n) * (24*(k+1)*(k+1) + 16*int64(d) + 8*12*int64(l.Components+4)*3)
	if err := mat32.CheckMemory(method, need, l.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	local, err := newLocality(ctx, method, x, l.Graph, l.Neighbors, l.MemoryLimit)
	if err != nil {
		return nil, err
	}
	rows := local.rows.rows
	notes := local.notes
	stage := watch.Start(ctx, "LLE", 3)
	p := newPatches(n, local.graph, l.Variant == StandardLLE || l.Variant == ModifiedLLE)
	if err := p.join(ctx, method, rows, l.Strict, l.MemoryLimit); err != nil {
		return nil, err
	}
	if p.note != "" {
		notes = append(notes, p.note)
	}
	f, err := newForms(ctx, p, rows, l.Variant, l.Components, l.Regularization)
	if err != nil {
		return fail(err)
	}
	if f.lacking > 0 {
		notes = append(notes, fmt.Sprintf("the neighbours of %d rows span fewer dimensions than the map has", f.lacking))
	}
	stage.Add(1)
	form, err := f.sum(ctx)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	z, values, more, err := bottom(ctx, method, form, l.Components, need, l.MemoryLimit)
	if err != nil {
		return fail(err)
	}
	if err := checkFits(method, z); err != nil {
		return nil, err
	}
	m := &LLEModel{options: l, values: values, unit: local.rows.unit}
	if m.rows, err = dense(ctx, x, 1/m.unit); err != nil {
		return fail(err)
	}
	m.options.Graph = nil
	m.embedding = &Embedding{Dense: z, Method: "LLE", Options: l.String(), Rows: n, Dim: d, Loss: "reconstruction error", Notes: append(notes, more...)}
	m.embedding.Objective = m.ReconstructionError()
	stage.Add(1)
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (l LLE) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
