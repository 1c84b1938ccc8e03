package viz

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdf is a vg.Canvas that writes a page of PDF 1.7 (ISO 32000-1, 2008): paths as vectors, images sharp, and text in the typefaces themselves,
// reduced to the letters that occur, so that it can be searched and copied in any script the typeface has. It holds no date and no name of a
// program: the same chart is the same bytes.
type pdf struct {
	width, height vg.Length
	page          bytes.Buffer // what is drawn
	color         color.NRGBA
	lineWidth     vg.Length
	stack         []pdfState
	set           pdfState // what the page has been told
	fonts         []*pdfFont
	alphas        []uint8
	images        []pdfImage
}

// pdfState is what q saves and Q brings back; the colours and widths are those of the page's last words on them.
type pdfState struct {
	fill, stroke color.NRGBA
	alpha        uint8
	width        vg.Length
	color        color.NRGBA // of the canvas
	lineWidth    vg.Length
}

type pdfImage struct {
	columns, rows int
	rgb, alpha    []byte // alpha is nil when nothing shines through
}

var _ vg.Canvas = (*pdf)(nil)

func newPDF(w, h vg.Length) *pdf {
	black := color.NRGBA{A: 0xFF}
	c := &pdf{width: w, height: h, set: pdfState{fill: black, stroke: black, alpha: 0xFF, width: 1}, alphas: []uint8{0xFF}}
	c.page.WriteString("1 j\n") // round joins: sharp ones reach far
	vg.Initialize(c)
	return c
}

// op writes numbers and an operator.
func (c *pdf) op(operator string, numbers ...float64) {
	for _, v := range numbers {
		c.page.WriteString(decimal(v))
		c.page.WriteByte(' ')
	}
	c.page.WriteString(operator)
	c.page.WriteByte('\n')
}

// decimal writes a number to a thousandth of a point.
func decimal(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func (c *pdf) SetLineWidth(w vg.Length) { c.lineWidth = w }

func (c *pdf) SetLineDash(pattern []vg.Length, offset vg.Length) {
	lengths := make([]string, len(pattern))
	for i, l := range pattern {
		lengths[i] = decimal(l.Points())
	}
	fmt.Fprintf(&c.page, "[%s] %s d\n", strings.Join(lengths, " "), decimal(offset.Points()))
}

func (c *pdf) SetColor(to color.Color) {
	if to == nil {
		to = color.Black
	}
	c.color = color.NRGBAModel.Convert(to).(color.NRGBA)
}

func (c *pdf) Rotate(angle float64) {
	sin, cos := math.Sincos(angle)
	fmt.Fprintf(&c.page, "%.6f %.6f %.6f %.6f 0 0 cm\n", cos, sin, -sin, cos)
}

func (c *pdf) Translate(p vg.Point) { c.op("cm", 1, 0, 0, 1, p.X.Points(), p.Y.Points()) }

func (c *pdf) Scale(x, y float64) { c.op("cm", x, 0, 0, y, 0, 0) }

func (c *pdf) Push() {
	c.set.color, c.set.lineWidth = c.color, c.lineWidth
	c.stack = append(c.stack, c.set)
	c.page.WriteString("q\n")
}

func (c *pdf) Pop() {
	c.set, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1]
	c.color, c.lineWidth = c.set.color, c.set.lineWidth
	c.page.WriteString("Q\n")
}

// paint tells the page the colour of what comes, by the operator for fills or strokes.
func (c *pdf) paint(operator string, known *color.NRGBA) {
	if c.set.alpha != c.color.A {
		c.set.alpha = c.color.A
		if !slices.Contains(c.alphas, c.color.A) {
			c.alphas = append(c.alphas, c.color.A)
		}
		fmt.Fprintf(&c.page, "/A%d gs\n", c.color.A)
	}
	if opaque := (color.NRGBA{c.color.R, c.color.G, c.color.B, 0xFF}); *known != opaque {
		*known = opaque
		c.op(operator, float64(c.color.R)/255, float64(c.color.G)/255, float64(c.color.B)/255)
	}
}

