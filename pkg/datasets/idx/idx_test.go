package idx

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func stored(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func TestTypes(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		shape  []int
		values any
	}{
		"unsigned bytes": {"\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x02\x00\x01\xfe\xff", []int{2, 1, 2}, []uint8{0, 1, 254, 255}},
		"signed bytes":   {"\x00\x00\x09\x01\x00\x00\x00\x02\x80\x7f", []int{2}, []int8{-128, 127}},
		"shorts":         {"\x00\x00\x0b\x01\x00\x00\x00\x02\x80\x00\x01\x02", []int{2}, []int16{-32768, 258}},
		"ints":           {"\x00\x00\x0c\x02\x00\x00\x00\x01\x00\x00\x00\x02\xff\xff\xff\xff\x01\x02\x03\x04", []int{1, 2}, []int32{-1, 16909060}},
		"floats":         {"\x00\x00\x0d\x01\x00\x00\x00\x02\x3f\x80\x00\x00\xff\x80\x00\x00", []int{2}, []float32{1, float32(math.Inf(-1))}},
		"doubles":        {"\x00\x00\x0e\x01\x00\x00\x00\x01\xbf\xf8\x00\x00\x00\x00\x00\x00", []int{1}, []float64{-1.5}},
		"one value":      {"\x00\x00\x08\x00\x07", []int{}, []uint8{7}},
		"none":           {"\x00\x00\x08\x02\x00\x00\x00\x00\x00\x00\x00\x05", []int{0, 5}, []uint8{}},
	} {
		for way, read := range map[string][]byte{"plain": []byte(c.file), "packed": gzipped([]byte(c.file))} {
			a, err := File{}.Open(context.Background(), stored(t, "x", read))
			if err != nil || !slices.Equal(a.Shape, c.shape) || !reflect.DeepEqual(a.Values, c.values) {
				t.Errorf("%s, %s: %v, %v", name, way, a, err)
			}
			if a, err = (File{}).Read(context.Background(), bytes.NewReader(read)); err != nil || !reflect.DeepEqual(a.Values, c.values) {
				t.Errorf("%s, %s from a reader: %v, %v", name, way, a, err)
			}
		}
	}
}

