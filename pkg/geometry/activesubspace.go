package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
	"github.com/flatland-go/flatland/pkg/spectrum"
)

// ActiveSubspace finds the directions in which rows, such as the outputs of an attention
// layer, do vary: the fewest principal directions that carry nearly all variance. Of
// attention they are some 60 % of the columns. Dictionaries of sparse features that begin at
// random have most of their atoms outside, where nothing ever moves them; begun inside,
// hardly any are dead.
//
// Source: J. Wang, X. Ge, W. Shu, Z. He and X. Qiu (2025), Attention layers add into
// low-dimensional residual subspaces.
type ActiveSubspace struct {
	// Share of the variance that the active directions carry, above 0 and at most 1. Default
	// 0.99. Larger ones take in more directions.
	Share float64

	// MemoryLimit in bytes refuses data that would need more. Default GOMEMLIMIT, or
	// 4 GiB where that is not set.
	MemoryLimit int64
}

const activeMethod = "geometry.ActiveSubspace"

// Resolve returns the options with defaults filled in, or a *mat32.ParamError, whatever n
// and d are.
func (a ActiveSubspace) Resolve(n, d int) (ActiveSubspace, error) {
	if a.Share == 0 {
		a.Share = .99
	}
	if !(a.Share > 0 && a.Share <= 1) {
		return a, &mat32.ParamError{Method: activeMethod, Param: "Share", Value: a.Share, Want: "0 < Share ≤ 1, or 0 for 0.99"}
	}
	return a, limited(activeMethod, a.MemoryLimit)
}

// Active is the space in which rows vary.
type Active struct {
	// Directions, k × d, are orthonormal rows, those of the largest variance first.
	Directions *mat.Dense

	// Variances are those along all d principal directions, the largest first; zeros where
	// there is none.
	Variances []float64

	// Share is that of the variance which the directions carry.
	Share float64

	// EffectiveRank is how many equal variances have the same entropy.
	EffectiveRank float64

	// Dead is the number of directions without variance, to rounding.
	Dead int
}

// String returns one line: how many directions are active, of how many.
func (a *Active) String() string {
	k, d := a.Directions.Dims()
	return fmt.Sprintf("%d of %d directions (%.0f %%) carry %.4g of the variance; effective rank %.4g; %d are dead", k, d, 100*float64(k)/float64(d), a.Share, a.EffectiveRank, a.Dead)
}

