package datasets_test

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/flatland-go/flatland/pkg/datasets"
)

func gray(t *testing.T, picture image.Image, x, y int) uint8 {
	t.Helper()
	return color.GrayModel.Convert(picture.At(x, y)).(color.Gray).Y
}

func TestImage(t *testing.T) {
	d := datasets.Digits()
	for _, i := range []int{0, 1796} {
		picture := d.Image(i)
		if picture.Bounds() != image.Rect(0, 0, 8, 8) {
			t.Fatalf("the picture is %v", picture.Bounds())
		}
		for y := range 8 {
			for x := range 8 {
				want := uint8(math.Round(255 - 255*d.X.At(i, 8*y+x)/16))
				if got := gray(t, picture, x, y); got != want {
					t.Errorf("row %d, pixel (%d, %d) is %d, want %d", i, x, y, got, want)
				}
			}
		}
	}
	// Changing a picture changes neither the data nor the next picture.
	first := d.Image(0).(*image.Gray)
	before := first.Pix[3]
	first.Pix[3] = ^before
	if d.Image(0).(*image.Gray).Pix[3] != before {
		t.Error("two pictures of one row share memory")
	}
}

func TestImageClips(t *testing.T) {
	d := &datasets.Dataset{
		X:     mat.NewDense(1, 6, []float64{-1, 0, 0.5, 1, math.Inf(1), math.NaN()}),
		Width: 3, Height: 2,
	}
	picture := d.Image(0)
	for k, want := range []uint8{255, 255, 128, 0, 0, 255} {
		if got := gray(t, picture, k%3, k/3); got != want {
			t.Errorf("value %v is drawn as %d, want %d", d.X.At(0, k), got, want)
		}
	}
}

func TestImageIsNilWhereThereIsNone(t *testing.T) {
	digits := datasets.Digits()
	narrow := datasets.Digits()
	narrow.Width = 7
	cut := datasets.Digits()
	cut.Width, cut.Height = 9, 7 // 63 of 64 pixels
	for name, picture := range map[string]image.Image{
		"before the first row":   digits.Image(-1),
		"after the last row":     digits.Image(1797),
		"rows are no images":     datasets.Iris().Image(0),
		"another shape":          narrow.Image(0),
		"a pixel left over":      cut.Image(0),
		"an empty data set":      (&datasets.Dataset{Width: 1, Height: 1}).Image(0),
		"no data set":            (*datasets.Dataset)(nil).Image(0),
		"an empty matrix":        (&datasets.Dataset{X: &mat.Dense{}, Width: 1, Height: 1}).Image(0),
		"a shape that overflows": (&datasets.Dataset{X: digits.X, Width: math.MaxInt, Height: math.MaxInt}).Image(0),
	} {
		if picture != nil {
			t.Errorf("%s: got a picture of %v", name, picture.Bounds())
		}
	}
}

func TestStringOfUnusualSets(t *testing.T) {
	if got := (&datasets.Dataset{Name: "mine"}).String(); got != "mine       0 × 0\n" {
		t.Errorf("%q", got)
	}
	d := &datasets.Dataset{X: mat.NewDense(3, 1, nil), Labels: []int{-1, 0, 7}, Names: []string{"a", "b"}}
	if got := d.String(); !strings.Contains(got, "a (1), b (0)") {
		t.Errorf("labels without a name are counted: %q", got)
	}
}

// A photograph is light: 0 is black; three values of a pixel are a colour.
func TestImagesOfLight(t *testing.T) {
	gray := datasets.Dataset{X: mat.NewDense(1, 2, []float64{0, 300}), Width: 2, Height: 1, Ink: 255, Light: true}
	if m := gray.Image(0); m.At(0, 0) != (color.Gray{Y: 0}) || m.At(1, 0) != (color.Gray{Y: 255}) {
		t.Errorf("greys %v and %v", m.At(0, 0), m.At(1, 0))
	}
	rgb := datasets.Dataset{X: mat.NewDense(1, 6, []float64{1, 0, 0.2, math.NaN(), -1, 2}), Width: 1, Height: 2, Light: true}
	if m := rgb.Image(0); m.Bounds().Size() != image.Pt(1, 2) || m.At(0, 0) != (color.NRGBA{R: 255, B: 51, A: 255}) || m.At(0, 1) != (color.NRGBA{B: 255, A: 255}) {
		t.Errorf("colours %v and %v", m.At(0, 0), m.At(0, 1))
	}
	rgb.Height = 3
	if rgb.Image(0) != nil {
		t.Error("six values are drawn as 1 × 3 pixels")
	}
}
