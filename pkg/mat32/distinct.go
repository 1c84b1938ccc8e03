package mat32

import (
	"bytes"
	"hash/maphash"

	"gonum.org/v1/gonum/mat"
)

// Distinct returns the indices, in order, of the rows of x that equal no earlier
// row; −0 equals 0, and NaN equals NaN. Rows known by their *Distances are equal
// when theirs is zero. It costs O(n·d) expected time, of a *CSR O(n + stored
// values), and keeps n hashes.
func Distinct(x mat.Matrix) []int {
	if d, ok := x.(*Distances); ok {
		return d.distinct()
	}
	n, _ := x.Dims()
	seed := maphash.MakeSeed() // only decides who is compared with whom
	first := make(map[uint64][]int, n)
	keep := make([]int, 0, n)
	row, other := newRowEncoder(x), newRowEncoder(x)
rows:
	for i := range n {
		b := row.encode(i)
		h := maphash.Bytes(seed, b)
		for _, k := range first[h] {
			if bytes.Equal(b, other.encode(k)) {
				continue rows
			}
		}
		first[h] = append(first[h], i)
		keep = append(keep, i)
	}
	return keep
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
