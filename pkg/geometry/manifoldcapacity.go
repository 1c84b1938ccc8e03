package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/watch"
)

// ManifoldCapacity is how many classes a linear classifier can part at random for each
// dimension, by the mean-field theory of manifolds: 2 where every class is a point (T. Cover,
// 1965), and the less the wider the classes and the more dimensions they fill.
//
// The theory's capacity at margin 0 is α with 1/α = ⟨‖t − v‖²⟩ for normal t and v the nearest
// vector that has no negative product with any row of a class: 1/α of a class is the
// mean square of the projection of t on the convex cone of its rows (its statistical dimension), and
// 1/α of all is the mean over classes. That is ½ for the ray of a point, ½ + 2·arctan(R)/π for
// a line segment of radius R, and k/2 for k orthogonal rows. The cones are seen from the mean of
// the centroids; the theory takes their directions to be independent of each other.
//
// Compute takes O(Draws·P·m·d·k) for P classes of m rows and cones of which k rows bear a
// projection, memory 8·(2·n·d + m²) bytes.
//
// Source: S. Chung, D. Lee and H. Sompolinsky (2018), Classification and geometry of general
// perceptual manifolds; of representations, U. Cohen, S. Chung, D. Lee and H. Sompolinsky
// (2020), Separability and geometry of object manifolds in deep neural networks.
type ManifoldCapacity struct {
	// Draws is how many normal vectors are projected on each cone. Larger values take as many
	// times longer; the standard error falls with their root. Default 200.
	Draws int

	// Seed starts the random numbers.
	Seed uint64
}

const manifoldCapacity = "geometry.ManifoldCapacity"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError; n and d do
// not matter.
func (m ManifoldCapacity) Resolve(n, d int) (ManifoldCapacity, error) {
	if m.Draws == 0 {
		m.Draws = 200
	}
	if m.Draws < 2 || m.Draws > 1<<24 {
		return m, &mat32.ParamError{Method: manifoldCapacity, Param: "Draws", Value: m.Draws, Want: "2 ≤ Draws ≤ 16777216, or 0 for 200"}
	}
	return m, nil
}

// Manifolds is what ManifoldCapacity finds.
type Manifolds struct {
	Capacity measure.Score // α; PerRow is nil

	// ByClass is the capacity of each class alone: α if all were like it.
	ByClass []float64

	// Anchors has the radius and the dimension of the points of the classes at which classifiers
	// bear on them: those the projections lie at, means over the draws that meet the cone.
	Anchors ClassManifolds
}

// String returns the capacity, with radius and dimension of the anchor points.
func (m *Manifolds) String() string {
	return fmt.Sprintf("%s\n  anchors     radius %.4g, dimension %.4g", m.Capacity, m.Anchors.MeanRadius(), m.Anchors.MeanDimension())
}

// Compute returns the capacity of the classes of x (n × d). Labels are 0 and above, −1 for
// unknown: those rows are left out. Errors: that of Resolve, and those of ManifoldRadiusDim.
func (m ManifoldCapacity) Compute(ctx context.Context, x mat.Matrix, labels []int) (*Manifolds, error) {
	m, err := m.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	of, err := manifoldsOf(ctx, manifoldCapacity, x, labels)
	if err != nil {
		return nil, err
	}
	classes := len(of.labels)
	stage := watch.Start(ctx, "manifold capacity: classes", classes)
	r := &Manifolds{ByClass: make([]float64, classes), Anchors: ClassManifolds{Labels: of.labels, Notes: of.notes}}
	var inverse, variance float64
	for k := range of.labels {
		part, center := of.of(k)
		rows, _ := part.Dims()
		c, err := m.project(ctx, k, part, center)
		if err != nil {
			return nil, mat32.Rename(manifoldCapacity, err)
		}
		r.ByClass[k] = 1 / c.mean
		inverse += c.mean / float64(classes)
		variance += c.variance / float64(m.Draws) / float64(classes*classes)
		r.Anchors.Rows = append(r.Anchors.Rows, rows)
		r.Anchors.Radius = append(r.Anchors.Radius, c.radius)
		r.Anchors.Dimension = append(r.Anchors.Dimension, c.dimension)
		stage.Add(1)
	}
	n, _ := x.Dims()
	r.Capacity = measure.Score{Name: "manifold capacity", Value: 1 / inverse, StdErr: math.Sqrt(variance) / inverse / inverse, Rows: of.known, Notes: of.classes.notes(n),
		Convention: fmt.Sprintf("classes a dimension, mean field, margin 0, %d classes seen from the mean of their centroids; 2 is points", classes)}
	return r, nil
}

