package viz

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// persistenceDiagram is the figure that PersistenceDiagram makes.
type persistenceDiagram struct {
	*homology
	bounds plane
	x, y   span
}

// PersistenceDiagram draws persistent homology as points, the death of every class over its birth. The farther above the diagonal, the longer the
// class lives; those near it are mostly noise. Essential classes stand on a line of their own at the top. In the notebook a point says its
// birth, death and length under the pointer, and a click on a dimension's name shows it alone.
//
//	p, err := topology.Rips{}.Compute(ctx, x)
//	viz.PersistenceDiagram(p)
//
// Given a confidence band, as of topology.HausdorffBand, it is shaded, and classes within it, which may be sampling, are grey:
//
//	b, err := topology.HausdorffBand{}.Compute(ctx, x)
//	viz.PersistenceDiagram(p, b)
//
// Of thousands of points the interactive chart leaves out the nearest to the diagonal, and says so; the picture shows all. The caption is the
// result's own, if it has a method Caption() string.
//
// What is wrong with the arguments is the chart's error, as it is for [Barcode]. It costs O(n·log n).
func PersistenceDiagram(h Homology, band ...Margin) *Chart {
	m, err := newHomology(h)
	if err == nil {
		err = m.within(band)
	}
	if err != nil {
		return &Chart{err: fmt.Errorf("viz.PersistenceDiagram: %w", err)}
	}
	return planarChart("viz.PersistenceDiagram", &persistenceDiagram{homology: m}, plane{})
}

func (p *persistenceDiagram) plane() plane { return p.bounds }

func (p *persistenceDiagram) on(on plane) (figure, error) {
	e, err := p.extent(on)
	if err != nil {
		return nil, err
	}
	return p.spanning(on, e)
}

// extent returns the range of the births, deaths and rules.
func (p *persistenceDiagram) extent(on plane) (extent, error) {
	e := p.reaches
	for i, r := range on.rules {
		if err := finite(fmt.Sprintf("Rules[%d]", i), "At", []float64{r.At}); err != nil {
			return e, err
		}
		e.add(r.At)
	}
	return e, nil
}

// spanning returns the figure on axes for the given range.
func (p *persistenceDiagram) spanning(on plane, e extent) (figure, error) {
	m := *p
	m.bounds = on
	if on.x.Name == "" {
		on.x.Name = "birth"
	}
	if on.y.Name == "" {
		on.y.Name = "death"
	}
	var err error
	if m.x, err = on.x.span("Axes.X", e, 0.05, false); err != nil {
		return nil, err
	}
	if m.y, err = on.y.span("Axes.Y", e, 0.05, false); err != nil {
		return nil, err
	}
	m.y.quiet = true
	return &m, nil
}

func (p *persistenceDiagram) kind() string { return "persistence" }

func (p *persistenceDiagram) arrange() arrangement { return single(p) }

func (p *persistenceDiagram) summary() string {
	return fmt.Sprintf("Persistence diagram of %d points: %s", p.count, p.counted())
}

func (p *persistenceDiagram) key() key {
	var k key
	for _, l := range p.of {
		k.entries = append(k.entries, entry{name: l.name(), tint: l.tint(), shape: l.shape()})
	}
	return k
}

// strip is the height of what lies above the numbers: the line of essential classes, if there are any.
func (p *persistenceDiagram) strip() length {
	for _, l := range p.of {
		if l.essential() > 0 {
			return 28
		}
	}
	return 0
}

// below is the part of the frame that has numbers.
func (p *persistenceDiagram) below(f rect) rect {
	return rect{f.X, f.Y + p.strip(), f.W, f.H - p.strip()}
}

func (p *persistenceDiagram) insets(s *sheet, room rect) insets {
	in := planeInsets(s, room, room.H-60, p.x, p.y)
	in.top = nameRow + 4
	return in
}

func (p *persistenceDiagram) fit(w, h length) (length, length) {
	side := math.Floor(math.Min(w, h-p.strip()))
	return side, side + p.strip()
}