func (c *pdf) Stroke(p vg.Path) {
	if c.lineWidth <= 0 {
		return
	}
	c.paint("RG", &c.set.stroke)
	if c.set.width != c.lineWidth {
		c.set.width = c.lineWidth
		c.op("w", c.lineWidth.Points())
	}
	c.path(p)
	c.op("S")
}

func (c *pdf) Fill(p vg.Path) {
	c.paint("rg", &c.set.fill)
	c.path(p)
	c.op("f")
}

func (c *pdf) path(p vg.Path) {
	var at vg.Point // the current point
	for _, part := range p {
		switch part.Type {
		case vg.MoveComp:
			c.op("m", part.Pos.X.Points(), part.Pos.Y.Points())
		case vg.LineComp:
			c.op("l", part.Pos.X.Points(), part.Pos.Y.Points())
		case vg.ArcComp:
			c.arc(part)
			continue
		case vg.CurveComp:
			one, two := part.Control[0], part.Control[len(part.Control)-1]
			if len(part.Control) == 1 { // a parabola, as a cubic
				one, two = at.Add(one.Sub(at).Scale(2./3)), part.Pos.Add(two.Sub(part.Pos).Scale(2./3))
			}
			c.op("c", one.X.Points(), one.Y.Points(), two.X.Points(), two.Y.Points(), part.Pos.X.Points(), part.Pos.Y.Points())
		case vg.CloseComp:
			c.op("h")
		}
		at = part.Pos
	}
}

// arc draws an arc from where the path is, which is its start, in cubics of at most a right angle; their error is below 3 in 10 000.
func (c *pdf) arc(a vg.PathComp) {
	n := int(math.Ceil(math.Abs(a.Angle) / (math.Pi/2 + 1e-9)))
	step := a.Angle / float64(max(1, n))
	reach := 4. / 3 * math.Tan(step/4)
	at := func(angle, ahead float64) (x, y float64) {
		sin, cos := math.Sincos(angle)
		return a.Pos.X.Points() + a.Radius.Points()*(cos-ahead*sin), a.Pos.Y.Points() + a.Radius.Points()*(sin+ahead*cos)
	}
	for i := range n {
		from := a.Start + float64(i)*step
		x1, y1 := at(from, reach)
		x2, y2 := at(from+step, -reach)
		x, y := at(from+step, 0)
		c.op("c", x1, y1, x2, y2, x, y)
	}
}

func (c *pdf) FillString(f font.Face, at vg.Point, text string) {
	if text == "" || f.Font.Size == 0 {
		return
	}
	c.paint("rg", &c.set.fill)
	i := slices.IndexFunc(c.fonts, func(g *pdfFont) bool { return g.face == f.Face })
	if i < 0 {
		i = len(c.fonts)
		c.fonts = append(c.fonts, newPDFFont(f.Face))
	}
	letters := c.fonts[i]
	var b strings.Builder // hexadecimal glyphs, and between them by how many thousandths to go back
	var last sfnt.GlyphIndex
	for k, r := range []rune(text) {
		g := letters.glyph(r)
		if kern := letters.kern(last, g); k > 0 && kern != 0 {
			fmt.Fprintf(&b, "> %s <", decimal(-kern))
		}
		fmt.Fprintf(&b, "%04X", g)
		last = g
	}
	fmt.Fprintf(&c.page, "BT /F%d %s Tf %s %s Td [<%s>] TJ ET\n", i, decimal(f.Font.Size.Points()), decimal(at.X.Points()), decimal(at.Y.Points()), b.String())
}

