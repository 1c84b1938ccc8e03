package viz

import (
	"image/color"
	"math"
)

const (
	lineWidth   = 1.8
	thinWidth   = 1.1 // of lines through many points
	markerSize  = 7.0
	bandOpacity = 0x33 // of 255
)

// linePen chooses the pen for a series.
func (s *sheet) linePen(t tint, width length, dashed bool) {
	if dashed {
		s.pen(s.tint(t), width, 6, 4)
	} else {
		s.pen(s.tint(t), width)
	}
}

func (l *lines) insets(s *sheet, room rect) insets { return planeInsets(s, room, room.W, l.x, l.y) }

// The space from an axis to its numbers and names.
const (
	numberGap = 6
	nameRow   = 20
	nameAbove = 10 // from the frame to the name above it
)

// The names of groups may be this long, beside and below the frame.
const (
	sideMost    = 170
	uprightMost = 120
)

// wide, high and close are the room that a number or name takes along an axis: lying along it, and across it; few numbers are enough to read
// a plot by, but of names none should be missing.
func (s *sheet) wide(text string) length { return math.Max(36, s.measure(regular, axisSize, text)+14) }

func high(string) length { return 38 }

func close(string) length { return axisSize * 1.25 }

// side returns the numbers or names beside the frame, and the width of the widest.
func (s *sheet) side(y span, f rect) (n []notch, widest length) {
	need := high
	if y.names != nil {
		need = close
	}
	n = y.notches(f.H, need)
	for i := range n {
		n[i].text = s.fit(regular, axisSize, math.Min(sideMost, 0.5*f.W), n[i].text)
		widest = math.Max(widest, s.measure(regular, axisSize, n[i].text))
	}
	return n, widest
}

// below returns the numbers or names below the frame, whether they stand upright, and how far down they reach.
func (s *sheet) below(x span, w length) (n []notch, upright bool, depth length) {
	need := s.wide
	if x.given { // short names stay level where numbers would be fewer
		need = func(text string) length { return s.measure(regular, axisSize, text) + 8 }
	}
	if n = x.notches(w, need); !x.given || len(n) == len(x.names) {
		return n, false, axisSize
	}
	n = x.notches(w, close)
	for i := range n {
		n[i].text = s.fit(regular, axisSize, uprightMost, n[i].text)
		depth = math.Max(depth, s.measure(regular, axisSize, n[i].text))
	}
	return n, true, depth
}

// planeInsets returns the room around a plot whose frame will be about w wide.
func planeInsets(s *sheet, room rect, w length, x, y span) insets {
	_, widest := s.side(y, room)
	n, upright, depth := s.below(x, w)
	in := insets{left: widest + numberGap, top: axisSize * 0.6, right: 2, bottom: numberGap + depth + 6}
	if widest == 0 {
		in.left = 0
	}
	if len(n) > 0 && !upright && x.names == nil { // the ends of the numbers reach beyond those of the axis
		first, last := n[0], n[len(n)-1]
		in.left = math.Max(in.left, s.measure(regular, axisSize, first.text)/2-w*x.share(first.value))
		in.right = math.Max(in.right, 2+s.measure(regular, axisSize, last.text)/2-w*(1-x.share(last.value)))
	}
	if y.title() != "" {
		in.top = nameRow + 4
	}
	if x.title() != "" {
		in.bottom += nameRow - 4
	}
	return in
}

// Which lines a plot has across it.
type across int

const (
	none across = iota // and none below it
	fromX
	fromY
)

// planeAxes returns the numbers and names around a plot, and lines across it.
func planeAxes(s *sheet, f rect, x, y span, lines across) decor {
	var d decor
	n, widest := s.side(y, f)
	for _, n := range n {
		at := f.bottom() - f.H*y.share(n.value)
		if lines == fromY {
			d.stroke(mesh, f.X, at, f.right(), at)
		}
		d.label(label{X: f.X - numberGap, Y: at + axisSize*0.36, Text: n.text, Size: axisSize, Role: faint, Align: 1})
	}
	n, upright, depth := s.below(x, f.W)
	for _, n := range n {
		at := f.X + f.W*x.share(n.value)
		switch {
		case lines == fromX:
			d.stroke(mesh, at, f.Y, at, f.bottom())
		case x.names == nil:
			d.stroke(rule, at, f.bottom(), at, f.bottom()+4)
		}
		if upright {
			d.label(label{X: at + axisSize*0.36, Y: f.bottom() + numberGap, Text: n.text, Size: axisSize, Role: faint, Align: 1, Turned: true})
		} else {
			d.label(label{X: at, Y: f.bottom() + numberGap + axisSize*0.9, Text: n.text, Size: axisSize, Role: faint, Align: 0.5})
		}
	}
	if lines == fromY {
		d.stroke(rule, f.X, f.bottom(), f.right(), f.bottom())
	}
	if t := y.title(); t != "" { // above the axis, where it reads without turning the head
		left := f.X
		if widest > 0 {
			left -= numberGap + widest
		}
		d.label(label{X: left, Y: f.Y - nameAbove, Text: s.fit(regular, axisSize, f.right()-left, t), Size: axisSize, Role: ink})
	}
	if t := x.title(); t != "" {
		d.label(label{
			X: f.X + f.W/2, Y: f.bottom() + numberGap + depth + nameRow - 5, Text: s.fit(regular, axisSize, math.Max(f.W, 120), t),
			Size: axisSize, Role: ink, Align: 0.5,
		})
	}
	return d
}

