package mat32

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/internal/par"
)

// RowsFromNPY returns the rows of a NumPy file (.npy, versions 1 to 3 of its
// format) that holds a table, or a list as one column, of float32 or float64
// values, little-endian, row after row. Batches are a *Dense or a *mat.Dense, and
// their memory is used again; every reading opens the file. Errors: a *FileError
// where it is no regular file, or holds something else or less than it
// says, and those of os.Open.
func RowsFromNPY(path string) (*Rows, error) {
	info, err := regular(npyFile, path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t, err := npyHeader(file)
	if err != nil {
		return nil, at(path, err)
	}
	t.path = path
	if held := (info.Size() - t.offset) / int64(t.size) / int64(t.columns); held < int64(t.rows) {
		return nil, at(path, npyError("it ends after %d of %d rows", max(held, 0), t.rows))
	}
	return t.stream(), nil
}

// RowsFromFloat32 returns the rows of a file that holds float32 values and nothing
// else, little-endian, row after row, as numpy.ndarray.tofile writes them. Batches
// are a *Dense, and their memory is used again; every reading opens the file.
// Errors: a *ParamError below 1 column, a *FileError where it is no regular
// file or its last row is not whole, and those of os.Stat.
func RowsFromFloat32(path string, columns int) (*Rows, error) {
	if columns < 1 {
		return nil, &ParamError{Method: "mat32.RowsFromFloat32", Param: "columns", Value: columns, Want: "1 or more"}
	}
	const kind = "file of float32 rows"
	info, err := regular(kind, path)
	if err != nil {
		return nil, err
	}
	width := 4 * int64(columns)
	if info.Size()%width != 0 {
		return nil, &FileError{Path: path, Kind: kind, Reason: fmt.Sprintf("its %d bytes are not rows of %d values", info.Size(), columns)}
	}
	return fileTable{path: path, rows: int(info.Size() / width), columns: columns, size: 4}.stream(), nil
}

// regular returns what is known of a file that can be read at any place: no directory,
// device or pipe.
func regular(kind, path string) (os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &FileError{Path: path, Kind: kind, Reason: "it is not a regular file but has the mode " + info.Mode().String()}
	}
	return info, nil
}

// at tells the path in a *FileError.
func at(path string, err error) error {
	var f *FileError
	if errors.As(err, &f) {
		f.Path = path
	}
	return err
}

// fileTable is where a file holds the values of a matrix.
type fileTable struct {
	path          string
	offset        int64
	rows, columns int
	size          int // bytes of a value: 4 or 8
}

func (t fileTable) stream() *Rows {
	return &Rows{columns: t.columns, read: func(ctx context.Context, size int) iter.Seq2[mat.Matrix, error] {
		return func(yield func(mat.Matrix, error) bool) {
			file, err := os.Open(t.path)
			if err != nil {
				yield(nil, &StreamError{Err: err})
				return
			}
			defer file.Close()
			var single []float32
			var double []float64
			if most := min(size, t.rows) * t.columns; t.size == 4 {
				single = make([]float32, most)
			} else {
				double = make([]float64, most)
			}
			for lo := 0; lo < t.rows; lo += size {
				n := min(size, t.rows-lo)
				var batch mat.Matrix
				if t.size == 4 {
					part := single[:n*t.columns]
					err = t.fill(ctx, file, lo, n, func(b []byte, from, to int) {
						for i := range part[from:to] {
							part[from+i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
						}
					})
					batch = matrixOf(n, t.columns, part)
				} else {
					part := double[:n*t.columns]
					err = t.fill(ctx, file, lo, n, func(b []byte, from, to int) {
						for i := range part[from:to] {
							part[from+i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
						}
					})
					batch = matrixOf(n, t.columns, part)
				}
				if err != nil {
					yield(nil, &StreamError{Row: lo, Err: err})
					return
				}
				if !yield(batch, nil) || n < size { // where lo + size may overflow
					return
				}
			}
		}
	}}
}

// fill reads n rows from row lo on, in parts side by side, and has decode turn the
// bytes of each into the values from … to−1 of these rows.
func (t fileTable) fill(ctx context.Context, file io.ReaderAt, lo, n int, decode func(b []byte, from, to int)) error {
	const part = 1 << 14 // values
	values := n * t.columns
	failed := make([]error, (values+part-1)/part)
	err := par.BlocksWith(ctx, values, part, func() []byte { return make([]byte, part*t.size) }, func(b []byte, from, to int) {
		b = b[:(to-from)*t.size]
		if _, err := file.ReadAt(b, t.offset+(int64(lo)*int64(t.columns)+int64(from))*int64(t.size)); err != nil {
			failed[from/part] = err
			return
		}
		decode(b, from, to)
	})
	if err != nil {
		return err
	}
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

const npyFile = "NumPy file"

func npyError(format string, args ...any) error {
	return &FileError{Kind: npyFile, Reason: fmt.Sprintf(format, args...)}
}

// npyHeader reads where the values of a NumPy file begin, and their type and shape.
func npyHeader(r io.Reader) (fileTable, error) {
	var t fileTable
	h, err := npyhead.Read(r)
	if err != nil {
		return t, npyError("%v", err)
	}
	switch h.Type {
	case "<f4":
		t.size = 4
	case "<f8":
		t.size = 8
	default:
		return t, npyError("its values have the type %q, want float32 or float64, little-endian", h.Type)
	}
	if h.Fortran {
		return t, npyError("its values are not row after row: fortran_order is True")
	}
	shape := h.Shape
	if len(shape) == 1 {
		shape = append(shape, 1)
	}
	if len(shape) != 2 || shape[1] == 0 || shape[1] > math.MaxInt32 {
		return t, npyError("its shape is %s, want rows and columns", npyhead.Tuple(h.Shape))
	}
	t.rows, t.columns, t.offset = shape[0], shape[1], h.Offset
	return t, nil
}