func (c *pdf) DrawImage(r vg.Rectangle, m image.Image) {
	b := m.Bounds()
	p := pdfImage{columns: b.Dx(), rows: b.Dy()}
	opaque := true
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			v := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			p.rgb, p.alpha = append(p.rgb, v.R, v.G, v.B), append(p.alpha, v.A)
			opaque = opaque && v.A == 0xFF
		}
	}
	if opaque {
		p.alpha = nil
	}
	c.images = append(c.images, p)
	size := r.Size()
	c.Push()
	if c.set.alpha != 0xFF {
		c.set.alpha = 0xFF
		c.page.WriteString("/A255 gs\n")
	}
	c.op("cm", size.X.Points(), 0, 0, size.Y.Points(), r.Min.X.Points(), r.Min.Y.Points())
	fmt.Fprintf(&c.page, "/I%d Do\n", len(c.images)-1)
	c.Pop()
}

// pdfFile collects the objects of a file, numbered from 1.
type pdfFile struct{ objects [][]byte }

// add returns the number of the object it adds.
func (f *pdfFile) add(format string, args ...any) int {
	f.objects = append(f.objects, fmt.Appendf(nil, format, args...))
	return len(f.objects)
}

// stream adds data, compressed, with what its dictionary says of them.
func (f *pdfFile) stream(data []byte, says string) (int, error) {
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	if err != nil {
		return 0, err
	}
	if _, err := w.Write(data); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return f.add("<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", says, b.Len(), b.Bytes()), nil
}

// bytes returns the file whose last object is the catalogue.
func (f *pdfFile) bytes(info int) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	offsets := make([]int, len(f.objects))
	for i, o := range f.objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, len(offsets), info, start)
	return b.Bytes()
}

// bytes returns the page as a file with the given title.
func (c *pdf) bytes(title string) ([]byte, error) {
	var f pdfFile
	var fonts, states, images []string
	for i, letters := range c.fonts {
		n, err := letters.write(&f)
		if err != nil {
			return nil, err
		}
		fonts = append(fonts, fmt.Sprintf("/F%d %d 0 R", i, n))
	}
	slices.Sort(c.alphas)
	for _, a := range c.alphas {
		share := decimal(float64(a) / 255)
		states = append(states, fmt.Sprintf("/A%d << /ca %s /CA %s >>", a, share, share))
	}
	for i, m := range c.images {
		size := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace ", m.columns, m.rows)
		says := size + "/DeviceRGB"
		if m.alpha != nil {
			mask, err := f.stream(m.alpha, size+"/DeviceGray")
			if err != nil {
				return nil, err
			}
			says += fmt.Sprintf(" /SMask %d 0 R", mask)
		}
		n, err := f.stream(m.rgb, says)
		if err != nil {
			return nil, err
		}
		images = append(images, fmt.Sprintf("/I%d %d 0 R", i, n))
	}
	content, err := f.stream(c.page.Bytes(), "")
	if err != nil {
		return nil, err
	}
	info := f.add("<< /Title <%s> >>", utf16Hex("\uFEFF"+title))
	page := len(f.objects) + 1
	f.add("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Contents %d 0 R /Resources << /Font << %s >> /ExtGState << %s >> /XObject << %s >> >> >>",
		page+1, decimal(c.width.Points()), decimal(c.height.Points()), content, strings.Join(fonts, " "), strings.Join(states, " "), strings.Join(images, " "))
	f.add("<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", page)
	f.add("<< /Type /Catalog /Pages %d 0 R >>", page+1)
	return f.bytes(info), nil
}

func utf16Hex(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return fmt.Sprintf("%X", b)
}

// pdfFont is a typeface and the letters of it that the page has.
type pdfFont struct {
	face   *sfnt.Font
	buffer sfnt.Buffer
	used   map[sfnt.GlyphIndex]rune
}

func newPDFFont(face *sfnt.Font) *pdfFont {
	return &pdfFont{face: face, used: map[sfnt.GlyphIndex]rune{}}
}

