package viz

import (
	"image"
	"image/color"
	"math"
)

// A crowd is points that are too many to be drawn one by one. Each pixel counts what lies on it and takes the mean of the colours, the more
// opaque the more points there are, by the logarithm of their number, so that points on top of each other hide no structure: a single one is
// seen, and so is the densest place. map-paint.js says the same of the interactive chart.
type crowd struct {
	w, h int
	sum  []float32 // of each pixel: red, green, blue, and the number of points
}

// crowdRows is from how many rows on the picture is of a crowd.
const crowdRows = 20_000

func newCrowd(w, h int) *crowd { return &crowd{w, h, make([]float32, 4*w*h)} }

// add counts a point.
func (c *crowd) add(x, y float64, of color.RGBA) {
	i, j := int(x*float64(c.w)), int(y*float64(c.h))
	if i < 0 || j < 0 || i >= c.w || j >= c.h {
		return
	}
	p := c.sum[4*(j*c.w+i):][:4]
	p[0] += float32(of.R)
	p[1] += float32(of.G)
	p[2] += float32(of.B)
	p[3]++
}

// widen gives each point a size, in pixels: a square of the area of a disc.
func (c *crowd) widen(diameter float64) {
	width := float32(diameter * math.Sqrt(math.Pi) / 2)
	if width <= 1 {
		return
	}
	c.box(width, c.h, 4*c.w, c.w, 4)
	c.box(width, c.w, 4, c.h, 4*c.w)
}

// box sums over the given width in lines of count pixels.
func (c *crowd) box(width float32, count, stride, lines, across int) {
	reach := (width - 1) / 2
	whole := int(reach)
	part := reach - float32(whole)
	pad := whole + 1
	line := make([]float32, count+2*pad)
	for l := range lines {
		for ch := range 4 {
			base := l*across + ch
			for i := range count {
				line[pad+i] = c.sum[base+i*stride]
			}
			for i := range count {
				v := part * (line[i] + line[i+2*pad])
				for k := i + 1; k < i+2*pad; k++ {
					v += line[k]
				}
				c.sum[base+i*stride] = v
			}
		}
	}
}

// most returns the number of points that only a hundredth of the pixels with points exceeds.
func (c *crowd) most() float64 {
	var counts [256]int
	all := 0
	for i := 3; i < len(c.sum); i += 4 {
		if c.sum[i] >= 0.5 {
			counts[min(255, int(8*math.Log2(1+float64(c.sum[i]))))]++
			all++
		}
	}
	b, over := 255, 0
	for ; b > 0; b-- {
		if over += counts[b]; 100*over > all {
			break
		}
	}
	return math.Max(1, math.Exp2(float64(b+1)/8)-1)
}

// picture returns the crowd on paper, in at most so many colours, which are the given steps apart; what has no points is transparent.
func (c *crowd) picture(paper color.RGBA, step, colors int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, c.w, c.h))
	most := c.most()
	least, per := 1/(1+0.3*math.Log2(most)), 1/math.Log1p(most)
	snap := func(from uint8, to, alpha float64) uint8 {
		d := alpha * (to - float64(from))
		return uint8(math.Max(0, math.Min(255, float64(from)+math.Round(d/float64(step))*float64(step))))
	}
	for p := range c.w * c.h {
		v := c.sum[4*p:][:4]
		count := float64(v[3])
		if count < 0.02 {
			continue
		}
		alpha := math.Min(1, count) * (least + (1-least)*math.Min(1, math.Log1p(count)*per))
		of := color.RGBA{snap(paper.R, float64(v[0])/count, alpha), snap(paper.G, float64(v[1])/count, alpha), snap(paper.B, float64(v[2])/count, alpha), 255}
		if of.R != paper.R || of.G != paper.G || of.B != paper.B {
			m.SetRGBA(p%c.w, p/c.w, of)
		}
	}
	reduce(m, colors)
	return m
}

// reduce leaves an image its commonest colours, and for all others the nearest of them.
func reduce(m *image.RGBA, most int) {
	common := commonest(m, func(pixel []uint8) bool { return pixel[3] != 0 })
	if len(common) <= most {
		return
	}
	to := map[uint32]uint32{}
	for i, c := range common {
		to[c] = c
		if i >= most {
			to[c] = common[nearest(common[:most], c)]
		}
	}
	for i := 0; i < len(m.Pix); i += 4 {
		if m.Pix[i+3] != 0 {
			c := to[colorAt(m.Pix[i:])]
			m.Pix[i], m.Pix[i+1], m.Pix[i+2] = uint8(c>>16), uint8(c>>8), uint8(c)
		}
	}
}

// crowdSteps, crowdColors and crowdSides are how far apart colours are, how many there are, and how large the pixels of a crowd, in each
// degree of detail. What stands around a crowd keeps its own colours.
var (
	crowdColors = [details]int{192, 128, 80, 48, 32, 20}
	crowdSteps  = [details]int{12, 20, 28, 36, 28, 40}
	crowdSides  = [details]int{1, 1, 1, 1, 2, 2}
)

// drawCrowd draws the points of s in a frame.
func (s *scatter) drawCrowd(sh *sheet, f rect) {
	side := crowdSides[sh.detail]
	if sh.pixels == nil {
		side = 1
	}
	fine := 1
	if sh.pixels == nil {
		fine = 2 // in print
	}
	c := newCrowd(int(f.W)*fine/side, int(f.H)*fine/side)
	palette := s.palette(sh.theme)
	for i := range s.x {
		c.add(s.x[i], s.y[i], palette[s.ink(i)])
	}
	c.widen(s.diameter(f.W) * float64(fine) / float64(side))
	m := c.picture(sh.paper, crowdSteps[sh.detail], crowdColors[sh.detail])
	if sh.pixels == nil {
		sh.picture(f, m)
		return
	}
	sh.reduced = true
	sh.raster(f, c.w, c.h, func(i, j int) color.RGBA { return m.RGBAAt(j, i) })
}
