package viz

import (
	"fmt"
	"image/color"
	"math"
)

// A key is what the colours of a plot mean: names, or numbers, or both.
type key struct {
	entries []entry
	scale   *scale
}

// An entry is a name in the legend.
type entry struct {
	name   string
	tint   tint
	shape  shape
	line   bool // it is a line, with the shape on it, if there is one
	dashed bool
}

// A scale is the colours of numbers.
type scale struct {
	name      string
	low, high float64
	diverging bool
	inked     bool // it colours lines and marks, not areas
	log       bool // equal ratios are equal steps of colour
}

// at returns the colour of v.
func (c *scale) at(t *theme, v float64) color.RGBA {
	return along(c.palette(t), c.share(v))
}

func (c *scale) palette(t *theme) []color.RGBA {
	switch {
	case c.diverging && c.inked:
		return t.inks
	case c.diverging:
		return t.diverging
	}
	return t.ramp
}

// share returns where v lies in the range of the scale, in [0, 1].
func (c *scale) share(v float64) float64 {
	if c.low == c.high {
		return 0.5
	}
	if c.log {
		return math.Min(1, math.Max(0, math.Log(v/c.low)/math.Log(c.high/c.low)))
	}
	return math.Min(1, math.Max(0, (v/2-c.low/2)/(c.high/2-c.low/2)))
}

// The legend: its rows, the space from a marker to its name, the length of a line, and how wide it may become.
const (
	legendRow  = 19
	legendMark = 9.0
	legendText = 17.0
	legendLine = 20.0
	legendMost = 190.0
)

// The colour bar: its width and height, and the space to its numbers.
const (
	barWidth  = 14
	barHeight = 160
	leastBar  = 60 // where a legend stands below it
	barSpace  = 7
)

// tools counts what each kind of plot hands over to the page's tools, beside those of all charts, of which panels of one kind share a button.
var tools = map[string]int{"scatter": 2, "space": 1}

// toolsWidth is what the page's tools take, right of the caption.
func (a arrangement) toolsWidth() length {
	const all, each, before = 2, 22, 14
	n := all
	seen := map[string]bool{}
	for _, p := range a.plots {
		if !seen[p.kind()] {
			n += tools[p.kind()]
			seen[p.kind()] = true
		}
	}
	return length(each*n + before)
}

// width returns the room to keep free for the key, or zero.
func (k key) width(s *sheet) length {
	w := k.scaleWidth(s)
	text := indent(k.entries)
	for _, e := range k.entries {
		w = math.Max(w, text+s.measure(regular, legendSize, e.name))
	}
	return math.Min(legendMost, w)
}

func (k key) scaleWidth(s *sheet) length {
	if k.scale == nil {
		return 0
	}
	numbers := 0.0
	for _, n := range k.scale.numbers(barHeight) {
		numbers = math.Max(numbers, s.measure(regular, axisSize, n.text))
	}
	return math.Min(legendMost, math.Max(barWidth+barSpace+numbers, s.measure(regular, legendSize, k.scale.name)))
}

// numbers returns those that stand beside the bar.
func (c *scale) numbers(h length) []notch {
	if c.low == c.high {
		return []notch{{c.low, minus(tick(c.low))}}
	}
	return span{Axis: Axis{Log: c.log}, low: c.low, high: c.high}.notches(h, func(string) length { return 30 })
}

// indent is the space from the start of an entry to its name.
func indent(entries []entry) length {
	for _, e := range entries {
		if e.line {
			return legendLine + 7
		}
	}
	return legendText
}

// A legend is a list of names with their colours, whose place both forms share.
type legend struct {
	X       length        `json:"x"`
	Y       length        `json:"y"`
	H       length        `json:"h"`
	Indent  length        `json:"indent"`
	Most    length        `json:"-"` // the width of a name
	Entries []legendEntry `json:"entries"`
	entries []entry
}

