package geometry

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/internal/subspace"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/measure"
)

// blockRows is how many rows are looked at together.
const blockRows = 64

// check refuses what are no rows, or fewer than least; copies is how many matrices of the
// size of x, in float64, the method takes. Errors name the method.
func check(ctx context.Context, method string, least int, copies int64, x mat.Matrix) error {
	if err := mat32.CheckRows(method, x); err != nil {
		return err
	}
	if err := mat32.CheckContext(ctx, x); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	n, d := x.Dims()
	if n < least {
		return fmt.Errorf("%s: %w", method, &mat32.ShapeError{What: "x", Rows: n, Cols: d, Want: fmt.Sprintf("at least %d rows", least)})
	}
	m := int64(min(n, d))
	return mat32.CheckMemory(method, 8*copies*(int64(n)*int64(d)+2*m*m), 0, "take fewer rows or columns")
}

// directions are the rows of a matrix at length 1, as seen from the origin. Rows of zeros
// have none and are left out.
type directions struct {
	rows  *mat.Dense
	at    []int // which rows they are
	given int
}

// directionsOf checks x as check does, and that at least least rows have a direction.
func directionsOf(ctx context.Context, method string, least int, copies int64, x mat.Matrix) (*directions, error) {
	if err := check(ctx, method, least, copies, x); err != nil {
		return nil, err
	}
	n, d := x.Dims()
	rows := mat.NewDense(n, d, nil)
	has := make([]bool, n)
	err := par.BlocksWith(ctx, n, blockRows, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			to := rows.RawRowView(i)
			copy(to, mat32.Row(buf, i, x))
			has[i] = normalize(to)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	z := &directions{given: n}
	for i, ok := range has {
		if !ok {
			continue
		}
		if k := len(z.at); k < i {
			copy(rows.RawRowView(k), rows.RawRowView(i))
		}
		z.at = append(z.at, i)
	}
	if err := enough(method, least, len(z.at), n); err != nil {
		return nil, err
	}
	z.rows = rows.Slice(0, len(z.at), 0, d).(*mat.Dense)
	return z, nil
}

// normalize brings a row to length 1, and reports whether it has a direction. Its squares
// may be beyond the range of float64.
func normalize(row []float64) bool {
	if square := kernel.Dot64(row, row); square > 1e-280 && square < 1e280 {
		kernel.Scal64(1/math.Sqrt(square), row)
		return true
	}
	largest := 0.
	for _, v := range row {
		largest = max(largest, math.Abs(v))
	}
	if largest == 0 {
		return false
	}
	for j := range row {
		row[j] /= largest
	}
	kernel.Scal64(1/math.Sqrt(kernel.Dot64(row, row)), row)
	return true
}

// unitOf returns row i of x and what it is to be multiplied by for length 1: 0 where it has no
// direction. The row is x's own or in buf.
func unitOf(buf []float64, i int, x mat.Matrix) (row []float64, factor float64) {
	row = mat32.Row(buf, i, x)
	if square := kernel.Dot64(row, row); square > 1e-280 && square < 1e280 {
		return row, 1 / math.Sqrt(square)
	}
	copy(buf, row)
	if !normalize(buf) {
		return buf, 0
	}
	return buf, 1
}

// heading is where rows point to.
type heading struct {
	total []float64 // the sum of the directions
	at    []int     // which rows have one
	given int
}

// headingOf checks x as directionsOf does, and keeps no copy of it.
func headingOf(ctx context.Context, method string, least int, copies int64, x mat.Matrix) (*heading, error) {
	if err := check(ctx, method, least, copies, x); err != nil {
		return nil, err
	}
	const size = 512 // sums are kept for each block
	n, d := x.Dims()
	has, parts := make([]bool, n), make([][]float64, (n+size-1)/size)
	err := par.BlocksWith(ctx, n, size, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		s := make([]float64, d)
		for i := lo; i < hi; i++ {
			if row, f := unitOf(buf, i, x); f > 0 {
				has[i] = true
				kernel.Axpy64(f, row, s)
			}
		}
		parts[lo/size] = s
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	h := &heading{total: make([]float64, d), given: n}
	for _, s := range parts {
		kernel.Axpy64(1, s, h.total)
	}
	for i, ok := range has {
		if ok {
			h.at = append(h.at, i)
		}
	}
	return h, enough(method, least, len(h.at), n)
}

// enough refuses fewer than least directions.
func enough(method string, least, have, n int) error {
	if have < least {
		return &mat32.DegenerateError{Method: method, Reason: fmt.Sprintf("%d of %d rows are not zero, and have a direction: it takes %d", have, n, least)}
	}
	return nil
}

// leftOut says how many of the rows given have no direction.
func leftOut(have, given int) []string {
	if have < given {
		return []string{fmt.Sprintf("%d rows of zeros have no direction and were left out", given-have)}
	}
	return nil
}

func (z *directions) notes() []string { return leftOut(len(z.at), z.given) }

// perRow spreads values of the rows at over all that were given, NaN where one has none.
func perRow(values []float64, at []int, given int) []float64 {
	if len(values) == given {
		return values
	}
	all := make([]float64, given)
	for i := range all {
		all[i] = math.NaN()
	}
	for k, i := range at {
		all[i] = values[k]
	}
	return all
}

// inUnits returns the rows of x divided by a power of two, unit, so that no sum of their squares
// leaves the range of float64. Rows that need none are x's own where x is of float64, and must not
// be written to.
func inUnits(ctx context.Context, x mat.Matrix) (rows *mat.Dense, unit float64, err error) {
	n, d := x.Dims()
	own, is := x.(*mat.Dense)
	if !is {
		own = mat.NewDense(n, d, nil)
	}
	longest := make([]float64, (n+blockRows-1)/blockRows) // squared
	err = par.BlocksWith(ctx, n, blockRows, func() []float64 { return make([]float64, d) }, func(buf []float64, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := mat32.Row(buf, i, x)
			if !is {
				copy(own.RawRowView(i), row)
			}
			longest[lo/blockRows] = max(longest[lo/blockRows], kernel.Dot64(row, row))
		}
	})
	if err != nil {
		return nil, 0, err
	}
	if square := slices.Max(longest); square > 1e-200 && square < 1e200 {
		return own, 1, nil
	}
	most := max(mat.Max(own), -mat.Min(own))
	if most == 0 {
		return own, 1, nil
	}
	_, e := math.Frexp(most)
	rows = mat.NewDense(n, d, nil)
	return rows, math.Ldexp(1, e-1), par.Blocks(ctx, n, blockRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := rows.RawRowView(i)
			for j, v := range own.RawRowView(i) {
				to[j] = math.Ldexp(v, 1-e)
			}
		}
	})
}

