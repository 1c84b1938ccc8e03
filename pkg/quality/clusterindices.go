package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// DaviesBouldin returns the mean over clusters of the largest (sᵢ+sⱼ)/dᵢⱼ, where s is the
// mean distance of the rows of a cluster to their mean, and d the distance between two
// means: 0 for clusters of no extent, larger the more they overlap (Davies and Bouldin,
// 1979, A cluster separation measure, with their q = 1 and p = 2).
//
// Labels are 0 and above, −1 for unknown: those rows are left out. Errors: those of
// mat32.CheckRows and mat32.Check for x (n × d); *mat32.ShapeError unless there is a label
// for each row; *mat32.ParamError for a label below −1; *mat32.DegenerateError when fewer
// than two clusters have rows, when all rows are equal, and when two clusters have the
// same mean, for which scikit-learn counts 0 as if they were far apart; and one that wraps
// ctx.Err(). Time O(n·d + c²·d) for c clusters, memory 8·d·(n + c) bytes.
func DaviesBouldin(ctx context.Context, x mat.Matrix, labels []int) (measure.Score, error) {
	const method = "quality.DaviesBouldin"
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	a, c, err := judge(ctx, method, x, labels)
	if err != nil {
		return fail(err)
	}
	centers, err := c.centers(ctx, a)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", method, err))
	}
	extents := make([]float64, len(c.labels))
	for i, k := range c.of {
		if k >= 0 {
			extents[k] += math.Sqrt(kernel.SquaredDistance64(a.RawRowView(i), centers.RawRowView(k))) / float64(c.sizes[k])
		}
	}
	sum := 0.
	for i := range c.labels {
		if ctx.Err() != nil {
			return fail(fmt.Errorf("%s: %w", method, ctx.Err()))
		}
		worst := 0.
		for j := range c.labels {
			if i == j {
				continue
			}
			apart := math.Sqrt(kernel.SquaredDistance64(centers.RawRowView(i), centers.RawRowView(j)))
			if apart <= coincident {
				return fail(&mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the rows of labels %d and %d have the same mean: they are not apart", c.labels[min(i, j)], c.labels[max(i, j)])})
			}
			worst = max(worst, (extents[i]+extents[j])/apart)
		}
		sum += worst
	}
	return measure.Score{Name: "Davies-Bouldin index", Value: sum / float64(len(c.labels)), Rows: c.known,
		Convention: "mean of the largest (sᵢ+sⱼ)/dᵢⱼ, mean distances to Euclidean centres; a distance, 0 is apart"}, nil
}

// coincident is how near means are that differ by no more than rounding, where values are
// about 1.
const coincident = 1e-15

// CalinskiHarabasz returns (B/(c−1))/(W/(n−c)) of c clusters: B is the sum of squares of
// their means about that of all rows, each as often as it has rows, and W that of rows
// about their means. It is about 1 for labels given at random, and larger the farther
// apart and the narrower clusters are (Caliński and Harabasz, 1974, A dendrite method for
// cluster analysis). It grows with n.
//
// Labels and errors are those of DaviesBouldin, but that clusters may share a mean;
// *mat32.DegenerateError also when no cluster has any extent, for which scikit-learn
// returns 1. Time O(n·d), memory 8·d·(n + c) bytes.
func CalinskiHarabasz(ctx context.Context, x mat.Matrix, labels []int) (measure.Score, error) {
	const method = "quality.CalinskiHarabasz"
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	a, c, err := judge(ctx, method, x, labels)
	if err != nil {
		return fail(err)
	}
	centers, err := c.centers(ctx, a)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", method, err))
	}
	_, d := a.Dims()
	middle := make([]float64, d) // of the rows of known label
	for k, size := range c.sizes {
		kernel.Axpy64(float64(size)/float64(c.known), centers.RawRowView(k), middle)
	}
	between, within := 0., 0.
	for k, size := range c.sizes {
		between += float64(size) * kernel.SquaredDistance64(centers.RawRowView(k), middle)
	}
	for i, k := range c.of {
		if k >= 0 {
			within += kernel.SquaredDistance64(a.RawRowView(i), centers.RawRowView(k))
		}
	}
	if within <= coincident*coincident*float64(c.known) {
		return fail(&mat32.DegenerateError{Method: method, Reason: "no cluster has any extent: the ratio has no bound"})
	}
	clusters := float64(len(c.labels))
	return measure.Score{Name: "Calinski-Harabasz index", Value: between / (clusters - 1) / (within / (float64(c.known) - clusters)), Rows: c.known,
		Convention: "(B/(c−1))/(W/(n−c)), sums of squares between and within clusters"}, nil
}

// DistanceConsistency returns the share of rows that are no nearer to the mean of another
// label than to that of their own: 1 when groups lie apart, each around its mean (Sips,
// Neubert, Lewis and Hanrahan, 2009, Selecting good views of high-dimensional data using
// class consistency). PerRow is 1 or 0, and NaN for rows of unknown label.
//
// Labels and errors are those of DaviesBouldin, but that groups may share a mean. Time
// O(n·d·c), memory 8·d·(n + c) bytes.
func DistanceConsistency(ctx context.Context, y mat.Matrix, labels []int) (measure.Score, error) {
	const method = "quality.DistanceConsistency"
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	a, c, err := judge(ctx, method, y, labels)
	if err != nil {
		return fail(err)
	}
	centers, err := c.centers(ctx, a)
	if err != nil {
		return fail(fmt.Errorf("%s: %w", method, err))
	}
	s := measure.Score{Name: "distance consistency", Rows: c.known, PerRow: make([]float64, len(labels)),
		Convention: "share of rows nearest to the mean of their label, unknown labels left out"}
	for i, k := range c.of {
		if i%64 == 0 && ctx.Err() != nil {
			return fail(fmt.Errorf("%s: %w", method, ctx.Err()))
		}
		if k < 0 {
			s.PerRow[i] = math.NaN()
			continue
		}
		own, nearest := kernel.SquaredDistance64(a.RawRowView(i), centers.RawRowView(k)), true
		for j := range c.labels {
			nearest = nearest && (j == k || kernel.SquaredDistance64(a.RawRowView(i), centers.RawRowView(j)) >= own)
		}
		if nearest {
			s.PerRow[i] = 1
			s.Value++
		}
	}
	s.Value /= float64(c.known)
	return s, nil
}
