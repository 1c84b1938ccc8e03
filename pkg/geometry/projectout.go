package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// ProjectOut returns the rows of x (n × d) without what of them lies along the rows of
// directions (k × d), of any length and angles: a distractor that was found, for example by
// linear discriminant analysis, or a concept. Rows are seen from the origin.
//
// Time O(n·d·k), memory 24·n·d bytes. Errors: those of mat32.CheckRows and mat32.Check for
// both; *mat32.ShapeError where columns differ; *mat32.DegenerateError where directions are
// all zero, or a value is beyond float64; *mat32.MemoryError; and one that wraps ctx.Err().
func ProjectOut(ctx context.Context, x, directions mat.Matrix) (*mat.Dense, error) {
	const method = "geometry.ProjectOut"
	if err := check(ctx, method, 1, 3, x); err != nil {
		return nil, err
	}
	if err := check(ctx, method, 1, 3, directions); err != nil {
		return nil, err
	}
	_, d := x.Dims()
	if k, columns := directions.Dims(); columns != d {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "directions", Rows: k, Cols: columns, Want: fmt.Sprintf("%d columns, as x has", d)})
	}
	along, length, err := copyInUnits(ctx, directions)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	if length == 0 {
		return nil, &mat32.DegenerateError{Method: method, Reason: "all directions are zero"}
	}
	rows, unit, err := copyInUnits(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	basis, err := subspace.Basis(ctx, mat.DenseCopyOf(along.T()), 0)
	if err == nil {
		err = without(ctx, rows, basis)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	for i, v := range rows.RawMatrix().Data {
		if v *= unit; v-v != 0 {
			return nil, beyond(method)
		}
		rows.RawMatrix().Data[i] = v
	}
	return rows, nil
}

// without takes from rows (n × d) what lies in the span of the orthonormal columns of basis
// (d × k): twice, so that nothing but rounding of the rest is left.
func without(ctx context.Context, rows, basis *mat.Dense) error {
	n, _ := rows.Dims()
	_, k := basis.Dims()
	along := mat.NewDense(n, k, nil)
	for range 2 {
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, rows.RawMatrix(), basis.RawMatrix(), 0, along.RawMatrix()); err != nil {
			return err
		}
		if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, -1, along.RawMatrix(), basis.RawMatrix(), 1, rows.RawMatrix()); err != nil {
			return err
		}
	}
	return nil
}
