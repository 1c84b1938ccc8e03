package viz

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
)

// boxBorder is the room around a box for the letters of its axes.
const boxBorder = 16

// mostSorted is up to how many points are drawn from back to front, with smooth edges; more are dots, of which the nearest is seen.
const mostSorted = 50_000

// What is farthest is faded this far to the paper.
const (
	fading     = 0.55
	haloWidth  = 2.4 // the gap on both sides of a line that passes in front of another, together
	headLength = 0.8 // between arrowheads along a course, in the box's longest half side
	mostHeads  = 24  // of a course
	pointsOver = 0.03
	underNode  = 0.45 // how much of an edge is not drawn at a node, of its diameter: of some shapes the rim is nearer than half
)

// A sceneItem is one thing to draw: a point, the line from one point to another, an arrowhead on such a line, or the start of a course.
type sceneItem struct {
	sort  itemSort
	a, b  int // points
	edge  int
	depth float64
}

type itemSort int

const (
	aPoint itemSort = iota
	aLine
	aHead
	aStart
)

// heads returns the points of a course after which arrowheads are.
func (s *space) heads(c course) []int {
	total := 0.0
	step := func(i int) float64 {
		p, q := s.point(i), s.point(i+1)
		return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
	}
	for i := c.first; i+1 < c.end; i++ {
		total += step(i)
	}
	count := min(mostHeads, int(math.Ceil(total/headLength)))
	if s.flat {
		count = min(mostHeads, int(math.Ceil(total/headLength/1.5)))
	}
	var at []int
	gone, next := 0.0, 0
	for i := c.first; i+1 < c.end; i++ {
		gone += step(i)
		reached := next
		for reached < count && gone >= total*(float64(reached)+0.5)/float64(count) {
			reached++
		}
		if reached > next {
			at, next = append(at, i), reached
		}
	}
	return at
}

// pointSize returns the diameter of a point in a frame.
func (s *space) pointSize(f rect) length {
	size := s.scatter.diameter(f.H)
	if s.links.Edges != nil && s.p.Size == 0 { // points leave room for the lines between them
		size *= math.Min(1, math.Pow(60/float64(len(s.x)), 0.15))
	}
	return size
}

// lineSize returns that of lines in a frame.
func (s *space) lineSize(f rect) length { return s.width * math.Min(1, math.Max(0.6, f.H/380)) }

// scene returns what there is to draw, from back to front.
func (s *space) scene(seen []sight) []sceneItem {
	var all []sceneItem
	if !s.bare {
		over := 0.0
		if s.links.Edges != nil { // points lie on the ends of lines, not under their middles
			over = pointsOver
		}
		for i := range seen {
			all = append(all, sceneItem{aPoint, i, i, -1, seen[i].near + over})
		}
	}
	middle := func(a, b int) float64 { return (seen[a].near + seen[b].near) / 2 }
	for e, ends := range s.links.Edges {
		all = append(all, sceneItem{aLine, ends[0], ends[1], e, middle(ends[0], ends[1])})
	}
	for _, c := range s.courses {
		for i := c.first; i+1 < c.end; i++ {
			all = append(all, sceneItem{aLine, i, i + 1, -1, middle(i, i+1)})
		}
		for _, i := range s.heads(c) {
			all = append(all, sceneItem{aHead, i, i + 1, -1, seen[i+1].near + 1e-3})
		}
		all = append(all, sceneItem{aStart, c.first, c.first, -1, seen[c.first].near})
	}
	// In a plane points lie on lines.
	slices.SortStableFunc(all, func(p, q sceneItem) int {
		if s.flat && (p.sort == aLine) != (q.sort == aLine) {
			return cmp.Compare(q.sort&1, p.sort&1)
		}
		return cmp.Compare(p.depth, q.depth)
	})
	return all
}

// fadeSteps is in how many steps it fades, by degree of detail.
var fadeSteps = [details]float64{16, 10, 7, 5, 4, 3}

// dye is the colours of a space: of each, what it fades to.
type dye struct {
	*theme
	flat  bool
	steps float64
	used  map[color.RGBA]bool
}

func (d *dye) faded(c color.RGBA, near float64) color.RGBA {
	if !d.flat {
		step := math.Min(d.steps-1, math.Floor(near*d.steps))
		c = blend(c, d.paper, fading*(1-(step+0.5)/d.steps))
	}
	d.used[c] = true
	return c
}

