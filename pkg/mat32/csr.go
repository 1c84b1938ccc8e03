package mat32

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// CSR is a sparse matrix of float32 values in compressed rows: of every row it
// stores the columns and values that are not zero. It is a gonum mat.Matrix and
// takes 8 bytes a stored value and 8 a row.
//
// Stored zeros are allowed and mean what zeros that are not stored mean. The zero
// value is an empty matrix. A CSR never changes, and is safe for concurrent use.
type CSR struct {
	rows, cols int
	start      []int // of every row in indices and values, and the end of the last
	indices    []int32
	values     []float32
}

// NewCSR returns the sparse matrix whose row i has values[k] at column
// indices[k] for indptr[i] ≤ k < indptr[i+1], as SciPy's csr_matrix keeps it. The
// slices are borrowed and must not be changed afterwards.
//
// The columns of a row must ascend: data in another order, or with several
// values for one place, are for FromTriplets. Errors: *ShapeError where the
// slices do not fit the shape or each other, and *SparseError, naming the row,
// where indptr falls or leaves the values, or columns are out of range, out of
// order or twice there. Values are not looked at; that is for Check. It costs
// one pass over indices.
func NewCSR(rows, cols int, indptr []int, indices []int32, values []float32) (*CSR, error) {
	shape := func(what string, length int, want string) error {
		return &ShapeError{What: what, Rows: length, Cols: 1, Want: want}
	}
	switch {
	case rows < 0 || cols < 0 || cols > math.MaxInt32:
		return nil, &ShapeError{What: "sparse matrix", Rows: rows, Cols: cols, Want: "dimensions of zero or more, and columns that int32 counts"}
	case len(indptr)-1 != rows:
		return nil, shape("indptr", len(indptr), fmt.Sprintf("rows + 1 = %d offsets", rows+1))
	case len(values) != len(indices):
		return nil, shape("values", len(values), fmt.Sprintf("as many as indices, %d", len(indices)))
	case indptr[0] != 0 || indptr[rows] != len(indices):
		return nil, shape("indices", len(indices), fmt.Sprintf("what indptr covers, %d to %d", indptr[0], indptr[rows]))
	}
	for i := range rows {
		lo, hi := indptr[i], indptr[i+1]
		if lo > hi || hi > len(indices) {
			return nil, &SparseError{Row: i, Reason: fmt.Sprintf("it runs from offset %d to %d of %d", lo, hi, len(indices))}
		}
		last := int32(-1)
		for _, j := range indices[lo:hi] {
			switch {
			case j < 0 || int(j) >= cols:
				return nil, &SparseError{Row: i, Reason: fmt.Sprintf("column %d is outside the %d columns", j, cols)}
			case j == last:
				return nil, &SparseError{Row: i, Reason: fmt.Sprintf("column %d is there twice: FromTriplets adds such values", j)}
			case j < last:
				return nil, &SparseError{Row: i, Reason: fmt.Sprintf("column %d follows column %d: FromTriplets sorts them", j, last)}
			}
			last = j
		}
	}
	return &CSR{rows: rows, cols: cols, start: indptr, indices: indices, values: values}, nil
}

// Triplet is one value of a sparse matrix and its place.
type Triplet struct {
	Row, Col int
	Value    float32
}

