package dr

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// LPP, locality preserving projections, is the linear map that keeps neighbours near
// each other: among directions of variance 1 the first coordinate has the smallest
// weighted sum of squared differences Σ wᵢⱼ(zᵢ−zⱼ)² over pairs of neighbours, the
// second the smallest of those uncorrelated with it, and so on. It is Laplacian
// eigenmaps restricted to linear maps, which new rows can be mapped by; where there
// are as many columns as rows, it gives their coordinates.
//
// Two rows are neighbours when either has the other among its nearest. A row weighs
// as much as its pairs together, in the variance and in the mean it is taken
// around, and Σ dᵢzᵢ² = 1 for these weights d. Principal components are taken first,
// and those without variance left out. The entry of largest magnitude of a component
// is positive.
//
// Time that of the neighbours (see neighbors.Auto), O(n·d·min(n, d)) +
// O(min(n, d)³), and O(n·Neighbors·d); memory about 8·(n·(2d + 2·min(n, d)) +
// 5·min(n, d)²) + 36·n·Neighbors bytes.
//
// Source: X. He and P. Niyogi (2003), Locality preserving projections.
type LPP struct {
	// Components is the number of coordinates, at most min(n−1, d). Default: all of
	// these.
	Components int

	// Neighbors is the number of other rows that are near to a row. Larger values
	// keep a larger scale. Default 15, or n−1 where the data have fewer rows.
	Neighbors int

	// Simple gives all pairs of neighbours the weight 1, whatever their distance.
	// Default false: the heat kernel, exp(−distance²/Width).
	Simple bool

	// Width is that of the heat kernel, in squared units of the data: with larger
	// values distance matters less. It is ignored with Simple. Default the mean
	// squared distance of neighbours.
	Width float64

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
// *mat32.ParamError; the default of Width is filled in by Fit, from the
// distances.
func (l LPP) Resolve(n, d int) (LPP, error) {
	const method = "dr.LPP"
	if err := checkLocality(method, n, d, &l.Components, &l.Neighbors, &l.Share, l.MemoryLimit); err != nil {
		return l, err
	}
	if !(l.Width >= 0 && l.Width <= math.MaxFloat64) {
		return l, &mat32.ParamError{Method: method, Param: "Width", Value: l.Width, Want: "0 or more, and finite"}
	}
	return l, nil
}

// String returns the options in one line, as captions and tables show them.
func (l LPP) String() string {
	s := fmt.Sprintf("%d components, %d neighbours", l.Components, l.Neighbors)
	switch {
	case l.Simple:
		s += ", simple weights"
	case l.Width > 0:
		s += fmt.Sprintf(", heat kernel of width %.4g", l.Width)
	}
	if l.Share < 1 {
		s += fmt.Sprintf(", %g %% of the variance", 100*l.Share)
	}
	return s
}

// Fit learns the map from x (n × d). Errors: those of mat32.CheckRows, mat32.Check,
// Resolve and Graph.Check, *mat32.ShapeError below 3 rows, *mat32.DegenerateError
// where all rows are equal or the scale of the data is beyond float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (l LPP) Fit(ctx context.Context, x mat.Matrix) (*LPPModel, error) {
	const method = "dr.LPP"
	fail := func(err error) (*LPPModel, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, localityMemory(n, d, l.Neighbors, l.Components), l.MemoryLimit, "reduce rows or columns"); err != nil {
		return nil, err
	}
	local, err := newLocality(ctx, method, x, l.Graph, l.Neighbors, l.MemoryLimit)
	if err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "LPP", 2)
	pairs, err := local.graph.Union()
	if err != nil {
		return fail(err)
	}
	weights, width := l.weigh(pairs)
	if !l.Simple {
		l.Width = width
	}
	degrees := make([]float64, n)
	for i := range n {
		for _, w := range weights[pairs.Start[i]:pairs.Start[i+1]] {
			degrees[i] += w
		}
	}
	if err := local.whiten(ctx, degrees, l.Share); err != nil {
		return fail(err)
	}
	stage.Add(1)
	_, r := local.z.Dims()
	z := local.z.RawMatrix()
	e := mat.NewDense(n, r, nil) // Laplacian · z
	err = overRows(ctx, n, func(i int) {
		indices, _ := pairs.Row(i)
		to := e.RawRowView(i)
		kernel.Gather64(-1, weights[pairs.Start[i]:pairs.Start[i+1]], indices, z.Data, z.Stride, 0, to)
		kernel.Axpy64(degrees[i], local.z.RawRowView(i), to)
	})
	if err != nil {
		return fail(err)
	}
	m := new(LPPModel)
	m.options = l
	if m.projection, m.values, err = local.solve(ctx, x, local.z, e, l.Components); err != nil {
		return nil, err
	}
	m.options.Graph = nil
	m.embedding.Method, m.embedding.Options = "LPP", l.String()
	stage.Add(1)
	return m, nil
}

// weigh returns the weights of pairs, and the width of the kernel, which stays 0 where
// all distances are, and where it is beyond float64.
func (l LPP) weigh(pairs *neighbors.Neighborhoods) (weights []float64, used float64) {
	weights = make([]float64, len(pairs.Distances))
	most := 0.
	for _, d := range pairs.Distances {
		most = max(most, d)
	}
	width := math.Sqrt(l.Width)
	if l.Width == 0 && most > 0 {
		mean := 0.
		for _, d := range pairs.Distances {
			mean += (d / most) * (d / most) / float64(len(weights)) // which stays in range
		}
		width = most * math.Sqrt(mean)
		// The root of a square is the number itself: refitted with it, the model is the same.
		if square := width * width; square >= 0x1p-1022 && square <= math.MaxFloat64 {
			l.Width = square
		}
	}
	for k, d := range pairs.Distances {
		if weights[k] = 1; !l.Simple && width > 0 {
			weights[k] = math.Exp(-(d / width) * (d / width))
		}
	}
	return weights, l.Width
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (l LPP) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// LPPModel is fitted by LPP. It keeps k components of d columns, not the rows it was
// fitted to.
type LPPModel struct{ localModel[LPP] }

const lppKind = "dr.LPPModel"

func (LPP) kind() string { return lppKind }
