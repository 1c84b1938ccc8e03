package columnar_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/flatland-go/flatland/pkg/datasets/columnar"
	"github.com/flatland-go/flatland/pkg/datasets/table"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const fuzzLimit = 16 << 20

// tried fails t where reading a damaged file gives an error of another type than damaged files do, or takes much more memory than
// it may: what a piece of the file claims, and what the limit allows.
func tried(t *testing.T, read func() error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := read()
	runtime.ReadMemStats(&after)
	var file *mat32.FileError
	var memory *mat32.MemoryError
	if err != nil && !errors.As(err, &file) && !errors.As(err, &memory) {
		t.Fatalf("an error of another type: %v", err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 512<<20 {
		t.Fatalf("it took %d MiB", took>>20)
	}
}

// all reads a file in every way.
func all(t *testing.T, content []byte, open func(ctx context.Context, path string) (*table.Table, error),
	matrix func(ctx context.Context, path string) (*mat32.Dense, []string, error), rows func(ctx context.Context, path string) (*mat32.Rows, error)) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	tried(t, func() error {
		x, err := open(t.Context(), path)
		if err == nil {
			for j := range x.Columns {
				if x.Columns[j].Rows() != x.Rows() {
					t.Fatalf("column %d has %d rows, and the first %d", j, x.Columns[j].Rows(), x.Rows())
				}
			}
		}
		return err
	})
	tried(t, func() error {
		x, names, err := matrix(t.Context(), path)
		if err == nil {
			if _, d := x.Dims(); d != len(names) {
				t.Fatalf("%d columns and %d names", d, len(names))
			}
		}
		return err
	})
	tried(t, func() error {
		r, err := rows(t.Context(), path)
		if err != nil {
			return err
		}
		for range r.Batches(t.Context(), 100) {
			continue
		}
		return nil
	})
}

func seeds(f *testing.F, names ...string) {
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
}

func FuzzParquet(f *testing.F) {
	seeds(f, "pandas.parquet", "polars.parquet", "pyarrow-v2.parquet")
	f.Fuzz(func(t *testing.T, content []byte) {
		p := columnar.Parquet{MemoryLimit: fuzzLimit}
		all(t, content, p.Open, p.OpenDense, p.Rows)
	})
}

func FuzzArrow(f *testing.F) {
	seeds(f, "pandas.feather", "polars.arrow", "pyarrow.arrows")
	f.Fuzz(func(t *testing.T, content []byte) {
		a := columnar.Arrow{MemoryLimit: fuzzLimit}
		all(t, content, a.Open, a.OpenDense, a.Rows)
	})
}
