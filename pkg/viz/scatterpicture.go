package viz

import (
	"fmt"
	"image/color"
	"math"
	"slices"
)

// The legend: its rows, the space from a marker to its name, and how wide it may become.
const (
	legendRow  = 19
	legendMark = 9.0
	legendText = 17.0
	legendMost = 190.0
)

// The colour bar: its width and height, and the space to its numbers.
const (
	barWidth  = 14
	barHeight = 160
	barSpace  = 7
)

// valueSteps is in how many colours the static picture shows values.
const valueSteps = 28

func (s *scatter) colors() []color.RGBA {
	if s.values != nil {
		c := make([]color.RGBA, valueSteps)
		for i := range c {
			c[i] = rampAt(float64(i) / (valueSteps - 1))
		}
		return c
	}
	if s.classes == nil {
		return []color.RGBA{soleColor}
	}
	c := make([]color.RGBA, 0, len(s.classes))
	for _, k := range s.classes {
		if !slices.Contains(c, k.color) {
			c = append(c, k.color)
		}
	}
	return c
}

// color returns the colour of a row in the static picture.
func (s *scatter) color(i int) color.RGBA {
	switch {
	case s.values != nil:
		return rampAt(math.Round(s.share(s.values[i])*(valueSteps-1)) / (valueSteps - 1))
	case s.class != nil:
		return s.classes[s.class[i]].color
	}
	return soleColor
}

func (s *scatter) shape(i int) shape {
	if s.values == nil && s.class != nil {
		return s.classes[s.class[i]].shape
	}
	return shapes[0]
}

// order returns the rows in the order of drawing: shuffled by a fixed rule, so that no class lies on top of the others because its rows
// come last, but unlabelled rows first.
func (s *scatter) order() []int {
	rows := shuffled(len(s.x))
	if s.values == nil && s.p.Labels != nil {
		slices.SortStableFunc(rows, func(a, b int) int { return known(s.p.Labels[a]) - known(s.p.Labels[b]) })
	}
	return rows
}

func known(label int) int { return min(label, 0) }

func (s *scatter) draw(sh *sheet, f frame) {
	for _, i := range s.order() {
		sh.mark(s.shape(i), f.X+f.Side*s.x[i], f.Y+f.Side*s.y[i], s.size, s.color(i))
	}
	sh.box(f.X+0.5, f.Y+0.5, f.Side-1, f.Side-1, rule)
	if x := f.X + f.Side + gap; s.values != nil {
		s.drawBar(sh, x, f)
	} else {
		s.drawLegend(sh, x, f)
	}
}

// legendRows returns the names in the legend and whether the last stands for classes that found no room.
func (s *scatter) legendRows(side length) (names []string, more bool) {
	for _, c := range s.classes {
		names = append(names, c.name)
	}
	if room := int(side / legendRow); len(names) > room {
		return append(names[:room-1], fmt.Sprintf("and %d more", len(names)-room+1)), true
	}
	return names, false
}

func (s *scatter) legendWidth(sh *sheet) length {
	if s.values != nil {
		numbers := math.Max(sh.measure(regular, legendSize, tick(s.low)), sh.measure(regular, legendSize, tick(s.high)))
		return math.Min(legendMost, math.Max(barWidth+barSpace+numbers, sh.measure(regular, legendSize, s.p.ValueName)))
	}
	w := 0.0
	for _, c := range s.classes {
		w = math.Max(w, legendText+sh.measure(regular, legendSize, c.name))
	}
	return math.Min(legendMost, w)
}

func (s *scatter) drawLegend(sh *sheet, x length, f frame) {
	names, more := s.legendRows(f.Side)
	for i, name := range names {
		y := f.Y + legendRow*(length(i)+0.5)
		if !more || i < len(names)-1 {
			sh.mark(s.classes[i].shape, x+legendMark/2, y, legendMark, s.classes[i].color)
		}
		sh.text(x+legendText, y+legendSize*0.35, regular, legendSize, ink, sh.fit(regular, legendSize, legendMost-legendText, name))
	}
}

func (s *scatter) drawBar(sh *sheet, x length, f frame) {
	y := f.Y
	if s.p.ValueName != "" {
		sh.text(x, y+legendSize*0.8, regular, legendSize, ink, sh.fit(regular, legendSize, legendMost, s.p.ValueName))
		y += legendRow
	}
	for i, c := range s.colors() { // each over the last, so that no seam shows
		sh.bar(x, y, barWidth, barHeight*(1-length(i)/valueSteps), c)
	}
	sh.text(x+barWidth+barSpace, y+legendSize*0.75, regular, legendSize, ink, tick(s.high))
	sh.text(x+barWidth+barSpace, y+barHeight, regular, legendSize, ink, tick(s.low))
}
