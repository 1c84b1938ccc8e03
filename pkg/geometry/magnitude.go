package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/neighbors"
)

// Magnitude is the effective number of points of a cloud that is looked at from some
// distance. With the similarities Zᵢⱼ = exp(−t·dᵢⱼ) at scale t, the weighting w solves
// Z·w = 1, and the magnitude |tX| is the sum of the weights: 1 from afar, n from so near
// that no two points are alike. A point has a large weight where few others are near, and
// on one side of it: at the boundary, in a corner, by itself.
//
// Equal rows are one point: they are merged, and each gets an equal share of its weight.
// A mat32.Distances, such as the lengths of paths in a graph, is taken for the rows.
// Where Z is not positive definite, as graphs may have it, Direct solves by elimination and
// says so; the magnitude can then be negative or larger than n, and at scales where Z is
// singular there is none.
//
// Direct takes n³/3 operations and 8·n² bytes, the one n × n array that the exact magnitude
// is defined by; ConjugateGradients O(n²·d) operations for each of some dozen steps and O(n·d)
// bytes; NearestNeighbors O(n·k³) operations beside the search for neighbours and O(n·(d + k))
// bytes. Metrics other than the Euclidean one are measured a pair at a time.
//
// Among peers, magnipy adds noise to similarities that are singular, and its default scales
// are those up to where |tX| is 0.95·n.
//
// Sources: T. Leinster (2013), The magnitude of metric spaces; E. Bunch, J. Kline, D.
// Dickinson, S. Bhat and G. Fung (2021), Weighting vectors for machine learning: numerical
// harmonic analysis applied to boundary detection; the spread, S. Willerton (2015), Spread:
// a measure of the size of metric spaces.
type Magnitude struct {
	// Scale is t, in the inverse of the unit of the distances. Default 1. Larger
	// values look from nearer: more points count for themselves.
	Scale float64

	// Metric is how rows are compared. Default Euclidean. It is ignored for a
	// mat32.Distances.
	Metric neighbors.Metric

	// Solver is how the weights are found. Default Direct.
	Solver MagnitudeSolver

	// Neighbors is the number of other rows that the weight of a row is found from.
	// Default 20, or all where there are fewer. Larger values are nearer to the exact
	// weights. Ignored unless Solver is NearestNeighbors.
	Neighbors int

	// Tolerance bounds the length of 1 − Z·w relative to that of 1. Default 1e-10. Larger
	// values take fewer steps. Ignored unless Solver is ConjugateGradients.
	Tolerance float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

// MagnitudeSolver is a way to find weights.
type MagnitudeSolver int

const (
	// Direct factors Z by Cholesky's method, or by elimination with pivots where it is not
	// positive definite.
	Direct MagnitudeSolver = iota

	// ConjugateGradients never stores Z: a product with it measures the distances anew. It
	// is helped by the regression of every row on 20 that come before it in a random order
	// (A. Vecchia (1988), Estimation and model identification for continuous spatial
	// processes), and needs a Z that is positive definite, as for Euclidean distances.
	ConjugateGradients

	// NearestNeighbors gives a row the weight that it has among its nearest neighbours alone.
	// Those at the boundary are about right. Inside they are below the exact ones, and may be
	// negative, so that their sum is not the magnitude.
	NearestNeighbors
)

var magnitudeSolvers = [...]string{"exact", "conjugate gradients", "nearest neighbours"}

// String returns the name of the solver.
func (s MagnitudeSolver) String() string {
	if s < 0 || int(s) >= len(magnitudeSolvers) {
		return fmt.Sprintf("MagnitudeSolver(%d)", int(s))
	}
	return magnitudeSolvers[s]
}

// Resolve returns the options with defaults filled in, or a *mat32.ParamError or
// *mat32.ShapeError, for a matrix of n rows and d columns.
func (m Magnitude) Resolve(n, d int) (Magnitude, error) {
	return m.resolved("geometry.Magnitude", n, d)
}

func (m Magnitude) resolved(method string, n, d int) (Magnitude, error) {
	fail := func(param string, value any, want string) error {
		return &mat32.ParamError{Method: method, Param: param, Value: value, Want: want}
	}
	if m.Scale == 0 {
		m.Scale = 1
	}
	if m.Neighbors == 0 {
		m.Neighbors = min(20, max(n-1, 1))
	}
	if m.Tolerance == 0 {
		m.Tolerance = 1e-10
	}
	var err error
	m.Metric, err = neighbors.ResolveMetric(method, m.Metric)
	switch {
	case err != nil:
		return m, err
	case n < 1 || d < 1:
		return m, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: "at least one row and one column"}
	case !(m.Scale > 0) || math.IsInf(m.Scale, 0):
		return m, fail("Scale", m.Scale, "a finite number above 0")
	case m.Solver < 0 || int(m.Solver) >= len(magnitudeSolvers):
		return m, fail("Solver", int(m.Solver), "Direct, ConjugateGradients or NearestNeighbors")
	case m.Neighbors < 1 || n > 1 && m.Neighbors > n-1:
		return m, fail("Neighbors", m.Neighbors, fmt.Sprintf("1 ≤ Neighbors ≤ n−1 = %d", n-1))
	case !(m.Tolerance > 0 && m.Tolerance < 1):
		return m, fail("Tolerance", m.Tolerance, "0 < Tolerance < 1")
	case m.MemoryLimit < 0:
		return m, fail("MemoryLimit", m.MemoryLimit, "0 or more bytes")
	}
	return m, nil
}

