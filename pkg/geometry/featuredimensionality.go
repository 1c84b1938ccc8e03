package geometry

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/measure"
)

// FeatureDimensionality says how much of a dimension each feature has to itself, where the
// rows of w are the directions of features (n × d): ‖wᵢ‖²/Σⱼ(ŵᵢ·wⱼ)², with ŵᵢ of length 1. It is 1
// for a feature that no other touches, 1/2 for each of a pair of opposites that share one
// dimension, 2/3 for those of a triangle in a plane, 3/4 for those of a tetrahedron, and 0
// for a feature that is not there. PerRow is that of every feature; the value is their mean, and
// their sum at most d.
//
// Time O(n·d·min(n, d)), memory 16·n·d bytes and 8·min(n, d)². Errors: those of
// mat32.CheckRows and mat32.Check; *mat32.MemoryError; and one that wraps ctx.Err().
//
// Source: N. Elhage, T. Hume, C. Olsson, N. Schiefer, T. Henighan, S. Kravec, Z. Hatfield-Dodds
// and others (2022), Toy models of superposition.
func FeatureDimensionality(ctx context.Context, w mat.Matrix) (measure.Score, error) {
	const method = "geometry.FeatureDimensionality"
	if err := check(ctx, method, 1, 2, w); err != nil {
		return measure.Score{}, err
	}
	rows, _, err := copyInUnits(ctx, w)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	n, d := rows.Dims()
	s := measure.Score{Name: "feature dimensionality", Rows: n, PerRow: make([]float64, n),
		Convention: "mean of ‖w‖²/Σ(ŵ·w′)² over rows as features, seen from the origin; 1 is a dimension each"}
	// Row i of seen holds what its length to the fourth power is compared with, as a product
	// with the row itself or with what it is made of.
	width, inner := d, blas.Trans
	if n < d {
		width, inner = n, blas.NoTrans
	}
	products, seen := blas64.General{Rows: width, Cols: width, Stride: width, Data: make([]float64, width*width)}, rows
	err = kernel.Syrk64(ctx, inner, 1, rows.RawMatrix(), 0, products)
	if err == nil && n >= d {
		seen = mat.NewDense(n, d, nil)
		err = kernel.Gemm64(ctx, blas.NoTrans, blas.NoTrans, 1, rows.RawMatrix(), products, 0, seen.RawMatrix())
	}
	if err == nil {
		err = par.Blocks(ctx, n, blockRows, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := rows.RawRowView(i)
				length := kernel.Dot64(row, row)
				var shared float64
				if n < d {
					shared = kernel.Dot64(products.Data[i*n:(i+1)*n], products.Data[i*n:(i+1)*n])
				} else {
					shared = kernel.Dot64(row, seen.RawRowView(i))
				}
				if length > 0 && shared > 0 {
					s.PerRow[i] = min(length*length/shared, 1)
				}
			}
		})
	}
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	absent := 0
	for _, v := range s.PerRow {
		s.Value += v
		if v == 0 {
			absent++
		}
	}
	s.Value /= float64(n)
	if absent > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d features are zero, and have no dimension", absent))
	}
	return s, nil
}
