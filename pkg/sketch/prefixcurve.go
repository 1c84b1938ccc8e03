package sketch

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/rng"
	"github.com/flatland-go/flatland/internal/screen"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// PrefixCurve measures how well the first columns of an embedding do for all of
// them: for each length of the prefix, the share of the nearest rows of x that are
// among the nearest by the prefix of y. Distances are exact.
//
// Time that of Queries·n distances for x and every prefix, memory 13·n·(columns)
// bytes for the larger of x and y at most, and 24·Queries·Neighbors.
//
// Source: Kusupati et al. (2022), Matryoshka representation learning.
type PrefixCurve struct {
	// Dims are the lengths of prefixes, ascending, from 1 to the columns of y. Nil
	// means 1, 2, 4, … and all columns.
	Dims []int

	// Neighbors is how many nearest other rows are compared. Larger ones look
	// farther. Zero means 10, or all others where there are fewer.
	Neighbors int

	// Queries is how many rows are asked about, drawn without replacement. Larger
	// ones take more time and err less. Zero means 1000. Where there are no more
	// rows than that, all are.
	Queries int

	// Seed chooses the rows asked about.
	Seed uint64
}

// Curve is what PrefixCurve measured, a value for each length.
type Curve struct {
	Dims      []int
	Recall    []float64 // share of the nearest rows found, 1 at best
	StdErr    []float64 // of Recall, for rows that were drawn; 0 where all were asked about
	Variance  []float64 // share of the variance of y's columns that the prefix holds
	Neighbors int
	Rows      int // asked about
}

const prefixCurve = "sketch.PrefixCurve"

// Resolve fills in the defaults for n rows and an embedding of d columns, and
// checks the ranges.
func (p PrefixCurve) Resolve(n, d int) (PrefixCurve, error) {
	if p.Dims == nil {
		for m := 1; m < d; m *= 2 {
			p.Dims = append(p.Dims, m)
		}
		p.Dims = append(p.Dims, d)
	}
	if p.Neighbors == 0 {
		p.Neighbors = max(1, min(10, n-1))
	}
	if p.Queries == 0 {
		p.Queries = 1000
	}
	for i, m := range p.Dims {
		if m < 1 || m > d || i > 0 && m <= p.Dims[i-1] {
			return p, &mat32.ParamError{Method: prefixCurve, Param: "Dims", Value: m, Want: fmt.Sprintf("ascending lengths from 1 to %d", d)}
		}
	}
	if err := checkRange(prefixCurve, "Neighbors", p.Neighbors, 1, max(n-1, 1)); err != nil {
		return p, err
	}
	return p, checkRange(prefixCurve, "Queries", p.Queries, 1, most)
}

// Compare measures prefixes of y against x, which has as many rows: the data that y
// was made of, or y itself. Errors: those of mat32.CheckRows and mat32.Check,
// *mat32.ParamError, *mat32.ShapeError for other numbers of rows or fewer than two,
// *mat32.DegenerateError where all rows of x or of y are equal, *mat32.MemoryError, and one
// that wraps ctx.Err().
func (p PrefixCurve) Compare(ctx context.Context, x, y mat.Matrix) (*Curve, error) {
	n, _, err := checkShape(ctx, prefixCurve, x)
	if err != nil {
		return nil, err
	}
	m, d, err := checkShape(ctx, prefixCurve, y)
	if err != nil {
		return nil, err
	}
	for _, z := range []mat.Matrix{x, y} {
		if err := mat32.CheckContext(ctx, z); err != nil {
			return nil, fmt.Errorf("%s: %w", prefixCurve, err)
		}
	}
	if n < 2 || m != n {
		return nil, fmt.Errorf("%s: %w", prefixCurve, &mat32.ShapeError{What: "y", Rows: m, Cols: d, Want: fmt.Sprintf("the %d rows of x, and at least 2", n)})
	}
	if p, err = p.Resolve(n, d); err != nil {
		return nil, err
	}
	rows := p.rows(n)
	need := max(screen.Bytes(x), 9*int64(n)*int64(d)+screen.Bytes(y)) + 24*int64(len(rows))*int64(p.Neighbors+1)
	if err := mat32.CheckMemory(prefixCurve, need, 0, "take fewer rows"); err != nil {
		return nil, err
	}
	variance, err := shares(ctx, y)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prefixCurve, err)
	}
	of, err := shares(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prefixCurve, err)
	}
	if variance == nil || of == nil {
		return nil, &mat32.DegenerateError{Method: prefixCurve, Reason: "all rows of x or of y are equal: there are no neighbours to keep"}
	}
	want, err := nearest(ctx, x, rows, p.Neighbors)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", prefixCurve, err)
	}
	c := &Curve{Dims: p.Dims, Neighbors: p.Neighbors, Rows: len(rows)}
	for _, m := range p.Dims {
		got, err := nearest(ctx, prefix(ctx, y, m), rows, p.Neighbors)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", prefixCurve, err)
		}
		mean, stdErr := agreement(want, got, p.Neighbors, n)
		c.Recall, c.StdErr, c.Variance = append(c.Recall, mean), append(c.StdErr, stdErr), append(c.Variance, variance[m-1])
	}
	return c, nil
}

