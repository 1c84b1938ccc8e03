package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// RegressionCollapse is how far features have become nothing but the targets.
type RegressionCollapse struct {
	Rows, Features, Targets int

	// NRC1 is the share of the variance of the features outside their first Targets principal
	// directions: 0 where they have collapsed to as many dimensions as the targets have.
	NRC1 float64

	// Unexplained is the share of the variance of the features that no linear map of the
	// targets gives: 0 where features are a linear picture of the targets. It is no less
	// than NRC1.
	Unexplained float64

	// FeatureDimension and TargetDimension are the participation ratios of the two
	// covariances, which are linear dimensions.
	FeatureDimension, TargetDimension float64
}

// String returns a table.
func (r *RegressionCollapse) String() string {
	return fmt.Sprintf("regression collapse  NRC1 %.4g (0 is collapsed)\n  rows         %d, %d features, %d targets\n  unexplained  %.4g of the variance of the features\n  dimension    %.4g of the features, %.4g of the targets (participation ratio)",
		r.NRC1, r.Rows, r.Features, r.Targets, r.Unexplained, r.FeatureDimension, r.TargetDimension)
}

// NeuralRegressionCollapse says how far the features of a network's last layer (n × p) have
// collapsed to the space of the targets (n × q) that it was trained on. Both are centred.
//
// Whether a network compresses too much, features of a lower intrinsic dimension than the
// targets, or too little, is told by intrinsic.TwoNN of both: those that compress too much
// generalise badly.
//
// Time O(n·p·m + m³) for m = min(n, p), and as much of the targets; memory
// 8·(n·(p + 3·q) + 2·m²) bytes. Errors: those of mat32.CheckRows and mat32.Check for both,
// *mat32.ShapeError where their numbers of rows differ or are below 3, *mat32.DegenerateError
// where all rows of one are equal, *mat32.MemoryError, and one that wraps ctx.Err().
//
// Source: G. Andriopoulos, Z. Dong, L. Guo, Z. Zhao and K. Ross (2024), The prevalence of
// neural collapse in neural multivariate regression, who bring each row to length 1 as well;
// here NRC1 is a share of the variance.
func NeuralRegressionCollapse(ctx context.Context, features, targets mat.Matrix) (*RegressionCollapse, error) {
	const method = "geometry.NeuralRegressionCollapse"
	h, _, err := varied(ctx, method, 3, 2, features)
	if err != nil {
		return nil, err
	}
	y, _, err := varied(ctx, method, 3, 3, targets)
	if err != nil {
		return nil, err
	}
	n, p := h.Dims()
	rows, q := y.Dims()
	if rows != n {
		return nil, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "targets", Rows: rows, Cols: q, Want: fmt.Sprintf("as many rows as the features, %d", n)})
	}
	r := &RegressionCollapse{Rows: n, Features: p, Targets: q}
	values, err := subspace.Moments(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	others, err := subspace.Moments(ctx, y)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	all := totalOf(values)
	if q < len(values) {
		r.NRC1 = totalOf(values[q:]) / all
	}
	if r.FeatureDimension, err = spectrum.ParticipationRatio(values); err == nil {
		r.TargetDimension, err = spectrum.ParticipationRatio(others)
	}
	if err != nil {
		return nil, mat32.Rename(method, err)
	}
	u, err := subspace.Basis(ctx, y, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	// What is left when the projection is taken off, which keeps the digits of a small share.
	_, rank := u.Dims()
	seen := mat.NewDense(rank, p, nil)
	if err = kernel.Gemm64(ctx, blas.Trans, blas.NoTrans, 1, u.RawMatrix(), h.RawMatrix(), 0, seen.RawMatrix()); err == nil {
		err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, -1, u.RawMatrix(), seen.RawMatrix(), 1, h.RawMatrix())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	left, err := columnSquares(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	r.Unexplained = min(totalOf(left)/all, 1)
	return r, nil
}
