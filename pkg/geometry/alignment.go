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

const alignment = "geometry.Alignment"

// Alignment returns how near two views x and y (n × d) of the same samples lie to each other on
// the sphere: the mean of ‖u−v‖^power over the rows, brought to length 1. 0 is the same,
// 2^power opposite. A power of 2 is customary, and what 0 means: that is 2 less twice the
// mean cosine; larger ones look at the pairs that are furthest apart. Alignment is best for a
// single point and Uniformity for noise: they are read together. PerRow is that of each row.
//
// Rows are seen from the origin; pairs of which one is zero are left out. Time O(n·d), memory
// 8·n bytes. Errors: those of mat32.CheckRows and mat32.Check for x and y;
// *mat32.ShapeError where their shapes differ; *mat32.ParamError for a power below 0 or above
// 1000; *mat32.DegenerateError where no row is other than zero in both; and one that wraps
// ctx.Err().
//
// Source: T. Wang and P. Isola (2020), Understanding contrastive representation learning
// through alignment and uniformity on the hypersphere.
func Alignment(ctx context.Context, x, y mat.Matrix, power float64) (measure.Score, error) {
	if !(power >= 0 && power <= 1000) {
		return measure.Score{}, &mat32.ParamError{Method: alignment, Param: "power", Value: power, Want: "0 < power ≤ 1000, or 0 for 2"}
	}
	if power == 0 {
		power = 2
	}
	if err := checkViews(ctx, alignment, 1, x, y); err != nil {
		return measure.Score{}, err
	}
	n, d := x.Dims()
	each := make([]float64, n)
	type rows struct{ x, y []float64 }
	err := par.BlocksWith(ctx, n, blockRows, func() rows { return rows{make([]float64, d), make([]float64, d)} }, func(r rows, lo, hi int) {
		for i := lo; i < hi; i++ {
			if u := mat32.Row(r.x, i, x); &u[0] != &r.x[0] {
				copy(r.x, u)
			}
			if v := mat32.Row(r.y, i, y); &v[0] != &r.y[0] {
				copy(r.y, v)
			}
			if !normalize(r.x) || !normalize(r.y) {
				each[i] = math.NaN()
				continue
			}
			kernel.Axpy64(-1, r.y, r.x)
			each[i] = math.Pow(kernel.Dot64(r.x, r.x), power/2)
		}
	})
	if err != nil {
		return measure.Score{}, fmt.Errorf("%s: %w", alignment, err)
	}
	s := measure.Score{Name: "alignment", PerRow: each,
		Convention: fmt.Sprintf("mean distance of unit rows to the power %g; 0 is the same", power)}
	for _, v := range each {
		if !math.IsNaN(v) {
			s.Value += v
			s.Rows++
		}
	}
	if s.Rows == 0 {
		return measure.Score{}, &mat32.DegenerateError{Method: alignment, Reason: "no row is other than zero in both views"}
	}
	s.Value /= float64(s.Rows)
	if out := n - s.Rows; out > 0 {
		s.Notes = []string{fmt.Sprintf("%d rows that are zero in a view have no direction and were left out", out)}
	}
	return s, nil
}

// checkViews refuses views that are no rows, of different shapes, or of fewer than least
// rows.
func checkViews(ctx context.Context, method string, least int, x, y mat.Matrix) error {
	for _, m := range []struct {
		name string
		mat.Matrix
	}{{"x", x}, {"y", y}} {
		if err := mat32.CheckRows(method, m.Matrix); err != nil {
			return err
		}
		if err := mat32.CheckContext(ctx, m.Matrix); err != nil {
			return fmt.Errorf("%s: %s: %w", method, m.name, err)
		}
	}
	n, d := x.Dims()
	if n < least {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows", least)})
	}
	if rows, cols := y.Dims(); rows != n || cols != d {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "y", Rows: rows, Cols: cols, Want: fmt.Sprintf("the shape of x, %d × %d", n, d)})
	}
	return nil
}
