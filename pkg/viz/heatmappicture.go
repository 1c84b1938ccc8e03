package viz

import (
	"image/color"
	"math"
)

// The numbers in cells: their size, and for how many cells they are tried.
const (
	cellSize = 11
	mostText = 400
)

func (h *heatmap) insets(s *sheet, room rect) insets {
	_, widest := s.side(h.down, room)
	w, _ := h.fit(room.W-widest, room.H-axisSize)
	in := planeInsets(s, room, w, h.across, h.down)
	in.top, in.right = math.Max(in.top, 1), 1
	if h.down.title() == "" {
		in.top = 1
	}
	return in
}

// fit makes cells as nearly square as the room allows, and a whole number of pixels where they are larger than a few.
func (h *heatmap) fit(w, hh length) (length, length) {
	const slim = 2.5 // how much longer one side of a cell may be
	cw, ch := w/length(h.columns), hh/length(h.rows)
	cw, ch = math.Min(cw, slim*ch), math.Min(ch, slim*cw)
	if h.rows == h.columns {
		cw = math.Min(cw, ch)
		ch = cw
	}
	const least, largest = 60, 96 // of a frame, and of a cell
	cw, ch = math.Max(cw, math.Min(w, least)/length(h.columns)), math.Max(ch, math.Min(hh, least)/length(h.rows))
	cw, ch = math.Min(cw, largest), math.Min(ch, largest)
	whole := func(cell length, n int) length {
		if cell > 3 {
			cell = math.Floor(cell)
		}
		return math.Max(1, math.Floor(cell*length(n)))
	}
	return whole(cw, h.columns), whole(ch, h.rows)
}

func (h *heatmap) axes(s *sheet, f rect) decor {
	d := framed(rect{f.X - 1, f.Y - 1, f.W + 2, f.H + 2})
	for i := range d.Strokes {
		d.Strokes[i].Over = true
	}
	d.add(planeAxes(s, f, h.across, h.down, none))
	return d
}

func (h *heatmap) draw(s *sheet, f rect) {
	level := [details]int{64, 40, 28, 16, 12, 8}[s.detail]
	side := max(1, int(math.Ceil(math.Max(float64(h.columns)/f.W, float64(h.rows)/f.H)))) * [details]int{1, 1, 1, 2, 2, 3}[s.detail]
	if h.rows*h.columns <= mostText {
		side = 1
	}
	rows, columns, values := h.blocks(side)
	colors := make([]color.RGBA, len(values))
	for i, v := range values {
		share := math.Round(h.colors.share(v)*float64(level-1)) / float64(level-1)
		if h.rows*h.columns <= 64 {
			share = h.colors.share(v)
		}
		colors[i] = h.colors.at(s.theme, h.colors.low+share*(h.colors.high-h.colors.low))
	}
	s.raster(f, columns, rows, func(i, j int) color.RGBA { return colors[i*columns+j] })
	if !h.numbered(s, f) {
		return
	}
	decimals := h.decimals()
	cw, ch := f.W/length(h.columns), f.H/length(h.rows)
	for i := range h.rows {
		for j := range h.columns {
			text := h.text(i, j, decimals)
			x := f.X + cw*(length(j)+0.5) - s.measure(regular, cellSize, text)/2
			s.text(x, f.Y+ch*(length(i)+0.5)+cellSize*0.36, regular, cellSize, legible(colors[i*columns+j]), text)
		}
	}
}

// numbered reports whether all numbers find room in their cells.
func (h *heatmap) numbered(s *sheet, f rect) bool {
	if h.cells.Bare || h.rows*h.columns > mostText || f.H/length(h.rows) < cellSize+4 {
		return false
	}
	decimals := h.decimals()
	room := f.W/length(h.columns) - 4
	for i := range h.rows {
		for j := range h.columns {
			if s.measure(regular, cellSize, h.text(i, j, decimals)) > room {
				return false
			}
		}
	}
	return true
}

// legible returns black or white, whichever can be read better on c (WCAG 2.2, contrast ratio).
func legible(c color.RGBA) color.RGBA {
	black, white := rgb(0x000000), rgb(0xFFFFFF)
	if contrast(c, black) >= contrast(c, white) {
		return black
	}
	return white
}

// contrast is the ratio of the luminances of two colours (WCAG 2.2): 1 for the same, 21 for black on white.
func contrast(a, b color.RGBA) float64 {
	p, q := luminance(a), luminance(b)
	return (math.Max(p, q) + 0.05) / (math.Min(p, q) + 0.05)
}

func luminance(c color.RGBA) float64 {
	linear := func(b uint8) float64 {
		v := float64(b) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
