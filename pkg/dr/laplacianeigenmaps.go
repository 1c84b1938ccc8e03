package dr

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// LaplacianEigenmaps, spectral embedding, finds the smoothest coordinates on a graph of
// neighbours: the first varies least between rows that are near, as Σ wᵢⱼ(zᵢ−zⱼ)² over
// their weights measures it, of all coordinates with Σ dᵢ·zᵢ² = 1 and Σ dᵢ·zᵢ = 0 for
// the degrees d, which are the sums of the weights of a row; the second varies least of
// those at right angles to it, and so on. They solve L·z = λ·D·z for the smallest
// eigenvalues λ but the first, 0, whose vector is constant.
//
// These are the conventions of scikit-learn's SpectralEmbedding with its weights
// "nearest_neighbors", where n_neighbors counts the row itself and is max(n/10, 1) by
// default: neither few nor near, of many rows. Here Neighbors is 15 by default.
//
// Where the weights leave the graph in components, these are joined by the shortest
// edges that do it (see neighbors.Join), which the notes tell; else a coordinate would
// only say which component a row is in. An edge that joins weighs what the kernel
// gives its distance, and at least 0.001. Where eigenvalues are equal, as for shapes with
// symmetries, coordinates are any basis of their space.
//
// The entry of largest magnitude of a coordinate is positive. Time that of the
// neighbours (see neighbors.Auto) and some dozens to hundreds of products of the weights
// with blocks of vectors; memory about 110·n·Neighbors + 220·n·(Components + 8) + 8·n·d
// bytes.
//
// Source: M. Belkin and P. Niyogi (2003), Laplacian eigenmaps for dimensionality
// reduction and data representation.
type LaplacianEigenmaps struct {
	// Components is the number of coordinates, at most n−1. Default 2, or 1 of two rows.
	Components int

	// Neighbors is the number of other rows that are near to a row. Larger values keep
	// a larger scale. Default 15, or n−1 where the data have fewer rows. Ignored where
	// Affinity is given.
	Neighbors int

	// Heat weighs neighbours by the heat kernel, exp(−distance²/Width). Default false:
	// simple weights, 1 whatever the distance. Ignored where Affinity is given.
	Heat bool

	// Width is that of the heat kernel, in squared units of the data: with larger values
	// distance matters less. Ignored without Heat. Default four times the ε of
	// affinity.Bandwidth.
	Width float64

	// Symmetrization says what simple weights two rows have of which only one has the
	// other among its nearest: affinity.Union, Mutual or Average. Ignored with Heat, which
	// takes the union. Default affinity.Average, as in scikit-learn.
	Symmetrization affinity.Symmetrization

	// Affinity, when given, are symmetric weights of the rows of x that are used instead:
	// those of any kernel of package affinity, or of your own. The model then maps no new
	// rows.
	Affinity *affinity.Sparse

	// Graph, when given, is a graph of the rows of x with Neighbors or more neighbours
	// that is used instead of a new one. Ignored where Affinity is given.
	Graph *neighbors.Graph

	// Strict refuses weights that leave the graph in components. Default false: they are
	// joined.
	Strict bool

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// checkSpectral fills in and checks what the options of spectral maps share.
func checkSpectral(method string, n, d int, components, neighbors *int, usual int, limit int64) error {
	if n < 2 {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	*components = cmp.Or(*components, min(2, n-1))
	*neighbors = cmp.Or(*neighbors, min(usual, n-1))
	if err := checkRange(method, "Components", *components, 1, n-1, "n−1"); err != nil {
		return err
	}
	if err := checkRange(method, "Neighbors", *neighbors, 1, n-1, "n−1"); err != nil {
		return err
	}
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "0 or more bytes"}
	}
	return nil
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError; the default of Width is filled in by Fit, from the distances.
func (l LaplacianEigenmaps) Resolve(n, d int) (LaplacianEigenmaps, error) {
	const method = "dr.LaplacianEigenmaps"
	if err := checkSpectral(method, n, d, &l.Components, &l.Neighbors, 15, l.MemoryLimit); err != nil {
		return l, err
	}
	l.Symmetrization = cmp.Or(l.Symmetrization, affinity.Average)
	all := []affinity.Symmetrization{affinity.Union, affinity.Mutual, affinity.Average}
	if !slices.Contains(all, l.Symmetrization) {
		return l, &mat32.ParamError{Method: method, Param: "Symmetrization", Value: string(l.Symmetrization), Want: fmt.Sprintf("one of %v", all)}
	}
	if !(l.Width >= 0 && l.Width <= math.MaxFloat64) {
		return l, &mat32.ParamError{Method: method, Param: "Width", Value: l.Width, Want: "0 or more, and finite"}
	}
	return l, nil
}

// String returns the options in one line, as captions and tables show them.
func (l LaplacianEigenmaps) String() string {
	s := fmt.Sprintf("%d components, ", l.Components)
	switch {
	case l.Affinity != nil:
		return s + "given weights"
	case l.Heat && l.Width > 0:
		return s + fmt.Sprintf("%d neighbours, heat kernel of width %.4g", l.Neighbors, l.Width)
	case l.Heat:
		return s + fmt.Sprintf("%d neighbours, heat kernel", l.Neighbors)
	}
	return s + fmt.Sprintf("%d neighbours, simple weights, %s", l.Neighbors, l.Symmetrization)
}

// spectralMemory is the forecast of a spectral map in bytes, beside the neighbours.
func spectralMemory(x mat.Matrix, neighbors, components int, given *affinity.Sparse) int64 {
	n, d := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		d = 0
	}
	weights := 110 * int64(n) * int64(neighbors)
	if given != nil {
		weights = 48 * int64(given.NNZ())
	}
	return weights + 220*int64(n)*int64(components+8) + 8*int64(n)*int64(d)
}