func (s *space) draw(sh *sheet, f rect) {
	c := s.view.fitted(s.half, f, boxBorder)
	if s.flat {
		c = s.view.fitted(s.half, f, scatterBorder*f.W)
	}
	seen := make([]sight, len(s.x))
	for i := range seen {
		seen[i] = c.see(s.point(i))
	}
	d := &dye{sh.theme, s.flat, fadeSteps[sh.detail], map[color.RGBA]bool{sh.paper: true, sh.rule: true}}
	var box [][2]sight
	if !s.flat {
		box = backEdges(s.half, &c)
	}
	count := len(seen) + len(s.links.Edges)
	switch {
	case sh.pixels != nil:
		s.onPlate(newPlate(sh.pixels, f), sh, d, f, 1, box, seen)
		sh.snap(f, d.used)
	case count > 4000: // vectors of so many would be larger than their pixels
		const ratio = 2
		m := image.NewRGBA(image.Rect(0, 0, ratio*int(f.W), ratio*int(f.H)))
		draw.Draw(m, m.Bounds(), image.NewUniform(sh.paper), image.Point{}, draw.Src)
		grown := func(at sight) sight {
			return sight{ratio * (at.x - f.X), ratio * (at.y - f.Y), ratio * at.scale, at.near}
		}
		for i := range seen {
			seen[i] = grown(seen[i])
		}
		for i, e := range box {
			box[i] = [2]sight{grown(e[0]), grown(e[1])}
		}
		s.onPlate(newPlate(m, rect{0, 0, ratio * f.W, ratio * f.H}), sh, d, f, ratio, box, seen)
		sh.picture(f, m)
	default:
		s.asVectors(sh, d, f, box, seen)
	}
	if !s.flat {
		for j, at := range letterPlaces(s.half, &c) {
			sh.text(at[0]-sh.measure(regular, axisSize, axisNames[j])/2, at[1]+0.35*axisSize, regular, axisSize, sh.faint, axisNames[j])
		}
	}
}

// lineColor returns the colour of a line before it fades.
func (s *space) lineColor(t *theme, it sceneItem, steps float64) color.RGBA {
	switch {
	case it.edge < 0:
		return s.pointColor(t, it.a, steps)
	case s.tones != nil:
		return along(s.tones.palette(t), math.Round(s.tones.share(s.links.Values[it.edge])*(steps-1))/(steps-1))
	}
	return t.tint(noClass)
}

func (s *space) pointColor(t *theme, i int, steps float64) color.RGBA {
	if s.values != nil {
		return along(s.colors.palette(t), math.Round(s.colors.share(s.values[i])*(steps-1))/(steps-1))
	}
	return s.scatter.color(t, i)
}

func (s *space) onPlate(p *plate, sh *sheet, d *dye, f rect, ratio length, box [][2]sight, seen []sight) {
	for _, e := range box {
		p.stroke([2]length{e[0].x, e[0].y}, [2]length{e[1].x, e[1].y}, ratio, false, d.rule, -1)
	}
	size, width := s.pointSize(f), s.lineSize(f)
	steps := [details]float64{valueSteps, 15, 11, 9, 7, 5}[sh.detail]
	if len(seen) > mostSorted && !s.bare && len(s.links.Edges) == 0 {
		s.dots(p, d, size, steps, seen)
		return
	}
	for _, it := range s.scene(seen) {
		a, b := seen[it.a], seen[it.b]
		switch it.sort {
		case aPoint:
			across := size * a.scale
			p.stamp(s.shape(it.a), a.x, a.y, across, rim(across), d.faded(s.pointColor(d.theme, it.a, steps), a.near), d.paper, a.near)
		case aLine:
			from, to, visible := s.ends(it, a, b, size)
			if !visible {
				continue
			}
			wide := width * (a.scale + b.scale) / 2
			if !s.flat {
				p.stroke(from, to, wide+ratio*haloWidth, true, d.paper, it.depth)
			}
			p.stroke(from, to, wide, false, d.faded(s.lineColor(d.theme, it, steps), it.depth), it.depth)
		case aHead:
			if corners := head(a, b, width); corners != nil {
				p.fill(d.faded(s.lineColor(d.theme, it, steps), it.depth), it.depth, corners...)
			}
		case aStart:
			across := startSize(width) * a.scale
			p.stamp(shapes[0], a.x, a.y, across, rim(across), d.faded(s.pointColor(d.theme, it.a, steps), a.near), d.paper, a.near)
		}
	}
}

// ends returns where the line from a to b begins and ends on the page, and whether any of it is seen. Edges begin and end at the rims of
// their nodes: an edge that comes from nearer to the reader is drawn after the farther node, and would cross it.
func (s *space) ends(it sceneItem, a, b sight, size length) (from, to [2]length, visible bool) {
	from, to = [2]length{a.x, a.y}, [2]length{b.x, b.y}
	if it.edge < 0 || s.bare {
		return from, to, true
	}
	dx, dy := b.x-a.x, b.y-a.y
	long, cutA, cutB := math.Hypot(dx, dy), underNode*size*a.scale, underNode*size*b.scale
	if long <= cutA+cutB {
		return from, to, false
	}
	return [2]length{a.x + dx/long*cutA, a.y + dy/long*cutA}, [2]length{b.x - dx/long*cutB, b.y - dy/long*cutB}, true
}

