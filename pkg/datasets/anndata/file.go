package anndata

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const kind = "AnnData file"

// File is an open .h5ad file. Its methods may be called at the same time from several goroutines.
type File struct {
	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB. It counts what one call
	// returns and needs on the way, and may be set before each.
	MemoryLimit int64

	path         string
	file         *hdf5.File
	root         *hdf5.Object
	cells, genes int
}

// Open opens a file and reads its shape; Close closes it. The memory it takes is that of the names in its groups. Errors: those of
// os.Open, and *mat32.FileError where it is no AnnData file or is damaged.
func Open(ctx context.Context, path string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h, err := hdf5.Open(kind, path)
	if err != nil {
		return nil, err
	}
	f, err := open(ctx, path, h)
	if err != nil {
		h.Close()
		return nil, err
	}
	return f, nil
}

func open(ctx context.Context, path string, h *hdf5.File) (*File, error) {
	f := &File{path: path, file: h}
	var err error
	if f.root, err = h.Root(); err != nil {
		return nil, err
	}
	known := false
	for _, axis := range []struct {
		name string
		n    *int
	}{{"obs", &f.cells}, {"var", &f.genes}} {
		o, err := f.root.Open(axis.name)
		if err != nil {
			return nil, err
		}
		if o == nil {
			continue
		}
		known = true
		if *axis.n, err = f.frameRows(ctx, o); err != nil {
			return nil, err
		}
	}
	if !known {
		return nil, f.errorf("it is an HDF5 file, but has neither obs nor var")
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Dims returns the number of cells and of genes.
func (f *File) Dims() (cells, genes int) { return f.cells, f.genes }

// Keys returns the sorted names below a place in the file, such as "obsm", "layers" or "uns"; "" is the file itself. It is empty
// where there is no such place, or nothing below it.
func (f *File) Keys(at string) ([]string, error) {
	o, err := f.root.Open(alias(at))
	if err != nil || o == nil {
		return nil, err
	}
	if o.IsGroup() {
		return o.Links()
	}
	// Until version 0.6 obsm and varm were one dataset, with a field for each.
	d, err := o.Dataset()
	if err != nil || d.Type.Class != hdf5.Compound {
		return nil, nil
	}
	var names []string
	for _, m := range d.Type.Members {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names, nil
}

// alias returns the path in the file.
func alias(at string) string { return strings.Trim(path.Clean("/"+at), "/") }

// find returns what is at a place, or an error that says what there is.
func (f *File) find(method, at string) (*hdf5.Object, error) {
	name := alias(at)
	o, err := f.root.Open(name)
	if o == nil && err == nil {
		// Until version 0.6 it was a name of its own.
		if rest, ok := strings.CutPrefix(name, "raw/"); ok {
			o, err = f.root.Open("raw." + rest)
		}
	}
	if o != nil || err != nil {
		return o, err
	}
	return nil, f.absent(method, at)
}

// absent returns the error for a place that is not there.
func (f *File) absent(method, at string) error {
	parent := path.Dir("/" + alias(at))
	names, err := f.Keys(parent)
	if err != nil {
		return err
	}
	want := "one of " + strings.Join(names, ", ")
	if len(names) == 0 {
		want = "a place that is in the file: there is nothing in " + parent
	}
	return &mat32.ParamError{Method: "anndata.File." + method, Param: "at", Value: at, Want: want}
}

// errorf returns an error of this file.
func (f *File) errorf(format string, args ...any) error {
	return &mat32.FileError{Path: f.path, Kind: kind, Reason: fmt.Sprintf(format, args...)}
}

// wrap returns an error of what is at a place in the file as one of this file.
func (f *File) wrap(at string, err error) error {
	var already *mat32.FileError
	var memory *mat32.MemoryError
	if err == nil || errors.As(err, &already) || errors.As(err, &memory) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &mat32.FileError{Path: f.path, Kind: kind, Reason: at + ": " + err.Error(), Err: err}
}

// memory checks what a call would take.
func (f *File) memory(method string, need int64, advice string) error {
	return source.CheckMemory("anndata.File."+method, f.path, need, f.MemoryLimit, advice)
}
