package npy

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"sync"
	"unsafe"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Mapping is a matrix whose values are a file's. Close ends it.
type Mapping struct {
	// X is a *mat32.Dense where the file holds float32 and a *mat.Dense where it holds float64, with a row for every index of the
	// first axis. Its values must not be written: the memory is read-only, and a write ends the program as a fault of memory does.
	X     mat.Matrix
	Shape []int // of the file's array

	once  sync.Once
	unmap func() error
}

// Map lays a matrix over the values of a NumPy file (.npy) of float32 or float64, least byte first and last axis fastest, without
// reading them: pages come from disk, or from the system's cache of it, when they are first looked at, and are given back when
// memory is short. It takes microseconds and a few kB, whatever the size of the file.
//
// After Close the matrix, its rows and what borrows them (a *mat32.Dense is borrowed by models) must not be used. A file that is
// made shorter while it is mapped ends the program when the missing part is looked at; one that is written changes the matrix. A
// file replaced by rename, as Save does, changes nothing. Where the system has no such maps (other than Unix), the file's bytes
// come in the other order than the machine's, or its values do not start at a multiple of their size, the values are read into
// memory, under the default limit of File.
//
// Errors: a *mat32.FileError where the file is no such file, has another type or order of values, is packed or cut short;
// mat32.ErrEmpty where it has no values; a *mat32.MemoryError; those of os.Open.
func Map(path string) (*Mapping, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // the map outlives it
	fail := func(format string, args ...any) error {
		return &mat32.FileError{Path: path, Kind: fileKind, Reason: fmt.Sprintf(format, args...)}
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fail("it is a folder")
	}
	if !info.Mode().IsRegular() {
		return nil, fail("it is not a regular file but has the mode %v", info.Mode())
	}
	h, err := npyhead.Read(file)
	if err != nil {
		head := make([]byte, 512)
		n, _ := file.ReadAt(head, 0)
		if what := source.Foreign(fileKind, head[:n]); what != "" {
			return nil, fail("%s", what)
		}
		if bytes.HasPrefix(head, []byte("\x1f\x8b")) {
			return nil, fail("it is packed by gzip, and only what is not can be mapped: File.Open reads it")
		}
		return nil, fail("%v", err)
	}
	size := int64(4)
	switch h.Type {
	case "<f4":
	case "<f8":
		size = 8
	default:
		return nil, fail("its values have the type %.20q, and only float32 and float64, least byte first, are mapped: File.Open reads it", h.Type)
	}
	if h.Fortran && len(h.Shape) > 1 {
		return nil, fail("its first axis runs fastest (fortran_order), and only rows are mapped: File.Open reads it")
	}
	if held := (info.Size() - h.Offset) / size; held < int64(h.Values) {
		return nil, fail("it ends too early: it holds %d of the %d values that its shape %s has", max(held, 0), h.Values, npyhead.Tuple(h.Shape))
	}
	if h.Values == 0 {
		return nil, mat32.ErrEmpty
	}
	m := &Mapping{Shape: h.Shape, unmap: func() error { return nil }}
	var array *Array
	if canMap && !bigEndian() && h.Offset%size == 0 {
		length := h.Offset + size*int64(h.Values)
		if int64(int(length)) != length {
			return nil, &mat32.MemoryError{Method: "npy.Map", Path: path, Need: length, Limit: math.MaxInt, Advice: "this machine has no addresses for more"}
		}
		pages, err := pagesOf(file, int(length))
		if err != nil {
			return nil, &mat32.FileError{Path: path, Kind: fileKind, Err: err}
		}
		m.unmap = func() error { return unmapped(pages) }
		array = over(pages[h.Offset:], h, size)
	} else if array, err = (File{}).Open(context.Background(), path); err != nil {
		return nil, err
	}
	if size == 4 {
		m.X, err = array.Dense()
	} else {
		m.X, err = array.Dense64()
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// over returns the array whose values are the bytes b.
func over(b []byte, h npyhead.Head, size int64) *Array {
	a := &Array{Shape: h.Shape}
	if first := unsafe.Pointer(unsafe.SliceData(b)); size == 4 {
		a.Values = unsafe.Slice((*float32)(first), h.Values)
	} else {
		a.Values = unsafe.Slice((*float64)(first), h.Values)
	}
	return a
}

// Dense returns X where the file holds float32. Errors: a *mat32.ParamError where it holds float64.
func (m *Mapping) Dense() (*mat32.Dense, error) {
	x, ok := m.X.(*mat32.Dense)
	if !ok {
		return nil, &mat32.ParamError{Method: "npy.Mapping.Dense", Param: "X", Value: fmt.Sprintf("a %T", m.X), Want: "a file of float32"}
	}
	return x, nil
}

// Close gives the map back; it does so once. X must not be used afterwards, nor anything that shares its memory.
func (m *Mapping) Close() (err error) {
	m.once.Do(func() {
		m.X = nil
		err = m.unmap()
	})
	return err
}
