package viz

import "math"

func (b *bars) insets(s *sheet, room rect) insets {
	x, y := b.xy()
	w, _ := b.fit(room.W, room.H)
	return planeInsets(s, room, w, x, y)
}

func (b *bars) fit(w, h length) (length, length) {
	// Few bars do not become slabs.
	const widest = 90
	n := length(len(b.names.names))
	if b.g.Horizontal {
		return w, math.Min(h, math.Max(60, n*math.Max(widest*0.6, length(len(b.series))*30)))
	}
	return math.Min(w, math.Max(120, n*math.Max(widest, length(len(b.series))*40))), h
}

func (b *bars) axes(s *sheet, f rect) decor {
	x, y := b.xy()
	lines := fromY
	if b.g.Horizontal {
		lines = fromX
	}
	d := planeAxes(s, f, x, y, lines)
	base := stroke{Role: faint, Over: true}
	if zero := b.values.share(0); b.g.Horizontal {
		at := half(f.X + f.W*zero)
		base.From, base.To = [2]length{at, f.Y}, [2]length{at, f.bottom()}
	} else {
		at := half(f.bottom() - f.H*zero)
		base.From, base.To = [2]length{f.X, at}, [2]length{f.right(), at}
	}
	d.Strokes = append(d.Strokes, base)
	d.add(ruleDecor(s, f, x, y, b.bounds.rules))
	return d
}

// A bar's place: along the groups' axis from and to, along the values' axis its ends and those of its whiskers, in pixels of the sheet.
type barPlace struct {
	rect       rect
	end        [2]length // the middle of the end where its number stands
	whisker    bool
	low, high  length
	middle     length
	horizontal bool
}

func (b *bars) place(f rect, i, j int) barPlace {
	s := b.series[i]
	along := func(v float64) length {
		share := math.Min(1, math.Max(0, b.values.share(v)))
		if b.g.Horizontal {
			return f.X + f.W*share
		}
		return f.bottom() - f.H*share
	}
	across := func(v float64) length {
		if b.g.Horizontal {
			return f.bottom() - f.H*b.names.share(v)
		}
		return f.X + f.W*b.names.share(v)
	}
	from, to := b.offset(i)
	p := barPlace{horizontal: b.g.Horizontal, middle: across(float64(j) + (from+to)/2)}
	a, z := across(float64(j)+from), across(float64(j)+to)
	seam := 0.0 // between neighbours
	if len(b.series) > 1 && math.Abs(z-a) > 4 {
		seam = 0.5
	}
	zero, end := along(0), along(s.Y[j])
	tip := end
	if s.Low != nil {
		p.whisker, p.low, p.high = true, along(s.Low[j]), along(s.High[j])
		tip = p.high
		if s.Y[j] < 0 {
			tip = p.low
		}
	}
	first, last := math.Min(a, z)+seam, math.Max(a, z)-seam
	if b.g.Horizontal {
		p.rect = rect{math.Min(zero, end), first, math.Abs(end - zero), last - first}
		p.end = [2]length{tip, p.middle}
	} else {
		p.rect = rect{first, math.Min(zero, end), last - first, math.Abs(end - zero)}
		p.end = [2]length{p.middle, tip}
	}
	return p
}

// numberSize is the size of the numbers at the ends of bars.
const numberSize = 11

// numbered reports whether there is room for the numbers at the ends of all bars.
func (b *bars) numbered(s *sheet, f rect) bool {
	for i, series := range b.series {
		for j, v := range series.Y {
			p := b.place(f, i, j)
			w := s.measure(regular, numberSize, minus(tick(v)))
			if b.g.Horizontal {
				if p.rect.H < numberSize+1 || v >= 0 && p.end[0]+w+5 > f.right()+2 || v < 0 && p.end[0]-w-5 < f.X {
					return false
				}
			} else if p.rect.W < w-3 || v >= 0 && p.end[1]-numberSize-3 < f.Y-8 || v < 0 && p.end[1]+numberSize+3 > f.bottom() {
				return false
			}
		}
	}
	return true
}

// number returns where a bar's number stands.
func (p barPlace) number(v float64) label {
	l := label{Text: minus(tick(v)), Size: numberSize, Role: ink}
	up := v >= 0
	switch {
	case p.horizontal && up:
		l.X, l.Y = p.end[0]+5, p.end[1]+numberSize*0.36
	case p.horizontal:
		l.X, l.Y, l.Align = p.end[0]-5, p.end[1]+numberSize*0.36, 1
	case up:
		l.X, l.Y, l.Align = p.end[0], p.end[1]-4, 0.5
	default:
		l.X, l.Y, l.Align = p.end[0], p.end[1]+numberSize+2, 0.5
	}
	return l
}

// lines returns those that a whisker is made of.
func (p barPlace) lines() [][2][2]length {
	across := p.rect.W
	if p.horizontal {
		across = p.rect.H
	}
	end := math.Min(4, math.Max(1.5, across/4)) // half the width of the strokes that end a whisker
	if p.horizontal {
		return [][2][2]length{
			{{p.low, p.middle}, {p.high, p.middle}},
			{{p.low, p.middle - end}, {p.low, p.middle + end}},
			{{p.high, p.middle - end}, {p.high, p.middle + end}},
		}
	}
	return [][2][2]length{
		{{p.middle, p.low}, {p.middle, p.high}},
		{{p.middle - end, p.low}, {p.middle + end, p.low}},
		{{p.middle - end, p.high}, {p.middle + end, p.high}},
	}
}

func (b *bars) draw(s *sheet, f rect) {
	numbered := b.numbered(s, f)
	for i, series := range b.series {
		for j, v := range series.Y {
			p := b.place(f, i, j)
			s.bar(p.rect, s.tint(b.tints[i]))
			if p.whisker {
				for _, l := range p.lines() {
					s.pen(s.paper, 3)
					s.line(l[:]...)
				}
				for _, l := range p.lines() {
					s.pen(s.ink, 1.2)
					s.line(l[:]...)
				}
			}
			if numbered {
				s.label(p.number(v))
			}
		}
	}
}
