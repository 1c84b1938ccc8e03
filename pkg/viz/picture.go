package viz

import (
	"bytes"
	"image"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A frame is the square that the points lie in.
type frame struct{ X, Y, Side length }

// A layout is what the static and the interactive chart share, so that the one replaces the other without a jump.
type layout struct {
	Title   string   `json:"title,omitempty"`
	Caption []string `json:"caption,omitempty"` // its lines
	Frame   frame    `json:"frame"`
}

// layout puts the plot under the title, above the caption, left of the legend, and all of it in the middle of the picture.
func (c *Chart) layout() (layout, error) {
	s, err := newSheet(nil)
	if err != nil {
		return layout{}, err
	}
	top, bottom := length(margin), length(height-margin)
	var l layout
	if c.title != "" {
		l.Title = s.fit(bold, titleSize, width-2*margin, c.title)
		top += titleSize * lineHeight
	}
	if text := c.fig.caption(); text != "" {
		l.Caption = s.wrap(regular, captionSize, width-2*margin, 2, text)
		bottom -= captionSize * lineHeight * length(len(l.Caption))
	}
	legend := c.fig.legendWidth(s)
	if legend > 0 {
		legend += gap
	}
	side := math.Floor(math.Min(bottom-top, width-2*margin-legend))
	l.Frame = frame{X: math.Round((width - side - legend) / 2), Y: math.Round(top), Side: side}
	return l, nil
}

// draw draws the whole chart.
func (c *Chart) draw(canvas vg.Canvas) error {
	l, err := c.layout()
	if err != nil {
		return err
	}
	s, err := newSheet(canvas)
	if err != nil {
		return err
	}
	s.left(l.Frame.X, margin+titleSize*0.8, bold, titleSize, ink, l.Title)
	c.fig.draw(s, l.Frame)
	for i, line := range l.Caption {
		y := l.Frame.Y + l.Frame.Side + captionSize*lineHeight*length(i+1)
		s.left(l.Frame.X, y, regular, captionSize, faint, line)
	}
	return nil
}

// png returns the static picture, in a palette.
func (c *Chart) png() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	canvas := vgimg.NewWith(vgimg.UseImage(image.NewRGBA(image.Rect(0, 0, width, height))), vgimg.UseDPI(96))
	if err := c.draw(canvas); err != nil {
		return nil, err
	}
	return encode(canvas.Image(), c.fig.colors())
}

// svg returns the picture as vectors. Its text is in the reader's Liberation Sans, Arial or Helvetica, which have the same widths.
func (c *Chart) svg() ([]byte, error) {
	if c.err != nil {
		return nil, c.err
	}
	canvas := vgsvg.New(pt(width), pt(height))
	if err := c.draw(canvas); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}
