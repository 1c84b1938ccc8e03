package hdf5

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// File is an open file. It is safe for concurrent use.
type File struct {
	path, kind string
	r          io.ReaderAt
	closer     io.Closer
	base       uint64 // where addresses count from
	size       uint64 // bytes behind base
	offset     int    // bytes of an address
	length     int    // bytes of a length
	root       uint64 // address of the root group's header
	trusting   bool   // whether checksums are left alone, for fuzzing
	heaps      heapCache
}

const signature = "\x89HDF\r\n\x1a\n"

// Open opens a file; kind is what messages call it. Errors: those of os.Open, and *mat32.FileError where it is no HDF5 file.
func Open(kind, path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &mat32.FileError{Path: path, Kind: kind, Reason: "it is not a regular file but has the mode " + info.Mode().String()}
	}
	var f *File
	if err == nil {
		f, err = New(kind, path, file, info.Size())
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f.closer = file
	return f, nil
}

// New reads from r, which has size bytes; path is for messages.
func New(kind, path string, r io.ReaderAt, size int64) (*File, error) {
	return newFile(&File{path: path, kind: kind, r: r, size: uint64(max(size, 0))})
}

func newFile(f *File) (*File, error) {
	total := f.size
	// The superblock is at 0, or behind a block of the user's, of a power of two.
	for at := uint64(0); at+uint64(len(signature)) <= total; at = max(512, 2*at) {
		f.base, f.size = at, total-at
		head, err := f.read(0, uint64(len(signature)))
		if err != nil {
			return nil, err
		}
		if string(head) == signature {
			return f, f.superblock()
		}
	}
	f.base, f.size = 0, total
	head, err := f.read(0, min(total, 512))
	if err != nil {
		return nil, err
	}
	if what := source.Foreign(f.kind, head); what != "" {
		return nil, f.errorf("%s", what)
	}
	if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
		return nil, f.errorf("it is packed by gzip, and is read at any place: unpack it")
	}
	return nil, f.errorf("it is not an HDF5 file")
}

// Close closes the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// Errorf returns an error of this file.
func (f *File) errorf(format string, args ...any) error {
	return &mat32.FileError{Path: f.path, Kind: f.kind, Reason: fmt.Sprintf(format, args...)}
}

// read returns bytes of the file, which has them.
func (f *File) read(at, n uint64) ([]byte, error) {
	if err := f.holds(at, n); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	return b, f.readInto(b, at)
}

// holds reports whether the file has n bytes at an address.
func (f *File) holds(at, n uint64) error {
	if at > f.size || n > f.size-at {
		return f.errorf("it ends too early or is damaged: %d bytes at address %d lie outside its %d", n, at, f.size)
	}
	return nil
}

// readInto fills b from an address that holds was asked about.
func (f *File) readInto(b []byte, at uint64) error {
	n, err := f.r.ReadAt(b, int64(f.base+at))
	switch {
	case n == len(b):
		return nil
	case errors.Is(err, io.EOF):
		return f.errorf("it ends too early: it shrank while it was read")
	}
	return &mat32.FileError{Path: f.path, Kind: f.kind, Err: err}
}

func (f *File) cursor(b []byte) *cursor { return &cursor{b: b, offset: f.offset, length: f.length} }

// block returns a block of metadata behind its signature.
func (f *File) block(at, n uint64, sign string) (*cursor, error) {
	b, err := f.read(at, n)
	if err != nil {
		return nil, err
	}
	if len(b) < len(sign) || string(b[:len(sign)]) != sign {
		return nil, f.errorf("it is damaged: there is no %q at address %d", sign, at)
	}
	c := f.cursor(b)
	c.skip(len(sign))
	return c, nil
}

// sealed returns a block whose last four bytes are the checksum of the others, without them.
func (f *File) sealed(at, n uint64, sign string) (*cursor, error) {
	if n < uint64(len(sign))+4 {
		return nil, f.errorf("it is damaged: the block at address %d has %d bytes", at, n)
	}
	c, err := f.block(at, n, sign)
	if err != nil {
		return nil, err
	}
	if err := f.verify(c.b, at); err != nil {
		return nil, err
	}
	c.b = c.b[:n-4]
	return c, nil
}

// verify compares the checksum that a block ends with.
func (f *File) verify(b []byte, at uint64) error {
	n := len(b) - 4
	if f.trusting {
		return nil
	}
	tail := f.cursor(b[n:])
	if got, want := lookup3(b[:n]), tail.u32(); got != want {
		return f.errorf("it is damaged: the checksum of the %d bytes at address %d is %08x, not %08x", n, at, got, want)
	}
	return nil
}

// widths takes the sizes of addresses and lengths.
func (f *File) widths(offset, length int) error {
	for _, w := range []int{offset, length} {
		if w != 2 && w != 4 && w != 8 {
			return f.errorf("it is damaged: addresses of %d and lengths of %d bytes", offset, length)
		}
	}
	f.offset, f.length = offset, length
	return nil
}

// superblock finds the root group.
func (f *File) superblock() error {
	head, err := f.read(0, min(f.size, 128))
	if err != nil {
		return err
	}
	c := &cursor{b: head}
	c.skip(len(signature))
	version := c.u8()
	switch version {
	case 0, 1:
		c.skip(4)
		if err := f.widths(c.u8(), c.u8()); err != nil {
			return err
		}
		c.offset, c.length = f.offset, f.length
		c.skip(1 + 2 + 2 + 4)
		if version == 1 {
			c.skip(4)
		}
		c.skip(4*f.offset + f.offset) // base, free space, end, driver; offset of the root's name
		f.root = c.address()
	case 2, 3:
		if err := f.widths(c.u8(), c.u8()); err != nil {
			return err
		}
		c.offset, c.length = f.offset, f.length
		c.skip(1 + 3*f.offset)
		f.root = c.address()
		if end := c.at + 4; end <= len(head) {
			if err := f.verify(head[:end], 0); err != nil {
				return err
			}
		} else {
			c.short = true
		}
	default:
		return f.errorf("its superblock has version %d, and 0 to 3 are known", version)
	}
	if c.short {
		return f.errorf("it ends too early: within its superblock")
	}
	return nil
}

// Root returns the root group.
func (f *File) Root() (*Object, error) { return f.object(f.root, "/") }
