package geometry

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// Homogeneity returns how unevenly a path on the sphere runs along its targets: Σ‖Δu‖²/Δy over the
// steps from row to row of x (n × d), brought to length 1, the energy of the path. Of all ways to
// run along it the one of constant speed has the least, L²/Y for a length L and a range Y of the
// targets, which Convention says: a path is homogeneous where the value is near that. Targets
// increase from row to row; nil means steps of 1.
//
// Rows are seen from the origin. Time O(n·d), memory 8·n·d bytes. Errors: those of
// mat32.CheckRows and mat32.Check, *mat32.ShapeError below 2 rows and unless there is a target
// for each, *mat32.ParamError for targets that do not increase, *mat32.DegenerateError for
// a row of zeros and where the value is beyond float64, *mat32.MemoryError, and one that wraps
// ctx.Err().
//
// Source: Z. Dong, Y. Wu, C. Chen, Y. Zou, Y. Zhang and J. Zhou (2025), Improve representation for
// imbalanced regression through geometric constraints.
func Homogeneity(ctx context.Context, x mat.Matrix, targets []float64) (measure.Score, error) {
	const method = "geometry.Homogeneity"
	z, err := directionsOf(ctx, method, 2, 1, x)
	if err != nil {
		return measure.Score{}, err
	}
	if len(z.at) < z.given {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "a row is zero and lies nowhere on the sphere: leave it out, with its target"}
	}
	n := z.given
	if targets != nil && len(targets) != n {
		return measure.Score{}, fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "targets", Rows: len(targets), Cols: 1, Want: fmt.Sprintf("one for each of %d rows", n)})
	}
	gap := func(i int) float64 { return 1 }
	if targets != nil {
		gap = func(i int) float64 { return targets[i+1] - targets[i] }
		for i := range n - 1 {
			if g := gap(i); !(g > 0) || math.IsInf(g, 0) {
				return measure.Score{}, &mat32.ParamError{Method: method, Param: "targets", Value: targets[i+1], Want: fmt.Sprintf("above that of the row before, %v", targets[i])}
			}
		}
	}
	squares := make([]float64, n-1)
	err = par.Blocks(ctx, n-1, blockRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			squares[i] = kernel.SquaredDistance64(z.rows.RawRowView(i), z.rows.RawRowView(i+1))
		}
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	var energy, length, whole float64
	for i, s := range squares {
		energy += s / gap(i)
		length += math.Sqrt(s)
		whole += gap(i)
	}
	return finite(method, measure.Score{Name: "homogeneity", Value: energy, Rows: n,
		Convention: fmt.Sprintf("Σ‖Δu‖²/Δy of unit rows; least at constant speed, where it is %.6g", length*length/whole)})
}
