package dr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// VectorDiffusionMaps places rows by how random walks carry directions from one to the
// other, and not only whether they get there: two rows are near when walks between them
// agree on how a tangent vector of one arrives at the other. It sees what functions on the
// data do not, such as whether the surface that they lie on has two sides.
//
// By PCA of its neighbours every row has a frame of Dim directions; frames of near rows
// are aligned by the orthogonal matrix O nearest to their products (Procrustes). The
// matrix S of blocks pᵢⱼ·Oᵢⱼ, for the steps p of the walk of DiffusionMaps, has eigenvalues λ
// and vector fields w. The coordinates of row i are (λₗ·λᵣ)ᵗ·⟨wₗ(i), wᵣ(i)⟩ for all pairs of
// the first Vectors fields, those of two different ones times √2, so that distances are
// vector diffusion distances; of these the map has the Components that vary most over
// the rows. They do not depend on how frames are turned. With Alpha 1, −log λ over Epsilon
// tend to the eigenvalues of the connection Laplacian.
//
// Components of the weights are joined as LaplacianEigenmaps does it. Fields have Σ
// πᵢ·‖w(i)‖² = 1 for the stationary distribution π of the walk. The entry of largest
// magnitude of a coordinate is positive. Time that of the neighbours (see neighbors.Auto),
// O(n·Neighbors²·(d + Neighbors)) for the frames, O(n·Neighbors·Dim²·(d + Dim)) to align
// them, and some dozens to hundreds of products of S with blocks of vectors; memory about
// n·Neighbors·(130 + 40·Dim²) + n·Dim·(16·d + 220·(Vectors + 8)) + 8·n·d bytes.
//
// Sources: A. Singer and H.-T. Wu (2012), Vector diffusion maps and the connection
// Laplacian; A. Singer and H.-T. Wu (2011), Orientability and diffusion maps, for
// Frustration.
type VectorDiffusionMaps struct {
	// Components is the number of coordinates, at most Vectors·(Vectors+1)/2. Default 2, or 1
	// where Vectors is 1.
	Components int

	// Vectors is the number of vector fields, at most n. Larger values are truer to
	// distances between near rows. Default 10, or n where the data have fewer rows.
	Vectors int

	// Dim is the number of directions of a frame: the dimension of what the rows lie on, at
	// most that of the data and Neighbors. Default the median over the rows of how many
	// directions hold nine tenths of the variance of their neighbours.
	Dim int

	// Neighbors is the number of other rows that a row gives weight to and has its frame
	// from. Larger values keep a larger scale. Default 30, or n−1 where the data have fewer
	// rows.
	Neighbors int

	// Epsilon is a quarter of the squared distance at which the weight is 1/e, in squared
	// units of the data. Default that of affinity.Bandwidth.
	Epsilon float64

	// Alpha is how far the density of the rows is taken out of the walk, up to 1; with the
	// constant Zero not at all. Default 1.
	Alpha float64

	// Time is the number t of steps, which need not be whole. Larger values show a larger
	// scale. With the constant Zero eigenvalues have no part in coordinates. Default 1.
	Time float64

	// Graph, when given, is a graph of the rows of x with Neighbors or more neighbours
	// that is used instead of a new one.
	Graph *neighbors.Graph

	// Strict refuses weights that leave the rows in components. Default false: they are
	// joined.
	Strict bool

	// MemoryLimit in bytes refuses data whose matrices would not fit. Default GOMEMLIMIT,
	// or 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in for n × d data, or a
// *mat32.ParamError; the defaults of Dim and Epsilon are filled in by Fit, from the rows.
func (v VectorDiffusionMaps) Resolve(n, d int) (VectorDiffusionMaps, error) {
	const method = "dr.VectorDiffusionMaps"
	if v.Vectors == 0 {
		v.Vectors = min(10, n)
	}
	one := 1 // coordinates are not as few as rows: they are checked below
	if err := checkSpectral(method, n, d, &one, &v.Neighbors, 30, v.MemoryLimit); err != nil {
		return v, err
	}
	if err := checkRange(method, "Vectors", v.Vectors, 1, n, "n"); err != nil {
		return v, err
	}
	pairs := v.Vectors * (v.Vectors + 1) / 2
	v.Components = cmp.Or(v.Components, min(2, pairs))
	if err := checkRange(method, "Components", v.Components, 1, pairs, "Vectors·(Vectors+1)/2"); err != nil {
		return v, err
	}
	if err := checkRange(method, "Dim", v.Dim, 0, min(d, v.Neighbors), "min(d, Neighbors)"); err != nil {
		return v, err
	}
	walk, err := DiffusionMaps{Epsilon: v.Epsilon, Alpha: v.Alpha, Time: v.Time}.Resolve(n, d)
	v.Epsilon, v.Alpha, v.Time = walk.Epsilon, walk.Alpha, walk.Time
	return v, mat32.Rename(method, err)
}

// String returns the options in one line, as captions and tables show them.
func (v VectorDiffusionMaps) String() string {
	s := fmt.Sprintf("%d components of %d vector fields", v.Components, v.Vectors)
	if v.Dim > 0 {
		s += fmt.Sprintf(" in %d dimensions", v.Dim)
	}
	s += fmt.Sprintf(", %d neighbours", v.Neighbors)
	if v.Epsilon > 0 {
		s += fmt.Sprintf(", ε = %.4g", v.Epsilon)
	}
	return s + fmt.Sprintf(", α = %.3g, time %.4g", v.Alpha, v.Time)
}

// memory is the forecast in bytes for n × d data, beside the neighbours.
func (v VectorDiffusionMaps) memory(n, d int) int64 {
	dim := int64(max(v.Dim, 1))
	return int64(n)*int64(v.Neighbors)*(130+40*dim*dim) + int64(n)*dim*(16*int64(d)+220*int64(v.Vectors+8)) + 8*int64(n)*int64(d)
}

// Fit finds the map of the rows of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check, Resolve, Graph.Check and affinity.Bandwidth, *mat32.DegenerateError where
// all rows are equal, where components are met and not to be joined, and where distances
// exceed float64, *mat32.MemoryError, and one that wraps ctx.Err().
func (v VectorDiffusionMaps) Fit(ctx context.Context, x mat.Matrix) (*VectorDiffusionMapsModel, error) {
	const method = "dr.VectorDiffusionMaps"
	const share = 0.9 // of the variance of neighbours, for Dim
	fail := func(err error) (*VectorDiffusionMapsModel, error) { return nil, failed(method, err) }
	n, d, err := checkRows(ctx, method, x, 1)
	if err != nil {
		return nil, err
	}
	if v, err = v.Resolve(n, d); err != nil {
		return nil, err
	}
	fits := func() error {
		return mat32.CheckMemory(method, v.memory(n, d), v.MemoryLimit, "use fewer rows, neighbours or dimensions")
	}
	if err := fits(); err != nil {
		return nil, err
	}
	if err := checkVaries(ctx, method, x); err != nil {
		return nil, err
	}
	stage := watch.Start(ctx, "vector diffusion", 4)
	g := v.Graph
	if g == nil {
		g, err = neighbors.Auto{Neighbors: v.Neighbors, MemoryLimit: v.MemoryLimit}.Graph(ctx, x)
	} else {
		err = g.CheckContext(ctx, method, x, v.Neighbors)
	}
	if err != nil {
		return fail(err)
	}
	s, err := affinity.Gaussian{Neighbors: v.Neighbors, Epsilon: v.Epsilon, Graph: g, MemoryLimit: v.MemoryLimit}.Weigh(ctx, x)
	if err != nil {
		return fail(err)
	}
	width := 2 * s.Scales[0] * s.Scales[0]
	v.Epsilon = width / 4
	if s, err = connected(ctx, method, x, s, v.Strict, v.MemoryLimit, gaussian(width)); err != nil {
		return nil, err
	}
	o, err := affinity.Diffusion{Alpha: v.Alpha}.Of(ctx, s)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	rows, err := dense(ctx, x, 1)
	if err != nil {
		return fail(err)
	}
	all, err := g.Neighborhoods()
	if err != nil {
		return fail(err)
	}
	near, err := all.Nearest(v.Neighbors)
	if err != nil {
		return fail(err)
	}
	notes := slices.Clone(s.Notes)
	if v.Dim == 0 {
		if v.Dim, err = dimensionOf(ctx, rows, near, share); err != nil {
			return fail(err)
		}
		if err := fits(); err != nil {
			return nil, err
		}
		notes = append(notes, fmt.Sprintf("%d directions hold %g %% of the variance of neighbours, for the median row", v.Dim, 100*share))
	}
	t, err := newTangents(ctx, rows, near, v.Dim)
	if err != nil {
		return fail(err)
	}
	if t.lacking > 0 {
		notes = append(notes, fmt.Sprintf("the neighbours of %d rows span less than %d dimensions: axes of the data complete their frames", t.lacking, v.Dim))
	}
	stage.Add(1)
	a, err := align(ctx, o, t)
	if err != nil {
		return fail(err)
	}
	fields, more, err := leadingFields(ctx, method, a.vectors, v.Vectors)
	if err != nil {
		return fail(err)
	}
	stage.Add(1)
	mirrored, evenMore, err := leadingFields(ctx, method, a.signs, 1)
	if err != nil {
		return fail(err)
	}
	plain, err := o.Eigen(ctx, min(2, n))
	if err != nil {
		return fail(err)
	}
	notes = slices.Concat(notes, more, evenMore, plain.Notes)
	m := &VectorDiffusionMapsModel{time: v.Time, values: fields.Values, frames: mat.NewDense(n*v.Dim, d, t.frames), fields: fields.Vectors, sides: make([]int, n)}
	m.frustration = max(0, 1-mirrored.Values[0]) / max(1-plain.Values[len(plain.Values)-1], 1e-12)
	for i := range m.sides {
		m.sides[i] = 1
		if mirrored.Vectors.At(i, 0) < 0 {
			m.sides[i] = -1
		}
	}
	for i, p := range o.Stationary() {
		for c := range v.Dim {
			kernel.Scal64(1/math.Sqrt(p), m.fields.RawRowView(i*v.Dim+c))
		}
	}
	if !finite(m.fields.RawMatrix().Data) {
		return nil, &mat32.DegenerateError{Method: method, Reason: "rows are so far from others that walks never come by"}
	}
	z, err := m.coordinates(ctx, v.Components)
	if err != nil {
		return fail(err)
	}
	m.embedding = &Embedding{Dense: z, Method: "vector diffusion maps", Options: v.String(), Rows: n, Dim: d, Objective: math.NaN(), Notes: notes}
	stage.Add(1)
	return m, checkFits(method, z)
}

// leadingFields finds the eigenvectors of the largest eigenvalues of a, which are between
// −1 and 1. Where hardly anything tells them from others, a small residual is let be, and
// a note says so.
func leadingFields(ctx context.Context, method string, a *linalg.CSR, count int) (*linalg.Eigenpairs, []string, error) {
	const enough = 1e-5
	found, err := linalg.Extremal{Pairs: count, Largest: true, Low: -1, High: 1, MaxProducts: 1500}.Solve(ctx, a)
	var slow *linalg.ConvergenceError
	switch {
	case !errors.As(err, &slow):
		if err != nil {
			return nil, nil, err
		}
		return found, found.Notes, nil
	case found == nil || !(slow.Residual <= enough):
		return nil, nil, &mat32.DegenerateError{Method: method, Reason: err.Error()}
	}
	return found, append(found.Notes, fmt.Sprintf("vector fields are known to a residual of %.1g alone: others have nearly their eigenvalues", slow.Residual)), nil
}

// Embed returns the map of the rows of x: Fit(ctx, x) and its embedding.
func (v VectorDiffusionMaps) Embed(ctx context.Context, x mat.Matrix) (*Embedding, error) {
	m, err := v.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	return m.embedding, nil
}