// FromTriplets returns the sparse matrix that has the given values, in any order;
// several at one place are added, in float64 and in the order they come, so that
// counts can be given one by one. The triplets are copied. Errors: *ShapeError as
// NewCSR, and *SparseError for a place outside the matrix. It costs
// O(m·log m) for m triplets.
func FromTriplets(rows, cols int, triplets []Triplet) (*CSR, error) {
	if rows < 0 {
		return NewCSR(rows, cols, nil, nil, nil)
	}
	for _, t := range triplets {
		if t.Row < 0 || t.Row >= rows || t.Col < 0 || t.Col >= cols {
			return nil, &SparseError{Row: t.Row, Reason: fmt.Sprintf("column %d of it is outside the %d × %d matrix", t.Col, rows, cols)}
		}
	}
	sorted := slices.Clone(triplets)
	slices.SortStableFunc(sorted, func(a, b Triplet) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	start := make([]int, rows+1)
	indices, values := make([]int32, 0, len(sorted)), make([]float32, 0, len(sorted))
	for len(sorted) > 0 {
		t := sorted[0]
		sum := 0.
		for len(sorted) > 0 && sorted[0].Row == t.Row && sorted[0].Col == t.Col {
			sum += float64(sorted[0].Value)
			sorted = sorted[1:]
		}
		indices, values = append(indices, int32(t.Col)), append(values, float32(sum))
		start[t.Row+1] = len(indices)
	}
	for i := range rows { // rows without values end where the one before them does
		start[i+1] = max(start[i+1], start[i])
	}
	return NewCSR(rows, cols, start, indices, values)
}

// Dims returns the number of rows and columns.
func (m *CSR) Dims() (rows, cols int) { return m.rows, m.cols }

// NNZ returns the number of stored values.
func (m *CSR) NNZ() int {
	if m.rows == 0 {
		return 0
	}
	return m.start[m.rows] - m.start[0]
}

// Row returns the columns, ascending, and the values that row i stores: the
// matrix itself, not copies, so they must not be written to.
func (m *CSR) Row(i int) (columns []int32, values []float32) {
	lo, hi := m.start[i], m.start[i+1]
	return m.indices[lo:hi:hi], m.values[lo:hi:hi]
}

// At returns the value at row i and column j, in O(log m) for the m values of
// the row; it panics outside the matrix.
func (m *CSR) At(i, j int) float64 {
	if uint(j) >= uint(m.cols) {
		panic(mat.ErrColAccess)
	}
	if uint(i) >= uint(m.rows) {
		panic(mat.ErrRowAccess)
	}
	columns, values := m.Row(i)
	if k, ok := slices.BinarySearch(columns, int32(j)); ok {
		return float64(values[k])
	}
	return 0
}

// T returns the transpose as a view.
func (m *CSR) T() mat.Matrix { return mat.Transpose{Matrix: m} }

// dense returns a copy with the zeros filled in.
func (m *CSR) dense() *Dense {
	x := NewDense(m.rows, m.cols, nil)
	for i := range m.rows {
		row := x.Row(i)
		columns, values := m.Row(i)
		for k, j := range columns {
			row[j] = values[k]
		}
	}
	return x
}

// scatter writes row i, zeros and all, to buf.
func (m *CSR) scatter(buf []float64, i int) {
	clear(buf)
	columns, values := m.Row(i)
	for k, j := range columns {
		buf[j] = float64(values[k])
	}
}

// slice returns the rows [lo, hi) as a view.
func (m *CSR) slice(lo, hi int) *CSR {
	return &CSR{rows: hi - lo, cols: m.cols, start: m.start[lo : hi+1], indices: m.indices, values: m.values}
}

// WithValues returns the matrix with other values in the places of those that are
// stored, row after row; the places are shared and the values borrowed. The error is
// a *ShapeError where they are not as many. It costs nothing.
func (m *CSR) WithValues(values []float32) (*CSR, error) {
	if len(values) != m.NNZ() {
		return nil, &ShapeError{What: "values", Rows: len(values), Cols: 1, Want: fmt.Sprintf("as many as are stored, %d", m.NNZ())}
	}
	if m.NNZ() == 0 || m.start[0] == 0 {
		return &CSR{rows: m.rows, cols: m.cols, start: m.start, indices: m.indices, values: values}, nil
	}
	first := m.start[0] // a view of some rows
	start := make([]int, len(m.start))
	for i, at := range m.start {
		start[i] = at - first
	}
	return &CSR{rows: m.rows, cols: m.cols, start: start, indices: m.indices[first:m.start[m.rows]], values: values}, nil
}

// selected returns copies of the given rows.
func (m *CSR) selected(rows []int) *CSR {
	s := &CSR{rows: len(rows), cols: m.cols, start: make([]int, 1, len(rows)+1)}
	for _, i := range rows {
		columns, values := m.Row(i)
		s.indices, s.values = append(s.indices, columns...), append(s.values, values...)
		s.start = append(s.start, len(s.indices))
	}
	return s
}

func (m *CSR) check() error {
	for i := range m.rows {
		columns, values := m.Row(i)
		for k, v := range values {
			if v-v != 0 { // NaN and ±Inf, and nothing else
				return &NotFiniteError{Row: i, Col: int(columns[k]), Value: float64(v)}
			}
		}
	}
	return nil
}
