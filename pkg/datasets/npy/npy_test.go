package npy

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
	"github.com/flatland-go/flatland/tests/golden"
)

// peer is what NumPy wrote.
type peer struct {
	Cases []struct {
		Name, Type string
		File       []byte
		Shape      []int
		Values     []string
		Saved      bool
	}
	Refused  map[string][]byte
	Archives map[string][]byte
}

func numpy(t testing.TB) peer {
	t.Helper()
	var p peer
	golden.Load(t, "npy", &p)
	if len(p.Cases) < 60 || len(p.Refused) != 4 || len(p.Archives) != 2 {
		t.Fatalf("%d cases, %d refused, %d archives", len(p.Cases), len(p.Refused), len(p.Archives))
	}
	return p
}

func stored(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// sameValue reports whether a value is the one that NumPy wrote as text.
func sameValue(value any, text string) bool {
	number := func(s string, size int) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			panic(err)
		}
		if size == 32 {
			v = float64(float32(v))
		}
		return v
	}
	bits := func(a, b float64) bool {
		return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
	}
	switch v := value.(type) {
	case float32:
		return bits(float64(v), number(text, 32))
	case float64:
		return bits(v, number(text, 64))
	case complex64:
		re, im, _ := strings.Cut(text, " ")
		return bits(float64(real(v)), number(re, 32)) && bits(float64(imag(v)), number(im, 32))
	case complex128:
		re, im, _ := strings.Cut(text, " ")
		return bits(real(v), number(re, 64)) && bits(imag(v), number(im, 64))
	case bool:
		return v == (text == "True")
	}
	return fmt.Sprint(value) == text
}

func each(values any, f func(i int, v any)) {
	switch v := values.(type) {
	case []bool:
		every(v, f)
	case []int8:
		every(v, f)
	case []int16:
		every(v, f)
	case []int32:
		every(v, f)
	case []int64:
		every(v, f)
	case []uint8:
		every(v, f)
	case []uint16:
		every(v, f)
	case []uint32:
		every(v, f)
	case []uint64:
		every(v, f)
	case []float32:
		every(v, f)
	case []float64:
		every(v, f)
	case []complex64:
		every(v, f)
	case []complex128:
		every(v, f)
	case []string:
		every(v, f)
	}
}

func every[T any](values []T, f func(i int, v any)) {
	for i, v := range values {
		f(i, v)
	}
}

func TestFilesOfNumPy(t *testing.T) {
	ctx := context.Background()
	for _, c := range numpy(t).Cases {
		for way, open := range map[string]func() (*Array, error){
			"file":   func() (*Array, error) { return File{}.Open(ctx, stored(t, "x.npy", c.File)) },
			"packed": func() (*Array, error) { return File{}.Open(ctx, stored(t, "x.npy.gz", gzipped(t, c.File))) },
			"reader": func() (*Array, error) { return File{}.Read(ctx, bytes.NewReader(c.File)) },
		} {
			a, err := open()
			if err != nil {
				t.Errorf("%s, %s: %v", c.Name, way, err)
				continue
			}
			if n, ok := length(a.Values); !ok || n != len(c.Values) || !slices.Equal(a.Shape, c.Shape) {
				t.Errorf("%s, %s: %T of shape %v, %d values", c.Name, way, a.Values, a.Shape, n)
				continue
			}
			each(a.Values, func(i int, v any) {
				if !sameValue(v, c.Values[i]) {
					t.Errorf("%s, %s: value %d is %v, NumPy has %s", c.Name, way, i, v, c.Values[i])
				}
			})
			var b bytes.Buffer
			if err := a.Write(&b); err != nil {
				t.Errorf("%s: writing: %v", c.Name, err)
			}
			if c.Saved && !bytes.Equal(b.Bytes(), c.File) {
				t.Errorf("%s: wrote %q, numpy.save %q", c.Name, b.Bytes(), c.File)
			}
			again, err := File{}.Read(ctx, &b)
			if err != nil || !slices.Equal(again.Shape, a.Shape) || fmt.Sprint(again.Values) != fmt.Sprint(a.Values) {
				t.Errorf("%s: written and read again: %v, %v", c.Name, again, err)
			}
		}
	}
}

