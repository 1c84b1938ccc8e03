package dr

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/pkg/affinity"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/neighbors"
	"github.com/flatland-go/flatland/pkg/watch"
)

// umapSide is how long every side of the start is.
const umapSide = 10

// place returns where the points of the rows of x begin, whose weights are s, row after
// row, and what is to be noted. A start that is given is taken as it is; every axis of
// others is stretched to the same length.
func (u UMAP) place(ctx context.Context, x mat.Matrix, s *affinity.Sparse) (y []float32, notes []string, err error) {
	if u.OutputSpace != nil && u.curved() != nil {
		return u.placeCurved(ctx, x, s)
	}
	const noise = 1e-4 // which separates points that begin at one place
	n, _ := x.Dims()
	if g, ok := u.Start.(given); ok {
		y = make([]float32, n*u.Components)
		for i := range n {
			for c := range u.Components {
				y[i*u.Components+c] = float32(g.Y.At(i, c))
			}
		}
		return y, nil, nil
	}
	var z *mat.Dense
	switch u.Start {
	case FromSpectral:
		z, notes, err = u.spectral(ctx, x, s)
	case FromPCA:
		z, notes, err = u.principal(ctx, x)
	default:
		z = u.scatter(n, "UMAP/start")
	}
	if err != nil {
		return nil, nil, err
	}
	most := largest(z.RawMatrix().Data)
	for i := range n {
		r := rng.New(u.Seed, "UMAP/noise", i)
		row := z.RawRowView(i)
		for c := range row {
			if most > 0 {
				row[c] *= umapSide / most
			}
			row[c] += noise * r.Normal()
		}
	}
	return stretched(z, umapSide), notes, nil
}

// stretched returns the rows of z, every column moved and stretched to [0, side].
func stretched(z *mat.Dense, side float64) []float32 {
	n, k := z.Dims()
	y := make([]float32, n*k)
	for c := range k {
		low, high := math.Inf(1), math.Inf(-1)
		for i := range n {
			v := z.At(i, c)
			low, high = min(low, v), max(high, v)
		}
		scale := side / max(high-low, math.SmallestNonzeroFloat64)
		for i := range n {
			y[i*k+c] = float32((z.At(i, c) - low) * scale)
		}
	}
	return y
}

// scatter returns points at random, evenly within 1 of the origin on every axis.
func (u UMAP) scatter(n int, purpose string) *mat.Dense {
	z := mat.NewDense(n, u.Components, nil)
	for i := range n {
		r := rng.New(u.Seed, purpose, i)
		for c := range u.Components {
			z.Set(i, c, 2*r.Float64()-1)
		}
	}
	return z
}

// principal returns the first principal components of the rows of x; axes beyond those
// that x has are left at 0.
func (u UMAP) principal(ctx context.Context, x mat.Matrix) (*mat.Dense, []string, error) {
	n, d := x.Dims()
	if _, ok := x.(*mat32.Distances); ok {
		return nil, nil, &mat32.ParamError{Method: "dr.UMAP", Param: "Start", Value: u.Start, Want: "FromSpectral, FromRandom or From(y): distances have no principal components"}
	}
	e, err := PCA{Components: min(u.Components, d, n-1), Seed: u.Seed, MemoryLimit: u.MemoryLimit}.Embed(ctx, x)
	if err != nil {
		return nil, nil, err
	}
	z := mat.NewDense(n, u.Components, nil)
	z.Copy(e.Dense)
	return z, nil, nil
}

// spectral returns the smoothest functions on the graph of the weights. Where that has
// several components, each is placed on its own, within half the way from its centre to
// the nearest other; one too small for functions is scattered there.
func (u UMAP) spectral(ctx context.Context, x mat.Matrix, s *affinity.Sparse) (*mat.Dense, []string, error) {
	n, _ := x.Dims()
	parts := s.Components()
	if parts.Count == 1 {
		if n <= max(u.Components+1, 2*u.Components-1) {
			return u.scatter(n, "UMAP/start"), nil, nil
		}
		return u.smoothest(ctx, s)
	}
	notes := []string{fmt.Sprintf("the weights have %v: how far these are apart means nothing", parts)}
	centers, err := u.centers(ctx, x, parts)
	if err != nil {
		return nil, nil, err
	}
	reach, err := u.reaches(ctx, centers)
	if err != nil {
		return nil, nil, err
	}
	members := make([][]int, parts.Count)
	place := make([]int32, n) // of every row in its component
	for i, c := range parts.Labels {
		place[i] = int32(len(members[c]))
		members[c] = append(members[c], i)
	}
	z := mat.NewDense(n, u.Components, nil)
	around := u.scatter(n, "UMAP/start")
	for c, rows := range members {
		var inside *mat.Dense
		if len(rows) >= 2*u.Components && len(rows) > u.Components+1 {
			within, err := restricted(s, rows, place)
			if err != nil {
				return nil, nil, err
			}
			var more []string
			if inside, more, err = u.smoothest(ctx, within); err != nil {
				return nil, nil, err
			}
			for _, note := range more {
				notes = append(notes, fmt.Sprintf("component %d: %s", c, note))
			}
			inside.Scale(1/max(largest(inside.RawMatrix().Data), math.SmallestNonzeroFloat64), inside)
		}
		for k, i := range rows {
			from := around.RawRowView(i)
			if inside != nil {
				from = inside.RawRowView(k)
			}
			row := z.RawRowView(i)
			for j, v := range from {
				row[j] = centers.At(c, j) + reach[c]*v
			}
		}
	}
	return z, notes, nil
}