// glyph returns the glyph of a rune; one that the typeface lacks has its glyph 0, an empty box.
func (f *pdfFont) glyph(r rune) sfnt.GlyphIndex {
	g, err := f.face.GlyphIndex(&f.buffer, r)
	if err != nil {
		g = 0
	}
	if _, ok := f.used[g]; !ok {
		f.used[g] = r
	}
	return g
}

// em is the size at which a unit of the typeface is a unit of what measures it.
func (f *pdfFont) em() fixed.Int26_6 { return fixed.Int26_6(f.face.UnitsPerEm()) }

// thousandths turns units of the typeface into thousandths of its size.
func (f *pdfFont) thousandths(units int) float64 {
	return 1000 * float64(units) / float64(f.face.UnitsPerEm())
}

func (f *pdfFont) kern(a, b sfnt.GlyphIndex) float64 {
	k, err := f.face.Kern(&f.buffer, a, b, f.em(), 0)
	if err != nil {
		return 0
	}
	return f.thousandths(int(k))
}

// write adds the font to a file and returns its number.
func (f *pdfFont) write(to *pdfFile) (int, error) {
	var source bytes.Buffer
	if _, err := f.face.WriteSourceTo(&f.buffer, &source); err != nil {
		return 0, fmt.Errorf("viz: %w", err)
	}
	glyphs := slices.Sorted(maps.Keys(f.used))
	small, err := subset(source.Bytes(), glyphs)
	if err != nil {
		return 0, err
	}
	file, err := to.stream(small, fmt.Sprintf("/Length1 %d", len(small)))
	if err != nil {
		return 0, err
	}
	name, err := f.face.Name(&f.buffer, sfnt.NameIDPostScript)
	if err != nil {
		return 0, fmt.Errorf("viz: %w", err)
	}
	name = tag(glyphs) + "+" + name
	metrics, err := f.face.Metrics(&f.buffer, f.em(), 0)
	if err != nil {
		return 0, fmt.Errorf("viz: %w", err)
	}
	bounds, err := f.face.Bounds(&f.buffer, f.em(), 0)
	if err != nil {
		return 0, fmt.Errorf("viz: %w", err)
	}
	unit := func(v fixed.Int26_6) string { return decimal(math.Round(f.thousandths(int(v)))) }
	const symbolic = 4
	descriptor := to.add("<< /Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%s %s %s %s] /ItalicAngle 0 /Ascent %s /Descent %s /CapHeight %s /StemV 80 /FontFile2 %d 0 R >>",
		name, symbolic, unit(bounds.Min.X), unit(-bounds.Max.Y), unit(bounds.Max.X), unit(-bounds.Min.Y),
		unit(metrics.Ascent), unit(-metrics.Descent), unit(metrics.CapHeight), file)
	var widths, words strings.Builder
	for _, g := range glyphs {
		advance, err := f.face.GlyphAdvance(&f.buffer, g, f.em(), 0)
		if err != nil {
			return 0, fmt.Errorf("viz: %w", err)
		}
		fmt.Fprintf(&widths, "%d [%s] ", g, decimal(f.thousandths(int(advance))))
		fmt.Fprintf(&words, "1 beginbfchar\n<%04X> <%s>\nendbfchar\n", g, utf16Hex(strings.ReplaceAll(string(f.used[g]), "\u00A0", " ")))
	}
	descendant := to.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /W [%s] >>",
		name, descriptor, strings.TrimSpace(widths.String()))
	unicode, err := to.stream([]byte("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /Letters def\n/CMapType 2 def\n"+
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"+words.String()+"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"), "")
	if err != nil {
		return 0, err
	}
	return to.add("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, descendant, unicode), nil
}

// tag names a selection of glyphs by six capitals, as a file must.
func tag(glyphs []sfnt.GlyphIndex) string {
	hash := uint32(2166136261) // FNV-1a
	for _, g := range glyphs {
		hash = (hash ^ uint32(g)) * 16777619
	}
	name := make([]byte, 6)
	for i := range name {
		name[i] = byte('A' + hash%26)
		hash /= 26
	}
	return string(name)
}
