package quality

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Silhouette returns the mean over rows of (b−a)/max(a, b), where a is the mean distance
// of a row to the others of its cluster, and b the least mean distance to the rows of
// another: 1 when clusters are far apart and narrow, 0 where they touch, below 0 for rows
// that are nearer to another cluster than to their own (Rousseeuw, 1987, Silhouettes: a
// graphical aid to the interpretation and validation of cluster analysis). A row that is
// a cluster of its own, and one of duplicates of two clusters, has 0.
//
// Distances are Euclidean, or those of a mat32.Distances given as x (n × d). Labels are 0
// and above, −1 for unknown: those rows are left out, and PerRow is NaN at them.
//
// Errors: those of mat32.Check; *mat32.ShapeError unless there is a label for each row;
// *mat32.ParamError for a label below −1; *mat32.DegenerateError when fewer than two
// clusters have rows, when all have one, and when all rows of x are equal; and one that
// wraps ctx.Err(). Time O(n²·d), memory 8·n·d bytes and 32 MB, or 256·n
// where that is more: no n × n array.
func Silhouette(ctx context.Context, x mat.Matrix, labels []int) (measure.Score, error) {
	const method = "quality.Silhouette"
	fail := func(err error) (measure.Score, error) { return measure.Score{}, err }
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fail(fmt.Errorf("%s: %w", method, err))
	}
	n, _ := x.Dims()
	c, err := clustersOf(method, n, labels)
	if err != nil {
		return fail(err)
	}
	if c.known == len(c.labels) {
		return fail(&mat32.DegenerateError{Method: method, Reason: "every cluster has one row: there are no distances within"})
	}
	g, err := gapsOf(ctx, method, "x", x)
	if err != nil {
		return fail(err)
	}
	s := measure.Score{Name: "silhouette", Rows: c.known, PerRow: make([]float64, n),
		Convention: "mean of (b−a)/max(a, b), 0 for clusters of one row, unknown labels left out"}
	err = g.each(ctx, func(distances []float64, i int) {
		own := c.of[i]
		if own < 0 {
			s.PerRow[i] = math.NaN()
			return
		}
		if c.sizes[own] == 1 {
			return
		}
		sums := make([]float64, len(c.labels)+1) // the last takes unknown ones
		for j, k := range c.of {
			if k < 0 {
				k = len(c.labels)
			}
			sums[k] += distances[j]
		}
		a, b := sums[own]/float64(c.sizes[own]-1), math.Inf(1)
		for k, size := range c.sizes {
			if k != own {
				b = min(b, sums[k]/float64(size))
			}
		}
		if most := max(a, b); most > 0 {
			s.PerRow[i] = (b - a) / most
		}
	})
	if err != nil {
		return fail(fmt.Errorf("%s: %w", method, err))
	}
	for i, v := range s.PerRow {
		if c.of[i] >= 0 {
			s.Value += v
		}
	}
	s.Value /= float64(c.known)
	return s, nil
}
