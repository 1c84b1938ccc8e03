package viz

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// A decor is what both forms of a chart show alike, in the same places: the text and lines around and behind the data. It is laid out once,
// here; the sheet draws it for the picture, and the page's script for the interactive chart.
type decor struct {
	Labels  []label  `json:"labels,omitempty"`
	Strokes []stroke `json:"strokes,omitempty"`
}

// A label is a line of text at a point of its baseline.
type label struct {
	X      length  `json:"x"`
	Y      length  `json:"y"`
	Text   string  `json:"text"`
	Size   length  `json:"size"`
	Role   role    `json:"role"`
	Bold   bool    `json:"bold,omitempty"`
	Align  float64 `json:"align,omitempty"`  // the point is the text's start (0), middle (0.5) or end (1)
	Turned bool    `json:"turned,omitempty"` // it reads upwards
	Backed bool    `json:"backed,omitempty"` // what is behind it shows through faintly
}

// A stroke is a straight line.
type stroke struct {
	From   [2]length `json:"from"`
	To     [2]length `json:"to"`
	Role   role      `json:"role"`
	Dashed bool      `json:"dashed,omitempty"`
	Over   bool      `json:"over,omitempty"` // drawn over the data
}

func (d *decor) label(l label) {
	if l.Text != "" {
		l.X, l.Y = round(l.X), round(l.Y)
		d.Labels = append(d.Labels, l)
	}
}

// stroke adds a line one pixel wide, along the middle of its pixels so that it is sharp.
func (d *decor) stroke(r role, x1, y1, x2, y2 length) {
	d.Strokes = append(d.Strokes, stroke{From: [2]length{half(x1), half(y1)}, To: [2]length{half(x2), half(y2)}, Role: r})
}

func (d *decor) add(e decor) {
	d.Labels, d.Strokes = append(d.Labels, e.Labels...), append(d.Strokes, e.Strokes...)
}

// round keeps a tenth of a pixel.
func round(v length) length { return math.Round(10*v) / 10 }

func half(v length) length { return math.Floor(v) + 0.5 }

// decorate draws the part of a decor that lies over the data, to which the text belongs, or the part under it.
func (s *sheet) decorate(d decor, over bool) {
	for _, l := range d.Strokes {
		if l.Over != over {
			continue
		}
		if l.Dashed {
			s.pen(s.color(l.Role), 1, 5, 4)
		} else {
			s.pen(s.color(l.Role), 1)
		}
		s.line(l.From, l.To)
	}
	if !over {
		return
	}
	for _, l := range d.Labels {
		s.label(l)
	}
}

// backing is the opacity of the paper behind a label, of 255.
const backing = 0xBF

func (s *sheet) label(l label) {
	w := regular
	if l.Bold {
		w = bold
	}
	back := l.Align * s.measure(w, l.Size, l.Text)
	if l.Backed {
		c := s.paper
		s.bar(rect{l.X - back - 2, l.Y - 0.85*l.Size, s.measure(w, l.Size, l.Text) + 4, 1.15 * l.Size}, color.NRGBA{c.R, c.G, c.B, backing})
	}
	if !l.Turned {
		s.text(l.X-back, l.Y, w, l.Size, s.color(l.Role), l.Text)
		return
	}
	s.vg.Push()
	s.vg.Translate(s.at(l.X, l.Y+back))
	s.vg.Rotate(math.Pi / 2)
	s.vg.SetColor(s.color(l.Role))
	s.write(vg.Point{}, w, l.Size, l.Text)
	s.vg.Pop()
}
