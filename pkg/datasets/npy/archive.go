package npy

import (
	"archive/zip"
	"cmp"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flatland-go/flatland/pkg/datasets/internal/source"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// Archive reads and writes arrays with names in one file (.npz), as numpy.savez and savez_compressed write it. Its zero value
// reads all arrays, and writes them unpacked.
type Archive struct {
	// Arrays are the names of those to read. Default all. Writing ignores it.
	Arrays []string

	// Packed packs what is written. Reading ignores it, and finds out.
	Packed bool

	// MemoryLimit in bytes refuses what would need more. Default GOMEMLIMIT, or 4 GiB. It counts all arrays
	// read together.
	MemoryLimit int64
}

const (
	archiveKind = "NumPy archive"
	ending      = ".npy" // of every array's name within the archive
)

// Open reads the arrays of an archive by their names; what else it holds is left alone. The checksum of every array is
// compared. Errors: a *mat32.FileError, which names the array, where it is no such archive, is damaged, or has values that
// an Array lacks; a *mat32.ParamError where it lacks one of Arrays; a *mat32.MemoryError; those of os.Open; ctx.Err().
func (a Archive) Open(ctx context.Context, path string) (map[string]*Array, error) {
	file, err := source.Open(ctx, archiveKind, path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	at, ok := file.At()
	if !ok {
		if file.Packed() {
			return nil, file.Errorf("it is packed by gzip, and an archive is read from its end: unpack it")
		}
		return nil, file.Errorf("it is empty or no regular file, and an archive is read from its end")
	}
	return a.read(ctx, file, at, file.Size)
}

// Read is Open for size bytes in memory or elsewhere.
func (a Archive) Read(ctx context.Context, r io.ReaderAt, size int64) (map[string]*Array, error) {
	file, err := source.From(ctx, archiveKind, "", strings.NewReader("")) // the words of its errors
	if err != nil {
		return nil, err
	}
	return a.read(ctx, file, r, size)
}

func (a Archive) read(ctx context.Context, file *source.File, r io.ReaderAt, size int64) (map[string]*Array, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, file.Errorf("it is no zip archive, or cut short: %v", err)
	}
	arrays := map[string]*Array{}
	var used int64
	for _, entry := range archive.File {
		name, ok := strings.CutSuffix(entry.Name, ending)
		if !ok || a.Arrays != nil && !slices.Contains(a.Arrays, name) {
			continue
		}
		if arrays[name] != nil {
			return nil, file.Errorf("it has two arrays %q", name)
		}
		array, bytes, err := member(ctx, file.Path, entry, used, a.MemoryLimit)
		if err != nil {
			err = named(err, func(format string, args ...any) error {
				return file.Errorf("array %q: %s", name, fmt.Sprintf(format, args...))
			})
			return nil, file.Wrap(err)
		}
		arrays[name] = array
		used += bytes
	}
	for _, name := range a.Arrays {
		if arrays[name] == nil {
			return nil, &mat32.ParamError{Method: "npy.Archive", Param: "Arrays", Value: strconv.Quote(name), Want: "an array of " + cmp.Or(file.Path, "the archive") + ": " + listed(archive)}
		}
	}
	return arrays, nil
}

// listed returns the names of an archive's arrays, a few of them.
func listed(archive *zip.Reader) string {
	const most = 12
	var names []string
	for _, entry := range archive.File {
		if name, ok := strings.CutSuffix(entry.Name, ending); ok {
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	if len(names) == 0 {
		return "none at all"
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return strings.Join(names, ", ")
}

// member reads one array beside others that use memory, and returns how much it adds.
func member(ctx context.Context, path string, entry *zip.File, used, limit int64) (*Array, int64, error) {
	r, err := entry.Open()
	if err != nil {
		return nil, 0, flaw{err}
	}
	defer r.Close()
	from := &bytesFrom{path: path, r: r, used: used}
	if entry.Method == zip.Store {
		from.held = int64(entry.CompressedSize64)
		from.room = from.held
	} else {
		from.packed(int64(min(entry.CompressedSize64, 1<<50)))
	}
	array, err := from.array(ctx, "npy.Archive", limit)
	if err == nil { // the checksum is compared where the end is read
		var rest int64
		rest, err = io.Copy(io.Discard, io.LimitReader(r, 1))
		if err == nil && rest > 0 {
			err = flaw{errors.New("there is more behind its values")}
		}
	}
	var (
		corrupt flate.CorruptInputError
		known   flaw
		memory  *mat32.MemoryError
		param   *mat32.ParamError
	)
	switch {
	case err == nil, ctx.Err() != nil, errors.As(err, &known), errors.As(err, &memory), errors.As(err, &param):
		return array, from.used - used, err
	case errors.Is(err, zip.ErrChecksum):
		err = errors.New("its checksum is wrong: the file is damaged")
	case errors.As(err, &corrupt):
		err = errors.New("its packing is damaged")
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it ends too early")
	}
	return nil, 0, flaw{err}
}

// Save writes arrays to a file, in the order of their names, under another name until all is written. Equal arrays give equal
// bytes. Errors: a *mat32.ParamError for an array whose shape is not that of its values and for a name that is empty or has a
// slash before everything, and those of the file system.
func (a Archive) Save(path string, arrays map[string]*Array) error {
	return source.Save(path, func(w io.Writer) error { return a.Write(w, arrays) })
}

// Write is Save for any writer.
func (a Archive) Write(w io.Writer, arrays map[string]*Array) error {
	archive := zip.NewWriter(w)
	method := zip.Store
	if a.Packed {
		method = zip.Deflate
	}
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		if name == "" || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") {
			return &mat32.ParamError{Method: "npy.Archive", Param: "arrays", Value: fmt.Sprintf("%q", name), Want: "a name of a file within an archive"}
		}
		if err := arrays[name].check("npy.Archive"); err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
		to, err := archive.CreateHeader(&zip.FileHeader{Name: name + ending, Method: method, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			err = arrays[name].Write(to)
		}
		if err != nil {
			return err
		}
	}
	return archive.Close()
}
