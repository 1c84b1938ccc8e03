package geometry

import (
	"context"
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ClassManifolds is the size of the clouds of the classes.
type ClassManifolds struct {
	Labels    []int
	Rows      []int     // of each class
	Radius    []float64 // root mean square distance from the centroid, over the length of the centroid as seen from the mean of all
	Dimension []float64 // participation ratio of the covariance; 0 for a point
	Notes     []string
}

// MeanRadius returns the mean radius of the classes.
func (m *ClassManifolds) MeanRadius() float64 { return totalOf(m.Radius) / float64(len(m.Radius)) }

// MeanDimension returns the mean dimension of the classes.
func (m *ClassManifolds) MeanDimension() float64 {
	return totalOf(m.Dimension) / float64(len(m.Dimension))
}

// String returns a table of the classes.
func (m *ClassManifolds) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "manifolds of %d classes  radius %.4g, dimension %.4g\n  class    rows  radius  dimension", len(m.Labels), m.MeanRadius(), m.MeanDimension())
	for k, l := range m.Labels {
		fmt.Fprintf(&b, "\n  %5d  %6d  %6.4g  %9.4g", l, m.Rows[k], m.Radius[k], m.Dimension[k])
	}
	return b.String()
}

// ManifoldRadiusDim returns the radius and the dimension of the cloud of every class of x (n × d):
// how far its rows are from their centroid, over how far that is from the mean of all classes, and
// the participation ratio (Σλ)²/Σλ² of the eigenvalues of its covariance. What matters to a
// classifier is these, weighed by ManifoldCapacity. Labels are 0 and above, −1 for unknown: those
// rows are left out. The mean of all is that of the centroids.
//
// Time O(n·d·m) for m = min(d, the rows of a class), memory 8·(2·n·d + m²) bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError unless there is a label for each row,
// *mat32.ParamError for one below −1, *mat32.DegenerateError for fewer than two classes and for a
// centroid at the mean of all, *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: S. Chung, D. Lee and H. Sompolinsky (2018), Classification and geometry of general
// perceptual manifolds, whose radius and dimension of anchor points Manifolds.Anchors has.
func ManifoldRadiusDim(ctx context.Context, x mat.Matrix, labels []int) (*ClassManifolds, error) {
	const method = "geometry.ManifoldRadiusDim"
	m, err := manifoldsOf(ctx, method, x, labels)
	if err != nil {
		return nil, err
	}
	r := &ClassManifolds{Labels: m.labels, Notes: m.notes}
	for k := range m.labels {
		part, center := m.of(k)
		rows, _ := part.Dims()
		for i := range rows {
			kernel.Axpy64(-1, center, part.RawRowView(i))
		}
		g, err := subspace.Gram(ctx, part)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		trace := 0.
		for j := range g.SymmetricDim() {
			trace += g.At(j, j)
		}
		length := math.Sqrt(kernel.Dot64(center, center))
		dimension, data := 0., g.RawSymmetric().Data
		// What is left of a point is rounding of where it lies.
		if trace <= 1e-28*length*length {
			trace = 0
		}
		if squares := kernel.Dot64(data, data); trace > 0 && squares > 0 {
			dimension = trace * trace / squares
		}
		r.Rows = append(r.Rows, rows)
		r.Radius = append(r.Radius, math.Sqrt(trace)/length)
		r.Dimension = append(r.Dimension, dimension)
	}
	return r, nil
}

// manifolds are rows by classes, as seen from the mean of the centroids of the classes.
type manifolds struct {
	*classes
	rows      *mat.Dense
	centroids *mat.Dense
	notes     []string
}

func manifoldsOf(ctx context.Context, method string, x mat.Matrix, labels []int) (*manifolds, error) {
	a, unit, err := centeredRows(ctx, method, 2, 2, x)
	if err != nil {
		return nil, err
	}
	n, _ := a.Dims()
	c, err := classesOf(method, n, 2, labels)
	if err != nil {
		return nil, err
	}
	if unit == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all rows are equal: there is one point"}
	}
	m := &manifolds{classes: c, rows: a, notes: c.notes(n)}
	if m.centroids, err = centroidsOf(ctx, a, c); err == nil {
		var mean []float64
		if mean, err = sumRows(ctx, m.centroids); err == nil {
			kernel.Scal64(1/float64(len(c.labels)), mean)
			for k := range c.labels {
				kernel.Axpy64(-1, mean, m.centroids.RawRowView(k))
				for _, i := range c.rows[k] {
					kernel.Axpy64(-1, mean, a.RawRowView(i))
				}
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for k, l := range c.labels {
		if center := m.centroids.RawRowView(k); !(math.Sqrt(kernel.Dot64(center, center)) > 1e-14) {
			return nil, &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("the centroid of class %d lies at the mean of all: its manifold has no radius relative to it", l)}
		}
	}
	return m, nil
}

// of copies the rows of a class.
func (m *manifolds) of(k int) (part *mat.Dense, center []float64) {
	return gathered(m.rows, m.classes.rows[k]), m.centroids.RawRowView(k)
}