// projected is what becomes of random vectors on the cone of a class.
type projected struct {
	mean, variance    float64 // of the squared lengths
	radius, dimension float64
}

func (m ManifoldCapacity) project(ctx context.Context, class int, part *mat.Dense, center []float64) (*projected, error) {
	rows, d := part.Dims()
	// The centroid goes along as a last row, and all keep their products in fewer columns.
	with := mat.NewDense(rows+1, d, nil)
	with.Slice(0, rows, 0, d).(*mat.Dense).Copy(part)
	with.SetRow(rows, center)
	with, err := subspace.Narrowed(ctx, with)
	if err != nil {
		return nil, err
	}
	center = mat.DenseCopyOf(with.Slice(rows, rows+1, 0, with.RawMatrix().Cols)).RawRowView(0)
	_, d = with.Dims()
	unit := mat.NewDense(rows, d, nil)
	length := make([]float64, rows)
	kept := 0
	for i := range rows {
		row := with.RawRowView(i)
		to := unit.RawRowView(kept)
		copy(to, row)
		if !normalize(to) {
			continue // a row at the mean bears on nothing
		}
		length[kept] = kernel.Dot64(to, row)
		kept++
	}
	unit = unit.Slice(0, kept, 0, d).(*mat.Dense)
	type draw struct{ square, radius, dimension, meets float64 }
	draws := make([]draw, m.Draws)
	type scratch struct {
		*cone
		t, anchor []float64
	}
	err = par.BlocksWith(ctx, m.Draws, 2, func() scratch { return scratch{newCone(unit), make([]float64, d), make([]float64, d)} }, func(s scratch, lo, hi int) {
		for i := lo; i < hi; i++ {
			stream := rng.New(m.Seed, manifoldCapacity, class*m.Draws+i)
			for j := range s.t {
				s.t[j] = stream.Normal()
			}
			to := &draws[i]
			to.square = s.project(s.t)
			total := 0.
			clear(s.anchor)
			for k, row := range s.in {
				// A weight is of a unit row; the rows themselves are to be mixed.
				w := s.weights[k] / length[row]
				total += w
				kernel.Axpy64(s.weights[k], unit.RawRowView(row), s.anchor)
			}
			if !(total > 0) {
				continue
			}
			to.meets = 1
			kernel.Scal64(1/total, s.anchor)
			kernel.Axpy64(-1, center, s.anchor)
			if square := kernel.Dot64(s.anchor, s.anchor); square > 1e-28*kernel.Dot64(center, center) {
				along := kernel.Dot64(s.anchor, s.t)
				to.radius, to.dimension = square, along*along/square
			}
		}
	})
	if err != nil {
		return nil, err
	}
	p, meets := new(projected), 0.
	for _, v := range draws {
		p.mean += v.square / float64(m.Draws)
		p.radius += v.radius
		p.dimension += v.dimension
		meets += v.meets
	}
	for _, v := range draws {
		p.variance += (v.square - p.mean) * (v.square - p.mean) / float64(m.Draws-1)
	}
	if meets == 0 || p.mean == 0 {
		return nil, &mat32.DegenerateError{Method: manifoldCapacity, Reason: "none of the draws meets the cone of a class: take more Draws"}
	}
	p.radius = math.Sqrt(p.radius/meets) / math.Sqrt(kernel.Dot64(center, center))
	p.dimension /= meets
	return p, nil
}
