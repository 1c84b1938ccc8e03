package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// MagnitudeDimension estimates the dimension of the rows by how fast their magnitude grows
// with the scale: d ln |tX| / d ln t, which is d in between where all points are alike and
// where none are. The estimate is the largest slope. Boundaries and few rows leave no scale
// that is free of both ends, so that it falls short, the more the higher the dimension:
// of 1000 uniform rows, by 3 % in a line, 17 % in a square and 30 % in a cube. The curve of
// MagnitudeFunction shows how wide the plateau is, and Convention where it lies.
//
// Slopes are derivatives, not differences between scales as by magnipy, whose function at
// ten scales has a slope that is lower. Time and memory are those of MagnitudeFunction.
//
// Sources: M. Meckes (2015), Magnitude, diversity, capacities, and dimensions of metric
// spaces; R. Andreeva, K. Limbeck, B. Rieck and R. Sarkar (2023), Metric space magnitude and
// generalisation in neural networks.
type MagnitudeDimension struct {
	// Scales are those to look at, above 0. Default as MagnitudeFunction has it: too few, or
	// a range that ends before the plateau, make the estimate smaller.
	Scales []float64

	// Points is the number of scales. Default 24; at least 2. Ignored where Scales are given.
	Points int

	// Metric is how rows are compared. Default Euclidean. It is ignored for a
	// mat32.Distances.
	Metric neighbors.Metric

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const fewestForMagnitude = 3

// Resolve returns the options with defaults filled in but for Scales, which depend on the
// distances, or a *mat32.ParamError or *mat32.ShapeError, for a matrix of n rows and d
// columns.
func (m MagnitudeDimension) Resolve(n, d int) (MagnitudeDimension, error) {
	f, err := MagnitudeFunction(m).resolved("geometry.MagnitudeDimension", n, d)
	if err == nil && n < fewestForMagnitude {
		err = &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows for MagnitudeDimension", fewestForMagnitude)}
	}
	return MagnitudeDimension(f), err
}

// Estimate returns the dimension of the rows of x (n × d), or of rows at the distances that
// x holds. Equal rows are one point. Scale is 1/t where the slope is largest; StdErr is NaN,
// for no error is known. Errors: those of MagnitudeFunction.Compute and Resolve, and
// *mat32.DegenerateError where fewer than 3 rows are distinct.
func (m MagnitudeDimension) Estimate(ctx context.Context, x mat.Matrix) (measure.Dimension, error) {
	const method = "geometry.MagnitudeDimension"
	if err := mat32.CheckContext(ctx, x); err != nil {
		return measure.Dimension{}, fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	if _, err := m.Resolve(n, d); err != nil {
		return measure.Dimension{}, err
	}
	c, err := MagnitudeFunction(m).compute(ctx, method, x)
	if err != nil {
		return measure.Dimension{}, err
	}
	if c.Points < fewestForMagnitude {
		return measure.Dimension{}, &mat32.DegenerateError{Method: method,
			Reason: fmt.Sprintf("%d of the %d rows are distinct: fewer than %d", c.Points, n, fewestForMagnitude)}
	}
	best := 0
	for i, s := range c.Slopes {
		if s > c.Slopes[best] {
			best = i
		}
	}
	from, to := best, best
	for from > 0 && c.Slopes[from-1] > .9*c.Slopes[best] {
		from--
	}
	for to < len(c.Slopes)-1 && c.Slopes[to+1] > .9*c.Slopes[best] {
		to++
	}
	notes := slices.Clone(c.Notes)
	if best == len(c.Slopes)-1 || best == 0 {
		notes = append(notes, "the slope is largest at an end of the scales: others may have a larger one")
	}
	return measure.Dimension{Method: "magnitude", Value: c.Slopes[best], StdErr: math.NaN(), Scale: 1 / c.Scales[best],
		Rows: c.Points, Removed: n - c.Points, Notes: notes,
		Convention: fmt.Sprintf("largest d ln|tX| / d ln t at %d scales, within 10 %% of it from t = %.3g to %.3g, %s, duplicates merged",
			len(c.Scales), c.Scales[from], c.Scales[to], c.Metric)}, nil
}