// rows returns those asked about, ascending.
func (p PrefixCurve) rows(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	if n <= p.Queries {
		return all
	}
	s := rng.New(p.Seed, prefixCurve, 0)
	for i := range p.Queries {
		j := i + s.IntN(n-i)
		all[i], all[j] = all[j], all[i]
	}
	slices.Sort(all[:p.Queries])
	return all[:p.Queries]
}

// prefix returns the first m columns of y: a view where y has one, else a copy, which
// ends where ctx is done.
func prefix(ctx context.Context, y mat.Matrix, m int) mat.Matrix {
	n, d := y.Dims()
	switch y := y.(type) {
	case *mat.Dense:
		return y.Slice(0, n, 0, m)
	case *mat32.Dense:
		first := mat32.NewDense(n, m, nil)
		for i := 0; i < n && ctx.Err() == nil; i++ {
			copy(first.Row(i), y.Row(i))
		}
		return first
	}
	first, buf := mat.NewDense(n, m, nil), make([]float64, d)
	for i := 0; i < n && ctx.Err() == nil; i++ {
		first.SetRow(i, mat32.Row(buf, i, y)[:m])
	}
	return first
}

// shares returns the share of the variance that the columns up to each hold, nil
// where there is none.
func shares(ctx context.Context, y mat.Matrix) ([]float64, error) {
	n, d := y.Dims()
	buf := make([]float64, d)
	size := 0. // of the values, so that squares stay in float64
	for i := range n {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, v := range mat32.Row(buf, i, y) {
			size = max(size, math.Abs(v))
		}
	}
	if size == 0 {
		return nil, nil
	}
	first, mean, sum := make([]float64, d), make([]float64, d), make([]float64, d)
	for j, v := range mat32.Row(buf, 0, y) {
		first[j] = v / size
	}
	for i := range n {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for j, v := range mat32.Row(buf, i, y) {
			e := v/size - first[j] // 0 where the column is constant
			mean[j] += e / float64(n)
			sum[j] += e * e
		}
	}
	for j := range sum {
		sum[j] = max(sum[j]-float64(n)*mean[j]*mean[j], 0)
	}
	for j := range d - 1 {
		sum[j+1] += sum[j]
	}
	total := sum[d-1]
	if !(total > 0) {
		return nil, nil
	}
	for j := range sum {
		sum[j] /= total
	}
	return sum, nil
}

// nearest returns the k nearest other rows of every row listed.
func nearest(ctx context.Context, x mat.Matrix, rows []int, k int) ([]int32, error) {
	r, err := screen.New(ctx, x)
	if err != nil {
		return nil, err
	}
	q, err := r.Ask(ctx, mat32.Select(x, rows))
	if err != nil {
		return nil, err
	}
	found := make([]int32, len(rows)*(k+1))
	if err := q.Nearest(ctx, k+1, found, make([]float64, len(found))); err != nil {
		return nil, err
	}
	others := found[:0]
	for t, i := range rows {
		list := found[t*(k+1):][:k+1]
		self := slices.Index(list, int32(i))
		if self < 0 {
			self = k // among equal rows it may come too late to be found
		}
		others = append(append(others, list[:self]...), list[self+1:]...)
	}
	return others, nil
}

// agreement returns the mean share of k rows that both lists have, and its standard
// error as a sample of n rows.
func agreement(want, got []int32, k, n int) (mean, stdErr float64) {
	count, hits := len(want)/k, 0
	each := make([]float64, count)
	for t := range each {
		a := slices.Sorted(slices.Values(want[t*k : (t+1)*k]))
		both := 0
		for _, j := range got[t*k : (t+1)*k] {
			if _, in := slices.BinarySearch(a, j); in {
				both++
			}
		}
		each[t], hits = float64(both)/float64(k), hits+both
	}
	mean = float64(hits) / float64(count*k)
	for _, v := range each {
		stdErr += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(stdErr / float64(max(count-1, 1)) / float64(count) * (1 - float64(count)/float64(n)))
}

// Least returns the shortest prefix measured whose recall is at least that, 0
// where there is none.
func (c *Curve) Least(recall float64) int {
	for i, m := range c.Dims {
		if c.Recall[i] >= recall {
			return m
		}
	}
	return 0
}

// String returns the curve as a small table.
func (c *Curve) String() string {
	s := fmt.Sprintf("nearest %d of %d rows found by the first columns\ncolumns  recall  ± error  variance\n", c.Neighbors, c.Rows)
	for i, m := range c.Dims {
		s += fmt.Sprintf("%7d  %.4f   %.4f    %.4f\n", m, c.Recall[i], c.StdErr[i], c.Variance[i])
	}
	return s
}
