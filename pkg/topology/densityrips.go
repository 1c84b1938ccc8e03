package topology

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// DensityRips is the bifiltration by scale and density: at a scale and a level it is the
// Vietoris-Rips complex of the rows whose codensity is at most that level. Few outliers
// inside a ring fill it in the filtration by scale alone; here they come late, and the ring
// is seen at the levels before them.
//
// The codensity of a row is its distance to the measure of the sample: the root of the mean
// square of the distances to its nearest others (F. Chazal, D. Cohen-Steiner and Q. Mérigot,
// 2011, Geometric inference for probability measures). It has the unit of the distances,
// and moves by at most 2ε where every row moves by at most ε, as lengths of edges do.
//
// At one level the complex is filtered by scale alone: the Hilbert function is known from
// the persistent homology at every level, exactly, at all scales.
//
// Sources: M. Lesnick and M. Wright (2015), Interactive visualization of 2-D persistence
// modules, for the bifiltration; D. Loiseaux, L. Scoccola, M. Carrière, M. Botnan and
// S. Oudot (2023), Stable vectorization of multiparameter persistent homology using signed
// barcodes as measures, for what Bifiltration makes of it; D. Loiseaux, M. Carrière and A.
// Blumberg (2023), A framework for fast and stable representations of multiparameter
// persistent homology decompositions, for LineSlices.
type DensityRips struct {
	// MaxDim is the largest dimension of homology, as that of Rips. Default 1; OnlyPieces
	// is 0.
	MaxDim int

	// Neighbors is the number of other rows that the codensity of a row rests on. Larger
	// values smooth it; clusters of outliers with no more rows than that are seen through.
	// Ignored where Codensity is given. Default 10, or n−1.
	Neighbors int

	// Codensity is that of every row, the least where rows are densest. Default nil: the
	// distance to the measure.
	Codensity []float64

	// Levels is how many there are, each with as many rows more than the one before. More of
	// them see finer, and cost as much again. Default 20, or n.
	Levels int

	// Slope is how many levels a line of Slice rises while the scale rises by 1. Smaller values
	// keep rows apart that differ little in density; larger ones weigh scale. Ignored by Compute.
	// Default 1.
	Slope float64

	// MaxScale is the largest scale that is looked at: classes alive there end there. Smaller
	// values cost far less. Default 0: all.
	MaxScale float64

	// MemoryLimit in bytes refuses data whose edges would not fit. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const densityRips = "topology.DensityRips"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError,
// *mat32.ShapeError or *mat32.NotFiniteError, for a matrix of n rows and d columns.
func (r DensityRips) Resolve(n, d int) (DensityRips, error) {
	if n < 2 {
		return r, fmt.Errorf("%s: %w", densityRips, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least 2 rows"})
	}
	if r.MaxDim == 0 {
		r.MaxDim = 1
	}
	if r.Neighbors == 0 {
		r.Neighbors = min(10, n-1)
	}
	if r.Levels == 0 {
		r.Levels = min(20, n)
	}
	r.Slope = cmp.Or(r.Slope, 1)
	fail := func(param string, value any, want string) (DensityRips, error) {
		return r, &mat32.ParamError{Method: densityRips, Param: param, Value: value, Want: want}
	}
	switch {
	case r.MaxDim < OnlyPieces || r.MaxDim > mostHomology:
		return fail("MaxDim", r.MaxDim, wantHomology)
	case r.Neighbors < 1 || r.Neighbors > n-1:
		return fail("Neighbors", r.Neighbors, fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1))
	case r.Levels < 1 || r.Levels > n:
		return fail("Levels", r.Levels, fmt.Sprintf("1 ≤ Levels ≤ n = %d", n))
	case !(r.Slope >= 1e-6 && r.Slope <= 1e6):
		return fail("Slope", r.Slope, "1e-6 ≤ Slope ≤ 1e6")
	case !(r.MaxScale >= 0 && r.MaxScale <= math.MaxFloat64):
		return fail("MaxScale", r.MaxScale, "a distance, or 0 for all")
	case r.MemoryLimit < 0:
		return fail("MemoryLimit", r.MemoryLimit, "0 or more bytes")
	case r.Codensity != nil && len(r.Codensity) != n:
		return r, fmt.Errorf("%s: %w", densityRips, &mat32.ShapeError{What: "Codensity", Rows: len(r.Codensity), Cols: 1, Want: fmt.Sprintf("one for each of %d rows", n)})
	}
	for i, v := range r.Codensity {
		if v-v != 0 {
			return r, fmt.Errorf("%s: Codensity: %w", densityRips, &mat32.NotFiniteError{Row: i, Value: v})
		}
	}
	return r, nil
}

// prepare checks x and returns the resolved options, with the codensity of the rows, and what
// measures them.
func (r DensityRips) prepare(ctx context.Context, x mat.Matrix) (DensityRips, *screen.Rows, error) {
	if err := mat32.CheckContext(ctx, x); err != nil {
		return r, nil, fmt.Errorf("%s: %w", densityRips, err)
	}
	n, d := x.Dims()
	r, err := r.Resolve(n, d)
	if err != nil {
		return r, nil, err
	}
	need := screen.Bytes(x) + 60*int64(n)*int64(n)*int64(min(r.Levels, runtime.GOMAXPROCS(0)))
	if err := mat32.CheckMemory(densityRips, need, r.MemoryLimit, "it holds all edges of every level at work: use fewer rows"); err != nil {
		return r, nil, err
	}
	rows, err := screen.New(ctx, x)
	if err != nil {
		return r, nil, fmt.Errorf("%s: %w", densityRips, err)
	}
	if !rows.Fit() {
		return r, nil, &mat32.DegenerateError{Method: densityRips, Reason: "distances exceed the largest float64: rescale the data"}
	}
	if r.Codensity != nil {
		r.Codensity = slices.Clone(r.Codensity)
		return r, rows, nil
	}
	r.Codensity = make([]float64, n)
	err = par.BlocksWith(ctx, n, 8, func() []float64 { return make([]float64, n) }, func(distances []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range distances {
				distances[j] = rows.Exact(i, j)
			}
			slices.Sort(distances)
			// In units of the farthest, whose square might not fit.
			near := distances[1 : r.Neighbors+1]
			unit := near[len(near)-1]
			if unit == 0 {
				continue
			}
			for _, v := range near {
				r.Codensity[i] += v / unit * (v / unit) / float64(len(near))
			}
			r.Codensity[i] = unit * math.Sqrt(r.Codensity[i])
		}
	})
	if err != nil {
		return r, nil, fmt.Errorf("%s: %w", densityRips, err)
	}
	return r, rows, nil
}

