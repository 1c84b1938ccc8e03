package cluster

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/kmeans"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// KMeans parts rows by their nearest centre, such that the sum of squared distances to it, the
// inertia, is small. Centres begin at rows that are drawn far apart (D. Arthur and S.
// Vassilvitskii, 2007, k-means++: the advantages of careful seeding) and move to the means of
// their rows in turn (S. Lloyd, 1982, Least squares quantization in PCM). The best of several
// starts is taken.
//
// Clusters come out round and of like extent. A centre that loses all rows begins anew at the
// row farthest from its own. Rows that are equal to each other share a cluster; where fewer rows
// than Clusters differ, so many clusters are found, and Notes say so.
//
// Iterations work on float32 rows less their mean; labels and inertia are those of the centres
// in float64. Time O(Restarts·Iterations·n·d·Clusters), or less by Batch
// and where rows keep far from all centres but one, memory 16·n·d + 60·n bytes.
type KMeans struct {
	// Clusters is how many there are. Larger values part finer. Default 8, or n where that is
	// less.
	Clusters int

	// Restarts is the number of starts, of which the one with the least inertia is kept. Larger
	// values miss the best parting less often. Default 10. It is ignored with Start.
	Restarts int

	// Iterations is the most that a start makes. Default 300, or 100 passes with Batch.
	Iterations int

	// Tolerance ends iterations when centres move by less, squared and summed, relative to the
	// mean variance of a column. Larger values end sooner. Default 1e-4.
	Tolerance float64

	// Batch is the number of rows that an iteration draws (D. Sculley, 2010, Web-scale k-means
	// clustering). Smaller values are faster, and less exact. Default all rows.
	Batch int

	// Start holds the centres to begin at, one a row. Default nil: they are drawn.
	Start *mat.Dense

	// Seed draws the starts.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const kmeansMethod = "cluster.KMeans"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, for a matrix of
// n rows and d columns.
func (k KMeans) Resolve(n, d int) (KMeans, error) {
	if !(k.Tolerance >= 0) || math.IsInf(k.Tolerance, 0) {
		return k, &mat32.ParamError{Method: kmeansMethod, Param: "Tolerance", Value: k.Tolerance, Want: "a finite number above 0, or 0 for 1e-4"}
	}
	if k.Tolerance == 0 {
		k.Tolerance = 1e-4
	}
	standard := min(8, n)
	if k.Start != nil {
		rows, cols := k.Start.Dims()
		if rows == 0 || cols != d || k.Clusters != 0 && k.Clusters != rows {
			return k, &mat32.ParamError{Method: kmeansMethod, Param: "Start", Value: fmt.Sprintf("%d × %d", rows, cols), Want: fmt.Sprintf("a centre of %d columns for each of Clusters", d)}
		}
		standard = rows
	}
	if err := some(kmeansMethod, "Clusters", &k.Clusters, standard, 1, n, fmt.Sprintf("n = %d", n)); err != nil {
		return k, err
	}
	if err := some(kmeansMethod, "Restarts", &k.Restarts, 10, 1, most, "2²⁰"); err != nil {
		return k, err
	}
	if err := some(kmeansMethod, "Batch", &k.Batch, n, 1, math.MaxInt32, "2³¹−1"); err != nil {
		return k, err
	}
	k.Batch = min(k.Batch, n)
	passes := 300
	if k.Batch < n {
		passes = int(min(100*int64(n)/int64(k.Batch), most))
	}
	if err := some(kmeansMethod, "Iterations", &k.Iterations, passes, 1, most, "2²⁰"); err != nil {
		return k, err
	}
	return k, limited(kmeansMethod, k.MemoryLimit)
}

// Fit returns the clusters of the rows of x (n × d). Errors: those of mat32.CheckRows,
// mat32.Check and Resolve, *mat32.DegenerateError where the inertia is beyond float64,
// *mat32.MemoryError, and one that wraps ctx.Err().
func (k KMeans) Fit(ctx context.Context, x mat.Matrix) (*KMeansModel, error) {
	if err := mat32.CheckRows(kmeansMethod, x); err != nil {
		return nil, err
	}
	n, d, err := checked(ctx, kmeansMethod, x, 1)
	if err != nil {
		return nil, err
	}
	if k, err = k.Resolve(n, d); err != nil {
		return nil, err
	}
	if k.Start != nil {
		if err := mat32.Check(k.Start); err != nil {
			return nil, fmt.Errorf("%s: Start: %w", kmeansMethod, err)
		}
	}
	need := 16*int64(n)*int64(d) + 60*int64(n) + 40*int64(k.Clusters)*int64(d+256)
	if err := mat32.CheckMemory(kmeansMethod, need, k.MemoryLimit, "use fewer rows or columns"); err != nil {
		return nil, err
	}
	s, err := newScaled(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kmeansMethod, err)
	}
	best, err := s.kmeans(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kmeansMethod, err)
	}
	m := &KMeansModel{Iterations: best.Iterations, Labels: make([]int, n)}
	centers := make([]float64, len(best.Centers.Data))
	for i, v := range best.Centers.Data {
		centers[i] = float64(v)
	}
	inertia, err := s.nearest(ctx, m.Labels, centers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kmeansMethod, err)
	}
	if m.Inertia = math.Ldexp(inertia, 2*s.exponent); math.IsInf(m.Inertia, 0) {
		return nil, &mat32.DegenerateError{Method: kmeansMethod, Reason: "the inertia exceeds the largest float64: rescale the data"}
	}
	sizes, old := numbered(m.Labels)
	m.Sizes, m.centers = sizes, mat.NewDense(len(old), d, nil)
	for to, from := range old {
		s.out(m.centers.RawRowView(to), centers[from*d:(from+1)*d])
	}
	if len(sizes) < k.Clusters {
		m.Notes = append(m.Notes, fmt.Sprintf("%d clusters of %d: the rows are no more apart", len(sizes), k.Clusters))
	}
	return m, nil
}

