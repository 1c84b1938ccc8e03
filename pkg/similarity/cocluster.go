package similarity

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kmeans"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// CoCluster cuts the units (columns) of two representations into clusters of both, such
// that units depend on those of their own: where no unit has one partner, small groups of
// units may still span the same. The dependences of all pairs, without their signs, are the
// weights of a graph between the units of x and those of y; its spectral cut is found by
// the singular vectors of the weights, normalised, and k-means.
//
// Cluster takes x of n × p and y of n × q, at least 2 rows, and 2·n·p·q +
// O(p·q·min(p, q)) operations; memory 16·n·(p + q) + 48·p·q bytes. Errors are those of
// MatchUnits.
//
// Sources: I. Dhillon (2001), Co-clustering documents and words using bipartite spectral
// graph partitioning; of units, Y. Li, J. Yosinski, J. Clune, H. Lipson and J. Hopcroft
// (2016), Convergent learning: do different neural networks learn the same
// representations?
type CoCluster struct {
	// Clusters is how many there are, of the units of x and of y together, at most
	// min(p, q). Default 4, or min(p, q) where that is less. Larger ones part finer
	// groups.
	Clusters int

	// Seed draws the first centres of k-means.
	Seed uint64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB.
	MemoryLimit int64
}

const coclusterMethod = "similarity.CoCluster"

// Resolve returns the options with defaults filled in for representations of which the
// narrower has d columns, or a *mat32.ParamError.
func (c CoCluster) Resolve(n, d int) (CoCluster, error) {
	if c.Clusters == 0 {
		c.Clusters = min(4, d)
	}
	if c.Clusters < 1 || c.Clusters > d {
		return c, &mat32.ParamError{Method: coclusterMethod, Param: "Clusters", Value: c.Clusters, Want: fmt.Sprintf("1 ≤ Clusters ≤ min(p, q) = %d, or 0 for 4", d)}
	}
	if c.MemoryLimit < 0 {
		return c, negativeLimit(coclusterMethod, c.MemoryLimit)
	}
	return c, nil
}

// UnitClusters says which units of x and of y belong together.
type UnitClusters struct {
	X, Y   []int   // the cluster of every unit; −1 where it is constant
	Number int     // of clusters
	Within float64 // the share of the dependence of all pairs that pairs of one cluster have
	Rows   int
	Notes  []string
}

// Cluster returns the clusters.
func (c CoCluster) Cluster(ctx context.Context, x, y mat.Matrix) (*UnitClusters, error) {
	v, err := unitMeasure{method: coclusterMethod, kind: AbsoluteCorrelation, limit: c.MemoryLimit}.of(ctx, x, y)
	if err != nil {
		return nil, err
	}
	if c, err = c.Resolve(v.n, min(v.p, v.q)); err != nil {
		return nil, err
	}
	fail := func(err error) (*UnitClusters, error) { return nil, fmt.Errorf("%s: %w", coclusterMethod, err) }
	ofX, ofY, total := make([]float64, v.p), make([]float64, v.q), 0.
	for i := range v.p {
		for j, w := range v.all.RawRowView(i) {
			ofX[i] += w
			ofY[j] += w
			total += w
		}
	}
	if total == 0 {
		return nil, &mat32.DegenerateError{Method: coclusterMethod, Reason: "no unit of x depends on one of y"}
	}
	normalized := mat.NewDense(v.p, v.q, nil)
	normalized.Apply(func(i, j int, w float64) float64 {
		if w == 0 {
			return 0
		}
		return w / math.Sqrt(ofX[i]) / math.Sqrt(ofY[j])
	}, v.all)
	left, right, err := singularVectors(ctx, normalized)
	if err != nil {
		return fail(err)
	}
	// The first pair says only how much there is of every unit; k − 1 more part k clusters
	// where these do not touch, and Dhillon's ⌈log₂ k⌉ are among them.
	columns := max(1, min(c.Clusters-1, min(v.p, v.q)-1))
	first := min(1, min(v.p, v.q)-1)
	points := blas32.General{Rows: v.p + v.q, Cols: columns, Stride: columns, Data: make([]float32, (v.p+v.q)*columns)}
	for side, s := range []struct {
		vectors *mat.Dense
		of      []float64
	}{{left, ofX}, {right, ofY}} {
		for i, w := range s.of {
			row := points.Data[(side*v.p+i)*columns:][:columns]
			for k := range row {
				if w > 0 {
					row[k] = float32(s.vectors.At(i, first+k) / math.Sqrt(w/total))
				}
			}
		}
	}
	clusters, err := bestOf(ctx, points, c)
	if err != nil {
		return fail(err)
	}
	u := &UnitClusters{X: make([]int, v.p), Y: make([]int, v.q), Number: len(clusters.Sizes), Rows: v.n, Notes: v.constant}
	for i := range u.X {
		u.X[i] = int(clusters.Labels[i])
		if ofX[i] == 0 {
			u.X[i] = -1
		}
	}
	for j := range u.Y {
		u.Y[j] = int(clusters.Labels[v.p+j])
		if ofY[j] == 0 {
			u.Y[j] = -1
		}
	}
	if u.Number < c.Clusters {
		u.Notes = append(u.Notes, fmt.Sprintf("%d clusters, as units do not differ in more ways", u.Number))
	}
	for i, k := range u.X {
		for j, w := range v.all.RawRowView(i) {
			if k >= 0 && u.Y[j] == k {
				u.Within += w / total
			}
		}
	}
	return u, nil
}

// bestOf returns the best of some runs of k-means: one may end in a poor place.
func bestOf(ctx context.Context, points blas32.General, c CoCluster) (best *kmeans.Clusters, err error) {
	for run := range uint64(8) {
		k, err := kmeans.KMeans{Clusters: c.Clusters, Seed: 8*c.Seed + run}.Fit(ctx, points)
		if err != nil {
			return nil, err
		}
		if best == nil || k.Inertia < best.Inertia {
			best = k
		}
	}
	return best, nil
}

// singularVectors returns those of a, in columns.
func singularVectors(ctx context.Context, a *mat.Dense) (left, right *mat.Dense, err error) {
	n, d := a.Dims()
	if n < d {
		right, left, err = singularVectors(ctx, mat.DenseCopyOf(a.T()))
		return left, right, err
	}
	u, _, v, err := linalg.SVD(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	return u, mat.DenseCopyOf(v.T()), nil
}

// String returns a small table: the sizes of the clusters.
func (u *UnitClusters) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d clusters of units, %.1f %% of all dependence within\n", u.Number, 100*u.Within)
	for k := range u.Number {
		count := func(of []int) (c int) {
			for _, l := range of {
				if l == k {
					c++
				}
			}
			return c
		}
		fmt.Fprintf(&b, "  %3d: %4d of x, %4d of y\n", k, count(u.X), count(u.Y))
	}
	return b.String()
}
