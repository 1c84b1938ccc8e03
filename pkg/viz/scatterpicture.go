package viz

import (
	"image/color"
	"math"
	"slices"
)

// valueSteps is in how many colours the static picture shows values.
const valueSteps = 28

func (s *scatter) key() key {
	if s.values != nil {
		return key{scale: s.colors}
	}
	var k key
	for _, c := range s.classes {
		k.entries = append(k.entries, entry{name: c.name, tint: c.tint, shape: c.shape})
	}
	return k
}

// color returns the colour of a row in the static picture.
func (s *scatter) color(t *theme, i int) color.RGBA {
	switch {
	case s.values != nil:
		return along(t.ramp, math.Round(s.colors.share(s.values[i])*(valueSteps-1))/(valueSteps-1))
	case s.class != nil:
		return t.tint(s.classes[s.class[i]].tint)
	}
	return t.tint(soleTint)
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

func (s *scatter) insets(*sheet, rect) insets { return insets{} }

func (s *scatter) fit(w, h length) (length, length) {
	side := math.Floor(math.Min(w, h))
	return side, side
}

func (s *scatter) axes(_ *sheet, f rect) decor { return framed(f) }

// framed returns the lines around a frame.
func framed(f rect) decor {
	var d decor
	right, bottom := f.right()-1, f.bottom()-1
	d.stroke(rule, f.X, f.Y, right, f.Y)
	d.stroke(rule, f.X, bottom, right, bottom)
	d.stroke(rule, f.X, f.Y, f.X, bottom)
	d.stroke(rule, right, f.Y, right, bottom)
	return d
}

// diameter returns that of a point in a frame of the given side: smaller where the frame is a panel among others.
func (s *scatter) diameter(side length) length {
	const whole = 380
	if side >= whole || s.p.Size != 0 {
		return s.size
	}
	return math.Max(1.5, s.size*math.Sqrt(side/whole))
}

func (s *scatter) draw(sh *sheet, f rect) {
	size := s.diameter(f.W)
	for _, i := range s.order() {
		sh.mark(s.shape(i), f.X+f.W*s.x[i], f.Y+f.H*s.y[i], size, s.color(sh.theme, i))
	}
}
