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

// ParallelogramScore says how nearly rows of x form parallelograms, as "man, woman, king,
// queen" should: for quads (a, b, c, d) of rows it is the length of (b−a) − (d−c), over the root
// mean square length of the two. 0 is a parallelogram, √2 sides at right angles, 2 opposite
// ones; PerRow is that of every quad, and NaN where both sides have no length. Directions
// that the data share for other reasons hide parallelograms: see ProjectOut.
//
// Time O(quads·d). Errors: those of mat32.CheckRows and mat32.Check; *mat32.ParamError
// for quads that are none, or of rows that do not exist; *mat32.DegenerateError where no side
// has a length; and one that wraps ctx.Err().
//
// Source: Y. Li, E. Michaud, D. Baek, J. Engels, X. Sun and M. Tegmark (2024), The geometry of
// concepts: sparse autoencoder feature structure.
func ParallelogramScore(ctx context.Context, x mat.Matrix, quads [][4]int) (measure.Score, error) {
	const method = "geometry.ParallelogramScore"
	if err := check(ctx, method, 1, 1, x); err != nil {
		return measure.Score{}, err
	}
	n, d := x.Dims()
	if len(quads) == 0 {
		return measure.Score{}, &mat32.ParamError{Method: method, Param: "quads", Value: 0, Want: "at least one"}
	}
	for _, q := range quads {
		for _, i := range q {
			if i < 0 || i >= n {
				return measure.Score{}, &mat32.ParamError{Method: method, Param: "quads", Value: q, Want: fmt.Sprintf("rows from 0 to %d", n-1)}
			}
		}
	}
	rows, _, err := copyInUnits(ctx, x)
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	s := measure.Score{Name: "parallelogram error", PerRow: make([]float64, len(quads)),
		Convention: "mean of |(b−a) − (d−c)| over the root mean square of both; 0 is a parallelogram"}
	err = par.BlocksWith(ctx, len(quads), blockRows, func() [2][]float64 { return [2][]float64{make([]float64, d), make([]float64, d)} }, func(sides [2][]float64, lo, hi int) {
		for q := lo; q < hi; q++ {
			squares, largest := 0., 0.
			for side, to := range sides {
				copy(to, rows.RawRowView(quads[q][2*side+1]))
				kernel.Axpy64(-1, rows.RawRowView(quads[q][2*side]), to)
				for _, v := range to {
					largest = max(largest, math.Abs(v))
				}
			}
			if largest == 0 {
				s.PerRow[q] = math.NaN()
				continue
			}
			for _, to := range sides {
				for j := range to {
					to[j] /= largest
				}
				squares += kernel.Dot64(to, to)
			}
			s.PerRow[q] = math.Sqrt(kernel.SquaredDistance64(sides[0], sides[1]) / (squares / 2))
		}
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", method, err)
	}
	for _, v := range s.PerRow {
		if !math.IsNaN(v) {
			s.Value += v
			s.Rows++
		}
	}
	if s.Rows == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: method, Reason: "the rows of every side are equal: there is no parallelogram"}
	}
	s.Value /= float64(s.Rows)
	if out := len(quads) - s.Rows; out > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%d quads have no sides and were left out", out))
	}
	return s, nil
}
