package sparse

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Save writes a matrix to a file, which appears when all is written; where its name ends in .gz, it is packed. See Write.
func (m MatrixMarket) Save(path string, x mat.Matrix) error {
	return source.Save(path, func(w io.Writer) error {
		if !strings.HasSuffix(path, ".gz") {
			return m.Write(w, x)
		}
		packed := gzip.NewWriter(w)
		if err := m.Write(packed, x); err != nil {
			return err
		}
		return packed.Close()
	})
}

// Write writes a matrix: a *mat32.CSR by its coordinates, stored zeros too, row after row; any other as an array. The field is
// integer where all values are whole and below 2^53, and real otherwise, in the fewest digits that give the same float32, or
// float64 of other matrices than those of mat32. NaN and infinities are written as nan, inf and -inf.
// Errors: *mat32.ShapeError for no matrix, and those of w.
func (m MatrixMarket) Write(w io.Writer, x mat.Matrix) error {
	missing := x == nil
	switch x := x.(type) {
	case *mat32.CSR:
		missing = x == nil
	case *mat32.Dense:
		missing = x == nil
	case *mat.Dense:
		missing = x == nil
	}
	if missing {
		return &mat32.ShapeError{What: "x", Want: "a matrix"}
	}
	out := bufio.NewWriterSize(w, 1<<16)
	if s, ok := x.(*mat32.CSR); ok {
		m.writeCoordinates(out, s)
	} else {
		m.writeArray(out, x)
	}
	return out.Flush() // with the first error of all
}

func (m MatrixMarket) writeHeader(out *bufio.Writer, format string, whole bool, sizes ...int) {
	field := "real"
	if whole {
		field = "integer"
	}
	fmt.Fprintf(out, "%%%%MatrixMarket matrix %s %s general\n", format, field)
	if m.Comment != "" {
		for line := range strings.Lines(m.Comment) {
			fmt.Fprintf(out, "%%%s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	fmt.Fprintln(out, strings.Trim(fmt.Sprint(sizes), "[]"))
}

func (m MatrixMarket) writeCoordinates(out *bufio.Writer, x *mat32.CSR) {
	rows, cols := x.Dims()
	whole := true
	for i := 0; i < rows && whole; i++ {
		_, values := x.Row(i)
		for _, v := range values {
			whole = whole && integral(float64(v))
		}
	}
	if m.Transpose {
		m.writeHeader(out, "coordinate", whole, cols, rows, x.NNZ())
	} else {
		m.writeHeader(out, "coordinate", whole, rows, cols, x.NNZ())
	}
	var line []byte
	for i := range rows {
		columns, values := x.Row(i)
		for k, j := range columns {
			first, second := int64(i)+1, int64(j)+1
			if m.Transpose {
				first, second = second, first
			}
			line = strconv.AppendInt(line[:0], first, 10)
			line = append(line, ' ')
			line = strconv.AppendInt(line, second, 10)
			line = append(line, ' ')
			line = append(appendValue(line, float64(values[k]), 32), '\n')
			out.Write(line)
		}
	}
}

func (m MatrixMarket) writeArray(out *bufio.Writer, x mat.Matrix) {
	if !m.Transpose {
		x = x.T()
	}
	columns, length := x.Dims() // of the file
	size := 64
	switch of := x.(type) {
	case mat.Transpose:
		if _, ok := of.Matrix.(*mat32.Dense); ok {
			size = 32
		}
	case *mat32.Dense:
		size = 32
	}
	whole := true
	for j := 0; j < columns && whole; j++ {
		for i := 0; i < length && whole; i++ {
			whole = integral(x.At(j, i))
		}
	}
	m.writeHeader(out, "array", whole, length, columns)
	var line []byte
	for j := range columns {
		for i := range length {
			line = append(appendValue(line[:0], x.At(j, i), size), '\n')
			out.Write(line)
		}
	}
}

// integral reports whether a value is whole, and small enough that its digits are.
func integral(v float64) bool {
	return v == math.Trunc(v) && math.Abs(v) < 1<<53 && (v != 0 || !math.Signbit(v))
}

// appendValue appends the fewest digits that give the value of so many bits, whole numbers without an exponent.
func appendValue(line []byte, v float64, size int) []byte {
	switch {
	case math.IsNaN(v):
		return append(line, "nan"...)
	case math.IsInf(v, 0):
		if v < 0 {
			line = append(line, '-')
		}
		return append(line, "inf"...)
	case integral(v):
		return strconv.AppendInt(line, int64(v), 10)
	}
	return strconv.AppendFloat(line, v, 'g', -1, size)
}
