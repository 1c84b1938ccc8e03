package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/measure"
)

// MMCR returns the objective of maximum manifold capacity representations: the nuclear norm of the
// centroids of the classes of x (n × d), whose rows are brought to length 1. A class may be the
// views of one sample, or all samples of a label. It is largest where every class is a point and
// centroids are orthogonal, √(P·m) for P classes and m = min(P, d): a centroid is shorter the
// wider its class, and the norm smaller the fewer dimensions centroids use.
//
// Rows are seen from the origin; those of zeros, and of label −1, are left out. Time O(n·d +
// P·d·m), memory 8·(n + 4·P)·d bytes. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ShapeError unless there is a label for each row, *mat32.ParamError for one below
// −1, *mat32.DegenerateError where no labelled row is other than zero, *mat32.MemoryError,
// and one that wraps ctx.Err().
//
// Source: T. Yerxa, Y. Kuang, E. Simoncelli and S. Chung (2023), Learning efficient coding of
// natural images with maximum manifold capacity representations.
func MMCR(ctx context.Context, x mat.Matrix, labels []int) (measure.Score, error) {
	const method = "geometry.MMCR"
	z, err := directionsOf(ctx, method, 1, 3, x)
	if err != nil {
		return measure.Score{}, err
	}
	n, d := x.Dims()
	if _, err := classesOf(method, n, 1, labels); err != nil {
		return measure.Score{}, err
	}
	of := make([]int, len(z.at))
	for k, i := range z.at {
		of[k] = labels[i]
	}
	c, err := classesOf(method, len(of), 1, of)
	if err != nil {
		return measure.Score{}, err
	}
	centroids, err := centroidsOf(ctx, z.rows, c)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	p := len(c.labels)
	if p < d {
		centroids = mat.DenseCopyOf(centroids.T())
	}
	_, values, _, err := linalg.SVD(ctx, centroids)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	return measure.Score{Name: "MMCR", Value: totalOf(values), Rows: c.known, Notes: append(z.notes(), c.notes(len(of))...),
		Convention: fmt.Sprintf("nuclear norm of %d centroids of unit rows; at most √(%d·%d) = %.4g", p, p, min(p, d), math.Sqrt(float64(p*min(p, d))))}, nil
}

// centroidsOf returns the means of the classes, as rows.
func centroidsOf(ctx context.Context, a *mat.Dense, c *classes) (*mat.Dense, error) {
	_, d := a.Dims()
	m := mat.NewDense(len(c.rows), d, nil)
	return m, par.Blocks(ctx, len(c.rows), 1, func(k, _ int) {
		to := m.RawRowView(k)
		for _, i := range c.rows[k] {
			kernel.Axpy64(1/float64(len(c.rows[k])), a.RawRowView(i), to)
		}
	})
}