// sumRows returns the sum of the rows of a.
func sumRows(ctx context.Context, a *mat.Dense) ([]float64, error) {
	const size = 512 // sums are kept for each block
	n, d := a.Dims()
	parts := make([][]float64, (n+size-1)/size)
	err := par.Blocks(ctx, n, size, func(lo, hi int) {
		s := make([]float64, d)
		for i := lo; i < hi; i++ {
			kernel.Axpy64(1, a.RawRowView(i), s)
		}
		parts[lo/size] = s
	})
	total := make([]float64, d)
	for _, s := range parts {
		if s != nil {
			kernel.Axpy64(1, s, total)
		}
	}
	return total, err
}

// centeredRows checks x as check does and returns its rows less their mean, divided by unit.
func centeredRows(ctx context.Context, method string, least int, copies int64, x mat.Matrix) (a *mat.Dense, unit float64, err error) {
	if err := check(ctx, method, least, copies, x); err != nil {
		return nil, 0, err
	}
	if a, unit, err = subspace.Centered(ctx, x); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", method, err)
	}
	return a, unit, nil
}

// varied is centeredRows of rows that are not all equal.
func varied(ctx context.Context, method string, least int, copies int64, x mat.Matrix) (*mat.Dense, float64, error) {
	a, unit, err := centeredRows(ctx, method, least, copies, x)
	if err == nil && unit == 0 {
		err = &mat32.DegenerateError{Method: method, Reason: "all rows are equal: nothing is spread"}
	}
	return a, unit, err
}

// spectrumOf returns all d moments, those that are zero for want of rows as well.
func spectrumOf(ctx context.Context, a *mat.Dense) ([]float64, error) {
	values, err := subspace.Moments(ctx, a)
	if err != nil {
		return nil, err
	}
	_, d := a.Dims()
	return append(values, make([]float64, d-len(values))...), nil
}

func totalOf(values []float64) (s float64) {
	for _, v := range values {
		s += v
	}
	return s
}

// finite refuses scores beyond float64.
func finite(method string, s measure.Score) (measure.Score, error) {
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		return measure.Score{}, beyond(method)
	}
	return s, nil
}

func beyond(method string) error {
	return &mat32.DegenerateError{Method: method, Reason: "the value is beyond the range of float64"}
}
