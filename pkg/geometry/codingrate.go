package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// CodingRate returns how many nats a row of x (n × d) costs when all are coded up to a mean
// squared error of epsilon²: ½·ln det(I + d/(n·ε²)·xᵀx), the volume that the rows fill. An
// epsilon of √½ is customary, and what 0 means; larger ones are coarser. Its unit is that of
// the data, whose rows are usually brought to length 1 first. Rows are not centred.
//
// The determinant is that of the smaller of the products of rows and of columns. Time O(n·d·m +
// m³) for m = min(n, d), memory 16·m² bytes, and a copy of x where it is not of float64. Errors:
// those of mat32.CheckRows and mat32.Check, *mat32.ParamError for an epsilon that is negative or
// not finite, *mat32.DegenerateError where the rate is beyond float64, *mat32.MemoryError, and one
// that wraps ctx.Err().
//
// Source: Y. Yu, K. Chan, C. You, C. Song and Y. Ma (2020), Learning diverse and discriminative
// representations via the principle of maximal coding rate reduction.
func CodingRate(ctx context.Context, x mat.Matrix, epsilon float64) (measure.Score, error) {
	const method = "geometry.CodingRate"
	r, err := newCoder(ctx, method, x, epsilon)
	if err != nil {
		return measure.Score{}, err
	}
	v, err := r.rate(ctx, r.rows)
	if err != nil {
		return measure.Score{}, mat32.Rename(method, err)
	}
	n, _ := x.Dims()
	return finite(method, measure.Score{Name: "coding rate", Value: v, Rows: n,
		Convention: fmt.Sprintf("nats a row, ε = %.4g, rows not centred; 0 is all zero, larger fills more", r.epsilon)})
}

// coder has rows divided by unit.
type coder struct {
	rows          *mat.Dense
	unit, epsilon float64
}

func newCoder(ctx context.Context, method string, x mat.Matrix, epsilon float64) (*coder, error) {
	if !(epsilon >= 0 && epsilon <= math.MaxFloat64) {
		return nil, &mat32.ParamError{Method: method, Param: "epsilon", Value: epsilon, Want: "0 < epsilon < ∞, or 0 for √½"}
	}
	if epsilon == 0 {
		epsilon = math.Sqrt(.5)
	}
	if err := check(ctx, method, 1, 1, x); err != nil {
		return nil, err
	}
	rows, unit, err := inUnits(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	return &coder{rows, unit, epsilon}, nil
}

// rate returns the coding rate of some of the rows.
func (r *coder) rate(ctx context.Context, rows *mat.Dense) (float64, error) {
	g, err := subspace.Gram(ctx, rows)
	if err != nil {
		return 0, err
	}
	_, d := rows.Dims()
	m := g.SymmetricDim()
	trace := 0.
	for i := range m {
		trace += g.At(i, i)
	}
	if trace == 0 {
		return 0, nil
	}
	scale := 2*math.Log(r.unit) - 2*math.Log(r.epsilon) + math.Log(float64(d)) // of the eigenvalues, as a logarithm
	if alpha := math.Exp(scale); alpha*trace < 1e8 {
		data := g.RawSymmetric().Data
		for i := range data {
			data[i] *= alpha
		}
		for i := range m {
			data[i*m+i]++
		}
		c, err := linalg.NewCholesky(ctx, g)
		if err != nil {
			return 0, err
		}
		return max(c.LogDet()/2, 0), nil
	}
	// Beside values so large the identity is lost to rounding.
	values, err := linalg.EigenvaluesSym(ctx, g)
	if err != nil {
		return 0, err
	}
	total := 0.
	for _, v := range values {
		if v <= float64(m)*0x1p-52*values[0] {
			continue
		}
		if e := scale + math.Log(v); e > 36 {
			total += e
		} else {
			total += math.Log1p(math.Exp(e))
		}
	}
	return total / 2, nil
}
