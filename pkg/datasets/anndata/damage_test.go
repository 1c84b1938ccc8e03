package anndata

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/flatland-go/flatland/pkg/datasets/anndata/internal/hdf5"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// within is the memory that the files of these tests may take.
const within = 32 << 20

// explore asks a file for all it has, and returns the first error.
func explore(ctx context.Context, b []byte) (first error) {
	h, err := hdf5.New(kind, "damaged.h5ad", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	f, err := open(ctx, "damaged.h5ad", h)
	if err != nil {
		return err
	}
	f.MemoryLimit = within
	note := func(err error) {
		if first == nil {
			first = err
		}
	}
	places := []string{"X", "raw/X"}
	for _, part := range []string{"layers", "obsm", "varm", "obsp", "varp"} {
		names, err := f.Keys(part)
		note(err)
		for _, name := range names {
			places = append(places, part+"/"+name)
		}
	}
	for _, at := range places[:min(len(places), 50)] {
		_, err := f.Matrix(ctx, at)
		note(err)
		rows, err := f.Rows(ctx, at)
		note(err)
		if err == nil {
			for _, err := range rows.Batches(ctx, 0) {
				note(err)
			}
		}
	}
	for _, at := range []string{"obs", "var", "raw/var"} {
		_, err := f.Table(ctx, at)
		note(err)
		_, err = f.Names(ctx, at)
		note(err)
	}
	_, err = f.Dataset(ctx, "obsm/X_umap", "cell_type")
	note(err)
	_, err = f.Value(ctx, "uns")
	note(err)
	return first
}

// typed reports whether an error is one of those that damage may give.
func typed(err error) bool {
	var file *mat32.FileError
	var memory *mat32.MemoryError
	var param *mat32.ParamError // where a name is damaged, what is asked for is not there
	var stream *mat32.StreamError
	var finite *mat32.NotFiniteError
	return errors.As(err, &file) || errors.As(err, &memory) || errors.As(err, &param) || errors.As(err, &stream) || errors.As(err, &finite) || errors.Is(err, mat32.ErrEmpty)
}

// A file that is cut off anywhere, or has a byte that is not its own, gives what it gave or an error that says so, in little time
// and memory.
func TestDamage(t *testing.T) {
	ctx := context.Background()
	for _, name := range []string{"v0.6", "v0.12", "latest_lzf"} {
		whole := unpacked(t, name)
		if err := explore(ctx, whole); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		tries, failed := 150, 0
		if testing.Short() {
			tries = 20
		}
		for i := range tries {
			b := bytes.Clone(whole)
			if i%3 == 0 {
				b = b[:r.IntN(len(b))]
			} else {
				for range 1 + i%5 {
					b[r.IntN(min(len(b), 1<<(8+i%10)))] ^= 1 << r.IntN(8)
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			err := explore(ctx, b)
			runtime.ReadMemStats(&after)
			if err != nil {
				failed++
				if !typed(err) {
					t.Errorf("%s, try %d: %T %v", name, i, err, err)
				}
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s, try %d: it took %v", name, i, took)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
				t.Errorf("%s, try %d: %d MiB were asked for", name, i, used>>20)
			}
		}
		if failed < tries/3 {
			t.Errorf("%s: %d of %d damaged files gave an error", name, failed, tries)
		}
	}
}

// claiming returns a file of a few bytes that claims much: the shape of a dataset of the earliest format, which has no checksums.
func claiming(t *testing.T, name string, from, to []byte) []byte {
	t.Helper()
	b := unpacked(t, name)
	if n := bytes.Count(b, from); n < 1 {
		t.Fatalf("%s has no % x", name, from)
	}
	return bytes.ReplaceAll(b, from, to)
}

func TestClaimsAreNotBelieved(t *testing.T) {
	// The number of cells, 24, becomes 2³⁶ wherever it is a length.
	b := claiming(t, "v0.12", []byte{24, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 0, 0, 0, 16, 0, 0, 0})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := explore(context.Background(), b)
	runtime.ReadMemStats(&after)
	var file *mat32.FileError
	var memory *mat32.MemoryError
	if !errors.As(err, &file) && !errors.As(err, &memory) {
		t.Errorf("%T %v", err, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d MiB were asked for", used>>20)
	}
}

func TestNoSuchFile(t *testing.T) {
	ctx := context.Background()
	if _, err := Open(ctx, filepath.Join(t.TempDir(), "none.h5ad")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	var file *mat32.FileError
	for name, b := range map[string]string{"empty": "", "text": "cell,gene\n1,2\n", "magic": "\x89HDF\r\n\x1a\n"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(b), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ctx, path); !errors.As(err, &file) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for says, b := range map[string]string{"it is a zip archive": "PK\x03\x04", "it is packed by gzip": "\x1f\x8b\x08", "it is not an HDF5 file": strings.Repeat("x", 3000)} {
		path := filepath.Join(t.TempDir(), "cells.h5ad")
		if err := os.WriteFile(path, []byte(b), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ctx, path); !errors.As(err, &file) || file.Path != path || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want what says %s", b[:3], err, says)
		}
	}
	if _, err := Open(ctx, t.TempDir()); !errors.As(err, &file) {
		t.Errorf("a folder: %v", err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	ctx := context.Background()
	f := opened(t, "v0.12")
	var param *mat32.ParamError
	var file *mat32.FileError
	_, err := f.Matrix(ctx, "obsm/X_tsne")
	if !errors.As(err, &param) || !strings.Contains(err.Error(), "X_umap") {
		t.Errorf("%v", err)
	}
	if _, err := f.Table(ctx, "obz"); !errors.As(err, &param) {
		t.Errorf("%v", err)
	}
	if _, err := f.Dataset(ctx, "obsm/X_umap", "score"); !errors.As(err, &param) || !strings.Contains(err.Error(), "cell_type, batch") {
		t.Errorf("%v", err)
	}
	if _, err := f.Matrix(ctx, "uns/title"); !errors.As(err, &file) {
		t.Errorf("%v", err)
	}
	if _, err := f.Table(ctx, "X"); !errors.As(err, &file) {
		t.Errorf("%v", err)
	}
	if keys, err := f.Keys("nowhere"); len(keys) != 0 || err != nil {
		t.Errorf("%v, %v", keys, err)
	}
	f.MemoryLimit = 100
	var memory *mat32.MemoryError
	for _, at := range []string{"X", "layers/dense", "layers/columns"} {
		if _, err := f.Matrix(ctx, at); !errors.As(err, &memory) || memory.Path != f.path {
			t.Errorf("%s: %v", at, err)
		}
	}
	if _, err := f.Value(ctx, "uns"); !errors.As(err, &memory) {
		t.Errorf("%v", err)
	}
	if _, err := f.Table(ctx, "obs"); !errors.As(err, &memory) {
		t.Errorf("%v", err)
	}
}

func TestCancel(t *testing.T) {
	f := opened(t, "v0.12")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, err := range map[string]error{
		"open":   func() error { _, err := Open(ctx, f.path); return err }(),
		"sparse": func() error { _, err := f.Matrix(ctx, "X"); return err }(),
		"dense":  func() error { _, err := f.Matrix(ctx, "layers/dense"); return err }(),
		"table":  func() error { _, err := f.Table(ctx, "obs"); return err }(),
		"value":  func() error { _, err := f.Value(ctx, "uns"); return err }(),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelEndsRows(t *testing.T) {
	f := opened(t, "v0.12")
	for _, at := range []string{"X", "layers/dense", "layers/columns"} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		rows, err := f.Rows(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		batches := 0
		for _, err = range rows.Batches(context.Background(), 1) { // whose own context stays
			batches++
			cancel()
		}
		if !errors.Is(err, context.Canceled) || batches != 2 {
			t.Errorf("%s: after %d batches %v", at, batches, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"v0.6", "v0.7", "v0.12", "latest_gzip"} {
		f.Add(unpacked(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := explore(context.Background(), b); err != nil && !typed(err) {
			t.Errorf("%T %v", err, err)
		}
	})
}
