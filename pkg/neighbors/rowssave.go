package neighbors

import (
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/saved"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// The forms of rows in a file.
const (
	rowsFloat64 = iota
	rowsFloat32
	rowsSparse
)

// WriteRows writes the rows of x in a form that ReadRows reads, as float64, float32 or
// sparse values as they are: for models that compare new rows.
func WriteRows(s *saved.Writer, x mat.Matrix) {
	switch x := x.(type) {
	case *mat32.Dense:
		s.Int(rowsFloat32)
		_, d := x.Dims()
		s.Int(d)
		s.Float32s(x.Data())
	case *mat32.CSR:
		s.Int(rowsSparse)
		n, d := x.Dims()
		s.Int(d)
		stored := make([]int32, n) // values of every row
		columns, values := make([]int32, 0, x.NNZ()), make([]float32, 0, x.NNZ())
		for i := range n {
			c, v := x.Row(i)
			stored[i], columns, values = int32(len(c)), append(columns, c...), append(values, v...)
		}
		s.Int32s(stored)
		s.Int32s(columns)
		s.Float32s(values)
	case *mat.Dense:
		s.Int(rowsFloat64)
		s.Matrix(x)
	default:
		s.Int(rowsFloat64)
		s.Matrix(mat.DenseCopyOf(x))
	}
}

// ReadRows reads what WriteRows wrote.
func ReadRows(s *saved.Reader) mat.Matrix {
	switch s.Int() {
	case rowsFloat32:
		d, values := s.Int(), s.Float32s()
		if d > 0 && len(values) > 0 && len(values)%d == 0 {
			return mat32.NewDense(len(values)/d, d, values)
		}
	case rowsSparse:
		d, stored, columns, values := s.Int(), s.Int32s(), s.Int32s(), s.Float32s()
		start := make([]int, len(stored)+1)
		for i, n := range stored {
			start[i+1] = start[i] + int(n)
		}
		if x, err := mat32.NewCSR(len(stored), d, start, columns, values); err == nil && d > 0 && len(stored) > 0 {
			return x
		}
	case rowsFloat64:
		if x := s.Matrix(); x != nil {
			return x
		}
	}
	s.Fail("its rows are no matrix")
	return nil
}