type legendEntry struct {
	Name   string `json:"name"`
	Short  string `json:"short,omitempty"` // the name, as far as there is room, where that is not all
	Tint   int    `json:"tint"`
	Symbol string `json:"symbol,omitempty"`
	Line   bool   `json:"line,omitempty"`
	Dashed bool   `json:"dashed,omitempty"`
}

func newLegend(s *sheet, entries []entry, space rect) *legend {
	l := &legend{X: space.X, Y: space.Y, H: space.H, Indent: indent(entries), entries: entries}
	l.Most = legendMost - l.Indent
	for _, e := range entries {
		le := legendEntry{Name: e.name, Tint: e.tint.index(), Line: e.line, Dashed: e.dashed}
		if e.shape != "" {
			le.Symbol = e.shape.symbol()
		}
		if short := s.fit(regular, legendSize, l.Most, e.name); short != e.name {
			le.Short = short
		}
		l.Entries = append(l.Entries, le)
	}
	return l
}

// rows returns the names and whether the last stands for entries that found no room.
func (l *legend) rows() (names []string, more bool) {
	for _, e := range l.entries {
		names = append(names, e.name)
	}
	if room := int(l.H / legendRow); len(names) > room && room > 0 {
		return append(names[:room-1], fmt.Sprintf("and %d more", len(names)-room+1)), true
	}
	return names, false
}

func (s *sheet) legend(l *legend) {
	names, more := l.rows()
	for i, name := range names {
		y := l.Y + legendRow*(length(i)+0.5)
		if !more || i < len(names)-1 {
			e := l.entries[i]
			middle := l.X + legendMark/2
			if l.Indent > legendText {
				middle = l.X + legendLine/2
			}
			if e.line {
				s.linePen(e.tint, lineWidth, e.dashed)
				s.line([2]length{l.X, half(y)}, [2]length{l.X + legendLine, half(y)})
			}
			switch {
			case e.shape != "" && e.line:
				s.mark(e.shape, middle, half(y), markerSize, s.tint(e.tint))
			case e.shape != "":
				s.mark(e.shape, middle, y, legendMark, s.tint(e.tint))
			}
		}
		s.text(l.X+l.Indent, y+legendSize*0.35, regular, legendSize, s.ink, s.fit(regular, legendSize, l.Most, name))
	}
}

// A bar is a colour bar in its place.
type bar struct {
	rect
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Name      string  `json:"name,omitempty"`
	Diverging bool    `json:"diverging,omitempty"`
	Inked     bool    `json:"inked,omitempty"`
	scale     *scale
}

// bar adds a colour bar at the right of the space, from its upper edge, with its name above and numbers beside it.
func (l *layout) bar(s *sheet, c *scale, x length, space rect) *bar {
	y := space.Y
	if c.name != "" {
		l.label(label{X: x, Y: y + legendSize*0.8, Text: s.fit(regular, legendSize, legendMost, c.name), Size: legendSize, Role: ink})
		y += legendRow
	}
	b := bar{rect: rect{math.Round(x), math.Round(y), barWidth, math.Round(math.Max(40, math.Min(barHeight, space.bottom()-y)))},
		Low: c.low, High: c.high, Name: c.name, Diverging: c.diverging, Inked: c.inked, scale: c}
	for _, n := range c.numbers(b.H) {
		at := b.bottom() - b.H*c.share(n.value)
		l.stroke(rule, b.right(), at, b.right()+3, at)
		l.label(label{X: b.right() + barSpace, Y: at + axisSize*0.36, Text: n.text, Size: axisSize, Role: faint})
	}
	l.bars = append(l.bars, b)
	return &b
}

// bar draws a colour bar.
func (s *sheet) scaleBar(b bar) {
	n := int(b.H)
	s.raster(b.rect, 1, n, func(i, _ int) color.RGBA {
		share := math.Round((1-(float64(i)+0.5)/float64(n))*(valueSteps-1)) / (valueSteps - 1)
		return along(b.scale.palette(s.theme), share)
	})
}
