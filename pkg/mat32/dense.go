package mat32

import (
	"gonum.org/v1/gonum/mat"
)

// Dense is a dense row-major matrix of float32 values. It is a gonum
// mat.Matrix, so it can be given wherever one is accepted, and takes half the
// memory of mat.Dense.
//
// The zero value is an empty matrix. A Dense is safe for concurrent reading.
type Dense struct {
	rows, cols int
	data       []float32
}

// NewDense returns a matrix of rows × cols values. When data is nil a zero
// matrix is allocated; otherwise data is borrowed, row after row, and changing
// it changes the matrix. It panics with a *ShapeError when a dimension is
// negative or data does not hold rows·cols values: shapes are the programmer's,
// not the data's.
func NewDense(rows, cols int, data []float32) *Dense {
	if rows < 0 || cols < 0 {
		panic(&ShapeError{What: "matrix", Rows: rows, Cols: cols, Want: "dimensions of zero or more"})
	}
	if data == nil {
		data = make([]float32, rows*cols)
	}
	if len(data) != rows*cols {
		panic(&ShapeError{What: "matrix data", Rows: len(data), Cols: 1, Want: "rows × columns values"})
	}
	return &Dense{rows: rows, cols: cols, data: data}
}

// FromRows returns the matrix whose rows are copied from the given slices.
// The error is a *RaggedError when their lengths differ.
func FromRows[T float32 | float64](rows [][]T) (*Dense, error) {
	if len(rows) == 0 {
		return &Dense{}, nil
	}
	cols := len(rows[0])
	m := NewDense(len(rows), cols, nil)
	for i, row := range rows {
		if len(row) != cols {
			return nil, &RaggedError{What: "row", Index: i, Len: len(row), Want: cols}
		}
		dst := m.Row(i)
		for j, v := range row {
			dst[j] = float32(v)
		}
	}
	return m, nil
}

// FromColumns returns the matrix whose columns are copied from the given
// slices, as they come from a table. The error is a *RaggedError when their
// lengths differ.
func FromColumns[T float32 | float64](columns ...[]T) (*Dense, error) {
	if len(columns) == 0 {
		return &Dense{}, nil
	}
	rows := len(columns[0])
	m := NewDense(rows, len(columns), nil)
	for j, column := range columns {
		if len(column) != rows {
			return nil, &RaggedError{What: "column", Index: j, Len: len(column), Want: rows}
		}
		for i, v := range column {
			m.data[i*m.cols+j] = float32(v)
		}
	}
	return m, nil
}

// Dims returns the number of rows and columns.
func (m *Dense) Dims() (rows, cols int) { return m.rows, m.cols }

// At returns the value at row i and column j; it panics outside the matrix.
func (m *Dense) At(i, j int) float64 {
	if uint(j) >= uint(m.cols) {
		panic(mat.ErrColAccess)
	}
	if uint(i) >= uint(m.rows) {
		panic(mat.ErrRowAccess)
	}
	return float64(m.data[i*m.cols+j])
}

// Set changes the value at row i and column j; it panics outside the matrix.
func (m *Dense) Set(i, j int, v float64) {
	m.At(i, j)
	m.data[i*m.cols+j] = float32(v)
}

// T returns the transpose as a view.
func (m *Dense) T() mat.Matrix { return mat.Transpose{Matrix: m} }

// Row returns row i itself, not a copy: writing to it changes the matrix.
func (m *Dense) Row(i int) []float32 {
	lo := i * m.cols
	return m.data[lo : lo+m.cols : lo+m.cols]
}

// Data returns the values, row after row: the matrix itself, not a copy.
func (m *Dense) Data() []float32 { return m.data }

// Convert returns x as a float32 matrix. A *Dense is returned as it is
// (borrowed); anything else is copied in O(n·d). Values beyond the range of
// float32 become infinite: call Check on the result where they may occur.
func Convert(x mat.Matrix) *Dense {
	switch x := x.(type) {
	case *Dense:
		return x
	case *CSR:
		return x.dense()
	}
	n, d := x.Dims()
	m := NewDense(n, d, nil)
	buf := make([]float64, d)
	for i := range n {
		dst := m.Row(i)
		for j, v := range Row(buf, i, x) {
			dst[j] = float32(v)
		}
	}
	return m
}

// Row returns row i of x as float64 values: x's own memory where x stores
// float64 rows (then it must not be written to), else copied into buf, whose
// length must be the number of columns.
func Row(buf []float64, i int, x mat.Matrix) []float64 {
	switch x := x.(type) {
	case mat.RawRowViewer:
		return x.RawRowView(i)
	case *Dense:
		for j, v := range x.Row(i) {
			buf[j] = float64(v)
		}
	case *CSR:
		x.scatter(buf, i)
	default:
		for j := range buf {
			buf[j] = x.At(i, j)
		}
	}
	return buf
}
