package viz

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
)

// Limits of the sheet of thumbnails.
const (
	thumbBytes  = 29 << 10 // of the PNG; base64 makes a third more of it
	thumbPixels = 1 << 17  // more than fit into thumbBytes of any photograph, and few enough to try
	thumbSide   = 8        // a thumbnail is not made smaller than this
)

// thumbnails are the images of rows, side by side in one PNG.
type thumbnails struct {
	Source  string `json:"src"` // a data URI
	Width   int    `json:"w"`   // of one thumbnail, in pixels
	Height  int    `json:"h"`
	Columns int    `json:"columns"`
	Points  []int  `json:"points,omitempty"` // which of the points shown has the thumbnail; when empty, each has one
	sheet   image.Image
}

// newThumbnails makes the sheet for the given rows, or nil when no row has an image. Images of many rows or many pixels are made smaller,
// with fewer greys, and at last for an evenly spread part of the rows only, until the sheet takes at most limit bytes.
func newThumbnails(rows []int, from Imager, limit int) (*thumbnails, error) {
	var pictures []image.Image
	var points []int
	for k, i := range rows {
		if m := from.Image(i); m != nil && !m.Bounds().Empty() {
			pictures, points = append(pictures, m), append(points, k)
		}
	}
	if len(pictures) == 0 {
		return nil, nil
	}
	size := pictures[0].Bounds().Size()
	w, h := size.X, size.Y
	pixels := float64(thumbPixels) * float64(limit) / thumbBytes
	for float64(len(pictures)*min(w*h, thumbSide*thumbSide)) > pixels {
		pictures, points = everyOther(pictures), everyOther(points)
	}
	gray := true
	for _, m := range pictures {
		gray = gray && isGray(m)
	}
	choices := []inks{grays(16), grays(8), grays(6)}
	if limit > thumbBytes { // where there is room, as they are
		choices = append([]inks{grays(256)}, choices...)
	}
	if !gray {
		choices = []inks{cube()}
		if limit > thumbBytes {
			choices = []inks{{}, cube()}
		}
	}
	shrink := func(by float64) bool {
		smaller := func(v int) int { return max(int(float64(v)*by), min(v, thumbSide)) }
		was := w * h
		w, h = smaller(w), smaller(h)
		return w*h < was
	}
	for float64(len(pictures)*w*h) > pixels {
		if !shrink(math.Min(0.95, math.Sqrt(pixels/float64(len(pictures)*w*h)))) {
			pictures, points = everyOther(pictures), everyOther(points)
		}
	}
	for {
		var size int
		for _, c := range choices {
			var t *thumbnails
			var err error
			if few := everySo(pictures, 16); len(pictures)*w*h > 8*thumbPixels { // a guess, before much is packed in vain
				if _, size, err = tile(few, w, h, c); err != nil {
					return nil, err
				}
				if size = size * len(pictures) / len(few); size > limit*21/20 {
					continue
				}
			}
			if t, size, err = tile(pictures, w, h, c); err != nil {
				return nil, err
			}
			if size > limit {
				continue
			}
			if len(points) < len(rows) {
				t.Points = points
			}
			return t, nil
		}
		if !shrink(math.Min(0.95, math.Sqrt(float64(limit)/float64(size)))) {
			pictures, points = everyOther(pictures), everyOther(points)
		}
	}
}

func everyOther[T any](s []T) []T { return everySo(s, 2) }

func everySo[T any](s []T, step int) []T {
	some := make([]T, 0, (len(s)+step-1)/step)
	for i := 0; i < len(s); i += step {
		some = append(some, s[i])
	}
	return some
}

// tile draws the pictures, scaled to w × h, in a square of tiles, and returns the size of its PNG.
func tile(pictures []image.Image, w, h int, c inks) (*thumbnails, int, error) {
	columns := int(math.Ceil(math.Sqrt(float64(len(pictures)*h) / float64(w))))
	lines := (len(pictures) + columns - 1) / columns
	frame := image.Rect(0, 0, columns*w, lines*h)
	var sheet image.Image
	var set func(x, y int, of color.RGBA)
	if c.palette == nil {
		m := image.NewRGBA(frame)
		draw.Draw(m, frame, image.White, image.Point{}, draw.Src)
		sheet, set = m, m.SetRGBA
	} else {
		m := image.NewPaletted(frame, c.palette)
		sheet, set = m, func(x, y int, of color.RGBA) { m.SetColorIndex(x, y, c.index(of)) }
	}
	for k, m := range pictures {
		left, top := k%columns*w, k/columns*h
		for y := range h {
			for x := range w {
				set(left+x, top+y, average(m, x, y, w, h))
			}
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, sheet); err != nil {
		return nil, 0, fmt.Errorf("viz: thumbnails: %w", err)
	}
	source := "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
	return &thumbnails{Source: source, Width: w, Height: h, Columns: columns, sheet: sheet}, b.Len(), nil
}

// average returns the mean colour, on white, of the part of m that becomes pixel (x, y) of a picture of w × h.
func average(m image.Image, x, y, w, h int) color.RGBA {
	b := m.Bounds()
	if g, ok := m.(*image.Gray); ok && b.Dx() == w && b.Dy() == h {
		v := g.Pix[y*g.Stride+x]
		return color.RGBA{v, v, v, 0xFF}
	}
	part := func(i, n, size int) (from, to int) {
		from = i * size / n
		return from, max(from+1, (i+1)*size/n)
	}
	x0, x1 := part(x, w, b.Dx())
	y0, y1 := part(y, h, b.Dy())
	var sum [3]uint64
	for v := y0; v < y1; v++ {
		for u := x0; u < x1; u++ {
			red, green, blue, alpha := m.At(b.Min.X+u, b.Min.Y+v).RGBA()
			white := 0xFFFF - alpha
			sum[0] += uint64(red + white)
			sum[1] += uint64(green + white)
			sum[2] += uint64(blue + white)
		}
	}
	count := uint64((x1-x0)*(y1-y0)) * 0x101
	half := count / 2
	return color.RGBA{uint8((sum[0] + half) / count), uint8((sum[1] + half) / count), uint8((sum[2] + half) / count), 0xFF}
}

func isGray(m image.Image) bool {
	if _, ok := m.(*image.Gray); ok {
		return true
	}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if red, green, blue, _ := m.At(x, y).RGBA(); red != green || green != blue {
				return false
			}
		}
	}
	return true
}

// inks are the colours that thumbnails are reduced to, and the index of the one that is nearest to a colour; none stand for all colours.
type inks struct {
	palette color.Palette
	index   func(color.RGBA) uint8
}

// greys are n equidistant greys.
func grays(n int) inks {
	p := make(color.Palette, n)
	for i := range p {
		p[i] = color.Gray{uint8(math.Round(255 * float64(i) / float64(n-1)))}
	}
	return inks{p, func(c color.RGBA) uint8 { return uint8((int(c.R)*(n-1) + 127) / 255) }}
}

// cube are the 216 colours whose channels take six equidistant values.
func cube() inks {
	p := make(color.Palette, 0, 216)
	for i := range 216 {
		p = append(p, color.RGBA{uint8(i / 36 * 51), uint8(i / 6 % 6 * 51), uint8(i % 6 * 51), 0xFF})
	}
	level := func(v uint8) int { return (int(v) + 25) / 51 }
	return inks{p, func(c color.RGBA) uint8 { return uint8(36*level(c.R) + 6*level(c.G) + level(c.B)) }}
}
