package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

const procrustes = "quality.LocalProcrustes"

// LocalProcrustes says how well an embedding keeps the shape of small regions: of every
// row and its nearest in the data, the share of their sum of squares about their mean
// that is left when the same rows of the embedding are moved, turned and mirrored to fit
// best; the mean over all rows (Goldberg and Ritov, 2009, Local procrustes for manifold
// embedding: a measure of embedding quality and embedding algorithms). It is 0 for an
// isometry of every region. Unlike measures of neighbours, it sees regions stretched.
//
// Regions all of whose rows are equal in the data have no shape. They are left out, a note
// says how many, and PerRow is NaN there.
//
// It costs a search of neighbours, O(n²·d), and O(n·Neighbors·d·q) for q columns of the
// embedding, with 8·n·(d + q) bytes.
type LocalProcrustes struct {
	// Neighbors is how many of the nearest rows make a region with each row. Default 20,
	// or n−1 where the data have fewer rows. Larger values ask for the shape of larger
	// regions. 1 to n−1.
	Neighbors int

	// Scaled also lets every region have a scale of its own: what is left is at most all,
	// and 0 for a conformal map. By default the scale must be that of the data.
	Scaled bool

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (p LocalProcrustes) Resolve(n, d int) (LocalProcrustes, error) {
	k, err := resolveNeighbors(procrustes, n, d, 2, 20, p.Neighbors, p.MemoryLimit)
	p.Neighbors = k
	return p, err
}

// Compare returns the measure for the data x (n × d) and the embedding y (n × q). Errors:
// those of mat32.CheckRows, mat32.Check and Resolve, naming x or y; *mat32.ShapeError when
// y has another number of rows; *mat32.MemoryError; *mat32.DegenerateError when all rows of
// x or of y are equal, no region has a shape, or, unless Scaled, the values of y are so much
// larger that the measure exceeds float64; and one that wraps ctx.Err().
func (p LocalProcrustes) Compare(ctx context.Context, x, y mat.Matrix) (measure.Score, error) {
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	for _, m := range []mat.Matrix{x, y} {
		if err := mat32.CheckRows(procrustes, m); err != nil {
			return fail(err)
		}
	}
	n, d, err := checkBoth(ctx, procrustes, x, y)
	if err != nil {
		return fail(err)
	}
	if p, err = p.Resolve(n, d); err != nil {
		return fail(err)
	}
	_, q := y.Dims()
	if err := mat32.CheckMemory(procrustes, 8*int64(n)*int64(d+q+2*p.Neighbors), p.MemoryLimit, "give fewer rows"); err != nil {
		return fail(err)
	}
	g, err := neighbors.Exact{Neighbors: p.Neighbors, MemoryLimit: p.MemoryLimit}.Graph(ctx, x)
	if err != nil {
		return fail(limitOnly(procrustes, err))
	}
	a, unitX, err := subspace.Centered(ctx, x)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", procrustes, err))
	}
	if unitX == 0 {
		return fail(&mat32.DegenerateError{Method: procrustes, Reason: "all rows of x are equal: no region has a shape"})
	}
	b, unitY, err := subspace.Centered(ctx, y)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", procrustes, err))
	}
	if unitY == 0 {
		return fail(&mat32.DegenerateError{Method: procrustes, Reason: "all rows of y are equal: there is nothing to fit"})
	}
	scale := 1. // of b in the unit of a
	if !p.Scaled {
		if scale = unitY / unitX; scale > 1e150 {
			return fail(&mat32.DegenerateError{Method: procrustes, Reason: "the values of y are beyond 10¹⁵⁰ times those of x: rescale one of them"})
		}
	}
	s := measure.Score{Name: "local Procrustes", Neighbors: p.Neighbors, PerRow: make([]float64, n),
		Convention: "mean share of squares left by the best rigid motion of each region; a distance, 0 is same"}
	if p.Scaled {
		s.Convention = "mean share of squares left by the best motion and scale of each region; a distance, 0 is same"
	}
	errs := make([]error, n)
	type regions struct{ a, b *mat.Dense }
	k := p.Neighbors + 1
	room := func() *regions { return &regions{mat.NewDense(k, d, nil), mat.NewDense(k, q, nil)} }
	err = par.BlocksWith(ctx, n, 4, room, func(r *regions, lo, hi int) {
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			near, _ := g.Row(i)
			for m, from := range []*mat.Dense{a, b} {
				to := []*mat.Dense{r.a, r.b}[m]
				to.SetRow(0, from.RawRowView(i))
				for l, j := range near {
					to.SetRow(l+1, from.RawRowView(int(j)))
				}
				center(to)
			}
			s.PerRow[i], errs[i] = misfit(ctx, r.b, r.a, scale, p.Scaled)
		}
	})
	if err != nil {
		return fail(fmt.Errorf("%s: %w", procrustes, err))
	}
	for i, v := range s.PerRow {
		if errs[i] != nil {
			return fail(fmt.Errorf("%s: row %d: %w", procrustes, i, errs[i]))
		}
		if v == v {
			s.Value += v
			s.Rows++
		}
	}
	if s.Rows == 0 {
		return fail(&mat32.DegenerateError{Method: procrustes, Reason: fmt.Sprintf("every row has %d duplicates: no region has a shape", p.Neighbors)})
	}
	s.Value /= float64(s.Rows)
	if s.Rows < n {
		s.Notes = []string{fmt.Sprintf("%d rows with %d duplicates were left out", n-s.Rows, p.Neighbors)}
	}
	return s, nil
}

// misfit returns the share of the squares of a that the best fit of b leaves, NaN where a
// has none.
func misfit(ctx context.Context, b, a *mat.Dense, scale float64, scaled bool) (float64, error) {
	all, own := subspace.Norm(a), subspace.Norm(b)
	switch {
	case all <= 1e-14: // of values up to 8: rounding
		return math.NaN(), nil
	case own == 0:
		return 1, nil
	case scaled:
		scale = all / own // for the fit to be in one unit
	}
	b.Scale(scale, b)
	fit, err := subspace.Procrustes{Scaled: scaled}.Align(ctx, b, a)
	if err != nil {
		return 0, err
	}
	return fit.Residual / all * (fit.Residual / all), nil
}

// center moves the rows of m to their mean.
func center(m *mat.Dense) {
	n, d := m.Dims()
	for j := range d {
		mean := 0.
		for i := range n {
			mean += (m.At(i, j) - m.At(0, j)) / float64(n)
		}
		first := m.At(0, j)
		for i := range n {
			m.Set(i, j, m.At(i, j)-first-mean)
		}
	}
}
