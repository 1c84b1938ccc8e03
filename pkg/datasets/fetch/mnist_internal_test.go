package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets/mnist10k"
	"github.com/flatland-go/flatland/pkg/mat32"
)

// packed writes a file of bytes in MNIST's format, with axes of these lengths.
func packed(t *testing.T, path string, values []byte, shape ...int) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte{0, 0, 8, byte(len(shape))})
	for _, n := range shape {
		w.Write([]byte{0, 0, byte(n >> 8), byte(n)})
	}
	w.Write(values)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// four writes the files of two rows to train on and one to test on. The pixel of
// row r at line y and column x is r + 9y + x, or of the picture on its side.
func four(t *testing.T, dir string, labels [3]byte, lying bool) []string {
	t.Helper()
	image := func(r int) []byte {
		b := make([]byte, 28*28)
		for y := range 28 {
			for x := range 28 {
				at := 28*y + x
				if lying {
					at = 28*x + y
				}
				b[at] = byte(r + 9*y + x)
			}
		}
		return b
	}
	return []string{
		packed(t, filepath.Join(dir, "a.gz"), append(image(0), image(1)...), 2, 28, 28),
		packed(t, filepath.Join(dir, "b.gz"), labels[:2], 2),
		packed(t, filepath.Join(dir, "c.gz"), image(2), 1, 28, 28),
		packed(t, filepath.Join(dir, "d.gz"), labels[2:], 1),
	}
}

func TestPairsOfFilesAreJoined(t *testing.T) {
	for _, lying := range []bool{upright, turned} {
		paths := four(t, t.TempDir(), [3]byte{1, 3, 2}, lying)
		d, err := join(t.Context(), paths, 1, []string{"a", "b", "c"}, lying)
		if err != nil {
			t.Fatal(err)
		}
		if n, cols := d.X.Dims(); n != 3 || cols != 784 || !slices.Equal(d.Labels, []int{0, 2, 1}) || !slices.Equal(d.Factors[0].Labels, []int{0, 0, 1}) {
			t.Fatalf("%d × %d with labels %v of parts %v", n, cols, d.Labels, d.Factors[0].Labels)
		}
		for r := range 3 {
			for y := range 28 {
				for x := range 28 {
					if got, want := d.X.At(r, 28*y+x), float64(byte(r+9*y+x)); got != want {
						t.Fatalf("lying %v: row %d at line %d and column %d is %v, want %v", lying, r, y, x, got, want)
					}
				}
			}
		}
		if (len(d.Notes) == 1) != lying || d.Features[29] != "pixel_1_1" || d.Image(0) == nil {
			t.Errorf("notes %v, column 29 %q", d.Notes, d.Features[29])
		}
	}
}