// Compute returns the persistent homology by scale of every level, for the rows of x (n × d)
// by Euclidean distance, or for those whose distances x holds. Time that of Rips for every
// level; memory 60·n² bytes for every level that is at work, one a core. Errors: those of
// mat32.Check and Resolve, *mat32.DegenerateError where distances exceed float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (r DensityRips) Compute(ctx context.Context, x mat.Matrix) (*Bifiltration, error) {
	r, rows, err := r.prepare(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := rows.Dims()
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(r.Codensity[i], r.Codensity[j]) })
	b := &Bifiltration{Codensity: r.Codensity, MaxScale: r.MaxScale, Rows: n}
	for k := range r.Levels {
		count := (n*(k+1) + r.Levels - 1) / r.Levels
		level := r.Codensity[order[count-1]]
		for count < n && r.Codensity[order[count]] == level {
			count++
		}
		if len(b.Counts) == 0 || count > b.Counts[len(b.Counts)-1] {
			b.Levels, b.Counts = append(b.Levels, level), append(b.Counts, count)
		}
	}
	if short := r.Levels - len(b.Levels); short > 0 {
		b.Notes = append(b.Notes, fmt.Sprintf("%d levels are left out: rows of the same codensity come together", short))
	}
	b.Diagrams = make([][]Diagram, len(b.Levels))
	stage := watch.Start(ctx, "density-Rips", len(b.Levels))
	inner := quiet{ctx}
	failed := make([]error, len(b.Levels))
	err = par.BlocksWith(ctx, len(b.Levels), 1, func() *[]float64 { return new([]float64) }, func(pairs *[]float64, k, _ int) {
		k = len(b.Levels) - 1 - k // the largest first
		within := order[:b.Counts[k]]
		*pairs = (*pairs)[:0]
		for p, i := range within {
			for _, j := range within[p+1:] {
				*pairs = append(*pairs, rows.Exact(i, j))
			}
		}
		if b.Diagrams[k], failed[k] = ripsOf(inner, len(within), *pairs, homology(r.MaxDim), r.MaxScale); failed[k] == nil && r.MaxScale > 0 {
			for h, d := range b.Diagrams[k] {
				b.Diagrams[k][h] = d.Clip(r.MaxScale)
			}
		}
		stage.Add(1)
	})
	if err = cmp.Or(err, cmp.Or(failed...)); err != nil {
		return nil, mat32.Rename(densityRips, err)
	}
	return b, nil
}

// Slice returns the persistent homology along parallel lines of the bifiltration: on the line
// of an offset the level at scale t is Slope·(t − offset), so that a row appears at its
// codensity over Slope and the offset, and an edge with the later of its length and its ends.
// A large negative offset is the filtration by scale alone; the larger it is the longer
// density keeps rows out.
//
// Offsets nil are 20, evenly spaced from where no row is kept out to where density alone
// counts. Errors: those of Compute, and *mat32.NotFiniteError for an offset that is not
// finite.
func (r DensityRips) Slice(ctx context.Context, x mat.Matrix, offsets []float64) (*LineSlices, error) {
	for i, v := range offsets {
		if v-v != 0 {
			return nil, fmt.Errorf("%s: offsets: %w", densityRips, &mat32.NotFiniteError{Row: i, Value: v})
		}
	}
	r, rows, err := r.prepare(ctx, x)
	if err != nil {
		return nil, err
	}
	n, _ := rows.Dims()
	if offsets = slices.Clone(offsets); offsets == nil {
		far := 0.
		for i := range n {
			if i%64 == 0 && ctx.Err() != nil {
				return nil, fmt.Errorf("%s: %w", densityRips, ctx.Err())
			}
			for j := range i {
				far = max(far, rows.Exact(i, j))
			}
		}
		from, to := -slices.Max(r.Codensity)/r.Slope, far-slices.Min(r.Codensity)/r.Slope
		const lines = 20
		for k := range lines {
			t := float64(k) / (lines - 1)
			offsets = append(offsets, (1-t)*from+t*to)
		}
	}
	s := &LineSlices{Offsets: offsets, Codensity: r.Codensity, Slope: r.Slope, MaxScale: r.MaxScale, Rows: n, Diagrams: make([][]Diagram, len(offsets))}
	stage := watch.Start(ctx, "lines", len(offsets))
	rips := Rips{MaxDim: r.MaxDim, Threshold: r.MaxScale, Births: make([]float64, n), MemoryLimit: r.MemoryLimit}
	for k, offset := range offsets {
		for i, c := range r.Codensity {
			rips.Births[i] = c/r.Slope + offset
		}
		p, err := rips.Compute(quiet{ctx}, x)
		if err != nil {
			return nil, mat32.Rename(densityRips, err)
		}
		s.Diagrams[k] = p.Diagrams
		stage.Add(1)
	}
	return s, nil
}