func TestFilesAreRefused(t *testing.T) {
	whole := gzipped(append([]byte("\x00\x00\x08\x01\x00\x00\x10\x00"), make([]byte, 4096)...))
	wrong := slices.Clone(whole)
	wrong[len(wrong)-6]++
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":          {nil, "too early"},
		"another":        {[]byte("P5 28 28 255"), "begins with the bytes 50 35 20 32"},
		"no type":        {[]byte("\x00\x00\x0a\x01\x00\x00\x00\x00"), "type of values"},
		"no axes":        {[]byte("\x00\x00\x08\x03\x00\x00\x00\x01"), "too early"},
		"too few":        {[]byte("\x00\x00\x08\x01\x00\x00\x00\x05abcd"), "12 bytes, and with 5 values it should have 13"},
		"too many":       {[]byte("\x00\x00\x08\x01\x00\x00\x00\x03abcd"), "12 bytes, and with 3 values it should have 11"},
		"too many, gz":   {gzipped([]byte("\x00\x00\x08\x01\x00\x00\x00\x03abcd")), "goes on after its 3 values"},
		"a claim":        {[]byte("\x00\x00\x08\x03\x00\x00\xff\xff\x00\x00\x00\xff\x00\x00\x00\xffabcd"), "should have"},
		"a large claim":  {[]byte("\x00\x00\x08\x03\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x0aabcd"), "it has 20 bytes, and with 65536 × 65536 × 10 values"},
		"a claim, gz":    {gzipped([]byte("\x00\x00\x0e\x02\x00\x00\xff\xff\x00\x00\x02\xffabcd")), "too early"},
		"beyond memory":  {[]byte("\x00\x00\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "addresses"},
		"half a packing": {whole[:len(whole)-9], "too early"},
		"a wrong sum":    {wrong, "gzip"},
	} {
		path := stored(t, "x", c.file)
		var fe *mat32.FileError
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := File{}.Open(context.Background(), path)
		runtime.ReadMemStats(&after)
		if !errors.As(err, &fe) || fe.Path != path || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a *FileError that says %q and names the file", name, err, c.says)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
			t.Errorf("%s: %d bytes take %d", name, len(c.file), used)
		}
	}
	var me *mat32.MemoryError
	full := stored(t, "x", whole)
	if _, err := (File{MemoryLimit: 4000}).Open(context.Background(), full); !errors.As(err, &me) || me.Path != full {
		t.Errorf("beyond the limit: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (File{}).Open(ctx, stored(t, "x", whole)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestPair(t *testing.T) {
	ctx := context.Background()
	images := stored(t, "some-images-idx3-ubyte", []byte("\x00\x00\x08\x03\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02\x00\x01\x02\x03\x04\xff"))
	labels := stored(t, "some-labels-idx1-ubyte", []byte("\x00\x00\x08\x01\x00\x00\x00\x03\x07\x00\x07"))
	d, err := Pair{}.Open(ctx, images, labels)
	if err != nil || d.Name != "some-images" || !mat.Equal(d.X, mat.NewDense(3, 2, []float64{0, 1, 2, 3, 4, 255})) || d.Width != 2 || d.Height != 1 ||
		d.Ink != 255 || !slices.Equal(d.Labels, []int{1, 0, 1}) || !slices.Equal(d.Names, []string{"0", "7"}) || d.Features[1] != "pixel_0_1" {
		t.Errorf("%v, %v", d, err)
	}
	if d, err := (Pair{}).Open(ctx, images, ""); err != nil || d.Labels != nil {
		t.Errorf("without labels: %v, %v", d, err)
	}
	var fe *mat32.FileError
	for name, c := range map[string]struct{ images, labels, says string }{
		"interchanged":   {labels, images, "interchanged"},
		"images twice":   {images, images, "list of labels"},
		"other labels":   {images, stored(t, "x", []byte("\x00\x00\x08\x01\x00\x00\x00\x02\x07\x00")), "it has 2 labels, and some-images-idx3-ubyte has 3 images"},
		"halves":         {images, stored(t, "x", []byte("\x00\x00\x0d\x01\x00\x00\x00\x03\x3f\x00\x00\x00\x3f\x00\x00\x00\x3f\x00\x00\x00")), "whole numbers"},
		"no images":      {stored(t, "x", []byte("\x00\x00\x08\x02\x00\x00\x00\x00\x00\x00\x00\x05")), "", "some images"},
		"damaged images": {stored(t, "x", []byte("text")), labels, "begins with"},
	} {
		if _, err := (Pair{}).Open(ctx, c.images, c.labels); !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a *FileError that says %q", name, err, c.says)
		}
	}
	if _, err := (Pair{}).Open(ctx, images, "none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no labels: %v", err)
	}
	var me *mat32.MemoryError
	if _, err := (Pair{MemoryLimit: 50}).Open(ctx, images, labels); !errors.As(err, &me) || me.Path != images {
		t.Errorf("54 bytes within 50: %v", err)
	}
}

// The published files hold what is embedded of them.
func TestMNIST(t *testing.T) {
	images, labels := testenv.Data(t, "mnist/t10k-images-idx3-ubyte.gz"), testenv.Data(t, "mnist/t10k-labels-idx1-ubyte.gz")
	d, err := Pair{}.Open(context.Background(), images, labels)
	if err != nil {
		t.Fatal(err)
	}
	want := mnist10k.Load()
	if d.Name != "t10k-images" || !mat.Equal(d.X, want.X) || !slices.Equal(d.Labels, want.Labels) || !slices.Equal(d.Names, want.Names) ||
		d.Width != want.Width || d.Height != want.Height || d.Ink != want.Ink || !slices.Equal(d.Features, want.Features) {
		t.Errorf("%v", d)
	}
}

// Whatever a file holds, reading it ends with values or with an error.
func FuzzIDX(f *testing.F) {
	for _, s := range []string{"\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x02\x00\x01\xfe\xff", "\x00\x00\x0e\x00\xbf\xf8\x00\x00\x00\x00\x00\x00",
		"\x00\x00\x0c\x02\x00\x00\x00\x01\x00\x00\x00\x02\xff\xff\xff\xff\x01\x02\x03\x04", "\x00\x00\x08\x03\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff"} {
		f.Add([]byte(s))
		f.Add(gzipped([]byte(s)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := File{MemoryLimit: 32 << 20}.Read(context.Background(), bytes.NewReader(b))
		if err != nil {
			var fe *mat32.FileError
			var me *mat32.MemoryError
			if !errors.As(err, &fe) && !errors.As(err, &me) {
				t.Fatalf("an error of no known type: %v", err)
			}
			return
		}
		if _, err := a.Dense64(); err != nil && err != mat32.ErrEmpty {
			t.Fatal(err)
		}
		path := stored(t, "x", b)
		if _, err := (Pair{MemoryLimit: 32 << 20}).Open(context.Background(), path, ""); err == nil && len(a.Shape) < 2 {
			t.Fatal("a list is a set of images")
		}
	})
}