// startSize is the diameter of the dot at the start of a line.
func startSize(width length) length { return 3.4 + 2.6*width }

// head returns the corners of an arrowhead at b, away from a, or nil where the line points at the reader.
func head(a, b sight, width length) [][2]length {
	dx, dy := b.x-a.x, b.y-a.y
	long := math.Hypot(dx, dy)
	if long < 1e-3 {
		return nil
	}
	size := (2.6 + 2*width) * b.scale
	dx, dy = dx/long*size, dy/long*size
	return [][2]length{{b.x + dx, b.y + dy}, {b.x - 0.7*dx + 0.75*dy, b.y - 0.7*dy - 0.75*dx}, {b.x - 0.35*dx, b.y - 0.35*dy}, {b.x - 0.7*dx - 0.75*dy, b.y - 0.7*dy + 0.75*dx}}
}

// dots draws a pixel or a few for each point, where no nearer one is.
func (s *space) dots(p *plate, d *dye, size length, steps float64, seen []sight) {
	for i, at := range seen {
		side := max(1, int(math.Floor(size*at.scale+0.5)))
		c := d.faded(s.pointColor(d.theme, i, steps), at.near)
		left, top := int(math.Floor(at.x-float64(side-1)/2)), int(math.Floor(at.y-float64(side-1)/2))
		for y := max(top, p.frame.Min.Y); y < min(top+side, p.frame.Max.Y); y++ {
			for x := max(left, p.frame.Min.X); x < min(left+side, p.frame.Max.X); x++ {
				if k := p.pixel(x, y); float32(at.near) > p.near[k] {
					p.near[k] = float32(at.near)
					p.SetRGBA(x, y, c)
				}
			}
		}
	}
}

func (s *space) asVectors(sh *sheet, d *dye, f rect, box [][2]sight, seen []sight) {
	for _, e := range box {
		sh.pen(d.rule, 1)
		sh.line([2]length{e[0].x, e[0].y}, [2]length{e[1].x, e[1].y})
	}
	size, width := s.pointSize(f), s.lineSize(f)
	for _, it := range s.scene(seen) {
		a, b := seen[it.a], seen[it.b]
		switch it.sort {
		case aPoint:
			sh.mark(s.shape(it.a), a.x, a.y, size*a.scale, d.faded(s.pointColor(d.theme, it.a, valueSteps), a.near))
		case aLine:
			from, to, visible := s.ends(it, a, b, size)
			if !visible {
				continue
			}
			wide := width * (a.scale + b.scale) / 2
			if !s.flat {
				sh.pen(sh.paper, wide+haloWidth)
				sh.line(from, to)
			}
			sh.pen(d.faded(s.lineColor(d.theme, it, valueSteps), it.depth), wide)
			sh.line(from, to)
		case aHead:
			sh.fill(d.faded(s.lineColor(d.theme, it, valueSteps), it.depth), head(a, b, width)...)
		case aStart:
			sh.mark(shapes[0], a.x, a.y, startSize(width)*a.scale, d.faded(s.pointColor(d.theme, it.a, valueSteps), a.near))
		}
	}
}

var axisNames = [3]string{"x", "y", "z"}

// backEdges returns the edges of a box that nothing in it hides: all but those of its nearest corner.
func backEdges(half [3]float64, c *camera) (edges [][2]sight) {
	nearest := nearestCorner(c)
	for i := range 8 {
		for j := range 3 {
			if k := i | 1<<j; k != i && i != nearest && k != nearest {
				edges = append(edges, [2]sight{c.see(corner(half, i)), c.see(corner(half, k))})
			}
		}
	}
	return edges
}

func nearestCorner(c *camera) (i int) {
	for j, v := range c.toward {
		if v > 0 {
			i |= 1 << j
		}
	}
	return i
}

// letterPlaces returns where the names of the axes are: beside an edge of the outline, below for x and y, at the left for z.
func letterPlaces(half [3]float64, c *camera) (places [3][2]length) {
	nearest := nearestCorner(c)
	middle := c.see([3]float64{})
	for j := range places {
		best := math.Inf(-1)
		for i := range 8 {
			k := i | 1<<j
			if k == i || i == nearest || k == nearest || i == 7-nearest || k == 7-nearest {
				continue
			}
			a, b := c.see(corner(half, i)), c.see(corner(half, k))
			x, y := (a.x+b.x)/2, (a.y+b.y)/2
			rank := y
			if j == 2 {
				rank = -x
			}
			if rank > best {
				best = rank
				dx, dy := x-middle.x, y-middle.y
				long := math.Max(1e-9, math.Hypot(dx, dy))
				places[j] = [2]length{x + 10*dx/long, y + 10*dy/long}
			}
		}
	}
	return places
}
