package npy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/internal/par"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
)

// File reads a single array from a NumPy file (.npy), of version 1 to 3 and of either order of bytes and of axes. Its zero value
// is ready to use.
//
// Memory is that of the values, and twice as much while an order of axes, half precision, bools or strings are turned into what
// an Array holds. A damaged file takes no more than the bytes it really has can tell.
type File struct {
	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB.
	MemoryLimit int64
}

const fileKind = "NumPy file"

// Open reads a file, which may be packed by gzip. Regular files are read side by side on all cores. Errors: a *mat32.FileError
// where it is not such a file, is cut short or has values of a type that Array lacks (records, times, objects, long double); a
// *mat32.MemoryError; those of os.Open; ctx.Err().
func (f File) Open(ctx context.Context, path string) (*Array, error) {
	file, err := source.Open(ctx, fileKind, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return f.read(ctx, file)
}

// Read is Open for what any reader gives. It reads no further than the last value, but for what it has buffered.
func (f File) Read(ctx context.Context, r io.Reader) (*Array, error) {
	file, err := source.From(ctx, fileKind, "", r)
	if err != nil {
		return nil, err
	}
	return f.read(ctx, file)
}

func (f File) read(ctx context.Context, file *source.File) (*Array, error) {
	from := &bytesFrom{path: file.Path, r: file, held: -1}
	if at, ok := file.At(); ok {
		from.at, from.held = at, file.Size
	} else if file.Size > 0 {
		from.packed(file.Size)
	}
	a, err := from.array(ctx, "npy.File", f.MemoryLimit)
	return a, file.Wrap(named(err, file.Errorf))
}

// A flaw is what is wrong with a file, in words.
type flaw struct{ error }

// named returns a flaw as an error of the file it is in.
func named(err error, errorf func(format string, args ...any) error) error {
	var f flaw
	if errors.As(err, &f) {
		return errorf("%v", f.error)
	}
	return err
}

// bytesFrom is where the bytes of an array come from.
type bytesFrom struct {
	path string // of the file, for errors
	r    io.Reader
	at   io.ReaderAt // the same, where it can be read at any place; its values start at offset
	held int64       // how many bytes there are at most, −1 where that is not known
	room int64       // how many to make room for before they are read
	used int64       // bytes of memory that are in use already, and afterwards with those of the array

	offset int64
}

// packed sets what can be known of bytes that are packed.
func (from *bytesFrom) packed(size int64) {
	// No packing of deflate, which gzip and zip use, is denser (a match of 258 bytes in 2 bits); few data are denser than by 8.
	from.held, from.room = 1032*size, 8*size
}

// array reads a head and the values.
func (from *bytesFrom) array(ctx context.Context, method string, limit int64) (*Array, error) {
	h, err := npyhead.Read(from.r)
	if e := ctx.Err(); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, flaw{err}
	}
	k, err := kindOf(h.Type)
	if err != nil {
		return nil, flaw{err}
	}
	if from.held >= 0 {
		if held := (from.held - h.Offset) / int64(k.size); held < int64(h.Values) {
			return nil, flaw{fmt.Errorf("it ends too early: it can hold %d of the %d values that its shape %s has", max(held, 0), h.Values, npyhead.Tuple(h.Shape))}
		}
	}
	while, after := k.memory(h.Values, h.Fortran)
	if err := source.CheckMemory(method, from.path, from.used+while, limit, "Map and mat32.RowsFromNPY take none for the values of a file"); err != nil {
		return nil, err
	}
	from.used += after
	from.offset = h.Offset
	values, err := k.read(ctx, from, h.Values, h.Shape, h.Fortran)
	if err != nil {
		return nil, err
	}
	return &Array{Shape: h.Shape, Values: values}, nil
}

// read reads n values as they are stored. Where it is not known how many there are, memory grows with what is read.
func read[T any](ctx context.Context, from *bytesFrom, n int) ([]T, error) {
	if from.at != nil {
		values := make([]T, n)
		return values, readAt(ctx, from.at, bytesOf(values), from.offset)
	}
	const part = 1 << 20 // bytes
	var v T
	size := int(unsafe.Sizeof(v))
	step := part / size
	values := make([]T, 0, min(int64(n), from.room/int64(size)))
	for len(values) < n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		have := len(values)
		more := min(step, n-have)
		values = slices.Grow(values, more)[:have+more]
		if _, err := io.ReadFull(from.r, bytesOf(values[have:])); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return values, nil
}

// readAt fills b from a place of a file on, in parts side by side.
func readAt(ctx context.Context, r io.ReaderAt, b []byte, offset int64) error {
	const part = 4 << 20
	failed := make([]error, (len(b)+part-1)/part)
	err := par.Blocks(ctx, len(b), part, func(lo, hi int) {
		n, err := r.ReadAt(b[lo:hi], offset+int64(lo))
		if n < hi-lo {
			if errors.Is(err, io.EOF) { // cut while it is read
				err = io.ErrUnexpectedEOF
			}
			failed[lo/part] = err
		}
	})
	for _, e := range failed {
		if e != nil {
			return e
		}
	}
	return err
}
