package mat32

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
)

// npy returns a NumPy file with a header and values.
func npy(version byte, header string, values any) []byte {
	b := []byte("\x93NUMPY" + string([]byte{version, 0}))
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	b, _ = binary.Append(append(b, header...), binary.LittleEndian, values)
	return b
}

func stored(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRowsFromFiles(t *testing.T) {
	const n, d = 1234, 37 // more than a part of values
	single, double, wide := make([]float32, n*d), make([]float64, n*d), make([]float64, n*d)
	for i := range single {
		single[i], double[i] = float32(i)/3, float64(i)/7
		wide[i] = float64(single[i])
	}
	raw, _ := binary.Append(nil, binary.LittleEndian, single)
	header := func(kind, shape string) string {
		return fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }   \n", kind, shape)
	}
	shape := fmt.Sprintf("%d, %d", n, d)
	for name, c := range map[string]struct {
		rows    func(path string) (*Rows, error)
		file    []byte
		want    []float64
		columns int
		single  bool
	}{
		"float32":                  {func(p string) (*Rows, error) { return RowsFromFloat32(p, d) }, raw, wide, d, true},
		"NPY 1, f4":                {RowsFromNPY, npy(1, header("<f4", shape), single), wide, d, true},
		"NPY 2, f8":                {RowsFromNPY, npy(2, header("<f8", shape), double), double, d, false},
		"NPY 3, f4":                {RowsFromNPY, npy(3, header("<f4", shape), single), wide, d, true},
		"one column":               {RowsFromNPY, npy(1, header("<f8", fmt.Sprint(n*d, ",")), double), double, 1, false},
		"more values than it says": {RowsFromNPY, npy(1, header("<f8", "2, 3"), double), double[:6], 3, false},
	} {
		r, err := c.rows(stored(t, c.file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Columns() != c.columns {
			t.Errorf("%s: %d columns", name, r.Columns())
		}
		for _, cores := range testenv.Cores() {
			old := runtime.GOMAXPROCS(cores)
			for _, size := range []int{100, n * d, math.MaxInt} {
				for range 2 {
					if got := joined(t, r, size); !slices.Equal(got, c.want) {
						t.Errorf("%s by %d: other values", name, size)
					}
				}
			}
			runtime.GOMAXPROCS(old)
		}
		for batch := range r.Batches(context.Background(), 0) {
			if _, is := batch.(*Dense); is != c.single {
				t.Errorf("%s: batches are a %T", name, batch)
			}
			break
		}
	}
}

func TestRowsFromFilesRefuse(t *testing.T) {
	six := make([]float32, 6)
	raw := make([]byte, 24)
	whole := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":            {nil, "mark"},
		"another format":   {[]byte("PK\x03\x04, and more of it"), "mark"},
		"a newer version":  {npy(4, whole, six), "version 4"},
		"no length":        {[]byte("\x93NUMPY\x01\x00\x01"), "cut short"},
		"half a header":    {npy(1, whole, six[:0])[:20], "cut short"},
		"a huge header":    {[]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), "header has"},
		"integers":         {npy(1, strings.Replace(whole, "<f4", "<i4", 1), six), "<i4"},
		"big-endian":       {npy(1, strings.Replace(whole, "<f4", ">f4", 1), six), ">f4"},
		"records":          {npy(1, strings.Replace(whole, "'<f4'", "[('a', '<f4')]", 1), six), "descr"},
		"by columns":       {npy(1, strings.Replace(whole, "False", "True", 1), six), "fortran_order"},
		"no order":         {npy(1, strings.Replace(whole, "'fortran_order': False, ", "", 1), six), "fortran_order"},
		"no shape":         {npy(1, "{'descr': '<f4', 'fortran_order': False, }", six), "shape"},
		"three dimensions": {npy(1, strings.Replace(whole, "2, 3", "1, 2, 3", 1), six), "rows and columns"},
		"no dimension":     {npy(1, strings.Replace(whole, "2, 3", "", 1), six), "shape"},
		"a negative shape": {npy(1, strings.Replace(whole, "2, 3", "-2, 3", 1), six), "shape"},
		"beyond memory":    {npy(1, strings.Replace(whole, "2, 3", "4611686018427387904, 3", 1), six), "addresses"},
		"too few values":   {npy(1, whole, six[:5]), "1 of 2 rows"},
	} {
		path := stored(t, c.file)
		_, err := RowsFromNPY(path)
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "saved") {
			t.Errorf("%s: got %v, want a *FileError that says %q and names %s", name, err, c.says, path)
		}
	}
	var fe *FileError
	var pe *ParamError
	odd := stored(t, raw)
	if _, err := RowsFromFloat32(odd, 5); !errors.As(err, &fe) || err.Error() != "reading the file of float32 rows "+odd+": its 24 bytes are not rows of 5 values" {
		t.Errorf("24 bytes in rows of five values: %v", err)
	}
	for name, open := range map[string]func(path string) (*Rows, error){
		"NPY":     RowsFromNPY,
		"float32": func(path string) (*Rows, error) { return RowsFromFloat32(path, 1) },
	} {
		folder := t.TempDir()
		if _, err := open(folder); !errors.As(err, &fe) || fe.Path != folder || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("%s: a folder: %v", name, err)
		}
	}
	if _, err := RowsFromFloat32(stored(t, raw), 0); !errors.As(err, &pe) {
		t.Errorf("no columns: %v", err)
	}
	if _, err := RowsFromFloat32("nowhere", 2); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := RowsFromNPY("nowhere"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}

	// What changes after it was opened, and NaN, are errors of the reading.
	read := func(r *Rows) (err error) {
		for _, e := range r.Batches(context.Background(), 1) {
			err = e
		}
		return err
	}
	path := stored(t, raw)
	r, err := RowsFromFloat32(path, 3)
	if err != nil || read(r) != nil {
		t.Fatal(err, read(r))
	}
	if err := os.Truncate(path, 15); err != nil {
		t.Fatal(err)
	}
	var se *StreamError
	if err := read(r); !errors.As(err, &se) || se.Row != 1 {
		t.Errorf("cut after it was opened: %v", err)
	}
	os.Remove(path)
	if err := read(r); !errors.As(err, &se) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed after it was opened: %v", err)
	}
	var nf *NotFiniteError
	r, err = RowsFromNPY(stored(t, npy(1, whole, []float32{1, 2, 3, 4, float32(math.NaN()), 6})))
	if err != nil {
		t.Fatal(err)
	}
	if err := read(r); !errors.As(err, &nf) || nf.Row != 1 || nf.Col != 1 {
		t.Errorf("NaN: %v", err)
	}
	r, _ = RowsFromNPY(stored(t, npy(1, strings.Replace(whole, "2, 3", "0, 3", 1), six[:0])))
	if err := read(r); !errors.Is(err, ErrEmpty) {
		t.Errorf("no rows: %v", err)
	}
}

// Whatever a file holds, reading it ends with rows or with an error.
func FuzzRowsFromNPY(f *testing.F) {
	f.Add(npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", make([]float32, 6)))
	f.Add(npy(2, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", make([]float64, 2)))
	f.Add([]byte("\x93NUMPY\x01\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		table, err := npyHeader(bytes.NewReader(b))
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) {
				t.Errorf("an error of no known type: %v", err)
			}
			return
		}
		if table.columns < 1 || table.rows < 0 || table.offset > int64(len(b)) {
			t.Fatalf("a table of %d × %d at %d", table.rows, table.columns, table.offset)
		}
		r, err := RowsFromNPY(stored(t, b))
		if err != nil {
			return
		}
		for batch, err := range r.Batches(context.Background(), 7) {
			if err == nil && mat.Matrix(batch) == nil {
				t.Fatal("neither rows nor an error")
			}
		}
	})
}
