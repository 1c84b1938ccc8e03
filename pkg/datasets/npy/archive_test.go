package npy

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/npyhead"
	"github.com/flatland-go/flatland/pkg/datasets"
	"github.com/flatland-go/flatland/pkg/mat32"
)

func TestArchivesOfNumPy(t *testing.T) {
	ctx := context.Background()
	for name, b := range numpy(t).Archives {
		arrays, err := Archive{}.Open(ctx, stored(t, "x.npz", b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		x, y, names := arrays["x"], arrays["y"], arrays["names"]
		if len(arrays) != 3 || !slices.Equal(x.Shape, []int{2, 3, 4}) || x.Values.([]float32)[23] != 23 ||
			!slices.Equal(y.Values.([]int64), []int64{7, -1}) || !slices.Equal(names.Values.([]string), []string{"ä", "b"}) {
			t.Errorf("%s: %v %v %v", name, x, y, names)
		}
		for _, packed := range []bool{false, true} {
			var out bytes.Buffer
			if err := (Archive{Packed: packed}).Write(&out, arrays); err != nil {
				t.Fatal(err)
			}
			again, err := Archive{Arrays: []string{"y"}}.Read(ctx, bytes.NewReader(out.Bytes()), int64(out.Len()))
			if err != nil || len(again) != 1 || !slices.Equal(again["y"].Values.([]int64), []int64{7, -1}) {
				t.Errorf("%s: written and read again: %v, %v", name, again, err)
			}
		}
		var pe *mat32.ParamError
		if _, err := (Archive{Arrays: []string{"z"}}).Open(ctx, stored(t, "x.npz", b)); !errors.As(err, &pe) || !strings.Contains(err.Error(), `Arrays is "z", want an array of `) || !strings.Contains(err.Error(), `: "x", "y", "names"`) {
			t.Errorf("%s: %v", name, err)
		}
		var me *mat32.MemoryError
		full := stored(t, "x.npz", b)
		if _, err := (Archive{MemoryLimit: 100}).Open(ctx, full); !errors.As(err, &me) || me.Path != full {
			t.Errorf("%s: 96 bytes of x and 16 of y within 100: %v", name, err)
		}
	}
}

// zipped returns an archive of files that are deflated.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		to, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(to, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchivesAreRefused(t *testing.T) {
	whole := numpy(t).Archives["packed"]
	head := func(kind string, shape ...int) string {
		return string(npyhead.Head{Type: kind, Shape: shape}.Append(nil))
	}
	damaged := slices.Clone(whole)
	at := bytes.Index(damaged, []byte("y.npy")) + 30
	damaged[at] ^= 0x55
	// One that says it holds more than it does: sizes of the directory are claims.
	lying := zipped(t, "x.npy", head("<f8", 1<<20, 100))
	end := bytes.LastIndex(lying, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lying[end+24:], 1<<31)
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"empty":         {nil, "empty"},
		"no archive":    {[]byte("\x93NUMPY, but one file"), "it is a NumPy file: npy.File reads it"},
		"cut":           {whole[:len(whole)-30], "no zip archive"},
		"damaged":       {damaged, `array "y"`},
		"no array":      {zipped(t, "x.npy", "some text"), `array "x": it does not begin with the mark`},
		"a bomb":        {zipped(t, "x.npy", head("<f8", 1<<20, 1<<10)), `array "x": it ends too early`},
		"a lying one":   {lying, `array "x": its header is cut short`},
		"cut inside":    {zipped(t, "x.npy", head("<f4", 100)+strings.Repeat("abcd", 60)), `array "x": it ends too early`},
		"more":          {zipped(t, "x.npy", head("<f4", 2)+"123456789"), `array "x": there is more`},
		"twice":         {zipped(t, "x.npy", head("<f4", 1)+"1234", "x.npy", head("<f4", 1)+"1234"), `two arrays "x"`},
		"packed by gz":  {gzipped(t, whole), "gzip"},
		"objects":       {zipped(t, "x.npy", head("|O", 1)+"12345678"), "only Python"},
		"behind others": {zipped(t, "readme", "text", "x.npy", head("<f4", 2)+"1234"), `array "x": it ends`},
	} {
		var fe *mat32.FileError
		path := stored(t, "x.npz", c.b)
		var err error
		used := allocated(func() { _, err = Archive{}.Open(context.Background(), path) })
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) || fe.Path != path {
			t.Errorf("%s: got %v, want a *FileError that says %q and names the file", name, err, c.says)
		}
		if used > 8<<20 {
			t.Errorf("%s: %d bytes take %d", name, len(c.b), used)
		}
	}
	// Zeros pack a thousand times: such a bomb is met by the limit.
	var me *mat32.MemoryError
	bomb := zipped(t, "x.npy", head("<f8", 1<<20)+strings.Repeat("\x00", 8<<20))
	if _, err := (Archive{MemoryLimit: 1 << 20}).Read(context.Background(), bytes.NewReader(bomb), int64(len(bomb))); !errors.As(err, &me) {
		t.Errorf("%d bytes of zeros: %v", len(bomb), err)
	}
	arrays, err := Archive{}.Read(context.Background(), bytes.NewReader(bomb), int64(len(bomb)))
	if err != nil || len(arrays["x"].Values.([]float64)) != 1<<20 {
		t.Errorf("within it: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (Archive{}).Read(ctx, bytes.NewReader(bomb), int64(len(bomb))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	var pe *mat32.ParamError
	for name, arrays := range map[string]map[string]*Array{
		"no name":       {"": {Values: []bool{true}}},
		"no array":      {"x": nil},
		"a wrong shape": {"x": {Shape: []int{3}, Values: []bool{true}}},
	} {
		if err := (Archive{}).Save(filepath.Join(t.TempDir(), "x.npz"), arrays); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDataset(t *testing.T) {
	ctx := context.Background()
	digits := datasets.Digits()
	path := filepath.Join(t.TempDir(), "digits.npz")
	arrays, err := Arrays(digits)
	if err != nil {
		t.Fatal(err)
	}
	if err := (Archive{Packed: true}).Save(path, arrays); err != nil {
		t.Fatal(err)
	}
	arrays, err = Archive{}.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Dataset(arrays["x"], arrays["labels"], arrays["names"])
	if err != nil || !mat.Equal(d.X, digits.X) || !slices.Equal(d.Labels, digits.Labels) || !slices.Equal(d.Names, digits.Names) ||
		d.Width != digits.Width || d.Height != digits.Height || d.Image(0) == nil {
		t.Errorf("digits come back as %v, %v", d, err)
	}
	if !slices.Equal(arrays["features"].Values.([]string), digits.Features) {
		t.Error("other features")
	}

	x := &Array{Shape: []int{4, 2}, Values: []uint8{1, 2, 3, 4, 5, 6, 7, 8}}
	of := func(values any) *Array {
		a, err := Of(values)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range []struct {
		labels any
		want   []int
		names  []string
	}{
		{[]string{"b", "a", "", "b"}, []int{1, 0, -1, 1}, []string{"a", "b"}},
		{[]int8{7, -1, 3, 7}, []int{1, -1, 0, 1}, []string{"3", "7"}},
		{[]bool{true, false, true, true}, []int{1, 0, 1, 1}, []string{"false", "true"}},
		{[]float32{2, 2, 2, 2}, []int{0, 0, 0, 0}, []string{"2"}},
	} {
		d, err := Dataset(x, of(c.labels), nil)
		if err != nil || !slices.Equal(d.Labels, c.want) || !slices.Equal(d.Names, c.names) || d.Image(0) != nil {
			t.Errorf("%v: %v %v, %v", c.labels, d.Labels, d.Names, err)
		}
	}
	if d, err := Dataset(&Array{Shape: []int{2, 2, 2, 1}, Values: make([]uint8, 8)}, nil, nil); err != nil || d.Ink != 255 || d.Width != 2 || d.Image(1) == nil {
		t.Errorf("pictures: %v, %v", d, err)
	}
	var se *mat32.ShapeError
	if _, err := Dataset(x, of([]int{1, 2}), nil); !errors.As(err, &se) {
		t.Errorf("two labels of four rows: %v", err)
	}
	var pe *mat32.ParamError
	for name, f := range map[string]func() error{
		"a label beyond":   func() error { _, err := Dataset(x, of([]int{0, 1, 2, 0}), of([]string{"a", "b"})); return err },
		"names as numbers": func() error { _, err := Dataset(x, of([]int{0, 1, 1, 0}), of([]int{3, 4})); return err },
		"strings twice":    func() error { _, err := Dataset(x, of([]string{"", "", "", ""}), of([]string{"a"})); return err },
		"halves":           func() error { _, err := Dataset(x, of([]float64{0.5, 1, 2, 3}), nil); return err },
		"no x":             func() error { _, err := Dataset(nil, nil, nil); return err },
		"no set":           func() error { _, err := Arrays(nil); return err },
	} {
		if err := f(); !errors.As(err, &pe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEqualArraysGiveEqualBytes(t *testing.T) {
	arrays := map[string]*Array{}
	for k := range 20 {
		arrays[fmt.Sprint(k)] = &Array{Shape: []int{1}, Values: []int64{int64(k)}}
	}
	var a, b bytes.Buffer
	if err := errors.Join(Archive{Packed: true}.Write(&a, arrays), Archive{Packed: true}.Write(&b, arrays)); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("other bytes, %v", err)
	}
}
