package mat32

import (
	"encoding/binary"
	"hash/maphash"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Distinct returns the indices, in order, of the rows of x that equal no earlier
// row; −0 equals 0. It costs O(n·d) expected time and keeps n hashes.
func Distinct(x mat.Matrix) []int {
	n, d := x.Dims()
	seed := maphash.MakeSeed() // only decides who is compared with whom
	first := make(map[uint64][]int, n)
	keep := make([]int, 0, n)
	a, b := make([]float64, d), make([]float64, d)
	bytes := make([]byte, 8*d)
rows:
	for i := range n {
		row := Row(a, i, x)
		for j, v := range row {
			if v == 0 {
				v = 0
			}
			binary.LittleEndian.PutUint64(bytes[8*j:], math.Float64bits(v))
		}
		h := maphash.Bytes(seed, bytes)
		for _, k := range first[h] {
			if equal(row, Row(b, k, x)) {
				continue rows
			}
		}
		first[h] = append(first[h], i)
		keep = append(keep, i)
	}
	return keep
}

func equal(a, b []float64) bool {
	for j, v := range a {
		if v != b[j] {
			return false
		}
	}
	return true
}

// Select returns the rows of x with the given indices, in that order: a *Dense
// when x is one, else a float64 matrix.
func Select(x mat.Matrix, rows []int) mat.Matrix {
	_, d := x.Dims()
	if m, ok := x.(*Dense); ok {
		s := NewDense(len(rows), d, nil)
		for i, k := range rows {
			copy(s.Row(i), m.Row(k))
		}
		return s
	}
	s := mat.NewDense(len(rows), d, nil)
	for i, k := range rows {
		row := s.RawRowView(i)
		copy(row, Row(row, k, x))
	}
	return s
}