// ruleDecor returns the rules that lie within the axes.
func ruleDecor(s *sheet, f rect, x, y span, rules []Rule) decor {
	var d decor
	for _, r := range rules {
		axis := y
		if r.Vertical {
			axis = x
		}
		share := axis.share(r.At)
		if share < 0 || share > 1 {
			continue
		}
		name := s.fit(regular, axisSize, f.W-8, r.Name)
		var st stroke
		if at := half(f.X + f.W*share); r.Vertical {
			st = stroke{From: [2]length{at, f.Y}, To: [2]length{at, f.bottom()}}
			l := label{X: at + 5, Y: f.Y + axisSize, Text: name, Size: axisSize, Role: ink, Backed: true}
			if l.X+s.measure(regular, axisSize, name) > f.right() {
				l.X, l.Align = at-5, 1
			}
			d.label(l)
		} else {
			at := half(f.bottom() - f.H*share)
			st = stroke{From: [2]length{f.X, at}, To: [2]length{f.right(), at}}
			l := label{X: f.right() - 4, Y: at - 5, Text: name, Size: axisSize, Role: ink, Align: 1, Backed: true}
			if at-f.Y < axisSize+4 {
				l.Y = at + axisSize + 2
			}
			d.label(l)
		}
		st.Role, st.Dashed, st.Over = ink, true, true
		d.Strokes = append(d.Strokes, st)
	}
	return d
}

func (l *lines) fit(w, h length) (length, length) { return w, h }

func (l *lines) axes(s *sheet, f rect) decor {
	d := planeAxes(s, f, l.x, l.y, fromY)
	d.add(ruleDecor(s, f, l.x, l.y, l.bounds.rules))
	return d
}

// whiskers draws those of dots, where they are few: lines behind them, with strokes at the ends.
func (l *lines) whiskers(s *sheet, f rect, series Series) {
	const end = 3 // half the width of the strokes
	s.pen(s.faint, 1)
	for j := range series.Low {
		low, high := place(f, l.x, l.y, series.at(j), series.Low[j]), place(f, l.x, l.y, series.at(j), series.High[j])
		if low[0] < f.X || low[0] > f.right() || low[1] < f.Y || high[1] > f.bottom() {
			continue
		}
		x, top, bottom := half(low[0]), half(math.Max(high[1], f.Y)), half(math.Min(low[1], f.bottom()))
		s.line([2]length{x, top}, [2]length{x, bottom})
		for _, y := range []length{high[1], low[1]} {
			if y == math.Min(math.Max(y, f.Y), f.bottom()) {
				s.line([2]length{x - end, half(y)}, [2]length{x + end, half(y)})
			}
		}
	}
}

// polyline draws a line in pieces: the canvas takes long over one path that crosses itself often.
func (s *sheet) polyline(points [][2]length, t tint, width length, dashed bool) {
	const piece = 64
	s.linePen(t, width, dashed)
	if dashed { // its dashes would begin anew
		s.line(points...)
		return
	}
	for from := 0; from < len(points)-1; from += piece {
		s.line(points[from:min(len(points), from+piece+1)]...)
	}
}

// place returns where a point is on the sheet; what is beyond the frame stays near it.
func place(f rect, x, y span, a, b float64) [2]length {
	far := func(v float64) float64 { return math.Min(50, math.Max(-50, v)) }
	return [2]length{f.X + f.W*far(x.share(a)), f.bottom() - f.H*far(y.share(b))}
}

func (l *lines) draw(s *sheet, f rect) {
	rows := make([][]int, len(l.series)) // of long series, two for every half pixel
	for i, series := range l.series {
		rows[i] = l.thin(series, 4*f.W)
	}
	for i, series := range l.series {
		if series.Low == nil {
			continue
		}
		if series.whiskered() {
			l.whiskers(s, f, series)
			continue
		}
		c := s.tint(l.tints[i])
		band := make([][2]length, 0, 2*len(rows[i]))
		for _, j := range rows[i] {
			band = append(band, place(f, l.x, l.y, series.at(j), series.High[j]))
		}
		for k := len(rows[i]) - 1; k >= 0; k-- {
			j := rows[i][k]
			band = append(band, place(f, l.x, l.y, series.at(j), series.Low[j]))
		}
		s.fill(color.NRGBA{c.R, c.G, c.B, bandOpacity}, clipPolygon(band, f)...)
	}
	for i, series := range l.series {
		if series.Dots {
			continue
		}
		points := make([][2]length, len(rows[i]))
		for k, j := range rows[i] {
			points[k] = place(f, l.x, l.y, series.at(j), series.Y[j])
		}
		for _, part := range clipLine(points, f) {
			s.polyline(part, l.tints[i], series.width(), series.Dashed)
		}
	}
	for i, series := range l.series {
		if !series.marked() {
			continue
		}
		size := series.marker()
		for j, v := range series.Y {
			p := place(f, l.x, l.y, series.at(j), v)
			if p[0] >= f.X-1 && p[0] <= f.right()+1 && p[1] >= f.Y-1 && p[1] <= f.bottom()+1 {
				s.mark(l.shape(i), p[0], p[1], size, s.tint(l.tints[i]))
			}
		}
	}
}

// whiskered reports whether the ends of each point are whiskers, and not a band's.
func (s Series) whiskered() bool { return s.Low != nil && s.Dots && len(s.Y) <= markedPoints }

// marker returns the diameter of the series' markers: smaller where there are many.
func (s Series) marker() length {
	if len(s.Y) <= markedPoints {
		return markerSize
	}
	return math.Max(2.5, markerSize*math.Sqrt(markedPoints/float64(len(s.Y))))
}

// width returns that of the series' line: thinner where there are many points.
func (s Series) width() length {
	if len(s.Y) <= 500 {
		return lineWidth
	}
	return thinWidth
}
