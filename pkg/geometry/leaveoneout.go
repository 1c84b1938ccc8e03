package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Removal holds what every row adds to the magnitude.
type Removal struct {
	Magnitude float64   // of all rows
	Costs     []float64 // what it falls by without each row: 0 for those that equal others
	Notes     []string
}

// LeaveOneOut returns by how much the magnitude of the rows of x falls when each alone is
// removed: wᵢ²/(Z⁻¹)ᵢᵢ, by the Schur complement, all from one factorisation. Only Direct
// does it; n³ operations where Z is positive definite, 8·n² bytes. Errors: those of Weights,
// and *mat32.ParamError for another Solver.
func (m Magnitude) LeaveOneOut(ctx context.Context, x mat.Matrix) (*Removal, error) {
	const method = "geometry.Magnitude"
	if err := m.direct(method, "LeaveOneOut"); err != nil {
		return nil, err
	}
	p, err := m.points(ctx, method, x)
	if err != nil {
		return nil, err
	}
	z, giveBack := linalg.Symmetric(p.n)
	defer giveBack()
	s, err := p.factor(ctx, method, p.options.Scale, z)
	if err != nil {
		return nil, err
	}
	w, err := s.weights(ctx)
	if err != nil {
		return nil, err
	}
	inverse, err := s.inverseDiagonal(ctx)
	if err != nil {
		return nil, err
	}
	r := &Removal{Magnitude: total(w), Costs: make([]float64, p.rows), Notes: append(p.notes, s.notes...)}
	for i, k := range p.of {
		if p.count[k] > 1 {
			continue
		}
		if inverse[k] == 0 {
			return nil, &mat32.DegenerateError{Method: method,
				Reason: fmt.Sprintf("without row %d the similarities are singular: there is no magnitude of the rest", i)}
		}
		r.Costs[i] = w[k] * w[k] / inverse[k]
	}
	return r, nil
}

// direct refuses other solvers.
func (m Magnitude) direct(method, what string) error {
	if m.Solver == Direct {
		return nil
	}
	return &mat32.ParamError{Method: method, Param: "Solver", Value: m.Solver, Want: "Direct, for " + what}
}

// Novelty returns the weight that each row of y would have if it alone were added to the
// rows of x: nearly 0 among them, nearly 1 far from all, as the paper on weighting vectors
// scores outliers. A row that equals one of x has half its weight. Direct takes O(n²) operations
// a row beside those of Weights; NearestNeighbors asks the nearest rows of x alone.
//
// Errors: those of Weights, and for y; *mat32.ShapeError where y has other columns;
// *mat32.RowsNeededError for a mat32.Distances; and *mat32.ParamError for
// ConjugateGradients.
func (m Magnitude) Novelty(ctx context.Context, x, y mat.Matrix) ([]float64, error) {
	const method = "geometry.Magnitude"
	if m.Solver == ConjugateGradients {
		return nil, &mat32.ParamError{Method: method, Param: "Solver", Value: m.Solver, Want: "Direct or NearestNeighbors, for Novelty"}
	}
	for _, z := range []mat.Matrix{x, y} {
		if _, ok := z.(*mat32.Distances); ok {
			return nil, &mat32.RowsNeededError{Method: method}
		}
		if err := mat32.CheckContext(ctx, z); err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
	}
	_, d := x.Dims()
	if rows, cols := y.Dims(); cols != d {
		return nil, &mat32.ShapeError{What: "y", Rows: rows, Cols: cols, Want: fmt.Sprintf("the %d columns of x", d)}
	}
	p, err := m.points(ctx, method, x)
	if err != nil {
		return nil, err
	}
	if m.Solver == NearestNeighbors {
		return p.noveltyNearby(ctx, method, y)
	}
	return p.novelty(ctx, method, y)
}
