package dr

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// NPE, neighbourhood preserving embedding (in American, neighborhood preserving
// embedding), is the linear map in which rows are the same combinations of their
// neighbours as in the data: the weights that reconstruct a row best from its
// nearest neighbours, and sum to 1, are found first, and among directions of
// variance 1 the first coordinate has the smallest sum of squared errors of these
// reconstructions, the second the smallest of those uncorrelated with it, and so on.
// It is locally linear embedding restricted to linear maps, which new rows can be
// mapped by; where there are as many columns as rows, it gives its coordinates.
//
// Coordinates have mean 0 and Σ zᵢ² = 1. Principal components are taken first, and
// those without variance left out. The entry of largest magnitude of a component is
// positive.
//
// Time that of the neighbours (see neighbors.Auto), O(n·d·min(n, d)) +
// O(min(n, d)³), and O(n·Neighbors²·(d + Neighbors)); memory about
// 8·(n·(2d + 2·min(n, d)) + 5·min(n, d)²) + 36·n·Neighbors bytes.
//
// Sources: X. He, D. Cai, S. Yan and H.-J. Zhang (2005), Neighborhood preserving
// embedding; S. Roweis and L. Saul (2000), Nonlinear dimensionality reduction by
// locally linear embedding.
type NPE struct {
	// Components is the number of coordinates, at most min(n−1, d). Default: all of
	// these.
	Components int

	// Neighbors is the number of other rows that a row is reconstructed from.
	// Larger values keep a larger scale. Default 15, or n−1 where the data have
	// fewer rows.
	Neighbors int

	// Regularization is the share of the squared distances of its neighbours that
	// keeps the weights of a row small where more than one choice reconstructs it.
	// Larger values make weights more alike. Default 1e-3, as in scikit-learn.
	Regularization float64

	// Share is the share of the variance that the principal components hold which
	// are taken first, in (0, 1]. Below 1 noise is left out, which matters where
	// there are as many columns as rows; columns should then be in like units.
	// Default 1: all components.
	Share float64

	// Graph, when given, is a graph of the rows of x with Neighbors or more
	// neighbours that is used instead of a new one.
	Graph *neighbors.Graph

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default
	// GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError.
func (p NPE) Resolve(n, d int) (NPE, error) {
	const method = "dr.NPE"
	if p.Regularization == 0 {
		p.Regularization = 1e-3
	}
	if err := checkLocality(method, n, d, &p.Components, &p.Neighbors, &p.Share, p.MemoryLimit); err != nil {
		return p, err
	}
	if !(p.Regularization >= 1e-10 && p.Regularization <= 1) {
		return p, &mat32.ParamError{Method: method, Param: "Regularization", Value: p.Regularization, Want: "1e-10 ≤ Regularization ≤ 1"}
	}
	return p, nil
}

// String returns the options in one line, as captions and tables show them.
func (p NPE) String() string {
	s := fmt.Sprintf("%d components, %d neighbours", p.Components, p.Neighbors)
	if p.Share < 1 {
		s += fmt.Sprintf(", %g %% of the variance", 100*p.Share)
	}
	return s
}

// Fit learns the map from x (n × d). Errors: those of mat32.CheckRows, mat32.Check,
// Resolve and Graph.Check, *mat32.ShapeError below 3 rows, *mat32.DegenerateError
// where all rows are equal or the scale of the data is beyond float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (p NPE) Fit(ctx context.Context, x mat.Matrix) (*NPEModel, error) {
	const method = "dr.NPE"
	fail := func(err error) (*NPEModel, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, localityMemory(n, d, p.Neighbors, p.Components), p.MemoryLimit, "reduce rows or columns"); err != nil {
		return nil, err
	}
	local, err := newLocality(ctx, method, x, p.Graph, p.Neighbors, p.MemoryLimit)
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "NPE", 3)
	weights, err := reconstruction(ctx, local.rows.rows, local.graph, p.Regularization)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	if err := local.whiten(ctx, nil, p.Share); err != nil {
		return fail(err)
	}
	stage.Add(1)
	_, r := local.z.Dims()
	z := local.z.RawMatrix()
	e := mat.NewDense(n, r, nil) // what reconstructions are wrong by
	err = overRows(ctx, n, func(i int) {
		indices, _ := local.graph.Row(i)
		to := e.RawRowView(i)
		kernel.Gather64(-1, weights[i*p.Neighbors:(i+1)*p.Neighbors], indices, z.Data, z.Stride, 0, to)
		kernel.Axpy64(1, local.z.RawRowView(i), to)
	})
	if err != nil {
		return fail(err)
	}
	m := new(NPEModel)
	m.options = p
	if m.projection, m.values, err = local.solve(ctx, x, e, e, p.Components); err != nil {
		return nil, err
	}
	m.options.Graph = nil
	m.embedding.Method, m.embedding.Options = "NPE", p.String()
	stage.Add(1)
	return m, nil
}

// reconstruction returns the weights by which every row is nearest to the
// combination of its neighbours; those of a row sum to 1.
func reconstruction(ctx context.Context, x *mat.Dense, g *neighbors.Graph, share float64) ([]float64, error) {
	n, _ := x.Dims()
	k := g.K
	weights := make([]float64, n*k)
	return weights, par.BlocksWith(ctx, n, 16, func() *barycenter { return new(barycenter) }, func(s *barycenter, lo, hi int) {
		for i := lo; i < hi; i++ {
			indices, _ := g.Row(i)
			s.weigh(weights[i*k:(i+1)*k], x, x.RawRowView(i), indices, share)
		}
	})
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (p NPE) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := p.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// NPEModel is fitted by NPE. It keeps k components of d columns, not the rows it was
// fitted to.
type NPEModel struct{ localModel[NPE] }

const npeKind = "dr.NPEModel"

func (NPE) kind() string { return npeKind }
