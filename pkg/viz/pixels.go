package viz

import (
	"image"
	"image/color"
	"math"
)

// A plate is pixels within a frame, on which opaque marks are laid one over the other, the last uppermost. It is many times faster than a
// vector canvas; the page's script has one like it.
type plate struct {
	*image.RGBA
	frame image.Rectangle
	masks map[maskKey]*mask
	near  []float32 // of each pixel of the frame: how near what is seen there is, or −1
}

func newPlate(m *image.RGBA, f rect) *plate {
	frame := image.Rect(int(f.X), int(f.Y), int(f.right()), int(f.bottom())).Intersect(m.Bounds())
	p := &plate{m, frame, map[maskKey]*mask{}, make([]float32, frame.Dx()*frame.Dy())}
	for i := range p.near {
		p.near[i] = -1
	}
	return p
}

// blend lays a colour over the given share of a pixel, of 255.
func (p *plate) blend(x, y int, c color.RGBA, share int, near float64) {
	if share <= 0 || !(image.Point{x, y}.In(p.frame)) {
		return
	}
	if share > 100 {
		p.near[p.pixel(x, y)] = float32(near)
	}
	at := p.PixOffset(x, y)
	pix := p.Pix[at : at+4 : at+4]
	mix := func(was, is uint8) uint8 { return uint8((int(was)*(255-share) + int(is)*share + 127) / 255) }
	pix[0], pix[1], pix[2], pix[3] = mix(pix[0], c.R), mix(pix[1], c.G), mix(pix[2], c.B), 255
}

func (p *plate) pixel(x, y int) int { return (y-p.frame.Min.Y)*p.frame.Dx() + x - p.frame.Min.X }

// A mask is how much of each pixel around it a marker covers, of 255: all of it, and what its rim leaves.
type mask struct {
	side         int // it is a square around its middle pixel, of 2·side + 1
	outer, inner []uint8
}

// masksPer is in how many steps of a pixel the places and sizes of markers are rounded.
const masksPer = 4

type maskKey struct {
	shape             shape
	radius, rim, x, y int
}

// inside reports whether (x, y) lies in the outline of a marker of radius 1.
func (sh shape) inside(x, y float64) bool {
	corners, ok := outlines[sh]
	if !ok {
		return x*x+y*y <= 1
	}
	return within(corners, x, y)
}

