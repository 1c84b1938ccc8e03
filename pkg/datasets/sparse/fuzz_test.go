package sparse_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets/sparse"
	"github.com/flatland-go/flatland/pkg/mat32"
)

const fuzzLimit = 16 << 20

// typed fails t where an error is none that damaged files give, or reading took more memory than it may.
func typed(t *testing.T, size int, read func() error) error {
	t.Helper()
	var err error
	took := allocated(func() { err = read() })
	var file *mat32.FileError
	var memory *mat32.MemoryError
	if err != nil && !errors.As(err, &file) && !errors.As(err, &memory) {
		t.Fatalf("an error of another type: %v", err)
	}
	// What text claims may take the limit, reading itself two buffers and blocks, gzip 2000 bytes for one.
	if most := uint64(3*fuzzLimit + 40<<20 + 2000*size); took > most {
		t.Fatalf("%d bytes took %d", size, took)
	}
	return err
}

func same(t *testing.T, got, want mat.Matrix) {
	t.Helper()
	rows, cols := want.Dims()
	if r, c := got.Dims(); r != rows || c != cols {
		t.Fatalf("the shape is %d × %d, want %d × %d", r, c, rows, cols)
	}
	if rows*cols > 1<<16 {
		return
	}
	for i := range rows {
		for j := range cols {
			if g, w := got.At(i, j), want.At(i, j); g != w && (g == g || w == w) {
				t.Fatalf("at %d, %d: %v, want %v", i, j, g, w)
			}
		}
	}
}

func FuzzMatrixMarket(f *testing.F) {
	for _, text := range []string{
		general + "2 3 3\n1 1 0.5\n2 3 2\n1 1 0.25\n",
		general + "% comment\n\n2 2 2\r\n2 2 1e-3\r\n1 2 nan",
		"%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 3\n",
		"%%MatrixMarket matrix coordinate integer skew-symmetric\n3 3 1\n2 1 -5\n",
		"%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n4\n",
		"%%MatrixMarket matrix array integer symmetric\n2 2\n1\n2\n3\n",
		"%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n",
		general + "1000000 1000000 1000000000000\n1 1 1\n",
		general + "2147483647 2147483647 1\n2147483647 2147483647 1\n",
		"\xef\xbb\xbf" + general + "0 0 0\n",
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "x.mtx")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, m := range []sparse.MatrixMarket{{MemoryLimit: fuzzLimit}, {MemoryLimit: fuzzLimit, Transpose: true}} {
			var x *mat32.CSR
			err := typed(t, len(text), func() (err error) {
				x, err = m.Read(t.Context(), bytes.NewReader(text))
				return err
			})
			var dense *mat32.Dense
			errDense := typed(t, len(text), func() (err error) {
				dense, err = m.ReadDense(t.Context(), bytes.NewReader(text))
				return err
			})
			if err == nil && errDense == nil {
				same(t, dense, x)
			}
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if r, errRows := m.Rows(t.Context(), path); errRows == nil && err == nil {
				if n, cols := x.Dims(); n > 0 && n*cols < 1<<16 {
					if stream, err := rows(t, r); err == nil && mat32.Check(x) == nil {
						same(t, stream, x)
					}
				}
			}
			if err != nil {
				continue
			}
			var out bytes.Buffer
			if err := m.Write(&out, x); err != nil {
				t.Fatal(err)
			}
			again, err := m.Read(t.Context(), &out)
			if err != nil {
				t.Fatal(err)
			}
			same(t, again, x)
		}
	})
}

func Fuzz10x(f *testing.F) {
	f.Add([]byte(matrix), []byte(features), []byte(barcodes))
	f.Add([]byte(matrix), []byte(genes), []byte(strings.ReplaceAll(barcodes, "\n", "\r\n")))
	f.Add([]byte("%%MatrixMarket matrix coordinate real general\n1 1 9999999999\n1 1 1"), []byte("\xef\xbb\xbfa\t\t"), []byte("b"))
	f.Fuzz(func(t *testing.T, matrix, features, barcodes []byte) {
		var c *sparse.Counts
		err := typed(t, len(matrix)+len(features)+len(barcodes), func() (err error) {
			c, err = sparse.TenX{MemoryLimit: fuzzLimit}.Read(t.Context(), bytes.NewReader(matrix), bytes.NewReader(features), bytes.NewReader(barcodes))
			return err
		})
		if err != nil {
			return
		}
		rows, cols := c.X.Dims()
		if rows != len(c.Barcodes) || cols != len(c.Features) {
			t.Fatalf("%d × %d, with %d barcodes and %d features", rows, cols, len(c.Barcodes), len(c.Features))
		}
		seen := map[string]bool{}
		for _, name := range c.Names() {
			if seen[name] {
				t.Fatalf("the name %q is there twice", name)
			}
			seen[name] = true
		}
		if cols > 0 {
			if _, err := c.OfType(c.Features[0].Type); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzSVMLight(f *testing.F) {
	for _, text := range []string{
		"+1 1:0.5 3:-1.25e-1\n-1 2:1\n", "# a file\n1 qid:3 1:2 # the first\r\n\r\n2.5 qid:4 4:1.5",
		"0 0:1\n1 5:2\n", "1 2147483646:1\n", "2,1 1:0.5\n 2:1\n", "1 99999999999:1\n", "\xef\xbb\xbf1 1:nan\n",
	} {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	path := filepath.Join(f.TempDir(), "x.svm")
	f.Fuzz(func(t *testing.T, text []byte, multilabel bool) {
		s := sparse.SVMLight{Multilabel: multilabel, MemoryLimit: fuzzLimit}
		var l *sparse.Labeled
		err := typed(t, len(text), func() (err error) {
			l, err = s.Read(t.Context(), bytes.NewReader(text))
			return err
		})
		if err != nil {
			return
		}
		n, cols := l.X.Dims()
		if len(l.Targets) != n && !multilabel || len(l.Labels) != n && multilabel || l.Queries != nil && len(l.Queries) != n {
			t.Fatalf("%d rows, %d targets, %d labels, %d queries", n, len(l.Targets), len(l.Labels), len(l.Queries))
		}
		l.Classes()
		if n == 0 || cols == 0 || n*cols > 1<<16 || mat32.Check(l.X) != nil {
			return
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := s.Rows(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		stream, err := rows(t, r)
		if err != nil {
			t.Fatal(err)
		}
		same(t, stream, l.X)
	})
}