// kmeans returns the best clusters of several starts.
func (s *scaled) kmeans(ctx context.Context, k KMeans) (best *kmeans.Clusters, err error) {
	rows := blas32.General{Rows: s.n, Cols: s.d, Stride: s.d, Data: make([]float32, s.n*s.d)}
	for i, v := range s.rows {
		rows.Data[i] = float32(v)
	}
	inner := kmeans.KMeans{Clusters: k.Clusters, Iterations: k.Iterations, Tolerance: k.Tolerance}
	if k.Batch < s.n {
		inner.Batch = k.Batch
	}
	if k.Start != nil {
		k.Restarts = 1
		inner.Start = blas32.General{Rows: k.Clusters, Cols: s.d, Stride: s.d, Data: make([]float32, k.Clusters*s.d)}
		at := make([]float64, s.d)
		for c := range k.Clusters {
			s.in(at, k.Start.RawRowView(c))
			for j, v := range at {
				inner.Start.Data[c*s.d+j] = float32(max(-math.MaxFloat32, min(math.MaxFloat32, v)))
			}
		}
	}
	stage := watch.Start(ctx, "k-means: starts", k.Restarts)
	for run := range k.Restarts {
		inner.Seed = k.Seed + uint64(run)*0x9e3779b97f4a7c15
		c, err := inner.Fit(ctx, rows)
		if err != nil {
			return nil, err
		}
		if best == nil || c.Inertia < best.Inertia {
			best = c
		}
		stage.Add(1)
	}
	return best, nil
}

// nearest labels every row by its nearest centre, the first of equal ones, and returns the sum
// of squared distances.
func (s *scaled) nearest(ctx context.Context, labels []int, centers []float64) (float64, error) {
	return par.Sum(ctx, s.n, 64, func(lo, hi int) (sum float64) {
		for i := lo; i < hi; i++ {
			least := math.Inf(1)
			for c := 0; c*s.d < len(centers); c++ {
				if v := kernel.SquaredDistance64(s.row(i), centers[c*s.d:(c+1)*s.d]); v < least {
					least, labels[i] = v, c
				}
			}
			sum += least
		}
		return sum
	})
}
