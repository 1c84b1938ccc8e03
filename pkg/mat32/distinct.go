package mat32

import (
	"bytes"
	"context"
	"hash/maphash"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/par"
)

// Distinct returns the indices, in order, of the rows of x that equal no earlier
// row; −0 equals 0, and NaN equals NaN. Rows known by their *Distances are equal
// when theirs is zero. It costs O(n·d) expected time, of a *CSR O(n + stored
// values), and keeps n hashes.
func Distinct(x mat.Matrix) []int {
	rows, _ := DistinctContext(context.Background(), x) // no error: this context is never done
	return rows
}

// DistinctContext is Distinct for large data, on every core: the error is
// ctx.Err() when ctx is done before all is read.
func DistinctContext(ctx context.Context, x mat.Matrix) ([]int, error) {
	if d, ok := x.(*Distances); ok {
		return d.distinct(), ctx.Err()
	}
	n, d := x.Dims()
	seed := maphash.MakeSeed() // only decides who is compared with whom
	hashes := make([]uint64, n)
	err := par.BlocksWith(ctx, n, max(1, 1<<16/max(d, 1)),
		func() *rowEncoder { e := newRowEncoder(x); return &e },
		func(e *rowEncoder, lo, hi int) {
			for i := lo; i < hi; i++ {
				hashes[i] = maphash.Bytes(seed, e.encode(i))
			}
		})
	if err != nil {
		return nil, err
	}
	first := make(map[uint64][]int, n)
	keep := make([]int, 0, n)
	row, other := newRowEncoder(x), newRowEncoder(x)
rows:
	for i, h := range hashes {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, k := range first[h] {
			if bytes.Equal(row.encode(i), other.encode(k)) {
				continue rows
			}
		}
		first[h] = append(first[h], i)
		keep = append(keep, i)
	}
	return keep, nil
}

// Select returns the rows of x with the given indices, in that order: a *Dense
// or *CSR when x is one, the *Distances among them when x holds distances, else a
// float64 matrix.
func Select(x mat.Matrix, rows []int) mat.Matrix {
	_, d := x.Dims()
	switch m := x.(type) {
	case *Dense:
		s := NewDense(len(rows), d, nil)
		for i, k := range rows {
			copy(s.Row(i), m.Row(k))
		}
		return s
	case *CSR:
		return m.selected(rows)
	case *Distances:
		return m.selected(rows)
	}
	s := mat.NewDense(len(rows), d, nil)
	for i, k := range rows {
		row := s.RawRowView(i)
		copy(row, Row(row, k, x))
	}
	return s
}