// Weighting holds the weight of every row.
type Weighting struct {
	Scale      float64
	Values     []float64 // of every row; equal rows share that of their point
	Points     int       // rows that are distinct
	Solver     MagnitudeSolver
	Iterations int // of ConjugateGradients
	Notes      []string

	sum    float64
	metric string
}

// Weights returns the weight of every row of x (n × d), or of rows at the distances that x
// holds. Errors: those of mat32.Check and Resolve; *mat32.MemoryError; those of the metric;
// *mat32.DegenerateError where Z is singular to rounding, or not positive definite and Solver
// is ConjugateGradients; and one that wraps ctx.Err().
func (m Magnitude) Weights(ctx context.Context, x mat.Matrix) (*Weighting, error) {
	const method = "geometry.Magnitude"
	p, err := m.points(ctx, method, x)
	if err != nil {
		return nil, err
	}
	m = p.options
	s, err := m.solve(ctx, method, p)
	if err != nil {
		return nil, err
	}
	return &Weighting{Scale: m.Scale, Values: p.shared(s.weights), Points: p.n, Solver: m.Solver, Iterations: s.iterations,
		Notes: append(p.notes, s.notes...), sum: total(s.weights), metric: p.metric}, nil
}

// Score returns the magnitude: the sum of the weights, which is another number for those of
// NearestNeighbors.
func (w *Weighting) Score() measure.Score {
	name, what, ends := "magnitude", "the sum of the weights w of exp(−t·d)·w = 1", "; an effective number of points: 1 from afar, n from near"
	if w.Solver == NearestNeighbors {
		name, what, ends = "sum of local weights", "each the weight of a row among its nearest neighbours", ""
	}
	return measure.Score{Name: name, Value: w.sum, Rows: len(w.Values), Notes: w.Notes,
		Convention: fmt.Sprintf("%s, t = %.6g, %s, %s%s", what, w.Scale, w.metric, w.Solver, ends)}
}

// String returns the table of the magnitude.
func (w *Weighting) String() string { return w.Score().String() }

// Boundary returns the k rows of the largest weights, largest first and equal ones by
// index: at a scale at which a cloud is dense, those at its boundary and those by themselves.
func (w *Weighting) Boundary(k int) []int { return heaviest(w.Values, k) }

// Spread returns Σᵢ 1/Σⱼ exp(−t·dᵢⱼ) over distinct rows: an effective number of points,
// too, which is never above the magnitude of Euclidean points, and exists for all
// distances at all scales. Solver, Neighbors and Tolerance are ignored. Time O(n²·d).
// Errors: those of Weights but for those of solving.
func (m Magnitude) Spread(ctx context.Context, x mat.Matrix) (measure.Score, error) {
	const method = "geometry.Magnitude"
	m.Solver = ConjugateGradients // whose memory this takes
	p, err := m.points(ctx, method, x)
	if err != nil {
		return measure.Score{}, err
	}
	sums := make([]float64, p.n)
	err = p.similarities(ctx, p.options.Scale, func(i, from int, z []float64) { sums[i] += total(z) })
	if err != nil {
		return measure.Score{}, mat32.Rename(method, err)
	}
	value := 0.
	for _, v := range sums {
		value += 1 / v
	}
	return measure.Score{Name: "spread", Value: value, Rows: p.rows, Notes: p.notes,
		Convention: fmt.Sprintf("Σᵢ 1/Σⱼ exp(−t·d), t = %.6g, %s; an effective number of points: 1 from afar, n from near", p.options.Scale, p.metric)}, nil
}
