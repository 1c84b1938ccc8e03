// Package source opens the files that loaders read: it unpacks gzip, counts what was read for whoever watches, hears a cancelled
// context, and words what goes wrong.
package source

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

// File is a file of data, unpacked where it is packed by gzip, whatever its name. Reading it reports the bytes read of the file
// itself, which are known to be Size in all, and ends with the context's error once that is cancelled.
type File struct {
	*bufio.Reader
	Path string
	Kind string // what the file should hold, for messages: "CSV table"
	Size int64  // bytes on disk, 0 where they are not known, as for a pipe

	file   io.Closer
	plain  *counted
	packed *gzip.Reader
}

const (
	buffer = 1 << 20
	// A watcher hears of every so many bytes.
	stride = 4 << 20
)

// Open opens a file. Errors: those of os.Open, a *mat32.FileError for a folder, a damaged head of gzip and what is Foreign.
func Open(ctx context.Context, kind, path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = &mat32.FileError{Path: path, Kind: kind, Reason: "it is a folder"}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = 0
	}
	f, err := from(ctx, kind, path, file, size)
	if err != nil {
		file.Close()
		return nil, err
	}
	f.file = file
	return f, nil
}

// From reads what any reader gives, under a name for messages, which may be empty.
func From(ctx context.Context, kind, name string, r io.Reader) (*File, error) {
	return from(ctx, kind, name, r, 0)
}

func from(ctx context.Context, kind, path string, r io.Reader, size int64) (*File, error) {
	stage := kind
	if path != "" {
		stage = "reading " + filepath.Base(path)
	}
	f := &File{Path: path, Kind: kind, Size: size}
	plain := &counted{ctx: ctx, r: r, stage: watch.Start(ctx, stage, int(size))}
	f.plain = plain
	f.Reader = bufio.NewReaderSize(plain, buffer)
	magic, err := f.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, f.Wrap(err)
	}
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		f.packed, err = gzip.NewReader(f.Reader)
		if err != nil {
			return nil, f.Wrap(err)
		}
		f.Reader = bufio.NewReaderSize(f.packed, buffer)
		f.Peek(1) // what fails does so again when it is read
	}
	head, _ := f.Peek(min(f.Buffered(), 512)) // what is there: nobody is waited for
	if what := Foreign(kind, head); what != "" {
		return nil, f.Errorf("%s", what)
	}
	return f, nil
}

// At returns the file for reading at any place, and side by side, counted as reading in order is; not where it is packed or no
// regular file. It must not outlive the file.
func (f *File) At() (r io.ReaderAt, ok bool) {
	file, ok := f.file.(io.ReaderAt)
	if !ok || f.Packed() || f.Size == 0 {
		return nil, false
	}
	return &countedAt{f.plain.ctx, file, f.plain.stage}, true
}

// Packed reports whether the file is packed by gzip: its Size is then not that of what is read.
func (f *File) Packed() bool { return f.packed != nil }

// Close closes the file.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// Errorf returns an error of this file's whole.
func (f *File) Errorf(format string, args ...any) error {
	return &mat32.FileError{Path: f.Path, Kind: f.Kind, Reason: fmt.Sprintf(format, args...)}
}

// ErrorAt returns an error of a line, counted from 1, and of a column, as mat32.FileError has it, or "".
func (f *File) ErrorAt(line int, column, format string, args ...any) error {
	return &mat32.FileError{Path: f.Path, Kind: f.Kind, Line: line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

// CheckMemory is CheckMemory for this file.
func (f *File) CheckMemory(method string, need, limit int64, advice string) error {
	return CheckMemory(method, f.Path, need, limit, advice)
}

// CheckMemory is mat32.CheckMemory for the loader of a file or folder, which its *mat32.MemoryError names, and for a MemoryLimit that
// somebody gave: a negative one is a *mat32.ParamError.
func CheckMemory(method, path string, need, limit int64, advice string) error {
	if limit < 0 {
		return &mat32.ParamError{Method: method, Param: "MemoryLimit", Value: limit, Want: "bytes, or 0 for GOMEMLIMIT or 4 GiB"}
	}
	err := mat32.CheckMemory(method, need, limit, advice)
	if over, ok := err.(*mat32.MemoryError); ok {
		over.Path = path
	}
	return err
}

// Wrap returns an error that reading gave as one of this file: an early end and damaged gzip in words, the context's own and
// those that say what was asked in vain as they are, and nil for nil.
func (f *File) Wrap(err error) error {
	var already *mat32.FileError
	var over *mat32.MemoryError
	var param *mat32.ParamError
	var block flate.CorruptInputError
	switch {
	case err == nil || errors.As(err, &already) || errors.As(err, &over) || errors.As(err, &param) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &mat32.FileError{Path: f.Path, Kind: f.Kind, Reason: "it ends too early: it is cut off, or it is not such a file", Err: err}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &block):
		return &mat32.FileError{Path: f.Path, Kind: f.Kind, Reason: "its gzip packing is damaged", Err: err}
	}
	return &mat32.FileError{Path: f.Path, Kind: f.Kind, Err: err}
}

// counted reports what was read and ends with the context.
type counted struct {
	ctx      context.Context
	r        io.Reader
	stage    *watch.Stage
	unspoken int
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.unspoken += n
	if c.unspoken >= stride || err != nil && c.unspoken > 0 {
		c.stage.Add(c.unspoken)
		c.unspoken = 0
	}
	return n, err
}

// countedAt is counted for reading at any place.
type countedAt struct {
	ctx   context.Context
	r     io.ReaderAt
	stage *watch.Stage
}

func (c *countedAt) ReadAt(p []byte, at int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.ReadAt(p, at)
	c.stage.Add(n)
	return n, err
}