// within reports whether (x, y) lies in a polygon.
func within(corners [][2]float64, x, y float64) bool {
	in := false
	for i, b := range corners {
		a := corners[(i+len(corners)-1)%len(corners)]
		if (a[1] > y) != (b[1] > y) && x < (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

func (p *plate) mask(key maskKey) *mask {
	if m, ok := p.masks[key]; ok {
		return m
	}
	const samples = 4
	radius, rim := float64(key.radius)/masksPer, float64(key.rim)/masksPer/2
	m := &mask{side: int(math.Ceil(1.3*(radius+rim))) + 1}
	for y := -m.side; y <= m.side; y++ {
		for x := -m.side; x <= m.side; x++ {
			outer, inner := 0, 0
			for i := range samples * samples {
				dx := float64(x) + (float64(i%samples)+0.5)/samples - 0.5 - float64(key.x)/masksPer
				dy := float64(y) + (float64(i/samples)+0.5)/samples - 0.5 - float64(key.y)/masksPer
				if key.shape.inside(dx/(radius+rim), dy/(radius+rim)) {
					outer++
				}
				if radius > rim && key.shape.inside(dx/(radius-rim), dy/(radius-rim)) {
					inner++
				}
			}
			m.outer, m.inner = append(m.outer, uint8(outer*255/samples/samples)), append(m.inner, uint8(inner*255/samples/samples))
		}
	}
	p.masks[key] = m
	return m
}

// stamp lays down a marker with a rim of paper.
func (p *plate) stamp(sh shape, x, y, diameter, rim length, c, paper color.RGBA, near float64) {
	steps := func(v float64) int { return int(math.Floor(v*masksPer + 0.5)) }
	px, py := math.Floor(x), math.Floor(y)
	// A pixel's middle is half a pixel from its corner.
	m := p.mask(maskKey{sh, max(1, steps(diameter/2)), steps(rim), steps(x - px - 0.5), steps(y - py - 0.5)})
	wide := 2*m.side + 1
	for i, outer := range m.outer {
		if outer == 0 {
			continue
		}
		u, v := int(px)+i%wide-m.side, int(py)+i/wide-m.side
		if rim > 0 {
			p.blend(u, v, paper, int(outer), near)
			p.blend(u, v, c, int(m.inner[i]), near)
		} else {
			p.blend(u, v, c, int(outer), near)
		}
	}
}

// behind is how much farther what a line passes in front of must be for a gap to be left around the line.
const behind = 0.03

// stroke lays down a straight line with round ends. A gap is such a line of paper, without ends, over what is well behind it.
func (p *plate) stroke(a, b [2]length, width length, gap bool, c color.RGBA, near float64) {
	full := 255.0
	if width < 1 {
		full, width = 255*width, 1
	}
	dx, dy := b[0]-a[0], b[1]-a[1]
	square := dx*dx + dy*dy
	reach, edge := width/2+1, width/2+0.5
	steep := math.Abs(dy) > math.Abs(dx)
	// Along the longer way every row or column is visited, and across it the pixels near the line.
	along, across := 0, 1
	if steep {
		along, across = 1, 0
	}
	lo, hi := math.Min(a[along], b[along])-reach, math.Max(a[along], b[along])+reach
	from, to := [2]int{p.frame.Min.X, p.frame.Min.Y}, [2]int{p.frame.Max.X, p.frame.Max.Y}
	slope := 0.0
	if d := b[along] - a[along]; d != 0 {
		slope = (b[across] - a[across]) / d
	}
	half := reach * math.Sqrt(1+slope*slope)
	for u := max(from[along], int(math.Floor(lo))); u < min(to[along], int(math.Ceil(hi))+1); u++ {
		at := math.Min(math.Max(a[along], b[along]), math.Max(math.Min(a[along], b[along]), float64(u)+0.5))
		middle := a[across] + slope*(at-a[along])
		for v := max(from[across], int(math.Floor(middle-half))); v < min(to[across], int(math.Ceil(middle+half))+1); v++ {
			x, y := float64(u)+0.5, float64(v)+0.5
			if steep {
				x, y = y, x
			}
			t := 0.0
			if square > 0 {
				t = ((x-a[0])*dx + (y-a[1])*dy) / square
			}
			if gap && (t < 0 || t > 1) {
				continue
			}
			t = math.Min(1, math.Max(0, t))
			ex, ey := a[0]+t*dx-x, a[1]+t*dy-y
			d := ex*ex + ey*ey
			if d >= edge*edge {
				continue
			}
			share := int(full * math.Min(1, edge-math.Sqrt(d)))
			at := [2]int{u, v}
			if steep {
				at = [2]int{v, u}
			}
			if gap {
				if was := float64(p.near[p.pixel(at[0], at[1])]); was < 0 || was > near-behind {
					continue
				}
			}
			p.blend(at[0], at[1], c, share, near)
		}
	}
}

// fill lays down a polygon.
func (p *plate) fill(c color.RGBA, near float64, corners ...[2]length) {
	const samples = 4
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, q := range corners {
		for j := range q {
			low[j], high[j] = math.Min(low[j], q[j]), math.Max(high[j], q[j])
		}
	}
	for y := max(p.frame.Min.Y, int(math.Floor(low[1]))); y < min(p.frame.Max.Y, int(high[1])+1); y++ {
		for x := max(p.frame.Min.X, int(math.Floor(low[0]))); x < min(p.frame.Max.X, int(high[0])+1); x++ {
			share := 0
			for i := range samples * samples {
				if within(corners, float64(x)+(float64(i%samples)+0.5)/samples, float64(y)+(float64(i/samples)+0.5)/samples) {
					share++
				}
			}
			p.blend(x, y, c, share*255/samples/samples, near)
		}
	}
}
