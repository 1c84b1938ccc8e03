package viz

import (
	"image/color"
	"math"
	"slices"
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

// wide, high and narrow are the room that a number or name takes along an axis: lying along it, and across it; few numbers are enough to read
// a plot by, but of names none should be missing.
func (s *sheet) wide(text string) length { return math.Max(36, s.measure(regular, axisSize, text)+14) }

func high(string) length { return 38 }

func narrow(string) length { return axisSize * 1.1 }

// side returns the numbers or names beside the frame, and the width of the widest.
func (s *sheet) side(y span, f rect) (n []notch, widest length) {
	need := high
	if y.names != nil {
		need = narrow
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
	n = x.notches(w, narrow)
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

// ruleDecor returns the rules that lie within the axes, each with its name where that hides least of the other rules and of what is drawn at
// the given points.
func ruleDecor(s *sheet, f rect, x, y span, rules []Rule, drawn ...[2]length) decor {
	var d decor
	lines := make([]*stroke, len(rules)) // those that lie within the axes
	for i, r := range rules {
		axis := y
		if r.Vertical {
			axis = x
		}
		share := axis.share(r.At)
		if share < 0 || share > 1 {
			continue
		}
		st := stroke{Role: ink, Dashed: true, Over: true}
		if at := half(f.X + f.W*share); r.Vertical {
			st.From, st.To = [2]length{at, f.Y}, [2]length{at, f.bottom()}
		} else {
			at := half(f.bottom() - f.H*share)
			st.From, st.To = [2]length{f.X, at}, [2]length{f.right(), at}
		}
		d.Strokes = append(d.Strokes, st)
		lines[i] = &st
	}
	var names []rect
	for i, r := range rules {
		name := s.fit(regular, axisSize, f.W-8, r.Name)
		if lines[i] == nil || name == "" {
			continue
		}
		others := slices.Clip(drawn)
		for j, o := range lines {
			if j != i && o != nil {
				others = stretch(others, o.From, o.To)
			}
		}
		at, width := lines[i].From, s.measure(regular, axisSize, name)
		best, least := label{}, math.MaxInt
		for _, to := range rulePlaces(f, at, width, r.Vertical) {
			box := rect{to[0] - 3, to[1] - axisSize, width + 6, 1.4 * axisSize}
			hidden := 0
			for _, p := range others {
				if box.has(p) {
					hidden++
				}
			}
			for _, n := range names {
				if n.X < box.right() && box.X < n.right() && n.Y < box.bottom() && box.Y < n.bottom() {
					hidden += 1000
				}
			}
			if hidden < least {
				best, least = label{X: to[0], Y: to[1], Text: name, Size: axisSize, Role: ink, Backed: true}, hidden
			}
		}
		names = append(names, rect{best.X, best.Y - axisSize, width, 1.3 * axisSize})
		d.label(best)
	}
	return d
}

// rulePlaces returns where the name of a rule may begin that goes through a point, the best first: above a line, at its right end, or to the
// right of an upright one, at its upper end.
func rulePlaces(f rect, at [2]length, width length, vertical bool) (places [][2]length) {
	const above, below, aside = 5, axisSize + 2, 5
	if vertical {
		rows := []length{f.Y + axisSize, f.Y + f.H/4, f.Y + f.H/2, f.Y + 3*f.H/4, f.bottom() - 6}
		for _, x := range []length{at[0] + aside, at[0] - aside - width} {
			for _, y := range rows {
				if x >= f.X && x+width <= f.right() {
					places = append(places, [2]length{x, y})
				}
			}
		}
		if places == nil {
			places = [][2]length{{math.Max(f.X, math.Min(f.right()-width, at[0]-width/2)), rows[0]}}
		}
		return places
	}
	for _, y := range []length{at[1] - above, at[1] + below} {
		if y-axisSize < f.Y-1 || y+3 > f.bottom() {
			continue
		}
		for _, share := range []float64{1, 0, 0.75, 0.5, 0.25} {
			places = append(places, [2]length{f.X + 4 + share*(f.W-8-width), y})
		}
	}
	if places == nil {
		places = [][2]length{{f.right() - 4 - width, at[1] - above}}
	}
	return places
}

func (r rect) has(p [2]length) bool {
	return p[0] >= r.X && p[0] <= r.right() && p[1] >= r.Y && p[1] <= r.bottom()
}

// stretch adds points of a line, every few pixels, to others.
func stretch(points [][2]length, from, to [2]length) [][2]length {
	n := int(math.Min(400, math.Ceil(math.Hypot(to[0]-from[0], to[1]-from[1])/3)))
	for i := range n + 1 {
		t := float64(i) / math.Max(1, float64(n))
		points = append(points, [2]length{from[0] + t*(to[0]-from[0]), from[1] + t*(to[1]-from[1])})
	}
	return points
}

// drawn returns points on what is drawn of the series: along lines, at markers and whiskers.
func (l *lines) drawn(f rect) (points [][2]length) {
	const marker = 5 // points, for one hides as much as a piece of a line
	for _, series := range l.series {
		rows := l.thin(series, f.W)
		for k, j := range rows {
			at := place(f, l.x, l.y, series.at(j), series.Y[j])
			if series.marked() && f.has(at) {
				for range marker {
					points = append(points, at)
				}
			}
			if series.whiskered() {
				points = stretch(points, place(f, l.x, l.y, series.at(j), series.Low[j]), place(f, l.x, l.y, series.at(j), series.High[j]))
			}
			if k == 0 || series.Dots {
				continue
			}
			if from, to, ok := clipSegment(place(f, l.x, l.y, series.at(rows[k-1]), series.Y[rows[k-1]]), at, f); ok {
				points = stretch(points, from, to)
			}
		}
	}
	return points
}

func (l *lines) fit(w, h length) (length, length) { return w, h }

func (l *lines) axes(s *sheet, f rect) decor {
	d := planeAxes(s, f, l.x, l.y, fromY)
	if len(l.bounds.rules) > 0 {
		d.add(ruleDecor(s, f, l.x, l.y, l.bounds.rules, l.drawn(f)...))
	}
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
	if s.Dots { // which have no line that holds them together
		return math.Max(3, markerSize*math.Pow(markedPoints/float64(len(s.Y)), 0.25))
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