func (p *persistenceDiagram) axes(s *sheet, f rect) decor {
	b := p.below(f)
	d := planeAxes(s, b, p.x, p.y, fromY)
	_, widest := s.side(p.y, b)
	d.label(label{X: f.X - numberGap - widest, Y: f.Y - nameAbove, Text: s.fit(regular, axisSize, f.W, p.y.Name), Size: axisSize, Role: ink})
	d.stroke(rule, f.X, f.Y, f.X, f.bottom())
	var diagonal [][2]length // by a line of many points, because one axis may be logarithmic
	const points = 64
	for i := range points + 1 {
		v := p.x.low + (p.x.high-p.x.low)*float64(i)/points
		diagonal = append(diagonal, place(b, p.x, p.y, v, v))
	}
	if p.x.Log == p.y.Log {
		diagonal = [][2]length{diagonal[0], diagonal[points]}
	}
	for _, part := range clipLine(diagonal, b) {
		for i := 1; i < len(part); i++ {
			d.Strokes = append(d.Strokes, stroke{From: part[i-1], To: part[i], Role: faint})
		}
	}
	if p.strip() > 0 {
		at := half(p.top(f))
		d.Strokes = append(d.Strokes, stroke{From: [2]length{f.X, at}, To: [2]length{f.right(), at}, Role: rule, Dashed: true})
		d.label(label{X: f.X - numberGap, Y: at + 1.3*axisSize*0.36, Text: "∞", Size: 1.3 * axisSize, Role: faint, Align: 1})
	}
	d.add(ruleDecor(s, b, p.x, p.y, p.bounds.rules))
	return d
}

// top is where the line of essential classes is.
func (p *persistenceDiagram) top(f rect) length { return f.Y + 10 }

func (p *persistenceDiagram) groups(f rect) []group {
	b := p.below(f)
	size := math.Min(8, math.Max(2.5, 8*math.Pow(60/float64(p.count), 0.25)))
	if f.W < 300 {
		size = math.Max(2, 0.75*size)
	}
	var all []group
	if p.margin > 0 {
		all = append(all, group{role: faint, fill: true, mute: true, at: [][][2]length{p.shade(b)}})
	}
	for _, l := range p.of {
		of := parted(l.all)
		slices.SortStableFunc(of[0], func(a, b life) int { return cmp.Compare(a.death-a.birth, b.death-b.birth) })
		titles := [...]string{l.name() + ", within the band", l.name(), l.name() + ", essential"}
		looks := [len(titles)]group{}
		var seen [len(titles)][]life
		for k := range looks {
			looks[k] = group{name: l.name(), tint: l.tint(), shape: l.shape(), size: size, flat: len(l.all) > markedPoints}
		}
		looks[0].tint = noClass
		for k, lives := range of {
			for _, one := range lives {
				at := place(b, p.x, p.y, one.birth, math.Min(one.death, most))
				if k == 1 {
					at[1] = p.top(f)
				}
				if at[0] < f.X-1 || at[0] > f.right()+1 || at[1] < f.Y-1 || at[1] > f.bottom()+1 || k == 0 && at[1] < b.Y-1 {
					continue
				}
				to := 1 + k
				if p.noise(one) {
					to = 0
				}
				looks[to].at, seen[to] = append(looks[to].at, [][2]length{at}), append(seen[to], one)
			}
		}
		for k, g := range looks {
			if len(g.at) > 0 {
				g.titles, g.columns = same(titles[k], len(g.at)), columns(seen[k])
				all = append(all, g)
			}
		}
	}
	return all
}

// shade is the band above the diagonal.
func (p *persistenceDiagram) shade(b rect) [][2]length {
	const points = 64
	var below, above [][2]length
	for i := range points + 1 {
		v := p.x.low + (p.x.high-p.x.low)*float64(i)/points
		below, above = append(below, place(b, p.x, p.y, v, v)), append(above, place(b, p.x, p.y, v, v+p.margin))
	}
	slices.Reverse(above)
	return clipPolygon(append(below, above...), b)
}

func (p *persistenceDiagram) draw(s *sheet, f rect) { s.marks(p.groups(f), f) }

func (p *persistenceDiagram) data(f rect, g page) (any, error) {
	return packMarks(p.groups(f), false, g)
}