// restricted returns the weights among some rows, of which place tells which each is of
// them; no weight leads to others.
func restricted(s *affinity.Sparse, rows []int, place []int32) (*affinity.Sparse, error) {
	start := make([]int, 1, len(rows)+1)
	var indices []int32
	var weights []float64
	for _, i := range rows {
		columns, values := s.Row(i)
		for _, j := range columns {
			indices = append(indices, place[j])
		}
		weights = append(weights, values...)
		start = append(start, len(indices))
	}
	return affinity.NewSparse(len(rows), start, indices, weights)
}

// centers returns where the components of the rows of x are placed: at ends of the axes
// where there are no more than these, else at the principal components, or by classical
// scaling, of the first row of each. No coordinate is larger than 1.
func (u UMAP) centers(ctx context.Context, x mat.Matrix, parts *neighbors.Components) (*mat.Dense, error) {
	z := mat.NewDense(parts.Count, u.Components, nil)
	if parts.Count <= 2*u.Components {
		axes := (parts.Count + 1) / 2
		for c := range parts.Count {
			z.Set(c, c%axes, 1-2*float64(c/axes))
		}
		return z, nil
	}
	first := make([]int, 0, parts.Count)
	for i, c := range parts.Labels {
		if c == len(first) {
			first = append(first, i)
		}
	}
	var e *Embedding
	var err error
	switch of := mat32.Select(x, first).(type) {
	case *mat32.Distances:
		e, err = LandmarkMDS{Components: u.Components, Seed: u.Seed, MemoryLimit: u.MemoryLimit}.Embed(ctx, of)
	default:
		_, d := of.Dims()
		e, err = PCA{Components: min(u.Components, d, parts.Count-1), Seed: u.Seed, MemoryLimit: u.MemoryLimit}.Embed(ctx, of)
	}
	var flat *mat32.DegenerateError
	switch {
	case err == nil && largest(e.Dense.RawMatrix().Data) > 0:
		z.Copy(e.Dense)
	case err == nil || errors.As(err, &flat): // nothing tells them apart
		z = u.scatter(parts.Count, "UMAP/centers")
	default:
		return nil, err
	}
	z.Scale(1/largest(z.RawMatrix().Data), z)
	return z, nil
}

// reaches returns half the distance of every centre from the nearest other one that is
// elsewhere.
func (u UMAP) reaches(ctx context.Context, centers *mat.Dense) ([]float64, error) {
	const least = 1e-3
	n, _ := centers.Dims()
	g, err := neighbors.Exact{Neighbors: min(n-1, 5), MemoryLimit: u.MemoryLimit}.Graph(ctx, centers)
	if err != nil {
		return nil, err
	}
	reach := make([]float64, n)
	for c := range reach {
		_, distances := g.Row(c)
		for _, d := range distances {
			if d > 0 {
				reach[c] = d / 2
				break
			}
		}
		reach[c] = max(reach[c], least)
	}
	return reach, nil
}

// The eigenvectors of a start need not be known well: a residual of umapResidual is what
// umap-learn asks for too, and after umapProducts products with blocks they are taken as
// they are.
const (
	umapResidual = 1e-4
	umapProducts = 400
)

// smoothest returns the eigenvectors of the smallest eigenvalues, but the first, of the
// symmetric Laplacian of weights that connect all rows.
func (u UMAP) smoothest(ctx context.Context, s *affinity.Sparse) (*mat.Dense, []string, error) {
	o, err := affinity.Laplacian{}.Of(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	n := o.Dim()
	known := mat.NewDense(n, 1, nil)
	for i, d := range o.Degrees() {
		known.Set(i, 0, math.Sqrt(d))
	}
	low, high := o.Bounds()
	solver := linalg.Extremal{Pairs: u.Components, Low: low, High: high, Tolerance: umapResidual / high, MaxProducts: umapProducts, DenseLimit: 1, Deflate: known, Seed: u.Seed,
		Progress: func(converged int, _ float64) {
			watch.Report(ctx, watch.Event{Stage: "UMAP: start", Done: converged, Total: u.Components, Loss: math.NaN()})
		}}
	found, err := solver.Solve(ctx, o)
	var slow *linalg.ConvergenceError
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case err == nil:
		return found.Vectors, nil, nil
	case errors.As(err, &slow) && found != nil && finite(found.Vectors.RawMatrix().Data):
		return found.Vectors, []string{fmt.Sprintf("the spectral start is known to a residual of %.1g alone", slow.Residual*high)}, nil
	}
	return u.scatter(n, "UMAP/start"), []string{"the start is random, for no spectral one was found: " + err.Error()}, nil
}
