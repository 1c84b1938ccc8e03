package viz

import (
	"image/color"
	"math"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Every chart, static and interactive, is this large, in the pixels of a page (1/96 inch).
const (
	width  = 640
	height = 480
)

// A length is in pixels, from the left or, as on a page, from the top.
type length = float64

var (
	ink   = rgb(0x222222) // titles and legends
	faint = rgb(0x666666) // captions
	rule  = rgb(0xD0D0D0) // frames
	paper = rgb(0xFFFFFF)
)

// The sizes of text, in pixels, and the space around things.
const (
	titleSize   = 15
	legendSize  = 13
	captionSize = 11.5
	lineHeight  = 1.35 // of a line of text, as a multiple of its size
	margin      = 16
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

// A sheet draws on a vg canvas in the coordinates of a page.
type sheet struct {
	vg    vg.Canvas
	fonts [2]*opentype.Font
}

func newSheet(c vg.Canvas) (*sheet, error) {
	fonts, err := typefaces()
	if err != nil {
		return nil, err
	}
	return &sheet{vg: c, fonts: fonts}, nil
}

// pt turns pixels into the canvas's points; a page has 96 pixels and a canvas 72 points to the inch.
func pt(v length) vg.Length { return vg.Length(v * 72 / 96) }

func at(x, y length) vg.Point { return vg.Point{X: pt(x), Y: pt(height - y)} }

func (s *sheet) face(w face, size length) font.Face {
	weights := [...]xfont.Weight{regular: xfont.WeightNormal, bold: xfont.WeightBold} // what an SVG says
	return font.Face{Font: font.Font{Variant: "Sans", Weight: weights[w], Size: pt(size)}, Face: s.fonts[w]}
}

// measure returns the width of a line of text.
func (s *sheet) measure(w face, size length, text string) length {
	f := s.face(w, size)
	return length(f.Width(unkerned(text))) * 96 / 72
}

// unkerned makes the spaces of a text unbreakable, for which the typeface has no kerning: it draws an ordinary space after a capital A so
// narrow that small text runs together.
func unkerned(text string) string { return strings.ReplaceAll(text, " ", "\u00A0") }

// text writes a line whose baseline starts at (x, y).
func (s *sheet) text(x, y length, w face, size length, c color.Color, text string) {
	s.vg.SetColor(c)
	s.vg.FillString(s.face(w, size), at(x, y), unkerned(text))
}

// fit shortens the text, with an ellipsis, to the given width.
func (s *sheet) fit(w face, size, limit length, text string) string {
	if s.measure(w, size, text) <= limit {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 {
		runes = runes[:len(runes)-1]
		if t := strings.TrimRight(string(runes), " ") + "…"; s.measure(w, size, t) <= limit {
			return t
		}
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

// box strokes a rectangle, with a line one pixel wide.
func (s *sheet) box(x, y, w, h length, c color.Color) {
	s.vg.SetColor(c)
	s.vg.SetLineWidth(pt(1))
	s.vg.Stroke(polygon(at(x, y), at(x+w, y), at(x+w, y+h), at(x, y+h)))
}

// bar fills a rectangle.
func (s *sheet) bar(x, y, w, h length, c color.Color) {
	s.vg.SetColor(c)
	s.vg.Fill(polygon(at(x, y), at(x+w, y), at(x+w, y+h), at(x, y+h)))
}

func polygon(corners ...vg.Point) vg.Path {
	var p vg.Path
	p.Move(corners[0])
	for _, c := range corners[1:] {
		p.Line(c)
	}
	p.Close()
	return p
}

// mark draws a marker of the given diameter with a white rim, by which points that overlap stay countable.
func (s *sheet) mark(sh shape, x, y, diameter length, c color.Color) {
	p := sh.path(x, y, diameter/2)
	s.vg.SetColor(c)
	s.vg.Fill(p)
	if rim(diameter) == 0 {
		return
	}
	s.vg.SetColor(paper)
	s.vg.SetLineWidth(pt(rim(diameter)))
	s.vg.Stroke(p)
}

// rim is the width of the white line around a marker: none around the smallest, which it would wash out.
func rim(diameter length) length { return math.Min(0.7, math.Max(0, diameter-2)/5) }

// left writes a line that starts at x, or further left where it would not end on the sheet.
func (s *sheet) left(x, y length, w face, size length, c color.Color, text string) {
	if text != "" {
		s.text(math.Min(x, width-margin-s.measure(w, size, text)), y, w, size, c, text)
	}
}
