package viz

import (
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/vgimg"
)

// mostVectors is how many markers an SVG holds; more are an image in it.
const mostVectors = 4000

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

// palette are the colours of the static picture, and ink which of them a row has.
func (s *scatter) palette(t *theme) []color.RGBA {
	var p []color.RGBA
	switch {
	case s.values != nil:
		for i := range valueSteps {
			p = append(p, along(t.ramp, float64(i)/(valueSteps-1)))
		}
	case s.class != nil:
		for _, c := range s.classes {
			p = append(p, t.tint(c.tint))
		}
	default:
		p = append(p, t.tint(soleTint))
	}
	return p
}

func (s *scatter) ink(i int) int {
	switch {
	case s.values != nil:
		return int(math.Round(s.colors.share(s.values[i]) * (valueSteps - 1)))
	case s.class != nil:
		return s.class[i]
	}
	return 0
}

// color returns the colour of a row in the static picture.
func (s *scatter) color(t *theme, i int) color.RGBA {
	switch {
	case s.values != nil:
		return along(t.ramp, float64(s.ink(i))/(valueSteps-1))
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
	switch {
	case len(s.x) > crowdRows:
		s.drawCrowd(sh, f)
		return
	case len(s.x) > mostVectors && sh.pixels == nil:
		s.drawPixels(sh, f)
		return
	}
	size, palette := s.diameter(f.W), s.palette(sh.theme)
	if s.values != nil {
		used := map[color.RGBA]bool{sh.paper: true}
		for _, c := range palette {
			used[c] = true
		}
		defer sh.snap(f, used)
	}
	for _, i := range s.order() {
		sh.mark(s.shape(i), f.X+f.W*s.x[i], f.Y+f.H*s.y[i], size, palette[s.ink(i)])
	}
}

// drawPixels draws the points as an image, three times as fine as the page, for what would be large or slow as vectors.
func (s *scatter) drawPixels(sh *sheet, f rect) {
	const fine = 3
	canvas := vgimg.NewWith(vgimg.UseImage(image.NewRGBA(image.Rect(0, 0, fine*int(f.W), fine*int(f.H)))), vgimg.UseDPI(96))
	pixels, ok := canvas.Image().(*image.RGBA)
	if !ok {
		return // the canvas draws on what it was given
	}
	large := &sheet{theme: sh.theme, vg: canvas, pixels: pixels, height: fine * f.H, fonts: sh.fonts}
	size, palette := fine*s.diameter(f.W), s.palette(sh.theme)
	for _, i := range s.order() {
		large.rimmed(s.shape(i), fine*f.W*s.x[i], fine*f.H*s.y[i], size, palette[s.ink(i)], fine*rim(size/fine))
	}
	sh.picture(f, pixels)
}
