package dr

import (
	"context"
	"errors"
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/kernel"
	"github.com/flatland-go/flatland/internal/linalg"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// randomized returns about the first k principal components, from products of the
// rows with random blocks. Float32 rows stay float32; sparse ones are not centred in
// memory.
func (p PCA) randomized(ctx context.Context, x mat.Matrix, weights []float64) (mean []float64, s *directions, err error) {
	_, d := x.Dims()
	stage := watch.Start(ctx, "PCA: random blocks", 1)
	var a linalg.Rectangular
	columns, unit, total := d, 1., 0.
	var c *centered
	if sparse, ok := x.(*mat32.CSR); ok {
		mean, a, unit, total, err = centeredSparse(ctx, sparse, weights)
	} else {
		if c, err = newCenteredBy(ctx, x, weights); err != nil {
			return nil, nil, err
		}
		mean, columns = c.mean, len(c.columns)
		if columns == 0 || !finite(mean) {
			return mean, nil, nil
		}
		a, unit, total, err = c.copied(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	s = &directions{scatter: make([]float64, p.Components), total: total * unit * unit}
	if total == 0 && c == nil {
		return mean, nil, nil
	}
	if total == 0 {
		return mean, s, nil
	}
	f, err := linalg.RangeFinder{Rank: p.Components, Oversample: p.Oversample, Iterations: p.Iterations, Seed: p.Seed}.Factor(ctx, a)
	if errors.Is(err, linalg.ErrNotFinite) {
		s.total = math.Inf(1)
		return mean, s, nil
	}
	if err != nil {
		return nil, nil, err
	}
	inside := min(p.Components, columns)
	found := mat.NewDense(inside, columns, nil)
	for i, v := range f.Values {
		if i < inside {
			found.SetRow(i, f.V.RawRowView(i))
			s.scatter[i] = v * v * unit * unit
		}
	}
	// Directions beyond the rank are any at right angles to the others.
	if len(f.Values) < inside {
		if err := linalg.Orthonormalize(ctx, found); err != nil {
			return nil, nil, err
		}
	}
	if c == nil {
		s.components = found
	} else {
		s.components = c.spread(found, p.Components)
	}
	stage.Add(1)
	return mean, s, nil
}

// copied returns the centred rows over unit, a power of two, of the same type as the
// matrix, and the sum of their squares.
func (c *centered) copied(ctx context.Context) (a linalg.Rectangular, unit, total float64, err error) {
	m := len(c.columns)
	var single []float32
	var double *mat.Dense
	if c.single != nil {
		single = make([]float32, c.n*m)
		a = linalg.Rows32{X: blas32.General{Rows: c.n, Cols: m, Stride: m, Data: single}}
	} else {
		double = mat.NewDense(c.n, m, nil)
		a = linalg.Rows64{X: double}
	}
	const block = 256
	parts := make([]float64, (c.n+block-1)/block)
	type scratch struct{ row, buf []float64 }
	// fill writes the rows times scale, and returns the sum of what of says of each.
	fill := func(scale float64, of func(row []float64) float64, add func(a, b float64) float64) (float64, error) {
		clear(parts)
		err := par.BlocksWith(ctx, c.n, block, func() scratch { return scratch{make([]float64, m), make([]float64, c.d)} }, func(s scratch, lo, hi int) {
			for i := lo; i < hi; i++ {
				row := s.row
				if double != nil {
					row = double.RawRowView(i)
				}
				c.put(row, s.buf, i)
				if scale != 1 {
					kernel.Scal64(scale, row)
				}
				parts[lo/block] = add(parts[lo/block], of(row))
				if double == nil {
					to := single[i*m : (i+1)*m]
					for j, v := range row {
						to[j] = float32(v)
					}
				}
			}
		})
		sum := 0.
		for _, p := range parts {
			sum = add(sum, p)
		}
		return sum, err
	}
	square := func(row []float64) float64 { return kernel.Dot64(row, row) }
	plus := func(a, b float64) float64 { return a + b }
	if total, err = fill(1, square, plus); err != nil {
		return nil, 0, 0, err
	}
	if rms := math.Sqrt(total / float64(c.n) / float64(m)); rms > 0x1p-60 && rms < 0x1p60 {
		return a, 1, total, nil
	}
	// Squares, or the values as float32, are near where numbers end.
	most, err := fill(1, largest, func(a, b float64) float64 { return max(a, b) })
	if err != nil {
		return nil, 0, 0, err
	}
	unit = 1
	if most > 0 && most <= math.MaxFloat64 {
		unit = binary(most)
	}
	total, err = fill(1/unit, square, plus)
	return a, unit, total, err
}

// largest returns the largest magnitude in v.
func largest(v []float64) float64 {
	most := 0.
	for _, x := range v {
		most = max(most, math.Abs(x))
	}
	return most
}

// centeredSparse returns the means of the columns of x, and x less these, over unit,
// as what multiplies blocks of vectors, with the sum of its squares.
func centeredSparse(ctx context.Context, x *mat32.CSR, weights []float64) (mean []float64, a linalg.Rectangular, unit, total float64, err error) {
	n, d := x.Dims()
	if same, err := allEqual(ctx, x, weights); same || err != nil {
		return nil, linalg.Centered{}, 1, 0, err
	}
	most, err := magnitude(ctx, x)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	unit = 1
	if most > 0 && (most < 0x1p-60 || most > 0x1p60) {
		unit = binary(most)
	}
	y, err := sparse(ctx, x, 1/unit)
	if err != nil {
		return nil, nil, 0, 0, err
	}
	// Sums run over the rows in order, of which sparse ones have few values.
	mean = make([]float64, d)
	seen, squares := make([]float64, d), make([]float64, d)
	size := 0.
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	each := func(f func(j int32, v, w float64)) error {
		for i := range n {
			if i%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			columns, values := y.Row(i)
			w := weight(i)
			for t, j := range columns {
				f(j, values[t], w)
			}
		}
		return nil
	}
	for i := range n {
		size += weight(i)
	}
	if err := each(func(j int32, v, w float64) { mean[j] += w * v; seen[j] += w }); err != nil {
		return nil, nil, 0, 0, err
	}
	for j := range mean {
		mean[j] /= size
	}
	if err := each(func(j int32, v, w float64) { squares[j] += w * (v - mean[j]) * (v - mean[j]) }); err != nil {
		return nil, nil, 0, 0, err
	}
	for j, m := range mean {
		total += squares[j] + max(size-seen[j], 0)*m*m
	}
	a = linalg.Centered{Of: y, Mean: append([]float64(nil), mean...)}
	if weights != nil {
		roots := make([]float64, n)
		for i, w := range weights {
			roots[i] = math.Sqrt(w)
		}
		a = rowScaled{a, roots}
	}
	kernel.Scal64(unit, mean)
	return mean, a, unit, total, nil
}

// allEqual reports whether all rows that count are the same.
func allEqual(ctx context.Context, x mat.Matrix, weights []float64) (bool, error) {
	distinct, err := mat32.DistinctContext(ctx, x)
	if err != nil || weights == nil {
		return len(distinct) == 1, err
	}
	var rows []int
	for i, w := range weights {
		if w > 0 {
			rows = append(rows, i)
		}
	}
	distinct, err = mat32.DistinctContext(ctx, mat32.Select(x, rows))
	return len(distinct) == 1, err
}

// rowScaled is a matrix whose rows are multiplied by numbers.
type rowScaled struct {
	of linalg.Rectangular
	by []float64
}

func (a rowScaled) Dims() (rows, cols int) { return a.of.Dims() }

func (a rowScaled) Mul(ctx context.Context, dst, x *mat.Dense) error {
	if err := a.of.Mul(ctx, dst, x); err != nil {
		return err
	}
	scaleRows(dst, a.by)
	return nil
}

func (a rowScaled) MulTrans(ctx context.Context, dst, x *mat.Dense) error {
	y := mat.DenseCopyOf(x)
	scaleRows(y, a.by)
	return a.of.MulTrans(ctx, dst, y)
}
