package images

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/image/bmp"
	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/mat32"
	"github.com/flatland-go/flatland/pkg/watch"
)

var ctx = context.Background()

// painted returns a picture of w × h pixels.
func painted(w, h int, at func(x, y int) color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, at(x, y))
		}
	}
	return m
}

func encoded(t testing.TB, ending string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch ending {
	case "png":
		err = png.Encode(&b, m)
	case "jpg":
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 100})
	case "gif":
		err = gif.Encode(&b, m, nil)
	case "bmp":
		err = bmp.Encode(&b, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func plain(c color.Color) func(x, y int) color.Color { return func(x, y int) color.Color { return c } }

// bomb returns a PNG file that says it has w × h pixels.
func bomb(t testing.TB, w, h uint32) []byte {
	b := encoded(t, "png", painted(1, 1, plain(color.White)))
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// Every format, colours and greys, by closed forms.
func TestValues(t *testing.T) {
	colors := []color.NRGBA{{255, 255, 255, 255}, {0, 0, 0, 255}, {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {100, 150, 200, 255}}
	for _, ending := range []string{"png", "gif", "bmp", "jpg"} {
		for _, c := range colors {
			if ending == "gif" && c.R == 100 {
				continue // not in its palette
			}
			tree := fstest.MapFS{"x." + ending: {Data: encoded(t, ending, painted(8, 8, plain(c)))}}
			d, err := Folder{RGB: true}.Read(ctx, tree)
			if err != nil {
				t.Fatal(err)
			}
			near := 0.0
			if ending == "jpg" {
				near = 3 // its colours are rounded
			}
			want := []float64{float64(c.R), float64(c.G), float64(c.B)}
			for k := range 3 * 64 {
				if got := d.X.At(0, k); math.Abs(got-want[k%3]) > near {
					t.Fatalf("%s, %v: value %d is %v", ending, c, k, got)
				}
			}
			if d, err = (Folder{}).Read(ctx, tree); err != nil {
				t.Fatal(err)
			}
			if got, want := d.X.At(0, 17), 0.299*want[0]+0.587*want[1]+0.114*want[2]; math.Abs(got-want) > near+1e-9 {
				t.Errorf("%s, %v: its grey is %v, want %v", ending, c, got, want)
			}
		}
	}
	// White paper shines through, and a picture of its own size keeps its pixels.
	d, err := Folder{}.Read(ctx, fstest.MapFS{"x.png": {Data: encoded(t, "png", painted(3, 2, func(x, y int) color.Color {
		return color.NRGBA{0, 0, 0, uint8([]int{0, 255, 51, 102, 153, 204}[3*y+x])}
	}))}})
	if err != nil || !mat.EqualApprox(d.X, mat.NewDense(1, 6, []float64{255, 0, 204, 153, 102, 51}), 1e-9) || d.Width != 3 || d.Height != 2 {
		t.Errorf("%v, %v", d.X, err)
	}
	// Image draws what was read.
	if m := d.Image(0); m == nil || m.At(1, 0) != (color.Gray{Y: 0}) || m.At(2, 0) != (color.Gray{Y: 204}) {
		t.Errorf("it draws %v", m)
	}
}

// Halves keep their places and means when they are scaled; RGB pictures are drawn in colour.
func TestScaling(t *testing.T) {
	half := painted(64, 32, func(x, y int) color.Color {
		if x < 32 {
			return color.NRGBA{200, 0, 0, 255}
		}
		return color.NRGBA{0, 0, 100, 255}
	})
	tree := fstest.MapFS{"x.png": {Data: encoded(t, "png", half)}}
	d, err := Folder{Width: 8, RGB: true}.Read(ctx, tree)
	if err != nil || d.Width != 8 || d.Height != 4 {
		t.Fatalf("%v, %v", d, err)
	}
	if m := d.Image(0); m.At(0, 0) != (color.NRGBA{200, 0, 0, 255}) || m.At(7, 3) != (color.NRGBA{0, 0, 100, 255}) {
		t.Errorf("its corners are %v and %v", m.At(0, 0), m.At(7, 3))
	}
	if mean := mat.Sum(d.X) / 96; math.Abs(mean-50) > 1 {
		t.Errorf("its mean is %v, want 50", mean)
	}
	for _, c := range []struct{ f, want Folder }{
		{Folder{}, Folder{Width: 64, Height: 32}}, {Folder{Height: 2}, Folder{Width: 4, Height: 2}}, {Folder{Width: 1}, Folder{Width: 1, Height: 1}},
		{Folder{Width: 5, Height: 5}, Folder{Width: 5, Height: 5}},
	} {
		if d, err := c.f.Read(ctx, tree); err != nil || d.Width != c.want.Width || d.Height != c.want.Height {
			t.Errorf("%+v: %v, %v", c.f, d, err)
		}
	}
}

func TestClassesAndOrder(t *testing.T) {
	tree := fstest.MapFS{}
	for i, name := range []string{"cats/img10.png", "cats/img2.png", "cats/img1.PNG", "cat/x.png", "cats/old/1.png", "10.png", "9.png", "09.png", ".hidden.png", ".git/x.png", "cats/notes.txt", "Dogs/x.png"} {
		tree[name] = &fstest.MapFile{Data: encoded(t, "png", painted(1, 1, plain(color.Gray{Y: uint8(10 * i)})))}
	}
	d, err := Folder{}.Read(ctx, tree)
	if err != nil {
		t.Fatal(err)
	}
	if got := mat.Col(nil, 0, d.X); !slices.Equal(got, []float64{70, 60, 50, 110, 30, 20, 10, 0, 40}) {
		t.Errorf("the order is %v", got)
	}
	if !slices.Equal(d.Names, []string{"Dogs", "cat", "cats", "cats/old"}) || !slices.Equal(d.Labels, []int{-1, -1, -1, 0, 1, 2, 2, 2, 3}) {
		t.Errorf("classes %v %v", d.Names, d.Labels)
	}
	ordered := []string{"a", "a/b", "a/b01", "a/b1", "a/b1/z", "a/b2", "a/b10", "a b", "a1", "ab", "b"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := natural(a, b); got > 0 != (i > j) || got < 0 != (i < j) {
				t.Errorf("natural(%q, %q) is %d", a, b, got)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	good := encoded(t, "png", painted(4, 4, plain(color.Gray{Y: 7})))
	for name, c := range map[string]struct {
		file string
		b    []byte
		says string
	}{
		"cut":          {"x.png", good[:len(good)-20], "unexpected EOF"},
		"empty":        {"x.jpg", nil, "too early"},
		"another kind": {"x.png", []byte("this is a text, not a picture"), "not a PNG"},
		"a bomb":       {"x.png", bomb(t, 1<<20, 1<<20), "more than the 67108864 of MaxPixels"},
		"no pixels":    {"x.gif", append([]byte("GIF89a\x00\x00\x00\x00\x00\x00\x00"), ';'), "0 × 0"},
	} {
		root := t.TempDir()
		for file, b := range map[string][]byte{"a/1.png": good, "a/2" + c.file: c.b, "b/3.png": []byte("also damaged"), "b/4.png": good} {
			file = filepath.Join(root, file)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, b, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		var fe *mat32.FileError
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Folder{}.Open(ctx, root)
		runtime.ReadMemStats(&after)
		if path := filepath.Join(root, "a", "2"+c.file); !errors.As(err, &fe) || fe.Path != path || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want a *FileError of %s that says %q", name, err, path, c.says)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
			t.Errorf("%s: it takes %d bytes", name, used)
		}
		d, err := Folder{SkipDamaged: true}.Open(ctx, root)
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := d.X.Dims(); n != 2 || mat.Sum(d.X) != 2*16*7 || !slices.Equal(d.Names, []string{"a", "b"}) || !strings.Contains(d.Notes[1], "2 damaged pictures left out: a/2"+c.file) || d.Name != filepath.Base(root) {
			t.Errorf("%s: left out: %v", name, d)
		}
	}
	var (
		fe *mat32.FileError
		me *mat32.MemoryError
		pe *mat32.ParamError
	)
	if _, err := (Folder{}).Open(ctx, t.TempDir()); !errors.As(err, &fe) || !errors.Is(err, mat32.ErrEmpty) {
		t.Errorf("an empty folder: %v", err)
	}
	for _, f := range []Folder{{SkipDamaged: true}, {SkipDamaged: true, Width: 2, Height: 2}} {
		if _, err := f.Read(ctx, fstest.MapFS{"x.png": {}}); !errors.As(err, &fe) {
			t.Errorf("nothing but damage: %v", err)
		}
	}
	file := filepath.Join(t.TempDir(), "x.png")
	if err := os.WriteFile(file, good, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (Folder{}).Open(ctx, file); !errors.As(err, &fe) {
		t.Errorf("a file: %v", err)
	}
	if _, err := (Folder{}).Open(ctx, filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	tree := fstest.MapFS{"x.png": {Data: good}}
	folder := t.TempDir()
	if err := os.CopyFS(folder, tree); err != nil {
		t.Fatal(err)
	}
	if _, err := (Folder{Width: 1 << 20, Height: 1 << 20}).Open(ctx, folder); !errors.As(err, &me) || me.Path != folder {
		t.Errorf("a huge size: %v", err)
	}
	if _, err := (Folder{Width: math.MaxInt32, Height: math.MaxInt32, RGB: true}).Read(ctx, tree); !errors.As(err, &me) {
		t.Errorf("the hugest size: %v", err)
	}
	if _, err := (Folder{Width: -1}).Read(ctx, tree); !errors.As(err, &pe) {
		t.Errorf("a negative width: %v", err)
	}
	if _, err := (Folder{MaxPixels: 15}).Read(ctx, tree); !errors.As(err, &fe) {
		t.Errorf("16 pixels of 15: %v", err)
	}
}

func TestSameOnAnyNumberOfCores(t *testing.T) {
	tree := fstest.MapFS{}
	for i := range 40 {
		tree[fmt.Sprintf("%d.png", i)] = &fstest.MapFile{Data: encoded(t, "png", painted(20+i%3, 17, func(x, y int) color.Color { return color.Gray{Y: uint8(x*y + 7*i)} }))}
	}
	var want *mat.Dense
	for _, cores := range testenv.Cores() {
		old := runtime.GOMAXPROCS(cores)
		done := 0
		d, err := Folder{Width: 9, Height: 7}.Read(watch.With(ctx, func(e watch.Event) { done = e.Done }), tree)
		runtime.GOMAXPROCS(old)
		if err != nil || done != 40 {
			t.Fatalf("%d pictures, %v", done, err)
		}
		if want == nil {
			want = d.X
		}
		if !mat.Equal(d.X, want) {
			t.Errorf("%d cores: other values", cores)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	if _, err := (Folder{}).Read(watch.With(stopped, func(e watch.Event) { cancel() }), tree); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Whatever a file holds, reading it ends with a row or with an error, and takes little memory.
func FuzzImages(f *testing.F) {
	m := painted(5, 3, func(x, y int) color.Color { return color.NRGBA{uint8(50 * x), uint8(80 * y), 9, uint8(255 - x)} })
	endings := []string{"png", "jpg", "gif", "bmp"}
	for k, ending := range endings {
		f.Add(encoded(f, ending, m), uint8(k))
	}
	f.Add(bomb(f, 1<<30, 3), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, kind uint8) {
		d, err := Folder{Width: 3, Height: 2, RGB: true, MaxPixels: 1 << 16}.Read(ctx, fstest.MapFS{"x." + endings[kind%4]: {Data: b}})
		if err != nil {
			var fe *mat32.FileError
			if !errors.As(err, &fe) {
				t.Fatalf("an error of no known type: %v", err)
			}
			return
		}
		for _, v := range d.X.RawRowView(0) {
			if !(v >= 0 && v <= 255) {
				t.Fatalf("a value of %v", v)
			}
		}
	})
}