func TestFilesThatAreNoPair(t *testing.T) {
	dir := t.TempDir()
	good := four(t, dir, [3]byte{0, 1, 2}, upright)
	with := func(k int, values []byte, shape ...int) []string {
		paths := slices.Clone(good)
		paths[k] = packed(t, filepath.Join(dir, "other.gz"), values, shape...)
		return paths
	}
	for name, paths := range map[string][]string{
		"no images":         with(0, nil, 0, 28, 28),
		"smaller images":    with(0, make([]byte, 2*9), 2, 3, 3),
		"rows":              with(0, make([]byte, 2*784), 2, 784),
		"too few labels":    with(1, []byte{1}, 1),
		"a label too large": with(1, []byte{1, 3}, 2),
		"labels of images":  with(3, make([]byte, 784), 1, 28, 28),
		"interchanged":      {good[1], good[0]},
	} {
		_, err := join(t.Context(), paths, 0, []string{"a", "b", "c"}, upright)
		var file *mat32.FileError
		if !errors.As(err, &file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := join(t.Context(), good, 1, []string{"a", "b", "c"}, upright); err == nil || !strings.Contains(err.Error(), "label 0, want 1 to 3") {
		t.Errorf("a label too small: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := join(ctx, good, 0, []string{"a", "b", "c"}, upright); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	debug.SetMemoryLimit(10_000)
	_, err := join(t.Context(), good, 0, []string{"a", "b", "c"}, upright)
	var memory *mat32.MemoryError
	if !errors.As(err, &memory) {
		t.Errorf("%v", err)
	}
}

// The members of EMNIST, where they go, are read as letters that stand.
func TestEMNISTLetters(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("FLATLAND_DATA", dir)
	t.Setenv("FLATLAND_OFFLINE", "1")
	made := four(t, t.TempDir(), [3]byte{1, 26, 2}, turned)
	for k, name := range []string{"train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1"} {
		at := filepath.Join(dir, "emnist", "gzip-fb9bb67e", "gzip", "emnist-letters-"+name+"-ubyte.gz")
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Rename(made[k], at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		part   Part
		labels []string
		parts  []int
	}{{All, []string{"a", "z", "b"}, []int{0, 0, 1}}, {Train, []string{"a", "z"}, []int{0, 0}}, {Test, []string{"b"}, []int{1}}} {
		d, err := EMNISTLetters(t.Context(), c.part)
		if err != nil {
			t.Fatal(err)
		}
		var labels []string
		for _, l := range d.Labels {
			labels = append(labels, d.Names[l])
		}
		if !slices.Equal(labels, c.labels) || !slices.Equal(d.Factors[0].Labels, c.parts) || d.X.At(0, 28) != d.X.At(0, 0)+9 {
			t.Errorf("%v: labels %v of parts %v", c.part, labels, d.Factors[0].Labels)
		}
	}
}

// The published files give what package mnist10k carries.
func TestMNISTIsMNIST(t *testing.T) {
	testenv.Unraced(t)
	path := testenv.Data(t, "mnist/t10k-images-idx3-ubyte.gz")
	t.Setenv("FLATLAND_DATA", filepath.Dir(filepath.Dir(path)))
	t.Setenv("FLATLAND_OFFLINE", "1")
	got, err := MNIST(t.Context(), Test)
	if err != nil {
		t.Fatal(err)
	}
	want := mnist10k.Load()
	if !slices.Equal(got.X.RawMatrix().Data, want.X.RawMatrix().Data) || !slices.Equal(got.Labels, want.Labels) || !slices.Equal(got.Names, want.Names) ||
		!slices.Equal(got.Features, want.Features) || got.Ink != want.Ink || got.Width != want.Width || got.Height != want.Height {
		t.Error("they differ")
	}
	if !strings.Contains(got.String(), "test part") || !strings.Contains(got.Source, "LeCun") {
		t.Errorf("%v", got)
	}
}

// Every set asks for its own files, and no part but the three is one.
func TestSetsAskForTheirFiles(t *testing.T) {
	t.Setenv("FLATLAND_DATA", t.TempDir())
	t.Setenv("FLATLAND_OFFLINE", "1")
	for name, load := range map[string]func(Part) error{
		"mnist":          func(p Part) error { _, err := MNIST(t.Context(), p); return err },
		"fashion-mnist":  func(p Part) error { _, err := FashionMNIST(t.Context(), p); return err },
		"kmnist":         func(p Part) error { _, err := KMNIST(t.Context(), p); return err },
		"emnist-digits":  func(p Part) error { _, err := EMNISTDigits(t.Context(), p); return err },
		"emnist-letters": func(p Part) error { _, err := EMNISTLetters(t.Context(), p); return err },
		"usps":           func(Part) error { _, err := USPS(t.Context()); return err },
	} {
		var unavailable *UnavailableError
		if err := load(Test); !errors.As(err, &unavailable) || unavailable.Set != name || strings.Contains(err.Error(), "train-") {
			t.Errorf("%s: %v", name, err)
		}
		var param *mat32.ParamError
		if err := load(3); name != "usps" && !errors.As(err, &param) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
