package viz

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flatland-go/flatland/internal/testenv"
	"github.com/flatland-go/flatland/pkg/datasets"
)

func upTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// sheetOf decodes the sheet of thumbnails.
func sheetOf(t *testing.T, s *thumbnails) (m image.Image, size int) {
	t.Helper()
	text, ok := strings.CutPrefix(s.Source, "data:image/png;base64,")
	if !ok {
		t.Fatalf("source %.40q", s.Source)
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = png.Decode(bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	return m, len(b)
}

// TestDigitThumbnails: every digit has its thumbnail, in its place, a shade or so from the original.
func TestDigitThumbnails(t *testing.T) {
	d := datasets.Digits()
	n, _ := d.X.Dims()
	s, err := newThumbnails(upTo(n), d, thumbBytes)
	if err != nil {
		t.Fatal(err)
	}
	m, size := sheetOf(t, s)
	t.Logf("%d thumbnails take %d bytes", n, size)
	if size > thumbBytes || s.Width != 8 || s.Height != 8 || s.Points != nil {
		t.Fatalf("%d bytes, %d × %d, %d points", size, s.Width, s.Height, len(s.Points))
	}
	for _, i := range []int{0, 1, 777, n - 1} {
		want := d.Image(i)
		for k := range 64 {
			x, y := k%8, k/8
			got := color.GrayModel.Convert(m.At(i%s.Columns*8+x, i/s.Columns*8+y)).(color.Gray).Y
			if diff := int(got) - int(want.At(x, y).(color.Gray).Y); diff < -26 || diff > 26 {
				t.Fatalf("digit %d, pixel (%d, %d) is %d off", i, x, y, diff)
			}
		}
	}
}

// noise gives rows incompressible images.
type noise struct {
	w, h  int
	color bool
}

func (s noise) Image(i int) image.Image {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	m := image.NewRGBA(image.Rect(5, 7, 5+s.w, 7+s.h))
	for y := range s.h {
		for x := range s.w {
			c := color.RGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
			if !s.color {
				c.G, c.B = c.R, c.R
			}
			m.SetRGBA(5+x, 7+y, c)
		}
	}
	return m
}

// TestThumbnailBudget: whatever the images, the sheet stays within its limit, and the rows that have a thumbnail are spread evenly.
func TestThumbnailBudget(t *testing.T) {
	testenv.Unraced(t)
	for name, test := range map[string]struct {
		n    int
		from noise
	}{
		"large images": {20, noise{300, 200, true}},
		"many rows":    {3000, noise{28, 28, false}},
		"in colour":    {2000, noise{32, 32, true}},
		"a wide strip": {50, noise{1000, 2, false}},
	} {
		s, err := newThumbnails(upTo(test.n), test.from, thumbBytes)
		if err != nil {
			t.Fatal(err)
		}
		m, size := sheetOf(t, s)
		if size > thumbBytes {
			t.Errorf("%s: %d bytes", name, size)
		}
		count := test.n
		if s.Points != nil {
			count = len(s.Points)
			if gap := float64(test.n) / float64(count); s.Points[0] != 0 || float64(test.n-s.Points[count-1]) > 2*gap {
				t.Errorf("%s: thumbnails for %d to %d of %d", name, s.Points[0], s.Points[count-1], test.n)
			}
		}
		if lines := (count + s.Columns - 1) / s.Columns; m.Bounds().Dx() != s.Columns*s.Width || m.Bounds().Dy() != lines*s.Height {
			t.Errorf("%s: the sheet is %v for %d thumbnails of %d × %d in %d columns", name, m.Bounds(), count, s.Width, s.Height, s.Columns)
		}
	}
}

func TestNoThumbnails(t *testing.T) {
	if s, err := newThumbnails(upTo(5), datasets.Iris(), thumbBytes); s != nil || err != nil {
		t.Errorf("rows without images give %+v, %v", s, err)
	}
}

// TestAverage: shrinking keeps the mean, and transparency shows white.
func TestAverage(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for i, v := range []uint8{0, 100, 200, 20} {
		m.SetNRGBA(i, 0, color.NRGBA{v, 0, 0, 255})
		m.SetNRGBA(i, 1, color.NRGBA{v, 0, 0, 255})
	}
	if c := average(m, 0, 0, 2, 1); c != (color.RGBA{50, 0, 0, 255}) {
		t.Errorf("left half %v", c)
	}
	if c := average(m, 1, 0, 2, 1); c != (color.RGBA{110, 0, 0, 255}) {
		t.Errorf("right half %v", c)
	}
	if c := average(image.NewNRGBA(image.Rect(0, 0, 2, 2)), 0, 0, 1, 1); c != light.paper {
		t.Errorf("transparent %v", c)
	}
}

// TestInks: the index is that of the nearest colour.
func TestInks(t *testing.T) {
	for _, c := range []inks{grays(16), grays(8), grays(6), cube()} {
		for v := range 256 {
			gray := color.RGBA{uint8(v), uint8(v), uint8(v), 255}
			got, want := c.palette[c.index(gray)], c.palette[c.palette.Index(gray)]
			if far(got, gray) != far(want, gray) {
				t.Errorf("of %d colours %v is nearest to %v, not %v", len(c.palette), want, gray, got)
			}
		}
	}
	mixed := color.RGBA{10, 120, 250, 255}
	if got := cube().palette[cube().index(mixed)]; got != (color.RGBA{0, 102, 255, 255}) {
		t.Errorf("nearest to %v is %v", mixed, got)
	}
}

// far is the largest difference of two colours in a channel.
func far(a, b color.Color) int {
	p, q := color.RGBAModel.Convert(a).(color.RGBA), color.RGBAModel.Convert(b).(color.RGBA)
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(d(p.R, q.R), d(p.G, q.G), d(p.B, q.B))
}