// Compute returns the active directions of the rows of x (n × d), as they vary about their
// mean. Time O(n·d·min(n, d)), memory 32·n·d bytes.
//
// Errors: those of mat32.CheckRows, mat32.Check and Resolve; *mat32.MemoryError;
// *mat32.DegenerateError where all rows are equal; and one that wraps ctx.Err().
func (a ActiveSubspace) Compute(ctx context.Context, x mat.Matrix) (*Active, error) {
	a, err := a.Resolve(0, 0)
	if err != nil {
		return nil, err
	}
	if err := check(ctx, activeMethod, 2, 0, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	m := int64(min(n, d))
	if err := mat32.CheckMemory(activeMethod, 32*int64(n)*int64(d)+16*m*m, a.MemoryLimit, "take fewer rows or columns"); err != nil {
		return nil, err
	}
	rows, unit, err := subspace.Centered(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", activeMethod, err)
	}
	if unit == 0 {
		return nil, &mat32.DegenerateError{Method: activeMethod, Reason: "all rows are equal: no direction is active"}
	}
	var values []float64
	var right *mat.Dense // directions as rows
	if n >= d {
		_, values, right, err = linalg.SVD(ctx, rows)
	} else {
		var left *mat.Dense
		if left, values, _, err = linalg.SVD(ctx, mat.DenseCopyOf(rows.T())); err == nil {
			right = mat.DenseCopyOf(left.T())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", activeMethod, err)
	}
	found := &Active{Variances: make([]float64, d)}
	rounding := float64(max(n, d)) * 0x1p-52 * values[0]
	total := 0.
	for k := range found.Variances {
		if k >= len(values) || values[k] <= rounding {
			found.Dead++
			continue
		}
		found.Variances[k] = values[k] * values[k] / float64(n-1)
		total += found.Variances[k]
	}
	count, err := spectrum.Share(found.Variances, a.Share)
	if err != nil {
		return nil, mat32.Rename(activeMethod, err)
	}
	if found.EffectiveRank, err = spectrum.EffectiveRank(found.Variances); err != nil {
		return nil, mat32.Rename(activeMethod, err)
	}
	for k := range found.Variances {
		if k < count { // added as total was: all of it is 1
			found.Share += found.Variances[k]
		}
		if found.Variances[k] *= unit * unit; math.IsInf(found.Variances[k], 0) {
			return nil, beyond(activeMethod)
		}
	}
	found.Share /= total
	found.Directions = mat.DenseCopyOf(right.Slice(0, count, 0, d))
	return found, nil
}

// Inside returns for every row of y (m × d), seen from the origin, the share of its squared
// length that lies in the active subspace: about k/d for directions at random. It is 0 for a
// row of zeros. Errors: those of mat32.CheckRows and mat32.Check; *mat32.ShapeError where y has
// other columns; and one that wraps ctx.Err().
func (a *Active) Inside(ctx context.Context, y mat.Matrix) ([]float64, error) {
	rows, along, _, err := a.along(ctx, y)
	if err != nil {
		return nil, err
	}
	inside := make([]float64, len(along))
	for i := range inside {
		inside[i] = share(kernel.Dot64(along[i], along[i]), kernel.Dot64(rows.RawRowView(i), rows.RawRowView(i)))
		inside[i] = min(inside[i], 1)
	}
	return inside, nil
}

// Project returns what of the rows of y (m × d) lies in the active subspace: where a
// dictionary should begin. Errors are those of Inside.
func (a *Active) Project(ctx context.Context, y mat.Matrix) (*mat.Dense, error) {
	rows, along, unit, err := a.along(ctx, y)
	if err != nil {
		return nil, err
	}
	for i, coordinates := range along {
		row := rows.RawRowView(i)
		clear(row)
		for k, c := range coordinates {
			kernel.Axpy64(c*unit, a.Directions.RawRowView(k), row)
		}
	}
	return rows, nil
}

// along returns the rows of y over unit, and their coordinates along the directions.
func (a *Active) along(ctx context.Context, y mat.Matrix) (rows *mat.Dense, along [][]float64, unit float64, err error) {
	if err := check(ctx, activeMethod, 1, 2, y); err != nil {
		return nil, nil, 0, err
	}
	m, columns := y.Dims()
	k, d := a.Directions.Dims()
	if columns != d {
		return nil, nil, 0, fmt.Errorf("%s: %w", activeMethod, &mat32.ShapeError{What: "y", Rows: m, Cols: columns, Want: fmt.Sprintf("%d columns, as the data had", d)})
	}
	if rows, unit, err = copyInUnits(ctx, y); err != nil {
		return nil, nil, 0, fmt.Errorf("%s: %w", activeMethod, err)
	}
	coordinates := mat.NewDense(m, k, nil)
	if err := kernel.Gemm64(ctx, blas.NoTrans, blas.Trans, 1, rows.RawMatrix(), a.Directions.RawMatrix(), 0, coordinates.RawMatrix()); err != nil {
		return nil, nil, 0, fmt.Errorf("%s: %w", activeMethod, err)
	}
	along = make([][]float64, m)
	for i := range along {
		along[i] = coordinates.RawRowView(i)
	}
	return rows, along, unit, nil
}

// DeadFeatures returns the share of the columns of codes (n × d), the activations of sparse
// features, that no row brings above threshold, in magnitude; 0 asks for features that are
// never other than zero. 0 is best: every feature is used; PerRow is empty, for features are
// columns. Time O(n·d).
//
// Errors: those of mat32.CheckRows and mat32.Check; *mat32.ParamError for a threshold that is
// negative or no number; and one that wraps ctx.Err().
//
// Source: J. Wang, X. Ge, W. Shu, Z. He and X. Qiu (2025), Attention layers add into
// low-dimensional residual subspaces.
func DeadFeatures(ctx context.Context, codes mat.Matrix, threshold float64) (measure.Score, error) {
	const method = "geometry.DeadFeatures"
	if err := check(ctx, method, 1, 0, codes); err != nil {
		return measure.Score{}, err
	}
	if !(threshold >= 0 && threshold <= math.MaxFloat64) {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "threshold", Value: threshold, Want: "0 ≤ threshold < ∞"}
	}
	n, d := codes.Dims()
	alive, buf := make([]bool, d), make([]float64, d)
	for i := range n {
		if i%256 == 0 && ctx.Err() != nil {
			return measure.Score{}, fmt.Errorf("%s: %w", method, ctx.Err())
		}
		for j, v := range mat32.Row(buf, i, codes) {
			if math.Abs(v) > threshold {
				alive[j] = true
			}
		}
	}
	s := measure.Score{Name: "dead features", Rows: n, Convention: fmt.Sprintf("share of columns never above %.4g in magnitude; 0 is best", threshold)}
	for _, a := range alive {
		if !a {
			s.Value += 1 / float64(d)
		}
	}
	return s, nil
}