func TestFilesAreRefused(t *testing.T) {
	ctx := context.Background()
	says := map[string]string{"records": "records", "times": "<M8[ns]", "long double": "f16", "objects": "only Python"}
	refuse := func(name string, b []byte, says string) {
		t.Helper()
		var fe *mat32.FileError
		path := stored(t, "x.npy", b)
		if _, err := (File{}).Open(ctx, path); !errors.As(err, &fe) || !strings.Contains(err.Error(), says) || fe.Path != path {
			t.Errorf("%s: got %v, want a *FileError that says %q and names the file", name, err, says)
		}
		var me *mat32.MemoryError // a reader does not tell how much it has
		if _, err := (File{}).Read(ctx, bytes.NewReader(b)); !errors.As(err, &fe) && !(errors.As(err, &me) && strings.HasPrefix(name, "a claim")) {
			t.Errorf("%s from a reader: %v", name, err)
		}
		if _, err := Map(path); err == nil {
			t.Errorf("%s: it is mapped", name)
		}
	}
	for name, b := range numpy(t).Refused {
		refuse(name, b, says[name])
	}
	head := func(kind string, shape ...int) []byte { return npyhead.Head{Type: kind, Shape: shape}.Append(nil) }
	for _, kind := range []string{"<f3", "<f+4", "<q4", "f4", "<", "<f", "<i16", "<f99999999999999999999", "<b2", "<c4"} {
		refuse(kind, append(head(kind, 1), make([]byte, 64)...), "type")
	}
	refuse("no characters", head("<U0", 5), "without room")
	refuse("empty", nil, "mark")
	refuse("a half", append(head("<f4", 2, 3), make([]byte, 23)...), "too early")
	refuse("a claim", head("<f8", 1<<20, 1<<10), "too early")
	refuse("a claim of text", head("<U500000000", 2), "too early")
	whole := gzipped(t, append(head("<f4", 200, 300), make([]byte, 240_000)...))
	refuse("half a packing", whole[:len(whole)/2], "too early")
	whole[len(whole)-5]++
	refuse("a wrong checksum", append(slices.Clone(whole[:20]), 1, 2, 3), "")

	var fe *mat32.FileError
	folder := t.TempDir()
	if _, err := (File{}).Open(ctx, folder); !errors.As(err, &fe) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := (File{}).Open(ctx, filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	var me *mat32.MemoryError
	path := stored(t, "x.npy", append(head("<f8", 100, 10), make([]byte, 8000)...))
	if _, err := (File{MemoryLimit: 7999}).Open(ctx, path); !errors.As(err, &me) || me.Need != 8000 || me.Path != path {
		t.Errorf("beyond the limit: %v", err)
	}
	if _, err := (File{MemoryLimit: 8000}).Open(ctx, path); err != nil {
		t.Errorf("within the limit: %v", err)
	}
	// What is claimed by little takes little.
	for name, b := range map[string][]byte{
		"reader":      append(head("<f8", 400_000_000), make([]byte, 100)...),
		"text":        append(head("<U100000000", 4), make([]byte, 100)...),
		"gzip":        gzipped(t, append(head("<f4", 800_000_000), make([]byte, 100)...)),
		"by columns":  append(npyhead.Head{Type: ">f8", Shape: []int{20_000, 10_000}, Fortran: true}.Append(nil), make([]byte, 100)...),
		"many values": append(head("|S1", 1<<28), make([]byte, 100)...),
	} {
		if used := allocated(func() {
			if _, err := (File{}).Read(ctx, bytes.NewReader(b)); err == nil {
				t.Errorf("%s: it is read", name)
			}
		}); used > 8<<20 {
			t.Errorf("%s: a file of %d bytes takes %d", name, len(b), used)
		}
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestReadingHearsACancelAndReports(t *testing.T) {
	path := stored(t, "x.npy", append(npyhead.Head{Type: "<f4", Shape: []int{1000, 3000}}.Append(nil), make([]byte, 12_000_000)...))
	done, total := 0, 0
	if _, err := (File{}).Open(watch.With(context.Background(), func(e watch.Event) { done, total = e.Done, e.Total }), path); err != nil {
		t.Fatal(err)
	}
	if done != 12_000_000 || total < done {
		t.Errorf("reported %d of %d bytes", done, total)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (File{}).Open(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithCancel(context.Background())
	watched := watch.With(ctx, func(e watch.Event) {
		if e.Done > 0 {
			cancel()
		}
	})
	if _, err := (File{}).Open(watched, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled half-way: %v", err)
	}
}

// A large file is read in many parts, and by columns in many tiles, with the same values on any number of cores.
func TestParts(t *testing.T) {
	const rows, columns = 1111, 2003
	v := make([]float32, rows*columns)
	for i := range v {
		v[i] = float32(i)
	}
	var b bytes.Buffer
	if err := (&Array{Shape: []int{rows, columns}, Values: v}).Write(&b); err != nil {
		t.Fatal(err)
	}
	head := npyhead.Head{Type: "<f4", Shape: []int{columns, rows}, Fortran: true}.Append(nil)
	turned := append(head, bytesOf(v)...) // the same values are the transpose by columns
	for _, cores := range testenv.Cores() {
		old := runtime.GOMAXPROCS(cores)
		a, err := File{}.Open(context.Background(), stored(t, "x.npy", b.Bytes()))
		if err != nil || !slices.Equal(a.Values.([]float32), v) {
			t.Errorf("%d cores: other values, %v", cores, err)
		}
		a, err = File{}.Open(context.Background(), stored(t, "x.npy", turned))
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range a.Values.([]float32) {
			if want := v[i%rows*columns+i/rows]; x != want {
				t.Fatalf("%d cores: value %d by columns is %v, want %v", cores, i, x, want)
			}
		}
		runtime.GOMAXPROCS(old)
	}
}

func TestMatrices(t *testing.T) {
	ctx := context.Background()
	for _, c := range numpy(t).Cases {
		a, err := File{}.Read(ctx, bytes.NewReader(c.File))
		if err != nil {
			t.Fatal(err)
		}
		dense, err := a.Dense()
		matrix, e := a.Dense64()
		var pe *mat32.ParamError
		switch a.Values.(type) {
		case []complex64, []complex128, []string:
			if !errors.As(err, &pe) || !errors.As(e, &pe) {
				t.Errorf("%s: as matrices %v, %v", c.Name, err, e)
			}
			continue
		}
		if len(c.Values) == 0 {
			if err != mat32.ErrEmpty || e != mat32.ErrEmpty {
				t.Errorf("%s: %v, %v", c.Name, err, e)
			}
			continue
		}
		if err != nil || e != nil {
			t.Errorf("%s: %v, %v", c.Name, err, e)
			continue
		}
		rows, columns := 1, len(c.Values)
		if len(c.Shape) > 0 {
			rows = c.Shape[0]
			columns /= rows
		}
		if n, d := dense.Dims(); n != rows || d != columns {
			t.Errorf("%s: %d × %d, want %d × %d", c.Name, n, d, rows, columns)
		}
		if n, d := matrix.Dims(); n != rows || d != columns {
			t.Errorf("%s: %d × %d, want %d × %d", c.Name, n, d, rows, columns)
		}
		each(a.Values, func(i int, v any) {
			var want float64
			switch v := v.(type) {
			case bool:
				if v {
					want = 1
				}
			default:
				want, _ = strconv.ParseFloat(c.Values[i], 64)
				if _, is := v.(float32); is {
					want = float64(float32(want))
				}
			}
			if got := matrix.At(i/columns, i%columns); got != want && !math.IsNaN(want) {
				t.Errorf("%s: value %d is %v, want %v", c.Name, i, got, want)
			}
			if got := dense.At(i/columns, i%columns); got != float64(float32(want)) && !math.IsNaN(want) {
				t.Errorf("%s: value %d is %v as float32, want %v", c.Name, i, got, float32(want))
			}
		})
	}
}

func TestInts(t *testing.T) {
	for _, c := range []struct {
		values any
		want   []int
	}{
		{[]bool{true, false}, []int{1, 0}}, {[]int8{-128, 3}, []int{-128, 3}}, {[]uint64{1 << 53, 7}, []int{1 << 53, 7}},
		{[]int64{math.MinInt64, math.MaxInt64}, []int{math.MinInt64, math.MaxInt64}}, {[]float32{-1, 3}, []int{-1, 3}},
		{[]float64{1 << 60, -7}, []int{1 << 60, -7}}, {[]uint32{math.MaxUint32}, []int{math.MaxUint32}},
	} {
		a, err := Of(c.values)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := a.Ints(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%T: %v, %v", c.values, got, err)
		}
	}
	for _, values := range []any{[]uint64{1 << 63}, []float64{0.5}, []float64{math.NaN()}, []float64{1 << 63}, []float32{float32(math.Inf(-1))}, []string{"1"}, []complex64{1}} {
		a, _ := Of(values)
		var pe *mat32.ParamError
		if got, err := a.Ints(); !errors.As(err, &pe) {
			t.Errorf("%v: %v, %v", values, got, err)
		}
	}
}

func TestOf(t *testing.T) {
	m := mat.NewDense(3, 4, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	for name, x := range map[string]mat.Matrix{"whole": m, "gaps": m.Slice(1, 3, 1, 3), "transposed": m.T(), "float32": mat32.Convert(m.Slice(0, 2, 0, 3))} {
		a, err := Of(x)
		if err != nil {
			t.Fatal(err)
		}
		back, err := a.Dense64()
		if err != nil || !mat.Equal(back, x) {
			t.Errorf("%s: %v, %v", name, back, err)
		}
	}
	var pe *mat32.ParamError
	for _, x := range []any{nil, 3, "text", [][]float64{{1}}, map[string]int{}} {
		if _, err := Of(x); !errors.As(err, &pe) {
			t.Errorf("%T: %v", x, err)
		}
	}
	bad := &Array{Shape: []int{2, 2}, Values: []float32{1, 2, 3}}
	if err := bad.Write(io.Discard); !errors.As(err, &pe) {
		t.Errorf("a wrong shape: %v", err)
	}
	if _, err := bad.Dense(); !errors.As(err, &pe) {
		t.Errorf("a wrong shape: %v", err)
	}
	if _, err := (&Array{Shape: []int{-1, -3}, Values: []float32{1, 2, 3}}).Dense64(); !errors.As(err, &pe) {
		t.Errorf("a negative shape: %v", err)
	}
	if _, err := (*Array)(nil).Dense64(); !errors.As(err, &pe) {
		t.Errorf("no array: %v", err)
	}
	if err := (&Array{}).Save(filepath.Join(t.TempDir(), "x.npy")); !errors.As(err, &pe) {
		t.Errorf("no values: %v", err)
	}
}
