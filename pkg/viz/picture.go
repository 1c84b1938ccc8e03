package viz

import (
	"bytes"
	"fmt"
	"image"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// draw draws the whole chart.
func (c *Chart) draw(s *sheet, l layout) {
	s.bar(rect{0, 0, l.Width, l.Height}, s.paper)
	s.decorate(l.decor, false)
	for _, p := range l.Panels {
		p.plot.draw(s, p.Frame)
	}
	for _, b := range l.bars {
		s.scaleBar(b)
	}
	s.decorate(l.decor, true)
	s.decorate(l.still, true)
	if l.Legend != nil {
		s.legend(l.Legend)
	}
}

// pictureBytes is what a static picture may take; one that would take more is drawn with less detail. An output holds it twice, in
// base64, beside up to 55 kB of thumbnails and data, and may take 150 kB.
const pictureBytes = 34 << 10

// details is how many degrees of detail there are.
const details = 6

// png returns the static picture, in a palette.
func (c *Chart) png() (out []byte, err error) {
	if err := c.Err(); err != nil {
		return nil, err
	}
	l, err := c.layout()
	if err != nil {
		return nil, err
	}
	for detail := range details {
		canvas := vgimg.NewWith(vgimg.UseImage(image.NewRGBA(image.Rect(0, 0, int(l.Width), int(l.Height)))), vgimg.UseDPI(96))
		pixels, ok := canvas.Image().(*image.RGBA) // the canvas draws on a copy of its own
		if !ok {
			return nil, fmt.Errorf("viz: the canvas draws on a %T", canvas.Image())
		}
		s, err := newSheet(canvas, themes[c.theme], l.Height)
		if err != nil {
			return nil, err
		}
		s.pixels, s.detail = pixels, detail
		c.draw(s, l)
		colors := paletteSizes[detail]
		if s.reduced {
			colors = paletteSizes[0]
		}
		if out, err = encode(pixels, colors, s.theme.texts()...); err != nil || len(out) <= pictureBytes {
			return out, err
		}
	}
	return out, nil
}

// vectors draws the chart on a canvas that it makes for a page of the given size.
func vectors[C vg.Canvas](c *Chart, on func(w, h vg.Length) C) (canvas C, err error) {
	if err := c.Err(); err != nil {
		return canvas, err
	}
	l, err := c.layout()
	if err != nil {
		return canvas, err
	}
	canvas = on(pt(l.Width), pt(l.Height))
	s, err := newSheet(canvas, themes[c.theme], l.Height)
	if err != nil {
		return canvas, err
	}
	c.draw(s, l)
	return canvas, nil
}

// svg returns the picture as vectors. Its text is in the reader's Liberation Sans, Arial or Helvetica, which have the same widths.
func (c *Chart) svg() ([]byte, error) {
	canvas, err := vectors(c, func(w, h vg.Length) *vgsvg.Canvas { return vgsvg.New(w, h) })
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

// pdf returns the picture as vectors, with the letters of its text in it.
func (c *Chart) pdf() ([]byte, error) {
	canvas, err := vectors(c, newPDF)
	if err != nil {
		return nil, err
	}
	title := c.title
	if title == "" {
		title, _, _ = strings.Cut(c.fig.summary(), "\n")
	}
	return canvas.bytes(title)
}
