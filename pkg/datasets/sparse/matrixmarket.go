package sparse

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const marketKind = "MatrixMarket file"

// MatrixMarket reads and writes the text format of that name: a header, comments, the shape, and an entry in every line.
//
// It reads coordinates and arrays of real, integer and pattern fields, whose values are 1. Symmetric and skew-symmetric files
// hold each pair of entries once, on either side of the diagonal, and are read whole. Several values for one place are added, in
// float64 and in the order they come. Complex and hermitian files are refused. Values are kept as float32: integers beyond
// 16 777 216 are rounded, and values beyond its range are errors. NaN and infinities are read as such; mat32.Check finds them.
//
// Source: R. F. Boisvert, R. Pozo and K. A. Remington, 1996, The Matrix Market exchange formats: initial design, NISTIR 5935.
type MatrixMarket struct {
	// Transpose makes the file's columns the rows: for data that keep their samples there, as those of single cells do.
	// Writing, it makes the matrix's rows the file's columns.
	Transpose bool

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB. Writing ignores it.
	MemoryLimit int64

	// Comment is written below the header, line by line. Reading ignores it.
	Comment string
}

// Open returns the matrix that a file holds; an array's zeros are left out. Time is that of reading the text on every core.
// Memory is 20 bytes an entry and 16 a row, of which 8 each are the matrix: twice as much for what symmetry adds.
// Errors: those of os.Open, *mat32.FileError naming the line, *mat32.MemoryError, and ctx.Err().
func (m MatrixMarket) Open(ctx context.Context, path string) (*mat32.CSR, error) {
	f, err := source.Open(ctx, marketKind, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return m.read(ctx, f)
}

// Read is Open for what a reader gives.
func (m MatrixMarket) Read(ctx context.Context, r io.Reader) (*mat32.CSR, error) {
	f, err := source.From(ctx, marketKind, "", r)
	if err != nil {
		return nil, err
	}
	return m.read(ctx, f)
}

func (m MatrixMarket) read(ctx context.Context, f *source.File) (*mat32.CSR, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	if h.array {
		dense, err := m.array(ctx, f, h)
		if err != nil {
			return nil, err
		}
		return compress(dense)
	}
	return m.coordinates(ctx, f, h)
}

// OpenDense is Open with the zeros filled in: for arrays, and for coordinates that are few zeros. Memory is that of the matrix,
// 4 bytes a value, and as much again, or that of Open.
func (m MatrixMarket) OpenDense(ctx context.Context, path string) (*mat32.Dense, error) {
	f, err := source.Open(ctx, marketKind, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return m.readDense(ctx, f)
}

// ReadDense is OpenDense for what a reader gives.
func (m MatrixMarket) ReadDense(ctx context.Context, r io.Reader) (*mat32.Dense, error) {
	f, err := source.From(ctx, marketKind, "", r)
	if err != nil {
		return nil, err
	}
	return m.readDense(ctx, f)
}

func (m MatrixMarket) readDense(ctx context.Context, f *source.File) (*mat32.Dense, error) {
	h, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	if h.array {
		return m.array(ctx, f, h)
	}
	if err := m.check(f, h.values(), 4, "leave the zeros out: Open returns a sparse matrix"); err != nil {
		return nil, err
	}
	x, err := m.coordinates(ctx, f, h)
	if err != nil {
		return nil, err
	}
	return mat32.Convert(x), nil
}

// check returns a *mat32.MemoryError for more values than the limit has room for.
func (m MatrixMarket) check(f *source.File, values int64, bytes int64, advice string) error {
	need := int64(math.MaxInt64)
	if values <= math.MaxInt64/bytes {
		need = values * bytes
	}
	return f.CheckMemory("sparse.MatrixMarket", need, m.MemoryLimit, advice)
}

// header is what a file says of itself.
type header struct {
	array   bool
	pattern bool
	integer bool
	mirror  mirror

	rows, cols, entries int64
	line                int // number of the next
}

// values returns the number of places.
func (h *header) values() int64 { return h.rows * h.cols }

// readHeader reads the first lines of a file, to that with the shape.
func readHeader(f *source.File) (*header, error) {
	h := &header{line: 1}
	line, err := h.next(f)
	if err != nil {
		return nil, err
	}
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	words := bytes.Fields(bytes.ToLower(line))
	if len(words) == 0 || string(bytes.TrimLeft(words[0], "%")) != "matrixmarket" || words[0][0] != '%' {
		return nil, f.ErrorAt(1, "", "it must begin with %%%%MatrixMarket")
	}
	if len(words) != 5 {
		return nil, f.ErrorAt(1, "", "the header has %d words, want 5: %%%%MatrixMarket matrix, then coordinate or array, real, integer or pattern, and general, symmetric or skew-symmetric", len(words))
	}
	refuse := func(k int, want string) error {
		return f.ErrorAt(1, "", "the header says %.40q where %s must be", words[k], want)
	}
	if string(words[1]) != "matrix" {
		return nil, refuse(1, `"matrix"`)
	}
	switch string(words[2]) {
	case "coordinate":
	case "array":
		h.array = true
	default:
		return nil, refuse(2, `"coordinate" or "array"`)
	}
	switch string(words[3]) {
	case "real", "double":
	case "integer", "unsigned-integer":
		h.integer = true
	case "pattern":
		h.pattern = true
		if h.array {
			return nil, f.ErrorAt(1, "", "an array cannot be of a pattern")
		}
	case "complex":
		return nil, f.ErrorAt(1, "", "its values are complex: only real ones are read")
	default:
		return nil, refuse(3, `"real", "integer" or "pattern"`)
	}
	switch string(words[4]) {
	case "general":
	case "symmetric":
		h.mirror = same
	case "skew-symmetric":
		h.mirror = negated
		if h.pattern {
			return nil, f.ErrorAt(1, "", "a pattern cannot be skew-symmetric")
		}
	case "hermitian":
		return nil, f.ErrorAt(1, "", "it is hermitian: only real matrices are read")
	default:
		return nil, refuse(4, `"general", "symmetric" or "skew-symmetric"`)
	}
	for {
		line, err = h.next(f)
		if err != nil {
			return nil, err
		}
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '%' {
			break
		}
	}
	at := h.line - 1
	sizes, want := bytes.Fields(line), []*int64{&h.rows, &h.cols, &h.entries}
	if h.array {
		want = want[:2]
	}
	if len(sizes) != len(want) {
		return nil, f.ErrorAt(at, "", "the line with the shape has %d numbers, want %d", len(sizes), len(want))
	}
	for k, to := range want {
		*to, err = strconv.ParseInt(string(sizes[k]), 10, 64)
		if err != nil || *to < 0 {
			return nil, f.ErrorAt(at, "", "%.40q in the line with the shape is no number of zero or more", sizes[k])
		}
	}
	if h.rows > math.MaxInt32 || h.cols > math.MaxInt32 {
		return nil, f.ErrorAt(at, "", "the matrix is %d × %d: no more than %d rows and columns are read", h.rows, h.cols, math.MaxInt32)
	}
	if h.mirror != alone && h.rows != h.cols {
		return nil, f.ErrorAt(at, "", "a symmetric matrix has as many rows as columns, not %d × %d", h.rows, h.cols)
	}
	return h, nil
}

// next returns a line of the header.
func (h *header) next(f *source.File) ([]byte, error) {
	line, err := f.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, f.ErrorAt(h.line, "", "it is longer than a line of a header is: it is no such file")
	case errors.Is(err, io.EOF):
		if len(line) == 0 {
			return nil, f.ErrorAt(h.line, "", "the file ends in its header")
		}
	case err != nil:
		return nil, f.Wrap(err)
	}
	h.line++
	return line, nil
}
