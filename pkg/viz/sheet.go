package viz

import (
	"image"
	"image/color"
	"math"
	"sort"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Every chart, static and interactive, is this wide, in the pixels of a page (1/96 inch), and this high, but for a Grid, whose height
// follows from its panels.
const (
	width  = 640
	height = 480
)

// A length is in pixels, from the left or, as on a page, from the top.
type length = float64

// The sizes of text, in pixels, and the space around things.
const (
	titleSize   = 15
	legendSize  = 13
	captionSize = 11.5
	axisSize    = 12   // of the numbers and names of axes
	panelSize   = 13   // of the titles of panels
	lineHeight  = 1.35 // of a line of text, as a multiple of its size
	margin      = 16
	edge        = 8  // where every chart begins, from the left
	gap         = 18 // between plot and legend
)

// typefaces are parsed when the first picture is drawn.
var typefaces = sync.OnceValues(func() (faces [2]*opentype.Font, err error) {
	for i, ttf := range [...][]byte{liberationsansregular.TTF, liberationsansbold.TTF} {
		if faces[i], err = opentype.Parse(ttf); err != nil {
			return
		}
	}
	return
})

// A face is the weight of a text.
type face int

const (
	regular face = iota
	bold
)

// A sheet draws on a vg canvas in the coordinates of a page and the colours of a theme.
type sheet struct {
	*theme
	vg     vg.Canvas
	pixels *image.RGBA // what vg draws on, when that is pixels
	height length
	detail int // from 0: what is drawn again because its picture took too many bytes is drawn with less
	fonts  [2]*opentype.Font

	reduced bool // what needs many colours has been given fewer already
}

func newSheet(c vg.Canvas, t *theme, height length) (*sheet, error) {
	fonts, err := typefaces()
	if err != nil {
		return nil, err
	}
	return &sheet{theme: t, vg: c, height: height, fonts: fonts}, nil
}

// pt turns pixels into the canvas's points; a page has 96 pixels and a canvas 72 points to the inch.
func pt(v length) vg.Length { return vg.Length(v * 72 / 96) }

func (s *sheet) at(x, y length) vg.Point { return vg.Point{X: pt(x), Y: pt(s.height - y)} }

func (s *sheet) face(w face, size length) font.Face {
	weights := [...]xfont.Weight{regular: xfont.WeightNormal, bold: xfont.WeightBold} // what an SVG says
	return font.Face{Font: font.Font{Variant: "Sans", Weight: weights[w], Size: pt(size)}, Face: s.fonts[w]}
}

// measure returns the width of a line of text.
func (s *sheet) measure(w face, size length, text string) (width length) {
	for _, p := range s.pieces(w, size, text) {
		f := s.face(w, p.size)
		width += length(f.Width(p.text)) * 96 / 72
	}
	return width
}

// unkerned makes the spaces of a text unbreakable, for which the typeface has no kerning: it draws an ordinary space after a capital A so
// narrow that small text runs together. Control characters, which no SVG may hold, become such spaces too, and bytes that are no text U+FFFD.
func unkerned(text string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.IsControl(r) {
			return '\u00A0'
		}
		if r == '\uFFFE' || r == '\uFFFF' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// text writes a line whose baseline starts at (x, y).
func (s *sheet) text(x, y length, w face, size length, c color.Color, text string) {
	s.vg.SetColor(c)
	s.write(s.at(x, y), w, size, text)
}

// write writes a line from a point of the canvas on.
func (s *sheet) write(at vg.Point, w face, size length, text string) {
	for _, p := range s.pieces(w, size, text) {
		f := s.face(w, p.size)
		s.vg.FillString(f, vg.Point{X: at.X, Y: at.Y + pt(p.rise)}, p.text)
		at.X += f.Width(p.text)
	}
}

// fit shortens the text, with an ellipsis, to the given width.
func (s *sheet) fit(w face, size, limit length, text string) string {
	if s.measure(w, size, text) <= limit {
		return text
	}
	runes := []rune(text)
	short := func(n int) string { return strings.TrimRight(string(runes[:n]), " ") + "…" }
	// The width grows with the length; a name may have thousands of letters.
	if n := sort.Search(len(runes), func(n int) bool { return s.measure(w, size, short(n)) > limit }); n > 0 {
		return short(n - 1)
	}
	return ""
}

// wrap breaks the text between words into lines of at most the given width; the last of at most most lines is shortened to it.
func (s *sheet) wrap(w face, size, limit length, most int, text string) []string {
	var lines []string
	line := ""
	words := strings.Fields(text)
	for i, word := range words {
		longer := strings.TrimLeft(line+" "+word, " ")
		if line == "" || s.measure(w, size, longer) <= limit {
			line = longer
			continue
		}
		if len(lines) == most-1 {
			line = strings.Join(append([]string{line}, words[i:]...), " ")
			break
		}
		lines, line = append(lines, line), word
	}
	if line != "" {
		lines = append(lines, s.fit(w, size, limit, line))
	}
	return lines
}

// A rect is a rectangle, by its left upper corner.
type rect struct{ X, Y, W, H length }

func (r rect) right() length  { return r.X + r.W }
func (r rect) bottom() length { return r.Y + r.H }

// bar fills a rectangle.
func (s *sheet) bar(r rect, c color.Color) {
	s.fill(c, [2]length{r.X, r.Y}, [2]length{r.right(), r.Y}, [2]length{r.right(), r.bottom()}, [2]length{r.X, r.bottom()})
}

// fill fills a polygon.
func (s *sheet) fill(c color.Color, corners ...[2]length) {
	if len(corners) > 2 {
		s.vg.SetColor(c)
		s.vg.Fill(closed(s.points(corners)...))
	}
}

// pen chooses the colour, width and dashes of lines.
func (s *sheet) pen(c color.Color, width length, dashes ...length) {
	s.vg.SetColor(c)
	s.vg.SetLineWidth(pt(width))
	lengths := make([]vg.Length, len(dashes))
	for i, d := range dashes {
		lengths[i] = pt(d)
	}
	s.vg.SetLineDash(lengths, 0)
}

// line strokes a line through the given points, with the pen.
func (s *sheet) line(through ...[2]length) {
	if len(through) < 2 {
		return
	}
	var p vg.Path
	for i, v := range s.points(through) {
		if i == 0 {
			p.Move(v)
		} else {
			p.Line(v)
		}
	}
	s.vg.Stroke(p)
}

func (s *sheet) points(of [][2]length) []vg.Point {
	points := make([]vg.Point, len(of))
	for i, p := range of {
		points[i] = s.at(p[0], p[1])
	}
	return points
}

func closed(corners ...vg.Point) vg.Path {
	var p vg.Path
	p.Move(corners[0])
	for _, c := range corners[1:] {
		p.Line(c)
	}
	p.Close()
	return p
}

// mark draws a marker of the given diameter with a rim of paper, by which points that overlap stay countable.
func (s *sheet) mark(sh shape, x, y, diameter length, c color.Color) {
	s.rimmed(sh, x, y, diameter, c, rim(diameter))
}

// rimmed is mark with a rim of the given width.
func (s *sheet) rimmed(sh shape, x, y, diameter length, c color.Color, rim length) {
	p := s.outline(sh, x, y, diameter/2)
	s.vg.SetColor(c)
	s.vg.Fill(p)
	if rim == 0 {
		return
	}
	s.pen(s.paper, rim)
	s.vg.Stroke(p)
}

// rim is the width of the line of paper around a marker: none around the smallest, which it would wash out.
func rim(diameter length) length { return math.Min(0.7, math.Max(0, diameter-2)/5) }

// raster fills a rectangle, whose corners are whole pixels, with the colours of a grid of cells, each of which is sharp. A cell of no
// colour is left as it is.
func (s *sheet) raster(r rect, columns, rows int, cell func(i, j int) color.RGBA) {
	w, h := int(r.W), int(r.H)
	dst, left, top := s.pixels, int(r.X), int(r.Y)
	if dst == nil {
		dst, left, top = image.NewRGBA(image.Rect(0, 0, w, h)), 0, 0
	}
	for y := range h {
		for x := range w {
			if c := cell(y*rows/h, x*columns/w); c.A != 0 {
				dst.SetRGBA(left+x, top+y, c)
			}
		}
	}
	if s.pixels == nil {
		s.picture(r, dst)
	}
}

// picture fills a rectangle with an image, whose empty pixels leave what is below.
func (s *sheet) picture(r rect, m image.Image) {
	s.vg.DrawImage(vg.Rectangle{Min: s.at(r.X, r.bottom()), Max: s.at(r.right(), r.Y)}, m)
}