// Fit finds the map of the rows of x (n × d), or of rows at the distances that x holds.
// Errors: those of mat32.Check, Resolve, Graph.Check and affinity.Sparse.Check,
// *mat32.DegenerateError where all rows are equal, where components are met and not to
// be joined, and where distances exceed float64, *mat32.MemoryError, and one that
// wraps ctx.Err().
func (l LaplacianEigenmaps) Fit(ctx context.Context, x mat.Matrix) (*LaplacianEigenmapsModel, error) {
	const method = "dr.LaplacianEigenmaps"
	fail := func(err error) (*LaplacianEigenmapsModel, error) { return nil, failed(method, err) }
	n, d, err := checkData(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if l, err = l.Resolve(n, d); err != nil {
		return nil, err
	}
	if err := mat32.CheckMemory(method, spectralMemory(x, l.Neighbors, l.Components, l.Affinity), l.MemoryLimit, "use fewer rows or neighbours"); err != nil {
		return nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	s := l.Affinity
	switch {
	case s != nil:
		err = s.CheckContext(ctx, method, "Affinity", x)
	case l.Heat:
		s, err = affinity.Gaussian{Neighbors: l.Neighbors, Epsilon: l.Width / 4, Graph: l.Graph, MemoryLimit: l.MemoryLimit}.Weigh(ctx, x)
	default:
		s, err = affinity.Connectivity{Neighbors: l.Neighbors, Symmetrization: l.Symmetrization, Graph: l.Graph, MemoryLimit: l.MemoryLimit}.Weigh(ctx, x)
	}
	if err != nil {
		return fail(err)
	}
	m := new(LaplacianEigenmapsModel)
	m.method, m.neighbors, m.limit, m.repeats = method, l.Neighbors, l.MemoryLimit, true
	weigh := func(float64) float64 { return 1 }
	if l.Heat && l.Affinity == nil {
		l.Width = 2 * s.Scales[0] * s.Scales[0]
		m.width = l.Width
		weigh = gaussian(m.width)
	}
	if s, err = connected(ctx, method, x, s, l.Strict, l.MemoryLimit, weigh); err != nil {
		return nil, err
	}
	o, err := affinity.Laplacian{Normalization: affinity.RandomWalk}.Of(ctx, s)
	if err != nil {
		return fail(err)
	}
	pairs, err := o.Eigen(ctx, l.Components+1)
	if err != nil {
		return fail(err)
	}
	m.values = pairs.Values[1:]
	m.embedding = &Embedding{Dense: mat.DenseCopyOf(pairs.Vectors.Slice(0, n, 1, l.Components+1)), Method: "Laplacian eigenmaps", Options: l.String(),
		Rows: n, Dim: d, Loss: "sum of eigenvalues", Notes: slices.Concat(s.Notes, pairs.Notes)}
	m.gain = make([]float64, l.Components)
	for c, v := range m.values {
		m.embedding.Objective += v
		// Of a row among its neighbours, (1 − λ)·z is the mean of theirs.
		m.gain[c] = 1 / max(1-v, 0.5)
	}
	if err := checkFits(method, m.embedding.Dense); err != nil {
		return nil, err
	}
	if d > 0 && l.Affinity == nil {
		if m.rows, err = dense(ctx, x, 1); err != nil {
			return fail(err)
		}
	}
	return m, nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (l LaplacianEigenmaps) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := l.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}

// LaplacianEigenmapsModel is fitted by LaplacianEigenmaps. It keeps the rows it was
// fitted to, for new ones are compared with them: 8·n·d bytes.
//
// Its Transform gives a new row the mean of the coordinates of its nearest rows, as many
// as Neighbors, by their weights and over 1 − λ, or over ½ where that is more: what the
// equation of the eigenvectors says of the row. One that equals fitted rows gets the mean
// of their coordinates.
type LaplacianEigenmapsModel struct {
	spectralModel[LaplacianEigenmaps]
}

const eigenmapsKind = "dr.LaplacianEigenmapsModel"

func (LaplacianEigenmaps) kind() string { return eigenmapsKind }
